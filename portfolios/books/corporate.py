"""Expiries and splits in books: options settle at their intrinsic value, splits change quantity, price and strike.

Idempotent by date: a settled option is closed, and a position remembers the day of its share basis, so that a split is
applied once however often the job runs, and one that became known late is still applied. Source: methods.md 8.1.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import structlog
from django.db import transaction
from django.db.models import F, Q

from portfolios.access import locked, positions_of
from portfolios.kernels.positions import FOUR_PLACES, apply_split, is_due, settle_expiry
from portfolios.kernels.positions import Position as Lot
from portfolios.models import BatchMark, ClosingReason, Portfolio, Position, PositionSplit
from sentiment_site.market import calendar, clock
from universe import bars
from universe.models import Split

from . import ledger
from .drafts import find_instruments
from .selectors import living_portfolios

logger = structlog.get_logger("portfolios.corporate")

LOOK_BACK = 10  # sessions before the expiration in which an option's stock may have traded last
PATIENCE = 3  # sessions to wait for the close of the expiration day before an earlier one counts
# prices are final an hour after the close
FINAL_AFTER = dt.timedelta(hours=1)
Closes = Mapping[tuple[int, dt.date], Decimal]


class BooksFailed(RuntimeError):
    """Some books could not be brought up to date; the others were. Names them."""


@dataclass
class CorporateReport:
    """What was done, and what waits: options without a close of their stock, splits that a position cannot take."""

    settled: int = 0
    split: int = 0
    linked: int = 0
    waiting: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        waits = f", {len(self.waiting)} waiting" if self.waiting else ""
        return f"{self.settled} options settled, {self.split} positions split{waits}"


def bring_up_to_date(
    session: dt.date | None = None, progress: Callable[[float, str], None] | None = None
) -> CorporateReport:
    """Settle what expired and apply what was split up to a session (default: the last one that closed), every book.

    Each book is a transaction of its own; BooksFailed at the end if any could not be changed, the others are.
    """
    now = clock.now()
    day = session or calendar.last_closed_session(now).date
    known = calendar.session_on(day)
    final = known is None or now >= known.close + FINAL_AFTER
    report = CorporateReport(linked=link_instruments())
    rows = _due(day, final)
    splits = _splits({row.instrument_id for row in rows if row.instrument_id}, day)
    closes = _closes([row for row in rows if row.is_option and is_due(row.lot, day, final=final)])
    by_book: dict[Portfolio, list[Position]] = defaultdict(list)
    for row in rows:
        by_book[row.portfolio].append(row)
    for done, (portfolio, due) in enumerate(by_book.items(), start=1):
        try:
            _one_book(portfolio, due, splits, closes, day, final, report)
        except Exception:  # one book must not keep the others from their settlement; all are named at the end
            logger.exception("book failed", portfolio=str(portfolio.pk))
            report.failed.append(str(portfolio.pk))
        if progress:
            progress(100 * done / len(by_book), "books")
    _mark(day, [portfolio.pk for portfolio in by_book if str(portfolio.pk) in report.failed])
    if report.failed:
        raise BooksFailed(f"{report}; {len(report.failed)} of {len(by_book)} books failed: {report.failed[:10]}")
    return report


def link_instruments() -> int:
    """Give open positions whose stock became known later their instrument; how many."""
    open_rows = Position.objects.filter(deleted_at__isnull=True, closed_on__isnull=True, instrument__isnull=True)
    known = find_instruments(open_rows.values_list("underlying_symbol", flat=True).distinct())
    return sum(
        open_rows.filter(underlying_symbol=symbol).update(instrument_id=instrument)
        for symbol, instrument in known.items()
    )


def _due(day: dt.date, final: bool) -> list[Position]:
    """Open positions that expire, or whose stock was split since the day of their share basis."""
    held = Position.objects.filter(deleted_at__isnull=True, closed_on__isnull=True)
    over = Q(expiration_date__lte=day) if final else Q(expiration_date__lt=day)
    # two questions, each along an index; as one with OR the database would read every position
    keys = set(held.filter(over).values_list("pk", flat=True))
    split = Q(instrument__splits__execution_date__gt=F("basis_on"), instrument__splits__execution_date__lte=day)
    keys |= set(held.filter(split).values_list("pk", flat=True))
    if not keys:
        return []
    rows = held.filter(pk__in=keys, portfolio__in=living_portfolios())
    return list(rows.select_related("portfolio").order_by("portfolio", "pk"))


def _splits(instruments: set[int], day: dt.date) -> dict[int, list[Split]]:
    found: dict[int, list[Split]] = defaultdict(list)
    for split in Split.objects.filter(instrument__in=instruments, execution_date__lte=day).order_by("execution_date"):
        found[split.instrument_id].append(split)
    return found


def _closes(rows: Sequence[Position]) -> Closes:
    """As-traded closes that options settle at, by instrument and expiration; what has none yet is left out."""
    wanted: dict[dt.date, set[int]] = defaultdict(set)
    for row in rows:
        if row.instrument_id and row.expiration_date:
            wanted[row.expiration_date].add(row.instrument_id)
    closes: dict[tuple[int, dt.date], Decimal] = {}
    newest = calendar.last_closed_session(clock.now()).date
    for expiration, ids in wanted.items():
        try:
            start = expiration - dt.timedelta(days=2 * LOOK_BACK)
            sessions = [session.date for session in calendar.sessions_between(start, expiration)][-LOOK_BACK:]
            waited = len(calendar.sessions_between(expiration, newest)) > PATIENCE
        except ValueError:  # beyond the calendar's twenty years: nobody knows a close, the position waits
            continue
        panel = bars.load_daily(sorted(ids), sessions, adjust=False)
        for instrument, line in zip(panel.instrument_ids.tolist(), panel.close, strict=True):
            traded = np.flatnonzero(np.isfinite(line))
            if traded.size and (traded[-1] == len(sessions) - 1 or waited):
                # the shortest text of a float32 is the price as it was quoted
                closes[instrument, expiration] = Decimal(str(line[traded[-1]])).quantize(FOUR_PLACES)
    return closes


def _one_book(
    portfolio: Portfolio,
    due: Sequence[Position],
    splits: Mapping[int, list[Split]],
    closes: Closes,
    day: dt.date,
    final: bool,
    report: CorporateReport,
) -> None:
    """The due positions of one book, looked at again under its lock; splits come before the expiry of their day."""
    settled = split = 0
    waiting: list[str] = []
    with locked(portfolio) as book:
        still = positions_of(book).filter(pk__in=[row.pk for row in due], deleted_at__isnull=True)
        for row in still.filter(closed_on__isnull=True):
            try:
                with transaction.atomic():  # a position that has to wait is left as it was, splits and all
                    done = _apply_splits(book, row, splits.get(row.instrument_id or 0, []))
                split += done
                settled += _settle(book, row, closes, day, final)
            except _Waits as error:
                waiting.append(f"{row}: {error}")
    report.settled += settled
    report.split += split
    report.waiting += waiting


class _Waits(Exception):
    """Why a position cannot be changed yet."""


def _apply_splits(book: Portfolio, row: Position, splits: Sequence[Split]) -> int:
    over = row.expiration_date if row.is_option else None
    applied = 0
    for split in splits:
        if split.execution_date <= row.basis_on or (over and split.execution_date > over):
            continue
        evidence = PositionSplit(
            position=row,
            execution_date=split.execution_date,
            split_from=split.split_from,
            split_to=split.split_to,
            symbol_before=row.symbol,
            quantity_before=row.quantity,
            entry_price_before=row.entry_price,
            shares_before=row.deliverable_shares,
        )
        _change(row, split)
        evidence.save()
        ledger.mark_stale(book, split.execution_date)
        applied = 1
    if applied:
        row.store()
    return applied


def _change(row: Position, split: Split) -> None:
    """Write one split onto the row. What was paid for it stays to the cent; its last price is on the old basis."""
    before = row.lot
    try:
        after = apply_split(before, split.split_from, split.split_to).position
        _rewrite(row, before, after, split)
    except ValueError as error:
        raise _Waits(f"the split of {split.execution_date} leaves nothing that can be held: {error}") from error


def _rewrite(row: Position, before: Lot, after: Lot, split: Split) -> None:
    option = after.option
    if option is not None:
        row.symbol, row.strike_price = after.symbol, option.strike
        row.deliverable_shares = after.contract.shares.quantize(FOUR_PLACES)
        if after.contract.shares != before.contract.shares:
            row.deliverable_note = (
                f"{row.deliverable_shares.normalize():f} {row.underlying_symbol} a contract since the split "
                f"{split.split_from.normalize():f} to {split.split_to.normalize():f} of {split.execution_date}"
            )
    ratio = after.quantity / before.quantity
    row.quantity, row.entry_price, row.basis_on = after.quantity, after.entry_price, split.execution_date
    price = row.last_price if row.last_price is not None else before.entry_price
    ledger.apply_price(row, (price / ratio).quantize(FOUR_PLACES), row.last_price_at, row.last_price_source)


def _settle(book: Portfolio, row: Position, closes: Closes, day: dt.date, final: bool) -> int:
    if row.expiration_date is None or not is_due(row.lot, day, final=final):
        return 0
    close = closes.get((row.instrument_id or 0, row.expiration_date))
    if close is None:
        raise _Waits(f"no close of {row.underlying_symbol} on {row.expiration_date}")
    paid = abs(settle_expiry(row.lot, close).cash_change)
    price = (paid / row.quantity / row.multiplier).quantize(FOUR_PLACES)
    ended = max(row.expiration_date, row.entry_date)
    ledger.post_closing(book, row, price, paid, ended, ClosingReason.EXPIRED)
    return 1


def _mark(day: dt.date, failed: Sequence[uuid.UUID]) -> None:
    """Every book but the failed ones is done up to this session; a mark never goes back."""
    ids = living_portfolios().exclude(pk__in=failed).values_list("pk", flat=True)
    kind = BatchMark.Kind.CORPORATE
    later = set(BatchMark.objects.filter(kind=kind, session__gt=day).values_list("portfolio_id", flat=True))
    BatchMark.objects.bulk_create(
        (BatchMark(portfolio_id=pk, kind=kind, session=day) for pk in ids if pk not in later),
        update_conflicts=True,
        unique_fields=["portfolio", "kind"],
        update_fields=["session", "marked_at"],
        batch_size=2_000,
    )
