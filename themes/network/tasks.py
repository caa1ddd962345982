"""Jobs of the network: the nightly fit, the look at every bar, settlement; and when each is due, in market time."""

from __future__ import annotations

import datetime as dt

from sectors.selectors import current_whole_run
from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import may_try
from sentiment_site.market import calendar, clock
from sentiment_site.providers.errors import ProviderError
from themes.kernels.sympathy import SESSIONS
from themes.models import SympathyTicket
from universe import bars
from universe.selectors import current_run

from .fit import run_fit
from .moves import look_at_bar
from .panel import HALF_HOUR, NoNetwork
from .selectors import latest_network
from .settlement import BARS_ARE_LATE, settle_due

FIT, LOOK, SETTLE = "themes.network", "themes.sympathy", "themes.settle"
CHUNK = 20  # sessions of history asked for at a time


@job(FIT, title="Sympathy: the night's network")
def fit(ctx: JobContext, session: str = "", history: bool = True) -> str:
    """After the daily bars. session: a date in ISO, default that of the newest universe; history: fetch the daily bars
    that 250 sessions lack first, newest first, and stop where the vendor has none. Skipped without enough history."""
    run = current_run()
    if run is None:
        raise Skip("no universe has been published yet")
    date = dt.date.fromisoformat(session) if session else run.session
    if history:
        _fetch_history(ctx, date)
    ctx.progress(60, "network")
    ctx.check_cancelled()
    try:
        network = run_fit(date, clock.now())
    except NoNetwork as error:
        raise Skip(str(error)) from error
    left = network.facts["left_out"]
    return (
        f"{network.stocks:,} stocks, {network.observations} returns, shrinkage {network.shrinkage or 0:.2f}, "
        f"{len(network.communities)} groups; left out: {left['history']:,} with fewer than "
        f"{network.facts['least_returns']} returns, {left['still']:,} that do not move"
    )


@job(LOOK, title="Sympathy: leaders of a bar, tickets and the network after their move")
def look(ctx: JobContext, at: str = "") -> str:
    """After every half-hour's bars. at: the bar's end in ISO, default the newest. Skipped before the first network."""
    bar_at = dt.datetime.fromisoformat(at) if at else newest_bar_end()
    if bar_at is None:
        raise Skip("no bar has been analysed yet")
    try:
        return str(look_at_bar(bar_at))
    except NoNetwork as error:
        raise Skip(str(error)) from error


@job(SETTLE, title="Sympathy: tickets whose window is over")
def settle(ctx: JobContext) -> str:
    """Once the bars of the window are in; a day later with what there is."""
    return str(settle_due(newest_bar_end() or clock.now() - BARS_ARE_LATE))


def newest_bar_end() -> dt.datetime | None:
    """End of the newest half-hour whose bars are stored for everybody: the sector light has been made from them."""
    run = current_whole_run()
    if run is None:
        return None
    return run.as_of - dt.timedelta(seconds=run.as_of.timestamp() % HALF_HOUR.total_seconds())


def find_fit_slot(now: dt.datetime) -> str | None:
    """The session of the newest universe if no network covers it."""
    run = current_run()
    if run is None:
        return None
    newest = latest_network()
    if newest is not None and newest.session >= run.session:
        return None
    key = run.session.isoformat()
    return key if may_try(FIT, key, pause=dt.timedelta(minutes=15)) else None


def find_look_slot(now: dt.datetime) -> str | None:
    """The newest bar of the session that is open, if nobody looked at it."""
    bar_at = newest_bar_end()
    if bar_at is None or calendar.session_at(bar_at - dt.timedelta(microseconds=1)) != calendar.session_at(now):
        return None
    if calendar.session_at(now) is None or latest_network() is None:
        return None
    key = f"{bar_at:%Y-%m-%dT%H:%MZ}"
    return key if may_try(LOOK, key) else None


def find_settle_slot(now: dt.datetime) -> str | None:
    """The oldest window that is over and whose bars are in; tried three times an hour until it is settled."""
    bars_until = newest_bar_end() or now
    reached = min(max(bars_until, now - BARS_ARE_LATE), now)
    due = SympathyTicket.objects.filter(settled_at__isnull=True, window_ends_at__lte=reached).order_by("window_ends_at")
    oldest = due.values_list("window_ends_at", flat=True).first()
    if oldest is None:
        return None
    key = f"{oldest:%Y-%m-%dT%H:%MZ} at {now:%Y-%m-%dT%HZ}"
    return key if may_try(SETTLE, key) else None


def _fetch_history(ctx: JobContext, session: dt.date) -> None:
    """Daily bars of up to 251 sessions. A vendor that fails leaves a shorter history, which the network says."""
    dates = [day.date for day in calendar.recent_sessions(calendar.shift(session, 0).close, SESSIONS + 1)]
    for last in range(len(dates), 0, -CHUNK):
        ctx.check_cancelled()
        ctx.progress(50 * (1 - last / len(dates)), "history")
        try:
            report = bars.refresh_daily(dates[max(last - CHUNK, 0) : last])
        except ProviderError as error:
            ctx.log(f"history not fetched: {error}")
            return
        if report.requested and not report.inserted:
            ctx.log(f"the vendor has no daily bars before {dates[last - 1]}")
            return
