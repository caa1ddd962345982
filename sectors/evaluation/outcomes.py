"""What stocks did after a moment: four trading hours on, at the next close, at their highest before tomorrow's close.

Outcomes come from bars as they were known five sessions later: late bars and corrections have arrived by then, while a
doubt raised months later cannot choose which moments are counted.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar, clock
from sentiment_site.market.calendar import Session
from sentiment_site.quant.returns import percent_change
from universe import bars
from universe.bars.splits import list_splits, price_factors

FloatArray = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int32]

BAR = dt.timedelta(minutes=30)
BARS_AHEAD = 8  # four trading hours
KNOWN_AFTER_SESSIONS = 5
FOUR_HOURS, NEXT_CLOSE = "4 trading hours", "next close"


@dataclass(frozen=True, slots=True, eq=False)
class Later:
    """The price of each stock at one later moment, (n,) on the basis of the session after; at: None if it never was."""

    at: dt.datetime | None
    price: FloatArray


@dataclass(frozen=True, eq=False)
class Window:
    """A session and the one after it: prices (n, ...) of the instruments `ids`, on the second session's share basis.

    closes, highs: (n, 2). starts: of the regular half-hours; half_hours: their closes, (n, bars).
    """

    ids: Ids
    session: Session
    after: Session
    closes: FloatArray
    highs: FloatArray
    starts: tuple[dt.datetime, ...]
    half_hours: FloatArray
    now: dt.datetime

    @cached_property
    def has_half_hours(self) -> bool:
        """Whether the source has half-hours here."""
        return bool(np.isfinite(self.half_hours).any())

    def next_close(self, at: dt.datetime) -> Later:
        """The first official close after a moment."""
        column = 0 if at < self.session.close else 1
        closes = (self.session.close, self.after.close)[column]
        return self._settled(closes, self.closes[:, column])

    def four_hours(self, at: dt.datetime) -> Later:
        """The newest price eight regular half-hours after a moment, from bars that begin at or after it."""
        first = next((place for place, start in enumerate(self.starts) if start >= at), len(self.starts))
        last = first + BARS_AHEAD
        if last > len(self.starts):
            return Later(None, np.full(self.ids.size, np.nan))
        return self._settled(self.starts[last - 1] + BAR, _newest(self.half_hours[:, first:last]))

    def highest(self, at: dt.datetime) -> Later:
        """The highest price known from a moment to the close of the session after; a high where there is one."""
        first = next((place for place, start in enumerate(self.starts) if start >= at), len(self.starts))
        candidates = [self.half_hours[:, first:], self.closes[:, 1:], self.highs[:, 1:]]
        if at < self.session.close:
            candidates.append(self.closes[:, :1])
        if at <= self.session.open:
            candidates.append(self.highs[:, :1])
        prices = np.hstack(candidates)
        known = np.isfinite(prices) & np.isfinite(self.closes[:, 1:])  # without the last price nothing is settled
        highest = np.where(known, prices, -np.inf).max(axis=1)
        return self._settled(self.after.close, np.where(np.isfinite(highest), highest, np.nan))

    def first_half_hour(self, at: dt.datetime) -> FloatArray:
        """Price at the end of the session's first regular half-hour, NaN before it is over."""
        if not self.starts or at < self.session.open + BAR or self.starts[0] != self.session.open:
            return np.full(self.ids.size, np.nan)
        return self.half_hours[:, 0]

    def factors(self, ids: Ids, basis: dt.date) -> FloatArray:
        """What prices on the share basis of a date are multiplied by to stand on that of the session after, (n,)."""
        if basis >= self.after.date:
            return np.ones(ids.size)
        splits = list_splits(ids, basis, self.after.date, self.now)
        dates = np.array([basis, self.after.date], dtype="datetime64[D]")
        return price_factors(ids.size, dates, splits)[:, 0]

    def places(self, ids: Ids) -> npt.NDArray[np.intp]:
        """The rows of some of the instruments."""
        return np.searchsorted(self.ids, ids)

    def _settled(self, at: dt.datetime, price: FloatArray) -> Later:
        return Later(at, price) if at <= self.now else Later(None, np.full(self.ids.size, np.nan))


def load_window(session: Session, instrument_ids: Ids) -> Window:
    """The two sessions of bars, five sessions later or now. instrument_ids: any order, repeats allowed."""
    ids = np.unique(np.asarray(instrument_ids, dtype=np.int32))
    after = calendar.shift(session.date, 1)
    known = min(clock.now(), calendar.shift(after.date, KNOWN_AFTER_SESSIONS).close)
    daily = bars.load_daily(ids, [session.date, after.date], known_at=known)
    regular = tuple(
        start for each in (session, after) for start in calendar.bar_starts(each) if each.open <= start < each.close
    )
    half_hours = bars.load_intraday(ids, regular, known_at=known)
    return Window(
        ids=ids,
        session=session,
        after=after,
        closes=daily.close.astype(np.float64),
        highs=daily.high.astype(np.float64),
        starts=regular,
        half_hours=half_hours.close.astype(np.float64),
        now=known,
    )


def returns_to(later: Later, entry: FloatArray, places: npt.NDArray[np.intp]) -> FloatArray:
    """Percent from the entry price to the later one, (n,); NaN where either is missing."""
    return percent_change(later.price[places], entry)


def _newest(prices: FloatArray) -> FloatArray:
    """The last known price of each row; NaN where none is."""
    known = np.isfinite(prices)
    if not prices.shape[1]:
        return np.full(prices.shape[0], np.nan)
    last = prices.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    newest: FloatArray = prices[np.arange(prices.shape[0]), last]
    return newest
