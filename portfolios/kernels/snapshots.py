"""The daily row of a book: what it is worth, what it earned, and whether the days add up.

Every stored amount is in cents, and every identity holds between the stored amounts, not only between the exact ones:
gross = long + short, net = long - short, total = cash + long - short, and over any stretch of days
start + flows + P&L = end. Source: methods.md 8.2.
"""

from __future__ import annotations

import datetime as dt
import itertools
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from portfolios.kernels.positions import FOUR_PLACES, ZERO, Position, cents, total, value_position

_LARGEST_PCT = Decimal("9999.9999")
_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One book on one session, money in cents. short_value is a magnitude. flows: money in (positive) or out that day.

    daily_return is the unrounded fraction behind daily_pnl_pct; both None where there was no capital to earn on.
    """

    date: dt.date
    cash_value: Decimal
    long_value: Decimal
    short_value: Decimal
    gross_exposure: Decimal
    net_exposure: Decimal
    total_value: Decimal
    flows: Decimal
    daily_pnl: Decimal
    daily_return: Decimal | None
    cumulative_pnl: Decimal
    provisional: bool = False

    @property
    def daily_pnl_pct(self) -> Decimal | None:
        """The daily return at four places, within what the column holds."""
        if self.daily_return is None:
            return None
        bounded = max(min(self.daily_return, _LARGEST_PCT), -_LARGEST_PCT)
        return bounded.quantize(FOUR_PLACES, ROUND_HALF_EVEN)


def compute_snapshot(
    date: dt.date,
    cash: Decimal,
    holdings: Iterable[tuple[Position, Decimal]],
    previous: Snapshot | None = None,
    flows: Decimal = ZERO,
    *,
    provisional: bool = False,
) -> Snapshot:
    """The row of `date` from cash after the day's trades, every open position with its price, and the row before.

    flows: what the owner put in (or took out) since the row before, in money or at market value in kind; trades are no
    flows. The first row's flows are the whole capital, so that its P&L is what the day itself brought.
    ValueError if the row before is not earlier.
    """
    values = [value_position(position, price).market_value for position, price in holdings]
    long_value = total(value for value in values if value > 0)
    short_value = -total(value for value in values if value < 0)
    return compute_snapshot_of_sums(date, cash, long_value, short_value, previous, flows, provisional=provisional)


def compute_snapshot_of_sums(
    date: dt.date,
    cash: Decimal,
    long_value: Decimal,
    short_value: Decimal,
    previous: Snapshot | None = None,
    flows: Decimal = ZERO,
    *,
    provisional: bool = False,
) -> Snapshot:
    """As compute_snapshot, from the exact sums of what is owned and of what is owed (a magnitude)."""
    if previous is not None and previous.date >= date:
        raise ValueError(f"the row before {date} is of {previous.date}")
    long_value, short_value = cents(long_value), cents(short_value)
    cash_value, money_in = cents(cash), cents(flows)
    end = cents(cash_value + long_value - short_value)
    start = ZERO if previous is None else previous.total_value
    pnl = end - start - money_in
    return Snapshot(
        date=date,
        cash_value=cash_value,
        long_value=long_value,
        short_value=short_value,
        gross_exposure=cents(long_value + short_value),
        net_exposure=long_value - short_value,
        total_value=end,
        flows=money_in,
        daily_pnl=cents(pnl),
        daily_return=compute_daily_return(start, money_in, pnl, first=previous is None),
        cumulative_pnl=cents(pnl if previous is None else previous.cumulative_pnl + pnl),
        provisional=provisional,
    )


def compute_daily_return(start: Decimal, flows: Decimal, pnl: Decimal, *, first: bool = False) -> Decimal | None:
    """P&L over start + half of the flows (they came some time in the day), a fraction; None without positive capital.

    On the first day all capital is a flow that was there from the start, so it counts whole.
    """
    base = flows if first else start + _HALF * flows
    return pnl / base if base > 0 else None


def opening_flow(cash: Decimal, positions: Iterable[Position]) -> Decimal:
    """Capital of a book entered by hand: its cash and the cost of what it holds, what it owes taken off."""
    return cash + total(position.kind.sign * position.cost for position in positions)


def compute_time_weighted_return(returns: Iterable[Decimal | None]) -> Decimal | None:
    """Product of (1 + daily return) - 1, days without capital left out; None if there was no day with any."""
    growth, days = Decimal(1), 0
    for daily in returns:
        if daily is not None:
            growth *= 1 + daily
            days += 1
    return growth - 1 if days else None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Start + flows + P&L against the end of a stretch of rows; `difference` is 0 unless a row was tampered with."""

    start: Decimal
    flows: Decimal
    pnl: Decimal
    end: Decimal
    broken: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        """End - (start + flows + P&L), dollars."""
        return self.end - (self.start + self.flows + self.pnl)

    @property
    def holds(self) -> bool:
        """Whether the stretch and every row in it add up."""
        return self.difference == 0 and not self.broken


