"""Which underlyings of a book are one bet. Source: kernels.clusters; docs/methods/portfolio.md 8."""

from __future__ import annotations

import numpy as np

from portfolios.kernels.clusters import FEWEST_OBSERVATIONS, compute_correlations
from portfolios.kernels.greeks import GreekSource

from .loading import RiskBook
from .records import ClusterView, Missing


def compute(book: RiskBook, source: GreekSource) -> ClusterView:
    """Clusters over the instruments that the book holds, net of what hedges itself."""
    net, _, missing = book.net_dollars(source)
    names = {line.held.instrument_id: line.held.underlying for line in book.lines}
    ids = sorted((pk for pk in net if net[pk]), key=lambda pk: names[pk])
    market = book.market
    rows = np.array([market.rows[pk] for pk in ids], dtype=np.int64)
    # without capital the weights are shares of gross: the clusters are the same, only their size is relative
    scale = book.total_value if book.total_value > 0 else sum(abs(net[pk]) for pk in ids)
    weights = np.array([net[pk] / scale for pk in ids], dtype=np.float64)
    found = compute_correlations([names[pk] for pk in ids], market.returns[rows], weights)
    short = [
        Missing("", name, "correlations", f"fewer than {FEWEST_OBSERVATIONS} returns in common, or none that vary")
        for name in found.left_out
    ]
    return ClusterView(book.basis(source), found, (*missing, *short))
