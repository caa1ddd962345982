"""The simulated exchange-traded funds: benchmarks, sectors, styles, and small thematic ones.

A fund's return is that of its constituents' factor returns: the weighted mean of their market and sector loads, plus a
little tracking noise, so that stocks correlate with their own sector's fund as they do in the market.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.market.parameters import SECTORS, Floats

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fund:
    """One fund. `rule` picks its constituents, `leverage` multiplies their return, `noise` is daily tracking sigma."""

    symbol: str
    name: str
    exchange: str
    price: float
    shares: float
    daily_volume: float
    rule: str
    leverage: float = 1.0
    noise: float = 0.0015
    kind: str = "ETF"


FUNDS: tuple[Fund, ...] = (
    Fund("IWM", "iShares Russell 2000 ETF", "ARCX", 244.1, 3.0e8, 3.1e7, "small"),
    Fund("SPY", "SPDR S&P 500 ETF Trust", "ARCX", 662.5, 1.04e9, 7.2e7, "large"),
    Fund("QQQ", "Invesco QQQ Trust, Series 1", "XNAS", 603.2, 6.4e8, 5.3e7, "growth"),
    Fund("XLK", "Technology Select Sector SPDR Fund", "ARCX", 284.0, 3.3e8, 6.5e6, "technology"),
    Fund("XLV", "Health Care Select Sector SPDR Fund", "ARCX", 151.7, 2.6e8, 1.0e7, "healthcare"),
    Fund("XLE", "Energy Select Sector SPDR Fund", "ARCX", 89.9, 3.1e8, 1.6e7, "energy"),
    Fund("XLF", "Financial Select Sector SPDR Fund", "ARCX", 52.6, 1.0e9, 3.9e7, "financial"),
    Fund("XLY", "Consumer Discretionary Select Sector SPDR Fund", "ARCX", 234.2, 1.0e8, 3.4e6,
         "consumer_discretionary"),
    Fund("XLI", "Industrial Select Sector SPDR Fund", "ARCX", 153.0, 1.5e8, 8.2e6, "industrials"),
    Fund("XLB", "Materials Select Sector SPDR Fund", "ARCX", 88.1, 6.0e7, 5.4e6, "materials"),
    Fund("XLU", "Utilities Select Sector SPDR Fund", "ARCX", 89.4, 2.4e8, 1.1e7, "utilities"),
    Fund("MTUM", "iShares MSCI USA Momentum Factor ETF", "BATS", 251.3, 7.0e7, 8.0e5, "momentum"),
    Fund("VTV", "Vanguard Value ETF", "ARCX", 187.5, 7.6e8, 2.3e6, "value"),
    Fund("VUG", "Vanguard Growth ETF", "ARCX", 478.8, 4.0e8, 1.1e6, "growth"),
    Fund("QUAL", "iShares MSCI USA Quality Factor ETF", "BATS", 195.4, 2.6e8, 1.2e6, "quality"),
    Fund("SPLV", "Invesco S&P 500 Low Volatility ETF", "ARCX", 72.6, 1.0e8, 2.1e6, "low_volatility"),
    Fund("USMV", "iShares MSCI USA Min Vol Factor ETF", "BATS", 94.8, 2.5e8, 2.6e6, "low_volatility"),
    Fund("VIXY", "ProShares VIX Short-Term Futures ETF", "BATS", 41.3, 5.0e6, 3.8e6, "large", -3.2, 0.018),
)  # fmt: skip


def compute_fund_loads(funds: tuple[Fund, ...], sector: NDArray[np.int64], cap: Floats, loads: Floats) -> Floats:
    """Loads (funds, 9) on [market, the eight sectors] out of the stocks' loads (stocks, 9).

    `sector` and `cap` (dollars) describe the stocks. Constituents are weighted by the square root of the cap, which
    stands for the capping rules real funds have. A rule without any constituent falls back to all stocks.
    """
    return np.stack([fund.leverage * _mean_load(_constituents(fund.rule, sector, cap, loads), cap, loads)
                     for fund in funds])  # fmt: skip


def _mean_load(member: Mask, cap: Floats, loads: Floats) -> Floats:
    weight = np.sqrt(np.where(member, cap, 0.0))
    return np.asarray(weight @ loads / weight.sum())


def _constituents(rule: str, sector: NDArray[np.int64], cap: Floats, loads: Floats) -> Mask:
    large = cap >= np.quantile(cap, 0.9)
    tech, health = SECTORS.index("technology"), SECTORS.index("healthcare")
    beta = loads[:, 0]
    masks = {
        "small": (cap > 3e8) & (cap < 5e9),
        "large": large,
        "growth": large & np.isin(sector, (tech, health, SECTORS.index("consumer_discretionary"))),
        "value": large & ~np.isin(sector, (tech, health)),
        "momentum": large & (beta > np.median(beta)),
        "quality": large & (sector != SECTORS.index("energy")),
        "low_volatility": large & (beta < np.median(beta)),
    }
    in_sector = rule in SECTORS
    member = (sector == SECTORS.index(rule)) & (cap >= np.quantile(cap, 0.7)) if in_sector else masks[rule]
    return member if member.any() else np.ones(len(cap), dtype=bool)
