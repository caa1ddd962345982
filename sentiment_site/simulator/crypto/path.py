"""The crypto market's path: a four-state regime, and every coin's move hour by hour, round the clock (methods.md 10.4).

A coin moves by its load on bitcoin, its load on the alts' own factor and its own noise. Hours are drawn and added up,
never bridged down from days. The market has one regime a day, changed at 00:00 UTC; a regime lasts a gamma-distributed
number of days, so that it can be told from noise. The caps of the alts against bitcoin are drawn back to their mean
with a half-life of about 70 days, a coin's own level with one of 115: without that a few coins would be the market.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sentiment_site.simulator.crypto.coins import ALT_TO_BTC, BITCOIN, ETHEREUM, Kind, Roster
from sentiment_site.simulator.market.parameters import Floats

STREAM, FIRST_STREAM = 30, 32
HOURS = 24
BITCOIN_SIGMA, ALT_SIGMA = 0.0334, 0.0282  # daily; with the loads: bitcoin .035, alts and ether .05, correlation .8
_RATIO_PULL, _OWN_PULL = 0.010, 0.006  # per day
_HEAT_KEPT, _HEAT_SIGMA = 0.94, 0.25
_ACTIVITY_KEPT, _ACTIVITY_SIGMA = 0.9, 0.30
_STABLE_NOISE, _COPY_NOISE = 0.0004, 0.0006  # of a price against its peg, each hour anew
LEAST_STABLE, MOST_STABLE = 0.05, 0.35  # stablecoins' share of the cap without bitcoin and ether
_STABLE_DRIFT, _STABLE_SPEED, _STABLE_SIGMA = 0.03, 0.06, 0.03  # per day: of the aim, towards the aim, and its noise
# quiet while Asia sleeps and America has not begun
_HOUR_WEIGHTS = np.array([
    1.1, 1.0, 0.95, 0.85, 0.8, 0.75, 0.75, 0.85, 0.9, 0.9, 0.9, 0.95, 1.1, 1.35, 1.5, 1.45, 1.3, 1.15, 1.1, 1.1, 1.05,
    0.95, 0.85, 0.95,
])  # fmt: skip
HOUR_SHARE = _HOUR_WEIGHTS / _HOUR_WEIGHTS.sum()


class Regime(StrEnum):
    """The state of the crypto market: the product's words for it."""

    BTC_SEASON = "BTC_SEASON"
    ALT_SEASON = "ALT_SEASON"
    TRANSITION = "TRANSITION"
    BEAR = "BEAR"


REGIMES = tuple(Regime)
# by regime: what follows; mean days (shares near .36 .26 .10 .29, methods.md 9.3, with about five changes a year:
# drifts are constant within a regime, and shorter ones could not be told from noise); drift per day of bitcoin's log
# price and of the alts' cap over it; how lively; the stablecoin share aimed at
NEXT = np.array([[0.0, 0.5, 0.35, 0.15], [0.2, 0.0, 0.4, 0.4], [0.4, 0.25, 0.0, 0.35], [0.6, 0.05, 0.35, 0.0]])
MEAN_DAYS = np.array([84.0, 78.0, 25.0, 86.0])
_SHAPE, _LEAST_DAYS = 3.0, 6
DRIFT = np.array([0.0066, 0.0038, 0.0000, -0.0092])
RATIO_DRIFT = np.array([-0.0058, 0.0135, 0.0, -0.0035])
LIVELINESS = np.array([0.90, 1.10, 0.80, 1.15])
STABLE_AIM = np.array([0.17, 0.07, 0.19, 0.34])


@dataclass(frozen=True, slots=True)
class Day:
    """What stays of one UTC day beside its hours. own_sigma (n,), bitcoin_sigma, alt_sigma: the day's sigmas;
    stable_cap: dollars of all stablecoins at its end."""

    regime: Regime
    own_sigma: Floats
    bitcoin_sigma: float
    alt_sigma: float
    stable_cap: float


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of one UTC day, (24, n): log dollars at the end of each, and dollars traded in it."""

    log_price: Floats
    volume: Floats


@dataclass(slots=True)
class _State:
    """What one day hands to the next: levels of the factors and of the coins' own parts, and what decides tomorrow."""

    bitcoin: float
    alt: float
    own: Floats
    heat: float
    activity: float
    regime: int
    days_left: int
    stable_aim: float
    stable_cap: float


