"""The crypto market at any moment: prices, supplies, caps and volumes, and the truth about its regimes.

A moment is whole minutes since the epoch in seconds. Between two hours a price follows a Brownian path conditioned on
both, found by address, so a minute has one price whenever and wherever it is asked for.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass

import numpy as np

from sentiment_site.simulator.crypto.coins import HISTORY_DAYS, Coin, Ints, Kind, build_roster
from sentiment_site.simulator.crypto.path import HOUR_SHARE, HOURS, Day, Path
from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market.parameters import Floats, Parameters
from sentiment_site.simulator.memo import Memo

MINUTE, HOUR, DAY = 60, 3_600, 86_400
_BRIDGE_STREAM = 33
_BITCOIN_PATH, _ALT_PATH = 1_000_000, 1_000_001  # rows of the factors' own bridges
_EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Reading:
    """All listed coins at one moment, row by row (n,): dollars, coins, dollars, dollars of the last 24 hours.

    NaN: not listed yet. total_cap, total_volume: dollars, without copies, with the rest of the world's coins.
    """

    at: int
    price: Floats
    supply: Floats
    cap: Floats
    volume: Floats
    total_cap: float
    total_volume: float


@dataclass(frozen=True, slots=True)
class Series:
    """One coin over time, (m,) each. cap: NaN on its first day, then 0 until its supply has been counted."""

    at: Ints
    price: Floats
    cap: Floats
    volume: Floats


@dataclass(frozen=True, slots=True)
class Extremes:
    """Row by row (n,) over whole hours since the listing: highest and lowest dollars and when (seconds)."""

    high: Floats
    high_at: Ints
    low: Floats
    low_at: Ints


@dataclass(frozen=True, slots=True)
class _History:
    """All days so far. log_price, traded (h+1, n): at every hour from the beginning; traded: dollars since then.
    stable_cap (d+1,): at every midnight."""

    days: tuple[Day, ...]
    log_price: Floats
    traded: Floats
    stable_cap: Floats


class Crypto:
    """The crypto market of some parameters. Thread safe; days are generated when they begin, and never changed."""

    def __init__(self, parameters: Parameters) -> None:
        self.seed = parameters.seed
        self.roster = build_roster(parameters.seed)
        self.coins: tuple[Coin, ...] = self.roster.coins[:-1]
        self.first_day = parameters.anchor - dt.timedelta(days=HISTORY_DAYS)
        self.start = (self.first_day.toordinal() - _EPOCH) * DAY
        self._row = {coin.id: row for row, coin in enumerate(self.coins)}
        self._path = Path(parameters.seed, self.roster, self.first_day.toordinal())
        first = self._path.first_log_price[None, :]
        self._history = _History((), first, np.zeros_like(first), np.array([self._path.first_stable_cap]))
        self._lock = threading.Lock()
        self._hours: Memo[int, Floats] = Memo(256)
        self._readings: Memo[int, Reading] = Memo(64)
        self._extremes: Memo[int, Extremes] = Memo(4)
        kinds = np.array([coin.kind for coin in self.roster.coins])
        self._stable, self._copy = kinds == Kind.STABLE, kinds == Kind.COPY
        self._parent = np.array([coin.parent for coin in self.roster.coins])[self._copy]
        self._total = ~self._copy
        self._listed = self.start + DAY * np.array([coin.listed_day for coin in self.roster.coins])
        self._capped = self.start + DAY * np.array([coin.counted_day for coin in self.roster.coins])
        self._bridged = np.array([*range(len(kinds)), _BITCOIN_PATH, _ALT_PATH])

    def row(self, id: str) -> int | None:
        """Row of the coin with this id, None if there is none."""
        return self._row.get(id)

    def listed_at(self, row: int) -> int:
        """The moment from which a coin has a price."""
        return int(self._listed[row])

    def moment(self, now: dt.datetime) -> int:
        """The minute that has passed at `now`; the beginning of the history for anything earlier."""
        at = max(int(now.timestamp()) // MINUTE * MINUTE, self.start)
        self._generate_until(at)
        return at

    def reading(self, at: int) -> Reading:
        """Every coin at a moment (`moment(now)` or earlier)."""
        at = max(at, self.start)
        return self._readings.get(at, lambda: self._read(at))

    def series(self, row: int, at: Ints) -> Series:
        """One coin at moments (m,), none before its listing or the beginning."""
        at = at[at >= self._listed[row]]
        whole = at % HOUR == 0
        price = np.empty(len(at))
        price[whole] = np.exp(self._history.log_price[(at[whole] - self.start) // HOUR, row])
        for place in np.flatnonzero(~whole):
            price[place] = np.exp(self._log_price(int(at[place]))[row])
        cap = np.where(at < self._capped[row], 0.0, price * self._supply_of(row, at, price))
        if self._listed[row] > self.start:
            cap = np.where(at < self._listed[row] + DAY, np.nan, cap)
        return Series(at, price, cap, self._volume_of(row, at))

    def minutes(self, row: int, begin: int, end: int) -> tuple[Ints, Floats]:
        """Moments begin..end (both whole minutes, inclusive) and the prices of a coin at them."""
        hours = range(begin // HOUR, end // HOUR + 1)
        at = np.arange(hours[0] * HOUR, (hours[-1] + 1) * HOUR, MINUTE)
        prices = np.exp(np.concatenate([self._hour((hour * HOUR - self.start) // HOUR)[:, row] for hour in hours]))
        inside = (at >= max(begin, self._listed[row])) & (at <= end)
        return at[inside], prices[inside]

    def range_24h(self, at: int) -> tuple[Floats, Floats]:
        """Lowest and highest dollars (n,) of the 24 hours to a moment."""
        begin = max(at - DAY, self.start)
        first, last = (begin - self.start) // HOUR, (at - self.start) // HOUR
        # the day's ends are parts of an hour; the hours between count whole
        pieces = [self._hour(hour) for hour in range(first, last + 1)]
        pieces[-1] = pieces[-1][: at % HOUR // MINUTE + 1]
        pieces[0] = pieces[0][begin % HOUR // MINUTE :] if len(pieces) > 1 else pieces[0]
        low = np.min([piece.min(axis=0) for piece in pieces], axis=0)
        high = np.max([piece.max(axis=0) for piece in pieces], axis=0)
        return np.exp(low), np.exp(high)

    def extremes(self, at: int) -> Extremes:
        """All-time high and low of every coin, as far as the history goes back."""
        hour = (at - self.start) // HOUR
        return self._extremes.get(hour, lambda: self._find_extremes(hour))

    def totals(self, at: Ints) -> tuple[Floats, Floats, Floats]:
        """Total cap, total volume and bitcoin's share of the cap at whole hours (m,)."""
        hours = (at - self.start) // HOUR
        price = np.exp(self._history.log_price[hours])
        caps = price * self._supply(at, price)
        caps *= self._total & (at[:, None] >= self._capped)
        earlier = np.maximum(hours - HOURS, 0)
        traded = (self._history.traded[hours] - self._history.traded[earlier]) * self._total
        total = caps.sum(axis=1)
        return total, traded.sum(axis=1), caps[:, 0] / total

    def truth(self, until: dt.datetime) -> list[tuple[dt.datetime, dt.datetime, str]]:
        """The regimes gone through: (from, to, regime), UTC, in order and without gaps; the last ends with `until`."""
        at = self.moment(until)
        found: list[tuple[dt.datetime, dt.datetime, str]] = []
        for place, day in enumerate(self._history.days):
            begin = self.start + place * DAY
            if begin >= at:
                break
            ends = _utc(min(begin + DAY, at))
            if found and found[-1][2] == day.regime:
                found[-1] = (found[-1][0], ends, found[-1][2])
            else:
                found.append((_utc(begin), ends, str(day.regime)))
        return found

    def _generate_until(self, at: int) -> None:
        """Every day that has begun by this moment."""
        due = (at - self.start) // DAY + 1
        if len(self._history.days) >= due:
            return
        with self._lock:
            history, first = self._history, self.first_day.toordinal()
            new = [self._path.next_day(first + place) for place in range(len(history.days), due)]
            if not new:
                return
            volume = np.concatenate([history.traded[-1:], *(hours.volume for _, hours in new)])
            self._history = _History(
                (*history.days, *(day for day, _ in new)),
                np.concatenate([history.log_price, *(hours.log_price for _, hours in new)]),
                np.concatenate([history.traded, np.cumsum(volume, axis=0)[1:]]),
                np.concatenate([history.stable_cap, [day.stable_cap for day, _ in new]]),
            )

    def _read(self, at: int) -> Reading:
        price = np.exp(self._log_price(at))
        moments = np.array([at])
        supply = self._supply(moments, price[None, :])[0]
        volume = self._volume(moments)[0]
        volume[at < self._listed] = np.nan
        cap = np.where(at < self._capped, 0.0, price * supply)
        counted = self._total & (at >= self._listed)
        price[at < self._listed] = np.nan
        cap[at < self._listed] = np.nan
        return Reading(at, price[:-1], supply[:-1], cap[:-1], volume[:-1], float(cap[counted].sum()),
                       float(volume[counted].sum()))  # fmt: skip

    def _log_price(self, at: int) -> Floats:
        """Log prices (n,) at a moment."""
        hour, minute = divmod((at - self.start) // MINUTE, 60)
        return np.asarray(self._history.log_price[hour] if minute == 0 else self._hour(hour)[minute])

    def _hour(self, hour: int) -> Floats:
        """Log prices (60, n) at the minutes of an hour, counted from the beginning."""
        return self._hours.get(hour, lambda: self._bridge(hour))

    def _bridge(self, hour: int) -> Floats:
        history, roster = self._history, self.roster
        day = history.days[hour // HOURS]
        begin, end = history.log_price[hour], history.log_price[hour + 1]
        address = noise.addresses(self.seed, np.array([self.start // HOUR + hour]), self._bridged)
        walk = np.cumsum(noise.normal(address, _BRIDGE_STREAM, 60), axis=1).T / np.sqrt(60.0)
        passed = np.arange(60)[:, None] / 60.0
        walk = np.vstack([np.zeros((1, walk.shape[1])), walk])
        bridge = walk[:60] - passed * walk[60]
        own = bridge[:, :-2] * day.own_sigma
        shared = roster.beta * day.bitcoin_sigma * bridge[:, [-2]] + roster.gamma * day.alt_sigma * bridge[:, [-1]]
        moved = np.sqrt(HOUR_SHARE[hour % HOURS]) * (own + shared)
        moved[:, self._copy] = moved[:, self._parent]
        return np.asarray(begin + passed * (end - begin) + moved)

    def _supply(self, at: Ints, price: Floats) -> Floats:
        """Coins (m, n) in circulation at moments with these prices (m, n)."""
        supply = self.roster.supply * (1.0 + self.roster.supply_growth * ((at - self.start) / DAY)[:, None] / 365.0)
        supply[:, self._stable] *= self._stable_cap(at)[:, None] / price[:, self._stable]
        return np.asarray(supply)

    def _supply_of(self, row: int, at: Ints, price: Floats) -> Floats:
        if self._stable[row]:
            return np.asarray(self.roster.supply[row] * self._stable_cap(at) / price)
        return np.asarray(
            self.roster.supply[row] * (1.0 + self.roster.supply_growth[row] * (at - self.start) / DAY / 365.0)
        )

    def _stable_cap(self, at: Ints) -> Floats:
        midnights = np.arange(len(self._history.stable_cap)) * float(DAY)
        return np.asarray(np.interp(at - self.start, midnights, self._history.stable_cap))

    def _volume(self, at: Ints) -> Floats:
        return np.column_stack([self._volume_of(row, at) for row in range(len(self.roster.coins))])

    def _volume_of(self, row: int, at: Ints) -> Floats:
        """Dollars traded in the 24 hours to each moment (m,); fewer hours at the beginning of a series."""
        traded = self._history.traded[:, row]
        hours = np.arange(len(traded))
        since = (self._listed[row] - self.start) / HOUR
        now = np.interp((at - self.start) / HOUR, hours, traded)
        return np.asarray(now - np.interp(np.maximum((at - self.start) / HOUR - HOURS, since), hours, traded))

    def _find_extremes(self, hour: int) -> Extremes:
        log_price = self._history.log_price[: hour + 1, :-1]
        listed = (self._listed[:-1] - self.start) // HOUR
        before = np.arange(len(log_price))[:, None] < np.minimum(listed, hour)
        high_at = np.where(before, -np.inf, log_price).argmax(axis=0)
        low_at = np.where(before, np.inf, log_price).argmin(axis=0)
        columns = np.arange(log_price.shape[1])
        return Extremes(
            np.exp(log_price[high_at, columns]), self.start + high_at * HOUR,
            np.exp(log_price[low_at, columns]), self.start + low_at * HOUR,
        )  # fmt: skip


def _utc(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)
