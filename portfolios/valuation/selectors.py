"""Reads of a book's past: its daily rows, and the equity curve with drawdown beside the benchmarks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from portfolios.kernels.snapshots import compute_daily_return
from portfolios.models import Portfolio, PortfolioSnapshot
from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.quant.performance import drawdowns
from universe import bars
from universe.models import Instrument

FloatArray = npt.NDArray[np.float64]

BENCHMARKS = ("IWM", "SPY")
SPANS: Mapping[str, int | None] = {"1m": 21, "3m": 63, "6m": 126, "1y": 252, "all": None}
WHOLE = "all"
# of a daily row, as lists and files show it
COLUMNS = (
    "snapshot_date", "state", "total_value", "cash_value", "long_value", "short_value", "gross_exposure",
    "net_exposure", "flows", "daily_pnl", "daily_pnl_pct", "cumulative_pnl", "portfolio_beta", "portfolio_volatility",
    "sharpe_ratio", "max_drawdown", "greeks_kind", "total_delta", "total_gamma", "total_theta", "total_vega",
)  # fmt: skip


def list_snapshots(
    portfolio: Portfolio,
    since: dt.date | None = None,
    until: dt.date | None = None,
    as_of: dt.datetime | None = None,
) -> QuerySet[PortfolioSnapshot]:
    """Daily rows of since..until (both included), newest first. as_of: those that were known at that moment.

    A row that was made anew after `as_of` is left out: what it said before is gone.
    """
    rows = PortfolioSnapshot.objects.filter(portfolio=portfolio)
    if as_of is not None:
        rows = rows.filter(recorded_at__lte=as_of, snapshot_date__lte=as_of.astimezone(NEW_YORK).date())
    if since is not None:
        rows = rows.filter(snapshot_date__gte=since)
    if until is not None:
        rows = rows.filter(snapshot_date__lte=until)
    return rows.order_by("-snapshot_date")


@dataclass(frozen=True, slots=True, eq=False)
class EquityCurve:
    """A book day by day, oldest first; every sequence is as long as `dates`.

    total_value: dollars. index: 100 x product of (1 + daily return) over the span, 100 before its first day, so that
    deposits do not move it; flat over a day without capital. drawdown: fraction below the highest index so far, 0 or
    less. daily_return: fractions, NaN where there was no capital. benchmarks: index of each that has bars, 100 at the
    close before the first day, NaN on days it has no bar of. provisional: whether that day's prices were not final.
    """

    dates: tuple[dt.date, ...]
    total_value: tuple[Decimal, ...]
    daily_return: FloatArray
    index: FloatArray
    drawdown: FloatArray
    benchmarks: Mapping[str, FloatArray]
    provisional: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.dates)


def get_equity_curve(portfolio: Portfolio, as_of: dt.datetime | None = None, span: str = WHOLE) -> EquityCurve:
    """The curve over a span of SPANS, in sessions of the book; empty for a book without rows. Six statements at most.

    KeyError for an unknown span.
    """
    count = SPANS[span]
    columns = ("snapshot_date", "total_value", "flows", "daily_pnl", "state", "cumulative_pnl")
    newest = list_snapshots(portfolio, as_of=as_of).values_list(*columns)
    # one more than asked for: the row before is what the first day's return stands on
    found = list(newest[: None if count is None else count + 1])[::-1]
    days = found if count is None else found[-count:]
    returns = _returns(found)[len(found) - len(days) :]
    growth = np.asarray(100 * np.cumprod(1 + np.nan_to_num(returns)), dtype=np.float64)
    dates = tuple(row[0] for row in days)
    return EquityCurve(
        dates=dates,
        total_value=tuple(row[1] for row in days),
        daily_return=returns,
        index=growth,
        drawdown=drawdowns(np.nan_to_num(returns)) if days else np.empty(0),
        benchmarks=load_benchmarks(dates, as_of),
        provisional=tuple(row[4] == PortfolioSnapshot.State.PROVISIONAL for row in days),
    )


def load_benchmarks(dates: Sequence[dt.date], as_of: dt.datetime | None = None) -> dict[str, FloatArray]:
    """Index of IWM and SPY over ascending sessions, 100 at the close before the first; those with bars only.

    Price only: dividends are not in the bars. Where the close before is not stored, the first day's stands for it.
    """
    if not dates:
        return {}
    known = Instrument.objects.filter(symbol__in=BENCHMARKS, delisted_on__isnull=True).values_list("symbol", "pk")
    ids = dict(sorted(known))
    if not ids:
        return {}
    before = _session_before(dates[0])
    sessions = [before, *dates] if before else list(dates)
    closes = bars.load_daily(list(ids.values()), sessions, as_of).close.astype(np.float64)
    found: dict[str, FloatArray] = {}
    for symbol, line in zip(ids, closes, strict=True):
        traded = line[np.isfinite(line)]
        if traded.size:
            found[symbol] = 100 * line[len(sessions) - len(dates) :] / traded[0]
    return found


def _session_before(day: dt.date) -> dt.date | None:
    try:
        return calendar.shift(day, -1).date
    except ValueError:  # the calendar's first day
        return None


def _returns(rows: Sequence[tuple[dt.date, Decimal, Decimal, Decimal | None, str, Decimal | None]]) -> FloatArray:
    """Unrounded daily returns: the stored fraction has four places, which add up to percents over a year."""
    found = []
    for _, total_value, flows, pnl, _, cumulative in rows:
        if pnl is None:
            found.append(np.nan)
            continue
        start = total_value - flows - pnl
        daily = compute_daily_return(start, flows, pnl, first=start == 0 and cumulative == pnl)
        found.append(np.nan if daily is None else float(daily))
    return np.array(found, dtype=np.float64)
