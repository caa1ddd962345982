"""Massive (formerly Polygon): splits, short interest and float (upstreams.md 1.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.market.process import Day
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.vendors.polygon.tables import Column, as_of, asked_of, serve
from sentiment_site.simulator.wire import Answer, Request

PUBLISHED_AFTER_SESSIONS = 8  # FINRA publishes short interest about eight sessions after settlement
_AVERAGED_SESSIONS = 10
_SHORT_STREAM = 20


def splits(tape: Tape, request: Request) -> Answer:
    """GET /stocks/v1/splits: announced splits, newest execution first unless sorted otherwise."""
    rows, announced = [], tape.announced_splits(request.now)
    for split in announced:
        symbol = tape.listing.securities[split.row].symbol
        later = [other for other in announced if other.row == split.row]
        factor = np.prod([1.0 / other.ratio for other in later if other.session.date >= split.session.date])
        rows.append((symbol, split.session.date.isoformat(), split.split_from, split.split_to, split.adjustment_type,
                     float(f"{factor:.6g}"), split.vendor_id(symbol)))  # fmt: skip
    columns = {"ticker": Column(0), "execution_date": Column(1), "adjustment_type": Column(4)}
    names = ("ticker", "execution_date", "split_from", "split_to", "adjustment_type", "historical_adjustment_factor",
             "id")  # fmt: skip
    return serve(request, rows, columns, names, sort="execution_date.desc", limit=100, most=5000)


def short_interest(tape: Tape, request: Request) -> Answer:
    """GET /stocks/v1/short-interest: twice a month, public eight sessions after the settlement date."""
    asked = asked_of(request)
    columns = {"ticker": Column(0), "settlement_date": Column(1), "short_interest": Column(2, True),
               "avg_daily_volume": Column(3, True), "days_to_cover": Column(4, True)}  # fmt: skip
    listing = tape.listing
    only = asked.text("ticker")
    wanted = [listing.row_of[only]] if only in listing.row_of else [] if only else range(len(listing.securities))
    rows = [row for day in settlements(tape, as_of(asked)) for row in _short_rows(tape, day, wanted)]
    names = ("ticker", "settlement_date", "short_interest", "avg_daily_volume", "days_to_cover")
    return serve(request, rows, columns, names, sort="ticker.asc", limit=10, most=50000, counted=True)


def floats(tape: Tape, request: Request) -> Answer:
    """GET /stocks/vX/float: the newest free float. Securities whose float the vendor lacks are absent."""
    effective = as_of(asked_of(request)).replace(day=1)
    active, units = tape.is_active(request.now), tape.units(request.now)
    rows = []
    for row in np.flatnonzero(active):
        security = tape.listing.securities[row]
        if security.free_float is not None:
            percent = round(100.0 * security.free_float / security.shares, 2)
            rows.append((security.symbol, effective.isoformat(), round(security.free_float * units[row]), percent))
    columns = {"ticker": Column(0), "free_float_percent": Column(3, True)}
    names = ("ticker", "effective_date", "free_float", "free_float_percent")
    return serve(request, rows, columns, names, sort="ticker.asc", limit=100, most=5000)


def settlements(tape: Tape, as_of: dt.date) -> list[Day]:
    """Sessions that are settlement dates and published by `as_of`: the last ones up to the 15th and of the month."""
    found = []
    for day, following in zip(tape.market.days, tape.market.days[1:], strict=False):
        date, next_date = day.session.date, following.session.date
        if (date.day <= 15 < next_date.day or date.month != next_date.month) and (
            calendar.shift(date, PUBLISHED_AFTER_SESSIONS).date <= as_of
        ):
            found.append(day)
    return found


def _short_rows(tape: Tape, day: Day, wanted: Sequence[int]) -> list[tuple[Any, ...]]:
    listed = tape.market.tradable(day.index)
    average = _average_volume(tape, day)
    rows = np.array(wanted, dtype=np.int64)
    addresses = noise.addresses(tape.market.parameters.seed, np.array([day.session.date.toordinal()]), rows)
    drift = np.exp(0.12 * noise.normal(addresses, _SHORT_STREAM, 1)[:, 0]) if len(rows) else rows
    found = []
    for row, factor in zip(rows.tolist(), drift.tolist(), strict=True):
        security = tape.listing.securities[row]
        if security.short_fraction is None or not listed[row]:
            continue
        floating = (security.free_float or security.shares * 0.7) * day.units[row]
        shares, volume = int(floating * security.short_fraction * factor), max(1, int(average[row]))
        cover = max(1.0, round(shares / volume, 2))
        found.append((security.symbol, day.session.date.isoformat(), shares, volume, cover))
    return found


def _average_volume(tape: Tape, day: Day) -> Floats:
    """Mean daily shares (n,) of the ten sessions up to a settlement date, in that day's units."""
    days = tape.market.days[max(0, day.index + 1 - _AVERAGED_SESSIONS) : day.index + 1]
    return np.asarray(np.mean([other.volume / other.units for other in days], axis=0) * day.units)
