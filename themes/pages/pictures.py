"""Small pictures of a theme's intensity, worked out on the server: the board's sparkline and the theme's timeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_site.market.calendar import NEW_YORK
from themes.models import ThemeChange, ThemeReading
from themes.models.stories import Phase

SPARK_HOURS = 48
SPARK_WIDTH, SPARK_HEIGHT = 96, 24
WIDTH, HEIGHT = 1000, 150
# Detection ticks hourly: a longer silence is a gap and no line is drawn across it.
GAP = dt.timedelta(hours=3)
MARKS = {
    "detected": "detected",
    "published": "passed the gate",
    "confirmed": "confirmed",
    "merged": "merged",
    "absorbed": "took another in",
    "retired": "retired",
    "faded": "faded",
}

Point = tuple[dt.datetime, float]


@dataclass(frozen=True, slots=True)
class Spark:
    """Intensity of the last two days on a scale of 0 to 1. path, dot: in a view of SPARK_WIDTH x SPARK_HEIGHT."""

    path: str
    dot: tuple[float, float]
    words: str


@dataclass(frozen=True, slots=True)
class Band:
    """A spell of one phase. x, width: in the timeline's view."""

    phase: str
    title: str
    x: float
    width: float
    since: dt.datetime
    until: dt.datetime

    @property
    def middle(self) -> float:
        """Where its name stands."""
        return self.x + self.width / 2

    @property
    def is_wide(self) -> bool:
        """Whether its name fits."""
        return self.width >= 9 * len(self.title)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, at x in the timeline's view."""

    words: str
    x: float
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of the axis of time."""

    words: str
    x: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Intensity on a scale of 0 to 1 over bands of phases, WIDTH x HEIGHT, and what it says in words."""

    path: str
    dots: tuple[tuple[float, float], ...]
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    words: str


def build_spark(points: Sequence[Point], until: dt.datetime) -> Spark | None:
    """The sparkline of readings oldest first; None without any in the last two days."""
    since = until - dt.timedelta(hours=SPARK_HOURS)
    shown = [point for point in points if since <= point[0] <= until]
    if not shown:
        return None
    placed = _place(shown, since, until, SPARK_WIDTH, SPARK_HEIGHT, 2)
    values = [value for _, value in shown]
    words = f"intensity over {SPARK_HOURS} h: {values[0]:.2f} to {values[-1]:.2f}, highest {max(values):.2f}"
    return Spark(_draw(placed, [at for at, _ in shown]), placed[-1], words)


def build_timeline(
    readings: Sequence[ThemeReading], changes: Sequence[ThemeChange], until: dt.datetime
) -> Timeline | None:
    """The timeline of readings oldest first, up to `until`; None without a reading."""
    if not readings:
        return None
    times = [reading.as_of for reading in readings]
    since = times[0]
    until = max(until, since + dt.timedelta(hours=1))
    points = [(reading.as_of, reading.intensity) for reading in readings]
    placed = _place(points, since, until, WIDTH, HEIGHT, 4)
    marks = tuple(
        Mark(MARKS[change.what], _across(change.at, since, until, WIDTH), change.at)
        for change in sorted(changes, key=lambda one: one.at)
        if change.what in MARKS and since <= change.at <= until
    )
    bands = _bands(readings, since, until)
    highest = max(points, key=lambda point: point[1])
    words = (
        f"intensity from {points[0][1]:.2f} to {points[-1][1]:.2f}, highest {highest[1]:.2f} on {_day(highest[0])}; "
        f"phases: {', '.join(band.title for band in bands)}"
    )
    alone = tuple(place for i, place in enumerate(placed) if _is_alone(times, i))
    return Timeline(_draw(placed, times), alone, bands, marks, _ticks(since, until), words)


def _bands(readings: Sequence[ThemeReading], since: dt.datetime, until: dt.datetime) -> tuple[Band, ...]:
    starts = [i for i, one in enumerate(readings) if i == 0 or readings[i - 1].phase != one.phase]
    bands = []
    for place, i in enumerate(starts):
        begin = readings[i].as_of
        end = readings[starts[place + 1]].as_of if place + 1 < len(starts) else until
        left, right = (_across(at, since, until, WIDTH) for at in (begin, end))
        phase = readings[i].phase
        bands.append(Band(phase, Phase(phase).label, left, max(right - left, 1.0), begin, end))
    return tuple(bands)


def _ticks(since: dt.datetime, until: dt.datetime) -> tuple[Tick, ...]:
    """Five moments evenly over the span: hours in a short one, days in a long one."""
    short = until - since <= dt.timedelta(days=3)
    moments = [since + (until - since) * place / 4 for place in range(5)]
    return tuple(Tick(_hour(at) if short else _day(at), _across(at, since, until, WIDTH)) for at in moments)


def _day(at: dt.datetime) -> str:
    local = at.astimezone(NEW_YORK)
    return f"{local.day} {local:%b}"


def _hour(at: dt.datetime) -> str:
    local = at.astimezone(NEW_YORK)
    return f"{local:%a %H:%M}"


def _place(
    points: Sequence[Point], since: dt.datetime, until: dt.datetime, width: int, height: int, edge: int
) -> list[tuple[float, float]]:
    room = height - 2 * edge
    return [
        (_across(at, since, until, width), round(edge + room * (1 - min(max(value, 0.0), 1.0)), 2))
        for at, value in points
    ]


def _across(at: dt.datetime, since: dt.datetime, until: dt.datetime, width: int) -> float:
    return round(width * min(max((at - since) / (until - since), 0.0), 1.0), 2)


def _draw(placed: Sequence[tuple[float, float]], times: Sequence[dt.datetime]) -> str:
    steps = []
    for i, (x, y) in enumerate(placed):
        joined = i > 0 and times[i] - times[i - 1] <= GAP
        steps.append(f"{'L' if joined else 'M'}{x} {y}")
    return " ".join(steps)


def _is_alone(times: Sequence[dt.datetime], i: int) -> bool:
    """A point without a neighbour is no line; it is drawn as a dot."""
    before = i > 0 and times[i] - times[i - 1] <= GAP
    after = i + 1 < len(times) and times[i + 1] - times[i] <= GAP
    return not before and not after
