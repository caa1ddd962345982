"""One sector, from its constituents' numbers to its light: ties the other kernels together.

About a millisecond per sector; no loop over stocks. The result does not depend on the order of the constituents, and a
stock without a fresh return takes no part in anything but the coverage.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels import benchmark, colours, confidence, multipliers, score
from sectors.kernels.chain import (
    Chain,
    Constituents,
    Means,
    Surroundings,
    compute_chain,
    compute_contributions,
    compute_means,
    compute_means_without,
)
from sectors.kernels.inputs import Flags, SectorInputs
from sectors.kernels.multipliers import Catalyst
from sectors.kernels.parameters import DAILY, HORIZONS, V1, FloatArray, ScoreParameters
from sectors.kernels.result import SectorScore, as_factors, known, known_all
from sentiment_site.quant.robust import (
    clip_returns,
    delete_group_jackknife_se,
    jackknife_groups,
    log_volume_weights,
)

__all__ = ["Catalyst", "SectorInputs", "SectorScore", "as_factors", "score_sector"]


class _Fresh(NamedTuple):
    """The stocks with at least one fresh return, by symbol; arrays as in SectorInputs, infinities made NaN."""

    symbols: tuple[str, ...]
    rows: npt.NDArray[np.int64]
    returns: FloatArray
    shares_traded: FloatArray
    rvol: FloatArray
    stocks: Constituents

    def flags(self, values: Flags | None) -> FloatArray | None:
        """A per-stock input cut to these stocks."""
        return None if values is None else np.asarray(values, dtype=np.float64)[self.rows]


class _Sample(NamedTuple):
    """One sector's stocks, their means, every link of the chain, and what each stock adds to the base."""

    fresh: _Fresh
    around: Surroundings
    means: Means
    chain: Chain
    contributions: FloatArray


def score_sector(inputs: SectorInputs, parameters: ScoreParameters = V1) -> SectorScore:
    """The light of one sector with every factor that made it. Pure; the inputs are not changed.

    Status, in this order: no stocks is "no_data"; horizons with less than half of the weight, "no_read"; fewer than
    half of the expected stocks fresh, "stale": the last score stays and confidence is halved. Formulas and edge rules:
    docs/methods/sector-sentiment.md.
    """
    if not inputs.symbols:
        return SectorScore(
            inputs.sector, "no_data", "no stocks", parameters.version, inputs.multiplier, inputs.expected, 0
        )
    sample = _sample(inputs, parameters)
    reading = _describe(inputs, sample, parameters)
    if reading.base is None:
        missing = "; ".join(f"{horizon}: {reason}" for horizon, reason in reading.horizon_reasons.items())
        return replace(reading, status="no_read", reason=f"too few timeframes ({missing})")
    return _judge(inputs, sample, reading, parameters)


def _sample(inputs: SectorInputs, parameters: ScoreParameters) -> _Sample:
    fresh = _fresh(inputs, parameters)
    around = Surroundings(
        inputs.multiplier,
        parameters.scales if inputs.scales is None else np.asarray(inputs.scales, dtype=np.float64),
        multipliers.catalyst_flow(inputs.catalysts, parameters),
        inputs.expected,
        multipliers.technical_levels(inputs.index, parameters),
    )
    means = compute_means(fresh.stocks)
    chain = compute_chain(means, around, parameters)
    return _Sample(fresh, around, means, chain, compute_contributions(fresh.stocks, means, chain, around.scales))


def _fresh(inputs: SectorInputs, parameters: ScoreParameters) -> _Fresh:
    returns = np.asarray(inputs.returns, dtype=np.float64)
    returns = np.where(np.isfinite(returns), returns, np.nan)
    # by symbol, so that sums, jackknife groups and ties are the same whatever order the constituents come in
    order = np.array(sorted(range(len(inputs.symbols)), key=inputs.symbols.__getitem__), dtype=np.int64)
    rows = order[np.isfinite(returns[order]).any(axis=1)]
    returns = returns[rows]
    shares = np.asarray(inputs.shares_traded, dtype=np.float64)[rows]
    rvol = np.asarray(inputs.rvol, dtype=np.float64)[rows]
    stocks = Constituents(
        clip_returns(returns, parameters.caps), log_volume_weights(shares), multipliers.log_rvol(rvol, parameters)
    )
    return _Fresh(tuple(inputs.symbols[row] for row in rows), rows, returns, shares, rvol, stocks)


