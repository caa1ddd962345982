"""Files of reference data, checked: each stands in the DuckDB table `rows`, or the file is refused.

Every kind has `n`, `symbol` (canonical), `date` and `recorded_at` (ms); the rest is said at each function.
"""

# ruff: noqa: S608 - the SQL of this module is made of our own names and of quoted texts
from __future__ import annotations

import datetime as dt
from typing import Final

from .bad_rows import ImportRefused
from .checks import Check, add_names, drop_repeats, first_problem, refuse_problems, symbol_checks
from .source_file import SourceFile

EXCHANGES: Final = {
    "nasdaq": "XNAS",
    "nyse": "XNYS",
    "amex": "XASE",
    "nyse american": "XASE",
    "nyse mkt": "XASE",
    "arca": "ARCX",
    "nyse arca": "ARCX",
    "bats": "BATS",
    "cboe": "BATS",
    "iex": "IEXG",
}
_MICS: Final = frozenset(EXCHANGES.values())
_TEXTS: Final = {"name": 255, "exchange": 40, "type": 12, "cik": 10, "sector": 60, "industry": 120, "sic": 4}
_LARGEST: Final = 1e15
_MIDNIGHT: Final = "epoch_ms(timezone('America/New_York', CAST({} AS TIMESTAMP)))"


def stage_symbols(source: SourceFile, effective_on: dt.date) -> int:
    """rows: name, mic, kind, cik, sector, industry, sic ("" missing), listed, delisted; returns repeats.

    `first_date` and `last_date` say when the file's history saw the symbol: the first is the listing date unless the
    history begins there, the day after the last the delisting unless the history ends there.
    """
    source.require("symbol")
    cells = {"symbol": source.text("symbol")}
    cells |= {name: f"coalesce({source.text(name)}, '')" for name in _TEXTS}
    for name in ("first_date", "last_date"):
        cells[name] = source.date(name)
        cells[f"{name}_text"] = source.text(name)
    source.stage("cells", cells)
    add_names(source, "cells")
    checks = symbol_checks()
    checks += [(name, f"length(c.{name}) > {most}", f"'is longer than {most}'") for name, most in _TEXTS.items()]
    checks.append(("exchange", "c.exchange <> '' AND mics.mic IS NULL", "c.exchange || ' is unknown'"))
    for name in ("first_date", "last_date"):
        unread = f"c.{name}_text IS NOT NULL AND c.{name} IS NULL"
        checks.append((name, unread, f"c.{name}_text || ' is no date'"))
    checks.append(("last_date", "c.last_date < c.first_date", "'is before the first_date'"))
    _add_mics(source)
    since = f"coalesce(c.first_date, DATE '{effective_on}')"
    source.database.execute(
        "CREATE TABLE rows AS SELECT c.n, names.canonical AS symbol, c.name, coalesce(mics.mic, '') AS mic,"
        f" c.type AS kind, c.cik, c.sector, c.industry, c.sic, {since} AS date,"
        f" {_MIDNIGHT.format(since)} AS recorded_at,"
        " CASE WHEN c.first_date > (SELECT min(first_date) FROM cells) THEN c.first_date END AS listed,"
        " CASE WHEN c.last_date < (SELECT max(last_date) FROM cells) THEN c.last_date + 1 END AS delisted,"
        f" {first_problem(checks)} AS problem FROM cells c LEFT JOIN names ON names.symbol = c.symbol"
        " LEFT JOIN mics ON mics.said = lower(c.exchange)"
    )
    refuse_problems(source, "rows")
    values = ("name", "mic", "kind", "cik", "sector", "industry", "sic", "listed", "delisted")
    return drop_repeats(source, "rows", ("symbol",), values)


