"""When the jobs are due, and what they say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from sentiment_site.providers.errors import ProviderError
from tests.themes.network.conftest import FRIDAY, OPEN_BAR, THURSDAY, ShowBar, World
from tests.themes.network.test_moves import LEADER, MINUTE
from tests.themes.network.test_settlement import LAST_BAR
from themes.models import SympathyNetwork, SympathyTicket
from themes.network import tasks

NIGHT = THURSDAY.post_close + dt.timedelta(minutes=30)


def publish_light(world: World, as_of: dt.datetime) -> None:
    """A run of all sectors made of bars up to `as_of`."""
    SectorRun.objects.create(
        as_of=as_of, recorded_at=as_of, universe_run=world.market.run, is_whole=True, trigger="manual", members=40,
        is_simulated=True, formula="v2",
    )  # fmt: skip


def run(name: str, moment: dt.datetime, **params: Any) -> JobRun:
    with clock.frozen(moment):
        return run_now(name, params=params)


def test_the_night_is_due_once(world: World) -> None:
    with clock.frozen(NIGHT):
        assert tasks.find_fit_slot(clock.now()) == "2026-08-20"
    done = run(tasks.FIT, NIGHT, history=False)
    assert done.status == "done", done.reason
    assert done.reason.startswith("40 stocks, 50 returns") and "0 with fewer than 46 returns" in done.reason
    with clock.frozen(NIGHT + MINUTE):
        assert tasks.find_fit_slot(clock.now()) is None


@pytest.mark.django_db
def test_without_a_universe_nothing_is_due() -> None:
    assert tasks.find_fit_slot(clock.now()) is None and tasks.find_look_slot(clock.now()) is None
    assert tasks.find_settle_slot(clock.now()) is None
    assert run(tasks.FIT, NIGHT).status == run(tasks.LOOK, NIGHT).status == "skipped"
    assert run(tasks.SETTLE, NIGHT).reason == "0 hits, 0 misses, 0 not to be settled"


def test_too_short_a_history_is_skipped_with_its_length(world: World) -> None:
    skipped = run(tasks.FIT, NIGHT, session="2026-07-23", history=False)
    assert skipped.status == "skipped" and "needs 40" in skipped.reason


def test_history_is_fetched_until_the_vendor_has_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def refresh(dates: list[dt.date]) -> tasks.bars.RefreshReport:
        asked.append(len(dates))
        have = len(asked) < 3
        return tasks.bars.RefreshReport(requested=20, inserted=5 if have else 0)

    monkeypatch.setattr(tasks.bars, "refresh_daily", refresh)
    assert run(tasks.FIT, NIGHT).status == "done" and asked == [20, 20, 20]

    def fail(dates: list[dt.date]) -> tasks.bars.RefreshReport:
        raise ProviderError("polygon", "down")

    monkeypatch.setattr(tasks.bars, "refresh_daily", fail)
    SympathyNetwork.objects.all().delete()
    done = run(tasks.FIT, NIGHT)
    assert done.status == "done" and "history not fetched" in str(done.lines)


def test_a_bar_is_looked_at_once(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    show_bar(OPEN_BAR, LEADER)
    publish_light(world, OPEN_BAR)
    at = OPEN_BAR + MINUTE
    with clock.frozen(at):
        key = tasks.find_look_slot(clock.now())
        assert key == f"{OPEN_BAR:%Y-%m-%dT%H:%MZ}"
        done = run_now(tasks.LOOK, key=key)
        assert (done.status, done.reason) == ("done", done.reason) and done.reason.startswith("1 leaders, 20 tickets")
        assert tasks.find_look_slot(clock.now()) is None
    with clock.frozen(FRIDAY.post_close + 3 * dt.timedelta(hours=1)):
        assert tasks.find_look_slot(clock.now()) is None  # nobody trades


def test_the_bar_behind_a_snapshot_is_the_one_that_is_over(world: World) -> None:
    publish_light(world, OPEN_BAR + 17 * MINUTE)
    assert tasks.newest_bar_end() == OPEN_BAR


def test_a_look_before_the_first_network_is_skipped(world: World, show_bar: ShowBar) -> None:
    show_bar(OPEN_BAR, LEADER)
    assert run(tasks.LOOK, OPEN_BAR + MINUTE, at=OPEN_BAR.isoformat()).status == "skipped"


def test_settlement_is_due_when_the_windows_bars_are_in(
    world: World, network: SympathyNetwork, show_bar: ShowBar
) -> None:
    show_bar(OPEN_BAR, LEADER)
    assert run(tasks.LOOK, OPEN_BAR + MINUTE, at=OPEN_BAR.isoformat()).status == "done"
    publish_light(world, OPEN_BAR)
    late = LAST_BAR + MINUTE
    with clock.frozen(late):
        assert tasks.find_settle_slot(clock.now()) is None
    show_bar(LAST_BAR, LEADER)
    publish_light(world, LAST_BAR)
    with clock.frozen(late):
        assert tasks.find_settle_slot(clock.now()) is not None
        done = run_now(tasks.SETTLE)
    assert done.status == "done" and "0 not to be settled" in done.reason
    assert not SympathyTicket.objects.filter(settled_at__isnull=True).exists()
    with clock.frozen(late):
        assert tasks.find_settle_slot(clock.now()) is None
