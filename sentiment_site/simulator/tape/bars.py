"""Half-hour bars and daily bars out of the generated slots, for all securities of a session or for one over many.

Both ways run the same arithmetic on the same stored numbers and on noise found by address, so they agree to the cent.
A bar without a trade does not exist on the wire; here its volume is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market import parameters as process
from sentiment_site.simulator.market.noise import Words
from sentiment_site.simulator.market.parameters import POST_BARS, PRE_BARS, Floats
from sentiment_site.simulator.market.process import Day, Market

_PRE_PATH, _POST_PATH, _PRE_JUMP, _POST_JUMP, _TOP, _BOTTOM, _FLOW, _TRADED, _BALANCE, _CROSS = range(10)
_PRE_FLOW = np.array([0.03, 0.02, 0.02, 0.03, 0.05, 0.07, 0.10, 0.12, 0.16, 0.20, 0.20]) * process.PRE_VOLUME_SHARE
_POST_FLOW = np.array([0.5, 0.15, 0.1, 0.07, 0.06, 0.05, 0.04, 0.03]) * process.POST_VOLUME_SHARE


@dataclass(frozen=True, slots=True)
class Bars:
    """k securities or sessions by B bars. Prices in dollars on the tick, NaN nowhere; volume 0 = no trade, no bar.

    first: index of the first bar within the session (0 = 04:00); cross (k,): shares of the closing auction, which are
    also part of the first after-hours bar.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    vwap: Floats
    volume: Floats
    trades: Floats
    cross: Floats
    first: int


@dataclass(frozen=True, slots=True)
class Daily:
    """Daily bars (k,) of the regular session, as grouped daily and day aggregates report them. volume 0: no bar."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    vwap: Floats
    volume: Floats
    trades: Floats


@dataclass(frozen=True, slots=True)
class Source:
    """The stored numbers bars are made of; k rows that share one number of regular slots. See Day for the fields.

    common_pre (k, 12), common_post (k, 8): the factors' part of the extended hours; sigma (k,): daily sigma of all.
    """

    address: Words
    start: Floats
    moves: Floats
    common_pre: Floats
    common_post: Floats
    jump_pre: Floats
    jump_post: Floats
    scale: Floats
    sigma: Floats
    volume: Floats


def source_of_session(market: Market, day: Day) -> Source:
    """All rows of the listing in one session."""
    loads = market.listing.loads
    rows = np.arange(len(day.start))
    return Source(
        address=noise.addresses(market.parameters.seed, np.array([day.session.date.toordinal()]), rows),
        start=day.start,
        moves=day.moves.astype(np.float64),
        common_pre=loads @ day.factors.pre,
        common_post=loads @ day.factors.post,
        jump_pre=day.jump_pre.astype(np.float64),
        jump_post=day.jump_post.astype(np.float64),
        scale=day.scale.astype(np.float64),
        sigma=_sigma(day.scale.astype(np.float64), loads, np.array([day.factors.regime])),
        volume=day.volume.astype(np.float64),
    )


def source_of_row(market: Market, row: int, days: Sequence[Day]) -> Source:
    """One row of the listing over several sessions of equal length (all full days or all half days)."""
    loads = market.listing.loads[row]
    scale = np.array([day.scale[row] for day in days], dtype=np.float64)
    return Source(
        address=noise.addresses(
            market.parameters.seed, np.array([day.session.date.toordinal() for day in days]), np.array([row])
        ),
        start=np.array([day.start[row] for day in days]),
        moves=np.array([day.moves[row] for day in days], dtype=np.float64),
        common_pre=np.array([loads @ day.factors.pre for day in days]),
        common_post=np.array([loads @ day.factors.post for day in days]),
        jump_pre=np.array([day.jump_pre[row] for day in days], dtype=np.float64),
        jump_post=np.array([day.jump_post[row] for day in days], dtype=np.float64),
        scale=scale,
        sigma=_sigma(scale, loads[None, :], np.array([day.factors.regime for day in days])),
        volume=np.array([day.volume[row] for day in days], dtype=np.float64),
    )


def compute_bars(source: Source, regular_only: bool = False) -> Bars:
    """All bars 04:00-20:00 (32, on a half day 26), or those of the regular session only, which is cheaper."""
    slots = source.moves.shape[1] - 2
    chain = source.start[:, None] + np.cumsum(source.moves[:, :-1], axis=1)
    opens, closes, first = chain[:, :-1], chain[:, 1:], PRE_BARS
    shares = process.regular_variance(slots)
    if not regular_only:
        pre = source.start[:, None] + np.cumsum(_pre_increments(source), axis=1)
        post = chain[:, -1:] + np.cumsum(_post_increments(source), axis=1)
        opens = np.column_stack([source.start, pre[:, : PRE_BARS - 1], opens, chain[:, -1], post[:, : POST_BARS - 1]])
        closes = np.column_stack([pre[:, :PRE_BARS], closes, post])
        shares = np.r_[process.PRE_SHARE * process.PRE_WEIGHTS[:PRE_BARS], shares,
                       process.POST_SHARE * process.POST_WEIGHTS]  # fmt: skip
        first = 0
    sigma = source.sigma[:, None] * np.sqrt(shares)
    volume, trades = _flow(source, np.abs(closes - opens), sigma, slots, first)
    cross = _cross(source, volume[:, PRE_BARS - first : PRE_BARS - first + slots])
    return _priced(
        source.address, opens, closes, sigma, volume=volume, trades=trades, cross=cross, first=first, slots=slots
    )


def compute_daily(bars: Bars, regular_slots: int) -> Daily:
    """The regular session in one bar: first open, highest, lowest, last close; the closing auction's shares count."""
    part = slice(PRE_BARS - bars.first, PRE_BARS - bars.first + regular_slots)
    volume, trades = bars.volume[:, part], bars.trades[:, part]
    traded = volume > 0
    rows = np.arange(len(volume))
    some = traded.any(axis=1)
    opening = bars.open[:, part][rows, traded.argmax(axis=1)]
    closing = bars.close[:, part][rows, regular_slots - 1 - traded[:, ::-1].argmax(axis=1)]
    high = np.where(traded, bars.high[:, part], -np.inf).max(axis=1)
    low = np.where(traded, bars.low[:, part], np.inf).min(axis=1)
    total = volume.sum(axis=1) + bars.cross
    money = (volume * bars.vwap[:, part]).sum(axis=1) + bars.cross * closing
    return Daily(
        open=opening,
        high=np.where(some, high, opening),
        low=np.where(some, low, opening),
        close=closing,
        vwap=np.clip(np.round(money / np.maximum(total, 1.0), 4), np.where(some, low, 0.0), np.where(some, high, 0.0)),
        volume=np.where(some, total, 0.0),
        trades=trades.sum(axis=1) + (bars.cross > 0),
    )


