"""A scan: what it stores, whom it asks when a vendor fails, what it doubts, what it tells afterwards, once per slot."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from macro.collect import scan as scanning
from macro.collect.scan import run_scan
from macro.due import SCAN, find_due_slot
from macro.models import MacroCoinDay, MacroFearGreed, MacroMarketData, MacroSentimentAnalysis
from macro.selectors import get_state, latest_reading, list_quarantined, load_market
from macro.tasks import tick
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from sentiment_site.providers.errors import ProviderError
from tests.macro.collect.conftest import DAY, FOUR_HOURS, NOW, SLOT, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


def live_rows() -> list[MacroMarketData]:
    return list(MacroMarketData.objects.filter(is_estimated=False).order_by("timestamp", "id"))


def test_the_first_scan_reads_now_and_nothing_else(world: World) -> None:
    report = run_scan(world.vendors)
    row = latest_reading()
    assert row is not None and str(report) == "2025-12-02 16:00 UTC stored from coingecko"
    assert (row.timestamp, row.event_at, row.recorded_at) == (SLOT, NOW.replace(minute=0, second=0), NOW)
    assert not row.is_estimated and row.is_simulated and row.quality == "OK" and row.reason == ""
    crypto = world.application.world.crypto
    truth = crypto.reading(int(row.event_at.timestamp()))
    assert row.total_market_cap == pytest.approx(truth.total_cap)
    assert row.btc_market_cap == pytest.approx(truth.cap[0]) and row.eth_market_cap == pytest.approx(truth.cap[1])
    assert row.stablecoin_market_cap == pytest.approx(np.nansum(crypto.reading(crypto.moment(NOW)).cap[2:10]), rel=1e-6)
    assert MacroCoinDay.objects.filter(day=NOW.date()).count() == 108
    assert MacroCoinDay.objects.get(coin_id="tether").is_stable
    assert MacroFearGreed.objects.count() > 300 and MacroFearGreed.objects.latest("day").day == NOW.date()
    assert sorted(path.rsplit("/", 1)[1] for path in world.asked) == ["", "global", "markets", "markets"]


def test_scanned_twice_a_slot_has_one_row(world: World) -> None:
    run_scan(world.vendors)
    before = MacroMarketData.objects.values().get()
    report = run_scan(world.vendors)
    assert report.stored == 0 and "had its reading already" in str(report)
    assert MacroMarketData.objects.values().get() == before
    assert MacroCoinDay.objects.filter(coin_id="bitcoin").count() == 1


def test_a_true_reading_takes_the_place_of_an_estimate_and_never_the_reverse(world: World, now: clock.Frozen) -> None:
    midnight = dt.datetime(2025, 12, 3, tzinfo=dt.UTC)
    run_scan(world.vendors)
    now.move_to(midnight + dt.timedelta(minutes=1))
    run_scan(world.vendors)
    MacroMarketData.objects.filter(timestamp=midnight).update(is_estimated=True)
    now.move_to(midnight + dt.timedelta(minutes=30))
    assert run_scan(world.vendors).stored == 1
    old, new = MacroMarketData.objects.filter(timestamp=midnight).order_by("id")
    assert (old.superseded_at, new.superseded_at) == (midnight + dt.timedelta(minutes=30), None)
    assert latest_reading(midnight + dt.timedelta(minutes=2)) == old and latest_reading() == new
    assert run_scan(world.vendors).stored == 0


def test_the_second_vendor_takes_over(world: World, history: None) -> None:
    world.fail("500", "coingecko")
    report = run_scan(world.vendors)
    row = latest_reading()
    assert row is not None and row.data_source == "coinpaprika" and row.timestamp == SLOT
    assert row.total_market_cap == pytest.approx(
        world.application.world.crypto.reading(int(NOW.timestamp())).total_cap, rel=0.03
    )
    assert 0 < row.stablecoin_market_cap < row.alt_market_cap
    assert any("coingecko: 500" in line for line in report.lines) and any(
        "wait for CoinGecko" in each for each in report.lines
    )


def test_without_stablecoins_the_rest_still_counts(world: World) -> None:
    world.fail("500", "coingecko", "/coins/markets", times=None)
    with pytest.raises(ProviderError):
        world.fail("500", "coinpaprika")
        run_scan(world.vendors)
    world.recover()
    vendors = world.vendors
    real = vendors.coingecko.fetch_markets

    def no_categories(**asked: Any) -> Any:
        if asked.get("category"):
            world.fail("503_html", "coingecko", "/coins/markets")
        return real(**asked)

    vendors.coingecko.fetch_markets = no_categories  # type: ignore[method-assign]
    run_scan(vendors)
    row = latest_reading()
    assert row is not None and row.stablecoin_market_cap is None and row.ratio_ex_stable is None
    assert row.alt_strength_ratio > 0 and not MacroCoinDay.objects.exists()


@pytest.mark.parametrize(
    "kind",
    ["401", "403_not_entitled", "429", "500", "503_html", "html_200", "truncated", "malformed", "no_body", "empty"],
)
def test_no_fault_makes_a_row(world: World, kind: str) -> None:
    world.fail(kind)
    run = run_now(SCAN)
    assert run.status == "failed" and run.reason.startswith("coingecko: ")
    assert not MacroMarketData.objects.exists() and not MacroFearGreed.objects.exists()
    state = get_state()
    assert (state.consecutive_failures, state.last_failed_scan) == (1, NOW) and state.last_failure == run.reason
    assert state.system_status == "INITIALIZING" and state.last_successful_scan is None


def test_figures_of_yesterday_are_no_reading_of_now(world: World, history: None) -> None:
    world.fail("stale")
    run = run_now(SCAN)
    assert (
        run.status == "failed" and "in quarantine" in run.reason and "figures are of 2025-12-01 17:00 UTC" in run.reason
    )
    assert list_quarantined().count() == 2 and live_rows() == list(list_quarantined().order_by("timestamp", "id"))
    world.recover()
    assert run_now(SCAN).status == "done" and list_quarantined().count() == 2
    assert latest_reading().timestamp == SLOT and get_state().consecutive_failures == 0


def test_a_late_reading_says_so(world: World, now: clock.Frozen) -> None:
    now.move_to(SLOT + dt.timedelta(hours=3, minutes=25))
    run_scan(world.vendors)
    row = latest_reading()
    assert row.timestamp == SLOT and row.event_at == SLOT + dt.timedelta(hours=3, minutes=20)
    assert row.reason == "read 200 minutes after its slot began"


def test_missed_slots_are_told_afterwards_near_the_truth(world: World, history: None, now: clock.Frozen) -> None:
    run_scan(world.vendors)
    first = load_market()
    assert first.is_estimated[:-1].all() and not first.is_estimated[-1]
    assert MacroMarketData.objects.filter(timestamp__gt=SLOT.replace(hour=0), timestamp__lt=SLOT).count() == 3
    now.move_to(NOW + 2 * DAY)
    world.asked.clear()
    report = run_scan(world.vendors)
    assert (report.missing, report.filled) == (11, 11)
    assert world.count("market_chart") == 15
    rows = MacroMarketData.objects.filter(timestamp__gt=SLOT, timestamp__lt=SLOT + 2 * DAY)
    assert all(row.is_estimated and row.reason and row.event_at == row.timestamp for row in rows)
    assert all(row.recorded_at == NOW + 2 * DAY for row in rows)
    crypto = world.application.world.crypto
    for row in rows:
        truth = crypto.reading(int(row.timestamp.timestamp()))
        assert row.total_market_cap == pytest.approx(truth.total_cap, rel=0.01)
        assert row.btc_price == pytest.approx(truth.price[0], rel=0.01)
        assert row.btc_dominance == pytest.approx(truth.cap[0] / truth.total_cap, rel=0.01)
        assert row.stablecoin_market_cap == pytest.approx(np.nansum(truth.cap[2:10]), rel=0.01)
    assert len(load_market(NOW + DAY)) == len(first)
    world.asked.clear()
    run_scan(world.vendors)
    assert world.count("market_chart") == 0


def test_a_gap_that_the_charts_do_not_tell_stays_one_and_is_given_up(
    world: World, history: None, now: clock.Frozen
) -> None:
    run_scan(world.vendors)
    now.move_to(NOW + DAY)
    world.fail("500", "coingecko", "market_chart")
    report = run_scan(world.vendors)
    assert (report.missing, report.filled) == (5, 0) and "stay gaps for now: coingecko: 500" in report.lines[0]
    now.move_to(NOW + DAY + FOUR_HOURS)
    assert run_scan(world.vendors).missing == 5
    for steps in range(2, 8):
        now.move_to(NOW + DAY + steps * FOUR_HOURS)
        report = run_scan(world.vendors)
    assert report.missing == 0
    assert not MacroMarketData.objects.filter(timestamp__gt=SLOT, timestamp__lt=SLOT + DAY).exists()


def test_beyond_ninety_days_only_midnights_are_told(world: World, history: None, now: clock.Frozen) -> None:
    run_scan(world.vendors)
    now.move_to(NOW + 100 * DAY)
    report = run_scan(world.vendors)
    assert (report.missing, report.filled) == (599, 100)
    told = MacroMarketData.objects.filter(timestamp__gt=SLOT, timestamp__lt=SLOT + 100 * DAY)
    assert {row.timestamp.hour for row in told} == {0}


class Shifted:
    """Vendors whose totals are off by a factor while bitcoin's cap stays: answers changed on their way in."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.factors = {"coingecko": 1.0, "coinpaprika": 1.0}
        for name in self.factors:
            http = getattr(world.vendors, name).http
            monkeypatch.setattr(http, "get", self._altered(name, http.get))

    def _altered(self, name: str, get: Any) -> Any:
        def altered(path: str, params: Any = None) -> Any:
            reply, factor = get(path, params), self.factors[name]
            if not path.endswith("/global"):
                return reply
            body = json.loads(reply.body)
            if name == "coingecko":
                body["data"]["total_market_cap"]["usd"] *= factor
                shares = body["data"]["market_cap_percentage"]
                body["data"]["market_cap_percentage"] = {coin: share / factor for coin, share in shares.items()}
            else:
                body["market_cap_usd"] *= factor
                body["bitcoin_dominance_percentage"] /= factor
            return replace(reply, body=json.dumps(body).encode())

        return altered


