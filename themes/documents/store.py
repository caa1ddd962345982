"""Writes documents with their clusters and mentions, all of a batch or none. What is stored stays as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connection, transaction

from sentiment_site.market import clock
from themes.models import Document, DocumentCluster, Mention
from themes.models.documents import DocumentKind
from universe.models import DataSource, Instrument

from .duplicates import DuplicateIndex, Signature, compute_signature, pack, unpack
from .records import Draft, Stored
from .tickers import Found, Listed, TickerBook

# A text that comes again later than this begins a story of its own.
COPIES_WITHIN = dt.timedelta(hours=72)
_SOCIAL = frozenset({DocumentKind.X, DocumentKind.REDDIT})
BATCH = 500


def load_ticker_book() -> TickerBook:
    """Every listed stock, ready to be recognised."""
    rows = Instrument.objects.filter(role=Instrument.Role.STOCK, delisted_on__isnull=True)
    return TickerBook(Listed(*row) for row in rows.order_by("pk").values_list("pk", "symbol", "name", "cik"))


def store_documents(drafts: Iterable[Draft], source: DataSource, book: TickerBook) -> Stored:
    """Insert what is not stored yet. One transaction; two callers of it wait for each other.

    A stock recognised in a document is a mention by its surest rule. A document that repeats a text of the last 72
    hours joins its cluster.
    """
    unique = {(draft.kind, draft.external_id): draft for draft in drafts}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('themes.documents'))")
        new = sorted(_unknown(unique), key=lambda draft: (draft.event_at, draft.external_id))
        if not new:
            return Stored((), 0, 0, len(unique))
        clusters, copies, signatures = _cluster(new)
        now = clock.now()
        rows = [
            _row(draft, source, cluster, signature, now)
            for draft, cluster, signature in zip(new, clusters, signatures, strict=True)
        ]
        Document.objects.bulk_create(rows, batch_size=BATCH)
        mentions = [
            Mention(
                document_id=row.pk,
                instrument_id=found.instrument_id,
                rule=found.rule,
                sureness=found.sureness,
                event_at=row.event_at,
            )
            for row, draft in zip(rows, new, strict=True)
            for found in recognise(draft, book)
        ]
        Mention.objects.bulk_create(mentions, batch_size=4 * BATCH)
    return Stored(tuple(row.pk for row in rows), copies, len(mentions), len(unique) - len(new))


def recognise(draft: Draft, book: TickerBook) -> Sequence[Found]:
    """The stocks a document is about. A filing is about its filer or subject and nobody else."""
    if draft.kind == DocumentKind.FILING:
        return book.by_cik(draft.cik)
    return book.find(draft.words, tags=draft.tags, allow_bare=draft.kind in _SOCIAL)


def _unknown(drafts: dict[tuple[DocumentKind, str], Draft]) -> list[Draft]:
    found: set[tuple[str, str]] = set()
    for kind in {kind for kind, _ in drafts}:
        ids = [name for which, name in drafts if which == kind]
        stored = Document.objects.filter(kind=kind, external_id__in=ids).values_list("external_id", flat=True)
        found |= {(kind, name) for name in stored}
    return [draft for key, draft in drafts.items() if key not in found]


def _cluster(drafts: Sequence[Draft]) -> tuple[list[DocumentCluster], int, list[Signature | None]]:
    """The cluster of each draft, made where it is the first of its kind, and how many joined an older text."""
    signatures = [compute_signature(draft.words) for draft in drafts]
    index = DuplicateIndex(_representatives(drafts[0].event_at, drafts[-1].event_at))
    made: dict[int, DocumentCluster] = {}
    joined: dict[int, DocumentCluster] = {}
    places: list[DocumentCluster | None] = []
    for place, (draft, signature) in enumerate(zip(drafts, signatures, strict=True)):
        found = index.find(signature) if signature is not None else None
        if found is None:
            made[place] = DocumentCluster(first_at=draft.event_at)
            places.append(made[place])
            if signature is not None:
                index.add(-1 - place, signature)  # its own id comes with the insert
        else:
            places.append(made[-1 - found] if found < 0 else joined.setdefault(found, DocumentCluster(pk=found)))
    DocumentCluster.objects.bulk_create(made.values(), batch_size=BATCH)
    clusters = [cluster for cluster in places if cluster is not None]
    _count(clusters, drafts, {cluster.pk for cluster in made.values()})
    return clusters, len(drafts) - len(made), signatures


def _representatives(since: dt.datetime, until: dt.datetime) -> Iterable[tuple[int, Signature]]:
    rows = (
        Document.objects.filter(event_at__gte=since - COPIES_WITHIN, event_at__lte=until + COPIES_WITHIN)
        .exclude(signature=b"")
        .order_by("cluster_id", "event_at", "pk")
        .distinct("cluster_id")
        .values_list("cluster_id", "signature")
    )
    for cluster, stored in rows:
        signature = unpack(stored)
        if signature is not None:
            yield cluster, signature


def _count(clusters: Sequence[DocumentCluster], drafts: Sequence[Draft], fresh: set[int]) -> None:
    """Bring the counters of clusters up to date: documents, distinct authors, earliest moment."""
    sizes: dict[int, list[Draft]] = {}
    for cluster, draft in zip(clusters, drafts, strict=True):
        sizes.setdefault(cluster.pk, []).append(draft)
    touched = [pk for pk, members in sizes.items() if pk not in fresh or len(members) > 1]
    held = {row.pk: row for row in DocumentCluster.objects.filter(pk__in=touched)}
    authors: dict[int, set[str]] = {pk: {draft.author for draft in sizes[pk]} for pk in touched}
    known = Document.objects.filter(cluster_id__in=touched).values_list("cluster_id", "author").distinct()
    for pk, author in known:
        authors[pk].add(author)
    for pk, row in held.items():
        row.documents += len(sizes[pk]) - (1 if pk in fresh else 0)
        row.authors = len(authors[pk])
        row.first_at = min(row.first_at, sizes[pk][0].event_at)
    DocumentCluster.objects.bulk_update(held.values(), ["documents", "authors", "first_at"], batch_size=BATCH)


def _row(
    draft: Draft, source: DataSource, cluster: DocumentCluster, signature: Signature | None, now: dt.datetime
) -> Document:
    return Document(
        kind=draft.kind,
        external_id=draft.external_id[:120],
        source=source,
        form=draft.form[:20],
        items=list(draft.items),
        title=_storable(draft.title)[:500],
        text=_storable(draft.text)[: settings.DOCUMENT_TEXT_MAX],
        url=draft.url[:600],
        author=draft.author[:120],
        language=draft.language[:8],
        facts=dict(draft.facts) | ({"tags": list(draft.tags)} if draft.tags else {}),
        event_at=draft.event_at,
        recorded_at=now,
        cluster=cluster,
        signature=pack(signature),
        is_simulated=source.is_simulated,
    )


def _storable(text: str) -> str:
    """PostgreSQL takes no NUL in a text."""
    return text.replace("\x00", "")
