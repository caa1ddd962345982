"""The list, its CSV and the changes: who may see them, what they show, and with how many statements."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from portfolios.models import User
from sentiment_site.market import clock
from tests.universe.market import add_stock, known_at
from universe.exports import HEADER
from universe.models import Membership, UniverseRun

pytestmark = pytest.mark.django_db

LIST, CSV, CHANGES = "/universe/", "/universe/export.csv", "/universe/changes/"
# user, run, count, rows; the session comes from the cache
LIST_STATEMENTS = 4
# user, runs, changes
CHANGES_STATEMENTS = 3
# user, run, rows
CSV_STATEMENTS = 3


@pytest.fixture
def browser(client: Client, trader: User, settings: Any) -> Client:
    settings.SECURE_SSL_REDIRECT = False
    client.force_login(trader)
    return client


def symbols(response: Any) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]+>([^<]+)</a></th>', response.content.decode())


def lines(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("address", [LIST, CSV, CHANGES])
def test_strangers_are_sent_to_the_login(client: Client, settings: Any, address: str) -> None:
    settings.SECURE_SSL_REDIRECT = False
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, f"/login/?next={address}")
    fragment = client.get(address, headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (401, "/login/")


@pytest.mark.parametrize("address", [LIST, CSV, CHANGES])
def test_pages_are_read_only(browser: Client, market: UniverseRun, address: str) -> None:
    assert browser.post(address).status_code == 405


def test_before_the_first_run(browser: Client) -> None:
    assert "No universe yet" in browser.get(LIST).content.decode()
    assert "No universe yet" in browser.get(CHANGES).content.decode()
    assert browser.get(CSV).status_code == 404


def test_members_gap_prone_first_with_run_funnel_and_figures(browser: Client, market: UniverseRun) -> None:
    with clock.frozen(known_at()):
        response = browser.get(LIST)
    assert response.status_code == 200
    assert symbols(response) == ["ALPHA", "BETA", "GAMMA", "JOIN"]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
    for words in (
        "profile strict v1",
        "4 members",
        "volume floor 1,000,000",
        "session Fri 21 Aug 2026",
        "ago",
        "test file",
        "all 7",
        "type 6",
        "price 5",
        "volume 4",
        "final 4",
        "not a common share or ADR",
        "ALPHA Inc. Common Stock Technology 100% small 10.00 est $500.0M 2.0M 30.0M 10.0 20% meets every rule",
    ):
        assert words in text
    assert "simulated data" not in text


def test_simulated_runs_wear_a_badge(browser: Client, market: UniverseRun) -> None:
    UniverseRun.objects.filter(pk=market.pk).update(is_simulated=True, floor_note="Even 100,000 shares a day leave 4.")
    text = browser.get(LIST).content.decode()
    assert "simulated data" in text
    assert "Even 100,000 shares a day leave 4." in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sector=healthcare", ["BETA"]),
        ("tier=micro", ["BETA", "GAMMA", "JOIN"]),
        ("eligible=no", ["LEAVE", "THIN", "PREF"]),
        ("eligible=all&sort=symbol", ["ALPHA", "BETA", "GAMMA", "JOIN", "LEAVE", "PREF", "THIN"]),
        ("reason=volume_low", ["THIN"]),
        ("reason=volume_low&eligible=yes", []),
        ("q=alp", ["ALPHA"]),
        ("q=gamma+corp", ["GAMMA"]),
        ("q=50%25", []),
        ("price_min=5.5&price_max=10", ["ALPHA", "GAMMA"]),
        ("cap_max=200M&sort=symbol", ["BETA"]),
        ("cap_min=201M&cap_max=300M", ["GAMMA", "JOIN"]),
        ("volume_min=5M", ["GAMMA"]),
        ("float_max=6M", ["BETA"]),
        ("sort=-price", ["BETA", "ALPHA", "GAMMA", "JOIN"]),
        ("sort=price", ["JOIN", "GAMMA", "ALPHA", "BETA"]),
        ("sort=short_percent", ["ALPHA", "BETA", "GAMMA", "JOIN"]),
        ("sort=-short_percent", ["ALPHA", "BETA", "GAMMA", "JOIN"]),
        ("sort=-name", ["JOIN", "BETA", "ALPHA", "GAMMA"]),
    ],
)
def test_filters_and_sort(browser: Client, market: UniverseRun, query: str, expected: list[str]) -> None:
    response = browser.get(f"{LIST}?{query}")
    assert symbols(response) == expected
    assert ("No stock fits these filters." in response.content.decode()) is (not expected)
    exported = lines(browser.get(f"{CSV}?{query}"))
    assert [line[0] for line in exported[1:]] == expected


def test_headings_say_how_they_are_sorted_and_lead_to_the_other_way(browser: Client, market: UniverseRun) -> None:
    text = browser.get(f"{LIST}?sort=price&tier=micro").content.decode()
    assert text.count('aria-sort="ascending"') == 1
    assert text.count('aria-sort="none"') == 11
    assert 'href="?tier=micro&amp;sort=-price"' in text
    assert 'href="?tier=micro&amp;sort=-market_cap"' in text
    assert 'href="?tier=micro&amp;sort=symbol"' in text
    assert '<input type="hidden" form="filters" name="sort" value="price">' in text
    again = browser.get(LIST).content.decode()
    assert 'aria-sort="descending"' in again
    assert 'href="?sort=gap_frequency"' in again


def test_the_form_shows_what_was_asked(browser: Client, market: UniverseRun) -> None:
    text = browser.get(
        f"{LIST}?q=al%22pha&sector=energy&cap_min=10M&as_of=2026-08-21&reason=price_low"
    ).content.decode()
    assert 'value="al&quot;pha"' in text
    assert '<option value="energy" selected>' in text
    assert 'name="cap_min" value="10M"' in text
    assert '<option value="price_low" selected>' in text


def test_htmx_gets_the_table_alone_with_its_address(browser: Client, market: UniverseRun) -> None:
    response = browser.get(f"{LIST}?q=&sector=energy&tier=", headers={"HX-Request": "true"})
    text = response.content.decode().strip()
    assert text.startswith('<section id="universe"')
    assert text.endswith("</section>")
    assert response["HX-Push-Url"] == "/universe/?sector=energy"
    assert browser.get(LIST, headers={"HX-Request": "true"})["HX-Push-Url"] == "/universe/"
    restored = browser.get(LIST, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert restored.content.decode().startswith("<!doctype html>")


def test_another_moment_reloads_the_whole_page(browser: Client, market: UniverseRun) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/universe/?tier=micro"}
    response = browser.get(f"{LIST}?tier=micro&as_of=2026-08-21T10:00", headers=headers)
    assert response["HX-Redirect"] == "/universe/?tier=micro&as_of=2026-08-21T10%3A00"
    same = {"HX-Request": "true", "HX-Current-URL": "http://testserver/universe/?as_of=2026-08-21T10:00"}
    assert "HX-Push-Url" in browser.get(f"{LIST}?tier=micro&as_of=2026-08-21T10:00", headers=same)


def test_the_time_machine_shows_what_was_known_then(browser: Client, market: UniverseRun) -> None:
    response = browser.get(f"{LIST}?as_of=2026-08-21T10:00&sort=symbol")
    assert symbols(response) == ["ALPHA", "BETA", "GAMMA", "LEAVE"]
    text = response.content.decode()
    assert "Time machine" in text
    assert "session <b>Thu 20 Aug 2026</b>" in text
    assert "No universe was known at that moment." in browser.get(f"{LIST}?as_of=2026-08-03").content.decode()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("sort=colour", "sort"),
        ("cap_min=lots", "cap_min"),
        ("as_of=never", "as_of"),
        ("page=2", "page"),
        ("tier=x", "tier"),
    ],
)
def test_bad_parameters_are_named_on_the_page(browser: Client, market: UniverseRun, query: str, name: str) -> None:
    response = browser.get(f"{LIST}?{query}")
    assert response.status_code == 400
    assert f"<strong>{name}</strong>" in response.content.decode()
    fragment = browser.get(f"{LIST}?{query}", headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert f"<strong>{name}</strong>" in fragment.content.decode()
    assert fragment.content.decode().startswith('<section id="universe"')


def test_a_bad_parameter_does_not_forget_the_sort(browser: Client, market: UniverseRun) -> None:
    text = browser.get(f"{LIST}?cap_min=lots&sort=-price", headers={"HX-Request": "true"}).content.decode()
    assert '<input type="hidden" form="filters" name="sort" value="-price">' in text


def test_bad_parameters_of_the_export_are_named(browser: Client, market: UniverseRun) -> None:
    response = browser.get(f"{CSV}?sort=colour")
    assert response.status_code == 400
    assert response.content.decode().startswith("sort: 'colour' is not one of")


def many(count: int) -> None:
    run = UniverseRun.objects.latest("pk")
    stock = add_stock("BULK", price=None, free_float=None)
    others = [
        type(stock)(symbol=f"B{n:03}", name="x", kind="CS", source=stock.source, recorded_at=stock.recorded_at)
        for n in range(count)
    ]
    type(stock).objects.bulk_create(others)
    Membership.objects.bulk_create(
        Membership(run=run, instrument=each, eligible=True, reason="eligible", price=n + 3.25)
        for n, each in enumerate(others)
    )


def test_the_csv_equals_the_pages_together(browser: Client, market: UniverseRun) -> None:
    many(120)
    query = "sort=-price&price_min=4"
    shown: list[str] = []
    for page in (1, 2, 3):
        shown += symbols(browser.get(f"{LIST}?{query}&page={page}"))
    exported = lines(browser.get(f"{CSV}?{query}"))
    assert tuple(exported[0]) == HEADER
    assert [line[0] for line in exported[1:]] == shown
    assert len(shown) == 120 - 1 + 3
    assert symbols(browser.get(f"{LIST}?{query}&size=250")) == shown


def test_pages_lead_to_each_other(browser: Client, market: UniverseRun) -> None:
    many(120)
    text = browser.get(f"{LIST}?page=2&sort=symbol").content.decode()
    assert 'rel="prev" href="?sort=symbol&amp;page=1"' in text
    assert 'rel="next" href="?sort=symbol&amp;page=3"' in text
    fragment = browser.get(f"{LIST}?page=2", headers={"HX-Request": "true"})
    assert fragment["HX-Push-Url"] == "/universe/?page=2"
    assert "there are 3 pages, not 4" in browser.get(f"{LIST}?page=4").content.decode()


def test_csv_values_and_no_formula(browser: Client, market: UniverseRun) -> None:
    response = browser.get(f"{CSV}?sort=symbol&eligible=all")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="universe-2026-08-21-strict.csv"'
    rows = {line[0]: dict(zip(HEADER, line, strict=True)) for line in lines(response)[1:]}
    assert rows["GAMMA"]["Name"] == '\'=HYPERLINK("http://evil","x") Gamma Corp.'
    alpha = rows["ALPHA"]
    assert (alpha["Sector"], alpha["Sector confidence"], alpha["Tier"]) == ("Technology", "1", "small")
    assert (alpha["Price"], alpha["Market cap"], alpha["Cap estimated"]) == ("10", "500000000", "yes")
    assert (alpha["Average volume"], alpha["Free float"], alpha["Float estimated"]) == ("2000000", "30000000", "no")
    assert (alpha["Short % of float"], alpha["Gap frequency"]) == ("10", "0.20339")
    assert (alpha["Eligible"], alpha["Reason"]) == ("yes", "meets every rule")
    assert (rows["PREF"]["Price"], rows["PREF"]["Sector"]) == ("", "Technology")
    assert rows["LEAVE"]["Price"] == "1.87"


def test_names_cannot_bring_markup_into_the_page(browser: Client, market: UniverseRun) -> None:
    add_stock("XSS", name="<script>alert(1)</script> Inc.")
    with clock.frozen(known_at()):
        from universe.pipeline import refresh_universe

        refresh_universe(profile="strict")
    text = browser.get(LIST).content.decode()
    assert "<script>alert(1)</script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_who_joined_and_left_with_cause(browser: Client, market: UniverseRun) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(CHANGES).content.decode()))
    assert "Joined 1" in text
    assert "JOIN JOIN Inc. Common Stock Consumer price 2.5 &gt;= 2" in text
    assert "Left 1" in text
    assert "LEAVE LEAVE Inc. Common Stock Technology price 1.87 &lt; 2" in text


def test_changes_of_another_run_and_moment(browser: Client, market: UniverseRun) -> None:
    older = UniverseRun.objects.exclude(pk=market.pk).get()
    text = browser.get(f"{CHANGES}?run={older.pk}").content.decode()
    assert "Nobody joined with this run." in text
    assert f'<option value="{older.pk}" selected>' in text
    then = browser.get(f"{CHANGES}?as_of=2026-08-21T10:00").content.decode()
    assert f'value="{market.pk}"' not in then
    assert "Time machine" in then


@pytest.mark.parametrize(
    ("query", "name"),
    [("run=abc", "run"), ("run=999999", "run"), ("run=9999999999999999999999", "run"), ("as_of=never", "as_of")],
)
def test_changes_name_bad_parameters(browser: Client, market: UniverseRun, query: str, name: str) -> None:
    response = browser.get(f"{CHANGES}?{query}")
    assert response.status_code == 400
    assert f"<strong>{name}</strong>" in response.content.decode()


def test_a_run_older_than_the_menu_is_still_found(
    browser: Client, market: UniverseRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from universe import views

    monkeypatch.setattr(views, "RUNS_SHOWN", 1)
    older = UniverseRun.objects.exclude(pk=market.pk).get()
    response = browser.get(f"{CHANGES}?run={older.pk}")
    assert response.status_code == 200
    assert "Thu 20 Aug 2026" in response.content.decode()


def test_query_budgets_do_not_grow_with_the_rows(
    browser: Client, market: UniverseRun, django_assert_num_queries: Any
) -> None:
    browser.get(LIST)
    with django_assert_num_queries(LIST_STATEMENTS):
        browser.get(f"{LIST}?eligible=all")
    many(120)
    with django_assert_num_queries(LIST_STATEMENTS):
        browser.get(f"{LIST}?eligible=all&size=250")
    with django_assert_num_queries(LIST_STATEMENTS):
        browser.get(f"{LIST}?q=b", headers={"HX-Request": "true"})
    with django_assert_num_queries(CHANGES_STATEMENTS):
        browser.get(CHANGES)
    with django_assert_num_queries(CSV_STATEMENTS):
        lines(browser.get(CSV))


def test_answers_are_not_kept_by_shared_caches(browser: Client, market: UniverseRun) -> None:
    assert browser.get(LIST)["Cache-Control"] == "private, no-cache"
    assert browser.get(CSV)["Cache-Control"] == "private, no-cache"
