"""A file of bars, checked: what is stored of it stands in the DuckDB table `bars`, or the file is refused.

`bars`: symbol (canonical), ts (key time, ms), date (New York), recorded_at (ms), open, high, low, close, vwap, volume,
trades, shares (NULL missing), ordered in no particular way, one row per symbol and time.
"""

# ruff: noqa: S608 - the SQL of this module is made of our own names and of quoted texts
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sentiment_site.market import calendar, clock
from universe.bars.quality import ROUNDING
from universe.bars.tables import BAR_MS, Kind, to_ms

from .bad_rows import ImportRefused
from .checks import add_names, drop_repeats, first_problem, refuse_problems, symbol_checks
from .source_file import SourceFile, quoted
from .symbols import canonical

Interval = Literal["auto", "1d", "30m"]
_EASTERN: Final = "America/New_York"
_PRICES: Final = ("open", "high", "low", "close", "vwap")
_NUMBERS: Final = (*_PRICES, "volume", "trades", "shares")
_LARGEST: Final = 1e15


@dataclass(frozen=True, slots=True)
class BarsOptions:
    """How a file is to be read. symbols: only these (file's or canonical spelling), without: not these."""

    interval: Interval = "auto"
    aggregate: bool = False
    zone: str | None = None
    delay_s: int = 0
    symbols: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    start: dt.date | None = None
    end: dt.date | None = None


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What a file held: rows read after the filters, and those that became no bar, by cause."""

    kind: Kind
    rows: int
    no_price: int
    outside_hours: int
    duplicates: int
    bars: int
    ignored_columns: tuple[str, ...]


def stage_bars(source: SourceFile, options: BarsOptions) -> FileCounts:
    """Check the file and make the table `bars`; ImportRefused with the bad rows if there is a single one."""
    source.require("symbol", "close")
    column, zone = _time_column(source, options)
    kind: Kind = "1d" if column == "date" else "30m"
    source.stage("cells", _cells(source, column, zone), _wanted_symbols(source, options))
    _add_sessions(source)
    add_names(source, "cells")
    source.database.execute(_check(kind, options))
    source.database.execute("DROP TABLE cells")
    refuse_problems(source, "checked")
    duplicates = drop_repeats(source, "checked", ("symbol", "began"), _NUMBERS)
    source.database.execute(_bars(kind, options))
    [(rows, no_price, outside, bars)] = source.database.execute(
        "SELECT count(*), count(*) FILTER (close IS NULL), count(*) FILTER (close IS NOT NULL AND outside),"
        " (SELECT count(*) FROM bars) FROM checked"
    ).fetchall()
    ignored = sorted(set(source.columns) - {"symbol", column, *_NUMBERS})
    return FileCounts(kind, rows + duplicates, no_price, outside, duplicates, bars, tuple(ignored))


def _time_column(source: SourceFile, options: BarsOptions) -> tuple[str, str | None]:
    """The column that says when, and the zone of its moments without an offset."""
    found = [name for name in ("date", "ts", "ts_et") if name in source.columns]
    if len(found) != 1:
        raise ImportRefused(
            f"{source.path.name}: one of the columns date, ts, ts_et must say when, not {found or 'none'}"
        )
    kind = "1d" if found[0] == "date" else "30m"
    if options.interval not in ("auto", kind):
        raise ImportRefused(f"{source.path.name}: a file with the column {found[0]} holds {kind} bars")
    if options.aggregate and kind == "1d":
        raise ImportRefused(f"{source.path.name}: only bars with a time of day can be aggregated")
    if options.zone:
        try:
            ZoneInfo(options.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ImportRefused(f"{options.zone!r} is no time zone") from error
    return found[0], _EASTERN if found[0] == "ts_et" else options.zone


def _cells(source: SourceFile, column: str, zone: str | None) -> dict[str, str]:
    cells = {"symbol": source.text("symbol"), "when_text": source.text(column)}
    cells["began"] = "NULL::BIGINT" if column == "date" else source.moment(column, zone)
    cells["day"] = source.date(column) if column == "date" else "NULL::DATE"
    for name in _NUMBERS:
        number = source.number(name)
        # a vendor's 0 is no price and no share count; NaN is how tables write an empty cell
        missing = f"isnan({number})" if name in ("volume", "trades") else f"isnan({number}) OR {number} = 0"
        cells[name] = f"CASE WHEN {missing} THEN NULL ELSE {number} END"
        cells[f"{name}_bad"] = f"CASE WHEN {source.is_no_number(name)} THEN {source.text(name)} END"
    return cells


def _wanted_symbols(source: SourceFile, options: BarsOptions) -> str:
    """Rows of other symbols are not even looked at; a row without a symbol is."""
    conditions = []
    if options.symbols is not None:
        conditions.append(f"({source.text('symbol')} IS NULL OR {_among(source, options.symbols)})")
    if options.without:
        conditions.append(f"({source.text('symbol')} IS NULL OR NOT {_among(source, options.without)})")
    return " AND ".join(conditions) or "TRUE"


def _among(source: SourceFile, symbols: frozenset[str]) -> str:
    distinct = source.database.execute(
        f"SELECT DISTINCT {source.text('symbol')} FROM ({source.scan}) WHERE {source.text('symbol')} IS NOT NULL"
    ).fetchall()
    meant = symbols | {canonical(symbol) for symbol in symbols}
    spelled = [symbol for (symbol,) in distinct if symbol in meant or canonical(symbol) in meant]
    return f"{source.text('symbol')} IN ({', '.join(quoted(symbol) for symbol in spelled) or 'NULL'}) IS TRUE"


def _add_sessions(source: SourceFile) -> None:
    """The table `sessions` of the days the file speaks of, as far as the calendar reaches."""
    [(first, last)] = source.database.execute(
        f"SELECT min(day), max(day) FROM (SELECT coalesce(day, {_new_york_date('began')}) AS day FROM cells)"
    ).fetchall()
    rows = [
        (session.date, to_ms(session.pre_open), to_ms(session.close), to_ms(session.post_close))
        for session in _sessions(first, last)
    ]
    source.database.execute("CREATE TABLE sessions (date DATE, pre_open BIGINT, close_at BIGINT, post_close BIGINT)")
    if rows:
        source.database.executemany("INSERT INTO sessions VALUES (?, ?, ?, ?)", rows)


def _sessions(first: dt.date | None, last: dt.date | None) -> Sequence[calendar.Session]:
    if first is None or last is None:
        return ()
    reach = clock.wall().date()
    # the calendar knows twenty years back and this year to its end; what lies beyond is no session to us
    earliest, latest = reach.replace(year=reach.year - 20, month=1, day=1), reach.replace(month=12, day=31)
    first, last = max(first, earliest), min(last, latest)
    return calendar.sessions_between(first, last) if first <= last else ()


def _new_york_date(ms: str) -> str:
    return f"CAST(timezone('{_EASTERN}', make_timestamptz({ms} * 1000)) AS DATE)"


def _check(kind: Kind, options: BarsOptions) -> str:
    """SQL that makes `checked`: every row with its problem (the first one), key time and moment of becoming known."""
    latest = to_ms(max(clock.now(), clock.wall())) - options.delay_s * 1000
    ends = "s.close_at" if kind == "1d" else f"(c.began // {BAR_MS} + 1) * {BAR_MS}"
    when = "date" if kind == "1d" else "ts"
    grid = f"c.began % {BAR_MS} <> 0" if kind == "30m" and not options.aggregate else "FALSE"
    problem = first_problem(
        [
            *symbol_checks(),
            (when, "c.when_text IS NULL", "'is empty'"),
            (when, "c.began IS NULL AND c.day IS NULL", _no_moment(kind)),
            (when, "s.date IS NULL", "c.when_text || ' is not a session'"),
            (when, f"{ends} > {latest}", "c.when_text || ' is not over yet'"),
            (when, grid, "c.when_text || ' is not on a half-hour (see --aggregate)'"),
            *_number_checks(),
        ]
    )
    day = "c.day" if kind == "1d" else _new_york_date("c.began")
    outside = "FALSE" if kind == "1d" else "c.began < s.pre_open OR c.began >= s.post_close"
    numbers = ", ".join(f"c.{name}" for name in _NUMBERS)
    limits = [f"{day} >= DATE '{options.start}'"] if options.start else []
    limits += [f"{day} <= DATE '{options.end}'"] if options.end else []
    where = f"WHERE {day} IS NULL OR ({' AND '.join(limits)})" if limits else ""
    key = "epoch_ms(CAST(c.day AS TIMESTAMP))" if kind == "1d" else "c.began"
    return (
        f"CREATE TABLE checked AS SELECT c.n, names.canonical AS symbol, s.date, {key} AS began, {numbers},"
        f" {ends} + {options.delay_s * 1000} AS recorded_at, coalesce({outside}, FALSE) AS outside,"
        f" {problem} AS problem"
        f" FROM cells c LEFT JOIN names ON names.symbol = c.symbol LEFT JOIN sessions s ON s.date = {day} {where}"
    )


def _no_moment(kind: Kind) -> str:
    if kind == "1d":
        return "c.when_text || ' is no date'"
    return "c.when_text || ' is no moment with an offset (see --tz)'"


def _number_checks() -> list[tuple[str, str, str]]:
    checks = []
    for name in _NUMBERS:
        checks += [
            (name, f"c.{name}_bad IS NOT NULL", f"'\"' || c.{name}_bad || '\" is no number'"),
            (name, f"c.{name} < 0", f"c.{name} || ' is negative'"),
            (name, f"c.{name} > {_LARGEST}", f"c.{name} || ' is too large'"),
        ]
    high, low = f"c.high * {1 + ROUNDING}", f"c.low * {1 - ROUNDING}"
    checks.append(("high", "c.high < c.low", "c.high || ' is below the low ' || c.low"))
    for name in ("open", "close"):
        checks.append((name, f"c.{name} > {high}", f"c.{name} || ' lies above the high ' || c.high"))
        checks.append((name, f"c.{name} < {low}", f"c.{name} || ' lies below the low ' || c.low"))
    return checks


def _bars(kind: Kind, options: BarsOptions) -> str:
    usable = "FROM checked WHERE close IS NOT NULL AND NOT outside"
    if kind == "1d" or not options.aggregate:
        return f"CREATE TABLE bars AS SELECT symbol, began AS ts, date, recorded_at, {', '.join(_NUMBERS)} {usable}"
    return (
        f"CREATE TABLE bars AS SELECT symbol, began // {BAR_MS} * {BAR_MS} AS ts, any_value(date) AS date,"
        " any_value(recorded_at) AS recorded_at, arg_min(open, began) AS open, max(high) AS high, min(low) AS low,"
        " arg_max(close, began) AS close,"
        " sum(vwap * volume) / nullif(sum(volume) FILTER (vwap IS NOT NULL), 0) AS vwap,"
        " sum(volume) AS volume, sum(trades) AS trades, NULL::DOUBLE AS shares"
        f" {usable} GROUP BY symbol, began // {BAR_MS}"
    )
