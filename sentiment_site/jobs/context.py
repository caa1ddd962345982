"""What a running job holds in its hand, and the ways it may end early."""

from __future__ import annotations

import structlog

from .models import JobRun
from .recorder import Recorder

logger = structlog.get_logger("jobs")


class Skip(Exception):  # raised as "skip this run", not an error
    """The run has nothing to do; the text says why."""


class Cancelled(Exception):
    """Somebody asked the run to stop."""


class RunLost(Exception):
    """The row was taken from this worker, because it was silent for too long; another run may be at work."""


class JobContext:
    """Given to the job as its first argument. All methods return at once; a thread of the run writes to the row."""

    def __init__(self, run: JobRun, recorder: Recorder) -> None:
        self.run = run
        self._recorder = recorder

    def progress(self, percent: float, phase: str = "") -> None:
        """How far the run is, 0-100; shown within a quarter of a second. An empty phase keeps the last one."""
        self._recorder.progress(percent, phase)

    def log(self, line: str) -> None:
        """A line for the log and for the row (there at most 500 lines, of at most 2,000 characters)."""
        logger.info(line)
        self._recorder.log(line)

    def check_cancelled(self) -> None:
        """Raises Cancelled or RunLost when the run should stop; call it between steps, before anything is saved."""
        if self._recorder.lost:
            raise RunLost("the row of this run was reaped while it was still at work")
        if self._recorder.cancelled_by is not None:
            raise Cancelled(f"cancelled by {self._recorder.cancelled_by}")
