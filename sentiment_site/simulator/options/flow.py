"""What trades and what is held: volume by half-hour, open interest, and now and then an unusual order.

Trading in a stock's options follows the stock's own relative volume, half-hour by half-hour. Open interest is that of
the evening before, a part of earlier unusual orders included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market import parameters as process
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.options.expirations import Tier
from sentiment_site.simulator.options.ladder import Ints, Ladder, Mask

_SIZE_STREAM, _CHANCE_STREAM, _TASTE_STREAM, _ORDER_STREAM, _HELD_STREAM = 43, 44, 45, 46, 47
_STOCK_STREAM = 48
# contracts a day per hundred shares of the stock
_PER_HUNDRED_SHARES = {Tier.MONTHLY: 0.04, Tier.LEAPS: 0.15, Tier.WEEKLY: 0.8, Tier.DAILY: 6.0}
_UNUSUAL = {Tier.MONTHLY: 0.02, Tier.LEAPS: 0.06, Tier.WEEKLY: 0.15, Tier.DAILY: 0.6}  # orders a session
_LEAST_ORDER, _MOST_ORDER, _ORDER_TAIL = 500.0, 60_000.0, 0.75
_REMEMBERED_SESSIONS, _OPENING_SHARE = 15, 0.6
_CALLS, _ADJUSTED, _ROUND = 1.25, 0.03, 1.35
# days of volume that open interest amounts to: what hardly trades is held
_DAYS_HELD = {Tier.MONTHLY: 45.0, Tier.LEAPS: 20.0, Tier.WEEKLY: 9.0, Tier.DAILY: 6.0}
_RAMP_SESSIONS, _OLD_SESSIONS = 12.0, 40


@dataclass(frozen=True, slots=True)
class Order:
    """An unusual order: which contract of the ladder, in which half-hour, how many."""

    contract: int
    slot: int
    size: int


def expected_volume(market: Market, row: int, day: Day, tier: Tier) -> float:
    """Contracts of all strikes on an ordinary day."""
    listing = market.listing
    taste = noise.normal(noise.addresses(market.parameters.seed, np.array([0]), np.array([row])), _STOCK_STREAM, 1)
    shares = float(listing.volume[row] * day.units[row])
    return float(shares / 100.0 * _PER_HUNDRED_SHARES[tier] * np.exp(0.6 * taste[0, 0]))


def weights(ladder: Ladder, spot: Floats, sigma: float, today: int, width: float) -> Floats:
    """Relative interest (k,) in the contracts: near the money, near in time, calls, round strikes. Sum 1.

    spot (k,): price of what each contract delivers per strike; width: how far from the money it reaches.
    """
    days = np.maximum(ladder.expiration - today, 0)
    place = np.log(ladder.strike / spot) / (sigma * np.sqrt((days + 2.0) / 365.0))
    found = np.exp(-0.5 * (place / width) ** 2) * np.exp(-days / 25.0)
    found += 0.004 * np.exp(-0.5 * (place / (2.5 * width)) ** 2 - days / 300.0)
    found *= np.where(ladder.put, 1.0, _CALLS) * np.where(ladder.adjusted, _ADJUSTED, 1.0)
    found *= np.where(np.mod(ladder.strike, 5.0) < 1e-9, _ROUND, 1.0)
    total = found.sum()
    return found / total if total > 0 else found


def slot_volumes(
    market: Market, ladder: Ladder, day: Day, expected: Floats, stock: Floats, order: Order | None
) -> Floats:
    """Contracts (k, S) traded in each regular half-hour.

    expected (k,): on an ordinary day; stock (S,): shares of the stock itself in those half-hours. A half-hour's numbers
    need nothing of the half-hours after it.
    """
    slots = day.regular_slots
    address = _addresses(market, ladder, day)
    usual = market.listing.volume[ladder.row] * day.units[ladder.row] * process.regular_volume(slots)
    relative = np.where(stock > 0, np.clip(stock / np.maximum(usual, 1.0), 0.02, 30.0), 0.0)
    taste = np.exp(1.0 * noise.normal(address, _TASTE_STREAM, 1) - 0.5)
    rate = expected[:, None] * taste * process.regular_volume(slots) * relative
    lot = np.maximum(1.0, np.round(np.exp(0.9 * noise.normal(address, _SIZE_STREAM, 1) + 0.3)))
    rate *= np.exp(0.8 * noise.normal(address, _SIZE_STREAM, slots, 1) - 0.32)
    volume = np.floor(rate / lot + noise.uniform(address, _CHANCE_STREAM, slots)) * lot
    if order is not None and stock[order.slot] > 0:  # not while the stock is halted
        volume[order.contract, order.slot] += order.size
    return np.asarray(volume)


def unusual_order(market: Market, ladder: Ladder, day: Day, tier: Tier, expected: float) -> Order | None:
    """The order of a session, None on most: a near, out-of-the-money contract, calls three times in five."""
    place = noise.addresses(market.parameters.seed, np.array([day.session.date.toordinal()]), np.array([ladder.row]))
    chance, side, slot, size = noise.uniform(place, _ORDER_STREAM, 4)[0].tolist()
    if chance > _UNUSUAL[tier]:
        return None
    suited = np.flatnonzero(_suited(ladder, day, put=side > 0.6))
    if not len(suited):
        return None
    draw = noise.uniform(_addresses(market, ladder, day)[suited], _ORDER_STREAM, 1, 8)[:, 0]
    contracts = min(max(_LEAST_ORDER, 0.15 * expected) * size**-_ORDER_TAIL, _MOST_ORDER)
    return Order(int(suited[int(draw.argmax())]), int(slot * day.regular_slots), int(contracts))


def open_interest(market: Market, ladder: Ladder, day: Day, tier: Tier, share: Floats, expected: float) -> Ints:
    """Contracts (k,) open on the evening before `day`. share (k,): wide weights; expected: contracts a day."""
    address = noise.addresses(market.parameters.seed, np.array([0]), ladder.key)
    age = day.index - ladder.listed.astype(np.float64)
    # what was there when the history begins is older than it
    age += np.where(ladder.listed == 0, _OLD_SESSIONS * noise.uniform(address, _HELD_STREAM, 1)[:, 0], 0.0)
    drift = noise.normal(_addresses(market, ladder, day), _HELD_STREAM, 1, 1)[:, 0]
    held = _DAYS_HELD[tier] * expected * share * -np.expm1(-np.maximum(age, 0.0) / _RAMP_SESSIONS)
    held *= np.exp(1.1 * noise.normal(address, _HELD_STREAM, 1, 2)[:, 0] - 0.6 + 0.02 * drift)
    held = np.where(ladder.listed < day.index, held * ladder.factor, 0.0)
    for earlier in market.days[max(0, day.index - _REMEMBERED_SESSIONS) : day.index]:
        order = unusual_order(market, ladder, earlier, tier, expected_volume(market, ladder.row, earlier, tier))
        if order is not None:
            held[order.contract] += _OPENING_SHARE * order.size * ladder.factor[order.contract]
    return np.floor(held).astype(np.int64)


def _suited(ladder: Ladder, day: Day, put: bool) -> Mask:
    """Contracts (k,) an unusual order may be for, by what they were on that day."""
    spot = float(np.exp(day.start[ladder.row]))
    days = ladder.expiration - day.session.date.toordinal()
    current = ladder.generation[ladder.listed <= day.index]
    if not len(current):
        return np.zeros(len(ladder), dtype=bool)
    away = np.log(ladder.first_strike / spot) * (-1.0 if put else 1.0)
    listed = (ladder.listed <= day.index) & (ladder.generation == current.max())
    return np.asarray(listed & (ladder.put == put) & (days >= 1) & (days <= 60) & (away > 0.01) & (away < 0.35))


def _addresses(market: Market, ladder: Ladder, day: Day) -> noise.Words:
    return noise.addresses(market.parameters.seed, np.array([day.session.date.toordinal()]), ladder.key)
