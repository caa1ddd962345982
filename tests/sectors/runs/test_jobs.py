"""The analysis as a job: its occasions, the snapshot it takes, cancelling, and never beside a significant move."""

from __future__ import annotations

import re
import threading
import time
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from portfolios.models import User
from sectors import runs, selectors, tasks
from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, make_market
from tests.sectors.conftest import FRIDAY, HALF_HOUR, TEN, THURSDAY, analyse
from tests.sectors.watch.conftest import publish_light
from tests.sectors.watch.exchange import Exchange

pytestmark = pytest.mark.django_db

RELEASE = datetime(2026, 8, 21, 8, 45, tzinfo=calendar.NEW_YORK)
AGGREGATES_EMPTY = {"status": "OK", "resultsCount": 0, "results": []}


@pytest.fixture(autouse=True)
def no_newer_bars(exchange: Exchange, httpserver: Any) -> None:
    """The vendor's bars are those that are stored."""
    httpserver.expect_request(re.compile("/polygon/v2/aggs/.*")).respond_with_json(AGGREGATES_EMPTY)


def scheduled(occasion: str) -> JobRun:
    return run_now(runs.ANALYSE, trigger="scheduled", key=f"x:{occasion}", params={"occasion": occasion})


def test_the_release_run_takes_the_snapshots_prices_for_all_sectors(market: Market, exchange: Exchange) -> None:
    market.store_half_hours(RELEASE - 45 * timedelta(minutes=1), dict.fromkeys(ALL_SYMBOLS, 101))
    exchange.at = RELEASE - timedelta(seconds=1)
    exchange.prices |= dict.fromkeys(ALL_SYMBOLS, 103.0)
    with clock.frozen(RELEASE):
        analyse(trigger="scheduled", occasion="half_hour")
        job = scheduled("release")
    run = SectorRun.objects.latest()
    assert (job.status, run.occasion, run.is_whole, run.trigger) == ("done", "release", True, "scheduled"), job.reason
    assert run.as_of == exchange.at
    moved = run.readings.filter(formula="v1").values_list("performance_1day", flat=True)
    assert [float(value or 0) for value in moved] == [3.0] * 8
    assert job.params == {"occasion": "release"}


def test_the_release_run_without_a_snapshot_fails_or_is_skipped(market: Market, exchange: Exchange) -> None:
    market.store_half_hours(RELEASE - 45 * timedelta(minutes=1), dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(RELEASE):
        exchange.status = 500
        assert scheduled("release").status == "failed"
        exchange.status = 403
        job = scheduled("release")
    assert job.status == "skipped" and job.reason.startswith("polygon: ")
    assert "not in your plan" in job.reason and job.reason.endswith("the next bar's run has what there is")
    assert not SectorRun.objects.exists()


def test_the_overnight_run_is_one_of_its_own_although_nothing_has_traded(market: Market, exchange: Exchange) -> None:
    market.store_half_hours(THURSDAY.post_close - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(THURSDAY.post_close):
        evening = analyse(trigger="scheduled", occasion="evening")
    with clock.frozen(FRIDAY.pre_open):
        assert scheduled("half_hour").status == "skipped"
        job = scheduled("overnight")
    overnight = SectorRun.objects.latest()
    assert job.status == "done", job.reason
    assert (overnight.occasion, overnight.as_of) == ("overnight", evening.as_of)
    assert overnight.recorded_at == FRIDAY.pre_open
    head = selectors.get_grid()
    assert head is not None
    found = runs.advice(head.head, FRIDAY.pre_open + timedelta(hours=2, minutes=37))
    assert found.text == "4 AM analysis available (2 h 37 min old), refresh recommended if major overnight news"


def test_a_price_of_a_session_without_a_bar_waits_for_it(market: Market, exchange: Exchange) -> None:
    """Laid over yesterday's bars it would be held against the close of the day before yesterday."""
    market.store_half_hours(THURSDAY.post_close - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 102))
    at = FRIDAY.pre_open + timedelta(minutes=10)
    exchange.at, exchange.prices = at, dict.fromkeys(ALL_SYMBOLS, 110.0)
    with clock.frozen(at):
        assert run_now(runs.ANALYSE, trigger="manual").status == "done"
    run = SectorRun.objects.latest()
    assert run.as_of == THURSDAY.post_close
    assert float(run.readings.get(formula="v1", sector="energy").performance_1day or 0) == 2.0


def test_a_run_on_demand_is_as_fresh_as_the_snapshot(market: Market, exchange: Exchange) -> None:
    publish_light(market)
    exchange.prices = dict.fromkeys(ALL_SYMBOLS, 104.0)
    job = run_now(runs.ANALYSE, trigger="manual")
    run = SectorRun.objects.latest()
    assert (job.status, run.trigger, run.occasion, run.as_of) == ("done", "manual", "", exchange.at)
    reading = run.readings.get(formula="v1", sector="energy")
    assert (float(reading.performance_1day or 0), float(reading.performance_30min or 0)) == (4.0, 1.0)


def test_a_run_on_demand_does_without_a_snapshot(market: Market, exchange: Exchange) -> None:
    publish_light(market)
    exchange.status = 500
    job = run_now(runs.ANALYSE, trigger="manual")
    assert job.status == "done", job.reason
    assert any("without the snapshot's prices: polygon: " in line for line in job.lines)
    assert SectorRun.objects.latest().as_of == TEN + HALF_HOUR


def test_a_bars_run_after_a_move_does_not_lose_it(market: Market, exchange: Exchange) -> None:
    """The bar ends before the jump; without the snapshot the sector would fall back for half an hour."""
    publish_light(market)
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101))
    eleven = TEN + 2 * HALF_HOUR
    exchange.at, exchange.prices["TEC0"] = eleven + timedelta(seconds=20), 118.0
    with clock.frozen(eleven + timedelta(seconds=30)):
        params = {"sectors": ["technology"], "moves": {"TEC0": 18.0}, "occasion": "TEC0 +18 %"}
        assert run_now(runs.MOVE, trigger="move", params=params).status == "done"
        job = scheduled("half_hour")
    run = SectorRun.objects.latest()
    assert (job.status, run.is_whole, run.as_of) == ("done", True, exchange.at), job.reason
    reading = run.readings.get(formula="v1", sector="technology")
    assert float(reading.performance_1day or 0) == pytest.approx((4 * 1 + 18) / 5)


