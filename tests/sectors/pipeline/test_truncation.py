"""A replayed month, each stored reading computed again from rows cut at its moment: nothing later may have entered.

The cut is made twice, independently: here the later rows are really deleted, session by session backwards; the command
looks through views. The month has what tempts a look ahead: late bars, corrections, a split, a doubt that is raised and
released, members that come and go, half-hours beside daily bars.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from sectors import inputs, pipeline, selectors
from sectors.evaluation.look_ahead import verify_look_ahead
from sectors.evaluation.readings import list_evaluated
from sectors.inputs import load_inputs
from sectors.models import SectorReading, SectorRun
from sectors.pipeline import build_reading, compute_analyses
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, HALF_HOUR, Market, make_market, publish_universe
from tests.sectors.conftest import FRIDAY, analyse
from universe.models import DataSource, Quarantine, Split

pytestmark = pytest.mark.django_db

SESSIONS = 21
MONTH = calendar.recent_sessions(FRIDAY.close, SESSIONS)
NOW = FRIDAY.close + timedelta(days=40)
LATE = timedelta(hours=3)
VALUES = [field.attname for field in SectorReading._meta.concrete_fields if field.attname not in {"run_id", "factors"}]


def store_month(market: Market, count: int = SESSIONS) -> None:
    """A walk of every stock; some bars late, some corrected in the evening, half-hours after the open."""
    g = np.random.default_rng(11)
    symbols = [*ALL_SYMBOLS, "IWM"]
    prices = np.full(len(symbols), 100.0)
    for place, day in enumerate(MONTH[:count]):
        prices *= np.exp(g.normal(0, 0.02, prices.size))
        noon = dict(zip(symbols, prices * np.exp(g.normal(0, 0.01, prices.size)), strict=True))
        bars = zip(prices, 1e6 * g.uniform(0.5, 3.0, prices.size), strict=True)
        close = dict(zip(symbols, bars, strict=True))
        for start in (day.open, day.open + HALF_HOUR):
            market.store_half_hours(start, noon)
        late, on_time = symbols[place::7], [symbol for symbol in symbols if symbol not in symbols[place::7]]
        market.store_daily(day.date, {symbol: close[symbol] for symbol in on_time})
        if late:
            market.store_daily(day.date, {symbol: close[symbol] for symbol in late}, recorded_at=day.close + LATE)
        with clock.frozen(day.post_close):  # a correction: known from now on
            market.store_daily(day.date, {symbols[place]: (prices[place] * 1.03, 2e6)}, recorded_at=day.post_close)


def store_events(market: Market) -> None:
    """What becomes known within the month: a split, a doubt and its release, another universe."""
    ids = list(market.ids.values())
    Split.objects.create(
        instrument_id=ids[3],
        execution_date=MONTH[10].date,
        split_from=1,
        split_to=4,
        source=DataSource.objects.get(),
        recorded_at=MONTH[9].close,
    )
    Quarantine.objects.create(
        instrument_id=ids[4],
        reason="discontinuity",
        session=MONTH[6].date,
        recorded_at=MONTH[7].close,
        released_at=MONTH[12].close,
    )
    publish_universe(market.ids, MONTH[8].date, members=ALL_SYMBOLS[2:])
    publish_universe(market.ids, MONTH[15].date)


def replay_days(count: int) -> list[SectorRun]:
    """Two analyses a day, one after the first hour and one after the close."""
    market = make_market(calendar.shift(MONTH[0].date, -1).date)
    store_month(market, count)
    store_events(market)
    runs = []
    for day in MONTH[:count]:
        for at in (day.open + timedelta(minutes=65), day.close + timedelta(minutes=20)):
            with clock.frozen(at):
                runs.append(analyse(trigger="replay"))
    return runs


def delete_later(run: SectorRun) -> None:
    """Everything that was recorded after the run, or is about later than it; later runs and the run itself too."""
    day = calendar.last_session(run.as_of - HALF_HOUR)
    newest_day = day.date if run.as_of >= day.close else calendar.shift(day.date, -1).date
    cuts: list[tuple[str, list[Any]]] = [
        ("DELETE FROM sector_sentiment WHERE run_id >= %s", [run.pk]),
        ("DELETE FROM sectors_sectorrun WHERE id >= %s", [run.pk]),
        ("DELETE FROM bar_30m WHERE recorded_at > %s OR ts > %s", [run.recorded_at, run.as_of - HALF_HOUR]),
        ("DELETE FROM bar_1d WHERE recorded_at > %s OR ts::date > %s", [run.recorded_at, newest_day]),
        ("DELETE FROM universe_split WHERE recorded_at > %s", [run.recorded_at]),
        ("DELETE FROM universe_quarantine WHERE recorded_at > %s", [run.recorded_at]),
        ("UPDATE universe_quarantine SET released_at = NULL WHERE released_at > %s", [run.recorded_at]),
        (
            "DELETE FROM universe_membership m USING universe_universerun r"
            " WHERE r.id = m.run_id AND r.recorded_at > %s",
            [run.recorded_at],
        ),
        ("DELETE FROM universe_universerun WHERE recorded_at > %s", [run.recorded_at]),
    ]
    with connection.cursor() as cursor:
        for statement, values in cuts:
            cursor.execute(statement, values)


def again(run: SectorRun) -> list[SectorReading]:
    """The readings as they come out of what is left."""
    loaded = load_inputs(run.recorded_at)
    before = selectors.latest_readings(run.recorded_at)
    readings = [
        build_reading(run, analysis, loaded, before.get(analysis.reading.sector))
        for formulas in compute_analyses(loaded)
        for analysis in formulas.values()
    ]
    return sorted(readings, key=lambda reading: (reading.sector, reading.formula))


def count_rows() -> list[int]:
    with connection.cursor() as cursor:
        return [
            cursor.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("bar_1d", "bar_30m", "sectors_sectorrun", "sector_sentiment", "universe_membership")
        ]


def verified() -> str:
    output = StringIO()
    with clock.frozen(NOW):
        call_command("evaluate_light", "--verify-look-ahead", "--quiet", stdout=output)
    return output.getvalue()


def test_every_reading_of_a_month_comes_out_of_the_rows_of_its_moment() -> None:
    month = replay_days(SESSIONS)
    before = count_rows()
    assert verified() == (
        f"{32 * SESSIONS} readings of {2 * SESSIONS} analyses computed again from rows cut at their moment: "
        "0 mismatches\n"
    )
    assert count_rows() == before
    stored = {run.pk: list(run.readings.order_by("sector", "formula")) for run in month}
    assert len(month) == 2 * SESSIONS
    assert len({run.as_of for run in month}) == len(month)
    compared = 0
    with clock.frozen(NOW):
        for run in reversed(month):
            delete_later(run)
            readings = again(run)
            assert len(readings) == 16
            for old, new in zip(stored[run.pk], readings, strict=True):
                assert {name: getattr(old, name) for name in VALUES} == {name: getattr(new, name) for name in VALUES}
                assert old.factors == new.factors
                compared += 1
    assert compared == 16 * 2 * SESSIONS
    scores = {reading.score for readings in stored.values() for reading in readings}
    assert len(scores) > 300  # the month was no flat line


@pytest.fixture
def peeking(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A product that reads tomorrow's rows."""

    def load(at: datetime, *arguments: Any) -> Any:
        return load_inputs(at + timedelta(days=1), *arguments)

    monkeypatch.setattr(pipeline, "load_inputs", load)
    yield
    monkeypatch.setattr(pipeline, "load_inputs", load_inputs)


