"""What a book is exposed to, from loaded positions. Source: methods.md 8.2; kernels.exposures has the arithmetic."""

from __future__ import annotations

from django.db.models import Count, Sum

from portfolios.kernels.exposures import (
    BookExposure,
    ExposureLine,
    Sides,
    compute_active_weights,
    compute_concentration,
    compute_exposure,
)
from portfolios.kernels.greeks import GreekSource
from sentiment_site.market.sectors import SECTOR_BY_KEY
from universe.models import UniverseRun

from .loading import RiskBook, RiskLine
from .records import Exposures, MarketBeta, Missing, SectorWeight

TOP = 10


def compute(book: RiskBook, source: GreekSource) -> Exposures:
    """Every exposure of the book with deltas of one source."""
    market, total_value = book.market, book.total_value
    lines, missing = exposure_lines(book, source, market.benchmark)
    exposure = compute_exposure(lines, total_value, source)
    concentration = compute_concentration(lines)
    shares, universe_by = universe_shares(book.universe.run)
    return Exposures(
        basis=book.basis(source),
        exposure=exposure,
        benchmark=market.benchmark,
        betas=tuple(weigh_market(book, source, benchmark) for benchmark in market.betas),
        concentration=concentration,
        top_ten=concentration.top(TOP),
        sector_weights=_sector_weights(exposure, total_value, shares),
        universe_by=universe_by,
        missing=missing,
    )


def exposure_lines(
    book: RiskBook, source: GreekSource, benchmark: str
) -> tuple[list[ExposureLine], tuple[Missing, ...]]:
    """Positions as the kernel wants them, and what they lack. Without a spot a position counts in money only."""
    lines, missing = [], []
    for line in book.lines:
        delta = None if line.priced.spot is None else line.delta(source)
        beta = book.market.beta(line.held.instrument_id, benchmark) if benchmark else None
        lines.append(_line(line, delta, beta))
        if line.priced.spot is None:
            missing.append(Missing(line.key, line.held.symbol, "notional", line.priced.no_spot))
        if delta is None:
            missing.append(Missing(line.key, line.held.symbol, "delta", line.priced.why(source)))
        if beta is None:
            missing.append(Missing(line.key, line.held.symbol, "beta", _why_no_beta(benchmark)))
    return lines, tuple(missing)


def universe_shares(run: UniverseRun | None) -> tuple[dict[str, float], str]:
    """Each sector's share of the universe by market value, or by number where no value is known; one statement."""
    if run is None:
        return {}, ""
    members = run.memberships.filter(eligible=True).exclude(sector="").order_by()
    rows = list(members.values_list("sector").annotate(Sum("market_cap"), Count("pk")))
    by_value = all(value for _, value, _ in rows)
    sizes = {sector: float(value if by_value else count) for sector, value, count in rows}
    total = sum(sizes.values())
    return {sector: size / total for sector, size in sizes.items()}, "market value" if by_value else "number of stocks"


def _line(line: RiskLine, delta: float | None, beta: float | None) -> ExposureLine:
    return ExposureLine(
        key=line.key,
        underlying=line.held.underlying,
        kind=line.held.kind,
        market_value=line.priced.market_value,
        notional=0.0 if line.priced.spot is None else line.shares * line.priced.spot,
        delta=delta,
        beta=beta,
        sector=line.sector,
        tags=line.tags,
    )


def weigh_market(book: RiskBook, source: GreekSource, benchmark: str) -> MarketBeta:
    """The book in dollars of a benchmark; unknown holds the keys of the positions it could not count."""
    amounts: list[float] = []
    unknown: list[str] = []
    for line in book.lines:
        dollars, beta = line.dollars(source), book.market.beta(line.held.instrument_id, benchmark)
        if dollars is None or beta is None:
            unknown.append(line.key)
        else:
            amounts.append(dollars * beta)
    long, short = sum(one for one in amounts if one > 0), -sum(one for one in amounts if one < 0)
    sides = Sides(long, short, tuple(unknown))
    weighable = book.total_value > 0 and not unknown
    return MarketBeta(benchmark, sides, sides.net / book.total_value if weighable else None)


def _sector_weights(exposure: BookExposure, total_value: float, shares: dict[str, float]) -> tuple[SectorWeight, ...]:
    if not total_value > 0 or not shares:
        return ()
    active = compute_active_weights(exposure.by_sector, total_value, shares)
    return tuple(
        SectorWeight(
            sector=sector,
            title=SECTOR_BY_KEY[sector].title if sector in SECTOR_BY_KEY else "Unknown",
            held=difference + shares.get(sector, 0.0),
            universe=shares.get(sector, 0.0),
            active=difference,
        )
        for sector, difference in active.items()
    )


def _why_no_beta(benchmark: str) -> str:
    return f"fewer than 60 returns beside {benchmark}" if benchmark else "no benchmark has bars here"
