"""A small chart of prices and volumes as the numbers of an SVG, with the same in words. Pure; gaps stay gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.live.templatetags.figures import compact, fixed, signed

FloatArray = npt.NDArray[np.float64]

WIDTH, HEIGHT = 400.0, 132.0
PRICE_TOP, PRICE_BOTTOM = 6.0, 86.0
VOLUME_TOP, VOLUME_BOTTOM = 94.0, 132.0
BAR_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Rect:
    """A volume bar; `rising`: the price did not fall against the one before."""

    x: str
    y: str
    width: str
    height: str
    rising: bool


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the table beside the picture; None is missing."""

    label: str
    price: float | None
    volume: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """path: the price line, a new part after each gap. dots: prices that stand alone. low, high, first, last: dollars.

    summary says in words what the picture shows.
    """

    view_box: str
    path: str
    dots: tuple[tuple[str, str], ...]
    bars: tuple[Rect, ...]
    points: tuple[Point, ...]
    low: float
    high: float
    first: float
    last: float
    summary: str


def build_chart(labels: Sequence[str], prices: FloatArray, volumes: FloatArray) -> Chart | None:
    """The chart of n equally spaced readings, oldest first; NaN is missing. None without a single price.

    labels: words for each moment; prices: dollars (n,); volumes: shares (n,). The scale is from the lowest to the
    highest price; a flat line runs through the middle. Volume bars stand on zero.
    """
    known = np.flatnonzero(np.isfinite(prices))
    if not known.size:
        return None
    low, high = float(prices[known].min()), float(prices[known].max())
    x = (np.arange(prices.size) + 0.5) * WIDTH / prices.size
    y = _heights(prices, low, high)
    parts = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
    lines = (" L".join(f"{x[i]:.1f} {y[i]:.1f}" for i in part) for part in parts if part.size > 1)
    first, last = float(prices[known[0]]), float(prices[known[-1]])
    return Chart(
        view_box=f"0 0 {WIDTH:g} {HEIGHT:g}",
        path=" ".join(f"M{line}" for line in lines),
        dots=tuple((f"{x[part[0]]:.1f}", f"{y[part[0]]:.1f}") for part in parts if part.size == 1),
        bars=tuple(_bars(x, prices, volumes)),
        points=tuple(
            Point(label, _known(price), _known(volume))
            for label, price, volume in zip(labels, prices, volumes, strict=True)
        ),
        low=low,
        high=high,
        first=first,
        last=last,
        summary=_summary(labels, prices, volumes, known),
    )


def _heights(prices: FloatArray, low: float, high: float) -> FloatArray:
    if high == low:
        return np.where(np.isfinite(prices), (PRICE_TOP + PRICE_BOTTOM) / 2, np.nan)
    shares: FloatArray = (prices - low) / (high - low)
    return PRICE_BOTTOM - shares * (PRICE_BOTTOM - PRICE_TOP)


def _bars(x: FloatArray, prices: FloatArray, volumes: FloatArray) -> list[Rect]:
    traded = np.isfinite(volumes) & (volumes > 0)
    if not traded.any():
        return []
    most, width = float(volumes[traded].max()), WIDTH / prices.size * BAR_SHARE
    before, bars = np.nan, []
    for i in range(prices.size):
        if traded[i]:
            height = float(volumes[i]) / most * (VOLUME_BOTTOM - VOLUME_TOP)
            left, top, wide, high = (
                f"{each:.1f}" for each in (x[i] - width / 2, VOLUME_BOTTOM - height, width, height)
            )
            bars.append(Rect(left, top, wide, high, rising=not prices[i] < before))
        before = prices[i] if np.isfinite(prices[i]) else before
    return bars


def _summary(labels: Sequence[str], prices: FloatArray, volumes: FloatArray, known: npt.NDArray[np.intp]) -> str:
    start, end = int(known[0]), int(known[-1])
    first, last = float(prices[start]), float(prices[end])
    change = f" ({signed((last / first - 1) * 100)} %)" if first > 0 else ""
    low, high = fixed(float(prices[known].min())), fixed(float(prices[known].max()))
    missing = prices.size - known.size
    words = f"{labels[start]} {fixed(first)} to {labels[end]} {fixed(last)}{change}, lowest {low}, highest {high}"
    if np.isfinite(volumes[end]):
        words += f", {compact(float(volumes[end]))} shares in the last"
    return f"{words}; {missing} of {prices.size} without a trade" if missing else words


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
