"""The screening of the whole market for a session: load what was known, decide, save in one transaction.

    readings, bars --> Inputs --> Decision --> UniverseRun, Membership, Classification, SectorProfile
       load_             compute_                              save_

A run sees only what its session and the market clock allow: bars and readings of the session or earlier that were
recorded by now. So it gives the same result live, in a replay, and recomputed later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection

from sentiment_site.market import calendar, clock
from sentiment_site.market.sectors import BENCHMARK, SECTORS

from . import bars, readings, runs, selectors
from .bars.tables import DailyPanel, session_ms, to_moment
from .kernels.classification import Sector, classify_stock
from .kernels.correlation import classify_by_correlation, compute_partial_correlations, compute_returns
from .kernels.profiling import compute_gap_frequency
from .kernels.rules import Rules, parse_rules
from .kernels.screening import Candidates, Screening, screen
from .models import ScreeningProfile, UniverseRun

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[float, str], None]

PANEL_SESSIONS = 60
# Below this share of the stocks that traded on the sessions before, a session's bars are not all there yet.
LEAST_SHARE_OF_BARS = 0.5


class NotEnoughBars(Exception):
    """The session's bars have not arrived, or only a part of them."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a screening looks at, as known at `known_at`; arrays have one entry per instrument of `listing`."""

    session: calendar.Session
    known_at: dt.datetime
    profile: ScreeningProfile
    rules: Rules
    previous: UniverseRun | None
    listing: readings.Listing
    panel: DailyPanel
    etfs: dict[str, FloatArray]  # symbol: closes over the panel's sessions
    reference: readings.Reference
    floats: readings.Dated
    short_interest: readings.Dated
    quarantined: frozenset[int]
    overrides: readings.Overrides
    source_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Decision:
    """What came out: the screening, the sectors with their evidence, and figures beside the rules."""

    screening: Screening
    sectors: tuple[Sector, ...]
    gap_frequency: FloatArray
    short_percent: FloatArray


def refresh_universe(
    session: dt.date | None = None,
    profile: str | None = None,
    progress: Progress | None = None,
    job_run_id: int | None = None,
) -> UniverseRun:
    """Screen the market for a session (default: the last closed one) with the newest version of a profile.

    profile: its name, default the setting UNIVERSE_PROFILE. Raises NotEnoughBars when the session's bars are not there,
    ValueError for a day without a session or one that has not closed, LookupError for an unknown profile.
    """
    say = progress or _silent
    say(0, "loading")
    inputs = load_inputs(_closed_session(session), profile or settings.UNIVERSE_PROFILE, clock.now())
    say(50, "screening")
    decision = compute_decision(inputs)
    say(80, "saving")
    run = runs.save_run(inputs, decision, job_run_id)
    say(100, "done")
    return run


def _silent(percent: float, phase: str) -> None:
    """Progress that nobody watches."""


def _closed_session(date: dt.date | None) -> calendar.Session:
    now = clock.now()
    if date is None:
        return calendar.last_closed_session(now)
    session = calendar.session_on(date)
    if session is None:
        raise ValueError(f"{date} is no trading day")
    if session.close > now:
        raise ValueError(f"the session of {date} has not closed yet")
    return session


def load_inputs(session: calendar.Session, profile_name: str, known_at: dt.datetime) -> Inputs:
    """Read what a screening needs. Raises NotEnoughBars, and LookupError for an unknown profile."""
    profile = selectors.latest_profile(profile_name)
    rules = parse_rules(profile.rules)
    previous = selectors.previous_run(session.date, known_at)
    members = previous.memberships.filter(eligible=True).values_list("instrument_id", flat=True) if previous else ()
    listing = readings.load_listing(session.date, known_at, also=list(members))
    sessions = [each.date for each in calendar.recent_sessions(session.close, PANEL_SESSIONS)]
    etf_ids = selectors.benchmark_ids()
    ids = np.array([*listing.ids.tolist(), *etf_ids.values()], dtype=np.int32)
    panel = bars.load_daily(ids, sessions, known_at=known_at)
    stocks = len(listing.ids)
    _check_bars(panel.close[:stocks], session.date)
    reference = readings.load_reference(listing.ids, session.date, known_at)
    floats = readings.load_floats(listing.ids, session.date, known_at)
    short_interest = readings.load_short_interest(listing.ids, session.date, known_at)
    window_start = sessions[-rules.volume_sessions :][0]
    return Inputs(
        session=session,
        known_at=known_at,
        profile=profile,
        rules=rules,
        previous=previous,
        listing=listing,
        panel=_first_rows(panel, stocks),
        etfs={symbol: panel.close[stocks + place].astype(np.float64) for place, symbol in enumerate(etf_ids)},
        reference=reference,
        floats=floats,
        short_interest=short_interest,
        quarantined=readings.load_quarantined(session.date, window_start, known_at),
        overrides=readings.load_overrides(known_at),
        source_ids=reference.source_ids
        | floats.source_ids
        | short_interest.source_ids
        | _bar_sources(session.date, known_at),
    )


