"""The book held against the sector light: each position beside its sector's colour, verb and confidence.

Source: docs/methods/portfolio.md 9. The light is the one that was shown at the view's moment, with its words; a sector
whose card is grey (no reading, stale, abstained) has no light, which is said and never counted as neutral.
"""

from __future__ import annotations

from portfolios.kernels.greeks import GreekSource
from portfolios.kernels.light import BookLine, SectorLight, StockState, compare_with_light
from sectors.models import SectorReading
from sectors.selectors import Grid, get_grid

from .loading import RiskBook
from .records import LitPosition, LitView, Missing, StockReading
from .stock_states import load_stock_readings

NOTHING_KNOWN = StockReading()


def compute(book: RiskBook, source: GreekSource) -> LitView:
    """The book joined with the newest light known at the view."""
    grid = get_grid(None if book.view.live else book.view.known_at)
    held = {line.held.instrument_id for line in book.lines if line.held.instrument_id is not None}
    stocks = load_stock_readings(held, book.universe, book.view)
    states = {
        line.held.underlying: _state(stocks[line.held.instrument_id])
        for line in book.lines
        if line.held.instrument_id in stocks
    }
    lines, missing = [], []
    for line in book.lines:
        dollars = line.dollars(source)
        if dollars is None:
            missing.append(Missing(line.key, line.held.symbol, "light", line.priced.why(source)))
        else:
            lines.append((line, BookLine(line.key, line.held.underlying, line.sector, dollars)))
    compared = compare_with_light([one for _, one in lines], _lights(grid), states)
    positions = tuple(
        LitPosition(
            key=line.key,
            symbol=line.held.symbol,
            underlying=line.held.underlying,
            position_type=line.held.kind.value,
            sector=line.sector,
            dollars=one.exposure,
            lit=lit,
            stock=stocks.get(line.held.instrument_id or 0, NOTHING_KNOWN),
        )
        for (line, one), lit in zip(lines, compared.lines, strict=True)
    )
    return LitView(
        basis=book.basis(source),
        book=compared,
        positions=positions,
        light_as_of=None if grid is None else grid.as_of,
        light_simulated=None if grid is None else grid.is_simulated,
        reason="" if grid else "the sector light had not been switched on",
        missing=tuple(missing),
    )


def _lights(grid: Grid | None) -> list[SectorLight]:
    if grid is None:
        return []
    verbs = {card.sector: card.verb for card in grid.cards}
    return [
        SectorLight(
            sector=sector,
            colour=reading.colour,
            verb=verbs.get(sector, ""),
            score=None if reading.score is None else float(reading.score),
            confidence=None if reading.confidence is None else float(reading.confidence),
            abstained=reading.status != SectorReading.Status.OK,
        )
        for sector, reading in grid.readings.items()
    ]


def _state(stock: StockReading) -> StockState:
    return StockState(stock.theme, stock.temperature, stock.squeeze, stock.manipulation)
