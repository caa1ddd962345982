"""Bars from the vendor: missing sessions by the grouped call, half-hours stock by stock for those that traded.

The network is read by a few threads, which touch no database; what they bring is stored here, between the calls and
never around them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection

from sentiment_site.market import calendar, clock
from sentiment_site.providers.errors import AuthError, NotEntitled, ProviderError, ValueNotEntitled
from sentiment_site.providers.records import BAR_COLUMNS, BarTable, Fetched
from sentiment_site.providers.setup import vendors
from universe.models import DataSource

from .listings import ids_on
from .load import newest
from .sources import vendor_source
from .store import store_bars
from .tables import BAR_MS, Column, Ids, Kind, Millis, StoreResult, as_ids, session_ms, to_moment, to_ms

Progress = Callable[[float, str], None]
Key = TypeVar("Key")
_Stored = tuple[StoreResult, DataSource]
THREADS: Final = 8
CHUNK: Final = 200
# what a stock without any bar is asked for: 20 sessions of the volume baseline and today
FIRST_SESSIONS: Final = 21
# auction prints and late reports settle after the close (methods.md 11.32: provisional at 16:00, final at 17:30)
FINAL_AFTER: Final = dt.timedelta(minutes=90)


@dataclass(slots=True)
class RefreshReport:
    """What a refresh did. requested and fetched count calls for bars (sessions or instruments), `failures` is one line
    per call that failed, `newest_end` the end of the newest bar that arrived (None: no bar)."""

    requested: int = 0
    fetched: int = 0
    inserted: int = 0
    revised: int = 0
    quarantined: int = 0
    failures: list[str] = field(default_factory=list)
    source: str = ""
    newest_end: dt.datetime | None = None

    def add(self, stored: _Stored | None, newest_end: dt.datetime) -> None:
        """Count one store, if there was anything to store."""
        if stored is None:
            return
        result, source = stored
        self.inserted += result.inserted
        self.revised += result.revised
        self.quarantined += result.quarantined
        self.source = source.name
        self.newest_end = max(newest_end, self.newest_end or newest_end)


def refresh_daily(sessions: Sequence[calendar.Session | dt.date], progress: Progress | None = None) -> RefreshReport:
    """Fetch and store the daily bars of those sessions that the vendor has not given yet.

    Sessions whose close is not visible yet (close + the vendor's delay) are left out; the newest one is asked for
    again when it was stored before its close was final. Sessions that fail are listed; ProviderError when all fail.
    """
    now, delay = clock.now(), dt.timedelta(seconds=settings.POLYGON_DELAY_S)
    dates = sorted({each if isinstance(each, dt.date) else each.date for each in sessions})
    wanted = [session for date in dates if (session := calendar.session_on(date)) and session.close + delay <= now]
    missing = _missing(wanted, now)
    report = RefreshReport(requested=len(missing))
    polygon = vendors().polygon
    with _fetched(missing, lambda session: polygon.fetch_grouped_daily(session.date, adjusted=False)) as answers:
        for done, (session, answer) in enumerate(answers, start=1):
            if isinstance(answer, ProviderError):
                report.failures.append(f"{session.date}: {answer}")
            else:
                report.fetched += 1
                _store_session(session, answer, report)
            if progress:
                progress(100 * done / len(missing), f"daily bars {done} of {len(missing)} sessions")
    return report


def refresh_intraday(
    instrument_ids: Sequence[int] | npt.NDArray[np.integer] | None = None, progress: Progress | None = None
) -> RefreshReport:
    """Fetch and store the half-hour bars that are over and visible, of the given instruments or of all listed ones.

    The full snapshot is read first: who has not traded since the newest stored bar is not asked for. Symbols that fail
    are listed, the others are stored; ProviderError when all fail.
    """
    now = clock.now()
    today = calendar.last_session(now)
    symbols = {instrument_id: symbol for symbol, instrument_id in ids_on(today.date).items()}
    if instrument_ids is not None:
        asked = set(as_ids(instrument_ids).tolist())
        symbols = {instrument_id: symbol for instrument_id, symbol in symbols.items() if instrument_id in asked}
    report = RefreshReport()
    starts = _starts(symbols, today, now, report)
    report.requested = len(starts)
    visible = _visible_starts(min(starts.values(), default=today.date), today, now)
    polygon = vendors().polygon

    def fetch(instrument_id: int) -> Fetched[BarTable]:
        start = starts[instrument_id]
        return polygon.fetch_aggregates(symbols[instrument_id], 30, start=start, end=today.date, adjusted=False)

    waiting: list[tuple[int, Fetched[BarTable]]] = []
    with _fetched(list(starts), fetch) as answers:
        for done, (instrument_id, answer) in enumerate(answers, start=1):
            if isinstance(answer, ProviderError):
                report.failures.append(f"{symbols[instrument_id]}: {answer}")
            else:
                report.fetched += 1
                waiting.append((instrument_id, answer))
            if len(waiting) >= CHUNK or (waiting and done == len(starts)):
                _store_intraday(waiting, visible, report)
                waiting = []
            if progress and (done % 25 == 0 or done == len(starts)):
                progress(100 * done / len(starts), f"half-hour bars {done} of {len(starts)} stocks")
    return report


@contextmanager
def _fetched(
    keys: list[Key], fetch: Callable[[Key], Fetched[BarTable]]
) -> Iterator[Iterator[tuple[Key, Fetched[BarTable] | ProviderError]]]:
    """Answers as they arrive, with the errors among them; what is left is cancelled when the caller leaves early."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="bars") as pool:
        try:
            yield _answers({pool.submit(fetch, key): key for key in keys})
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _answers(
    futures: dict[Future[Fetched[BarTable]], Key],
) -> Iterator[tuple[Key, Fetched[BarTable] | ProviderError]]:
    succeeded, error = False, None
    for future in as_completed(futures):
        try:
            answer = future.result()
        except ProviderError as failure:
            # a key or a plan that is refused once is refused every time: do not ask a thousand times more
            if isinstance(failure, AuthError | NotEntitled) and not isinstance(failure, ValueNotEntitled):
                raise
            error = failure
            yield futures.pop(future), failure
        else:
            succeeded = True
            yield futures.pop(future), answer  # forgotten at once: a market's answers are large
    if error is not None and not succeeded:
        raise error


def _missing(sessions: list[calendar.Session], now: dt.datetime) -> list[calendar.Session]:
    """Sessions without bars of the vendor, and the newest one if its bars are older than its final close."""
    if not sessions:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.ts, max(b.recorded_at) FROM bar_1d b JOIN universe_datasource s ON s.id = b.source_id"
            " WHERE b.ts = ANY(%s) AND s.kind IN ('vendor', 'simulated') GROUP BY b.ts",
            [[to_moment(session_ms(session.date)) for session in sessions]],
        )
        recorded = {moment.date(): recorded_at for moment, recorded_at in cursor.fetchall()}
    newest_one = sessions[-1]
    final = newest_one.close + FINAL_AFTER
    if newest_one.date in recorded and recorded[newest_one.date] < final <= now:
        del recorded[newest_one.date]
    return [session for session in sessions if session.date not in recorded]


