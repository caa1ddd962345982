"""One sector in depth, read from what a run stored: its stocks, the explanation of its colour, its past. No scoring.

Everything takes `as_of` and shows what was known then. Figures of stocks are percent points, None is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from sectors import selectors
from sectors.cards import FACES, GREY_FACES, Card, Grid
from sectors.constituents import list_ids, unpack_stocks
from sectors.kernels.conditions import REASONS
from sectors.kernels.constituents import StockTable
from sectors.kernels.explain import Explanation, StockStep, explain, horizon_steps, stock_parts
from sectors.kernels.flips import Way, ways_out
from sectors.kernels.parameters import HORIZONS
from sectors.kernels.ranking import badges
from sectors.kernels.registry import FORMULAS
from sectors.models import SectorReading
from sentiment_site.live.spreadsheets import render_line, safe_text
from sentiment_site.market.calendar import NEW_YORK
from universe import selectors as universe_selectors
from universe.models import Instrument
from universe.selectors import Document

STRIP_DAYS = 90
REASON_TITLES = {
    "": "",
    "no_price": "no fresh price",
    "new_listing": "listed too recently",
    "halted": "halted",
    "quarantined": "price in quarantine",
}


@dataclass(frozen=True, slots=True)
class StockRow:
    """One constituent. moves follow HORIZONS, percent points; weight: share of the sector, 0..1.

    contribution: points of the score; dollar_volume: 20-session average; excluded: why it took no part, "" if it did.
    """

    symbol: str
    name: str
    moves: tuple[float | None, ...]
    rvol: float | None
    gap: float | None
    weight: float
    contribution: float
    rank: float | None
    rank_parts: tuple[float | None, ...]
    float_shares: float | None
    dollar_volume: float | None
    last: float | None
    official_close: float | None
    excluded: str
    badges: tuple[str, ...]

    @property
    def day(self) -> float | None:
        """The 1-day move."""
        return self.moves[HORIZONS.index("1day")]


@dataclass(frozen=True, slots=True)
class Detail:
    """A sector's reading with everything behind it.

    rows are by symbol; documents: the filings and articles of the explanation's events, by reference; challengers: the
    other formulas' readings.
    """

    grid: Grid
    card: Card
    reading: SectorReading
    rows: tuple[StockRow, ...]
    explanation: Explanation
    documents: Mapping[str, Document]
    horizons: tuple[tuple[str, tuple[StockStep, ...]], ...]
    ways: tuple[Way, ...]
    challengers: tuple[SectorReading, ...]


@dataclass(frozen=True, slots=True)
class StripDay:
    """The colour a sector ended a session with. `known_at`: the moment at which it was the newest light."""

    day: date
    known_at: datetime
    score: Decimal | None
    colour: str
    verb: str
    glyph: str


def get_detail(sector: str, as_of: datetime | None = None) -> Detail | None:
    """Everything about a sector in the newest run (known at `as_of`); None before its first reading.

    Two statements beside those of the grid: the packed stocks with the challengers, the names of the stocks; a third
    where filings or news entered, for what they are called.
    """
    grid = selectors.get_grid(as_of)
    reading = None if grid is None else grid.readings.get(sector)
    if grid is None or reading is None:
        return None
    siblings = list(SectorReading.objects.filter(as_of=reading.as_of, run=reading.run_id, sector=sector))
    full = next(one for one in siblings if one.formula == reading.formula)
    full.run = reading.run
    stocks, names = _load_stocks(full)
    abstained = full.status == SectorReading.Status.ABSTAINED
    status = SectorReading.Status.OK if abstained else full.status
    parameters = FORMULAS[full.formula].parameters
    rows: tuple[StockRow, ...] = ()
    horizons: tuple[tuple[str, tuple[StockStep, ...]], ...] = ()
    if stocks is not None:
        rows = tuple(_rows(full, stocks, names))
        horizons = tuple(
            (horizon, horizon_steps(full.factors, stocks, horizon, parameters=parameters)) for horizon in HORIZONS
        )
    explanation = explain(full.factors, full.score, status, full.reason)
    return Detail(
        grid=grid,
        card=next(card for card in grid.cards if card.sector == sector),
        reading=full,
        rows=rows,
        explanation=explanation,
        documents=_get_documents(explanation),
        horizons=horizons,
        ways=() if full.score is None or stocks is None else ways_out(full.factors, full.score, stocks, parameters),
        challengers=tuple(one for one in siblings if one.formula != full.formula),
    )


def get_stock(symbol: str, sector: str, as_of: datetime | None = None) -> StockRow | None:
    """One stock as its sector's newest reading has it; None if it is not among its stocks."""
    detail = get_detail(sector, as_of)
    return None if detail is None else next((row for row in detail.rows if row.symbol == symbol), None)


