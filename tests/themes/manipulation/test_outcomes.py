"""Outcomes: written at the close, settled once it is known, used from 200 on; nothing from the future."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from sentiment_site.market import calendar, clock
from tests.factories import HALF_HOUR, HALF_HOUR_VOLUME
from themes.kernels.behaviour import CARD_PROBABILITIES, calibrate
from themes.manipulation.outcomes import load_calibration, save_outcomes, settle_outcomes
from themes.manipulation.passes import run_pass
from themes.manipulation.selectors import outcome_record
from themes.models import ManipulationOutcome, ManipulationReading

from .conftest import AT, FRIDAY, PUMPED, QUIET, World

pytestmark = pytest.mark.django_db


def outcome(world: World, symbol: str = PUMPED, session: dt.date = FRIDAY.date, **facts: object) -> ManipulationOutcome:
    told = {"as_of": AT, "risk": 0.7, "raw": 0.7, "points": 11, "is_spike": True, "is_simulated": True}
    return ManipulationOutcome.objects.create(
        instrument_id=world.id_of(symbol), session=session, recorded_at=AT, **(told | facts)
    )


def close(world: World, days: int, price: float | None) -> dt.datetime:
    """Friday's close is 210; a later session's, and the moment at which it is known."""
    session = calendar.shift(FRIDAY.date, days)
    if price is not None:
        world.market.store_daily(session.date, {PUMPED: price})
    return session.close + dt.timedelta(hours=2)


def test_a_crash_settles_at_once(world: World) -> None:
    """-29.9 % waits, -30 % is a crash."""
    one = outcome(world)
    close(world, 0, 100.0)
    with clock.frozen(close(world, 1, 70.2)) as now:
        assert settle_outcomes(clock.now()) == 0
        one.refresh_from_db()
        assert one.lowest_change == pytest.approx(-29.8, abs=0.01) and one.settled_at is None
        assert settle_outcomes(clock.now()) == 0  # nothing new, and looked at once a session
        now.move_to(close(world, 2, 70.0))
        assert settle_outcomes(clock.now()) == 1
    one.refresh_from_db()
    assert one.crashed is True and one.lowest_change == pytest.approx(-30.0)


def test_ten_sessions_without_a_crash_are_none(world: World) -> None:
    one = outcome(world)
    close(world, 0, 100.0)
    moments = [close(world, days, 90.0) for days in range(1, 12)]
    with clock.frozen(moments[8]) as now:
        assert settle_outcomes(clock.now()) == 0
        now.move_to(moments[9])
        assert settle_outcomes(clock.now()) == 1
    one.refresh_from_db()
    assert one.crashed is False and one.lowest_change == pytest.approx(-10.0)


def test_the_eleventh_session_is_too_late(world: World) -> None:
    one = outcome(world)
    close(world, 0, 100.0)
    for days in range(1, 11):
        close(world, days, 95.0)
    with clock.frozen(close(world, 11, 61.0)):
        settle_outcomes(clock.now())
    one.refresh_from_db()
    assert one.crashed is False


def test_a_stock_that_stops_trading_is_void_or_counts_what_it_had(world: World) -> None:
    silent, some = outcome(world, "TEC1"), outcome(world)
    close(world, 0, 100.0)
    world.market.store_daily(FRIDAY.date, {"TEC1": 100.0})
    close(world, 1, 95.0)
    with clock.frozen(close(world, 12, None)):
        settle_outcomes(clock.now())
    for one in (silent, some):
        one.refresh_from_db()
        assert one.settled_at is not None
    assert silent.crashed is None and some.crashed is False
    assert outcome_record(clock.now()).settled == 1


def test_a_doubted_price_is_waited_for(world: World) -> None:
    """A fall to exactly a tenth looks like a split nobody registered: not void before thirty sessions."""
    one = outcome(world)
    close(world, 0, 100.0)
    close(world, 1, 10.0)
    with clock.frozen(close(world, 12, None)) as now:
        assert settle_outcomes(clock.now()) == 0
        now.move_to(close(world, 30, None))
        settle_outcomes(clock.now())
    one.refresh_from_db()
    assert one.settled_at is not None and one.crashed is None


def test_closes_that_are_not_here_yet_are_not_looked_at(world: World) -> None:
    """A bar that is recorded after the moment does not settle anything."""
    one = outcome(world)
    close(world, 0, 100.0)
    session = calendar.shift(FRIDAY.date, 1)
    world.market.store_daily(session.date, {PUMPED: 63.0}, recorded_at=session.close + dt.timedelta(hours=5))
    with clock.frozen(session.close + dt.timedelta(hours=4)) as now:
        assert settle_outcomes(clock.now()) == 0
        now.move_to(session.close + dt.timedelta(hours=6))
        assert settle_outcomes(clock.now()) == 1
    one.refresh_from_db()
    assert one.crashed is True


def test_readings_of_the_close_are_written_down_once_in_ten_sessions(seen: World) -> None:
    """At 16:00 and at no other bar; a quiet entry gives way to a later spike, and to nothing else."""
    seen.market.store_half_hours(FRIDAY.close - HALF_HOUR, {PUMPED: (230.0, 60 * HALF_HOUR_VOLUME)})
    with clock.frozen(AT + dt.timedelta(seconds=1)) as now:
        run_pass(AT, clock.now())
        assert not ManipulationOutcome.objects.exists()
        now.move_to(FRIDAY.close + dt.timedelta(seconds=1))
        run_pass(FRIDAY.close, clock.now())
    one = ManipulationOutcome.objects.get(instrument_id=seen.id_of(PUMPED))
    row = ManipulationReading.objects.get(as_of=FRIDAY.close, instrument_id=seen.id_of(PUMPED))
    assert one.is_spike and one.raw == float(row.raw) and one.points == sum(item["points"] for item in row.card)
    assert save_outcomes([row], [True], calendar.shift(FRIDAY.date, 5).date) == 0
    ManipulationOutcome.objects.update(is_spike=False)
    assert save_outcomes([row], [False], calendar.shift(FRIDAY.date, 5).date) == 0
    assert save_outcomes([row], [True], calendar.shift(FRIDAY.date, 5).date) == 1
    assert save_outcomes([row], [True], calendar.shift(FRIDAY.date, 9).date) == 0


def many(world: World, count: int, settled_at: dt.datetime) -> None:
    """Outcomes whose crash rate is the half of what the raw risk says."""
    rng = np.random.default_rng(4)
    ids = list(world.market.ids.values())
    sessions = calendar.recent_sessions(AT - dt.timedelta(days=90), count // len(ids) + 1)
    ManipulationOutcome.objects.bulk_create(
        ManipulationOutcome(
            instrument_id=ids[place % len(ids)], session=sessions[place // len(ids)].date, as_of=AT, recorded_at=AT,
            risk=raw, raw=raw, points=int(16 * raw), is_spike=place % 2 == 0, is_simulated=True,
            crashed=bool(rng.random() < raw / 2), settled_at=settled_at,
        )
        for place, raw in enumerate(rng.uniform(0, 1, count))
    )  # fmt: skip


def test_the_calibration_waits_for_two_hundred(world: World) -> None:
    many(world, 199, AT)
    found = load_calibration(AT)
    assert (found.outcomes, found.is_used, found.probabilities) == (199, False, CARD_PROBABILITIES)
    outcome(world, QUIET, crashed=False, settled_at=AT)
    assert load_calibration(AT).is_used
    assert not load_calibration(AT - dt.timedelta(seconds=1)).is_used  # what was settled later was not known


def test_with_outcomes_the_published_risk_is_the_curves(seen: World, now: clock.Frozen) -> None:
    """The raw risk stays beside it, the pass and the rows say that it was recalibrated and on how many."""
    many(seen, 600, AT - dt.timedelta(days=1))
    report = run_pass(AT, clock.now())
    assert report.written is not None and report.written.is_calibrated and report.written.outcomes == 600
    row = ManipulationReading.objects.get(as_of=AT, instrument_id=seen.id_of(PUMPED))
    told = ManipulationOutcome.objects.values_list("raw", "crashed")
    curve = calibrate([raw for raw, _ in told], [crashed for _, crashed in told])
    assert curve is not None and row.version.endswith("i600")
    assert float(row.risk) == pytest.approx(float(curve(np.array([float(row.raw)]))[0]), abs=0.002)
    assert float(row.risk) < float(row.raw)
