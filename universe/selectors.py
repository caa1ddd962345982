"""Reads of the universe: the run in force at a moment, its members as arrays, weights, profiles, rows for pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import F, QuerySet

from sentiment_site.market import clock

from .catalysts.selectors import (
    CatalystEvent,
    Document,
    get_documents,
    halts_at,
    has_catalyst_feed,
    list_catalysts,
    threshold_listed_at,
)
from .kernels.weights import STATIC_WEIGHTS
from .models import DataSource, Instrument, Membership, ScreeningProfile, SectorProfile, UniverseRun
from .readings import load_overrides
from .stocks import Doubt, Match, StockFacts, get_evidence, get_stock_facts, search_stocks

__all__ = [
    "CatalystEvent",
    "Document",
    "Doubt",
    "Match",
    "MemberTable",
    "StockFacts",
    "age_of",
    "benchmark_ids",
    "current_run",
    "get_documents",
    "get_evidence",
    "get_membership",
    "get_sector_weights",
    "get_stock_facts",
    "halts_at",
    "has_catalyst_feed",
    "latest_profile",
    "list_catalysts",
    "list_changes",
    "list_members",
    "list_runs",
    "previous_run",
    "search_stocks",
    "sector_profiles",
    "source_by_id",
    "threshold_listed_at",
]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MemberTable:
    """The members of a run, one entry each, by instrument id. Money in dollars, NaN where unknown.

    short_percent: percent of the float; gap_frequency: share of sessions that opened 5 % or more away, 0..1;
    listed_on: None where unknown.
    """

    instrument_ids: npt.NDArray[np.int32]
    symbols: tuple[str, ...]
    sectors: tuple[str, ...]
    tiers: tuple[str, ...]
    sector_confidence: FloatArray
    market_cap: FloatArray
    price: FloatArray
    average_volume: FloatArray
    free_float: FloatArray
    short_percent: FloatArray
    gap_frequency: FloatArray
    listed_on: tuple[dt.date | None, ...]

    def __len__(self) -> int:
        return len(self.symbols)


def current_run(as_of: dt.datetime | None = None) -> UniverseRun | None:
    """The run of the newest session; with `as_of` the newest that was known at that moment. None before the first."""
    runs = UniverseRun.objects.select_related("profile")
    if as_of is not None:
        runs = runs.filter(as_of__lte=as_of, recorded_at__lte=as_of)
    return runs.order_by("-session", "-recorded_at", "-pk").first()


def previous_run(session: dt.date, known_at: dt.datetime) -> UniverseRun | None:
    """The run that one for `session` is compared with: the newest known of that session or an earlier one."""
    runs = UniverseRun.objects.filter(session__lte=session, recorded_at__lte=known_at).select_related("profile")
    return runs.order_by("-session", "-recorded_at", "-pk").first()


def list_members(run: UniverseRun) -> MemberTable:
    """The eligible stocks of a run as arrays."""
    fields = (
        "instrument_id",
        "instrument__symbol",
        "sector",
        "tier",
        "instrument__listed_on",
        "sector_confidence",
        "market_cap",
        "price",
        "average_volume",
        "free_float",
        "short_percent",
        "gap_frequency",
    )
    rows = list(run.memberships.filter(eligible=True).order_by("instrument_id").values_list(*fields))
    ids, symbols, sectors, tiers, listed, *figures = zip(*rows, strict=True) if rows else ((),) * len(fields)
    sure, cap, price, volume, free_float, short, gaps = (np.array(each, dtype=float) for each in figures)
    identity = np.array(ids, dtype=np.int32), symbols, sectors, tiers
    return MemberTable(*identity, sure, cap, price, volume, free_float, short, gaps, listed)


def benchmark_ids() -> dict[str, int]:
    """Symbol to instrument id of IWM and the eight sector ETFs, as far as they are there."""
    roles = [Instrument.Role.BENCHMARK, Instrument.Role.SECTOR_ETF]
    rows = Instrument.objects.filter(role__in=roles, delisted_on__isnull=True)
    return dict(rows.values_list("symbol", "pk"))


def get_sector_weights(at: dt.datetime) -> dict[str, float]:
    """Volatility weight per sector: the static table with the operators' WEIGHT overrides in force at a moment.

    The modes dynamic and hybrid build on it with `SectorProfile.daily_volatility` (sectors.kernels).
    """
    return STATIC_WEIGHTS | load_overrides(at).weights


def sector_profiles(run: UniverseRun) -> dict[str, SectorProfile]:
    """The run's sector profiles by sector key."""
    return {profile.sector: profile for profile in run.sector_profiles.all()}


def source_by_id() -> dict[int, DataSource]:
    """All data sources by id."""
    return {source.pk: source for source in DataSource.objects.all()}


def latest_profile(name: str) -> ScreeningProfile:
    """The newest version of a profile. LookupError naming those that exist."""
    profile = ScreeningProfile.objects.filter(name=name).order_by("-version").first()
    if profile is None:
        names = sorted(set(ScreeningProfile.objects.values_list("name", flat=True)))
        raise LookupError(f"no screening profile is called {name!r}; there are: {', '.join(names) or 'none'}")
    return profile


def list_runs(as_of: dt.datetime | None = None) -> QuerySet[UniverseRun]:
    """Runs, newest session first; with `as_of` those known at that moment."""
    runs = UniverseRun.objects.select_related("profile").order_by("-session", "-recorded_at", "-pk")
    return runs if as_of is None else runs.filter(as_of__lte=as_of, recorded_at__lte=as_of)


def list_changes(run: UniverseRun) -> QuerySet[Membership]:
    """Who joined and left with a run, joined first, by symbol."""
    return run.memberships.exclude(change="").select_related("instrument").order_by("change", "instrument__symbol")


def get_membership(run: UniverseRun, symbol: str) -> Membership | None:
    """What a run decided about the listed bearer of a symbol (case matters: KIMpL); None if it did not look at it."""
    rows = run.memberships.filter(instrument__symbol=symbol).select_related("instrument")
    return rows.order_by(F("instrument__delisted_on").desc(nulls_first=True), "-pk").first()


def age_of(run: UniverseRun) -> dt.timedelta:
    """Market time since the newest input of a run."""
    return clock.now() - run.as_of