def list_strip(sector: str, until: datetime, days: int = STRIP_DAYS) -> list[StripDay]:
    """The last colour of every New York day, oldest first, over `days` days before a moment. One statement."""
    readings = selectors.list_history(sector, start=until - timedelta(days=days), end=until, as_of=until)
    rows = readings.values_list("as_of", "run__recorded_at", "score", "colour", "status")
    found: dict[date, StripDay] = {}
    for as_of, known_at, score, colour, status in rows:  # newest first: the first of a day is its last
        day = as_of.astimezone(NEW_YORK).date()
        if day not in found:
            ok = status == SectorReading.Status.OK
            face = FACES[colour] if ok else GREY_FACES[SectorReading.Status(status)]
            found[day] = StripDay(day, known_at, score, *face)
    return sorted(found.values(), key=lambda one: one.day)


def load_series(sector: str, start: datetime, until: datetime) -> dict[str, list[Any]]:
    """Score, confidence and the four performances over a span, oldest first, for a chart. One statement.

    Lists of equal length: t (epoch seconds), score, confidence, one per horizon; None is a gap.
    """
    columns = ["score", "confidence", *(f"performance_{horizon}" for horizon in HORIZONS)]
    rows = selectors.list_history(sector, start=start, end=until, as_of=until).order_by("run_id")
    values = list(rows.values_list("as_of", *columns))
    series: dict[str, list[Any]] = {"t": [int(row[0].timestamp()) for row in values]}
    for place, name in enumerate(columns, start=1):
        series[name.removeprefix("performance_")] = [
            None if row[place] is None else float(row[place]) for row in values
        ]
    return series


def render_csv(rows: Sequence[StockRow]) -> Iterator[str]:
    """The rows as CSV, exactly those given, header first."""
    heads = [
        "symbol",
        "name",
        *(f"move_{h}_pct" for h in HORIZONS),
        "rvol",
        "opening_gap_pct",
        "weight",
        "contribution",
    ]
    heads += ["rank", "float_shares", "average_dollar_volume", "last", "official_close", "excluded", "badges"]
    yield render_line(heads)
    for row in rows:
        figures = (*row.moves, row.rvol, row.gap, row.weight, row.contribution, row.rank, row.float_shares)
        figures += (row.dollar_volume, row.last, row.official_close)
        yield render_line([safe_text(row.symbol), safe_text(row.name), *figures, row.excluded, " ".join(row.badges)])


def _get_documents(explanation: Explanation) -> Mapping[str, Document]:
    """What stands behind the events; nothing is asked where none entered."""
    told = {one.event["reference"]: one.event["symbol"] for one in explanation.events if one.event.get("reference")}
    return universe_selectors.get_documents(told) if told else {}


def _load_stocks(reading: SectorReading) -> tuple[StockTable | None, dict[str, str]]:
    """The packed stocks of a reading and their names by symbol; None where the reading keeps none."""
    if reading.constituents is None:
        return None, {}
    packed = bytes(reading.constituents)
    rows = Instrument.objects.filter(pk__in=list_ids(packed)).values_list("pk", "symbol", "name")
    known = {pk: (symbol, name) for pk, symbol, name in rows}
    _, stocks = unpack_stocks(packed, {pk: symbol for pk, (symbol, _) in known.items()})
    return stocks, dict(known.values())


def _rows(reading: SectorReading, stocks: StockTable, names: dict[str, str]) -> Iterator[StockRow]:
    places = np.argsort(np.array(stocks.symbols, dtype=object))
    yield from build_rows(reading, stocks, [(int(i), stocks.symbols[i], names[stocks.symbols[i]]) for i in places])


def build_rows(
    reading: SectorReading, stocks: StockTable, wanted: Sequence[tuple[int, str, str]]
) -> Iterator[StockRow]:
    """The rows of some stocks of a reading's table; wanted: (place in the table, symbol, name) of each."""
    parts = stock_parts(reading.factors, stocks, FORMULAS[reading.formula].parameters)
    total = float(stocks.weight.sum()) or 1.0
    listed = {mover["symbol"]: tuple(mover["badges"]) for mover in reading.top_bullish + reading.top_bearish}
    for i, symbol, name in wanted:
        earned = badges(symbol, float(stocks.rvol[i]), float(stocks.float_shares[i]), None)
        yield StockRow(
            symbol=symbol,
            name=name,
            moves=tuple(_known(value) for value in stocks.returns[i]),
            rvol=_known(stocks.rvol[i]),
            gap=_known(stocks.opening_gap[i]),
            weight=float(stocks.weight[i]) / total,
            contribution=float(parts.score[i]),
            rank=_known(stocks.rank[i]),
            rank_parts=tuple(_known(part[i]) for part in stocks.parts),
            float_shares=_known(stocks.float_shares[i]),
            dollar_volume=_known(stocks.average_dollar_volume[i]),
            last=_known(stocks.last_price[i]),
            official_close=_known(stocks.official_close[i]),
            excluded="" if stocks.fresh[i] else REASON_TITLES[REASONS[int(stocks.exclusion[i])] or "no_price"],
            badges=listed.get(symbol, earned),
        )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
