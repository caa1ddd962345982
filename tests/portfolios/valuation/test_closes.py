"""Pure arithmetic of prices: carried closes, volatility, options by the model, decimals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import norm

from portfolios.valuation.closes import Terms, carry_forward, compute_volatility, price_options, to_price

NAN = np.nan
DAY = dt.date(2026, 8, 21)


def test_a_close_is_carried_and_never_back() -> None:
    lines = np.array([[NAN, 1.0, NAN, NAN, 2.0], [NAN] * 5, [3.0, NAN, 4.0, 5.0, NAN]])
    before = lines.copy()
    assert carry_forward(lines).tolist() == [[-1, 1, 1, 1, 4], [-1] * 5, [0, 0, 2, 3, 3]]
    assert np.array_equal(lines, before, equal_nan=True)
    assert carry_forward(np.empty((2, 0))).shape == (2, 0)


def test_volatility_is_what_was_known_on_each_day() -> None:
    moves = np.random.default_rng(3).normal(0, 0.02, 200)
    line = 50 * np.exp(np.cumsum(moves))
    found = compute_volatility(line[None, :], [19, 20, 100, 199])
    assert np.isnan(found[0, 0])
    for column, value in zip((20, 100, 199), found[0, 1:], strict=True):
        # by hand: weights halve every 40 sessions, at most 126 returns
        past = np.diff(np.log(line[: column + 1]))[-126:]
        weight = 0.5 ** (np.arange(past.size)[::-1] / 40)
        assert value == pytest.approx(np.sqrt((weight * past**2).sum() / weight.sum() * 252))
    assert np.array_equal(found[:, 2], compute_volatility(line[None, :101], [100])[:, 0])
    gaps = line.copy()
    gaps[1::2] = NAN
    assert np.isnan(compute_volatility(gaps[None, :], [199])).all()
    assert np.isnan(compute_volatility(np.full((1, 30), 0.0), [29])).all()
    assert np.isnan(compute_volatility(line[None, :1], [0])).all()


def test_an_option_by_the_formula() -> None:
    terms = [Terms(dt.date(2027, 2, 19), 100.0, True), Terms(dt.date(2027, 2, 19), 100.0, False)]
    found = price_options(terms, [[95.0], [95.0]], [[0.3], [0.3]], [DAY], 0.04)
    years = 182 / 365
    d1 = (np.log(95 / 100) + (0.04 + 0.045) * years) / (0.3 * np.sqrt(years))
    d2 = d1 - 0.3 * np.sqrt(years)
    call = 95 * norm.cdf(d1) - 100 * np.exp(-0.04 * years) * norm.cdf(d2)
    assert found[0, 0] == pytest.approx(call)
    assert found[0, 0] - found[1, 0] == pytest.approx(95 - 100 * np.exp(-0.04 * years))


def test_edges_of_options() -> None:
    over = Terms(DAY, 90.0, True)
    days = [DAY - dt.timedelta(days=1), DAY, DAY + dt.timedelta(days=3)]
    found = price_options([over], [[100.0] * 3], [[NAN] * 3], days, 0.0)
    assert np.isnan(found[0, 0]) and found[0, 1:].tolist() == [10.0, 10.0]  # expiry needs no volatility
    assert np.isnan(price_options([over], [[NAN]], [[0.2]], days[:1], 0.0)).all()
    # 10 shares at 100 and 250 dollars for 9 x 100: an adjusted contract is an option on what it delivers
    adjusted = Terms(DAY, 9.0, True, 100.0, 10.0, 250.0)
    assert price_options([adjusted], [[100.0]], [[0.5]], [DAY], 0.0).tolist() == [[3.5]]
    assert price_options([], np.empty((0, 1)), np.empty((0, 1)), days[:1], 0.0).shape == (0, 1)
    assert price_options([over], np.empty((1, 0)), np.empty((1, 0)), [], 0.0).shape == (1, 0)


@pytest.mark.parametrize(
    ("value", "price"),
    [
        (np.float32(12.34), "12.3400"),
        (np.float32(0.1), "0.1000"),
        (1.00005, "1.0000"),  # half to even
        (1.00015, "1.0002"),
        (0.0, "0.0000"),
        (NAN, None),
        (-0.01, None),
        (np.inf, None),
        (1e12, None),
    ],
)
def test_prices_are_decimals_as_they_were_quoted(value: float, price: str | None) -> None:
    assert to_price(value) == (None if price is None else Decimal(price))
