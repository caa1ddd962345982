"""Between a job and its row: a thread-safe buffer of progress and log lines."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sentiment_site.market import clock

MOST_LINES = 500
LINE_LENGTH = 2_000
PHASE_LENGTH = 200
LAST_LINE = "... further lines are in the log"


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold: NUL and lone surrogates, written as escapes instead."""
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()


@dataclass(slots=True)
class Changes:
    """What has not reached the row. `progressed`: percent or phase differ from what the row shows."""

    percent: int = 0
    phase: str = ""
    progressed: bool = False
    lines: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.progressed or bool(self.lines)


class Recorder:
    """Filled by the job, emptied by its heartbeat thread and, at the end, by the runner."""

    def __init__(self) -> None:
        self.cancelled_by: str | None = None
        self.lost = False
        self._lock = threading.Lock()
        self._pending = Changes()
        self._accepted_lines = 0

    def progress(self, percent: float, phase: str = "") -> None:
        """Note the progress; values outside 0-100 are brought inside, an empty phase keeps the last one."""
        whole = int(min(100.0, max(0.0, percent)))
        with self._lock:
            pending = self._pending
            before = (pending.percent, pending.phase)
            pending.percent, pending.phase = whole, storable(phase)[:PHASE_LENGTH] or pending.phase
            pending.progressed |= before != (pending.percent, pending.phase)

    def log(self, line: str) -> None:
        """Note a line with the wall time (UTC) before it; after 500 lines one last line says where the others are."""
        with self._lock:
            if self._accepted_lines >= MOST_LINES:
                return
            self._accepted_lines += 1
            text = line if self._accepted_lines < MOST_LINES else LAST_LINE
            self._pending.lines.append(f"{clock.wall():%H:%M:%S} {storable(text)[:LINE_LENGTH]}")

    def take(self, with_lines: bool = True) -> Changes:
        """What is new since the last take; lines stay behind unless asked for."""
        with self._lock:
            pending = self._pending
            taken = Changes(pending.percent, pending.phase, pending.progressed, pending.lines if with_lines else [])
            self._pending = Changes(pending.percent, pending.phase, False, [] if with_lines else pending.lines)
            return taken

    def give_back(self, changes: Changes) -> None:
        """Undo a take that could not be written; what came since stays newer."""
        with self._lock:
            self._pending.lines[:0] = changes.lines
            self._pending.progressed |= changes.progressed
