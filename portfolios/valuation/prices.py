"""Prices of everything that books hold, loaded once for all of them: closes from the bars, options by the model.

A price belongs to a session and is never younger than it. Closes are as traded; a position that stands on another share
basis than its session gets the price on its own. There is no option chain in the store, so options are valued by the
model from their stock's close, the volatility of its closes and RISK_FREE_RATE.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection

from sentiment_site.market import calendar, clock
from universe import bars
from universe.models import Split

from .closes import FloatArray, IntArray, Terms, carry_forward, compute_volatility, price_options, to_price
from .statements import ANY_BASIS, COPY_PRICES, CREATE_PRICES, DROP_PRICES, EMPTY_PRICES, HELD_KEYS, INDEX_PRICES

LOOK_BACK = 252  # sessions before the first day from which a close is carried and volatility is measured
CLOSE, HALF_HOUR_BAR, MODEL = "close", "half-hour bar", "model"
SIMULATED = " (simulated)"
_BAR = dt.timedelta(minutes=30)
_MUCH_WIDER = 4


@dataclass(frozen=True, slots=True, eq=False)
class Closes:
    """Closes of instruments over sessions, as traded: (instruments, sessions), oldest first, NaN where none is known.

    last: column of the close that counts on each session (that day's or an earlier one), -1 for none. made_at, source:
    when closes of each session were made, and what they are.
    """

    instrument_ids: npt.NDArray[np.int32]
    sessions: tuple[calendar.Session, ...]
    close: npt.NDArray[np.float32]
    last: IntArray
    made_at: tuple[dt.datetime, ...]
    source: tuple[str, ...]

    @property
    def age(self) -> IntArray:
        """Sessions since the close that counts was made, 0 for the session's own; -1 where there is none."""
        return np.where(self.last >= 0, np.arange(len(self.sessions)) - self.last, -1)


def load_closes(
    instrument_ids: Sequence[int],
    sessions: Sequence[calendar.Session],
    known_at: dt.datetime | None = None,
) -> Closes:
    """Daily closes; where the newest session has no daily bar at all, the last half-hour before its close.

    Only what was recorded by `known_at` (default: now). Four statements at most, whatever the number.
    """
    days = tuple(sessions)
    panel = bars.load_daily(instrument_ids, [day.date for day in days], known_at, adjust=False)
    close, made_at, source = panel.close, [day.close for day in days], [CLOSE] * len(days)
    if close.size and not np.isfinite(close[:, -1]).any():
        starts = [start for start in calendar.bar_starts(days[-1]) if days[-1].open <= start < days[-1].close]
        half_hours = bars.load_intraday(instrument_ids, starts, known_at).close
        newest = carry_forward(half_hours)[:, -1]
        rows = np.flatnonzero(newest >= 0)
        if rows.size:
            close[rows, -1] = half_hours[rows, newest[rows]]
            made_at[-1], source[-1] = starts[int(newest.max())] + _BAR, HALF_HOUR_BAR
    label = SIMULATED if bars.holds_simulated_bars() else ""
    named = tuple(name + label for name in source)
    return Closes(panel.instrument_ids, days, close, carry_forward(close), tuple(made_at), named)


class Key(NamedTuple):
    """What has a price of its own: a stock or a contract on it, on a share basis (ANY_BASIS: never split)."""

    instrument_id: int
    contract: str
    basis_on: dt.date


class Ratios:
    """Shares that one share of before all splits became, by instrument, as known at a moment."""

    def __init__(self, known_at: dt.datetime) -> None:
        found: dict[int, list[tuple[dt.date, Decimal]]] = defaultdict(list)
        rows = Split.objects.filter(recorded_at__lte=known_at).order_by("execution_date")
        for pk, day, old, new in rows.values_list("instrument_id", "execution_date", "split_from", "split_to"):
            before = found[pk][-1][1] if found[pk] else Decimal(1)
            found[pk].append((day, before * new / old))
        self._found: Mapping[int, Sequence[tuple[dt.date, Decimal]]] = MappingProxyType(dict(found))

    @property
    def instruments(self) -> list[int]:
        """Those that were ever split."""
        return list(self._found)

    def on(self, instrument_id: int, day: dt.date) -> Decimal:
        """Shares of that day that one share of before all splits is."""
        ratio = Decimal(1)
        for executed, after in self._found.get(instrument_id, ()):
            if executed > day:
                break
            ratio = after
        return ratio


class PriceTable:
    """A temporary table of prices by key and session, which grows as books ask for more. Use `price_table`."""

    def __init__(self, known_at: dt.datetime) -> None:
        self.known_at = known_at
        self.ratios = Ratios(known_at)
        self.days: tuple[calendar.Session, ...] = ()
        self._keys: set[Key] = set()

    def cover(self, portfolio_ids: Sequence[uuid.UUID], days: Sequence[calendar.Session]) -> None:
        """Load what these books held on these sessions and is not there yet."""
        if not days:
            return
        covered = self.days and self.days[0].date <= days[0].date and days[-1].date <= self.days[-1].date
        # one book's long past must not make all others' prices of a day a long list
        if not covered or _MUCH_WIDER * len(days) < len(self.days):
            self.days = tuple(days)
            self.forget()
        wanted: dict[Key, Terms | None] = {}
        with connection.cursor() as cursor:
            asked: dict[str, Any] = {"last": self.days[-1].date, "first": self.days[0].date}
            asked |= {"ids": list(portfolio_ids), "split": self.ratios.instruments}
            cursor.execute(HELD_KEYS, asked)
            for instrument_id, contract, basis, *terms in cursor.fetchall():
                wanted[Key(instrument_id, contract, basis)] = _terms(terms) if contract else None
        missing = {key: terms for key, terms in wanted.items() if key not in self._keys}
        if missing:
            self._load(missing)

    def forget(self) -> None:
        """Begin anew; needed after a rollback, which took rows away."""
        self._keys.clear()
        with connection.cursor() as cursor:
            cursor.execute(EMPTY_PRICES)

    def _load(self, missing: Mapping[Key, Terms | None]) -> None:
        ids = sorted({key.instrument_id for key in missing})
        closes = load_closes(ids, _with_look_back(self.days), self.known_at)
        rows = compute_prices(closes, missing, self.ratios, len(self.days), settings.RISK_FREE_RATE)
        with connection.cursor() as cursor:
            with cursor.copy(COPY_PRICES) as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(INDEX_PRICES)
        self._keys |= set(missing)


@contextmanager
def price_table(known_at: dt.datetime | None = None) -> Iterator[PriceTable]:
    """An empty table of this connection, gone afterwards. Only what was recorded by `known_at` (default: now)."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_PRICES)
    try:
        yield PriceTable(known_at or clock.now())
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(DROP_PRICES)


def compute_prices(
    closes: Closes, keys: Mapping[Key, Terms | None], ratios: Ratios, days: int, rate: float
) -> Iterator[tuple[Any, ...]]:
    """Rows of the table for the last `days` sessions: key, day, price, and when, on which day and of what it was made.

    Stocks exactly, at their quoted decimals times the ratio of splits; options to four places. What has no close, and
    an option without a volatility, has no row.
    """
    place = {pk: row for row, pk in enumerate(closes.instrument_ids.tolist())}
    columns = range(len(closes.sessions) - days, len(closes.sessions))
    split = set(ratios.instruments)
    for key, terms in keys.items():
        if terms is None:
            row = place[key.instrument_id]
            for column in columns:
                last = int(closes.last[row, column])
                price = to_price(closes.close[row, last]) if last >= 0 else None
                if price is not None:
                    if key.instrument_id in split:
                        price *= _factor(ratios, key, closes.sessions[last].date)
                    yield _row(closes, key, column, last, price, closes.source[last])
    options = {key: terms for key, terms in keys.items() if terms is not None}
    if options:
        yield from _option_rows(closes, options, ratios, columns, rate)


def _option_rows(
    closes: Closes, options: Mapping[Key, Terms], ratios: Ratios, columns: range, rate: float
) -> Iterator[tuple[Any, ...]]:
    place = {pk: row for row, pk in enumerate(closes.instrument_ids.tolist())}
    rows = np.array([place[key.instrument_id] for key in options])
    underlying, where = np.unique(rows, return_inverse=True)
    volatility = compute_volatility(_one_basis(closes, underlying, ratios), columns)[where]
    last = closes.last[rows][:, columns.start :]
    factors = np.ones((len(options), len(closes.sessions)))
    for row, key in enumerate(options):
        if key.basis_on != ANY_BASIS:
            factors[row] = [float(_factor(ratios, key, day.date)) for day in closes.sessions]
    taken = np.maximum(last, 0)
    spots = np.where(last >= 0, np.take_along_axis(closes.close[rows] * factors, taken, axis=1), np.nan)
    days = [closes.sessions[column].date for column in columns]
    premiums = price_options(list(options.values()), spots, volatility, days, rate)
    label = MODEL + (SIMULATED if closes.source[0].endswith(SIMULATED) else "")
    for row, key in enumerate(options):
        for place_of_day, column in enumerate(columns):
            price = to_price(float(premiums[row, place_of_day]))
            if price is not None:
                yield _row(closes, key, column, int(last[row, place_of_day]), price, label)


def _one_basis(closes: Closes, rows: IntArray, ratios: Ratios) -> FloatArray:
    """Closes of some rows on one share basis, so that a split is no return."""
    lines = closes.close[rows].astype(np.float64)
    for row, instrument_id in enumerate(closes.instrument_ids[rows].tolist()):
        if instrument_id in ratios.instruments:
            lines[row] *= [float(ratios.on(instrument_id, day.date)) for day in closes.sessions]
    return lines


def _factor(ratios: Ratios, key: Key, day: dt.date) -> Decimal:
    """What a price of that day is multiplied by to stand on the key's share basis."""
    if key.basis_on == ANY_BASIS:
        return Decimal(1)
    return ratios.on(key.instrument_id, day) / ratios.on(key.instrument_id, key.basis_on)


def _row(closes: Closes, key: Key, column: int, last: int, price: Decimal, source: str) -> tuple[Any, ...]:
    made = closes.sessions[last]
    return (*key, closes.sessions[column].date, price, made.date, closes.made_at[last], source)


def _terms(columns: Sequence[Any]) -> Terms:
    expiration, strike, right, multiplier, shares, cash = columns
    return Terms(expiration, float(strike), right == "CALL", float(multiplier), float(shares), float(cash))


def _with_look_back(days: Sequence[calendar.Session]) -> tuple[calendar.Session, ...]:
    """Every session from LOOK_BACK before the first day to the last one, as far as the calendar reaches."""
    try:
        first = calendar.shift(days[0].date, -LOOK_BACK).date
    except ValueError:
        first = days[0].date
    return calendar.sessions_between(first, days[-1].date)
