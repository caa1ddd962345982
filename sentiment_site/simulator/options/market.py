"""The option market as it shows itself at a moment: quotes of all contracts of one underlying.

Options trade 09:30-16:00. Everything visible is the vendor's delay late, like the stock's own tape; the day of a
contract is reset with the stock's snapshot at 03:30.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.market.parameters import PRE_BARS, Floats
from sentiment_site.simulator.market.process import Day
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.options import flow
from sentiment_site.simulator.options.expirations import Tier
from sentiment_site.simulator.options.ladder import Ints, Ladder, Ladders, Mask
from sentiment_site.simulator.options.pricing import Greeks, compute_greeks, compute_value
from sentiment_site.simulator.options.surface import Reports, Surface, is_deep, with_contract_noise
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.tape.snapshot import RESET_BEFORE_OPEN, Frame, Snapshots

HALF_HOUR = dt.timedelta(minutes=30)
_MINUTES = 30
_YEAR_S = 365.0 * 86400.0
_LITTLE_HELD = 10  # contracts; of those nobody holds or trades no volatility is given
_PENNY_BELOW = 3.0
_TICKS = {Tier.MONTHLY: (0.05, 0.10), Tier.LEAPS: (0.05, 0.05), Tier.WEEKLY: (0.01, 0.05), Tier.DAILY: (0.01, 0.01)}
_NARROW, _WIDE = 0.9, 1.7


@dataclass(frozen=True, slots=True)
class Trading:
    """Day bars (k,) of contracts in dollars; volume 0: no trade, and the prices mean nothing. last: epoch seconds."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    vwap: Floats
    volume: Floats
    last: Ints


@dataclass(frozen=True, slots=True)
class Quotes:
    """All contracts of one underlying that have not expired, ascending by ticker (k,).

    underlying: its newest price; value: theoretical price; known: contracts whose volatility and Greeks the vendor
    gives; previous_close: of the session before; updated: ns, when the underlying's price was made.
    """

    ladder: Ladder
    live: Ints
    underlying: float
    updated: int
    value: Floats
    sigma: Floats
    greeks: Greeks
    known: Mask
    open_interest: Ints
    previous_close: Floats
    trading: Trading


class OptionMarket:
    """Quotes of any underlying at any moment; keeps the newest. Thread safe."""

    def __init__(self, tape: Tape, snapshots: Snapshots) -> None:
        self.tape = tape
        self._snapshots = snapshots
        self.ladders = Ladders(self.tape)
        self._reports = Reports(self.tape.market)
        self._kept: Memo[tuple[int, dt.datetime], Quotes | None] = Memo(32)

    def contracts(self, row: int, as_of: dt.date) -> Ladder:
        """Contracts listed in the newest generated session up to a date; the caller has generated up to `now`."""
        days = self.tape.market.days
        index = len(days) - 1
        while index >= 0 and days[index].session.date > as_of:
            index -= 1
        return self.ladders.ladder(row, index)

    def quotes(self, row: int, now: dt.datetime) -> Quotes | None:
        """None where the underlying has no options, is not listed or has no price yet."""
        key = (row, self._snapshots.visible_minute(now))
        return self._kept.get(key, lambda: self._compute(row, now))

    def _compute(self, row: int, now: dt.datetime) -> Quotes | None:
        minute = self._snapshots.visible_minute(now)
        session = calendar.last_session(minute + RESET_BEFORE_OPEN)
        day = self.tape.market.day_on(session.date)
        frame = self._snapshots.frame(now)
        spots = _spots(frame, row)
        if day is None or spots is None or self.ladders.tier[row] < 0 or not self.tape.is_active(now)[row]:
            return None
        whole = self.ladders.ladder(row, day.index)
        live = np.flatnonzero(whole.expiration >= session.date.toordinal())
        if not len(live):
            return None
        chain = _Chain(self.tape, self._reports, whole, live, day, Tier(self.ladders.tier[row]))
        return chain.quotes(minute, *spots)


