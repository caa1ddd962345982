"""Reads of what happened: events as a score counts them, documents for pages, halts, threshold lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from sentiment_site.market import calendar
from universe.kernels.happenings import WINDOW, Telling, merge_tellings
from universe.models import Instrument

from .models import Catalyst, CatalystCorrection, FeedCursor, ThresholdList

FEEDS = ("edgar", "news")
# Halts of years are delistings that nobody recorded; they need not be read every minute.
LONGEST_HALT = dt.timedelta(days=400)
# An older threshold list says nothing about today: names come and go within days.
OLDEST_LIST_SESSIONS = 5

_CATALYSTS = """
SELECT c.id, c.instrument_id, coalesce(k.kind, c.kind), CASE WHEN k.id IS NULL THEN c.direction ELSE k.direction END,
       c.event_at, c.title, c.url, c.document_id, k.id IS NOT NULL
FROM universe_catalyst c
LEFT JOIN LATERAL (
    SELECT id, kind, direction, is_suppressed FROM universe_catalystcorrection
    WHERE catalyst_id = c.id AND created_at <= %(at)s ORDER BY created_at DESC, id DESC LIMIT 1
) k ON true
WHERE c.instrument_id = ANY(%(ids)s) AND c.event_at > %(since)s AND c.event_at <= %(at)s AND c.recorded_at <= %(at)s
  AND NOT coalesce(k.is_suppressed, false)
