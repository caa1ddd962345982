"""Pytest plugin: a real PostgreSQL and a real Valkey for the test run, before Django's settings are read.

Named by `-p tests.embedded` in pyproject.toml, so that it is imported first. With DATABASE_URL and REDIS_URL set it
starts nothing (and xdist workers inherit the addresses from the first process).
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from sentiment_site.services.servers import start_temporary

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sentiment_site.settings")
os.environ.setdefault("SECRET_KEY", "tests-only-not-a-secret")
os.environ.setdefault("DEBUG", "false")
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")
os.environ.setdefault("MARKET_CLOCK", "wall")
os.environ.setdefault("HTTPS", "false")
os.environ.setdefault("HASHED_STATIC", "false")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _start() -> None:
    # Memory-backed where the machine has it: the suite's databases are thrown away.
    shared_memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="sectorlight-tests-", dir=shared_memory if shared_memory.is_dir() else None))
    folder.chmod(0o755)
    database, broker = start_temporary(folder)
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = database.url, broker.url
    owner = os.getpid()

    def stop() -> None:
        if os.getpid() == owner:
            broker.stop()
            database.stop()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)


if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
    _start()
