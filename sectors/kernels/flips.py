"""How far the next colours are, and what would bring them: a move of the sector, or of one of its stocks.

The chain is inverted numerically, because its factors depend on the sign and size of the base: the inputs that are not
moved stay as stored (volume, news, index levels), everything that follows from them is computed anew. Source:
docs/methods/sector-sentiment.md, section 19.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.chain import Means, Surroundings, compute_chain, weight_shares
from sectors.kernels.colours import BANDS, STEP, colour, edges
from sectors.kernels.constituents import StockTable
from sectors.kernels.explain import computed
from sectors.kernels.multipliers import TechnicalLevels, log_rvol
from sectors.kernels.parameters import DAILY, HORIZONS, V1, FloatArray, ScoreParameters
from sectors.kernels.score import stored
from sentiment_site.quant.robust import clip_returns

_POINTS = 65
_ZOOMS = 4
_STOCKS = 5
_LARGEST_FALL, _LARGEST_RISE = -75.0, 150.0  # percent, one stock's move from here
_ORDER = tuple(band.colour for band in BANDS)


class StockMove(NamedTuple):
    """The move of one stock from its present price, percent, that alone would change the colour."""

    symbol: str
    move: float


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a colour. distance: signed, in stored score. moves: per horizon, the change of its robust mean in
    percent points that alone would do it, None where none within the winsor cap would. stocks: the smallest first."""

    colour: str
    distance: Decimal
    moves: Mapping[str, float | None]
    stocks: tuple[StockMove, ...]


def ways_out(
    factors: Mapping[str, Any],
    score: Decimal,
    stocks: StockTable | None = None,
    parameters: ScoreParameters = V1,
) -> tuple[Way, ...]:
    """The next colour up and the next one down, where they exist, in that order.

    factors: as stored. Moves are rounded away from zero to a hundredth of a percent, so that what they say suffices.
    If the score shown is not the one the factors give (a stale reading), or there is no base, the distances stand
    alone. stocks: its largest five contributors are tried, each over -75 % .. +150 % from its present price, which
    moves every horizon it has.
    """
    chained = factors["base"] is not None and abs(stored(computed(factors)) - score) <= STEP
    low, high = edges(score, parameters)
    place = _ORDER.index(colour(score, parameters))
    targets = [] if high is None else [(_ORDER[place + 1], high)]
    targets += [] if low is None else [(_ORDER[place - 1], low - STEP)]
    found = []
    for name, target in targets:
        moves: dict[str, float | None] = dict.fromkeys(HORIZONS)
        names: tuple[StockMove, ...] = ()
        if chained:
            aim = _Aim(factors, float(target), 1 if target > score else -1, parameters)
            moves = {horizon: aim.horizon_move(k) for k, horizon in enumerate(HORIZONS)}
            names = () if stocks is None else aim.stock_moves(stocks)
        found.append(Way(name, target - score, moves, names))
    return tuple(found)


class _Aim:
    """A stored reading and the score to be reached: which states of the sector reach it."""

    def __init__(self, factors: Mapping[str, Any], target: float, side: int, parameters: ScoreParameters) -> None:
        table = [factors["horizons"][horizon] for horizon in HORIZONS]
        self._target, self._side, self._parameters = target, side, parameters
        self._robust = _numbers([row["robust"] for row in table])
        self._log_rvol = _log(factors["rvol_geometric"])
        self._signed = _number(factors["signed_log_rvol"])
        self._n_eff = float(factors["n_eff"])
        levels = factors["technical"]
        self._around = Surroundings(
            factors["m"],
            _numbers([row["scale"] for row in table]),
            _number(factors["catalyst_flow"]),
            factors["expected"],
            None if levels is None else TechnicalLevels(**levels),
        )

    def horizon_move(self, k: int) -> float | None:
        """The change of horizon k's robust mean that reaches the target, within the cap; None if none does."""
        here = float(self._robust[k])
        if math.isnan(here):
            return None
        reach = self._side * float(self._parameters.caps[k]) - here

        def means(moves: FloatArray) -> tuple[FloatArray, FloatArray]:
            robust = np.tile(self._robust, (moves.size, 1))
            robust[:, k] += moves
            return robust, np.full(moves.size, self._signed)

        return self._smallest(reach, means)

    def stock_moves(self, stocks: StockTable) -> tuple[StockMove, ...]:
        """Those of the largest contributors that can do it alone, the smallest move first."""
        size = np.abs(stocks.contribution)
        rows = sorted(np.flatnonzero(stocks.fresh), key=lambda row: (-size[row], stocks.symbols[row]))[:_STOCKS]
        share = weight_shares(stocks.returns, stocks.weight)
        tried = ((stocks.symbols[row], self._stock_move(stocks, int(row), share[row])) for row in rows)
        found = [StockMove(symbol, move) for symbol, move in tried if move is not None]
        return tuple(sorted(found, key=lambda way: (abs(way.move), way.symbol)))

    def _stock_move(self, stocks: StockTable, row: int, share: FloatArray) -> float | None:
        returns, caps = np.asarray(stocks.returns[row], dtype=np.float64), self._parameters.caps
        present = np.isfinite(returns)
        now = np.where(present, returns, 0.0)
        volume = log_rvol(stocks.rvol, self._parameters)
        both = np.isfinite(volume) & np.isfinite(stocks.returns[:, DAILY])
        part = float(volume[row]) / both.sum() if both[row] else 0.0

        def means(moves: FloatArray) -> tuple[FloatArray, FloatArray]:
            moved = 100.0 * ((1.0 + now / 100.0) * (1.0 + moves[:, None] / 100.0) - 1.0)
            change = np.where(present, share * (clip_returns(moved, caps) - clip_returns(now, caps)), 0.0)
            turned = part * (np.sign(moved[:, DAILY]) - np.sign(now[DAILY]))
            return self._robust + change, self._signed + turned

        return self._smallest(_LARGEST_RISE if self._side > 0 else _LARGEST_FALL, means)

    def _smallest(self, reach: float, means: Callable[[FloatArray], tuple[FloatArray, FloatArray]]) -> float | None:
        """The first move from 0 towards `reach` that gets there: a grid, then ever finer ones before its first hit."""
        near, far = 0.0, reach
        for _ in range(_ZOOMS):
            moves = np.linspace(near, far, _POINTS)
            hits = self._reached(*means(moves))
            if not hits.any():
                return None
            first = int(np.argmax(hits))
            near, far = float(moves[max(first - 1, 0)]), float(moves[first])
        outward = math.copysign(math.ceil(abs(far) * 100 - 1e-6) / 100, far)
        return outward if self._reached(*means(np.array([outward])))[0] else far

    def _reached(self, robust: FloatArray, signed: FloatArray) -> npt.NDArray[np.bool_]:
        k = len(robust)
        means = Means(robust, np.full(k, self._log_rvol), signed, np.full(k, self._n_eff))
        score = np.round(compute_chain(means, self._around, self._parameters).score, 3)
        hits: npt.NDArray[np.bool_] = self._side * (score - self._target) > -0.5 * float(STEP)
        return hits


def _numbers(values: list[float | None]) -> FloatArray:
    return np.array([_number(value) for value in values])


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _log(value: float | None) -> float:
    return math.nan if value is None else math.log(value)
