"""What the tests of the book's pages have in common: Ada's browser, with and without HTMX, and days of a book."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.test import Client

from portfolios.models import Portfolio, PortfolioSnapshot
from sectors.pipeline import run_analysis
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, make_market
from universe.models import Instrument

HTMX = {"HX-Request": "true"}
D = Decimal


def text(response: Any) -> str:
    """The answer with blanks run together."""
    return " ".join(response.content.decode().split())


def part(client: Client, address: str) -> str:
    """A fragment."""
    response = client.get(address, headers=HTMX)
    assert response.status_code == 200, response.content[:300]
    return text(response)


def store_days(book: Portfolio, last: dt.date, rows: list[tuple[str, str, str]], state: str = "final") -> None:
    """Days up to `last`: (total, flows, P&L) each, all of it cash; known an hour after the close."""
    total_pnl = D(0)
    for place, (total, flows, pnl) in enumerate(rows):
        session = calendar.shift(last, place + 1 - len(rows))
        total_pnl += D(pnl)
        before = D(total) - D(flows) - D(pnl)
        PortfolioSnapshot.objects.create(
            portfolio=book,
            snapshot_date=session.date,
            state=state if place == len(rows) - 1 else "final",
            total_value=D(total),
            cash_value=D(total),
            long_value=0,
            short_value=0,
            gross_exposure=0,
            net_exposure=0,
            flows=D(flows),
            daily_pnl=D(pnl),
            daily_pnl_pct=D(pnl) / before if before > 0 else None,
            cumulative_pnl=total_pnl,
            as_of=session.close,
            recorded_at=session.close + dt.timedelta(hours=1),
        )


def publish_light(last: dt.date) -> None:
    """A market of forty stocks (TECA, TECB, ...: tickers are letters) and a light of it, known on the day `last`."""
    market = make_market(calendar.shift(last, -1).date, simulated=True)
    session = calendar.shift(last, 0)
    market.store_half_hours(session.open, dict.fromkeys(market.ids, 100.0))
    with clock.frozen(session.open + dt.timedelta(minutes=31)):
        run_analysis(trigger="manual", fetch=False)
    for symbol in ALL_SYMBOLS:
        Instrument.objects.filter(pk=market.ids[symbol]).update(symbol=symbol[:3] + "ABCDE"[int(symbol[3])])