def place_of_jump(address: Words, before_open: bool) -> NDArray[np.int64]:
    """The bar (k,) of the extended hours in which a jump comes at once: 0-10 before the open, 11 with the opening
    auction; 0-7 after the close."""
    weights = process.PRE_WEIGHTS if before_open else process.POST_WEIGHTS
    chance = noise.uniform(address, _PRE_JUMP if before_open else _POST_JUMP, 1)[:, 0]
    return np.asarray(np.searchsorted(np.cumsum(weights / weights.sum())[:-1], chance))


def round_to_tick(price: Floats) -> Floats:
    """Whole cents from one dollar, hundredths of a cent below, at least one of those. Monotonic in the price."""
    fine = np.maximum(np.round(price * 1e4), 1.0) / 1e4
    return np.where(fine >= 1.0, np.round(price * 100.0) / 100.0, fine)


def _sigma(scale: Floats, loads: Floats, regime: np.ndarray) -> Floats:
    """Daily sigma of the whole move: own part, market and sectors."""
    common = (loads[:, 0] * process.REGIME_SIGMA[regime]) ** 2 + (loads[:, 1:] ** 2) @ process.SECTOR_SIGMA**2
    return np.asarray(np.sqrt(scale**2 + common))


def _pre_increments(source: Source) -> Floats:
    """Moves (k, 12) of the pre-market bars and of the opening auction. Their sum is the first slot's move."""
    own = source.moves[:, 0] - source.common_pre.sum(axis=1) - source.jump_pre
    streams = (_PRE_PATH, _PRE_JUMP)
    return source.common_pre + _spread(source, own, source.jump_pre, process.PRE_SHARE * process.PRE_WEIGHTS, streams)


def _post_increments(source: Source) -> Floats:
    """Moves (k, 8) of the after-hours bars. Their sum is the last slot's move."""
    own = source.moves[:, -1] - source.common_post.sum(axis=1) - source.jump_post
    shares, streams = process.POST_SHARE * process.POST_WEIGHTS, (_POST_PATH, _POST_JUMP)
    return source.common_post + _spread(source, own, source.jump_post, shares, streams)


def _spread(source: Source, own: Floats, jump: Floats, shares: Floats, streams: tuple[int, int]) -> Floats:
    """A security's own move of a slot spread over its bars by their shares of a day's variance: a Brownian path
    conditioned on its end, and the jump in one bar. Exact because `own` is Gaussian given the scale; the factors' part
    is never bridged. `streams`: noise of the path and of the jump's place."""
    weights = shares / shares.sum()
    steps = noise.normal(source.address, streams[0], len(shares)) * np.sqrt(shares) * source.scale[:, None]
    steps += weights * (own - np.cumsum(steps, axis=1)[:, -1])[:, None]
    at = place_of_jump(source.address, streams[1] == _PRE_JUMP)
    steps[np.arange(len(at)), at] += jump
    return np.asarray(steps)


