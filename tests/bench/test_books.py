"""Ten thousand books of thirty positions valued for a session, against a bare UPDATE and INSERT of their rows."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection

from portfolios.kernels.demo import third_friday
from portfolios.kernels.occ import OptionSymbol, OptionType
from portfolios.models import BatchMark, CashFlow, Portfolio, PortfolioSnapshot, Position, User
from portfolios.valuation.batch import value_books
from sentiment_site.market import clock
from universe.copying import copy_rows

from .harness import in_turns, judge, time_ms
from .world import World

BOOKS, STOCKS, OPTIONS = 10_000, 24, 6
DEPOSIT = Decimal(1_000_000)
FIRST = -20  # the session that the books begin on
BARE_UPDATE = """
UPDATE portfolios_position SET last_price = last_price + 0.01, last_price_at = %(now)s, last_price_source = 'close',
    market_value = market_value + 1, unrealized_pnl = unrealized_pnl + 1, unrealized_pnl_pct = unrealized_pnl_pct,
    updated_at = %(now)s
WHERE closed_on IS NULL AND deleted_at IS NULL
"""
BARE_INSERT = """
INSERT INTO portfolios_portfoliosnapshot
SELECT gen_random_uuid(), (%(day)s::date - 3650), state, total_value, cash_value, long_value, short_value,
    gross_exposure, net_exposure, flows, daily_pnl, daily_pnl_pct, cumulative_pnl, portfolio_beta,
    portfolio_volatility, sharpe_ratio, max_drawdown, greeks_kind, total_delta, total_gamma, total_theta, total_vega,
    exposure_detail, as_of, created_at, recorded_at, portfolio_id
FROM portfolios_portfoliosnapshot WHERE snapshot_date = %(first)s
"""


@pytest.fixture(scope="module")
def books(world: World, django_db_blocker: object) -> Iterator[int]:
    """The books, committed, with their first row; the place of the next session to value."""
    begin = world.sessions[FIRST]
    names = list(world.members[:1_000].tolist())
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, symbol FROM universe_instrument WHERE id = ANY(%s)", [names])
        symbols = dict(cursor.fetchall())
    at = begin.open
    users = User.objects.bulk_create(
        (User(username=f"bench{n}", password="!", date_joined=at) for n in range(BOOKS)), batch_size=1_000
    )
    portfolios = Portfolio.objects.bulk_create(
        (Portfolio(user=user, created_at=at, stale_from=begin.date) for user in users), batch_size=1_000
    )
    CashFlow.objects.bulk_create(
        (CashFlow(portfolio=book, kind="deposit", amount=DEPOSIT, flowed_on=begin.date) for book in portfolios),
        batch_size=1_000,
    )
    copy_rows(Position, _POSITION, _positions([book.pk for book in portfolios], symbols, begin.date, at))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with clock.frozen(begin.close + dt.timedelta(hours=2)):
        report = value_books(final=True)
    assert (report.rows, report.positions) == (BOOKS, BOOKS * (STOCKS + OPTIONS))
    yield FIRST + 1
    with connection.cursor() as cursor:
        for model in (PortfolioSnapshot, BatchMark, CashFlow, Position, Portfolio):
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
        cursor.execute("DELETE FROM portfolios_user WHERE username LIKE 'bench_%'")


_POSITION = (
    "id", "created_at", "updated_at", "portfolio_id", "instrument_id", "symbol", "position_type", "quantity",
    "underlying_symbol", "expiration_date", "strike_price", "option_type", "multiplier", "deliverable_shares",
    "deliverable_cash", "deliverable_note", "entry_price", "entry_date", "funding", "cost_basis", "basis_on",
    "last_price_source", "closing_reason", "note", "import_key", "request_key",
)  # fmt: skip


def _positions(
    portfolios: list[uuid.UUID], symbols: dict[int, str], day: dt.date, at: dt.datetime
) -> Iterator[tuple[object, ...]]:
    """24 stocks of 1,000 and 6 options of 3,000 contracts a book; every fifth is owed."""
    g = np.random.default_rng(1)
    ids = sorted(symbols)
    expiration = third_friday(day, 4)
    for book in portfolios:
        for place, pick in enumerate(g.choice(len(ids), STOCKS + OPTIONS, replace=False).tolist()):
            instrument, owed = ids[pick], place % 5 == 4
            common = (uuid.uuid4(), at, at, book, instrument)
            tail = ("", "trade", day, "entry", "", "", "", "")
            if place < STOCKS:
                kind, price, count = "SHORT" if owed else "LONG", Decimal(20), Decimal(100 + pick)
                terms: tuple[object, ...] = (symbols[instrument], None, None, "", 1, 1)
                symbol, cost = symbols[instrument], price * count
            else:
                strike = Decimal(10 + 5 * (pick % 3))
                symbol = str(OptionSymbol("N", expiration, OptionType.CALL, strike))
                kind, price, count = "SC" if owed else "LC", Decimal(3), Decimal(1 + pick % 9)
                terms, cost = (symbols[instrument], expiration, strike, "CALL", 100, 100), price * count * 100
            note, funding, basis, source, reason, text, imported, request = tail
            yield (*common, symbol, kind, count, *terms, 0, note, price, day, funding, cost, basis, source, reason,
                   text, imported, request)  # fmt: skip


def test_a_session_of_ten_thousand_books(world: World, books: int) -> None:
    place = books

    def value() -> None:
        nonlocal place
        session = world.sessions[place]
        with clock.frozen(session.close + dt.timedelta(hours=2)):
            report = value_books(final=True)
        assert (report.rows, report.written, report.newest) == (BOOKS, BOOKS, session.date)
        assert report.positions > BOOKS * STOCKS * 0.9
        place += 1

    def bare() -> None:
        values = {"now": clock.now(), "day": world.sessions[place].date, "first": world.sessions[FIRST].date}
        with connection.cursor() as cursor:
            cursor.execute(BARE_UPDATE, values)
            cursor.execute(BARE_INSERT, values)

    def vacuum() -> None:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM portfolios_position, portfolios_portfoliosnapshot")

    def clear() -> None:
        vacuum()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM portfolios_portfoliosnapshot WHERE snapshot_date < %s", [dt.date(2020, 1, 1)])

    judge("B1", lambda: in_turns(lambda: time_ms(value, vacuum), lambda: time_ms(bare, clear), rounds=3))
