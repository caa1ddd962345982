"""The chain from cross-sectional means to the score, for the whole sector and without some of its stocks.

One row per sample: a single one for the reading itself, one per left-out group for the jackknife. Everything that
depends on who is in the sample is recomputed (robust performance, volume confirmation, effective number, and with the
base's sign the catalyst and technical factors); what belongs to the sector as a whole stays fixed (`Surroundings`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.multipliers import (
    TechnicalLevels,
    catalyst_balance,
    catalyst_density,
    technical_context,
    volume_confirmation,
)
from sectors.kernels.parameters import FloatArray, ScoreParameters
from sectors.kernels.score import base_score, horizon_scores, horizon_weights, knee, small_sample_factor
from sentiment_site.quant.robust import delete_group_weighted_means, effective_number, weighted_mean

IntArray = npt.NDArray[np.int64]


class Constituents(NamedTuple):
    """What the fresh stocks bring: clipped returns (n, 4) percent, ln V (n,), ln RVOL (n,) with NaN missing.

    signed_log_rvol: ln RVOL times the sign of the 1-day return, (n,), NaN where either is missing.
    """

    clipped: FloatArray
    log_volume: FloatArray
    log_rvol: FloatArray
    signed_log_rvol: FloatArray


class Surroundings(NamedTuple):
    """What the sample does not change. catalyst_flow is NaN without a feed, levels None without an index."""

    multiplier: float
    scales: FloatArray
    catalyst_flow: float
    eligible: int
    levels: TechnicalLevels | None


class Means(NamedTuple):
    """Cross-sectional statistics of k samples: (k, 4) percent, the rest (k,)."""

    robust: FloatArray
    log_rvol: FloatArray
    signed_log_rvol: FloatArray
    n_eff: FloatArray


class Chain(NamedTuple):
    """Every link, one row per sample: scores and weights (k, 4), the rest (k,). `score` is not rounded, NaN = none."""

    scores: FloatArray
    weights: FloatArray
    base: FloatArray
    volume_confirmation: FloatArray
    catalyst_balance: FloatArray
    catalyst_density: FloatArray
    technical_context: FloatArray
    product: FloatArray
    saturated: FloatArray
    small_sample: FloatArray
    score: FloatArray


def compute_means(stocks: Constituents) -> Means:
    """Means over all constituents, k = 1; NaN (and 0 for the effective number) where there are none."""
    volume = weighted_mean(np.column_stack([stocks.log_rvol, stocks.signed_log_rvol]))
    return Means(
        weighted_mean(stocks.clipped, stocks.log_volume)[None, :],
        volume[:1],
        volume[1:],
        effective_number(stocks.log_volume)[None],
    )


def compute_means_without(stocks: Constituents, groups: IntArray) -> Means:
    """Means with one group of constituents left out at a time, row g without group g of `groups` (n,)."""
    kept = groups[:, None] != np.arange(groups.max(initial=-1) + 1)
    logs = np.column_stack([stocks.log_rvol, stocks.signed_log_rvol])
    volume = delete_group_weighted_means(logs, np.ones(groups.shape), groups)
    return Means(
        delete_group_weighted_means(stocks.clipped, stocks.log_volume, groups),
        volume[:, 0],
        volume[:, 1],
        effective_number(np.where(kept, stocks.log_volume[:, None], 0.0)),
    )


def compute_chain(means: Means, around: Surroundings, parameters: ScoreParameters) -> Chain:
    """All links of the chain for every sample."""
    scores = horizon_scores(means.robust, around.scales)
    base = base_score(scores, parameters)
    balance = catalyst_balance(base, around.catalyst_flow, around.eligible, parameters)
    confirmation = volume_confirmation(confirming_log_rvol(means, base, parameters), parameters)
    density = catalyst_density(balance, parameters)
    context = technical_context(base, around.levels, parameters)
    product = base * around.multiplier * confirmation * density * context
    saturated, small = knee(product, parameters), small_sample_factor(means.n_eff, parameters)
    return Chain(
        scores,
        horizon_weights(scores, parameters),
        base,
        confirmation,
        balance,
        density,
        context,
        product,
        saturated,
        small,
        small * saturated,
    )


def confirming_log_rvol(means: Means, base: npt.ArrayLike, parameters: ScoreParameters) -> FloatArray:
    """Which mean of ln RVOL confirms the move, (k,): all of it, or, in an aligned formula, the sector's side's less
    the other side's (a base of 0 has no side: 0, confirms nothing)."""
    if parameters.confirmation == "aligned":
        return np.sign(np.asarray(base, dtype=np.float64)) * means.signed_log_rvol
    return means.log_rvol


def weight_shares(returns: npt.ArrayLike, log_volume: npt.ArrayLike) -> FloatArray:
    """Each stock's share of each horizon's weighted mean, (n, 4): columns sum to 1, or are 0 without any return."""
    present = np.isfinite(np.asarray(returns, dtype=np.float64))
    weight = np.where(present, np.asarray(log_volume, dtype=np.float64)[:, None], 0.0)
    total = weight.sum(axis=0)
    shares: FloatArray = weight / np.where(total > 0, total, 1.0)
    return shares


def base_slopes(robust: FloatArray, scores: FloatArray, weights: FloatArray, scales: FloatArray) -> FloatArray:
    """What a percent point of each horizon's mean is worth in the base, (4,): weight * b / mean.

    Where the mean is 0 the slope of tanh there, 1 / scale. 0 for a missing horizon, whose weight is 0.
    """
    moved = np.isfinite(robust) & (robust != 0)
    slope = np.where(moved, scores, 1.0) / np.where(moved, robust, scales)
    return weights * slope


def compute_contributions(stocks: Constituents, means: Means, chain: Chain, scales: FloatArray) -> FloatArray:
    """What each constituent adds to the base score, (n,); they sum to it exactly.

    A stock's part of a horizon's weighted mean, times what a point of that mean is worth in the base.
    """
    part = weight_shares(stocks.clipped, stocks.log_volume) * np.where(np.isfinite(stocks.clipped), stocks.clipped, 0.0)
    contributions: FloatArray = part @ base_slopes(means.robust[0], chain.scores[0], chain.weights[0], scales)
    return contributions
