"""Prices newer than the newest bar, out of the vendor's snapshot of the whole market, laid over the bars.

A significant move cannot wait for its half-hour to end. The snapshot's price takes the place of the last price in the
horizons of a day and more, its volume so far that of the day; the 30-minute horizon stays that of completed bars.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from sectors.quotes import SESSIONS_AGO, Quotes, Tape
from sentiment_site.quant.returns import percent_change

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LivePrices:
    """What a snapshot says, (k,) each: instrument ids, dollars, shares of the day so far; NaN missing. at: event time
    of the newest of them (aware, UTC)."""

    at: datetime
    instrument_ids: npt.NDArray[np.int32]
    price: FloatArray
    volume: FloatArray

    def aligned(self, instrument_ids: npt.NDArray[np.int32], *, extra: bool = False) -> LivePrices:
        """The same in the order of other ids, NaN for those it lacks; `extra` adds a row of NaN (the benchmark's)."""
        order = np.argsort(self.instrument_ids, kind="stable")
        place = np.searchsorted(self.instrument_ids, instrument_ids, sorter=order)
        place = order[np.minimum(place, order.size - 1)] if order.size else np.zeros(instrument_ids.size, np.intp)
        found = self.instrument_ids[place] == instrument_ids if order.size else np.zeros(instrument_ids.size, bool)
        columns = [
            np.where(found, column[place] if order.size else np.nan, np.nan) for column in (self.price, self.volume)
        ]
        if extra:
            columns = [np.append(column, np.nan) for column in columns]
        return LivePrices(self.at, instrument_ids, *columns)


def overlay(quotes: Quotes, tape: Tape, day: int, live: LivePrices) -> Quotes:
    """The quotes with the snapshot's price where it has one; its rows are those of the quotes.

    day: place of the session on the tape. The relative volume keeps its share of the day (that of the newest bar), so
    it errs to the high side by less than half an hour's volume.
    """
    known = np.isfinite(live.price) & (live.price > 0)
    last = np.where(known, live.price, quotes.last)
    returns = quotes.returns.copy()
    for column, ago in enumerate(SESSIONS_AGO, start=1):
        before = tape.daily_close[:, day - ago] if day >= ago else np.full(last.shape, np.nan)
        returns[:, column] = np.where(known, percent_change(last, before), returns[:, column])
    shares = np.where(known & (live.volume > np.nan_to_num(quotes.shares_traded)), live.volume, quotes.shares_traded)
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = np.where(quotes.shares_traded > 0, shares / quotes.shares_traded, 1.0)
    return replace(
        quotes,
        returns=returns,
        last=last,
        shares_traded=shares,
        dollar_volume=quotes.dollar_volume * grown,
        rvol=quotes.rvol * grown,
    )
