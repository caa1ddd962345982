"""Nothing that becomes known later changes what an earlier moment saw."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from sectors import selectors
from sectors.inputs import load_inputs
from sectors.models import SectorReading, SectorRun
from sectors.pipeline import build_reading, compute_analyses
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, publish_universe, symbols_of
from tests.sectors.conftest import FRIDAY, HALF_HOUR, TEN, analyse
from universe.models import DataSource, Split

pytestmark = pytest.mark.django_db

AT = TEN + timedelta(minutes=31)
VALUES = [field.attname for field in SectorReading._meta.concrete_fields if field.attname not in {"run_id", "factors"}]


def recomputed(run: SectorRun) -> list[SectorReading]:
    """The readings as they come out of what was known when the run was recorded."""
    with clock.frozen(AT + timedelta(days=30)):
        inputs = load_inputs(run.recorded_at)
        before = selectors.latest_readings(run.recorded_at - timedelta(microseconds=1))
        readings = [
            build_reading(run, analysis, inputs, before.get(analysis.reading.sector))
            for formulas in compute_analyses(inputs)
            for analysis in formulas.values()
        ]
        return sorted(readings, key=lambda reading: (reading.sector, reading.formula))


def assert_same(run: SectorRun) -> None:
    """Every stored value and every factor comes out again."""
    stored = list(run.readings.order_by("sector", "formula"))
    again = recomputed(run)
    assert len(stored) == len(again) == 16
    for old, new in zip(stored, again, strict=True):
        assert {name: getattr(old, name) for name in VALUES} == {name: getattr(new, name) for name in VALUES}
        assert old.factors == new.factors


@pytest.fixture
def run(market: Market) -> SectorRun:
    """A light of an ordinary morning, with different moves and half-hours of the days before."""
    for place, symbol in enumerate(ALL_SYMBOLS):
        market.store_half_hours(TEN - HALF_HOUR, {symbol: 100 + place / 10})
        market.store_half_hours(TEN, {symbol: 101 - place / 20})
    for start in calendar.bar_starts(market.sessions[-1]):
        market.store_half_hours(start, dict.fromkeys(ALL_SYMBOLS, 100))
    with clock.frozen(AT):
        return analyse()


def test_a_stored_run_comes_out_again_from_the_same_rows(run: SectorRun) -> None:
    assert_same(run)


def test_later_bars_corrections_splits_and_members_change_nothing(market: Market, run: SectorRun) -> None:
    tech = symbols_of("technology")
    later = AT + timedelta(minutes=1)
    with clock.frozen(later):
        market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
        market.store_half_hours(TEN, dict.fromkeys(tech, 140), recorded_at=later)  # a correction of a bar that entered
        market.store_daily(market.sessions[-1].date, dict.fromkeys(tech, 120), recorded_at=later)
    market.store_daily(FRIDAY.date, dict.fromkeys(ALL_SYMBOLS, 160))
    Split.objects.create(
        instrument_id=market.ids[tech[0]],
        execution_date=FRIDAY.date,
        split_from=1,
        split_to=4,
        source=DataSource.objects.get(name="polygon"),
        recorded_at=later,
    )
    publish_universe(market.ids, FRIDAY.date, members=tech)
    assert_same(run)
    with clock.frozen(later):
        assert (
            analyse().readings.get(formula="v1", sector="technology").performance_1day
            != run.readings.get(formula="v1", sector="technology").performance_1day
        )


def test_what_was_not_known_yet_can_be_deleted(market: Market, run: SectorRun) -> None:
    with clock.frozen(AT + timedelta(hours=8)):
        market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bar_30m WHERE recorded_at > %s", [run.recorded_at])
        assert cursor.rowcount == 40
    assert_same(run)


def test_a_bar_known_at_the_moment_enters_and_one_known_a_second_later_does_not(market: Market) -> None:
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100))
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 110), recorded_at=AT + timedelta(seconds=1))
    with clock.frozen(AT):
        assert analyse().as_of == TEN
    with clock.frozen(AT + timedelta(seconds=1)):
        assert analyse().as_of == TEN + HALF_HOUR


def test_as_of_analyses_a_past_moment_with_the_knowledge_of_then(market: Market, run: SectorRun) -> None:
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    with clock.frozen(AT + timedelta(hours=2)):
        late = analyse(as_of=AT)
    assert late.as_of == run.as_of
    assert late.recorded_at == AT + timedelta(hours=2)
    first, second = (each.readings.get(formula="v1", sector="energy") for each in (run, late))
    assert second.performance_1day == first.performance_1day
