"""One reading of filters, sort and page for the list page, its CSV and the API, so that all three show the same rows.

Every parameter and its values are documented in docs/universe.md. Amounts may be written 300M, 2B, 750k.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet

from sentiment_site.market.moments import parse_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY

from .kernels.reasons import TITLES, Reason
from .kernels.screening import MICRO, SMALL
from .models import Membership, UniverseRun

DEFAULT_SORT = "-gap_frequency"  # gap-prone names first (requirement S1)
PAGE_SIZES = (50, 100, 250)
ELIGIBLE = ("yes", "no", "all")
LONGEST_SEARCH = 100

# Sort key: database path.
SORTS: dict[str, str] = {
    "symbol": "instrument__symbol",
    "name": "instrument__name",
    "sector": "sector",
    "sector_confidence": "sector_confidence",
    "tier": "tier",
    "price": "price",
    "market_cap": "market_cap",
    "average_volume": "average_volume",
    "free_float": "free_float",
    "short_percent": "short_percent",
    "gap_frequency": "gap_frequency",
    "reason": "reason",
}
# Parameter prefix: database path; each has _min and _max.
RANGES: dict[str, str] = {
    "cap": "market_cap",
    "price": "price",
    "volume": "average_volume",
    "float": "free_float",
}
CHOICES: dict[str, tuple[str, ...]] = {
    "sector": tuple(SECTOR_BY_KEY),
    "tier": (MICRO, SMALL),
    "reason": tuple(reason.value for reason in Reason),
    "eligible": ELIGIBLE,
}
PARAMETERS = ("q", *CHOICES, *(f"{name}_{end}" for name in RANGES for end in ("min", "max")), "sort", "as_of")

_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d*)?|\.\d+)(?P<scale>[kmb]?)", re.IGNORECASE)
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}


class BadParameters(ValueError):
    """Parameters that cannot be read: name to what is wrong with it."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked for. Ranges are (least, most), inclusive, None open; `sort` is a key of SORTS, "-" descending."""

    q: str = ""
    sector: str = ""
    tier: str = ""
    reason: str = ""
    eligible: str = "yes"
    ranges: tuple[tuple[str, float | None, float | None], ...] = ()
    sort: str = DEFAULT_SORT
    as_of: dt.datetime | None = None
    page: int = 1
    size: int = PAGE_SIZES[0]
    given: tuple[tuple[str, str], ...] = ()

    def query(self, **changes: str | int) -> str:
        """The address's query with changed parameters, without defaults; the page is left out unless it is given."""
        kept = {name: value for name, value in self.given if name != "page"}
        merged = kept | {name: str(value) for name, value in changes.items()}
        return urlencode({name: value for name, value in merged.items() if value})

    @property
    def sort_key(self) -> str:
        """The column sorted by."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the largest come first."""
        return self.sort.startswith("-")


def parse_listing(params: Mapping[str, str]) -> Listing:
    """Read the parameters; blank ones count as absent. BadParameters names every one that cannot be read."""
    errors: dict[str, str] = {}
    text = {name: value.strip() for name, value in params.items() if value.strip()}
    listing = Listing(
        q=_search(text, errors),
        **{name: _choice(text, name, errors) for name in CHOICES},
        ranges=tuple((path, *_range(text, name, errors)) for name, path in RANGES.items()),
        sort=_sort(text, errors),
        as_of=_moment(text, errors),
        page=_whole(text, "page", 1, errors),
        size=_size(text, errors),
        given=tuple((name, text[name]) for name in (*PARAMETERS, "page", "size") if name in text),
    )
    if errors:
        raise BadParameters(errors)
    return listing


def list_rows(run: UniverseRun, listing: Listing) -> QuerySet[Membership]:
    """The memberships of a run that fit, in the order asked for; unknown figures last, ties by symbol."""
    rows = run.memberships.select_related("instrument")
    if listing.q:
        rows = rows.filter(Q(instrument__symbol__istartswith=listing.q) | Q(instrument__name__icontains=listing.q))
    for name in ("sector", "tier", "reason"):
        if value := getattr(listing, name):
            rows = rows.filter(**{name: value})
    if listing.eligible != "all":
        rows = rows.filter(eligible=listing.eligible == "yes")
    for path, least, most in listing.ranges:
        if least is not None:
            rows = rows.filter(**{f"{path}__gte": least})
        if most is not None:
            rows = rows.filter(**{f"{path}__lte": most})
    field = F(SORTS[listing.sort_key])
    order = field.desc(nulls_last=True) if listing.descending else field.asc(nulls_last=True)
    return rows.order_by(order, "instrument__symbol", "pk")


def reason_title(code: str) -> str:
    """The words for a reason code; a code that is no longer used stands for itself."""
    return TITLES[Reason(code)] if code in set(Reason) else code


def parse_amount(text: str) -> float | None:
    """A number such as 12, 1.5, 300M, 2b; None if it is none, or not finite."""
    match = _AMOUNT.fullmatch(text.replace(",", "").replace("_", ""))
    if match is None:
        return None
    value = float(match["number"]) * _SCALES[match["scale"].lower()]
    return value if math.isfinite(value) else None


def _search(text: Mapping[str, str], errors: dict[str, str]) -> str:
    words = text.get("q", "")
    if len(words) > LONGEST_SEARCH or "\x00" in words:
        errors["q"] = f"at most {LONGEST_SEARCH} plain characters"
        return ""
    return words


def _choice(text: Mapping[str, str], name: str, errors: dict[str, str]) -> str:
    default = "yes" if name == "eligible" else ""
    if name == "eligible" and "reason" in text and name not in text:
        default = "all"  # a reason for being out says already whom one looks for
    value = text.get(name, default)
    if value and value not in CHOICES[name]:
        errors[name] = f"{value!r} is not one of {', '.join(CHOICES[name])}"
    return value


def _range(text: Mapping[str, str], name: str, errors: dict[str, str]) -> tuple[float | None, float | None]:
    ends = []
    for end in ("min", "max"):
        given = text.get(f"{name}_{end}")
        amount = parse_amount(given) if given else None
        if given and amount is None:
            errors[f"{name}_{end}"] = f"{given!r} is not an amount such as 12.5, 300M or 2B"
        ends.append(amount)
    least, most = ends
    if least is not None and most is not None and least > most:
        errors[f"{name}_max"] = f"{name}_max lies below {name}_min"
    return least, most


def _sort(text: Mapping[str, str], errors: dict[str, str]) -> str:
    value = text.get("sort", DEFAULT_SORT)
    if value.removeprefix("-") not in SORTS:
        errors["sort"] = f"{value!r} is not one of {', '.join(SORTS)}, with - for descending"
        return DEFAULT_SORT
    return value


def _moment(text: Mapping[str, str], errors: dict[str, str]) -> dt.datetime | None:
    given = text.get("as_of")
    try:
        return parse_moment(given) if given else None
    except ValueError as error:
        errors["as_of"] = str(error)
        return None


def _whole(text: Mapping[str, str], name: str, default: int, errors: dict[str, str]) -> int:
    given = text.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit()) or int(given[:9]) < 1 or len(given) > 9:
        errors[name] = f"{given!r} is not a whole number from 1 up"
        return default
    return int(given)


def _size(text: Mapping[str, str], errors: dict[str, str]) -> int:
    size = _whole(text, "size", PAGE_SIZES[0], errors)
    if "size" not in errors and size not in PAGE_SIZES:
        errors["size"] = f"{size} is not one of {', '.join(map(str, PAGE_SIZES))}"
    return size
