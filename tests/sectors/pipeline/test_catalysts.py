"""Filings, news and halts reach the light, as they were known when it was made."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from django.test import Client

from sectors import detail
from sectors.inputs import load_inputs
from sectors.kernels.inputs import SectorInputs
from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS, Market, symbols_of
from tests.sectors.conftest import FRIDAY, HALF_HOUR, TEN, THURSDAY, analyse
from universe.models import Catalyst, DataSource, FeedCursor, Halt

pytestmark = pytest.mark.django_db

AT = TEN + timedelta(minutes=31)
TECH = symbols_of("technology")


def tell(
    market: Market,
    symbol: str,
    kind: str,
    direction: int,
    at: datetime,
    recorded_at: datetime | None = None,
    url: str = "",
) -> None:
    source, _ = DataSource.objects.get_or_create(name="edgar", defaults={"kind": DataSource.Kind.VENDOR})
    Catalyst.objects.create(
        instrument_id=market.ids[symbol], kind=kind, direction=direction, event_at=at, recorded_at=recorded_at or at,
        source=source, document_id=f"0001-{symbol}-{kind}", title=f"{symbol} {kind}", evidence={}, url=url,
    )  # fmt: skip


@pytest.fixture
def rising(market: Market) -> Market:
    """Everybody rises by 2 % on Friday morning; filings have been read since Thursday."""
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100))
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 102))
    FeedCursor.objects.create(feed="edgar", began_at=THURSDAY.open, read_until=AT)
    return market


def technology(at: datetime = AT) -> SectorInputs:
    return next(sector for sector in load_inputs(at).sectors if sector.sector == "technology")


def test_good_news_amplifies_a_rise_and_is_named_in_the_explanation(rising: Market) -> None:
    for symbol in TECH[:3]:
        tell(rising, symbol, "fda_decision", 1, AT - timedelta(hours=12))
    with clock.frozen(AT):
        analyse()
    found = detail.get_detail("technology")
    assert found is not None
    n = len(TECH)
    expected = 1 + 0.30 * np.tanh(3 * 1.0 * 0.5 / (0.10 * n + 3))  # methods 1.4: three events, one half-life old
    assert found.reading.factors["cd"] == pytest.approx(expected, abs=1e-6)
    events = found.explanation.events
    assert {event.event.get("symbol") for event in events[:3]} == set(TECH[:3])
    assert sum(event.value for event in events) == next(s.value for s in found.explanation.steps if s.key == "cd")


def test_the_explanation_leads_to_the_filings(rising: Market, trading: Client) -> None:
    filing = "https://www.sec.gov/Archives/edgar/data/1/index.htm"
    tell(rising, TECH[0], "fda_decision", 1, AT - timedelta(hours=2), url=filing)
    tell(rising, TECH[1], "offering", -1, AT - timedelta(hours=3), url="javascript:alert(1)")
    with clock.frozen(AT):
        analyse()
        html = trading.get("/sectors/technology/").content.decode()
        told = trading.get("/api/sectors/technology/explain/").json()["catalysts"]
    assert f'<a href="{filing}" rel="noopener noreferrer external">{TECH[0]} fda_decision</a>' in html
    assert "fda decision" in html and f"{TECH[1]} offering" in html and "javascript:" not in html
    assert {(one["title"], one["url"]) for one in told if "title" in one} == {
        (f"{TECH[0]} fda_decision", filing),
        (f"{TECH[1]} offering", ""),
    }


def test_without_a_feed_the_factor_is_missing_and_with_a_silent_one_it_is_one(rising: Market) -> None:
    assert technology().catalysts == ()
    FeedCursor.objects.update(began_at=AT + timedelta(hours=1))
    assert technology().catalysts is None


def test_what_becomes_known_later_is_not_seen_earlier(rising: Market) -> None:
    tell(rising, TECH[0], "offering", -1, AT - timedelta(hours=1), recorded_at=AT + timedelta(minutes=5))
    assert technology().catalysts == ()
    later = technology(AT + timedelta(minutes=6)).catalysts
    assert later is not None and [(event.kind, event.symbol) for event in later] == [("offering", TECH[0])]


def test_a_halted_stock_is_left_out_of_the_half_hour_and_after_a_session_altogether(rising: Market) -> None:
    source, _ = DataSource.objects.get_or_create(name="halts", defaults={"kind": DataSource.Kind.VENDOR})
    for symbol, begins in ((TECH[0], FRIDAY.open), (TECH[1], THURSDAY.open - timedelta(days=2))):
        Halt.objects.create(
            instrument_id=rising.ids[symbol], begins_at=begins, code="T12", source=source, recorded_at=begins
        )
    inputs = technology()
    halted = dict(zip(inputs.symbols, np.asarray(inputs.halted).tolist(), strict=True))
    assert halted[TECH[0]] and halted[TECH[1]] and not halted[TECH[2]]
    with clock.frozen(AT):
        analyse()
    found = detail.get_detail("technology")
    assert found is not None
    rows = {row.symbol: row for row in found.rows}
    assert rows[TECH[0]].moves[0] is None and rows[TECH[0]].day == pytest.approx(2.0, abs=1e-4)
    assert rows[TECH[1]].excluded == "halted" and rows[TECH[2]].moves[0] == pytest.approx(2.0, abs=1e-4)
