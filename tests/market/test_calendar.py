"""The calendar against a hand-written holiday table, clock-change days, and properties over random moments."""

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Phase

NY = ZoneInfo("America/New_York")

# Independent of exchange_calendars: the exchange's own announcements, month-day.
CLOSED = {
    2025: "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
    2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
}
HALF_DAYS = {2025: "07-03 11-28 12-24", 2026: "11-27 12-24", 2027: "11-26"}

MOMENTS = st.datetimes(dt.datetime(2024, 1, 3), dt.datetime(2027, 6, 30), timezones=st.just(dt.UTC))
SPANS = st.timedeltas(dt.timedelta(0), dt.timedelta(days=40))


def days(table: dict[int, str]) -> set[dt.date]:
    return {dt.date.fromisoformat(f"{year}-{day}") for year, row in table.items() for day in row.split()}


def new_york(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=NY)


def test_every_day_of_three_years_matches_the_holiday_table() -> None:
    closed, half = days(CLOSED), days(HALF_DAYS)
    day, checked = dt.date(2025, 1, 1), 0
    while day <= dt.date(2027, 12, 31):
        session = calendar.session_on(day)
        assert (session is None) == (day.weekday() >= 5 or day in closed), day
        if session is not None:
            assert session.date == day
            assert session.half_day == (day in half), day
            checked += 1
        day += dt.timedelta(days=1)
    assert checked == 783 - 31  # weekdays of the three years less the closures


@pytest.mark.parametrize(
    ("day", "utc_hours", "half"),
    [
        ("2025-03-07", ("09:00", "14:30", "21:00", "01:00"), False),  # Friday before the clocks go forward
        ("2025-03-10", ("08:00", "13:30", "20:00", "00:00"), False),
        ("2025-10-31", ("08:00", "13:30", "20:00", "00:00"), False),  # Friday before they go back
        ("2025-11-03", ("09:00", "14:30", "21:00", "01:00"), False),
        ("2026-03-06", ("09:00", "14:30", "21:00", "01:00"), False),
        ("2026-03-09", ("08:00", "13:30", "20:00", "00:00"), False),
        ("2026-11-02", ("09:00", "14:30", "21:00", "01:00"), False),
        ("2027-03-15", ("08:00", "13:30", "20:00", "00:00"), False),
        ("2027-11-08", ("09:00", "14:30", "21:00", "01:00"), False),
        ("2025-07-03", ("08:00", "13:30", "17:00", "21:00"), True),
        ("2026-11-27", ("09:00", "14:30", "18:00", "22:00"), True),
    ],
)
def test_hours_in_utc(day: str, utc_hours: tuple[str, ...], half: bool) -> None:
    session = calendar.session_on(dt.date.fromisoformat(day))
    assert session is not None
    moments = (session.pre_open, session.open, session.close, session.post_close)
    assert tuple(f"{moment:%H:%M}" for moment in moments) == utc_hours
    assert all(moment.tzinfo is dt.UTC for moment in moments)
    assert session.half_day is half
    assert session.post_close.astimezone(NY).date() == session.date


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        ("2026-08-21 03:59:59.999999", Phase.CLOSED),
        ("2026-08-21 04:00", Phase.PRE),
        ("2026-08-21 09:29:59", Phase.PRE),
        ("2026-08-21 09:30", Phase.REGULAR),
        ("2026-08-21 15:59:59", Phase.REGULAR),
        ("2026-08-21 16:00", Phase.AFTER),
        ("2026-08-21 19:59:59", Phase.AFTER),
        ("2026-08-21 20:00", Phase.CLOSED),
        ("2026-08-22 12:00", Phase.CLOSED),
        ("2026-11-26 12:00", Phase.CLOSED),
        ("2026-11-27 12:59", Phase.REGULAR),
        ("2026-11-27 13:00", Phase.AFTER),
        ("2026-11-27 16:59", Phase.AFTER),
        ("2026-11-27 17:00", Phase.CLOSED),
    ],
)
def test_phase_owns_its_first_moment(at: str, phase: Phase) -> None:
    moment = new_york(at)
    assert calendar.phase_at(moment) is phase
    assert calendar.phase_at(moment.astimezone(dt.UTC)) is phase
    session = calendar.session_at(moment)
    assert (None if session is None else session.date) == (None if phase is Phase.CLOSED else moment.date())


