"""Who moves with whom: residuals, two correlations, nearest neighbours, confirmation, settled tickets. methods.md 6.

Arrays are (stocks, sessions) and run to the last session that may be known; nothing here looks past the end of what it
is given. Returns are fractions (.15 = 15 %), NaN is missing. The sector is left in the residual on purpose: what a
sector does together is sympathy. Sources: Ledoit and Wolf (2004) for the shrinkage; methods.md 6.1 for the rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.covariance import shrink_covariance, to_correlation
from sentiment_site.quant.risk import ols_beta

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SESSIONS: Final = 250
LEAST_SESSIONS: Final = 230
LARGEST_RETURN: Final = 0.40
LARGEST_Z: Final = 4.0
HALF_LIFE: Final = 50.0  # sessions; methods.md: 40 to 60
NEIGHBOURS: Final = 20
LEADER_RETURN: Final = 0.15
CONFIRMING: Final = 3
MOVING_Z: Final = 1.0
STRONG_Z: Final = 1.0
MAD: Final = 1.4826
_STILL = 1e-9  # a deviation below is rounding: no return is that small


class Scale(NamedTuple):
    """What turns a return into a robust z, each (n,): beta to the mean stock, median and deviation of the residual.

    All three are NaN for a stock with too few returns or without movement of its own."""

    beta: Floats
    centre: Floats
    deviation: Floats

    @property
    def eligible(self) -> Bools:
        """Stocks that the network knows, (n,)."""
        return np.isfinite(self.deviation)


class Neighbours(NamedTuple):
    """(n, count) rows of the nearest stocks, nearest first, and their scores C + Ce; -1 and NaN where too few are."""

    rows: Ints
    score: Floats


@dataclass(frozen=True, slots=True)
class Network:
    """The network after a session.

    correlation: (n, n) shrunk, C; recent: (n, n) second moments with exponential weights, of which Ce is the
    correlation; intensity: of the shrinkage, 0 to 1 (NaN without stocks).
    """

    scale: Scale
    correlation: Floats
    recent: Floats
    intensity: float
    neighbours: Neighbours


def fit_scale(returns: npt.ArrayLike, least: int = LEAST_SESSIONS) -> Scale:
    """Beta, median and 1.4826 MAD of each stock's residual over the given sessions; (n, T) returns, clipped at 40 %.

    The market is the mean return of the stocks with `least` returns or more; beta is the OLS slope on it. ValueError
    if returns are not two-dimensional.
    """
    x = _clipped(returns)
    if x.ndim != 2:
        raise ValueError(f"returns {x.shape} must be (stocks, sessions)")
    enough = np.isfinite(x).sum(axis=1) >= max(least, 2)
    blank = np.full(x.shape[0], np.nan)
    scale = Scale(blank, blank.copy(), blank.copy())
    if not enough.any():
        return scale
    mine = x[enough]
    market = _mean(mine)
    beta = ols_beta(mine, market, min_obs=max(least, 2))
    varies = np.isfinite(beta)
    rows = np.flatnonzero(enough)[varies]
    if not rows.size:
        return scale
    residual = x[rows] - beta[varies, None] * market
    centre = np.nanmedian(residual, axis=1)
    deviation = MAD * np.nanmedian(np.abs(residual - centre[:, None]), axis=1)
    moves = deviation > _STILL
    for whole, part in zip(scale, (beta[varies], centre, deviation), strict=True):
        whole[rows[moves]] = part[moves]
    return scale


def standardise(scale: Scale, returns: npt.ArrayLike) -> Floats:
    """Robust z of residuals, clipped to +-4: of the window itself, of a later session or of a move during the day.

    returns: (n,) or (n, T); the shape is kept. NaN for a missing return and for a stock outside the network.
    """
    x = _clipped(returns)
    flat = x.ndim == 1
    rows = x[:, None] if flat else x
    if rows.shape[0] != scale.beta.size:
        raise ValueError(f"{rows.shape[0]} rows of returns for {scale.beta.size} stocks")
    market = _mean(np.where(scale.eligible[:, None], rows, np.nan))
    residual = rows - scale.beta[:, None] * market
    z = np.clip((residual - scale.centre[:, None]) / scale.deviation[:, None], -LARGEST_Z, LARGEST_Z)
    return z[:, 0] if flat else z


def compute_shrunk_correlation(z: npt.ArrayLike, eligible: Bools) -> tuple[Floats, float]:
    """Ledoit-Wolf correlation (n, n) of z (n, T), and the intensity; 0 for stocks outside the network.

    A missing z counts as 0, the usual day. Fewer than two sessions or no stock: the identity and NaN.
    """
    filled = np.nan_to_num(np.asarray(z, dtype=np.float64))
    correlation = np.eye(filled.shape[0])
    rows = np.flatnonzero(eligible)
    if not rows.size or filled.shape[1] < 2:
        return correlation, float("nan")
    shrunk = shrink_covariance(filled[rows])
    correlation[np.ix_(rows, rows)] = to_correlation(shrunk.covariance)
    return correlation, shrunk.intensity


def compute_recent(z: npt.ArrayLike, half_life: float = HALF_LIFE) -> Floats:
    """Second moments (n, n) of z (n, T), weights halving every `half_life` sessions, the last a = 1 - 2^(-1/h).

    The same as update_recent session by session from zero; a missing z counts as 0. ValueError for half_life <= 0.
    """
    filled = np.nan_to_num(np.asarray(z, dtype=np.float64))
    rate = _rate(half_life)
    weights = rate * (1 - rate) ** np.arange(filled.shape[1] - 1, -1, -1.0)
    return np.asarray((filled * weights) @ filled.T)


def update_recent(recent: Floats, z: npt.ArrayLike, half_life: float = HALF_LIFE) -> Floats:
    """(1 - a) recent + a z z' after one more session; recent (n, n), z (n,). A missing z counts as 0."""
    filled = np.nan_to_num(np.asarray(z, dtype=np.float64))
    rate = _rate(half_life)
    return np.asarray((1 - rate) * recent + rate * filled[:, None] * filled[None, :])


