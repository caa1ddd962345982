"""The theme's term of a light: a line beside the sector's own score, never part of it.

Themes stand above sectors and may not be imported here; they register a reader, and call `terms_changed` when what it
answers has become another. The terms are part of what a publication renders, so the warm grid costs nothing more.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sectors.cards import Card, Grid, ThemeTerm
from sectors.models import SectorReading

__all__ = ["ThemeTerm", "add_theme_terms", "listen", "register_reader", "terms_changed"]

# each sector's own score and a moment (None: now) -> the term of the sectors that a theme reaches, as known then
Reader = Callable[[Mapping[str, Decimal], datetime | None], Mapping[str, ThemeTerm]]


@dataclass(slots=True)
class _Seam:
    reader: Reader | None = None
    listener: Callable[[], None] | None = None


_seam = _Seam()


def register_reader(reader: Reader) -> None:
    """Let a room answer for themes; the last one registered counts."""
    _seam.reader = reader


def listen(listener: Callable[[], None]) -> None:
    """Be told when the terms have changed: the publication of the grid, registered when the app is ready."""
    _seam.listener = listener


def terms_changed() -> None:
    """What the reader answers is another now."""
    if _seam.listener is not None:
        _seam.listener()


def add_theme_terms(grid: Grid | None, as_of: datetime | None = None) -> Grid | None:
    """The grid with the term of each card that a theme reaches (as known at `as_of`). One statement of the reader's."""
    if grid is None or _seam.reader is None:
        return grid
    scores = {
        card.sector: card.score
        for card in grid.cards
        if card.score is not None and card.status == SectorReading.Status.OK
    }
    terms = _seam.reader(scores, as_of) if scores else {}
    if not terms:
        return grid
    cards = tuple(_with_term(card, terms.get(card.sector)) for card in grid.cards)
    told = repr(sorted((sector, one.theme, one.level, one.term) for sector, one in terms.items()))
    return replace(grid, cards=cards, revision=zlib.crc32(told.encode()))


def _with_term(card: Card, term: ThemeTerm | None) -> Card:
    return card if term is None else replace(card, theme=term)
