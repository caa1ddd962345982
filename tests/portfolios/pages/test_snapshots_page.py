"""The days of a book: each adds up or says by how much it does not, and what was measured of it."""

# ruff: noqa: F811 - fixtures are taken by name
from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from portfolios.models import Portfolio, PortfolioSnapshot
from portfolios.pages.snapshots import list_detail, list_exposures
from sentiment_site.market import clock
from tests.portfolios.books.conftest import (  # noqa: F401 - the same people, books and evening
    MONDAY,
    TODAY,
    book,
    friday_evening,
    no_rates,
    other,
)
from tests.portfolios.pages.rows import part, store_days, text

pytestmark = pytest.mark.django_db
D = Decimal
DAYS = "/book/snapshots/"
WEEK = [("1000", "1000", "0"), ("1100", "0", "100"), ("990", "0", "-110"), ("1490", "500", "0"), ("1500", "0", "10")]
DETAIL = {
    "greeks": "mock",
    "positions": 2,
    "market_value": {"long": 440.0, "short": 450.0, "unknown": 0},
    "delta_adjusted": {"long": 440.0, "short": 400.5, "unknown": 1},
    "by_sector": {"technology": {"positions": 2, "market_value": {"long": 440.0, "short": 450.0, "unknown": 0}}},
    "by_tag": {},
    "concentration": {"hhi": 0.52, "largest": {"SOUN": 0.505618}},
    "model": {"totals": {"delta": -1.25, "gamma": 3.0}, "left_out": None},
}


def test_the_days_add_up(hers: Client, book: Portfolio) -> None:
    store_days(book, TODAY, WEEK, state="provisional")
    html = text(hers.get(DAYS))
    assert html.count("adds up</span>") == 5 and "off by" not in html
    assert html.count(">provisional</abbr>") == 1
    assert (
        'Start <b class="num">0.00</b></span> <span>+ flows <b class="num">+1,500.00</b>' in html
        and '<b class="num ">0.00</b></span> <span>= end <b class="num">1,500.00</b>' in html
    )
    some = part(hers, f"{DAYS}?from=2026-08-19&to=2026-08-20")
    assert 'Start <b class="num">1,100.00</b>' in some and '= end <b class="num">1,490.00</b>' in some
    assert some.count("adds up</span>") == 2


def test_a_row_that_was_tampered_with_is_named(hers: Client, book: Portfolio) -> None:
    store_days(book, TODAY, WEEK)
    PortfolioSnapshot.objects.filter(snapshot_date=TODAY).update(daily_pnl=12)
    html = part(hers, DAYS)
    assert html.count("adds up</span>") == 4 and "off by −2.00</span>" in html and "<strong>off by −2.00" in html


def test_what_does_not_start_at_the_beginning_says_so(hers: Client, book: Portfolio) -> None:
    store_days(book, TODAY, WEEK)
    PortfolioSnapshot.objects.filter(snapshot_date=MONDAY).delete()
    assert 'title="the row before it is not there"' in part(hers, DAYS)


def test_the_csv_is_every_day_of_the_filter(hers: Client, book: Portfolio) -> None:
    store_days(book, TODAY, WEEK)
    rows = list(csv.DictReader(io.StringIO(hers.get("/book/snapshots.csv?from=2026-08-18").content.decode())))
    assert [row["snapshot_date"] for row in rows] == ["2026-08-21", "2026-08-20", "2026-08-19", "2026-08-18"]
    assert rows[1]["flows"] == "500.00" and {row["difference"] for row in rows} == {"0.00"}


def test_a_day_shows_what_was_measured(hers: Client, book: Portfolio) -> None:
    store_days(book, TODAY, WEEK)
    PortfolioSnapshot.objects.filter(snapshot_date=TODAY).update(
        exposure_detail=DETAIL, portfolio_beta=D("1.2"), greeks_kind="mock", total_delta=D("-3.5")
    )
    html = text(hers.get(f"{DAYS}2026-08-21/"))
    assert 'href="/book/snapshots/2026-08-20/"' in html and "+1.20" in html and "−3.50" in html
    assert "Whole book" in html and "Technology" in html and "400.50" in html and "1 position could not be" in html
    assert "largest: SOUN</th>" in html and "0.5056" in html
    fragment = part(hers, f"{DAYS}2026-08-20/")
    assert fragment.startswith("<section") and "The risk of that day has not been measured." in fragment
    for missing in ("2026-08-22", "2026-08-16", "soon"):
        assert hers.get(f"{DAYS}{missing}/").status_code == 404


def test_the_stored_detail_as_tables() -> None:
    whole, sector = list_exposures(DETAIL)
    assert (whole["title"], whole["sides"][2]) == ("Whole book", (440.0, 400.5, 1))
    assert (sector["group"], sector["title"], sector["sides"][2]) == ("Sector", "Technology", (None, None, 0))
    assert [table["title"] for table in list_detail(DETAIL)] == ["concentration", "model"]
    assert list_detail(DETAIL)[1]["rows"] == [("totals: gamma", "3"), ("totals: delta", "−1.25"), ("left out", "–")]
    assert list_exposures({}) == [] and list_detail({}) == []


def test_a_correction_is_announced(hers: Client, book: Portfolio) -> None:
    store_days(book, TODAY, WEEK)
    Portfolio.objects.filter(pk=book.pk).update(stale_from=MONDAY)
    assert "made anew with the next batch" in part(hers, DAYS)


def test_days_of_somebody_else_and_of_later_are_not_there(hers: Client, book: Portfolio, other: Portfolio) -> None:
    store_days(other, TODAY, WEEK)
    assert "No day has been closed yet" in part(hers, DAYS)
    assert hers.get(f"{DAYS}2026-08-21/").status_code == 404
    store_days(book, TODAY, WEEK)
    html = text(hers.get(f"{DAYS}?as_of=2026-08-19T20:00"))
    assert html.count("adds up</span>") == 3 and "the past is read-only" in html
    assert hers.get(f"{DAYS}2026-08-21/?as_of=2026-08-20").status_code == 404
    assert hers.get(f"{DAYS}2026-08-19/?as_of=2026-08-20").status_code == 200


@pytest.mark.parametrize("asked", ["from=x", "to=2026-13-01", "fro=2026-01-01", "page=9", "limit=1"])
def test_what_cannot_be_read_is_refused(asked: str, hers: Client, book: Portfolio) -> None:
    assert hers.get(f"{DAYS}?{asked}").status_code == 400


def test_the_list_costs_the_same_whatever_its_length(
    hers: Client, book: Portfolio, django_assert_num_queries: Any
) -> None:
    store_days(book, TODAY, WEEK)
    hers.get(DAYS)
    with django_assert_num_queries(10):
        hers.get(DAYS)
    PortfolioSnapshot.objects.all().delete()
    store_days(book, TODAY, [("100", "100", "0")] + [("100", "0", "0")] * 70)
    with django_assert_num_queries(10):
        hers.get(DAYS)
    assert "1 to 63 of 71" in part(hers, DAYS) and "64 to 71 of 71" in part(hers, f"{DAYS}?page=2")
    with clock.frozen(dt.datetime(2026, 8, 22, 12, tzinfo=dt.UTC)):
        assert part(hers, f"{DAYS}?page=2").count("adds up</span>") == 8
