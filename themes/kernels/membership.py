"""Who belongs to a theme, how closely its members move, and how sure one can be. methods.md 3.2, steps 6 to 8."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

HALF_LIFE_H: Final = 24.0
SHRINK: Final = 20.0
TEXT_SHARE: Final = 0.6
BELONGS: Final = 0.35
NAMED: Final = 0.1
FOLLOWS: Final = 0.5
FOLLOWS_Z: Final = 2.0
PUBLISHED: Final = 0.70
WATCHED: Final = 0.50
RANDOM_SETS: Final = 200
# The coefficients of methods.md 3.2, step 8: starting values by design, to be fitted again on labelled history.
INTERCEPT: Final = -3.6
SURPRISE, BREADTH, SOURCES, COHERENCE, VOLUME = 2.2, 1.6, 1.2, 1.6, 1.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Members:
    """text, price, score: per stock, 0 to 1 (price NaN: unknown). belongs: member; follows: by price alone."""

    text: Floats
    price: Floats
    score: Floats
    belongs: npt.NDArray[np.bool_]
    follows: npt.NDArray[np.bool_]


def compute_text_part(age_h: npt.ArrayLike, closeness: npt.ArrayLike, stock: npt.ArrayLike, stocks: int) -> Floats:
    """1 - exp(-sum of 2^(-age/24) * closeness) per stock. One entry per document and stock; stock: its index."""
    weight = np.exp2(-np.maximum(np.asarray(age_h, dtype=np.float64), 0) / HALF_LIFE_H) * np.asarray(
        closeness, np.float64
    )
    return np.asarray(-np.expm1(-np.bincount(np.asarray(stock, dtype=np.int64), weight, minlength=stocks)))


def compute_price_part(excess: Floats, weights: npt.ArrayLike) -> Floats:
    """Correlation of each stock's excess with the theme's basket, shrunk by n/(n+20); NaN without five common bars.

    excess: bars x stocks, residuals to market and sector, NaN where nothing traded; weights: of the basket, one per
    stock; a stock is left out of the basket it is held against.
    """
    w = np.asarray(weights, dtype=np.float64)
    known = np.isfinite(excess)
    filled = np.where(known, excess, 0.0)
    total, held = filled @ w, known @ w
    out = np.full(excess.shape[1], np.nan)
    for stock in range(excess.shape[1]):
        rest = held - known[:, stock] * w[stock]
        usable = known[:, stock] & (rest > 0)
        n = int(usable.sum())
        if n < 5:
            continue
        basket = (total - filled[:, stock] * w[stock])[usable] / rest[usable]
        mine = filled[usable, stock]
        spread = float(np.std(mine) * np.std(basket))
        if spread > 1e-15:
            out[stock] = float(np.mean((mine - mine.mean()) * (basket - basket.mean()))) / spread * n / (n + SHRINK)
    return out


def find_members(text: Floats, price: Floats, z: Floats) -> Members:
    """Members: .6 text + .4 price of .35 or more and text of .1 or more; followers: price of .5 and a move of 2 sigma.

    z: excess move of each stock in its own deviations, signed; an unknown price counts 0.
    """
    known = np.where(np.isfinite(price), price, 0.0)
    score = TEXT_SHARE * text + (1 - TEXT_SHARE) * np.maximum(known, 0.0)
    belongs = (score >= BELONGS) & (text >= NAMED)
    follows = ~belongs & (known >= FOLLOWS) & (np.nan_to_num(z, nan=0.0) >= FOLLOWS_Z)
    return Members(text, price, score, belongs, follows)


def compute_coherence(correlation: Floats, members: npt.ArrayLike, random_sets: npt.ArrayLike) -> float:
    """How many deviations the members' mean pairwise correlation lies above that of random sets; NaN below two members.

    correlation: stocks x stocks of excess moves over three days; random_sets: sets x size, indices of sets matched by
    sector and size.
    """
    mine = _mean_pairwise(correlation, np.asarray(members, dtype=np.int64))
    others = np.array([_mean_pairwise(correlation, row) for row in np.asarray(random_sets, dtype=np.int64)])
    others = others[np.isfinite(others)]
    if not np.isfinite(mine) or others.size < 2 or np.std(others) < 1e-12:
        return float("nan")
    return float((mine - others.mean()) / np.std(others, ddof=1))


def _mean_pairwise(correlation: Floats, members: npt.NDArray[np.int64]) -> float:
    block = correlation[np.ix_(members, members)]
    pairs = block[np.triu_indices(len(members), 1)]
    pairs = pairs[np.isfinite(pairs)]
    return float(pairs.mean()) if pairs.size else float("nan")


def draw_matched_sets(
    members: npt.ArrayLike, group: npt.ArrayLike, *, sets: int = RANDOM_SETS, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Random sets with as many stocks of each group (sector and size) as the members have, sets x members.

    Members themselves are not drawn; a group without others gives any other stock.
    """
    rng = np.random.default_rng(seed)
    chosen, groups = np.asarray(members, dtype=np.int64), np.asarray(group)
    free = np.setdiff1d(np.arange(len(groups)), chosen)
    columns = []
    for one in chosen:
        pool = free[groups[free] == groups[one]]
        columns.append(rng.choice(pool if pool.size else free, sets))
    return np.stack(columns, axis=1) if columns else np.empty((sets, 0), dtype=np.int64)


class ConfidencePart(NamedTuple):
    """One of the five parts of a confidence. share: of its full strength, 0 to 1 (NaN: unknown, counts 0); weight:
    points on the logit at full strength; points: what it adds."""

    name: str
    share: float
    weight: float
    points: float


def list_confidence_parts(
    log10_p: float, issuers: int, kinds: int, coherence: float, busy_share: float
) -> tuple[ConfidencePart, ...]:
    """Burst, breadth, sources, coherence, volume: what each adds to the logit of a confidence.

    log10_p: of the strongest term; issuers: stocks written about, up to twelve count; kinds: of sources, up to three;
    coherence: deviations, NaN unknown; busy_share: members with twice their usual volume, NaN unknown.
    """
    shares = (
        ("burst", min(max(-log10_p, 0.0), 12.0) / 12, SURPRISE),
        ("breadth", min(issuers, 12) / 12, BREADTH),
        ("sources", min(kinds, 3) / 3, SOURCES),
        ("coherence", float(np.clip(coherence / 4, 0, 1)) if np.isfinite(coherence) else float("nan"), COHERENCE),
        ("volume", float(busy_share), VOLUME),
    )
    return tuple(
        ConfidencePart(name, share, weight, weight * share if np.isfinite(share) else 0.0)
        for name, share, weight in shares
    )


def score_confidence(log10_p: float, issuers: int, kinds: int, coherence: float, busy_share: float) -> float:
    """Confidence of a theme, 0 to 1: text alone stays below .70, text and price pass. Unknown parts count 0.

    The parts are those of `list_confidence_parts`.
    """
    parts = list_confidence_parts(log10_p, issuers, kinds, coherence, busy_share)
    logit = INTERCEPT + sum(part.points for part in parts)
    return float(1 / (1 + np.exp(-logit)))
