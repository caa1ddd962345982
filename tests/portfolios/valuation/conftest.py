"""Books on a small market whose closes a test sets, on a Friday evening after the last of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from portfolios.books import cash
from portfolios.kernels.positions import value_position
from portfolios.kernels.snapshots import Snapshot
from portfolios.models import Portfolio, PortfolioSnapshot, Position
from portfolios.valuation.batch import ValuationReport, value_books
from sentiment_site.market import calendar
from tests.factories import ALL_SYMBOLS, Market, make_market
from tests.portfolios.books.conftest import (  # noqa: F401 - the same people, books and evening
    NOW,
    TODAY,
    ada,
    bob,
    book,
    friday_evening,
    hold,
    no_rates,
    other,
    plain_http,
)
from universe.models import Instrument

D = Decimal
WEEK = [dt.date(2026, 8, day) for day in (17, 18, 19, 20, 21)]


def letters(symbol: str) -> str:
    """TEC0 -> TECA: options and brokers' files know tickers of letters only."""
    return symbol[:3] + "ABCDE"[int(symbol[3])]


@pytest.fixture
def market(friday_evening: Any) -> Market:  # noqa: F811
    """Forty stocks at 100, with letters for names, up to today."""
    return letter_market()


def letter_market(**more: Any) -> Market:
    """The small market with letters for names; `more` as make_market takes it."""
    made = make_market(TODAY, **({"sessions": 40} | more))
    for symbol in ALL_SYMBOLS:
        Instrument.objects.filter(pk=made.ids[symbol]).update(symbol=letters(symbol))
        made.ids[letters(symbol)] = made.ids[symbol]
    return made


def at(day: dt.date, hour: float = 17.5) -> dt.datetime:
    """A New York time of a day."""
    minutes = round(hour * 60)
    return dt.datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=calendar.NEW_YORK)


def set_closes(market: Market, symbol: str, closes: dict[dt.date, float], *, late: bool = False) -> None:
    """Other closes of a stock, known from the session's close on; late: known only now."""
    market.store_days({day: {symbol: price} for day, price in closes.items()}, recorded_at=NOW if late else None)


def list_stock(market: Market, symbol: str, closes: dict[dt.date, float], usual: float = 100.0) -> int:
    """A stock of its own with a bar on every session: these closes, `usual` on the others. Its id."""
    source, long_ago = market.source, at(dt.date(2024, 1, 2))
    row = Instrument.objects.create(symbol=symbol, name=symbol, kind="CS", source=source, recorded_at=long_ago)
    market.ids[symbol] = row.pk
    market.store_days({session.date: {symbol: closes.get(session.date, usual)} for session in market.sessions})
    return row.pk


def deposit(target: Portfolio, amount: object, on: dt.date) -> None:
    """Money into a book."""
    cash.add_flow(target, "deposit", D(str(amount)), on=on)


def rows_of(target: Portfolio) -> list[PortfolioSnapshot]:
    """The book's rows, oldest first."""
    return list(PortfolioSnapshot.objects.filter(portfolio=target).order_by("snapshot_date"))


def as_kernel(rows: Sequence[PortfolioSnapshot]) -> list[Snapshot]:
    """Stored rows in the form that the kernel reconciles."""
    return [
        Snapshot(
            row.snapshot_date,
            row.cash_value,
            row.long_value,
            row.short_value,
            row.gross_exposure,
            row.net_exposure,
            row.total_value,
            row.flows,
            row.daily_pnl or D(0),
            row.daily_pnl_pct,
            row.cumulative_pnl or D(0),
        )
        for row in rows
    ]


def run(*, final: bool = True, **more: Any) -> ValuationReport:
    """The batch."""
    return value_books(final=final, **more)


def worth(position: Position, price: Decimal) -> Decimal:
    """Signed value, exact."""
    return value_position(position.lot, price).market_value
