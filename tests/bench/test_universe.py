"""Screening 8,000 names: the kernel against a sort of its arrays, and the whole refresh from database to database."""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.db import connection

from sentiment_site.market import clock
from universe.kernels.rules import COVERAGE, parse_rules
from universe.kernels.screening import Candidates, screen
from universe.models import UniverseRun
from universe.pipeline import refresh_universe

from .harness import best_ms, in_turns, judge, time_ms
from .world import EVENING, MEMBERS, NAMES, SECTOR_WORDS, SESSIONS, World


def make_candidates() -> Candidates:
    """8,000 names of which a good part passes each stage, as the pipeline hands them over."""
    g = np.random.default_rng(1)
    nothing = np.full(NAMES, np.nan)
    return Candidates(
        listed=np.ones(NAMES, dtype=bool),
        name=[f"Name {place} Inc. Common Stock" for place in range(NAMES)],
        kind=["CS" if place % 10 else "PFD" for place in range(NAMES)],
        exchange=[("XNAS", "XNYS", "XASE", "BATS")[place % 4] for place in range(NAMES)],
        sic_code=["7372"] * NAMES,
        industry=["Software"] * NAMES,
        sector=[SECTOR_WORDS[place % 8].lower() for place in range(NAMES)],
        price=np.exp(g.normal(2.5, 1.2, NAMES)),
        vendor_cap=np.exp(g.normal(20, 2, NAMES)),
        close_at_cap=nothing,
        shares=np.exp(g.normal(17.5, 1, NAMES)),
        volume=np.exp(g.normal(13, 1.5, (NAMES, SESSIONS))).astype(np.float32),
        free_float=np.where(np.arange(NAMES) % 5, np.exp(g.normal(17, 1, NAMES)), np.nan),
        quarantined=np.arange(NAMES) % 200 == 7,
        include=np.zeros(NAMES, dtype=bool),
        exclude=np.zeros(NAMES, dtype=bool),
    )


def test_the_screening_kernel() -> None:
    candidates, rules = make_candidates(), parse_rules(COVERAGE)
    floats = (candidates.price, candidates.vendor_cap, candidates.shares, candidates.free_float, candidates.volume)
    result = screen(candidates, rules)
    assert len(result.reasons) == NAMES
    assert 0 < result.eligible.sum() < NAMES / 2

    def sort() -> None:
        for values in floats:
            np.sort(values, axis=-1)

    judge(
        "U1", lambda: in_turns(lambda: time_ms(lambda: screen(candidates, rules)), lambda: best_ms(sort, 5), repeats=5)
    )


def test_the_whole_refresh(world: World) -> None:
    """Loads 60 sessions of 8,009 instruments and their readings, decides, saves 8,000 memberships with causes."""
    first, last = world.sessions[-SESSIONS].date, world.sessions[-1].date

    def refresh() -> UniverseRun:
        with clock.frozen(EVENING):
            return refresh_universe(profile="coverage")

    def aggregate() -> None:
        days = [dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) for day in (first, last)]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), sum(open), sum(high), sum(low), sum(close), sum(volume) FROM bar_1d"
                " WHERE ts >= %s AND ts <= %s AND recorded_at <= %s",
                [*days, EVENING],
            )

    run = refresh()
    assert (run.members, run.memberships.count()) == (MEMBERS, NAMES)
    judge("U2", lambda: in_turns(lambda: time_ms(refresh), lambda: best_ms(aggregate, 3)))
