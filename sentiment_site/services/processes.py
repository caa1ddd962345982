"""Child processes of the supervisor: each in a session of its own, with a log file and a pid file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_TIMEOUT_S = 15.0
BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
CALM_S = 60.0


@dataclass(slots=True)
class Child:
    """A process we keep running. `restarts` counts the deaths in a row; a calm minute forgives them."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    pid_file: Path
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    started_at: float = 0.0
    due_at: float | None = field(default=None)

    def start(self) -> None:
        """Start the process, its output appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command),
                env=dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid_file.write_text(str(self.process.pid))
        self.started_at, self.due_at = time.monotonic(), None

    def died(self) -> bool:
        """Whether the process ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def schedule_restart(self) -> float:
        """Decide when to start again after a death; returns the wait in seconds, longer after each death in a row."""
        calm = time.monotonic() - self.started_at > CALM_S
        self.restarts = 0 if calm else self.restarts + 1
        wait = BACKOFF_S[min(self.restarts, len(BACKOFF_S) - 1)]
        self.due_at = time.monotonic() + wait
        return wait

    def stop(self) -> None:
        """End the whole process group: SIGTERM, then SIGKILL after 15 s."""
        if self.process is not None:
            end_group(self.process.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_TIMEOUT_S)
        self.pid_file.unlink(missing_ok=True)

    def log_end(self, lines: int = 12) -> str:
        """The last lines of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def end_group(pid: int) -> None:
    """SIGTERM to the process group of `pid`, SIGKILL to what is left of it after 15 s."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            os.killpg(pid, 0)  # raises ProcessLookupError once the group is gone
            time.sleep(0.05)
        os.killpg(pid, signal.SIGKILL)


def stop_leftovers(folder: Path, marks: Sequence[str]) -> list[str]:
    """End processes of an earlier supervisor that was killed: those whose pid file is left and whose command is ours.

    A pid may have been given to a stranger since: only a process whose command line holds one of `marks` is ended.
    Returns the names of what was stopped.
    """
    stopped = []
    for pid_file in sorted(folder.glob("*.pid")):
        with contextlib.suppress(ValueError):
            pid = int(pid_file.read_text())
            if any(mark in command_of(pid) for mark in marks):
                end_group(pid)
                stopped.append(pid_file.stem)
        pid_file.unlink(missing_ok=True)
    return stopped


def command_of(pid: int) -> str:
    """The command line of a process, whole (-ww: ps cuts it at the terminal's width), empty when there is none."""
    shown = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()
