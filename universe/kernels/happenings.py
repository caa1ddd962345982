"""Many documents, few events: the same story by several publishers counts once. Pure.

Documents about one stock, of one kind (or of kinds that tell the same event in two words) and one direction within 12
hours are one event, dated at the earliest. An event whose direction is not known yet takes it from such a neighbour;
generic news beside a named event of the same direction is that event told again.
Source: docs/methods/sector-sentiment.md 4, docs/catalysts.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

WINDOW: Final = dt.timedelta(hours=12)
_SAME_STORY: Final = {"dilution": "offering", "partnership": "contract"}
_GENERIC: Final = "news"


@dataclass(frozen=True, slots=True)
class Telling:
    """One document about one stock: `document` is the caller's own number for it."""

    document: int
    instrument_id: int
    kind: str
    direction: int | None
    event_at: dt.datetime


@dataclass(slots=True)
class Happening:
    """One event of one stock, told by `documents` (the earliest that has its direction first)."""

    instrument_id: int
    kind: str
    direction: int
    event_at: dt.datetime
    documents: list[int]


def merge_tellings(tellings: Iterable[Telling]) -> list[Happening]:
    """The events with a direction, by stock and time. An undirected telling alone is no event yet."""
    ordered = sorted(
        tellings, key=lambda each: (each.instrument_id, each.event_at, each.document, each.kind, each.direction or 0)
    )
    found: list[Happening] = []
    for _, group in groupby(ordered, key=lambda each: each.instrument_id):
        found += _of_one_stock(list(group))
    return found


def _of_one_stock(tellings: Sequence[Telling]) -> list[Happening]:
    events: list[Happening] = []
    for telling in tellings:
        if telling.direction is None:
            continue
        known = next((each for each in reversed(events) if _tells(telling, each)), None)
        if known is None:
            events.append(
                Happening(telling.instrument_id, telling.kind, telling.direction, telling.event_at, [telling.document])
            )
        else:
            known.documents.append(telling.document)
    _take_undirected(tellings, events)
    named = [each for each in events if each.kind != _GENERIC]
    kept = [each for each in events if each.kind != _GENERIC or not _is_told_by(each, named)]
    return sorted(kept, key=lambda each: (each.event_at, each.kind, each.direction))


def _tells(telling: Telling, event: Happening) -> bool:
    same = _family(telling.kind) == _family(event.kind) and telling.direction == event.direction
    return same and telling.event_at - event.event_at <= WINDOW


def _take_undirected(tellings: Sequence[Telling], events: list[Happening]) -> None:
    """An undirected telling joins the nearest event of its kind; the filing at 16:05 dates what an article explains."""
    for telling in tellings:
        if telling.direction is not None:
            continue
        near = [
            (abs(event.event_at - telling.event_at), place)
            for place, event in enumerate(events)
            if _family(event.kind) == _family(telling.kind) and abs(event.event_at - telling.event_at) <= WINDOW
        ]
        if near:
            event = events[min(near)[1]]
            event.event_at = min(event.event_at, telling.event_at)
            event.documents.append(telling.document)


def _is_told_by(generic: Happening, named: Sequence[Happening]) -> bool:
    for event in named:
        if event.direction == generic.direction and abs(event.event_at - generic.event_at) <= WINDOW:
            event.documents += generic.documents
            return True
    return False


def _family(kind: str) -> str:
    return _SAME_STORY.get(kind, kind)
