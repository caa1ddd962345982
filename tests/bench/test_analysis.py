"""The analysis of 1,500 stocks: the eight kernels against a logarithm, the whole run from database to database."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
from django.db import connection

from sectors.kernels.sector import score_sector
from sectors.models import SectorRun
from sectors.pipeline import run_analysis
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTORS
from tests.sectors.kernels.sample import make_inputs

from .harness import best_ms, in_turns, judge, time_ms
from .world import MEMBERS, MORNING, World

SESSIONS_READ = 63


def test_the_eight_scores() -> None:
    sizes = [MEMBERS // 8 + (place < MEMBERS % 8) for place in range(8)]
    sectors = [
        make_inputs(n=size, seed=place, sector=sector.key)
        for place, (sector, size) in enumerate(zip(SECTORS, sizes, strict=True))
    ]
    assert sum(len(each.symbols) for each in sectors) == MEMBERS
    matrix = np.random.default_rng(2).uniform(1.0, 100.0, (MEMBERS, 30))

    def score() -> None:
        for inputs in sectors:
            assert score_sector(inputs).status == "ok"

    judge("C5", lambda: in_turns(lambda: time_ms(score), lambda: best_ms(lambda: np.log(matrix), 20), repeats=10))


def test_the_whole_analysis(world: World) -> None:
    """Loads 63 sessions and a week of half-hours of 1,500 stocks, scores, saves, renders and announces."""
    first = world.sessions[-SESSIONS_READ + 1].date
    bounds = [dt.datetime(first.year, first.month, first.day, tzinfo=dt.UTC), world.starts[0]]
    moments = itertools.count(1)

    def analyse() -> SectorRun:
        with clock.frozen(MORNING + dt.timedelta(seconds=next(moments))):
            run = run_analysis(trigger=SectorRun.Trigger.MANUAL, fetch=False)
        assert isinstance(run, SectorRun)
        return run

    def aggregate() -> None:
        with connection.cursor() as cursor:
            for table, start in zip(("bar_1d", "bar_30m"), bounds, strict=True):
                cursor.execute(
                    f"SELECT count(*), sum(close), sum(volume) FROM {table}"
                    " WHERE instrument_id = ANY(%s) AND ts >= %s AND recorded_at <= %s",
                    [world.members.tolist(), start, MORNING],
                )

    run = analyse()
    assert run.members == MEMBERS
    assert set(run.readings.values_list("status", flat=True)) == {"ok"}
    judge("A1", lambda: in_turns(lambda: time_ms(analyse), lambda: time_ms(aggregate), repeats=3))
