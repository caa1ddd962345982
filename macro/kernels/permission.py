"""Whether to trade at all: a macro score and four steps (methods.md 9.5)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .parameters import ALT, BEAR, BTC, DEFAULT, Parameters
from .regimes import UNKNOWN

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def score_macro(trend_btc: FloatArray, trend_alt: FloatArray, parameters: Parameters = DEFAULT) -> FloatArray:
    """50 + 30 Tb + 20 Ta in [0, 100], (t,); NaN where a trend is."""
    return 50.0 + parameters.btc_points * trend_btc + parameters.alt_points * trend_alt


def thresholds(regime: int, parameters: Parameters = DEFAULT) -> tuple[float, float, float]:
    """Scores at which SELECTIVE, ACTIVE and AGGRESSIVE begin in a regime; infinite where a step is closed."""
    selective = parameters.bear_at if regime == BEAR else parameters.selective_at
    aggressive = parameters.aggressive_at if regime in (ALT, BTC) else np.inf
    return selective, parameters.active_at, aggressive


def candidate(score: float, regime: int, current: int, parameters: Parameters = DEFAULT) -> int:
    """The highest step this score allows to one who stands on `current`: 2 points more to enter, 2 less to stay."""
    allowed = 0
    for step, bound in enumerate(thresholds(regime, parameters), start=1):
        margin = parameters.hysteresis if step > current else -parameters.hysteresis
        if score >= bound + margin:
            allowed = step
    return allowed


def classify_permission(macro: FloatArray, regime: IntArray, parameters: Parameters = DEFAULT) -> IntArray:
    """Steps 0 (NO_TRADE) to 3 (AGGRESSIVE) at every bar, (t,); -1 before the first score.

    Down at once; up only to what the last two scans both allow. The first scan is taken as it is, without hysteresis.
    A bar without score or regime changes nothing.
    """
    found = np.full(macro.size, UNKNOWN, dtype=np.int64)
    state = UNKNOWN
    allowed: list[int] = []
    for place in range(macro.size):
        score, now = float(macro[place]), int(regime[place])
        if not np.isnan(score) and now != UNKNOWN:
            if state == UNKNOWN:
                state = sum(score >= bound for bound in thresholds(now, parameters))
            step = candidate(score, now, state, parameters)
            allowed = [*allowed, step][-parameters.upgrade_scans :]
            if step < state:
                state = step
            elif len(allowed) == parameters.upgrade_scans:
                state = max(state, min(allowed))
        found[place] = state
    return found
