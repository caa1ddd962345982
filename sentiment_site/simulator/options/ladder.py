"""Which contracts exist: optionable stocks, strikes on the exchanges' grids, and what splits make of them.

A strike is listed when the price has come near it and stays until its expiration. An even split (2 for 1) divides the
strikes and multiplies the contracts. Any other split leaves the strikes as they are and changes what a contract
delivers: after 1 for 15, six shares and the cash for two thirds of one. Such contracts move to a root of their own
(ABC1), beside which standard contracts are listed anew.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.market.listing import Listing
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.market.splits import Split
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.options.expirations import Tier, expirations_on
from sentiment_site.simulator.tape.cut import Tape

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

OPTIONABLE_SHARE, LEAST_PRICE = 0.45, 3.0
LISTED_AFTER_SESSIONS = 5  # options follow an offering after a week
_TRAITS_STREAM = 40
_KINDS = ("CS", "ADRC", "ETF", "FUND")
_TIER_SHARES = ((Tier.WEEKLY, 0.14), (Tier.LEAPS, 0.38))  # of the optionable, by dollars traded; then MONTHLY
_INDEX_FUNDS = ("SPY", "QQQ", "IWM")
_STANDARD_SHARES = 100
# up to which strike which step; the last step goes on without end
_STEPS: dict[Tier, tuple[tuple[float, float], ...]] = {
    Tier.MONTHLY: ((5, 1.0), (25, 2.5), (200, 5.0), (5000, 10.0)),
    Tier.LEAPS: ((5, 0.5), (25, 1.0), (100, 2.5), (250, 5.0), (5000, 10.0)),
    Tier.WEEKLY: ((25, 0.5), (100, 1.0), (250, 2.5), (5000, 5.0)),
    Tier.DAILY: ((1000, 1.0), (5000, 5.0)),
}
_LEAPS_STEPS = {Tier.DAILY: Tier.LEAPS, Tier.WEEKLY: Tier.LEAPS, Tier.LEAPS: Tier.MONTHLY, Tier.MONTHLY: Tier.MONTHLY}
_LONG_DAYS, _SPARE_STRIKES = 250, 2


def _grid(tier: Tier) -> Floats:
    parts, begin = [], 0.0
    for end, step in _STEPS[tier]:
        parts.append(np.arange(begin + step, end + step / 2, step))
        begin = end
    return np.asarray(np.round(np.concatenate(parts), 3), dtype=np.float64)


_GRIDS = {tier: _grid(tier) for tier in _STEPS}


@dataclass(frozen=True, slots=True)
class Ladder:
    """All contracts of one underlying ever listed by a session, in ascending order of ticker (k,).

    expiration: date ordinals; strike: dollars, as it stands now, first_strike: as it was listed; put; shares and cash
    (dollars): what one contract delivers; listed: index of the session it was listed in; generation: how many splits
    had been before that; factor: contracts now for one then; key: identity that survives splits.
    """

    row: int
    tickers: tuple[str, ...]
    expiration: Ints
    strike: Floats
    first_strike: Floats
    put: Mask
    shares: Ints
    cash: Floats
    listed: Ints
    generation: Ints
    factor: Floats
    key: Ints

    def __len__(self) -> int:
        return len(self.tickers)

    @property
    def adjusted(self) -> Mask:
        """Contracts that deliver something else than a hundred shares."""
        return np.asarray((self.shares != _STANDARD_SHARES) | (self.cash > 0))


@dataclass(frozen=True, slots=True)
class _Series:
    """Strikes of one expiration in one generation (s,), calls and puts alike."""

    expiration: int
    first: Floats
    listed: Ints
    generation: int
    strike: Floats
    shares: int = _STANDARD_SHARES
    cash: float = 0.0
    factor: float = 1.0
    root: int = 0


class Ladders:
    """The contracts of every underlying, computed when asked for. Thread safe."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.tier, self._cycle = _draw_tiers(tape)
        self._kept: Memo[tuple[int, int], Ladder] = Memo(256)
        roots = {int(row): root_of(tape.listing.securities[row].symbol) for row in np.flatnonzero(self.tier >= 0)}
        self.rows_by_root = [row for row, _ in sorted(roots.items(), key=lambda item: item[1])]

    def ladder(self, row: int, index: int) -> Ladder:
        """Contracts of a row that were listed by the session with this index, the expired ones included.

        The same session gives the same contracts whenever it is asked for.
        """
        return self._kept.get((row, index), lambda: self._compute(row, index))

    def splits_of(self, row: int, index: int) -> list[tuple[int, Split]]:
        """Splits of a row executed by the session with this index, with the index of theirs."""
        days = ((self._tape.market.day_on(split.session.date), split) for split in self._tape.market.splits
                if split.row == row)  # fmt: skip
        return sorted(((day.index, split) for day, split in days if day is not None and day.index <= index),
                      key=lambda found: found[0])  # fmt: skip

    def _compute(self, row: int, index: int) -> Ladder:
        first, last = int(self._tape.listing.first[row]), int(self._tape.listing.last[row])
        begin = first + LISTED_AFTER_SESSIONS if first > 0 else 0
        end = min(index, last)
        if self.tier[row] < 0 or last < 0 or end < begin:
            return _ladder(row, "", [])
        splits = [(at, split) for at, split in self.splits_of(row, index) if at >= begin]
        bounds = [begin, *(at for at, _ in splits), end + 1]
        series: list[_Series] = []
        for generation, (start, stop) in enumerate(pairwise(bounds)):
            if generation:
                series = [self._split(one, *splits[generation - 1]) for one in series]
            if start < stop:
                series += self._listed(row, generation, start, stop)
        return _ladder(row, root_of(self._tape.listing.securities[row].symbol), series)

    def _listed(self, row: int, generation: int, start: int, stop: int) -> list[_Series]:
        """What is listed between two splits, sessions start..stop-1."""
        tier, cycle = Tier(self.tier[row]), int(self._cycle[row])
        days = self._tape.market.days[start:stop]
        prices = np.exp([day.start[row] for day in days])
        since: dict[dt.date, int] = {}
        for place in range(len(days) - 1, -1, -1):
            for expiry in expirations_on(days[place].session.date, tier, cycle):
                since[expiry] = place
        yearly = 16.0 * float(self._tape.listing.volatility[row])
        found = []
        for expiry, place in since.items():
            away = (expiry - days[place].session.date).days
            grid = _GRIDS[_LEAPS_STEPS[tier] if away > _LONG_DAYS else tier]
            reach = float(np.clip(3.0 * yearly * np.sqrt(max(away, 21) / 365), 0.15, 0.6))
            strikes, listed = _strikes(grid, prices[place:], reach)
            found.append(_Series(expiry.toordinal(), strikes, listed + start + place, generation, strikes))
        return found

    def _split(self, one: _Series, at: int, split: Split) -> _Series:
        even = split.split_from == 1 and one.shares == _STANDARD_SHARES and one.cash == 0
        day = self._tape.market.days[at]
        if one.expiration < day.session.date.toordinal():
            return one
        if even:
            return replace(one, strike=np.round(one.strike / split.split_to, 2), factor=one.factor * split.split_to)
        delivered = one.shares * split.ratio
        whole = int(delivered + 1e-9)
        cash = one.cash + (delivered - whole) * float(np.exp(day.start[split.row]))
        return replace(one, shares=whole, cash=round(cash, 2) if cash > 0.005 else 0.0, root=one.root + 1)


