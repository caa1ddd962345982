"""The sign of life of a run, and the way its progress reaches the row while the job's own transaction is still open."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import psycopg
import structlog
from django.db import connection

from sentiment_site.market import clock

from .models import Status
from .recorder import Changes, Recorder
from .signals import run_changed

logger = structlog.get_logger("jobs")

FLUSH_S = 0.25
LINES_S = 1.0
RETRY_S = 1.0
JOIN_S = 5.0

WRITE = """
    UPDATE jobs_jobrun
       SET heartbeat_at = %s, percent = %s, phase = %s, lines = lines || %s::jsonb
     WHERE id = %s AND status = 'running'
 RETURNING cancel_requested, cancelled_by
"""


class Heartbeat(threading.Thread):
    """Writes a run's heartbeat, progress and lines over a connection of its own; never raises into the job.

    With the database down it keeps trying once a second; what the job reported meanwhile is kept.
    """

    def __init__(self, run_id: int, name: str, recorder: Recorder, interval_s: float) -> None:
        super().__init__(name=f"heartbeat of {name} #{run_id}", daemon=True)
        self._run_id = run_id
        self._job_name = name
        self._recorder = recorder
        self._interval_s = interval_s
        # Taken here, in the job's thread: Django's connections belong to their thread.
        self._parameters: dict[str, Any] = connection.get_connection_params() | {"connect_timeout": 3}
        self._connection: psycopg.Connection[Any] | None = None
        self._ended = threading.Event()
        self._last_beat = time.monotonic()
        self._last_lines = 0.0
        self._not_before = 0.0
        self._invisible = False
        self._is_down = False

    def run(self) -> None:
        """Look four times a second whether there is something to write."""
        try:
            while not self._ended.wait(FLUSH_S):
                self.beat()
        finally:
            self._disconnect()

    def end(self) -> None:
        """Stop; what has not been written stays in the recorder for the final statement."""
        self._ended.set()
        self.join(JOIN_S)

    def beat(self) -> None:
        """Write if something is new or the heartbeat is due."""
        now = time.monotonic()
        if now < self._not_before or self._invisible or self._recorder.lost:
            return
        with_lines = now - self._last_lines >= LINES_S
        changes = self._recorder.take(with_lines)
        if not changes and now - self._last_beat < self._interval_s:
            return
        try:
            written = self._write(changes)
        except Exception as error:
            self._recorder.give_back(changes)
            self._on_down(error)
            return
        self._on_up()
        self._last_beat = now
        self._last_lines = now if changes.lines else self._last_lines
        if written and changes.progressed:
            self._announce(changes)

    def _write(self, changes: Changes) -> bool:
        """One statement; whether the row is still ours."""
        if self._connection is None:
            self._connection = psycopg.connect(**self._parameters, autocommit=True)
        values = [clock.wall(), changes.percent, changes.phase, json.dumps(changes.lines), self._run_id]
        row = self._connection.execute(WRITE, values).fetchone()
        if row is None:
            self._recorder.give_back(changes)
            self._on_no_row(self._connection)
            return False
        cancel_requested, cancelled_by = row
        if cancel_requested:
            self._recorder.cancelled_by = cancelled_by or "an operator"
        return True

    def _on_no_row(self, connection_: psycopg.Connection[Any]) -> None:
        """Reaped: the job must stop. Not there at all: the run was started inside a transaction that is still open."""
        found = connection_.execute("SELECT status FROM jobs_jobrun WHERE id = %s", [self._run_id]).fetchone()
        if found is None:
            self._invisible = True
            return
        self._recorder.lost = True
        logger.error("this run was taken for dead while it was at work", status=found[0], run_id=self._run_id)

    def _on_down(self, error: Exception) -> None:
        self._disconnect()
        self._not_before = time.monotonic() + RETRY_S
        if not self._is_down:
            logger.error("heartbeat not written, trying on", error=str(error), run_id=self._run_id)
        self._is_down = True

    def _on_up(self) -> None:
        if self._is_down:
            logger.info("heartbeat written again", run_id=self._run_id)
        self._is_down = False

    def _announce(self, changes: Changes) -> None:
        run_changed.send_robust(
            sender=None,
            run_id=self._run_id,
            name=self._job_name,
            status=Status.RUNNING.value,
            phase=changes.phase,
            reason="",
            percent=changes.percent,
        )

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
