"""Nasdaq's threshold list (Reg SHO) of a session: who has had large fails to deliver for days.

The fails themselves are not simulated. A stock is on the list for a spell of three weeks by a draw that depends on
seed, symbol and spell alone; what is sold short heavily is drawn more often. Spells begin on different days.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.market.listing import Security
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.wire import Answer, Request, number_of

PUBLISHED_AT = dt.time(23, 0)
SPELL_DAYS = 21  # never fewer than thirteen sessions
CROWDED = 0.2  # of the float sold short, where squeezes begin
_STOCKS = frozenset({"CS", "ADRC"})
_LISTED_OF_1000, _CROWDED_OF_1000 = 10, 60
_HEADER = "Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Rule 3210|"
_NOT_FOUND = b"<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>\n"


class ThresholdLists:
    """The files over a tape: one a session, from 23:00 of its day on."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def nasdaq(self, request: Request) -> Answer:
        """GET nasdaqth{YYYYMMDD}.txt; 404 for what is no session, not simulated or not published yet."""
        date = _date_of(request.extras["day"])
        published = None if date is None else dt.datetime.combine(date, PUBLISHED_AT, NEW_YORK)
        if date is None or published is None or request.now < published:
            return Answer(404, _NOT_FOUND, "text/html; charset=utf-8")
        self._tape.market.generate_until(request.now)
        day = self._tape.market.day_on(date)
        if day is None:
            return Answer(404, _NOT_FOUND, "text/html; charset=utf-8")
        listed, seed = self._tape.market.tradable(day.index), self._tape.market.parameters.seed
        securities = (self._tape.listing.securities[row] for row in np.flatnonzero(listed))
        rows = [_row(each) for each in securities if is_threshold(each, date, seed)]
        text = "\r\n".join((_HEADER, *rows, f"{published:%Y%m%d%H%M%S}", ""))
        return Answer(200, text.encode(), "text/plain")


def is_threshold(security: Security, date: dt.date, seed: int) -> bool:
    """Whether a security is on Nasdaq's list of a day: about 1 to 2 % of the stocks listed there."""
    if security.exchange != "XNAS" or security.kind not in _STOCKS:
        return False
    shift = number_of(f"threshold {seed} {security.symbol}") % SPELL_DAYS
    spell = (date.toordinal() + shift) // SPELL_DAYS
    crowded = security.short_fraction is not None and security.short_fraction >= CROWDED
    drawn = number_of(f"threshold {seed} {security.symbol} {spell}") % 1000
    return drawn < (_CROWDED_OF_1000 if crowded else _LISTED_OF_1000)


def _row(security: Security) -> str:
    # which of Nasdaq's tiers a stock belongs to is not simulated: all are of the Capital Market
    return f"{security.symbol.replace('.', '/')}|{security.name.replace('|', ' ')}|S|Y|N|"


def _date_of(text: str) -> dt.date | None:
    """A session's date from YYYYMMDD; None for another day, or one beyond the calendar."""
    try:
        date = dt.datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date, no moment
        return date if calendar.session_on(date) else None
    except ValueError:
        return None
