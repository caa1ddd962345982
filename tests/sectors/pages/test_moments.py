"""The time machine's shell: the amber bar, steps from run to run, links that keep the moment, refused moments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.test import Client

from sectors import moments
from sectors.models import SectorRun
from sentiment_site.live.time_machine import address_at
from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK
from tests.factories import ALL_SYMBOLS, Market
from tests.sectors.conftest import HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

STEP = "/sectors/step/"
AT = TEN + timedelta(minutes=31)


@pytest.fixture(autouse=True)
def friday() -> Any:
    with clock.frozen(AT + timedelta(hours=2)):
        yield


@pytest.fixture
def three(market: Market, published: SectorRun, django_capture_on_commit_callbacks: Any) -> list[SectorRun]:
    """Runs known at 10:31, 11:01 and 11:31."""
    runs = [published]
    for n in (1, 2):
        market.store_half_hours(TEN + n * HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101 + n))
        with clock.frozen(AT + n * HALF_HOUR), django_capture_on_commit_callbacks(execute=True):
            runs.append(analyse())
    return runs


def moment(run: SectorRun) -> str:
    return run.recorded_at.astimezone(NEW_YORK).isoformat()


def go(client: Client, to: str, here: str) -> str:
    answer = client.get(STEP, {"to": to, "next": here})
    assert answer.status_code == 302
    return str(answer["Location"])


def test_back_and_forth_from_run_to_run(trading: Client, three: list[SectorRun]) -> None:
    first, second, third = (f"/?as_of={quote(moment(run), safe='')}" for run in three)
    assert go(trading, "back", "/") == second  # live shows the third
    assert go(trading, "back", second) == first
    assert go(trading, "forward", first) == second
    assert go(trading, "forward", second) == third
    assert go(trading, "back", third) == second
    assert go(trading, "forward", third) == "/"  # after the newest comes live
    assert go(trading, "forward", "/") == "/"


def test_at_the_oldest_one_stays_and_is_told(trading: Client, three: list[SectorRun]) -> None:
    first = f"/?as_of={quote(moment(three[0]), safe='')}"
    assert go(trading, "back", first) == first
    assert "There is no earlier analysis." in trading.get(first).content.decode()
    assert go(trading, "forward", "/?as_of=2020-01-02") == first


def test_between_two_runs_the_shown_one_counts(three: list[SectorRun]) -> None:
    between = three[1].recorded_at + timedelta(minutes=5)
    assert moments.get_earlier(between) == three[0].recorded_at
    assert moments.get_later(between) == three[2].recorded_at


def test_before_the_first_run_there_is_nowhere_to_go(trading: Client) -> None:
    assert moments.get_earlier(None) is None
    assert go(trading, "back", "/universe/") == "/universe/"


def test_a_step_costs_one_statement_beside_the_account(
    trading: Client, three: list[SectorRun], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        go(trading, "back", "/")
    with django_assert_num_queries(2):
        go(trading, "forward", f"/?as_of={quote(moment(three[0]), safe='')}")


def test_filters_and_panel_stay_page_and_run_do_not(trading: Client, three: list[SectorRun]) -> None:
    there = go(trading, "back", "/universe/?q=tec&page=3&run=7&panel=TEC0&as_of=2026-08-21T11%3A10")
    assert urlsplit(there).path == "/universe/"
    assert parse_qs(urlsplit(there).query) == {"q": ["tec"], "panel": ["TEC0"], "as_of": [moment(three[0])]}


@pytest.mark.parametrize(
    "bad",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http://testserver//evil.example",
        "",
        "javascript:x",
    ],
)
def test_other_sites_lead_to_the_grid(trading: Client, three: list[SectorRun], bad: str) -> None:
    there = urlsplit(go(trading, "back", bad))
    assert (there.scheme, there.netloc, there.path) == ("", "", "/")


@pytest.mark.parametrize(
    ("query", "name"), [("to=up&next=/", "to"), ("next=/", "to"), ("to=back&next=/%3Fas_of%3Dnever", "as_of")]
)
def test_a_step_that_cannot_be_read_names_the_parameter(trading: Client, query: str, name: str) -> None:
    answer = trading.get(f"{STEP}?{query}")
    assert answer.status_code == 400
    assert f"<code>{name}=" in answer.content.decode()


PAGES = ["/", "/universe/", "/universe/changes/", "/stocks/TEC0/", "/stocks/search/", "/sectors/technology/"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_the_time_machine(trading: Client, three: list[SectorRun], address: str) -> None:
    live = trading.get(address).content.decode()
    assert 'class="amber"' not in live
    assert f'<form class="moment-form" method="get" action="{address}"' in live
    assert 'data-key="["' in live
    then = trading.get(f"{address}?as_of=2026-08-21T11:10&x=1").content.decode()
    assert "Time machine" in then and "What was known at" in then and "Fri 21 Aug 2026 11:10 ET" in then
    assert then.count('class="amber"') == 1
    for key in "[]L":
        assert f'data-key="{key}"' in then
    assert f'href="{address}?x=1" data-key="L"' in then
    assert '<input type="hidden" name="x" value="1">' in then
    assert 'value="2026-08-21T11:10"' in then
    assert 'href="/universe/?as_of=2026-08-21T11%3A10%3A00-04%3A00"' in then


@pytest.mark.parametrize("address", PAGES)
def test_a_bad_moment_is_refused_by_name(trading: Client, three: list[SectorRun], address: str) -> None:
    answer = trading.get(f"{address}?as_of=<never>")
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "as_of" in text and "<never>" not in text and "&lt;never&gt;" in text
    assert 'class="amber"' not in text


def test_htmx_gets_the_refusal_in_words(trading: Client, three: list[SectorRun]) -> None:
    answer = trading.get("/stocks/TEC0/?as_of=never", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert answer.content.decode().startswith("as_of: 'never'")


def test_other_refusals_are_not_ours(trading: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["example.org"]
    assert trading.get("/").status_code == 400


def test_pages_without_a_time_machine_hand_the_moment_on(trading: Client) -> None:
    text = trading.get("/settings/?as_of=2026-08-21T11:10").content.decode()
    assert 'class="amber"' not in text and "moment-form" not in text
    assert 'href="/universe/?as_of=2026-08-21T11%3A10%3A00-04%3A00"' in text
    assert 'href="/universe/"' in trading.get("/settings/?as_of=never").content.decode()


def test_an_address_at_another_moment() -> None:
    assert address_at("/a/?b=1&as_of=x&page=2&c=%26", None) == "/a/?b=1&c=%26"
    assert address_at("/a/", AT) == "/a/?as_of=2026-08-21T10%3A31%3A00-04%3A00"


def test_the_menu_names_places_that_exist(trading: Client, client: Client, operator: Any) -> None:
    text = trading.get("/universe/").content.decode()
    assert 'data-go="s"' in text and 'data-go="u"' in text and 'data-go="o"' not in text
    assert 'data-command="SEC technology"' in text and 'data-command="SET"' in text
    client.force_login(operator)
    staff = client.get("/universe/?as_of=2026-08-21").content.decode()
    assert 'href="/admin/" data-go="o"' in staff and 'data-command="OPS"' in staff
