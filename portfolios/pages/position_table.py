"""The table of positions: one reading of a query for the page, its parts and its CSV, which show the same rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum, prefetch_related_objects
from django.http import QueryDict

from portfolios.books import ledger
from portfolios.books.listing import parse_positions
from portfolios.books.selectors import PositionFilter, get_sectors
from portfolios.kernels.export import Cell, render_csv
from portfolios.kernels.light import LEANINGS
from portfolios.kernels.positions import CENT, STANDARD, Contract
from portfolios.models import Portfolio, Position, PositionType
from sectors.cards import Card
from sectors.selectors import get_grid
from sentiment_site.market.sectors import SECTOR_BY_KEY

from .asking import read_query, short_query

PAGE_SIZE = 100
BEARISH = frozenset({PositionType.SHORT, PositionType.LP, PositionType.SC})
PAST_PRICE = "prices of then are not kept by position: the day's snapshot has what the book was worth"
UNPRICED = "nothing has priced it yet: it stands at its entry price"
CLOSED_VALUE = "closed"
# (sort key, heading, numeric, what it means, class: what is hidden where there is no room)
COLUMNS: tuple[tuple[str, str, bool, str, str], ...] = (
    ("symbol", "Symbol", False, "", ""),
    ("type", "Type", False, "", ""),
    ("", "Light", False, "The light of the underlying's sector", ""),
    ("quantity", "Quantity", True, "Shares or contracts; the type says whether owned or owed", "narrow-out"),
    ("entry_price", "Entry", True, "Per share or point of premium", "wide"),
    ("entry_date", "Since", False, "", "wide wider"),
    ("last_price", "Last", True, "Newest price, or at which it was closed", "narrow-out"),
    ("market_value", "Value", True, "Negative for what is owed", ""),
    ("pnl", "P&L", True, "Unrealised; realised once closed, before fees", ""),
    ("pnl_pct", "%", True, "P&L in percent of the cost", "narrow-out"),
    ("expiration", "Expires", False, "", "wide"),
)
CSV_COLUMNS = (
    "symbol", "type", "sector", "light", "confidence", "quantity", "entry_price", "entry_date", "last", "last_at",
    "market_value", "pnl", "pnl_pct", "expiration", "closed_on", "tags", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One row. pnl_pct: percent points; missing: why price and value are not there, "" where they are.

    against: the position gains where the light warns of that. notes: what splits and deliverables need said.
    """

    position: Position
    sector: str
    card: Card | None
    against: bool
    last: Decimal | None
    value: Decimal | None
    pnl: Decimal | None
    pnl_pct: Decimal | None
    days_left: int | None
    missing: str
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The symbol, of an option in words: AAPL 18 Dec 26 250 C."""
        row = self.position
        if row.expiration_date is None or row.strike_price is None:
            return row.symbol
        root = row.symbol[:-15]
        strike = f"{row.strike_price.normalize():f}"
        return f"{root} {row.expiration_date.day} {row.expiration_date:%b %y} {strike} {row.option_type[:1]}"

    @property
    def quantity(self) -> str:
        """Without superfluous zeros: 1,250 or 0.5."""
        return f"{self.position.quantity.normalize():,f}"

    @property
    def entry(self) -> str:
        """To the cent, or to a hundredth of one where it has that."""
        return write_price(self.position.entry_price)

    @property
    def price(self) -> str:
        """As entry; "" where it is missing."""
        return "" if self.last is None else write_price(self.last)

    @property
    def tone(self) -> str:
        """The class of its sector's colour."""
        return self.card.colour if self.card and self.card.colour in LEANINGS else "none"


@dataclass(frozen=True, slots=True)
class Sums:
    """All rows of a filter, not only those of the page. Money is None where no row has any."""

    count: int
    value: Decimal | None
    pnl: Decimal | None
    realized: Decimal | None


def parse_table(query: QueryDict) -> PositionFilter:
    """The filter of a query. BadParameter for what cannot be read."""
    return read_query(parse_positions, query)


def list_lines(portfolio: Portfolio, rows: Iterable[Position], as_of: dt.datetime | None) -> list[Line]:
    """Positions with their sector's light, at most six statements whatever their number."""
    found = list(rows)
    sectors = get_sectors(found, as_of)
    grid = get_grid(as_of) if sectors else None
    cards = {card.sector: card for card in grid.cards} if grid else {}
    splits = _splits(found)
    today = ledger.today() if as_of is None else as_of.date()
    return [_line(row, sectors.get(row.pk, ""), cards, splits.get(row.pk, ()), today, as_of) for row in found]


