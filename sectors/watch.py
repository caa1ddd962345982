"""The watch over significant moves: the market's snapshot every few seconds, held against the published light.

A stock 15 % away from its previous official close, or from its price in the light, has its sector analysed again at
once and alone. What was answered lies in the rows of the job `sectors.move`, what the light shows in its stored
constituents: the watch itself remembers nothing, so a restart neither repeats nor forgets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from django.conf import settings
from django.db import connection
from django.db.models import F

from sectors import due, runs, selectors, snapshot
from sectors.constituents import unpack_stocks
from sectors.kernels.ranking import significant_moves
from sectors.models import SectorReading
from sectors.snapshot import MarketView
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import calendar, clock
from sentiment_site.market.calendar import Session
from sentiment_site.providers.errors import ProviderError
from sentiment_site.quant.returns import percent_change
from universe import selectors as universe_selectors
from universe.selectors import MemberTable

logger = structlog.get_logger(__name__)

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LOOK = "sectors.look"
STEP = 5.0  # percent points that a stock must move further, or change sign, to be news again
ROUNDING = 0.01  # of a move as it is kept, and of prices in single precision
CLEAR_OF_THE_NEXT_RUN = timedelta(seconds=10)
FAILURE_PAUSE = timedelta(minutes=5)
ONE_LOOK = "sectors.watch"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look came to, in words; job: the run that answered a move; refused: the plan has no snapshot."""

    text: str
    job: JobRun | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class WatchState:
    """For pages and operators. state: "watching", "closed", "refused" (not in the plan) or "failing"."""

    state: str
    text: str


class _AnyName(dict[int, str]):
    """Symbols are not needed to read prices out of a packed table."""

    def __missing__(self, instrument_id: int) -> str:
        return ""


def look() -> Look:
    """One look at the market. Significant moves are analysed in this process before it returns.

    Nothing happens outside sessions, beside another look, and while an analysis of all sectors is at work or due within
    seconds. Raises ProviderError when the vendor fails; then everything stays as it is.
    """
    with _alone() as mine:
        if not mine:
            return Look("another look is under way")
        session, universe_run = snapshot.open_session(), universe_selectors.current_run()
        if session is None or universe_run is None:
            return Look("the market is closed" if session is None else "no universe has been published yet")
        hindrance = _hindrance(session)
        if hindrance:
            return Look(hindrance)
        if words := snapshot.refusal():
            return Look(words, refused=True)
        members = universe_selectors.list_members(universe_run)
        view = snapshot.fetch_view(members, session)
        shown = load_shown_prices(members)
        moved = find_moves(view, shown, load_answered(members, session))
        return _answer(view, moved, members, session)


def find_moves(view: MarketView, shown: FloatArray, answered: FloatArray) -> BoolArray:
    """Marks the stocks whose sectors the light has to be made anew for, (n,). Pure.

    shown: their prices in the light; answered: the move at which each was analysed last in this session, percent points
    since the previous close; NaN for none. A move counts that is significant since the previous close or since the
    light, unless the light shows it already (on the same side, less than STEP away, and significant or answered there).
    """
    move = view.move
    in_light = percent_change(shown, view.previous_close)
    large = significant_moves(move) | significant_moves(percent_change(view.price, shown))
    known = _is_near(move, in_light) & (significant_moves(in_light) | _is_near(move, answered))
    return large & ~known


def load_shown_prices(members: MemberTable) -> FloatArray:
    """Each member's price in the light that is shown, (n,); NaN for those it has none of. Four statements at most."""
    grid = selectors.get_grid()
    prices = np.full(len(members.symbols), np.nan)
    if grid is None:
        return prices
    runs_of = {sector: reading.run_id for sector, reading in grid.readings.items()}
    oldest = min((reading.as_of for reading in grid.readings.values()), default=grid.as_of)
    rows = SectorReading.objects.filter(
        run_id__in=set(runs_of.values()), as_of__gte=oldest, formula=F("run__formula"), constituents__isnull=False
    )
    place = {instrument_id: row for row, instrument_id in enumerate(members.instrument_ids.tolist())}
    for sector, run_id, packed in rows.values_list("sector", "run_id", "constituents"):
        if packed is not None and runs_of.get(sector) == run_id:
            ids, stocks = unpack_stocks(bytes(packed), _AnyName())
            for instrument_id, price in zip(ids.tolist(), stocks.last_price.tolist(), strict=True):
                if instrument_id in place:
                    prices[place[instrument_id]] = price
    return prices


