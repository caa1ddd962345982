"""NYSE sessions with extended hours, 04:00-20:00 New York time, as plain Python objects for fast look-ups.

The trading days and early closes come from exchange_calendars (XNYS), read once per process and turned into sorted
tuples, so that a look-up is a bisection and touches no pandas. Every moment given must be timezone-aware; every
moment returned is UTC. All functions raise ValueError for a naive moment and for one beyond the horizon.

Horizon: whole years, from 20 years back to the end of next year, counted when the process first asks.

Source of the hours: upstreams.md section 9 (pre-market 04:00, regular 09:30-16:00, after-hours to 20:00; on an early
close the regular session ends at 13:00 and after-hours at 17:00).
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")

_PRE_MARKET_OPENS = dt.time(4, 0)
_AFTER_HOURS = dt.timedelta(hours=4)
_NORMAL_CLOSE = dt.time(16, 0)
_HALF_HOUR = dt.timedelta(minutes=30)
_NOTHING = dt.timedelta(0)


class Phase(StrEnum):
    """What kind of trading a moment falls into."""

    CLOSED = "closed"
    PRE = "pre"
    REGULAR = "regular"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Session:
    """One NYSE trading day. `date` is the New York date, the moments are UTC: pre_open 04:00, open 09:30,
    close 16:00 (13:00 on a half day), post_close 20:00 (17:00 on a half day) in New York."""

    date: dt.date
    pre_open: dt.datetime
    open: dt.datetime
    close: dt.datetime
    post_close: dt.datetime
    half_day: bool


@dataclass(frozen=True, slots=True)
class _Table:
    """The sessions of the horizon with the columns that are bisected. `opened[i]` is the open time before session i."""

    sessions: tuple[Session, ...]
    position: Mapping[dt.date, int]
    dates: tuple[dt.date, ...]
    pre_opens: tuple[dt.datetime, ...]
    closes: tuple[dt.datetime, ...]
    opened: tuple[dt.timedelta, ...]
    first_day: dt.date
    last_day: dt.date
    starts: dt.datetime
    ends: dt.datetime


def session_on(date: dt.date) -> Session | None:
    """The session of a New York date, None on weekends and holidays."""
    table = _table()
    index = table.position.get(_checked_day(table, date))
    return None if index is None else table.sessions[index]


def session_at(at: dt.datetime) -> Session | None:
    """The session that is open at this moment (pre_open <= at < post_close), None when the market is closed."""
    table = _table()
    utc = _checked(table, at)
    index = bisect_right(table.pre_opens, utc) - 1
    return table.sessions[index] if index >= 0 and utc < table.sessions[index].post_close else None


def phase_at(at: dt.datetime) -> Phase:
    """Pre-market, regular, after-hours or closed; each phase owns its first moment."""
    session = session_at(at)
    if session is None:
        return Phase.CLOSED
    if at < session.open:
        return Phase.PRE
    return Phase.REGULAR if at < session.close else Phase.AFTER


def last_session(at: dt.datetime) -> Session:
    """The latest session that has begun (pre_open <= at)."""
    table = _table()
    return _session(table, bisect_right(table.pre_opens, _checked(table, at)) - 1)


def next_session(at: dt.datetime) -> Session:
    """The first session that has not begun (pre_open > at)."""
    table = _table()
    return _session(table, bisect_right(table.pre_opens, _checked(table, at)))


def last_closed_session(at: dt.datetime) -> Session:
    """The latest session whose regular trading is over (close <= at)."""
    table = _table()
    return _session(table, bisect_right(table.closes, _checked(table, at)) - 1)


def shift(session_date: dt.date, n: int) -> Session:
    """The session n sessions after (n < 0: before) the session of that date. ValueError if the date is no session."""
    table = _table()
    index = table.position.get(_checked_day(table, session_date))
    if index is None:
        raise ValueError(f"{session_date} is not a NYSE session")
    return _session(table, index + n)


def sessions_between(start: dt.date, end: dt.date) -> tuple[Session, ...]:
    """All sessions of start..end, both dates included, oldest first; empty if end < start."""
    table = _table()
    first = bisect_left(table.dates, _checked_day(table, start))
    return table.sessions[first : bisect_right(table.dates, _checked_day(table, end))]


def recent_sessions(at: dt.datetime, n: int) -> tuple[Session, ...]:
    """The n latest sessions that have begun (pre_open <= at), oldest first."""
    if n < 0:
        raise ValueError(f"the number of sessions must not be negative: {n}")
    table = _table()
    end = bisect_right(table.pre_opens, _checked(table, at))
    if n > end:
        raise _beyond(table, f"{n} sessions before {at.isoformat()}")
    return table.sessions[end - n : end]


def bar_starts(session: Session, minutes: int = 30) -> tuple[dt.datetime, ...]:
    """Starts of the session's bars, 04:00-20:00: 32 half-hours on a full day, 26 on a half day.

    `minutes` must divide an hour, so that bars never straddle the open or a close; else ValueError.
    """
    if minutes < 1 or 60 % minutes:
        raise ValueError(f"a bar's length must divide an hour: {minutes} minutes")
    length = dt.timedelta(minutes=minutes)
    return tuple(session.pre_open + i * length for i in range((session.post_close - session.pre_open) // length))


def last_completed_bar(at: dt.datetime, delay: dt.timedelta = _NOTHING) -> dt.datetime | None:
    """Start of the newest 30-minute bar that is over and visible: its end + delay <= at.

    Before the first bar of a session is visible this is the last bar of the session before; None only at the
    beginning of the horizon. `delay` is the vendor's, not negative.
    """
    if delay < _NOTHING:
        raise ValueError(f"the delay must not be negative: {delay}")
    table = _table()
    # subtracted in UTC: on a New York datetime it would be wall arithmetic, an hour wrong across a clock change
    visible = _checked(table, _checked(table, at) - delay)
    # a bar ends at least 30 minutes after its session began, so the session to look in had begun by then
    index = bisect_right(table.pre_opens, visible - _HALF_HOUR) - 1
    if index < 0:
        return None
    session = table.sessions[index]
    bars_over = (min(visible, session.post_close) - session.pre_open) // _HALF_HOUR
    return session.pre_open + (bars_over - 1) * _HALF_HOUR


def session_seconds(start: dt.datetime, end: dt.datetime) -> float:
    """Seconds between two moments during which the market was open (04:00-20:00); 0 if end <= start.

    Ages of readings are counted in this time: nothing grows old over a weekend.
    """
    table = _table()
    return max(_opened_until(table, end) - _opened_until(table, start), _NOTHING).total_seconds()


def advance(start: dt.datetime, by: dt.timedelta) -> dt.datetime:
    """The moment by which `by` (not negative) of session time has passed since `start`; the inverse of session_seconds.

    Always inside a session: when the time is used up exactly at a close, the answer is the next session's opening,
    and so is advance(start, 0) from closed hours.
    """
    if by < _NOTHING:
        raise ValueError(f"session time only advances: {by}")
    table = _table()
    opened = _opened_until(table, start) + by
    session = _session(table, bisect_right(table.opened, opened) - 1)
    return session.pre_open + (opened - table.opened[table.position[session.date]])


def _opened_until(table: _Table, at: dt.datetime) -> dt.timedelta:
    """Open time from the beginning of the horizon until this moment."""
    utc = _checked(table, at)
    index = bisect_right(table.pre_opens, utc) - 1
    if index < 0:
        return _NOTHING
    session = table.sessions[index]
    return table.opened[index] + (min(utc, session.post_close) - session.pre_open)


def _session(table: _Table, index: int) -> Session:
    if not 0 <= index < len(table.sessions):
        raise _beyond(table, "the session asked for")
    return table.sessions[index]


def _checked(table: _Table, at: dt.datetime) -> dt.datetime:
    """The same moment in UTC; aware and inside the horizon, else ValueError."""
    if at.tzinfo is None:
        raise ValueError(f"market time must be timezone-aware: {at!r}")
    utc = at.astimezone(dt.UTC)
    if not table.starts <= utc < table.ends:
        raise _beyond(table, utc.isoformat())
    return utc


def _checked_day(table: _Table, day: dt.date) -> dt.date:
    if isinstance(day, dt.datetime):  # a datetime is a date to Python, but its date depends on the zone
        raise TypeError(f"a New York session date is needed, not the moment {day!r}")
    if not table.first_day <= day <= table.last_day:
        raise _beyond(table, str(day))
    return day


def _beyond(table: _Table, what: str) -> ValueError:
    return ValueError(f"{what} is beyond the NYSE calendar ({table.first_day} to {table.last_day})")


@lru_cache(maxsize=1)
def _table() -> _Table:
    """Reads exchange_calendars, about 0.5 s with its imports, once per process."""
    # imported here because it pulls in pandas and not every process asks for sessions
    from exchange_calendars.exchange_calendar_xnys import XNYSExchangeCalendar

    first_day = dt.date(XNYSExchangeCalendar.default_start().year, 1, 1)
    last_day = dt.date(XNYSExchangeCalendar.default_end().year, 12, 31)
    schedule = XNYSExchangeCalendar(start=str(first_day), end=str(last_day)).schedule
    sessions = tuple(
        _build_session(day.date(), opens.to_pydatetime(), closes.to_pydatetime())
        for day, opens, closes in zip(schedule.index, schedule["open"], schedule["close"], strict=True)
    )
    opened = [_NOTHING]
    for session in sessions:
        opened.append(opened[-1] + (session.post_close - session.pre_open))
    return _Table(
        sessions=sessions,
        position={session.date: index for index, session in enumerate(sessions)},
        dates=tuple(session.date for session in sessions),
        pre_opens=tuple(session.pre_open for session in sessions),
        closes=tuple(session.close for session in sessions),
        opened=tuple(opened),
        first_day=first_day,
        last_day=last_day,
        starts=_midnight(first_day),
        ends=_midnight(last_day + dt.timedelta(days=1)),
    )


def _build_session(date: dt.date, opens: dt.datetime, closes: dt.datetime) -> Session:
    close = closes.astimezone(dt.UTC)
    return Session(
        date=date,
        pre_open=dt.datetime.combine(date, _PRE_MARKET_OPENS, NEW_YORK).astimezone(dt.UTC),
        open=opens.astimezone(dt.UTC),
        close=close,
        post_close=close + _AFTER_HOURS,
        half_day=close.astimezone(NEW_YORK).time() < _NORMAL_CLOSE,
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(0), NEW_YORK).astimezone(dt.UTC)
