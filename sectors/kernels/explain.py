"""Why this colour: the steps from nothing to the stored score, which sum to it exactly, down to single stocks.

Made from what a run stores: the factors (result.as_factors) and the constituents' table. Every step is a decimal of six
digits; whatever floating point and storage left over is a step of its own, named rounding, so that no sum is "about"
right. Source: docs/methods/sector-sentiment.md, section 18.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from sectors.kernels.chain import base_slopes, weight_shares
from sectors.kernels.constituents import StockTable
from sectors.kernels.parameters import HORIZONS, V1, FloatArray, ScoreParameters
from sectors.kernels.score import horizon_scores
from sentiment_site.quant.robust import clip_returns

MICRO = Decimal("0.000001")
NOTHING = Decimal("0.000000")
OTHERS = "others"
ROUNDING = "rounding"
_TITLES = {
    "m": "volatility multiplier",
    "vc": "volume confirmation",
    "cd": "catalyst density",
    "tc": "technical context",
    "knee": "saturation",
    "lambda": "few stocks",
    "kept": "last score kept",
    ROUNDING: "rounding",
}


class Step(NamedTuple):
    """One bar of the waterfall: what it adds to the score, where the sum stands after it, the factor's own value."""

    key: str
    title: str
    value: Decimal
    running: Decimal
    factor: float | None


class StockStep(NamedTuple):
    """What one stock adds to a horizon's step. move and clipped in percent; clip_effect: percent points of the mean
    that the clip took from (or gave to) the sector; None for the rows that are no stock."""

    symbol: str
    move: float | None
    clipped: float | None
    share: float | None
    clip_effect: float | None
    value: Decimal


class EventStep(NamedTuple):
    """What one catalyst adds to the step of catalyst density."""

    event: Mapping[str, Any]
    value: Decimal


