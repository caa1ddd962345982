"""A sector's score with every factor that made it, and its form for storage."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sectors.kernels.multipliers import CatalystPart, TechnicalLevels
from sectors.kernels.parameters import HORIZONS

Four = tuple[float | None, ...]
NO_FOUR: Four = (None,) * len(HORIZONS)

_DIGITS = 6
_TOP_CONTRIBUTORS = 10
_PLAIN_FACTORS = (
    "n_eff",
    "coverage",
    "age_minutes",
    "standard_error",
    "rvol_geometric",
    "volume_alignment",
    "catalyst_balance",
    "catalyst_flow",
    "signed_log_rvol",
    "volatility",
    "beta",
)


@dataclass(frozen=True, slots=True)
class SectorScore:
    """The reading of one sector. Tuples of four follow HORIZONS; percent means percent points; None is missing.

    status: "ok"; "stale" (fewer than half of the stocks are fresh: score, colour and words are those of the last score,
    the factors are of this moment); "no_read" (too few horizons); "no_data" (no stocks). reason: why it is not ok.
    base ... small_sample are the links of the chain; n_eff is in units of equal stocks; contributions sum to the base.
    abstentions: why the light should be shown as NO READ although it has a score, which is kept so that abstaining can
    be judged too. signed_log_rvol: mean of ln RVOL * sign of the 1-day return. catalysts: the strongest ten first.
    """

    sector: str
    status: str
    reason: str
    parameters_version: str
    multiplier: float
    expected: int
    n: int
    n_fresh: int = 0
    n_eff: float = 0.0
    coverage: float | None = None
    age_minutes: float | None = None

    score: Decimal | None = None
    colour: str | None = None
    label: str | None = None
    signal: str | None = None
    verb: str | None = None
    confidence: float | None = None
    confidence_parts: dict[str, float] = field(default_factory=dict)
    standard_error: float | None = None
    concentration_warning: bool = False
    low_confidence: bool = False
    abstentions: tuple[str, ...] = ()
    pattern: str = ""

    base: float | None = None
    volume_confirmation: float | None = None
    catalyst_density: float | None = None
    technical_context: float | None = None
    product: float | None = None
    saturated: float | None = None
    small_sample: float | None = None
    factors_missing: tuple[str, ...] = ()
    rvol_geometric: float | None = None
    volume_alignment: float | None = None
    catalyst_balance: float | None = None
    catalyst_flow: float | None = None
    catalysts: tuple[CatalystPart, ...] = ()
    signed_log_rvol: float | None = None
    technical_levels: TechnicalLevels | None = None
    volatility: float | None = None
    missing_reasons: dict[str, str] = field(default_factory=dict)

    performance: Four = NO_FOUR
    robust_performance: Four = NO_FOUR
    scales: Four = NO_FOUR
    horizon_scores: Four = NO_FOUR
    horizon_weights: tuple[float, ...] = (0.0,) * len(HORIZONS)
    horizon_counts: tuple[int, ...] = (0,) * len(HORIZONS)
    horizon_dots: tuple[str, ...] = ("grey",) * len(HORIZONS)
    horizon_reasons: dict[str, str] = field(default_factory=dict)

    performance_multiplied: float | None = None
    volume_weighted_change: float | None = None
    relative_strength_vs_iwm: float | None = None
    beta: float | None = None
    alpha_raw: float | None = None
    strength: str | None = None
    horizon_alpha: Four = NO_FOUR
    horizon_strength: tuple[str | None, ...] = (None,) * len(HORIZONS)
    breadth: dict[str, float | None] = field(default_factory=dict)
    contributions: dict[str, float] = field(default_factory=dict)

    @property
    def abstained(self) -> bool:
        """Whether to show NO READ instead of the colour."""
        return bool(self.abstentions)


def known(value: float) -> float | None:
    """A finite number as it is, anything else as None."""
    return float(value) if math.isfinite(value) else None


def known_all(values: Iterable[float]) -> Four:
    """`known` of each."""
    return tuple(known(value) for value in values)


def as_factors(score: SectorScore) -> dict[str, Any]:
    """Every factor of a reading as JSON, numbers at six digits, no NaN: what is stored beside the published columns.

    The short keys of the chain (base, m, vc, cd, tc, x, saturated, lambda) are those of the formula.
    """
    chain = {
        "base": score.base,
        "m": score.multiplier,
        "vc": score.volume_confirmation,
        "cd": score.catalyst_density,
        "tc": score.technical_context,
        "x": score.product,
        "saturated": score.saturated,
        "lambda": score.small_sample,
    }
    facts: dict[str, Any] = {
        "version": score.parameters_version,
        **_rounded(chain),
        "factors_missing": list(score.factors_missing),
        "missing_reasons": dict(score.missing_reasons),
        "abstentions": list(score.abstentions),
        "pattern": score.pattern,
        "technical": None if score.technical_levels is None else _rounded(score.technical_levels._asdict()),
        "catalysts": [_event(part) for part in score.catalysts],
        "horizons": _horizons(score),
        "n": score.n,
        "n_fresh": score.n_fresh,
        "expected": score.expected,
        "top_contributors": _top_contributors(score.contributions),
        "verb": score.verb,
        "strength": score.strength,
        "confidence_parts": _rounded(score.confidence_parts),
        "breadth": _rounded(score.breadth),
    }
    return facts | _rounded({name: getattr(score, name) for name in _PLAIN_FACTORS})


def _horizons(score: SectorScore) -> dict[str, dict[str, Any]]:
    """The four timeframes by name, each with its own links of the chain."""
    table: dict[str, dict[str, Any]] = {}
    for k, horizon in enumerate(HORIZONS):
        numbers = {
            "performance": score.performance[k],
            "robust": score.robust_performance[k],
            "scale": score.scales[k],
            "b": score.horizon_scores[k],
            "weight": score.horizon_weights[k],
            "alpha": score.horizon_alpha[k],
        }
        table[horizon] = _rounded(numbers) | {
            "stocks": score.horizon_counts[k],
            "dot": score.horizon_dots[k],
            "strength": score.horizon_strength[k],
            "reason": score.horizon_reasons.get(horizon, ""),
        }
    return table


def _event(part: CatalystPart) -> dict[str, Any]:
    event = part.event
    words = {"kind": event.kind, "symbol": event.symbol, "reference": event.reference, "direction": event.direction}
    return words | _rounded({"age_hours": event.age_hours, "pull": part.pull})


def _top_contributors(contributions: Mapping[str, float]) -> list[dict[str, Any]]:
    ranked = sorted(contributions.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [{"symbol": symbol, "contribution": round(part, _DIGITS)} for symbol, part in ranked[:_TOP_CONTRIBUTORS]]


def _rounded(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else round(value, _DIGITS) for name, value in values.items()}
