"""Every book's daily rows, in order and without a gap, and its positions at the newest session's prices.

Books are taken in chunks; a chunk is one transaction that holds its books' rows, so a batch that dies leaves whole
books only. A book's mark says up to which session its final rows stand; whatever lies after it, or at and after
`stale_from`, is made anew. Rows that would say the same are not written. Source: methods.md 8.2.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from portfolios.kernels.positions import ZERO
from portfolios.kernels.snapshots import BackfillPlan, Snapshot, compute_snapshot_of_sums, plan_backfill
from portfolios.models import BatchMark, Portfolio, PortfolioSnapshot
from sentiment_site.market import calendar, clock

from . import statements
from .prices import PriceTable, price_table

logger = structlog.get_logger("portfolios.valuation")

FINAL_AFTER = dt.timedelta(minutes=90)  # auctions and late reports settle: 17:30, or 14:30 on a half day
CHUNK_BOOKS = 500
CHUNK_ROWS = 20_000
CORRECTED_SESSIONS = 10  # how far back corrected and late bars are looked for
State = PortfolioSnapshot.State
Progress = Callable[[float, str], None]


class BooksFailed(RuntimeError):
    """Some books could not be valued; the others were. Names them."""


@dataclass(slots=True)
class ValuationReport:
    """What a batch did. newest: its session, final: whether that session's rows are; days: sessions that got rows."""

    newest: dt.date
    final: bool
    books: list[uuid.UUID] = field(default_factory=list)
    days: set[dt.date] = field(default_factory=set)
    rows: int = 0
    written: int = 0
    positions: int = 0
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        state = "final" if self.final else "provisional"
        return (
            f"{len(self.books):,} books, {self.rows:,} rows of {len(self.days)} sessions to {self.newest} ({state}), "
            f"{self.written:,} written, {self.positions:,} positions priced"
        )


def is_final(session: calendar.Session, at: dt.datetime) -> bool:
    """Whether the session's closes have settled at that moment."""
    return at >= session.close + FINAL_AFTER


def newest_session(at: dt.datetime) -> calendar.Session:
    """The newest session whose close the vendor shows at that moment, its delay included."""
    return calendar.last_closed_session(at - dt.timedelta(seconds=settings.POLYGON_DELAY_S))


