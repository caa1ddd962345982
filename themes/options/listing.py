"""One reading of thresholds, filters, sort and page for the board, its CSV and the API; docs/themes-options.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Abs

from sentiment_site.live.sorting import Sorted
from sentiment_site.market.sectors import SECTOR_BY_KEY
from themes.kernels.confluence import COMPONENTS
from themes.models import ConfluencePass, ConfluenceScore
from universe.models import Membership
from universe.selectors import current_run

from .passes import get_thresholds
from .selectors import list_scores

DEFAULT_SORT: Final = "-score"
PAGE_SIZES: Final = (50, 100, 250)
LONGEST_SEARCH: Final = 60
SHOWN: Final = {"": "all", "minimum": "at the minimum", "high": "high"}
SIDES: Final = {"": "both", "bullish": "bullish", "bearish": "bearish"}
PARTS: Final = {
    "": "any",
    "3": "all three",
    "2": "two or more",
    "options": "with options",
    "sentiment": "with sentiment",
}
# key -> (heading, meaning, numeric, database path)
COLUMNS: Final[Mapping[str, tuple[str, str, bool, str]]] = {
    "symbol": ("Symbol", "", False, "symbol"),
    "score": ("Confluence", "How much the parts agree, 0 to 1", True, "confluence_score"),
    "bias": ("Bias", "Which way, -1 bearish to +1 bullish", True, "directional_bias"),
    "agreement": ("Agree", "Share of the parts' strength that points one way", True, "agreement"),
    "technical": ("Chart", "Technical score and what it contributes", True, "technical_score"),
    "sentiment": ("Written", "What people write, options left out, and what it contributes", True, "sentiment_score"),
    "options": ("Options", "Options flow and what it contributes", True, "options_flow_score"),
    "confidence": ("Sure", "Confidence: weight and quality of the known parts", True, "confidence"),
}
PARAMETERS: Final = ("q", "show", "side", "parts", "sector", "minimum", "high", "sort", "page", "size", "as_of")


class BadListing(ValueError):
    """A parameter that cannot be read."""

    def __init__(self, parameter: str, value: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter, self.value, self.message = parameter, value, message


@dataclass(frozen=True, slots=True)
class Listing(Sorted):
    """What is asked for. minimum, high: thresholds of this view, None: as configured. sort: of COLUMNS, "-" down."""

    q: str = ""
    show: str = ""
    side: str = ""
    parts: str = ""
    sector: str = ""
    minimum: float | None = None
    high: float | None = None
    sort: str = DEFAULT_SORT
    page: int = 1
    size: int = PAGE_SIZES[0]

    @property
    def thresholds(self) -> tuple[float, float]:
        """minimum and high in force for this view."""
        configured = get_thresholds()
        least = configured.minimum if self.minimum is None else self.minimum
        return least, configured.high if self.high is None else self.high

    def query(self, **changed: str | int) -> str:
        """The address's query with some parts changed, defaults and the page left out unless given."""
        given: dict[str, object] = {
            "q": self.q, "show": self.show, "side": self.side, "parts": self.parts, "sector": self.sector,
            "minimum": "" if self.minimum is None else f"{self.minimum:g}",
            "high": "" if self.high is None else f"{self.high:g}",
            "sort": self.sort, "size": self.size,
        } | changed  # fmt: skip
        plain = {"sort": DEFAULT_SORT, "size": PAGE_SIZES[0], "page": 1}
        return urlencode({name: value for name, value in given.items() if value != "" and plain.get(name) != value})


def parse_listing(params: Mapping[str, str]) -> Listing:
    """Read the parameters; blank ones count as absent. BadListing names the first that cannot be read or is unknown."""
    unknown = [name for name in params if name not in (*PARAMETERS, "seq", "panel")]
    if unknown:
        raise BadListing(unknown[0], params[unknown[0]], f"unknown parameter; there are {', '.join(PARAMETERS)}")
    text = {name: value.strip() for name, value in params.items() if value.strip()}
    q = text.get("q", "")
    if len(q) > LONGEST_SEARCH or "\x00" in q:
        raise BadListing("q", q, f"at most {LONGEST_SEARCH} plain characters")
    sort = text.get("sort", DEFAULT_SORT)
    if sort.removeprefix("-") not in COLUMNS:
        raise BadListing("sort", sort, f"not one of {', '.join(COLUMNS)}")
    listing = Listing(
        q=q,
        show=_choice(text, "show", tuple(SHOWN)),
        side=_choice(text, "side", tuple(SIDES)),
        parts=_choice(text, "parts", tuple(PARTS)),
        sector=_choice(text, "sector", tuple(SECTOR_BY_KEY)),
        minimum=_threshold(text, "minimum"),
        high=_threshold(text, "high"),
        sort=sort,
        page=_whole(text, "page", 1),
        size=_size(text),
    )
    least, high = listing.thresholds
    if least > high:
        name = "high" if listing.high is not None else "minimum"
        raise BadListing(name, text.get(name, ""), f"the minimum {least:g} is above the high threshold {high:g}")
    return listing


def select_rows(found: ConfluencePass, listing: Listing) -> QuerySet[ConfluenceScore]:
    """The rows of a pass that fit, in the order asked for; unknown figures last, ties by symbol."""
    rows = list_scores(found)
    least, high = listing.thresholds
    if listing.q:
        rows = rows.filter(Q(symbol__istartswith=listing.q) | Q(instrument__name__icontains=listing.q))
    if listing.show:
        rows = rows.filter(confluence_score__gte=(high if listing.show == "high" else least) - 5e-10)
    if listing.side:
        rows = rows.filter(**{f"directional_bias__{'gt' if listing.side == 'bullish' else 'lt'}": 0})
    if listing.sector:
        run = current_run(found.recorded_at)
        mine = Membership.objects.filter(run=run, eligible=True, sector=listing.sector)
        rows = rows.filter(instrument_id__in=mine.values("instrument_id"))
    rows = _with_parts(rows, listing.parts)
    path = F(COLUMNS[listing.key][3])
    order = path.desc(nulls_last=True) if listing.descending else path.asc(nulls_last=True)
    if listing.key == "score":  # of equal scores the stronger bias first
        return rows.order_by(order, Abs("directional_bias").desc(), "symbol")
    return rows.order_by(order, "symbol")


def _with_parts(rows: QuerySet[ConfluenceScore], parts: str) -> QuerySet[ConfluenceScore]:
    match parts:
        case "3":
            return rows.filter(components_used__contains=list(COMPONENTS))
        case "2":
            return rows.filter(components_used__1__isnull=False)
        case "options":
            return rows.filter(options_flow_score__isnull=False)
        case "sentiment":
            return rows.filter(sentiment_score__isnull=False)
    return rows


def _choice(text: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = text.get(name, "")
    if value and value not in allowed:
        raise BadListing(name, value, f"not one of {', '.join(filter(None, allowed))}")
    return value


def _threshold(text: Mapping[str, str], name: str) -> float | None:
    if name not in text:
        return None
    try:
        value = float(text[name])
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise BadListing(name, text[name], "a number above 0, at most 1")
    return value


def _whole(text: Mapping[str, str], name: str, default: int) -> int:
    value = text.get(name, str(default))
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= 99_999 and len(value) < 6):
        raise BadListing(name, value, "a page number from 1")
    return int(value)


def _size(text: Mapping[str, str]) -> int:
    value = text.get("size", str(PAGE_SIZES[0]))
    if value not in {str(size) for size in PAGE_SIZES}:
        raise BadListing("size", value, f"not one of {', '.join(map(str, PAGE_SIZES))}")
    return int(value)
