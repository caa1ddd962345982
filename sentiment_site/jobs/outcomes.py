"""How a run ended and whose fault it was."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

import kombu.exceptions
import psycopg
import redis
from django.db import InterfaceError, OperationalError

from .context import Cancelled, RunLost, Skip
from .models import Status
from .recorder import storable

REASON_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The last state of a run: its status, why, and for our own bugs the traceback."""

    status: Status
    reason: str = ""
    traceback: str = ""


def classify_result(result: object) -> Outcome:
    """The outcome of a job that returned; a returned text is the result in a line."""
    return Outcome(Status.DONE, _short(result) if isinstance(result, str) else "")


def classify_error(error: BaseException) -> Outcome:
    """The outcome of a job that raised."""
    if isinstance(error, Skip | Cancelled):
        return Outcome(Status.SKIPPED, _short(str(error)) or "nothing to do")
    fault = _describe_fault(error)
    if fault is not None:
        return Outcome(Status.FAILED, _short(fault))
    if isinstance(error, RunLost):
        return Outcome(Status.ERRORED, str(error))
    if not isinstance(error, Exception):
        return Outcome(Status.ERRORED, f"interrupted: {type(error).__name__}")
    text = storable("".join(traceback.format_exception(error)))
    return Outcome(Status.ERRORED, _short(f"{type(error).__name__}: {error}"), text)


def _describe_fault(error: BaseException) -> str | None:
    if isinstance(getattr(error, "vendor", None), str):  # whatever its class: jobs does not import the vendors' room
        return str(error)
    if isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError):
        return _describe_database(error)
    if isinstance(error, redis.RedisError | kombu.exceptions.OperationalError):
        return f"Valkey: {_first_line(error)}"
    if isinstance(error, ConnectionError | TimeoutError):
        return f"connection lost: {_first_line(error)}"
    return None


def _describe_database(error: Exception) -> str:
    """A lost server (no SQLSTATE, class 08, 57P shutdown) apart from what a living one refused (deadlock, timeout)."""
    cause = error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
    state = getattr(cause, "sqlstate", None)
    if state is None or state.startswith(("08", "57P")):
        return f"database server went away: {_first_line(error)}"
    return f"database: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _short(text: str) -> str:
    return storable(text.strip())[:REASON_LENGTH]
