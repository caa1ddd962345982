"""Greeks of a book: by hand, against QuantLib, never mixed, and why one is missing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import QuantLib

from portfolios.kernels.greeks import GreekSource, MixedGreeksError, total_greeks
from portfolios.models import Portfolio
from portfolios.risk.selectors import get_greeks
from tests.portfolios.risk.conftest import NOW, World, hold, make_world, price, stock

pytestmark = pytest.mark.django_db
CALL = "SOUN261218C00020000"
PUT = "SOUN261218P00015000"
QUOTED = (("SOUN261218C00045000", 3), ("SOUN261218P00035000", -5), ("SOUN270115C00050000", -1))


def test_a_small_book_by_hand(world: World, book: Portfolio) -> None:
    stock(book, world, "SOUN", 300)
    stock(book, world, "PLUG", -200)
    hold(book, CALL, -4, "3")
    found = get_greeks(book)
    assert [(line.symbol, line.mock.delta) for line in found.lines] == [
        ("PLUG", -2.0),
        ("SOUN", 3.0),
        (CALL, pytest.approx(-2.6)),
    ]
    assert found.mock.greeks.delta == pytest.approx(-2.0 + 3.0 - 0.65 * 4)
    assert found.mock.greeks.theta == pytest.approx(0.05 * 4)
    assert found.mock.greeks.vega == pytest.approx(-0.15 * 4)
    spot = world.close("SOUN")
    dollars = -200 * world.close("PLUG") + 300 * spot - 0.65 * 400 * spot
    assert found.mock.dollar_delta == pytest.approx(dollars, rel=1e-4)
    assert found.model.greeks.delta != pytest.approx(found.mock.greeks.delta)
    assert (found.mock.source, found.model.source) == (GreekSource.MOCK, GreekSource.MODEL)
    assert found.missing == ()


def test_the_model_is_quantlibs(world: World, book: Portfolio, settings: Any) -> None:
    settings.RISK_FREE_RATE = 0.04
    held = [hold(book, symbol, quantity, "2") for symbol, quantity in QUOTED]
    for position, premium in zip(held, ("3.10", "1.20", "2.05"), strict=True):
        price(position, premium)
    spot = world.close("SOUN")
    for line in get_greeks(book).lines:
        assert line.volatility_source == "implied"
        expected = quantlib(line, spot, 0.04)
        units = float(line.quantity) * (1 if line.position_type.startswith("L") else -1)
        assert line.model is not None
        assert line.model.delta == pytest.approx(units * expected["delta"], abs=1e-6)
        assert line.model.gamma == pytest.approx(units * expected["gamma"], abs=1e-6)
        assert line.model.theta == pytest.approx(units * expected["theta"], abs=1e-4)
        assert line.model.vega == pytest.approx(units * expected["vega"], abs=1e-6)
        assert line.model.rho == pytest.approx(units * expected["rho"], abs=1e-6)
        assert expected["npv"] == pytest.approx(
            float(held[[p.symbol for p in held].index(line.symbol)].last_price or 0)
        )


def quantlib(line: Any, spot: float, rate: float) -> dict[str, float]:
    """One contract, of 100 shares, in the units of the product."""
    ql = QuantLib
    today = ql.Date(21, 8, 2026)
    ql.Settings.instance().evaluationDate = today
    day = ql.Actual365Fixed()
    right = ql.Option.Call if "C0" in line.symbol else ql.Option.Put
    expiry = ql.Date(line.expiration.day, line.expiration.month, line.expiration.year)
    option = ql.VanillaOption(ql.PlainVanillaPayoff(right, line.strike), ql.EuropeanExercise(expiry))
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, day)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, day)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), line.volatility, day)),
    )
    option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    return {
        "npv": option.NPV(),
        "delta": option.delta(),
        "gamma": option.gamma(),
        "theta": option.theta() / 365,
        "vega": option.vega() / 100,
        "rho": option.rho() / 100,
    }


def test_mock_and_model_never_meet(world: World, book: Portfolio) -> None:
    stock(book, world, "SOUN", 100)
    line = get_greeks(book).lines[0]
    assert line.model is not None
    with pytest.raises(MixedGreeksError):
        total_greeks(GreekSource.MOCK, [line.mock, line.model])


def test_which_volatility_and_why(world: World, book: Portfolio) -> None:
    fresh = price(hold(book, "SOUN261218C00045000", 1, "3"), "3.10")
    stale = price(hold(book, PUT, 1, "3"), "2", at=NOW - dt.timedelta(days=3))
    entered = hold(book, "SOUN261218P00020000", 1, "3")
    model = price(hold(book, "SOUN261218C00025000", 1, "3"), "3", source="model")
    silly = price(hold(book, "SOUN261218C00001000", 1, "3"), "0.01")
    found = {line.key: line for line in get_greeks(book).lines}
    assert found[str(fresh.pk)].volatility_source == "implied"
    notes = {
        stale: "its price is of 2026-08-18, the underlying's close of 2026-08-21",
        entered: "it has no price but its entry's",
        model: "its price is the model's own",
        silly: "its price is below its intrinsic value",
    }
    returns = world.returns("SOUN")[-126:]
    weight = 0.5 ** (np.arange(returns.size)[::-1] / 40)
    expected = np.sqrt((weight * returns**2).sum() / weight.sum() * 252)
    for position, note in notes.items():
        line = found[str(position.pk)]
        assert (line.volatility_source, line.note) == ("ewma", note)
        assert line.volatility == pytest.approx(expected, rel=1e-9)


def test_what_cannot_be_computed_is_named(book: Portfolio) -> None:
    make_world(["SPY", "SOUN", "NVAX"], broken={"NVAX": 12})
    hold(book, "XYZQ", 100, "5")
    unlisted = hold(book, "XYZQ261218C00005000", 2, "1")
    young = hold(book, "NVAX261218C00020000", 1, "1")
    found = get_greeks(book)
    lines = {line.key: line for line in found.lines}
    assert lines[str(unlisted.pk)].model is None
    assert lines[str(unlisted.pk)].mock_dollar_delta is None
    assert lines[str(young.pk)].model is None
    assert lines[str(young.pk)].spot is not None
    reasons = {(one.symbol, one.what): one.reason for one in found.missing}
    assert reasons[unlisted.symbol, "dollar delta"] == "its stock is not among the instruments here"
    assert reasons[young.symbol, "model Greeks"].endswith("the underlying has fewer than 20 returns")
    assert set(found.model.left_out) == {unlisted.symbol, young.symbol}
    assert found.mock.left_out == ()
    assert found.mock.no_spot == (unlisted.symbol,)
    assert found.mock.positions == 3
    assert found.model.positions == 1


def test_an_option_takes_the_price_of_the_stock_beside_it(world: World, book: Portfolio) -> None:
    price(hold(book, "XYZQ", 100, "5"), "6")
    option = hold(book, "XYZQ261218C00005000", 2, "1")
    line = next(line for line in get_greeks(book).lines if line.key == str(option.pk))
    assert line.spot == 6.0
    assert line.model is None  # still no volatility


def test_an_adjusted_contract_counts_what_it_delivers(world: World, book: Portfolio) -> None:
    standard = hold(book, CALL, 1, "3")
    adjusted = hold(book, "SOUN1261218C00020000", 1, "3")
    adjusted.deliverable_shares, adjusted.multiplier = Decimal(150), Decimal(100)
    adjusted.store("deliverable_shares", "multiplier")
    found = {line.key: line for line in get_greeks(book).lines}
    one, other = found[str(standard.pk)].model, found[str(adjusted.pk)].model
    assert one is not None
    assert other is not None
    # 150 shares for 100 x 20 dollars: a share costs 13.33, so its delta is higher than that of the standard contract
    assert other.delta > 1.5 * one.delta
    assert found[str(adjusted.pk)].mock.delta == found[str(standard.pk)].mock.delta


def test_a_contract_that_delivers_no_shares(world: World, book: Portfolio) -> None:
    taken_over = hold(book, CALL, 1, "3")
    taken_over.deliverable_shares, taken_over.deliverable_cash = Decimal(0), Decimal(2500)
    taken_over.store("deliverable_shares", "deliverable_cash")
    found = get_greeks(book)
    assert found.lines[0].model is None
    assert found.missing[0].reason == "the contract delivers no shares"


def test_expired_today_is_a_step(world: World, book: Portfolio) -> None:
    inside = hold(book, "SOUN260821C00001000", 1, "3")
    outside = hold(book, "SOUN260821C00900000", 1, "3")
    found = {line.key: line.model for line in get_greeks(book).lines}
    deltas = [model.delta for pk in (inside.pk, outside.pk) if (model := found[str(pk)]) is not None]
    assert deltas == [1.0, 0.0]


def test_an_empty_book_and_one_without_prices(book: Portfolio) -> None:
    empty = get_greeks(book)
    assert (empty.lines, empty.mock.greeks.delta, empty.model.positions, empty.missing) == ((), 0.0, 0, ())
    assert empty.basis.simulated is None
    hold(book, "SOUN", 100, "8")
    found = get_greeks(book)
    assert found.lines[0].spot == 8.0  # its entry, which the basis says
    assert found.basis.unpriced == ("SOUN",)
    assert found.model.greeks.delta == 1.0
