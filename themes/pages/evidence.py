"""The documents behind a theme or a stock, with links that are safe to follow."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db.models import Count, QuerySet

from sentiment_site.market import clock
from themes.documents.selectors import list_documents
from themes.models import Document, Mention, ThemeDocument
from themes.models.documents import DocumentKind

PAGE = 25
EXCERPT = 280
HEADLINE = 160


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One document. link: "" where its address is no web address; copies: others alike known then; closeness: to the
    theme's centroid, None for a stock's documents; symbols: stocks named in it, the surest first."""

    document: Document
    headline: str
    excerpt: str
    link: str
    copies: int
    closeness: float | None
    symbols: tuple[str, ...]

    @property
    def kind(self) -> str:
        """In words."""
        return str(DocumentKind(self.document.kind).label)


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """One page of evidence, newest first. counts: documents per kind over everything, whatever is asked for."""

    rows: tuple[EvidenceRow, ...]
    counts: dict[str, int]
    kind: str
    about: str
    page: int
    count: int | None

    @property
    def total(self) -> int:
        """Documents of the theme."""
        return sum(self.counts.values())

    @property
    def has_next(self) -> bool:
        """Whether there are more."""
        return self.count is not None and self.page * PAGE < self.count

    @property
    def kinds(self) -> list[tuple[str, str, int]]:
        """(kind, title, documents) of those there are."""
        return [(kind.value, str(kind.label), self.counts[kind]) for kind in DocumentKind if kind in self.counts]


def load_evidence(
    theme_id: uuid.UUID, as_of: dt.datetime | None, *, kind: str = "", about: str = "", page: int = 1
) -> EvidencePage:
    """A theme's documents known at a moment, newest first. Six statements, seven for those about one stock."""
    at = as_of or clock.now()
    known = ThemeDocument.objects.filter(theme_id=theme_id, joined_at__lte=at, document__recorded_at__lte=at)
    totals = known.order_by().values_list("document__kind").annotate(Count("pk"))
    counts = {str(name): int(count) for name, count in totals}
    rows = select_documents(theme_id, as_of, kind=kind, about=about)
    count = rows.count() if about else counts.get(kind, 0) if kind else sum(counts.values())
    shown = list(rows[(page - 1) * PAGE : page * PAGE])
    close = dict(known.filter(document__in=shown).values_list("document_id", "closeness"))
    return EvidencePage(build_rows(shown, at, close), counts, kind, about, page, count)


def select_documents(
    theme_id: uuid.UUID, as_of: dt.datetime | None, *, kind: str = "", about: str = ""
) -> QuerySet[Document]:
    """A theme's documents of one kind and about one symbol, newest first."""
    rows = list_documents(theme_id=theme_id, kinds=(kind,) if kind else (), as_of=as_of)
    if about:
        rows = rows.filter(pk__in=Mention.objects.filter(instrument__symbol=about).values("document_id"))
    return rows


def build_rows(
    documents: Sequence[Document], at: dt.datetime, closeness: dict[int, float] | None = None
) -> tuple[EvidenceRow, ...]:
    """Documents as they are shown. One statement, for the copies."""
    copies = count_copies({document.cluster_id for document in documents}, at)
    return tuple(
        EvidenceRow(
            document=document,
            headline=_headline(document),
            excerpt=_cut(document.text, EXCERPT) if document.title else "",
            link=safe_link(document.url),
            copies=max(copies.get(document.cluster_id, 1) - 1, 0),
            closeness=None if closeness is None else closeness.get(document.pk),
            symbols=tuple(mention.instrument.symbol for mention in document.mentions.all()),
        )
        for document in documents
    )


def count_copies(cluster_ids: Collection[int], at: dt.datetime) -> dict[int, int]:
    """How many documents of each cluster were known at a moment. One statement."""
    known = Document.objects.filter(cluster__in=cluster_ids, event_at__lte=at, recorded_at__lte=at)
    return dict(known.order_by().values_list("cluster").annotate(Count("pk")))


def safe_link(url: str) -> str:
    """The address if it is one of the web, else "": what a stranger wrote never becomes a script or a path of ours."""
    if not url.isprintable() or any(letter in url for letter in ' "<>\\`'):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and host and parts.username is None else ""


def _headline(document: Document) -> str:
    if document.title:
        return document.title
    if document.text:
        return _cut(document.text, HEADLINE)
    return "removed by its author" if document.removed_at else "text no longer kept"


def _cut(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"
