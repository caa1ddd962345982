"""A worker killed with -9 at any point: the old light stays, nothing partial is left, the next run completes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from sectors import publish, selectors
from sectors.models import SectorReading, SectorRun
from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS, make_market
from tests.sectors.conftest import HALF_HOUR, TEN, THURSDAY, analyse

ROOT = Path(__file__).resolve().parents[3]
AT = TEN + timedelta(minutes=61)
# The process kills itself where the named function is about to do its work.
SCRIPT = """
import os, signal, sys
from datetime import datetime
import django
django.setup()
from sectors import pipeline, publish
from sectors.models import SectorReading
from sentiment_site.market import clock
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
places = {
    "before saving": (pipeline, "save_run"),
    "run written, readings not": (pipeline, "build_reading"),
    "everything written, not committed": (publish, "publish_run"),
    "committed, not published": (publish, "_publish"),
    "fragment stored, not announced": (publish, "send_event"),
}
setattr(*places[sys.argv[1]], die)
with clock.frozen(datetime.fromisoformat(sys.argv[2])):
    pipeline.run_analysis(trigger="scheduled", fetch=False)
"""

pytestmark = pytest.mark.django_db(transaction=True)


def kill_at(place: str) -> None:
    values = connection.settings_dict
    address = f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT, place, AT.isoformat()],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr


def publish_first() -> SectorRun:
    """A light at 10:31, and bars for the next one."""
    market = make_market(THURSDAY.date)
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(TEN + timedelta(minutes=31)):
        run = analyse()
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    return run


@pytest.mark.parametrize("place", ["before saving", "run written, readings not", "everything written, not committed"])
def test_before_the_commit_the_old_light_stays_and_nothing_partial_is_left(place: str) -> None:
    first = publish_first()
    before = publish.get_live_grid()
    kill_at(place)
    assert list(SectorRun.objects.all()) == [first]
    assert SectorReading.objects.count() == 16
    assert publish.get_live_grid() == before
    grid = selectors.get_grid()
    assert grid is not None and grid.run == first
    with clock.frozen(AT):
        second = analyse(trigger="scheduled")
    assert second.readings.count() == 16
    assert publish.get_live_grid().seq == second.pk


@pytest.mark.parametrize("place", ["committed, not published", "fragment stored, not announced"])
def test_after_the_commit_the_run_is_whole_and_the_next_tick_publishes_it(place: str) -> None:
    first = publish_first()
    kill_at(place)
    second = SectorRun.objects.latest()
    assert second.pk > first.pk
    assert second.readings.count() == 16
    publish.republish_missed()
    live = publish.get_live_grid()
    assert live.seq == second.pk
    assert f'data-seq="{second.pk}"' in live.html
