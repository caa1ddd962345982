"""The constants of the crypto engine, in one frozen value so that an evaluation can vary them.

Source: methods.md 9.2 to 9.5. Durations are days; a kernel multiplies them by the bars of a day (1 daily, 6 every four
hours). Counts that are named scans are bars whatever their length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VERSION: Final = "deterministic-v1"

ALT_SEASON: Final = "ALT_SEASON"
BTC_SEASON: Final = "BTC_SEASON"
BEAR_MARKET: Final = "BEAR_MARKET"
TRANSITION: Final = "TRANSITION"
REGIMES: Final = (ALT_SEASON, BTC_SEASON, BEAR_MARKET, TRANSITION)  # the first three have a score, in this order
ALT, BTC, BEAR, NEITHER = range(4)

NO_TRADE: Final = "NO_TRADE"
SELECTIVE: Final = "SELECTIVE"
ACTIVE: Final = "ACTIVE"
AGGRESSIVE: Final = "AGGRESSIVE"
PERMISSIONS: Final = (NO_TRADE, SELECTIVE, ACTIVE, AGGRESSIVE)  # rising

UP: Final = "UP"
DOWN: Final = "DOWN"
SIDEWAYS: Final = "SIDEWAYS"
DIRECTIONS: Final = {-1: DOWN, 0: SIDEWAYS, 1: UP}


@dataclass(frozen=True, slots=True)
class Parameters:
    """Every threshold of the engine. `version` is stored with each analysis."""

    version: str = VERSION
    # trend
    horizons: tuple[int, ...] = (14, 30, 60, 90)
    least_horizons: int = 2
    half_life: float = 45.0
    least_returns: int = 20
    clip: float = 2.0
    enter: float = 0.20
    leave: float = 0.12
    own_after: int = 365  # days of own trends until the cold-start table has no weight left
    # regime
    average: int = 200
    peak: int = 365
    least_history: int = 30
    average_scale: float = 0.05
    drawdown_at: float = 0.35
    drawdown_scale: float = 0.05
    bear_trend_at: float = 0.4
    bear_trend_slope: float = 4.0
    alt_ratio_at: float = 0.20
    alt_ratio_slope: float = 8.0
    alt_trend_at: float = -0.30
    alt_trend_slope: float = 6.0
    btc_ratio_slope: float = 8.0
    btc_trend_slope: float = 6.0
    take: float = 0.40
    keep: float = 0.25
    dwell: float = 3.0  # days
    # confidence
    ahead: int = 7  # days after which the regime is looked at again
    refit: int = 30  # days between two fits
    stale_hours: float = 8.0
    stale_penalty: int = 15
    estimated_penalty: int = 10
    short_history: int = 120
    short_cap: int = 60
    # permission
    btc_points: float = 30.0
    alt_points: float = 20.0
    selective_at: float = 38.0
    bear_at: float = 50.0
    active_at: float = 60.0
    aggressive_at: float = 75.0
    hysteresis: float = 2.0
    upgrade_scans: int = 2
    too_old_hours: float = 24.0


DEFAULT: Final = Parameters()

# |T| -> share of days with a smaller one, measured on bitcoin 2016-2025 (methods.md 9.2)
COLD_STRENGTH: Final = ((0.0, 0.05, 0.14, 0.32, 0.54, 0.79, 0.92, 1.0), (0.0, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 1.0))
# middle of a band of margins -> share of days with the same regime a week later (methods.md 9.4)
COLD_PERSISTENCE: Final = (
    (0.05, 0.15, 0.25, 0.375, 0.525, 0.7, 0.9),
    (0.68, 0.66, 0.64, 0.75, 0.84, 0.93, 0.985),
)
