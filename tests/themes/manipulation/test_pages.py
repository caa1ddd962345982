"""The watch list, a stock's fragment and their API: what they show, at which cost, what they refuse."""

from __future__ import annotations

import datetime as dt
import re
from html import escape
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portfolios.models import User
from sentiment_site.market import clock
from themes.manipulation.passes import run_pass
from themes.manipulation.pictures import draw_risk, draw_strip
from themes.manipulation.selectors import history, manipulation_at, watch_list
from themes.models import ManipulationPass, ManipulationReading

from .conftest import AT, PUMPED, QUIET, World

pytestmark = pytest.mark.django_db
PAGE, API = "/themes/manipulation/", "/api/themes/manipulation/"


@pytest.fixture
def trader(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("trader", password="a long test password"))
    return client


@pytest.fixture
def read(seen: World, now: clock.Frozen) -> World:
    """One bar is read."""
    seen.campaign(40)
    run_pass(AT, clock.now())
    return seen


def test_the_list_shows_risk_reasons_and_what_is_missing(read: World, trader: Client) -> None:
    page = trader.get(PAGE).content.decode()
    row = ManipulationReading.objects.get(instrument_id=read.id_of(PUMPED))
    assert f"<b>{row.risk:.2f}</b>" in page and "SEVERE" in page and f'data-symbol="{PUMPED}"' in page
    for reason in row.reasons:
        assert escape(reason["title"]) in page and f"{reason['effect']:+.2f}" in page
    assert 'not recalibrated: <b class="num">0</b> of 200 outcomes stored' in page
    assert "simulated data" in page and 'data-live-topic="themes"' in page
    assert f"{len(row.missing)} missing" in page and "40</b> screened" in page


def test_the_trust_section_repeats_the_methods_page(trader: Client) -> None:
    """Every figure of the text stands in the page that names its command."""
    told = re.sub(r"<[^>]+>", "", trader.get(PAGE).content.decode().split("trust-title")[-1])
    methods = Path("docs/methods/manipulation.md").read_text()
    figures = re.findall(r"\d+(?:\.\d+)? %", told.replace("80 % at 65 %", ""))
    assert len(figures) >= 9
    for figure in figures:
        assert figure.removesuffix(" %") in methods, figure


def test_empty_and_before_the_first_bar(world: World, trader: Client) -> None:
    assert "No bar has been read yet" in trader.get(PAGE).content.decode()
    assert trader.get(API).status_code == 404


def test_filters_live_in_the_address(read: World, trader: Client) -> None:
    assert PUMPED in trader.get(PAGE, {"band": "high", "cause": "spike"}).content.decode()
    empty = trader.get(PAGE, {"cause": "theme"}).content.decode()
    assert "No stock fits these filters" in empty and 'value="theme" selected' in empty


@pytest.mark.parametrize(
    "wrong", ["band=huge", "phase=dead", "cause=magic", "page=0", "page=x", "bands=high", "as_of=?"]
)
def test_what_cannot_be_read_is_refused(trader: Client, wrong: str) -> None:
    assert trader.get(f"{PAGE}?{wrong}").status_code == 400
    if "page" not in wrong and "cause" not in wrong:
        assert trader.get(f"{API}?{wrong}").status_code == 400


def test_the_past_shows_what_was_known(read: World, trader: Client) -> None:
    """A second before the pass was written there was nothing; afterwards it is there without live parts."""
    before = (clock.now() - dt.timedelta(seconds=1)).isoformat()
    assert "No bar had been read at that moment" in trader.get(PAGE, {"as_of": before}).content.decode()
    assert trader.get(API, {"as_of": before}).status_code == 404
    then = trader.get(PAGE, {"as_of": clock.now().isoformat()}).content.decode()
    assert PUMPED in then and 'data-live-topic="themes"' not in then
    assert history(read.id_of(PUMPED), clock.now() - dt.timedelta(seconds=1)) == []
    assert manipulation_at([read.id_of(PUMPED)], clock.now() - dt.timedelta(seconds=1)) == {}


