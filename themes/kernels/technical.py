"""What the chart says: six indicators brought to [-1, 1] and weighed; smoothing after Wilder.

Source: docs/methods/confluence.md.

Arrays of bars are (t, n): t daily or half-hourly bars, oldest first, n stocks. No claim of
foresight: what followed the scores is measured elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

PERIOD: Final = 14
FEWEST_BARS: Final = 50
FAST, SLOW, SIGNAL = 12, 26, 9
SHORT_AVERAGE, LONG_AVERAGE = 20, 50
FEWEST_VOLUMES: Final = 10
# Of the price: a flat stock has no range, and a change of nothing must not become everything.
LEAST_RANGE: Final = 1e-4


class Indicator(NamedTuple):
    """One part of the score."""

    name: str
    title: str
    weight: float


INDICATORS: Final = (
    Indicator("rsi", "RSI 14", 0.15),
    Indicator("macd", "MACD 12/26/9", 0.20),
    Indicator("adx", "ADX 14", 0.15),
    Indicator("averages", "moving averages 20/50", 0.25),
    Indicator("bollinger", "Bollinger 20/2", 0.10),
    Indicator("volume", "volume", 0.15),
)


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """(t, n) each, dollars and shares, adjusted alike. A bar without a finite high, low and close above 0 (or with its
    low above its high) did not happen: it is left out and the next follows the one before. ValueError for shapes that
    differ or are not (t, n)."""

    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __post_init__(self) -> None:
        """Refuse shapes that cannot belong together."""
        shapes = {np.shape(getattr(self, field.name)) for field in fields(self)}
        if len(shapes) != 1 or len(shapes.pop()) != 2:
            raise ValueError("bars must all have the shape (t, n)")


@dataclass(frozen=True, slots=True, eq=False)
class TechnicalReading:
    """Of the last bar. score (n,): [-1, 1], NaN below 50 bars; coverage (n,): the share of the weights that is known;
    bars (n,): usable ones; values (n, 6): the indicators in [-1, 1] in the order of INDICATORS, NaN unknown; weights
    (n, 6): what each counted, sum 1 (all 0 without a score); readings (n, 6): the indicators as charts show them: RSI,
    MACD histogram in dollars, ADX, close over its 20-bar average in percent, Bollinger z, volume over its median.

    Their products values x weights add up to the score.
    """

    score: FloatArray
    coverage: FloatArray
    bars: npt.NDArray[np.int64]
    values: FloatArray
    weights: FloatArray
    readings: FloatArray


class Direction(NamedTuple):
    """Wilder's directional movement, (t, n) each: plus, minus and adx from 0 to 100, atr in dollars. NaN before they
    begin (14 changes; the adx 14 more)."""

    plus: FloatArray
    minus: FloatArray
    adx: FloatArray
    atr: FloatArray


def score_technical(bars: Bars) -> TechnicalReading:
    """The six indicators after the last bar, weighed. Unknown ones (volume) leave, the others share their weight."""
    packed, counts = pack_bars(bars)
    stocks = packed.close.shape[1]
    enough = counts >= FEWEST_BARS
    values, readings = np.full((stocks, len(INDICATORS)), np.nan), np.full((stocks, len(INDICATORS)), np.nan)
    if enough.any():
        chosen = Bars(*(getattr(packed, field.name)[:, enough] for field in fields(Bars)))
        values[enough], readings[enough] = _judge(chosen)
    known = np.isfinite(values)
    share = known * np.array([part.weight for part in INDICATORS])
    coverage = share.sum(axis=1)
    share = share / np.where(coverage > 0, coverage, 1.0)[:, None]
    score = np.clip((share * np.nan_to_num(values)).sum(axis=1), -1.0, 1.0)
    return TechnicalReading(np.where(enough, score, np.nan), coverage, counts, values, share, readings)


def pack_bars(bars: Bars) -> tuple[Bars, npt.NDArray[np.int64]]:
    """The same bars without holes: every stock's usable ones at the end, NaN before them; and how many, (n,)."""
    high, low, close = bars.high, bars.low, bars.close
    usable = np.isfinite(high) & np.isfinite(low) & np.isfinite(close) & (close > 0) & (low <= high)
    order = np.argsort(usable, axis=0, kind="stable")
    counts = usable.sum(axis=0)
    there = np.arange(len(close))[:, None] >= len(close) - counts
    columns = (
        np.where(there, np.take_along_axis(one, order, axis=0), np.nan) for one in (high, low, close, bars.volume)
    )
    return Bars(*columns), counts


def compute_rsi(close: FloatArray) -> FloatArray:
    """Wilder's relative strength, 0 to 100, (t, n); NaN before 14 changes, 50 where nothing moved. close: packed."""
    change = _changes(close)
    gain, loss = smooth_wilder(np.maximum(change, 0.0)), smooth_wilder(np.maximum(-change, 0.0))
    total = gain + loss
    return np.where(total == 0, 50.0, 100 * gain / np.where(total == 0, 1.0, total))


