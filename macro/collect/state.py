"""The one row that says how collection is doing, and how it moves from one status to the next.

INITIALIZING until the bootstrap is done, then ACTIVE; ERROR after three failed scans in a row, back with the first good
one; MAINTENANCE while an operator says so, whatever happens meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import transaction

from macro.models import MacroSentimentAnalysis, MacroSystemState
from sentiment_site.market import clock

Status = MacroSystemState.Status
FAILURES_TO_ERROR: Final = 3


@contextmanager
def _changing() -> Iterator[MacroSystemState]:
    """The row, locked until the block ends, then saved."""
    with transaction.atomic():
        MacroSystemState.objects.get_or_create(pk=1, defaults={"updated_at": clock.now()})
        state = MacroSystemState.objects.select_for_update().get(pk=1)
        yield state
        state.updated_at = clock.now()
        state.save()


def save_success(at: dt.datetime) -> None:
    """A scan ended well: the counter begins anew."""
    with _changing() as state:
        state.last_successful_scan, state.consecutive_failures = at, 0
        state.system_status = _status(state)


def save_failure(at: dt.datetime, words: str) -> None:
    """A scan brought nothing to believe."""
    with _changing() as state:
        state.last_failed_scan, state.last_failure = at, words[:255]
        state.consecutive_failures += 1
        state.system_status = _status(state)


def save_bootstrap(at: dt.datetime) -> None:
    """The history is there; a forced second one keeps the first one's date."""
    with _changing() as state:
        state.bootstrap_completed, state.bootstrap_completed_at = True, state.bootstrap_completed_at or at
        state.system_status = _status(state)


def save_analysis(analysis: MacroSentimentAnalysis) -> None:
    """The newest analysis."""
    with _changing() as state:
        state.last_analysis = analysis


def save_maintenance(is_on: bool) -> None:
    """Stop scheduled scans, or let them go on with the status that the scans have earned."""
    with _changing() as state:
        state.system_status = Status.MAINTENANCE if is_on else _earned(state)


def _status(state: MacroSystemState) -> str:
    return Status.MAINTENANCE if state.system_status == Status.MAINTENANCE else _earned(state)


def _earned(state: MacroSystemState) -> str:
    if state.consecutive_failures >= FAILURES_TO_ERROR:
        return Status.ERROR
    return Status.ACTIVE if state.bootstrap_completed else Status.INITIALIZING
