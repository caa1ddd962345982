"""A scripted vendor over real HTTP, a vendor that breaks the line, and a Valkey of this test's own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import structlog
from pytest_httpserver import HTTPServer
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug import Request, Response

from sentiment_site.providers.http import Http, VendorConfig
from sentiment_site.services import ports, servers

PAYLOADS = Path(__file__).resolve().parents[1] / "payloads"
KEY = "sk-Very+Secret/Key=42"


def payload(name: str) -> bytes:
    """One of our own recorded-shape answers, e.g. "polygon/429.json"."""
    return (PAYLOADS / name).read_bytes()


def valkey_url() -> str:
    """The run's Valkey in a database of its own for each xdist worker, so that nobody else's keys are touched."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"{os.environ['REDIS_URL'].split('?')[0].rstrip('/').removesuffix('/0')}/{9 + worker % 6}"


@pytest.fixture
def valkey() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(valkey_url(), retry=Retry(NoBackoff(), 0), socket_timeout=2)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def mortal_valkey() -> Iterator[tuple[servers.Valkey, redis.Redis]]:
    """A second Valkey, to be killed."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="sectorlight-mortal-", dir=memory if memory.is_dir() else None))
    folder.chmod(0o755)
    server = servers.valkey(folder, port=ports.next_free(0), password="mortal-password", durable=False)
    server.start()
    client = redis.Redis.from_url(server.url, retry=Retry(NoBackoff(), 0), socket_timeout=1, socket_connect_timeout=1)
    try:
        yield server, client
    finally:
        client.close()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def config(httpserver: HTTPServer) -> Callable[..., VendorConfig]:
    """A configuration for the scripted vendor, quick enough for tests; any field may be given."""

    def make(**fields: Any) -> VendorConfig:
        quick = {
            "name": "polygon",
            "base_url": httpserver.url_for("/polygon"),
            "api_key": KEY,
            "auth": "bearer",
            "rate_per_s": 1000.0,
            "burst": 100,
            "connect_timeout": 1.0,
            "read_timeout": 1.0,
            "attempts": 3,
            "wait_initial_s": 0.01,
            "wait_max_s": 0.02,
            "longest_wait_s": 2.0,
        }
        return VendorConfig(**{**quick, **fields})

    return make


@pytest.fixture
def http(config: Callable[..., VendorConfig]) -> Callable[..., Http]:
    """Http for the scripted vendor; `redis=` and any configuration field may be given."""

    def make(redis: Any = None, **fields: Any) -> Http:
        return Http(config(**fields), redis)

    return make


class Script:
    """Answers in order, the last one for ever; remembers the requests."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        with self._lock:
            self.requests.append(request)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def answer(body: bytes = b'{"status":"OK"}', status: int = 200, **headers: str) -> Response:
    """One scripted answer; underscores in header names stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status, named, content_type="application/json")


@pytest.fixture
def script(httpserver: HTTPServer) -> Callable[..., Script]:
    """Let the vendor answer the given answers to whatever path it is asked for."""

    def make(*answers: Response) -> Script:
        scripted = Script(*answers)
        httpserver.clear()
        httpserver.expect_request(re.compile(".*")).respond_with_handler(scripted)
        return scripted

    return make


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on a bare socket: `talk` gets each connection once the request was read. Yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(2)
                try:
                    while b"\r\n\r\n" not in connection.recv(65536):
                        pass
                    talk(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        thread.join(timeout=5)
        listener.close()


@pytest.fixture
def events() -> Iterator[list[dict[str, Any]]]:
    """Everything the product logs through structlog, as dicts."""
    with structlog.testing.capture_logs() as captured:
        yield captured
