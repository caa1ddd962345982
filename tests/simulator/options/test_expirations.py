"""Expirations: third Fridays, holidays, tiers; and that nothing listed disappears before its day."""

from __future__ import annotations

import datetime as dt

import pytest

from sentiment_site.market import calendar
from sentiment_site.simulator.options.expirations import Tier, expirations_on, monthly_expiration


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        (2025, 12, 19),
        (2025, 4, 17),  # Good Friday is the third Friday
        (2026, 6, 18),  # Juneteenth is
        (2026, 1, 16),
        (2031, 1, 17),  # beyond the calendar's horizon
    ],
)
def test_monthlies(year: int, month: int, day: int) -> None:
    assert monthly_expiration(year, month) == dt.date(year, month, day)


def test_what_is_listed_by_tier() -> None:
    day = dt.date(2025, 12, 2)
    monthly = expirations_on(day, Tier.MONTHLY, 1)  # January, April, July, October
    assert [f"{one:%y%m%d}" for one in monthly] == ["251219", "260116", "260417", "260717"]
    leaps = set(expirations_on(day, Tier.LEAPS, 1)) - set(monthly)
    assert leaps == {dt.date(2027, 1, 15)}  # and January 2026, which is a monthly by now
    weekly = set(expirations_on(day, Tier.WEEKLY, 1)) - set(monthly) - leaps
    assert sorted(weekly) == [dt.date(2025, 12, 5), dt.date(2025, 12, 12), dt.date(2025, 12, 26), dt.date(2026, 1, 2)]
    daily = expirations_on(day, Tier.DAILY, 1)
    assert daily[:3] == (day, dt.date(2025, 12, 3), dt.date(2025, 12, 4)) and dt.date(2025, 12, 6) not in daily


@pytest.mark.parametrize("tier", [Tier.MONTHLY, Tier.LEAPS, Tier.WEEKLY, Tier.DAILY])
@pytest.mark.parametrize("cycle", [0, 1, 2])
def test_a_listed_date_stays_until_it_has_passed_and_is_a_session(tier: Tier, cycle: int) -> None:
    before: tuple[dt.date, ...] = ()
    for session in calendar.sessions_between(dt.date(2024, 8, 1), dt.date(2025, 12, 31)):
        now = expirations_on(session.date, tier, cycle)
        assert [one for one in before if one >= session.date and one not in now] == []
        assert all(one.year > 2026 or calendar.session_on(one) is not None for one in now)
        before = now
