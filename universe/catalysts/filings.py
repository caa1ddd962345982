"""Filings: from EDGAR's feed to catalysts.

The feed of current filings reaches back about a day. What a longer standstill missed is taken from the members' own
lists of filings. The words of a current report are read where its items leave open what happened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from sentiment_site.market import calendar, clock
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.providers.edgar import Edgar, form_root, is_amendment
from sentiment_site.providers.errors import BadPayload, NotFound
from sentiment_site.providers.event_records import FilingRecord, Party
from universe.kernels.catalysts import classify_filing, wants_text
from universe.models import Catalyst, DataSource

from .companies import Stock, Stocks
from .store import get_cursor, list_stored, move_cursor, source_of, store_catalysts

log = structlog.get_logger(__name__)
Progress = Callable[[float, str], None]

FEED = "edgar"
FIRST_TIME = dt.timedelta(hours=48)
# What is older counts for nothing any more (a half-life of twelve hours).
LONGEST_CATCH_UP = dt.timedelta(hours=84)
# Acceptance and appearance in the feed are not the same moment.
OVERLAP = dt.timedelta(minutes=30)
# What comes after 17:30 may appear only in the morning, with its old time: then the whole feed is read once.
MORNING, OPENS, CLOSES = dt.time(6, 5), dt.time(6), dt.time(22)
CHUNK = 25
_SUBJECTS = frozenset({"Subject", "Issuer"})


@dataclass(frozen=True, slots=True)
class FilingsReport:
    """What a reading of the feed brought."""

    filings: int
    about_stocks: int
    texts: int
    stored: int
    caught_up: int


def refresh_filings(edgar: Edgar, stocks: Stocks, progress: Progress) -> FilingsReport:
    """Read what EDGAR accepted since the last time and store what it means for listed stocks.

    The cursor moves only at the end: what fails half-way is stored as far as it came and read again. ProviderError.
    """
    now = clock.now()
    cursor = get_cursor(FEED)
    until = cursor.read_until if cursor else None
    since = max((until or now - FIRST_TIME) - _overlap(until, now), now - LONGEST_CATCH_UP)
    fetched = edgar.fetch_current_filings(owner="exclude", since=since)
    source = source_of(FEED, simulated=fetched.simulated)
    filings = list(fetched.records)
    missed = _catch_up(edgar, stocks, filings, until, now, progress) if until else []
    wanted = [(filing, held) for filing in (*missed, *filings) if (held := _stocks_of(filing, stocks))]
    stored = list_stored(source, [filing.accession for filing, _ in wanted])
    new = [(filing, held) for filing, held in wanted if filing.accession not in stored]
    new.sort(key=lambda pair: pair[0].accepted_at)
    rows = texts = 0
    for done in range(0, len(new), CHUNK):
        chunk = new[done : done + CHUNK]
        read = {filing.accession: _text(edgar, filing, held) for filing, held in chunk}
        texts += sum(1 for text in read.values() if text)
        rows += store_catalysts([row for each in chunk for row in _rows(*each, read[each[0].accession], source)])
        progress(100 * (done + len(chunk)) / len(new), "filings")
    move_cursor(FEED, now, now)
    return FilingsReport(len(filings), len(wanted), texts, rows, len(missed))


def _overlap(until: dt.datetime | None, now: dt.datetime) -> dt.timedelta:
    """How far before the last reading this one begins: on the first of a morning the whole feed."""
    local = now.astimezone(NEW_YORK)
    morning = dt.datetime.combine(local.date(), MORNING, NEW_YORK)
    return LONGEST_CATCH_UP if until is not None and until < morning <= now else OVERLAP


def _catch_up(
    edgar: Edgar, stocks: Stocks, feed: Sequence[FilingRecord], until: dt.datetime, now: dt.datetime, progress: Progress
) -> list[FilingRecord]:
    """Filings of the universe's members that the feed no longer holds, from their own lists; mostly there are none."""
    oldest = min((filing.accepted_at for filing in feed), default=now)
    begins = max(until, now - LONGEST_CATCH_UP)
    if not _was_open(begins, oldest):
        return []
    ciks = [cik for cik, held in stocks.by_cik.items() if any(stock.is_member for stock in held)]
    log.warning("filings_missed", begins=begins.isoformat(), ends=oldest.isoformat(), companies=len(ciks))
    found: list[FilingRecord] = []
    for done, cik in enumerate(ciks):
        try:
            record = edgar.fetch_submissions(cik).records
        except NotFound:
            continue
        for each in record.filings:
            # The list's times may be New York's: an hour either way is cheaper than a filing lost.
            if begins - OVERLAP <= each.accepted_at and each.accepted_at <= max(oldest, begins) + dt.timedelta(hours=5):
                party = Party("Filer", record.cik, record.name)
                found.append(
                    FilingRecord(each.accession, each.form, (party,), each.items, min(each.accepted_at, now),
                                 each.filed_on, each.size_bytes, "")
                )  # fmt: skip
        progress(100 * done / len(ciks), "filings missed")
    known = {filing.accession for filing in feed}
    return [filing for filing in found if filing.accession not in known]


def _was_open(begins: dt.datetime, ends: dt.datetime) -> bool:
    """Whether EDGAR accepted filings at any time between two moments."""
    day = begins.astimezone(NEW_YORK).date()
    while day <= ends.astimezone(NEW_YORK).date():
        opens, closes = (dt.datetime.combine(day, time, NEW_YORK) for time in (OPENS, CLOSES))
        if calendar.session_on(day) is not None and max(opens, begins) < min(closes, ends):
            return True
        day += dt.timedelta(days=1)
    return False


def _stocks_of(filing: FilingRecord, stocks: Stocks) -> Sequence[Stock]:
    about = filing.about
    return stocks.by_cik.get(about.cik, ()) if about else ()


def _text(edgar: Edgar, filing: FilingRecord, held: Sequence[Stock]) -> str:
    """What a member's filing says in its main document, "" where that is not needed or cannot be read.

    A document that is missing or too large leaves the items to speak; any other failure ends the run, to be continued.
    """
    root = form_root(filing.form)
    if is_amendment(filing.form) or not wants_text(root, filing.items) or not any(each.is_member for each in held):
        return ""
    try:
        documents = edgar.fetch_submission_text(filing).records.documents
    except (NotFound, BadPayload) as error:
        log.info("filing_not_read", accession=filing.accession, error=str(error))
        return ""
    return documents[0].text if documents else ""


def _rows(filing: FilingRecord, held: Sequence[Stock], text: str, source: DataSource) -> Iterator[Catalyst]:
    about, root = filing.about, form_root(filing.form)
    findings = classify_filing(
        root,
        filing.items,
        is_amendment=is_amendment(filing.form),
        has_subject=about is not None and about.role in _SUBJECTS,
        text=text,
    )
    known = clock.now()
    for finding in findings:
        evidence: dict[str, Any] = {"rule": finding.rule, "form": filing.form, "items": list(filing.items)}
        for stock in held:
            yield Catalyst(
                instrument_id=stock.id,
                kind=finding.kind,
                direction=finding.direction,
                event_at=filing.accepted_at,
                recorded_at=known,
                source=source,
                document_id=filing.accession,
                title=_title(filing)[:300],
                url=filing.index_url[:600],
                evidence=evidence | {"read": bool(text)},
            )


def _title(filing: FilingRecord) -> str:
    name = filing.about.name if filing.about else ""
    items = f", items {', '.join(filing.items)}" if filing.items else ""
    return f"{filing.form} of {name}{items}"
