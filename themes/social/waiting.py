"""Scores what was collected and not scored yet: every document once, in the order of storing, also after a crash."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from sentiment_site.market import clock
from themes.models import CollectionState, Document

from .model import ArtefactRefused
from .scoring import BATCH, score_documents

# The place is kept beside those of the feeds, so that operators see it stand still and may switch it off.
PLACE: Final = "scoring"


def score_waiting(most: int = 40 * BATCH) -> int:
    """Score up to `most` documents that were stored since the last time; how many rows were written. ArtefactRefused.

    Batch by batch, each with its place in one transaction: what was under way when a process died is done again by the
    next one, which waits for a process that lives. Documents get their ids under one lock (store.py), so that no id
    below the place appears later. Switched off: 0.
    """
    CollectionState.objects.get_or_create(feed=PLACE)
    written = 0
    for _ in range(max(most // BATCH, 1)):
        try:
            rows, more = _score_next()
        except ArtefactRefused as error:
            CollectionState.objects.filter(feed=PLACE).update(last_failed_at=clock.now(), failure=str(error)[:300])
            raise
        written += rows
        if not more:
            break
    return written


def _score_next() -> tuple[int, bool]:
    with transaction.atomic():
        state = CollectionState.objects.select_for_update().get(feed=PLACE)
        if not state.is_enabled:
            return 0, False
        begin = int(state.cursor.get("document_id", 0))
        new = Document.objects.filter(pk__gt=begin).order_by("pk")[:BATCH]
        ids = list(new.values_list("pk", flat=True))
        written = score_documents(ids) if ids else 0
        now = clock.now()
        state.cursor = {"document_id": ids[-1] if ids else begin}
        state.read_until, state.last_ok_at, state.failure = now, now, ""
        state.save(update_fields=["cursor", "read_until", "last_ok_at", "failure"])
    return written, len(ids) == BATCH
