"""The prices of one stock as they were known at a moment, and their two charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from sectors.cards import BAR, age_bounds
from sectors.price_chart import Chart, build_chart
from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK, Session
from universe import bars
from universe.models import DataSource

FloatArray = npt.NDArray[np.float64]

CHART_SESSIONS = 20
HALF_HOUR_SESSIONS = 2
OFFICIAL_CLOSE, HALF_HOUR_BAR = "official close", "half-hour bar"


@dataclass(frozen=True, slots=True)
class Price:
    """The newest price, dollars. as_of: the end of the bar it closed; what: which bar that is; delay_s: the source's.

    ageing_from, stale_from: as those of a light, see sectors.cards.age_bounds.
    """

    last: float
    as_of: datetime
    what: str
    delay_s: int
    ageing_from: datetime | None
    stale_from: datetime | None


@dataclass(frozen=True, slots=True)
class Prices:
    """The bars of a stock; a chart is None without a bar. half_hours_of: the session whose half-hours are shown."""

    price: Price | None
    daily: Chart | None
    half_hours: Chart | None
    half_hours_of: Session
    sources: tuple[DataSource, ...]


def load_prices(instrument_id: int, at: datetime) -> Prices:
    """Daily bars of 20 sessions and the half-hours of the newest session that has any, as known at a moment.

    Each chart stands on the share basis of its last day. Eight statements.
    """
    ids = np.array([instrument_id], dtype=np.int32)
    sessions = calendar.recent_sessions(at, CHART_SESSIONS + 1)
    recent = sessions[-HALF_HOUR_SESSIONS:]
    starts = [start for session in recent for start in calendar.bar_starts(session) if start + BAR <= at]
    daily = bars.load_daily(ids, [session.date for session in sessions], known_at=at)
    half_hours = bars.load_intraday(ids, starts, known_at=at)
    midnight = sessions[0].pre_open.replace(hour=0, minute=0, second=0, microsecond=0)
    sources = bars.sources_of(ids, days_from=midnight, bars_from=starts[0], known_at=at)
    close, bar_close = _only(daily.close), _only(half_hours.close)
    traded = [i for i, price in enumerate(bar_close) if np.isfinite(price)]
    shown = recent[-1] if not traded or starts[traded[-1]] >= recent[-1].pre_open else recent[0]
    delay_s = max((source.delay_s for source in sources), default=0)
    return Prices(
        price=_newest(sessions, close, starts, bar_close, delay_s),
        daily=_daily_chart(sessions, close, _only(daily.volume)),
        half_hours=_half_hour_chart(shown, starts, bar_close, _only(half_hours.volume)),
        half_hours_of=shown,
        sources=sources,
    )


def _newest(
    sessions: Sequence[Session], close: FloatArray, starts: Sequence[datetime], bar_close: FloatArray, delay_s: int
) -> Price | None:
    """The later of the newest official close and the newest half-hour; at 16:00 the official close counts."""
    found = [
        (starts[i] + BAR, 0, float(bar_close[i]), HALF_HOUR_BAR) for i in np.flatnonzero(np.isfinite(bar_close))[-1:]
    ]
    found += [(sessions[i].close, 1, float(close[i]), OFFICIAL_CLOSE) for i in np.flatnonzero(np.isfinite(close))[-1:]]
    if not found:
        return None
    as_of, _, last, what = max(found)
    return Price(last, as_of, what, delay_s, *age_bounds(as_of, delay_s))


def _daily_chart(sessions: Sequence[Session], close: FloatArray, volume: FloatArray) -> Chart | None:
    """The last 20 sessions; today's has no bar before its close and is not a gap until then."""
    span = slice(None, -1) if np.isnan(close[-1]) else slice(1, None)
    labels = [f"{session.date:%a} {session.date.day} {session.date:%b}" for session in sessions[span]]
    return build_chart(labels, close[span], volume[span])


def _half_hour_chart(
    session: Session, starts: Sequence[datetime], close: FloatArray, volume: FloatArray
) -> Chart | None:
    """From the first half-hour that traded on; silence after it is a gap."""
    of_session = [i for i, start in enumerate(starts) if session.pre_open <= start < session.post_close]
    while of_session and np.isnan(close[of_session[0]]):
        of_session.pop(0)
    labels = [f"{starts[i].astimezone(NEW_YORK):%H:%M}" for i in of_session]
    return build_chart(labels, close[of_session], volume[of_session])


def _only(panel: npt.NDArray[np.float32]) -> FloatArray:
    """The one row of a panel; infinite values (past single precision) are missing."""
    row: FloatArray = panel[0].astype(np.float64)
    return np.where(np.isfinite(row), row, np.nan)
