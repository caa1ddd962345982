"""A stock that people write about."""

from __future__ import annotations

import datetime as dt

import pytest

from universe.models import DataSource, Instrument

# A Friday, 12:00 in New York.
NOON = dt.datetime(2026, 8, 21, 16, tzinfo=dt.UTC)


def hours(count: float) -> dt.timedelta:
    return dt.timedelta(hours=count)


@pytest.fixture
def source(db: None) -> DataSource:
    return DataSource.objects.create(name="press (simulated)", kind="simulated")


@pytest.fixture
def acme(source: DataSource) -> Instrument:
    return Instrument.objects.create(
        symbol="ACME", name="Acme Nuclear Inc.", cik="0000000042", source=source, recorded_at=NOON - hours(500)
    )
