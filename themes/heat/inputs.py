"""What a pass knows of every stock beside its hour: the day, squeeze inputs, halts, manipulation, the sector's light.

Everything as of the slot and as known when the pass runs; what no source gives is NaN and is named by `missing_inputs`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import F, Q

from sectors.models import SectorReading
from sentiment_site.market import calendar
from sentiment_site.quant.windows import trailing_median
from themes.kernels.excess import fill_forward
from themes.models import ManipulationReading, Theme, ThemeMembership
from themes.models.stories import Standing
from themes.tape import Tape
from universe.models import ShortInterestReading
from universe.selectors import halts_at, threshold_listed_at

from .slots import Slot

Floats = npt.NDArray[np.float64]
LIVING = (Standing.ACTIVE, Standing.WATCH)
# No provider of the product gives these: they are never guessed, and every reading says that they are missing.
MISSING = ("borrow fee", "utilisation of lendable shares")
SIGMA_SESSIONS, FEWEST_SESSIONS = 20, 5
MAD_TO_SIGMA = 1.4826
SHORT_SALE_FALL = 0.9  # Rule 201: 10 % below the last close, for the rest of that day and the next one
OTHER_BASIS = 0.2
MANIPULATION_KEPT = dt.timedelta(days=4)
LIGHT_KEPT = dt.timedelta(days=5)


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """(n,) each. change: percent since the last official close; sigmas: in daily sigmas; at_high: 1 at the highest of
    20 sessions, NaN on another share basis; restricted: 1 under Rule 201, by regular half-hour closes and daily lows;
    priced: whether there is any price."""

    change: Floats
    sigmas: Floats
    at_high: Floats
    restricted: Floats
    priced: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """(n,) each: days_to_cover, halted, threshold_listed (1 or 0), manipulation (risk), sector_score; NaN unknown."""

    days_to_cover: Floats
    halted: Floats
    threshold_listed: Floats
    manipulation: Floats
    sector_score: Floats


@dataclass(frozen=True, slots=True)
class Cast:
    """A living theme and its members at a slot: instrument id -> weight, and -> sector."""

    theme: Theme
    weights: Mapping[int, float]
    sectors: Mapping[int, str]


def compute_day(tape: Tape, slot: Slot) -> Day:
    """The session so far against the one before it."""
    before = calendar.shift(slot.session.date, -1)
    closes, lows, highs = _earlier(tape, slot)
    prices = fill_forward(np.concatenate([closes[:, -1:], tape.bar_close], axis=1))
    last = prices[:, -1]
    close_place = sum(1 for start in tape.starts if start < before.close)
    previous = prices[:, close_place]
    change = 100 * (last / previous - 1)
    moves = np.abs(100 * (closes[:, 1:] / closes[:, :-1] - 1))
    sigma = MAD_TO_SIGMA * trailing_median(moves, SIGMA_SESSIONS, FEWEST_SESSIONS)
    usable = np.isfinite(sigma) & (sigma > 0)
    # a split today puts the half-hours on another share basis than the days
    same = np.abs(np.log(previous / closes[:, -1])) < OTHER_BASIS
    highest = fill_forward(np.maximum.accumulate(np.nan_to_num(highs[:, -SIGMA_SESSIONS:]), axis=1))[:, -1]
    at_high = np.where(same & (highest > 0), (last >= highest).astype(np.float64), np.nan)
    fell = _fell_today(tape, slot, previous) | (lows[:, -1] <= SHORT_SALE_FALL * closes[:, -2])
    return Day(
        change=change,
        sigmas=np.where(usable, change / np.where(usable, sigma, 1.0), np.nan),
        at_high=at_high,
        restricted=np.where(np.isfinite(previous), fell.astype(np.float64), np.nan),
        priced=np.isfinite(last),
    )


def load_around(tape: Tape, slot: Slot, known_at: dt.datetime) -> Around:
    """Six statements."""
    ids = tape.ids.tolist()
    known_then = min(slot.at, known_at)
    halted, _ = halts_at(tape.ids, known_then)
    scores = load_scores(slot.at, known_at)
    return Around(
        days_to_cover=_by_id(ids, load_days_to_cover(ids, slot, known_at)),
        halted=halted.astype(np.float64),
        threshold_listed=threshold_listed_at(tape.ids, known_then),
        manipulation=_by_id(ids, load_manipulation(None, slot.at, known_at)),
        sector_score=np.array([scores.get(sector, np.nan) for sector in tape.members.sectors], dtype=np.float64),
    )


def missing_inputs(threshold_listed: Floats) -> list[str]:
    """What no source gives for these stocks: MISSING, and the threshold list of those for which it is NaN."""
    unknown = np.isnan(threshold_listed)
    if not unknown.any():
        return list(MISSING)
    return [*MISSING, "threshold list" if unknown.all() else "threshold list of other exchanges"]


def load_days_to_cover(ids: Iterable[int], slot: Slot, known_at: dt.datetime) -> dict[int, float]:
    """Of the newest settlement known, by instrument; without those whose newest one has none."""
    rows = ShortInterestReading.objects.filter(
        instrument__in=ids, settlement_date__lte=slot.session.date, recorded_at__lte=known_at
    )
    newest = rows.order_by("instrument_id", "-settlement_date", "-recorded_at").distinct("instrument_id")
    return {pk: float(days) for pk, days in newest.values_list("instrument_id", "days_to_cover") if days is not None}


def load_manipulation(ids: Iterable[int] | None, at: dt.datetime, known_at: dt.datetime) -> dict[int, float]:
    """The newest manipulation risk of the last four days, by instrument (None: of all that are watched)."""
    rows = ManipulationReading.objects.filter(
        as_of__lte=at, as_of__gt=at - MANIPULATION_KEPT, recorded_at__lte=known_at
    )
    if ids is not None:
        rows = rows.filter(instrument__in=ids)
    newest = rows.order_by("instrument_id", "-as_of").distinct("instrument_id")
    return {pk: float(risk) for pk, risk in newest.values_list("instrument_id", "risk")}


def load_scores(at: dt.datetime, known_at: dt.datetime) -> dict[str, float]:
    """Each sector's own score in the newest light that is no younger than the slot; without grey ones."""
    rows = SectorReading.objects.filter(
        as_of__lte=at, as_of__gt=at - LIGHT_KEPT, run__recorded_at__lte=known_at, formula=F("run__formula")
    )
    newest = rows.order_by("sector", "-as_of", "-run_id").distinct("sector")
    return {
        sector: float(score)
        for sector, score, status in newest.values_list("sector", "score", "status")
        if score is not None and status == SectorReading.Status.OK
    }


