"""Implied volatility: level, term structure and smile out of what the security itself has done so far.

The level blends the long-run variance of the price process with the volatility state and the moves of the sessions
before, so options grow dear after a stock has begun to swing. Nothing of the session itself enters but its price. A
report of earnings to come makes everything dear that expires after it, and no longer once it is out.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market import parameters as process
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.options.ladder import Mask

_LEVEL_STREAM, _CONTRACT_STREAM = 41, 42
_SESSIONS_A_YEAR = 252.0
_STATE_SESSIONS, _MOVE_SESSIONS, _OUTLIER = 20, 10, 6.0
_STATE_SHARE, _MOVE_SHARE = 0.35, 0.30
_RETURN_TO_MEAN = -np.log(0.9) * _SESSIONS_A_YEAR  # a year: the volatility state keeps .9 a session
_PREMIUM = 1.06  # what sellers of volatility ask for
_STOCK_SKEW, _FUND_SKEW, _CURVATURE = -0.012, -0.055, 0.022
_CONTRACT_NOISE = 0.0015
_LEAST, _MOST = 0.04, 6.0
_REPORTS_AHEAD = dt.timedelta(days=98)  # a quarter: the next report of everybody
_REPORT_VARIANCE = 2.0  # of a report's move, in those of an ordinary day


class Reports:
    """When companies report earnings next, as everybody knows. Thread safe."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._kept: Memo[dt.date, frozenset[int]] = Memo(400)

    def next_of(self, row: int, today: dt.date, out_today: bool) -> dt.date | None:
        """The session date of a row's next report, today's included unless it is out already."""
        last = min(today + _REPORTS_AHEAD, dt.date(today.year + 1, 12, 31))
        for session in calendar.sessions_between(today, last):
            reporting = self._kept.get(session.date, lambda: frozenset(self._market.script.reporting(session)))  # noqa: B023
            if row in reporting and not (out_today and session.date == today):
                return session.date
        return None


class Surface:
    """The volatility surface of one underlying in one session."""

    def __init__(self, market: Market, reports: Reports, row: int, index: int) -> None:
        listing = market.listing
        days = market.days[max(0, index - _STATE_SESSIONS) : index]
        regime = days[-1].factors.regime if days else market.days[0].factors.regime
        factors = np.r_[process.REGIME_SIGMA[regime], process.SECTOR_SIGMA]
        common = float(((listing.loads[row] * factors) ** 2).sum())
        own = (listing.volatility[row] * process.IDIOSYNCRATIC_SHARE) ** 2
        own += _jump_variance(float(listing.volatility[row])) if listing.jumps[row] else 0.0
        long_run = state = moves = own + common
        if days:
            state = common + float(np.mean([min(float(day.scale[row]) ** 2, 9.0 * own) for day in days]))
            swings = [float(day.moves[row].sum()) ** 2 for day in days[-_MOVE_SESSIONS:]]
            moves = float(np.mean(np.minimum(swings, _OUTLIER**2 * long_run)))
        near = (1.0 - _STATE_SHARE - _MOVE_SHARE) * long_run + _STATE_SHARE * state + _MOVE_SHARE * moves
        date = np.array([market.days[index].session.date.toordinal()])
        mood = noise.normal(noise.addresses(market.parameters.seed, date, np.array([row])), _LEVEL_STREAM, 1)[0, 0]
        scale = (_PREMIUM * np.exp(0.03 * mood)) ** 2 * _SESSIONS_A_YEAR
        self._near, self._far = near * scale, long_run * scale
        today = market.days[index]
        # a report before the open is a jump of the pre-market
        report = reports.next_of(row, today.session.date, bool(today.jump_pre[row])) if listing.jumps[row] else None
        self._report_years = np.inf if report is None else (report - today.session.date).days / 365.0
        self._report = _REPORT_VARIANCE * float(listing.volatility[row]) ** 2
        self._skew = _STOCK_SKEW if listing.jumps[row] else _FUND_SKEW

    def at_the_money(self, years: Floats) -> Floats:
        """Yearly volatility to each horizon: the near variance decays to the long-run one, a report adds its own."""
        gone = _RETURN_TO_MEAN * np.maximum(years, 1e-4)
        variance = self._far + (self._near - self._far) * -np.expm1(-gone) / gone
        variance += np.where(years > self._report_years, self._report / np.maximum(years, 1.0 / 365), 0.0)
        return np.asarray(np.sqrt(variance))

    def implied(self, spot: Floats, strike: Floats, years: Floats, since_close: Floats) -> Floats:
        """Yearly implied volatility. Arguments broadcast; since_close: log move since the previous close, which
        raises it whatever its sign."""
        level = self.at_the_money(years)
        place = np.log(strike / spot) / (level * np.sqrt(np.maximum(years, 1.0 / 365)))
        place = np.clip(place, -4.0, 4.0)
        smile = 1.0 + self._skew * place + _CURVATURE * place**2
        excited = np.exp(np.minimum(0.5 * np.abs(since_close), 0.4))
        return np.asarray(np.clip(level * smile * excited, _LEAST, _MOST))


def _jump_variance(volatility: float) -> float:
    """Variance a day that comes from jumps (parameters: rate, and the second moment of ln(1 + size))."""
    return process.JUMP_RATE * min(1.6, volatility / 0.045) * 0.03


def with_contract_noise(sigma: Floats, seed: int, date: int, key: np.ndarray) -> Floats:
    """Each contract is a little off the surface (k,), less than would let anybody buy a higher strike for more."""
    off = np.exp(
        _CONTRACT_NOISE * noise.normal(noise.addresses(seed, np.array([date]), key), _CONTRACT_STREAM, 1)[:, 0]
    )
    return np.asarray(sigma * off)


def is_deep(delta: Floats) -> Mask:
    """Contracts so deep in the money that their price says nothing about volatility."""
    return np.asarray(np.abs(delta) > 0.985)
