"""The chart's score against straight-loop Wilder, pandas' exponential means, truncation and edges."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from themes.kernels.technical import (
    INDICATORS,
    Bars,
    compute_direction,
    compute_macd,
    compute_rsi,
    pack_bars,
    score_technical,
    smooth_exponential,
)

NAN = np.nan
RSI, MACD, ADX, AVERAGES, BOLLINGER, VOLUME = range(6)


def walk(steps: int, stocks: int, seed: int = 7, volatility: float = 0.02) -> Bars:
    rng = np.random.default_rng(seed)
    close = 20 * np.exp(np.cumsum(volatility * rng.standard_normal((steps, stocks)), axis=0))
    reach = close * volatility * rng.random((2, steps, stocks))
    return Bars(close + reach[0], close - reach[1], close, 1e6 * np.exp(0.5 * rng.standard_normal((steps, stocks))))


def line(closes: list[float], reach: float = 0.0, volume: float = 100.0) -> Bars:
    close = np.array(closes)[:, None]
    return Bars(close + reach, close - reach, close, np.full(close.shape, volume))


def wilder(values: list[float]) -> list[float]:
    """Straight from the book: the mean of 14, then thirteen parts old and one part new."""
    out = [sum(values[:14]) / 14]
    for value in values[14:]:
        out.append((out[-1] * 13 + value) / 14)
    return out


def slow_rsi(close: list[float]) -> float:
    moves = [now - before for before, now in itertools.pairwise(close)]
    gain = wilder([move if move > 0 else 0.0 for move in moves])[-1]
    loss = wilder([-move if move < 0 else 0.0 for move in moves])[-1]
    return 100 - 100 / (1 + gain / loss)


def slow_direction(high: list[float], low: list[float], close: list[float]) -> tuple[float, float, float, float]:
    ranges, plus, minus = [], [], []
    for i in range(1, len(close)):
        ranges.append(max(high[i] - low[i], abs(high[i] - close[i - 1]), abs(low[i] - close[i - 1])))
        up, down = high[i] - high[i - 1], low[i - 1] - low[i]
        plus.append(up if up > down and up > 0 else 0.0)
        minus.append(down if down > up and down > 0 else 0.0)
    atr, rise, fall = wilder(ranges), wilder(plus), wilder(minus)
    index = []
    for one, up, down in zip(atr, rise, fall, strict=True):
        di_plus, di_minus = 100 * up / one, 100 * down / one
        index.append(100 * abs(di_plus - di_minus) / (di_plus + di_minus))
    return 100 * rise[-1] / atr[-1], 100 * fall[-1] / atr[-1], wilder(index)[-1], atr[-1]


def test_rsi_is_wilders() -> None:
    bars = walk(90, 5)
    expected = [slow_rsi(bars.close[:, one].tolist()) for one in range(5)]
    np.testing.assert_allclose(compute_rsi(bars.close)[-1], expected, rtol=1e-12)
    assert np.isnan(compute_rsi(bars.close)[:14]).all()
    assert np.isfinite(compute_rsi(bars.close)[14:]).all()


def test_rsi_of_a_rise_is_100_of_a_fall_0_of_nothing_50() -> None:
    close = np.column_stack([np.arange(1.0, 21), np.arange(21.0, 1, -1), np.full(20, 5.0)])
    np.testing.assert_array_equal(compute_rsi(close)[-1], [100, 0, 50])


def test_direction_is_wilders() -> None:
    bars = walk(120, 4, seed=3)
    found = compute_direction(bars.high, bars.low, bars.close)
    for one in range(4):
        expected = slow_direction(bars.high[:, one].tolist(), bars.low[:, one].tolist(), bars.close[:, one].tolist())
        got = [float(series[-1, one]) for series in found]
        np.testing.assert_allclose(got, expected, rtol=1e-11)
    assert np.isnan(found.adx[:27]).all()
    assert np.isfinite(found.adx[27:]).all()


def test_macd_is_the_difference_of_pandas_means() -> None:
    frame = pd.DataFrame(walk(80, 6, seed=5).close)
    macd = frame.ewm(span=12, adjust=False).mean() - frame.ewm(span=26, adjust=False).mean()
    expected = macd - macd.ewm(span=9, adjust=False).mean()
    np.testing.assert_allclose(compute_macd(frame.to_numpy()), expected.to_numpy(), atol=1e-12)
    np.testing.assert_allclose(
        smooth_exponential(frame.to_numpy(), 0.3), frame.ewm(alpha=0.3, adjust=False).mean().to_numpy(), rtol=1e-12
    )


def test_the_score_is_the_weighed_sum_of_the_formulas() -> None:
    bars = walk(70, 8, seed=11)
    found = score_technical(bars)
    frame = pd.DataFrame(bars.close)
    for one in range(8):
        close, volume = frame[one], pd.Series(bars.volume[:, one])
        plus, minus, adx, atr = slow_direction(*(x[:, one].tolist() for x in (bars.high, bars.low, bars.close)))
        mean20, mean50 = close.rolling(20).mean().iloc[-1], close.rolling(50).mean().iloc[-1]
        deviation = close.rolling(20).std(ddof=0).iloc[-1]
        last, change = close.iloc[-1], close.iloc[-1] / close.iloc[-2] - 1
        multiple = volume.iloc[-1] / volume.iloc[-21:-1].median()
        macd = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
        histogram = (macd - macd.ewm(span=9, adjust=False).mean()).iloc[-1]
        expected = [
            np.tanh((slow_rsi(close.tolist()) - 50) / 15),
            np.tanh(histogram / (0.25 * atr)),
            (plus - minus) / (plus + minus) * min(max((adx - 15) / 25, 0), 1),
            0.5 * np.tanh((last - mean20) / (1.5 * atr)) + 0.5 * np.tanh((mean20 - mean50) / (2 * atr)),
            min(max((last - mean20) / (2 * deviation), -1), 1),
            np.sign(change) * np.tanh(np.log(multiple)) * min(1, abs(change) / (atr / last)),
        ]
        np.testing.assert_allclose(found.values[one], expected, atol=1e-10)
        assert found.score[one] == pytest.approx(np.dot(expected, [0.15, 0.20, 0.15, 0.25, 0.10, 0.15]), abs=1e-10)
    assert [part.weight for part in INDICATORS] == [0.15, 0.20, 0.15, 0.25, 0.10, 0.15]
    np.testing.assert_allclose((found.values * found.weights).sum(axis=1), found.score)
    assert (found.coverage == pytest.approx(np.ones(8))) and (found.bars == 70).all()


def test_readings_are_what_a_chart_shows() -> None:
    found = score_technical(line([10.0] * 59 + [11.0], reach=0.1, volume=100.0))
    mean, deviation = (19 * 10 + 11) / 20, float(np.std([10.0] * 19 + [11.0]))
    np.testing.assert_allclose(
        found.readings[0, [RSI, 3, 4, 5]],
        np.array([100, 100 * (11 / mean - 1), (11 - mean) / deviation, 1], dtype=np.float64),
    )
    assert found.values[0, VOLUME] == 0  # usual volume says nothing


def test_a_rise_is_bullish_its_mirror_bearish() -> None:
    up = score_technical(line([10 + 0.1 * i for i in range(60)], reach=0.05))
    down = score_technical(line([16 - 0.1 * i for i in range(60)], reach=0.05))
    assert up.score[0] > 0.4 > -0.4 > down.score[0]
    assert up.values[0, ADX] == pytest.approx(1) and down.values[0, ADX] == pytest.approx(-1)
    assert up.values[0, AVERAGES] > 0.8 and up.values[0, BOLLINGER] > 0.5


@pytest.mark.parametrize(("bars", "known"), [(49, False), (50, True), (51, True)])
def test_fifty_bars_are_needed(bars: int, known: bool) -> None:
    found = score_technical(walk(bars, 2))
    assert np.isfinite(found.score).all() == known
    assert np.isfinite(found.values).all() == known
    assert (found.coverage > 0).all() == known
    np.testing.assert_allclose(found.weights.sum(axis=1), float(known))


def test_stocks_of_different_age_do_not_touch_each_other() -> None:
    bars = walk(80, 3)
    holed = Bars(*(x.copy() for x in (bars.high, bars.low, bars.close, bars.volume)))
    holed.close[:20, 1] = NAN  # listed later
    holed.close[:40, 2] = NAN  # too young
    holed.close[[50, 60], 0] = NAN  # two days without a bar
    found = score_technical(holed)
    later = score_technical(Bars(*(x[20:, 1:2] for x in (bars.high, bars.low, bars.close, bars.volume))))
    without = np.delete(np.arange(80), [50, 60])
    gaps = score_technical(Bars(*(x[without, :1] for x in (bars.high, bars.low, bars.close, bars.volume))))
    np.testing.assert_allclose(found.score[:2], [gaps.score[0], later.score[0]], rtol=1e-12)
    assert np.isnan(found.score[2]) and found.bars.tolist() == [78, 60, 40]


@pytest.mark.parametrize("broken", ["high", "low", "close", "negative", "crossed"])
def test_impossible_bars_are_left_out(broken: str) -> None:
    bars = walk(60, 1)
    high, low, close = bars.high.copy(), bars.low.copy(), bars.close.copy()
    if broken == "high":
        high[30] = np.inf
    elif broken == "low":
        low[30] = NAN
    elif broken == "close":
        close[30] = NAN
    elif broken == "negative":
        close[30] = 0
    else:
        low[30] = high[30] + 1
    packed, counts = pack_bars(Bars(high, low, close, bars.volume))
    assert counts.tolist() == [59]
    np.testing.assert_array_equal(packed.close[1:, 0], np.delete(bars.close[:, 0], 30))


def test_a_flat_stock_says_nothing_and_a_tick_hardly_more() -> None:
    flat = [10.0] * 60
    assert score_technical(line(flat)).score[0] == 0
    # a hundred-thousandth of a cent
    assert abs(score_technical(line([*flat[:-1], 10 + 1e-7])).score[0]) < 0.01


@pytest.mark.parametrize("volume", [NAN, 0.0, -5.0])
def test_unknown_volume_leaves_and_the_rest_shares_its_weight(volume: float) -> None:
    bars = walk(60, 2)
    found = score_technical(Bars(bars.high, bars.low, bars.close, np.full((60, 2), volume)))
    whole = score_technical(bars)
    assert np.isnan(found.values[:, VOLUME]).all()
    np.testing.assert_allclose(found.coverage, 0.85)
    np.testing.assert_allclose(found.weights.sum(axis=1), 1)
    np.testing.assert_allclose(found.score, (whole.values[:, :5] @ [0.15, 0.20, 0.15, 0.25, 0.10]) / 0.85)


def test_volume_median_is_of_the_known_bars_only() -> None:
    bars = walk(60, 2)
    volume = bars.volume.copy()
    volume[39:49, 0] = NAN  # ten of the twenty before the last are left
    volume[39:50, 1] = NAN  # nine
    found = score_technical(Bars(bars.high, bars.low, bars.close, volume))
    assert found.readings[0, 5] == pytest.approx(volume[-1, 0] / np.median(volume[49:59, 0]))
    assert np.isnan(found.values[1, VOLUME])
    silent = bars.volume.copy()
    silent[-1] = 0.0
    change = bars.close[-1] - bars.close[-2]
    found = score_technical(Bars(bars.high, bars.low, bars.close, silent))
    assert (np.sign(found.values[:, VOLUME]) == -np.sign(change)).all()  # a move that nobody traded


def test_shapes_are_checked_and_no_stock_is_no_answer() -> None:
    with pytest.raises(ValueError, match="shape"):
        Bars(np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 1)))
    with pytest.raises(ValueError, match="shape"):
        Bars(*(np.zeros(3) for _ in range(4)))
    assert score_technical(Bars(*(np.zeros((60, 0)) for _ in range(4)))).score.shape == (0,)
    assert np.isnan(score_technical(Bars(*(np.zeros((0, 2)) for _ in range(4)))).score).all()
    assert np.isnan(score_technical(Bars(*(np.full((60, 2), NAN) for _ in range(4)))).score).all()


def test_nothing_later_changes_what_was_said_and_inputs_stay() -> None:
    bars = walk(90, 3)
    parts = (bars.high, bars.low, bars.close, bars.volume)
    copies = [x.copy() for x in parts]
    early = score_technical(Bars(*(x[:70] for x in parts)))
    masked = [x.copy() for x in parts]
    for one in masked:
        one[70:] = NAN
    np.testing.assert_allclose(score_technical(Bars(*masked)).score, early.score, rtol=1e-12)
    other = walk(90, 3, seed=99)
    mixed = Bars(
        *(
            np.vstack([a[:70], b[70:]])
            for a, b in zip(parts, (other.high, other.low, other.close, other.volume), strict=True)
        )
    )
    for series, changed in (
        (compute_rsi(bars.close), compute_rsi(mixed.close)),
        (compute_macd(bars.close), compute_macd(mixed.close)),
    ):
        np.testing.assert_allclose(series[:70], changed[:70], rtol=1e-12)
    for one, copy in zip(parts, copies, strict=True):
        np.testing.assert_array_equal(one, copy)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-5, 0.5))
def test_the_score_stays_in_range_and_does_not_jump(seed: int, volatility: float) -> None:
    bars = walk(60, 4, seed, volatility)
    found = score_technical(bars)
    assert (np.abs(found.score) <= 1).all() and (np.abs(found.values) <= 1 + 1e-12).all()
    close = bars.close.copy()
    close[-1] *= 1 + 1e-9
    moved = score_technical(Bars(np.maximum(bars.high, close), np.minimum(bars.low, close), close, bars.volume))
    assert np.abs(moved.score - found.score).max() < 1e-3
    scaled = score_technical(Bars(bars.high * 8, bars.low * 8, bars.close * 8, bars.volume))
    np.testing.assert_allclose(scaled.score, found.score, atol=1e-9)
