"""The tests' jobs, quick heartbeats, and processes of our own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from sentiment_site.jobs.models import JobRun

from . import sample_jobs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def quick(settings: Any) -> None:
    """Runs count as dead after two seconds."""
    settings.JOBS_HEARTBEAT_S, settings.JOBS_STALE_S = 0.2, 2.0
    sample_jobs.ERRORS.clear()


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """Pages of the admin without `collectstatic`."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def environment() -> dict[str, str]:
    """For a process beside the tests: the test database instead of the real one."""
    values = connection.settings_dict
    address = f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    return {**os.environ, "DATABASE_URL": address, "JOBS_HEARTBEAT_S": "0.2", "JOBS_STALE_S": "2"}


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python processes that do not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, env: dict[str, str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def until(condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    """Wait until a condition holds; what it returned."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def newest(name: str) -> JobRun | None:
    """The newest run of a job."""
    return JobRun.objects.filter(name=name).order_by("-id").first()


def make_run(**values: Any) -> JobRun:
    """A row as it may stand in the table."""
    from sentiment_site.market import clock

    now = clock.wall()
    defaults: dict[str, Any] = {"name": "tests.count", "trigger": "test", "queued_at": now, "heartbeat_at": now}
    status = values.get("status", "queued")
    if status != "queued":
        defaults["started_at"] = now
    if status not in ("queued", "running"):
        defaults |= {"finished_at": now, "reason": "" if status == "done" else "a reason"}
    return JobRun.objects.create(**(defaults | values))
