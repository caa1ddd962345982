"""Phases: what the model sees, the filter against enumeration, smoothing, timelines, no look ahead."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from themes.kernels.phases import (
    FEATURES,
    START,
    TRANSITIONS,
    Phase,
    advance_phases,
    begin_phases,
    filter_phases,
    make_timeline,
    observe_bars,
    pump_probability,
    smooth_phases,
)

NAN = np.nan


def market(n: int = 3, days: int = 30, bars: int = 13, seed: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    close = 5 * np.exp(np.cumsum(rng.normal(0, 0.01, (n, days * bars)), axis=1)).reshape(n, days, bars)
    return close, rng.lognormal(9, 0.5, (n, days, bars))


def pump() -> tuple[np.ndarray, np.ndarray]:
    """One stock: 24 quiet sessions, a run of one session to double the price, a dump of one, four dull ones."""
    close, volume = market(1)
    path = np.concatenate(
        [np.zeros(24 * 13), np.linspace(0.05, 0.7, 13), np.linspace(0.6, 0.1, 13), np.full(4 * 13, 0.1)]
    )
    busy = np.concatenate([np.ones(24 * 13), np.full(13, 9.0), np.full(13, 6.0), np.full(4 * 13, 2.0)])
    return close * np.exp(path).reshape(close.shape), volume * busy.reshape(volume.shape)


def test_tables_are_probabilities() -> None:
    np.testing.assert_allclose(TRANSITIONS.sum(axis=1), 1.0)
    assert START.sum() == pytest.approx(1.0)
    assert all(len(each.means) == len(each.deviations) == len(Phase) for each in FEATURES)


def test_a_pump_is_told_in_its_phases() -> None:
    beliefs = smooth_phases(observe_bars(*pump()))[0]
    told = [segment for segment in make_timeline(beliefs) if segment.last >= 24 * 13 - 2]
    order = [segment.phase for segment in told if segment.phase is not Phase.PEAK]
    assert order == [Phase.QUIET, Phase.RUN, Phase.DUMP, Phase.AFTERMATH]
    run = next(segment for segment in told if segment.phase is Phase.RUN)
    assert abs(run.first - 24 * 13) <= 2
    assert run.probability > 0.8
    assert pump_probability(beliefs)[25 * 13] > 0.9


def test_the_filter_is_exact() -> None:
    rng = np.random.default_rng(1)
    seen = rng.normal(0.5, 1.5, (1, 4, len(FEATURES)))
    seen[0, 1, 2] = NAN
    # the likelihood of a bar up to a factor: posterior over prior of an arbitrary belief
    uniform = np.full((1, 6), 1 / 6)
    ratio = [advance_phases(uniform, seen[:, bar])[0] / (uniform @ TRANSITIONS)[0] for bar in range(4)]
    weight = np.zeros((4, 6))
    for path in itertools.product(range(6), repeat=5):
        chance = START[path[0]]
        for bar in range(4):
            chance *= TRANSITIONS[path[bar], path[bar + 1]] * ratio[bar][path[bar + 1]]
        for bar in range(4):
            weight[bar, path[bar + 1]] += chance
    np.testing.assert_allclose(smooth_phases(seen)[0], weight / weight.sum(axis=1, keepdims=True), atol=1e-10)
    np.testing.assert_allclose(filter_phases(seen)[0, -1], weight[-1] / weight[-1].sum(), atol=1e-10)


def test_observations_by_hand() -> None:
    close, volume = market(1, days=26, bars=2)
    seen = observe_bars(close, volume).reshape(26, 2, 4)
    log = np.log(close[0])
    day, bar = 25, 1
    moves = np.diff(log.reshape(-1), prepend=NAN).reshape(26, 2)
    sigma = 1.4826 * np.median(np.abs(moves[5:25, bar]))
    base = np.median(log[5:25, -1])
    rise = log.reshape(-1)[-10:].max() - base
    expected = [moves[day, bar] / sigma, np.log(volume[0, day, bar] / np.median(volume[0, 5:25, bar])), rise]
    np.testing.assert_allclose(seen[day, bar, :3], expected)
    assert np.isnan(seen[day, bar, 3]) == (rise < 0.15)


def test_missing_bars() -> None:
    close, volume = market(2, days=26)
    close[0, 25, 3:5], volume[0, 25, 3:5] = NAN, 0.0
    seen = observe_bars(close, volume).reshape(2, 26, 13, 4)
    assert np.isnan(seen[0, 25, 3:5, :2]).all()
    assert np.isfinite(seen[0, 25, 5, :2]).all()  # the return spans the hole
    assert np.isfinite(filter_phases(observe_bars(close, volume))).all()


def test_no_look_ahead() -> None:
    close, volume = market(2)
    close[0, 20:] *= 1.5
    whole = observe_bars(close, volume)
    part = observe_bars(close[:, :22], volume[:, :22])
    np.testing.assert_array_equal(whole[:, : 22 * 13], part)
    np.testing.assert_array_equal(filter_phases(whole)[:, : 22 * 13], filter_phases(part))
    # within a session: the bars to come are unknown
    blind = close.copy()
    blind[:, 25, 6:] = NAN
    np.testing.assert_allclose(observe_bars(blind[:, :26], volume[:, :26])[:, : 25 * 13 + 6], whole[:, : 25 * 13 + 6])


def test_the_newest_session_alone() -> None:
    close, volume = market(2, days=26)
    whole = observe_bars(close, volume)
    np.testing.assert_array_equal(observe_bars(close[:, 4:], volume[:, 4:], first=21), whole[:, 25 * 13 :])
    assert observe_bars(close, volume, first=26).shape == (2, 0, 4)


def test_nothing_known_changes_nothing_but_time() -> None:
    nothing = np.full((1, 4), NAN)
    np.testing.assert_allclose(advance_phases(begin_phases(1), nothing), begin_phases(1) @ TRANSITIONS)


@pytest.mark.parametrize("shape", [(0, 5, 13), (2, 0, 13), (2, 3, 0)])
def test_empty(shape: tuple[int, int, int]) -> None:
    seen = observe_bars(np.empty(shape), np.empty(shape))
    assert seen.shape == (shape[0], shape[1] * shape[2], 4)
    assert smooth_phases(seen).shape == (shape[0], shape[1] * shape[2], 6)


def test_edges() -> None:
    with pytest.raises(ValueError, match="must be"):
        observe_bars(np.ones((2, 3)), np.ones((2, 3)))
    assert make_timeline(np.empty((0, 6))) == ()
    for close in (np.ones((1, 30, 3)), np.full((1, 30, 3), NAN), np.zeros((1, 30, 3))):
        beliefs = filter_phases(observe_bars(close, close))
        np.testing.assert_allclose(beliefs.sum(axis=-1), 1.0)
    extreme = np.ones((1, 30, 3))
    extreme[0, 28:] = 1e12
    assert np.isfinite(filter_phases(observe_bars(extreme, extreme))).all()
    single = make_timeline(np.eye(6)[[0, 0, 2]])
    assert [(one.phase, one.first, one.last, one.probability) for one in single] == [
        (Phase.QUIET, 0, 1, 1.0),
        (Phase.RUN, 2, 2, 1.0),
    ]


def test_inputs_are_left_alone() -> None:
    close, volume = market(1)
    before = close.copy(), volume.copy()
    seen = observe_bars(close, volume)
    kept = seen.copy()
    smooth_phases(seen)
    np.testing.assert_array_equal(close, before[0])
    np.testing.assert_array_equal(volume, before[1])
    np.testing.assert_array_equal(seen, kept)
