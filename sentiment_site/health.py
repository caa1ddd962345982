"""Is it alive: /health and, for each part, /health/database, redis, polygon, coingecko, cache, ready.

JSON, 200 when every part answers and 503 with the failing parts named otherwise; open to anonymous callers, so no
address, account or key is shown. `?format=text` and `?format=openmetrics` are django-health-check's own forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache as remembered
from typing import Any

import psycopg
import redis
import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from health_check import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning
from health_check.views import HealthCheckView
from redis.backoff import NoBackoff
from redis.retry import Retry

from sectors import cache
from sentiment_site.providers.limits import VendorState, vendor_state

logger = structlog.get_logger(__name__)

CONNECT_S = 3
UNAVAILABLE = 503


class NamedCheck(HealthCheck):  # type: ignore[misc]  # no types
    """A check that is shown under a plain name."""

    name = ""
    detail: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return self.name

    @property
    def labels(self) -> dict[str, str]:
        """The name, for openmetrics."""
        return {"check": self.name}


@dataclass(repr=False)
class DatabaseCheck(NamedCheck):
    """PostgreSQL answers a statement, over a connection of its own: a full pool is not a dead server."""

    name = "database"

    def run(self) -> None:
        """Raises ServiceUnavailable without the server's address."""
        _ask_database("SELECT 1")


@dataclass(repr=False)
class RedisCheck(NamedCheck):
    """Valkey answers PING."""

    name = "redis"

    def run(self) -> None:
        """Raises ServiceUnavailable without the server's address."""
        with _redis() as client:
            try:
                client.ping()
            except (redis.RedisError, OSError) as error:
                raise ServiceUnavailable(f"does not answer ({type(error).__name__})") from error


class VendorCheck(NamedCheck):
    """What the workers last saw of a vendor. Nothing is called; a vendor that was never asked is no failure."""

    def run(self) -> None:
        """Raises ServiceWarning with what is known when the newest answer was a failure."""
        with _redis() as client:
            try:
                state = vendor_state(self.name, client)
            except (redis.RedisError, OSError) as error:
                raise ServiceUnavailable(f"unknown: redis does not answer ({type(error).__name__})") from error
        if state.healthy is False:
            raise ServiceWarning(_describe(state))


@dataclass(repr=False)
class PolygonCheck(VendorCheck):
    """Massive: prices and the listing."""

    name = "polygon"


@dataclass(repr=False)
class CoinGeckoCheck(VendorCheck):
    """CoinGecko: the crypto market. Not a part of /health: another source takes over when it fails."""

    name = "coingecko"


@dataclass(repr=False)
class MigrationsCheck(NamedCheck):
    """Every migration of this code is applied: a new version waits with traffic until it is."""

    name = "migrations"

    def run(self) -> None:
        """Raises ServiceUnavailable naming what is missing."""
        applied = {(str(app), str(name)) for app, name in _ask_database("SELECT app, name FROM django_migrations")}
        missing = sorted(_newest_migrations() - applied)
        if missing:
            raise ServiceUnavailable("not applied: " + ", ".join(f"{app}.{name}" for app, name in missing))


@dataclass(repr=False)
class CacheCheck(NamedCheck):
    """How often the sectors' cache had what was asked for today (UTC), by kind. A low rate is no failure."""

    name = "cache"

    def run(self) -> None:
        """Raises ServiceUnavailable when the counts cannot be read."""
        try:
            counts = cache.read_counts()
        except (redis.RedisError, OSError) as error:
            raise ServiceUnavailable(f"unknown: redis does not answer ({type(error).__name__})") from error
        self.detail = {
            each.kind: {
                "hits": each.hits,
                "misses": each.misses,
                "rate": None if each.rate is None else round(each.rate, 4),
            }
            for each in counts
        }


class HealthView(HealthCheckView):  # type: ignore[misc]  # no types
    """JSON unless another format is asked for, and 503 instead of 500: it is a state, not a bug."""

    http_method_names = ["get", "head", "options"]

    async def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run the checks beside each other."""
        if "format" not in request.GET:
            asked = request.GET.copy()
            asked["format"] = "json"
            request.GET = asked  # type: ignore[assignment]
        response: HttpResponse = await super().get(request, *args, **kwargs)
        if response.status_code == 500:
            response.status_code = UNAVAILABLE
        return response

    def render_to_response_json(self, status: int) -> HttpResponse:
        """{"status": "ok" | "failing", "failing": [names], "checks": {name: {"status", "seconds", ...}}}.

        A failing check says its "reason", one with figures its "detail".
        """
        checks = {}
        for result in self.results:
            checks[result.check.name] = {
                "status": "failing" if result.error else "ok",
                "seconds": round(result.time_taken, 4),
            }
            if result.error:
                checks[result.check.name]["reason"] = result.error.message
            elif result.check.detail is not None:
                checks[result.check.name]["detail"] = result.check.detail
        failing = [name for name, check in checks.items() if check["status"] == "failing"]
        return JsonResponse(
            {"status": "failing" if failing else "ok", "failing": failing, "checks": checks}, status=status
        )


def _redis() -> redis.Redis:
    # A client per question: a health answer must not depend on what a shared pool remembers.
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=CONNECT_S, socket_connect_timeout=CONNECT_S, retry=Retry(NoBackoff(), 0)
    )


def _ask_database(statement: str) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = connection.get_connection_params() | {"connect_timeout": CONNECT_S}
    parameters.pop("cursor_factory", None)
    try:
        with psycopg.connect(**parameters, autocommit=True) as asked:
            asked.execute(f"SET statement_timeout = {CONNECT_S * 1000}")
            return asked.execute(statement.encode()).fetchall()
    except psycopg.Error as error:
        # The error's text holds host and account; the log may know them, the caller may not.
        logger.warning("health: the database does not answer", error=str(error).strip())
        raise ServiceUnavailable(f"does not answer ({type(error).__name__})") from error


@remembered
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of every app in this code; read from disk once."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _describe(state: VendorState) -> str:
    last = f"last success {state.last_success_at:%Y-%m-%d %H:%M:%S} UTC" if state.last_success_at else "no success yet"
    failed = f"last failure {state.last_failure_at:%Y-%m-%d %H:%M:%S} UTC" if state.last_failure_at else "no failure"
    return f"breaker {state.breaker}; {last}; {failed}: {state.last_failure_class}"


def _view(*checks: type[NamedCheck]) -> Any:
    return HealthView.as_view(checks=checks)


urlpatterns = [
    path("health", _view(DatabaseCheck, RedisCheck, PolygonCheck), name="health"),
    path("health/database", _view(DatabaseCheck), name="database"),
    path("health/redis", _view(RedisCheck), name="redis"),
    path("health/polygon", _view(PolygonCheck), name="polygon"),
    path("health/coingecko", _view(CoinGeckoCheck), name="coingecko"),
    path("health/cache", _view(CacheCheck), name="cache"),
    path("health/ready", _view(DatabaseCheck, MigrationsCheck, RedisCheck), name="ready"),
]