def _describe(inputs: SectorInputs, sample: _Sample, parameters: ScoreParameters) -> SectorScore:
    """Everything that is stated whether or not there is a score; only what is missing stays None."""
    fresh, around, means, chain, contributions = sample
    reported = score.performance(fresh.returns, fresh.stocks.log_volume)
    base, b, n_fresh = float(chain.base[0]), known_all(chain.scores[0]), len(fresh.symbols)
    alphas = known_all(benchmark.alpha(reported, inputs.beta, inputs.benchmark_returns))
    strengths = tuple(benchmark.strength(a, h, parameters) for a, h in zip(alphas, HORIZONS, strict=True))
    relative = benchmark.relative_strength(reported, inputs.multiplier, inputs.benchmark_returns)
    daily, money = fresh.returns[:, DAILY], np.asarray(inputs.dollar_volume, dtype=np.float64)[fresh.rows]
    reading = SectorScore(
        sector=inputs.sector,
        status="ok",
        reason="",
        parameters_version=parameters.version,
        multiplier=inputs.multiplier,
        expected=inputs.expected,
        n=len(inputs.symbols),
        n_fresh=n_fresh,
        n_eff=float(means.n_eff[0]),
        coverage=n_fresh / inputs.expected,
        age_minutes=known(inputs.age_minutes),
        performance=known_all(reported),
        robust_performance=known_all(means.robust[0]),
        scales=known_all(around.scales),
        horizon_scores=b,
        horizon_weights=tuple(chain.weights[0].tolist()),
        horizon_counts=tuple(np.isfinite(fresh.returns).sum(axis=0).tolist()),
        horizon_dots=tuple(colours.dot(None if x is None else inputs.multiplier * x, parameters) for x in b),
        horizon_reasons=_horizon_reasons(inputs, b),
        performance_multiplied=known(inputs.multiplier * reported[DAILY]),
        volume_weighted_change=known(score.volume_weighted_change(daily, money, fresh.rvol, parameters)),
        relative_strength_vs_iwm=known(relative[DAILY]),
        beta=known(inputs.beta),
        alpha_raw=alphas[DAILY],
        strength=strengths[DAILY],
        horizon_alpha=alphas,
        horizon_strength=strengths,
        breadth=benchmark.breadth(
            daily,
            fresh.shares_traded,
            contributions,
            above_average=fresh.flags(inputs.above_moving_average),
            new_highs=fresh.flags(inputs.new_highs),
            new_lows=fresh.flags(inputs.new_lows),
            parameters=parameters,
        ),
        contributions=dict(zip(fresh.symbols, contributions.tolist(), strict=True)),
        factors_missing=_factors_missing(means, around),
        rvol_geometric=known(math.exp(means.log_rvol[0])),
        volume_alignment=known(multipliers.volume_alignment(fresh.stocks.log_rvol, daily, base)),
    )
    return reading if math.isnan(base) else _with_chain(reading, chain)


def _with_chain(reading: SectorScore, chain: Chain) -> SectorScore:
    """Adds the links of the chain, which exist only together with a base score."""
    return replace(
        reading,
        base=float(chain.base[0]),
        volume_confirmation=float(chain.volume_confirmation[0]),
        catalyst_balance=known(chain.catalyst_balance[0]),
        catalyst_density=float(chain.catalyst_density[0]),
        technical_context=float(chain.technical_context[0]),
        product=float(chain.product[0]),
        saturated=float(chain.saturated[0]),
        small_sample=float(chain.small_sample[0]),
    )


def _judge(inputs: SectorInputs, sample: _Sample, reading: SectorScore, parameters: ScoreParameters) -> SectorScore:
    """Adds score, colour, confidence and warnings to a reading that has a base."""
    stocks, around = sample.fresh.stocks, sample.around
    groups = jackknife_groups(reading.n_fresh, parameters.jackknife_groups)
    replicates = compute_chain(compute_means_without(stocks, groups), around, parameters).score
    computed = score.stored(float(sample.chain.score[0]))
    # group 0 is the largest contributor alone, so row 0 is the sector without it
    largest = (np.arange(reading.n_fresh) != int(np.argmax(np.abs(sample.contributions)))).astype(np.int64)
    without = compute_chain(compute_means_without(stocks, largest), around, parameters).score[0]
    reading = replace(
        reading,
        standard_error=known(float(delete_group_jackknife_se(replicates))),
        concentration_warning=confidence.is_concentrated(computed, float(without), parameters),
    )
    coverage = reading.n_fresh / reading.expected
    if coverage >= parameters.fewest_coverage:
        return _with_score(reading, computed, 1.0, inputs.age_minutes, parameters)
    reason = f"fresh prices for {reading.n_fresh} of {reading.expected} stocks"
    reading = replace(reading, status="stale", reason=reason)
    if inputs.last_score is None:
        return replace(reading, reason=f"{reason}, and no earlier score to keep")
    return _with_score(reading, inputs.last_score, parameters.stale_factor, inputs.age_minutes, parameters)


def _with_score(
    reading: SectorScore, shown: Decimal, factor: float, age_minutes: float, parameters: ScoreParameters
) -> SectorScore:
    """Adds a score with its words and the confidence in it."""
    error = math.nan if reading.standard_error is None else reading.standard_error
    parts = confidence.ConfidenceParts(
        confidence.stability(shown, error, parameters),
        confidence.coverage_part(reading.n_fresh / reading.expected, parameters),
        confidence.freshness(age_minutes, parameters),
        confidence.timeframe_agreement([math.nan if b is None else b for b in reading.horizon_scores], parameters),
    )
    trust = factor * confidence.confidence(parts, parameters)
    band = colours.band(shown, parameters)
    return replace(
        reading,
        score=shown,
        colour=band.colour,
        label=colours.label(shown, parameters),
        signal=band.signal,
        verb=band.verb,
        confidence=trust,
        confidence_parts=parts._asdict(),
        low_confidence=trust < parameters.low_confidence,
    )


def _horizon_reasons(inputs: SectorInputs, scores: tuple[float | None, ...]) -> dict[str, str]:
    """Why each missing horizon is missing, as the caller knows it."""
    missing = (horizon for horizon, b in zip(HORIZONS, scores, strict=True) if b is None)
    return {horizon: inputs.missing_horizons.get(horizon, "no fresh price") for horizon in missing}


def _factors_missing(means: Means, around: Surroundings) -> tuple[str, ...]:
    """Factors that are 1.0 because their input is missing, not because they were measured so."""
    missing = {
        "volume_confirmation": math.isnan(means.log_rvol[0]),
        "catalyst_density": math.isnan(around.catalyst_flow),
        "technical_context": around.levels is None,
    }
    return tuple(name for name, absent in missing.items() if absent)
