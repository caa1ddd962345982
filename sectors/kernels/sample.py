"""The stocks that take part in a score, their means, every link of the chain, and what each stock adds.

One sample is shared by the light, the stored table of constituents and the explanation, so that they cannot differ.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels import multipliers
from sectors.kernels.chain import (
    Chain,
    Constituents,
    Means,
    Surroundings,
    compute_chain,
    compute_contributions,
    compute_means,
)
from sectors.kernels.conditions import Usable, usable_returns
from sectors.kernels.inputs import Flags, SectorInputs
from sectors.kernels.parameters import DAILY, FloatArray, ScoreParameters
from sectors.kernels.weights import formula_weights
from sentiment_site.quant.robust import clip_returns, log_volume_weights


class Fresh(NamedTuple):
    """The stocks with at least one usable return, by symbol; `rows` are their places in the inputs."""

    symbols: tuple[str, ...]
    rows: npt.NDArray[np.int64]
    returns: FloatArray
    shares_traded: FloatArray
    rvol: FloatArray
    stocks: Constituents

    def flags(self, values: Flags | None) -> FloatArray | None:
        """A per-stock input cut to these stocks."""
        return None if values is None else np.asarray(values, dtype=np.float64)[self.rows]


class Sample(NamedTuple):
    """One sector's stocks and all that follows from them. weights_missing: why the scales are not the formula's."""

    usable: Usable
    fresh: Fresh
    around: Surroundings
    means: Means
    chain: Chain
    contributions: FloatArray
    weights_missing: str


def take_sample(inputs: SectorInputs, parameters: ScoreParameters) -> Sample:
    """Everything a score is made of; the result does not depend on the order of the constituents."""
    usable = usable_returns(inputs, parameters)
    fresh = _fresh(inputs, usable.returns, parameters)
    weights = formula_weights(inputs, parameters)
    around = Surroundings(
        weights.multiplier,
        weights.scales,
        multipliers.catalyst_flow(inputs.catalysts, parameters),
        inputs.expected,
        multipliers.technical_levels(inputs.index, parameters),
    )
    means = compute_means(fresh.stocks)
    chain = compute_chain(means, around, parameters)
    contributions = compute_contributions(fresh.stocks, means, chain, around.scales)
    return Sample(usable, fresh, around, means, chain, contributions, weights.reason)


def _fresh(inputs: SectorInputs, returns: FloatArray, parameters: ScoreParameters) -> Fresh:
    # by symbol, so that sums, jackknife groups and ties are the same whatever order the constituents come in
    order = np.array(sorted(range(len(inputs.symbols)), key=inputs.symbols.__getitem__), dtype=np.int64)
    rows = order[np.isfinite(returns[order]).any(axis=1)]
    returns = returns[rows]
    shares = np.asarray(inputs.shares_traded, dtype=np.float64)[rows]
    rvol = np.asarray(inputs.rvol, dtype=np.float64)[rows]
    log_rvol = multipliers.log_rvol(rvol, parameters)
    stocks = Constituents(
        clip_returns(returns, parameters.caps),
        log_volume_weights(shares),
        log_rvol,
        np.sign(returns[:, DAILY]) * log_rvol,
    )
    return Fresh(tuple(inputs.symbols[row] for row in rows), rows, returns, shares, rvol, stocks)
