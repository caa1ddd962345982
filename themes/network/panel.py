"""What the network is computed from: daily returns of the universe, and the prices of a session so far."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Session
from sentiment_site.market.sectors import SECTORS
from themes.kernels import sympathy
from universe import bars
from universe.bars.quality import LEAST_DOLLARS, LEAST_SHARES
from universe.models import ReferenceReading
from universe.selectors import current_run, list_members

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_RETURNS = 40  # below there is no network: the noise of a correlation is .16
HALF_HOUR = dt.timedelta(minutes=30)
_SECTOR_PLACE = {sector.key: place for place, sector in enumerate(SECTORS)}


class NoNetwork(Exception):
    """There is nothing to compute a network from; the text says what is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """Daily returns, (n, T), fractions, NaN missing, up to `session`; T sessions that have any bar.

    ids (n,); sector: place in SECTORS, -1 unknown; least: returns that a stock needs, 92 % of T.
    """

    session: dt.date
    ids: Ints
    sector: Ints
    returns: Floats
    is_simulated: bool

    @property
    def sessions(self) -> int:
        """T."""
        return int(self.returns.shape[1])

    @property
    def least(self) -> int:
        """Returns that a stock needs: 230 of 250, in proportion where the history is shorter."""
        return math.ceil(sympathy.LEAST_SESSIONS * self.sessions / sympathy.SESSIONS)


def load_returns(session: dt.date, known_at: dt.datetime, ids: Ints | None = None) -> Returns:
    """Returns of the universe in force (or of `ids`, in that order) up to a session. NoNetwork says what is missing.

    Sessions without any bar are left out; the return after one spans it, as in docs/methods/sympathy.md.
    """
    run = current_run(known_at)
    if run is None:
        raise NoNetwork("no universe has been published yet")
    members = list_members(run)
    place = {int(one): row for row, one in enumerate(members.instrument_ids)}
    chosen = members.instrument_ids.astype(np.int64) if ids is None else ids
    rows = [place.get(int(one)) for one in chosen]
    sectors = ["" if row is None else members.sectors[row] for row in rows]
    days = calendar.recent_sessions(calendar.shift(session, 0).close, sympathy.SESSIONS + 1)
    close = bars.load_daily(chosen, [day.date for day in days], known_at).close.astype(np.float64)
    close = close[:, np.isfinite(close).any(axis=0)] if close.size else close
    if close.shape[1] < LEAST_RETURNS + 1:
        raise NoNetwork(f"{max(close.shape[1] - 1, 0)} daily returns up to {session}; a network needs {LEAST_RETURNS}")
    return Returns(
        session=session,
        ids=chosen,
        sector=np.array([_SECTOR_PLACE.get(one, -1) for one in sectors], dtype=np.int64),
        returns=close[:, 1:] / close[:, :-1] - 1,
        is_simulated=run.is_simulated or bool(bars.holds_simulated_bars()),
    )


def load_industries(ids: Ints, known_at: dt.datetime) -> Ints:
    """A number per industry of the newest reference reading that names one, -1 unknown. One statement."""
    readings = (
        ReferenceReading.objects.filter(instrument_id__in=ids.tolist(), recorded_at__lte=known_at)
        .exclude(industry="")
        .order_by("instrument_id", "-effective_on", "-recorded_at")
        .distinct("instrument_id")
    )
    known = dict(readings.values_list("instrument_id", "industry"))
    numbers = {name: number for number, name in enumerate(sorted(set(known.values())))}
    return np.array([numbers.get(known.get(int(one), ""), -1) for one in ids], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Day:
    """A session's prices up to a moment. ends: of the half-hour bars, (m,); close: (n, m), NaN where nothing usable was
    traded; previous: (n,) the official closes before, on the session's share basis."""

    session: Session
    ends: tuple[dt.datetime, ...]
    close: Floats
    previous: Floats

    @cached_property
    def filled(self) -> Floats:
        """The last known price at each bar, the previous close before the first, (n, m + 1)."""
        joined = np.concatenate([self.previous[:, None], self.close], axis=1)
        known = np.where(np.isfinite(joined), np.arange(joined.shape[1])[None, :], 0)
        return np.take_along_axis(joined, np.maximum.accumulate(known, axis=1), axis=1)

    def price_at(self, moment: dt.datetime) -> Floats:
        """The last price of a bar that ended by then, else the previous close; NaN for neither, (n,)."""
        return np.asarray(self.filled[:, sum(end <= moment for end in self.ends)])

    def move_at(self, moment: dt.datetime) -> Floats:
        """Return since the previous close of the stocks that traded this session by then, (n,); NaN for the others."""
        bars_over = sum(end <= moment for end in self.ends)
        traded = np.isfinite(self.close[:, :bars_over]).any(axis=1)
        return np.where(traded, self.price_at(moment) / self.previous - 1, np.nan)


def load_day(ids: Ints, session: Session, until: dt.datetime, known_at: dt.datetime) -> Day:
    """The session's bars that end by `until`, as known at a moment.

    Outside regular hours a price counts once 1,000 shares and $10,000 have traded in the session (methods.md 1.9).
    """
    starts = tuple(start for start in calendar.bar_starts(session) if start + HALF_HOUR <= until)
    panel = bars.load_intraday(ids, starts, known_at)
    close, volume = panel.close.astype(np.float64), np.nan_to_num(panel.volume.astype(np.float64))
    before = calendar.shift(session.date, -1).date
    daily = bars.load_daily(ids, [before, session.date], known_at)
    regular = np.array([session.open <= start < session.close for start in starts], dtype=np.bool_)
    shares = volume.cumsum(axis=1)
    dollars = (volume * np.nan_to_num(close)).cumsum(axis=1)
    usable = regular[None, :] | ((shares >= LEAST_SHARES) & (dollars >= LEAST_DOLLARS))
    ends = tuple(start + HALF_HOUR for start in starts)
    return Day(session, ends, np.where(usable, close, np.nan), daily.close[:, 0].astype(np.float64))


def sector_key(place: int) -> str:
    """The key of a sector by its place, "" for -1."""
    return SECTORS[place].key if place >= 0 else ""
