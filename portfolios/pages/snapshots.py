"""The book day by day, with the proof that the days add up: start + flows + P&L = end."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from portfolios.kernels.export import Cell, render_csv
from portfolios.kernels.positions import ZERO
from portfolios.models import Portfolio, PortfolioSnapshot
from portfolios.valuation.selectors import COLUMNS, list_snapshots
from sentiment_site.live.time_machine import BadParameter, shown_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY

from .asking import is_fragment, list_query, own_book, short_query
from .navigation import render_page
from .parameters import read_page

PAGE_SIZE = 63
PARAMETERS = frozenset({"from", "to", "page", "as_of"})
# as the risk batch stores them: docs/methods/portfolio.md
MEASURES = {
    "market_value": "Value",
    "notional": "Notional",
    "delta_adjusted": "Delta-adjusted",
    "beta_weighted": "Beta-weighted",
}
WORDS = {"hhi": "HHI", "r_squared": "R²", "stock": "Stock", "PUT": "Puts", "CALL": "Calls"}
GROUPS = {"by_sector": "Sector", "by_tag": "Tag", "by_option": "Kind"}


@dataclass(frozen=True, slots=True)
class Row:
    """A day beside the one before. difference: end - (start + flows + P&L), 0 where they add up.

    None where there is no row before it, `why` then says so; pct: percent points.
    """

    snapshot: PortfolioSnapshot
    difference: Decimal | None
    why: str

    @property
    def pct(self) -> Decimal | None:
        """The day's return in percent points."""
        return None if self.snapshot.daily_pnl_pct is None else 100 * self.snapshot.daily_pnl_pct

    @property
    def drawdown(self) -> Decimal | None:
        """The deepest drawdown up to that day in percent points, 0 or less."""
        return None if self.snapshot.max_drawdown is None else 100 * self.snapshot.max_drawdown

    @property
    def holds(self) -> bool:
        """Whether it adds up."""
        return self.difference == 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days of a filter together: what they began with, what came, what was earned, what they ended with."""

    days: int
    start: Decimal
    flows: Decimal
    pnl: Decimal
    end: Decimal

    @property
    def difference(self) -> Decimal:
        """End - (start + flows + P&L)."""
        return self.end - (self.start + self.flows + self.pnl)


@require_safe
@own_book
def index(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The days, newest first; for HTMX the table alone."""
    query = list_query(request)
    since, until = read_days(query)
    as_of = shown_moment(request)
    rows = list_snapshots(portfolio, since, until, as_of)
    page = read_page(query, rows, PAGE_SIZE)
    shown = list(page.object_list)
    context = {
        "page": page,
        "rows": pair(shown, find_before(portfolio, shown, as_of)),
        "stretch": get_stretch(portfolio, rows, as_of),
        "since": since,
        "until": until,
        "stale_from": portfolio.stale_from if as_of is None else None,
        "previous_query": short_query(query, page=str(page.number - 1)),
        "next_query": short_query(query, page=str(page.number + 1)),
        "export_query": short_query(query, page=""),
    }
    if is_fragment(request):
        response = render(request, "portfolios/_snapshots.html", context)
        back = short_query(query)
        response["HX-Push-Url"] = reverse("portfolios:snapshots") + (f"?{back}" if back else "")
        return response
    template = "portfolios/snapshots.html"
    return render_page(request, template, context, portfolio=portfolio, current="snapshots", as_of=as_of)


