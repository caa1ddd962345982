"""The drawings of the manipulation page: a strip of phases, a line of risk. Geometry only, colours are in the CSS."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from themes.kernels.manipulation import BANDS
from themes.models import ManipulationReading

WIDTH, HEIGHT = 600, 60
PHASE_WORDS = {
    "QUIET": "quiet", "ACCUMULATION": "accumulation", "RUN": "run", "PEAK": "peak", "DUMP": "dump",
    "AFTERMATH": "aftermath",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """A phase on the strip: x and width in hundredths of the strip, and its facts."""

    phase: str
    words: str
    x: float
    width: float
    begin: dt.datetime
    end: dt.datetime
    bars: int
    probability: float


def draw_strip(timeline: Sequence[dict[str, Any]]) -> list[Stretch]:
    """The stretches of a stored timeline side by side, oldest first, as wide as they have bars."""
    total = sum(each["bars"] for each in timeline)
    found, x = [], 0.0
    for each in timeline:
        width = WIDTH * each["bars"] / total
        begin, end = (dt.datetime.fromisoformat(each[name]) for name in ("begin", "end"))
        words = PHASE_WORDS[each["phase"]]
        found.append(Stretch(each["phase"], words, round(x, 2), round(width, 2), begin, end, each["bars"],
                             each["probability"]))  # fmt: skip
        x += width
    return found


def draw_risk(rows: Sequence[ManipulationReading]) -> str:
    """The path of the published risk over readings, oldest first, evenly spaced; "" for fewer than two."""
    if len(rows) < 2:
        return ""
    step = WIDTH / (len(rows) - 1)
    points = [f"{place * step:.1f},{HEIGHT * (1 - float(row.risk)):.1f}" for place, row in enumerate(rows)]
    return "M" + "L".join(points)


def band_lines() -> list[float]:
    """Heights of the edges of the bands."""
    return [round(HEIGHT * (1 - edge), 1) for edge in BANDS]