def root_of(symbol: str) -> str:
    """The root of standard contracts: BRK.B -> BRKB."""
    return symbol.replace(".", "")


def _strikes(grid: Floats, prices: Floats, reach: float) -> tuple[Floats, Ints]:
    """Strikes within `reach` of any price so far and two more on either side, and the place at which each came."""
    low = np.searchsorted(grid, np.minimum.accumulate(prices) * (1.0 - reach)) - _SPARE_STRIKES
    high = np.searchsorted(grid, np.maximum.accumulate(prices) * (1.0 + reach), side="right") + _SPARE_STRIKES
    low, high = np.maximum(low, 0), np.minimum(high, len(grid))
    places = np.arange(low[-1], high[-1])
    # both ends only move outwards, so the first session that covers a strike is found by bisection
    from_below = np.searchsorted(-low, -places)
    from_above = np.searchsorted(high, places, side="right")
    return grid[places], np.maximum(from_below, from_above)


def _ladder(row: int, root: str, series: list[_Series]) -> Ladder:
    """Calls and puts of the series. A contract that a split made equal to one listed later is the same contract."""
    contracts: dict[str, tuple[int, float, float, bool, int, float, int, int, float]] = {}
    for one in series:
        name = f"O:{root}{one.root or ''}{dt.date.fromordinal(one.expiration):%y%m%d}"
        for first, strike, listed in zip(one.first.tolist(), one.strike.tolist(), one.listed.tolist(), strict=True):
            tail = f"{round(strike * 1000):08d}"
            for put in (False, True):
                contracts.setdefault(f"{name}{'P' if put else 'C'}{tail}", (
                    one.expiration, strike, first, put, one.shares, one.cash, listed, one.generation, one.factor,
                ))  # fmt: skip
    tickers = sorted(contracts)
    table = np.array([contracts[ticker] for ticker in tickers], dtype=np.float64).reshape(-1, 9).T
    expiration, shares, listed, generation = (table[at].astype(np.int64) for at in (0, 4, 6, 7))
    strike, first_strike, put = table[1], table[2], table[3] > 0
    key = _keys(row, expiration, first_strike, put, generation)
    return Ladder(row, tuple(tickers), expiration, strike, first_strike, put, shares, table[5], listed, generation,
                  table[8], key)  # fmt: skip


