"""Books as the risk services compute with them: positions with price, spot, volatility and Greeks of both sources.

One reading serves any number of books: a page's one and the batch's hundreds take the same way, so they agree.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Lower

from portfolios.kernels.greeks import Greeks, GreekSource
from portfolios.kernels.positions import ZERO, PositionType
from portfolios.models import CashFlow, Position, PositionSplit, PositionTag
from portfolios.valuation.closes import SESSIONS_PER_YEAR
from universe.models import Membership, UniverseRun
from universe.selectors import current_run

from .market import Market, daily_rate, load_market
from .pricing import UNLISTED, Priced, price_positions
from .records import Basis, Missing
from .views import View

_FIELDS = (
    "pk",
    "portfolio_id",
    "symbol",
    "underlying_symbol",
    "position_type",
    "quantity",
    "multiplier",
    "deliverable_shares",
    "deliverable_cash",
    "strike_price",
    "expiration_date",
    "instrument_id",
    "entry_price",
    "last_price",
    "last_price_at",
    "last_price_source",
    "market_value",
)


_KINDS = {kind.value: kind for kind in PositionType}


@dataclass(frozen=True, slots=True)
class Held:
    """One position as stored. split: what a close of the view's session is multiplied by to stand on its share basis.

    That is 1 unless the position was split after the session looked at.
    """

    pk: uuid.UUID
    portfolio_id: uuid.UUID
    symbol: str
    underlying: str
    kind: PositionType
    quantity: Decimal
    multiplier: Decimal
    deliverable_shares: Decimal
    deliverable_cash: Decimal
    strike: Decimal | None
    expiration: dt.date | None
    instrument_id: int | None
    entry_price: Decimal
    last_price: Decimal | None
    last_price_at: dt.datetime | None
    last_price_source: str
    market_value: Decimal | None
    split: float = 1.0


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a position is by one source. delta: of one share of the contract as its holder sees it, 1 for stock.

    dollars: delta-adjusted exposure, the stock that moves like the position, negative if it gains on a fall.
    """

    delta: float | None
    dollars: float | None


@dataclass(frozen=True, slots=True)
class RiskLine:
    """One position with everything known of it: as stored, as priced, its sector and the names of its tags.

    key: its id; shares: behind the whole position, positive.
    """

    key: str
    held: Held
    priced: Priced
    shares: float
    mock_weight: Weight
    model_weight: Weight
    sector: str | None
    tags: tuple[str, ...]

    @property
    def mock(self) -> Greeks:
        """By the requirement's table."""
        return self.priced.mock

    def greeks(self, source: GreekSource) -> Greeks | None:
        """Its Greeks of a source; None where the model lacks an input."""
        return self.priced.mock if source is GreekSource.MOCK else self.priced.model

    def delta(self, source: GreekSource) -> float | None:
        """Delta of one share by a source."""
        return (self.mock_weight if source is GreekSource.MOCK else self.model_weight).delta

    def dollars(self, source: GreekSource) -> float | None:
        """Delta-adjusted dollars by a source."""
        return (self.mock_weight if source is GreekSource.MOCK else self.model_weight).dollars


def make_line(held: Held, priced: Priced, sector: str | None = None, tags: tuple[str, ...] = ()) -> RiskLine:
    """A position with its weights."""
    shares = float(held.quantity * held.deliverable_shares)
    # the mock table knows contracts only: an adjusted one has the delta per share of any other
    mock = _weigh(held, priced.spot, shares, priced.mock, float(held.quantity))
    model = _weigh(held, priced.spot, shares, priced.model, shares / 100)
    return RiskLine(str(held.pk), held, priced, shares, mock, model, sector, tags)


def _weigh(held: Held, spot: float | None, shares: float, greeks: Greeks | None, units: float) -> Weight:
    sign = held.kind.sign
    if not held.kind.is_option:
        delta = 1.0
    elif greeks is None or not units:
        return Weight(None, None)
    else:
        delta = sign * greeks.delta / units
    return Weight(delta, None if spot is None else sign * delta * shares * spot)


@dataclass(frozen=True, slots=True)
class Universe:
    """The universe run in force. sectors and short: by instrument id, as far as the run looked at it."""

    run: UniverseRun | None
    sectors: dict[int, str]
    free_float: dict[int, float]
    short_percent: dict[int, float]


@dataclass(frozen=True, slots=True, eq=False)
class RiskBook:
    """One book at a view. cash in dollars; market and universe are shared by all books that were loaded together."""

    portfolio_id: uuid.UUID
    view: View
    cash: float
    lines: tuple[RiskLine, ...]
    market: Market
    universe: Universe

    @property
    def total_value(self) -> float:
        """cash + long - short."""
        return self.cash + sum(line.priced.market_value for line in self.lines)

    def basis(self, source: GreekSource) -> Basis:
        """What answers about this book stand on."""
        return Basis(
            session=self.view.session,
            as_of=self.view.known_at,
            live=self.view.live,
            simulated=self.market.simulated,
            greeks=source,
            total_value=self.total_value,
            cash=self.cash,
            positions=len(self.lines),
            unpriced=tuple(line.held.symbol for line in self.lines if line.priced.source == "entry"),
            rate=daily_rate() * SESSIONS_PER_YEAR,
        )

    def net_dollars(self, source: GreekSource) -> tuple[dict[int, float], float, tuple[Missing, ...]]:
        """Net delta-adjusted dollars per instrument, the gross of all positions that have any, and what has none."""
        net: dict[int, float] = defaultdict(float)
        missing, gross = [], 0.0
        for line in self.lines:
            dollars = line.dollars(source)
            if dollars is None:
                missing.append(Missing(line.key, line.held.symbol, "delta-adjusted exposure", line.priced.why(source)))
                continue
            gross += abs(dollars)
            if line.held.instrument_id is None:
                missing.append(Missing(line.key, line.held.symbol, "returns", UNLISTED))
            else:
                net[line.held.instrument_id] += dollars
        return net, gross, tuple(missing)


