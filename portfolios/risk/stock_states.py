"""What is known of stocks beside their sector: float, short interest and halts of today, and what the themes say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import numpy as np

from themes.selectors import StockState, stock_states_at
from universe.models import ShortInterestReading
from universe.selectors import halts_at

from .loading import Universe
from .records import NO_READING, StockReading
from .views import View

THEME_FIELDS: Final = ("theme", "temperature", "squeeze", "manipulation")


def load_stock_readings(instrument_ids: Iterable[int], universe: Universe, view: View) -> dict[int, StockReading]:
    """Every instrument's reading at the view; two statements and five of the themes."""
    ids = sorted(instrument_ids)
    if not ids:
        return {}
    cover = _days_to_cover(ids, view)
    halted, since = halts_at(np.array(ids, dtype=np.int32), view.known_at)
    themes = stock_states_at(ids, None if view.live else view.known_at)
    return {
        pk: _reading(universe, pk, cover.get(pk), begun if is_halted else None, themes.get(pk, StockState()))
        for pk, is_halted, begun in zip(ids, halted.tolist(), since, strict=True)
    }


def _days_to_cover(ids: list[int], view: View) -> dict[int, float | None]:
    """Of the newest settlement known at the view, by instrument."""
    rows = ShortInterestReading.objects.filter(
        instrument__in=ids, settlement_date__lte=view.session, recorded_at__lte=view.known_at
    )
    newest = rows.order_by("instrument_id", "-settlement_date", "-recorded_at").distinct("instrument_id")
    return {
        pk: None if days is None else float(days) for pk, days in newest.values_list("instrument_id", "days_to_cover")
    }


def _reading(
    universe: Universe, pk: int, cover: float | None, halted_since: dt.datetime | None, theme: StockState
) -> StockReading:
    known: dict[str, float | str | None] = {
        "free_float": universe.free_float.get(pk),
        "short_percent": universe.short_percent.get(pk),
        "days_to_cover": cover,
        **{name: getattr(theme, name) for name in THEME_FIELDS},
    }
    reasons = {name: NO_READING for name, value in known.items() if value is None}
    return StockReading(
        free_float=universe.free_float.get(pk),
        short_percent=universe.short_percent.get(pk),
        days_to_cover=cover,
        halted_since=halted_since,
        theme=theme.theme,
        temperature=theme.temperature,
        squeeze=theme.squeeze,
        manipulation=theme.manipulation,
        reasons=reasons,
    )