@pytest.mark.parametrize(
    ("at", "last", "following", "last_closed"),
    [
        ("2026-08-21 03:59", "2026-08-20", "2026-08-21", "2026-08-20"),
        ("2026-08-21 04:00", "2026-08-21", "2026-08-24", "2026-08-20"),
        ("2026-08-21 16:00", "2026-08-21", "2026-08-24", "2026-08-21"),
        ("2026-08-23 12:00", "2026-08-21", "2026-08-24", "2026-08-21"),
        ("2026-11-26 12:00", "2026-11-25", "2026-11-27", "2026-11-25"),
        ("2026-11-27 13:00", "2026-11-27", "2026-11-30", "2026-11-27"),
    ],
)
def test_neighbouring_sessions(at: str, last: str, following: str, last_closed: str) -> None:
    moment = new_york(at)
    assert str(calendar.last_session(moment).date) == last
    assert str(calendar.next_session(moment).date) == following
    assert str(calendar.last_closed_session(moment).date) == last_closed


def test_shift_counts_sessions_over_weekends_and_holidays() -> None:
    thanksgiving_eve = dt.date(2026, 11, 25)
    assert calendar.shift(thanksgiving_eve, 1).date == dt.date(2026, 11, 27)
    assert calendar.shift(thanksgiving_eve, 2).date == dt.date(2026, 11, 30)
    assert calendar.shift(thanksgiving_eve, -5).date == dt.date(2026, 11, 18)
    assert calendar.shift(thanksgiving_eve, 0) == calendar.session_on(thanksgiving_eve)
    with pytest.raises(ValueError, match="2026-11-26 is not a NYSE session"):
        calendar.shift(dt.date(2026, 11, 26), 1)


def test_sessions_between_includes_both_ends() -> None:
    def dates(start: dt.date, end: dt.date) -> list[str]:
        return [f"{s.date:%m-%d}" for s in calendar.sessions_between(start, end)]

    assert dates(dt.date(2026, 11, 25), dt.date(2026, 11, 30)) == ["11-25", "11-27", "11-30"]
    assert dates(dt.date(2026, 11, 26), dt.date(2026, 11, 26)) == []
    assert dates(dt.date(2026, 11, 27), dt.date(2026, 11, 27)) == ["11-27"]
    assert dates(dt.date(2026, 11, 30), dt.date(2026, 11, 25)) == []
    for year, count in ((2024, 252), (2025, 250), (2026, 251)):
        assert len(calendar.sessions_between(dt.date(year, 1, 1), dt.date(year, 12, 31))) == count


def test_recent_sessions_end_with_the_one_that_has_begun() -> None:
    at = new_york("2026-11-30 03:59")
    assert [f"{s.date:%m-%d}" for s in calendar.recent_sessions(at, 3)] == ["11-24", "11-25", "11-27"]
    later = new_york("2026-11-30 04:00")
    assert [f"{s.date:%m-%d}" for s in calendar.recent_sessions(later, 2)] == ["11-27", "11-30"]
    assert calendar.recent_sessions(at, 0) == ()
    with pytest.raises(ValueError, match="must not be negative"):
        calendar.recent_sessions(at, -1)
    with pytest.raises(ValueError, match=r"100000 sessions before .* beyond the NYSE calendar"):
        calendar.recent_sessions(at, 100_000)


@pytest.mark.parametrize(("day", "bars"), [("2026-08-21", 32), ("2026-11-27", 26), ("2026-03-09", 32)])
def test_bars_are_contiguous_and_fill_the_session(day: str, bars: int) -> None:
    session = calendar.session_on(dt.date.fromisoformat(day))
    assert session is not None
    for minutes in (30, 60, 20, 5, 1):
        starts = calendar.bar_starts(session, minutes)
        assert len(starts) == bars * 30 // minutes
        assert starts[0] == session.pre_open
        assert {b - a for a, b in pairwise(starts)} == {dt.timedelta(minutes=minutes)}
        assert starts[-1] + dt.timedelta(minutes=minutes) == session.post_close
    assert session.open in calendar.bar_starts(session)
    assert session.close in calendar.bar_starts(session)
    assert calendar.bar_starts(session) == calendar.bar_starts(session, 30)


