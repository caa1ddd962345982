"""Crypto-linked stocks with their moves: official closes of the universe's own bars, as known at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
from django.db.models import Q

from macro.models import CryptoLink
from sentiment_site.market import calendar
from universe import bars
from universe.models import Instrument

FloatArray = npt.NDArray[np.float64]

# label -> sessions back
MOVES = {"1D": 1, "1W": 5, "1M": 21}
OLDEST = 2  # sessions: an older close is no price of today


@dataclass(frozen=True, slots=True)
class LinkedStock:
    """One stock. close: the newest official close, dollars, of `session`; moves: percent points by label.

    None is missing and `reason` says why.
    """

    symbol: str
    name: str
    kind: str
    since: date
    source: str
    close: float | None
    session: date | None
    moves: tuple[tuple[str, float | None], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class LinkedStocks:
    """Those that are listed here, and how many of the list are not. is_simulated: any of the prices."""

    stocks: tuple[LinkedStock, ...]
    elsewhere: int
    is_simulated: bool


def list_linked(at: datetime) -> LinkedStocks:
    """The links in force on the New York day of `at`, by symbol, with what was known then of their prices.

    A link about a real company never meets a simulated one that has its symbol. Two statements without a listed one, at
    most six more with any.
    """
    day = at.astimezone(calendar.NEW_YORK).date()
    in_force = CryptoLink.objects.filter(Q(until__isnull=True) | Q(until__gt=day), since__lte=day)
    links = list(in_force.order_by("symbol", "link_type"))
    listed = Instrument.objects.filter(symbol__in={link.symbol for link in links}, recorded_at__lte=at)
    living = listed.filter(Q(delisted_on__isnull=True) | Q(delisted_on__gt=day)).select_related("source")
    found = {(pick.symbol, pick.source.is_simulated): pick for pick in living.order_by("pk")}
    pairs = [(link, found.get((link.symbol, link.is_simulated))) for link in links]
    shown = [(link, instrument) for link, instrument in pairs if instrument is not None]
    if not shown:
        return LinkedStocks((), len(links), False)
    ids = np.array(sorted({instrument.pk for _, instrument in shown}), dtype=np.int32)
    sessions = calendar.recent_sessions(at, max(MOVES.values()) + OLDEST)
    closes = _double(bars.load_daily(ids, [session.date for session in sessions], known_at=at).close)
    midnight = sessions[0].pre_open.replace(hour=0, minute=0, second=0, microsecond=0)
    sources = bars.sources_of(ids, days_from=midnight, bars_from=sessions[-1].pre_open, known_at=at)
    rows = {int(pk): closes[place] for place, pk in enumerate(ids)}
    days = [session.date for session in sessions]
    stocks = tuple(_stock(link, instrument, rows[instrument.pk], days) for link, instrument in shown)
    return LinkedStocks(stocks, len(links) - len(shown), any(source.is_simulated for source in sources))


def ensure_simulated_links(symbols: Sequence[str], since: date) -> int:
    """Link companies of the simulated market to crypto, the kinds in turn, where none is linked yet; how many."""
    if CryptoLink.objects.filter(is_simulated=True).exists():
        return 0
    kinds = list(CryptoLink.LinkType)
    rows = [
        CryptoLink(symbol=symbol, link_type=kinds[place % len(kinds)], since=since, source="made up for the demo",
                   is_simulated=True)
        for place, symbol in enumerate(symbols)
    ]  # fmt: skip
    return len(CryptoLink.objects.bulk_create(rows))


def _stock(link: CryptoLink, instrument: Instrument, closes: FloatArray, days: list[date]) -> LinkedStock:
    known = np.flatnonzero(np.isfinite(closes[-OLDEST:]))
    newest = None if not known.size else closes.size - OLDEST + int(known[-1])
    moves = tuple((label, _move(closes, newest, back)) for label, back in MOVES.items())
    return LinkedStock(
        symbol=link.symbol,
        name=instrument.name,
        kind=CryptoLink.LinkType(link.link_type).label,
        since=link.since,
        source=link.source,
        close=None if newest is None else float(closes[newest]),
        session=None if newest is None else days[newest],
        moves=moves,
        reason="no close in the last two sessions" if newest is None else "no close that far back",
    )


def _move(closes: FloatArray, newest: int | None, back: int) -> float | None:
    if newest is None or newest - back < 0:
        return None
    before, last = float(closes[newest - back]), float(closes[newest])
    return 100.0 * (last / before - 1.0) if np.isfinite(before) and before > 0 else None


def _double(panel: npt.NDArray[np.float32]) -> FloatArray:
    """Doubles; infinite values (past single precision) are missing."""
    wide: FloatArray = panel.astype(np.float64)
    return np.where(np.isfinite(wide), wide, np.nan)
