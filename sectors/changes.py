"""What a run changed, in the small data of its announcement: sectors, colours with the one before, movers in and out.

Which colour stands announced is derived from the stored readings, so that no restart forgets or repeats: two readings
of one colour in a row, or one well inside its band, settle it whatever came before (sectors.kernels.alerts).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import F, QuerySet

from sectors.cards import Card, Grid
from sectors.kernels.alerts import Announcement, announce
from sectors.kernels.ranking import BEAR, BULL
from sectors.kernels.registry import FORMULAS
from sectors.models import SectorReading
from sentiment_site.market.sectors import SECTORS

LOOKED_BACK = timedelta(days=7)  # past the longest closure of the exchange; keeps the statement to two partitions
READINGS_EACH = 8
RUNS_BACK = 4 * READINGS_EACH  # runs of some sectors lie between those of all


class Earlier(NamedTuple):
    """A shown reading of before; its colour was advice when it is ok."""

    run: int
    is_ok: bool
    colour: str
    score: Decimal | None


def describe_changes(grid: Grid) -> dict[str, Any]:
    """The data of the event that announces a grid. Two statements.

    trigger, occasion; sectors: those this run recalculated; changed: [{sector, from, to, verb}] whose colour differs
    from their reading before (grey for none); announce: [{sector, from, to, why}] worth a notification; movers:
    [{sector, list, in, out}] of the lists that are shown. Lists are empty when nothing is to be said.
    """
    mine = [card for card in grid.cards if card.sector in grid.readings and _is_new(grid, card)]
    earlier = list_earlier(grid)
    lists = _list_movers(grid, {readings[0].run for readings in earlier.values() if readings})
    return {
        "trigger": grid.run.trigger,
        "occasion": grid.run.occasion,
        "sectors": [card.sector for card in mine],
        "changed": [
            {"sector": card.sector, "from": card.previous_colour, "to": card.colour, "verb": card.verb}
            for card in mine
            if card.moved
        ],
        "announce": [
            {"sector": card.sector, "from": before, "to": found.colour, "why": found.reason}
            for card in mine
            for before, found in _announced(grid, card, earlier[card.sector])
        ],
        "movers": [
            row
            for card in mine
            for before in earlier[card.sector][:1]
            for row in _movers(card, lists[before.run, card.sector])
        ],
    }


def list_earlier(grid: Grid) -> dict[str, list[Earlier]]:
    """Each sector's shown readings before the grid's run, newest first: some eight, of the last 32 runs and a week."""
    rows = _shown_before(grid).filter(run_id__gte=grid.seq - RUNS_BACK, run_id__lt=grid.seq).order_by("-run_id")
    columns = rows.values_list("sector", "run_id", "status", "colour", "score")[: READINGS_EACH * len(SECTORS)]
    found: dict[str, list[Earlier]] = {sector.key: [] for sector in SECTORS}
    for sector, run, status, colour, score in columns:
        found.setdefault(sector, []).append(Earlier(run, status == SectorReading.Status.OK, colour, score))
    return found


def _list_movers(grid: Grid, runs: Collection[int]) -> dict[tuple[int, str], dict[str, tuple[str, ...]]]:
    """(run, sector) -> the symbols of each list as it was shown, the hidden one empty."""
    rows = _shown_before(grid).filter(run_id__in=runs)
    columns = rows.values_list("run_id", "sector", "top_bullish", "top_bearish", "factors__hidden")
    return {
        (run, sector): {
            side: () if hidden == side else tuple(mover["symbol"] for mover in stored)
            for side, stored in ((BULL, bullish), (BEAR, bearish))
        }
        for run, sector, bullish, bearish, hidden in columns
    }


def _shown_before(grid: Grid) -> QuerySet[SectorReading]:
    return SectorReading.objects.filter(as_of__gte=grid.as_of - LOOKED_BACK, formula=F("run__formula"))


def _is_new(grid: Grid, card: Card) -> bool:
    return grid.readings[card.sector].run_id == grid.seq


def _announced(grid: Grid, card: Card, earlier: Sequence[Earlier]) -> list[tuple[str, Announcement]]:
    """(colour announced before, announcement) if this reading deserves one; grey readings never do."""
    parameters = FORMULAS[grid.formula].parameters
    reading = grid.readings[card.sector]
    if reading.status != SectorReading.Status.OK or reading.score is None:
        return []
    standing: str | None = None
    colours: list[str] = []
    for before in reversed(earlier):
        if before.is_ok and before.score is not None:
            standing = announce(standing, before.score, colours, parameters).colour
            colours.append(before.colour)
    if standing is None:
        return []  # the first light of all is no change
    found = announce(standing, reading.score, colours, parameters)
    return [(standing, found)] if found.changed else []


def _movers(card: Card, earlier: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    """Entries and exits of each shown list against the lists of the reading before."""
    rows = []
    for side in card.sides:
        now = () if side.hidden else tuple(mover.symbol for mover in side.movers)
        before = earlier[side.key]
        entered = [symbol for symbol in now if symbol not in before]
        left = [symbol for symbol in before if symbol not in now]
        if entered or left:
            rows.append({"sector": card.sector, "list": side.key, "in": entered, "out": left})
    return rows
