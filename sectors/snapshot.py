"""The vendor's snapshot of the market as prices newer than the newest bar, with what makes such a price unusable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.conf import settings

from sectors.live_prices import LivePrices
from sentiment_site.market import calendar, clock
from sentiment_site.market.calendar import Session
from sentiment_site.providers.errors import NotEntitled
from sentiment_site.providers.records import SnapshotRecord
from sentiment_site.providers.registry import first_entitled
from sentiment_site.providers.setup import vendors
from sentiment_site.quant.returns import percent_change, suspicious_ratio
from universe.bars.quality import is_traded_enough
from universe.selectors import MemberTable

FloatArray = npt.NDArray[np.float64]

CAPABILITY = "snapshot"


@dataclass(frozen=True, slots=True, eq=False)
class MarketView:
    """A snapshot in the order of the universe's members, (n,) each; NaN where nothing usable was said.

    at: event time of the newest usable price, None without any. move: percent points since the previous official close.
    """

    at: dt.datetime | None
    instrument_ids: npt.NDArray[np.int32]
    price: FloatArray
    previous_close: FloatArray
    volume: FloatArray

    @property
    def move(self) -> FloatArray:
        """Percent points since the previous official close."""
        return percent_change(self.price, self.previous_close)

    @property
    def live(self) -> LivePrices | None:
        """The prices to lay over the bars; None when there is none."""
        return None if self.at is None else LivePrices(self.at, self.instrument_ids, self.price, self.volume)


def open_session() -> Session | None:
    """The session that the vendor shows at this moment, its delay included; None while what it shows is closed."""
    return calendar.session_at(clock.now() - dt.timedelta(seconds=settings.POLYGON_DELAY_S))


def refusal() -> str:
    """Why the snapshot is not asked for: the plan lacks it (known for a day). "" when it may be asked for; no call."""
    http = vendors().polygon.http
    refused = http.limits.entitlements.get(CAPABILITY)
    if refused is None:
        return ""
    words = f"{CAPABILITY}, asked again after {refused.until:%Y-%m-%d %H:%M} UTC: {refused.message}"
    return str(NotEntitled(http.config.name, words))


def fetch_view(members: MemberTable, session: Session, sectors: Collection[str] | None = None) -> MarketView:
    """The market as the vendor shows it now, in one call, or of the members of some sectors alone (the rest NaN).

    Network only. ProviderError when the vendor fails; NotEntitled, without a call for a day, when the plan lacks it.
    """
    polygon = vendors().polygon
    chosen = zip(members.symbols, members.sectors, strict=True)
    symbols = None if sectors is None else [symbol for symbol, sector in chosen if sector in sectors]
    fetched, _ = first_entitled(CAPABILITY, [(polygon, lambda: polygon.fetch_snapshot(symbols))])
    return align_view(fetched.records, members, session, clock.now())


def align_view(
    records: Iterable[SnapshotRecord], members: MemberTable, session: Session, now: dt.datetime
) -> MarketView:
    """The records in the order of the members. Pure.

    A price counts when it was made in this session and not after `now` (a time that is missing or lies ahead cannot
    make a price current), outside regular hours once 1,000 shares and $10,000 have traded today, and when it is no jump
    that looks like a split nobody registered (methods.md 1.9).
    """
    by_symbol = {record.symbol: record for record in records}
    size = len(members.symbols)
    price, before, volume = np.full(size, np.nan), np.full(size, np.nan), np.full(size, np.nan)
    regular, made_at = np.zeros(size, dtype=np.bool_), np.zeros(size)
    for row, symbol in enumerate(members.symbols):
        record = by_symbol.get(symbol)
        if record is None or record.event_time is None or record.price is None:
            continue
        if session.pre_open <= record.event_time <= now:
            price[row] = record.price
            before[row] = np.nan if record.previous_close is None else record.previous_close
            volume[row] = max(record.minute_volume_total or 0.0, record.day_volume or 0.0)
            regular[row] = session.open <= record.event_time < session.close
            made_at[row] = record.event_time.timestamp()
    usable = np.isfinite(price) & (regular | is_traded_enough(price, volume))
    usable &= ~suspicious_ratio(percent_change(price, before))
    newest = float(made_at[usable].max()) if usable.any() else None
    return MarketView(
        None if newest is None else dt.datetime.fromtimestamp(newest, dt.UTC),
        np.asarray(members.instrument_ids, dtype=np.int32),
        np.where(usable, price, np.nan),
        before,
        np.where(usable, volume, np.nan),
    )
