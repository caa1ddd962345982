"""Real processes that die: a worker killed in the middle of a run, and the database under a run."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sentiment_site.jobs import services
from sentiment_site.jobs.models import JobRun, Status
from sentiment_site.services.ports import next_free
from sentiment_site.services.servers import Postgres, postgres

from .conftest import ROOT, newest, until

Spawn = Callable[..., "subprocess.Popen[str]"]


def start_worker(spawn: Spawn, environment: dict[str, str], queue: str) -> subprocess.Popen[str]:
    words = ["-m", "celery", "-A", "sentiment_site.celery", "worker", "--pool", "solo", "--loglevel", "WARNING"]
    words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return spawn(*words, "--include", "tests.jobs.worker_jobs", "-Q", queue, env=environment)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_run(
    spawn: Spawn, environment: dict[str, str], tmp_path: Path, settings: Any
) -> None:
    from celery import current_app

    queue = f"test-{secrets.token_hex(4)}"
    current_app.conf.task_default_queue, before = queue, current_app.conf.task_default_queue
    go_on = {"until": str(tmp_path / "go on")}
    try:
        run = services.request_run("tests.wait", trigger="page", params=go_on)
        worker = start_worker(spawn, environment, queue)
        until(lambda: JobRun.objects.filter(pk=run.pk, status=Status.RUNNING, percent__gt=3).exists(), 30)
        run.refresh_from_db()
        assert run.pid == worker.pid
        os.kill(run.pid, signal.SIGKILL)
        worker.wait()
        last = JobRun.objects.get(pk=run.pk).heartbeat_at

        other = services.run_now("tests.wait", params=go_on)
        assert other.reason.startswith("already running since")

        time.sleep(settings.JOBS_STALE_S + 0.3)
        again = services.request_run("tests.wait", trigger="page", params=go_on)
        assert again.pk != run.pk
        run.refresh_from_db()
        assert run.status == Status.ERRORED
        assert run.reason.startswith(f"worker stopped answering at {last:%Y-%m-%d %H:%M:%S} UTC")
        (tmp_path / "go on").touch()
        start_worker(spawn, environment, queue)
        until(lambda: JobRun.objects.filter(pk=again.pk, status=Status.DONE).exists(), 30)
    finally:
        current_app.conf.task_default_queue = before


@pytest.mark.django_db(transaction=True)
def test_an_inline_run_killed_and_run_again(spawn: Spawn, environment: dict[str, str], settings: Any) -> None:
    process = spawn("-m", "tests.jobs.sample_jobs", "tests.query", env=environment)
    dead = until(lambda: JobRun.objects.filter(name="tests.query", status=Status.RUNNING).first(), 30)
    process.kill()
    process.wait()
    time.sleep(settings.JOBS_STALE_S + 0.3)
    assert [run.pk for run in services.reap_stale()] == [dead.pk]
    assert newest("tests.query").status == Status.ERRORED


@pytest.fixture
def private_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A PostgreSQL that this test may kill."""
    tmp_path.chmod(0o755)
    server = postgres(tmp_path, port=next_free(0), password=secrets.token_urlsafe(8))
    server.start()
    yield server
    server.stop()


def crash(server: Postgres) -> None:
    """Every session is cut, nothing is written: what a power failure looks like to the product."""
    assert server.process is not None
    server.process.send_signal(signal.SIGQUIT)
    server.process.wait()
    server.stop()


def test_the_database_goes_away_under_a_run(private_postgres: Postgres, spawn: Spawn, tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": private_postgres.url, "JOBS_HEARTBEAT_S": "0.2", "JOBS_STALE_S": "20"}
    migrate = [sys.executable, "manage.py", "migrate", "jobs", "--verbosity", "0", "--skip-checks"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True, stderr=subprocess.DEVNULL)

    def ask(statement: str) -> Any:
        with psycopg.connect(private_postgres.url, autocommit=True) as connection:
            return connection.execute(statement).fetchone()

    process = spawn("-m", "tests.jobs.sample_jobs", "tests.query", env=environment)
    until(lambda: ask("SELECT 1 FROM jobs_jobrun WHERE status = 'running' AND jsonb_array_length(lines) = 1"), 30)
    crash(private_postgres)
    time.sleep(1.0)
    assert process.poll() is None  # waiting for the database, not crashing
    private_postgres.start()
    assert process.stdout is not None
    ended = json.loads(process.stdout.readline())
    assert process.wait(20) == 0
    assert ended["status"] == "failed"
    assert ended["reason"].startswith("database server went away")
    assert len(ended["lines"]) == 1
    assert ask("SELECT status FROM jobs_jobrun") == ("failed",)
