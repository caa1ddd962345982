"""How figures are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sentiment_site.live.templatetags import figures
from sentiment_site.market import clock

FRIDAY_EVENING = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)  # 16:30 in New York


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (figures.signed(Decimal("1.2")), "+1.20"),
        (figures.signed(-0.4, 1), "−0.4"),
        (figures.signed(0, 2), "0.00"),
        (figures.signed(-0.04, 1), "0.0"),
        (figures.signed(None), "–"),
        (figures.fixed(1234.5, 1), "1,234.5"),
        (figures.fixed(None), "–"),
        (figures.change(Decimal("1204.5")), "+1,204.50"),
        (figures.change(-1204.5, 0), "−1,204"),
        (figures.change(0.004), "0.00"),
        (figures.change(None), "–"),
        (figures.compact(950), "950"),
        (figures.compact(1_250_000), "1.2M"),
        (figures.compact(-2_000_000_000), "−2.0B"),
        (figures.compact(None), "–"),
        (figures.money(3_400_000), "$3.4M"),
        (figures.money(None), "–"),
        (figures.dollars(1234.6), "$1,235"),
        (figures.dollars(Decimal("-1234.5"), 2), "−$1,234.50"),
        (figures.dollars(-0.3), "$0"),
        (figures.dollars(-0.0), "$0"),
        (figures.dollars(None), "–"),
        (figures.gained(1234), "+$1,234"),
        (figures.gained(-1234), "−$1,234"),
        (figures.gained(Decimal("0.001"), 2), "$0.00"),
        (figures.gained(None), "–"),
        (figures.share(0.4231), "42%"),
        (figures.share(0.4231, 1), "42.3%"),
        (figures.share(None), "–"),
        (figures.percent(0.0423), "+4.2%"),
        (figures.percent(-0.0423, 2), "−4.23%"),
        (figures.percent(0), "0.0%"),
        (figures.percent(None), "–"),
        (figures.sureness(Decimal("0.991")), ">99%"),
        (figures.sureness(0.99), "99%"),
        (figures.sureness(1), ">99%"),
        (figures.sureness(None), "–"),
        (figures.duration(59), "59 s"),
        (figures.duration(timedelta(minutes=4)), "4 min"),
        (figures.duration(2 * 3600 + 600), "2 h 10 min"),
        (figures.duration(None), "–"),
        (figures.age(None), "–"),
        (figures.et(None), "–"),
    ],
)
def test_figures(written: str, expected: str) -> None:
    assert written == expected


def test_times_are_new_york_times_with_the_date_when_it_is_not_today() -> None:
    with clock.frozen(FRIDAY_EVENING):
        assert figures.et(FRIDAY_EVENING) == "16:30 ET"
        assert figures.et(FRIDAY_EVENING, "full") == "Fri 20 Nov 2026 16:30 ET"
        assert figures.et(FRIDAY_EVENING, "date") == "Fri 20 Nov 2026"
        assert figures.et(FRIDAY_EVENING, "time") == "16:30 ET"
        assert figures.et(FRIDAY_EVENING - timedelta(days=1)) == "Thu 19 Nov 2026 16:30 ET"


def test_a_closed_market_does_not_age_a_reading() -> None:
    with clock.frozen(FRIDAY_EVENING) as moment:
        assert figures.age(FRIDAY_EVENING - timedelta(minutes=10)) == "10 min"
        moment.move_to(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))  # Sunday
        assert figures.age(FRIDAY_EVENING) == "3 h 30 min"
