"""One theme as it was known at a moment: what its confidence rests on, who belongs, where it spread, what happened."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sectors.selectors import Card, get_grid
from sentiment_site.market import clock
from themes.manipulation.selectors import manipulation_at
from themes.models import ManipulationReading, SympathyNetwork, ThemeChange, ThemeMembership, ThemeReading
from themes.models.stories import Phase
from themes.network.selectors import latest_network
from themes.network.theme_neighbours import find_theme_neighbours
from themes.stories.selectors import ThemeStand, get_theme, list_history, list_members

from .board import Freshness, freshness_of, sector_title
from .confidence import Confidence, explain_confidence
from .moves import Move, load_moves
from .newest import Heat, load_heat
from .pictures import Timeline, build_timeline

SPANS = {"3d": ("3 days", 3), "2w": ("2 weeks", 14), "all": ("all", 0)}
DEFAULT_SPAN = "2w"
MOST_READINGS = 1_000


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member with what the other rooms say about it; None: nothing is known."""

    membership: ThemeMembership
    move: Move | None
    heat: Heat | None
    manipulation: ManipulationReading | None
    light: Card | None

    @property
    def move_1d(self) -> float | None:
        """Percent points; None without two prices."""
        return self.move.percent if self.move else None

    @property
    def move_1h(self) -> float | None:
        """Percent points, of the newest pass."""
        return self._heat("hourly_price_change")

    @property
    def rvol_1h(self) -> float | None:
        """Volume of the hour over the usual, of the newest pass."""
        return self._heat("hourly_volume_multiple")

    @property
    def squeeze_risk(self) -> float | None:
        """None without a reading or where nothing of it is known."""
        return self._heat("squeeze_risk_indicator")

    @property
    def manipulation_risk(self) -> float | None:
        """None without a reading."""
        return float(self.manipulation.risk) if self.manipulation else None

    def _heat(self, name: str) -> float | None:
        value = getattr(self.heat.reading, name) if self.heat and self.heat.reading else None
        return None if value is None else float(value)


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """A sector of the theme. share: of the members' scores now; lag_h, mean_excess: None for the first one."""

    key: str
    title: str
    is_primary: bool
    share: float
    members: int
    entered_at: dt.datetime | None
    lag_h: float | None
    mean_excess: float | None


@dataclass(frozen=True, slots=True)
class ThemePage:
    """Everything the page shows except its documents.

    neighbours: as Theme.sympathy_network, of the network and the members of this moment.
    """

    stand: ThemeStand
    freshness: Freshness
    confidence: Confidence
    members: tuple[MemberRow, ...]
    followers: tuple[MemberRow, ...]
    spread: tuple[SpreadRow, ...]
    history: tuple[ThemeChange, ...]
    neighbours: tuple[dict[str, Any], ...]
    network: SympathyNetwork | None
    timeline: Timeline | None

    @property
    def phase(self) -> str:
        """In words."""
        return str(Phase(self.stand.reading.phase).label)

    @property
    def peak_at(self) -> dt.datetime | None:
        """When it was strongest, as the reading knew it."""
        held = self.stand.reading.factors.get("life", {}).get("peak_at")
        return dt.datetime.fromisoformat(held) if held else None

    @property
    def peak(self) -> float | None:
        """How strong it was then."""
        value = self.stand.reading.factors.get("life", {}).get("peak")
        return None if value is None else float(value)


