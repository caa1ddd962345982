"""Trading halts as the exchanges publish them: at once, without the delay prices have on the simulated plan."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.tape.suspensions import Code, Stop

RESUMPTION_NOTICE = dt.timedelta(minutes=5)  # quotes come back this long before trading does
_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Halt:
    """A halt as known at a moment. ends: when trading resumes (quotes five minutes earlier), None while nobody knows;
    pause_price: the limit that a volatility pause was triggered at, dollars, None for other codes."""

    row: int
    symbol: str
    exchange: str
    code: Code
    begins: dt.datetime
    ends: dt.datetime | None
    pause_price: float | None


def is_first_session(stop: Stop, day: Day, before: tuple[Stop, ...]) -> bool:
    """Whether a stop begins in this session; `before`: the suspensions of the session before it."""
    if stop.code is not Code.REQUESTED:
        return True
    return all(other.row != stop.row or other.code is not stop.code or other.last == day.index - 1 for other in before)


def resumes_at(stop: Stop, day: Day, resumption: dt.datetime) -> dt.datetime:
    """When trading resumes. `resumption`: the open of the session in which a halt over several sessions ends."""
    return resumption if stop.code is Code.REQUESTED else day.session.pre_open + stop.end * _MINUTE


def make_halt(market: Market, day: Day, stop: Stop, resumes: dt.datetime, now: dt.datetime) -> Halt:
    """The halt that begins with a stop, as known at a moment."""
    security = market.listing.securities[stop.row]
    known = resumes - RESUMPTION_NOTICE <= now
    begins = day.session.pre_open + stop.begin * _MINUTE
    return Halt(stop.row, security.symbol, security.exchange, stop.code, begins, resumes if known else None,
                stop.level or None)  # fmt: skip