def load_books(
    portfolio_ids: Iterable[uuid.UUID], view: View, market: Market | None = None, universe: Universe | None = None
) -> dict[uuid.UUID, RiskBook]:
    """Each book at the view; a dozen statements for any number of them, fewer with a market that was loaded before.

    market must hold every instrument of the books.
    """
    ids = list(portfolio_ids)
    held = _load_positions(ids, view)
    instruments = {one.instrument_id for one in held if one.instrument_id is not None}
    market = market or load_market(view, instruments)
    universe = universe or load_universe(view, instruments)
    tags = _load_tags(ids, view)
    cash = _load_cash(ids, view)
    lines: dict[uuid.UUID, list[RiskLine]] = defaultdict(list)
    for one, priced in zip(held, price_positions(held, market), strict=True):
        sector = universe.sectors.get(one.instrument_id) if one.instrument_id is not None else None
        lines[one.portfolio_id].append(make_line(one, priced, sector, tags.get(one.pk, ())))
    return {pk: RiskBook(pk, view, cash.get(pk, 0.0), tuple(lines[pk]), market, universe) for pk in ids}


def held_instruments(portfolio_ids: Sequence[uuid.UUID], view: View) -> set[int]:
    """Every instrument that any of these books holds at the view; one statement."""
    rows = _positions(portfolio_ids, view).filter(instrument__isnull=False)
    return set(rows.order_by().values_list("instrument_id", flat=True).distinct())


def load_universe(view: View, instrument_ids: Iterable[int]) -> Universe:
    """What the run known at the view decided about these instruments; two statements."""
    run = current_run(None if view.live else view.known_at)
    if run is None:
        return Universe(None, {}, {}, {})
    rows = list(
        Membership.objects.filter(run=run, instrument__in=list(instrument_ids)).values_list(
            "instrument_id", "sector", "free_float", "short_percent"
        )
    )
    return Universe(
        run,
        {pk: sector for pk, sector, _, _ in rows if sector},
        {pk: shares for pk, _, shares, _ in rows if shares is not None},
        {pk: percent for pk, _, _, percent in rows if percent is not None},
    )


def _positions(portfolio_ids: Sequence[uuid.UUID], view: View) -> QuerySet[Position]:
    known = Q(created_at__lte=view.known_at) & (Q(deleted_at__isnull=True) | Q(deleted_at__gt=view.known_at))
    open_then = Q(closed_on__isnull=True) | Q(closed_on__gt=view.day)
    rows = Position.objects.filter(portfolio__in=portfolio_ids)
    return rows.filter(known, open_then, entry_date__lte=view.day)


def _load_positions(portfolio_ids: Sequence[uuid.UUID], view: View) -> list[Held]:
    rows = _positions(portfolio_ids, view).order_by("symbol", "entry_date", "pk").values_list(*_FIELDS)
    splits = {} if view.live else _later_splits(portfolio_ids, view)
    found: list[list[Any]] = [[*row[:4], _KINDS[row[4]], *row[5:], splits.get(row[0], 1.0)] for row in rows]
    return [Held(*one) for one in found]


def _later_splits(portfolio_ids: Sequence[uuid.UUID], view: View) -> dict[uuid.UUID, float]:
    """What takes a price of the view's session to the share basis that each position has now."""
    factors: dict[uuid.UUID, float] = {}
    rows = PositionSplit.objects.filter(position__portfolio__in=portfolio_ids, execution_date__gt=view.session)
    for pk, before, after in rows.values_list("position_id", "split_from", "split_to"):
        factors[pk] = factors.get(pk, 1.0) * float(before / after)
    return factors


def _load_tags(portfolio_ids: Sequence[uuid.UUID], view: View) -> dict[uuid.UUID, tuple[str, ...]]:
    rows = PositionTag.objects.filter(position__portfolio__in=portfolio_ids, created_at__lte=view.known_at)
    rows = rows.filter(Q(tag__deleted_at__isnull=True) | Q(tag__deleted_at__gt=view.known_at))
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for pk, name in rows.order_by(Lower("tag__name")).values_list("position_id", "tag__name"):
        found[pk].append(name)
    return {pk: tuple(names) for pk, names in found.items()}


def _load_cash(portfolio_ids: Sequence[uuid.UUID], view: View) -> dict[uuid.UUID, float]:
    """Cash at the end of the view's day, as known then."""
    known = Q(created_at__lte=view.known_at) & (Q(deleted_at__isnull=True) | Q(deleted_at__gt=view.known_at))
    flows = CashFlow.objects.filter(known, portfolio__in=portfolio_ids, flowed_on__lte=view.day)
    rows = flows.order_by().values_list("portfolio_id").annotate(cash=Sum("amount"))
    return {pk: float(cash or ZERO) for pk, cash in rows}
