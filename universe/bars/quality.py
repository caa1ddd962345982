"""Kernel: which bars cannot be true. Pure; the rows it leads to are written by `quarantine`."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.returns import percent_change, suspicious_ratio

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]

IMPOSSIBLE: Final = {"1d": "impossible_1d", "30m": "impossible_30m"}
DISCONTINUITY: Final = "discontinuity"
FAULTS: Final = (
    "",
    "no close",
    "a price is not above zero",
    "a price is not finite",
    "high is below low",
    "close lies outside low..high",
    "open lies outside low..high",
    "volume is negative",
)
# vendors round the parts of one bar separately, a cent at $10
ROUNDING: Final = 1e-3
# a half-hour bar below this is a stray print and proves no jump (methods.md 1.9)
LEAST_SHARES: Final = 1_000.0
LEAST_DOLLARS: Final = 10_000.0
# a longer silence is a halt, a hole in the data or a reused ticker: the next price is a new beginning, not a jump
LONGEST_SILENCE: Final = np.timedelta64(15, "D")


def find_faults(opens: Floats, high: Floats, low: Floats, close: Floats, volume: Floats) -> npt.NDArray[np.int8]:
    """The first fault of each bar as an index into FAULTS, 0 for a possible bar.

    All float arrays of one shape, prices in dollars, NaN missing. A missing open, high, low or volume is no fault (many
    sources have none), a missing close is. The rounding tolerance is 0.1 % of the price.
    """
    prices = np.stack([opens, high, low, close]) if close.size else np.empty((4, *close.shape))
    with np.errstate(invalid="ignore"):
        checks = (
            np.isnan(close),
            (prices <= 0).any(axis=0),
            np.isinf(prices).any(axis=0),
            high < low,
            (close > high * (1 + ROUNDING)) | (close < low * (1 - ROUNDING)),
            (opens > high * (1 + ROUNDING)) | (opens < low * (1 - ROUNDING)),
            (volume < 0) | np.isinf(volume),
        )
    faults = np.zeros(close.shape, dtype=np.int8)
    for index in range(len(checks), 0, -1):
        faults[checks[index - 1]] = index
    return faults


def is_traded_enough(close: Floats, volume: Floats) -> Flags:
    """Half-hour bars with at least 1,000 shares and $10,000; a missing volume is not enough."""
    with np.errstate(invalid="ignore", over="ignore"):
        enough: Flags = (volume >= LEAST_SHARES) & (volume * close >= LEAST_DOLLARS)
    return enough


def find_jumps(close: Floats, date: Dates, previous: Floats, previous_date: Dates) -> Flags:
    """Marks changes between two sessions that look like a split nobody registered (quant.returns.suspicious_ratio).

    close and previous: prices on one share basis (registered splits applied); a missing one is no jump, nor is anything
    after more than 15 days of silence (NaT: no previous date). Same shapes.
    """
    near = date - previous_date <= LONGEST_SILENCE
    flags: Flags = near & suspicious_ratio(percent_change(close, previous))
    return flags