def test_a_poll_without_news_is_empty(read: World, trader: Client) -> None:
    page = trader.get(PAGE).content.decode()
    seq = re.search(r'data-live-seq="(\d+)"', page.split('id="manipulation"')[1])
    assert seq is not None
    answer = trader.get(PAGE, {"seq": seq[1]}, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and answer["X-Live-Seq"] == seq[1]
    fresh = trader.get(PAGE, {"seq": str(int(seq[1]) - 1)}, headers={"HX-Request": "true"})
    assert fresh.status_code == 200 and "<html" not in fresh.content.decode() and PUMPED in fresh.content.decode()


def test_a_stock_in_full(read: World, trader: Client) -> None:
    """Formula, flags with weights, what is missing; a stranger to the list says why there is nothing."""
    part = trader.get(f"{PAGE}{PUMPED}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "weight 0.35" in part and "4 of 4 points" in part and "Missing" in part
    assert "<html" in trader.get(f"{PAGE}{PUMPED}/").content.decode()
    assert "not suspicious enough" in trader.get(f"{PAGE}{QUIET}/").content.decode()
    assert trader.get(f"{PAGE}NOBODY/").status_code == 404
    trader.logout()
    refused = trader.get(f"{PAGE}{PUMPED}/", headers={"HX-Request": "true"})
    assert refused.status_code == 401 and refused["HX-Redirect"]


def test_hostile_documents_are_words_on_the_page(seen: World, now: clock.Frozen, trader: Client) -> None:
    """Markup, addresses that run, a wall of text and odd items: read, escaped, no link, no error."""
    seen.write(
        PUMPED, "filing", AT - dt.timedelta(days=2), form="424B5", title="<script>alert(1)</script>" + "x" * 400,
        text="convertible note " * 60_000, url="javascript:alert(1)", items={"odd": True},
    )  # fmt: skip
    seen.write(PUMPED, "x", AT - dt.timedelta(hours=1), text="", title="", author="")
    assert run_pass(AT, clock.now()).written is not None
    page = trader.get(f"{PAGE}{PUMPED}/").content.decode()
    assert "<script>alert" not in page and "javascript:" not in page and "&lt;script&gt;" in page
    assert "toxic convertible" in page


def test_statements_of_the_pages(
    read: World, trader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """The same for one stock and for forty."""
    row = ManipulationReading.objects.get(instrument_id=read.id_of(PUMPED))
    for symbol in list(read.market.ids)[1:40]:
        row.pk = None
        row.instrument_id = read.id_of(symbol)
        row._state.adding = True
        row.as_of = AT
        row.save(force_insert=True)
    trader.get(PAGE)
    with django_assert_max_num_queries(8):
        assert trader.get(PAGE).content.decode().count("detail-row") == 40
    with django_assert_max_num_queries(7):
        trader.get(f"{PAGE}{PUMPED}/", headers={"HX-Request": "true"})
    with django_assert_max_num_queries(5):
        assert len(trader.get(API).json()["stocks"]) == 40
    with django_assert_max_num_queries(5):
        trader.get(f"{API}{PUMPED}/")


def test_the_api_tells_the_same(read: World, trader: Client) -> None:
    answer = trader.get(API, {"band": "high"}).json()
    assert answer["screened"] == 40 and answer["simulated"] and [one["symbol"] for one in answer["stocks"]] == [PUMPED]
    one = trader.get(f"{API}{PUMPED}/").json()
    assert one["newest"]["band"] == "SEVERE" and one["newest"]["risk"] == answer["stocks"][0]["risk"]
    assert [point["as_of"] for point in one["history"]] == ["2026-08-21T15:00:00Z"]
    assert trader.get(f"{API}{QUIET}/").status_code == 404 and trader.get(f"{API}NOBODY/").status_code == 404


def test_selectors_give_the_newest_of_five_days(read: World) -> None:
    pumped = read.id_of(PUMPED)
    assert manipulation_at([pumped, read.id_of(QUIET)])[pumped].as_of == AT
    assert [row.instrument_id for row in watch_list(bands=("SEVERE",))] == [pumped]
    assert list(watch_list(phases=("DUMP",))) == []
    with clock.frozen(AT + dt.timedelta(days=6)):
        assert manipulation_at([pumped]) == {}
    ManipulationPass.objects.all().delete()
    assert list(watch_list()) == []


def test_drawings_by_hand() -> None:
    """Two stretches of one and three bars share the strip 1 : 3; risk 0 lies at the bottom, 1 at the top."""
    begin = AT.isoformat()
    told = [{"phase": name, "begin": begin, "end": begin, "bars": bars, "probability": 0.5}
            for name, bars in (("QUIET", 1), ("RUN", 3))]  # fmt: skip
    assert [(one.x, one.width) for one in draw_strip(told)] == [(0.0, 150.0), (150.0, 450.0)]
    assert draw_strip([]) == [] and draw_risk([]) == ""
    rows = [ManipulationReading(risk=risk) for risk in ("0.000", "1.000")]  # type: ignore[misc]
    assert draw_risk(rows) == "M0.0,60.0L600.0,0.0"
