"""Joins two rooms that may not know each other: what jobs signal, live announces."""

from __future__ import annotations

from typing import Any

from sentiment_site.jobs.signals import run_changed
from sentiment_site.live import topics
from sentiment_site.live.events import Event
from sentiment_site.live.publish import send_event
from sentiment_site.market import clock

TOPIC = "jobs"


def announce_run(
    sender: object, *, run_id: int, name: str, status: str, phase: str, percent: int, reason: str = "", **_: Any
) -> None:
    """A run's state for the progress bars of open pages. Sent after commit, from the worker; touches no database."""
    data = {"name": name, "status": status, "phase": phase, "percent": percent, "reason": reason}
    send_event(Event("job.progress", TOPIC, run_id, None, clock.now(), data=data))


def connect() -> None:
    """Make the topic known and listen to the jobs."""
    topics.register(TOPIC)
    run_changed.connect(announce_run, dispatch_uid="announce_run")
