"""The stored market, built once and committed, and this process kept away from the servers' core."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from .harness import CLIENT_CORE
from .world import World, make_world

HERE = Path(__file__).parent
DATABASE = "bench_sectorlight"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a benchmark, which the root's conftest leaves out unless asked."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.bench)


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> None:
    """The figures stay readable; servers beside this process log as the product does."""
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture(scope="session", autouse=True)
def on_one_core() -> Iterator[None]:
    """Candidate and yardstick run on one core; servers get the other one."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CLIENT_CORE})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture(scope="session")
def world(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """8,000 names, committed, in a database of the benchmarks' own: servers beside this process see them too."""
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    with django_db_blocker.unblock():
        connection.close_pool()
        before = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        assert connection.settings_dict["NAME"] == DATABASE
        began = time.perf_counter()
        made = make_world()
        print(f"\nmarket stored, screened and analysed in {time.perf_counter() - began:.1f} s", flush=True)
        yield made
        teardown_databases(before, verbosity=0)
        connection.settings_dict["TEST"]["NAME"] = None
