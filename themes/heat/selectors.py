"""Temperatures, verdicts and the heat map as they were known at a moment (`as_of`; None: now)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sentiment_site.market import calendar, clock
from themes.models import StockVerdict, TemperaturePass, TemperatureReading, ThemeHeat

__all__ = [
    "TemperatureStand",
    "latest_pass",
    "list_passes",
    "temperatures_at",
    "theme_heat_at",
    "verdicts_at",
]

COLD = TemperatureReading.Level.COLD


@dataclass(frozen=True, slots=True)
class TemperatureStand:
    """One stock. level: "" unknown; reading: None where it is COLD by absence, or unknown; as_of: of the pass."""

    level: str
    as_of: dt.datetime
    reading: TemperatureReading | None = None


def list_passes(as_of: dt.datetime | None = None, *, since: dt.datetime | None = None) -> list[TemperaturePass]:
    """Passes of a session's length before a moment (or since one), newest first. One statement."""
    at = as_of or clock.now()
    rows = TemperaturePass.objects.filter(as_of__lte=at, recorded_at__lte=at)
    rows = rows.filter(as_of__gte=since or _horizon(at))
    return list(rows.order_by("-as_of"))


def latest_pass(as_of: dt.datetime | None = None, *, whole: bool = True) -> TemperaturePass | None:
    """The newest pass over all stocks (or of any kind) of this session or the one before. One statement."""
    at = as_of or clock.now()
    rows = TemperaturePass.objects.filter(as_of__lte=at, as_of__gte=_horizon(at), recorded_at__lte=at)
    return (rows.filter(is_whole=True) if whole else rows).order_by("-as_of").first()


def temperatures_at(instrument_ids: Iterable[int], as_of: dt.datetime | None = None) -> dict[int, TemperatureStand]:
    """Each stock's temperature as the newest pass left it; empty before the first pass. Two statements.

    A stock without a row was COLD then, unless the pass lists it as unknown. Stocks that are in no universe are not
    looked at by a pass: of them COLD says only that nothing was seen.
    """
    at, ids = as_of or clock.now(), list(instrument_ids)
    whole = latest_pass(as_of)
    if whole is None or not ids:
        return {}
    rows = TemperatureReading.objects.filter(
        instrument__in=ids, as_of__gte=whole.as_of, as_of__lte=at, recorded_at__lte=at
    ).order_by("as_of")
    unknown = set(whole.unknown)
    found = {one: TemperatureStand("" if one in unknown else COLD, whole.as_of) for one in ids}
    for row in rows:
        found[row.instrument_id] = TemperatureStand(row.temperature_classification, row.as_of, row)
    return found


def verdicts_at(instrument_ids: Collection[int], as_of: dt.datetime | None = None) -> dict[int, StockVerdict]:
    """Each stock's newest verdict of this session or the one before, with its theme. One statement."""
    at = as_of or clock.now()
    rows = StockVerdict.objects.filter(
        instrument__in=instrument_ids, as_of__lte=at, as_of__gte=_horizon(at), recorded_at__lte=at
    )
    newest = rows.order_by("instrument_id", "-as_of").distinct("instrument_id").select_related("theme", "instrument")
    return {row.instrument_id: row for row in newest}


def theme_heat_at(as_of: dt.datetime | None = None) -> dict[object, ThemeHeat]:
    """Each theme's heat in the newest pass known at a moment, by theme id. Two statements."""
    newest = latest_pass(as_of, whole=False)
    if newest is None:
        return {}
    return {row.theme_id: row for row in ThemeHeat.objects.filter(as_of=newest.as_of)}


def _horizon(at: dt.datetime) -> dt.datetime:
    """The beginning of the session before the newest one: what is older is no temperature any more."""
    return calendar.shift(calendar.last_session(at).date, -1).pre_open
