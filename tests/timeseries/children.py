"""Work done in a child process that may be killed in the middle, as kill -9 does it."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

from django.db import connection

OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


def run_in_child(work: Callable[[], object], *, kill_after_s: float | None = None) -> int:
    """Fork, do the work there on a database connection of its own, and wait; the exit status, -9 if it was killed."""
    connection.close()
    connection.close_pool()
    child = os.fork()
    if child == 0:
        status = 1
        connection.settings_dict["OPTIONS"].pop("pool", None)  # its threads do not start well in a fork
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    _await_silence()
    return status


def _await_silence() -> None:
    """Until the server has noticed that the child is gone: what a killed process held is free a moment later only."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(OTHERS)
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the server still works for the child that was killed")


def kill_myself() -> None:
    """What `kill -9` from outside does, at a place of our choosing."""
    os.kill(os.getpid(), signal.SIGKILL)
