"""Periods that nearly everybody calls by the same name afterwards (methods.md 9.3), and the rule of thumb to beat.

They were chosen by hand from the charts that the engine reads: they test whether it agrees with that consensus.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from macro.kernels.parameters import ALT, ALT_SEASON, BEAR, BEAR_MARKET, BTC, BTC_SEASON, NEITHER

IntArray = npt.NDArray[np.int64]


class Period(NamedTuple):
    """One labelled span, both days included."""

    regime: str
    first: dt.date
    last: dt.date


def _periods(regime: str, *spans: str) -> list[Period]:
    days = [tuple(dt.date.fromisoformat(part) for part in span.split("/")) for span in spans]
    return [Period(regime, first, last) for first, last in days]


PERIODS: Final = (
    *_periods(
        ALT_SEASON, "2017-03-01/2017-06-15", "2017-12-10/2018-01-20", "2020-07-15/2020-09-01", "2021-02-01/2021-05-12",
        "2024-11-20/2024-12-16",
    ),
    *_periods(BEAR_MARKET, "2018-02-15/2018-12-31", "2022-01-10/2022-12-31"),
    *_periods(
        BTC_SEASON, "2019-04-15/2019-09-05", "2020-10-20/2020-12-31", "2023-01-20/2023-03-31", "2023-06-15/2023-10-31",
        "2024-02-10/2024-03-14", "2024-10-10/2024-11-15",
    ),
)  # fmt: skip
FIRST_DAY: Final = dt.date(2016, 1, 1)
HELD_OUT: Final = dt.date(2021, 1, 1)  # labels before it chose the constants; those after did not

NAIVE_POINTS, NAIVE_DAYS, NAIVE_AVERAGE = 2.0, 30, 200


def label_days(days: pd.DatetimeIndex) -> npt.NDArray[np.object_]:
    """The label of every day, (t,); "" for days that have none."""
    labels = np.full(len(days), "", dtype=object)
    for period in PERIODS:
        labels[(days >= pd.Timestamp(period.first)) & (days <= pd.Timestamp(period.last))] = period.regime
    return labels


def classify_naive(price: npt.ArrayLike, dominance: npt.ArrayLike) -> IntArray:
    """The rule of thumb, day by day, as places in REGIMES: below the 200-day average a bear market, else by whether
    dominance moved more than 2 points in 30 days. No hysteresis, no dwell."""
    level = pd.Series(np.asarray(price, dtype=np.float64))
    moved = pd.Series(100.0 * np.asarray(dominance, dtype=np.float64)).diff(NAIVE_DAYS).to_numpy()
    below = (level < level.rolling(NAIVE_AVERAGE).mean()).to_numpy()
    found = np.where(moved < -NAIVE_POINTS, ALT, np.where(moved > NAIVE_POINTS, BTC, NEITHER))
    return np.where(below, BEAR, found).astype(np.int64)
