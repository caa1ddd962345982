"""Over which sessions something said at a moment is held against the market, and how far stocks moved there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Session
from sentiment_site.market.sectors import SECTORS
from themes.kernels.excess import compute_excess, compute_log_returns
from universe import bars
from universe.selectors import current_run, list_members

Floats = npt.NDArray[np.float64]
_SECTOR_PLACE: Final = {sector.key: place for place, sector in enumerate(SECTORS)}


@dataclass(frozen=True, slots=True)
class Stretch:
    """From the first regular price after something was said (the close of the session before, if it was still to come,
    else the open of `session`) to the close of `ends_on`."""

    from_open: bool
    session: dt.date
    ends_on: dt.date


def find_next_session(at: dt.datetime) -> Session:
    """The first session that opens after a moment."""
    begun = calendar.last_session(at)
    return begun if at < begun.open else calendar.next_session(at)


def find_stretch(at: dt.datetime, horizon: int = 1) -> Stretch:
    """What is measured of something said at `at`: nothing of it had traded in regular hours by then."""
    session = find_next_session(at)
    before = calendar.shift(session.date, -1)
    return Stretch(at >= before.close, session.date, calendar.shift(session.date, horizon - 1).date)


def load_moves(pairs: Sequence[tuple[int, Stretch]], known_at: dt.datetime) -> Floats:
    """Excess log return of each stock over its stretch, (n,), NaN where a price is missing; one read of daily bars.

    Excess: less the mean of the other members of its sector, of the market where that has fewer than five; stocks that
    are no members any more are held against the market.
    """
    if not pairs:
        return np.empty(0)
    run = current_run(known_at)
    members = list_members(run) if run else None
    known = members.instrument_ids.tolist() if members else []
    others = sorted({one for one, _ in pairs} - set(known))
    ids = np.array([*known, *others], dtype=np.int32)
    names = members.sectors if members else ()
    sector = np.array([*(_SECTOR_PLACE.get(name, -1) for name in names), *[-1] * len(others)], dtype=np.int64)
    stretches = list(dict.fromkeys(stretch for _, stretch in pairs))
    first = calendar.shift(min(one.session for one in stretches), -1).date
    days = [one.date for one in calendar.sessions_between(first, max(one.ends_on for one in stretches))]
    panel = bars.load_daily(ids, days, known_at)
    row_of, place_of = {int(one): row for row, one in enumerate(ids)}, {day: place for place, day in enumerate(days)}
    moves = {}
    for stretch in stretches:
        begin = place_of[stretch.session]
        base = panel.open[:, begin] if stretch.from_open else panel.close[:, begin - 1]
        pair = np.stack([base, panel.close[:, place_of[stretch.ends_on]]], axis=1)
        moves[stretch] = compute_excess(compute_log_returns(pair), sector)[:, 0]
    return np.array([moves[stretch][row_of[one]] for one, stretch in pairs], dtype=np.float64)
