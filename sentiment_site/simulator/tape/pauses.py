"""Five-minute volatility pauses (limit up, limit down), and which minutes of a half-hour see trading.

A pause comes where the way of a half-hour's price leaves the band around its opening or its last reopening
(upstreams.md 9). The half-hour keeps its prices and shares: they fall into the minutes that are left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.market.parameters import PRE_BARS, Floats
from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.tape.bars import Bars, round_to_tick
from sentiment_site.simulator.tape.minutes import MINUTES, STEPS, Trading, draw_path
from sentiment_site.simulator.tape.suspensions import Code, Stop

PAUSE_MINUTES = 5
_MOST_PAUSES = 3  # in one half-hour
_FIRST_TIER_CAP = 1e10  # dollars; stands for membership in the large indices
_EXEMPT = ("WARRANT", "RIGHT")


def bands(price: Floats, first_tier: NDArray[np.bool_], last_half_hour: bool) -> Floats:
    """Half width of the band as a share of the reference price (n,), dollars. From 15:35 it is doubled for the first
    tier and up to three dollars; here over the whole last half-hour."""
    narrow = np.where(first_tier & (price > 3.0), 0.05, 0.10)
    width = np.where(price > 3.0, narrow, np.where(price >= 0.75, 0.20, np.minimum(0.15 / price, 0.75)))
    return np.asarray(width * np.where(last_half_hour & (first_tier | (price <= 3.0)), 2.0, 1.0))


def find_pauses(market: Market, day: Day, bars: Bars, suspended: Sequence[Stop]) -> tuple[Stop, ...]:
    """The pauses of a session, in order of bar and row. `bars`: all bars of the session, without suspended trades."""
    listing = market.listing
    exempt = np.array([security.kind in _EXEMPT for security in listing.securities])
    busy = {(stop.row, bar) for stop in suspended for bar in range(stop.begin // MINUTES, -(-stop.end // MINUTES))}
    first_tier = listing.cap >= _FIRST_TIER_CAP
    found: list[Stop] = []
    for bar in range(PRE_BARS, PRE_BARS + day.regular_slots):
        opening = bars.open[:, bar]
        width = bands(opening, first_tier, bar == PRE_BARS + day.regular_slots - 1)
        beyond = np.maximum(bars.high[:, bar] / opening - 1.0, 1.0 - bars.low[:, bar] / opening) >= width
        rows = np.flatnonzero(beyond & (bars.trades[:, bar] >= MINUTES) & ~exempt)
        rows = np.array([row for row in rows.tolist() if (row, bar) not in busy], dtype=np.int64)
        if len(rows):
            paths = draw_path(market, day, bars, bar, rows)
            for row, path in zip(rows.tolist(), paths, strict=True):
                found += _pauses_of(row, path, float(width[row]), bar, day.index)
    return tuple(found)


def _pauses_of(row: int, path: Floats, width: float, bar: int, index: int) -> list[Stop]:
    """The pauses of one security in one half-hour, whose price goes along `path` (33,) in the minutes that are left."""
    steps: list[int] = []
    levels: list[float] = []
    reference, begun = path[0], 0
    while len(steps) < _MOST_PAUSES:
        beyond = np.flatnonzero(np.abs(path[begun + 1 :] / reference - 1.0) >= width)
        if not len(beyond):
            break
        begun += 1 + int(beyond[0])
        levels.append(reference * (1.0 + width * np.sign(path[begun] - reference)))
        steps.append(begun)
        reference = path[begun]
    left = MINUTES - PAUSE_MINUTES * len(steps)
    begins = [bar * MINUTES + round(step * left / STEPS) + PAUSE_MINUTES * count for count, step in enumerate(steps)]
    return [
        Stop(row, Code.VOLATILITY, begin, begin + PAUSE_MINUTES, index, level)
        for begin, level in zip(begins, round_to_tick(np.array(levels)).tolist(), strict=True)
    ]


def compute_trading(stops: Sequence[Stop]) -> Mapping[int, Trading]:
    """The half-hours (0 = 04:00) of a session that are interrupted in part, with the minutes that see trading."""
    open_minutes: dict[int, dict[int, NDArray[np.bool_]]] = {}
    for stop in stops:
        for bar in range(stop.begin // MINUTES, -(-stop.end // MINUTES)):
            minutes = open_minutes.setdefault(bar, {}).setdefault(stop.row, np.ones(MINUTES, dtype=bool))
            minutes[max(stop.begin - bar * MINUTES, 0) : stop.end - bar * MINUTES] = False
    found = {}
    for bar, minutes_of in open_minutes.items():
        part = {row: minutes for row, minutes in minutes_of.items() if minutes.any()}
        if part:
            found[bar] = Trading(np.array(list(part)), np.array(list(part.values())))
    return found


@dataclass(frozen=True, slots=True)
class Interruptions:
    """Everything that stops trading in a session: suspensions and pauses, and the minutes between them by bar."""

    stops: tuple[Stop, ...]
    trading: Mapping[int, Trading]