def test_an_ordinary_bars_run_asks_for_bars_alone(market: Market, exchange: Exchange) -> None:
    publish_light(market)
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 103))
    exchange.prices = dict.fromkeys(ALL_SYMBOLS, 90.0)
    with clock.frozen(TEN + 2 * HALF_HOUR):
        scheduled("half_hour")
    assert SectorRun.objects.latest().as_of == TEN + 2 * HALF_HOUR
    assert len(exchange.asked) <= 1  # who traded, for the bars; no prices


# --- cancelling ---


@pytest.fixture
def queued(trader: User) -> JobRun:
    return JobRun.objects.create(
        name=runs.ANALYSE, trigger="manual", requested_by=trader, queued_at=clock.wall(), heartbeat_at=clock.wall()
    )


def test_who_asked_cancels_a_queued_run_at_once(queued: JobRun, trader: User) -> None:
    cancelled = runs.cancel_analysis(trader)
    assert cancelled is not None and cancelled.pk == queued.pk
    assert (cancelled.status, cancelled.reason) == ("skipped", "cancelled by trader")
    assert runs.cancel_analysis(trader) is None


def test_an_operator_cancels_a_running_one_which_stops_at_its_next_check(queued: JobRun, operator: User) -> None:
    now = clock.wall()
    JobRun.objects.update(status="running", started_at=now, heartbeat_at=now)
    cancelled = runs.cancel_analysis(operator)
    assert cancelled is not None
    assert (cancelled.status, cancelled.cancel_requested, cancelled.cancelled_by) == ("running", True, "operator")


def test_others_cancel_nothing(queued: JobRun) -> None:
    other = User.objects.create_user("other")
    with pytest.raises(PermissionDenied, match="Only who started this run"):
        runs.cancel_analysis(other)
    queued.refresh_from_db()
    assert queued.status == "queued"


def test_a_move_under_way_is_neither_shown_nor_cancelled(trader: User) -> None:
    now = clock.wall()
    JobRun.objects.create(
        name=runs.MOVE, trigger="move", status="running", queued_at=now, started_at=now, heartbeat_at=now
    )
    assert runs.get_active() is None and runs.cancel_analysis(trader) is None
    assert runs.start_analysis(trader).name == runs.ANALYSE


# --- never beside a move ---


def test_an_analysis_waits_for_a_move_and_not_for_a_dead_one() -> None:
    now = clock.wall()
    move = JobRun.objects.create(
        name=runs.MOVE, trigger="move", status="running", queued_at=now, started_at=now, heartbeat_at=now
    )
    JobRun.objects.filter(pk=move.pk).update(heartbeat_at=now - timedelta(minutes=1))
    assert runs.await_move() is True
    move.refresh_from_db()
    assert move.status == "errored" and move.reason.startswith("worker stopped answering")


def test_a_move_that_never_ends_is_not_waited_for_for_ever(settings: Any) -> None:
    settings.JOBS_STALE_S = 0.3
    now = clock.wall() + timedelta(hours=1)
    JobRun.objects.create(
        name=runs.MOVE, trigger="move", status="running", queued_at=now, started_at=now, heartbeat_at=now
    )
    assert runs.await_move() is False


@pytest.mark.django_db(transaction=True)
def test_an_analysis_and_a_move_at_once_never_overlap(exchange: Exchange, monkeypatch: Any) -> None:
    """Two workers claim at the same instant, four times over; what each was doing when is written down."""
    publish_light(make_market(THURSDAY.date))
    spans: list[tuple[str, float, float]] = []
    params = {"sectors": ["technology"], "moves": {"TEC0": 18.0}, "occasion": "TEC0 +18 %"}

    real = tasks.run_analysis

    def written_down(**options: Any) -> Any:
        began = time.monotonic()
        time.sleep(0.05)
        outcome = real(**options)
        spans.append(("move" if options.get("only") else "all", began, time.monotonic()))
        return outcome

    monkeypatch.setattr(tasks, "run_analysis", written_down)
    start = threading.Barrier(2)

    def run(name: str, options: dict[str, Any]) -> None:
        try:
            for place in range(4):
                start.wait(20)
                time.sleep(0.08 * (place % 2) * (name == runs.MOVE))  # every second time into the other's work
                run_now(name, trigger="test", params=options)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(runs.ANALYSE, {})),
        threading.Thread(target=run, args=(runs.MOVE, params)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ordered = sorted(spans, key=lambda span: span[1])
    assert len([span for span in ordered if span[0] == "all"]) == 4
    for (_, _, ended), (_, began, _) in pairwise(ordered):
        assert began >= ended
    statuses = set(JobRun.objects.filter(name=runs.MOVE).values_list("status", flat=True))
    assert statuses <= {"done", "skipped"}