def stage_splits(source: SourceFile) -> int:
    """rows: ratio (what earlier closes are multiplied by); returns repeats. A split is known before its day begins."""
    source.require("symbol", "date", "ratio")
    source.stage(
        "cells",
        {
            "symbol": source.text("symbol"),
            "date": source.date("date"),
            "date_text": source.text("date"),
            "ratio": source.number("ratio"),
            "ratio_text": source.text("ratio"),
        },
    )
    add_names(source, "cells")
    checks = [
        *symbol_checks(),
        ("date", "c.date IS NULL", "coalesce(c.date_text || ' is no date', 'is empty')"),
        (
            "ratio",
            "c.ratio IS NULL OR isnan(c.ratio)",
            "coalesce('\"' || c.ratio_text || '\" is no number', 'is empty')",
        ),
        ("ratio", "c.ratio <= 0 OR c.ratio > 1e6 OR c.ratio < 1e-6", "c.ratio || ' is no ratio'"),
        ("ratio", "c.ratio = 1", "'1 is no split'"),
    ]
    _make_rows(source, "c.date", _MIDNIGHT.format("c.date"), ("ratio",), checks)
    return drop_repeats(source, "rows", ("symbol", "date"), ("ratio",))


def stage_floats(source: SourceFile, effective_on: dt.date | None) -> int:
    """rows: free_float, short_interest, average_volume (NULL missing); returns repeats.

    The date is the day on which the figures were shown: the column `date`, or `effective_on` for the whole file. They
    count as known from the end of that day.
    """
    symbol = _one_of(source, ("symbol", "ticker"))
    columns = {
        "free_float": _one_of(source, ("free_float", "float", "shares_float")),
        "short_interest": "short_interest",
        "average_volume": "avg_daily_volume" if "avg_daily_volume" in source.columns else "avg_volume",
    }
    if "date" not in source.columns and effective_on is None:
        raise ImportRefused(f"{source.path.name}: without a column date, --effective-on must say of which day it is")
    cells = {
        "symbol": source.text(symbol),
        "date": source.date("date") if "date" in source.columns else f"DATE '{effective_on}'",
        "date_text": source.text("date"),
    }
    checks: list[Check] = [
        *symbol_checks(),
        ("date", "c.date IS NULL", "coalesce(c.date_text, 'nothing') || ' is no date'"),
    ]
    for name, column in columns.items():
        number = source.number(column)
        no_float = f" OR {number} = 0" if name == "free_float" else ""
        cells[name] = f"CASE WHEN isnan({number}){no_float} THEN NULL ELSE {number} END"
        cells[f"{name}_bad"] = f"CASE WHEN {source.is_no_number(column)} THEN {source.text(column)} END"
        checks.append((column, f"c.{name}_bad IS NOT NULL", f"'\"' || c.{name}_bad || '\" is no number'"))
        checks.append((column, f"c.{name} < 0 OR c.{name} > {_LARGEST}", f"c.{name} || ' is no count of shares'"))
    source.stage("cells", cells)
    add_names(source, "cells")
    _make_rows(source, "c.date", _MIDNIGHT.format("(c.date + 1)"), tuple(columns), checks)
    return drop_repeats(source, "rows", ("symbol", "date"), tuple(columns))


def _make_rows(source: SourceFile, date: str, recorded_at: str, values: tuple[str, ...], checks: list[Check]) -> None:
    source.database.execute(
        f"CREATE TABLE rows AS SELECT c.n, names.canonical AS symbol, {date} AS date, {recorded_at} AS recorded_at,"
        f" {', '.join(f'c.{name}' for name in values)}, {first_problem(checks)} AS problem"
        " FROM cells c LEFT JOIN names ON names.symbol = c.symbol"
    )
    refuse_problems(source, "rows")


def _add_mics(source: SourceFile) -> None:
    source.database.execute("CREATE TABLE mics (said VARCHAR, mic VARCHAR)")
    known = EXCHANGES | {mic.lower(): mic for mic in _MICS}
    source.database.executemany("INSERT INTO mics VALUES (?, ?)", list(known.items()))


def _one_of(source: SourceFile, names: tuple[str, ...]) -> str:
    found = [name for name in names if name in source.columns]
    if len(found) != 1:
        raise ImportRefused(f"{source.path.name}: exactly one of the columns {', '.join(names)} is needed")
    return found[0]
