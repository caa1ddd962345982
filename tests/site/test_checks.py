"""The deployment checks: silent on a good setting, an id on a bad one."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from sentiment_site import checks, schedule
from sentiment_site.jobs.schedule import Entry

OWN_SCHEDULE = schedule.SCHEDULE


def ids(deploy: bool = False) -> set[str]:
    found = {message.id for message in run_checks(include_deployment_checks=deploy)}
    return {name for name in found if name and name.startswith("sectorlight.")}


@pytest.fixture(autouse=True)
def a_good_deployment(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.POLYGON_API_KEY = settings.FMP_API_KEY = "a key"
    settings.MARKET_CLOCK, settings.DEMO = "wall", False
    monkeypatch.setattr(schedule, "SCHEDULE", (Entry(name="tick", task="sectors.tick", every_s=60),))


def test_a_good_deployment_is_silent() -> None:
    assert ids(deploy=True) == set()


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("CELERY_BEAT_SCHEDULE", {"tick": {"task": "sectors.tick", "schedule": 60}}, "sectorlight.E001"),
        ("CHANNEL_LAYERS", {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}}, "sectorlight.E002"),
        ("CHANNEL_LAYERS", {}, "sectorlight.E002"),
    ],
)
def test_settings_that_break_it(settings: Any, name: str, value: Any, found: str) -> None:
    setattr(settings, name, value)
    assert ids() == {found}


@pytest.mark.parametrize("database", [{"CONN_MAX_AGE": 60, "OPTIONS": {"pool": True}}, {"OPTIONS": {}}, {}])
def test_connections_that_leak(monkeypatch: pytest.MonkeyPatch, database: dict[str, Any]) -> None:
    monkeypatch.setattr(checks.settings, "DATABASES", {"default": database})
    assert [message.id for message in checks.check_connections()] == ["sectorlight.E003"]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("POLYGON_API_KEY", "", "sectorlight.W001"),
        ("FMP_API_KEY", "", "sectorlight.W002"),
        ("MARKET_CLOCK", "sessions:...", "sectorlight.W003"),
        ("DEMO", True, "sectorlight.W004"),
    ],
)
def test_deployments_that_deserve_a_look(settings: Any, name: str, value: Any, found: str) -> None:
    setattr(settings, name, value)
    assert ids(deploy=True) == {found}
    assert ids() == set()


def test_the_products_own_schedule_names_jobs_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "SCHEDULE", OWN_SCHEDULE)
    assert checks.check_schedule_lines() == []


def test_a_schedule_that_names_a_job_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "SCHEDULE", (Entry(name="ghost", job="universe.ghost", every_s=60),))
    assert ids() == {"sectorlight.W005"}
    assert "'ghost'" in checks.check_schedule_lines()[0].msg
