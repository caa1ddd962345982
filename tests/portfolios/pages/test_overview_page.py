"""The overview: the strip with its ages, the curve beside the benchmarks, gains and losses, an empty book."""

# ruff: noqa: F811 - fixtures are taken by name
from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.test import Client

from portfolios import access, demo
from portfolios.books import cash
from portfolios.books.ledger import apply_price
from portfolios.models import Portfolio, Position, User
from portfolios.pages import overview, strip
from portfolios.pages.navigation import TABS, Tab, list_tabs
from portfolios.valuation.selectors import EquityCurve
from sentiment_site.market import calendar, clock
from tests.factories import make_market
from tests.portfolios.books.conftest import (  # noqa: F401 - the same people, books and evening
    MONDAY,
    NOW,
    TODAY,
    book,
    friday_evening,
    hold,
    no_rates,
    other,
)
from tests.portfolios.pages.rows import HTMX, part, store_days, text

pytestmark = pytest.mark.django_db
D = Decimal
WEEK = [("1000", "1000", "0"), ("1100", "0", "100"), ("990", "0", "-110"), ("1490", "500", "0"), ("1500", "0", "10")]


def figures(html: str) -> dict[str, str]:
    """Title to figure of the strip."""
    return {
        re.sub(r"<.*", "", title).strip(): re.sub(r"<.*", "", value).strip()
        for title, value in re.findall(r"<dt>(.*?)</dt> <dd[^>]*>(.*?)</dd>", html)
    }


def drawn(html: str) -> dict[str, Any]:
    """What the script draws."""
    found = re.search(r'<script id="curve-data"[^>]*>(.*?)</script>', html)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def price(position: Position, amount: str, at: dt.datetime = NOW) -> None:
    position.refresh_from_db()
    apply_price(position, D(amount), at, "close").store()


def test_a_new_book_says_what_to_do_and_shows_nothing_made_up(hers: Client, book: Portfolio) -> None:
    html = text(hers.get("/book/"))
    assert "This book is empty" in html and 'href="/book/positions/new/"' in html
    assert "figures" not in html.partition("<main")[2] and "curve-data" not in html


def test_the_strip_is_the_book_now(hers: Client, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(1000), on=MONDAY)
    long, short = hold(book, "IONQ", 10, "40"), hold(book, "SOUN", -50, "10")
    price(long, "44")
    price(short, "9")
    shown = figures(text(hers.get("/book/")))
    assert shown == {
        "Total value": "1,090.00",
        "Cash": "1,100.00",
        "Long": "440.00",
        "Short": "450.00",
        "Gross": "890.00",
        "Net": "−10.00",
        "Day P&amp;L": "–",
        "Total P&amp;L": "+90.00",
    }
    assert "no day of this book has been closed yet" in text(hers.get("/book/"))


def test_every_figure_says_how_old_it_is(hers: Client, book: Portfolio) -> None:
    first, _ = hold(book, "IONQ", 10, "40"), hold(book, "SOUN", -50, "10")
    price(first, "44", NOW - dt.timedelta(minutes=90))
    found = {one.title: one for one in strip.list_figures(book, None)}
    assert found["Long"].about == "prices 1 h 30 min old; 1 of 2 at the entry price"
    assert "Fri 21 Aug 2026 16:00 ET" in found["Long"].more
    assert found["Long"].provisional and not found["Cash"].provisional


def test_the_day_is_the_last_row_or_the_change_since_it(book: Portfolio) -> None:
    store_days(book, TODAY, WEEK, state="provisional")
    day = strip.get_day(book, D(9999))
    assert (day.pnl, day.pct, day.about, day.provisional) == (D(10), D("0.67"), "Fri 21 Aug", True)
    with clock.frozen(calendar.shift(TODAY, 1).open):  # Monday
        cash.add_flow(book, "deposit", D(100), on=dt.date(2026, 8, 24))
        row = hold(book, "IONQ", 1, "1", on=dt.date(2026, 8, 24))
        day = strip.get_day(book, D(1600))
        assert (day.pnl, day.about) == (D(10), "Fri 21 Aug; no price since")
        price(row, "2", clock.now())
        day = strip.get_day(book, D(1631))
    assert (day.pnl, day.about, day.provisional) == (D(31), "since the close of Fri 21 Aug", True)
    assert day.pct == 100 * D(31) / D(1550)


def test_a_corrected_day_is_not_shown_until_it_is_made_anew(book: Portfolio) -> None:
    store_days(book, TODAY, WEEK)
    Portfolio.objects.update(stale_from=MONDAY)
    book.refresh_from_db()
    day = strip.get_day(book, D(1500))
    assert day.pnl is None and "made anew" in day.about


def test_the_curve_is_time_weighted_beside_the_benchmarks(hers: Client, book: Portfolio) -> None:
    make_market(TODAY, sessions=10, wave=1)
    store_days(book, TODAY, WEEK)
    html = part(hers, "/book/?span=all")
    data = drawn(html)
    # 1 x 1.1 x 0.9 x 1 x 1500/1490: the deposit of 500 earned nothing
    assert data["index"] == [100, 110, 99, 99, round(99 * 1500 / 1490, 4)]
    assert data["drawdown"][2] == -10 and data["value"][3] == 1490
    assert list(data["benchmarks"]) == ["IWM"] and len(data["benchmarks"]["IWM"]) == 5
    assert data["t"][0] == int(dt.datetime(2026, 8, 17, 12, tzinfo=dt.UTC).timestamp())
    assert "17 Aug 2026 to 21 Aug 2026: −0.34 % time-weighted, IWM" in html
    assert "deepest drawdown −10.00 % on 19 Aug 2026" in html
    assert html.count('<th scope="row"><a href="/book/snapshots/2026-08-') == 5  # the same for who cannot see it
    assert html.startswith('<section id="curve"')


