"""The universe's JSON: permissions, filters, the time machine, refusals by name, budgets, schema."""

from typing import Any

import pytest
from django.test import Client

from portfolios.models import User
from tests.universe.market import known_at
from universe.models import UniverseRun

pytestmark = pytest.mark.django_db

STOCKS, RUNS, CHANGES = "/api/universe/stocks/", "/api/universe/runs/", "/api/universe/changes/"
# user, run, count, rows; the session comes from the cache
STATEMENTS = 4


@pytest.fixture
def api(client: Client, trader: User, settings: Any) -> Client:
    settings.SECURE_SSL_REDIRECT = False
    client.force_login(trader)
    return client


@pytest.mark.parametrize("address", [STOCKS, f"{STOCKS}SOUN/", RUNS, CHANGES])
def test_strangers_are_refused(client: Client, settings: Any, address: str) -> None:
    settings.SECURE_SSL_REDIRECT = False
    response = client.get(address)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert response.json()["error"]["code"] == "not_authenticated"


def test_before_the_first_run(api: Client) -> None:
    assert api.get(STOCKS).json() == {"count": 0, "next": None, "previous": None, "results": []}
    assert api.get(RUNS).json()["count"] == 0
    assert api.get(CHANGES).json()["count"] == 0
    assert api.get(f"{STOCKS}SOUN/").status_code == 404


def test_stocks_with_the_figures_they_were_screened_by(api: Client, market: UniverseRun) -> None:
    body = api.get(STOCKS).json()
    assert [row["symbol"] for row in body["results"]] == ["ALPHA", "BETA", "GAMMA", "JOIN"]
    assert body["results"][0] == {
        "symbol": "ALPHA",
        "name": "ALPHA Inc. Common Stock",
        "exchange": "XNAS",
        "type": "CS",
        "eligible": True,
        "reason": "eligible",
        "reason_title": "meets every rule",
        "sector": "technology",
        "sector_confidence": 1.0,
        "tier": "small",
        "price": 10.0,
        "market_cap": 500_000_000.0,
        "cap_estimated": True,
        "average_volume": 2_000_000.0,
        "free_float": 30_000_000.0,
        "float_estimated": False,
        "short_percent": 10.0,
        "gap_frequency": pytest.approx(12 / 59),
        "change": "",
        "change_cause": "",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("eligible=no&sort=symbol", ["LEAVE", "PREF", "THIN"]),
        ("cap_max=200M", ["BETA"]),
        ("sort=-price&limit=2", ["BETA", "ALPHA"]),
        ("sort=-price&limit=2&offset=2", ["GAMMA", "JOIN"]),
        ("as_of=2026-08-21T10:00&sort=symbol", ["ALPHA", "BETA", "GAMMA", "LEAVE"]),
        ("reason=type_not_screened", ["PREF"]),
        ("as_of=2026-08-03", []),
    ],
)
def test_filter_sort_page_and_time_machine(api: Client, market: UniverseRun, query: str, expected: list[str]) -> None:
    assert [row["symbol"] for row in api.get(f"{STOCKS}?{query}").json()["results"]] == expected


@pytest.mark.parametrize(
    ("address", "name", "value"),
    [
        (STOCKS, "sort", "colour"),
        (STOCKS, "cap_min", "lots"),
        (STOCKS, "as_of", "never"),
        (STOCKS, "limit", "ten"),
        (STOCKS, "offset", "-1"),
        (STOCKS, "sektor", "energy"),
        (STOCKS, "page", "2"),
        (f"{STOCKS}ALPHA/", "sort", "price"),
        (f"{STOCKS}ALPHA/", "as_of", "never"),
        (RUNS, "as_of", "never"),
        (RUNS, "tier", "micro"),
        (CHANGES, "run", "abc"),
        (CHANGES, "as_of", "never"),
    ],
)
def test_a_wrong_parameter_is_a_400_that_names_it(
    api: Client, market: UniverseRun, address: str, name: str, value: str
) -> None:
    response = api.get(address, {name: value})
    assert response.status_code == 400
    error = response.json()["error"]
    assert list(error["fields"]) == [name]
    assert error["fields"][name][0]


