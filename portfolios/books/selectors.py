"""Reads of a book: its totals, and its positions, tags, flows and imports as lists."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, F, Min, Prefetch, Q, QuerySet, Sum, When
from django.db.models.functions import Lower

from portfolios.access import flows_of, imports_of, positions_of, tags_of
from portfolios.kernels.positions import CENT, ZERO
from portfolios.models import CashFlow, ImportBatch, Portfolio, PortfolioSnapshot, Position, Tag
from portfolios.models.books import FlowKind
from sentiment_site.market.calendar import NEW_YORK
from universe.models import Membership
from universe.selectors import current_run

OWNED = ("LONG", "LC", "LP")
EXACT: DecimalField[Any, Any] = DecimalField(max_digits=60, decimal_places=12)
LIVING_TAGS = Prefetch(
    "tags", queryset=Tag.objects.filter(deleted_at__isnull=True).order_by(Lower("name")), to_attr="living_tags"
)


@dataclass(frozen=True, slots=True)
class BookTotals:
    """A book in money, cents. short_value is a magnitude; cash includes the proceeds of what is owed.

    capital: deposits less withdrawals, and positions brought along at cost. income: dividends and interest. fees: paid,
    0 or more. priced_at: when the oldest price in it was made; None when nothing is priced. unpriced: open positions
    that stand at their entry price. Identities: docs/portfolios.md.
    """

    cash: Decimal
    long_value: Decimal
    short_value: Decimal
    capital: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    income: Decimal
    fees: Decimal
    open_positions: int
    closed_positions: int
    unpriced: int
    priced_at: dt.datetime | None

    @property
    def gross_exposure(self) -> Decimal:
        """long + short."""
        return self.long_value + self.short_value

    @property
    def net_exposure(self) -> Decimal:
        """long - short."""
        return self.long_value - self.short_value

    @property
    def total_value(self) -> Decimal:
        """cash + long - short: the equity."""
        return self.cash + self.long_value - self.short_value

    @property
    def total_pnl(self) -> Decimal:
        """Everything earned: realised, unrealised, income, less fees. total_value less capital."""
        return self.realized_pnl + self.unrealized_pnl + self.income - self.fees


def get_totals(portfolio: Portfolio) -> BookTotals:
    """The book now; two statements. Values are summed exactly and rounded once."""
    worth = F("last_price") * F("quantity") * F("multiplier")
    is_open, owned = Q(closed_on__isnull=True), Q(position_type__in=OWNED)
    row = (
        positions_of(portfolio)
        .filter(deleted_at__isnull=True)
        .aggregate(
            long=Sum(worth, filter=is_open & owned, output_field=EXACT),
            short=Sum(worth, filter=is_open & ~owned, output_field=EXACT),
            owned_cost=Sum("cost_basis", filter=is_open & owned),
            owed_cost=Sum("cost_basis", filter=is_open & ~owned),
            realized=Sum("realized_pnl"),
            open=Count("pk", filter=is_open),
            closed=Count("pk", filter=~is_open),
            unpriced=Count("pk", filter=is_open & Q(last_price_at__isnull=True)),
            priced_at=Min("last_price_at", filter=is_open),
        )
    )
    flows = _sum_flows(portfolio)
    long_value, short_value = _cents(row["long"]), _cents(row["short"])
    return BookTotals(
        cash=portfolio.cash,
        long_value=long_value,
        short_value=short_value,
        capital=flows["capital"],
        realized_pnl=row["realized"] or ZERO,
        unrealized_pnl=long_value - short_value - (row["owned_cost"] or ZERO) + (row["owed_cost"] or ZERO),
        income=flows["income"],
        fees=flows["fees"],
        open_positions=row["open"],
        closed_positions=row["closed"],
        unpriced=row["unpriced"],
        priced_at=row["priced_at"],
    )


@dataclass(frozen=True, slots=True)
class PositionFilter:
    """Which positions, in which order. state: open, closed, deleted, all (both not deleted).

    symbol: a ticker, with its options; tags: names, any or all of which it carries; sector: a key of the light's
    sectors; as_of: held at that moment as far as was known then. sort: a name of SORTS, "-" before it descending.
    """

    state: str = "open"
    symbol: str = ""
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    all_tags: bool = False
    sector: str = ""
    expires_by: dt.date | None = None
    sort: str = "symbol"
    as_of: dt.datetime | None = None


SORTS: Mapping[str, str] = {
    "symbol": "symbol",
    "type": "position_type",
    "quantity": "quantity",
    "entry_price": "entry_price",
    "entry_date": "entry_date",
    "last_price": "last_price",
    "market_value": "market_value",
    "pnl": "unrealized_pnl",
    "pnl_pct": "unrealized_pnl_pct",
    "realized": "realized_pnl",
    "closed": "closed_on",
    "expiration": "expiration_date",
    "entered": "created_at",
}
STATES: Mapping[str, Q] = {
    "open": Q(deleted_at__isnull=True, closed_on__isnull=True),
    "closed": Q(deleted_at__isnull=True, closed_on__isnull=False),
    "deleted": Q(deleted_at__isnull=False),
    "all": Q(deleted_at__isnull=True),
}


def list_positions(portfolio: Portfolio, wanted: PositionFilter | None = None) -> QuerySet[Position]:
    """The positions of a filter, with `living_tags` fetched along; two statements whatever their number."""
    wanted = wanted or PositionFilter()
    rows = positions_of(portfolio)
    rows = rows.filter(STATES[wanted.state]) if wanted.as_of is None else _held_at(rows, wanted.as_of)
    if wanted.symbol:
        rows = rows.filter(Q(symbol=wanted.symbol) | Q(underlying_symbol=wanted.symbol))
    if wanted.types:
        rows = rows.filter(position_type__in=wanted.types)
    if wanted.expires_by:
        rows = rows.filter(expiration_date__lte=wanted.expires_by)
    if wanted.sector:
        rows = rows.filter(instrument__in=_in_sector(wanted.sector, wanted.as_of))
    rows = _tagged(rows, portfolio, wanted)
    column = SORTS[wanted.sort.removeprefix("-")]
    order = F(column).desc(nulls_last=True) if wanted.sort.startswith("-") else F(column).asc(nulls_last=True)
    return rows.prefetch_related(LIVING_TAGS).order_by(order, "symbol", "entry_date", "pk")


def get_sectors(positions: Iterable[Position], as_of: dt.datetime | None = None) -> dict[uuid.UUID, str]:
    """Sector key of each position's underlying by the newest universe run (known at as_of); unknown ones left out.

    Two statements whatever their number.
    """
    rows = list(positions)
    run = current_run(as_of)
    ids = {row.instrument_id for row in rows if row.instrument_id}
    if run is None or not ids:
        return {}
    found = Membership.objects.filter(run=run, instrument__in=ids).exclude(sector="")
    sectors: dict[int | None, str] = dict(found.values_list("instrument_id", "sector"))
    return {row.pk: sectors[row.instrument_id] for row in rows if row.instrument_id in sectors}


def list_tags(portfolio: Portfolio, *, deleted: bool = False, tag_type: str = "") -> QuerySet[Tag]:
    """Tags by name: the living ones, or the deleted ones."""
    rows = tags_of(portfolio).filter(deleted_at__isnull=not deleted)
    return (rows.filter(tag_type=tag_type) if tag_type else rows).order_by(Lower("name"), "pk")


def list_flows(
    portfolio: Portfolio,
    *,
    kinds: Iterable[str] = (),
    since: dt.date | None = None,
    until: dt.date | None = None,
    deleted: bool = False,
    as_of: dt.datetime | None = None,
) -> QuerySet[CashFlow]:
    """Cash flows with their positions, newest first; days included. as_of: up to that day, as known at that moment."""
    rows = flows_of(portfolio).select_related("position")
    chosen = list(kinds)
    if chosen:
        rows = rows.filter(kind__in=chosen)
    if since:
        rows = rows.filter(flowed_on__gte=since)
    if until:
        rows = rows.filter(flowed_on__lte=until)
    if as_of is not None:
        rows = rows.filter(_known(as_of), flowed_on__lte=as_of.astimezone(NEW_YORK).date())
    else:
        rows = rows.filter(deleted_at__isnull=not deleted)
    return rows.order_by("-flowed_on", "-created_at", "pk")


def get_cash(portfolio: Portfolio, on: dt.date) -> Decimal:
    """Cash at the end of a day."""
    rows = flows_of(portfolio).filter(deleted_at__isnull=True, flowed_on__lte=on)
    return rows.aggregate(cash=Sum("amount"))["cash"] or ZERO


def sum_external_flows(portfolio: Portfolio, after: dt.date | None, until: dt.date) -> Decimal:
    """Capital that came (or went, negative) on days after `after` up to `until`: the flows of a snapshot."""
    rows = flows_of(portfolio).filter(deleted_at__isnull=True, flowed_on__lte=until)
    rows = rows.filter(kind__in=[FlowKind.DEPOSIT, FlowKind.WITHDRAWAL, FlowKind.TRANSFER])
    if after is not None:
        rows = rows.filter(flowed_on__gt=after)
    return rows.aggregate(capital=Sum(F("amount") + F("in_kind")))["capital"] or ZERO


def get_inception(portfolio: Portfolio) -> dt.date | None:
    """The first day on which the book held or received anything; None for an empty one."""
    first: dt.date | None = flows_of(portfolio).filter(deleted_at__isnull=True).aggregate(day=Min("flowed_on"))["day"]
    return first


def list_held(portfolio: Portfolio, on: dt.date) -> QuerySet[Position]:
    """What was held at the end of a day: entered by then, and not closed by then."""
    rows = positions_of(portfolio).filter(deleted_at__isnull=True, entry_date__lte=on)
    return rows.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=on)).order_by("symbol", "pk")


def list_imports(portfolio: Portfolio) -> QuerySet[ImportBatch]:
    """Uploaded files, newest first, without content and preview."""
    return imports_of(portfolio).defer("content", "preview").order_by("-created_at", "pk")


def living_portfolios() -> QuerySet[Portfolio]:
    """Every book of a living account, for batches; not for anything that a user asked for."""
    return Portfolio.objects.filter(deleted_at__isnull=True, user__deleted_at__isnull=True)


def _sum_flows(portfolio: Portfolio) -> dict[str, Decimal]:
    kind = F("kind")
    group = Case(
        When(kind__in=[FlowKind.DEPOSIT, FlowKind.WITHDRAWAL, FlowKind.TRANSFER], then=F("amount") + F("in_kind")),
        default=F("amount"),
    )
    rows = flows_of(portfolio).filter(deleted_at__isnull=True).values_list(kind).annotate(total=Sum(group))
    sums: dict[str, Decimal] = dict(rows.order_by())
    capital = (FlowKind.DEPOSIT, FlowKind.WITHDRAWAL, FlowKind.TRANSFER)
    return {
        "capital": sum((sums.get(one, ZERO) for one in capital), ZERO),
        "income": sums.get(FlowKind.DIVIDEND, ZERO) + sums.get(FlowKind.INTEREST, ZERO),
        "fees": -sums.get(FlowKind.FEE, ZERO),
    }


def _known(as_of: dt.datetime) -> Q:
    return Q(created_at__lte=as_of) & (Q(deleted_at__isnull=True) | Q(deleted_at__gt=as_of))


def _held_at(rows: QuerySet[Position], as_of: dt.datetime) -> QuerySet[Position]:
    day = as_of.astimezone(NEW_YORK).date()
    held = Q(closed_on__isnull=True) | Q(closed_on__gt=day)
    return rows.filter(_known(as_of), held, entry_date__lte=day)


def _in_sector(sector: str, as_of: dt.datetime | None) -> QuerySet[Membership, Any]:
    run = current_run(as_of)
    rows = Membership.objects.filter(run=run, sector=sector) if run else Membership.objects.none()
    return rows.values("instrument")


def _tagged(rows: QuerySet[Position], portfolio: Portfolio, wanted: PositionFilter) -> QuerySet[Position]:
    if not wanted.tags:
        return rows
    names = {name.lower() for name in wanted.tags}
    living = tags_of(portfolio).filter(deleted_at__isnull=True).alias(small=Lower("name"))
    if not wanted.all_tags:
        carried = living.filter(small__in=names).values("pk")
        return rows.filter(pk__in=Position.tags.through.objects.filter(tag__in=carried).values("position"))
    for name in names:
        carried = living.filter(small=name).values("pk")
        rows = rows.filter(pk__in=Position.tags.through.objects.filter(tag__in=carried).values("position"))
    return rows


def _cents(amount: Decimal | None) -> Decimal:
    return (amount or ZERO).quantize(CENT, ROUND_HALF_EVEN)


def get_snapshot(portfolio: Portfolio, day: dt.date, known_at: dt.datetime | None = None) -> PortfolioSnapshot | None:
    """The newest snapshot of that day or an earlier one, as far as it was known at a moment."""
    rows = PortfolioSnapshot.objects.filter(portfolio=portfolio, snapshot_date__lte=day)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    return rows.order_by("-snapshot_date").first()
