"""The clock: wall, frozen and the demo's session clock."""

import datetime as dt
import threading
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.market import calendar, clock

NY = ZoneInfo("America/New_York")
WALL_START = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)  # a Sunday
SPEC = "sessions:2026-08-21T09:30:00-04:00@2026-11-22T15:00:00+00:00*10"
NOON = dt.datetime(2026, 8, 21, 12, tzinfo=NY)


@pytest.fixture(autouse=True)
def configured_clock_is_restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock._Process, "configured", clock._WallClock())
    monkeypatch.setattr(clock._Process, "frozen", ())
    yield


def market_time_after(seconds: float) -> str:
    with time_machine.travel(WALL_START + dt.timedelta(seconds=seconds), tick=False):
        return f"{clock.now().astimezone(NY):%Y-%m-%d %H:%M:%S}"


def test_the_wall_clock_is_the_default() -> None:
    with time_machine.travel(WALL_START, tick=False):
        assert clock.now() == WALL_START
        assert clock.wall() == WALL_START
    assert clock.now().tzinfo is dt.UTC
    assert clock.describe() == ""
    assert clock.is_simulated() is False


def test_the_session_clock_runs_fast_and_skips_closed_hours() -> None:
    clock.configure(SPEC)
    assert clock.describe() == "session clock x10"
    assert clock.is_simulated() is True
    assert market_time_after(0) == "2026-08-21 09:30:00"
    assert market_time_after(60) == "2026-08-21 09:40:00"
    assert market_time_after(3779.9) == "2026-08-21 19:59:59"
    assert market_time_after(3780) == "2026-08-24 04:00:00"  # 10.5 h of Friday were left; then it is Monday
    assert market_time_after(3780 + 16 * 360) == "2026-08-25 04:00:00"
    with time_machine.travel(WALL_START, tick=False):
        assert clock.wall() == WALL_START
    clock.configure("wall")
    assert clock.is_simulated() is False


def test_before_its_start_the_session_clock_stands_still() -> None:
    clock.configure(SPEC)
    assert market_time_after(-86_400) == "2026-08-21 09:30:00"


def test_a_start_in_closed_hours_is_the_next_opening() -> None:
    clock.configure("sessions:2026-08-22T12:00:00-04:00@2026-11-22T15:00:00Z*0.5")
    assert market_time_after(0) == "2026-08-24 04:00:00"
    assert market_time_after(120) == "2026-08-24 04:01:00"
    assert clock.describe() == "session clock x0.5"


@given(
    st.lists(st.integers(0, 2 * 86_400_000_000), min_size=2, max_size=20),
    st.floats(0.01, 60),
)
def test_the_session_clock_is_monotonic_always_open_and_exact(microseconds: list[int], speed: float) -> None:
    start = dt.datetime(2026, 8, 21, 9, 30, tzinfo=NY)
    spec = f"sessions:{start.isoformat()}@{WALL_START.isoformat()}*{speed!r}"
    previous = start
    clock.configure(spec)
    try:
        for elapsed in sorted(microseconds):
            with time_machine.travel(WALL_START + dt.timedelta(microseconds=elapsed), tick=False):
                now, wall = clock.now(), clock.wall()
                assert clock.now() == now
            assert now >= previous
            assert calendar.session_at(now) is not None
            wanted = (wall - WALL_START).total_seconds() * speed
            assert calendar.session_seconds(start, now) == pytest.approx(wanted, abs=2e-6)
            previous = now
    finally:
        clock.configure("wall")


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("", "expected"),
        ("now", "expected"),
        ("sessions:", "expected"),
        ("sessions:2026-08-21T09:30:00-04:00", "expected"),
        ("sessions:2026-08-21T09:30:00-04:00@2026-11-22T15:00:00Z", "expected"),
        ("sessions:2026-08-21T09:30:00@2026-11-22T15:00:00Z*10", "offset"),
        ("sessions:2026-08-21T09:30:00-04:00@2026-11-22T15:00:00*10", "offset"),
        ("sessions:yesterday@2026-11-22T15:00:00Z*10", "isoformat"),
        ("sessions:1990-08-21T09:30:00-04:00@2026-11-22T15:00:00Z*10", "beyond the NYSE calendar"),
        ("sessions:2026-08-21T09:30:00-04:00@2026-11-22T15:00:00Z*fast", "could not convert"),
        ("sessions:2026-08-21T09:30:00-04:00@2026-11-22T15:00:00Z*0", "speed"),
        ("sessions:2026-08-21T09:30:00-04:00@2026-11-22T15:00:00Z*-1", "speed"),
        ("sessions:2026-08-21T09:30:00-04:00@2026-11-22T15:00:00Z*nan", "speed"),
        ("sessions:2026-08-21T09:30:00-04:00@2026-11-22T15:00:00Z*inf", "speed"),
    ],
)
def test_a_bad_specification_names_the_setting_and_changes_nothing(spec: str, reason: str) -> None:
    clock.configure(SPEC)
    with pytest.raises(ValueError, match=f"MARKET_CLOCK=.*{reason}"):
        clock.configure(spec)
    assert clock.describe() == "session clock x10"


def test_frozen_blocks_nest_and_move() -> None:
    with clock.frozen(NOON) as outer:
        assert clock.now() == NOON
        assert clock.now().tzinfo is dt.UTC
        assert clock.is_simulated() is True
        assert clock.describe() == "clock frozen at 2026-08-21T16:00:00+00:00"
        with clock.frozen(NOON + dt.timedelta(days=1)) as inner:
            outer.move_to(NOON + dt.timedelta(hours=1))
            assert clock.now() == NOON + dt.timedelta(days=1)
            inner.move_to(NOON - dt.timedelta(days=1))
            assert clock.now() == NOON - dt.timedelta(days=1)
        assert clock.now() == NOON + dt.timedelta(hours=1)
    assert clock.is_simulated() is False


def test_frozen_ends_with_its_block_also_on_an_error() -> None:
    clock.configure(SPEC)
    with pytest.raises(RuntimeError, match="inside"), clock.frozen(NOON):
        raise RuntimeError("inside")
    assert clock.describe() == "session clock x10"


def test_frozen_holds_in_other_threads_but_not_for_the_wall() -> None:
    seen: list[dt.datetime] = []
    with clock.frozen(NOON):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
        with time_machine.travel(WALL_START, tick=False):
            assert clock.wall() == WALL_START
    assert seen == [NOON]


def test_naive_moments_are_refused() -> None:
    with pytest.raises(ValueError, match="offset"), clock.frozen(dt.datetime(2026, 8, 21)):
        pass
    with clock.frozen(NOON) as frozen, pytest.raises(ValueError, match="offset"):
        frozen.move_to(dt.datetime(2026, 8, 21))
