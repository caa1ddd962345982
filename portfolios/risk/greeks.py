"""Greeks of a book: the requirement's table and the model side by side, never in one sum. Source: methods.md 8.3."""

from __future__ import annotations

from portfolios.kernels.greeks import Greeks, GreekSource, total_greeks

from .loading import RiskBook, RiskLine
from .records import BookGreeks, GreekLine, GreekTotals, Missing


def compute(book: RiskBook, source: GreekSource) -> BookGreeks:
    """Both kinds of every position, and each kind's totals."""
    lines = tuple(_line(line) for line in book.lines)
    missing = [
        Missing(line.key, line.held.symbol, "model Greeks", line.priced.note or line.priced.no_spot)
        for line in book.lines
        if line.priced.model is None
    ]
    missing += [
        Missing(line.key, line.held.symbol, "dollar delta", line.priced.no_spot)
        for line in book.lines
        if line.priced.spot is None
    ]
    return BookGreeks(
        basis=book.basis(source),
        lines=lines,
        mock=total(book, GreekSource.MOCK),
        model=total(book, GreekSource.MODEL),
        missing=tuple(missing),
    )


def total(book: RiskBook, source: GreekSource) -> GreekTotals:
    """Sums of one source over the positions that have it."""
    found = [(line, line.greeks(source)) for line in book.lines]
    known = [(line, greeks) for line, greeks in found if greeks is not None]
    return GreekTotals(
        greeks=total_greeks(source, (greeks for _, greeks in known)),
        dollar_delta=sum(_dollars(greeks, line.priced.spot) or 0.0 for line, greeks in known),
        positions=len(known),
        left_out=tuple(line.held.symbol for line, greeks in found if greeks is None),
        no_spot=tuple(line.held.symbol for line, _ in known if line.priced.spot is None),
    )


def _line(line: RiskLine) -> GreekLine:
    held, priced = line.held, line.priced
    return GreekLine(
        key=line.key,
        symbol=held.symbol,
        underlying=held.underlying,
        position_type=held.kind.value,
        quantity=held.quantity,
        expiration=held.expiration,
        strike=None if held.strike is None else float(held.strike),
        spot=priced.spot,
        mock=line.mock,
        model=priced.model,
        mock_dollar_delta=_dollars(line.mock, priced.spot),
        model_dollar_delta=_dollars(priced.model, priced.spot),
        volatility=priced.volatility,
        volatility_source=priced.volatility_source,
        note=priced.note,
    )


def _dollars(greeks: Greeks | None, spot: float | None) -> float | None:
    return None if greeks is None or spot is None else greeks.dollar_delta(spot)
