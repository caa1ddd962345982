"""Health: 200 when it works, 503 with the failing part named, and nothing that a stranger should not read."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from sentiment_site import health
from sentiment_site.providers.errors import Upstream
from sentiment_site.providers.gates import BreakerRule
from sentiment_site.providers.limits import Limits, vendor_state

# Not inside a test's transaction: the checks look with connections of their own.
pytestmark = pytest.mark.django_db(transaction=True)


def get(path: str) -> tuple[int, dict[str, Any]]:
    response = Client().get(path, secure=True)
    assert "no-cache" in response["Cache-Control"]
    return response.status_code, response.json()


@pytest.fixture
def polygon(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A vendor of this test's own, so that tests beside it do not meet; its limits with a breaker of two failures."""
    name = f"test-{secrets.token_hex(4)}"
    monkeypatch.setattr(health, "vendor_state", lambda _, client: vendor_state(name, client))
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        rule = BreakerRule(threshold=2, cooldown_s=60)
        yield Limits(name, rate_per_s=100, burst=10, longest_wait_s=1, breaker=rule, client=client)
        client.delete(*client.keys(f"providers:{name}:*") or ["-"])


def fail(limits: Limits) -> None:
    with pytest.raises(Upstream), limits.call():
        raise Upstream(limits.vendor, "apiKey=verysecret", status=500, endpoint="/v3/x")


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/health", {"database", "redis", "polygon"}),
        ("/health/database", {"database"}),
        ("/health/redis", {"redis"}),
        ("/health/polygon", {"polygon"}),
        ("/health/coingecko", {"coingecko"}),
        ("/health/ready", {"database", "migrations", "redis"}),
    ],
)
def test_everything_answers(path: str, parts: set[str], polygon: Limits) -> None:
    status, body = get(path)
    assert (status, body["status"], body["failing"]) == (200, "ok", [])
    assert set(body["checks"]) == parts
    assert all(check["status"] == "ok" and 0 <= check["seconds"] < 5 for check in body["checks"].values())


def test_redis_away(settings: Any, polygon: Limits) -> None:
    settings.REDIS_URL = "redis://:verysecret@127.0.0.1:1/0"
    status, body = get("/health")
    assert (status, body["failing"]) == (503, ["redis", "polygon"])
    assert body["checks"]["redis"]["reason"] == "does not answer (ConnectionError)"
    assert body["checks"]["polygon"]["reason"].startswith("unknown: redis does not answer")
    assert get("/health/ready")[1]["failing"] == ["redis"]
    assert get("/health/database")[0] == 200


def test_database_away(monkeypatch: pytest.MonkeyPatch, polygon: Limits) -> None:
    right = connection.get_connection_params()
    monkeypatch.setattr(
        type(connections["default"]), "get_connection_params", lambda _: right | {"port": 1, "password": "verysecret"}
    )
    began = time.monotonic()
    status, body = get("/health")
    assert (status, body["failing"]) == (503, ["database"])
    assert body["checks"]["database"]["reason"] == "does not answer (OperationalError)"
    assert get("/health/ready")[1]["failing"] == ["database", "migrations"]
    assert time.monotonic() - began < 5
    assert "verysecret" not in str(body)


def test_a_migration_that_is_not_applied_is_named() -> None:
    row = MigrationRecorder.Migration.objects.get(app="jobs", name="0001_initial")
    row.delete()
    try:
        status, body = get("/health/ready")
    finally:
        MigrationRecorder.Migration.objects.create(app="jobs", name="0001_initial")
    assert (status, body["failing"]) == (503, ["migrations"])
    assert body["checks"]["migrations"]["reason"] == "not applied: jobs.0001_initial"


def test_a_vendor_in_trouble_is_told_without_its_words(polygon: Limits) -> None:
    with polygon.call():
        pass
    assert get("/health/polygon")[0] == 200
    fail(polygon)
    status, body = get("/health/polygon")
    assert (status, body["failing"]) == (503, ["polygon"])
    assert "breaker closed; last success 20" in body["checks"]["polygon"]["reason"]
    fail(polygon)
    reason = get("/health")[1]["checks"]["polygon"]["reason"]
    assert reason.startswith("breaker open; last success 20")
    assert reason.endswith(": Upstream")
    assert "verysecret" not in reason


def test_a_vendor_that_never_answered(polygon: Limits) -> None:
    fail(polygon)
    assert "no success yet; last failure 20" in get("/health/polygon")[1]["checks"]["polygon"]["reason"]


def test_other_forms_and_wrong_methods(polygon: Limits, settings: Any) -> None:
    client = Client()
    assert client.get("/health?format=text", secure=True).content == b"database: OK\nredis: OK\npolygon: OK\n"
    metrics = client.get("/health?format=openmetrics", secure=True).content.decode()
    assert 'django_health_check_status{check="database"} 1' in metrics
    assert client.head("/health", secure=True).status_code == 200
    assert client.post("/health", secure=True).status_code == 405


def test_a_load_balancer_without_https_is_not_redirected(polygon: Limits) -> None:
    assert Client().get("/health/ready", secure=False).status_code == 200
