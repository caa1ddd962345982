"""The behavioural card and model: daily history against pandas, outcomes, points, probabilities, recalibration."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from themes.kernels import behaviour
from themes.kernels.behaviour import (
    CARD,
    CARD_PROBABILITIES,
    FEATURES,
    MOST_POINTS,
    BehaviourInputs,
    compute_history,
    count_points,
    crashes,
    fit_crash_model,
    logistic_features,
    recalibrate_card,
    score_behaviour,
)

NAN = np.nan
NAMES = [field.name for field in fields(BehaviourInputs)]


def inputs(**known: Any) -> BehaviourInputs:
    size = max((np.size(value) for value in known.values()), default=1)
    return BehaviourInputs(
        **{name: np.broadcast_to(np.array(known.get(name, NAN), dtype=float), size) for name in NAMES}
    )


def panel(seed: int = 2, n: int = 4, days: int = 320) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    close = 4 * np.exp(np.cumsum(rng.standard_t(3, (n, days)) * 0.05, axis=1))
    volume = rng.lognormal(12, 1, (n, days)).round()
    close[1, 100:130] = NAN
    volume[1, 100:130] = NAN
    close[2, :250] = NAN
    volume[3, 40] = 0.0
    return close, volume


def test_history_against_pandas() -> None:
    close, volume = panel()
    history = compute_history(close, volume)
    for row in range(len(close)):
        price, shares = pd.Series(close[row]), pd.Series(volume[row])
        change = 100 * (price / price.shift() - 1)
        typical = shares.rolling(20, min_periods=10).median().shift()
        multiple = shares / typical
        expected = {
            "volatility": change.rolling(60, min_periods=20).std().shift(),
            "prior_change_5": (100 * (price / price.shift(5) - 1)).shift(),
            "prior_change_20": (100 * (price / price.shift(20) - 1)).shift(),
            "prior_rvol_5": multiple.rolling(5, min_periods=3).mean().shift(),
            "typical_volume": typical,
            "spikes_250": (change >= 25).where(change.notna()).astype(float).rolling(250, min_periods=20).sum().shift(),
        }
        for name, series in expected.items():
            got = getattr(history, name)[row]
            assert got.shape == (close.shape[1] + 1,)
            np.testing.assert_allclose(got[:-1], series.to_numpy(), rtol=1e-7, atol=1e-9, err_msg=f"{name} {row}")


def test_history_does_not_look_ahead() -> None:
    close, volume = panel()
    whole = compute_history(close, volume)
    for cut in (1, 30, 200):
        part = compute_history(close[:, :cut], volume[:, :cut])
        for field in fields(whole):
            np.testing.assert_allclose(getattr(part, field.name), getattr(whole, field.name)[:, : cut + 1])


def test_history_edges() -> None:
    for close in (np.empty((0, 5)), np.empty((2, 0)), np.full((1, 30), NAN), np.zeros((1, 30))):
        history = compute_history(close, close)
        assert history.volatility.shape == (close.shape[0], close.shape[1] + 1)
        assert np.isnan(history.prior_change_5).all()
    flat = compute_history(np.ones((1, 40)), np.ones((1, 40)))
    assert (flat.volatility[0, -1], flat.prior_rvol_5[0, -1], flat.spikes_250[0, -1]) == (0.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="must be"):
        compute_history(np.ones(3), np.ones(3))


def test_crashes() -> None:
    path = np.array([[10.0, 9, 8, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9]])
    found = crashes(path)
    assert found[0, 0] == 1.0  # exactly 30 % lower on the third day
    assert found[0, 1] == 0.0
    assert found[0, 3] == 0.0
    assert np.isnan(found[0, 5:]).all()  # ten sessions are not over
    assert crashes(np.array([[10.0, 6.0]]))[0, 0] == 1.0  # decided early
    gone = np.full((1, 15), NAN)
    gone[0, :2] = (10.0, 9.0)
    assert crashes(gone)[0, 0] == 0.0  # stopped trading: the closes it had count
    assert np.isnan(crashes(gone)[0, 1])
    assert crashes(np.empty((0, 3))).shape == (0, 3)


def test_points_of_the_card() -> None:
    most = inputs(change=100, volatility=7, prior_change_5=50, prior_rvol_5=2, rvol=40, cap=99e6, fade=25, spikes_250=3)
    assert count_points(most).tolist() == [[4, 3, 2, 1, 2, 1, 1, 1]]
    assert MOST_POINTS == 15
    least = inputs(change=34, volatility=4, prior_change_5=19, prior_rvol_5=1, rvol=14, cap=1e8, fade=24, spikes_250=2)
    assert count_points(least).sum() == 0
    assert count_points(inputs(cap=0.0)).sum() == 0


def test_probabilities_of_the_card() -> None:
    shown = {points: CARD_PROBABILITIES[points] for points in (0, 1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 15)}
    assert shown == {0: 0.01, 1: 0.08, 2: 0.08, 3: 0.19, 5: 0.19, 6: 0.36, 7: 0.36, 8: 0.44, 9: 0.60, 11: 0.60,
                     12: 0.71, 15: 0.71}  # fmt: skip


def test_the_card_speaks_after_a_spike_or_in_a_theme() -> None:
    strong = {"volatility": 8.0, "prior_change_5": 60.0, "cap": 5e7}
    spike = score_behaviour(inputs(change=60.0, rvol=20.0, **strong))
    assert spike.applies[0]
    assert spike.probability[0] == spike.score[0] == CARD_PROBABILITIES[2 + 3 + 2 + 1 + 1]
    calm = score_behaviour(inputs(change=10.0, rvol=20.0, **strong))
    assert calm.score[0] == pytest.approx(0.081)
    theme = score_behaviour(inputs(change=10.0, rvol=20.0, in_theme=1.0, **strong))
    assert theme.score[0] == theme.probability[0] > 0.081
    quiet = score_behaviour(inputs(change=1.0, rvol=1.0))
    assert quiet.score[0] == 0.01
    assert quiet.known[0].sum() == 2


def test_the_card_takes_only_rising_probabilities() -> None:
    with pytest.raises(ValueError, match="do not fall"):
        score_behaviour(inputs(), (0.5,) * 15 + (0.4,))
    with pytest.raises(ValueError, match="16 probabilities"):
        score_behaviour(inputs(), (0.1, 0.2))
    with pytest.raises(ValueError, match="shape"):
        BehaviourInputs(*(np.zeros(2) for _ in NAMES[1:]), in_theme=np.zeros(3))


FACTS = st.fixed_dictionaries(
    {name: st.one_of(st.just(NAN), st.floats(0, 2e8 if name == "cap" else 110)) for name in NAMES}
)


@settings(max_examples=20, deadline=None)
@given(FACTS, st.sampled_from(NAMES))
def test_less_knowledge_never_raises_b(facts: dict[str, Any], lost: str) -> None:
    full, blind = score_behaviour(inputs(**facts)), score_behaviour(inputs(**(facts | {lost: NAN})))
    assert 0 <= blind.score[0] <= full.score[0] <= 1


@settings(max_examples=20, deadline=None)
@given(FACTS, st.sampled_from([item.name for item in CARD if item.name != "cap"]), st.floats(0, 100))
def test_more_of_a_sign_never_lowers_b(facts: dict[str, Any], name: str, more: float) -> None:
    stronger = facts | {name: np.nan_to_num(facts[name]) + more}
    assert score_behaviour(inputs(**stronger)).score[0] >= score_behaviour(inputs(**facts)).score[0]


def test_recalibration_of_the_card() -> None:
    rng = np.random.default_rng(8)
    points = rng.integers(1, 10, 4000)
    crashed = rng.random(4000) < 0.06 * points
    table = recalibrate_card(points, crashed)
    assert table is not None
    assert len(table) == MOST_POINTS + 1
    assert (np.diff(table) >= 0).all()
    assert table[5] == pytest.approx(0.30, abs=0.05)
    assert table[0] == table[1]
    assert table[15] == table[9]
    score_behaviour(inputs(), table)
    assert recalibrate_card(points[:199], crashed[:199]) is None


def test_calibration_needs_two_hundred_outcomes() -> None:
    p = np.linspace(0, 1, 300)
    y = (p > 0.5).astype(float)
    assert behaviour.calibrate(p[:199], y[:199]) is None
    assert behaviour.calibrate(p, np.where(p < 0.5, NAN, y)) is None
    curve = behaviour.calibrate(p, y)
    assert curve is not None
    assert curve([0.1, 0.9]).tolist() == [0.0, 1.0]


def spikes(n: int = 800) -> tuple[BehaviourInputs, np.ndarray]:
    rng = np.random.default_rng(11)
    known = {
        "change": 25 + rng.exponential(30, n), "volatility": rng.uniform(2, 12, n), "price": rng.lognormal(1, 1, n),
        "prior_change_5": rng.normal(5, 20, n), "prior_change_20": rng.normal(0, 20, n),
        "prior_rvol_5": rng.lognormal(0, 0.5, n),
        "cap": rng.lognormal(18, 1, n), "rvol": 4 + rng.exponential(10, n), "spikes_250": rng.integers(0, 6, n),
        "close_location": rng.random(n),
    }  # fmt: skip
    p = 1 / (1 + np.exp(2.5 - 0.03 * known["change"] - 0.1 * known["volatility"]))
    return inputs(**known), (rng.random(n) < p).astype(float)


def test_crash_model_against_scikit_learn() -> None:
    x, y = spikes()
    fitted = fit_crash_model(x, y)
    assert "fade" not in fitted.used  # known for none of them
    assert set(fitted.used) == set(FEATURES) - {"fade"}
    features = logistic_features(x)[:, [FEATURES.index(name) for name in fitted.used]]
    z = (features - features.mean(axis=0)) / features.std(axis=0)
    oracle = LogisticRegression(C=0.1, tol=1e-10, max_iter=1000).fit(z, y)
    np.testing.assert_allclose(fitted.model.coefficients, oracle.coef_[0], atol=1e-5)
    np.testing.assert_allclose(fitted.probability(x), oracle.predict_proba(z)[:, 1], atol=1e-6)


def test_crash_model_says_nothing_without_an_input() -> None:
    x, y = spikes()
    fitted = fit_crash_model(x, np.where(np.arange(len(y)) < 20, NAN, y))
    assert np.isnan(fitted.probability(inputs(change=50.0))[0])


def test_features_are_clipped_and_impossible_ones_unknown() -> None:
    features = logistic_features(inputs(change=900.0, volatility=0.0, price=0.0, rvol=np.inf, cap=-1.0, fade=500.0))[0]
    named = dict(zip(FEATURES, features.tolist(), strict=True))
    assert (named["change"], named["fade"], named["volatility"]) == (300.0, 150.0, 0.0)
    assert all(np.isnan(named[name]) for name in ("z", "ln_price", "ln_rvol", "ln_cap"))