def _keys(row: int, expiration: Ints, strike: Floats, put: Mask, generation: Ints) -> Ints:
    """Identities beyond every row of the listing, so that their noise is their own."""
    key = (np.int64(row + 1) << 45) + (generation << 42) + ((expiration - 700_000) << 25)
    return np.asarray(key + (np.round(strike * 1000).astype(np.int64) << 1) + put)


def _draw_tiers(tape: Tape) -> tuple[Ints, Ints]:
    """Tier (n,), NONE for what has no options, and quarterly cycle (n,)."""
    listing: Listing = tape.listing
    rows = len(listing.securities)
    rng = np.random.default_rng([tape.market.parameters.seed, _TRAITS_STREAM])
    chance, cycle = rng.normal(0, 1.2, rows), rng.integers(0, 3, rows)
    kind = np.array([security.kind in _KINDS for security in listing.securities])
    allowed = kind & (listing.price > LEAST_PRICE) & (listing.last >= 0)
    index_fund = np.array([security.symbol in _INDEX_FUNDS for security in listing.securities])
    rank = np.where(allowed, np.log(listing.cap) + chance + 100.0 * (listing.cap > 2e10), -np.inf)
    wanted = min(round(OPTIONABLE_SHARE * rows), int(allowed.sum()))
    chosen = np.argsort(-rank, kind="stable")[:wanted]
    chosen = chosen[np.argsort(-(listing.price * listing.volume)[chosen], kind="stable")]
    tier = np.full(rows, Tier.NONE, dtype=np.int64)
    tier[chosen] = Tier.MONTHLY
    begin = 0
    for value, share in _TIER_SHARES:
        end = begin + round(share * wanted)
        tier[chosen[begin:end]], begin = value, end
    tier[index_fund] = Tier.DAILY
    return tier, cycle
