"""The three context factors: volume confirmation, catalyst density, technical context.

Each stays within its own range and is 1.0 where its input is missing (the caller lists which). They take the base score
as a number or as an array, because the jackknife asks for ten at a time. Source:
docs/methods/sector-sentiment.md, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.parameters import ALWAYS_BEARISH, CATALYST_WEIGHTS, V1, FloatArray, ScoreParameters
from sentiment_site.quant.windows import average_true_range

_FLAT = 1e-9  # an average true range below this share of the level is rounding, not movement


def log_rvol(rvol: npt.ArrayLike, parameters: ScoreParameters = V1) -> FloatArray:
    """ln of relative volume clipped to .05..20, (n,); NaN where it is missing or negative."""
    value = np.asarray(rvol, dtype=np.float64)
    known = np.isfinite(value) & (value >= 0)
    return np.where(known, np.log(np.clip(np.where(known, value, 1.0), *parameters.rvol_range)), np.nan)


def volume_confirmation(mean_log_rvol: npt.ArrayLike, parameters: ScoreParameters = V1) -> FloatArray:
    """clip(RVg^.30, .70, 1.30), RVg the geometric mean of the constituents' relative volumes; 1.0 where NaN."""
    power = parameters.confirmation_power * np.asarray(mean_log_rvol, dtype=np.float64)
    return np.where(np.isnan(power), 1.0, np.clip(np.exp(power), *parameters.confirmation_range))


def volume_alignment(log_relative: npt.ArrayLike, daily_returns: npt.ArrayLike, base: float) -> float:
    """Whose volume it is: ln RVOL of stocks moving with the sector less that of those against it, per stock.

    Stored beside the score, not part of it: volume confirmation is blind to the side. NaN if no stock has both numbers
    or the base has no sign.
    """
    r, volume = np.asarray(daily_returns, dtype=np.float64), np.asarray(log_relative, dtype=np.float64)
    used = np.isfinite(r) & np.isfinite(volume)
    if not used.any() or not base * base > 0:
        return math.nan
    return float((np.sign(r[used]) * math.copysign(1.0, base) * volume[used]).mean())


@dataclass(frozen=True, slots=True)
class Catalyst:
    """One dated event of one constituent. direction is +1 or -1, age_hours is counted to the moment of the score.

    symbol and reference (a filing's accession number, a headline's link) only name it in an explanation.
    """

    kind: str
    direction: int
    age_hours: float
    symbol: str = ""
    reference: str = ""

    def __post_init__(self) -> None:
        """Refuse what would silently distort the sum; an event from the future would be look-ahead."""
        if self.kind not in CATALYST_WEIGHTS:
            raise ValueError(f"unknown catalyst kind {self.kind!r}; known are {', '.join(CATALYST_WEIGHTS)}")
        if self.direction not in {-1, 1} or (self.kind in ALWAYS_BEARISH and self.direction > 0):
            raise ValueError(f"a catalyst of kind {self.kind} cannot have direction {self.direction}")
        if not (math.isfinite(self.age_hours) and self.age_hours >= 0):
            raise ValueError(f"a catalyst's age must be known and not negative: {self.age_hours}")


class CatalystPart(NamedTuple):
    """One event and what it adds to the flow."""

    event: Catalyst
    pull: float


def catalyst_parts(catalysts: Iterable[Catalyst] | None, parameters: ScoreParameters = V1) -> tuple[CatalystPart, ...]:
    """weight * direction * 2^(-age / 12 h) of every event, the strongest first; none without a feed."""
    half_life = parameters.catalyst_half_life
    parts = (
        CatalystPart(event, CATALYST_WEIGHTS[event.kind] * event.direction * 2.0 ** (-event.age_hours / half_life))
        for event in catalysts or ()
    )
    return tuple(sorted(parts, key=lambda part: (-abs(part.pull), part.event.symbol, part.event.kind)))


def catalyst_flow(catalysts: Iterable[Catalyst] | None, parameters: ScoreParameters = V1) -> float:
    """Sum of the events' parts; 0 if nothing happened, NaN if there is no catalyst feed (None)."""
    if catalysts is None:
        return math.nan
    return math.fsum(part.pull for part in catalyst_parts(catalysts, parameters))


def catalyst_balance(base: npt.ArrayLike, flow: float, eligible: int, parameters: ScoreParameters = V1) -> FloatArray:
    """N: news agreeing with the move counts up, contradicting it down, per size of the sector; NaN without a feed."""
    room = parameters.catalyst_per_stock * eligible + parameters.catalyst_floor
    return np.sign(np.asarray(base, dtype=np.float64)) * flow / room


def catalyst_density(balance: npt.ArrayLike, parameters: ScoreParameters = V1) -> FloatArray:
    """1 + .30 tanh N for agreeing, 1 + .20 tanh N for contradicting news: within .80..1.30; 1.0 where N is NaN."""
    n = np.asarray(balance, dtype=np.float64)
    gain = np.where(n >= 0, parameters.catalyst_gain, parameters.catalyst_loss)
    return np.where(np.isnan(n), 1.0, 1.0 + gain * np.tanh(n))


class TechnicalLevels(NamedTuple):
    """The sector's equal-weight index now, its 20-session high and low before now, and its average true range."""

    last: float
    high: float
    low: float
    true_range: float


def technical_levels(index: npt.ArrayLike, parameters: ScoreParameters = V1) -> TechnicalLevels | None:
    """Levels from the daily index, oldest first, last = now; needs 21 levels, older ones are ignored.

    None if there are fewer, one of them is missing, or the index does not move. The range excludes the present level,
    else nothing could ever break out of it.
    """
    levels = np.asarray(index, dtype=np.float64)[-(parameters.technical_window + 1) :]
    if levels.size <= parameters.technical_window or not np.isfinite(levels).all():
        return None
    true_range = float(average_true_range(levels, parameters.technical_window, parameters.technical_window))
    if not true_range > _FLAT * float(np.abs(levels).max()):
        return None
    earlier = levels[:-1]
    return TechnicalLevels(float(levels[-1]), float(earlier.max()), float(earlier.min()), true_range)


def technical_context(
    base: npt.ArrayLike, levels: TechnicalLevels | None, parameters: ScoreParameters = V1
) -> FloatArray:
    """Within .80..1.20: approaching the 20-session extreme damps a move, breaking through it amplifies.

    base: any shape. 1.0 without levels, and where |base| < .05: such a move has no direction to be confirmed.
    """
    b = np.asarray(base, dtype=np.float64)
    if levels is None:
        return np.ones(b.shape)
    gain = parameters.technical_gain
    bullish = _near_extreme((levels.high - levels.last) / levels.true_range, gain)
    bearish = _near_extreme((levels.last - levels.low) / levels.true_range, gain)
    undirected = np.isnan(b) | (np.abs(b) < parameters.technical_dead_zone)
    return np.where(undirected, 1.0, np.where(b > 0, bullish, bearish))


def _near_extreme(distance: float, gain: float) -> float:
    """distance: average true ranges still to go to the extreme, negative once it is broken."""
    if distance < 0:
        return 1.0 + gain * min(1.0, -distance)
    return 1.0 - gain * max(0.0, 1.0 - distance)
