"""Red flags of a pump: a table of signs with weights, joined so that each raises the risk and none can lower it.

A = 1 - product of (1 - weight) over the raised flags (noisy-OR). The table is data; a step is the n-th threshold of a
flag, 0 = not raised. A flag whose inputs are unknown is not raised and counts against the evidence coverage; it is
known as soon as one input rules it out. Source: docs/methods/manipulation.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.windows import rolling_mean

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

MARKET, CORPORATE, NEWS, SOCIAL = "market", "corporate", "news", "social"

SPIKE_CHANGE, SPIKE_RVOL = 25.0, 4.0
SHELF_DAYS, TAKEDOWN_DAYS, SPLIT_DAYS = 90.0, 10.0, 180.0
FEWEST_POSTS = 10.0  # fewer posts in a day are no campaign, whatever they look like


class Flag(NamedTuple):
    """key: stored; titles and weights: one of each step, mildest first; thresholds: of the first input, where the step
    is a plain comparison."""

    key: str
    group: str
    titles: tuple[str, ...]
    weights: tuple[float, ...]
    thresholds: tuple[float, ...] = ()


FLAGS: tuple[Flag, ...] = (
    Flag("move", MARKET, ("move of 35 % in 1-3 days", "move of 50 % in 1-3 days", "move of 100 % in 1-3 days"),
         (0.15, 0.25, 0.35), (35.0, 50.0, 100.0)),
    Flag("volume", MARKET, ("volume 15 times the usual", "volume 40 times the usual"), (0.10, 0.20), (15.0, 40.0)),
    Flag("float", MARKET, ("float below 20 million shares", "float below 5 million shares"), (0.12, 0.20), (20e6, 5e6)),
    Flag("cap", MARKET, ("market cap below $100 million",), (0.08,), (100e6,)),
    Flag("accumulation", MARKET, ("twice the volume for five days without a move",), (0.08,)),
    Flag("fade", MARKET, ("day's high 25 % above the price",), (0.08,), (25.0,)),
    Flag("serial", MARKET, ("three days of +25 % within a year",), (0.06,), (3.0,)),
    Flag("halts", MARKET, ("two volatility halts today",), (0.06,), (2.0,)),
    Flag("anomaly", MARKET, ("price and volume anomaly on hourly bars",), (0.10,), (1.0,)),
    Flag("takedown", CORPORATE, ("prospectus supplement 424B5 within 10 days",), (0.15,), (TAKEDOWN_DAYS,)),
    Flag("shelf", CORPORATE, ("S-3 or F-3 within 90 days",), (0.12,), (SHELF_DAYS,)),
    Flag("toxic", CORPORATE, ("toxic convertible or at-the-market offering",), (0.12,), (1.0,)),
    Flag("reverse_split", CORPORATE, ("reverse split within 180 days", "second reverse split within 24 months"),
         (0.15, 0.20)),
    Flag("small_ipo", CORPORATE, ("recent small foreign initial offering",), (0.18,)),
    Flag("reporting", CORPORATE, ("auditor change, going concern or late report",), (0.08,), (1.0,)),
    Flag("no_news", NEWS, ("spike without filing, news or release in 48 hours",), (0.20,)),
    Flag("only_wire", NEWS, ("spike with a paid release only",), (0.08,)),
    Flag("burst", SOCIAL, ("burst of posts by few authors",), (0.15,)),
    Flag("duplicates", SOCIAL, ("a third of the posts repeat each other",), (0.15,), (0.30,)),
    Flag("young", SOCIAL, ("half of the posts by young or doubtful accounts",), (0.10,), (0.50,)),
    Flag("promotion", SOCIAL, ("promotional language",), (0.12,), (0.20,)),
)  # fmt: skip
MARKET_FLAGS = tuple(flag for flag in FLAGS if flag.group == MARKET)


@dataclass(frozen=True, slots=True, eq=False)
class RedFlagInputs:
    """n stocks at one moment, (n,) each; NaN = nobody looked, or nobody knows. Make it with `known`.

    largest_move: percent, the largest of the changes over one, two and three sessions up to now; change: percent since
    the last close; rvol: volume so far over the usual by this time of day; float_shares; cap: dollars; prior_rvol_5,
    prior_change_5: mean multiple and percent change of the five sessions before; fade: percent of the day's high above
    the price; spikes_250: sessions of +25 % or more in the 250 before; volatility_halts: of today; anomaly: 1 if
    joint_anomaly holds, else 0.

    days_since_takedown (424B5), days_since_shelf (S-3, F-3, filed or effective), days_since_reverse_split,
    days_since_ipo: days, infinite = looked, none; reverse_splits_24m: count; toxic, reporting, foreign: 1 or 0;
    ipo_raised, ipo_value: dollars; ipo_shares: shares offered.

    filings_48h: 8-K of the last 48 hours; articles_48h: news that is about this stock, lists of movers left out;
    releases_48h: paid or wire releases. posts_24h; mention_z: their number in standard deviations of the stock's own
    days; top_authors: share of the ten most active; duplicates, young, promotion: shares of the posts that repeat
    another one (MinHash J >= .8), come from accounts under 30 days old or of credibility under .3, or hold promotional
    language.
    """

    largest_move: FloatArray
    change: FloatArray
    rvol: FloatArray
    float_shares: FloatArray
    cap: FloatArray
    prior_rvol_5: FloatArray
    prior_change_5: FloatArray
    fade: FloatArray
    spikes_250: FloatArray
    volatility_halts: FloatArray
    anomaly: FloatArray
    days_since_takedown: FloatArray
    days_since_shelf: FloatArray
    toxic: FloatArray
    days_since_reverse_split: FloatArray
    reverse_splits_24m: FloatArray
    days_since_ipo: FloatArray
    ipo_raised: FloatArray
    ipo_value: FloatArray
    ipo_shares: FloatArray
    foreign: FloatArray
    reporting: FloatArray
    filings_48h: FloatArray
    articles_48h: FloatArray
    releases_48h: FloatArray
    posts_24h: FloatArray
    mention_z: FloatArray
    top_authors: FloatArray
    duplicates: FloatArray
    young: FloatArray
    promotion: FloatArray

    def __post_init__(self) -> None:
        """Refuse shapes that cannot belong together."""
        shapes = {np.shape(getattr(self, field.name)) for field in fields(self)}
        if len(shapes) != 1 or len(shapes.pop()) != 1:
            raise ValueError("red flag inputs must all have the shape (n,)")

    @classmethod
    def known(cls, size: int, **values: npt.ArrayLike) -> RedFlagInputs:
        """Inputs of `size` stocks of which only these are known; a single number holds for all. TypeError for a name
        that is no input, ValueError for a length that is not `size`."""
        names = {field.name for field in fields(cls)}
        if not values.keys() <= names:
            raise TypeError(f"no such inputs: {', '.join(sorted(values.keys() - names))}")
        return cls(**{name: _column(values.get(name, np.nan), size) for name in names})


@dataclass(frozen=True, slots=True, eq=False)
class FlagReading:
    """flags: the table's K rows that were looked at; steps (n, K): raised step, 0 none; weights (n, K): of that step;
    known (n, K); score (n,): A in [0, 1); coverage (n,): known weight over the whole weight of the full table."""

    flags: tuple[Flag, ...]
    steps: IntArray
    weights: FloatArray
    known: BoolArray
    score: FloatArray
    coverage: FloatArray


def score_flags(inputs: RedFlagInputs, flags: Sequence[Flag] = FLAGS) -> FlagReading:
    """Raise the flags. With MARKET_FLAGS only those of the market are evaluated: what runs on every half-hour bar."""
    raised = [_EVALUATE[flag.key](inputs, flag) for flag in flags]
    size = np.shape(inputs.rvol)[0]
    steps = np.array([steps for steps, _ in raised]).T.reshape(size, len(flags))
    known = np.array([known for _, known in raised]).T.reshape(size, len(flags))
    deepest = max((len(flag.weights) for flag in flags), default=0)
    table = np.array([(0.0, *flag.weights, *(0.0,) * (deepest - len(flag.weights))) for flag in flags])
    weights = table[np.arange(len(flags)), steps] if len(flags) else np.zeros((size, 0))
    most = np.array([flag.weights[-1] for flag in flags])
    return FlagReading(
        flags=tuple(flags),
        steps=steps,
        weights=weights,
        known=known,
        score=1.0 - np.prod(1.0 - weights, axis=1),
        coverage=(known * most).sum(axis=1) / sum(flag.weights[-1] for flag in FLAGS),
    )


def is_spike(change: npt.ArrayLike, rvol: npt.ArrayLike) -> BoolArray:
    """The behavioural model's event, (n,): at least +25 % since the last close on at least 4 times the usual volume."""
    return (np.asarray(change, dtype=np.float64) >= SPIKE_CHANGE) & (np.asarray(rvol, dtype=np.float64) >= SPIKE_RVOL)


