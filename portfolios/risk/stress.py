"""A book under scenarios: the standing ones, each sector and theme it holds, and whatever a caller makes up.

A theme's shock moves the stocks that belonged to it at the view's moment, each by its closeness; a caller's own is a
list of symbols with their moves. Source: product.md row 83; kernels.stress reprices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.conf import settings

from portfolios.kernels.greeks import GreekSource
from portfolios.kernels.stress import SCENARIOS, Scenario, StressLine, ThemeShock, compute_stress
from sentiment_site.market.sectors import SECTOR_BY_KEY
from themes.models import Theme
from themes.selectors import themes_of

from .loading import RiskBook, RiskLine
from .records import Missing, StressLineResult, StressOutcome, StressView

SECTOR_MOVE = -0.10
THEME_MOVE = 0.20  # either way: a story that breaks hurts longs, one that runs hurts shorts
THEMES_MAX = 5


def shock(name: str, moves: Mapping[str, float]) -> Scenario:
    """A named shock as a scenario: each symbol moves by its own fraction, everything else stands."""
    return Scenario(name, theme=ThemeShock(name, 1.0, dict(moves)))


def standing_scenarios(book: RiskBook) -> tuple[Scenario, ...]:
    """The kernel's scenarios, and every sector of the book 10 % down."""
    held = sorted({line.sector for line in book.lines if line.sector})
    sectors = tuple(
        Scenario(f"{SECTOR_BY_KEY[key].title if key in SECTOR_BY_KEY else key} -10 %", sectors={key: SECTOR_MOVE})
        for key in held
    )
    return SCENARIOS + sectors + theme_scenarios(book)


def theme_scenarios(book: RiskBook) -> tuple[Scenario, ...]:
    """The five living themes with most of the book's dollars in them, down and up. One statement.

    A member moves by its membership score (0..1) times the theme's move, what runs in sympathy likewise.
    """
    held: defaultdict[int, list[RiskLine]] = defaultdict(list)
    for line in book.lines:
        if line.held.instrument_id is not None:
            held[line.held.instrument_id].append(line)
    members: defaultdict[Theme, dict[str, float]] = defaultdict(dict)
    sympathy: defaultdict[Theme, dict[str, float]] = defaultdict(dict)
    dollars: defaultdict[Theme, float] = defaultdict(float)
    for instrument_id, memberships in themes_of(list(held), None if book.view.live else book.view.known_at).items():
        for one in memberships:
            weights = (sympathy if one.is_sympathy else members)[one.theme]
            for line in held[instrument_id]:
                weights[line.held.underlying] = one.score
                dollars[one.theme] += one.score * abs(line.priced.market_value)
    largest = sorted(dollars, key=lambda theme: (-dollars[theme], str(theme)))[:THEMES_MAX]
    return tuple(
        Scenario(f"{theme} {100 * move:+.0f} %", theme=ThemeShock(str(theme), move, members[theme], sympathy[theme]))
        for theme in largest
        for move in (-THEME_MOVE, THEME_MOVE)
    )


def compute(book: RiskBook, scenarios: Sequence[Scenario] | None, source: GreekSource) -> StressView:
    """Every scenario in order; None: the standing ones. Options are repriced by the model whatever `source` is."""
    benchmark = book.market.benchmark
    asked = standing_scenarios(book) if scenarios is None else tuple(scenarios)
    stressed = [line for line in book.lines if line.priced.spot is not None]
    lines = [_line(book, line, benchmark) for line in stressed]
    return StressView(
        basis=book.basis(source),
        benchmark=benchmark,
        outcomes=tuple(_outcome(book, lines, scenario) for scenario in asked),
    )


def _line(book: RiskBook, line: RiskLine, benchmark: str) -> StressLine:
    held, priced = line.held, line.priced
    return StressLine(
        key=line.key,
        underlying=held.underlying,
        kind=held.kind,
        shares=line.shares,
        spot=priced.spot or 0.0,
        beta=book.market.beta(held.instrument_id, benchmark) if benchmark else None,
        sector=line.sector,
        strike=priced.strike,
        years=priced.years,
        volatility=priced.volatility,
        rate=settings.RISK_FREE_RATE,
    )


def _outcome(book: RiskBook, lines: Sequence[StressLine], scenario: Scenario) -> StressOutcome:
    result = compute_stress(lines, scenario, book.total_value)
    symbols = {line.key: line.held.symbol for line in book.lines}
    worst = sorted(result.by_position.items(), key=lambda item: (item[1], symbols[item[0]]))
    left_out = set(result.not_stressed)
    missing = [
        Missing(line.key, line.held.symbol, "stress", line.priced.no_spot or _why(line, scenario))
        for line in book.lines
        if line.priced.spot is None or line.key in left_out
    ]
    return StressOutcome(
        scenario=scenario,
        pnl=result.pnl,
        pct=result.pct,
        lines=tuple(StressLineResult(key, symbols[key], pnl) for key, pnl in worst),
        by_sector=dict(sorted(result.by_sector.items())),
        missing=tuple(missing),
    )


def _why(line: RiskLine, scenario: Scenario) -> str:
    if line.held.kind.is_option and line.priced.volatility is None:
        return line.priced.note
    return "its beta is unknown" if scenario.market else line.priced.note
