"""Positions to the cent, against exact fractions: worth, profit, closing, expiry, splits."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.kernels import positions as p
from portfolios.kernels.occ import parse_option_symbol
from portfolios.kernels.positions import Contract, Position, PositionType

D = Decimal
DAY = dt.date(2024, 1, 2)
CALL, PUT = parse_option_symbol("AAPL240119C00150000"), parse_option_symbol("AAPL240119P00150000")
OPTION = {"LC": CALL, "SC": CALL, "LP": PUT, "SP": PUT}
STOCK_TYPES = (PositionType.LONG, PositionType.SHORT)


def make(kind: str, quantity: str = "10", entry: str = "2.50", contract: Contract = p.STANDARD) -> Position:
    option = OPTION.get(kind)
    return Position(str(option or "AAPL"), PositionType(kind), D(quantity), D(entry), DAY, option, contract)


@pytest.mark.parametrize(("kind", "entry", "last", "cost", "value", "pnl", "pct"), [
    ("LONG", "100.00", "110.00", "1000.00", "1100.00", "100.00", "0.1000"),
    ("SHORT", "100.00", "110.00", "1000.00", "-1100.00", "-100.00", "-0.1000"),
    ("LC", "2.50", "4.00", "2500.00", "4000.00", "1500.00", "0.6000"),
    ("LP", "2.50", "1.00", "2500.00", "1000.00", "-1500.00", "-0.6000"),
    ("SC", "2.50", "4.00", "2500.00", "-4000.00", "-1500.00", "-0.6000"),
    ("SP", "2.50", "1.00", "2500.00", "-1000.00", "1500.00", "0.6000"),
])  # fmt: skip
def test_worked_examples(kind: str, entry: str, last: str, cost: str, value: str, pnl: str, pct: str) -> None:
    found = p.value_position(make(kind, "10", entry), D(last)).rounded()
    assert (found.cost, found.market_value) == (D(cost), D(value))
    assert (found.unrealized_pnl, found.unrealized_pnl_pct) == (D(pnl), D(pct))
    assert p.opening_cash(make(kind, "10", entry), D("1.25")) == -make(kind).kind.sign * D(cost) - D("1.25")


def test_types_follow_the_signed_quantity() -> None:
    assert [p.position_type(None, D(q)) for q in (1, -1)] == ["LONG", "SHORT"]
    assert [p.position_type(CALL, D(q)) for q in (1, -1)] == ["LC", "SC"]
    assert [p.position_type(PUT, D(q)) for q in (1, -1)] == ["LP", "SP"]
    with pytest.raises(ValueError, match="nothing"):
        p.position_type(None, D(0))
    assert {kind: kind.sign for kind in PositionType} == {"LONG": 1, "LC": 1, "LP": 1, "SHORT": -1, "SC": -1, "SP": -1}
    assert [kind.option_type for kind in PositionType] == [None, None, "CALL", "PUT", "CALL", "PUT"]


@pytest.mark.parametrize(("change", "message"), [
    ({"quantity": D(0)}, "direction is the type's"),
    ({"quantity": D(-5)}, "direction is the type's"),
    ({"quantity": D("100000000000")}, "direction is the type's"),
    ({"quantity": D("NaN")}, None),
    ({"entry_price": D("-0.01")}, "entry price"),
    ({"entry_price": D("100000000")}, "entry price"),
    ({"option": CALL}, "contradict"),
    ({"kind": PositionType.LC}, "contradict"),
    ({"kind": PositionType.LC, "option": PUT}, "contradict"),
])  # fmt: skip
def test_what_cannot_be_held(change: dict[str, object], message: str | None) -> None:
    with pytest.raises((ValueError, ArithmeticError), match=message):
        replace(make("LONG"), **change)  # type: ignore[arg-type]


def test_rounding_is_half_to_even_and_bounded() -> None:
    assert p.cents(D("0.125")) == D("0.12")
    assert p.cents(D("0.135")) == D("0.14")
    assert p.cents(D("-0.125")) == D("-0.12")
    assert p.cents(p.LARGEST_MONEY) == p.LARGEST_MONEY
    with pytest.raises(ValueError, match="does not fit"):
        p.cents(p.LARGEST_MONEY + D("0.01"))
    assert p.value_position(make("LONG", entry="0"), D(5)).rounded().unrealized_pnl_pct is None
    assert p.total([]) == 0
    for price in (D("-1"), D("1e9")):
        with pytest.raises(ValueError, match="a price lies"):
            p.value_position(make("LONG"), price)


def test_closing() -> None:
    part = p.close_position(make("SC", "10", "2.50"), D(4), D("1.00"), D("2.60"))
    assert part.remaining == make("SC", "6", "2.50")
    assert part.realized_pnl == D("597.40")
    assert part.cash_change == D("-402.60")
    assert p.close_position(make("LONG"), D(10), D(3)).remaining is None
    for quantity in (D(0), D(11)):
        with pytest.raises(ValueError, match="cannot be closed"):
            p.close_position(make("LONG"), quantity, D(3))


@pytest.mark.parametrize(("kind", "close", "intrinsic", "cash", "realized"), [
    ("LC", "160", "1000", "10000", "7500"), ("LC", "140", "0", "0", "-2500"),
    ("SC", "160", "1000", "-10000", "-7500"), ("SC", "150", "0", "0", "2500"),
    ("LP", "140", "1000", "10000", "7500"), ("SP", "140", "1000", "-10000", "-7500"),
    ("SP", "160", "0", "0", "2500"), ("LP", "0", "15000", "150000", "147500"),
])  # fmt: skip
def test_expiry_at_intrinsic_value(kind: str, close: str, intrinsic: str, cash: str, realized: str) -> None:
    assert p.intrinsic_value(make(kind), D(close)) == D(intrinsic)
    assert p.settle_expiry(make(kind), D(close)) == p.Closing(None, D(realized), D(cash))


def test_an_adjusted_contract_delivers_its_own() -> None:
    """10 shares and $35 in cash per contract after a reverse split: 10 * 160 + 35 - 150 * 10."""
    contract = Contract(multiplier=D(10), shares=D(10), cash=D(35))
    assert p.intrinsic_value(make("LC", contract=contract), D(160)) == D(135)
    assert make("LC", contract=contract).cost == D(250)
    assert make("LC", contract=contract).shares_per_unit == D(10)
    assert (make("LONG").shares_per_unit, make("LONG").underlying, make("LC").underlying) == (1, "AAPL", "AAPL")


def test_when_expiry_is_due() -> None:
    on, before, after = CALL.expiration, dt.date(2024, 1, 18), dt.date(2024, 1, 22)
    assert [p.is_due(make("LC"), day, final=False) for day in (before, on, after)] == [False, False, True]
    assert [p.is_due(make("LC"), day, final=True) for day in (before, on, after)] == [False, True, True]
    assert not p.is_due(make("LONG"), after, final=True)
    with pytest.raises(ValueError, match="no option"):
        p.intrinsic_value(make("LONG"), D(1))


def test_whole_splits_keep_stock_and_contracts_worth_the_same() -> None:
    stock = p.apply_split(make("SHORT", "10", "500.00"), D(1), D(4))
    assert (stock.position.quantity, stock.position.entry_price, stock.cost_change) == (40, 125, 0)
    option = p.apply_split(make("LC", "2", "12.40"), D(1), D(4)).position
    assert (option.symbol, option.quantity, option.entry_price) == ("AAPL240119C00037500", 8, D("3.10"))
    assert option.multiplier == 100


def test_strikes_after_a_split_are_those_that_were_listed() -> None:
    """AAPL 7:1 in June 2014: 645 became 92.14, 500 became 71.43 and 445 became 63.57."""
    for before, after in (("645", "92.14"), ("500", "71.43"), ("445", "63.57"), ("415", "59.29"), ("650", "92.86")):
        option = replace(CALL, strike=D(before))
        held = Position(str(option), PositionType.LC, D(1), D(7), DAY, option)
        split = p.apply_split(held, D(1), D(7)).position
        assert split.option is not None
        assert split.option.strike == D(after)
        assert split.quantity == 7


def test_odd_and_reverse_splits_of_contracts_change_what_is_delivered() -> None:
    odd = p.apply_split(make("LC", "2", "12.40"), D(2), D(3)).position
    assert (odd.symbol, odd.quantity, odd.entry_price) == ("AAPL1240119C00150000", 2, D("12.40"))
    assert (odd.contract.shares, odd.contract.multiplier) == (150, 100)
    reverse = p.apply_split(odd, D(10), D(1)).position
    assert (reverse.option is not None and reverse.option.root, reverse.contract.shares) == ("AAPL2", 15)
    stock = p.apply_split(make("LONG", "100", "1.00"), D(10), D(1)).position
    assert (stock.quantity, stock.entry_price) == (10, 10)


def test_a_split_that_does_not_divide_says_what_rounding_did() -> None:
    split = p.apply_split(make("LONG", "10", "100.00"), D(1), D(3))
    assert (split.position.quantity, split.position.entry_price) == (30, D("33.3333"))
    assert split.cost_change == D("-0.001")
    with pytest.raises(ValueError, match="no ratio"):
        p.apply_split(make("LONG"), D(0), D(3))
    with pytest.raises(ValueError, match="direction"):
        p.apply_split(make("LONG", "0.0001", "1"), D(100), D(1))


KINDS = st.sampled_from([kind.value for kind in PositionType])
QUANTITIES = st.integers(1, 10**12).map(lambda n: D(n) / 10_000)
PRICES = st.integers(0, 10**9).map(lambda n: D(n) / 10_000)


@given(KINDS, QUANTITIES, PRICES, PRICES, st.integers(1, 100))
def test_arithmetic_is_exact_and_closing_adds_up(kind: str, quantity: D, entry: D, last: D, percent: int) -> None:
    held = replace(make(kind), quantity=quantity, entry_price=entry)
    value = p.value_position(held, last)
    units = Fraction(quantity) * (100 if held.option else 1)
    sign = held.kind.sign
    assert Fraction(value.market_value) == sign * Fraction(last) * units
    assert Fraction(value.unrealized_pnl) == sign * (Fraction(last) - Fraction(entry)) * units
    assert value.unrealized_pnl == value.market_value - sign * value.cost
    # what is closed and what is left earn together what the whole earned, and cash agrees
    part = (quantity * percent / 100).quantize(D("0.0001"))
    if part > 0:
        closed = p.close_position(held, part, last)
        left = p.value_position(closed.remaining, last).unrealized_pnl if closed.remaining else D(0)
        assert closed.realized_pnl + left == value.unrealized_pnl
        cash = p.opening_cash(held) + closed.cash_change
        worth = p.value_position(closed.remaining, last).market_value if closed.remaining else D(0)
        assert cash + worth == value.unrealized_pnl


@given(KINDS, QUANTITIES, PRICES, PRICES)
def test_long_and_short_mirror_each_other(kind: str, quantity: D, entry: D, last: D) -> None:
    other = {"LONG": "SHORT", "SHORT": "LONG", "LC": "SC", "SC": "LC", "LP": "SP", "SP": "LP"}[kind]
    one, two = (replace(make(name), quantity=quantity, entry_price=entry) for name in (kind, other))
    assert p.value_position(one, last).market_value == -p.value_position(two, last).market_value
    if one.option:
        assert p.settle_expiry(one, last).realized_pnl == -p.settle_expiry(two, last).realized_pnl


@given(KINDS, st.integers(1, 10**6).map(D), st.integers(1, 10**6).map(lambda n: D(n) / 100), st.sampled_from([2, 4, 5]))
def test_a_split_changes_no_cost(kind: str, quantity: D, entry: D, ratio: int) -> None:
    held = replace(make(kind), quantity=quantity, entry_price=entry)
    split = p.apply_split(held, D(1), D(ratio))
    assert split.cost_change == 0
    assert split.position.cost == held.cost
    assert held == replace(make(kind), quantity=quantity, entry_price=entry)