def _store_session(session: calendar.Session, answer: Fetched[BarTable], report: RefreshReport) -> None:
    ids = ids_on(session.date)
    table = answer.records
    # a symbol that came twice counts once, as it came last
    rows = {ids[symbol]: row for row, symbol in enumerate(table.symbol) if symbol in ids}
    places = np.array(list(rows.values()), dtype=np.intp)
    ts = np.full(places.size, session_ms(session.date), dtype=np.int64)
    if not rows:
        report.failures.append(f"{session.date}: {answer.vendor} has no bar of any listed symbol")
    report.add(_store("1d", as_ids(list(rows)), ts, _columns(table, places), answer), session.close)


def _store_intraday(answers: list[tuple[int, Fetched[BarTable]]], visible: Millis, report: RefreshReport) -> None:
    """Store the visible bars of several stocks at once; all answers are of one vendor."""
    kept = [np.flatnonzero(np.isin(answer.records.start, visible)) for _, answer in answers]
    ids = np.repeat(np.array([each for each, _ in answers], dtype=np.int32), [len(places) for places in kept])
    parts = [_columns(answer.records, places) for (_, answer), places in zip(answers, kept, strict=True)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in BAR_COLUMNS}
    ts = np.concatenate([answer.records.start[places] for (_, answer), places in zip(answers, kept, strict=True)])
    if ts.size:
        latest = max((answer for _, answer in answers), key=lambda answer: answer.received_at)
        report.add(_store("30m", ids, ts, columns, latest), to_moment(int(ts.max()) + BAR_MS))


def _store(kind: Kind, ids: Ids, ts: Millis, columns: dict[str, Column], answer: Fetched[BarTable]) -> _Stored | None:
    usable = ~np.isnan(columns["close"])  # a bar without a close says nothing
    if not usable.any():
        return None
    source = vendor_source(answer.vendor, simulated=answer.simulated, delay_s=settings.POLYGON_DELAY_S)
    picked = {name: column[usable] for name, column in columns.items()}
    return store_bars(kind, ids[usable], ts[usable], picked, source, answer.received_at), source


def _columns(table: BarTable, places: npt.NDArray[np.intp]) -> dict[str, Column]:
    return {name: getattr(table, name)[places] for name in BAR_COLUMNS}


def _starts(
    symbols: dict[int, str], today: calendar.Session, now: dt.datetime, report: RefreshReport
) -> dict[int, dt.date]:
    """The first date to ask for, by instrument; without those that have not traded since their newest stored bar."""
    if not symbols:
        return {}
    ids = as_ids(sorted(symbols))
    last = dict(zip(ids.tolist(), newest("30m", ids).tolist(), strict=True))
    horizon = calendar.recent_sessions(now, FIRST_SESSIONS)[0].date
    bar = calendar.last_completed_bar(now, dt.timedelta(seconds=settings.POLYGON_DELAY_S))
    newest_visible = to_ms(bar) if bar else 0
    traded = _last_trades(report)
    starts = {}
    for instrument_id, symbol in symbols.items():
        known = last[instrument_id]
        trade = traded.get(symbol)
        if known >= newest_visible or (known and trade is not None and trade < known + BAR_MS):
            continue
        since = to_moment(known).astimezone(calendar.NEW_YORK).date() if known else horizon
        starts[instrument_id] = max(min(since, today.date), horizon)
    return starts


def _last_trades(report: RefreshReport) -> dict[str, int]:
    """When each symbol traded last, from the full snapshot; nothing (so everybody is asked for) when it fails."""
    try:
        snapshot = vendors().polygon.fetch_snapshot()
    except ProviderError as error:
        report.failures.append(f"snapshot: {error}")
        return {}
    return {each.symbol: to_ms(each.event_time) for each in snapshot.records if each.event_time is not None}


def _visible_starts(first: dt.date, today: calendar.Session, now: dt.datetime) -> Millis:
    """Starts of every half-hour of the sessions first..today that is over and shown by the vendor."""
    limit = to_ms(now - dt.timedelta(seconds=settings.POLYGON_DELAY_S)) - BAR_MS
    sessions = calendar.sessions_between(first, today.date)
    starts = [to_ms(start) for session in sessions for start in calendar.bar_starts(session)]
    moments = np.array(starts, dtype=np.int64)
    return moments[moments <= limit]
