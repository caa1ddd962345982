"""How a sector's stocks are filtered and sorted, from the address of a page or of an API list. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sectors.detail import StockRow
from sentiment_site.live.sorting import Sorted

Key = Callable[[StockRow], float | str | None]

# key -> (heading, what it means, numeric, the figure); the order is that of the table
COLUMNS: Mapping[str, tuple[str, str, bool, Key]] = {
    "symbol": ("Symbol", "", False, lambda row: row.symbol),
    "30min": ("30M", "Last half-hour bar, percent", True, lambda row: row.moves[0]),
    "1day": ("1D", "Since the last official close, percent", True, lambda row: row.moves[1]),
    "3day": ("3D", "Over three sessions, percent", True, lambda row: row.moves[2]),
    "1week": ("1W", "Over five sessions, percent", True, lambda row: row.moves[3]),
    "gap": ("Gap", "First regular trade against the last official close, percent", True, lambda row: row.gap),
    "rvol": ("RVOL", "Volume against what is usual by this time of day", True, lambda row: row.rvol),
    "contribution": ("Score", "Points it adds to the sector's score", True, lambda row: row.contribution),
    "weight": ("Weight", "Share of the sector: ln of the shares traded", True, lambda row: row.weight),
    "rank": ("Rank", "0-10: move, volume, alignment, tradability", True, lambda row: row.rank),
    "float_shares": ("Float", "Freely tradable shares", True, lambda row: row.float_shares),
    "dollar_volume": ("ADV $", "20-session average dollar volume", True, lambda row: row.dollar_volume),
    "last": ("Last", "Newest price, dollars", True, lambda row: row.last),
    "excluded": ("Why not", "Why it takes no part in the score", False, lambda row: row.excluded),
}
SHOWN: Mapping[str, tuple[str, Callable[[StockRow], bool]]] = {
    "": ("all", lambda row: True),
    "counted": ("in the score", lambda row: not row.excluded),
    "excluded": ("not in the score", lambda row: bool(row.excluded)),
    "up": ("rising", lambda row: (row.day or 0.0) > 0),
    "down": ("falling", lambda row: (row.day or 0.0) < 0),
    "spikes": ("RVOL 2 or more", lambda row: (row.rvol or 0.0) >= 2.0),
    "badged": ("with a badge", lambda row: bool(row.badges)),
}
DEFAULT_SORT = "-contribution"


@dataclass(frozen=True, slots=True)
class StockListing(Sorted):
    """What is asked for: a text in symbol or name, a group of SHOWN, and a column to sort by ("-" falling)."""

    q: str = ""
    show: str = ""
    sort: str = DEFAULT_SORT

    def query(self, **changed: str) -> str:
        """The address's query for this listing with some parts changed; defaults are left out."""
        parts = {"q": self.q, "show": self.show, "sort": self.sort} | changed
        return urlencode(
            {name: value for name, value in parts.items() if value and (name, value) != ("sort", DEFAULT_SORT)}
        )


def parse_stock_listing(given: Mapping[str, str]) -> StockListing:
    """A listing from parameters. ValueError naming the parameter that cannot be read."""
    sort, show = given.get("sort", "") or DEFAULT_SORT, given.get("show", "")
    if sort.removeprefix("-") not in COLUMNS:
        raise ValueError(f"sort: {sort!r} is not one of {', '.join(COLUMNS)}")
    if show not in SHOWN:
        raise ValueError(f"show: {show!r} is not one of {', '.join(filter(None, SHOWN))}")
    return StockListing(given.get("q", "").strip()[:60], show, sort)


def select_stocks(rows: Sequence[StockRow], listing: StockListing) -> list[StockRow]:
    """The rows asked for, in order; missing figures last, ties by symbol."""
    text, keeps = listing.q.casefold(), SHOWN[listing.show][1]
    found = [row for row in rows if keeps(row) and (text in row.symbol.casefold() or text in row.name.casefold())]
    figure = COLUMNS[listing.key][3]
    found.sort(key=lambda row: row.symbol)
    known = [row for row in found if figure(row) not in (None, "")]
    missing = [row for row in found if figure(row) in (None, "")]
    known.sort(key=figure, reverse=listing.descending)  # type: ignore[arg-type]
    return known + missing
