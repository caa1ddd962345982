"""The hourly pass over 1,500 names against its own bars summed in the server, and the kernels against one sort."""

from __future__ import annotations

import itertools

import numpy as np
from django.db import connection

from sentiment_site.market import calendar, clock
from themes.heat.passes import run_pass
from themes.heat.slots import list_stamps
from themes.kernels.temperature import HourInputs, cold_start, compute_hour_norms, hold_levels
from themes.models import StockVerdict, TemperaturePass, TemperatureReading, ThemeAlert

from .harness import in_turns, judge, time_ms
from .world import MEMBERS, MORNING, TODAY, World, store_half_hours

SESSIONS = 21


def test_the_hourly_pass(world: World) -> None:
    """Bars of 21 sessions to rows: tape, norms, levels, squeeze, advice, verdicts, everything but the announcement."""
    assert TODAY is not None
    before = calendar.recent_sessions(calendar.shift(TODAY.date, -1).close, SESSIONS)
    stored = {start.astimezone(calendar.NEW_YORK).date() for start in world.starts}
    missing = [start for day in before if day.date not in stored for start in calendar.bar_starts(day)]
    store_half_hours(world.members, tuple(missing), world.source)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bar_30m")
    slots = [slot for slot in list_stamps(TODAY) if slot.bars > 0 and slot.at <= MORNING]
    turns = itertools.cycle(slots)
    since = calendar.bar_starts(before[0])[0]

    def read() -> None:
        for model in (TemperaturePass, TemperatureReading, StockVerdict, ThemeAlert):
            model.objects.all().delete()
        with clock.frozen(MORNING):
            done = run_pass(next(turns))
        assert done is not None
        assert done.stocks == MEMBERS

    def aggregate() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT instrument_id, sum(volume), sum(close) FROM bar_30m WHERE instrument_id = ANY(%s) AND ts >= %s"
                " GROUP BY 1",
                [world.members.tolist(), since],
            )

    judge("H9", lambda: in_turns(lambda: time_ms(read), lambda: time_ms(aggregate)))


def test_the_kernels() -> None:
    g = np.random.default_rng(4)
    changes, volumes = g.normal(0, 1, (MEMBERS, 20)), g.lognormal(10, 1, (MEMBERS, 20))
    state = cold_start(MEMBERS)

    def read() -> None:
        norms = compute_hour_norms(changes, volumes)
        inputs = HourInputs(changes[:, -1], volumes[:, -1] / norms.typical_volume, norms.sigma, norms.volume_sessions)
        hold_levels(state, inputs)

    judge("H9b", lambda: in_turns(lambda: time_ms(read), lambda: time_ms(lambda: np.sort(volumes)), repeats=20))
