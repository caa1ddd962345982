"""Who follows whom by one bar: shrunk lag-1 correlations of residual bars, and which of them are worth believing.

methods.md 6.2: the next day says nothing (same sign .49 by every method); half-hours may. An edge needs |t| > 4 after
the false discovery rate of Benjamini and Hochberg (1995), and is published only once its own hits out of sample
exclude a coin's .5.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

from sentiment_site.quant.calibration import wilson_interval

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SHRINK: Final = 1500.0  # bars of doubt: the estimate counts n / (n + 1500)
LEAST_T: Final = 4.0
DISCOVERY_RATE: Final = 0.05
LEAST_BARS: Final = 30
_STILL = 1e-12


class LeadLag(NamedTuple):
    """Rows lead, columns follow, (n, n): raw: lag-1 correlation, NaN below 30 pairs of bars, without variation or of a
    stock with itself; shrunk: raw n / (n + 1500); t: of raw against 0; bars: pairs behind it."""

    raw: Floats
    shrunk: Floats
    t: Floats
    bars: Ints


class Edges(NamedTuple):
    """What survives, strongest first, each (m,): rows of leader and follower, shrunk correlation and t."""

    leader: Ints
    follower: Ints
    correlation: Floats
    t: Floats


def compute_lead_lag(z: npt.ArrayLike, session: npt.ArrayLike) -> LeadLag:
    """Correlation of each residual bar with the others' next one, within a session only.

    z: (n, bars) residual z of successive bars, NaN missing; session: (bars,) a number per session: the night between
    two of them is no lag. ValueError if they do not match.
    """
    bars, day = np.asarray(z, dtype=np.float64), np.asarray(session)
    if bars.ndim != 2 or day.shape != (bars.shape[1],):
        raise ValueError(f"bars {bars.shape} and sessions {day.shape} do not match")
    steps = np.flatnonzero(day[1:] == day[:-1])
    x, x_known = _filled(bars[:, steps])
    y, y_known = _filled(bars[:, steps + 1])
    n = x_known @ y_known.T
    whole = np.maximum(n, 1.0)
    sum_x, sum_y = x @ y_known.T, x_known @ y.T
    xx, yy = x**2 @ y_known.T - sum_x**2 / whole, x_known @ (y**2).T - sum_y**2 / whole
    usable = (n >= LEAST_BARS) & (xx > _STILL * whole) & (yy > _STILL * whole)
    np.fill_diagonal(usable, False)
    size = np.sqrt(np.where(usable, xx, 1.0)) * np.sqrt(np.where(usable, yy, 1.0))
    raw = np.where(usable, np.clip((x @ y.T - sum_x * sum_y / whole) / size, -1.0, 1.0), np.nan)
    t = raw * np.sqrt(np.maximum(n - 2.0, 0.0) / np.maximum(1.0 - raw**2, _STILL))
    return LeadLag(raw, raw * n / (n + SHRINK), t, n.astype(np.int64))


def is_discovery(p: npt.ArrayLike, rate: float = DISCOVERY_RATE) -> Bools:
    """Benjamini-Hochberg: which p-values stand at the given false discovery rate, (m,); NaN is no test."""
    values = np.asarray(p, dtype=np.float64)
    known = np.sort(values[np.isfinite(values)])
    passed = np.flatnonzero(known <= rate * np.arange(1, known.size + 1) / max(known.size, 1))
    return np.asarray(values <= known[passed[-1]]) if passed.size else np.zeros(values.shape, dtype=np.bool_)


def list_edges(lags: LeadLag, least_t: float = LEAST_T, rate: float = DISCOVERY_RATE) -> Edges:
    """The pairs that pass both hurdles among all tested ones, by size of the shrunk correlation."""
    p = np.where(np.isfinite(lags.t), 2.0 * stdtr(np.maximum(lags.bars - 2.0, 1.0), -np.abs(lags.t)), np.nan)
    stands = is_discovery(p.ravel(), rate).reshape(p.shape) & (np.abs(lags.t) > least_t)
    leader, follower = np.nonzero(stands)
    order = np.argsort(-np.abs(lags.shrunk[leader, follower]), kind="stable")
    leader, follower = leader[order], follower[order]
    return Edges(leader, follower, lags.shrunk[leader, follower], lags.t[leader, follower])


def is_publishable(hits: int, n: int) -> bool:
    """Whether out of sample hits among n calls leave a coin behind: Wilson's 95 % interval lies above .5."""
    return wilson_interval(hits, n).low > 0.5


def _filled(bars: Floats) -> tuple[Floats, Floats]:
    """Bars with 0 for missing, and the 0/1 mask of the known."""
    known = np.isfinite(bars)
    return np.where(known, bars, 0.0), known.astype(np.float64)
