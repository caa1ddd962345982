"""Inside a half-hour: where price and volume stand after some of its minutes.

Bars are generated whole; a live snapshot falls between their ends. The way from open to close is a Brownian path
built by halving (32 steps), in which market and sectors move together, kept within the bar's high and low. A bar of
few trades has its trades in a few of its minutes. Where trading is interrupted, the same way is gone in the minutes
that are left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market import parameters as process
from sentiment_site.simulator.market.parameters import PRE_BARS, Floats
from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.tape.bars import Bars, round_to_tick

MINUTES = 30
STEPS = 32
_THIN_TRADES = 8  # times drawn for the trades of a thin bar; more trades share them
_THIN_STREAM, _PATH_STREAM = 30, 100
_COMMON_ROW = 1 << 40  # rows of the factors' noise, beyond every listing

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Progress:
    """A bar after `elapsed` minutes (n,): so-far open, high, low, close, shares, and the newest minute with a trade.

    last: that minute within the bar, -1 if nothing has traded yet (then volume is 0 and the prices mean nothing);
    minute_*: its own bar.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    last: Ints
    minute_open: Floats
    minute_high: Floats
    minute_low: Floats
    minute_volume: Floats
    minute_trades: Floats


@dataclass(frozen=True, slots=True)
class Trading:
    """Which minutes of a bar see trading, for the rows (k,) that are interrupted in it: minutes (k, 30), one of each
    row at least. The other functions here count these minutes only, stretched to 30: "stretched minutes"."""

    rows: Ints
    minutes: NDArray[np.bool_]

    def elapsed(self, rows: int, minutes: int) -> Ints:
        """Stretched trading minutes (rows,) that are over after `minutes` of the bar."""
        passed = np.full(rows, minutes, dtype=np.int64)
        passed[self.rows] = self.minutes[:, :minutes].sum(axis=1) * MINUTES // self.minutes.sum(axis=1)
        return passed

    def minute_of(self, stretched: Ints) -> Ints:
        """Minutes of the bar (n,) in which the stretched minutes (n,) end; -1 stays."""
        found = stretched.copy()
        for row, minutes in zip(self.rows.tolist(), self.minutes, strict=True):
            if found[row] >= 0:
                open_minutes = np.flatnonzero(minutes)
                found[row] = open_minutes[-(-(found[row] + 1) * len(open_minutes) // MINUTES) - 1]
        return found


UNBROKEN = Trading(np.empty(0, dtype=np.int64), np.empty((0, MINUTES), dtype=bool))


def draw_path(market: Market, day: Day, bars: Bars, bar: int, rows: Ints | None = None) -> Floats:
    """Prices (n, 33) at the 32nds of one bar, unrounded; of all rows, or of those given."""
    rows = np.arange(len(day.start)) if rows is None else rows
    sigma = _bar_sigma(day.regular_slots, bar)
    loads = market.listing.loads[rows] * np.r_[process.REGIME_SIGMA[day.factors.regime], process.SECTOR_SIGMA]
    date, stream = np.array([day.session.date.toordinal()]), _PATH_STREAM + bar
    seed = market.parameters.seed
    own = noise.normal(noise.addresses(seed, date, rows), stream, STEPS - 1) * day.scale[rows, None]
    common = noise.normal(noise.addresses(seed, date, _COMMON_ROW + np.arange(9)), stream, STEPS - 1)
    shocks = sigma * (own + loads @ common)
    path = np.empty((len(loads), STEPS + 1))
    path[:, 0], path[:, -1] = np.log(bars.open[rows, bar]), np.log(bars.close[rows, bar])
    used, gap = 0, STEPS
    while gap > 1:
        left = np.arange(0, STEPS, gap)
        middle = (path[:, left] + path[:, left + gap]) / 2.0
        # a Brownian bridge over a time T has variance T/4 in its middle
        path[:, left + gap // 2] = middle + shocks[:, used : used + len(left)] * np.sqrt(gap / STEPS) / 2.0
        used, gap = used + len(left), gap // 2
    return np.clip(np.exp(path), bars.low[rows, bar, None], bars.high[rows, bar, None])


def compute_progress(
    path: Floats, bars: Bars, bar: int, times: Floats, minutes: int, trading: Trading = UNBROKEN
) -> Progress:
    """The bar after so many whole minutes (1-29). `times` are from `trade_minutes`."""
    volume, trades = bars.volume[:, bar], bars.trades[:, bar]
    elapsed = trading.elapsed(len(path), minutes)
    dense = trades >= MINUTES
    seen = times < elapsed[:, None]
    share = np.where(dense, elapsed / MINUTES, seen.mean(axis=1))
    last = np.where(dense, elapsed - 1, np.where(seen, times, -1.0).max(axis=1)).astype(np.int64)
    last = np.where(volume > 0, last, -1)
    begin, end = _step(np.maximum(last, 0)), _step(np.maximum(last, 0) + 1)
    rows = np.arange(len(path))
    walked = np.arange(STEPS + 1) <= end[:, None]
    minute = walked & (np.arange(STEPS + 1) >= begin[:, None])
    single = trades <= 1
    close = np.where(single, bars.close[:, bar], round_to_tick(path[rows, end]))
    minute_open = np.where(single, close, round_to_tick(path[rows, begin]))
    return Progress(
        open=bars.open[:, bar],
        high=np.where(single, close, np.maximum(round_to_tick(np.where(walked, path, 0.0).max(axis=1)), close)),
        low=np.where(single, close, np.minimum(round_to_tick(np.where(walked, path, np.inf).min(axis=1)), close)),
        close=close,
        volume=np.where(last >= 0, np.maximum(np.floor(volume * share), 1.0), 0.0),
        last=trading.minute_of(last),
        minute_open=minute_open,
        minute_high=np.where(single, close, round_to_tick(np.where(minute, path, 0.0).max(axis=1))),
        minute_low=np.where(single, close, round_to_tick(np.where(minute, path, np.inf).min(axis=1))),
        minute_volume=np.ceil(volume / np.clip(trades, 1.0, MINUTES)),
        minute_trades=np.ceil(trades / MINUTES),
    )


def trade_minutes(market: Market, day: Day, bars: Bars, bar: int) -> Floats:
    """Minutes (n, 8) of the bar in which a thin bar's trades come, repeated where it has fewer trades than eight;
    stretched minutes where trading is interrupted."""
    addresses = noise.addresses(
        market.parameters.seed, np.array([day.session.date.toordinal()]), np.arange(len(day.start))
    )
    times = np.floor(MINUTES * noise.uniform(addresses, _THIN_STREAM + bar, _THIN_TRADES))
    count = np.clip(bars.trades[:, bar], 1, _THIN_TRADES).astype(np.int64)
    return np.asarray(np.take_along_axis(times, np.arange(_THIN_TRADES) % count[:, None], axis=1))


def _step(minute: Ints) -> Ints:
    """The path's step at the beginning of a minute of the bar (0-30)."""
    return np.asarray(np.round(minute * STEPS / MINUTES).astype(np.int64))


def _bar_sigma(regular_slots: int, bar: int) -> float:
    """Root of the bar's share of a day's variance."""
    if bar < PRE_BARS:
        share = process.PRE_SHARE * process.PRE_WEIGHTS[bar]
    elif bar < PRE_BARS + regular_slots:
        share = process.regular_variance(regular_slots)[bar - PRE_BARS]
    else:
        share = process.POST_SHARE * process.POST_WEIGHTS[bar - PRE_BARS - regular_slots]
    return float(np.sqrt(share))
