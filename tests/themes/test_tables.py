"""The tables of the themes app: what they refuse."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection

from sentiment_site.market import clock
from themes.models import Influencer, Theme

pytestmark = pytest.mark.django_db


def test_hourly_readings_are_time_series() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'p' AND relname LIKE ANY (%s)", [["temp%", "manip%"]]
        )
        assert {name for (name,) in cursor.fetchall()} == {"temperature_monitoring", "manipulation_reading"}


def test_a_merged_theme_names_where_it_went() -> None:
    now = clock.now()
    facts = {
        "theme_name": "quantum",
        "emergence_timestamp": now,
        "detected_at": now,
        "detection_confidence": 1,
        "is_simulated": True,
        "as_of": now,
    }
    with pytest.raises(IntegrityError, match="theme_merged_somewhere"):
        Theme.objects.create(standing="merged", **facts)


def test_credibility_has_a_range() -> None:
    with pytest.raises(IntegrityError, match="influencer_credibility_range"):
        Influencer.objects.create(platform="x", account_id="1", username="one", credibility=1.5)