def list_due(session: dt.date) -> list[uuid.UUID]:
    """Living books that lack a final row up to this session, or whose rows up to it are stale; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statements.DUE, {"day": session})
        return [key for (key,) in cursor.fetchall()]


def newest_changed(portfolio_ids: Sequence[uuid.UUID]) -> dt.datetime:
    """When the last of these books was changed. ValueError for none."""
    found = Portfolio.objects.filter(pk__in=portfolio_ids).aggregate(at=Max("updated_at"))["at"]
    if found is None:
        raise ValueError("no book of these is there")
    changed: dt.datetime = found
    return changed


def mark_corrected(now: dt.datetime) -> int:
    """Mark books stale whose final rows rest on a close that was corrected, or came late, since the last batch.

    Looks at the last ten sessions; returns how many books.
    """
    newest = BatchMark.objects.filter(kind=BatchMark.Kind.SNAPSHOT).order_by("-session").first()
    session = calendar.session_on(newest.session) if newest else None
    if session is None:
        return 0
    first = calendar.recent_sessions(session.close, CORRECTED_SESSIONS)[0].date
    midnight = dt.time(tzinfo=dt.UTC)
    limits = {
        "first": dt.datetime.combine(first, midnight),
        "last": dt.datetime.combine(session.date, midnight),
        "since": session.close + FINAL_AFTER,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.MARK_CORRECTED, limits)
        return int(cursor.rowcount)


def value_books(
    *,
    final: bool,
    portfolio_ids: Sequence[uuid.UUID] | None = None,
    known_at: dt.datetime | None = None,
    progress: Progress | None = None,
    check: Callable[[], None] | None = None,
) -> ValuationReport:
    """Bring books up to the newest session that closed: all missing, provisional and stale rows, in order.

    final: whether the newest session's closes have settled and were asked for since; earlier sessions always have.
    portfolio_ids: these books alone. check: called between chunks, may raise to stop. BooksFailed at the end if any
    book could not be valued, the others are.
    """
    newest = newest_session(clock.now())
    report = ValuationReport(newest.date, final)
    chosen = list_due(newest.date)
    if portfolio_ids is not None:
        wanted = set(portfolio_ids)
        chosen = [key for key in chosen if key in wanted]
    with price_table(known_at) as prices:
        for done in range(0, len(chosen), CHUNK_BOOKS):
            if check:
                check()
            part = chosen[done : done + CHUNK_BOOKS]
            _try_chunk(part, prices, report)
            if progress:
                progress(100 * (done + len(part)) / len(chosen), f"{done + len(part):,} of {len(chosen):,} books")
    if report.failed:
        raise BooksFailed(f"{report}; {len(report.failed)} books failed: {report.failed[:10]}")
    return report


def _try_chunk(ids: Sequence[uuid.UUID], prices: PriceTable, report: ValuationReport) -> None:
    """The chunk as one; when that fails, book by book, so that a bad one keeps no other from its rows."""
    try:
        with transaction.atomic():
            made = _Chunk(ids, prices, report).make()
    except Exception:
        logger.exception("books failed", books=len(ids))
        prices.forget()
        if len(ids) == 1:
            report.failed.append(str(ids[0]))
            return
        for key in ids:
            _try_chunk([key], prices, report)
        return
    for name in ("books", "rows", "written", "positions"):
        setattr(report, name, getattr(report, name) + getattr(made, name))
    report.days |= made.days


class _Chunk:
    """Books that are valued in one transaction."""

    def __init__(self, ids: Sequence[uuid.UUID], prices: PriceTable, report: ValuationReport) -> None:
        self.ids, self.prices = list(ids), prices
        self.newest, self.final = report.newest, report.final
        self.made = ValuationReport(report.newest, report.final)
        self.previous: dict[uuid.UUID, Snapshot] = {}
        # the sessions that a book's history may have; a book that begins earlier begins with the first of them
        first = calendar.shift(report.newest, 1 - settings.VALUATION_SESSIONS_MAX).date
        self.window = calendar.sessions_between(first, report.newest)
        self.dates = tuple(session.date for session in self.window)

    def make(self) -> ValuationReport:
        """Lock, plan, value, write. Returns what was done."""
        groups = self._plan()
        for plan, ids in groups.items():
            for part in range(0, len(ids), max(1, CHUNK_ROWS // len(plan.sessions))):
                self._value(ids[part : part + max(1, CHUNK_ROWS // len(plan.sessions))], plan)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE portfolios_portfolio SET stale_from = NULL WHERE id = ANY(%s) AND stale_from <= %s",
                [self.ids, self.newest],
            )
        self.made.books = self.ids
        return self.made

    def _plan(self) -> dict[BackfillPlan, list[uuid.UUID]]:
        """Books by the sessions that they need; the locks are held from here on."""
        with connection.cursor() as cursor:
            cursor.execute(statements.PLANS, {"ids": self.ids})
            found = cursor.fetchall()
        groups: dict[BackfillPlan, list[uuid.UUID]] = defaultdict(list)
        emptied = []
        inceptions = {key: inception for key, _, _, inception in found}
        known: dict[tuple[Any, ...], BackfillPlan] = {}
        for key, stale, mark, inception in found:
            if inception is None or inception > self.newest:
                emptied.append(key)
                continue
            asked = (inception, mark, stale)
            plan = known.get(asked)
            if plan is None:
                plan = known[asked] = self._plan_book(inception, mark, stale)
            if plan.sessions:
                groups[plan].append(key)
        for plan in list(groups):
            if plan.after is None:
                continue
            self.previous |= _load_rows(groups[plan], plan.after)
            for key in [key for key in groups[plan] if key not in self.previous]:  # its foundation is gone
                groups[plan].remove(key)
                groups[self._plan_book(inceptions[key], None, None)].append(key)
        cut = [(key, plan.sessions[0]) for plan, keys in groups.items() if plan.after is None for key in keys]
        self._delete(emptied, cut)
        return {plan: keys for plan, keys in groups.items() if keys}

    def _plan_book(self, inception: dt.date, mark: dt.date | None, stale: dt.date | None) -> BackfillPlan:
        if mark is not None and (mark < self.dates[0] or mark < inception):
            mark = None
        stored = [] if mark is None else [day for day in self.dates if day <= mark]
        return plan_backfill(inception, self.dates, stored, changed_since=stale)

    def _delete(self, emptied: Sequence[uuid.UUID], cut: Sequence[tuple[uuid.UUID, dt.date]]) -> None:
        """Rows of days before a book's beginning, which a correction moved."""
        if emptied:
            PortfolioSnapshot.objects.filter(portfolio__in=emptied).delete()
            BatchMark.objects.filter(portfolio__in=emptied, kind=BatchMark.Kind.SNAPSHOT).delete()
        if cut:
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM portfolios_portfoliosnapshot s USING unnest(%s::uuid[], %s::date[]) AS c(id, day)"
                    " WHERE s.portfolio_id = c.id AND s.snapshot_date < c.day",
                    [[key for key, _ in cut], [day for _, day in cut]],
                )

    def _value(self, ids: list[uuid.UUID], plan: BackfillPlan) -> None:
        sessions = [session for session in self.window if session.date in set(plan.sessions)]
        self.prices.cover(ids, sessions)
        days = list(plan.sessions)
        asked: dict[str, Any] = {"ids": ids, "split": self.prices.ratios.instruments}
        with connection.cursor() as cursor:
            cursor.execute(statements.SUMS, {**asked, "days": days})
            sums = {(key, day): rest for key, day, *rest in cursor.fetchall()}
            before = [] if plan.after is None else [plan.after]
            cursor.execute(statements.MONEY, {"ids": ids, "days": [*before, *days]})
            money = {(key, day): (cash, capital) for key, day, cash, capital in cursor.fetchall()}
        rows = []
        for key in ids:
            rows += self._rows(key, plan, sessions, sums, money)
        self._write(rows)
        if days[-1] == self.newest:
            with connection.cursor() as cursor:
                cursor.execute(statements.UPDATE_POSITIONS, {**asked, "day": self.newest, "now": clock.now()})
                self.made.positions += cursor.rowcount
        self._mark(ids, days)

    def _rows(
        self,
        key: uuid.UUID,
        plan: BackfillPlan,
        sessions: Sequence[calendar.Session],
        sums: Mapping[tuple[uuid.UUID, dt.date], Sequence[Any]],
        money: Mapping[tuple[uuid.UUID, dt.date], tuple[Decimal, Decimal]],
    ) -> list[tuple[uuid.UUID, Snapshot, dt.datetime]]:
        made = []
        previous = self.previous.get(key)
        capital_before = money[key, plan.after][1] if plan.after and (key, plan.after) in money else ZERO
        for session in sessions:
            cash, capital = money.get((key, session.date), (ZERO, ZERO))
            long_value, short_value, made_at = sums.get((key, session.date), (ZERO, ZERO, None))
            row = compute_snapshot_of_sums(
                session.date,
                cash,
                long_value,
                short_value,
                previous,
                capital - capital_before,
                provisional=session.date == self.newest and not self.final,
            )
            made.append((key, row, made_at or session.close))
            previous, capital_before = row, capital
        return made

    def _write(self, rows: Sequence[tuple[uuid.UUID, Snapshot, dt.datetime]]) -> None:
        names = (
            "total_value", "cash_value", "long_value", "short_value", "gross_exposure", "net_exposure", "flows",
            "daily_pnl", "daily_pnl_pct", "cumulative_pnl",
        )  # fmt: skip
        columns: dict[str, Any] = {name: [getattr(row, name) for _, row, _ in rows] for name in names}
        columns["portfolio_id"] = [key for key, _, _ in rows]
        columns["snapshot_date"] = [row.date for _, row, _ in rows]
        columns["state"] = [str(State.PROVISIONAL if row.provisional else State.FINAL) for _, row, _ in rows]
        columns["as_of"] = [at for _, _, at in rows]
        columns["now"] = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(statements.WRITE_ROWS, columns)
            self.made.written += cursor.rowcount
            cursor.execute(statements.WRITE_STATES, columns)
            self.made.written += cursor.rowcount
        self.made.rows += len(rows)
        self.made.days |= set(columns["snapshot_date"])

    def _mark(self, ids: Sequence[uuid.UUID], days: Sequence[dt.date]) -> None:
        done = [day for day in days if day != self.newest or self.final]
        marks = {BatchMark.Kind.PRICES: days[-1]} | ({BatchMark.Kind.SNAPSHOT: done[-1]} if done else {})
        with connection.cursor() as cursor:
            for kind, day in marks.items():
                values: dict[str, Any] = {"ids": list(ids), "kind": str(kind), "session": day, "wall": clock.wall()}
                cursor.execute(statements.WRITE_MARKS, values)


def _load_rows(ids: Sequence[uuid.UUID], day: dt.date) -> dict[uuid.UUID, Snapshot]:
    """The stored rows of a day as the kernel has them; the return, which is stored rounded, is not needed."""
    names = (
        "cash_value", "long_value", "short_value", "gross_exposure", "net_exposure", "total_value", "flows",
        "daily_pnl", "cumulative_pnl",
    )  # fmt: skip
    rows = PortfolioSnapshot.objects.filter(portfolio__in=ids, snapshot_date=day).values_list("portfolio_id", *names)
    return {
        key: Snapshot(day, cash, owned, owed, gross, net, worth, flows, pnl or ZERO, None, earned or ZERO)
        for key, cash, owned, owed, gross, net, worth, flows, pnl, earned in rows
    }
