"""Documents on their way into the store, copies and tickers recognised, beside the bare insert of the same rows."""

from __future__ import annotations

import datetime as dt
import itertools
import random

from django.db import connection, transaction

from themes.documents.records import Draft
from themes.documents.store import load_ticker_book, store_documents
from themes.models import Document, DocumentCluster
from themes.models.documents import DocumentKind

from .harness import in_turns, judge, time_ms
from .world import MORNING, World

EACH = 1_000
# words that no ticker book knows
WORDS = [
    a + b
    for a in ("agree", "order", "react", "contr", "trial", "phase", "suppl", "paten")
    for b in ("ment", "ing", "ors", "ed", "al")
]


def write(rng: random.Random, symbols: list[str], serial: int) -> Draft:
    """An article of 120 words about one or two stocks; every tenth is a copy of the same text."""
    about = rng.sample(symbols, 2)
    words = random.Random(serial % 7).choices(WORDS, k=120) if serial % 10 == 0 else rng.choices(WORDS, k=120)
    return Draft(
        DocumentKind.NEWS,
        f"bench-{serial}",
        MORNING - dt.timedelta(seconds=serial % 40_000),
        f"{about[0]} {' '.join(words[:8])}",
        " ".join(words) + f" $ {about[1]}",
        author="wire",
        tags=tuple(about[:1]),
    )


def test_documents_beside_the_bare_insert(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT symbol FROM universe_instrument WHERE id = ANY(%s)", [world.members.tolist()])
        symbols = [row[0] for row in cursor.fetchall()]
    rng, serial, book = random.Random(5), itertools.count(), load_ticker_book()
    cluster = DocumentCluster.objects.create(first_at=MORNING)

    def drafts() -> list[Draft]:
        return [write(rng, symbols, next(serial)) for _ in range(EACH)]

    def store() -> float:
        batch = drafts()

        def run() -> None:
            found = store_documents(batch, world.source, book)
            assert len(found.document_ids) == EACH and found.copies > EACH // 20

        return time_ms(run)

    def bare() -> float:
        rows = [
            Document(
                kind=one.kind, external_id=one.external_id, source=world.source, title=one.title, text=one.text,
                author=one.author, event_at=one.event_at, recorded_at=MORNING, cluster=cluster, is_simulated=True,
            )
            for one in drafts()
        ]  # fmt: skip

        def run() -> None:
            with transaction.atomic():
                Document.objects.bulk_create(rows, batch_size=EACH)

        return time_ms(run)

    judge("X1", lambda: in_turns(store, bare))
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE themes_documentcluster CASCADE")