def quiet_market() -> Market:
    market = make_market(calendar.shift(MONTH[0].date, -1).date)
    store_month(market, 5)
    return market


def test_a_product_that_looks_ahead_is_caught(peeking: None, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet_market()
    with clock.frozen(MONTH[3].close + timedelta(minutes=20)):
        run = analyse(trigger="replay")
    monkeypatch.setattr(pipeline, "load_inputs", load_inputs)
    SectorRun.objects.filter(pk=run.pk).update(as_of=MONTH[3].close)  # it would not say so itself
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sector_sentiment SET as_of = %s", [MONTH[3].close])
    errors = StringIO()
    with clock.frozen(NOW), pytest.raises(CommandError, match="are not what was known at their moment"):
        call_command("evaluate_light", "--verify-look-ahead", "--quiet", stdout=errors)
    assert "performance_1day: " in errors.getvalue()


def test_a_reader_that_forgets_the_moment_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The daily bars read as they are known today: corrected ones enter the light of the day before."""
    quiet_market()
    honest = inputs.bars.load_daily

    def careless(*arguments: Any, known_at: datetime, **options: Any) -> Any:
        return honest(*arguments, known_at=NOW, **options)

    monkeypatch.setattr(inputs.bars, "load_daily", careless)
    with clock.frozen(MONTH[3].close + timedelta(minutes=20)):
        analyse(trigger="replay")
    monkeypatch.undo()
    with clock.frozen(NOW):
        found = verify_look_ahead(list_evaluated(None, None))
    assert found.readings == 16
    assert {each.what for each in found.mismatches} >= {"performance_1day", "constituents"}


def set_input(run: SectorRun, name: str, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sector_sentiment SET factors = jsonb_set(factors, %s, to_jsonb(%s::text)) WHERE run_id = %s",
            [["inputs", name], at.isoformat(), run.pk],
        )


def forget_moment(run: SectorRun) -> None:
    """As the first versions stored it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sector_sentiment SET factors = factors #- '{inputs,known_at}' WHERE run_id = %s", [run.pk]
        )


def test_runs_that_cannot_be_computed_again_are_counted_with_their_reason() -> None:
    weighted, priced, live, exact, _, empty = replay_days(3)
    SectorRun.objects.filter(pk=weighted.pk).update(weights_source="dynamic")
    set_input(priced, "prices_at", priced.as_of)
    SectorRun.objects.filter(pk__in=[live.pk, exact.pk]).update(trigger="scheduled")
    forget_moment(live)
    # a live run is recorded some seconds after it looked
    set_input(exact, "known_at", exact.recorded_at)
    SectorRun.objects.filter(pk=exact.pk).update(recorded_at=exact.recorded_at + timedelta(seconds=9))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sector_sentiment WHERE run_id = %s", [empty.pk])
    with clock.frozen(NOW):
        found = verify_look_ahead(list(SectorRun.objects.order_by("as_of")))
    assert (found.runs, found.readings, found.mismatches) == (2, 32, ())
    assert found.left_out == {
        "volatility weights dynamic": 1,
        "prices of a snapshot, which are not kept": 1,
        "the moment whose knowledge entered was not kept": 1,
        "no readings": 1,
    }
