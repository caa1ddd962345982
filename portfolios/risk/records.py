"""What the risk services answer with: plain records for pages, API and batch.

Dollars are float64 (the cents of a book are in its snapshots), shares are fractions, volatilities are per year. None is
unknown, with a reason beside it; it is never 0. Positions are named by their id as text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from portfolios.kernels.clusters import CorrelationMap
from portfolios.kernels.exposures import BookExposure, Concentration, Sides
from portfolios.kernels.greeks import Greeks, GreekSource
from portfolios.kernels.light import LitBook, LitLine
from portfolios.kernels.ratios import PerformanceRatios
from portfolios.kernels.stress import Scenario

NO_READING = "no reading"


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that could not be computed. key: the position's id, "" where it is none; what: which number."""

    key: str
    symbol: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer stands on.

    session: the last session whose closes entered; as_of: the moment whose knowledge it is; live: that moment is now.
    simulated: the bars are the simulator's, None where there are no bars. greeks: whose deltas weigh the positions.
    total_value: cash + long - short in dollars. unpriced: symbols that stand at their entry price. rate: risk-free,
    per year.
    """

    session: dt.date
    as_of: dt.datetime
    live: bool
    simulated: bool | None
    greeks: GreekSource
    total_value: float
    cash: float
    positions: int
    unpriced: tuple[str, ...]
    rate: float


@dataclass(frozen=True, slots=True)
class GreekLine:
    """One position's Greeks by both sources, side by side, scaled to its size (a contract, or 100 shares, counts 1).

    spot: dollars per share of the underlying; model, dollar deltas: None where the input is missing. volatility_source:
    implied (from the option's own price), ewma (of the underlying), "" for stock and where there is none; note: why
    not better.
    """

    key: str
    symbol: str
    underlying: str
    position_type: str
    quantity: Decimal
    expiration: dt.date | None
    strike: float | None
    spot: float | None
    mock: Greeks
    model: Greeks | None
    mock_dollar_delta: float | None
    model_dollar_delta: float | None
    volatility: float | None
    volatility_source: str
    note: str


@dataclass(frozen=True, slots=True)
class GreekTotals:
    """Sums of one source. dollar_delta: dollars gained per 100 % that every underlying rises.

    left_out: symbols of positions without Greeks of this source; no_spot: those that the dollar delta lacks.
    """

    greeks: Greeks
    dollar_delta: float
    positions: int
    left_out: tuple[str, ...]
    no_spot: tuple[str, ...]

    @property
    def source(self) -> GreekSource:
        """Whose Greeks."""
        return self.greeks.source


@dataclass(frozen=True, slots=True)
class BookGreeks:
    """Both sources of a book, never in one sum."""

    basis: Basis
    lines: tuple[GreekLine, ...]
    mock: GreekTotals
    model: GreekTotals
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class MarketBeta:
    """The book in dollars of one benchmark. beta: its net over total value; None without capital or with an unknown."""

    benchmark: str
    weighted: Sides
    beta: float | None


@dataclass(frozen=True, slots=True)
class SectorWeight:
    """Net market value of a sector over total value, the universe's share of it, and the difference; fractions."""

    sector: str
    title: str
    held: float
    universe: float
    active: float


@dataclass(frozen=True, slots=True)
class Exposures:
    """All exposures of a book. benchmark: whose betas `exposure` weighs with, "" when no benchmark has bars.

    betas: the same to every benchmark that has bars. top_ten: share of gross in the ten largest underlyings.
    sector_weights: empty without capital or a universe; universe_by: "market value" or "number of stocks".
    """

    basis: Basis
    exposure: BookExposure
    benchmark: str
    betas: tuple[MarketBeta, ...]
    concentration: Concentration
    top_ten: float
    sector_weights: tuple[SectorWeight, ...]
    universe_by: str
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class FactorLine:
    """One of the eight factors. used: it is in the regression; reason: why not.

    beta with its 95 % band (low, high) and standard_error: jointly with the others, by ridge. alone: one factor at a
    time, only "exposure to", never to be added up. vif: variance inflation, None beyond measure. dollars: beta times
    total value. share: of the book's variance.
    """

    name: str
    description: str
    proxy: str
    factor_type: str
    used: bool
    reason: str
    beta: float | None = None
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    alone: float | None = None
    vif: float | None = None
    dollars: float | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class VolatilitySplit:
    """Volatility per year as fractions of total value: total^2 = factor^2 + specific^2.

    factor_share: of the variance. value_at_risk: 95 % of one session in a normal world, a positive fraction.
    """

    total: float
    factor: float
    specific: float
    factor_share: float
    value_at_risk: float


@dataclass(frozen=True, slots=True)
class ShortInterestView:
    """The custom factor. exposure: sum of weight times z-score of short interest in the universe (clipped to 3).

    weighed: share of gross that has a score. days: sessions for which its return is known; in_regression: whether it
    is one of the factors; reason: why not.
    """

    exposure: float | None
    weighed: float
    days: int
    in_regression: bool
    reason: str


@dataclass(frozen=True, slots=True)
class FactorView:
    """A book's factor betas. reason: why there are none, "" where there are.

    observations: fewest of any position; common: sessions that all positions know, on which r_squared rests. coverage:
    share of gross delta-adjusted exposure that entered; missing: the rest. short_sample: fewer observations than the
    120 that are recommended. condition: of the factors, None beyond measure.
    """

    basis: Basis
    factors: tuple[FactorLine, ...]
    reason: str
    penalty: float
    observations: int
    common: int
    short_sample: bool
    r_squared: float | None
    condition: float | None
    coverage: float
    volatility: VolatilitySplit | None
    short_interest: ShortInterestView
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Beta and alpha of the book's stored returns against one benchmark."""

    symbol: str
    beta: float | None
    alpha: float | None
    observations: int


@dataclass(frozen=True, slots=True)
class RatioView:
    """Ratios of the stored snapshots. first and last: sessions of the returns. reasons: why a ratio is empty, by name.

    peak, trough, recovery: days of the deepest drawdown; peak None is the start, recovery None not yet. expected_beta:
    from the positions held (ex ante), beside the realised one.
    """

    basis: Basis
    ratios: PerformanceRatios
    first: dt.date | None
    last: dt.date | None
    benchmarks: tuple[Benchmark, ...]
    expected_beta: float | None
    peak: dt.date | None
    trough: dt.date | None
    recovery: dt.date | None
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClusterView:
    """Correlation clusters over underlyings, weights being net delta-adjusted shares of total value (or of gross)."""

    basis: Basis
    map: CorrelationMap
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class StressLineResult:
    """One position under a scenario; pnl in dollars."""

    key: str
    symbol: str
    pnl: float


@dataclass(frozen=True, slots=True)
class StressOutcome:
    """The book under one scenario. pct: of total value. lines: worst first; missing: what could not be stressed."""

    scenario: Scenario
    pnl: float
    pct: float | None
    lines: tuple[StressLineResult, ...]
    by_sector: Mapping[str, float]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class StressView:
    """Every scenario asked for, in order. benchmark: whose betas carry a market move, "" for none."""

    basis: Basis
    benchmark: str
    outcomes: tuple[StressOutcome, ...]


@dataclass(frozen=True, slots=True)
class StockReading:
    """What is known of one stock beside its sector. reasons: by field name, why it is None.

    free_float: shares; short_percent: percent of the float; days_to_cover: sessions of average volume; halted_since:
    None where trading. temperature, squeeze and manipulation: of the theme room.
    """

    free_float: float | None = None
    short_percent: float | None = None
    days_to_cover: float | None = None
    halted_since: dt.datetime | None = None
    theme: str | None = None
    temperature: str | None = None
    squeeze: float | None = None
    manipulation: float | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LitPosition:
    """A position beside its sector's light and its stock's readings. dollars: delta-adjusted, negative if bearish."""

    key: str
    symbol: str
    underlying: str
    position_type: str
    sector: str | None
    dollars: float
    lit: LitLine
    stock: StockReading


@dataclass(frozen=True, slots=True)
class LitView:
    """The book and the light. light_as_of: market time of the light's newest run, None before the first.

    light_simulated: that run was made from simulated prices. reason: why there is no light, "" where there is.
    """

    basis: Basis
    book: LitBook
    positions: tuple[LitPosition, ...]
    light_as_of: dt.datetime | None
    light_simulated: bool | None
    reason: str
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class BookRisk:
    """Everything at once, from one reading of the book: what the risk page shows."""

    greeks: BookGreeks
    exposures: Exposures
    factors: FactorView
    ratios: RatioView
    clusters: ClusterView
    stress: StressView
    light: LitView
