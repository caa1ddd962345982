"""From stored readings to a stored and published verdict."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from redis import Redis

from macro import analysis, selectors
from macro.analysis import NotEnoughHistory, compute_verdict, load_bars, run_analysis
from macro.models import MacroMarketData, MacroSentimentAnalysis
from sentiment_site.market import clock

from .stored import DAY, H4, NOW, SLOT, make_row, store_coins, store_market

pytestmark = pytest.mark.django_db
SCHEDULED = MacroSentimentAnalysis.Trigger.SCHEDULED


@pytest.fixture(autouse=True)
def now() -> Iterator[clock.Frozen]:
    with clock.frozen(NOW) as frozen:
        yield frozen


def test_an_alt_season_is_told_and_stored_whole() -> None:
    store_market()
    store_coins(beat=27)
    row = run_analysis(NOW, trigger=SCHEDULED, job_run_id=5)
    row.refresh_from_db()
    assert (row.market_regime, row.trade_permission) == ("ALT_SEASON", "AGGRESSIVE")
    assert (row.btc_trend_direction, row.alt_trend_direction, row.eth_trend_direction) == ("UP", "UP", "UP")
    assert (row.analysis_timestamp, row.as_of, row.recorded_at) == (NOW, SLOT, NOW)
    assert row.data_period_start == (SLOT - 29 * H4).replace(hour=0) - 364 * DAY
    assert row.alt_season_index == pytest.approx(90.0) and row.inputs["alt_season_coins"] == 30
    assert row.model_used == row.engine_version == "deterministic-v1"
    assert f"the macro score is {row.macro_score:.1f} of 100" in row.ai_reasoning
    assert len(row.chart_data_hash) == 64 and row.is_simulated and row.job_run_id == 5
    assert sorted(row.scores) == ["alt", "bear", "btc"] and 0 <= row.raw_probability <= 1
    rules, notes = row.reasons[:3], row.reasons[3:]
    assert all({"figure", "value", "threshold", "leads_to", "typical_days"} == set(rule) for rule in rules)
    assert [note["text"][:7] for note in notes] == ["10 less"]  # the bootstrap's totals are estimates
    assert row.inputs["rows"] == 395 and row.inputs["age_hours"] == pytest.approx(0.25)
    assert row.inputs["confidence_before_deductions"] - row.overall_confidence == 10
    json.dumps([row.inputs, row.engine_state, row.reasons])


def test_the_same_moment_has_one_analysis_and_the_same_readings_the_same_words() -> None:
    store_market(scans=6)
    first = run_analysis(NOW, trigger=SCHEDULED)
    assert run_analysis(NOW, trigger=SCHEDULED).pk == first.pk
    MacroSentimentAnalysis.objects.all().delete()
    again = run_analysis(NOW, trigger=SCHEDULED)
    for name in ("ai_reasoning", "reasons", "scores", "chart_data_hash", "overall_confidence", "inputs"):
        assert getattr(again, name) == getattr(first, name)


def test_a_row_of_another_worker_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looked, neither found one: the second insert is refused and the first one's row is the answer."""
    store_market(days=120, scans=6)
    build = analysis.build_analysis

    def late(*arguments: Any) -> MacroSentimentAnalysis:
        monkeypatch.setattr(analysis, "build_analysis", build)
        run_analysis(NOW, trigger=SCHEDULED)
        return build(*arguments)

    monkeypatch.setattr(analysis, "build_analysis", late)
    row = run_analysis(NOW, trigger=SCHEDULED)
    assert MacroSentimentAnalysis.objects.get() == row


def test_what_was_recorded_later_does_not_enter() -> None:
    store_market()
    before = NOW - 2 * H4
    expected = run_analysis(before, trigger=SCHEDULED)
    MacroSentimentAnalysis.objects.all().delete()
    late = make_row(SLOT - 10 * H4, 999_999.0, 1e12, data_source="late", recorded_at=NOW)
    MacroMarketData.objects.filter(timestamp=late.timestamp).update(superseded_at=NOW)
    late.save()
    again = run_analysis(before, trigger=MacroSentimentAnalysis.Trigger.REPLAY)
    assert again.as_of == SLOT - 2 * H4
    assert (again.reasons, again.chart_data_hash) == (expected.reasons, expected.chart_data_hash)
    assert run_analysis(NOW, trigger=SCHEDULED).chart_data_hash != expected.chart_data_hash


