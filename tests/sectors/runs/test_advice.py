"""What an account is told about the light: the words and bounds of requirements S1, from the real analysis and age."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from sectors import runs
from sectors.cards import GridHead
from sentiment_site.market import calendar

FRIDAY = calendar.shift(date(2026, 8, 21), 0)
THURSDAY = calendar.shift(FRIDAY.date, -1)


def et(hour: int, minute: int = 0, day: date = FRIDAY.date) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=calendar.NEW_YORK)


def light(as_of: datetime, occasion: str = "half_hour", **facts: Any) -> GridHead:
    facts = {"recorded_at": as_of + timedelta(minutes=15), "trigger": "scheduled", "trigger_title": "schedule"} | facts
    return GridHead(
        seq=7,
        as_of=as_of,
        occasion=occasion,
        formula="v1",
        weights_source="static",
        universe_session=THURSDAY.date,
        members=1500,
        fresh=1400,
        sources=("polygon",),
        delay_s=900,
        is_simulated=False,
        ageing_from=None,
        stale_from=None,
        **facts,
    )


OVERNIGHT = light(THURSDAY.post_close, "overnight", recorded_at=et(4, 15))


def test_the_requirements_own_morning() -> None:
    """Someone sits down at 6:37; the last analysis is that of 4 AM, 2 hours 37 minutes ago."""
    found = runs.advice(OVERNIGHT, et(6, 37))
    assert found.state == "offer"
    assert found.text == "4 AM analysis available (2 h 37 min old), refresh recommended if major overnight news"
    assert (found.can_serve, found.label, found.age_s) == (True, "4 AM analysis", 157 * 60)
    assert found.starts_itself is False


@pytest.mark.parametrize(
    ("minutes", "state"), [(0, "fresh"), (119.99, "fresh"), (120, "offer"), (240, "offer"), (240.1, "recommend")]
)
def test_bounds(minutes: float, state: str) -> None:
    found = runs.advice(light(et(10)), et(10) + timedelta(minutes=minutes))
    assert (found.state, found.can_serve) == (state, True)


@pytest.mark.parametrize(
    ("head", "now", "text"),
    [
        (light(et(10, 30)), et(11, 7), "10:30 AM analysis available, 37 min old"),
        (
            light(et(8), "premarket"),
            et(10, 5),
            "8 AM analysis available (2 h 05 min old), refresh recommended because the market has opened since",
        ),
        (
            light(et(6, 30)),
            et(9, 0),
            "6:30 AM analysis available (2 h 30 min old), "
            "refresh recommended because economic releases came at 8:30 AM",
        ),
        (
            light(et(8, 44, day=FRIDAY.date), "release"),
            et(13, 0),
            "8:45 AM analysis is 4 h 16 min old: a fresh analysis is recommended because the market has opened since",
        ),
        (
            light(et(12)),
            et(16, 30),
            "12 PM analysis is 4 h 30 min old: a fresh analysis is recommended because the market has closed since",
        ),
        (
            light(et(16, 30)),
            et(18, 30),
            "4:30 PM analysis available (2 h 00 min old), refresh recommended if major news",
        ),
        (
            light(THURSDAY.post_close, "evening"),
            et(7, 0),
            "Thursday 8 PM analysis available (3 h 00 min old), refresh recommended if major overnight news",
        ),
        (
            light(et(9, 58), "", trigger="manual", recorded_at=et(10, 13)),
            et(10, 30),
            "10:13 AM analysis available, 32 min old",
        ),
    ],
)
def test_words(head: GridHead, now: datetime, text: str) -> None:
    assert runs.advice(head, now).text == text


def test_a_half_days_evening_is_called_by_its_hour() -> None:
    half_day = calendar.shift(date(2026, 11, 27), 0)
    head = light(half_day.post_close, "evening")
    found = runs.advice(head, et(17, 30, day=half_day.date))
    assert (found.label, found.state) == ("5 PM analysis", "fresh")


def test_a_weekend_ages_nothing_and_a_long_silence_names_the_day() -> None:
    friday = light(FRIDAY.post_close, "evening")
    sunday = FRIDAY.post_close + timedelta(hours=40)
    assert runs.advice(friday, sunday).text == "Friday 8 PM analysis available, 0 min old"
    later = runs.advice(friday, calendar.shift(FRIDAY.date, 6).open)
    assert later.state == "recommend" and later.text.startswith("Aug 21 8 PM analysis is 85 h 30 min old: ")


def test_without_a_light_nothing_can_be_served() -> None:
    found = runs.advice(None, et(10), {"auto_refresh": True})
    assert (found.state, found.can_serve, found.age_s, found.starts_itself) == ("none", False, None, True)
    assert found.text.startswith("No analysis yet")


def test_data_of_the_future_are_not_fresh() -> None:
    found = runs.advice(light(et(12)), et(11))
    assert (found.state, found.can_serve, found.age_s) == ("recommend", True, None)


@pytest.mark.parametrize(
    ("preferences", "minutes", "state", "itself"),
    [
        ({"offer_after_minutes": 30}, 29, "fresh", False),
        ({"offer_after_minutes": 30}, 30, "offer", False),
        ({"offer_after_minutes": 30, "auto_refresh": True}, 29, "fresh", False),
        ({"offer_after_minutes": 30, "auto_refresh": True}, 30, "offer", True),
        ({"offer_after_minutes": 300}, 299, "fresh", False),
        ({"offer_after_minutes": 300}, 300, "offer", False),
        ({"offer_after_minutes": 300, "auto_refresh": True}, 301, "recommend", True),
        ({"offer_after_minutes": 0}, 4, "fresh", False),
        ({"offer_after_minutes": None, "auto_refresh": None}, 119, "fresh", False),
        ({}, 120, "offer", False),
    ],
)
def test_an_accounts_own_bounds(preferences: dict[str, Any], minutes: float, state: str, itself: bool) -> None:
    found = runs.advice(light(et(10)), et(10) + timedelta(minutes=minutes), preferences)
    assert (found.state, found.starts_itself) == (state, itself)
