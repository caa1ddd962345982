"""The table of one sector's stocks that a run stores: what each brought, what it added, why it took no part.

Source: docs/methods/sector-sentiment.md, section 13.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from sectors.kernels.conditions import CodeArray
from sectors.kernels.inputs import SectorInputs
from sectors.kernels.parameters import DAILY, RANK, FloatArray, RankParameters
from sectors.kernels.ranking import Ranking, RankParts, rank, rank_parts, rank_sector
from sectors.kernels.sample import Sample

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class StockTable:
    """Arrays (n,) in the order of `symbols`; NaN missing, percent points.

    returns: (n, 4), only what entered the score. weight: ln V, 0 for a stock that took no part. contribution: to the
    base score; they sum to it. fresh: took part. reasons: (n, 4) places in conditions.REASONS, per horizon; exclusion:
    the same for a stock that took no part at all. rank: 0..10 with its four parts, NaN without a 1-day move.
    """

    symbols: tuple[str, ...]
    returns: FloatArray
    weight: FloatArray
    rvol: FloatArray
    contribution: FloatArray
    fresh: BoolArray
    reasons: CodeArray
    exclusion: CodeArray
    rank: FloatArray
    parts: RankParts
    opening_gap: FloatArray
    float_shares: FloatArray
    average_dollar_volume: FloatArray
    last_price: FloatArray
    official_close: FloatArray
    eligible: BoolArray


def build_table(
    inputs: SectorInputs, sample: Sample, score: Decimal | None, parameters: RankParameters = RANK
) -> StockTable:
    """The table of a sample; score is the sector's stored one, None without a direction to be aligned with."""
    n, fresh = len(inputs.symbols), sample.fresh
    weight, contribution, took_part = np.zeros(n), np.zeros(n), np.zeros(n, dtype=np.bool_)
    weight[fresh.rows] = fresh.stocks.log_volume
    contribution[fresh.rows] = sample.contributions
    took_part[fresh.rows] = True
    rvol = _known(inputs.rvol, n)
    floats, money = _known(inputs.float_shares, n), _known(inputs.average_dollar_volume, n)
    parts = rank_parts(sample.usable.returns[:, DAILY], rvol, floats, money, score, parameters)
    eligible = np.ones(n) if inputs.eligible is None else np.asarray(inputs.eligible, dtype=np.float64)
    return StockTable(
        symbols=inputs.symbols,
        returns=sample.usable.returns,
        weight=weight,
        rvol=rvol,
        contribution=contribution,
        fresh=took_part,
        reasons=sample.usable.reasons,
        exclusion=sample.usable.exclusion,
        rank=rank(parts, parameters),
        parts=parts,
        opening_gap=_known(inputs.opening_gap, n),
        float_shares=floats,
        average_dollar_volume=money,
        last_price=_known(inputs.last_price, n),
        official_close=_known(inputs.official_close, n),
        eligible=eligible > 0,
    )


def rank_table(
    table: StockTable,
    score: Decimal | None,
    previous: Collection[str] | None = None,
    parameters: RankParameters = RANK,
) -> Ranking:
    """Both lists of a sector from its table; only stocks with a 1-day move that entered the score can be in them."""
    moves = table.returns[:, DAILY]
    return rank_sector(
        table.symbols,
        moves,
        table.rvol,
        table.float_shares,
        table.average_dollar_volume,
        score=score,
        fresh=np.isfinite(moves),
        eligible=table.eligible,
        opening_gap=table.opening_gap,
        previous=previous,
        parameters=parameters,
    )


def _known(values: npt.ArrayLike | None, n: int) -> FloatArray:
    """The values with infinities made NaN; all NaN where there are none."""
    if values is None:
        return np.full(n, np.nan)
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)
