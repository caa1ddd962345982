"""Registered splits, as they were known at a moment."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.returns import Split as QuantSplit
from sentiment_site.quant.returns import apply_splits
from universe.models import Split

from .tables import Ids


def list_splits(instrument_ids: Ids, first: dt.date, last: dt.date, known_at: dt.datetime | None) -> list[QuantSplit]:
    """Splits executed on first..last (both included) and recorded by `known_at` (None: all); `row` is the place in
    instrument_ids.     An instrument that stands in several rows gets its splits in each of them.
    """
    rows: dict[int, list[int]] = {}
    for row, instrument_id in enumerate(instrument_ids.tolist()):
        rows.setdefault(instrument_id, []).append(row)
    registered = Split.objects.filter(execution_date__gte=first, execution_date__lte=last)
    if known_at is not None:
        registered = registered.filter(recorded_at__lte=known_at)
    found = registered.values_list("instrument_id", "execution_date", "split_from", "split_to")
    return [
        QuantSplit(row, execution_date, float(split_from), float(split_to))
        for instrument_id, execution_date, split_from, split_to in found
        for row in rows.get(instrument_id, ())
    ]


def price_factors(rows: int, dates: npt.NDArray[np.datetime64], splits: list[QuantSplit]) -> npt.NDArray[np.float64]:
    """What prices of each date are multiplied by to stand on the last date's share basis, (rows, dates)."""
    ones = np.ones((rows, dates.size))
    factors, _ = apply_splits(ones, ones, dates, splits)
    return factors