class Path:
    """Days in their order, each from its own generator: seed, stream and date."""

    def __init__(self, seed: int, roster: Roster, first: int) -> None:
        self._seed, self._roster, self._first = seed, roster, first
        kinds = np.array([coin.kind for coin in roster.coins])
        self._stable, self._copy = kinds == Kind.STABLE, kinds == Kind.COPY
        self._alts = (kinds == Kind.ALT) | (kinds == Kind.REST)
        self._moving = self._alts | (np.arange(len(kinds)) == ETHEREUM)
        self._parent = np.array([coin.parent for coin in roster.coins])[self._copy]
        self._counted_day = np.array([coin.counted_day for coin in roster.coins])
        rng = np.random.default_rng([seed, FIRST_STREAM])
        regime = int(rng.choice(4, p=(0.36, 0.26, 0.09, 0.29)))
        aim = float(STABLE_AIM[regime])
        self._state = _State(0.0, 0.0, np.zeros(len(kinds)), float(rng.normal(0, _HEAT_SIGMA)), 0.0, regime,
                             _days(rng, regime), _logit(aim), 0.0)  # fmt: skip
        self.first_log_price = self._log_price(np.zeros(1), np.zeros(1), self._state.own, np.zeros(1))[0]
        alts = self._alt_cap(self.first_log_price, 0)
        self._state.stable_cap = alts * aim / (1.0 - aim)
        self.first_stable_cap = self._state.stable_cap

    def supply(self, days: float) -> Floats:
        """Coins (n,) in circulation so many days after the beginning; of stablecoins their share of all."""
        return np.asarray(self._roster.supply * (1.0 + self._roster.supply_growth * days / 365.0))

    def next_day(self, ordinal: int) -> tuple[Day, Hours]:
        """Generate one day; the days before it must have been generated."""
        state, days = self._state, ordinal - self._first
        rng = np.random.default_rng([self._seed, STREAM, ordinal])
        if state.days_left == 0:
            state.regime = int(rng.choice(4, p=NEXT[state.regime]))
            state.days_left = _days(rng, state.regime)
        state.days_left -= 1
        regime = state.regime
        state.heat = _HEAT_KEPT * state.heat + _HEAT_SIGMA * np.sqrt(1 - _HEAT_KEPT**2) * rng.standard_normal()
        # days of one market differ (chi-square mixing gives the fat tails), hours of one day do not
        lively = LIVELINESS[regime] * np.exp(state.heat - _HEAT_SIGMA**2) / np.sqrt(rng.chisquare(6.0) / 4.0)
        sigmas = float(BITCOIN_SIGMA * lively), float(ALT_SIGMA * lively)
        own_sigma = self._roster.sigma / np.sqrt(rng.chisquare(5.0, len(state.own)) / 3.0)
        before = self._log_price(np.array([state.bitcoin]), np.array([state.alt]), state.own, np.array([days]))[0]
        log_price = self._move(rng, sigmas, own_sigma, before, days)
        volume = self._volume(rng, log_price, before, days)
        state.stable_cap = self._mint(rng, self._alt_cap(log_price[-1], days + 1))
        own_sigma = np.where(self._stable, _STABLE_NOISE * 2, own_sigma)
        day = Day(REGIMES[regime], own_sigma, *sigmas, state.stable_cap)
        return day, Hours(log_price, volume)

    def _move(
        self, rng: np.random.Generator, sigmas: tuple[float, float], own_sigma: Floats, before: Floats, days: int
    ) -> Floats:
        """Log prices (24, n) of the day; the state moves on to its end."""
        state, root = self._state, np.sqrt(HOUR_SHARE)
        ratio = np.log(self._alt_cap(before, days) / self._cap_of(BITCOIN, before, days))
        drift = DRIFT[state.regime]
        alt_drift = RATIO_DRIFT[state.regime] - 0.2 * drift - _RATIO_PULL * (ratio - np.log(ALT_TO_BTC))
        bitcoin = state.bitcoin + np.cumsum(drift / HOURS + sigmas[0] * root * rng.standard_normal(HOURS))
        alt = state.alt + np.cumsum(alt_drift / HOURS + sigmas[1] * root * rng.standard_normal(HOURS))
        steps = (
            rng.standard_normal((HOURS, len(own_sigma))) * (root[:, None] * own_sigma) - _OWN_PULL * state.own / HOURS
        )
        own = state.own + np.cumsum(steps, axis=0) * self._moving
        state.bitcoin, state.alt, state.own = float(bitcoin[-1]), float(alt[-1]), own[-1]
        hourly = self._log_price(bitcoin, alt, own, days + np.arange(1, HOURS + 1) / HOURS)
        hourly[:, self._stable] += _STABLE_NOISE * rng.standard_normal((HOURS, int(self._stable.sum())))
        hourly[:, self._copy] += _COPY_NOISE * rng.standard_normal((HOURS, int(self._copy.sum())))
        return hourly

    def _log_price(self, bitcoin: Floats, alt: Floats, own: Floats, days: Floats) -> Floats:
        """Log prices (h, n) from the levels of the factors (h,) and of the own parts; copies follow their parents."""
        roster = self._roster
        found = roster.log_price + roster.beta * bitcoin[:, None] + roster.gamma * alt[:, None] + own
        found[:, self._copy] = found[:, self._parent] + roster.accrual[self._copy] * days[:, None] / 365.0
        return np.asarray(found)

    def _cap_of(self, row: int, log_price: Floats, days: int) -> float:
        return float(np.exp(log_price[row]) * self.supply(days)[row])

    def _alt_cap(self, log_price: Floats, days: int) -> float:
        counted = self._alts & (days >= self._counted_day)
        return float((np.exp(log_price[counted]) * self.supply(days)[counted]).sum())

    def _volume(self, rng: np.random.Generator, log_price: Floats, before: Floats, days: int) -> Floats:
        """Dollars (24, n): a coin's turnover, livelier when it moves."""
        state, roster = self._state, self._roster
        innovation = _ACTIVITY_SIGMA * np.sqrt(1 - _ACTIVITY_KEPT**2) * rng.standard_normal()
        state.activity = _ACTIVITY_KEPT * state.activity + innovation
        cap = np.exp(log_price) * self.supply(days)
        cap[:, self._stable] = state.stable_cap * roster.supply[self._stable]
        cap = np.where(cap > 0, cap, roster.notional)
        moves = np.abs(np.diff(log_price, axis=0, prepend=before[None, :]))
        moves[:, self._stable] = moves[:, [BITCOIN]]  # they are the other side of everybody's trade
        usual = np.hypot(roster.beta * BITCOIN_SIGMA, roster.sigma)
        usual[self._stable] = BITCOIN_SIGMA
        surprise = moves / (usual * np.sqrt(HOUR_SHARE)[:, None])
        log_share = state.activity - 0.55 + 0.8 * np.log1p(surprise) + 0.25 * rng.standard_normal(cap.shape)
        return np.asarray(cap * roster.turnover * HOUR_SHARE[:, None] * np.exp(log_share))

    def _mint(self, rng: np.random.Generator, alts: float) -> float:
        """Dollars of stablecoins at the end of the day: slow, within bounds of the cap without bitcoin and ether."""
        state = self._state
        target = _logit(float(STABLE_AIM[state.regime]))
        state.stable_aim += _STABLE_DRIFT * (target - state.stable_aim) + _STABLE_SIGMA * rng.standard_normal()
        wanted = alts * np.exp(state.stable_aim)
        moved = state.stable_cap * (wanted / state.stable_cap) ** _STABLE_SPEED
        return float(np.clip(moved, alts * np.exp(_logit(LEAST_STABLE)), alts * np.exp(_logit(MOST_STABLE))))


def _days(rng: np.random.Generator, regime: int) -> int:
    return max(_LEAST_DAYS, round(float(rng.gamma(_SHAPE, MEAN_DAYS[regime] / _SHAPE))))


def _logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))
