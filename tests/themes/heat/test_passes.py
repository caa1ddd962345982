"""Passes from bars to rows: worked examples, hysteresis from pass to pass, once per slot, whole or not at all."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from sentiment_site.market import clock
from tests.themes.heat.conftest import FRIDAY, HALF_HOUR, HOUR, MINUTE, NOON, TECH, Heat, add_theme, make_heat, slot
from themes.heat import passes
from themes.heat.passes import NoHour, run_pass
from themes.models import StockVerdict, TemperaturePass, TemperatureReading, ThemeAlert, ThemeHeat
from themes.tape import NoTape
from universe.models import FloatReading, Halt, Membership, ShortInterestReading

pytestmark = pytest.mark.django_db
D = Decimal
BUSY = 250_000.0  # shares a half-hour: eight times the usual


def test_an_hour_worked_by_hand(heat: Heat) -> None:
    heat.trade_until(NOON, {"TEC0": (109.0, 187_500.0)})
    done = heat.read(NOON)
    assert done is not None
    assert (done.stocks, done.warm, done.hot, done.extreme, done.is_whole) == (40, 0, 1, 0, True)
    assert done.unknown == []
    assert done.is_simulated
    assert TemperatureReading.objects.count() == 1  # the others are COLD by absence
    row = heat.reading("TEC0", NOON)
    assert row.hourly_price_change == D("9.0000")
    assert row.hourly_volume_multiple == D("6.00")
    assert (row.temperature_classification, row.raw_level, row.quiet_hours) == ("hot", 2, [0, 0, 0])
    assert row.sector == "technology"
    # half of 9 - 0, and an eighth of how the first hour, down .5 % after the quiet night, came to rest
    assert row.momentum_velocity == D("4.6244")
    assert row.momentum_phase == "accelerating"
    assert row.recorded_at == NOON + 2 * MINUTE
    assert row.trading_recommendation == "CAUTION_HOT"
    assert row.reasons["reasons"] == [{"input": "level", "value": 2.0, "sign": "=", "threshold": [2]}]
    assert "sector_score" in row.reasons["unknown"]


def test_squeeze_inputs_come_from_the_universe_and_the_missing_are_named(heat: Heat) -> None:
    run = heat.market.run
    Membership.objects.filter(run=run, instrument=heat.id("TEC0")).update(free_float=10_000_000, short_percent=20)
    facts = {"source": heat.market.source, "recorded_at": NOON - HOUR, "instrument_id": heat.id("TEC0")}
    ShortInterestReading.objects.create(
        settlement_date=FRIDAY.date - dt.timedelta(days=9), short_interest=2_000_000, days_to_cover=D("4.5"), **facts
    )
    heat.trade_until(NOON, {"TEC0": (109.0, BUSY)})
    heat.read(NOON)
    row = heat.reading("TEC0", NOON)
    # (.6 * .3 + .5 * .2 + .5 * .15) / .65
    assert row.squeeze["structure"] == pytest.approx(0.546, abs=0.001)
    assert row.squeeze["missing"] == ["borrow fee, % a year", "utilisation of lendable shares, %"]
    assert row.squeeze["inputs"]["day_change"] == pytest.approx(8.4577, abs=1e-4)
    assert row.squeeze_risk_indicator is not None
    assert row.squeeze["low"] <= float(row.squeeze_risk_indicator) <= row.squeeze["high"]


def test_a_level_is_left_after_two_quiet_hours(heat: Heat) -> None:
    heat.trade_until(NOON, {"TEC0": (109.0, BUSY)})
    heat.read(NOON)
    quiet = {"TEC0": (109.0, 31_250.0)}
    heat.trade_until(NOON + HOUR, quiet)
    heat.read(NOON + HOUR)
    one = heat.reading("TEC0", NOON + HOUR)
    assert (one.temperature_classification, one.raw_level, one.quiet_hours) == ("hot", 0, [1, 1, 1])
    heat.trade_until(NOON + 2 * HOUR, quiet)
    heat.read(NOON + 2 * HOUR)
    two = heat.reading("TEC0", NOON + 2 * HOUR)
    assert (two.temperature_classification, two.trading_recommendation) == ("cold", "NO_ACTION")
    heat.trade_until(NOON + 3 * HOUR, quiet)
    heat.read(NOON + 3 * HOUR)
    assert not TemperatureReading.objects.filter(as_of=NOON + 3 * HOUR).exists()


def test_nothing_of_the_future_is_seen(heat: Heat) -> None:
    heat.trade_until(NOON, {"TEC0": (109.0, BUSY), "HEA1": (104.0, BUSY)})
    heat.read(NOON)
    before = list(TemperatureReading.objects.order_by("instrument").values())
    TemperatureReading.objects.all().delete()
    for model in (TemperaturePass, StockVerdict):
        model.objects.all().delete()
    ThemeAlert.objects.all().delete()
    heat.trade_until(NOON + 4 * HOUR, {"TEC0": (150.0, BUSY), "ENE0": (60.0, BUSY)})
    with clock.frozen(NOON + 5 * HOUR):  # the same slot again with all of the afternoon stored
        run_pass(slot(NOON), known_at=NOON + 2 * MINUTE)
    after = list(TemperatureReading.objects.order_by("instrument").values())
    assert [row | {"recorded_at": None} for row in after] == [row | {"recorded_at": None} for row in before]


def test_a_slot_is_read_once(heat: Heat) -> None:
    heat.trade_until(NOON, {"TEC0": (109.0, BUSY)})
    assert heat.read(NOON) is not None
    assert heat.read(NOON) is None
    assert (TemperaturePass.objects.count(), TemperatureReading.objects.count(), ThemeAlert.objects.count()) == (
        1,
        1,
        1,
    )


def test_a_pass_that_dies_leaves_nothing(heat: Heat, monkeypatch: pytest.MonkeyPatch) -> None:
    add_theme(heat, TECH)
    heat.trade_until(NOON, {"TEC0": (109.0, BUSY)})

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(passes, "announce_rises", die)
        with pytest.raises(KeyboardInterrupt):
            heat.read(NOON)
    for model in (TemperaturePass, TemperatureReading, ThemeHeat, StockVerdict, ThemeAlert):
        assert not model.objects.exists()
    assert heat.read(NOON) is not None
    assert ThemeAlert.objects.count() == 1


def test_between_the_hours_only_movers_are_read(heat: Heat) -> None:
    heat.trade_until(NOON, {"TEC1": (104.0, BUSY)})
    heat.read(NOON)
    half_past = NOON + HALF_HOUR
    heat.trade_until(half_past, {"TEC0": (120.0, 10 * BUSY), "TEC1": (104.0, 31_250.0)})
    done = heat.read(half_past)
    assert done is not None
    assert not done.is_whole
    assert list(TemperatureReading.objects.filter(as_of=half_past).values_list("instrument", flat=True)) == [
        heat.id("TEC0")
    ]
    assert heat.reading("TEC0", half_past).temperature_classification == "extreme"
    heat.trade_until(NOON + HOUR, {"TEC0": (120.0, BUSY), "TEC1": (104.0, 31_250.0)})
    heat.read(NOON + HOUR)  # the state of the movers is carried on
    assert heat.reading("TEC0", NOON + HOUR).temperature_classification == "extreme"
    assert heat.reading("TEC1", NOON + HOUR).quiet_hours == [1, 1, 1]
    assert ThemeAlert.objects.filter(instrument=heat.id("TEC0")).count() == 1


def test_between_the_hours_nothing_is_stored_when_nobody_rose(heat: Heat) -> None:
    heat.trade_until(NOON + HALF_HOUR)
    assert heat.read(NOON + HALF_HOUR) is None
    assert not TemperaturePass.objects.exists()


def test_bars_that_are_not_here_are_no_quiet_hour(heat: Heat) -> None:
    with pytest.raises(NoHour, match="is here"):
        heat.read(NOON)


def test_without_a_universe(db: None) -> None:
    with clock.frozen(NOON), pytest.raises(NoTape):
        run_pass(slot(NOON))


def test_four_in_the_morning_carries_the_evening_over(heat: Heat) -> None:
    done = heat.read(FRIDAY.pre_open)
    assert done is not None
    assert (done.stocks, len(done.unknown), done.warm) == (40, 40, 0)


def test_an_overnight_gap_is_heat_in_the_first_hour(db: None) -> None:
    early = make_heat(slice(None))
    first = FRIDAY.pre_open + HOUR
    early.trade_until(first, {"TEC0": (140.0, BUSY)})
    early.read(first)
    row = early.reading("TEC0", first)
    assert row.temperature_classification == "extreme"
    assert row.hourly_price_change == D("39.3035")  # from Thursday's last half-hour, 100.5


def test_a_member_without_any_bar_has_no_reading_and_the_advice_says_so(heat: Heat) -> None:
    add_theme(heat, ["UTI4", "TEC0"])
    with connection.cursor() as cursor:
        for table in ("bar_30m", "bar_1d"):
            cursor.execute(f"DELETE FROM {table} WHERE instrument_id = %s", [heat.id("UTI4")])
    heat.trade(NOON - HOUR, {})
    heat.trade(NOON - HALF_HOUR, {})
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bar_30m WHERE instrument_id = %s", [heat.id("UTI4")])
    done = heat.read(NOON)
    assert done is not None
    assert done.unknown == [heat.id("UTI4")]
    row = heat.reading("UTI4", NOON)
    assert (row.temperature_classification, row.raw_level, row.trading_recommendation) == ("", None, "NO_DATA_WAIT")
    assert row.hourly_price_change is None
    verdict = StockVerdict.objects.get(instrument=heat.id("UTI4"))
    assert (verdict.can_short, verdict.should_short) == ("unknown", "no_read")


def test_a_halt_waits(heat: Heat) -> None:
    Halt.objects.create(
        instrument_id=heat.id("TEC0"), begins_at=NOON - 10 * MINUTE, code="LUDP",
        source=heat.market.source, recorded_at=NOON - 9 * MINUTE,
    )  # fmt: skip
    heat.trade_until(NOON, {"TEC0": (109.0, BUSY)})
    heat.read(NOON)
    assert heat.reading("TEC0", NOON).trading_recommendation == "NO_DATA_WAIT"
    assert StockVerdict.objects.get(instrument=heat.id("TEC0")).can_short == "no"


def test_alerts_say_what_and_when_the_bar_was_here(heat: Heat, django_capture_on_commit_callbacks: Any) -> None:
    heat.trade_until(NOON, {"TEC0": (120.0, 10 * BUSY), "TEC1": (104.0, BUSY)})
    with django_capture_on_commit_callbacks(execute=False):
        heat.read(NOON)
    alert = ThemeAlert.objects.get()  # WARM is not announced
    assert (alert.kind, alert.subject, alert.severity) == ("temperature", "TEC0", 3)
    assert alert.text == "TEC0 is EXTREME: +20.0 % in the hour on 80.0 times the usual volume"
    assert alert.data_at == NOON + MINUTE
    assert alert.as_of == NOON
    assert alert.announced_at - alert.data_at == MINUTE
    assert alert.facts["recommendation"] == "DO_NOT_CHASE_EXTREME"


def test_a_past_hour_that_is_caught_up_with_is_no_news(heat: Heat) -> None:
    heat.trade_until(NOON, {"TEC0": (120.0, 10 * BUSY)})
    heat.read(NOON, alerts=False)
    assert not ThemeAlert.objects.exists()


def test_statements_do_not_grow_with_the_market(heat: Heat, django_assert_max_num_queries: Any) -> None:
    add_theme(heat, TECH)
    heat.trade_until(NOON, dict.fromkeys(TECH, (104.0, BUSY)))
    with django_assert_max_num_queries(34):
        heat.read(NOON)


def test_the_float_of_the_day_counts(heat: Heat) -> None:
    FloatReading.objects.create(
        instrument_id=heat.id("TEC0"), effective_on=FRIDAY.date, free_float=1, source=heat.market.source,
        recorded_at=NOON,
    )  # fmt: skip
    heat.trade_until(NOON, {"TEC0": (109.0, BUSY)})
    heat.read(NOON)  # the universe run's, not a reading the screening has not seen
    assert heat.reading("TEC0", NOON).squeeze["inputs"]["float_shares"] is None
