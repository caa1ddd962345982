"""Pytest plugin: a real PostgreSQL and a real Valkey for the test run, before Django's settings are read.

Named by `-p tests.embedded` in pyproject.toml, so that it is imported first. With DATABASE_URL and REDIS_URL set it
starts nothing. Workers of xdist share the PostgreSQL of the first process (each has a database of its own), but each
gets a Valkey of its own, because announcements are heard over the whole server.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from sentiment_site.services.ports import next_free
from sentiment_site.services.servers import Server, start_temporary, valkey

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sentiment_site.settings")
os.environ.setdefault("SECRET_KEY", "tests-only-not-a-secret")
os.environ.setdefault("DEBUG", "false")
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")
os.environ.setdefault("MARKET_CLOCK", "wall")
os.environ.setdefault("HTTPS", "false")
os.environ.setdefault("HASHED_STATIC", "false")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


OWN_VALKEY = "TESTS_OWN_VALKEY"


def _folder() -> Path:
    # Memory-backed where the machine has it: the suite's databases are thrown away.
    shared_memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="sectorlight-tests-", dir=shared_memory if shared_memory.is_dir() else None))
    folder.chmod(0o755)
    return folder


def _stop_at_exit(folder: Path, *servers: Server) -> None:
    owner = os.getpid()

    def stop() -> None:
        if os.getpid() == owner:
            for server in servers:
                server.stop()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)


def _start_both() -> None:
    folder = _folder()
    database, broker = start_temporary(folder)
    os.environ |= {"DATABASE_URL": database.url, "REDIS_URL": broker.url, OWN_VALKEY: "yes"}
    _stop_at_exit(folder, broker, database)


def _start_valkey() -> None:
    folder = _folder()
    broker = valkey(folder, port=next_free(0), password=secrets.token_urlsafe(18), durable=False)
    broker.start()
    os.environ["REDIS_URL"] = broker.url
    _stop_at_exit(folder, broker)


if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
    _start_both()
elif "PYTEST_XDIST_WORKER" in os.environ and OWN_VALKEY in os.environ:
    _start_valkey()
