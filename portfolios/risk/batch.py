"""Risk of every book after a session: betas per instrument once, then books by the hundred, stored for good.

A chunk of books is one transaction: Greeks of the open positions (the newest session's only), factor betas, the risk
columns of the session's snapshot, and the mark of how far each book came. Running it again changes nothing. What is
stored is what the selectors answer on demand, because both go through the same code.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog
from django.db import transaction

from portfolios.books.corporate import BooksFailed
from portfolios.books.selectors import living_portfolios
from portfolios.kernels.exposures import BookExposure, Concentration, Exposure, Sides, compute_concentration
from portfolios.kernels.exposures import compute_exposure as compute_book_exposure
from portfolios.kernels.factors import FACTORS
from portfolios.kernels.greeks import GreekSource
from portfolios.models import BatchMark, Factor

from . import factors, greeks, ratios, storing
from .exposures import TOP, exposure_lines, weigh_market
from .factors import FactorNumbers, Weighed, compute_numbers, known, split_volatility, weigh
from .loading import RiskBook, Universe, held_instruments, load_books, load_universe
from .market import Market, load_market
from .records import GreekTotals
from .short_interest import score_universe
from .views import View, view_of_session

logger = structlog.get_logger("portfolios.risk")

CHUNK = 250
MOCK, MODEL = GreekSource.MOCK, GreekSource.MODEL
Progress = Callable[[float, str], None]


@dataclass(slots=True)
class RiskReport:
    """What a run did. snapshots: rows of the session that got their risk columns; failed: ids of books."""

    session: dt.date
    books: int = 0
    positions: int = 0
    snapshots: int = 0
    factor_rows: int = 0
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.session}: {self.books} books, {self.positions} positions, {self.snapshots} snapshots, "
            f"{self.factor_rows} factor betas"
        )


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all books of a run have in common."""

    view: View
    market: Market
    universe: Universe
    scores: dict[int, float]
    factor_ids: dict[str, uuid.UUID]


def save_risk(
    day: dt.date, portfolio_ids: Sequence[uuid.UUID] | None = None, *, progress: Progress | None = None
) -> RiskReport:
    """Measure and store the books (default: every living one) as of a session that is over.

    ValueError for another day; BooksFailed at the end if a book could not be measured.
    """
    view = view_of_session(day)
    rows = living_portfolios().order_by("pk")
    ids = list((rows if portfolio_ids is None else rows.filter(pk__in=portfolio_ids)).values_list("pk", flat=True))
    report = RiskReport(day)
    if not ids:
        return report
    shared = _share(ids, view)
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        for books in _savable(part, shared, report):
            report.failed.append(str(books))
        if progress:
            progress(100 * min(start + CHUNK, len(ids)) / len(ids), f"{min(start + CHUNK, len(ids))} books")
    if report.failed:
        raise BooksFailed(f"{report}; {len(report.failed)} of {len(ids)} books failed: {report.failed[:10]}")
    return report


def list_due(day: dt.date) -> list[uuid.UUID]:
    """Living books whose risk has not been stored up to a session."""
    done = BatchMark.objects.filter(kind=BatchMark.Kind.RISK, session__gte=day)
    return list(living_portfolios().exclude(pk__in=done.values("portfolio")).values_list("pk", flat=True))


def _share(ids: Sequence[uuid.UUID], view: View) -> _Shared:
    market = load_market(view, held_instruments(ids, view))
    universe = load_universe(view, market.ids.tolist())
    names = dict(Factor.objects.values_list("name", "pk"))
    return _Shared(view, market, universe, score_universe(universe.run), names)


def _savable(part: Sequence[uuid.UUID], shared: _Shared, report: RiskReport) -> list[uuid.UUID]:
    """Save a chunk; if that fails, book by book. Returns the books that failed."""
    try:
        _save_chunk(part, shared, report)
    except Exception:  # one book must not keep the others from being measured; it is named at the end
        logger.exception("books failed", books=len(part), first=str(part[0]))
        if len(part) == 1:
            return list(part)
        return [pk for one in part for pk in _savable([one], shared, report)]
    return []


