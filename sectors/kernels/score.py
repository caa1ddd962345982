"""Base score and combination: from constituents' returns to the stored three decimals.

Source: docs/methods/sector-sentiment.md, sections 2 (reported performance), 3 (base score), 5 (combination).
"""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from sectors.kernels.parameters import DAILY, V1, FloatArray, ScoreParameters
from sentiment_site.quant.robust import capped_weights, clip_returns, weighted_mean

_ROUNDING = 1e-9  # weights such as .25 + .25 must count as one half whatever their order


def performance(returns: npt.ArrayLike, log_volume: npt.ArrayLike) -> FloatArray:
    """The percentages on the card: mean returns weighted by ln(shares traded), not winsorised.

    returns: (n, 4) percent, NaN missing; log_volume: (n,) from quant.robust.log_volume_weights.
    Returns (4,), NaN for a horizon in which no constituent has a return (so all NaN for n = 0).
    """
    return weighted_mean(returns, log_volume)


def robust_performance(
    returns: npt.ArrayLike, log_volume: npt.ArrayLike, parameters: ScoreParameters = V1
) -> FloatArray:
    """As `performance`, each stock's return clipped to its horizon's cap: what the score is made of. (4,) percent."""
    return weighted_mean(clip_returns(returns, parameters.caps), log_volume)


def volume_weighted_change(
    returns: npt.ArrayLike, dollar_volume: npt.ArrayLike, rvol: npt.ArrayLike, parameters: ScoreParameters = V1
) -> float:
    """One-day change weighted by traded money and its unusualness, percent; NaN if no stock has both.

    Weight sqrt(dollar volume) * clip(RVOL, .25, 4), none above 10 % of the total; returns (n,) winsorised as in the
    base score. A missing RVOL counts as 1 (usual), a missing dollar volume leaves the stock out.
    """
    daily = clip_returns(returns, parameters.caps[DAILY])
    money = np.asarray(dollar_volume, dtype=np.float64)
    unusual = np.asarray(rvol, dtype=np.float64)
    unusual = np.where(np.isfinite(unusual), np.clip(unusual, *parameters.emphasis_range), 1.0)
    used = np.isfinite(daily) & np.isfinite(money) & (money > 0)
    weights = np.sqrt(np.where(used, money, 0.0)) * unusual
    return float(weighted_mean(np.where(used, daily, 0.0), capped_weights(weights, parameters.largest_share)))


def horizon_scores(robust: npt.ArrayLike, scales: npt.ArrayLike) -> FloatArray:
    """b_h = tanh(robust performance / scale), in (-1, 1); shapes (..., 4) and (4,); NaN stays NaN."""
    return np.tanh(np.asarray(robust, dtype=np.float64) / np.asarray(scales, dtype=np.float64))


def horizon_weights(scores: npt.ArrayLike, parameters: ScoreParameters = V1) -> FloatArray:
    """Weights of the horizons that are there, summing to 1; 0 for a missing one, all 0 if all are. (..., 4)."""
    present = ~np.isnan(np.asarray(scores, dtype=np.float64))
    weights = np.where(present, parameters.weights, 0.0)
    total = weights.sum(axis=-1, keepdims=True)
    return weights / np.where(total > 0, total, 1.0)


def base_score(scores: npt.ArrayLike, parameters: ScoreParameters = V1) -> FloatArray:
    """Weighted mean of the horizons that are there, (...,) in (-1, 1).

    scores: (..., 4), NaN missing. NaN where the present horizons carry less than half of the weight: two minor
    horizons are not a reading of the sector.
    """
    b = np.asarray(scores, dtype=np.float64)
    present = ~np.isnan(b)
    total = np.where(present, parameters.weights, 0.0).sum(axis=-1)
    mean = (horizon_weights(b, parameters) * np.where(present, b, 0.0)).sum(axis=-1)
    return np.where(total >= parameters.fewest_weight - _ROUNDING, mean, np.nan)


def knee(x: npt.ArrayLike, parameters: ScoreParameters = V1) -> FloatArray:
    """Identity up to +-k = .6, then bends smoothly towards +-1; odd, increasing, slope 1 at the knee. NaN stays NaN."""
    value = np.asarray(x, dtype=np.float64)
    size, k = np.abs(value), parameters.knee
    bent = k + (1 - k) * np.tanh((size - k) / (1 - k))
    return np.where(size <= k, value, np.copysign(bent, value))


def small_sample_factor(n_eff: npt.ArrayLike, parameters: ScoreParameters = V1) -> FloatArray:
    """lambda(n) = min(1, n (n0 + kappa) / ((n + kappa) n0)): 0 for no constituents, 1 from n0 = 30 on."""
    n, full, shrink = np.asarray(n_eff, dtype=np.float64), parameters.full_sample, parameters.shrink
    return np.minimum(1.0, n * (full + shrink) / ((n + shrink) * full))


def combine(
    base: float,
    multiplier: float,
    volume_confirmation: float = 1.0,
    catalyst_density: float = 1.0,
    technical_context: float = 1.0,
    *,
    parameters: ScoreParameters = V1,
) -> Decimal:
    """The score of a full sector from its five factors: their product, saturated, three decimals (no lambda)."""
    x = base * multiplier * volume_confirmation * catalyst_density * technical_context
    return stored(float(knee(x, parameters)))


def finalise(x: float, n_eff: float, parameters: ScoreParameters = V1) -> Decimal:
    """The stored score from the product x of the factors and the effective number of constituents."""
    return stored(float(small_sample_factor(n_eff, parameters) * knee(x, parameters)))


def stored(value: float) -> Decimal:
    """Three decimals, as the column keeps them; no negative zero. ValueError for a missing value."""
    if not math.isfinite(value):
        raise ValueError("a missing value has no score")
    return Decimal(f"{value:.3f}") + 0
