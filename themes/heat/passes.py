"""One pass: bars to kernels to rows, in one transaction, exactly once per slot."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import Any

import numpy as np
import structlog
from django.db import connection, transaction

from sentiment_site.market import clock
from themes.kernels.temperature import Level
from themes.models import TemperaturePass, TemperatureReading
from themes.publish import announce_change
from themes.tape import load_tape

from .announcing import announce_rises
from .hours import load_hour
from .inputs import Cast, compute_day, load_around, load_casts, missing_inputs
from .reading import Reading, known, level_word, momentum_word, read_universe
from .slots import Slot
from .state import load_state
from .theme_heat import save_theme_heat
from .verdicts import save_verdicts

log = structlog.get_logger(__name__)
BATCH = 500


class NoHour(Exception):
    """The bars of the hour are not here; the text says which."""


def run_pass(slot: Slot, *, known_at: dt.datetime | None = None, alerts: bool = True) -> TemperaturePass | None:
    """Read the universe at a slot with what is known at `known_at` (default: now) and store it whole or not at all.

    None when the slot was read before, or when it lies between the hours and no stock rose. NoTape without a universe
    or any bar, NoHour when none of the slot's last half-hour is here. alerts: whether risen stocks are announced.
    """
    known_at = known_at or clock.now()
    began = time.perf_counter()
    if TemperaturePass.objects.filter(as_of=slot.at).exists():
        return None
    tape = load_tape(slot.at, known_at)
    hour = load_hour(tape, slot, known_at)
    if slot.bars and not np.isfinite(hour.change).any():
        raise NoHour(f"no bar that ends at {slot.at.isoformat()} is here")
    day, around = compute_day(tape, slot), load_around(tape, slot, known_at)
    casts = load_casts(slot.at, known_at)
    with transaction.atomic():
        if not _claim(slot):
            return None
        before = load_state(tape.ids.tolist(), slot, known_at)
        reading = read_universe(tape, slot, hour, day, around, before)
        rows = _rows_to_store(reading, casts)
        if not slot.on_the_hour and not rows.size:
            return None
        done = _save(reading, rows, began)
        pulls = save_theme_heat(reading, casts, done)
        save_verdicts(reading, rows, casts, pulls, done)
        if alerts:
            announce_rises(reading, known_at)
        announce_change("temperature")
    log.info("temperature read", at=slot.at.isoformat(), stocks=done.stocks, rows=int(rows.size), ms=done.duration_ms)
    return done


def _claim(slot: Slot) -> bool:
    """One pass at a time; whoever waited finds the other's row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('themes.heat'))")
    return not TemperaturePass.objects.filter(as_of=slot.at).exists()


def _rows_to_store(reading: Reading, casts: list[Cast]) -> np.ndarray:
    """On the hour: who is WARM or more, was so before, or belongs to a theme; between: who rose."""
    before, after = reading.before.level, reading.after.level
    if not reading.slot.on_the_hour:
        return np.flatnonzero((after > before) & (after >= Level.WARM))
    members = {one for cast in casts for one in cast.weights}
    belongs = np.isin(reading.tape.ids, np.array(sorted(members), dtype=np.int32))
    return np.flatnonzero((before >= Level.WARM) | (after >= Level.WARM) | belongs)


def _save(reading: Reading, rows: np.ndarray, began: float) -> TemperaturePass:
    now = clock.now()
    level = reading.after.level
    unknown = np.flatnonzero(level == Level.UNKNOWN)
    TemperatureReading.objects.bulk_create((_row(reading, int(row), now) for row in rows), batch_size=BATCH)
    return TemperaturePass.objects.create(
        as_of=reading.slot.at,
        recorded_at=now,
        is_whole=reading.slot.on_the_hour,
        stocks=len(reading.tape),
        unknown=reading.tape.ids[unknown].tolist(),
        missing=missing_inputs(reading.around.threshold_listed),
        warm=int((level == Level.WARM).sum()),
        hot=int((level == Level.HOT).sum()),
        extreme=int((level == Level.EXTREME).sum()),
        is_simulated=reading.tape.is_simulated,
        duration_ms=round((time.perf_counter() - began) * 1000),
    )


def _row(reading: Reading, row: int, now: dt.datetime) -> TemperatureReading:
    advice, reasons = reading.advise(row)
    own = int(reading.own.level[row])
    return TemperatureReading(
        as_of=reading.slot.at,
        instrument_id=int(reading.tape.ids[row]),
        sector=reading.tape.members.sectors[row],
        hourly_price_change=_decimal(reading.hour.change[row], 4, 9999.9999),
        hourly_volume_multiple=_decimal(reading.hour.rvol[row], 2, 9999.99),
        temperature_classification=level_word(int(reading.after.level[row])),
        raw_level=None if own == Level.UNKNOWN else own,
        quiet_hours=[int(hours) for hours in reading.after.quiet_hours[row]],
        momentum_velocity=_decimal(reading.hour.acceleration[row], 4, 9999.9999),
        momentum_phase=momentum_word(int(reading.momentum[row])),
        squeeze_risk_indicator=_decimal(reading.squeeze.score[row], 3, 1.0),
        squeeze=reading.describe_squeeze(row),
        trading_recommendation=advice,
        reasons=_plain(reasons),
        recorded_at=now,
    )


def _decimal(value: float, decimals: int, most: float) -> Decimal | None:
    """For a column of so many decimals: cut to what fits (methods.md 11.39), None where it is not known."""
    rounded = known(float(np.clip(value, -most, most)), decimals)
    return None if rounded is None else Decimal(f"{rounded:.{decimals}f}")


def _plain(reasons: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no NaN."""
    return reasons | {"reasons": [one | {"value": known(one["value"], 4)} for one in reasons["reasons"]]}
