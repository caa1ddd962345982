"""Price changes, split adjustment and the conditions on raw prices.

Wide arrays are (symbols, sessions), oldest session first. Sources: methods.md 1.1 and 1.9, upstreams.md 1.4 (splits).
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
AnyFloat = TypeVar("AnyFloat", np.float32, np.float64)

_LARGEST_MOVE = 75.0  # percent points
_RATIO_TOLERANCE = 0.02
_LARGEST_RATIO = 50
_ROUNDING = 1e-9  # the bounds belong to the flagged side although 0.49 and 0.51 are not exact in binary


class Split(NamedTuple):
    """One registered split: `split_from` shares became `split_to` at the opening of `execution_date`.

    `row` is the symbol's row in the wide arrays. 1 -> 4 is a forward split, 10 -> 1 a reverse split.
    """

    row: int
    execution_date: dt.date
    split_from: float
    split_to: float


def percent_change(current: npt.ArrayLike, previous: npt.ArrayLike) -> FloatArray:
    """100 (current / previous - 1) in percent points, broadcast.

    NaN where either price is missing, infinite, zero or negative (a vendor's 0 means "no price"), or where the
    quotient leaves float64.
    """
    now = np.asarray(current, dtype=np.float64)
    before = np.asarray(previous, dtype=np.float64)
    usable = _is_price(now) & _is_price(before)
    with np.errstate(over="ignore", under="ignore"):
        change = 100.0 * (np.where(usable, now, 1.0) / np.where(usable, before, 1.0) - 1.0)
    return np.where(usable & np.isfinite(change), change, np.nan)


def apply_splits(
    close: npt.NDArray[AnyFloat],
    volume: npt.NDArray[AnyFloat],
    dates: npt.ArrayLike,
    splits: Iterable[Split],
) -> tuple[npt.NDArray[AnyFloat], npt.NDArray[AnyFloat]]:
    """Close and volume on the share basis of the last session: new arrays of the same shape and type.

    close, volume: (symbols, sessions) as traded; dates: (sessions,) ascending session dates (datetime64 or dates).
    For every split the closes before its execution date are multiplied by split_from / split_to and the volumes
    divided by it; several splits of one symbol accumulate. A split after the last session has not happened yet and
    changes nothing. NaN stays NaN. ValueError for shapes that do not match, unsorted dates, a row that does not exist
    or a ratio that is not positive and finite.
    """
    sessions = np.asarray(dates, dtype="datetime64[D]")
    if close.shape != volume.shape or close.ndim != 2 or sessions.shape != close.shape[1:]:
        raise ValueError(f"close {close.shape}, volume {volume.shape} and dates {sessions.shape} do not match")
    if (sessions[1:] <= sessions[:-1]).any():
        raise ValueError("session dates must ascend")
    adjusted_close, adjusted_volume = close.copy(), volume.copy()
    for split in splits:
        factor = _checked_factor(split, close.shape[0])
        before = int(np.searchsorted(sessions, np.datetime64(split.execution_date, "D"), side="left"))
        if before < sessions.size:
            adjusted_close[split.row, :before] *= factor
            adjusted_volume[split.row, :before] /= factor
    return adjusted_close, adjusted_volume


def suspicious_ratio(change: npt.ArrayLike) -> BoolArray:
    """Marks one-session changes that look like a split nobody registered (methods.md 1.9).

    change: percent points, any shape, computed after the registered splits were applied. True if |change| > 75, or if
    the price ratio 1 + change/100 lies within 2 % of n or 1/n for an n of 2..50 (bounds included). NaN is False.
    """
    r = np.asarray(change, dtype=np.float64)
    known = np.isfinite(r)
    ratio = 1.0 + np.where(known, r, 0.0) / 100.0
    # clipping only finds the n to test, which keeps the inverse finite; the test itself is on the true ratio
    bounded = np.clip(ratio, 1.0 / _LARGEST_RATIO, float(_LARGEST_RATIO))
    inverse = np.clip(np.rint(1.0 / bounded), 2, _LARGEST_RATIO)
    multiple = np.clip(np.rint(bounded), 2, _LARGEST_RATIO)
    near = np.abs(ratio * inverse - 1.0) <= _RATIO_TOLERANCE + _ROUNDING
    near |= np.abs(ratio / multiple - 1.0) <= _RATIO_TOLERANCE + _ROUNDING
    flagged: BoolArray = np.isinf(r) | (known & ((np.abs(r) > _LARGEST_MOVE) | near))
    return flagged


def gap_frequency(opens: npt.ArrayLike, close: npt.ArrayLike, threshold: float, min_obs: int = 1) -> FloatArray:
    """Share of sessions that open at least `threshold` percent points away from the previous close, up or down.

    opens, close: (symbols, sessions) or (sessions,), on one share basis. Only sessions with both prices count; a symbol
    with fewer than min_obs of them (so every symbol whose opens are missing) is NaN, never 0. Returns (symbols,) or ().
    """
    if not threshold > 0 or min_obs < 1:
        raise ValueError(f"the threshold ({threshold}) must be positive and min_obs ({min_obs}) at least 1")
    o, c = np.asarray(opens, dtype=np.float64), np.asarray(close, dtype=np.float64)
    if o.shape != c.shape:
        raise ValueError(f"opens {o.shape} and closes {c.shape} do not match")
    gaps = percent_change(o[..., 1:], c[..., :-1])
    count = np.isfinite(gaps).sum(axis=-1)
    wide = (np.abs(np.where(np.isfinite(gaps), gaps, 0.0)) >= threshold - _ROUNDING).sum(axis=-1)
    return np.where(count >= min_obs, wide / np.maximum(count, 1), np.nan)


def _checked_factor(split: Split, rows: int) -> float:
    if not 0 <= split.row < rows:
        raise ValueError(f"{split} names a row outside 0..{rows - 1}")
    if not (0 < split.split_from < np.inf and 0 < split.split_to < np.inf):
        raise ValueError(f"{split} has no positive ratio")
    return float(split.split_from) / float(split.split_to)


def _is_price(price: FloatArray) -> BoolArray:
    usable: BoolArray = np.isfinite(price) & (price > 0)
    return usable