def test_the_span_is_in_the_address(hers: Client, book: Portfolio) -> None:
    store_days(book, TODAY, [("100", "100", "0")] + [("100", "0", "0")] * 29)
    assert len(drawn(part(hers, "/book/?span=1m"))["t"]) == 21
    answer = hers.get("/book/?span=all", headers=HTMX)
    assert len(drawn(text(answer))["t"]) == 30 and answer["HX-Push-Url"] == "/book/?span=all"
    assert 'hx-get="/book/?span=1y"' in text(answer)
    for asked in ("span=2w", "spam=1m"):
        assert hers.get(f"/book/?{asked}").status_code == 400


def test_a_hole_in_a_benchmark_is_a_hole() -> None:
    curve = EquityCurve(
        dates=(MONDAY, TODAY),
        total_value=(D(1), D(2)),
        daily_return=np.array([np.nan, 0.5]),
        index=np.array([100.0, 150.0]),
        drawdown=np.array([0.0, 0.0]),
        benchmarks={"IWM": np.array([np.nan, np.nan]), "SPY": np.array([np.nan, 101.0])},
        provisional=(False, True),
    )
    newest, oldest = overview.list_days(curve)
    assert newest["benchmarks"] == [None, 101.0] and oldest["daily"] is None and newest["provisional"]
    assert overview.describe(curve) == "17 Aug 2026 to 21 Aug 2026: +50.00 % time-weighted, SPY +1.00 %"
    assert json.dumps(overview.draw(curve))  # no NaN, which is not JSON for browsers


def test_gains_and_losses_are_the_priced_positions(hers: Client, book: Portfolio) -> None:
    for symbol, now in (("UP", "15"), ("DOWN", "5"), ("FLAT", "10")):
        price(hold(book, symbol, 10, "10"), now)
    hold(book, "WAIT", 10, "10")
    html = text(hers.get("/book/"))
    gains, losses = html.partition("Top gains</h2>")[2].split("Top losses</h2>")
    assert ">UP</a>" in gains and "+50.00" in gains and ">DOWN</a>" not in gains
    assert ">DOWN</a>" in losses and "−50.00" in losses
    assert "FLAT" not in html and "WAIT" not in html


def test_the_past_is_the_row_of_the_day(hers: Client, book: Portfolio) -> None:
    store_days(book, TODAY, WEEK)
    hold(book)
    html = text(hers.get("/book/?as_of=2026-08-19"))
    shown = figures(html)
    assert shown["Total value"] == "990.00" and shown["Day P&amp;L"] == "−110.00" and "close of 2026-08-19" in html
    assert "the past is read-only" in html and "Top gains" not in html
    assert len(drawn(html)["t"]) == 3
    before = text(hers.get("/book/?as_of=2026-08-01"))
    assert figures(before)["Total value"] == "–" and "nothing of this book was known at that moment" in before
    assert hers.get("/book/?as_of=soon").status_code == 400


def test_tabs_that_lead_nowhere_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portfolios.pages.navigation.TABS", (*TABS[:2], Tab("x", "Nowhere", "portfolios:nowhere")))
    tabs = list_tabs("positions", NOW)
    assert [one["tab"].name for one in tabs] == ["overview", "positions"]
    assert [one["step"] for one in tabs] == ["h", ""] and tabs[1]["current"]
    assert "as_of=2026-08-21" in tabs[0]["address"]


def test_slots_are_filled_by_other_views_at_the_same_moment() -> None:
    for slot in overview._slots(NOW):
        assert "as_of=2026-08-21" in slot["address"]


def test_a_visitor_is_told_that_the_copy_is_his_own(client: Client, demos: list[User]) -> None:
    copy = demo.open_copy(demo.DEMOS[0])
    hold(access.get_portfolio(copy))
    client.force_login(copy)
    html = text(client.get("/book/"))
    assert "your own copy, ends" in html and "simulated</span>" in html


def test_the_page_costs_the_same_whatever_the_book(
    hers: Client, book: Portfolio, django_assert_num_queries: Any
) -> None:
    make_market(TODAY, sessions=10)
    price(hold(book, "UP", 1, "10"), "15")
    price(hold(book, "DOWN", 1, "10"), "5")
    store_days(book, TODAY, WEEK)
    Portfolio.objects.update(stale_from=None)
    hers.get("/book/")
    with django_assert_num_queries(PAGE_STATEMENTS):
        hers.get("/book/")
    for place in range(5):
        price(hold(book, f"UP{'ABCDE'[place]}", 1, "10", tag_names=["a"]), str(9 + 3 * place))
    Portfolio.objects.update(stale_from=None)
    with django_assert_num_queries(PAGE_STATEMENTS):
        hers.get("/book/")


PAGE_STATEMENTS = 17
