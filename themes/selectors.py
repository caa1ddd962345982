"""What other rooms may read of the themes, as it was known at a moment (`as_of`; None: now)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sentiment_site.market import clock

from .heat.inputs import load_manipulation
from .heat.selectors import temperatures_at, theme_heat_at, verdicts_at
from .stories.selectors import list_members, list_themes, themes_of

__all__ = [
    "StockState",
    "list_members",
    "list_themes",
    "stock_states_at",
    "temperatures_at",
    "theme_heat_at",
    "themes_of",
    "verdicts_at",
]


@dataclass(frozen=True, slots=True)
class StockState:
    """One stock's closest theme, temperature (COLD .. EXTREME), squeeze and manipulation risk; None: no reading."""

    theme: str | None = None
    temperature: str | None = None
    squeeze: float | None = None
    manipulation: float | None = None


def stock_states_at(instrument_ids: Iterable[int], as_of: dt.datetime | None = None) -> dict[int, StockState]:
    """What the themes know of stocks; those nothing is known of are left out. Four statements."""
    ids = list(instrument_ids)
    if not ids:
        return {}
    at = as_of or clock.now()
    heat, themes = temperatures_at(ids, as_of), themes_of(ids, as_of)
    risks = load_manipulation(ids, at, at)
    found = {}
    for one in ids:
        stand = heat.get(one)
        reading = stand.reading if stand else None
        squeeze = reading.squeeze_risk_indicator if reading else None
        state = StockState(
            theme=str(themes[one][0].theme) if one in themes else None,
            temperature=stand.level.upper() if stand and stand.level else None,
            squeeze=None if squeeze is None else float(squeeze),
            manipulation=risks.get(one),
        )
        if state != StockState():
            found[one] = state
    return found
