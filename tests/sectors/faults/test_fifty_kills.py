"""Fifty workers killed with -9 at random points of an analysis, while readers never stop looking at the grid.

Each run's prices stand for its number: analysis k sees every stock up by k tenths of a percent. So a grid that mixed
two runs, or held half of one, would show it in its percentages.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from sectors import publish, selectors
from sectors.cards import Grid
from sectors.models import SectorReading, SectorRun
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTORS
from tests.factories import ALL_SYMBOLS, make_market
from tests.sectors.conftest import TEN, THURSDAY, analyse

ROOT = Path(__file__).resolve().parents[3]
AT = TEN + timedelta(minutes=61)
KILLS = 50
MOST_ATTEMPTS = 120
PARTIAL = "technology"
SEED = 20260821
# One process loads everything once and forks a worker per line of its input: its number, "whole" or "partial", and the
# seconds after which to kill it (or "never"). It answers the worker's status. Only the workers speak to the servers.
SCRIPT = """
import os, signal, sys, time
from datetime import datetime, timedelta
import django
django.setup()
from django.template.loader import get_template
from django.urls import reverse
from sectors import pipeline, publish
from sentiment_site.market import calendar, clock
start = datetime.fromisoformat(sys.argv[1])
calendar.last_session(start)
get_template(publish.TEMPLATE)
reverse("sectors:grid")
print("ready", flush=True)
for line in sys.stdin:
    number, kind, delay = line.split()
    pid = os.fork()
    if pid == 0:
        with clock.frozen(start + timedelta(seconds=int(number))):
            pipeline.run_analysis(trigger="manual", fetch=False, only=None if kind == "whole" else [sys.argv[2]])
        os._exit(0)
    if delay != "never":
        time.sleep(float(delay))
        os.kill(pid, signal.SIGKILL)  # one that is over waits to be asked for its status, so the pid is still its own
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


class Workers:
    """The process that forks the workers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert self.line() == "ready"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def run(self, number: int, kind: str, kill_after_s: float | None = None) -> int:
        """One analysis, killed after some time; its exit status."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{number} {kind} {'never' if kill_after_s is None else kill_after_s}\n")
        self.process.stdin.flush()
        return int(self.line())


@contextmanager
def forked_workers() -> Iterator[Workers]:
    values = connection.settings_dict
    address = f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, AT.isoformat(), PARTIAL],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address, "LOG_LEVEL": "ERROR"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Workers(process)
        finally:
            process.kill()


