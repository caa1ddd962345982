"""Every number of the sector light in one place; a stored score names the version it was made with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

HORIZONS: tuple[str, ...] = ("30min", "1day", "3day", "1week")
DAILY = HORIZONS.index("1day")

# The requirement's table: how speculative a sector's small caps are. Volatile sectors count for more, on purpose.
STATIC_MULTIPLIERS: Mapping[str, float] = MappingProxyType(
    {
        "technology": 1.3,
        "healthcare": 1.5,
        "energy": 1.2,
        "financial": 1.1,
        "consumer_discretionary": 1.2,
        "industrials": 1.0,
        "materials": 0.9,
        "utilities": 0.7,
    }
)

# How much one fresh catalyst of a kind weighs against the others.
CATALYST_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "fda_decision": 1.0,
        "trial_readout": 1.0,
        "merger": 1.0,
        "earnings": 0.8,
        "guidance": 0.8,
        "offering": 0.9,
        "dilution": 0.9,
        "reverse_split": 0.9,
        "contract": 0.6,
        "partnership": 0.6,
        "analyst": 0.4,
        "filing": 0.3,
        "news": 0.2,
    }
)
# More shares, or fewer at a higher price, are bad news for holders whatever the headline says.
ALWAYS_BEARISH = frozenset({"offering", "dilution", "reverse_split"})


@dataclass(frozen=True, slots=True)
class ScoreParameters:
    """One version of the formula. Percent means percent points; tuples of four follow HORIZONS."""

    version: str = "v1"

    # Base score: a horizon of +scale % scores tanh(1) = .76; a horizon counts by its weight if it is there.
    horizon_weights: tuple[float, ...] = (0.25, 0.30, 0.25, 0.20)
    fewest_weight: float = 0.5
    horizon_ratios: tuple[float, ...] = (0.4, 1.0, math.sqrt(3), math.sqrt(5))
    daily_scale: float = 4.0
    daily_cap: float = 15.0

    # "given": multiplier and scales are the caller's (an operator's setting); "dynamic": scales by measured volatility.
    scale_source: str = "given"
    # Dynamic scale: a multiple of the sector's own daily volatility.
    dynamic_sigmas: float = 2.0
    dynamic_range: tuple[float, float] = (2.5, 8.0)
    volatility_half_life: float = 40.0
    volatility_observations: int = 20
    hybrid_share: float = 0.5

    # Volume confirmation.
    rvol_range: tuple[float, float] = (0.05, 20.0)
    confirmation: str = "unsigned"  # how much was traded; "aligned": on the sector's side less against it
    confirmation_power: float = 0.30
    confirmation_range: tuple[float, float] = (0.70, 1.30)

    # Catalyst density: gains of agreeing and of contradicting news, half-life in hours, crowding of large sectors.
    catalyst_gain: float = 0.30
    catalyst_loss: float = 0.20
    catalyst_half_life: float = 12.0
    catalyst_per_stock: float = 0.10
    catalyst_floor: float = 3.0

    # Technical context: sessions of the range, largest effect, bases too small to have a direction.
    technical_window: int = 20
    technical_gain: float = 0.20
    technical_dead_zone: float = 0.05

    # Combination: knee of the saturation, small-sample shrink.
    knee: float = 0.6
    full_sample: float = 30.0
    shrink: float = 0.84

    # Volume-weighted change (the stronger emphasis on traded money).
    emphasis_range: tuple[float, float] = (0.25, 4.0)
    largest_share: float = 0.10

    # Colours and labels: each edge belongs to the band above it, the one less permissive for shorting.
    colour_edges: tuple[Decimal, ...] = (Decimal("-0.6"), Decimal("-0.2"), Decimal("0.2"), Decimal("0.6"))
    label_edges: tuple[Decimal, ...] = (Decimal("-0.2"), Decimal("0.2"), Decimal("0.25"))

    # Confidence.
    jackknife_groups: int = 10
    confidence_powers: tuple[float, float, float, float] = (0.40, 0.25, 0.20, 0.15)
    full_coverage: float = 0.9
    fewest_coverage: float = 0.5
    stale_factor: float = 0.5
    fresh_minutes: float = 30.0
    freshness_half_life: float = 120.0
    low_confidence: float = 0.35

    # NO READ. Below 5 stocks the shrink exceeds 12 %; a stability below .4 means an error as wide as the colour's band;
    # an agreement below .65 means that 70 % of the timeframes' pull cancels, which matters once the pull could colour.
    abstain_stocks: int = 5
    abstain_coverage: float = 0.6
    abstain_stability: float = 0.4
    abstain_agreement: float = 0.65
    abstain_pull: float = 0.2

    # Alerts: a colour is announced when its edge is exceeded by this much, or when it lasts this many readings.
    alert_margin: Decimal = Decimal("0.02")
    alert_readings: int = 2

    # Halts and listings: sessions a halted stock keeps its price; sessions each horizon needs since listing.
    longest_halt: int = 1
    listing_sessions: tuple[int, ...] = (1, 2, 4, 6)

    # Benchmark: daily alpha edges, percent.
    alpha_edges: tuple[float, float] = (0.5, 2.0)
    breadth_move: float = 5.0

    @property
    def weights(self) -> FloatArray:
        """Horizon weights, (4,); they sum to 1."""
        return np.array(self.horizon_weights)

    @property
    def scales(self) -> FloatArray:
        """Static tanh scales, percent, (4,)."""
        return self.scales_for(self.daily_scale)

    @property
    def caps(self) -> FloatArray:
        """Winsor caps of one stock's return, percent, (4,)."""
        return self.daily_cap * np.array(self.horizon_ratios)

    def scales_for(self, daily_scale: float) -> FloatArray:
        """Scales of the four horizons for a given daily one, percent, (4,)."""
        return daily_scale * np.array(self.horizon_ratios)


V1 = ScoreParameters()


@dataclass(frozen=True, slots=True)
class RankParameters:
    """Ranking of stocks within a sector; the same for all formulas. Shares are counted in shares, money in dollars."""

    weights: tuple[float, float, float, float] = (0.40, 0.30, 0.20, 0.10)
    gap_scale: float = 8.0
    full_rvol: float = 3.5
    volume_power: float = 0.35
    # A grade's quality q: 0 at the first number, 1 at the first times the second, logarithmic between.
    float_range: tuple[float, float] = (5e6, 20.0)
    money_range: tuple[float, float] = (2e6, 50.0)
    float_share: float = 0.6
    grade_edges: tuple[float, float] = (0.35, 0.75)
    grades: tuple[float, float, float] = (0.3, 0.7, 1.0)
    # Selection
    fewest_move: float = 0.5
    places: int = 3
    one_sided: Decimal = Decimal("0.25")
    significant_move: float = 15.0
    # Badges
    spike_rvol: float = 2.0
    low_float: float = 20e6


RANK = RankParameters()
