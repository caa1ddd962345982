"""The page of copies: what its address asks for, and the drawing of texts and who repeated them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import reverse

from sentiment_site.live.sorting import Sorted

from .asked import read_choice, read_sort, read_whole, read_words, refuse_unknown, write_query
from .bipartite import LEFT_STEP, RIGHT_STEP, Node, Picture, Side, draw_map
from .copies import KINDS, CopyCluster, CopyQuery
from .paging import Pages, heading

PAGE: Final = 25
DRAWN_LEFT, DRAWN_RIGHT = 12, 18
FURTHEST: Final = 10_000
DAYS: Final = ("1", "3", "7")
SIDES: Final = ("accounts", "stocks")
PARAMETERS: Final = ("days", "least", "kind", "symbol", "by", "sort", "cluster", "page")
DEFAULT_SORT: Final = "-copies"
# key -> (heading, what it means, numeric)
COLUMNS: Final[Mapping[str, tuple[str, str, bool]]] = {
    "copies": ("Copies", "Posts alike, the first one included", True),
    "accounts": ("Accounts", "Different accounts that are known", True),
    "first": ("First", "New York time", False),
    "last": ("Last", "New York time", False),
    "span": ("Span", "From the first copy to the last", True),
}


@dataclass(frozen=True, slots=True)
class CoordinationQuery(Sorted):
    """What is asked for. by: what stands on the right of the drawing; cluster: whose posts are listed, 0 none."""

    days: int = 3
    least: int = 3
    kind: str = ""
    symbol: str = ""
    by: str = "accounts"
    sort: str = DEFAULT_SORT
    cluster: int = 0
    page: int = 1
    given: Mapping[str, str] = field(default_factory=dict)

    def query(self, **changes: str | int) -> str:
        """The address's query with some parts changed; page and opened text are left out unless they are given."""
        given = {name: value for name, value in self.given.items() if name != "cluster"}
        return write_query(given, PARAMETERS, **changes)

    def copies(self, instrument_id: int | None) -> CopyQuery:
        """What of it is asked of the database."""
        return CopyQuery(self.days, self.least, self.kind, self.sort, instrument_id)


def parse_coordination(given: Mapping[str, str]) -> CoordinationQuery:
    """The query of an address. BadParameter."""
    refuse_unknown(given, PARAMETERS)
    return CoordinationQuery(
        days=int(read_choice(given, "days", DAYS, "3")),
        least=read_whole(given, "least", 3, 2, 10_000),
        kind=read_choice(given, "kind", tuple(KINDS)),
        symbol=read_words(given, "symbol"),
        by=read_choice(given, "by", SIDES, "accounts"),
        sort=read_sort(given, COLUMNS, DEFAULT_SORT),
        cluster=read_whole(given, "cluster", 0, 0, 10**12 - 1),
        page=read_whole(given, "page", 1, 1, FURTHEST),
        given=dict(given),
    )


def headings(asked: CoordinationQuery) -> list[dict[str, Any]]:
    """The headings of the table's columns that can be sorted."""
    return [heading(asked, name, *column) for name, column in COLUMNS.items()]


def letter_of(place: int) -> str:
    """A text's name in drawing and table: A to Z, then A1, B1 and so on."""
    return chr(ord("A") + place % 26) + (str(place // 26) if place >= 26 else "")


def list_rows(clusters: Sequence[CopyCluster], asked: CoordinationQuery, pages: Pages) -> list[dict[str, Any]]:
    """Rows of the table: a letter, the text, and the address's query that lists its posts."""
    return [
        {"letter": letter_of(pages.begin + place), "one": one, "query": _opened(asked, str(one.id), pages)}
        for place, one in enumerate(clusters)
    ]


def list_left(picture: Picture, asked: CoordinationQuery, pages: Pages) -> list[dict[str, Any]]:
    """The drawing's left nodes with their labels' places and where they lead."""
    return [_placed(node, -12, LEFT_STEP) | {"query": _opened(asked, node.key, pages)} for node in picture.left]


def list_right(picture: Picture, by: str) -> list[dict[str, Any]]:
    """The same on the right: an account's or a stock's page."""
    view, name = ("social:symbol", "symbol") if by == "stocks" else ("social:influencer", "pk")
    return [
        _placed(node, 12, RIGHT_STEP) | {"address": reverse(view, kwargs={name: node.key})} for node in picture.right
    ]


def draw(clusters: Sequence[CopyCluster], by: str, begin: int = 0) -> Picture:
    """Texts on the left, the accounts or stocks behind most of them on the right; only so many as can be told apart."""
    left = [
        Side(str(one.id), f"{letter_of(begin + place)} · {one.copies} copies", one.copies)
        for place, one in enumerate(clusters[:DRAWN_LEFT])
    ]
    posts: dict[tuple[str, str], int] = {}
    names: dict[str, str] = {}
    reach: Counter[str] = Counter()
    weight: Counter[str] = Counter()
    for one in clusters[:DRAWN_LEFT]:
        for key, name, count in _right(one, by):
            posts[str(one.id), key] = count
            names[key] = name
            reach[key] += 1
            weight[key] += count
    loudest = sorted(names, key=lambda key: (-reach[key], -weight[key], names[key], key))[:DRAWN_RIGHT]
    return draw_map(left, [Side(key, names[key], weight[key]) for key in loudest], posts)


def _placed(node: Node, beside: int, step: float) -> dict[str, Any]:
    edge = node.radius if beside > 0 else -node.radius
    return {
        "node": node, "text_x": round(node.x + edge + beside / 2, 1), "text_y": round(node.y + 5, 1),
        "top": round(node.y - step / 2, 1),
    }  # fmt: skip


def _opened(asked: CoordinationQuery, key: str, pages: Pages) -> str:
    return asked.query(cluster=key, page=pages.number) if pages.number > 1 else asked.query(cluster=key)


def _right(one: CopyCluster, by: str) -> list[tuple[str, str, int]]:
    if by == "stocks":
        return [(stock.symbol, stock.symbol, stock.posts) for stock in one.stocks]
    return [(str(account.id), account.username[:24], account.posts) for account in one.accounts]
