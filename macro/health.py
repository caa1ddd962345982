"""How the collection is doing: ages, failures, missing scans, calls left. Read, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
import structlog
from django.conf import settings
from django.db.models import Count, Q

from macro import selectors
from macro.cards import Freshness, freshness_of
from macro.due import SCAN
from macro.grid import next_slot, slots_between
from macro.models import MacroBootstrap, MacroMarketData, MacroSystemState, Quality
from sentiment_site.jobs.models import ACTIVE, JobRun
from sentiment_site.live.publish import client
from sentiment_site.market import clock
from sentiment_site.providers.budget import calls_key
from sentiment_site.providers.setup import crypto_vendors

logger = structlog.get_logger(__name__)

BOOTSTRAP = "macro.bootstrap"
LOOK_BACK = timedelta(days=30)
BUDGETS = {"coingecko": "COINGECKO_CALLS_PER_DAY", "coinpaprika": "COINPAPRIKA_CALLS_PER_DAY"}


@dataclass(frozen=True, slots=True)
class Vendor:
    """One source as last seen. healthy: None if never asked. calls, budget: of this UTC day; None unknown or none."""

    name: str
    healthy: bool | None
    breaker: str
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str
    calls: int | None
    budget: int | None

    @property
    def left(self) -> int | None:
        """Calls left today."""
        return None if self.calls is None or self.budget is None else max(self.budget - self.calls, 0)


@dataclass(frozen=True, slots=True)
class Scans:
    """The last 30 days, or since the bootstrap. expected, kept: slots of the grid; quarantined: doubted readings."""

    since: datetime | None
    expected: int
    kept: int
    estimated: int
    quarantined: int

    @property
    def missing(self) -> int:
        """Slots without a believed reading."""
        return max(self.expected - self.kept, 0)

    @property
    def loss(self) -> float | None:
        """Share of slots without a believed reading, 0-1; None before the first expected one."""
        return self.missing / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class Health:
    """Everything the operators' panel and /system-health show. reading: the newest believed one."""

    now: datetime
    state: MacroSystemState
    reading: MacroMarketData | None
    freshness: Freshness
    next_scan: datetime
    scans: Scans
    bootstrap: MacroBootstrap | None
    coins_done: int
    coins: int
    active: dict[str, JobRun]
    last: dict[str, JobRun]
    vendors: tuple[Vendor, ...]
    analyst: bool

    @property
    def active_runs(self) -> list[JobRun]:
        """Those that are queued or running."""
        return list(self.active.values())

    @property
    def last_runs(self) -> list[JobRun]:
        """The newest that ended of each."""
        return list(self.last.values())

    @property
    def is_simulated(self) -> bool:
        """Whether the newest reading is the simulator's."""
        return self.reading is not None and self.reading.is_simulated


def load_health() -> Health:
    """The present state. Seven statements at most, and what Valkey remembers of the vendors."""
    now = clock.now()
    state, reading, bootstrap = selectors.get_state(), selectors.latest_reading(), selectors.current_bootstrap()
    coins = _count_coins(bootstrap)
    active, last = _load_runs()
    return Health(
        now=now,
        state=state,
        reading=reading,
        freshness=freshness_of(None if reading is None else reading.event_at, now),
        next_scan=next_slot(now),
        scans=_count_scans(state, now),
        bootstrap=bootstrap,
        coins_done=coins[0],
        coins=coins[1],
        active=active,
        last=last,
        vendors=_load_vendors(),
        analyst=bool(settings.ANTHROPIC_API_KEY),
    )


def _count_scans(state: MacroSystemState, now: datetime) -> Scans:
    """One statement, none before the bootstrap."""
    begun = state.bootstrap_completed_at
    if begun is None:
        return Scans(None, 0, 0, 0, 0)
    since = max(begun, now - LOOK_BACK)
    believed = ~Q(quality=Quality.QUARANTINED)
    rows = MacroMarketData.objects.known_at(now).filter(timestamp__gte=since, timestamp__lte=now)
    counts = rows.aggregate(
        kept=Count("pk", filter=believed),
        estimated=Count("pk", filter=believed & Q(is_estimated=True)),
        quarantined=Count("pk", filter=~believed),
    )
    return Scans(since, len(slots_between(since, now)), counts["kept"], counts["estimated"], counts["quarantined"])


def _count_coins(bootstrap: MacroBootstrap | None) -> tuple[int, int]:
    if bootstrap is None:
        return 0, 0
    counts = bootstrap.coins.aggregate(done=Count("pk", filter=Q(is_done=True)), all=Count("pk"))
    return counts["done"], counts["all"]


def _load_runs() -> tuple[dict[str, JobRun], dict[str, JobRun]]:
    """By job: the run that is queued or under way, and the newest that ended. Two statements."""
    runs = JobRun.objects.filter(name__in=(SCAN, BOOTSTRAP)).defer("lines", "traceback").order_by("name", "-id")
    active = {run.name: run for run in runs.filter(status__in=ACTIVE).distinct("name")}
    return active, {run.name: run for run in runs.exclude(status__in=ACTIVE).distinct("name")}


def _load_vendors() -> tuple[Vendor, ...]:
    today = f"{clock.wall():%Y-%m-%d}"
    return tuple(
        Vendor(
            name=state.vendor,
            healthy=state.healthy,
            breaker=state.breaker,
            last_success_at=state.last_success_at,
            last_failure_at=state.last_failure_at,
            last_failure=state.last_failure,
            calls=_count_calls(state.vendor, today),
            budget=getattr(settings, BUDGETS.get(state.vendor, ""), 0) or None,
        )
        for state in crypto_vendors().states()
    )


def _count_calls(vendor: str, day: str) -> int | None:
    """None for a vendor without a budget, whose calls nobody counts, and with Valkey down."""
    if not getattr(settings, BUDGETS.get(vendor, ""), 0):
        return None
    try:
        held = client().get(calls_key(vendor, day))
    except redis.RedisError as error:
        logger.warning("calls not read: Valkey does not answer", vendor=vendor, error=str(error))
        return None
    return int(held) if isinstance(held, bytes) else 0
