"""What the four timeframes say together: in agreement, turning, pausing; a word for it, without a forecast.

The requirement asks to "identify momentum patterns and divergences" and names none; names are those of traders.
Source: docs/methods/sector-sentiment.md, section 14.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.parameters import HORIZONS, V1, ScoreParameters


class Pattern(NamedTuple):
    """key: stored; title: shown; divergent: whether timeframes contradict each other."""

    key: str
    title: str
    divergent: bool


UNKNOWN = Pattern("", "too few timeframes", False)
QUIET = Pattern("quiet", "quiet", False)
# (trend of 3 days and a week, the day, the half hour), each -1, 0 or 1; the falling half mirrors this rising one
_RISING: dict[tuple[int, int, int], tuple[str, str, bool]] = {
    (1, 1, 1): ("aligned_up", "all timeframes up", False),
    (1, 1, 0): ("uptrend", "uptrend", False),
    (1, 1, -1): ("pause_in_uptrend", "pause in uptrend", True),
    (1, 0, 1): ("uptrend_resumes", "uptrend resumes", False),
    (1, 0, 0): ("stalling_uptrend", "stalling uptrend", False),
    (1, 0, -1): ("stalling_uptrend", "stalling uptrend", True),
    (1, -1, 1): ("dip_bought", "pullback in uptrend, being bought", True),
    (1, -1, 0): ("pullback_in_uptrend", "pullback in uptrend", True),
    (1, -1, -1): ("pullback_in_uptrend", "pullback in uptrend", True),
    (0, 1, 1): ("fresh_upturn", "fresh upturn", False),
    (0, 1, 0): ("up_day", "up day without trend", False),
    (0, 1, -1): ("fading_up_day", "fading up day", True),
    (0, 0, 1): ("intraday_push_up", "intraday push up", False),
}


def classify_timeframes(weighted_scores: npt.ArrayLike, parameters: ScoreParameters = V1) -> Pattern:
    """The pattern of m * b_h, (4,) in HORIZONS order, NaN missing.

    A timeframe points somewhere from +-.2 on, the edges of its dot. The trend is the weighted mean of 3day and 1week.
    A missing half hour counts as flat (most of a day's closed hours have none); without the day or without both parts
    of the trend the pattern is UNKNOWN.
    """
    b = np.asarray(weighted_scores, dtype=np.float64)
    intraday, day, three, week = (float(b[HORIZONS.index(name)]) for name in ("30min", "1day", "3day", "1week"))
    trend = _mean((three, week), parameters.horizon_weights[2:])
    if math.isnan(day) or math.isnan(trend):
        return UNKNOWN
    signs = tuple(_sign(value, parameters) for value in (trend, day, intraday))
    if signs == (0, 0, 0):
        return QUIET
    if signs in _RISING:
        return Pattern(*_RISING[signs])
    key, title, divergent = _RISING[(-signs[0], -signs[1], -signs[2])]
    return Pattern(_mirrored(key), _mirrored_title(title), divergent)


def pattern_title(key: str) -> str:
    """The words of a stored pattern key; "" for none and for a key that no longer exists."""
    return _TITLES.get(key, "")


def _sign(value: float, parameters: ScoreParameters) -> int:
    edge = float(parameters.label_edges[1])
    return 0 if math.isnan(value) or abs(value) < edge else int(math.copysign(1, value))


def _mean(values: tuple[float, float], weights: tuple[float, ...]) -> float:
    pairs = [(w, v) for w, v in zip(weights, values, strict=True) if not math.isnan(v)]
    return sum(w * v for w, v in pairs) / sum(w for w, _ in pairs) if pairs else math.nan


def _mirrored(key: str) -> str:
    return "bounce_sold" if key == "dip_bought" else key.replace("pullback", "bounce").replace("up", "down")


def _mirrored_title(title: str) -> str:
    return title.replace("pullback", "bounce").replace("bought", "sold").replace("up", "down")


_TITLES = {
    key: title
    for rising, words, _ in _RISING.values()
    for key, title in ((rising, words), (_mirrored(rising), _mirrored_title(words)))
} | {QUIET.key: QUIET.title}
