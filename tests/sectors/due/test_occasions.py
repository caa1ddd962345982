"""The day's schedule as data: which moments a session has, in New York time, over clock changes and half days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectors.occasions import OCCASIONS, list_moments, newest_moment, next_moment
from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK, Session

MOMENTS = st.datetimes(datetime(2024, 1, 3), datetime(2027, 6, 30), timezones=st.just(UTC))


def session(text: str) -> Session:
    found = calendar.session_on(date.fromisoformat(text))
    assert found is not None
    return found


def named(text: str) -> dict[str, str]:
    return {
        each.occasion.key: f"{each.at.astimezone(NEW_YORK):%H:%M}"
        for each in list_moments(session(text))
        if each.occasion.at is not None
    }


def test_a_full_day_has_32_bars_and_two_moments_between_them() -> None:
    moments = list_moments(session("2026-08-21"))
    assert len(moments) == 34
    assert named("2026-08-21") == {"overnight": "04:00", "premarket": "08:00", "release": "08:45", "evening": "20:00"}
    bars = [moment.key for moment in moments if moment.occasion.key == "half_hour"]
    assert bars[:2] == ["2026-08-21:04:30", "2026-08-21:05:00"] and bars[-1] == "2026-08-21:19:30"
    assert "2026-08-21:08:00" not in bars  # that bar is the pre-market analysis
    assert moments[-1].key == "2026-08-21:evening"


def test_a_half_day_ends_at_five() -> None:
    assert len(list_moments(session("2026-11-27"))) == 28
    assert named("2026-11-27")["evening"] == "17:00"


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        ("2026-03-06", ["09:00", "13:00", "13:45", "01:00"]),  # the Friday before the clocks go forward
        ("2026-03-09", ["08:00", "12:00", "12:45", "00:00"]),
        ("2026-10-30", ["08:00", "12:00", "12:45", "00:00"]),
        ("2026-11-02", ["09:00", "13:00", "13:45", "01:00"]),
    ],
)
def test_new_york_time_holds_over_clock_changes(day: str, utc: list[str]) -> None:
    found = [moment for moment in list_moments(session(day)) if moment.occasion.at is not None]
    assert [f"{moment.at:%H:%M}" for moment in found] == utc
    assert {moment.key.split(":")[0] for moment in found} == {day}  # the evening keeps its New York date


def test_on_a_holiday_the_evening_before_is_the_newest() -> None:
    thanksgiving = datetime(2026, 11, 26, 12, tzinfo=NEW_YORK)
    newest, following = newest_moment(thanksgiving), next_moment(thanksgiving)
    assert newest is not None and newest.key == "2026-11-25:evening"
    assert following.key == "2026-11-27:overnight"


def test_every_occasion_says_what_it_is_for() -> None:
    assert list(OCCASIONS) == ["evening", "overnight", "premarket", "release", "half_hour"]
    assert all(each.title and each.purpose and each.needs for each in OCCASIONS.values())
    assert [each.key for each in OCCASIONS.values() if each.snapshot] == ["release"]
    assert [each.key for each in OCCASIONS.values() if each.repeats] == ["overnight"]


@given(at=MOMENTS)
def test_any_moment_lies_between_two_neighbours(at: datetime) -> None:
    newest, following = newest_moment(at), next_moment(at)
    assert newest is not None and newest.at <= at < following.at
    assert newest_moment(following.at) == following
    assert next_moment(newest.at) == following


def test_keys_are_unique_over_a_year() -> None:
    days = calendar.sessions_between(date(2026, 1, 1), date(2026, 12, 31))
    keys = [moment.key for day in days for moment in list_moments(day)]
    assert len(set(keys)) == len(keys) == 34 * 249 + 28 * 2


def test_before_the_calendar_there_is_none_and_after_it_an_error() -> None:
    first = calendar._table().sessions[0]
    assert newest_moment(first.pre_open) is None
    with pytest.raises(ValueError, match="beyond"):
        newest_moment(calendar._table().ends + timedelta(days=1))
