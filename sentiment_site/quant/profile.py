"""The shape of the trading day: which share of a day's volume is normally done by each bar.

An unfinished day's volume can only be judged against the same time of other days: at 09:00 every stock has traded a
small part of its daily average. Source: methods.md 1.4, "V_so_far / E[V by this bar | 20 d]".
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def volume_profile(bar_volumes: npt.ArrayLike) -> FloatArray:
    """Cumulative share of the day's volume expected by the end of each bar, pooled over stocks and sessions.

    bar_volumes: (stocks, sessions, bars), shares; sessions of one length (leave half days out or profile them alone).
    A missing (NaN, infinite) or negative bar counts as no trade. Each stock-session becomes cumulative shares of its
    own total, so that a large stock weighs no more than a small one; the median over all of them is the profile: it
    never falls and ends at 1. Medians of single bars would be 0 wherever most small caps do not trade.
    Returns (bars,); all NaN if no stock-session has volume. ValueError if the array is not three-dimensional.
    """
    volumes = np.asarray(bar_volumes, dtype=np.float64)
    if volumes.ndim != 3:
        raise ValueError(f"bar volumes must be (stocks, sessions, bars), not {volumes.shape}")
    stocks, sessions, bars = volumes.shape
    days = np.where(np.isfinite(volumes) & (volumes > 0), volumes, 0.0).reshape(stocks * sessions, bars)
    days = days[days.sum(axis=1) > 0]
    if days.size == 0:
        return np.full(bars, np.nan)
    done = np.cumsum(days, axis=1)
    shares: FloatArray = np.median(done / done[:, -1:], axis=0)
    return shares


def relative_volume(
    volume_so_far: npt.ArrayLike, average_daily_volume: npt.ArrayLike, share_by_now: npt.ArrayLike
) -> FloatArray:
    """RVOL for the time of day: volume so far / (average daily volume x share normally done by now), broadcast.

    Shares per shares, 1 = an ordinary day. NaN where an input is missing or infinite, the volume negative, the average
    not positive, or the share outside (0, 1] (before the first trades of an ordinary day there is no expectation).
    """
    volume = np.asarray(volume_so_far, dtype=np.float64)
    average = np.asarray(average_daily_volume, dtype=np.float64)
    share = np.asarray(share_by_now, dtype=np.float64)
    usable = np.isfinite(volume) & (volume >= 0) & np.isfinite(average) & (average > 0) & (share > 0) & (share <= 1)
    expected = np.where(usable, average, 1.0) * np.where(usable, share, 1.0)
    return np.where(usable, np.where(usable, volume, 0.0) / expected, np.nan)
