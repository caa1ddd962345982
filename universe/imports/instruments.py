"""The instruments a file speaks of: found by symbol and date, made where none was listed then."""

# ruff: noqa: S608 - the SQL of this module is made of our own names and of quoted texts
from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sentiment_site.market.sectors import BENCHMARK, SECTORS
from universe.bars.tables import to_moment
from universe.models import DataSource, Instrument

# listing dates of vendors and last prices of files differ by a few days
GRACE: Final = dt.timedelta(days=7)
_SECTOR_ETFS: Final = frozenset(sector.etf for sector in SECTORS)
_NOT_STOCKS: Final = frozenset({"ETF", "ETN", "ETV", "ETS", "FUND", "INDEX"})
_BATCH: Final = 5000


def role_and_kind(symbol: str, kind: str) -> tuple[str, str]:
    """What a security is used for: the benchmark and the sector ETFs by their symbols, other funds for nothing."""
    if symbol == BENCHMARK:
        return Instrument.Role.BENCHMARK, "ETF"
    if symbol in _SECTOR_ETFS:
        return Instrument.Role.SECTOR_ETF, "ETF"
    return (Instrument.Role.OTHER if kind in _NOT_STOCKS else Instrument.Role.STOCK), kind


def link_instruments(database: Any, table: str, source: DataSource, kind: str | None) -> int:
    """Add a column `instrument_id` to a DuckDB table of (symbol, date, recorded_at in ms); returns how many are new.

    A row belongs to the listing of its symbol that covers its date (give or take a week). Where none does, tickers were
    reused or the symbol is unknown, and a new instrument of `kind` is made; it counts as known from its first row on.
    With kind None nothing is made and such rows stay without an instrument (NULL).
    """
    database.execute("CREATE TABLE listings (id INTEGER, symbol VARCHAR, listed DATE, delisted DATE)")
    symbols = [symbol for (symbol,) in database.execute(f"SELECT DISTINCT symbol FROM {table}").fetchall()]
    _add_listings(database, Instrument.objects.filter(symbol__in=symbols))
    _link(database, table)
    if kind is None:
        return 0
    missing = database.execute(
        f"SELECT t.symbol, min(t.date), min(t.recorded_at), max(t.date), (SELECT min(l.listed) FROM listings l"
        f" WHERE l.symbol = t.symbol AND l.listed > t.date) AS next_listed FROM {table} t"
        " WHERE t.instrument_id IS NULL GROUP BY t.symbol, next_listed ORDER BY t.symbol, 2"
    ).fetchall()
    taken = {symbol for (symbol,) in database.execute("SELECT DISTINCT symbol FROM listings").fetchall()}
    created = Instrument.objects.bulk_create(
        [_instrument(row, source, kind, reused=row[0] in taken) for row in missing], batch_size=_BATCH
    )
    if created:
        _add_listings(database, Instrument.objects.filter(pk__in=[row.pk for row in created]))
        _link(database, table)
    return len(created)


def backdate_instruments(database: Any, table: str) -> None:
    """Instruments that only files speak of are known from the first row on that any file has of them."""
    firsts = dict(database.execute(f"SELECT instrument_id, min(recorded_at) FROM {table} GROUP BY 1").fetchall())
    rows = Instrument.objects.filter(pk__in=list(firsts), source__kind=DataSource.Kind.IMPORT).only("recorded_at")
    late = []
    for row in rows:
        first = to_moment(firsts[row.pk])
        if first < row.recorded_at:
            row.recorded_at = first
            late.append(row)
    Instrument.objects.bulk_update(late, ["recorded_at"], batch_size=_BATCH)


def _add_listings(database: Any, instruments: Any) -> None:
    rows = list(instruments.values_list("pk", "symbol", "listed_on", "delisted_on"))
    if rows:
        database.executemany("INSERT INTO listings VALUES (?, ?, ?, ?)", rows)


def _link(database: Any, table: str) -> None:
    """Rows without an instrument get the listing that covers their date; strictly before give or take a week."""
    database.execute(
        f"CREATE OR REPLACE TABLE {table} AS"
        f" WITH days AS (SELECT DISTINCT symbol, date FROM {table}),"
        " fits AS (SELECT d.symbol, d.date, l.id, l.listed, coalesce(d.date >= l.listed, TRUE)"
        "   AND coalesce(d.date <= l.delisted, TRUE) AS exact"
        "   FROM days d JOIN listings l ON l.symbol = d.symbol"
        f"  AND coalesce(d.date >= l.listed - INTERVAL {GRACE.days} DAY, TRUE)"
        f"  AND coalesce(d.date <= l.delisted + INTERVAL {GRACE.days} DAY, TRUE)),"
        " best AS (SELECT symbol, date, arg_max(id, (exact, coalesce(listed, DATE '1900-01-01'), id)) AS instrument_id"
        "   FROM fits GROUP BY symbol, date)"
        f" SELECT t.* {_without_id(database, table)}, best.instrument_id"
        f" FROM {table} t LEFT JOIN best ON best.symbol = t.symbol AND best.date = t.date"
    )


def _without_id(database: Any, table: str) -> str:
    columns = {name for name, *_ in database.execute(f"DESCRIBE {table}").fetchall()}
    return "EXCLUDE (instrument_id)" if "instrument_id" in columns else ""


def _instrument(
    row: tuple[str, dt.date, int, dt.date, dt.date | None], source: DataSource, kind: str, *, reused: bool
) -> Instrument:
    symbol, first, recorded_at, last, next_listed = row
    role, known_kind = role_and_kind(symbol, kind)
    return Instrument(
        symbol=symbol,
        kind=known_kind,
        role=role,
        # the first bar of a file is no listing date, unless another company had the symbol before or after
        listed_on=first if reused else None,
        delisted_on=last + dt.timedelta(days=1) if next_listed else None,
        source=source,
        recorded_at=to_moment(recorded_at),
    )