@pytest.mark.parametrize("minutes", [0, -30, 7, 45, 120])
def test_bars_that_would_straddle_are_refused(minutes: int) -> None:
    session = calendar.session_on(dt.date(2026, 8, 21))
    assert session is not None
    with pytest.raises(ValueError, match="must divide an hour"):
        calendar.bar_starts(session, minutes)


@pytest.mark.parametrize(
    ("at", "delay", "start"),
    [
        ("2026-08-21 10:00", 0, "2026-08-21 09:30"),
        ("2026-08-21 09:59:59", 0, "2026-08-21 09:00"),
        ("2026-08-21 10:14:59", 15, "2026-08-21 09:00"),
        ("2026-08-21 10:15", 15, "2026-08-21 09:30"),
        ("2026-08-21 04:29:59", 0, "2026-08-20 19:30"),
        ("2026-08-21 04:30", 0, "2026-08-21 04:00"),
        ("2026-08-21 04:44", 15, "2026-08-20 19:30"),
        ("2026-08-21 20:00", 0, "2026-08-21 19:30"),
        ("2026-08-21 20:14", 15, "2026-08-21 19:00"),
        ("2026-08-23 12:00", 15, "2026-08-21 19:30"),
        ("2026-11-27 17:00", 0, "2026-11-27 16:30"),
        ("2026-11-30 04:10", 0, "2026-11-27 16:30"),
        ("2026-03-09 00:30", 60 * 48, "2026-03-06 19:30"),  # the delay reaches back over the clock change
    ],
)
def test_last_completed_bar(at: str, delay: int, start: str) -> None:
    expected = new_york(start).astimezone(dt.UTC)
    assert calendar.last_completed_bar(new_york(at), dt.timedelta(minutes=delay)) == expected


def test_the_delay_is_real_time_over_the_clock_change() -> None:
    # 04:15 EDT on Monday less 56 h 45 min is Friday 18:30 EST; wall arithmetic on New York time would say 19:30
    monday = new_york("2026-03-09 04:15")
    got = calendar.last_completed_bar(monday, dt.timedelta(hours=56, minutes=45))
    assert got == new_york("2026-03-06 18:00").astimezone(dt.UTC)


def test_a_negative_delay_is_refused() -> None:
    with pytest.raises(ValueError, match="delay must not be negative"):
        calendar.last_completed_bar(new_york("2026-08-21 10:00"), dt.timedelta(minutes=-1))


@given(MOMENTS, st.integers(0, 60))
def test_the_last_completed_bar_is_the_newest_visible_one(at: dt.datetime, delay_minutes: int) -> None:
    delay = dt.timedelta(minutes=delay_minutes)
    every = [start for session in calendar.recent_sessions(at, 3) for start in calendar.bar_starts(session)]
    visible = [start for start in every if start + dt.timedelta(minutes=30) + delay <= at]
    assert calendar.last_completed_bar(at, delay) == visible[-1]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-08-21 04:00", "2026-08-21 20:00", 16),
        ("2026-08-21 10:00", "2026-08-21 10:00", 0),
        ("2026-08-21 10:00", "2026-08-21 09:00", 0),
        ("2026-08-21 20:00", "2026-08-24 04:00", 0),  # a weekend
        ("2026-08-21 20:00", "2026-08-24 05:00", 1),
        ("2026-08-21 19:00", "2026-08-24 05:30", 2.5),
        ("2026-11-25 19:00", "2026-11-30 04:30", 1 + 13 + 0.5),  # Thanksgiving and its half day
        ("2026-03-06 00:00", "2026-03-10 00:00", 32),  # over the clock change
        ("2026-08-22 01:00", "2026-08-23 23:00", 0),
    ],
)
def test_session_seconds(start: str, end: str, hours: float) -> None:
    assert calendar.session_seconds(new_york(start), new_york(end)) == hours * 3600


@given(MOMENTS, SPANS, SPANS)
def test_session_seconds_are_additive(at: dt.datetime, first: dt.timedelta, second: dt.timedelta) -> None:
    middle, end = at + first, at + first + second
    parts = calendar.session_seconds(at, middle) + calendar.session_seconds(middle, end)
    assert calendar.session_seconds(at, end) == pytest.approx(parts, abs=1e-6)
    assert calendar.session_seconds(end, at) == 0


