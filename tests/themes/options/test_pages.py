"""Board, CSV, a stock's page and the API: what they show, what they refuse, what they cost, and the past."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sentiment_site.market import calendar, clock
from tests.factories import Market
from themes.models import ConfluenceScore
from themes.options.drawing import draw_line
from themes.options.listing import BadListing, parse_listing
from themes.options.outcomes import FEWEST, compute_record, describe
from themes.options.passes import run_pass
from themes.options.selectors import confluence_at, history, pass_at, traces_of
from themes.options.views import list_events

from .conftest import FRIDAY, HALF_HOUR, MINUTE, NOW, SLOT, write_options, write_pass, write_sentiment

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
PAGE = "/social/confluence/"
API = "/api/social/confluence/"


FACTS: dict[str, Any] = {
    "is_simulated": True,
    "missing": {"premium": "the chain does not say who bought"},
    "put_call": 0.4,
    "premium": 120_000.0,
    "known_side": 0.0,
    "skew": 0.02,
    "call_volume": 4000,
    "put_volume": 1600,
    "call_open_interest": 900,
    "put_open_interest": 800,
    "unusual": 1,
    "strikes": [
        {
            "kind": "call",
            "strike": 9.0,
            "expires": "2026-09-18",
            "volume": 4100,
            "open_interest": 800,
            "premium": 266_500.0,
            "reasons": ["5.1 times the open interest", "side unknown"],
        }
    ],
}


@pytest.fixture
def scored(market: Market, now: clock.Frozen) -> Market:
    """Two slots: TEC0 reaches high in the second, TEC1 is bearish on the chart alone."""
    for at, score in ((SLOT - HALF_HOUR, 0.1), (SLOT, 0.9)):
        now.move_to(at + 2 * MINUTE)
        write_pass(at)
        write_sentiment(market, "TEC0", at, score)
        write_options(market, "TEC0", at - MINUTE, score, facts=FACTS | {"parts": {"put_call": score}})
        run_pass(at)
    return market


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_board_shows_parts_reasons_and_the_record(scored: Market, trading: Client) -> None:
    page = words(trading.get(PAGE))
    assert page.index(">TEC0</a>") < page.index(">TEC1</a>")  # the highest first
    assert "simulated data" in page and "nobody wrote about it" in page and 'class="badge mark-high"' in page
    assert 'data-live-topic="themes"' in page and "<polyline" in page and "data-rows" in page
    assert "What came of it" in page and f"n = 0 is too small to say anything; {FEWEST} are the least." in page
    assert "style=" not in page.split("<main")[1]


def test_filters_sort_and_thresholds_live_in_the_address(scored: Market, trading: Client) -> None:
    def symbols(query: str) -> list[str]:
        found = trading.get(f"{API}{query}").json()["results"]
        return [one["symbol"] for one in found]

    assert symbols("?show=high") == ["TEC0"] and symbols("?parts=3") == ["TEC0"]
    assert symbols("?parts=options") == symbols("?parts=sentiment") == ["TEC0"]
    assert symbols("?side=bearish&minimum=0.3&show=minimum") == ["TEC1"]
    assert symbols("?sort=bias")[0] == "TEC1" and symbols("?sort=-bias")[0] == "TEC0"
    assert len(symbols("?sector=technology")) == 5 and symbols("?q=uti3") == ["UTI3"]
    assert symbols("?show=high&high=1&minimum=0.99") == []
    fragment = trading.get(f"{PAGE}?side=bearish", headers=HTMX)
    assert "<html" not in words(fragment) and ">TEC1</a>" in words(fragment) and ">TEC0</a>" not in words(fragment)


@pytest.mark.parametrize(
    "query",
    ["side=up", "show=all", "sort=luck", "minimum=2", "minimum=nan", "high=0", "minimum=0.9&high=0.5", "page=0",
     "page=99", "size=7", "sector=gold", "parts=4", "as_of=soon", "sidd=bullish"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(scored: Market, trading: Client, query: str) -> None:
    assert trading.get(f"{PAGE}?{query}").status_code == 400
    assert trading.get(f"{API}?{query}").status_code == 400


def test_polls_and_the_time_machine(scored: Market, trading: Client, now: clock.Frozen) -> None:
    fresh = trading.get(PAGE, headers=HTMX)
    seq = fresh.headers["X-Live-Seq"]
    assert trading.get(f"{PAGE}?seq={seq}", headers=HTMX).status_code == 204
    assert trading.get(f"{PAGE}?seq=1", headers=HTMX).status_code == 200
    early = (SLOT + MINUTE).isoformat().replace("+00:00", "Z")  # the newest slot was recorded a minute later
    past = words(trading.get(PAGE, {"as_of": early}))
    assert "data-live-topic" not in past.split("<main")[1] and 'class="badge mark-high"' not in past
    assert trading.get(API, {"as_of": early}).json()["reading"]["high"] == 0
    before = (SLOT - HALF_HOUR).isoformat().replace("+00:00", "Z")
    assert "was known at that moment" in words(trading.get(PAGE, {"as_of": before}))
    assert trading.get(API, {"as_of": before}).status_code == 404


def test_the_csv_has_the_same_rows(scored: Market, trading: Client) -> None:
    answer = trading.get(f"{PAGE}export.csv?parts=3")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2 and lines[0].startswith("Symbol,Name,As of") and lines[1].startswith("TEC0,TEC0,2026-08-21T")
    assert "simulated" in answer.headers["Content-Disposition"] and lines[1].endswith("yes")


def test_a_stocks_page_tells_its_past_and_its_options(scored: Market, trading: Client) -> None:
    page = words(trading.get(f"{PAGE}TEC0/"))
    assert "reached high" in page and "RSI 14" in page and "call 9.00, 2026-09-18" in page
    assert "the chain does not say who bought" in page and "5.1 times the open interest; side unknown" in page
    assert "<html" not in words(trading.get(f"{PAGE}TEC0/", headers=HTMX))
    assert "its turn has not come" in words(trading.get(f"{PAGE}UTI0/"))
    assert trading.get(f"{PAGE}NONE/").status_code == 404
    assert trading.get(f"{PAGE}TEC0/?sort=bias").status_code == 400


def test_the_api_of_one_stock(scored: Market, trading: Client) -> None:
    now = trading.get(f"{API}TEC0/").json()
    assert now["technical_breakdown"]["rsi"]["weight"] == 0.15 and now["simulated"] is True
    total = sum(now[part]["contribution"] for part in ("technical", "sentiment", "options_flow"))
    assert total == pytest.approx(1)
    past = trading.get(f"{API}TEC0/history/").json()["results"]
    assert [one["meets_high_threshold"] for one in past] == [False, True]
    assert trading.get(f"{API}TEC0/history/?from=2026-01-01").status_code == 400
    options = trading.get("/api/social/options/TEC0/").json()
    assert options["facts"]["strikes"][0]["kind"] == "call" and options["simulated"] is True
    assert trading.get("/api/social/options/UTI0/").status_code == 404
    assert trading.get(f"{API}TEC0/?sort=bias").status_code == 400


def test_an_empty_product_says_what_will_fill_it(trading: Client, now: clock.Frozen) -> None:
    page = words(trading.get(PAGE))
    assert "No confluence has been scored yet" in page and "50 daily bars" in page
    assert trading.get(f"{PAGE}export.csv").status_code == 404


def test_lists_cost_the_same_whatever_is_stored(scored: Market, trading: Client) -> None:
    trading.get(PAGE)  # the record is kept for half an hour
    lists = (
        (PAGE, 8),
        (f"{PAGE}?size=100", 8),
        (f"{PAGE}?sector=energy", 9),
        (f"{PAGE}export.csv", 3),
        (f"{PAGE}TEC0/", 5),
        (f"{PAGE}UTI0/", 5),
        (API, 5),
        (f"{API}?size=100&show=high", 5),
        (f"{API}TEC0/history/", 3),
        ("/api/social/options/TEC0/", 4),
    )
    seen = {}
    for address, statements in lists:
        with CaptureQueriesContext(connection) as held:
            answer = trading.get(address)
            assert answer.status_code == 200
            if answer.streaming:
                list(answer.streaming_content)  # type: ignore[attr-defined]
        seen[address] = (len(held), statements)
    assert {address: pair for address, pair in seen.items() if pair[0] != pair[1]} == {}


def test_selectors_see_what_was_known(scored: Market) -> None:
    one = scored.ids["TEC0"]
    assert confluence_at([one])[one].timestamp == SLOT
    assert confluence_at([one], SLOT + MINUTE)[one].timestamp == SLOT - HALF_HOUR
    assert [row.timestamp for row in history(one, SLOT - HALF_HOUR, SLOT)] == [SLOT]
    trace = traces_of([one], 5)[one]
    assert trace.times == (SLOT - HALF_HOUR, SLOT) and None not in trace.scores
    assert pass_at(SLOT - HALF_HOUR) is None
    assert [text for text, _ in list_events(history(one, SLOT - 2 * HALF_HOUR, SLOT))][-1] == "reached high"


def signal(market: Market, symbol: str, at: dt.datetime, bias: float, *, high: bool = True) -> None:
    ConfluenceScore.objects.create(
        instrument_id=market.ids[symbol], symbol=symbol, timestamp=at, confluence_score=0.9 if high else 0.1,
        directional_bias=bias, confluence_level="very_high" if high else "very_low", confidence=1,
        meets_minimum_threshold=high, meets_high_threshold=high, is_simulated=True, calculated_at=at + MINUTE,
    )  # fmt: skip


def test_the_record_is_settled_from_bars(market: Market, now: clock.Frozen) -> None:
    tuesday, wednesday = (calendar.shift(FRIDAY.date, back) for back in (-3, -2))
    signal(market, "TEC0", tuesday.open + HALF_HOUR, 0.5)  # rises by .5 % a day, its four peers stand on average
    signal(market, "TEC0", tuesday.open + 2 * HALF_HOUR, 0.5)  # the same session and side: counts once
    signal(market, "TEC1", tuesday.open + HALF_HOUR, 0.5)  # falls: against its side
    signal(market, "TEC0", FRIDAY.open, 0.5)  # its next session is not there
    signal(market, "TEC0", wednesday.post_close, 0.5)  # after the close: from Thursday's open to its close
    record = compute_record(NOW)
    high = record.high
    assert (high.n, high.waiting) == (3, 1)
    assert high.hits is not None and high.hits.value == pytest.approx(2 / 3)
    # the four other stocks of the sector are too few peers: against all others, which move by nothing but the other one
    up, down = 0.005 - (-0.005 / 39), -0.005 - 0.005 / 39
    assert high.excess is not None and high.excess.value == pytest.approx((up + up + down) / 3, rel=1e-3)
    assert high.is_too_few and "too small" in record.verdict
    assert describe(record)["high"]["n"] == 3
    assert compute_record(wednesday.close - MINUTE).high.n == 0  # then nothing was over


def test_pictures_keep_gaps(market: Market) -> None:
    times = [SLOT + place * HALF_HOUR for place in range(5)]
    line = draw_line(times, [0.0, 1.0, None, 0.5, None], limits=(0.6,))
    assert line is not None and line.lines == ("0.00,23.00 25.00,1.00",) and line.dots == (("75.00", "12.00"),)
    assert line.limits == ("9.80",) and "lowest 0.00, highest 1.00, last 0.50" in line.summary
    assert draw_line(times, [None] * 5) is None and draw_line([], []) is None
    with pytest.raises(ValueError, match="low < high"):
        draw_line(times, [0.0], low=1, high=1)


def test_a_listing_writes_its_own_address() -> None:
    listing = parse_listing({"side": "bullish", "minimum": "0.5", "page": "3"})
    assert listing.query() == "side=bullish&minimum=0.5" and listing.query(page=2).endswith("page=2")
    with pytest.raises(BadListing, match="above the high"):
        parse_listing({"minimum": "0.95"})
