"""Which part of the network a page shows: the stock, group or theme that the address names, with its edges."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from sentiment_site.market.sectors import SECTORS
from themes.models import SympathyNetwork
from themes.stories.selectors import get_theme, list_members
from universe.models import Instrument

from .figures import Figures, unpack_figures
from .selectors import Neighbour, list_edges_among, neighbours_of, theme_neighbours

MOST_NODES = 120
MOST_LINKS = 300


@dataclass(frozen=True, slots=True)
class Node:
    """A stock of the picture. role: "centre" (who was asked for), "member" or "outside" (moves along with a theme)."""

    instrument_id: int
    symbol: str
    name: str
    sector: str
    community: int | None
    role: str
    links: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """Two stocks that move together (C + Ce above 0), at least one of which counts the other among its twenty nearest.

    is_mutual: both do.

    correlation, recent, lift, co_jumps, probability: from the first to the second.
    """

    first: Node
    second: Node
    correlation: float
    recent_correlation: float
    lift: float | None
    co_jumps: int
    probability: float | None
    is_mutual: bool

    @property
    def score(self) -> float:
        """C + Ce."""
        return self.correlation + self.recent_correlation


@dataclass(frozen=True, slots=True)
class Part:
    """What is shown. title: in words; note: why it is empty or cut; cut: stocks left out of the picture."""

    title: str
    nodes: list[Node] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    neighbours: list[Neighbour] = field(default_factory=list)
    note: str = ""
    cut: int = 0


def find_stock(symbol: str) -> Instrument | None:
    """The listed bearer of a symbol, else the one that was listed last; None if nobody ever bore it."""
    rows = Instrument.objects.filter(symbol=symbol)
    return rows.order_by(F("delisted_on").desc(nulls_first=True), "-pk").first()


def show_stock(network: SympathyNetwork, symbol: str, as_of: dt.datetime | None) -> Part:
    """A stock with its twenty nearest, and what is between those."""
    stock = find_stock(symbol)
    if stock is None:
        return Part(symbol, note=f"No stock is called {symbol}.")
    near = neighbours_of(stock.pk, as_of, network)
    if not near:
        least = network.facts.get("least_returns")
        needs = f"a stock of the universe needs {least} daily returns and a price that moves"
        return Part(symbol, note=f"{symbol} is not in this network: {needs}.")
    roles = {stock.pk: "centre"} | {each.instrument_id: "member" for each in near}
    part = _make_part(network, f"{symbol} and its {len(near)} nearest", roles, own=(stock.pk, near))
    return Part(part.title, part.nodes, part.links, near, part.note, part.cut)


def show_community(network: SympathyNetwork, number: int) -> Part | None:
    """A group of the network, None if it has no such group."""
    found = next((each for each in network.communities if each["number"] == number), None)
    if found is None:
        return None
    title = next((sector.title for sector in SECTORS if sector.key == found["sector"]), "no sector")
    share = found["sector_share"]
    words = (
        f"Group {number + 1}: {len(found['stocks'])} stocks, {share:.0%} {title}" if share else f"Group {number + 1}"
    )
    return _make_part(network, words, dict.fromkeys(found["stocks"], "member"))


def show_theme(network: SympathyNetwork, theme_id: uuid.UUID, as_of: dt.datetime | None) -> Part | None:
    """A theme's members with up to ten others that move along, None if there is no such theme."""
    stand = get_theme(theme_id, as_of)
    if stand is None:
        return None
    roles = {row.instrument_id: "member" for row in list_members(theme_id, as_of) if not row.is_sympathy}
    outside = {entry["instrument_id"]: "outside" for entry in theme_neighbours(theme_id, as_of)}
    return _make_part(network, f"{stand.theme}: {len(roles)} members, {len(outside)} others", roles | outside)


def _make_part(
    network: SympathyNetwork, title: str, roles: Mapping[int, str], own: tuple[int, Sequence[Neighbour]] | None = None
) -> Part:
    edges = list_edges_among(network, list(roles))
    edges = [edge for edge in edges if edge.correlation + (edge.recent_correlation or 0.0) > 0]
    rows = [
        (edge.instrument_id, edge.neighbour_id, edge)
        for edge in edges
        if own is None or edge.instrument_id != own[0]
    ]  # fmt: skip
    pairs: dict[frozenset[int], list[tuple[int, int, Any]]] = {}
    near = [] if own is None else [(own[0], each.instrument_id, each) for each in own[1] if each.score > 0]
    for one in (*near, *rows):
        pairs.setdefault(frozenset(one[:2]), []).append(one)
    kept, cut = _keep_busiest(roles, pairs)
    nodes = _load_nodes(network, {one: roles[one] for one in kept}, pairs)
    links = [_link(nodes, sides) for pair, sides in pairs.items() if pair <= kept]
    links.sort(key=lambda link: (-link.score, link.first.symbol, link.second.symbol))
    note = "" if links else "Nothing between these stocks is among anybody's twenty nearest."
    ordered = sorted(nodes.values(), key=lambda node: (node.role != "centre", -node.links, node.symbol))
    return Part(title, ordered, links[:MOST_LINKS], note=note, cut=cut)


def _keep_busiest(roles: Mapping[int, str], pairs: Mapping[frozenset[int], Any]) -> tuple[set[int], int]:
    links = dict.fromkeys(roles, 0)
    for pair in pairs:
        for one in pair:
            links[one] += 1
    order = sorted(links, key=lambda one: (roles[one] == "member", -links[one], one))
    return set(order[:MOST_NODES]), max(len(order) - MOST_NODES, 0)


def _load_nodes(
    network: SympathyNetwork, roles: Mapping[int, str], pairs: Mapping[frozenset[int], Any]
) -> dict[int, Node]:
    figures: Figures | None = None if network.figures is None else unpack_figures(network.figures)
    nodes = {}
    for pk, symbol, name in Instrument.objects.filter(pk__in=roles).values_list("pk", "symbol", "name"):
        row = None if figures is None else figures.row_of.get(pk)
        sector = -1 if figures is None or row is None else int(figures.sector[row])
        community = -1 if figures is None or row is None else int(figures.community[row])
        links = sum(pk in pair for pair in pairs if pair <= set(roles))
        nodes[pk] = Node(
            pk, symbol, name, SECTORS[sector].title if sector >= 0 else "", community if community >= 0 else None,
            roles[pk], links,
        )  # fmt: skip
    return nodes


def _link(nodes: Mapping[int, Node], sides: Sequence[tuple[int, int, Any]]) -> Link:
    first, second, edge = sides[0]
    return Link(
        nodes[first], nodes[second], edge.correlation, edge.recent_correlation or 0.0, edge.lift, edge.co_jumps,
        edge.probability, len(sides) > 1,
    )  # fmt: skip
