"""The watch: one look is one call, a large move analyses its sector alone, and nothing is repeated or forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from sectors import runs, selectors, tasks, watch
from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, symbols_of
from tests.sectors.conftest import FRIDAY, HALF_HOUR, TEN, analyse
from tests.sectors.watch.conftest import NOW
from tests.sectors.watch.exchange import Exchange

pytestmark = pytest.mark.django_db


def moves() -> list[JobRun]:
    return list(JobRun.objects.filter(name=runs.MOVE).order_by("id"))


def occasions() -> list[str]:
    return [run.occasion for run in SectorRun.objects.filter(trigger="move").order_by("id")]


def test_a_move_of_18_percent_analyses_its_sector_alone(light: SectorRun, exchange: Exchange) -> None:
    exchange.prices["TEC0"] = 118.0
    outcome = watch.look()
    assert outcome.job is not None and outcome.job.status == "done", outcome.text
    run = SectorRun.objects.latest()
    assert (run.trigger, run.occasion, run.is_whole) == ("move", "TEC0 +18 %", False)
    assert (run.as_of, run.recorded_at, run.job_run_id) == (exchange.at, NOW, outcome.job.pk)
    assert set(run.readings.values_list("sector", flat=True)) == {"technology"}
    reading = run.readings.get(formula="v1")
    assert float(reading.performance_1day or 0) == pytest.approx((4 * 1 + 18) / 5)
    assert float(reading.performance_30min or 0) == pytest.approx(1.0)  # still that of the completed bar
    grid = selectors.get_grid()
    assert grid is not None and grid.seq == run.pk
    others = {reading.run_id for sector, reading in grid.readings.items() if sector != "technology"}
    assert others == {light.pk} and grid.readings["technology"].run_id == run.pk
    assert exchange.asked == ["", ",".join(symbols_of("technology"))]  # the whole market once, then fresh prices


def test_nothing_new_is_one_call_and_no_run(light: SectorRun, exchange: Exchange) -> None:
    exchange.prices["TEC0"] = 114.9
    assert watch.look().text == "40 prices, no new significant move"
    assert (exchange.asked, moves(), SectorRun.objects.count()) == ([""], [], 1)


def test_a_move_is_news_again_5_points_further_or_on_the_other_side(light: SectorRun, exchange: Exchange) -> None:
    for price, expected in (
        (118.0, 1),  # the first crossing
        (118.0, 1),  # as the light shows it: a restarted worker would see the same
        (122.9, 1),
        (123.0, 2),  # 5 points further
        (119.0, 2),
        (84.0, 3),  # the other side
        (82.0, 3),
        (79.0, 4),
    ):
        exchange.prices["TEC0"] = price
        watch.look()
        assert len(moves()) == expected, price
    assert occasions() == ["TEC0 +18 %", "TEC0 +23 %", "TEC0 -16 %", "TEC0 -21 %"]


def test_around_the_15_percent_a_stock_rings_once(light: SectorRun, exchange: Exchange, market: Market) -> None:
    exchange.prices["TEC0"] = 115.1
    watch.look()
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101) | {"TEC0": 114.9})
    with clock.frozen(TEN + 2 * HALF_HOUR) as now:
        analyse(trigger="scheduled", occasion="half_hour")  # the bar's light shows 14.9 %
        now.move_to(TEN + 2 * HALF_HOUR + timedelta(minutes=2))
        exchange.at = clock.now()
        exchange.prices["TEC0"] = 115.2
        watch.look()
    assert occasions() == ["TEC0 +15 %"]


def test_what_the_light_shows_already_is_no_news(light: SectorRun, exchange: Exchange, market: Market) -> None:
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101) | {"TEC0": 119})
    with clock.frozen(TEN + 2 * HALF_HOUR + timedelta(minutes=1)):
        analyse(trigger="scheduled", occasion="half_hour")
        exchange.at, exchange.prices["TEC0"] = clock.now(), 121.0
        watch.look()
    assert moves() == []


def test_15_percent_since_the_light_counts_too(light: SectorRun, exchange: Exchange, market: Market) -> None:
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101) | {"TEC0": 88})
    with clock.frozen(TEN + 2 * HALF_HOUR + timedelta(minutes=1)):
        analyse(trigger="scheduled", occasion="half_hour")
        exchange.at, exchange.prices["TEC0"] = clock.now(), 102.0
        watch.look()
    assert occasions() == ["TEC0 +2 %"]


def test_several_stocks_are_one_run(light: SectorRun, exchange: Exchange) -> None:
    exchange.set_prices(["TEC0", "TEC3"], 117.0)
    exchange.prices["ENE1"] = 70.0
    watch.look()
    run = SectorRun.objects.latest()
    assert occasions() == ["ENE1 -30 % (+2)"]
    assert set(run.readings.values_list("sector", flat=True)) == {"technology", "energy"}
    assert moves()[0].params["moves"] == {"TEC0": 17.0, "TEC3": 17.0, "ENE1": -30.0}
    assert moves()[0].key == "2026-08-21:10:37:00"


def test_a_sector_cools_down_others_do_not(light: SectorRun, exchange: Exchange, settings: Any) -> None:
    settings.WATCH_COOLDOWN_S = 60
    exchange.prices["TEC0"] = 118.0
    watch.look()
    exchange.prices["TEC0"] = 130.0
    assert watch.look().text == "40 prices, no new significant move; waiting: technology"
    exchange.prices["ENE0"] = 118.0
    watch.look()
    assert occasions() == ["TEC0 +18 %", "ENE0 +18 %"]
    JobRun.objects.update(queued_at=clock.wall() - timedelta(seconds=61))
    watch.look()
    assert occasions()[2:] == ["TEC0 +30 %"]


def test_outside_sessions_nobody_is_asked(light: SectorRun, exchange: Exchange, settings: Any) -> None:
    exchange.prices["TEC0"] = 118.0
    saturday = FRIDAY.post_close + timedelta(hours=16)
    labor_day = calendar.session_on(FRIDAY.date + timedelta(days=17))
    assert labor_day is None
    for at in (FRIDAY.post_close, saturday, FRIDAY.open + timedelta(days=17), FRIDAY.pre_open - timedelta(seconds=1)):
        with clock.frozen(at):
            assert watch.look().text == "the market is closed"
            assert watch.get_state().state == "closed"
    settings.POLYGON_DELAY_S = 900
    with clock.frozen(FRIDAY.pre_open + timedelta(minutes=14)):
        assert watch.look().text == "the market is closed"  # as the vendor shows it
    assert exchange.asked == []


@pytest.mark.parametrize("status", ["queued", "running"])
def test_beside_an_analysis_nobody_is_asked(light: SectorRun, exchange: Exchange, status: str) -> None:
    now = clock.wall()
    JobRun.objects.create(
        name=runs.ANALYSE, trigger="manual", status=status, queued_at=now, started_at=now, heartbeat_at=now
    )
    exchange.prices["TEC0"] = 118.0
    assert watch.look().text == "an analysis of all sectors is under way"
    assert exchange.asked == []
    job = run_now(runs.MOVE, trigger="move", params={"sectors": ["technology"], "moves": {}, "occasion": "x"})
    assert (job.status, job.reason) == ("skipped", "an analysis of all sectors is under way")


def test_seconds_before_an_analysis_nobody_is_asked(light: SectorRun, exchange: Exchange) -> None:
    with clock.frozen(TEN + 2 * HALF_HOUR - timedelta(seconds=10)):
        assert watch.look().text == "an analysis of all sectors is due"
    assert exchange.asked == []


def test_before_the_first_light_of_a_session_nobody_is_asked(light: SectorRun, exchange: Exchange) -> None:
    monday = calendar.shift(FRIDAY.date, 1)
    with clock.frozen(monday.pre_open + timedelta(minutes=5)):
        JobRun.objects.create(
            name=runs.ANALYSE,
            key=f"{monday.date}:overnight",
            trigger="scheduled",
            status="done",
            queued_at=clock.wall(),
            finished_at=clock.wall(),
        )
        assert watch.look().text == "the first light of this session is not there yet"
    assert exchange.asked == []


def test_a_second_look_at_once_does_nothing(light: SectorRun, exchange: Exchange) -> None:
    exchange.prices["TEC0"] = 118.0
    found: list[str] = []

    def other() -> None:
        with watch._alone() as mine:
            assert mine
            held.set()
            done.wait(10)
        connection.close()

    held, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=other)
    thread.start()
    held.wait(10)
    found.append(watch.look().text)
    done.set()
    thread.join(10)
    assert found == ["another look is under way"] and exchange.asked == []
    assert watch.look().job is not None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"at": NOW + timedelta(seconds=1)}, "made in the future"),
        ({"at": FRIDAY.pre_open - timedelta(hours=9)}, "of the evening before"),
        ({"price": 180.0}, "a jump like an unregistered split"),
        ({"price": 50.0}, "a jump like an unregistered split"),
        ({"at": FRIDAY.pre_open + timedelta(hours=5), "shares": 900.0}, "thin pre-market"),
        ({"at": FRIDAY.pre_open + timedelta(hours=5), "shares": 0.0}, "no volume"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_price_that_proves_nothing_moves_nothing(
    light: SectorRun, exchange: Exchange, change: dict[str, Any], why: str
) -> None:
    exchange.prices["TEC0"] = change.get("price", 118.0)
    exchange.at = change.get("at", exchange.at)
    exchange.shares = change.get("shares", exchange.shares)
    assert "no new significant move" in watch.look().text
    assert moves() == []


def test_a_stock_that_is_no_member_moves_nothing(light: SectorRun, exchange: Exchange) -> None:
    exchange.prices["NVDA"] = 150.0
    watch.look()
    assert moves() == []


def test_the_vendor_fails_the_light_stays_and_one_job_says_so(light: SectorRun, exchange: Exchange) -> None:
    exchange.status, exchange.words = 500, "internal"
    for _ in range(3):
        tasks.watch_market()
    (failed,) = JobRun.objects.all()
    assert (failed.name, failed.status) == (watch.LOOK, "failed")
    assert failed.reason.startswith("polygon: ")
    assert watch.get_state() == watch.WatchState("failing", failed.reason)
    assert list(SectorRun.objects.all()) == [light]
    JobRun.objects.update(finished_at=clock.wall() - timedelta(minutes=6), queued_at=clock.wall() - timedelta(hours=1))
    tasks.watch_market()
    assert JobRun.objects.filter(status="failed").count() == 2


def test_when_the_vendor_is_back_the_move_is_answered(light: SectorRun, exchange: Exchange) -> None:
    exchange.status = 500
    exchange.prices["TEC0"] = 118.0
    tasks.watch_market()
    exchange.status = 200
    tasks.watch_market()
    assert occasions() == ["TEC0 +18 %"]


def test_a_vendor_that_fails_between_the_two_calls_leaves_the_move_for_the_next_look(
    light: SectorRun, exchange: Exchange, monkeypatch: Any
) -> None:
    exchange.prices["TEC0"] = 118.0
    real = watch.run_now

    def fail_then_run(*args: Any, **options: Any) -> JobRun:
        exchange.status = 500
        job = real(*args, **options)
        exchange.status = 200
        return job

    with monkeypatch.context() as patch:
        patch.setattr(watch, "run_now", fail_then_run)
        outcome = watch.look()
    assert outcome.job is not None and outcome.job.status == "failed" and outcome.job.reason.startswith("polygon: ")
    assert list(SectorRun.objects.all()) == [light]
    watch.look()
    assert occasions() == ["TEC0 +18 %"]


def test_a_plan_without_snapshots_is_remembered_and_said(light: SectorRun, exchange: Exchange) -> None:
    exchange.status, exchange.words = 403, "You are not entitled to this data. Please upgrade your plan."
    for _ in range(4):
        tasks.watch_market()
    assert len(exchange.asked) == 1
    (job,) = JobRun.objects.all()
    assert (job.name, job.status) == (watch.LOOK, "skipped")
    assert job.reason.startswith("polygon: not in your plan: snapshot, asked again after ")
    state = watch.get_state()
    assert state.state == "refused" and "significant moves are seen with the half-hour's bars" in state.text


def test_a_look_is_cheap(light: SectorRun, exchange: Exchange, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(16):
        watch.look()