def sum_rows(rows: QuerySet[Position], as_of: dt.datetime | None) -> Sums:
    """Totals of a filter; one statement. In the past there are no prices to add up."""
    totals = rows.order_by().aggregate(
        value=Sum("market_value"), pnl=Sum("unrealized_pnl"), realized=Sum("realized_pnl")
    )
    known = totals if as_of is None else dict.fromkeys(totals)
    return Sums(rows.count(), known["value"], known["pnl"], known["realized"])


def headings(wanted: PositionFilter, query: QueryDict) -> list[dict[str, Any]]:
    """How each column is sorted now and where a click leads; figures start with the largest."""
    active, falling = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    found = []
    for key, title, numeric, meaning, wide in COLUMNS:
        here = key == active
        first = f"-{key}" if numeric else key
        turned = key if falling else f"-{key}"
        found.append(
            {
                "title": title,
                "numeric": numeric,
                "meaning": meaning,
                "wide": wide,
                "sortable": bool(key),
                "aria": ("descending" if falling else "ascending") if here else "none",
                "arrow": ("▼" if falling else "▲") if here else "",
                "query": short_query(query, sort=turned if here else first, page=""),
            }
        )
    return found


def write_price(price: Decimal) -> str:
    """Dollars with two decimals, four where two would hide something."""
    return f"{price:,.2f}" if price == price.quantize(CENT) else f"{price:,.4f}"


def render_table_csv(lines: Iterable[Line]) -> str:
    """The rows as they are shown, safe for spreadsheets."""
    return render_csv(CSV_COLUMNS, (_cells(line) for line in lines))


def _cells(line: Line) -> Sequence[Cell]:
    row, card = line.position, line.card
    at = row.last_price_at if line.last is not None and row.closed_on is None else None
    return (
        row.symbol,
        row.position_type,
        line.sector,
        card.verb if card else "",
        card.confidence if card else None,
        row.sign * row.quantity,
        row.entry_price,
        row.entry_date,
        line.last,
        at.isoformat() if at else "",
        line.value,
        line.pnl,
        line.pnl_pct,
        row.expiration_date,
        row.closed_on,
        ",".join(tag.name for tag in row.living_tags),  # type: ignore[attr-defined]  # prefetched
        row.note,
    )


def _line(
    row: Position,
    sector: str,
    cards: Mapping[str, Card],
    splits: Sequence[str],
    today: dt.date,
    as_of: dt.datetime | None,
) -> Line:
    card = cards.get(sector)
    last, value, pnl, pct, missing = _money(row, past=as_of is not None)
    leaning = LEANINGS.get(card.colour, 0) if card else 0
    bearish = row.position_type in BEARISH
    left = (row.expiration_date - today).days if row.expiration_date and row.closed_on is None else None
    return Line(
        position=row,
        sector=SECTOR_BY_KEY[sector].title if sector in SECTOR_BY_KEY else "",
        card=card,
        against=leaning > 0 if bearish else leaning < 0,
        last=last,
        value=value,
        pnl=pnl,
        pnl_pct=None if pct is None else 100 * pct,
        days_left=left,
        missing=missing,
        notes=(*_deliverable(row), *splits),
    )


def _money(row: Position, *, past: bool) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None, str]:
    """Price, value, P&L, its share of the cost, and why they are missing."""
    if past:
        return None, None, None, None, PAST_PRICE
    if row.closed_on is not None:
        realized = row.realized_pnl
        share = realized / row.cost_basis if realized is not None and row.cost_basis else None
        return row.closing_price, None, realized, share, CLOSED_VALUE
    if row.last_price_at is None:
        return None, row.market_value, None, None, UNPRICED
    return row.last_price, row.market_value, row.unrealized_pnl, row.unrealized_pnl_pct, ""


def _deliverable(row: Position) -> tuple[str, ...]:
    """What a contract delivers where that is not 100 shares."""
    terms = Contract(row.multiplier, row.deliverable_shares, row.deliverable_cash)
    if not row.is_option or (terms == STANDARD and not row.deliverable_note):
        return ()
    shares = f"{row.deliverable_shares.normalize():f} {row.underlying_symbol}"
    cash = f" and ${row.deliverable_cash:,.2f}" if row.deliverable_cash else ""
    words = f": {row.deliverable_note}" if row.deliverable_note else ""
    return (f"adjusted: delivers {shares}{cash}, ${row.multiplier.normalize():f} per point{words}",)


def _splits(rows: Sequence[Position]) -> dict[Any, tuple[str, ...]]:
    """In words, by position: what each split that was applied made of it. One statement."""
    prefetch_related_objects(rows, "splits")
    return {
        row.pk: tuple(
            f"split {split} (before: {split.quantity_before.normalize():f} at {split.entry_price_before.normalize():f})"
            for split in sorted(row.splits.all(), key=lambda split: split.execution_date)
        )
        for row in rows
    }
