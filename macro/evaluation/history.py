"""Daily history out of files: read, put on one grid, and what cannot be true taken out with its reason.

Expected in the folder, gzipped CSV with a header, dates as YYYY-MM-DD; figures are of 00:00 UTC of the date:

* btc_coingecko_daily_price_mcap_*.csv.gz and eth_coingecko_*: date, price, market_cap (dollars)
* total_crypto_market_cap_coingecko_*.csv.gz: date, total_market_cap
* btc_dominance_daily_*.csv.gz: date, btc_dominance (percent)
* btc_coinmarketcap_daily_*.csv.gz: date, close, marketCap of the *end* of the date; continues where the first one ends
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from macro.kernels.bars import SCAN_FILL, Bars

LARGEST_JUMP: Final = 0.5  # log; a cap that leaves its last believed value by more in a day is doubted
SETTLES: Final = 3  # days after which a doubted level is believed after all
LINK_DAYS: Final = 30
FILES: Final = {
    "btc": "btc_coingecko_daily_price_mcap_*.csv.gz",
    "eth": "eth_coingecko_daily_price_mcap_*.csv.gz",
    "total": "total_crypto_market_cap_coingecko_*.csv.gz",
    "dominance": "btc_dominance_daily_*.csv.gz",
    "later": "btc_coinmarketcap_daily_*.csv.gz",
}


class Doubt(NamedTuple):
    """One value that was not believed. value: as it stands in the file."""

    day: dt.date
    series: str
    value: float
    reason: str


class History(NamedTuple):
    """bars: daily. doubts: what was quarantined. linked_from: the first day whose total is bitcoin's cap over its
    dominance of another vendor, and whose alts hold ether (linked by their changes); None if there is none."""

    bars: Bars
    days: pd.DatetimeIndex
    doubts: tuple[Doubt, ...]
    linked_from: dt.date | None


def load_history(folder: Path) -> History:
    """The history in a folder. FileNotFoundError naming the first file that is missing, ValueError for its columns."""
    files = {name: read_file(folder, pattern) for name, pattern in FILES.items()}
    days = pd.date_range(files["total"].index.min(), files["dominance"].index.max(), freq="D")
    doubts: list[Doubt] = []
    later = files["later"]
    later.index = later.index + pd.Timedelta(days=1)  # the end of a day is the beginning of the next
    price = files["btc"]["price"].reindex(days)
    price = price.fillna(later["close"].reindex(days))
    bitcoin = files["btc"]["market_cap"].reindex(days).fillna(later["marketCap"].reindex(days))
    dominance = files["dominance"]["btc_dominance"].reindex(days)
    dominance = _drop(dominance, dominance >= 100.0, "dominance", "bitcoin's share is 100 % or more", doubts)
    total = files["total"]["total_market_cap"].reindex(days)
    total = _drop(total, total <= bitcoin, "total", "the whole is not larger than bitcoin's cap alone", doubts)
    total = _drop_jumps(total, bitcoin, "total", doubts)
    ether = files["eth"]["market_cap"].reindex(days)
    ether = _drop(ether, ether <= 0.0, "eth", "a cap of 0", doubts)
    ether = _drop_jumps(ether, bitcoin, "eth", doubts)
    first_ether = ether.first_valid_index()
    ether[:first_ether] = ether[:first_ether].fillna(0.0)  # ether did not exist
    both = pd.Timestamp(days[np.flatnonzero((total.notna() & ether.notna()).to_numpy())[-1]])
    total, ether, linked = _continue(total, ether, bitcoin, dominance, both)
    bars = Bars(
        days.to_numpy().astype("datetime64[s]").astype(np.int64),
        1,
        _filled(price),
        _filled(bitcoin),
        _filled(ether),
        _filled(total),
        np.full(len(days), np.nan),
        np.zeros(len(days), dtype=np.bool_) if linked is None else np.asarray(days >= linked),
    )
    return History(bars, days, tuple(doubts), None if linked is None else linked.date())


def read_file(folder: Path, pattern: str) -> pd.DataFrame:
    """One file by its date, later duplicates winning."""
    found = sorted(folder.glob(pattern))
    if not found:
        raise FileNotFoundError(f"no {pattern} in the folder")
    frame = pd.read_csv(found[-1], parse_dates=["date"]).set_index("date").sort_index()
    return frame[~frame.index.duplicated(keep="last")]


def _drop(series: pd.Series, bad: pd.Series, name: str, reason: str, doubts: list[Doubt]) -> pd.Series:
    doubts += [Doubt(day.date(), name, float(series[day]), reason) for day in pd.DatetimeIndex(series.index[bad])]
    return series.mask(bad)


def _drop_jumps(series: pd.Series, bitcoin: pd.Series, name: str, doubts: list[Doubt]) -> pd.Series:
    """Without days on which a cap over bitcoin's leaves its last believed level by e^.5, unless it stays there.

    Only the past decides, as it would have had to on the day: a level is believed when it has stood for three days.
    """
    levels = np.log((series / bitcoin).to_numpy(dtype=np.float64))
    believed, waiting = np.nan, 0
    bad = np.zeros(len(levels), dtype=np.bool_)
    for place, level in enumerate(levels):
        if np.isnan(level):
            continue
        if np.isnan(believed) or abs(level - believed) <= LARGEST_JUMP or waiting >= SETTLES:
            believed, waiting = level, 0
        else:
            bad[place], waiting = True, waiting + 1
    return _drop(
        series, pd.Series(bad, index=series.index), name, "a jump against bitcoin that was not confirmed", doubts
    )


def _continue(
    total: pd.Series, ether: pd.Series, bitcoin: pd.Series, dominance: pd.Series, last: pd.Timestamp
) -> tuple[pd.Series, pd.Series, pd.Timestamp | None]:
    """Totals and ether after the last day that has both.

    The total is bitcoin's cap over the dominance of the other vendor, scaled to agree in the median of the last 30
    common days (they count different coins). Ether keeps its share of what is not bitcoin, of the same days: nothing is
    known of it any more, and a constant share moves the alts by nothing.
    """
    days = total.index[total.index > last]
    implied = bitcoin / (dominance / 100.0)
    if not len(days) or implied[days].dropna().empty:
        return total, ether, None
    common = total.index[(total.index <= last) & (total.index > last - pd.Timedelta(days=LINK_DAYS))]
    factor = float((total[common] / implied[common]).median())
    share = float((ether[common] / (total[common] - bitcoin[common])).median())
    total, ether = total.copy(), ether.copy()
    total[days] = implied[days] * factor
    ether[days] = (total[days] - bitcoin[days]) * share
    return total, ether, days[0]


def _filled(series: pd.Series) -> np.ndarray:
    return np.asarray(series.ffill(limit=SCAN_FILL).to_numpy(dtype=np.float64))