def _check_bars(close: npt.NDArray[np.float32], session: dt.date) -> None:
    traded = np.isfinite(close).sum(axis=0)
    usual = int(traded[-6:-1].max(initial=0))
    if not traded[-1] or traded[-1] < LEAST_SHARE_OF_BARS * usual:
        raise NotEnoughBars(f"{session}: bars of {traded[-1]:,} stocks, of {usual:,} on the sessions before")


def _first_rows(panel: DailyPanel, rows: int) -> DailyPanel:
    return DailyPanel(
        panel.instrument_ids[:rows],
        panel.sessions,
        panel.open[:rows],
        panel.high[:rows],
        panel.low[:rows],
        panel.close[:rows],
        panel.volume[:rows],
    )


def _bar_sources(session: dt.date, known_at: dt.datetime) -> frozenset[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT source_id FROM bar_1d WHERE ts = %s AND recorded_at <= %s",
            [to_moment(session_ms(session)), known_at],
        )
        return frozenset(source_id for (source_id,) in cursor.fetchall())


def compute_decision(inputs: Inputs) -> Decision:
    """Classify, screen and profile. Pure: the same inputs give the same decision."""
    sectors = tuple(_classify(inputs))
    screening = screen(_candidates(inputs, sectors), inputs.rules)
    known_float = np.where(screening.free_float > 0, screening.free_float, np.nan)
    return Decision(
        screening=screening,
        sectors=sectors,
        gap_frequency=compute_gap_frequency(inputs.panel.open, inputs.panel.close),
        short_percent=100.0 * inputs.short_interest.values / known_float,
    )


def _classify(inputs: Inputs) -> Iterator[Sector]:
    listing, reference = inputs.listing, inputs.reference
    best, strength = _etf_votes(inputs)
    for place, (pk, symbol) in enumerate(zip(listing.ids.tolist(), listing.symbols, strict=True)):
        voted = SECTORS[best[place]] if best[place] >= 0 else None
        yield classify_stock(
            symbol,
            vendor_sector=reference.vendor_sectors[place],
            industry=reference.industries[place],
            sic_code=reference.sic_codes[place],
            etf=voted.etf if voted else "",
            etf_sector=voted.key if voted else "",
            etf_correlation=float(strength[place]) if voted else 0.0,
            override=inputs.overrides.sectors.get(pk, ""),
        )


def _etf_votes(inputs: Inputs) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Which of SECTORS each stock moves with (-1: none clearly) and how strongly; silent without IWM or the ETFs."""
    unknown = np.full(len(inputs.panel.sessions), np.nan)
    etfs = np.array([inputs.etfs.get(sector.etf, unknown) for sector in SECTORS])
    market = inputs.etfs.get(BENCHMARK, unknown)
    partial = compute_partial_correlations(
        compute_returns(inputs.panel.close), compute_returns(etfs), compute_returns(market)
    )
    return classify_by_correlation(partial)


def _candidates(inputs: Inputs, sectors: tuple[Sector, ...]) -> Candidates:
    listing, panel, reference = inputs.listing, inputs.panel, inputs.reference
    ids = listing.ids.tolist()
    # float32 prices back to the cent they were quoted in: 5.20 must not become 5.1999998 at a bound
    close: FloatArray = np.asarray(np.round(panel.close.astype(np.float64), 4), dtype=np.float64)
    traded = np.isfinite(close[:, -1]) & ~(panel.volume[:, -1] == 0)
    return Candidates(
        listed=listing.listed,
        name=listing.names,
        kind=listing.kinds,
        exchange=listing.exchanges,
        sic_code=reference.sic_codes,
        industry=reference.industries,
        sector=[sector.sector for sector in sectors],
        price=np.where(traded, close[:, -1], np.nan),
        vendor_cap=reference.market_cap,
        close_at_cap=_close_on(close, panel.sessions, reference.cap_on),
        shares=reference.shares,
        volume=panel.volume,
        free_float=inputs.floats.values,
        quarantined=np.array([pk in inputs.quarantined for pk in ids], dtype=bool),
        include=np.array([pk in inputs.overrides.include for pk in ids], dtype=bool),
        exclude=np.array([pk in inputs.overrides.exclude for pk in ids], dtype=bool),
    )


def _close_on(close: FloatArray, sessions: tuple[dt.date, ...], days: npt.NDArray[np.datetime64]) -> FloatArray:
    """Close of the last session up to each stock's day (n,); NaN before the panel or for an unknown day."""
    dates = np.array(sessions, dtype="datetime64[D]")
    column = np.searchsorted(dates, days, side="right") - 1
    inside = ~np.isnat(days) & (column >= 0)
    return np.where(inside, close[np.arange(len(close)), np.where(inside, column, 0)], np.nan)