def joint_anomaly(
    price: npt.ArrayLike, volume: npt.ArrayLike, *, window: int = 12, price_over: float = 1.1, volume_over: float = 4.0
) -> FloatArray:
    """Kamps and Kleinberg's joint anomaly at every bar, (n, T): 1 where the price is more than 1.1 times and the volume
    more than 4 times the mean of the `window` bars before, 0 where not, NaN where a number or half of the window is
    missing. price, volume: (n, T) of hourly bars, oldest first."""
    return anomaly_against(
        price, volume, _mean_before(price, window), _mean_before(volume, window), price_over, volume_over
    )


def anomaly_against(
    price: npt.ArrayLike,
    volume: npt.ArrayLike,
    usual_price: npt.ArrayLike,
    usual_volume: npt.ArrayLike,
    price_over: float = 1.1,
    volume_over: float = 4.0,
) -> FloatArray:
    """joint_anomaly where the means of the bars before are known already, any one shape: for the newest bar."""
    now, traded = np.asarray(price, dtype=np.float64), np.asarray(volume, dtype=np.float64)
    mean, usual = np.asarray(usual_price, dtype=np.float64), np.asarray(usual_volume, dtype=np.float64)
    known = np.isfinite(now) & np.isfinite(traded) & np.isfinite(mean) & np.isfinite(usual)
    hit = (now > price_over * mean) & (traded > volume_over * usual)
    return np.where(known, np.where(hit, 1.0, 0.0), np.nan)