@pytest.fixture
def shifted(world: World, history: None, monkeypatch: pytest.MonkeyPatch) -> Shifted:
    return Shifted(world, monkeypatch)


def test_one_vendors_jump_is_doubted_and_the_other_believed(world: World, shifted: Shifted) -> None:
    shifted.factors["coingecko"] = 2.0
    report = run_scan(world.vendors)
    assert report.reading.source == "coinpaprika"
    (doubted,) = list_quarantined()
    assert doubted.data_source == "coingecko" and doubted.reason.startswith("jump: total cap moved +")
    assert latest_reading().data_source == "coinpaprika"


def test_a_jump_of_both_is_a_fact(world: World, shifted: Shifted) -> None:
    shifted.factors |= {"coingecko": 2.0, "coinpaprika": 2.0}
    report = run_scan(world.vendors)
    assert report.reading.source == "coingecko" and latest_reading().total_market_cap > 6e12
    assert [row.data_source for row in list_quarantined()] == ["coingecko"]


def test_a_level_told_three_times_is_a_fact(world: World, shifted: Shifted, now: clock.Frozen) -> None:
    shifted.factors |= {"coingecko": 2.0, "coinpaprika": 5.0}
    for step in range(2):
        now.move_to(NOW + step * FOUR_HOURS)
        with pytest.raises(scanning.Doubted, match="coingecko: in quarantine: jump"):
            run_scan(world.vendors)
    before = latest_reading()
    assert before.is_estimated and before.timestamp == SLOT.replace(hour=0)
    now.move_to(NOW + 2 * FOUR_HOURS)
    assert run_scan(world.vendors).reading.source == "coingecko"