def load_theme(theme_id: uuid.UUID, as_of: dt.datetime | None = None, span: str = DEFAULT_SPAN) -> ThemePage | None:
    """The page of a theme; None where it was not known at the moment. About twenty statements whatever its size."""
    stand = get_theme(theme_id, as_of)
    if stand is None:
        return None
    at = as_of or clock.now()
    held = list_members(theme_id, as_of)
    rows = _member_rows(held, at, as_of)
    history = list_history(theme_id, as_of)
    network = latest_network(as_of)
    belong = [membership.instrument_id for membership in held if not membership.is_sympathy]
    neighbours = find_theme_neighbours(network, belong) if network and belong else []
    return ThemePage(
        stand=stand,
        freshness=freshness_of(stand.reading.as_of, stand.ended_at or at),
        confidence=explain_confidence(stand, history),
        members=tuple(row for row in rows if not row.membership.is_sympathy),
        followers=tuple(row for row in rows if row.membership.is_sympathy),
        spread=_spread(stand, held),
        history=tuple(history),
        neighbours=tuple(neighbours),
        network=network,
        timeline=build_timeline(load_readings(theme_id, at, span), history, stand.ended_at or stand.reading.as_of),
    )


def load_members(theme_id: uuid.UUID, as_of: dt.datetime | None = None) -> list[MemberRow]:
    """Members, then followers, closest first. About twelve statements whatever their number."""
    return _member_rows(list_members(theme_id, as_of), as_of or clock.now(), as_of)


def load_readings(theme_id: uuid.UUID, at: dt.datetime, span: str = DEFAULT_SPAN) -> list[ThemeReading]:
    """Readings of a span, oldest first, without their factors; at most the newest thousand. One statement."""
    days = SPANS[span][1]
    rows = ThemeReading.objects.filter(theme_id=theme_id, as_of__lte=at, recorded_at__lte=at).defer("factors")
    if days:
        newest = rows.order_by("-as_of").values("as_of")[:1]
        since = newest.first()
        rows = rows.filter(as_of__gt=(since["as_of"] if since else at) - dt.timedelta(days=days))
    return list(rows.order_by("-as_of")[:MOST_READINGS])[::-1]


def _member_rows(held: Sequence[ThemeMembership], at: dt.datetime, as_of: dt.datetime | None) -> list[MemberRow]:
    ids = [membership.instrument_id for membership in held]
    if not ids:
        return []
    moves, heat, risks = load_moves(ids, at), load_heat(ids, as_of), manipulation_at(ids, as_of)
    grid = get_grid(as_of)
    cards = {} if grid is None else {card.sector: card for card in grid.cards}
    return [
        MemberRow(
            membership=membership,
            move=moves.get(membership.instrument_id),
            heat=heat.get(membership.instrument_id),
            manipulation=risks.get(membership.instrument_id),
            light=cards.get(membership.sector),
        )
        for membership in held
    ]


def _spread(stand: ThemeStand, held: Sequence[ThemeMembership]) -> tuple[SpreadRow, ...]:
    """The first sector, then those it reached in order, then what its members touch without counting as reached."""
    scores: defaultdict[str, float] = defaultdict(float)
    counts: defaultdict[str, int] = defaultdict(int)
    for membership in held:
        if not membership.is_sympathy:
            scores[membership.sector] += membership.score
            counts[membership.sector] += 1
    total = sum(scores.values())

    def row(key: str, entry: Mapping[str, Any] | None = None) -> SpreadRow:
        entered = entry.get("entered_at") if entry else None
        return SpreadRow(
            key=key,
            title=sector_title(key) or "no sector",
            is_primary=key == stand.primary_sector and bool(key),
            share=scores[key] / total if total > 0 else 0.0,
            members=counts[key],
            entered_at=dt.datetime.fromisoformat(entered) if entered else None,
            lag_h=_optional(entry, "lag_h"),
            mean_excess=_optional(entry, "mean_excess"),
        )

    first = [row(stand.primary_sector)] if stand.primary_sector else []
    reached = [row(str(entry["sector"]), entry) for entry in stand.contaminated]
    named = {one.key for one in (*first, *reached)}
    touched = [row(key) for key in sorted(scores, key=lambda key: -scores[key]) if key not in named]
    return (*first, *reached, *touched)


def _optional(entry: Mapping[str, Any] | None, name: str) -> float | None:
    value = entry.get(name) if entry else None
    return None if value is None else float(value)