def compute_macd(close: FloatArray) -> FloatArray:
    """MACD histogram in dollars, (t, n): EMA 12 less EMA 26, less the EMA 9 of that, each begun at the first bar."""
    line = smooth_exponential(close, 2 / (FAST + 1)) - smooth_exponential(close, 2 / (SLOW + 1))
    return line - smooth_exponential(line, 2 / (SIGNAL + 1))


def compute_direction(high: FloatArray, low: FloatArray, close: FloatArray) -> Direction:
    """Wilder's DI+, DI-, ADX and ATR of packed bars; 0 where nothing moved."""
    before = np.vstack([np.full((1, close.shape[1]), np.nan), close[:-1]])
    spread = np.maximum(high, before) - np.minimum(low, before)
    up, down = _changes(high), -_changes(low)
    atr = smooth_wilder(spread)
    rise = smooth_wilder(np.where(np.isnan(up), np.nan, np.where((up > down) & (up > 0), up, 0.0)))
    fall = smooth_wilder(np.where(np.isnan(down), np.nan, np.where((down > up) & (down > 0), down, 0.0)))
    floor = np.maximum(atr, LEAST_RANGE * close)
    total = rise + fall
    index = np.where(total == 0, 0.0, 100 * np.abs(rise - fall) / np.where(total == 0, 1.0, total))
    return Direction(100 * rise / floor, 100 * fall / floor, smooth_wilder(index), atr)


def smooth_wilder(values: FloatArray, period: int = PERIOD) -> FloatArray:
    """Wilder's average, (t, n): the mean of the first `period` values, then 1/period of every new one. NaN before.

    values: NaN at the beginning of a column only.
    """
    start = np.isnan(values).sum(axis=0) + period - 1
    running = np.cumsum(np.where(np.isnan(values), 0.0, values), axis=0)
    answer = np.full(values.shape, np.nan)
    current = np.full(values.shape[1], np.nan)
    for step in range(len(values)):
        current = np.where(step == start, running[step] / period, current + (values[step] - current) / period)
        answer[step] = current
    return answer


def smooth_exponential(values: FloatArray, alpha: float) -> FloatArray:
    """Exponential average begun at each column's first value, (t, n). values: NaN at the beginning of a column only."""
    answer = np.full(values.shape, np.nan)
    current = np.full(values.shape[1], np.nan)
    for step in range(len(values)):
        current = np.where(np.isnan(current), values[step], current + alpha * (values[step] - current))
        answer[step] = current
    return answer


def _judge(bars: Bars) -> tuple[FloatArray, FloatArray]:
    """Values and readings of the last bar, (n, 6) each, of packed bars of which 50 are usable."""
    close, last = bars.close, bars.close[-1]
    direction = compute_direction(bars.high, bars.low, close)
    span = np.maximum(direction.atr[-1], LEAST_RANGE * last)
    rsi, histogram = compute_rsi(close)[-1], compute_macd(close)[-1]
    plus, minus, adx = direction.plus[-1], direction.minus[-1], direction.adx[-1]
    recent = close[-SHORT_AVERAGE:]
    short, long = recent.mean(axis=0), close[-LONG_AVERAGE:].mean(axis=0)
    width = np.maximum(recent.std(axis=0), LEAST_RANGE * last)
    multiple = _volume_multiple(bars.volume)
    change = (last / close[-2] - 1) * last / span
    values = (
        # RSI has no scale: the smallest tick of a flat stock makes it 100, so a range below the floor counts in part
        np.tanh((rsi - 50) / 15) * direction.atr[-1] / span,
        np.tanh(histogram / (0.25 * span)),
        # below one percent of directional movement there is no direction to divide by
        (plus - minus) / np.maximum(plus + minus, 1.0) * np.clip((adx - 15) / 25, 0.0, 1.0),
        0.5 * np.tanh((last - short) / (1.5 * span)) + 0.5 * np.tanh((short - long) / (2 * span)),
        np.clip((last - short) / (2 * width), -1.0, 1.0),
        # tanh(ln v) without the logarithm of 0
        np.clip(change, -1.0, 1.0) * (1 - 2 / (multiple**2 + 1)),
    )
    readings = (rsi, histogram, adx, 100 * (last / short - 1), (last - short) / width, multiple)
    return np.column_stack(values), np.column_stack(readings)


def _volume_multiple(volume: FloatArray) -> FloatArray:
    """The last volume over the median of the 20 bars before it, (n,); NaN with fewer than 10 known or a median of 0."""
    before = np.where(volume[-SHORT_AVERAGE - 1 : -1] >= 0, volume[-SHORT_AVERAGE - 1 : -1], np.inf)
    count = np.isfinite(before).sum(axis=0)
    order, column = np.sort(before, axis=0), np.arange(volume.shape[1])
    middle = (order[np.maximum(count - 1, 0) // 2, column] + order[np.minimum(count // 2, len(order) - 1), column]) / 2
    usable = (count >= FEWEST_VOLUMES) & (middle > 0) & (volume[-1] >= 0)
    return np.where(usable, volume[-1] / np.where(usable, middle, 1.0), np.nan)


def _changes(values: FloatArray) -> FloatArray:
    """Changes from bar to bar, (t, n), NaN in the first row."""
    return np.vstack([np.full((1, values.shape[1]), np.nan), np.diff(values, axis=0)])