def load_casts(at: dt.datetime, known_at: dt.datetime) -> list[Cast]:
    """Living themes with who belonged to them at the slot, oldest first. Two statements."""
    themes = {theme.pk: theme for theme in Theme.objects.filter(standing__in=LIVING, detected_at__lte=at)}
    rows = ThemeMembership.objects.filter(
        theme__in=themes, since__lte=at, recorded_at__lte=known_at, is_sympathy=False
    ).filter(Q(until__isnull=True) | Q(until__gt=at))
    found: dict[object, tuple[dict[int, float], dict[int, str]]] = defaultdict(lambda: ({}, {}))
    for theme_id, instrument_id, score, sector in rows.values_list("theme_id", "instrument_id", "score", "sector"):
        weights, sectors = found[theme_id]
        weights[instrument_id], sectors[instrument_id] = max(score, 0.0), sector
    ordered = sorted(themes.values(), key=lambda theme: (theme.detected_at, theme.pk))
    return [Cast(theme, *found[theme.pk]) for theme in ordered if found[theme.pk][0]]


def _earlier(tape: Tape, slot: Slot) -> tuple[Floats, Floats, Floats]:
    """Closes, lows and highs of the sessions before the slot's, filled, with two columns at least."""
    count = sum(1 for session in tape.sessions if session < slot.session.date)
    blank = np.full((len(tape), 2), np.nan)
    closes, lows, highs = (
        np.concatenate([blank, panel[:, :count]], axis=1) for panel in (tape.day_close, tape.day_low, tape.day_high)
    )
    return fill_forward(closes), lows, highs


def _fell_today(tape: Tape, slot: Slot, previous: Floats) -> npt.NDArray[np.bool_]:
    regular = [n for n, start in enumerate(tape.starts) if slot.session.open <= start < slot.session.close]
    if not regular:
        return np.zeros(len(tape), dtype=bool)
    low = np.fmin.reduce(tape.bar_close[:, regular], axis=1)
    return np.asarray(low <= SHORT_SALE_FALL * previous)


def _by_id(ids: list[int], values: Mapping[int, float]) -> Floats:
    return np.array([values.get(one, np.nan) for one in ids], dtype=np.float64)
