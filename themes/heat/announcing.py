"""Alerts of a pass: stocks that became HOT or EXTREME, with the moment at which the bar that did it was here."""

from __future__ import annotations

import datetime as dt

import numpy as np

from themes.alerts.services import raise_alert
from themes.kernels.temperature import Level
from themes.models import ThemeAlert
from universe import bars

from .reading import Reading, known, momentum_word

SEVERITY = {Level.HOT: 2, Level.EXTREME: 3}


def announce_rises(reading: Reading, known_at: dt.datetime) -> list[ThemeAlert]:
    """One alert per stock and rise, inside the transaction of the pass. An alert is never raised twice for a slot."""
    before, after = reading.before.level, reading.after.level
    rows = np.flatnonzero((after > before) & (after >= Level.HOT))
    if not rows.size:
        return []
    ids = reading.tape.ids[rows]
    arrived = bars.arrived_at("30m", ids, reading.slot.begins, reading.slot.at, known_at)
    found = [_announce(reading, int(row), arrived.get(int(one), known_at)) for row, one in zip(rows, ids, strict=True)]
    return [alert for alert in found if alert is not None]


def _announce(reading: Reading, row: int, data_at: dt.datetime) -> ThemeAlert | None:
    level, was = Level(int(reading.after.level[row])), int(reading.before.level[row])
    symbol, instrument_id = reading.tape.members.symbols[row], int(reading.tape.ids[row])
    change, multiple = float(reading.hour.change[row]), float(reading.hour.rvol[row])
    times = "on an unknown multiple of" if np.isnan(multiple) else f"on {multiple:.1f} times"
    advice, _ = reading.advise(row)
    return raise_alert(
        "temperature",
        symbol,
        instrument_id=instrument_id,
        severity=SEVERITY[level],
        text=f"{symbol} is {level.name}: {change:+.1f} % in the hour {times} the usual volume",
        facts={
            "level": level.name.lower(),
            "before": "" if was == Level.UNKNOWN else Level(was).name.lower(),
            "change": known(change, 2),
            "multiple": known(multiple, 2),
            "day_change": known(float(reading.day.change[row]), 2),
            "momentum": momentum_word(int(reading.momentum[row])),
            "squeeze": known(float(reading.squeeze.score[row]), 3),
            "recommendation": advice,
        },
        data_at=data_at,
        as_of=reading.slot.at,
        key=f"temperature:{instrument_id}:{reading.slot.at.isoformat()}",
    )