def _spots(frame: Frame, row: int) -> tuple[float, float, float, int] | None:
    """Newest price, price of the regular session, previous close, and when (ns); None without any price."""
    previous, regular = float(frame.previous.close[row]), float(frame.day.close[row])
    newest = float(frame.minute.close[row]) or regular or previous
    if not newest:
        return None
    return newest, regular or previous or newest, previous or regular or newest, int(frame.updated[row])


class _Chain:
    """The contracts of one underlying in one session, and what they do."""

    def __init__(self, tape: Tape, reports: Reports, whole: Ladder, live: Ints, day: Day, tier: Tier) -> None:
        self._tape, market = tape, tape.market
        self._market, self._whole, self._live, self._day, self._tier = market, whole, live, day, tier
        self._surface = Surface(market, reports, whole.row, day.index)
        self._date = day.session.date.toordinal()
        self._ends = _expiration_seconds(whole.expiration)
        self._ticks = _TICKS[tier]

    def quotes(self, minute: dt.datetime, newest: float, regular: float, previous: float, updated: int) -> Quotes:
        """At a visible minute, given the stock's prices (dollars)."""
        session, live = self._day.session, self._live
        at = min(max(minute, session.open), session.close)
        moved = np.log(regular / previous)
        value, sigma = self._value(live, regular, moved, at)
        before = calendar.shift(session.date, -1).close
        earlier, _ = self._value(live, previous, 0.0, before)
        spot, strike, years = self._terms(live, regular, at)
        greeks = compute_greeks(spot, strike, years, sigma, self._whole.put[live])
        expected = flow.expected_volume(self._market, self._whole.row, self._day, self._tier)
        trading = self._trading(at, previous, expected)
        held = self._held(expected)[live]
        traded = trading.volume > 0
        known = (traded | (held >= _LITTLE_HELD)) & ~is_deep(greeks.delta) & (years > 0)
        updated = updated or int(before.timestamp()) * 10**9
        return Quotes(self._whole, live, newest, updated, value, sigma, greeks, known, held,
                      _rounded(earlier, self._ticks), trading)  # fmt: skip

    def _terms(self, which: Ints, spot: float, at: dt.datetime) -> tuple[Floats, Floats, Floats]:
        """Price of what a contract delivers, per share of a standard one; strike; years left."""
        ladder = self._whole
        delivered = (spot * ladder.shares[which] + ladder.cash[which]) / 100.0
        years = np.maximum(self._ends[which] - at.timestamp(), 0.0) / _YEAR_S
        return delivered, ladder.strike[which], years

    def _value(self, which: Ints, spot: float, moved: float, at: dt.datetime) -> tuple[Floats, Floats]:
        """Theoretical price and implied volatility of contracts."""
        delivered, strike, years = self._terms(which, spot, at)
        sigma = self._surface.implied(delivered, strike, years, np.asarray(moved))
        sigma = with_contract_noise(sigma, self._market.parameters.seed, self._date, self._whole.key[which])
        return compute_value(delivered, strike, years, sigma, self._whole.put[which]), sigma

    def _share(self, width: float) -> Floats:
        """Interest in all contracts by the price the session began with; none in those that have expired."""
        spot = (np.exp(self._day.start[self._whole.row]) * self._whole.shares + self._whole.cash) / 100.0
        sigma = float(self._surface.at_the_money(np.array([30.0 / 365.0]))[0])
        found = flow.weights(self._whole, spot, sigma, self._date, width)
        return np.where(self._whole.expiration >= self._date, found, 0.0)

    def _held(self, expected: float) -> Ints:
        return flow.open_interest(self._market, self._whole, self._day, self._tier, self._share(_WIDE), expected)

    def _trading(self, at: dt.datetime, previous: float, expected: float) -> Trading:
        """Day bars of the live contracts out of the half-hours up to `at`.

        A half-hour's trades are made at the stock's price at its beginning and, once it is over, at its end too.
        """
        session, slots = self._day.session, self._day.regular_slots
        gone, part = divmod(at - session.open, HALF_HOUR)
        whole = min(gone, slots)
        minutes = part // dt.timedelta(minutes=1) if gone < slots else 0
        seen = whole + (minutes > 0)
        if not seen:
            return _no_trading(len(self._live))
        regular = slice(PRE_BARS, PRE_BARS + slots)
        bars = self._tape.session_bars(self._day)
        opens, closes, shares = (column[self._whole.row, regular] for column in (bars.open, bars.close, bars.volume))
        order = flow.unusual_order(self._market, self._whole, self._day, self._tier, expected)
        volume = flow.slot_volumes(self._market, self._whole, self._day, expected * self._share(_NARROW),
                                   shares, order)[self._live, :seen]  # fmt: skip
        if minutes:
            volume[:, -1] = np.floor(volume[:, -1] * minutes / _MINUTES)
        points = np.r_[opens[:1], closes][: seen + 1]
        total = volume.sum(axis=1)
        traded = np.flatnonzero(total > 0)
        prices = np.empty((len(traded), seen + 1))
        for point, price in enumerate(points.tolist()):
            moment = session.open + point * HALF_HOUR
            value, _ = self._value(self._live[traded], price, float(np.log(price / previous)), moment)
            prices[:, point] = _rounded(value, self._ticks)
        begin = int(session.open.timestamp())
        bounds = begin + 60 * np.minimum(_MINUTES * np.arange(1, seen + 1), _MINUTES * whole + minutes)
        return _day_bars(len(total), traded, volume[traded], prices, complete=whole, ends=bounds)


