"""How hot the living themes are, and how hard each pulls at the light."""

from __future__ import annotations

import math
import uuid
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from django.db import connection

from themes.kernels.lifecycle import FEWEST, LEAST_SHARE
from themes.kernels.temperature import Level, theme_levels
from themes.kernels.verdict import score_theme
from themes.models import TemperaturePass, Theme, ThemeHeat
from themes.models.stories import Standing

from .inputs import Cast
from .reading import Reading, known, level_word

Pulls = Mapping[uuid.UUID, float]


def save_theme_heat(reading: Reading, casts: list[Cast], done: TemperaturePass) -> Pulls:
    """A row per living theme, and the present level on the theme itself; how far each active theme pulls, by id."""
    if not casts:
        return {}
    place = {int(one): row for row, one in enumerate(reading.tape.ids)}
    weights = np.zeros((len(casts), len(reading.tape)))
    for number, cast in enumerate(casts):
        for one, each in cast.weights.items():
            if one in place:
                weights[number, place[one]] = each
    levels = theme_levels(reading.after.level, weights)
    rows, pulls = [], {}
    for cast, weight, level in zip(casts, weights, levels, strict=True):
        rise = _rise(weight, reading.day.change)
        score = score_theme(int(level), cast.theme.phase, rise)
        if cast.theme.standing != Standing.ACTIVE:
            score = math.nan  # below the confidence gate a theme is watched, and moves nothing
        if not math.isnan(score):
            pulls[cast.theme.pk] = score
        rows.append(
            ThemeHeat(
                theme=cast.theme,
                as_of=done.as_of,
                level=level_word(int(level)),
                members=len(cast.weights),
                known=int(((weight > 0) & (reading.after.level != Level.UNKNOWN)).sum()),
                rise=None if math.isnan(rise) else Decimal(str(round(min(max(rise, -9999.0), 9999.0), 4))),
                phase=cast.theme.phase,
                score=None if math.isnan(score) else Decimal(str(known(score, 3))),
                reach=_reach(cast),
                recorded_at=done.recorded_at,
            )
        )
    ThemeHeat.objects.bulk_create(rows)
    _update_themes(rows)
    return pulls


def _rise(weight: np.ndarray, change: np.ndarray) -> float:
    """Weighted mean of the members' day change, percent; NaN where none is known."""
    there = (weight > 0) & np.isfinite(change)
    return float(np.average(change[there], weights=weight[there])) if there.any() else math.nan


def _reach(cast: Cast) -> dict[str, float]:
    """Share of the membership weight by sector, of the sectors that count as reached: two members and 15 %."""
    share: defaultdict[str, float] = defaultdict(float)
    count: defaultdict[str, int] = defaultdict(int)
    for one, weight in cast.weights.items():
        share[cast.sectors[one]] += weight
        count[cast.sectors[one]] += 1
    whole = sum(share.values())
    return {
        sector: round(part / whole, 4)
        for sector, part in sorted(share.items(), key=lambda item: -item[1])
        if sector and whole > 0 and count[sector] >= FEWEST and part / whole >= LEAST_SHARE
    }


def _update_themes(rows: list[ThemeHeat]) -> None:
    """The level of now on the themes; detection writes whole rows under this lock, so neither undoes the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('themes.stories'))")
    for row in rows:
        Theme.objects.filter(pk=row.theme_id).update(temperature_status=row.level)
