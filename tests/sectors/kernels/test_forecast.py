"""The calibrated layer: walk-forward without a look ahead, no edge where none is planted, an edge where one is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sectors.kernels.forecast import FEATURES, NO_EDGE, ForecastParameters, feature_row, judge, walk_forward
from sectors.kernels.sector import Catalyst, analyse_sector, as_factors
from sentiment_site.quant.calibration import fit_isotonic, fit_logistic
from tests.sectors.kernels.sample import make_inputs

NAN = math.nan


def market(edge: float, days: int = 150, per_day: int = 16, seed: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    g = np.random.default_rng(seed)
    x = g.normal(0, 1, (days * per_day, 4))
    y = (g.random(len(x)) < 1 / (1 + np.exp(-edge * x[:, 0]))).astype(float)
    return x, y, np.repeat(np.arange(days), per_day)


def test_the_features_of_a_reading() -> None:
    reading = analyse_sector(make_inputs(40, catalysts=(Catalyst("news", 1, 0.0),))).reading
    assert reading.score is not None
    row = dict(
        zip(FEATURES, feature_row(as_factors(reading), reading.score, [0.1, NAN, 1.5, 2.0], 0.5, NAN), strict=True)
    )
    assert row["score"] == float(reading.score)
    assert row["cd"] == pytest.approx(reading.catalyst_density - 1, abs=1e-6)
    assert row["up_share"] == pytest.approx(reading.breadth["up"] - 0.5, abs=1e-6)
    assert (row["benchmark_b_1day"], row["first_half_hour_return"], row["session_share"]) == (0.0, 0.0, 0.5)
    assert row["benchmark_b_3day"] == pytest.approx(math.tanh(1.5 / (4 * math.sqrt(3))))


def test_missing_breadth_and_horizons_are_neutral() -> None:
    returns = make_inputs(40).returns.copy()
    returns[:, 1] = NAN
    reading = analyse_sector(make_inputs(40, returns=returns)).reading
    assert reading.score is not None
    row = dict(zip(FEATURES, feature_row(as_factors(reading), reading.score, np.zeros(4), 0.0, 0.3), strict=True))
    assert (row["b_1day"], row["up_share"], row["dispersion"]) == (0.0, 0.0, 0.0)
    assert row["first_half_hour_return"] == 0.3


def test_no_edge_is_said_where_none_is() -> None:
    x, y, days = market(0.0)
    verdict = judge(walk_forward(x, y, days).p, y)
    assert (verdict.text, verdict.n) == (NO_EDGE, 90 * 16)
    assert verdict.skill <= 0.0


def test_a_planted_edge_is_found() -> None:
    x, y, days = market(1.0)
    verdict = judge(walk_forward(x, y, days).p, y)
    assert verdict.text == ""
    assert verdict.skill > 0.05
    assert verdict.calibration_error < 0.08
    assert verdict.murphy.resolution > verdict.murphy.reliability


def test_a_probability_is_made_of_earlier_sessions_only() -> None:
    x, y, days = market(1.0)
    before = walk_forward(x, y, days)
    cut = days >= 100
    spoiled, other = np.where(cut, 1 - y, y), x.copy()
    other[days >= 105] = 9.0
    after = walk_forward(other, spoiled, days)
    np.testing.assert_array_equal(after.p[days < 105], before.p[days < 105])
    assert (after.p[days >= 105] != before.p[days >= 105]).any()


def test_one_refit_written_out() -> None:
    x, y, days = market(0.8)
    y = y.copy()
    y[3] = NAN
    result = walk_forward(x, y, days)
    now, known = (days >= 120) & (days < 125), (days < 119) & np.isfinite(y)
    raw = fit_logistic(x[known], y[known], 0.1).probability(x[now])
    np.testing.assert_allclose(result.raw[now], raw)
    recent = known & np.isfinite(result.raw) & (days >= 59)
    np.testing.assert_allclose(result.p[now], fit_isotonic(result.raw[recent], y[recent])(raw))
    first = (days >= 60) & (days < 65)
    np.testing.assert_array_equal(result.p[first], result.raw[first])
    assert np.isnan(result.p[days < 60]).all()


def test_the_order_of_the_rows_does_not_matter() -> None:
    x, y, days = market(0.5, days=70)
    order = np.random.default_rng(1).permutation(len(y))
    np.testing.assert_allclose(walk_forward(x[order], y[order], days[order]).p, walk_forward(x, y, days).p[order])


def test_too_little_history_or_one_kind_of_outcome_has_no_probability() -> None:
    x, y, days = market(1.0, days=80)
    assert np.isnan(walk_forward(x, np.ones_like(y), days).p).all()
    assert np.isnan(walk_forward(x, y, days, ForecastParameters(fewest_days=81)).p).all()
    nothing = walk_forward(np.empty((0, 4)), np.empty(0), np.empty(0))
    assert nothing.p.shape == (0,)
    verdict = judge(nothing.p, np.empty(0))
    assert (verdict.text, verdict.n, math.isnan(verdict.skill)) == (NO_EDGE, 0, True)


def test_inputs_are_not_changed() -> None:
    x, y, days = market(1.0, days=70)
    copies = x.copy(), y.copy(), days.copy()
    walk_forward(x, y, days)
    for now, then in zip((x, y, days), copies, strict=True):
        np.testing.assert_array_equal(now, then)
