"""Random books through the real services and the real batch: every row right, every stretch reconciled."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from portfolios.books import cash
from portfolios.books.audit import find_breaks
from portfolios.books.corporate import bring_up_to_date
from portfolios.books.positions import close_position, delete_position
from portfolios.books.selectors import get_cash, get_totals, list_held, sum_external_flows
from portfolios.kernels.snapshots import Snapshot, compute_snapshot, price_on, reconcile
from portfolios.models import Portfolio, Position
from portfolios.valuation.prices import load_closes
from sentiment_site.market import calendar
from tests.factories import Market
from tests.portfolios.books.conftest import NOW, TODAY, hold
from universe.models import Instrument, Split

from .conftest import WEEK, as_kernel, at, rows_of, run

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")
STOCKS = ("AAA", "BBB", "SPLIT", "NONE")
OPTIONS = ("AAA260820C00009500", "BBB260819P00021000", "BBB261218C00020000")
days = st.sampled_from([dt.date(2026, 8, 14), dt.date(2026, 8, 15), *WEEK])
amounts = st.decimals("0.01", "50000", places=2, allow_nan=False)
quantities = st.decimals("0.0001", "900", places=4, allow_nan=False)
prices = st.decimals("0.01", "300", places=4, allow_nan=False)
STEPS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(STOCKS + OPTIONS), st.sampled_from([1, -1]), quantities, prices, days),
    st.tuples(st.just("bring"), st.sampled_from(STOCKS), st.just(1), quantities, prices, days),
    st.tuples(st.just("close"), st.integers(0, 9), st.decimals("0.01", "1", places=2), prices, days),
    st.tuples(st.just("flow"), st.sampled_from([str(kind) for kind in cash.OWN_KINDS]), amounts, days),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("batch"), st.booleans()),
)


class _Undo(Exception):
    """Ends an example: the database is as before."""


@pytest.fixture
def small(market: Market) -> Market:
    """Three stocks that move with gaps between their trades, one of them split on Wednesday; and one unknown here."""
    source, long_ago = market.source, at(dt.date(2024, 1, 2))
    rows = [Instrument(symbol=name, kind="CS", source=source, recorded_at=long_ago) for name in STOCKS[:3]]
    market.ids.update({row.symbol: row.pk for row in Instrument.objects.bulk_create(rows)})
    Split.objects.create(
        instrument_id=market.ids["SPLIT"],
        execution_date=WEEK[2],
        split_from=2,
        split_to=5,
        source=source,
        recorded_at=long_ago,
    )
    for place, session in enumerate(market.sessions):
        closes = {"AAA": 9 + place % 4, "SPLIT": 50 + place % 3 - (30 if session.date >= WEEK[2] else 0)}
        if place % 3:
            closes["BBB"] = 20.37 + place % 5
        market.store_daily(session.date, closes)
    return market


def perform(book: Portfolio, step: tuple[Any, ...]) -> None:
    name, *args = step
    if name in ("open", "bring"):
        symbol, sign, quantity, price, on = args
        funding = "transfer" if name == "bring" else "trade"
        hold(book, symbol, sign * quantity, price, on=on, funding=funding, fees=CENT, as_traded=symbol == "SPLIT")
    elif name == "flow":
        cash.add_flow(book, args[0], args[1], on=args[2])
    elif name == "batch":
        bring_up_to_date()
        run(final=args[0])
    else:
        rows = list(Position.objects.filter(portfolio=book, deleted_at=None).order_by("created_at", "pk"))
        if rows and name == "delete":
            delete_position(book, rows[args[0] % len(rows)].pk)
        elif rows:
            row = rows[args[0] % len(rows)]
            part = max(Decimal("0.0001"), (row.quantity * args[1]).quantize(Decimal("0.0001")))
            close_position(book, row.pk, price=args[2], quantity=part, on=args[3])


def check(book: Portfolio, market: Market) -> None:
    """Against the kernel, position by position, with prices looked up one by one."""
    rows = rows_of(book)
    assert find_breaks(book) == ()
    if not rows:
        assert not book.flows.filter(deleted_at=None).exists()
        return
    assert reconcile(as_kernel(rows)).holds
    sessions = calendar.sessions_between(rows[0].snapshot_date, TODAY)
    assert [row.snapshot_date for row in rows] == [session.date for session in sessions]
    quotes = load_closes([market.ids[name] for name in STOCKS[:3]], market.sessions)
    lines = dict(zip(quotes.instrument_ids.tolist(), quotes.close, strict=True))
    previous: Snapshot | None = None
    for row in rows:
        held = list(list_held(book, row.snapshot_date))
        holdings = []
        for one in held:
            closes = [
                (session.date, Decimal(str(price)) * _ratio(one, session.date, market))
                for session, price in zip(quotes.sessions, lines.get(one.instrument_id, ()), strict=False)
                if np.isfinite(price)
            ]
            if one.is_option:
                holdings.append((one.lot, None))
            else:
                dates = [session.date for session in market.sessions]
                holdings.append((one.lot, price_on(row.snapshot_date, one.lot, closes, dates).price))
        priced = [(lot, price) for lot, price in holdings if price is not None]
        after = previous.date if previous else None
        flows = sum_external_flows(book, after, row.snapshot_date)
        wanted = compute_snapshot(row.snapshot_date, get_cash(book, row.snapshot_date), priced, previous, flows)
        assert (row.cash_value, row.flows) == (wanted.cash_value, wanted.flows)
        if len(priced) == len(held):
            assert abs(row.total_value - wanted.total_value) <= CENT
        else:
            assert row.gross_exposure >= 0
        previous = as_kernel([row])[0]
    assert get_totals(book).total_value == rows[-1].total_value or any(one.is_option for one in list_held(book, TODAY))


def _ratio(position: Position, day: dt.date, market: Market) -> Decimal:
    """Price of that day -> price on the position's share basis, which may lag behind the split or be ahead of it."""
    if position.instrument_id != market.ids["SPLIT"] or (day < WEEK[2]) == (position.basis_on < WEEK[2]):
        return Decimal(1)
    return Decimal(2) / 5 if day < WEEK[2] else Decimal(5) / 2


@given(steps=st.lists(STEPS, min_size=3, max_size=12))
@settings(
    max_examples=20,
    deadline=None,
    # twelve steps are read faster than a database shrinks them
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_done_the_days_add_up(
    book: Portfolio, small: Market, friday_evening: Any, steps: list[tuple[Any, ...]]
) -> None:
    try:
        with transaction.atomic():
            fresh = Portfolio.objects.get(pk=book.pk)
            for second, step in enumerate(steps):
                # entered on Tuesday, before the split and two expiries; batches run on Friday
                early = isinstance(step[-1], dt.date) and step[-1] <= WEEK[1] and step[0] != "close"
                moment = at(WEEK[1], 12) if early else NOW
                friday_evening.move_to(moment + dt.timedelta(seconds=second))
                try:
                    with transaction.atomic():
                        perform(fresh, step)
                except ValidationError:
                    pass  # a refusal changes nothing
            friday_evening.move_to(NOW + dt.timedelta(minutes=1))
            bring_up_to_date()
            run()
            fresh.refresh_from_db()
            check(fresh, small)
            before = rows_of(fresh)
            assert run().rows == 0 and rows_of(fresh) == before
            raise _Undo
    except _Undo:
        connection.cursor().execute("DROP TABLE IF EXISTS valuation_price")
