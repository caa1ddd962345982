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

from sentiment_site.simulator.market.parameters import PRE_BARS, Parameters
from sentiment_site.simulator.world import build_world

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SIMULATED_UNTIL = dt.date(2026, 8, 21)

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


def read_simulated(seed: int, names: int, sessions: int = 290) -> tuple[Bars, tuple[IntArray, IntArray]]:
    """Daily bars of a simulated market, split-adjusted, and numbers of industry and sector; stories as in the demo."""
    world = build_world(Parameters(SIMULATED_UNTIL, seed=seed, names=names, sessions=sessions, stories=3.0))
    market = world.tape.market
    end = dt.datetime.combine(SIMULATED_UNTIL, dt.time(23, 59), dt.UTC)
    market.generate_until(end)
    days = [day for day in market.days if day.session.close <= end]
    shape = (len(world.tape.listing.securities), len(days))
    close, volume, raw = (np.full(shape, np.nan) for _ in range(3))
    for place, day in enumerate(days):
        bars = world.tape.session_bars(day)
        part = slice(PRE_BARS, PRE_BARS + day.regular_slots)
        traded = bars.volume[:, part] > 0
        last = day.regular_slots - 1 - np.argmax(traded[:, ::-1], axis=1)
        raw[:, place] = np.where(traded.any(axis=1), bars.close[:, part][np.arange(shape[0]), last], np.nan)
        close[:, place] = raw[:, place] * day.units
        volume[:, place] = bars.volume[:, part].sum(axis=1) / day.units
    nothing = np.full(shape, np.nan)
    securities = world.tape.listing.securities
    symbols = tuple(one.symbol for one in securities)
    dates = tuple(day.session.date for day in days)
    industry = pd.factorize(np.array([one.industry.industry if one.industry else "" for one in securities]))[0].astype(
        np.int64
    )
    sector = np.asarray(market.listing.sector, dtype=np.int64)
    return Bars(symbols, dates, close, nothing, nothing, volume, nothing, raw), (industry, sector)