def test_one_stock_with_evidence_and_run(api: Client, market: UniverseRun) -> None:
    body = api.get(f"{STOCKS}BETA/").json()
    assert body["sector"] == "healthcare"
    assert body["evidence"] == [
        {"source": "vendor sector", "says": "Healthcare", "weight": 0.5, "sector": "healthcare", "mapped": False},
        {"source": "SIC code", "says": "2834", "weight": 0.3, "sector": "healthcare", "mapped": False},
    ]
    assert (body["run"]["id"], body["run"]["session"]) == (market.pk, "2026-08-21")
    assert api.get(f"{STOCKS}beta/").status_code == 404
    assert api.get(f"{STOCKS}BETA/?as_of=2026-08-21T10:00").json()["run"]["session"] == "2026-08-20"
    assert api.get(f"{STOCKS}BETA/?as_of=2026-08-03").status_code == 404


def test_a_stock_never_classified_has_no_evidence(api: Client, market: UniverseRun) -> None:
    from universe.models import Classification

    Classification.objects.all().delete()
    assert api.get(f"{STOCKS}BETA/").json()["evidence"] == []


def test_runs_with_their_funnel(api: Client, market: UniverseRun) -> None:
    body = api.get(RUNS).json()
    assert [run["session"] for run in body["results"]] == ["2026-08-21", "2026-08-20"]
    newest = body["results"][0]
    assert (newest["profile"], newest["profile_version"], newest["members"]) == ("strict", 1, 4)
    assert (newest["simulated"], newest["sources"]) == (False, ["test file"])
    assert newest["as_of"] == "2026-08-21T20:00:00Z"
    assert newest["stages"][2] == {"name": "type", "left": 6, "out": {"type_not_screened": 1}, "joined": 0}
    known = api.get(RUNS, {"as_of": known_at(1).isoformat()}).json()
    assert [run["session"] for run in known["results"]] == ["2026-08-20"]


def test_changes_of_the_newest_or_a_named_run(api: Client, market: UniverseRun) -> None:
    assert api.get(CHANGES).json()["results"] == [
        {
            "symbol": "JOIN",
            "name": "JOIN Inc. Common Stock",
            "sector": "consumer_discretionary",
            "change": "joined",
            "cause": "price 2.5 >= 2",
            "reason": "eligible",
        },
        {
            "symbol": "LEAVE",
            "name": "LEAVE Inc. Common Stock",
            "sector": "technology",
            "change": "left",
            "cause": "price 1.87 < 2",
            "reason": "price_low",
        },
    ]
    older = UniverseRun.objects.exclude(pk=market.pk).get()
    assert api.get(CHANGES, {"run": older.pk}).json()["count"] == 0
    assert api.get(CHANGES, {"run": market.pk, "as_of": "2026-08-21T10:00"}).status_code == 404


def test_budgets(api: Client, market: UniverseRun, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(STATEMENTS):
        api.get(f"{STOCKS}?eligible=all")
    with django_assert_num_queries(STATEMENTS - 1):
        api.get(RUNS)
    with django_assert_num_queries(STATEMENTS):
        api.get(CHANGES)
    with django_assert_num_queries(STATEMENTS):
        api.get(f"{STOCKS}BETA/")


def test_pages_are_bounded_and_private(api: Client, market: UniverseRun) -> None:
    response = api.get(f"{STOCKS}?limit=999999&eligible=all")
    assert len(response.json()["results"]) == 7
    assert response["Cache-Control"] == "private, no-cache"
    assert api.post(STOCKS).status_code == 405


def test_the_schema_describes_every_address() -> None:
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator(urlconf="universe.api_urls").get_schema(public=True)
    assert set(schema["paths"]) == {
        "/stocks/",
        "/stocks/{symbol}/",
        "/stocks/{symbol}/catalysts/",
        "/runs/",
        "/changes/",
    }
    parameters = {each["name"] for each in schema["paths"]["/stocks/"]["get"]["parameters"]}
    assert {"q", "sector", "cap_min", "float_max", "sort", "as_of", "limit", "offset"} <= parameters
    assert schema["paths"]["/stocks/"]["get"]["responses"]["200"]["content"]["application/json"]["examples"]