def _flow(source: Source, move: Floats, sigma: Floats, slots: int, first: int) -> tuple[Floats, Floats]:
    """Shares and trades of every bar; both 0 where the expected trades are few and none came."""
    bars = move.shape[1]
    unrest = 1.0 + 2.0 * np.minimum(move / sigma, 6.0)
    regular = slice(PRE_BARS - first, PRE_BARS - first + slots)
    volume = np.exp(0.45 * noise.normal(source.address, _FLOW, bars, first)) * unrest
    volume[:, regular] *= process.regular_volume(slots)
    total = np.cumsum(volume[:, regular], axis=1)[:, -1:]
    volume[:, regular] *= process.REGULAR_VOLUME_SHARE / total
    if not first:
        # thin names hardly trade outside regular hours; 2.5 is the mean of the unrest times the noise
        reach = np.clip((source.volume / 1e6) ** 0.35, 0.05, 1.2)[:, None] / 2.5
        volume[:, :PRE_BARS] *= _PRE_FLOW * reach
        volume[:, PRE_BARS + slots :] *= _POST_FLOW * reach
    volume *= source.volume[:, None]
    expected = volume / _trade_size(source)[:, None]
    come = noise.uniform(source.address, _TRADED, bars, first) < -np.expm1(-np.minimum(expected, 40.0))
    trades = np.where(come, np.maximum(np.round(expected), 1.0), 0.0)
    return np.where(come, np.maximum(np.round(volume), trades), 0.0), trades


def _trade_size(source: Source) -> Floats:
    """Average shares per trade: about 60 where 10,000 shares trade a day, 170 at a million."""
    return np.asarray(8.0 * np.maximum(source.volume, 1.0) ** 0.22)


def _cross(source: Source, regular: Floats) -> Floats:
    """Shares (k,) of the closing auction; none without a trade before it."""
    shares = process.CROSS_VOLUME_SHARE * source.volume
    expected = shares / (5.0 * _trade_size(source))
    come = noise.uniform(source.address, _CROSS, 1)[:, 0] < -np.expm1(-np.minimum(expected, 40.0))
    return np.where(come & (regular > 0).any(axis=1), np.maximum(np.round(shares), 1.0), 0.0)


def _priced(
    address: Words,
    opens: Floats,
    closes: Floats,
    sigma: Floats,
    *,
    volume: Floats,
    trades: Floats,
    cross: Floats,
    first: int,
    slots: int,
) -> Bars:
    """Prices of the bars. High and low are drawn from the law of the extremes of a Brownian path between open and
    close: (a + b +- sqrt((b - a)^2 - 2 sigma^2 ln U)) / 2."""
    bars = opens.shape[1]
    reach = (closes - opens) ** 2
    middle = opens + closes
    up = np.sqrt(reach - 2.0 * sigma**2 * np.log(noise.uniform(address, _TOP, bars, first)))
    down = np.sqrt(reach - 2.0 * sigma**2 * np.log(noise.uniform(address, _BOTTOM, bars, first)))
    single = trades <= 1
    opening, close = round_to_tick(np.exp(np.where(single, closes, opens))), round_to_tick(np.exp(closes))
    high = np.where(single, close, np.maximum(round_to_tick(np.exp((middle + up) / 2.0)), np.maximum(opening, close)))
    low = np.where(single, close, np.minimum(round_to_tick(np.exp((middle - down) / 2.0)), np.minimum(opening, close)))
    spread = high - low
    place = 0.35 + 0.3 * (close - low) / np.maximum(spread, 1e-9)
    place += 0.12 * noise.normal(address, _BALANCE, bars, first)
    vwap = np.clip(np.round(low + spread * np.clip(place, 0.0, 1.0), 4), low, high)
    priced = Bars(opening, high, low, close, vwap, volume, trades, cross, first)
    if not first:
        _print_cross(priced, PRE_BARS + slots)
    return priced


def _print_cross(bars: Bars, bar: int) -> None:
    """The closing auction's print at the official close is the first trade of the 16:00 bar. In place."""
    official = bars.close[:, bar - 1]
    alone = (bars.cross > 0) & (bars.volume[:, bar] == 0)
    for price in (bars.open, bars.high, bars.low, bars.close):
        price[:, bar] = np.where(alone, official, price[:, bar])
    bars.open[:, bar] = np.where(bars.cross > 0, official, bars.open[:, bar])
    bars.high[:, bar] = np.maximum(bars.high[:, bar], bars.open[:, bar])
    bars.low[:, bar] = np.minimum(bars.low[:, bar], bars.open[:, bar])
    bars.vwap[:, bar] = np.clip(bars.vwap[:, bar], bars.low[:, bar], bars.high[:, bar])
    bars.volume[:, bar] += bars.cross
    bars.trades[:, bar] += bars.cross > 0