@given(MOMENTS, SPANS)
def test_advance_is_the_inverse_of_session_seconds(at: dt.datetime, by: dt.timedelta) -> None:
    got = calendar.advance(at, by)
    assert got >= at
    assert calendar.session_at(got) is not None
    assert calendar.session_seconds(at, got) == by.total_seconds()


def test_advance_jumps_over_closed_hours() -> None:
    def advanced(at: str, hours: float) -> str:
        return f"{calendar.advance(new_york(at), dt.timedelta(hours=hours)).astimezone(NY):%m-%d %H:%M}"

    assert advanced("2026-08-21 19:00", 0.5) == "08-21 19:30"
    assert advanced("2026-08-21 19:00", 1) == "08-24 04:00"
    assert advanced("2026-08-22 12:00", 0) == "08-24 04:00"
    assert advanced("2026-11-25 19:00", 1 + 13) == "11-30 04:00"
    with pytest.raises(ValueError, match="session time only advances"):
        calendar.advance(new_york("2026-08-21 19:00"), dt.timedelta(seconds=-1))


MOMENT_CALLS = [
    calendar.session_at,
    calendar.phase_at,
    calendar.last_session,
    calendar.next_session,
    calendar.last_closed_session,
    calendar.last_completed_bar,
    lambda at: calendar.recent_sessions(at, 1),
    lambda at: calendar.session_seconds(at, at),
    lambda at: calendar.advance(at, dt.timedelta(0)),
]


@pytest.mark.parametrize("call", MOMENT_CALLS)
def test_naive_and_distant_moments_are_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="timezone-aware"):
        call(dt.datetime(2026, 8, 21, 10))
    for year in (1990, 2090):
        with pytest.raises(ValueError, match="beyond the NYSE calendar"):
            call(dt.datetime(year, 8, 21, 10, tzinfo=dt.UTC))


def test_dates_are_checked_too() -> None:
    for day in (dt.date(1990, 1, 2), dt.date(2090, 1, 2)):
        with pytest.raises(ValueError, match="beyond the NYSE calendar"):
            calendar.session_on(day)
        with pytest.raises(ValueError, match="beyond the NYSE calendar"):
            calendar.sessions_between(dt.date(2026, 1, 1), day)
    with pytest.raises(TypeError, match="session date is needed"):
        calendar.session_on(dt.datetime(2026, 8, 21, 10, tzinfo=dt.UTC))


def horizon() -> tuple[dt.date, dt.date]:
    with pytest.raises(ValueError, match="beyond the NYSE calendar") as caught:
        calendar.session_on(dt.date(1990, 1, 2))
    words = str(caught.value).rstrip(")").split("(")[1].split(" to ")
    return dt.date.fromisoformat(words[0]), dt.date.fromisoformat(words[1])


def test_the_edges_of_the_horizon() -> None:
    first_day, last_day = horizon()
    assert (first_day.month, first_day.day, last_day.month, last_day.day) == (1, 1, 12, 31)
    new_year = dt.datetime.combine(first_day, dt.time(12), NY)  # a holiday, so no session has begun yet
    first = calendar.next_session(new_year)
    assert calendar.session_at(new_year) is None
    assert calendar.last_completed_bar(new_year) is None
    assert calendar.session_seconds(new_year, first.open) == 5.5 * 3600
    assert calendar.last_completed_bar(first.pre_open + dt.timedelta(minutes=30)) == first.pre_open
    for call in (calendar.last_session, calendar.last_closed_session):
        with pytest.raises(ValueError, match="the session asked for is beyond"):
            call(new_year)
    silvester = dt.datetime.combine(last_day, dt.time(23), NY)
    last = calendar.last_session(silvester)
    with pytest.raises(ValueError, match="the session asked for is beyond"):
        calendar.next_session(silvester)
    with pytest.raises(ValueError, match="the session asked for is beyond"):
        calendar.shift(last.date, 1)
    with pytest.raises(ValueError, match="the session asked for is beyond"):
        calendar.shift(first.date, -1)
    with pytest.raises(ValueError, match="the session asked for is beyond"):
        calendar.advance(last.open, dt.timedelta(hours=17))
