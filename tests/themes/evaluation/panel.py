"""Real daily bars as arrays, symbol by symbol over the sessions of a file, adjusted for splits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

DERIVED = "Warrant|Units?$|Units |Rights?$|Preferred|Depositary Shares|Notes due|Acquisition"
_BLOCK = 500  # symbols at a time: rolling medians hold a window for each cell


@dataclass(frozen=True, slots=True)
class Bars:
    """symbols (n,), dates (T,); close, high, low, volume, cap (n, T), NaN = no bar; high, low all NaN and cap all NaN
    where the file has none. raw_close: as traded."""

    symbols: tuple[str, ...]
    dates: tuple[dt.date, ...]
    close: FloatArray
    high: FloatArray
    low: FloatArray
    volume: FloatArray
    cap: FloatArray
    raw_close: FloatArray

    def blocks(self) -> Iterator[Bars]:
        """The same bars, some symbols at a time."""
        for first in range(0, len(self.symbols), _BLOCK):
            part = slice(first, first + _BLOCK)
            yield Bars(
                self.symbols[part], self.dates, self.close[part], self.high[part], self.low[part], self.volume[part],
                self.cap[part], self.raw_close[part],
            )  # fmt: skip


def read_smallcaps(path: Path) -> Bars:
    """Split-adjusted OHLCV of small caps; the meme names that the file follows from earlier on are left out."""
    rows = duckdb.read_parquet(str(path)).df().drop_duplicates(["symbol", "date"])
    rows["date"] = pd.to_datetime(rows["date"])
    counts = rows.groupby("date").size()
    dates = counts.index[counts > counts.max() / 2]
    rows = rows[rows.groupby("symbol")["date"].transform("min") >= dates[0]]
    rows = rows[rows["date"].isin(dates)]
    return _bars(rows.assign(shares=np.nan, raw=rows["close"]))


def read_market(path: Path, splits: Path, symbols: Path) -> Bars:
    """Closes, volumes and shares of the whole market; splits applied, warrants, units, rights, preferreds left out."""
    rows = duckdb.read_parquet(str(path)).order("symbol, date").df().drop_duplicates(["symbol", "date"])
    rows["date"] = pd.to_datetime(rows["date"])
    reference = pd.read_csv(symbols).drop_duplicates("symbol")
    derived = set(reference.loc[reference["name"].str.contains(DERIVED, na=False), "symbol"])
    rows = rows[~rows["symbol"].isin(derived) & (rows["volume"] >= 0) & (rows["close"] > 0)].reset_index(drop=True)
    counts = rows.groupby("date").size()
    rows = rows[rows["date"].isin(counts.index[counts > counts.max() / 2])].reset_index(drop=True)
    raw = rows["close"].copy()
    cap = rows["close"] * rows["shares"]
    factor, dates = np.ones(len(rows)), rows["date"].to_numpy()
    rows_of = rows.groupby("symbol", sort=False).indices
    for split in pd.read_csv(splits, parse_dates=["date"]).itertuples():
        own = rows_of.get(split.symbol)
        if own is not None:
            factor[own[dates[own] < np.datetime64(split.date)]] *= split.ratio
    rows = rows.assign(close=rows["close"] * factor, volume=rows["volume"] / factor, raw=raw,
                       high=np.nan, low=np.nan)  # fmt: skip
    rows["shares"] = cap / rows["close"]
    return _bars(rows)


def _bars(rows: pd.DataFrame) -> Bars:
    wide = {
        name: rows.pivot(index="symbol", columns="date", values=name)
        for name in ("close", "high", "low", "volume", "shares", "raw")
    }
    close = wide["close"].to_numpy(np.float64)
    return Bars(
        symbols=tuple(wide["close"].index),
        dates=tuple(stamp.date() for stamp in wide["close"].columns),
        close=close,
        high=wide["high"].to_numpy(np.float64),
        low=wide["low"].to_numpy(np.float64),
        volume=wide["volume"].to_numpy(np.float64),
        cap=close * wide["shares"].to_numpy(np.float64),
        raw_close=wide["raw"].to_numpy(np.float64),
    )
