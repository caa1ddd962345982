"""What was written, as it was known at a moment. A document is known once it is public and recorded here."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Prefetch, QuerySet

from sentiment_site.market import clock
from themes.models import CollectionState, Document, Mention, ThemeDocument

_MENTIONS = """
SELECT m.document_id, m.instrument_id, extract(epoch FROM m.event_at), d.kind, d.cluster_id, m.sureness, d.author
FROM themes_mention m JOIN themes_document d ON d.id = m.document_id
WHERE m.event_at > %(since)s AND m.event_at <= %(until)s AND d.recorded_at <= %(known)s
ORDER BY m.event_at, m.document_id, m.instrument_id
"""


@dataclass(frozen=True, slots=True)
class MentionArrays:
    """Mentions of a span in order of event time; arrays of equal length n.

    document_id, instrument_id, cluster_id: int64. event_s: float64, seconds since 1970 UTC. kind: DocumentKind values.
    author: index into `authors`. sureness: 0 to 1.
    """

    document_id: npt.NDArray[np.int64]
    instrument_id: npt.NDArray[np.int64]
    event_s: npt.NDArray[np.float64]
    kind: npt.NDArray[np.str_]
    cluster_id: npt.NDArray[np.int64]
    sureness: npt.NDArray[np.float64]
    author: npt.NDArray[np.int64]
    authors: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.document_id)


def load_mentions(since: dt.datetime, until: dt.datetime, known_at: dt.datetime | None = None) -> MentionArrays:
    """Mentions with event time in (since, until] that were recorded by `known_at` (default: until). One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_MENTIONS, {"since": since, "until": until, "known": known_at or until})
        rows = cursor.fetchall()
    documents, instruments, events, kinds, clusters, sureness, names = zip(*rows, strict=True) if rows else ((),) * 7
    authors, codes = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    return MentionArrays(
        np.array(documents, np.int64),
        np.array(instruments, np.int64),
        np.array(events, np.float64),
        np.array(kinds, np.str_),
        np.array(clusters, np.int64),
        np.array(sureness, np.float64),
        codes.astype(np.int64),
        tuple(str(author) for author in authors),
    )


def list_documents(
    *,
    instrument_id: int | None = None,
    theme_id: uuid.UUID | None = None,
    kinds: Collection[str] = (),
    as_of: dt.datetime | None = None,
    search: str = "",
) -> QuerySet[Document]:
    """Documents known at a moment, newest first, with source and mentions. Three statements whatever their number."""
    at = as_of or clock.now()
    rows = Document.objects.filter(event_at__lte=at, recorded_at__lte=at)
    if instrument_id is not None:
        rows = rows.filter(pk__in=Mention.objects.filter(instrument_id=instrument_id).values("document_id"))
    if theme_id is not None:
        evidence = ThemeDocument.objects.filter(theme_id=theme_id, joined_at__lte=at)
        rows = rows.filter(pk__in=evidence.values("document_id"))
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if search:
        rows = rows.filter(title__icontains=search)
    mentions = Mention.objects.select_related("instrument").order_by("-sureness", "instrument__symbol")
    return (
        rows.select_related("source", "cluster")
        .prefetch_related(Prefetch("mentions", queryset=mentions))
        .order_by("-event_at", "-pk")
    )


def list_feeds() -> Sequence[CollectionState]:
    """Every feed with its age, failures and what it cost today."""
    return list(CollectionState.objects.order_by("feed"))
