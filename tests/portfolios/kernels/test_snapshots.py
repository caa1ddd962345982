"""Snapshots reconcile to the cent for random books; backfill never jumps, never looks ahead."""

import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.kernels import positions as p
from portfolios.kernels import snapshots as s
from portfolios.kernels.positions import Position, PositionType
from tests.portfolios.kernels.test_positions import make

D = Decimal
DAYS = [dt.date(2024, 1, 2) + dt.timedelta(days=n) for n in range(40)]


def test_worked_example() -> None:
    """$100,000; 100 AAPL bought at 150, 50 TSLA sold short at 200; a deposit of $5,000 on the second day."""
    aapl = Position("AAPL", PositionType.LONG, D(100), D(150), DAYS[0])
    tsla = Position("TSLA", PositionType.SHORT, D(50), D(200), DAYS[0])
    cash = D(100_000) + p.opening_cash(aapl) + p.opening_cash(tsla)
    first = s.compute_snapshot(DAYS[0], cash, [(aapl, D(151)), (tsla, D(200))], flows=D(100_000))
    assert (first.cash_value, first.long_value, first.short_value) == (95_000, 15_100, 10_000)
    assert (first.gross_exposure, first.net_exposure, first.total_value) == (25_100, 5_100, 100_100)
    assert (first.daily_pnl, first.daily_pnl_pct, first.cumulative_pnl) == (100, D("0.0010"), 100)
    second = s.compute_snapshot(
        DAYS[1], cash + 5_000, [(aapl, D(149)), (tsla, D(190))], first, D(5_000), provisional=True
    )
    assert (second.total_value, second.daily_pnl, second.cumulative_pnl) == (105_400, 300, 400)
    assert second.daily_return == D(300) / D(102_600)
    assert second.provisional
    found = s.reconcile([first, second])
    assert (found.start, found.flows, found.pnl, found.end, found.difference) == (100_100, 5_000, 300, 105_400, 0)
    assert found.holds
    twr = s.compute_time_weighted_return(row.daily_return for row in (first, second))
    assert twr == pytest.approx(D("1.001") * (1 + D(300) / D(102_600)) - 1)


def test_time_weighted_return_is_not_moved_by_flows() -> None:
    """Twice +10 % is +21 %, whatever was paid in between."""
    first = s.compute_daily_return(D(1000), D(0), D(100))
    second = s.compute_daily_return(D(1_001_100), D(0), D(100_110))
    assert s.compute_time_weighted_return([first, None, second]) == D("0.21")
    assert s.compute_time_weighted_return([None]) is None
    assert s.compute_time_weighted_return([]) is None


def test_no_capital_no_return() -> None:
    assert s.compute_daily_return(D(0), D(0), D(5)) is None
    assert s.compute_daily_return(D(-10), D(0), D(5)) is None
    assert s.compute_daily_return(D(0), D(100), D(5), first=True) == D("0.05")
    empty = s.compute_snapshot(DAYS[0], D(0), [])
    assert (empty.total_value, empty.daily_pnl_pct) == (0, None)
    huge = replace(empty, daily_return=D(123_456))
    assert huge.daily_pnl_pct == D("9999.9999")
    with pytest.raises(ValueError, match="the row before"):
        s.compute_snapshot(DAYS[0], D(0), [], empty)


def test_flows_of_opening() -> None:
    assert s.opening_flow(D(100), [make("LONG", "10", "5"), make("SC", "1", "2")]) == 100 + 50 - 200


def test_reconciling_finds_every_tampering() -> None:
    rows = [s.compute_snapshot(DAYS[0], D(1000), [(make("LONG"), D(3))], flows=D(1030))]
    for day in DAYS[1:4]:
        rows.append(s.compute_snapshot(day, D(1000), [(make("LONG"), D(day.day))], rows[-1]))
    assert s.reconcile(rows).holds
    for name in ("cash_value", "long_value", "gross_exposure", "net_exposure", "total_value", "daily_pnl"):
        changed = [*rows[:2], replace(rows[2], **{name: getattr(rows[2], name) + D("0.01")}), rows[3]]
        assert not s.reconcile(changed).holds, name
    assert not s.reconcile([rows[0], replace(rows[1], cumulative_pnl=D(99)), *rows[2:]]).holds
    assert not s.reconcile([rows[0], replace(rows[1], date=DAYS[0]), *rows[2:]]).holds
    assert "not negative" in " ".join(s.broken_identities(replace(rows[0], short_value=D(-1))))
    with pytest.raises(ValueError, match="nothing to reconcile"):
        s.reconcile([])


