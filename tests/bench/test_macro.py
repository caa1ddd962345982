"""The crypto engine on ten years: the kernels alone, from database to database, the three pictures, and the API."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import zlib

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from macro.analysis import run_analysis
from macro.charts.render import HEIGHT, WIDTH, draw_charts
from macro.charts.series import make_charts
from macro.kernels.engine import compute_path
from macro.models import MacroMarketData, MacroSentimentAnalysis
from sentiment_site.live.publish import client
from sentiment_site.market import clock
from tests.macro.kernels.market import make_bars
from tests.macro.stored import NOW, store_market
from tests.macro.world import NOON, SLOT, add_analysis

from .harness import in_turns, judge, time_ms

DAYS, PER_DAY = 3_650, 6
HEALTH = "system-health"


def test_the_kernels() -> None:
    bars = make_bars(DAYS * PER_DAY, PER_DAY, drift=0.001)
    columns = np.stack([bars.btc_price, bars.btc_cap, bars.eth_cap, bars.total_cap, bars.stable_cap])

    def sort() -> None:
        for _ in range(100):
            np.sort(columns)

    judge("R1", lambda: in_turns(lambda: time_ms(lambda: compute_path(bars)), lambda: time_ms(sort), repeats=3))


@pytest.mark.django_db
def test_the_whole_analysis() -> None:
    """Loads ten years of daily rows and 30 scans, runs the engine, saves and announces."""
    store_market(days=DAYS, scans=30, drift=0.001, alts=0.0)
    moments = itertools.count(1)

    def analyse() -> None:
        at = NOW + dt.timedelta(seconds=next(moments))
        with clock.frozen(at):
            assert run_analysis(at, trigger=MacroSentimentAnalysis.Trigger.MANUAL).inputs["rows"] == DAYS + 30

    def aggregate() -> None:
        with connection.cursor() as cursor:
            for _ in range(100):
                cursor.execute(
                    f"SELECT count(*), sum(total_market_cap), sum(btc_price) FROM {MacroMarketData._meta.db_table}"
                    " WHERE recorded_at <= %s",
                    [NOW],
                )

    judge("R2", lambda: in_turns(lambda: time_ms(analyse), lambda: time_ms(aggregate), repeats=3))


def test_the_pictures() -> None:
    charts = make_charts(compute_path(make_bars(DAYS, drift=0.001)))
    bitmap = np.full((HEIGHT, WIDTH, 4), 255, dtype=np.uint8)
    bitmap[::7, :, :3] = 30
    raw = bitmap.tobytes()

    def pack() -> None:
        for _ in range(3):
            zlib.compress(raw, 6)

    judge("R3", lambda: in_turns(lambda: time_ms(lambda: draw_charts(charts)), lambda: time_ms(pack), repeats=2))


@pytest.mark.django_db
def test_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """What anybody may read, with nothing kept from the request before."""
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", dict.fromkeys(("anon", "user", "auth", "demo")))
    for back in reversed(range(500)):
        add_analysis(NOON - back * SLOT)
    stranger, valkey = Client(), client()
    answers: list[object] = []

    def ask() -> None:
        with clock.frozen(NOON + SLOT):
            found = [stranger.get(f"/api/macro-sentiment/{path}") for path in ("status", "history?limit=500", HEALTH)]
        assert [one.status_code for one in found] == [200] * 3
        answers[:] = [one.json() for one in found]

    def forget() -> None:
        for key in valkey.scan_iter("macro:answer:*"):
            valkey.delete(key)

    ask()
    judge("R4", lambda: in_turns(lambda: time_ms(ask, forget), lambda: time_ms(lambda: json.dumps(answers)), repeats=3))