def compute_recent_trust(sessions: int, half_life: float = HALF_LIFE) -> float:
    """What a recent correlation of fewer than 250 sessions counts, 0 to 1: sqrt(n / n250) of the effective numbers.

    The largest of many noisy correlations grow with their noise, 1 / sqrt(n), n = (sum w)^2 / sum w^2 of the weights;
    the pair models learned from 250 sessions. ValueError for a negative number of sessions.
    """
    if sessions < 0:
        raise ValueError(f"{sessions} sessions")
    kept = 1 - _rate(half_life)

    def effective(n: int) -> float:  # (1 - q^n)^2 / (1 - q^2n), without what both have
        return float((1 - kept**n) / (1 + kept**n))

    return min(float(np.sqrt(effective(sessions) / effective(SESSIONS))), 1.0)


def rank_neighbours(score: npt.ArrayLike, eligible: Bools, count: int = NEIGHBOURS) -> Neighbours:
    """The `count` stocks of the highest score for each stock; score (n, n), symmetric or not.

    Nobody is its own neighbour; stocks outside the network have no neighbours and are none. Equal scores keep the
    order of the rows, except between those that tie for the last place. ValueError for count < 1.
    """
    if count < 1:
        raise ValueError(f"at least one neighbour must be asked for: {count}")
    s = np.array(score, dtype=np.float64)
    s[~eligible, :] = -np.inf
    s[:, ~eligible] = -np.inf
    np.fill_diagonal(s, -np.inf)
    n = s.shape[0]
    best = np.argpartition(-s, count - 1, axis=1)[:, :count] if n > count else np.tile(np.arange(n), (n, 1))
    best.sort(axis=1)
    order = np.argsort(-np.take_along_axis(s, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    values = np.take_along_axis(s, best, axis=1)
    found = np.isfinite(values)
    missing = ((0, 0), (0, count - best.shape[1]))
    index = np.pad(np.where(found, best, -1), missing, constant_values=-1)
    return Neighbours(index.astype(np.int64), np.pad(np.where(found, values, np.nan), missing, constant_values=np.nan))


def fit_network(returns: npt.ArrayLike, least: int = LEAST_SESSIONS, half_life: float = HALF_LIFE) -> Network:
    """The whole network of the last 250 of the given sessions, (n, T) returns: the nightly fit."""
    window = np.asarray(returns, dtype=np.float64)[:, -SESSIONS:]
    scale = fit_scale(window, least)
    z = standardise(scale, window)
    correlation, intensity = compute_shrunk_correlation(z, scale.eligible)
    recent = compute_recent(z, half_life)
    return Network(scale, correlation, recent, intensity, _ranked(scale, correlation, recent))


def update_network(network: Network, returns: npt.ArrayLike, half_life: float = HALF_LIFE) -> Network:
    """The network after a significant move: one more set of returns, (n,), enters Ce and the ranking; C stays."""
    recent = update_recent(network.recent, standardise(network.scale, returns), half_life)
    return replace(network, recent=recent, neighbours=_ranked(network.scale, network.correlation, recent))


def list_leaders(returns: npt.ArrayLike, scale: Scale, least: float = LEADER_RETURN) -> Ints:
    """Rows of the stocks of the network that moved by +-15 % or more, largest move first; returns (n,)."""
    size = np.where(scale.eligible, np.abs(np.asarray(returns, dtype=np.float64)), np.nan)
    rows = np.flatnonzero(size >= least - 1e-12)
    return rows[np.argsort(-size[rows], kind="stable")]


def compute_confirmation(sign: npt.ArrayLike, z: npt.ArrayLike) -> Floats:
    """Mean signed z of the leader's top three, for each neighbour, (m, k); who does not move yet (|z| < 1) counts 0.

    sign: (m,) of the leaders' moves; z: (m, k) of the neighbours now, nearest first, NaN unknown (counts 0). The
    neighbour asked about never confirms itself: of the first three, each sees the other two and the fourth.
    """
    now = np.nan_to_num(np.asarray(z, dtype=np.float64))
    signed = np.where(np.abs(now) >= MOVING_Z, now * np.asarray(sign, dtype=np.float64)[:, None], 0.0)
    total = np.repeat(signed[:, :CONFIRMING].sum(axis=1, keepdims=True), now.shape[1], axis=1)
    near = signed[:, :CONFIRMING]
    total[:, :CONFIRMING] = signed[:, : CONFIRMING + 1].sum(axis=1, keepdims=True) - near
    return np.asarray(total / CONFIRMING)


class Outcome(StrEnum):
    """How a ticket ended. VOID: the window closed without a price, so that nothing can be said; counted, not scored."""

    OPEN = "open"
    HIT = "hit"
    MISS = "miss"
    VOID = "void"


class Settlement(NamedTuple):
    """outcome; move: the target's residual move at the end of the window, robust z (NaN while open or void);
    is_strong: it went 1 or more in the ticket's direction."""

    outcome: Outcome
    move: float
    is_strong: bool


def settle_ticket(
    direction: int,
    written_at: dt.datetime,
    until: dt.datetime,
    moments: Sequence[dt.datetime],
    moves: npt.ArrayLike,
    now: dt.datetime,
) -> Settlement:
    """Hit if the target's residual stands in the ticket's direction when the window closes; 0 is a miss.

    direction: 1 or -1; moments, moves: (m,) the target's residual move since the ticket was written, in robust z, NaN
    unknown, in any order. The last known move after writing and no later than `until` decides, not the best one.
    ValueError for another direction, an empty window or lengths that differ.
    """
    z = np.asarray(moves, dtype=np.float64)
    if direction not in {1, -1} or until <= written_at or z.shape != (len(moments),):
        raise ValueError(f"direction {direction}, {written_at} to {until}, {len(moments)} moments, moves {z.shape}")
    if now < until:
        return Settlement(Outcome.OPEN, float("nan"), False)
    pairs = zip(moments, z.tolist(), strict=True)
    known = [(at, move) for at, move in pairs if written_at < at <= until and np.isfinite(move)]
    if not known:
        return Settlement(Outcome.VOID, float("nan"), False)
    move = max(known, key=lambda pair: pair[0])[1]
    return Settlement(Outcome.HIT if direction * move > 0 else Outcome.MISS, move, direction * move >= STRONG_Z)


def _clipped(returns: npt.ArrayLike) -> Floats:
    """Returns within +-40 %, NaN where unknown."""
    x = np.asarray(returns, dtype=np.float64)
    return np.clip(np.where(np.isfinite(x), x, np.nan), -LARGEST_RETURN, LARGEST_RETURN)


def _mean(rows: Floats) -> Floats:
    """Mean of the known values of each column, NaN without any."""
    count = np.isfinite(rows).sum(axis=0)
    return np.where(count > 0, np.nan_to_num(rows).sum(axis=0) / np.maximum(count, 1), np.nan)


def _rate(half_life: float) -> float:
    if not half_life > 0:
        raise ValueError(f"a half-life must be positive: {half_life}")
    return float(1.0 - 2.0 ** (-1.0 / half_life))


def _ranked(scale: Scale, correlation: Floats, recent: Floats) -> Neighbours:
    return rank_neighbours(correlation + to_correlation(recent), scale.eligible)
