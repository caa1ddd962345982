"""One look at option chains: whom to read, the calls, and the rows with the moved cursor in one transaction."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from django.conf import settings
from django.db import connection, transaction

from sentiment_site.market import calendar, clock
from sentiment_site.providers.errors import BadPayload, NotEntitled, NotFound, ProviderError
from sentiment_site.providers.polygon import CONTRACTS_PER_PAGE, Polygon
from sentiment_site.providers.polygon_payloads import VENDOR
from sentiment_site.providers.records import Fetched, OptionRecord
from sentiment_site.providers.registry import Vendors, first_entitled
from sentiment_site.providers.setup import vendors as configured_vendors
from themes.documents.state import OverBudget, SwitchedOff, check_budget, note_failure, note_success, open_feed, spend
from themes.models import CollectionState, OptionsDay, SymbolSentiment

from .choosing import NoUniverse, Pick, Turn, choose
from .flow import Chain, build_rows

log = structlog.get_logger(__name__)

FEED: Final = "options"
CAPABILITY: Final = "options"
Progress = Callable[[float, str], None]
# Until then a stock without options is not asked again; and how often one that fails is tried again out of its turn.
WITHOUT_FOR: Final = dt.timedelta(days=7)
MOST_TRIES: Final = 3
# So many answers without a contract, and none with, are a vendor that lost its options, not stocks without any.
EMPTY_IS_A_FAULT: Final = 5
KNOWN_FOR: Final = dt.timedelta(days=14)
_REWRITTEN: Final = (
    "as_of", "call_volume", "put_volume", "call_open_interest", "put_open_interest", "log_put_call", "skew", "premium",
    "unusual", "contracts", "is_simulated", "recorded_at",
)  # fmt: skip


class NothingToRead(Exception):
    """No options trade at that moment, or nobody is due; the text says which."""


@dataclass(slots=True)
class LookReport:
    """What a look did. errors: what stopped it; the rows of before stay with their age."""

    calls: int = 0
    contracts: int = 0
    answered: list[tuple[Pick, Chain]] = field(default_factory=list)
    failed: list[tuple[Pick, ProviderError]] = field(default_factory=list)
    stopped: ProviderError | None = None
    reason: str = ""

    @property
    def chains(self) -> list[Chain]:
        """Those with contracts."""
        return [chain for _, chain in self.answered if chain.contracts]

    @property
    def error(self) -> ProviderError | None:
        """What the run should end failed with: what stopped it, or what befell everybody that was asked."""
        return self.stopped or (self.failed[0][1] if self.failed and not self.answered else None)

    def __str__(self) -> str:
        return (
            f"{len(self.chains)} chains, {self.contracts:,} contracts, {self.calls} calls,"
            f" {len(self.answered) - len(self.chains)} without options, {len(self.failed)} to be read again"
            f"{': ' + self.reason if self.reason else ''}"
        )


def open_session(at: dt.datetime) -> calendar.Session | None:
    """The session whose option volumes stand at that moment: from the first half-hour's end to the evening."""
    session = calendar.session_at(at)
    return session if session is not None and at >= session.open + dt.timedelta(minutes=15) else None


def collect_chains(vendors: Vendors | None = None, progress: Progress | None = None) -> LookReport:
    """Read the chains that are due, up to OPTIONS_CALLS_PER_LOOK calls.

    What was read before a failure is stored, the cursor moves with it. NothingToRead; SwitchedOff; OverBudget.
    """
    now = clock.now()
    as_of = now - dt.timedelta(seconds=settings.POLYGON_DELAY_S)
    session = open_session(as_of)
    if session is None:
        raise NothingToRead("no options trade now")
    state = open_feed(FEED, daily_requests_max=settings.OPTIONS_CALLS_PER_DAY)
    turn = Turn.parse(state.cursor, now)
    try:
        picks = choose(turn, now, session.date, settings.OPTIONS_CALLS_PER_LOOK)
    except NoUniverse as error:
        raise NothingToRead(str(error)) from error
    if not picks:
        raise NothingToRead("every chain was read within half an hour")
    report = LookReport()
    polygon = (vendors or configured_vendors()).polygon
    for place, pick in enumerate(picks):
        if progress:
            progress(90 * place / len(picks), pick.symbol)
        if not _read(polygon, pick, session, state, report):
            break
    spend(state, requests=report.calls, items=report.contracts)
    _judge_silence(report)
    _store(report, turn, state, session, as_of, now)
    log.info("option chains read", result=str(report))
    return report


