"""A pass of confluence: worked example, whole or not at all, once, and nothing of the future."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, HALF_HOUR_VOLUME, Market
from themes.kernels.confluence import score_confluence
from themes.models import AggregatedSentiment, ConfluencePass, ConfluenceScore, ThemeAlert
from themes.options import passes
from themes.options.chart import load_chart
from themes.options.due import find_slot, list_due, list_missing
from themes.options.parts import TEXT_SOURCES, read_sentiment, regular_seconds
from themes.options.passes import NoInput, load_scene, run_pass, score_scene

from .conftest import FRIDAY, HALF_HOUR, MINUTE, NOW, SLOT, THURSDAY, write_options, write_pass, write_sentiment

pytestmark = pytest.mark.django_db


def row(market: Market, symbol: str, at: dt.datetime = SLOT) -> ConfluenceScore:
    return ConfluenceScore.objects.get(instrument_id=market.ids[symbol], timestamp=at)


def test_three_parts_agree_and_two_oppose(market: Market, now: clock.Frozen) -> None:
    write_pass(SLOT)
    write_sentiment(market, "TEC0", SLOT, 0.5, 0.8, volume_trend="up")
    write_options(market, "TEC0", SLOT - MINUTE, 0.4)
    write_sentiment(market, "TEC1", SLOT, 0.9)
    made = run_pass(SLOT)
    assert made is not None
    assert (made.stocks, made.scored, made.missing) == (40, 40, {"technical": 0, "sentiment": 38, "options_flow": 39})
    found = row(market, "TEC0")
    chart = found.technical_score
    assert chart is not None and chart > 0.5  # it rises by half a percent a day
    quality = 2 ** (-(MINUTE.total_seconds() / 3600) / 6.5)
    expected = score_confluence([[chart, 0.5, 0.4]], [[1.0, 0.8, quality]], [0.0])
    assert found.confluence_score == pytest.approx(float(expected.score[0]), abs=1e-9)
    assert found.directional_bias == pytest.approx(float(expected.bias[0]))
    total = found.technical_contribution + found.sentiment_contribution + found.options_flow_contribution
    assert total == pytest.approx(1) and found.agreement == pytest.approx(1)
    assert found.components_used == ["technical", "sentiment", "options_flow"] and found.missing == {}
    assert found.volume_trend == "up" and found.is_simulated
    rsi = found.technical_breakdown["rsi"]
    assert rsi["value"] > 0 and rsi["weight"] == 0.15 and found.technical_breakdown["bars"] == 63
    against = row(market, "TEC1")
    assert against.technical_score is not None and against.technical_score < -0.5
    assert against.confluence_score < 0.6 and not against.meets_minimum_threshold
    assert against.missing == {"options_flow": "no option chain was read in two sessions, or it has no options"}
    alone = row(market, "UTI0")
    assert alone.components_used == ["technical"] and alone.confluence_score <= 0.6
    assert alone.missing["sentiment"] == "nobody wrote about it"


def test_options_inside_the_sentiment_do_not_agree_with_themselves(market: Market, now: clock.Frozen) -> None:
    write_pass(SLOT)
    write_sentiment(market, "TEC0", SLOT, 0.9, news_sentiment=None, options_flow_sentiment=0.9,
                    source_breakdown={"options": 1.0})  # fmt: skip
    write_sentiment(market, "TEC2", SLOT, 0.5, options_flow_sentiment=0.9, news_sentiment=0.1,
                    source_breakdown={"options": 0.5, "news": 0.5})  # fmt: skip
    run_pass(SLOT)
    assert row(market, "TEC0").missing["sentiment"] == "only options spoke"
    mixed = row(market, "TEC2")
    assert mixed.sentiment_score == pytest.approx(0.1) and mixed.inputs["sentiment"]["confidence"] == 0.5


def test_a_slot_is_scored_once(market: Market, now: clock.Frozen) -> None:
    assert run_pass(SLOT) is not None
    before = list(ConfluenceScore.objects.values())
    assert run_pass(SLOT) is None
    assert ConfluencePass.objects.count() == 1 and list(ConfluenceScore.objects.values()) == before


def test_a_pass_that_breaks_leaves_nothing(market: Market, now: clock.Frozen, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("the machine died")

    monkeypatch.setattr(passes, "_alert", breaks)
    with pytest.raises(RuntimeError):
        run_pass(SLOT)
    assert not ConfluencePass.objects.exists() and not ConfluenceScore.objects.exists()


def test_what_comes_later_changes_nothing(market: Market, now: clock.Frozen) -> None:
    write_pass(SLOT)
    write_sentiment(market, "TEC0", SLOT, 0.5)
    write_options(market, "TEC0", SLOT - MINUTE, 0.4)
    run_pass(SLOT, known_at=NOW)
    stored = {one.symbol: one for one in ConfluenceScore.objects.all()}
    # afterwards: later bars, a later word, a later chain, a correction of the past that was not known
    now.move_to(NOW + HALF_HOUR)
    market.store_half_hours(SLOT, dict.fromkeys(ALL_SYMBOLS, (150.0, 9e6)))
    market.store_daily(FRIDAY.date, {"TEC0": 150.0, "UTI0": 110.0}, recorded_at=NOW - MINUTE)  # stored too early
    market.store_daily(THURSDAY.date, dict.fromkeys(ALL_SYMBOLS, 50.0), recorded_at=NOW + MINUTE)
    write_pass(SLOT + HALF_HOUR)
    write_sentiment(market, "TEC0", SLOT + HALF_HOUR, -0.9)
    write_options(market, "TEC0", SLOT + MINUTE, -0.9)
    write_options(market, "TEC1", SLOT - 2 * MINUTE, -0.9, recorded_at=NOW + MINUTE)
    scene = load_scene(SLOT, NOW)
    reading = score_scene(scene)
    for place, symbol in enumerate(scene.members.symbols):
        assert float(reading.score[place]) == stored[symbol].confluence_score, symbol
        assert float(reading.bias[place]) == stored[symbol].directional_bias, symbol


def test_missing_sentiment_and_stale_options_say_so(market: Market, now: clock.Frozen) -> None:
    write_sentiment(market, "TEC0", SLOT - 5 * HALF_HOUR, 0.5)
    write_options(market, "TEC0", calendar.shift(FRIDAY.date, -2).open, 0.4)
    write_options(market, "TEC1", SLOT - MINUTE, None, facts={"missing": {"put_call": "3 of the last 20 sessions"}})
    write_options(market, "TEC2", SLOT - MINUTE, 0.3, quality=0.0)
    run_pass(SLOT)
    assert row(market, "TEC0").missing == {
        "sentiment": "sentiment was not computed within two hours",
        "options_flow": "no option chain was read in two sessions, or it has no options",
    }
    assert row(market, "TEC1").missing["options_flow"] == "options have no score: 3 of the last 20 sessions"
    assert row(market, "TEC2").missing["options_flow"] == "its quality is 0"


def test_a_stock_without_anything_has_no_row(market: Market, now: clock.Frozen) -> None:
    with clock.frozen(market.sessions[10].close + HALF_HOUR) as early:
        made = run_pass(market.sessions[10].close, known_at=early.now())
    assert made is not None and (made.scored, made.missing["technical"]) == (0, 40)
    assert not ConfluenceScore.objects.exists()
    write_pass(SLOT)
    ConfluencePass.objects.all().delete()


def test_without_a_universe_there_is_nothing(db: None) -> None:
    with pytest.raises(NoInput, match="no universe"):
        run_pass(SLOT, known_at=NOW)


def test_newly_high_is_announced_once(
    market: Market, now: clock.Frozen, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    def say(at: dt.datetime, score: float) -> None:
        now.move_to(at + 2 * MINUTE)
        write_pass(at)
        write_sentiment(market, "TEC0", at, score)
        write_options(market, "TEC0", at - MINUTE, score)
        with django_capture_on_commit_callbacks(execute=True):
            run_pass(at)

    say(SLOT, -0.5)
    assert not ThemeAlert.objects.exists()
    say(SLOT + HALF_HOUR, 0.9)
    alert = ThemeAlert.objects.get()
    assert (alert.kind, alert.subject, alert.severity) == ("confluence", "TEC0", 2)
    assert "bullish" in alert.text and alert.facts["parts"]["sentiment"] == 0.9 and alert.facts["simulated"] is True
    assert alert.data_at == SLOT + HALF_HOUR + MINUTE and alert.as_of == SLOT + HALF_HOUR
    say(SLOT + 2 * HALF_HOUR, 0.9)  # still high
    say(SLOT + 3 * HALF_HOUR, -0.5)
    say(SLOT + 4 * HALF_HOUR, 0.9)  # high again on the same day and side
    assert ThemeAlert.objects.count() == 1
    assert ConfluenceScore.objects.filter(meets_high_threshold=True).count() == 3


def test_an_old_slot_is_no_news(market: Market, now: clock.Frozen) -> None:
    run_pass(SLOT - HALF_HOUR)
    write_pass(SLOT)
    write_sentiment(market, "TEC0", SLOT, 0.9)
    write_options(market, "TEC0", SLOT - MINUTE, 0.9)
    run_pass(SLOT, known_at=SLOT + 2 * HALF_HOUR)
    assert row(market, "TEC0").meets_high_threshold and not ThemeAlert.objects.exists()


def test_a_pass_costs_the_same_statements_whatever_is_stored(
    market: Market, now: clock.Frozen, django_assert_max_num_queries: Any
) -> None:
    write_pass(SLOT)
    for symbol in ALL_SYMBOLS:
        write_sentiment(market, symbol, SLOT, 0.1)
        write_options(market, symbol, SLOT - MINUTE, 0.1)
    with django_assert_max_num_queries(24):
        run_pass(SLOT)


def test_slots_wait_for_their_sentiment_and_are_caught_up(market: Market, now: clock.Frozen) -> None:
    assert list_missing(NOW) == [SLOT - back * HALF_HOUR for back in (3, 2, 1, 0)]
    assert list_due(NOW) == [SLOT - back * HALF_HOUR for back in (3, 2, 1)]
    write_pass(SLOT)
    assert list_due(NOW)[-1] == SLOT and find_slot(NOW) == "2026-08-21T18:00Z"
    run = run_now("themes.confluence", key="2026-08-21T18:00Z")
    assert run.status == JobRun.Status.DONE, run.reason
    assert ConfluencePass.objects.count() == 4 and find_slot(NOW) is None
    assert run_now("themes.confluence").status == JobRun.Status.SKIPPED
    assert list_due(SLOT + HALF_HOUR + 11 * MINUTE) == [SLOT + HALF_HOUR]  # its sentiment did not come


def test_there_are_no_slots_at_night_and_on_weekends(db: None) -> None:
    assert list_missing(FRIDAY.post_close + dt.timedelta(hours=3)) == []
    assert list_missing(FRIDAY.close + dt.timedelta(days=1)) == []
    evening = list_missing(FRIDAY.post_close + 10 * MINUTE)
    assert evening[-1] == FRIDAY.post_close
    assert list_missing(FRIDAY.pre_open + 35 * MINUTE) == [FRIDAY.pre_open + HALF_HOUR]


def test_the_running_bar_is_made_of_half_hours(market: Market) -> None:
    ids = np.array([market.ids["TEC0"], market.ids["TEC1"], market.ids["UTI0"]], dtype=np.int32)
    for session in market.sessions[-3:]:
        for start in calendar.bar_starts(session):
            market.store_half_hours(start, dict.fromkeys(ALL_SYMBOLS, (100.0, HALF_HOUR_VOLUME)))
    at = FRIDAY.open + 2 * HALF_HOUR
    for place, start in enumerate(calendar.bar_starts(FRIDAY)[:13]):
        market.store_half_hours(start, {"TEC0": (140.0 + place, 3 * HALF_HOUR_VOLUME)}, recorded_at=start + HALF_HOUR)
    chart = load_chart(ids, at, at)
    assert chart.running.tolist() == [True, False, False] and chart.as_of == at
    assert chart.reading.bars.tolist() == [64, 63, 63]
    # thrice the usual volume: what 13 of 32 half-hours traded over their share of a day, against 1,000,000
    share = 13 * HALF_HOUR_VOLUME / (32 * HALF_HOUR_VOLUME)
    assert chart.reading.readings[0, 5] == pytest.approx(3 * 13 * HALF_HOUR_VOLUME / share / 1e6, rel=1e-5)
    # nothing of the half-hour that is not over, nothing that was not known
    assert load_chart(ids, at - HALF_HOUR, at).as_of == at - HALF_HOUR
    assert not load_chart(ids, at, FRIDAY.open - MINUTE).running.any()


def test_regular_seconds_leave_the_night_out() -> None:
    assert regular_seconds(THURSDAY.close - 60 * MINUTE, FRIDAY.open + 30 * MINUTE) == 90 * 60
    assert regular_seconds(FRIDAY.close, FRIDAY.open) == 0


SHARE = st.floats(0.01, 1)
OPINION = st.one_of(st.none(), st.floats(-1, 1, allow_subnormal=False))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scores=st.tuples(OPINION, OPINION, OPINION),
    shares=st.tuples(SHARE, SHARE, SHARE),
    options=st.floats(0, 1),
    confidence=st.floats(0, 1),
)
def test_the_written_part_stays_in_range(
    scores: tuple[float | None, ...], shares: tuple[float, ...], options: float, confidence: float
) -> None:
    total = sum(shares) + options
    values = {f"{name}_sentiment": score for name, score in zip(TEXT_SOURCES, scores, strict=True)}
    breakdown = {name: share / total for name, share in zip(TEXT_SOURCES, shares, strict=True)}
    part = read_sentiment(
        AggregatedSentiment(
            unified_sentiment=0.1,
            confidence=confidence,
            options_flow_sentiment=0.1,
            timestamp=SLOT,
            aggregated_at=NOW,
            source_breakdown=breakdown | {"options": options / total},
            **values,
        )
    )
    said = [score for score in scores if score is not None]
    if not said:
        assert part.value is None and part.confidence == 0 and part.missing == "only options spoke"
        return
    assert part.value is not None and min(said) - 1e-9 <= part.value <= max(said) + 1e-9
    assert 0 <= part.confidence <= confidence + 1e-12 and 0 <= part.divergence <= 1
    assert not math.isnan(part.value)
    found = score_confluence([[0.3, part.value, math.nan]], [[1.0, part.confidence, 0.0]], [part.divergence])
    assert 0 <= found.score[0] <= 1 and found.contributions.sum() == pytest.approx(1)
