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

from sectors.kernels import benchmark, colours, confidence, multipliers, patterns, score
from sectors.kernels.chain import Chain, compute_chain, compute_means_without, confirming_log_rvol
from sectors.kernels.constituents import StockTable, build_table
from sectors.kernels.inputs import SectorInputs
from sectors.kernels.multipliers import Catalyst
from sectors.kernels.parameters import DAILY, HORIZONS, V1, ScoreParameters
from sectors.kernels.result import SectorScore, as_factors, known, known_all
from sectors.kernels.sample import Sample, take_sample
from sentiment_site.quant.robust import delete_group_jackknife_se, jackknife_groups

__all__ = ["Analysis", "Catalyst", "SectorInputs", "SectorScore", "analyse_sector", "as_factors", "score_sector"]

_STORED_CATALYSTS = 10


class Analysis(NamedTuple):
    """A sector's light and the stored table of its constituents, both made of one sample."""

    reading: SectorScore
    stocks: StockTable


def score_sector(inputs: SectorInputs, parameters: ScoreParameters = V1) -> SectorScore:
    """The light of one sector with every factor that made it. Pure; the inputs are not changed.

    Status, in this order: no stocks is "no_data"; horizons with less than half of the weight, "no_read"; fewer than
    half of the expected stocks fresh, "stale": the last score stays and confidence is halved. An "ok" reading may still
    abstain. Formulas and edge rules: docs/methods/sector-sentiment.md.
    """
    return _read(inputs, take_sample(inputs, parameters), parameters)


def analyse_sector(inputs: SectorInputs, parameters: ScoreParameters = V1) -> Analysis:
    """The light together with its constituents' table, (n,) in the order of `inputs.symbols`."""
    sample = take_sample(inputs, parameters)
    reading = _read(inputs, sample, parameters)
    return Analysis(reading, build_table(inputs, sample, reading.score))


def _read(inputs: SectorInputs, sample: Sample, parameters: ScoreParameters) -> SectorScore:
    if not inputs.symbols:
        return SectorScore(
            inputs.sector, "no_data", "no stocks", parameters.version, sample.around.multiplier, inputs.expected, 0
        )
    reading = _describe(inputs, sample, parameters)
    if reading.base is None:
        missing = "; ".join(f"{horizon}: {reason}" for horizon, reason in reading.horizon_reasons.items())
        return replace(reading, status="no_read", reason=f"too few timeframes ({missing})")
    return _judge(inputs, sample, reading, parameters)


def _describe(inputs: SectorInputs, sample: Sample, parameters: ScoreParameters) -> SectorScore:
    """Everything that is stated whether or not there is a score; only what is missing stays None."""
    fresh, around, means, chain = sample.fresh, sample.around, sample.means, sample.chain
    reported = score.performance(fresh.returns, fresh.stocks.log_volume)
    base, b, n_fresh = float(chain.base[0]), known_all(chain.scores[0]), len(fresh.symbols)
    alphas = known_all(benchmark.alpha(reported, inputs.beta, inputs.benchmark_returns))
    strengths = tuple(benchmark.strength(a, h, parameters) for a, h in zip(alphas, HORIZONS, strict=True))
    relative = benchmark.relative_strength(reported, around.multiplier, inputs.benchmark_returns)
    missing = _factors_missing(sample, parameters)
    daily, money = fresh.returns[:, DAILY], np.asarray(inputs.dollar_volume, dtype=np.float64)[fresh.rows]
    reading = SectorScore(
        sector=inputs.sector,
        status="ok",
        reason="",
        parameters_version=parameters.version,
        multiplier=around.multiplier,
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
        horizon_dots=tuple(colours.dot(None if x is None else around.multiplier * x, parameters) for x in b),
        horizon_reasons=_horizon_reasons(inputs, b),
        performance_multiplied=known(around.multiplier * reported[DAILY]),
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
            sample.contributions,
            above_average=fresh.flags(inputs.above_moving_average),
            new_highs=fresh.flags(inputs.new_highs),
            new_lows=fresh.flags(inputs.new_lows),
            parameters=parameters,
        ),
        contributions=dict(zip(fresh.symbols, sample.contributions.tolist(), strict=True)),
        factors_missing=tuple(missing),
        missing_reasons=missing,
        catalyst_flow=known(around.catalyst_flow),
        catalysts=multipliers.catalyst_parts(inputs.catalysts, parameters)[:_STORED_CATALYSTS],
        technical_levels=around.levels,
        signed_log_rvol=known(means.signed_log_rvol[0]),
        volatility=known(inputs.volatility),
        pattern=patterns.classify_timeframes(around.multiplier * chain.scores[0], parameters).key,
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


def _judge(inputs: SectorInputs, sample: Sample, reading: SectorScore, parameters: ScoreParameters) -> SectorScore:
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
    pull = reading.multiplier * math.fsum(
        weight * abs(b or 0.0) for weight, b in zip(reading.horizon_weights, reading.horizon_scores, strict=True)
    )
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
        abstentions=confidence.abstentions(
            parts, reading.n_fresh, reading.n_fresh / reading.expected, pull, parameters
        ),
    )


def _horizon_reasons(inputs: SectorInputs, scores: tuple[float | None, ...]) -> dict[str, str]:
    """Why each missing horizon is missing, as the caller knows it."""
    missing = (horizon for horizon, b in zip(HORIZONS, scores, strict=True) if b is None)
    return {horizon: inputs.missing_horizons.get(horizon, "no fresh price") for horizon in missing}


def _factors_missing(sample: Sample, parameters: ScoreParameters) -> dict[str, str]:
    """Factors that are neutral because their input is missing, not because they were measured so, and what is."""
    around, volume = sample.around, confirming_log_rvol(sample.means, sample.chain.base, parameters)
    sessions = parameters.technical_window + 1
    missing = {
        "volume_confirmation": ("no stock has a relative volume", math.isnan(volume[0])),
        "catalyst_density": ("no catalyst feed", math.isnan(around.catalyst_flow)),
        "technical_context": (f"no moving index of {sessions} sessions without a gap", around.levels is None),
        "dynamic_scale": (sample.weights_missing, bool(sample.weights_missing)),
    }
    return {name: why for name, (why, absent) in missing.items() if absent}