def test_quarantined_readings_do_not_enter() -> None:
    store_market()
    expected = run_analysis(NOW, trigger=SCHEDULED)
    MacroSentimentAnalysis.objects.all().delete()
    make_row(SLOT, 1.0, 1e9, data_source="odd", quality="QUARANTINED", reason="jump").save()
    assert run_analysis(NOW, trigger=SCHEDULED).chart_data_hash == expected.chart_data_hash


def test_old_readings_cost_confidence_and_then_the_permission() -> None:
    store_market()
    fresh = run_analysis(NOW, trigger=SCHEDULED)
    late = run_analysis(NOW + 9 * dt.timedelta(hours=1), trigger=SCHEDULED)
    old = run_analysis(NOW + dt.timedelta(hours=30), trigger=SCHEDULED)
    assert late.trade_permission == fresh.trade_permission == "AGGRESSIVE"
    assert late.reasons[3]["text"].startswith("15 less: the data is 9 h old")
    assert (old.trade_permission, old.as_of) == ("NO_TRADE", SLOT)
    assert old.engine_state["permission_before_age"] == "AGGRESSIVE"


def test_too_little_history_saves_nothing() -> None:
    with pytest.raises(NotEnoughHistory, match="no readings"):
        run_analysis(NOW, trigger=SCHEDULED)
    store_market(days=20, scans=6)
    with pytest.raises(NotEnoughHistory):
        run_analysis(NOW, trigger=SCHEDULED)
    assert not MacroSentimentAnalysis.objects.exists()


def test_short_history_is_capped_and_the_index_needs_coins() -> None:
    store_market(days=60, scans=6)
    store_coins(beat=3, coins=19)
    row = run_analysis(NOW, trigger=SCHEDULED)
    assert row.overall_confidence <= 60 and row.alt_season_index is None
    assert any("60" in note["text"] or "10 less" in note["text"] for note in row.reasons[3:])


def test_coins_without_a_reading_ninety_days_ago() -> None:
    store_market()
    store_coins(beat=3)
    market, coins = selectors.load_market(NOW), selectors.load_coin_days(NOW, since=NOW.date() - 10 * DAY)
    assert np.isnan(compute_verdict(market, coins, NOW).season.percent)
    # bitcoin's own price of that day is missing: nothing can beat it
    cut = market.at >= int((NOW - 80 * DAY).timestamp())
    short = type(market)(*(getattr(market, name)[cut] for name in market.__dataclass_fields__))
    assert np.isnan(compute_verdict(short, selectors.load_coin_days(NOW), NOW).season.percent)


def test_missing_ether_prices_are_no_trend() -> None:
    store_market()
    MacroMarketData.objects.update(eth_price=None)
    row = run_analysis(NOW, trigger=SCHEDULED)
    assert row.eth_trend_direction is None and row.eth_trend_strength is None


def test_gaps_stay_gaps() -> None:
    store_market(days=365, scans=30)
    MacroMarketData.objects.filter(timestamp__gt=SLOT - 12 * H4, timestamp__lt=SLOT - 4 * H4).delete()
    bars = load_bars(selectors.load_market(NOW), NOW)
    missing = bars.at[np.isnan(bars.btc_price)]
    assert len(missing) == 4  # seven scans are missing, three of them are stood for
    assert bars.at[-1] == SLOT.timestamp()


def test_it_is_announced_after_commit(django_capture_on_commit_callbacks: Any) -> None:
    store_market(days=120, scans=6)
    heard = Redis.from_url(django_settings.REDIS_URL).pubsub()
    heard.subscribe("live:macro")
    heard.get_message(timeout=2)
    with django_capture_on_commit_callbacks(execute=True):
        row = run_analysis(NOW, trigger=SCHEDULED)
        assert heard.get_message(timeout=0.05) is None
    message = heard.get_message(timeout=5)
    heard.close()
    assert message is not None
    event = json.loads(message["data"])
    assert (event["topic"], event["run_id"], event["seq"]) == ("macro", row.pk, row.pk)
