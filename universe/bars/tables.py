"""The two bar tables, their arrays and the times in them.

Times are int64 milliseconds since 1970 in UTC. The key time `ts` of a daily bar is its session's date at 00:00 UTC, of
a half-hour bar its start. Prices are as traded, in US dollars; volumes are shares. A missing value is NaN in arrays
and NULL in the tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from sentiment_site.market.calendar import NEW_YORK

Kind = Literal["1d", "30m"]
Ids = npt.NDArray[np.int32]
Millis = npt.NDArray[np.int64]
Wide = npt.NDArray[np.float32]
Column = npt.NDArray[np.float64]

TABLES: Final[dict[Kind, str]] = {"1d": "bar_1d", "30m": "bar_30m"}
PRICES: Final = ("open", "high", "low", "close", "vwap")
VALUES: Final = (*PRICES, "volume", "trades")
DAY_MS: Final = 86_400_000
BAR_MS: Final = 1_800_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What became of the bars given to `store_bars`. `quarantined` counts new doubts raised, not bars."""

    inserted: int = 0
    revised: int = 0
    unchanged: int = 0
    quarantined: int = 0

    def __add__(self, other: StoreResult) -> StoreResult:
        """The sum of two stores."""
        return StoreResult(
            self.inserted + other.inserted,
            self.revised + other.revised,
            self.unchanged + other.unchanged,
            self.quarantined + other.quarantined,
        )


@dataclass(frozen=True, slots=True)
class DailyPanel:
    """Daily bars, (instruments, sessions) float32, NaN where there is no usable bar. Oldest session first."""

    instrument_ids: Ids
    sessions: tuple[dt.date, ...]
    open: Wide
    high: Wide
    low: Wide
    close: Wide
    volume: Wide


@dataclass(frozen=True, slots=True)
class IntradayPanel:
    """Half-hour bars, (instruments, starts) float32, NaN where nothing traded or the bar is not usable."""

    instrument_ids: Ids
    starts: tuple[dt.datetime, ...]
    open: Wide
    close: Wide
    volume: Wide


def table_of(kind: Kind) -> str:
    """The table of a kind of bars. ValueError for another kind."""
    try:
        return TABLES[kind]
    except KeyError:
        raise ValueError(f"bars are {' or '.join(TABLES)}, not {kind!r}") from None


def to_ms(at: dt.datetime) -> int:
    """A moment as milliseconds since 1970. ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"a moment with its offset is needed, not {at.isoformat()}")
    return (at - _EPOCH) // dt.timedelta(milliseconds=1)


def to_moment(ms: int) -> dt.datetime:
    """Milliseconds since 1970 as an aware UTC moment."""
    return _EPOCH + dt.timedelta(milliseconds=int(ms))


def session_ms(date: dt.date) -> int:
    """The key time of a daily bar."""
    return (date - _EPOCH.date()).days * DAY_MS


def dates_of(kind: Kind, ts: Millis) -> npt.NDArray[np.datetime64]:
    """The New York dates that bars belong to, datetime64[D], from their key times."""
    if kind == "1d":
        return (ts // DAY_MS).astype("datetime64[D]")
    moments, places = np.unique(ts, return_inverse=True)
    dates = [to_moment(int(ms)).astimezone(NEW_YORK).date() for ms in moments]
    return np.array(dates, dtype="datetime64[D]")[places]


def as_ids(instrument_ids: Sequence[int] | npt.NDArray[np.integer]) -> Ids:
    """Instrument ids as int32, one-dimensional."""
    ids = np.asarray(instrument_ids, dtype=np.int32)
    if ids.ndim != 1:
        raise ValueError(f"instrument ids are a list, not an array of shape {ids.shape}")
    return ids
