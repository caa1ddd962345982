"""What every test gets: warnings of numpy are errors, the cache is empty, slow kinds of tests are asked for by name."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate

SHARED_DATA = Path(os.environ.get("SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def _finish_flush(sender: object, **_: object) -> None:
    """What a transactional test's last act, emptying the tables of all models, leaves undone.

    The bar tables belong to no model, and the rows that migrations ship come back only if somebody puts them there.
    """
    if getattr(sender, "label", "") == "universe":
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE bar_1d, bar_30m")
        importlib.import_module("universe.migrations.0003_profiles").create(apps, None)
    if getattr(sender, "label", "") == "macro":
        importlib.import_module("macro.migrations.0002_crypto_links").create(apps, None)
    if getattr(sender, "label", "") == "portfolios":
        importlib.import_module("portfolios.migrations.0004_factors").create(apps, None)


post_migrate.connect(_finish_flush, dispatch_uid="finish_flush")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--run-bench` runs the benchmarks, which a normal run leaves out."""
    parser.addoption("--run-bench", action="store_true", help="run the benchmarks of tests/bench")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave benchmarks out unless asked for; begin with what takes longest."""
    items.sort(key=lambda item: "long" not in item.keywords)
    if not config.getoption("--run-bench"):
        skip = pytest.mark.skip(reason="a benchmark: run `make bench`")
        for item in items:
            if "bench" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(autouse=True)
def numpy_errors() -> Iterator[None]:
    """Division by zero and invalid values in our own arithmetic are errors in tests."""
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        yield


@pytest.fixture(autouse=True)
def quick_passwords(settings: object) -> None:
    """Argon2 is slow on purpose; tests that log in do not need that."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def quick_static_files(settings: object) -> None:
    """A test's client would list every static file before its first request; so one is looked for when asked for."""
    settings.WHITENOISE_AUTOREFRESH = True  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def empty_cache(request: pytest.FixtureRequest) -> None:
    """Rows are rolled back between tests; what was cached about them must go too."""
    if request.node.get_closest_marker("django_db"):
        cache.clear()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the repository; skips where it is not there."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real data at {SHARED_DATA}")
    return SHARED_DATA
