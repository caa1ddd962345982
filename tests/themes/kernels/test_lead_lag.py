"""Lead and lag: lag-1 correlations within sessions, shrinkage, the two hurdles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, linregress
from scipy.stats import t as student

from themes.kernels import lead_lag

NAN = np.nan
SESSION = np.repeat(np.arange(60), 13)


def bars(stocks: int = 10, seed: int = 1) -> np.ndarray:
    """Noise in which stock 3 follows stock 0, and stock 5 goes against stock 1."""
    z = np.random.default_rng(seed).standard_normal((stocks, 780))
    z[3, 1:] += 0.5 * z[0, :-1]
    z[5, 1:] -= 0.4 * z[1, :-1]
    return z


def test_a_pair_is_that_of_a_regression() -> None:
    z = bars()
    z[0, 100:140] = NAN
    kept = z.copy()
    lags = lead_lag.compute_lead_lag(z, SESSION)
    steps = np.flatnonzero(SESSION[1:] == SESSION[:-1])
    for i, j in ((0, 3), (3, 0), (1, 5), (2, 7)):
        both = np.isfinite(z[i, steps]) & np.isfinite(z[j, steps + 1])
        line = linregress(z[i, steps][both], z[j, steps + 1][both])
        assert lags.bars[i, j] == both.sum()
        assert lags.raw[i, j] == pytest.approx(line.rvalue)
        assert lags.t[i, j] == pytest.approx(line.slope / line.stderr)
        assert lags.shrunk[i, j] == pytest.approx(line.rvalue * both.sum() / (both.sum() + 1500))
    assert lags.bars[1, 2] == 720
    assert np.isnan(np.diag(lags.raw)).all()
    np.testing.assert_array_equal(z, kept)


def test_the_planted_edges_and_no_others() -> None:
    edges = lead_lag.list_edges(lead_lag.compute_lead_lag(bars(), SESSION))
    assert list(zip(edges.leader.tolist(), edges.follower.tolist(), strict=True)) == [(0, 3), (1, 5)]
    assert edges.correlation[0] > 0.1 and edges.correlation[1] < -0.1
    assert edges.t[0] > 4 and edges.t[1] < -4


def test_noise_has_no_edges() -> None:
    found = [len(lead_lag.list_edges(lead_lag.compute_lead_lag(
        np.random.default_rng(seed).standard_normal((20, 780)), SESSION)).leader) for seed in range(20)]  # fmt: skip
    assert sum(found) <= 1  # 7,600 tests: 1.96 would give 380


def test_the_night_is_no_lag() -> None:
    z = np.zeros((2, 780))
    draw = np.random.default_rng(2).standard_normal((3, 780))
    z[0], z[1] = draw[0], draw[1]
    z[1, 13::13] = z[0, 12:-1:13]  # the first bar copies the last of the session before
    assert abs(lead_lag.compute_lead_lag(z, SESSION).t[0, 1]) < 3
    assert lead_lag.compute_lead_lag(z, np.zeros(780)).t[0, 1] > 0


def test_the_past_stays_when_the_future_changes() -> None:
    z = bars()
    changed = z.copy()
    changed[:, 390:] = 3.0
    a, b = (lead_lag.compute_lead_lag(one[:, :390], SESSION[:390]) for one in (z, changed))
    np.testing.assert_array_equal(a.t, b.t)


def test_too_little_or_still_is_unknown() -> None:
    z = bars()[:4]
    z[1] = 0.7
    z[2, 40:] = NAN
    lags = lead_lag.compute_lead_lag(z, SESSION)
    assert np.isnan(lags.t[1]).all() and np.isnan(lags.t[:, 1]).all()
    assert np.isfinite(lags.t[2, 0])  # 36 or 37 pairs of bars
    z[2, 30:] = NAN
    assert np.isnan(lead_lag.compute_lead_lag(z, SESSION).t[2, 0])
    empty = lead_lag.compute_lead_lag(np.empty((0, 5)), np.zeros(5))
    assert len(lead_lag.list_edges(empty).leader) == 0
    one = lead_lag.compute_lead_lag(np.empty((3, 0)), np.empty(0))
    assert np.isnan(one.raw).all()
    assert len(lead_lag.list_edges(one).leader) == 0
    with pytest.raises(ValueError, match="do not match"):
        lead_lag.compute_lead_lag(z, np.zeros(5))
    with pytest.raises(ValueError, match="do not match"):
        lead_lag.compute_lead_lag(np.zeros(5), np.zeros(5))


def test_a_perfect_follower_is_extreme_and_finite() -> None:
    z = np.random.default_rng(3).standard_normal((2, 780))
    z[1, 1:] = z[0, :-1]
    lags = lead_lag.compute_lead_lag(z, SESSION)
    assert lags.raw[0, 1] == pytest.approx(1.0)
    assert np.isfinite(lags.t[0, 1]) and lags.t[0, 1] > 1000


@pytest.mark.parametrize("seed", range(5))
def test_discoveries_are_those_of_scipy(seed: int) -> None:
    p = np.random.default_rng(seed).random(200) ** 3
    np.testing.assert_array_equal(lead_lag.is_discovery(p), false_discovery_control(p) <= 0.05)


def test_discoveries_at_the_edges() -> None:
    assert lead_lag.is_discovery([]).shape == (0,)
    assert lead_lag.is_discovery([NAN, NAN]).tolist() == [False, False]
    assert lead_lag.is_discovery([NAN, 0.05]).tolist() == [False, True]
    assert lead_lag.is_discovery([0.051, 0.9]).tolist() == [False, False]


def test_both_hurdles_are_needed() -> None:
    """4.2 among many tests of few bars is no discovery; 3.9 alone is one and still too small."""
    n = 40
    t = np.zeros((n, n))
    t[0, 1] = 4.2
    few = lead_lag.LeadLag(t / 10, t / 20, t, np.full((n, n), 30))
    assert student.sf(4.2, 28) * 2 > 0.05 / n**2
    assert len(lead_lag.list_edges(few).leader) == 0
    single = np.full((n, n), NAN)
    single[0, 1] = 3.9
    assert len(lead_lag.list_edges(few._replace(t=single)).leader) == 0
    single[0, 1] = 4.1
    assert lead_lag.list_edges(few._replace(t=single)).follower.tolist() == [1]


@pytest.mark.parametrize(("hits", "n", "yes"), [(0, 0, False), (55, 100, False), (60, 100, True), (190, 360, False),
                                                (40, 100, False)])  # fmt: skip
def test_a_coin_is_not_published(hits: int, n: int, yes: bool) -> None:
    assert lead_lag.is_publishable(hits, n) is yes
