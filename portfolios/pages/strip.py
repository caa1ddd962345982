"""The figures at the top of a book: what it is worth and earned, each with its age and whether it is final. No HTTP."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max

from portfolios.books import ledger
from portfolios.books.selectors import BookTotals, get_totals, list_positions, sum_external_flows
from portfolios.models import Portfolio, PortfolioSnapshot
from portfolios.valuation.selectors import list_snapshots
from sentiment_site.live.templatetags.figures import age, et
from sentiment_site.market import calendar, clock

NO_SNAPSHOT = "no day of this book has been closed yet"
NOT_THEN = "nothing of this book was known at that moment"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure in dollars. moves: it is a change and bears a sign. share: percent points of a base, None without.

    about: how old it is in a few words; value None: why. more: the same in full.
    """

    title: str
    value: Decimal | None
    about: str
    more: str = ""
    moves: bool = False
    share: Decimal | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """What one day brought. since: the words behind it; provisional: its prices are not final."""

    pnl: Decimal | None
    pct: Decimal | None
    about: str
    provisional: bool


def list_figures(portfolio: Portfolio, as_of: dt.datetime | None) -> list[Figure]:
    """The strip, live from the positions or of a moment from the day's snapshot. Four statements at most."""
    if as_of is None:
        return _now(portfolio)
    snapshot = list_snapshots(portfolio, as_of=as_of).first()
    return _then(snapshot)


def get_day(portfolio: Portfolio, total_value: Decimal) -> Day:
    """What the current session brought so far, or the last closed one; three statements at most.

    Once something was priced after the newest row it is the change since that row, less the capital that came since.
    """
    newest = list_snapshots(portfolio).first()
    if newest is None:
        return Day(None, None, NO_SNAPSHOT, provisional=False)
    day = newest.snapshot_date
    if portfolio.stale_from is not None and portfolio.stale_from <= day:
        return Day(
            None, None, f"rows from {portfolio.stale_from} on are made anew after a correction", provisional=False
        )
    closed = day >= calendar.last_session(clock.now()).date
    priced = list_positions(portfolio).aggregate(at=Max("last_price_at"))["at"]
    if closed or priced is None or priced <= newest.as_of:
        provisional = newest.state == PortfolioSnapshot.State.PROVISIONAL
        pct = None if newest.daily_pnl_pct is None else 100 * newest.daily_pnl_pct
        late = "" if closed else "; no price since"
        return Day(newest.daily_pnl, pct, f"{day:%a} {day.day} {day:%b}{late}", provisional)
    flows = sum_external_flows(portfolio, day, ledger.today())
    pnl = total_value - newest.total_value - flows
    base = newest.total_value + flows / 2
    return Day(pnl, 100 * pnl / base if base > 0 else None, f"since the close of {day:%a} {day.day} {day:%b}", True)


def _now(portfolio: Portfolio) -> list[Figure]:
    totals = get_totals(portfolio)
    day = get_day(portfolio, totals.total_value)
    short, full = _age(totals)
    base = totals.total_value if totals.total_value > 0 else None
    unsure = totals.unpriced > 0

    def held(title: str, value: Decimal, *, moves: bool = False) -> Figure:
        share = 100 * value / base if base and title != "Total value" else None
        return Figure(title, value, short, full, moves, share, provisional=unsure)

    return [
        held("Total value", totals.total_value),
        Figure(
            "Cash",
            totals.cash,
            "to the cent",
            "the sum of every flow",
            share=100 * totals.cash / base if base else None,
        ),
        held("Long", totals.long_value),
        held("Short", totals.short_value),
        held("Gross", totals.gross_exposure),
        held("Net", totals.net_exposure, moves=True),
        Figure("Day P&L", day.pnl, day.about, moves=True, share=day.pct, provisional=day.provisional),
        Figure("Total P&L", totals.total_pnl, "since the beginning", "after fees", moves=True, provisional=unsure),
    ]


def _then(row: PortfolioSnapshot | None) -> list[Figure]:
    titles = ("Total value", "Cash", "Long", "Short", "Gross", "Net", "Day P&L", "Total P&L")
    if row is None:
        return [Figure(title, None, NOT_THEN) for title in titles]
    about, full = f"close of {row.snapshot_date}", f"prices of {et(row.as_of)}"
    provisional = row.state == PortfolioSnapshot.State.PROVISIONAL
    values = (
        row.total_value,
        row.cash_value,
        row.long_value,
        row.short_value,
        row.gross_exposure,
        row.net_exposure,
        row.daily_pnl,
        row.cumulative_pnl,
    )
    pct = None if row.daily_pnl_pct is None else 100 * row.daily_pnl_pct
    return [
        Figure(
            title,
            value,
            about,
            full,
            moves=title in ("Net", "Day P&L", "Total P&L"),
            share=pct if title == "Day P&L" else None,
            provisional=provisional,
        )
        for title, value in zip(titles, values, strict=True)
    ]


def _age(totals: BookTotals) -> tuple[str, str]:
    """How old the prices are, in a few words and in full: the oldest one counts."""
    if totals.open_positions == 0:
        return "nothing is held", ""
    waiting = f"{totals.unpriced} of {totals.open_positions} at the entry price" if totals.unpriced else ""
    if totals.priced_at is None:
        return waiting, "nothing has priced them yet"
    old = f"prices {age(totals.priced_at)} old"
    full = f"the oldest price was made {et(totals.priced_at, 'full')}; its age counts the hours of sessions"
    return f"{old}; {waiting}" if waiting else old, full