def _day_bars(count: int, traded: Ints, volume: Floats, prices: Floats, *, complete: int, ends: Ints) -> Trading:
    """Bars of `count` contracts, j of them traded: volume (j, s), prices (j, s + 1) at the half-hours' bounds, how many
    half-hours are complete, when each ends (s,)."""
    bars = _no_trading(count)
    if not len(traded):
        return bars
    slots = volume.shape[1]
    here = volume > 0
    # a single contract has one price; so has the half-hour that is still going on
    both = (volume > 1) & (np.arange(slots) < complete)
    begin, finish = prices[:, :-1], prices[:, 1:]
    rows = np.arange(len(traded))
    newest = slots - 1 - here[:, ::-1].argmax(axis=1)
    closing = np.where(both, finish, begin)
    upper, lower = np.maximum(begin, closing), np.minimum(begin, closing)
    total = volume.sum(axis=1)
    money = (volume * (begin + closing) / 2.0).sum(axis=1)
    bars.open[traded] = begin[rows, here.argmax(axis=1)]
    bars.high[traded] = np.where(here, upper, 0.0).max(axis=1)
    bars.low[traded] = np.where(here, lower, np.inf).min(axis=1)
    bars.close[traded] = closing[rows, newest]
    bars.vwap[traded] = np.clip(np.round(money / total, 4), bars.low[traded], bars.high[traded])
    bars.volume[traded] = total
    bars.last[traded] = ends[newest]
    return bars


def _no_trading(count: int) -> Trading:
    opening, high, low, close, vwap, volume = (np.zeros(count) for _ in range(6))
    return Trading(opening, high, low, close, vwap, volume, last=np.zeros(count, dtype=np.int64))


def _rounded(value: Floats, ticks: tuple[float, float]) -> Floats:
    """To the tick below and from three dollars, at least one tick: nothing is sold for nothing."""
    tick = np.where(value < _PENNY_BELOW, ticks[0], ticks[1])
    return np.round(np.maximum(np.round(value / tick), 1.0) * tick, 2)


def _expiration_seconds(expiration: Ints) -> Floats:
    """16:00 in New York on each date (ordinals), as epoch seconds."""
    found = {int(day): dt.datetime.combine(dt.date.fromordinal(int(day)), dt.time(16), NEW_YORK).timestamp()
             for day in np.unique(expiration)}  # fmt: skip
    return np.array([found[int(day)] for day in expiration])
