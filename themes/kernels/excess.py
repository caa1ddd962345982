"""What a stock did beyond the market and its sector. Arrays are (stocks, times), NaN where nothing is known.

A stock's excess is its log return less the mean of the other stocks of its sector, where that has five or more with a
return, else less the mean of all others: simple, robust to betas that were never estimated, and without look-ahead.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

FEWEST_PEERS: Final = 5
# Normal consistency of the median absolute deviation.
MAD: Final = 1.4826

Floats = npt.NDArray[np.float64]


def compute_log_returns(close: npt.ArrayLike) -> Floats:
    """Log returns from close to close, (stocks, times - 1); NaN where either is missing or not positive."""
    prices = np.asarray(close, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(prices > 0, prices, np.nan))
    return np.asarray(np.diff(logs, axis=1))


def fill_forward(values: npt.ArrayLike) -> Floats:
    """Each missing value replaced by the last known one before it; leading gaps stay."""
    known = np.asarray(values, dtype=np.float64)
    place = np.where(np.isfinite(known), np.arange(known.shape[1])[None, :], -1)
    place = np.maximum.accumulate(place, axis=1) if known.shape[1] else place
    filled = np.take_along_axis(known, np.maximum(place, 0), axis=1) if known.shape[1] else known.copy()
    return np.where(place >= 0, filled, np.nan)


def compute_excess(returns: Floats, sector: npt.NDArray[np.int64]) -> Floats:
    """Returns less those of the peers; sector: an index per stock, below 0 for none."""
    known = np.isfinite(returns)
    filled = np.where(known, returns, 0.0)
    total, count = filled.sum(axis=0), known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        market = (total - filled) / (count - known)
        excess = returns - market
        for one in np.unique(sector[sector >= 0]):
            rows = np.flatnonzero(sector == one)
            peers = known[rows].sum(axis=0) - known[rows]
            mean = (filled[rows].sum(axis=0) - filled[rows]) / peers
            excess[rows] = np.where(peers >= FEWEST_PEERS, returns[rows] - mean, excess[rows])
    return np.where(np.isfinite(excess), excess, np.nan)


def compute_robust_deviation(values: npt.ArrayLike, fewest: int = 20) -> Floats:
    """1.4826 times the median absolute value of each row; NaN below `fewest` values or where nothing ever moved."""
    rows = np.abs(np.asarray(values, dtype=np.float64))
    counts = np.isfinite(rows).sum(axis=1)
    out = np.full(rows.shape[0], np.nan)
    enough = counts >= fewest
    if enough.any():
        out[enough] = MAD * np.nanmedian(rows[enough], axis=1)
    out[out <= 0] = np.nan
    return out


def compute_correlation(excess: Floats, fewest: int = 10) -> Floats:
    """Pairwise correlation of rows over their common times; NaN below `fewest` of them or without movement."""
    known = np.isfinite(excess).astype(np.float64)
    x = np.where(np.isfinite(excess), excess, 0.0)
    n = known @ known.T
    sums = x @ known.T
    squares = (x * x) @ known.T
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, other = sums / n, sums.T / n
        covariance = (x @ x.T) / n - mean * other
        variance = squares / n - mean**2
        correlation = covariance / np.sqrt(np.maximum(variance, 0) * np.maximum(variance.T, 0))
    usable = (n >= fewest) & (variance > 1e-18) & (variance.T > 1e-18)
    return np.clip(np.where(usable, correlation, np.nan), -1, 1)
