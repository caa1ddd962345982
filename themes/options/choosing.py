"""Whose option chain is read next: what moves or is talked about first, then everybody in turn.

The turn is a cursor over instrument ids. It moves over what was read or has no options, never over what failed, so that
nobody is skipped; within a lap nobody whose chain was read for another reason is read again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q

from themes.models import Mention, OptionsDay, TemperaturePass, TemperatureReading, ThemeMembership
from themes.models.stories import Level, Standing
from universe.selectors import current_run, list_members

# A chain that is read more often than this says nothing new: the vendor's own delay is half of it.
FRESH: Final = dt.timedelta(minutes=30)
# The turn always gets the rest of a look.
FIRST_SHARE: Final = 0.6
MENTIONED_IN: Final = dt.timedelta(hours=24)
MOST_MENTIONED: Final = 150
WARM: Final = (Level.WARM, Level.HOT, Level.EXTREME)


class NoUniverse(Exception):
    """Nobody has been screened yet."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A chain to read. in_turn: whether the cursor moves with it; new_lap: after the end of the members was reached."""

    instrument_id: int
    symbol: str
    in_turn: bool
    new_lap: bool = False


@dataclass(slots=True)
class Turn:
    """The cursor as it is kept on the feed's row.

    after: the last instrument id of the turn; lap_began: when the present lap over the members began; without:
    instrument id -> date until which a stock is known to have no options; again: instrument id -> how often it failed.
    """

    after: int
    lap_began: dt.datetime
    without: dict[int, dt.date]
    again: dict[int, int]

    @classmethod
    def parse(cls, cursor: dict[str, Any], now: dt.datetime) -> Turn:
        """From the row's JSON, a new turn from an empty one."""
        began = cursor.get("lap_began")
        return cls(
            after=int(cursor.get("after", 0)),
            lap_began=dt.datetime.fromisoformat(began) if began else now,
            without={int(one): dt.date.fromisoformat(day) for one, day in cursor.get("without", {}).items()},
            again={int(one): int(times) for one, times in cursor.get("again", {}).items()},
        )

    def written(self, today: dt.date) -> dict[str, Any]:
        """As JSON, without what has lapsed."""
        return {
            "after": self.after,
            "lap_began": self.lap_began.isoformat(),
            "without": {str(one): day.isoformat() for one, day in self.without.items() if day > today},
            "again": {str(one): times for one, times in self.again.items()},
        }


def choose(turn: Turn, now: dt.datetime, session: dt.date, most: int) -> list[Pick]:
    """Up to `most` picks, each stock once: failed ones again, then hot and talked about, then the turn.

    NoUniverse. Six statements.
    """
    run = current_run(now)
    if run is None:
        raise NoUniverse("no universe has been published yet")
    members = list_members(run)
    symbols = dict(zip(members.instrument_ids.tolist(), members.symbols, strict=True))
    read = dict(OptionsDay.objects.filter(session=session).values_list("instrument_id", "recorded_at"))
    asked = {one for one in symbols if turn.without.get(one, session) <= session}
    stale = {one for one in asked if one not in read or read[one] <= now - FRESH}
    picked: dict[int, Pick] = {}
    for one in [*(one for one in turn.again if one in asked), *(one for one in list_first(now) if one in stale)]:
        if len(picked) < int(most * FIRST_SHARE):
            picked.setdefault(one, Pick(one, symbols[one], in_turn=False))
    for one, new_lap in _in_turn(turn, sorted(symbols)):
        if len(picked) >= most:
            break
        if one in stale and one not in turn.again and (new_lap or not _was_read(one, read, turn.lap_began)):
            picked.setdefault(one, Pick(one, symbols[one], in_turn=True, new_lap=new_lap))
    return list(picked.values())


def list_first(now: dt.datetime) -> list[int]:
    """Instrument ids that come before the turn: warm stocks, members of living themes, the most mentioned of a day."""
    found = [*_list_warm(now), *_list_themed(now), *_list_mentioned(now)]
    return list(dict.fromkeys(found))


def _in_turn(turn: Turn, ids: list[int]) -> Iterable[tuple[int, bool]]:
    """The ids after the cursor, then those up to it: the next lap."""
    yield from ((one, False) for one in ids if one > turn.after)
    yield from ((one, True) for one in ids if one <= turn.after)


def _was_read(instrument_id: int, read: dict[int, dt.datetime], since: dt.datetime) -> bool:
    at = read.get(instrument_id)
    return at is not None and at >= since


def _list_warm(now: dt.datetime) -> list[int]:
    newest = TemperaturePass.objects.filter(as_of__lte=now, recorded_at__lte=now).order_by("-as_of").first()
    if newest is None:
        return []
    rows = TemperatureReading.objects.filter(as_of=newest.as_of, temperature_classification__in=WARM)
    return list(rows.order_by("-raw_level", "instrument_id").values_list("instrument_id", flat=True))


def _list_themed(now: dt.datetime) -> list[int]:
    rows = ThemeMembership.objects.filter(
        Q(until__isnull=True) | Q(until__gt=now), since__lte=now, theme__standing__in=(Standing.ACTIVE, Standing.WATCH)
    )
    return list(rows.order_by("-theme__intensity", "-score", "pk").values_list("instrument_id", flat=True))


def _list_mentioned(now: dt.datetime) -> list[int]:
    rows = Mention.objects.filter(event_at__gt=now - MENTIONED_IN, event_at__lte=now).values("instrument_id")
    counted = rows.annotate(times=Count("pk")).order_by("-times", "instrument_id")
    return list(counted.values_list("instrument_id", flat=True)[:MOST_MENTIONED])