"""
_HALTED = """
SELECT instrument_id, min(begins_at) FROM (
    SELECT DISTINCT ON (instrument_id, begins_at) instrument_id, begins_at, resumes_at
    FROM universe_halt
    WHERE instrument_id = ANY(%(ids)s) AND recorded_at <= %(at)s AND begins_at > %(since)s AND begins_at <= %(at)s
    ORDER BY instrument_id, begins_at, recorded_at DESC
) newest
WHERE resumes_at IS NULL OR resumes_at > %(at)s
GROUP BY instrument_id
"""


@dataclass(frozen=True, slots=True)
class CatalystEvent:
    """One event of one stock as a score counts it.

    event_at: the earliest of its documents; title, url, document_id: of the earliest document that tells its direction;
    documents: how many tell it; is_corrected: whether an operator had a word in what it is.
    """

    instrument_id: int
    kind: str
    direction: int
    event_at: dt.datetime
    title: str
    url: str
    document_id: str
    documents: int
    is_corrected: bool


class Document(NamedTuple):
    """How a filing or an article is called and where it can be read; "" where the vendor gave no web address."""

    title: str
    url: str


def list_catalysts(
    instrument_ids: Sequence[int] | npt.NDArray[np.integer], at: dt.datetime, hours: float = 72
) -> tuple[CatalystEvent, ...]:
    """Events of the last `hours` hours as known at `at` (aware), each once, by stock and time.

    Only documents that were public and recorded here by then count, as corrected by then. Events without a direction
    are left out; so is a story's repetition within 12 hours (universe.kernels.happenings).
    """
    since = at - dt.timedelta(hours=hours)
    asked = {"ids": np.asarray(instrument_ids, dtype=np.int32).tolist(), "at": at, "since": since - WINDOW}
    with connection.cursor() as cursor:
        cursor.execute(_CATALYSTS, asked)
        rows = {row[0]: row for row in cursor.fetchall()}
    tellings = (Telling(pk, instrument, kind, way, when) for pk, instrument, kind, way, when, *_ in rows.values())
    found = []
    for event in merge_tellings(tellings):
        if event.event_at <= since:
            continue
        _, _, _, _, _, title, url, document_id, _ = rows[event.documents[0]]
        corrected = any(rows[pk][8] for pk in event.documents)
        told = len(event.documents)
        what = (event.instrument_id, event.kind, event.direction, event.event_at)
        found.append(CatalystEvent(*what, title, url, document_id, told, corrected))
    return tuple(found)


def get_documents(told: Mapping[str, str]) -> dict[str, Document]:
    """The documents that events name, by document_id. told: document_id -> the symbol it speaks of."""
    rows = Catalyst.objects.filter(instrument__symbol__in=set(told.values()), document_id__in=list(told))
    return {
        name: Document(title, url if url.startswith(("https://", "http://")) else "")
        for name, title, url in rows.order_by("pk").values_list("document_id", "title", "url")
    }


def has_catalyst_feed(at: dt.datetime) -> bool:
    """Whether filings or news were being read at `at`: without a feed, "no catalysts" is not known to be true."""
    return FeedCursor.objects.filter(feed__in=FEEDS, began_at__lte=at).exists()


def halts_at(
    instrument_ids: Sequence[int] | npt.NDArray[np.integer], at: dt.datetime
) -> tuple[npt.NDArray[np.bool_], tuple[dt.datetime | None, ...]]:
    """Whether each stock was halted at `at` (aware) as known then, (n,) bool, and since when; None where it was not."""
    ids = np.asarray(instrument_ids, dtype=np.int32).tolist()
    with connection.cursor() as cursor:
        cursor.execute(_HALTED, {"ids": ids, "at": at, "since": at - LONGEST_HALT})
        since = dict(cursor.fetchall())
    begun = tuple(since.get(pk) for pk in ids)
    return np.array([each is not None for each in begun], dtype=bool), begun


def threshold_listed_at(
    instrument_ids: Sequence[int] | npt.NDArray[np.integer], at: dt.datetime
) -> npt.NDArray[np.float64]:
    """Whether each stock was on its exchange's threshold list as known at `at` (aware), (n,): 1, 0, NaN unknown.

    The newest list known counts, for five sessions; stocks of exchanges without a list are unknown. Two statements.
    """
    ids = np.asarray(instrument_ids, dtype=np.int64).tolist()
    oldest = calendar.shift(calendar.last_session(at).date, -OLDEST_LIST_SESSIONS).date
    rows = ThresholdList.objects.filter(recorded_at__lte=at, session__gte=oldest, session__lte=at.date())
    lists = {each.exchange: each for each in rows.order_by("exchange", "-session").distinct("exchange")}
    if not lists:
        return np.full(len(ids), np.nan)
    named = {pk for each in lists.values() for pk in each.instruments}
    unmatched = {(each.exchange, symbol) for each in lists.values() for symbol in each.unmatched}
    found = dict.fromkeys(named, 1.0)
    for pk, exchange, symbol in Instrument.objects.filter(pk__in=ids).values_list("pk", "exchange", "symbol"):
        if exchange in lists and pk not in named:
            found[pk] = float((exchange, symbol) in unmatched)
    return np.array([found.get(pk, np.nan) for pk in ids], dtype=np.float64)


def list_documents(instrument_id: int, at: dt.datetime) -> QuerySet[Catalyst]:
    """A stock's catalysts document by document as known at `at`, newest first, those without a direction included.

    Each row carries `kind_now`, `direction_now` and `corrected_because` ("" if nobody did); suppressed ones are left
    out.
    """
    known = CatalystCorrection.objects.filter(catalyst=OuterRef("pk"), created_at__lte=at).order_by(
        "-created_at", "-pk"
    )
    rows = Catalyst.objects.filter(instrument=instrument_id, event_at__lte=at, recorded_at__lte=at)
    rows = rows.annotate(
        correction=Subquery(known.values("pk")[:1]),
        suppressed=Coalesce(Subquery(known.values("is_suppressed")[:1]), Value(False)),
        kind_now=Coalesce(Subquery(known.values("kind")[:1]), F("kind")),
        direction_now=Case(
            When(correction__isnull=False, then=Subquery(known.values("direction")[:1])), default=F("direction")
        ),
        corrected_because=Coalesce(Subquery(known.values("reason")[:1]), Value("")),
    )
    return rows.filter(suppressed=False).select_related("source").order_by("-event_at", "-pk")
