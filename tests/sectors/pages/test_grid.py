"""The grid page and its fragment: warm without a statement, alive without Valkey, honest about time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from sectors import publish
from sectors.models import SectorRun
from sentiment_site.live.publish import client as valkey
from sentiment_site.live.time_machine import address_at
from sentiment_site.market import calendar, clock
from sentiment_site.market.sectors import SECTORS
from tests.factories import ALL_SYMBOLS, Market
from tests.sectors.conftest import HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

AT = TEN + timedelta(minutes=31)
GRID, FRAGMENT = "/", "/sectors/fragment/"
USER = 1  # the session lies in the cache, the account is one statement


@pytest.fixture(autouse=True)
def friday_morning() -> Any:
    with clock.frozen(AT + timedelta(minutes=1)):
        yield


@pytest.fixture
def newer(market: Market, published: SectorRun, django_capture_on_commit_callbacks: Any) -> SectorRun:
    """A second light half an hour later: everything is 50 % up."""
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    with clock.frozen(AT + HALF_HOUR), django_capture_on_commit_callbacks(execute=True):
        return analyse()


def test_addresses() -> None:
    assert [reverse(f"sectors:{name}") for name in ("grid", "fragment", "freshness", "run")] == [
        "/",
        "/sectors/fragment/",
        "/sectors/freshness/",
        "/sectors/run/",
    ]


def test_the_warm_page_costs_no_statement_but_the_account(
    trading: Client, published: SectorRun, django_assert_num_queries: Any
) -> None:
    trading.get(GRID)
    with django_assert_num_queries(USER):
        page = trading.get(GRID)
    assert page.status_code == 200
    assert page["Cache-Control"] == "private, no-cache"
    text = page.content.decode()
    for sector in SECTORS:
        assert f'id="sector-{sector.key}"' in text
    assert f'data-live-seq="{published.pk}"' in text
    assert "LIVE" in text


def test_the_cold_page_costs_three_more(trading: Client, published: SectorRun, django_assert_num_queries: Any) -> None:
    warm = trading.get(GRID).content.decode()
    valkey().delete(publish.CURRENT, f"fragment:sectors:grid:{published.pk}")
    with django_assert_num_queries(USER + 3):  # run, readings, the themes' terms
        cold = trading.get(GRID).content.decode()
    assert grid_in(cold) == grid_in(warm)


def grid_in(page: str) -> str:
    """The list of cards in a page or fragment."""
    return page[page.index('<ol class="grid"') : page.index("</ol>")]


def test_page_fragment_and_socket_carry_the_same_html(trading: Client, published: SectorRun) -> None:
    snapshot = publish.get_snapshot("sectors")
    assert snapshot is not None
    fragment = trading.get(FRAGMENT).content.decode()
    assert fragment == snapshot[2]
    assert fragment in trading.get(GRID).content.decode()


def test_polling_gets_204_until_there_is_something_newer(trading: Client, published: SectorRun) -> None:
    for seq, status in ((published.pk, 204), (published.pk + 1, 204), (published.pk - 1, 200), ("x", 200), ("", 200)):
        answer = trading.get(FRAGMENT, {"seq": seq})
        assert (answer.status_code, answer["X-Live-Seq"]) == (status, str(published.pk))
        assert answer["Cache-Control"] == "private, no-cache"


def test_the_fragment_has_an_entity_tag(trading: Client, published: SectorRun, django_assert_num_queries: Any) -> None:
    tag = trading.get(FRAGMENT)["ETag"]
    with django_assert_num_queries(USER):
        again = trading.get(FRAGMENT, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert trading.get(FRAGMENT, headers={"If-None-Match": 'W/"grid-0"'}).status_code == 200


def test_before_the_first_run_the_page_says_so(trading: Client) -> None:
    page = trading.get(GRID)
    assert page.status_code == 200
    assert "No analysis yet" in page.content.decode()
    assert "NO DATA" in page.content.decode()
    assert trading.get(FRAGMENT, {"seq": 0}).status_code == 204


def test_as_of_shows_the_old_run_even_after_a_new_one(trading: Client, published: SectorRun, newer: SectorRun) -> None:
    asked = published.recorded_at.isoformat()
    page = trading.get(GRID, {"as_of": asked})
    text = page.content.decode()
    assert f'data-seq="{published.pk}"' in text and f'data-seq="{newer.pk}"' not in text
    assert "Time machine" in text
    assert "data-live-topic" not in text
    fragment = trading.get(FRAGMENT, {"as_of": asked})
    assert fragment["X-Live-Seq"] == str(published.pk)
    assert grid_in(fragment.content.decode()) == grid_in(text)
    assert f'<a href="{address_at("/sectors/technology/", published.recorded_at)}">' in grid_in(text)
    live = trading.get(GRID).content.decode()
    assert f'data-seq="{newer.pk}"' in live
    assert '<a href="/sectors/technology/">' in grid_in(live)


def test_before_anything_was_known_there_is_nothing(trading: Client, published: SectorRun) -> None:
    page = trading.get(GRID, {"as_of": (published.recorded_at - timedelta(seconds=1)).isoformat()})
    assert "No analysis yet" in page.content.decode()


@pytest.mark.parametrize(
    "asked",
    ["2026-08-21T10:31", "2026-08-21 10:31", "2026-08-21T14:31:00+00:00", "2026-08-21T10:31:00-04:00", "2026-08-21"],
)
def test_as_of_takes_new_york_time_offsets_and_dates(trading: Client, published: SectorRun, asked: str) -> None:
    page = trading.get(f"{GRID}?as_of={quote(asked, safe='')}")
    assert f'data-seq="{published.pk}"' in page.content.decode()


def test_a_plus_that_became_a_space_is_a_plus(trading: Client, published: SectorRun) -> None:
    page = trading.get(f"{GRID}?as_of=2026-08-21T14:31:00+00:00")
    assert f'data-seq="{published.pk}"' in page.content.decode()


@pytest.mark.parametrize("bad", ["yesterday", "2026-13-01", "1890-01-01", "9999-12-31", "2026-08-21T25:00"])
def test_a_bad_as_of_names_the_parameter(trading: Client, bad: str) -> None:
    page = trading.get(GRID, {"as_of": bad})
    assert page.status_code == 400
    assert "as_of" in page.content.decode() and bad in page.content.decode()
    fragment = trading.get(FRAGMENT, {"as_of": bad})
    assert fragment.status_code == 400
    assert fragment.content.decode().startswith("as_of: ")


def test_a_bad_as_of_is_escaped(trading: Client) -> None:
    assert "<script>alert" not in trading.get(GRID, {"as_of": "<script>alert(1)</script>"}).content.decode()


@pytest.mark.parametrize("address", [GRID, FRAGMENT, "/sectors/freshness/", "/sectors/run/"])
def test_visitors_are_sent_to_the_login(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={address}")


@pytest.mark.parametrize("address", [FRAGMENT, "/sectors/freshness/", "/sectors/run/"])
def test_htmx_is_sent_there_as_a_whole(client: Client, address: str) -> None:
    answer = client.get(address, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"], answer.content) == (401, "/login/", b"")


@pytest.mark.parametrize("address", [GRID, FRAGMENT, "/sectors/freshness/"])
def test_reading_is_done_by_get(trading: Client, address: str) -> None:
    assert trading.post(address).status_code == 405
    assert trading.head(address).status_code == 200


def test_the_freshness_strip_ages_while_the_fragment_stays(trading: Client, published: SectorRun) -> None:
    states = []
    for minutes in (0, 40, 150):
        with clock.frozen(published.as_of + timedelta(minutes=minutes)):
            answer = trading.get("/sectors/freshness/")
            states.append([state for state in ("LIVE", "AGEING", "STALE") if state in answer.content.decode()])
    assert states == [["LIVE"], ["AGEING"], ["STALE"]]
    assert answer["Cache-Control"] == "private, no-cache"


def test_a_closed_market_is_not_stale(trading: Client, market: Market, django_capture_on_commit_callbacks: Any) -> None:
    friday = calendar.shift(TEN.date(), 0)
    market.store_half_hours(friday.post_close - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(friday.post_close), django_capture_on_commit_callbacks(execute=True):
        analyse()
    with clock.frozen(friday.post_close + timedelta(hours=40)):
        text = trading.get(GRID).content.decode()
    assert "LIVE" in text and "STALE" not in text


def test_names_from_the_database_are_escaped(
    trading: Client, market: Market, published: SectorRun, django_capture_on_commit_callbacks: Any
) -> None:
    published.readings.filter(sector="technology").update(status="stale", reason="<b>bold</b>")
    valkey().flushdb()
    text = trading.get(FRAGMENT).content.decode()
    assert "&lt;b&gt;bold" in text and "<b>bold" not in text
