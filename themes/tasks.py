"""Jobs of the themes, part by part, and the tick that asks for what is due."""

from __future__ import annotations

from celery import shared_task

from sentiment_site.jobs.services import request_run
from sentiment_site.market import clock

from .documents import tasks as _documents  # noqa: F401 - registers its jobs
from .documents.due import find_slot as find_documents_slot
from .stories import tasks as stories

# What the tick looks at, in the order of the data: job name and what finds its due slot.
DUE = (
    ("themes.documents", find_documents_slot),
    (stories.JOB, stories.find_slot),
)


@shared_task(name="themes.tick", ignore_result=True)
def tick() -> None:
    """Every minute: ask for what has become due in market time."""
    now = clock.now()
    for name, find_slot in DUE:
        slot = find_slot(now)
        if slot is not None:
            request_run(name, trigger="scheduled", key=slot)
