"""What is shown and what is left empty."""

import numpy as np
import pytest

from portfolios.kernels.ratios import compute_ratios, compute_realised

NAN = np.nan
RNG = np.random.default_rng(29)


def test_shown_ratios_equal_the_definitions() -> None:
    r, b = RNG.normal(0.001, 0.01, 120), RNG.normal(0.001, 0.01, 120)
    r[5] = NAN
    before = r.copy()
    found = compute_ratios(r, b, 0.0001)
    known = r[~np.isnan(r)]
    assert found.observations == 119
    assert found.volatility == pytest.approx(known.std(ddof=1) * np.sqrt(252))
    assert found.sharpe == pytest.approx((known - 0.0001).mean() / known.std(ddof=1) * np.sqrt(252))
    both = ~np.isnan(r)
    assert found.beta == pytest.approx(np.cov(r[both], b[both])[0, 1] / b[both].var(ddof=1))
    wealth = np.r_[1.0, np.cumprod(1 + known)]
    assert found.max_drawdown == pytest.approx((wealth / np.maximum.accumulate(wealth) - 1).min())
    assert found.drawdown is not None
    assert found.drawdown.depth == found.max_drawdown
    assert found.value_at_risk == pytest.approx(np.quantile(known, 0.05))
    assert None not in (found.alpha, found.calmar, found.sortino, found.annual_return, found.cumulative_return)
    np.testing.assert_array_equal(r, before)


def test_too_little_is_none() -> None:
    found = compute_ratios(RNG.normal(0, 0.01, 19))
    assert (found.volatility, found.sharpe, found.beta, found.value_at_risk, found.annual_return) == (None,) * 5
    assert found.max_drawdown is not None
    assert found.cumulative_return is not None
    single = compute_ratios([0.01, NAN])
    assert (single.max_drawdown, single.cumulative_return, single.drawdown) == (None, None, None)
    assert compute_ratios([]).observations == 0
    # a benchmark that shares too few sessions
    r, b = RNG.normal(0, 0.01, 40), np.r_[np.full(25, NAN), RNG.normal(0, 0.01, 15)]
    assert compute_ratios(r, b).beta is None
    assert compute_ratios(r, b).sharpe is not None


def test_what_means_nothing_is_none() -> None:
    flat = compute_ratios(np.full(30, 0.001))
    assert (flat.volatility, flat.sharpe, flat.sortino, flat.calmar) == (None,) * 4
    steady = 0.01 + 1e-9 * RNG.normal(0, 1, 60)
    assert compute_ratios(steady).sharpe is None  # beyond 999
    rising = compute_ratios(np.abs(RNG.normal(0.01, 0.001, 30)))
    assert rising.sortino is None
    assert rising.max_drawdown == 0
    assert rising.drawdown is None
    with pytest.raises(ValueError, match="do not match"):
        compute_ratios(np.zeros(5), np.zeros(4))
    with pytest.raises(ValueError, match="do not match"):
        compute_ratios(np.zeros((2, 5)))


@pytest.mark.parametrize("n", [0, 1, 2, 19, 20, 90])
def test_what_a_row_stores_is_what_all_ratios_say(n: int) -> None:
    r = np.random.default_rng(n).normal(0.001, 0.01, n)
    for series in (r, np.zeros(n), np.where(np.arange(n) % 7 == 3, np.nan, r)):
        full = compute_ratios(series, None, 0.0001)
        assert compute_realised(series, 0.0001) == (full.volatility, full.sharpe, full.max_drawdown)
