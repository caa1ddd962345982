"""Bars and bands for the risk pages: places on a scale of 0 to 100, drawn as SVG attributes (no inline styles)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MIDDLE = 50.0
_LEAST = 0.6  # what is there is seen


@dataclass(frozen=True, slots=True)
class Sided:
    """A bar on each side of the middle: long to the right, short to the left."""

    long: float
    short: float

    @property
    def short_x(self) -> float:
        """Where the left bar begins."""
        return round(MIDDLE - self.short, 2)


@dataclass(frozen=True, slots=True)
class Band:
    """An interval with its middle, and the zero of the scale."""

    low: float
    point: float
    high: float
    zero: float = MIDDLE

    @property
    def width(self) -> float:
        """From low to high."""
        return round(max(self.high - self.low, _LEAST), 2)


def largest(values: Iterable[float | None]) -> float:
    """The largest magnitude, 0 for none."""
    return max((abs(value) for value in values if value is not None), default=0.0)


def draw_sides(long: float, short: float, scale: float) -> Sided:
    """Two bars; scale: what fills a side. All 0 without a scale."""
    return Sided(_length(long, scale, MIDDLE), _length(short, scale, MIDDLE))


def draw_bar(value: float, scale: float) -> float:
    """The length of one bar from the left."""
    return _length(value, scale, 2 * MIDDLE)


def draw_band(low: float, point: float, high: float, scale: float) -> Band:
    """An interval around zero in the middle; scale: what fills a side."""
    return Band(*(_place(value, scale) for value in (low, point, high)))


def _length(value: float, scale: float, full: float) -> float:
    if not scale or not value:
        return 0.0
    return round(min(max(abs(value) / scale * full, _LEAST), full), 2)


def _place(value: float, scale: float) -> float:
    share = value / scale if scale else 0.0
    return round(MIDDLE + MIDDLE * min(max(share, -1.0), 1.0), 2)
