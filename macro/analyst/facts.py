"""The figures of one analysis under the names a model is told them by: what its words are later held against."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from macro.charts.series import Charts
from macro.models import MacroSentimentAnalysis

FloatArray = npt.NDArray[np.float64]
CHANGE_S = 30 * 86_400
PLACES = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure: its name in the prompt, its value, and how many decimals were shown."""

    name: str
    value: float
    decimals: int

    @property
    def shown(self) -> str:
        """The value as the model saw it."""
        return f"{self.value:.{self.decimals}f}"


def list_facts(analysis: MacroSentimentAnalysis, charts: Charts) -> tuple[Fact, ...]:
    """Everything a reader of the analysis knows, unknown figures left out. Percent means percent."""
    stored = analysis.inputs
    figures: list[tuple[str, float | None, int]] = [
        ("btc_price", _last(charts.price), 0),
        ("btc_price_change_30d_percent", _change(charts, charts.price), 1),
        ("btc_dominance_percent", _last(charts.dominance), 1),
        ("dominance_change_30d_points", stored.get("dominance_change_30d_points"), 1),
        ("alt_strength_in_bitcoins", _last(charts.strength), 0),
        ("alt_strength_change_30d_percent", _change(charts, charts.strength), 1),
        ("btc_trend", stored.get("btc_trend"), 2),
        ("btc_trend_strength", analysis.btc_trend_strength, 0),
        ("alt_trend", stored.get("alt_trend"), 2),
        ("alt_trend_strength", analysis.alt_trend_strength, 0),
        ("alts_against_bitcoin_trend", stored.get("ratio_trend"), 2),
        ("btc_over_200d_average_percent", _percent(stored.get("btc_over_200d_average")), 1),
        ("btc_under_year_high_percent", _percent(stored.get("btc_under_year_high")), 1),
        ("macro_score", analysis.macro_score, 1),
        ("engine_confidence", analysis.overall_confidence, 0),
        ("regime_persistence_percent", _percent(analysis.raw_probability), 0),
        ("alt_season_index", analysis.alt_season_index, 0),
        ("alt_season_score", analysis.scores.get("alt"), 2),
        ("btc_season_score", analysis.scores.get("btc"), 2),
        ("bear_market_score", analysis.scores.get("bear"), 2),
    ]
    # names without digits: a number in a name would be read as one that is quoted
    for place, rule in zip(PLACES, (each for each in analysis.reasons if "figure" in each), strict=False):
        figures += [(f"{place}_rule_value", rule["value"], 2), (f"{place}_rule_threshold", rule["threshold"], 2)]
    return tuple(Fact(name, float(value), decimals) for name, value, decimals in figures if value is not None)


def _last(values: FloatArray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known[-1]) if known.size else None


def _change(charts: Charts, values: FloatArray) -> float | None:
    """Percent over the last 30 days, from bars with both ends known."""
    back = int(np.searchsorted(charts.at, charts.at[-1] - CHANGE_S)) if charts.at.size else 0
    if not back or math.isnan(values[-1] + values[back]):
        return None
    return 100.0 * float(values[-1] / values[back] - 1.0)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share