def reconcile(snapshots: Sequence[Snapshot]) -> Reconciliation:
    """The first row is the start; its own flows and P&L belong to the days before. ValueError for no row.

    `broken` names each row and identity that does not hold.
    """
    if not snapshots:
        raise ValueError("there is nothing to reconcile")
    broken = [f"{row.date}: {name}" for row in snapshots for name in broken_identities(row)]
    for before, row in itertools.pairwise(snapshots):
        if row.date <= before.date:
            broken.append(f"{row.date}: dates must ascend")
        if before.total_value + row.flows + row.daily_pnl != row.total_value:
            broken.append(f"{row.date}: start + flows + P&L = end")
        if before.cumulative_pnl + row.daily_pnl != row.cumulative_pnl:
            broken.append(f"{row.date}: cumulative P&L")
    after = snapshots[1:]
    return Reconciliation(
        start=snapshots[0].total_value,
        flows=total(row.flows for row in after),
        pnl=total(row.daily_pnl for row in after),
        end=snapshots[-1].total_value,
        broken=tuple(broken),
    )


def broken_identities(row: Snapshot) -> tuple[str, ...]:
    """Which identities within one row do not hold; empty for a row that compute_snapshot made."""
    checks = {
        "long and short are not negative": row.long_value >= 0 and row.short_value >= 0,
        "gross = long + short": row.gross_exposure == row.long_value + row.short_value,
        "net = long - short": row.net_exposure == row.long_value - row.short_value,
        "total = cash + long - short": row.total_value == row.cash_value + row.long_value - row.short_value,
    }
    return tuple(name for name, holds in checks.items() if not holds)


class PriceState(StrEnum):
    """Where a price came from: that session, an earlier one, or the entry because nothing traded since."""

    FRESH = "fresh"
    CARRIED = "carried"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """A price with its date and age in sessions (0: that session's own)."""

    price: Decimal
    date: dt.date
    age: int
    state: PriceState


def price_on(
    session: dt.date, position: Position, closes: Sequence[tuple[dt.date, Decimal]], sessions: Sequence[dt.date]
) -> DatedPrice:
    """The last close known on `session`, never a later one, and none from before the entry; the entry itself counts.

    closes: (date, price), ascending; sessions: the trading days, ascending, for the age. A position is worth its entry
    price until something trades, so a leading gap is never filled from behind. ValueError before the entry.
    """
    if session < position.entry_date:
        raise ValueError(f"{position.symbol} was entered on {position.entry_date}, after {session}")
    place = bisect_right(closes, session, key=lambda close: close[0]) - 1
    if place < 0 or closes[place][0] < position.entry_date:
        return DatedPrice(position.entry_price, position.entry_date, 0, PriceState.ENTRY)
    date, price = closes[place]
    age = bisect_right(sessions, session) - bisect_right(sessions, date)
    return DatedPrice(price, date, age, PriceState.CARRIED if age else PriceState.FRESH)


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """Sessions to compute, ascending, without a gap, and the watermark they start behind (None: the inception)."""

    sessions: tuple[dt.date, ...]
    after: dt.date | None


def plan_backfill(
    inception: dt.date,
    sessions: Sequence[dt.date],
    stored: Collection[dt.date],
    provisional: Collection[dt.date] = (),
    changed_since: dt.date | None = None,
) -> BackfillPlan:
    """Which rows to make. Each row rests on the one before, so everything from the first doubtful session is redone.

    sessions: trading days up to the last closed one, ascending; stored: dates that have a row; provisional: those whose
    prices were not final; changed_since: the earliest date at which a position, flow or price was corrected. A session
    is doubtful if it has no row, a provisional one, or lies at or after the correction. Days before the inception and
    days that are no session get no row.
    """
    wanted = [day for day in sessions if day >= inception]
    have, unsure = set(stored), set(provisional)
    for place, day in enumerate(wanted):
        if day not in have or day in unsure or (changed_since is not None and day >= changed_since):
            return BackfillPlan(tuple(wanted[place:]), wanted[place - 1] if place else None)
    return BackfillPlan((), wanted[-1] if wanted else None)