def _trade_for_days(rng: random.Random, days: int) -> tuple[list[s.Snapshot], D]:
    """A random book that buys, sells, closes, is paid in and out; rows, and its P&L counted trade by trade."""
    cash, realized = D(rng.randrange(0, 10**8)) / 100, D(0)
    held: list[Position] = []
    rows: list[s.Snapshot] = []
    flow = cash
    unrealized = D(0)
    for day in DAYS[:days]:
        for _ in range(rng.randrange(3)):
            kind = rng.choice([kind.value for kind in PositionType])
            new = replace(make(kind), quantity=D(rng.randrange(1, 10**7)) / 10_000)
            new = replace(new, entry_price=D(rng.randrange(0, 10**7)) / 10_000)
            fees = D(rng.randrange(500)) / 100
            held.append(new)
            cash += p.opening_cash(new, fees)
            realized -= fees
        if held and rng.random() < 0.4:
            old = held.pop(rng.randrange(len(held)))
            part = min(old.quantity, D(rng.randrange(1, 10**7)) / 10_000)
            done = p.close_position(old, part, D(rng.randrange(0, 10**7)) / 10_000)
            held += [done.remaining] if done.remaining else []
            cash, realized = cash + done.cash_change, realized + done.realized_pnl
        if rows and rng.random() < 0.2:
            flow = D(rng.randrange(-(10**7), 10**7)) / 100
            cash += flow
        priced = [(one, D(rng.randrange(0, 10**7)) / 10_000) for one in held]
        rows.append(s.compute_snapshot(day, cash, priced, rows[-1] if rows else None, flow))
        unrealized = p.total(p.value_position(one, price).unrealized_pnl for one, price in priced)
        flow = D(0)
    return rows, realized + unrealized


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_random_books_reconcile(seed: int, days: int) -> None:
    rows, earned = _trade_for_days(random.Random(seed), days)
    found = s.reconcile(rows)
    assert found.holds, found
    assert found.difference == 0
    # the rows, rounded each day, say what the trades say: long, short and cash are rounded once, so 1.5 cents at most
    assert abs(rows[-1].cumulative_pnl - earned) <= D("0.015")


def test_ten_thousand_books_reconcile() -> None:
    for seed in range(10_000):
        rows, _ = _trade_for_days(random.Random(seed), 2)
        assert s.reconcile(rows).holds


def test_prices_are_never_from_the_future_or_before_the_entry() -> None:
    held = replace(make("LONG", "1", "9"), entry_date=DAYS[3])
    closes = [(DAYS[n], D(n)) for n in (0, 5, 7)]
    states = [s.price_on(day, held, closes, DAYS) for day in DAYS[3:10]]
    assert [one.price for one in states] == [9, 9, 5, 5, 7, 7, 7]
    assert [one.age for one in states] == [0, 0, 0, 1, 0, 1, 2]
    assert [one.state for one in states] == ["entry", "entry", "fresh", "carried", "fresh", "carried", "carried"]
    assert s.price_on(DAYS[3], held, [], DAYS).price == 9
    with pytest.raises(ValueError, match="was entered on"):
        s.price_on(DAYS[2], held, closes, DAYS)


def test_backfill_starts_at_the_first_doubtful_session() -> None:
    days = DAYS[:6]
    assert s.plan_backfill(days[1], days, []) == s.BackfillPlan(tuple(days[1:]), None)
    assert s.plan_backfill(days[0], days, days[:4]) == s.BackfillPlan(tuple(days[4:]), days[3])
    holed = [days[0], days[2], days[3]]
    assert s.plan_backfill(days[0], days, holed) == s.BackfillPlan(tuple(days[1:]), days[0])
    assert s.plan_backfill(days[0], days, days, provisional=[days[5]]) == s.BackfillPlan((days[5],), days[4])
    assert s.plan_backfill(days[0], days, days, changed_since=days[2]).sessions == tuple(days[2:])
    assert s.plan_backfill(days[0], days, days) == s.BackfillPlan((), days[-1])
    assert s.plan_backfill(DAYS[9], days, []) == s.BackfillPlan((), None)


@given(st.sets(st.integers(0, 19)), st.integers(0, 19))
def test_backfilling_leaves_no_gap(stored: set[int], start: int) -> None:
    days = DAYS[:20]
    have = {days[n] for n in stored}
    plan = s.plan_backfill(days[start], days, have)
    assert {day for day in have if day >= days[start]} | set(plan.sessions) == set(days[start:])
    assert list(plan.sessions) == sorted(plan.sessions)
