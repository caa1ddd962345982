"""Massive (formerly Polygon): daily short sale volume as FINRA reports it (upstreams.md 1.4).

Trades reported off the exchanges only, a third to three fifths of all; the ratio is in percent. It is higher where
short sellers are many and the day is busy. Public two hours after the regular close.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.market.process import Day
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.vendors.polygon.tables import (
    Column,
    as_of,
    asked_of,
    filtered,
    page_answer,
    sort_of,
)
from sentiment_site.simulator.wire import Answer, Request

PUBLISHED_AFTER_CLOSE = dt.timedelta(hours=2)
_STREAM = 50
_KEYS = {"ticker": Column(0), "date": Column(1)}
_VALUES = {name: Column(at, True) for at, name in enumerate(("short_volume", "total_volume", "short_volume_ratio"))}

Ints = NDArray[np.int64]


def short_volume(tape: Tape, request: Request) -> Answer:
    """GET /stocks/v1/short-volume: by ticker and date unless sorted otherwise."""
    asked = asked_of(request)
    limit, offset = asked.whole("limit", 10, 50000), asked.whole("offset", 0, 1 << 30, 0)
    field, descending = sort_of(asked, "ticker.asc", [*_KEYS, *_VALUES])
    days = _published(tape, asked)
    dates = [(day.session.date.isoformat(), place) for place, day in enumerate(days)]
    wanted = [place for _, place in filtered(dates, {"date": Column(0)}, asked)]
    symbols = [(security.symbol, row) for row, security in enumerate(tape.listing.securities)]
    rows = np.array([row for _, row in filtered(symbols, {"ticker": Column(0)}, asked)], dtype=np.int64)
    kept = [days[place] for place in wanted]
    if not kept or not len(rows):
        return page_answer(request, asked, [], None, counted=True)
    where, which = _present(tape, kept, rows)
    order = np.lexsort((which, where)) if field != "date" else np.lexsort((where, which))
    if field in _VALUES or any(name.partition(".")[0] in _VALUES for name in asked.query):
        columns = _columns(tape, kept, rows[where], which)
        table = list(zip(*(columns[name].tolist() for name in _VALUES), range(len(where)), strict=True))
        passed = sorted(filtered(table, _VALUES, asked), key=lambda row: row[-1])
        order = order[np.isin(order, np.array([row[-1] for row in passed], dtype=np.int64))]
        if field in _VALUES:
            order = order[np.argsort(columns[field][order], kind="stable")]
    order = order[::-1] if descending else order
    chosen = order[offset : offset + limit]
    following = offset + limit if offset + limit < len(order) else None
    return page_answer(request, asked, _rows(tape, kept, rows[where[chosen]], which[chosen]), following, counted=True)


def _published(tape: Tape, asked: Request) -> list[Day]:
    """Sessions whose report is public, and was when the paged query began."""
    begun = as_of(asked)
    return [day for day in tape.closed_days(asked.now + tape.delay)
            if day.session.close + PUBLISHED_AFTER_CLOSE <= asked.now and day.session.date <= begun]  # fmt: skip


def _present(tape: Tape, days: list[Day], rows: Ints) -> tuple[Ints, Ints]:
    """Places in `rows` and in `days` of securities that were listed and traded, in the order of the rows."""
    traded = np.stack([tape.market.tradable(day.index)[rows] & (day.volume[rows] >= 20) for day in days], axis=1)
    where, which = np.nonzero(traded)
    return where, which


def _columns(tape: Tape, days: list[Day], rows: Ints, which: Ints) -> dict[str, Floats]:
    """All numbers of (row, day) pairs, whole shares and a percentage."""
    listing = tape.listing
    if not len(rows):
        rows, which = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    ordinals = np.array([day.session.date.toordinal() for day in days])
    seed = tape.market.parameters.seed
    address = noise.addresses(seed, ordinals[which], rows)
    own = noise.normal(noise.addresses(seed, np.zeros(len(rows), dtype=np.int64), rows), _STREAM, 1)[:, 0]
    drawn, chance = noise.normal(address, _STREAM, 2, 1), noise.uniform(address, _STREAM, 4, 3)
    volume = np.array([float(days[day].volume[row]) for day, row in zip(which.tolist(), rows.tolist(), strict=True)])
    units = np.array([float(days[day].units[row]) for day, row in zip(which.tolist(), rows.tolist(), strict=True)])
    busy = np.log(np.maximum(volume / np.maximum(listing.volume[rows] * units, 1.0), 0.05))
    shorted = np.array([security.short_fraction or 0.04 for security in listing.securities])[rows]
    lean = -0.25 + 0.35 * own + 0.30 * drawn[:, 0] + 2.0 * (shorted - 0.06) + 2.0 * shorted * np.maximum(busy, 0.0)
    total = np.floor(volume * (0.34 + 0.26 * chance[:, 0]))
    short = np.floor(total / (1.0 + np.exp(-lean)))
    exempt = np.floor(short * 0.02 * chance[:, 1] ** 4)
    chicago = np.floor(short * 0.0015 * chance[:, 2])
    nyse = np.floor(short * (0.004 + 0.09 * chance[:, 3] ** 2))
    carteret = short - chicago - nyse
    of_nyse = np.floor(exempt * nyse / np.maximum(short, 1.0))
    zeros = np.zeros(len(rows))
    return {
        "short_volume": short,
        "total_volume": total,
        "short_volume_ratio": np.round(100.0 * short / np.maximum(total, 1.0), 2),
        "exempt_volume": exempt,
        "non_exempt_volume": short - exempt,
        "adf_short_volume": zeros,
        "adf_short_volume_exempt": zeros,
        "nasdaq_carteret_short_volume": carteret,
        "nasdaq_carteret_short_volume_exempt": exempt - of_nyse,
        "nasdaq_chicago_short_volume": chicago,
        "nasdaq_chicago_short_volume_exempt": zeros,
        "nyse_short_volume": nyse,
        "nyse_short_volume_exempt": of_nyse,
    }


def _rows(tape: Tape, days: list[Day], rows: Ints, which: Ints) -> list[dict[str, Any]]:
    columns = _columns(tape, days, rows, which)
    names = list(columns)
    lists = [column.tolist() if name == "short_volume_ratio" else column.astype(np.int64).tolist()
             for name, column in columns.items()]  # fmt: skip
    dates = [day.session.date.isoformat() for day in days]
    securities = tape.listing.securities
    return [
        {"ticker": securities[row].symbol, "date": dates[day], **dict(zip(names, values, strict=True))}
        for row, day, values in zip(rows.tolist(), which.tolist(), zip(*lists, strict=True), strict=True)
    ]
