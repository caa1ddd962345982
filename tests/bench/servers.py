"""Servers beside the benchmark: on their own core, with the product's flags; they end with this process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection

from sentiment_site.market import clock
from sentiment_site.services.ports import next_free

from .harness import SERVER_CORE
from .world import MORNING

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
READY_S = 30.0
TICKS = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1


class BenchServer:
    """A running server: its port, and what its process and their children have used of the processor."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: IO[bytes]) -> None:
        self.process, self.port, self.log = process, port, log

    def log_end(self) -> str:
        """What the server wrote last, for the message of a failure."""
        self.log.seek(0)
        return self.log.read().decode()[-3000:]

    def cpu_us(self) -> float:
        """User and system time of the process tree since its start, microseconds (in steps of a tick, 10 ms)."""
        stats = _stats()
        family, ticks = {self.process.pid}, 0
        for pid, parent, used in sorted(stats):
            if pid in family or parent in family:
                family.add(pid)
                ticks += used
        return ticks * 1_000_000 / TICKS


@contextlib.contextmanager
def pages() -> Iterator[BenchServer]:
    """The product's page server, one worker, on the benchmark's database, at a market time shortly after the light."""
    with tempfile.TemporaryDirectory() as static_root:
        environment = product_environment() | {"BENCH_STATIC_ROOT": static_root}
        environment["DJANGO_SETTINGS_MODULE"] = "tests.bench.served_settings"
        collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
        subprocess.run(collect, cwd=ROOT, env=environment, check=True)
        with _granian("sentiment_site.wsgi:application", environment) as server:
            yield server


@contextlib.contextmanager
def constant_page(size: int) -> Iterator[BenchServer]:
    """The yardstick: Django over WSGI with one view that returns `size` constant bytes, no middleware."""
    with _granian("tests.bench.constant_site:application", os.environ | {"BENCH_PAGE_BYTES": str(size)}) as server:
        yield server


@contextlib.contextmanager
def sockets(
    application: str = "sentiment_site.asgi:application", ready: str = "/health/redis"
) -> Iterator[BenchServer]:
    """The product's socket server, or the yardstick's application, with the product's flags."""
    port = next_free(0)
    words = [str(BIN / "uvicorn"), application, "--host", "127.0.0.1", "--port", str(port)]
    words += ["--lifespan", "off", "--ws-per-message-deflate", "false", "--no-access-log", "--log-level", "warning"]
    with _running(words, port, product_environment(), ready) as server:
        yield server


def product_environment() -> dict[str, str]:
    """This run's servers and secret, the benchmark's database, and a clock that starts at the light's own morning."""
    base = settings.DATABASE_URL.rsplit("/", 1)[0]
    spec = f"sessions:{MORNING.isoformat()}@{clock.wall().isoformat()}*1"
    name = connection.settings_dict["NAME"]
    return os.environ | {"DATABASE_URL": f"{base}/{name}", "HTTPS": "false", "MARKET_CLOCK": spec}


@contextlib.contextmanager
def _granian(application: str, environment: Mapping[str, str]) -> Iterator[BenchServer]:
    port = next_free(0)
    words = [str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    words += ["--workers", "1", "--blocking-threads", "8", "--no-ws", application]
    with _running(words, port, environment, "/") as server:
        yield server


@contextlib.contextmanager
def _running(words: list[str], port: int, environment: Mapping[str, str], ready: str) -> Iterator[BenchServer]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            env=dict(environment),
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=_bind_to_parent,  # noqa: PLW1509 - must be in force before the program runs
        )
        try:
            server = BenchServer(process, port, log)
            _wait(server, f"http://127.0.0.1:{port}{ready}")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _bind_to_parent() -> None:
    """In the child, before the program starts: its core, and SIGTERM when the benchmark dies, even by SIGKILL."""
    os.sched_setaffinity(0, {SERVER_CORE})
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(server: BenchServer, address: str) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{server.log_end()}") from None
            time.sleep(0.1)
        else:
            return


def _stats() -> list[tuple[int, int, int]]:
    """(pid, parent, ticks used) of every process; those that end meanwhile are left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            found.append((int(folder.name), int(fields[1]), int(fields[11]) + int(fields[12])))
    return found
