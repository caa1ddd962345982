"""One analysis from the bars in the database to the stored rows, checked by hand."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from sectors import pipeline
from sectors.kernels.parameters import HORIZONS
from sectors.models import SectorReading, SectorRun
from sectors.pipeline import LARGEST_PERFORMANCE, Skipped, _percent, run_analysis
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, make_market, publish_universe, symbols_of
from tests.sectors.conftest import FRIDAY, HALF_HOUR, TEN, THURSDAY, analyse
from universe.models import Instrument, Override

pytestmark = pytest.mark.django_db

AT = TEN + timedelta(minutes=31)


def reading(run: SectorRun, sector: str = "technology") -> SectorReading:
    return run.readings.get(formula="v1", sector=sector)


def trade(market: Market, symbols: list[str], before: float, now: float) -> None:
    """The bars 09:30-10:00 and 10:00-10:30."""
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(symbols, before))
    market.store_half_hours(TEN, dict.fromkeys(symbols, now))


def test_every_horizon_of_a_sector_and_the_run_itself(market: Market) -> None:
    day = FRIDAY.date
    tech = symbols_of("technology")
    with clock.frozen(FRIDAY.pre_open):  # corrections are known from when they are stored
        market.store_daily(calendar.shift(day, -3).date, dict.fromkeys(tech, 104))
        market.store_daily(calendar.shift(day, -5).date, dict.fromkeys(tech, 80))
    trade(market, ALL_SYMBOLS, 100, 104)
    with clock.frozen(AT):
        run = analyse(job_run_id=12)
    r = reading(run)
    assert [getattr(r, f"performance_{h}") for h in HORIZONS] == [
        Decimal("4"),
        Decimal("4"),
        Decimal("0"),
        Decimal("30"),
    ]
    assert r.performance_multiplied == Decimal("5.2")  # 1.3 x 4
    b = [math.tanh(4 / 1.6), math.tanh(4 / 4), 0.0, math.tanh(30 / (4 * math.sqrt(5)))]
    base = 0.25 * b[0] + 0.30 * b[1] + 0.20 * b[3]
    assert r.factors["base"] == pytest.approx(base, abs=1e-6)
    assert r.factors["lambda"] == pytest.approx(5 * 30.84 / (5.84 * 30), abs=1e-6)
    assert (r.status, r.stocks_count, r.fresh_count, r.colour) == ("ok", 5, 5, "dark_green")
    assert (run.as_of, run.recorded_at, run.trigger) == (TEN + HALF_HOUR, AT, "manual")
    assert (run.members, run.sources, run.delay_s, run.is_simulated) == (40, ["polygon"], 0, False)
    assert (run.formula, run.weights_source, run.job_run_id) == ("v1", "static", 12)
    assert run.readings.count() == 16
    assert {each.as_of for each in run.readings.all()} == {run.as_of}


def test_missing_half_hours_are_grey_and_the_weights_renormalise(market: Market) -> None:
    market.store_daily(FRIDAY.date, dict.fromkeys(ALL_SYMBOLS, 102))
    with clock.frozen(FRIDAY.close + timedelta(minutes=20)):
        run = analyse()
    r = reading(run)
    assert run.as_of == FRIDAY.close
    assert r.performance_30min is None
    cell = r.factors["horizons"]["30min"]
    assert (cell["reason"], cell["dot"], cell["weight"]) == ("no 30-minute bars in the source", "grey", 0.0)
    assert r.factors["horizons"]["1day"]["weight"] == pytest.approx(0.30 / 0.75)
    assert r.factors["base"] == pytest.approx(
        sum(w * math.tanh(2 / 4 / math.sqrt(n)) for w, n in ((0.30, 1), (0.25, 3), (0.20, 5))) / 0.75,
        abs=1e-6,
    )


def test_a_source_with_half_hours_of_which_none_is_fresh_gives_the_other_reason(market: Market) -> None:
    market.store_half_hours(FRIDAY.open, dict.fromkeys(ALL_SYMBOLS, 100))
    with clock.frozen(AT):
        cell = reading(analyse()).factors["horizons"]["30min"]
    assert (cell["reason"], cell["dot"]) == ("no fresh price", "grey")


def test_a_halted_stock_keeps_its_price_in_the_day_but_not_in_the_half_hour(market: Market) -> None:
    tech = symbols_of("technology")
    market.store_half_hours(FRIDAY.pre_open + HALF_HOUR, {tech[0]: 110})  # halted since the early morning
    trade(market, tech[1:], 100, 101)
    with clock.frozen(AT):
        horizons = reading(analyse()).factors["horizons"]
    assert (horizons["30min"]["stocks"], horizons["1day"]["stocks"]) == (4, 5)
    assert horizons["30min"]["performance"] == pytest.approx(1.0)
    assert 1.0 < horizons["1day"]["performance"] < 10.0


def test_a_stock_without_a_price_for_more_than_a_session_is_out(market: Market) -> None:
    gone, *rest = symbols_of("technology")
    universe = publish_universe(market.ids, THURSDAY.date)
    trade(market, rest, 100, 101)
    # a session later: the halted one has no daily bar on Friday
    market.store_daily(FRIDAY.date, dict.fromkeys([s for s in ALL_SYMBOLS if s != gone], 101))
    monday = calendar.shift(FRIDAY.date, 1)
    market.store_half_hours(monday.open, dict.fromkeys(rest, 102))
    with clock.frozen(monday.open + timedelta(minutes=31)):
        run = analyse()
    r = reading(run)
    assert run.universe_run == universe
    assert (r.fresh_count, r.stocks_count, r.factors["coverage"]) == (4, 5, 0.8)


def test_too_few_fresh_stocks_keep_the_last_score_with_half_the_confidence(market: Market) -> None:
    tech = symbols_of("technology")
    trade(market, ALL_SYMBOLS, 100, 104)
    with clock.frozen(AT):
        first = reading(analyse())
    market.store_daily(FRIDAY.date, dict.fromkeys([s for s in ALL_SYMBOLS if s not in tech[2:]], 104))
    monday = calendar.shift(FRIDAY.date, 1)
    market.store_daily(monday.date, dict.fromkeys(tech[:2], 90))
    tuesday = calendar.shift(FRIDAY.date, 2)
    market.store_half_hours(tuesday.open, dict.fromkeys(tech[:2], 80))
    with clock.frozen(tuesday.open + timedelta(minutes=31)):
        r = reading(analyse())
    assert (r.status, r.reason) == ("stale", "fresh prices for 2 of 5 stocks")
    assert (r.score, r.colour) == (first.score, first.colour)
    assert r.confidence is not None and r.confidence < Decimal("0.5")


def test_the_benchmark_gives_relative_strength_beta_and_alpha() -> None:
    market = make_market(THURSDAY.date, wave=2.0)
    # every stock moves with IWM, so beta is 1
    trade(market, ALL_SYMBOLS, 104, 105.06)
    market.store_half_hours(TEN, {"IWM": 103.02})
    with clock.frozen(AT):
        r = reading(analyse())
    assert THURSDAY.close == market.sessions[-1].close
    close = 100 * (1 + 0.02 * ((len(market.sessions) - 1) % 2))
    day, benchmark = 100 * (105.06 / close - 1), 100 * (103.02 / close - 1)
    assert r.factors["beta"] == pytest.approx(1.0, abs=1e-5)
    assert float(r.performance_1day or 0) == pytest.approx(day, abs=1e-3)
    assert float(r.relative_strength_vs_iwm or 0) == pytest.approx(1.3 * day - benchmark, abs=1e-3)
    assert float(r.alpha_raw or 0) == pytest.approx(day - benchmark, abs=1e-3)
    assert r.factors["inputs"]["benchmark"]["1day"] == pytest.approx(benchmark, abs=1e-4)


def test_without_a_benchmark_the_score_stands_and_the_comparison_is_missing(market: Market) -> None:
    Instrument.objects.filter(symbol="IWM").update(role="other")
    trade(market, ALL_SYMBOLS, 100, 101)
    with clock.frozen(AT):
        r = reading(analyse())
    assert r.score is not None and r.score > 0
    assert (r.relative_strength_vs_iwm, r.alpha_raw, r.factors["beta"]) == (None, None, None)


def test_an_operators_weight_counts_from_when_he_set_it(market: Market, operator: Any) -> None:
    trade(market, ALL_SYMBOLS, 100, 101)
    Override.objects.create(
        kind="weight", sector="technology", weight=Decimal("0.50"), reason="test", author=operator, created_at=AT
    )
    with clock.frozen(AT - timedelta(minutes=1)):
        assert reading(analyse()).factors["m"] == 1.3
    with clock.frozen(AT):
        assert reading(analyse()).factors["m"] == 0.5


def test_dynamic_weights_use_the_sectors_own_volatility(market: Market, settings: Any) -> None:
    settings.VOLATILITY_WEIGHTS = "dynamic"
    trade(market, ALL_SYMBOLS, 100, 101)
    with clock.frozen(AT):
        run = analyse()
    factors = reading(run).factors
    assert run.weights_source == "dynamic"
    assert factors["inputs"]["weights_source"] == "dynamic"
    assert factors["horizons"]["1day"]["scale"] == 2.5  # flat prices: the lowest scale


def test_before_the_first_trade_of_a_morning_the_light_is_yesterdays(market: Market) -> None:
    market.store_half_hours(THURSDAY.post_close - 2 * HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100))
    market.store_half_hours(THURSDAY.post_close - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 102))
    with clock.frozen(FRIDAY.pre_open + timedelta(minutes=40)):
        run = analyse()
    r = reading(run)
    assert run.as_of == THURSDAY.post_close
    assert (r.performance_1day, r.performance_30min) == (Decimal("2"), Decimal("2"))
    assert r.factors["age_minutes"] == pytest.approx(40)
    assert r.factors["inputs"]["session"] == THURSDAY.date.isoformat()


def test_on_a_sunday_the_light_is_fridays_and_has_not_aged(market: Market) -> None:
    market.store_daily(FRIDAY.date, dict.fromkeys(ALL_SYMBOLS, 101))
    market.store_half_hours(FRIDAY.post_close - 2 * HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101))
    market.store_half_hours(FRIDAY.post_close - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 103))
    with clock.frozen(FRIDAY.post_close + timedelta(hours=40)):
        run = analyse()
    r = reading(run)
    assert run.as_of == FRIDAY.post_close
    assert (r.performance_1day, r.factors["age_minutes"]) == (Decimal("3"), 0)
    assert r.performance_30min == pytest.approx(Decimal("1.9802"))


def test_a_half_day_ends_at_one() -> None:
    session = calendar.shift(date(2025, 11, 28), 0)
    market = make_market(calendar.shift(session.date, -1).date)
    market.store_daily(session.date, dict.fromkeys(ALL_SYMBOLS, 103))
    market.store_half_hours(session.close, dict.fromkeys(ALL_SYMBOLS, 105))
    with clock.frozen(session.close + timedelta(minutes=31)):
        run = analyse()
    assert run.as_of == session.close + HALF_HOUR
    assert reading(run).performance_1day == Decimal("5")


def test_a_scheduled_run_without_a_newer_bar_is_skipped_a_manual_one_is_not(market: Market) -> None:
    trade(market, ALL_SYMBOLS, 100, 101)
    with clock.frozen(AT):
        first = analyse(trigger="scheduled")
    with clock.frozen(AT + timedelta(minutes=5)):
        outcome = run_analysis(trigger="scheduled", fetch=False)
        assert outcome == Skipped(f"nothing new: the newest bar ends 2026-08-21T14:30:00+00:00, as in run {first.pk}")
        again = analyse(trigger="manual")
    assert again.as_of == first.as_of
    assert again.recorded_at == first.recorded_at + timedelta(minutes=5)
    assert SectorRun.objects.count() == 2


def test_nothing_to_analyse_is_said_and_nothing_saved(db: None) -> None:
    with clock.frozen(AT):
        assert run_analysis(trigger="manual", fetch=False) == Skipped("no universe has been published yet")
        market = make_market(THURSDAY.date, sessions=1)
        publish_universe(market.ids, THURSDAY.date, members=[])
        empty = run_analysis(trigger="manual", fetch=False)
    assert empty == Skipped("the universe of 2026-08-20 has no members")
    assert not SectorRun.objects.exists()


def test_a_universe_without_bars_is_said(db: None) -> None:
    market = make_market(THURSDAY.date, sessions=1)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bar_1d")
    publish_universe(market.ids, THURSDAY.date)
    with clock.frozen(AT):
        outcome = run_analysis(trigger="manual", fetch=False)
    assert isinstance(outcome, Skipped)
    assert outcome.reason.startswith("no bar of the universe of 2026-08-20 was known at 2026-08-21T14:31")


def test_a_sector_without_members_has_no_data(market: Market) -> None:
    publish_universe(market.ids, THURSDAY.date, members=symbols_of("energy"))
    trade(market, ALL_SYMBOLS, 100, 101)
    with clock.frozen(AT):
        run = analyse()
    assert (reading(run).status, reading(run).stocks_count) == ("no_data", 0)
    assert reading(run, "energy").status == "ok"


def test_progress_is_told_and_a_stop_before_saving_leaves_nothing(market: Market) -> None:
    trade(market, ALL_SYMBOLS, 100, 101)
    seen: list[tuple[float, str]] = []
    with clock.frozen(AT):
        analyse(progress=lambda percent, phase: seen.append((percent, phase)))

        def stop(percent: float, phase: str) -> None:
            if phase == "saving":
                raise RuntimeError("stop")

        with pytest.raises(RuntimeError, match="stop"):
            analyse(progress=stop)
    assert seen == [(70, "loading bars"), (80, "scoring 8 sectors"), (90, "saving"), (97, "published")]
    assert SectorRun.objects.count() == 1


def test_a_reading_that_cannot_be_stored_takes_the_whole_run_with_it(market: Market, monkeypatch: Any) -> None:
    trade(market, ALL_SYMBOLS, 100, 101)
    real = pipeline.build_reading

    def breaking(run: SectorRun, analysis: Any, *more: Any) -> SectorReading:
        row = real(run, analysis, *more)
        if analysis.reading.sector == "utilities":
            row.score = Decimal("7")
        return row

    monkeypatch.setattr(pipeline, "build_reading", breaking)
    with clock.frozen(AT), pytest.raises(Exception, match="score"):
        analyse()
    assert (SectorRun.objects.count(), SectorReading.objects.count()) == (0, 0)


def test_percentages_are_kept_within_their_columns() -> None:
    assert _percent(3.60504) == Decimal("3.6050")
    assert _percent(None) is None
    assert (_percent(1e7), _percent(-1e7)) == (LARGEST_PERFORMANCE, -LARGEST_PERFORMANCE)


def test_simulated_bars_make_a_simulated_run() -> None:
    market = make_market(THURSDAY.date, simulated=True, delay_s=900)
    trade(market, ALL_SYMBOLS, 100, 101)
    with clock.frozen(TEN + HALF_HOUR + timedelta(minutes=15)):
        run = analyse()
    assert (run.is_simulated, run.sources, run.delay_s) == (True, ["polygon (simulated)"], 900)
    assert run.as_of == TEN + HALF_HOUR
    assert reading(run).performance_30min == Decimal("1")
