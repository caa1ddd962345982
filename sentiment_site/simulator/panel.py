"""Panels of daily bars from which moments are computed: of the simulated market, or of real bars in a Parquet file.

A panel is a window of sessions over the selection of methods.md 10.4 (average volume of a million shares, price of
2-100 dollars and cap of 10 million to 2 billion at its beginning), so that a year of real bars and 120 simulated
sessions are measured with the same ruler. Two layouts of real files are understood, told apart by their columns:
symbol, date, open, high, low, close, volume (adjusted for splits; no cap), and symbol, date, close, volume, shares
(unadjusted; no open, so no gaps).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sentiment_site.market import calendar
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.market.process import Market

WINDOW = 120  # sessions
_LEAST_VOLUME, _PRICES, _CAPS = 1e6, (2.0, 100.0), (1e7, 2e9)
_LEAST_NAMES = 30
_DERIVED = "Warrant|Units?$|Units |Rights?$|Preferred|Depositary Shares|Notes due|Acquisition"


class PanelError(ValueError):
    """A file that holds no panel; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Panel:
    """T returns of n securities over one window, complete.

    moves, gaps (T, n): simple returns close to close and close to open, gaps None where the source has no opens;
    volume (T, n): shares; sector (n,): any numbering, -1 unknown.
    """

    moves: Floats
    gaps: Floats | None
    volume: Floats
    sector: NDArray[np.int64]


def simulated_panels(market: Market) -> list[Panel]:
    """The generated sessions of a market, in one window. Securities with a split are left out."""
    listing, days = market.listing, market.days
    price = np.exp(days[0].start)
    volume = np.mean([day.volume for day in days], axis=0)
    chosen = (listing.first <= 0) & (listing.last >= len(days)) & listing.jumps & (listing.parent < 0)
    chosen &= _is_selected(price, volume, listing.cap)
    chosen[[split.row for split in market.splits]] = False
    rows = np.flatnonzero(chosen)
    gaps = np.array([before.moves[rows, -1].astype(np.float64) + day.moves[rows, 0]
                     for before, day in itertools.pairwise(days)])  # fmt: skip
    moves = gaps + np.array([day.moves[rows, 1:-1].sum(axis=1) for day in days[1:]])
    shares = np.array([day.volume[rows] for day in days[1:]], dtype=np.float64)
    return [Panel(np.expm1(moves), np.expm1(gaps), shares, listing.sector[rows])]


def real_panels(path: Path, symbols: Path | None = None, splits: Path | None = None) -> list[Panel]:
    """The windows of a Parquet file. `symbols`: CSV with symbol, name, sector; `splits`: CSV with symbol, date, ratio
    (multiplies earlier closes). PanelError for a file of other columns or without a full window."""
    bars = _read(path, splits)
    reference = None if symbols is None else pd.read_csv(symbols).drop_duplicates("symbol").set_index("symbol")
    if reference is not None:
        derived = reference.index[reference["name"].str.contains(_DERIVED, na=False)]
        bars = bars[~bars["symbol"].isin(derived)]
    panels = [panel for window in _windows(bars) if (panel := _panel(window, reference)) is not None]
    if not panels:
        raise PanelError(f"{path}: no window of {WINDOW} sessions with {_LEAST_NAMES} securities in the selection")
    return panels


def _is_selected(price: Floats, volume: Floats, cap: Floats) -> NDArray[np.bool_]:
    """Whether each security is in the selection; an unknown cap (NaN) does not exclude it."""
    inside = (price >= _PRICES[0]) & (price <= _PRICES[1]) & (volume >= _LEAST_VOLUME)
    return np.asarray(inside & ~(cap < _CAPS[0]) & ~(cap > _CAPS[1]))


def _read(path: Path, splits: Path | None) -> pd.DataFrame:
    """Rows of symbol, date, open, close, volume, price, cap, splits applied; the first of two on one date counts."""
    bars: pd.DataFrame = duckdb.read_parquet(str(path)).order("symbol, date").df()
    missing = {"symbol", "date", "close", "volume"} - set(bars.columns)
    if missing or not {"open", "shares"} & set(bars.columns):
        raise PanelError(f"{path}: columns of neither layout (missing: {', '.join(sorted(missing)) or 'open, shares'})")
    bars["date"] = pd.to_datetime(bars["date"])
    bars = bars.drop_duplicates(["symbol", "date"]).reset_index(drop=True)
    bars["price"] = bars["close"]  # as traded, for the selection
    bars["cap"] = bars["close"] * bars["shares"] if "shares" in bars else np.nan
    if "open" not in bars:
        bars["open"] = np.nan
    if splits is not None and "shares" in bars:
        _apply_splits(bars, pd.read_csv(splits, parse_dates=["date"]))
    return bars


def _apply_splits(bars: pd.DataFrame, splits: pd.DataFrame) -> None:
    """Earlier closes times the ratio of every later split, volumes over it. In place."""
    factor, dates = np.ones(len(bars)), bars["date"].to_numpy()
    rows_of = bars.groupby("symbol", sort=False).indices
    for symbol, date, ratio in zip(splits["symbol"], splits["date"], splits["ratio"], strict=True):
        rows = rows_of.get(symbol)
        if rows is not None:
            factor[rows[dates[rows] < np.datetime64(date)]] *= ratio
    bars["close"] *= factor
    bars["volume"] /= factor


def _windows(bars: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The bars of WINDOW + 1 sessions at a time, over the dates on which half of the securities or more have a bar.

    What the file follows from earlier on was added by hand for its fame, and is left out."""
    counts = bars.groupby("date").size()
    dates = counts.index[counts > counts.max() / 2]
    bars = bars[bars.groupby("symbol")["date"].transform("min") >= dates[0]]
    for begin in range(0, len(dates) - WINDOW, WINDOW):
        yield bars[(bars["date"] >= dates[begin]) & (bars["date"] <= dates[begin + WINDOW])]


def _panel(window: pd.DataFrame, reference: pd.DataFrame | None) -> Panel | None:
    columns = {name: window.pivot(index="date", columns="symbol", values=name) for name in ("open", "close", "volume")}
    whole = (columns["close"].notna() & (columns["volume"] > 0)).all()
    first = window.drop_duplicates("symbol").set_index("symbol").loc[whole.index[whole]]
    symbols = first.index[_is_selected(first["price"].to_numpy(), columns["volume"][first.index].mean().to_numpy(),
                                       first["cap"].to_numpy())]  # fmt: skip
    if len(symbols) < _LEAST_NAMES:
        return None
    close = columns["close"][symbols].to_numpy()
    # a return across a session that the file lacks is not a day's
    daily = _follow_each_other([stamp.date() for stamp in columns["close"].index])
    opening = columns["open"][symbols].to_numpy()[1:]
    gaps = None if np.isnan(opening).any() else (opening / close[:-1] - 1.0)[daily]
    sector = np.full(len(symbols), -1)
    if reference is not None:
        sector = pd.factorize(reference["sector"].reindex(symbols))[0]
    moves = (close[1:] / close[:-1] - 1.0)[daily]
    return Panel(moves, gaps, columns["volume"][symbols].to_numpy()[1:][daily], np.asarray(sector, dtype=np.int64))


def _follow_each_other(dates: list[dt.date]) -> NDArray[np.bool_]:
    """For each date but the first, whether the one before it is the session before."""
    return np.array([calendar.shift(date, -1).date == before for before, date in itertools.pairwise(dates)])