def _mean_before(values: npt.ArrayLike, window: int) -> FloatArray:
    mean = rolling_mean(values, window, max(1, window // 2))
    return np.concatenate([np.full((*mean.shape[:-1], 1), np.nan), mean[..., :-1]], axis=-1)


Raised = tuple[IntArray, BoolArray]


def _column(values: npt.ArrayLike, size: int) -> FloatArray:
    column = np.array(values, dtype=np.float64)
    if column.ndim and column.shape != (size,):
        raise ValueError(f"{column.shape} values for {size} stocks")
    return np.broadcast_to(column, (size,)).copy()


def _counted(value: FloatArray, reached: Sequence[BoolArray]) -> Raised:
    steps = np.zeros(value.shape, dtype=np.int64)
    for place, hit in enumerate(reached, start=1):
        steps = np.where(hit, place, steps)
    return steps, ~np.isnan(value)


def _above(name: str) -> Callable[[RedFlagInputs, Flag], Raised]:
    def raised(inputs: RedFlagInputs, flag: Flag) -> Raised:
        value = getattr(inputs, name)
        return _counted(value, [value >= threshold for threshold in flag.thresholds])

    return raised


def _below(name: str) -> Callable[[RedFlagInputs, Flag], Raised]:
    def raised(inputs: RedFlagInputs, flag: Flag) -> Raised:
        # a float or a cap of 0 is a hole in the vendor's table
        value = np.where(getattr(inputs, name) > 0, getattr(inputs, name), np.nan)
        return _counted(value, [value < threshold for threshold in flag.thresholds])

    return raised


def _within(name: str) -> Callable[[RedFlagInputs, Flag], Raised]:
    def raised(inputs: RedFlagInputs, flag: Flag) -> Raised:
        value = getattr(inputs, name)
        return _counted(value, [value <= threshold for threshold in flag.thresholds])

    return raised


def _all_of(*conditions: tuple[FloatArray, BoolArray]) -> Raised:
    """A flag of one step that needs every condition; known where all values are, or where one rules it out."""
    raised = np.logical_and.reduce([holds for _, holds in conditions])
    known = np.logical_and.reduce([~np.isnan(value) for value, _ in conditions])
    ruled_out = np.logical_or.reduce([~np.isnan(value) & ~holds for value, holds in conditions])
    return raised.astype(np.int64), known | ruled_out


def _accumulation(inputs: RedFlagInputs, flag: Flag) -> Raised:
    rvol, change = inputs.prior_rvol_5, inputs.prior_change_5
    return _all_of((rvol, rvol >= 2.0), (change, np.abs(change) < 10.0))


def _reverse_split(inputs: RedFlagInputs, flag: Flag) -> Raised:
    days, count = inputs.days_since_reverse_split, inputs.reverse_splits_24m
    steps, _ = _counted(days, [days <= SPLIT_DAYS, count >= 2])
    return steps, ~(np.isnan(days) | np.isnan(count))


def _small_ipo(inputs: RedFlagInputs, flag: Flag) -> Raised:
    """FINRA Regulatory Notice 22-25: all five together."""
    age, raised, value = inputs.days_since_ipo, inputs.ipo_raised, inputs.ipo_value
    return _all_of(
        (age, age <= 365),
        (raised, raised < 25e6),
        (value, value < 100e6),
        (inputs.ipo_shares, inputs.ipo_shares < 20e6),
        (inputs.foreign, inputs.foreign >= 1),
    )


def _spiking(inputs: RedFlagInputs) -> tuple[tuple[FloatArray, BoolArray], ...]:
    return (inputs.change, inputs.change >= SPIKE_CHANGE), (inputs.rvol, inputs.rvol >= SPIKE_RVOL)


def _no_news(inputs: RedFlagInputs, flag: Flag) -> Raised:
    documents = (inputs.filings_48h, inputs.articles_48h, inputs.releases_48h)
    return _all_of(*_spiking(inputs), *((count, count <= 0) for count in documents))


def _only_wire(inputs: RedFlagInputs, flag: Flag) -> Raised:
    return _all_of(
        *_spiking(inputs),
        (inputs.releases_48h, inputs.releases_48h >= 1),
        (inputs.filings_48h, inputs.filings_48h <= 0),
        (inputs.articles_48h, inputs.articles_48h <= 0),
    )


def _burst(inputs: RedFlagInputs, flag: Flag) -> Raised:
    z, few = inputs.mention_z, inputs.top_authors
    return _all_of((inputs.posts_24h, inputs.posts_24h >= FEWEST_POSTS), (z, z >= 5.0), (few, few >= 0.5))


def _posted(name: str) -> Callable[[RedFlagInputs, Flag], Raised]:
    def raised(inputs: RedFlagInputs, flag: Flag) -> Raised:
        share = getattr(inputs, name)
        return _all_of((inputs.posts_24h, inputs.posts_24h >= FEWEST_POSTS), (share, share >= flag.thresholds[0]))

    return raised


_EVALUATE: Mapping[str, Callable[[RedFlagInputs, Flag], Raised]] = {
    "move": _above("largest_move"),
    "volume": _above("rvol"),
    "float": _below("float_shares"),
    "cap": _below("cap"),
    "accumulation": _accumulation,
    "fade": _above("fade"),
    "serial": _above("spikes_250"),
    "halts": _above("volatility_halts"),
    "anomaly": _above("anomaly"),
    "takedown": _within("days_since_takedown"),
    "shelf": _within("days_since_shelf"),
    "toxic": _above("toxic"),
    "reverse_split": _reverse_split,
    "small_ipo": _small_ipo,
    "reporting": _above("reporting"),
    "no_news": _no_news,
    "only_wire": _only_wire,
    "burst": _burst,
    "duplicates": _posted("duplicates"),
    "young": _posted("young"),
    "promotion": _posted("promotion"),
}
