"""Bars into the database and out of it, against what the server needs for the same rows without a client."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from django.db import connection, transaction

from sentiment_site.market import calendar
from universe import bars

from .harness import Round, in_turns, judge, time_ms
from .world import MORNING, World, day_prices

ROWS = 8_000
FIRST_DAY = dt.date(2016, 1, 4)  # years before the market of the other benchmarks, in partitions of their own
COLUMNS = "instrument_id, ts, revision, open, high, low, close, vwap, volume, trades, source_id, recorded_at"
AGGREGATE = """
SELECT count(*), {sums} FROM {table}
WHERE instrument_id = ANY(%s) AND ts >= %s AND ts <= %s AND recorded_at <= %s
"""
Row = tuple[object, ...]


class Days:
    """A session after the other, each to be stored once, with the arrays and the plain rows of its 8,000 bars."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._dates = iter(calendar.sessions_between(FIRST_DAY, FIRST_DAY + dt.timedelta(days=900)))
        self.arrays: tuple[object, ...] = ()
        self.rows: list[Row] = []
        self.moment = dt.datetime.min

    def next(self) -> None:
        """The next session; a warehouse of equal rows waits in the server for the yardstick."""
        date = next(self._dates).date
        self.moment = dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC)
        ids = self.world.ids
        ts = np.full(ROWS, int(self.moment.timestamp() * 1000), dtype=np.int64)
        close = day_prices(ids, ts)
        volume = np.full(ROWS, 250_000.0)
        columns = {"open": close, "high": close, "low": close, "close": close, "vwap": close, "volume": volume}
        known = self.moment + dt.timedelta(days=1)
        self.arrays = ("1d", ids, ts, columns, self.world.source, known)
        self.rows = [
            (pk, self.moment, 0, price, price, price, price, price, 250_000.0, None, self.world.source.pk, known)
            for pk, price in zip(ids.tolist(), close.tolist(), strict=True)
        ]

    def next_in_server(self) -> None:
        """The next session, its rows already in a table of the server."""
        self.next()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE bench_rows")
            with cursor.copy(f"COPY bench_rows ({COLUMNS}) FROM STDIN") as copy:
                for row in self.rows:
                    copy.write_row(row)

    def store(self) -> None:
        """The candidate."""
        result = bars.store_bars(*self.arrays)  # type: ignore[arg-type]
        assert result.inserted == ROWS

    def store_again(self) -> None:
        """The candidate with bars that are all there and the same."""
        result = bars.store_bars(*self.arrays)  # type: ignore[arg-type]
        assert result.unchanged == ROWS

    def insert_in_server(self) -> None:
        """The yardstick: the rows go from one table of the server to the other."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO bar_1d ({COLUMNS}) SELECT {COLUMNS} FROM bench_rows")
            assert cursor.rowcount == ROWS

    def execute_many(self) -> None:
        """What a program without COPY would do, in psycopg's pipelined form."""
        marks = ", ".join(["%s"] * 12)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO bar_1d ({COLUMNS}) VALUES ({marks})", self.rows)


@pytest.fixture
def days(world: World) -> Iterator[Days]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_rows (LIKE bar_1d)")
    made = Days(world)
    made.next()
    made.store()  # makes the partition
    yield made
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bar_1d WHERE ts < %s", [dt.datetime(2020, 1, 1, tzinfo=dt.UTC)])
        cursor.execute("DROP TABLE bench_rows")


def test_new_daily_bars(days: Days) -> None:
    def measure() -> Sequence[Round]:
        return in_turns(
            lambda: time_ms(days.store, days.next),
            lambda: time_ms(days.insert_in_server, days.next_in_server),
            repeats=5,
        )

    judge("D1", measure)


def test_new_daily_bars_without_copy(days: Days) -> None:
    def measure() -> Sequence[Round]:
        return in_turns(
            lambda: time_ms(days.execute_many, days.next), lambda: time_ms(days.store, days.next), rounds=3, repeats=2
        )

    judge("D1b", measure)


def test_the_same_daily_bars_again(days: Days) -> None:
    def measure() -> Sequence[Round]:
        days.next()
        days.store()
        stored = days.arrays

        def again() -> float:
            days.arrays = stored
            return time_ms(days.store_again)

        return in_turns(again, lambda: time_ms(days.insert_in_server, days.next_in_server), repeats=5)

    judge("D2", measure)


def aggregate_in_server(
    table: str, names: tuple[str, ...], ids: npt.NDArray[np.int32], first: dt.datetime, last: dt.datetime
) -> int:
    """The same columns of the same rows read and summed without leaving the server; how many rows they were."""
    statement = AGGREGATE.format(table=table, sums=", ".join(f"sum({name})" for name in names))
    with connection.cursor() as cursor:
        cursor.execute(statement, [ids.tolist(), first, last, MORNING])
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def test_the_last_six_half_hours(world: World) -> None:
    starts = world.starts[-6:]

    def load() -> bars.IntradayPanel:
        return bars.load_intraday(world.members, starts, known_at=MORNING)

    def aggregate() -> int:
        return aggregate_in_server("bar_30m", ("close", "volume"), world.members, starts[0], starts[-1])

    assert aggregate() == np.isfinite(load().close).sum() == load().close.size
    judge("D3", lambda: in_turns(lambda: time_ms(load), lambda: time_ms(aggregate), repeats=7))


def test_a_year_of_daily_bars(world: World) -> None:
    dates = [session.date for session in world.sessions]
    first, last = (dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC) for date in (dates[0], dates[-1]))

    def load() -> bars.DailyPanel:
        return bars.load_daily(world.members, dates, known_at=MORNING)

    def aggregate() -> int:
        return aggregate_in_server("bar_1d", ("open", "high", "low", "close", "volume"), world.members, first, last)

    assert aggregate() == np.isfinite(load().close).sum() == load().close.size
    judge("D4", lambda: in_turns(lambda: time_ms(load), lambda: time_ms(aggregate), repeats=5))