def test_an_impossible_share_is_doubted_whoever_agrees(world: World, shifted: Shifted) -> None:
    shifted.factors |= {"coingecko": 0.2, "coinpaprika": 0.2}
    with pytest.raises(ProviderError, match=r"coingecko: in quarantine: bitcoin is [\d.]+% of the market"):
        run_scan(world.vendors)
    assert list_quarantined().count() == 2 and latest_reading().is_estimated


def test_the_tick_asks_once_per_slot(world: World, history: None, now: clock.Frozen, celery_sent: list[str]) -> None:
    tick()
    tick()
    run = JobRun.objects.get(name=SCAN)
    assert (run.key, run.trigger) == (SLOT.isoformat(), "scheduled")
    JobRun.objects.all().delete()
    done = run_now(SCAN, key=SLOT.isoformat())
    assert done.status == "done", done.reason
    analysis = MacroSentimentAnalysis.objects.get()
    assert get_state().last_analysis == analysis and analysis.job_run_id == done.pk
    assert analysis.market_regime in done.reason
    tick()
    assert JobRun.objects.count() == 1 and find_due_slot() is None
    now.move_to(NOW + FOUR_HOURS)
    assert find_due_slot() == SLOT + FOUR_HOURS


def test_a_worker_that_died_after_storing_is_asked_again_for_the_analysis(world: World, history: None) -> None:
    run_scan(world.vendors)
    assert find_due_slot() == SLOT
    assert run_now(SCAN, key=SLOT.isoformat()).status == "done"
    assert MacroSentimentAnalysis.objects.count() == 1 and len(live_rows()) == 1


def test_no_scan_is_due_during_maintenance(world: World) -> None:
    from macro.collect.state import save_maintenance

    assert find_due_slot() == SLOT
    save_maintenance(True)
    assert find_due_slot() is None and get_state().system_status == "MAINTENANCE"
    save_maintenance(False)
    assert find_due_slot() == SLOT and get_state().system_status == "INITIALIZING"


def test_a_scan_without_enough_history_is_done_and_says_so(world: World) -> None:
    run = run_now(SCAN)
    assert run.status == "done" and "no regime: " in run.reason and not MacroSentimentAnalysis.objects.exists()


def test_the_mood_is_a_cross_check_and_no_more(world: World) -> None:
    world.fail("500", "alternative")
    report = run_scan(world.vendors)
    assert report.stored == 1 and report.lines[-1].startswith("fear and greed: alternative: 500")
    world.recover()
    run_scan(world.vendors)
    assert MacroFearGreed.objects.latest("day").day == NOW.date()
    world.asked.clear()
    run_scan(world.vendors)
    assert world.count("fng") == 0


def test_real_and_simulated_readings_never_meet(world: World, history: None) -> None:
    MacroMarketData.objects.update(is_simulated=False)
    run = run_now(SCAN)
    assert run.status == "failed"
    assert run.reason.endswith("simulated readings came, and this database holds real ones")
    assert not live_rows()
    run = run_now("macro.bootstrap", params={"force": True})
    assert run.status == "failed" and "this database holds real ones" in run.reason
