"""The three stocks to look at on either side of a sector: how far, on what volume, with whom, tradable how well.

rank = 10 (.40 g + .30 v + .20 a + .10 s). A statement about this session, not a forecast. Source:
docs/methods/sector-sentiment.md, section 16 (methods.md 2, product.md 2.4).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.colours import colour
from sectors.kernels.parameters import RANK, FloatArray, RankParameters

BoolArray = npt.NDArray[np.bool_]

NEW, VOLUME_SPIKE, LOW_FLOAT = "NEW", "VOLUME SPIKE", "LOW FLOAT"
BULL, BEAR = "bull", "bear"
_DIGITS = 3
_SIGNS: Mapping[str, int] = {"dark_red": -1, "light_red": -1, "blue_neutral": 0, "light_green": 1, "dark_green": 1}


class RankParts(NamedTuple):
    """The four parts, (n,) each in [0, 1]; NaN where there is no move to rank."""

    gap: FloatArray
    volume: FloatArray
    alignment: FloatArray
    shortability: FloatArray


@dataclass(frozen=True, slots=True)
class Ranked:
    """One place of a list. `row` is the stock's place in the arrays; opening_gap, rvol None where unknown."""

    place: int
    row: int
    symbol: str
    move: float
    opening_gap: float | None
    rvol: float | None
    rank: float
    gap: float
    volume: float
    alignment: float
    shortability: float
    badges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Both lists, best first. hidden: the side not to be shown and why, "" where both are."""

    bull: tuple[Ranked, ...]
    bear: tuple[Ranked, ...]
    hidden: str = ""
    reason: str = ""


def sector_sign(score: Decimal | None) -> int:
    """-1 in a red sector, 1 in a green one, 0 in a blue one or without a score: each edge belongs to its colour."""
    return 0 if score is None else _SIGNS[colour(score)]


def tradability(
    float_shares: npt.ArrayLike, dollar_volume: npt.ArrayLike, moves: npt.ArrayLike, parameters: RankParameters = RANK
) -> FloatArray:
    """.3 poor, .7 good, 1.0 excellent, (n,).

    To sell short: q = .6 of the float's quality and .4 of the money's; to buy (a rising stock) liquidity is all:
    q is the money's. Poor below .35, good below .75. An unknown number has no quality.
    """
    shares = _quality(float_shares, parameters.float_range)
    money = _quality(dollar_volume, parameters.money_range)
    short = parameters.float_share * shares + (1 - parameters.float_share) * money
    q = np.where(np.asarray(moves, dtype=np.float64) > 0, money, short)
    grades: FloatArray = np.array(parameters.grades)[np.searchsorted(parameters.grade_edges, q, side="right")]
    return grades


def rank_parts(
    moves: npt.ArrayLike,
    rvol: npt.ArrayLike,
    float_shares: npt.ArrayLike,
    dollar_volume: npt.ArrayLike,
    score: Decimal | None,
    parameters: RankParameters = RANK,
) -> RankParts:
    """The parts of every stock, (n,).

    moves: percent points since the previous close. rvol: for the time of day; unknown or negative confirms nothing (0).
    dollar_volume: 20-session average. score: the sector's stored one. A move of 0 is neither with nor against it (.5).
    """
    r = np.asarray(moves, dtype=np.float64)
    known = np.isfinite(r)
    volume = np.asarray(rvol, dtype=np.float64)
    volume = np.where(np.isfinite(volume) & (volume > 0), volume, 0.0)
    side = np.sign(np.where(known, r, 0.0)) * sector_sign(score)
    parts = (
        np.tanh(np.abs(np.where(known, r, 0.0)) / parameters.gap_scale),
        np.minimum(1.0, (volume / parameters.full_rvol) ** parameters.volume_power),
        0.5 + 0.5 * side,
        tradability(float_shares, dollar_volume, np.where(known, r, 0.0), parameters),
    )
    return RankParts(*(np.where(known, part, np.nan) for part in parts))


def rank(parts: RankParts, parameters: RankParameters = RANK) -> FloatArray:
    """10 * weighted sum of the parts, (n,) in [0, 10], at the three decimals it is stored with; NaN stays NaN."""
    total = sum(weight * part for weight, part in zip(parameters.weights, parts, strict=True))
    return np.round(10.0 * np.asarray(total, dtype=np.float64), _DIGITS)


def rank_sector(
    symbols: tuple[str, ...],
    moves: npt.ArrayLike,
    rvol: npt.ArrayLike,
    float_shares: npt.ArrayLike,
    dollar_volume: npt.ArrayLike,
    *,
    score: Decimal | None,
    fresh: npt.ArrayLike,
    eligible: npt.ArrayLike,
    opening_gap: npt.ArrayLike | None = None,
    previous: Collection[str] | None = None,
    parameters: RankParameters = RANK,
) -> Ranking:
    """Top three of the rising and of the falling stocks that are fresh, eligible and moved at least .5 %.

    All arrays (n,) in the order of `symbols`. previous: the symbols of both lists of the run before, for the badge NEW;
    None before the first run, when everything would be new. Ties: the larger move, the larger RVOL, the symbol.
    From a score of +.25 on the falling stocks are not to be shown (no short against a rising sector), from -.25
    down not the rising ones. ValueError if an array has another length.
    """
    n = len(symbols)
    nothing = np.full(n, np.nan)
    columns = [moves, rvol, float_shares, dollar_volume, nothing if opening_gap is None else opening_gap]
    r, volume, floats, money, gaps = (np.asarray(column, dtype=np.float64) for column in columns)
    allowed = (np.asarray(fresh, dtype=np.float64) > 0) & (np.asarray(eligible, dtype=np.float64) > 0)
    if any(column.shape != (n,) for column in (r, volume, floats, money, gaps, allowed)):
        raise ValueError(f"every array of {n} symbols must have the shape ({n},)")
    parts = rank_parts(r, volume, floats, money, score, parameters)
    ranks = rank(parts, parameters)
    allowed &= np.isfinite(ranks) & (np.abs(np.where(np.isfinite(r), r, 0.0)) >= parameters.fewest_move)
    order = _order(symbols, ranks, r, volume)

    def top(side: BoolArray) -> tuple[Ranked, ...]:
        rows = order[(allowed & side)[order]][: parameters.places]
        return tuple(
            Ranked(
                place,
                int(row),
                symbols[row],
                float(r[row]),
                _or_none(gaps[row]),
                _or_none(volume[row]),
                float(ranks[row]),
                float(parts.gap[row]),
                float(parts.volume[row]),
                float(parts.alignment[row]),
                float(parts.shortability[row]),
                badges(symbols[row], float(volume[row]), float(floats[row]), previous, parameters),
            )
            for place, row in enumerate(rows, start=1)
        )

    return Ranking(top(r > 0), top(r < 0), *_hidden(score, parameters))


def badges(
    symbol: str,
    rvol: float,
    float_shares: float,
    previous: Collection[str] | None,
    parameters: RankParameters = RANK,
) -> tuple[str, ...]:
    """NEW (not in the lists of the run before), VOLUME SPIKE (RVOL of 2 or more), LOW FLOAT (below 20M, known)."""
    earned = {
        NEW: previous is not None and symbol not in previous,
        VOLUME_SPIKE: rvol >= parameters.spike_rvol,
        LOW_FLOAT: 0 < float_shares < parameters.low_float,
    }
    return tuple(badge for badge, has in earned.items() if has)


def significant_moves(moves: npt.ArrayLike, parameters: RankParameters = RANK) -> BoolArray:
    """Marks moves of 15 % or more either way, which re-rank a sector at once; NaN is False."""
    r = np.asarray(moves, dtype=np.float64)
    large: BoolArray = np.abs(np.where(np.isfinite(r), r, 0.0)) >= parameters.significant_move
    return large


def _order(symbols: tuple[str, ...], ranks: FloatArray, moves: FloatArray, rvol: FloatArray) -> npt.NDArray[np.int64]:
    """All rows, the best first; NaN last."""
    names = np.empty(len(symbols), dtype=np.int64)
    names[sorted(range(len(symbols)), key=symbols.__getitem__)] = np.arange(len(symbols))
    return np.lexsort((names, -np.nan_to_num(rvol, nan=-1.0), -np.abs(np.nan_to_num(moves)), -np.nan_to_num(ranks)))


def _hidden(score: Decimal | None, parameters: RankParameters) -> tuple[str, str]:
    if score is None or abs(score) < parameters.one_sided:
        return "", ""
    return (BEAR, "avoid shorts in a bullish sector") if score > 0 else (BULL, "none in a bearish sector")


def _quality(values: npt.ArrayLike, span: tuple[float, float]) -> FloatArray:
    """0 at the lower end of the span and below, 1 at its upper end and above, logarithmic between; unknown is 0."""
    size = np.asarray(values, dtype=np.float64)
    least, factor = span
    known = np.isfinite(size) & (size > 0)
    quality: FloatArray = np.clip(np.log(np.where(known, size, least) / least) / np.log(factor), 0.0, 1.0)
    return quality


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