@require_safe
@own_book
def export(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """Every day of the filter as CSV, newest first, with the difference of its identity."""
    since, until = read_days(list_query(request))
    as_of = shown_moment(request)
    found = list(list_snapshots(portfolio, since, until, as_of))
    rows = pair(found, find_before(portfolio, found, as_of))
    text = render_csv((*COLUMNS, "difference"), (_cells(row) for row in rows))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="snapshots.csv"'
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_safe
@own_book
def day(request: HttpRequest, portfolio: Portfolio, day: str) -> HttpResponse:
    """One day with all that was measured of it; for HTMX without the page around it. 404 for a day without a row."""
    try:
        date = dt.date.fromisoformat(day)
    except ValueError:
        raise Http404("That is no day.") from None
    as_of = shown_moment(request)
    found = list(list_snapshots(portfolio, until=date, as_of=as_of)[:2])
    if not found or found[0].snapshot_date != date:
        raise Http404("There is no row of that day.")
    (row,) = pair(found[:1], found[1] if len(found) > 1 else None)
    after = list_snapshots(portfolio, since=date + dt.timedelta(days=1), as_of=as_of).order_by("snapshot_date")
    context: dict[str, Any] = {
        "row": row,
        "before": found[1] if len(found) > 1 else None,
        "exposures": list_exposures(row.snapshot.exposure_detail),
        "measures": list(MEASURES.values()),
        "detail": list_detail(row.snapshot.exposure_detail),
    }
    if is_fragment(request):
        return render(request, "portfolios/_snapshot.html", context | {"part": True})
    context |= {"after": after.first(), "title": f"{date:%a} {date.day} {date:%b %Y}"}
    template = "portfolios/snapshot.html"
    return render_page(request, template, context, portfolio=portfolio, current="snapshots", as_of=as_of)


def read_days(query: QueryDict) -> tuple[dt.date | None, dt.date | None]:
    """`from` and `to`, both included. BadParameter names what cannot be read."""
    for name in query:
        if name not in PARAMETERS:
            raise BadParameter(name, query.getlist(name)[-1], "unknown parameter")
    return _date(query, "from"), _date(query, "to")


def pair(rows: Sequence[PortfolioSnapshot], before: PortfolioSnapshot | None) -> list[Row]:
    """Each of the rows (newest first) beside the one before it; `before`: the one before the oldest."""
    chain = [*rows, before]
    return [_row(row, previous) for row, previous in itertools.pairwise(chain) if row is not None]


def find_before(
    portfolio: Portfolio, rows: Sequence[PortfolioSnapshot], as_of: dt.datetime | None
) -> PortfolioSnapshot | None:
    """The day before the oldest of the rows; one statement, none for no rows."""
    if not rows:
        return None
    until = rows[-1].snapshot_date - dt.timedelta(days=1)
    return list_snapshots(portfolio, until=until, as_of=as_of).first()


def get_stretch(portfolio: Portfolio, rows: QuerySet[PortfolioSnapshot], as_of: dt.datetime | None) -> Stretch | None:
    """The rows of a filter together, three statements; None without any."""
    newest, oldest = rows.first(), rows.last()
    if newest is None or oldest is None:
        return None
    before = find_before(portfolio, [oldest], as_of)
    sums = rows.order_by().aggregate(flows=Sum("flows"), pnl=Sum("daily_pnl"))
    start = before.total_value if before else ZERO
    return Stretch(rows.count(), start, sums["flows"] or ZERO, sums["pnl"] or ZERO, newest.total_value)


def list_detail(detail: dict[str, Any]) -> list[dict[str, Any]]:
    """What a row stored beside its exposures as tables: a title, and rows of a label and figures in words."""
    return [
        {"title": _label(name), "rows": list(_flatten(part))}
        for name, part in detail.items()
        if isinstance(part, dict) and part and name not in (*MEASURES, *GROUPS)
    ]


def list_exposures(detail: dict[str, Any]) -> list[dict[str, Any]]:
    """The exposures that a row stored: the book, then by sector, tag and option.

    Each row: group ("" for the book), title, positions, and (long, short, unknown) of every one of MEASURES.
    """
    rows = [("", "Whole book", detail)] if "market_value" in detail else []
    for group, title in GROUPS.items():
        parts = detail.get(group) or {}
        rows += [(title, key, part) for key, part in parts.items()]
    return [
        {"group": group, "title": _label(key), "positions": part.get("positions"), "sides": _sides(part)}
        for group, key, part in rows
    ]


def _sides(part: dict[str, Any]) -> list[tuple[float | None, float | None, int]]:
    found = (part.get(name) or {} for name in MEASURES)
    return [(sides.get("long"), sides.get("short"), sides.get("unknown", 0)) for sides in found]


def _label(key: str) -> str:
    return SECTOR_BY_KEY[key].title if key in SECTOR_BY_KEY else WORDS.get(key, key.replace("_", " "))


def _flatten(part: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Rows of label and figure, the largest figures first where all are figures; parts within parts name both."""
    numbers = all(isinstance(value, float) for value in part.values())
    items = sorted(part.items(), key=lambda item: -abs(item[1])) if numbers else part.items()
    for key, value in items:
        label = f"{before}{_label(key)}"
        if isinstance(value, dict):
            yield from _flatten(value, f"{label}: ")
        else:
            yield label, _write(value)


def _write(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int | float):
        return f"{value:,.4f}".rstrip("0").rstrip(".").replace("-", "−")
    return str(value)


def _row(row: PortfolioSnapshot, before: PortfolioSnapshot | None) -> Row:
    if row.daily_pnl is None:
        return Row(row, None, "no P&L was measured that day")
    start = before.total_value if before else ZERO
    difference = row.total_value - (start + row.flows + row.daily_pnl)
    if before is None and difference != 0:
        return Row(row, None, "the row before it is not there")
    return Row(row, difference, "")


def _date(query: QueryDict, name: str) -> dt.date | None:
    value = query.get(name, "")
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        raise BadParameter(name, value, "a date such as 2026-08-21") from None


def _cells(row: Row) -> Sequence[Cell]:
    return (*(getattr(row.snapshot, name) for name in COLUMNS), row.difference)