class Reader(threading.Thread):
    """Looks again and again until it is told to stop; what went wrong is in `faults`."""

    def __init__(self, look: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self.look, self.over = look, threading.Event()
        self.looks, self.seen, self.faults = 0, [0], list[str]()

    def run(self) -> None:
        try:
            while not self.over.is_set() and not self.faults:
                seq = self.look()
                self.looks += 1
                if seq < self.seen[-1]:
                    self.faults.append(f"seq went back from {self.seen[-1]} to {seq}")
                elif seq > self.seen[-1]:
                    self.seen.append(seq)
        except AssertionError as fault:
            self.faults.append(str(fault))
        finally:
            connection.close()

    def stop(self) -> None:
        self.over.set()
        self.join(30)
        assert not self.is_alive()


def number_of(run: SectorRun) -> int:
    return round((run.recorded_at - AT).total_seconds())


def check_grid(grid: Grid) -> None:
    """Eight cards: of one whole run, or with those of the newest partial run in place of its own."""
    assert {card.sector for card in grid.cards} == {sector.key for sector in SECTORS}
    assert len(grid.readings) == 8, f"{len(grid.readings)} of 8 sectors in seq {grid.seq}"
    runs = {sector: reading.run for sector, reading in grid.readings.items()}
    others = {run.pk for sector, run in runs.items() if sector != PARTIAL}
    assert len(others) == 1, f"seven sectors of the runs {sorted(others)}"
    (whole,) = {run for sector, run in runs.items() if sector != PARTIAL}
    assert whole.is_whole and runs[PARTIAL].pk >= whole.pk
    assert grid.seq == max(run.pk for run in runs.values())
    for sector, reading in grid.readings.items():
        moved, expected = reading.performance_1day, Decimal(number_of(reading.run)) / 10
        assert moved is not None and abs(moved - expected) < Decimal("0.01"), (
            f"{sector} of run {reading.run_id}: {moved} is not {expected}"
        )


class Pages:
    """What the cache served, by sequence number: always the same."""

    def __init__(self) -> None:
        self.html: dict[int, str] = {}

    def look(self) -> int:
        live = publish.get_live_grid()
        assert f'data-seq="{live.seq}"' in live.html, f"the fragment of seq {live.seq} is another one's"
        held = self.html.setdefault(live.seq, live.html)
        assert held == live.html, f"seq {live.seq} changed"
        return live.seq


def look_at_rows() -> int:
    grid = selectors.get_grid()
    assert grid is not None
    check_grid(grid)
    return grid.seq


def store_prices(analyses: int = MOST_ATTEMPTS + 10) -> None:
    """One half-hour bar with a revision for every analysis, each known at that analysis's second."""
    market = make_market(THURSDAY.date)
    for number in range(analyses):
        with clock.frozen(AT + timedelta(seconds=number)):
            known = AT + timedelta(seconds=number)
            market.store_half_hours(TEN, dict.fromkeys([*ALL_SYMBOLS, "IWM"], 100 + number / 10), recorded_at=known)


def storm(workers: Workers) -> tuple[int, int]:
    """Kill fifty workers; how many analyses there were, and the last one's number."""
    dice, took = random.Random(SEED), []
    for number in (1, 2, 3):
        began = time.perf_counter()
        assert workers.run(number, "whole") == 0
        took.append(time.perf_counter() - began)
    longest = 1.1 * sorted(took)[1]
    killed, number = 0, 3
    while killed < KILLS and number < MOST_ATTEMPTS:
        number += 1
        kind = "partial" if dice.random() < 0.3 else "whole"
        status = workers.run(number, kind, dice.uniform(0, longest))
        assert status in (0, -signal.SIGKILL)
        killed += status != 0
    return killed, number


def check_rows(last: int) -> None:
    """Whatever was saved was saved whole."""
    for run in SectorRun.objects.all():
        readings = list(run.readings.values_list("sector", "formula", "performance_1day"))
        assert len(readings) == (16 if run.is_whole else 2)
        assert {round(moved * 10) for _, _, moved in readings} == {number_of(run)}
        assert number_of(run) <= last
    kept = SectorReading.objects.exclude(run__in=SectorRun.objects.all())
    assert not kept.exists()


def test_fifty_kills_leave_every_grid_whole() -> None:
    store_prices()
    with clock.frozen(AT):
        analyse()
    pages = Pages()
    readers = [Reader(look_at_rows), Reader(pages.look)]
    with forked_workers() as workers:
        for reader in readers:
            reader.start()
        killed, last = storm(workers)
        publish.republish_missed()
        completed = workers.run(last + 1, "whole")
        time.sleep(0.1)
        for reader in readers:
            reader.stop()
    assert [reader.faults for reader in readers] == [[], []]
    assert (killed, completed) == (KILLS, 0)
    newest = SectorRun.objects.latest()
    assert (number_of(newest), newest.readings.count()) == (last + 1, 16)
    assert publish.get_live_grid().seq == readers[0].seen[-1] == newest.pk
    check_rows(last + 1)
    saved = SectorRun.objects.count()
    assert 5 < saved < last  # some died before their commit, some after it or not at all
    assert all(reader.looks > 100 and len(reader.seen) > 5 for reader in readers)
    for seq, html in pages.html.items():
        at = SectorRun.objects.get(pk=seq).recorded_at
        assert publish.render_grid(selectors.get_grid(at)) == html
    print(f"{killed} of {last} killed, {saved} saved, looks {[reader.looks for reader in readers]}")


def test_a_whole_run_saved_while_the_grid_is_read_leaves_no_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the storm found: the newest run was partial, and before the whole ones were asked for there was a newer."""
    store_prices(4)
    for number, only in ((0, None), (1, [PARTIAL])):
        with clock.frozen(AT + timedelta(seconds=number)):
            analyse(only=only)
    honest, asked = selectors.list_runs, []

    def saved_meanwhile(*arguments: Any) -> Any:
        asked.append(arguments)
        if len(asked) == 2:
            with monkeypatch.context() as undisturbed, clock.frozen(AT + timedelta(seconds=2)):
                undisturbed.setattr(selectors, "list_runs", honest)
                analyse()
        return honest(*arguments)

    monkeypatch.setattr(selectors, "list_runs", saved_meanwhile)
    grid = selectors.get_grid()
    monkeypatch.undo()
    assert grid is not None
    check_grid(grid)
    assert SectorRun.objects.latest().pk > grid.seq
