"""The alerts' page and API: filters, latency, time machine, live numbers, costs."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portfolios.models import User
from sentiment_site.market import clock
from themes.alerts.selectors import list_alerts, measure_latency
from themes.models import ThemeAlert
from universe.models import DataSource, Instrument

AT = dt.datetime(2026, 8, 21, 15, 30, tzinfo=dt.UTC)
PAGE, API = "/themes/alerts/", "/api/themes/alerts/"
SECOND = dt.timedelta(seconds=1)

pytestmark = pytest.mark.django_db


def told(kind: str = "manipulation", latency: float = 4, *, ago: dt.timedelta = SECOND, **facts: object) -> ThemeAlert:
    """An alert announced `ago` before AT."""
    number = ThemeAlert.objects.count()
    given = {"subject": f"S{number}", "severity": 2, "text": f"text {number}", "request_key": f"k{number}"}
    announced = AT - ago
    return ThemeAlert.objects.create(
        kind=kind, announced_at=announced, data_at=announced - latency * SECOND, as_of=announced, **(given | facts)
    )


@pytest.fixture
def acme(db: None) -> Instrument:
    source = DataSource.objects.create(name="press", kind="vendor")
    return Instrument.objects.create(symbol="ACME", name="Acme", source=source, recorded_at=AT)


@pytest.fixture
def trader(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("trader", password="a long test password"))
    return client


@pytest.fixture(autouse=True)
def frozen() -> object:
    with clock.frozen(AT):
        yield


def test_latency_by_hand() -> None:
    """Ten alerts of 1 to 10 s: median 5.5, nine of ten within 9.1; one of 60 s is late; yesterday's does not count."""
    for seconds in range(1, 11):
        told(latency=seconds)
    told("theme", 60)
    told("theme", 9999, ago=dt.timedelta(hours=24))
    every, manipulation, theme = measure_latency()
    assert (manipulation.kind, manipulation.alerts, manipulation.within) == ("manipulation", 10, 1.0)
    assert manipulation.p50 == pytest.approx(5.5) and manipulation.p90 == pytest.approx(9.1)
    assert (theme.p50, theme.p90, theme.within) == (60.0, 60.0, 0.0)
    assert every.alerts == 11 and every.within == pytest.approx(10 / 11)


def test_without_alerts_there_is_no_latency(trader: Client) -> None:
    assert measure_latency()[0].p50 is None
    page = trader.get(PAGE).content.decode()
    assert "Nothing has been announced yet" in page and "n = 0" in page


def test_a_clock_that_was_set_back_gives_no_negative_latency() -> None:
    told(latency=-3)
    assert measure_latency()[0].p50 == 0.0


def test_the_list_with_filters(trader: Client, acme: Instrument) -> None:
    told("temperature", severity=1, text="warm words", is_simulated=True)
    late = told("manipulation", 31, severity=3, text="<b>bold</b>", instrument=acme)
    page = trader.get(PAGE).content.decode()
    assert page.index("&lt;b&gt;bold") < page.index("warm words") and f'id="alert-{late.pk}"' in page
    assert "31.0 s" in page and "late" in page and 'data-symbol="ACME"' in page and "simulated data" in page
    assert "warm words" not in trader.get(PAGE, {"severity": 3}).content.decode()
    assert "bold" not in trader.get(PAGE, {"kind": "temperature"}).content.decode()
    assert "warm words" not in trader.get(PAGE, {"symbol": "ACME"}).content.decode()
    assert "No alert fits" in trader.get(PAGE, {"kind": "sympathy"}).content.decode()
    assert [one.text for one in list_alerts(kinds=("temperature",))] == ["warm words"]


WRONG = ("kind=rumour", "severity=4", "before=x", "symbol=" + "a" * 17, "kinds=theme", "as_of=later", "symbol=%00")


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_read_is_refused(trader: Client, wrong: str) -> None:
    assert trader.get(f"{PAGE}?{wrong}").status_code == 400
    assert trader.get(f"{API}?{wrong}").status_code == 400


def test_the_past_shows_what_had_been_announced(trader: Client) -> None:
    told(text="early", ago=dt.timedelta(hours=2))
    told(text="newer")
    page = trader.get(PAGE, {"as_of": (AT - dt.timedelta(hours=1)).isoformat()}).content.decode()
    assert "early" in page and "newer" not in page and 'data-live-topic="alerts"' not in page
    answer = trader.get(API, {"as_of": (AT - dt.timedelta(hours=1)).isoformat()}).json()
    assert [one["text"] for one in answer["results"]] == ["early"]


def test_a_poll_without_news_is_empty(trader: Client) -> None:
    newest = told()
    answer = trader.get(PAGE, {"seq": newest.pk}, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and answer["X-Live-Seq"] == str(newest.pk)
    told(text="fresh")
    answer = trader.get(PAGE, {"seq": newest.pk}, headers={"HX-Request": "true"})
    assert "fresh" in answer.content.decode() and "<html" not in answer.content.decode()


def test_a_hundred_a_page(trader: Client) -> None:
    for number in range(101):
        told(text=f"words {number:03}")
    page = trader.get(PAGE, {"severity": 2}).content.decode()
    assert "words 001" in page and "words 000" not in page
    older = ThemeAlert.objects.order_by("pk")[1].pk
    assert f"severity=2&amp;before={older}" in page
    assert "words 000" in trader.get(PAGE, {"severity": 2, "before": older}).content.decode()


def test_statements_do_not_grow(
    trader: Client, acme: Instrument, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        told(instrument=acme)
    with django_assert_max_num_queries(7):
        trader.get(PAGE)
    with django_assert_max_num_queries(4):
        assert len(trader.get(API).json()["results"]) == 20
    with django_assert_max_num_queries(4):
        assert trader.get(f"{API}latency/").json()[0]["alerts"] == 20


def test_the_api_tells_latency_and_stock(trader: Client, acme: Instrument) -> None:
    told(instrument=acme, facts={"risk": 0.7})
    (one,) = trader.get(API, {"symbol": "ACME", "severity": "2", "kind": "manipulation"}).json()["results"]
    assert (one["symbol"], one["latency_s"], one["facts"], one["simulated"]) == ("ACME", 4.0, {"risk": 0.7}, False)
