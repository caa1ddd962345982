"""The coins of the simulated market: two that lead, stablecoins, alts, wrapped and staked duplicates, and the rest.

Bitcoin, ether and the stablecoins carry the ids under which a client asks for them; every other coin is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.market.parameters import Floats

Ints = NDArray[np.int64]

BITCOIN, ETHEREUM = 0, 1
STREAM = 31
ALTS, NEWCOMERS, UNCOUNTED = 98, 14, 4
HISTORY_DAYS = 1096  # three years before the anchor
CAP_AFTER_DAYS = 3  # a newcomer's market cap is null for a day and zero until this many days have passed
ALT_TO_BTC = 0.50  # cap of all alts over that of bitcoin around which the market moves; real 2018-2025: about .57
_ETH_TO_BTC, _STABLES_TO_ALTS, _REST_OF_ALTS = 0.29, 0.22, 0.05
_BTC_PRICE, _BTC_SUPPLY, _BTC_PER_DAY = 36_000.0, 19_300_000.0, 450.0

# id, symbol, name, share of all stablecoins
_STABLES = (
    ("tether", "usdt", "Dollar Token T", 0.62),
    ("usd-coin", "usdc", "Dollar Token C", 0.25),
    ("dai", "dai", "Dollar Token D", 0.05),
    ("usds", "usds", "Dollar Token S", 0.03),
    ("ethena-usde", "usde", "Dollar Token E", 0.025),
    ("first-digital-usd", "fdusd", "Dollar Token F", 0.012),
    ("paypal-usd", "pyusd", "Dollar Token P", 0.008),
    ("true-usd", "tusd", "Dollar Token U", 0.005),
)
# id, symbol, name, row of the coin behind it, share of that coin's supply, yearly accrual of a staked token
_COPIES = (
    ("wrapped-bitcoin", "wbtc", "Wrapped Bitcoin", BITCOIN, 0.0066, 0.0),
    ("bridged-bitcoin", "bbtc", "Bridged Bitcoin", BITCOIN, 0.0030, 0.0),
    ("weth", "weth", "Wrapped Ether", ETHEREUM, 0.021, 0.0),
    ("staked-ether", "steth", "Staked Ether", ETHEREUM, 0.075, 0.0),
    ("wrapped-steth", "wsteth", "Wrapped Staked Ether", ETHEREUM, 0.030, 0.032),
    ("pooled-staked-ether", "pseth", "Pooled Staked Ether", ETHEREUM, 0.004, 0.028),
    ("liquid-staked-ether", "lseth", "Liquid Staked Ether", ETHEREUM, 0.008, 0.030),
    ("restaked-ether", "rseth", "Restaked Ether", ETHEREUM, 0.010, 0.030),
)
_STARTS = (
    "Aer", "Bol", "Cryn", "Dra", "Ely", "Fyn", "Gal", "Hex", "Ion", "Jov", "Kry", "Lum", "Mer", "Nex", "Orb", "Pyr",
    "Quo", "Rav", "Syn", "Tor", "Umb", "Vel", "Wyn", "Xil", "Yar", "Zet",
)  # fmt: skip
_ENDS = (
    "ara", "bit", "cor", "dex", "eum", "fi", "gon", "ix", "lon", "mint", "nar", "ora", "plex", "ride", "sol", "tide",
    "ula", "verse", "wave", "xis",
)  # fmt: skip
_SUFFIXES = ("", "", "", " Network", " Protocol", " Chain", " Finance", " Token")


class Kind(StrEnum):
    """What moves a coin."""

    BITCOIN = "bitcoin"
    ETHER = "ether"
    STABLE = "stable"
    ALT = "alt"
    COPY = "copy"  # wrapped or staked: in no total, of no rank
    REST = "rest"  # the thousands of coins that are in the total and never looked at


@dataclass(frozen=True, slots=True)
class Coin:
    """One coin. parent: row of the coin behind a copy; listed_day: days after the beginning at which it is listed
    (0: before); counted: whether its supply is known, else its cap is zero and its rank null."""

    id: str
    symbol: str
    name: str
    kind: Kind
    parent: int = -1
    listed_day: int = 0
    counted: bool = True

    @property
    def counted_day(self) -> int:
        """Days after the beginning from which its cap is known and in the total."""
        return self.listed_day + CAP_AFTER_DAYS if self.listed_day else 0

    @property
    def paprika_id(self) -> str:
        """The id of the same coin at CoinPaprika."""
        return f"{self.symbol}-{self.name.lower().replace(' ', '-')}"


@dataclass(frozen=True, slots=True)
class Roster:
    """All coins and, row by row (n,), the numbers of their processes; the last row is the rest.

    log_price: at the beginning, before any move; supply, supply_growth: coins at the beginning and their yearly growth
    (stablecoins: the share of all stablecoins, 0); maximum: max supply, NaN if there is none; beta, gamma: loads on the
    moves of bitcoin and of the alts' own factor; sigma: daily sigma of the own move; turnover: daily volume over cap
    (coins of unknown supply: over `notional` dollars); accrual: how a staked token gains on its parent, yearly.
    """

    coins: tuple[Coin, ...]
    log_price: Floats
    supply: Floats
    supply_growth: Floats
    maximum: Floats
    beta: Floats
    gamma: Floats
    sigma: Floats
    turnover: Floats
    notional: Floats
    accrual: Floats

    def rows(self, kind: Kind) -> Ints:
        """Rows of one kind, ascending."""
        return np.flatnonzero([coin.kind is kind for coin in self.coins])


def build_roster(seed: int) -> Roster:
    """The coins of a seed. About 120 of them; prices, caps and loads at the beginning of the history."""
    rng = np.random.default_rng([seed, STREAM])
    coins = _coins(rng)
    count = len(coins)
    kinds = np.array([coin.kind for coin in coins])
    parent = np.array([coin.parent for coin in coins])
    alt, stable, copy, rest = (kinds == kind for kind in (Kind.ALT, Kind.STABLE, Kind.COPY, Kind.REST))
    cap, price = _caps_and_prices(rng, coins)
    beta = np.where(alt, np.clip(rng.normal(1.2, 0.2, count), 0.6, 1.9), 0.0)
    gamma = np.where(alt, np.exp(rng.normal(-0.045, 0.3, count)), 0.0)
    sigma = np.where(alt, np.clip(np.exp(rng.normal(np.log(0.036), 0.35, count)), 0.012, 0.11), 0.0)
    for row, loads in ((BITCOIN, (1.0, 0.0, 0.0)), (ETHEREUM, (1.15, 0.55, 0.024)), (count - 1, (1.2, 1.0, 0.004))):
        beta[row], gamma[row], sigma[row] = loads
    beta[copy], gamma[copy] = beta[parent[copy]], gamma[parent[copy]]
    supply = np.where(stable, 0.0, cap / price)
    supply[stable] = [share for *_, share in _STABLES]
    supply[~np.array([coin.counted for coin in coins])] = 0.0
    growth = np.where(alt, np.where(rng.random(count) < 0.4, 0.0, rng.uniform(0.0, 0.12, count)), 0.0)
    growth[growth < 0.01] = 0.0
    growth[BITCOIN] = _BTC_PER_DAY * 365.0 / _BTC_SUPPLY
    maximum = np.where(alt & (rng.random(count) < 0.55), supply * rng.uniform(1.0, 2.4, count), np.nan)
    maximum[~np.isnan(maximum)] = np.ceil(maximum[~np.isnan(maximum)] * (1 + growth[~np.isnan(maximum)] * 10))
    maximum[supply == 0] = np.nan
    maximum[BITCOIN] = 21_000_000.0
    turnover = np.exp(rng.normal(np.log(0.055), 0.55, count))
    turnover[[BITCOIN, ETHEREUM]] = 0.026, 0.050
    turnover[stable] = np.r_[0.45, 0.14, np.full(int(stable.sum()) - 2, 0.05)]
    turnover[copy], turnover[rest] = 0.004, 0.03
    accrual = np.zeros(count)
    accrual[copy] = [yearly for *_, yearly in _COPIES]
    return Roster(coins, np.log(price), supply, growth, maximum, beta, gamma, sigma, turnover, cap, accrual)


def _coins(rng: np.random.Generator) -> tuple[Coin, ...]:
    """Bitcoin, ether, stablecoins, alts by cap, copies, the rest. The smaller half of the alts has the newcomers."""
    coins = [Coin("bitcoin", "btc", "Bitcoin", Kind.BITCOIN), Coin("ethereum", "eth", "Ethereum", Kind.ETHER)]
    coins += [Coin(id, symbol, name, Kind.STABLE) for id, symbol, name, _ in _STABLES]
    words = [start + end for start in _STARTS for end in _ENDS]
    taken = {coin.symbol for coin in coins} | {symbol for _, symbol, *_ in _COPIES}
    new = set(rng.choice(np.arange(ALTS // 2, ALTS - UNCOUNTED), NEWCOMERS, replace=False).tolist())
    for place, word in enumerate(rng.choice(words, ALTS, replace=False).tolist()):
        name = word + _SUFFIXES[int(rng.integers(len(_SUFFIXES)))]
        symbol = next(text for length in range(3, 9) if (text := word.lower()[:length]) not in taken)
        taken.add(symbol)
        day = int(rng.integers(40, HISTORY_DAYS - 5)) if place in new else 0
        coins.append(Coin(name.lower().replace(" ", "-"), symbol, name, Kind.ALT, -1, day, place < ALTS - UNCOUNTED))
    coins += [Coin(id, symbol, name, Kind.COPY, parent) for id, symbol, name, parent, *_ in _COPIES]
    return (*coins, Coin("rest", "", "", Kind.REST))


def _caps_and_prices(rng: np.random.Generator, coins: tuple[Coin, ...]) -> tuple[Floats, Floats]:
    """Caps and prices (n,) in dollars at the beginning. Alts' caps fall off as a power of their place."""
    bitcoin = _BTC_PRICE * np.exp(np.clip(rng.normal(0.0, 0.25), -0.6, 0.6))
    weights = np.arange(2.5, ALTS + 2.5) ** -1.25 * np.exp(rng.normal(0.0, 0.2, ALTS))
    weights *= (1.0 - _REST_OF_ALTS) / weights.sum()
    alts = bitcoin * _BTC_SUPPLY * ALT_TO_BTC
    ether = bitcoin * _BTC_SUPPLY * _ETH_TO_BTC / 120_000_000.0
    behind = np.array([bitcoin * _BTC_SUPPLY, ether * 120_000_000.0])
    copied = [share * behind[parent] for _, _, _, parent, share, _ in _COPIES]
    stables = [alts * _STABLES_TO_ALTS * share for *_, share in _STABLES]
    cap = np.r_[behind, stables, alts * weights, copied, alts * _REST_OF_ALTS]
    prices = np.exp(rng.normal(np.log(0.9), 2.6, ALTS)).clip(2e-6, 3_000.0)
    parents = [(bitcoin, ether)[coin.parent] for coin in coins if coin.kind is Kind.COPY]
    return cap, np.r_[bitcoin, ether, np.ones(len(stables)), prices, parents, 1.0]
