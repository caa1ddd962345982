"""Stocks that are no members of a theme but move along with its members."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from themes.models import SympathyEdge, SympathyNetwork, Theme, ThemeMembership
from themes.models.stories import Standing

MOST = 10


def find_theme_neighbours(network: SympathyNetwork, members: Collection[int]) -> list[dict[str, Any]]:
    """The ten stocks outside `members` with the largest mean C + Ce to all members, best first. One statement.

    A member that does not count the stock among its twenty nearest adds 0. links: how many members count it;
    probability: the largest of them.
    """
    return _rank(_edges_of(network, members), frozenset(members))


def update_themes(network: SympathyNetwork) -> int:
    """Write `sympathy_network` of every living theme where it has changed; how many. Two statements and one a theme."""
    members: defaultdict[uuid.UUID, set[int]] = defaultdict(set)
    open_ones = ThemeMembership.objects.filter(
        until__isnull=True, is_sympathy=False, theme__standing__in=[Standing.ACTIVE, Standing.WATCH]
    )
    for theme_id, instrument_id in open_ones.values_list("theme_id", "instrument_id"):
        members[theme_id].add(instrument_id)
    edges = _edges_of(network, {one for stocks in members.values() for one in stocks})
    changed = 0
    for theme in Theme.objects.filter(pk__in=members).only("pk", "sympathy_network"):
        mine = members[theme.pk]
        found = _rank([edge for edge in edges if edge[0] in mine], frozenset(mine))
        if found != theme.sympathy_network:
            Theme.objects.filter(pk=theme.pk).update(sympathy_network=found)
            changed += 1
    return changed


_Edge = tuple[int, int, str, float, float | None, float | None]


def _edges_of(network: SympathyNetwork, members: Collection[int]) -> list[_Edge]:
    rows = SympathyEdge.objects.filter(network=network, instrument_id__in=members)
    fields = ("instrument_id", "neighbour_id", "neighbour__symbol", "correlation", "recent_correlation", "probability")
    return list(rows.values_list(*fields))


def _rank(edges: list[_Edge], members: frozenset[int]) -> list[dict[str, Any]]:
    outside: dict[int, dict[str, Any]] = {}
    for _, neighbour, symbol, correlation, recent, probability in edges:
        if neighbour in members:
            continue
        blank = {"instrument_id": neighbour, "symbol": symbol, "score": 0.0, "links": 0, "probability": 0.0}
        entry = outside.setdefault(neighbour, blank)
        entry["score"] += (correlation + (recent or 0.0)) / len(members)
        entry["links"] += 1
        entry["probability"] = max(entry["probability"], probability or 0.0)
    best = sorted(outside.values(), key=lambda entry: (-entry["score"], entry["symbol"]))[:MOST]
    return [entry | {name: round(entry[name], 4) for name in ("score", "probability")} for entry in best]
