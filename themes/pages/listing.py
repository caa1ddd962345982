"""What of the board is asked for: which themes, in which order, which page; read from an address, written into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sentiment_site.live.sorting import Sorted
from sentiment_site.market.sectors import SECTOR_BY_KEY
from themes.models.stories import Level, Phase, Standing
from themes.stories.selectors import ENDED, LIVING, ThemeStand

PAGE = 50
DEFAULT_SORT = "-intensity"
HEAT = {level: place for place, level in enumerate(Level.values)}
# what is chosen -> its title and the standings it means
STANDINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("living", LIVING),
    "active": ("active only", (Standing.ACTIVE,)),
    "watch": ("watched only", (Standing.WATCH,)),
    "ended": ("ended", ENDED),
    "all": ("all", (*LIVING, *ENDED)),
}
ORIGINS = {"": "both", "curated": "curated", "discovered": "discovered"}
Figure = Callable[[ThemeStand], Any]
# column -> heading, meaning, whether it is a number, its figure
COLUMNS: dict[str, tuple[str, str, bool, Figure]] = {
    "name": ("Theme", "", False, lambda one: one.title.casefold()),
    "phase": ("Phase", "Where it stands in its life", False, lambda one: list(Phase.values).index(one.reading.phase)),
    "confidence": ("Confidence", "From .70 it counts as active", True, lambda one: one.reading.confidence),
    "intensity": ("Intensity", "0 to 1, with the last 48 hours", True, lambda one: one.reading.intensity),
    "temperature": ("Temp.", "The level that its members reached", False, lambda one: HEAT.get(one.temperature)),
    "risk": ("Manip. risk", "0 to 1, of its members", True, lambda one: one.manipulation_risk),
    "members": ("Members", "Stocks that belong or follow now", True, lambda one: one.members),
    "documents": ("Docs", "Documents of the last 72 hours", True, lambda one: one.reading.documents),
    "sector": ("Sector", "Where it began, and how many others it reached", False, lambda one: one.primary_sector),
    "spread": ("Spread", "1 - sum of squared sector shares", True, lambda one: one.reading.spread_index),
    "emerged": ("Emerged", "Its first document", True, lambda one: one.theme.emergence_timestamp),
    "latency": ("Seen after", "From the first document to the first sight", True, lambda one: one.latency),
    "age": ("Age", "Since its first document", True, lambda one: one.age),
}
PARAMETERS = ("standing", "phase", "sector", "origin", "sort", "page")


@dataclass(frozen=True, slots=True)
class BoardListing(Sorted):
    """What is asked for. standing, origin: keys of STANDINGS and ORIGINS; phase, sector: "" for any."""

    standing: str = ""
    phase: str = ""
    sector: str = ""
    origin: str = ""
    sort: str = DEFAULT_SORT
    page: int = 1

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the living themes of every kind is asked for."""
        return bool(self.standing or self.phase or self.sector or self.origin)

    @property
    def standings(self) -> tuple[str, ...]:
        """The standings that are asked for."""
        return STANDINGS[self.standing][1]

    def query(self, **changed: str) -> str:
        """The address's query for this listing with some parts changed; defaults are left out, and so is the page."""
        # the page is that of one listing only: `page` among the changed parts, or the first
        parts = {"standing": self.standing, "phase": self.phase, "sector": self.sector, "origin": self.origin}
        parts |= {"sort": self.sort, **changed}
        return urlencode(
            {name: value for name, value in parts.items() if value and (name, value) != ("sort", DEFAULT_SORT)}
        )


def parse_board_listing(given: Mapping[str, str]) -> BoardListing:
    """A listing from parameters. ValueError "name: why" for the parameter that cannot be read."""
    sort = given.get("sort", "") or DEFAULT_SORT
    if sort.removeprefix("-") not in COLUMNS:
        raise ValueError(f"sort: {sort!r} is not one of {', '.join(COLUMNS)}")
    chosen = {
        "standing": _one_of(given, "standing", STANDINGS),
        "phase": _one_of(given, "phase", ("", *Phase.values)),
        "sector": _one_of(given, "sector", ("", *SECTOR_BY_KEY)),
        "origin": _one_of(given, "origin", ORIGINS),
    }
    page = given.get("page", "") or "1"
    if not (page.isascii() and page.isdigit() and 0 < len(page) <= 6 and int(page) > 0):
        raise ValueError(f"page: {page!r} is no page")
    return BoardListing(**chosen, sort=sort, page=int(page))


def select_themes(stands: Sequence[ThemeStand], listing: BoardListing) -> list[ThemeStand]:
    """Those that fit, ACTIVE before WATCH before ended, each group in order; missing figures last, ties by name."""
    found = [one for one in stands if _fits(one, listing)]
    figure = COLUMNS[listing.key][3]
    found.sort(key=lambda one: (one.title.casefold(), str(one.theme.pk)))
    known = [one for one in found if figure(one) not in (None, "")]
    missing = [one for one in found if figure(one) in (None, "")]
    known.sort(key=figure, reverse=listing.descending)
    order = (Standing.ACTIVE, Standing.WATCH, Standing.MERGED, Standing.RETIRED)
    return sorted(known + missing, key=lambda one: order.index(Standing(one.standing)))


def _fits(one: ThemeStand, listing: BoardListing) -> bool:
    if one.standing not in listing.standings:
        return False
    if listing.phase and one.reading.phase != listing.phase:
        return False
    if listing.sector and listing.sector != one.primary_sector:
        reached = {entry.get("sector") for entry in one.contaminated}
        if listing.sector not in reached:
            return False
    return not listing.origin or (listing.origin == "curated") == bool(one.theme.dictionary_key)


def _one_of(given: Mapping[str, str], name: str, known: Any) -> str:
    asked = given.get(name, "")
    if asked not in known:
        raise ValueError(f"{name}: {asked!r} is not one of {', '.join(filter(None, known))}")
    return asked