def _read(polygon: Polygon, pick: Pick, session: calendar.Session, state: CollectionState, report: LookReport) -> bool:
    """Read one chain; False when the look is over."""
    if report.calls >= settings.OPTIONS_CALLS_PER_LOOK:
        return False
    try:
        check_budget(state, requests=report.calls + 1)
    except OverBudget as reason:
        if not report.calls:
            raise
        report.reason = str(reason)
        return False
    end = session.date + dt.timedelta(days=settings.OPTIONS_EXPIRY_DAYS)

    def fetch() -> Fetched[tuple[OptionRecord, ...]]:
        return polygon.fetch_option_chain(pick.symbol, start=session.date, end=end)

    try:
        fetched, _ = first_entitled(CAPABILITY, [(polygon, fetch)])
        _refuse_old(fetched.records, session)
    except (BadPayload, NotFound) as error:
        report.calls += 1
        report.failed.append((pick, error))
        return True
    except ProviderError as error:
        report.calls += 0 if isinstance(error, NotEntitled) else 1
        report.stopped, report.reason = error, str(error)
        return False
    report.calls += max(1, math.ceil((len(fetched.records) + fetched.skipped) / CONTRACTS_PER_PAGE))
    report.contracts += len(fetched.records)
    report.answered.append((pick, Chain(pick.instrument_id, fetched.records, fetched.simulated)))
    return True


def _refuse_old(records: tuple[OptionRecord, ...], session: calendar.Session) -> None:
    """BadPayload for a chain from before this session: its volumes are another day's."""
    seen = [one.underlying_at for one in records if one.underlying_at is not None]
    if seen and max(seen) < session.pre_open:
        raise BadPayload(VENDOR, f"a chain of {max(seen):%Y-%m-%d %H:%M} UTC, not of today")


def _judge_silence(report: LookReport) -> None:
    """Take empty answers for failed ones where they cannot be true.

    A stock whose options were seen within two weeks has some; where nobody of several has any, the vendor lost them.
    """
    empty = [pick for pick, chain in report.answered if not chain.contracts]
    if not empty:
        return
    since = clock.now() - KNOWN_FOR
    ids = [pick.instrument_id for pick in empty]
    known = set(
        OptionsDay.objects.filter(instrument_id__in=ids, recorded_at__gte=since).values_list("instrument_id", flat=True)
    )
    if len(empty) >= EMPTY_IS_A_FAULT and not report.chains:
        known = set(ids)
    doubted = [pick for pick in empty if pick.instrument_id in known]
    fault = BadPayload(VENDOR, "an empty chain of a stock that has options")
    report.failed += [(pick, fault) for pick in doubted]
    report.answered = [(pick, chain) for pick, chain in report.answered if pick not in doubted]


def _store(
    report: LookReport,
    turn: Turn,
    state: CollectionState,
    session: calendar.Session,
    as_of: dt.datetime,
    now: dt.datetime,
) -> None:
    """Rows and cursor together; what failed keeps the feed's last good moment."""
    days, readings = build_rows(report.chains, session.date, as_of, now, settings.POLYGON_DELAY_S)
    if report.answered:
        _advance(turn, report, session.date, now)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('themes.options'))")
            OptionsDay.objects.bulk_create(
                days, update_conflicts=True, unique_fields=["instrument", "session"], update_fields=list(_REWRITTEN)
            )
            SymbolSentiment.objects.bulk_create(readings, ignore_conflicts=True)
            note_success(state, as_of, turn.written(session.date))
    error = report.error or (report.failed[0][1] if report.failed else None)
    if error is not None:
        note_failure(FEED, error)


def _advance(turn: Turn, report: LookReport, session: dt.date, now: dt.datetime) -> None:
    """Move the cursor over what was handled; who failed is asked again first, a few times."""
    for pick, chain in report.answered:
        turn.again.pop(pick.instrument_id, None)
        if chain.contracts:
            turn.without.pop(pick.instrument_id, None)
        else:
            turn.without[pick.instrument_id] = session + WITHOUT_FOR
    for pick, _ in report.failed:
        tries = turn.again.get(pick.instrument_id, 0) + 1
        turn.again[pick.instrument_id] = tries
        if tries > MOST_TRIES:  # its turn comes again with the next lap
            del turn.again[pick.instrument_id]
    handled = {pick.instrument_id: pick for pick, _ in [*report.answered, *report.failed] if pick.in_turn}
    if not handled:
        return
    if any(pick.new_lap for pick in handled.values()):
        turn.lap_began = now
        turn.after = max(one for one, pick in handled.items() if pick.new_lap)
    else:
        turn.after = max(handled)


__all__ = ["LookReport", "NothingToRead", "OverBudget", "SwitchedOff", "collect_chains", "open_session"]
