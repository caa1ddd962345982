"""Instruments, a source and short ways to store bars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from universe import bars
from universe.models import DataSource, Instrument

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def source(db: None) -> DataSource:
    return bars.get_source("a file", DataSource.Kind.IMPORT)


@pytest.fixture
def simulated(db: None) -> DataSource:
    return bars.get_source("polygon (simulated)", DataSource.Kind.SIMULATED)


@pytest.fixture
def ids(source: DataSource) -> list[int]:
    """Three instruments: ONE, TWO, THREE."""
    rows = [Instrument(symbol=name, kind="CS", source=source, recorded_at=LONG_AGO) for name in ("ONE", "TWO", "THREE")]
    return [row.pk for row in Instrument.objects.bulk_create(rows)]


Storing = Callable[..., bars.StoreResult]


@pytest.fixture
def store_closes(source: DataSource) -> Storing:
    """Store daily closes of one instrument; without `known` each bar is known at midnight UTC after its session."""

    def store(
        instrument_id: int,
        dates: Sequence[str],
        closes: Sequence[float],
        *,
        known: str | None = None,
        **columns: object,
    ) -> bars.StoreResult:
        days = [dt.date.fromisoformat(date) for date in dates]
        ts = np.array([midnight(day) for day in days])
        recorded = moment(known) if known else ts + 86_400_000
        volume = columns.pop("volume", [1000.0] * len(closes))
        return bars.store_bars(
            "1d", [instrument_id] * len(days), ts, {"close": closes, "volume": volume, **columns}, source, recorded
        )

    return store


def midnight(day: dt.date | str) -> int:
    """A daily bar's key time."""
    day = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return (day - dt.date(1970, 1, 1)).days * 86_400_000


def moment(text: str) -> dt.datetime:
    """An aware UTC moment from ISO text."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def days(*texts: str) -> list[dt.date]:
    """Dates from ISO texts."""
    return [dt.date.fromisoformat(text) for text in texts]


def row(array: np.ndarray, index: int = 0) -> list[float | None]:
    """A row of a panel with None for NaN, rounded to float32's six digits."""
    return [None if np.isnan(value) else round(float(value), 4) for value in array[index]]