def _save_chunk(part: Sequence[uuid.UUID], shared: _Shared, report: RiskReport) -> None:
    market, view = shared.market, shared.view
    books = list(load_books(part, view, market, shared.universe).values())
    weighed = [weigh(book, MOCK) for book in books]
    numbers = compute_numbers(market, np.array([one.weights for one in weighed])) if market.factors.places else None
    series = ratios.load_returns(part, view, market.sessions[1])
    risks = [
        _snapshot_risk(book, weighed[row], numbers, row, series.get(book.portfolio_id), shared.scores)
        for row, book in enumerate(books)
    ]
    with transaction.atomic():
        snapshots = storing.update_snapshots(view.session, risks)
        if view.live:
            storing.replace_greeks(part, view.session, books)
        betas = storing.replace_factors(part, view.session, market, weighed, numbers, shared.factor_ids)
        storing.mark(part, view.session)
    report.books += len(part)
    report.positions += sum(len(book.lines) for book in books)
    report.snapshots += snapshots
    report.factor_rows += betas


def _snapshot_risk(
    book: RiskBook,
    weighed: Weighed,
    numbers: FactorNumbers | None,
    row: int,
    series: ratios.ReturnSeries | None,
    scores: dict[int, float],
) -> storing.SnapshotRisk:
    market = book.market
    lines, _ = exposure_lines(book, MOCK, market.benchmark)
    exposure = compute_book_exposure(lines, book.total_value, MOCK, by_underlying=False)
    betas = [weigh_market(book, MOCK, symbol) for symbol in market.betas]
    volatility, sharpe, drawdown = ratios.realised(series)
    mock, model = greeks.total(book, MOCK), greeks.total(book, MODEL)
    detail = {
        "greeks": MOCK.value,
        "benchmark": market.benchmark,
        "beta": {one.benchmark: one.beta for one in betas},
        **_exposure_detail(exposure),
        "concentration": _concentration(compute_concentration(lines)),
        "model": _model_detail(book, model),
        "factors": _factor_detail(book, weighed, numbers, row, scores),
    }
    return storing.SnapshotRisk(
        portfolio_id=book.portfolio_id,
        beta=next((one.beta for one in betas), None),
        volatility=volatility,
        sharpe=sharpe,
        max_drawdown=drawdown,
        greeks=mock.greeks,
        detail=detail,
    )


def _exposure_detail(exposure: BookExposure) -> dict[str, object]:
    return {
        **_one_exposure(exposure.book),
        "by_sector": {key: _one_exposure(one) for key, one in exposure.by_sector.items()},
        "by_tag": {key: _one_exposure(one) for key, one in exposure.by_tag.items()},
        "by_option": {key: _one_exposure(one) for key, one in exposure.by_option.items()},
    }


def _one_exposure(one: Exposure) -> dict[str, object]:
    return {
        "positions": one.positions,
        "market_value": _sides(one.market_value),
        "notional": _sides(one.notional),
        "delta_adjusted": _sides(one.delta_adjusted),
        "beta_weighted": _sides(one.beta_weighted),
    }


def _sides(sides: Sides) -> dict[str, object]:
    return {"long": round(sides.long, 2), "short": round(sides.short, 2), "unknown": len(sides.unknown)}


def _concentration(found: Concentration) -> dict[str, object]:
    largest = dict(list(found.weights.items())[:TOP])
    return {
        "hhi": round(found.hhi, 6),
        "effective_names": round(found.effective_names, 4),
        "top_ten": round(found.top(TOP), 6),
        "largest": {name: round(weight, 6) for name, weight in largest.items()},
    }


def _model_detail(book: RiskBook, model: GreekTotals) -> dict[str, object]:
    dollars = [found for line in book.lines if (found := line.dollars(MODEL)) is not None]
    totals = {name: round(getattr(model.greeks, name), 4) for name in ("delta", "gamma", "theta", "vega", "rho")}
    adjusted = {
        "long": round(sum(one for one in dollars if one > 0), 2),
        "short": round(-sum(one for one in dollars if one < 0), 2),
        "unknown": len(book.lines) - len(dollars),
    }
    return {"totals": totals, "left_out": len(model.left_out), "delta_adjusted": adjusted}


def _factor_detail(
    book: RiskBook, weighed: Weighed, numbers: FactorNumbers | None, row: int, scores: dict[int, float]
) -> dict[str, object]:
    short_interest = factors.compute_short_interest(book, MOCK, scores).exposure
    if numbers is None or weighed.reason:
        return {"reason": weighed.reason, "short_interest": short_interest}
    names = [FACTORS[place].name for place in book.market.factors.places]
    split = split_volatility(numbers.variance[row], numbers.specific[row])
    return {
        "betas": {name: known(beta) for name, beta in zip(names, numbers.beta[row].tolist(), strict=True)},
        "coverage": round(weighed.coverage, 6),
        "r_squared": known(numbers.r_squared[row]),
        "volatility": None if split is None else split.total,
        "factor_share": None if split is None else split.factor_share,
        "short_interest": short_interest,
    }