def load_answered(members: MemberTable, session: Session) -> FloatArray:
    """The move at which each member was analysed last in this session, (n,) percent points, NaN for none."""
    answered = _moves_of(session).filter(status=JobRun.Status.DONE).order_by("id").values_list("params", flat=True)
    last: dict[str, float] = {}
    for params in answered:
        last |= params.get("moves", {})
    return np.array([last.get(symbol, np.nan) for symbol in members.symbols], dtype=np.float64)


def get_state() -> WatchState:
    """Whether the watch is at work at this moment. No call to the vendor."""
    if snapshot.open_session() is None:
        return WatchState("closed", "the market is closed")
    if words := snapshot.refusal():
        return WatchState("refused", f"{words}; significant moves are seen with the half-hour's bars")
    failed = _last_failure()
    if failed is not None and failed.finished_at is not None and clock.wall() - failed.finished_at < FAILURE_PAUSE:
        return WatchState("failing", failed.reason)
    return WatchState("watching", f"every {settings.WATCH_EVERY_S} s")


def record_failure(error: ProviderError) -> None:
    """Log it, and every five minutes leave a failed job that names the vendor: the look is made again, on record."""
    logger.warning("the market was not looked at", error=str(error))
    failed = _last_failure()
    if failed is None or failed.finished_at is None or clock.wall() - failed.finished_at >= FAILURE_PAUSE:
        run_now(LOOK, trigger="schedule")


def _hindrance(session: Session) -> str:
    if runs.get_active() is not None:
        return "an analysis of all sectors is under way"
    if due.is_near(CLEAR_OF_THE_NEXT_RUN):
        return "an analysis of all sectors is due"
    whole = selectors.current_whole_run()
    if whole is None or whole.as_of <= session.pre_open:
        return "the first light of this session is not there yet"
    return ""


def _answer(view: MarketView, moved: BoolArray, members: MemberTable, session: Session) -> Look:
    """Analyse the sectors of the stocks that moved, but for those that were analysed a moment ago."""
    cooling = _cooling_sectors(session)
    rows = [row for row in np.flatnonzero(moved).tolist() if members.sectors[row] not in cooling]
    if not rows:
        known = int(np.isfinite(view.price).sum())
        waiting = f"; waiting: {', '.join(sorted(cooling))}" if moved.any() else ""
        return Look(f"{known:,} prices, no new significant move{waiting}")
    moves = {members.symbols[row]: round(float(view.move[row]), 2) for row in rows if np.isfinite(view.move[row])}
    occasion = _describe(moves)
    params: dict[str, Any] = {
        "sectors": sorted({members.sectors[row] for row in rows}),
        "moves": moves,
        "occasion": occasion,
    }
    logger.info("significant move", **params)
    job = run_now(runs.MOVE, trigger="move", key=_key(session, clock.now()), params=params)
    return Look(f"{occasion}: {job.status}, {job.reason}", job)


def _describe(moves: Mapping[str, float]) -> str:
    """The largest move and how many more: "SOUN +18 % (+2)"."""
    largest = max(moves, key=lambda symbol: abs(moves[symbol]))
    more = f" (+{len(moves) - 1})" if len(moves) > 1 else ""
    return f"{largest} {moves[largest]:+.0f} %{more}"


def _cooling_sectors(session: Session) -> set[str]:
    """Sectors for which an analysis was asked less than WATCH_COOLDOWN_S of wall time ago, however it ended."""
    since = clock.wall() - timedelta(seconds=settings.WATCH_COOLDOWN_S)
    recent = _moves_of(session).filter(queued_at__gt=since).values_list("params", flat=True)
    return {sector for params in recent for sector in params.get("sectors", [])}


def _moves_of(session: Session) -> Any:
    return JobRun.objects.filter(name=runs.MOVE, key__startswith=f"{session.date}:")


def _key(session: Session, now: datetime) -> str:
    return f"{session.date}:{now.astimezone(calendar.NEW_YORK):%H:%M:%S}"


def _last_failure() -> JobRun | None:
    looks = JobRun.objects.filter(name=LOOK).defer("lines", "traceback").order_by("-id").first()
    return looks if looks is not None and looks.status == JobRun.Status.FAILED else None


def _is_near(move: FloatArray, other: FloatArray) -> BoolArray:
    """On the same side of zero and less than STEP apart; False where either is missing."""
    known = np.isfinite(move) & np.isfinite(other)
    a, b = np.where(known, move, 0.0), np.where(known, other, 0.0)
    near: BoolArray = known & (np.sign(a) == np.sign(b)) & (np.abs(a - b) < STEP - ROUNDING)
    return near


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this is the only look at work. The lock ends with the connection, so a dead worker leaves none behind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [ONE_LOOK])
        row = cursor.fetchone()
    mine = bool(row and row[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [ONE_LOOK])