class Missing(NamedTuple):
    """What is not there and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class StockParts:
    """(n, 4): each stock's part of the horizons' weighted means as moved and as clipped, percent, and of the base; and
    (n,) of the score, the base parts in the proportion score to base. NaN nowhere: a missing return adds 0."""

    share: FloatArray
    mean: FloatArray
    clipped_mean: FloatArray
    base: FloatArray
    score: FloatArray

    @property
    def clip_effect(self) -> FloatArray:
        """(n, 4) percent points of the mean that clipping took from it (or gave, where a fall was clipped)."""
        return self.clipped_mean - self.mean


@dataclass(frozen=True, slots=True)
class Explanation:
    """steps sum to the score exactly; without one there are none and `missing` says why. events by strength."""

    score: Decimal | None
    steps: tuple[Step, ...]
    events: tuple[EventStep, ...]
    missing: tuple[Missing, ...]
    abstentions: tuple[str, ...]


def explain(factors: Mapping[str, Any], score: Decimal | None, status: str = "ok", reason: str = "") -> Explanation:
    """The waterfall of a stored reading: horizons to the base, each multiplier, saturation, shrink, rounding.

    factors: as stored (result.as_factors, or the JSON read back). A stale reading shows an earlier score: the step
    "kept" leads from the present chain to it. Order matters for what a multiplier is worth; it is the formula's.
    """
    missing = _missing(factors, status, reason)
    abstentions = tuple(factors.get("abstentions", ()))
    if score is None or factors["base"] is None:
        return Explanation(score, (), (), missing, abstentions)
    steps = _steps(factors, score, kept=status != "ok")
    density = next(step.value for step in steps if step.key == "cd")
    return Explanation(score, steps, _events(factors, density), missing, abstentions)


def stock_parts(factors: Mapping[str, Any], stocks: StockTable, parameters: ScoreParameters = V1) -> StockParts:
    """What each stock of the table (n,) is worth; `score` sums to the one before rounding (all 0 without a base)."""
    returns = np.asarray(stocks.returns, dtype=np.float64)
    share = weight_shares(returns, stocks.weight)
    moved = np.where(np.isfinite(returns), returns, 0.0)
    clipped = clip_returns(moved, parameters.caps)
    mean, clipped_mean = share * moved, share * clipped
    columns = factors["horizons"]
    weights, scales = _column(columns, "weight"), _column(columns, "scale")
    # means and b anew from the table: six stored digits of b over a mean near 0 would be a wrong slope
    robust = np.where(weights > 0, clipped_mean.sum(axis=0), np.nan)
    base = clipped_mean * base_slopes(robust, horizon_scores(robust, scales), weights, scales)
    return StockParts(share, mean, clipped_mean, base, _gain(factors) * base.sum(axis=1))


def horizon_steps(
    factors: Mapping[str, Any],
    stocks: StockTable,
    horizon: str,
    *,
    top: int = 10,
    parameters: ScoreParameters = V1,
) -> tuple[StockStep, ...]:
    """The stocks behind one horizon's step, the largest first, then all others together and the rounding.

    Their values sum exactly to the step of that horizon in `explain`; () for a missing horizon.
    """
    k = HORIZONS.index(horizon)
    facts = factors["horizons"][horizon]
    if facts["b"] is None:
        return ()
    total = _micro(facts["weight"] * facts["b"])
    parts = stock_parts(factors, stocks, parameters)
    values = parts.base[:, k]
    present = np.flatnonzero(parts.share[:, k] > 0)
    order = np.array(sorted(present, key=lambda row: (-abs(values[row]), stocks.symbols[row])), dtype=np.int64)
    clipped = clip_returns(stocks.returns, parameters.caps)
    rows = [
        StockStep(
            stocks.symbols[row],
            float(stocks.returns[row, k]),
            float(clipped[row, k]),
            float(parts.share[row, k]),
            float(parts.clip_effect[row, k]),
            _micro(values[row]),
        )
        for row in order[:top]
    ]
    effect = float(parts.clip_effect[order[top:], k].sum())
    rows.append(StockStep(OTHERS, None, None, None, effect, _micro(values[order[top:]].sum())))
    left = total - sum((row.value for row in rows), NOTHING)
    return (*rows, StockStep(ROUNDING, None, None, None, None, left))


def computed(factors: Mapping[str, Any]) -> float:
    """The score before rounding, from the stored links; 0 without a base."""
    if factors["base"] is None:
        return 0.0
    return float(factors["lambda"] * factors["saturated"])


def _steps(factors: Mapping[str, Any], score: Decimal, *, kept: bool) -> tuple[Step, ...]:
    bars: list[tuple[str, str, float, float | None]] = []
    for horizon in HORIZONS:
        facts = factors["horizons"][horizon]
        bars.append((horizon, horizon, facts["weight"] * (facts["b"] or 0.0), facts["b"]))
    level = factors["base"]
    for key in ("m", "vc", "cd", "tc"):
        bars.append((key, _TITLES[key], level * (factors[key] - 1.0), factors[key]))
        level *= factors[key]
    bars.append(("knee", _TITLES["knee"], factors["saturated"] - factors["x"], None))
    bars.append(("lambda", _TITLES["lambda"], computed(factors) - factors["saturated"], factors["lambda"]))
    if kept:
        bars.append(("kept", _TITLES["kept"], float(score) - computed(factors), None))
    steps: list[Step] = []
    running = NOTHING
    for key, title, value, factor in bars:
        running += _micro(value)
        steps.append(Step(key, title, _micro(value), running, factor))
    return (*steps, Step(ROUNDING, _TITLES[ROUNDING], score - running, score + NOTHING, None))


def _events(factors: Mapping[str, Any], density: Decimal) -> tuple[EventStep, ...]:
    """The step of catalyst density split over the stored events by their pull; the last row is all the rest."""
    flow = factors.get("catalyst_flow")
    if not flow:
        return ()
    rows = [EventStep(event, _micro(float(density) * event["pull"] / flow)) for event in factors["catalysts"]]
    return (*rows, EventStep({"kind": OTHERS}, density - sum((row.value for row in rows), NOTHING)))


def _missing(factors: Mapping[str, Any], status: str, reason: str) -> tuple[Missing, ...]:
    found = [Missing("score", reason)] if status != "ok" else []
    for horizon in HORIZONS:
        facts = factors["horizons"][horizon]
        if facts["b"] is None:
            found.append(Missing(horizon, facts["reason"] or "not computed"))
    reasons = factors.get("missing_reasons", {})
    return (*found, *(Missing(name, reasons.get(name, "no input")) for name in factors["factors_missing"]))


def _gain(factors: Mapping[str, Any]) -> float:
    """Score per unit of base; where the base is 0, what its first thousandth would be worth: the linear product. 0
    without a base."""
    if factors["base"] is None:
        return 0.0
    if factors["base"]:
        return computed(factors) / float(factors["base"])
    return float(np.prod([factors[key] for key in ("m", "vc", "cd", "tc", "lambda")]))


def _column(columns: Mapping[str, Mapping[str, Any]], key: str) -> FloatArray:
    return np.array([np.nan if columns[h][key] is None else columns[h][key] for h in HORIZONS], dtype=np.float64)


def _micro(value: float) -> Decimal:
    return Decimal(float(value)).quantize(MICRO) + NOTHING
