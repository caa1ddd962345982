"""The days before: what was analysed then, and for days without an analysis what the engine makes of their readings.

The second kind is computed afterwards, from readings that may have been reconstructed, and is marked wherever it is
shown; the API's history holds analyses only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from macro import publish, selectors
from macro.analysis import load_bars
from macro.kernels.bars import DAY_S
from macro.kernels.engine import compute_path
from macro.kernels.parameters import PERMISSIONS, REGIMES
from macro.kernels.regimes import UNKNOWN


@dataclass(frozen=True, slots=True)
class Day:
    """The regime at the end of one UTC day. computed: by the engine afterwards, not by an analysis of that day."""

    at: int
    regime: str
    permission: str
    confidence: int
    computed: bool

    @property
    def day(self) -> date:
        """Which day."""
        return datetime.fromtimestamp(self.at, UTC).date()


def load_days(seq: int, until: datetime, as_of: datetime | None) -> list[Day]:
    """Every day with a regime known at `until`, oldest first: the last analysis of the day, else the computed one.

    seq: the newest analysis', under which what was computed is cached for an hour; as_of: None live. Two statements,
    one when cached.
    """
    key = "" if as_of is None else as_of.isoformat()
    held = publish.cached_answer("past", seq, key, lambda: _compute(until))
    computed = (Day(at, regime, permission, sure, computed=True) for at, regime, permission, sure in held)
    days = {each.day: each for each in computed}
    rows = selectors.list_analyses(until).order_by("as_of", "analysis_timestamp")
    for at, regime, permission, confidence in rows.values_list(
        "as_of", "market_regime", "trade_permission", "overall_confidence"
    ):
        days[at.date()] = Day(round(at.timestamp()), regime, permission, confidence, computed=False)
    return sorted(days.values(), key=lambda each: each.at)


def _compute(until: datetime) -> list[list[Any]]:
    market = selectors.load_market(until)
    if not len(market):
        return []
    path = compute_path(load_bars(market, until))
    known = ~np.isnan(path.margin) & (path.regimes.regime != UNKNOWN) & (path.permission != UNKNOWN)
    places = np.flatnonzero(known & ~np.isnan(path.confidence))
    days = path.bars.at[places] // DAY_S
    last = places[np.append(np.diff(days) > 0, True)] if places.size else places
    return [
        [
            int(path.bars.at[place]),
            REGIMES[int(path.regimes.regime[place])],
            PERMISSIONS[int(path.permission[place])],
            round(float(path.confidence[place])),
        ]
        for place in last
    ]
