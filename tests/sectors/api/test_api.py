"""The JSON API: the same lights as the pages, with their evidence; the time machine; starting a run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from portfolios.models import User
from sectors import runs, selectors
from sectors.models import SectorReading, SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTORS
from tests.factories import ALL_SYMBOLS, Market
from tests.sectors.conftest import HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

GRID, RUNS = "/api/sectors/", "/api/sectors/runs/"
TECH, HISTORY = "/api/sectors/technology/", "/api/sectors/technology/history/"
USER = 1
EVIDENCE = {
    "as_of": "2026-08-21T14:30:00Z",
    "recorded_at": "2026-08-21T14:31:00Z",
    "simulated": False,
    "delay_s": 0,
    "sources": ["polygon"],
}


@pytest.fixture
def newer(market: Market, published: SectorRun, django_capture_on_commit_callbacks: Any) -> SectorRun:
    """A second light half an hour later."""
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    with clock.frozen(TEN + timedelta(minutes=61)), django_capture_on_commit_callbacks(execute=True):
        return analyse()


def evidence_of(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in EVIDENCE}


def test_addresses() -> None:
    assert reverse("sectors_api:grid") == GRID
    assert reverse("sectors_api:run", args=[3]) == "/api/sectors/runs/3/"
    assert reverse("sectors_api:history", args=["energy"]) == "/api/sectors/energy/history/"


def test_the_grid_says_what_the_cards_say(trading: Client, published: SectorRun) -> None:
    answer = trading.get(GRID)
    data = answer.json()
    grid = selectors.get_grid()
    assert grid is not None
    assert answer["Cache-Control"] == "private, no-cache"
    assert evidence_of(data) == EVIDENCE
    assert (data["seq"], data["members"], data["fresh"], data["trigger"]) == (published.pk, 40, 40, "manual")
    assert [light["sector"] for light in data["sectors"]] == [sector.key for sector in SECTORS]
    for light, card in zip(data["sectors"], grid.cards, strict=True):
        assert light["score"] == float(card.score or 0)
        assert (light["colour"], light["verb"], light["label"]) == (card.colour, card.verb, card.label)
        assert [cell["value"] for cell in light["timeframes"]] == [1.0, 1.0, 1.0, 1.0]
        assert light["timeframes"][0]["dot"] == "green"


def test_one_sector_with_every_factor(trading: Client, published: SectorRun) -> None:
    data = trading.get(TECH).json()
    stored = published.readings.get(formula="v1", sector="technology")
    assert evidence_of(data) == EVIDENCE
    assert data["factors"] == stored.factors
    assert data["light"]["score"] == float(stored.score or 0)


def test_a_sector_without_a_row_has_no_factors(trading: Client, published: SectorRun) -> None:
    published.readings.filter(sector="technology").delete()
    data = trading.get(TECH).json()
    assert (data["light"]["status"], data["factors"]) == ("no_data", {})


def test_missing_values_are_null(trading: Client, published: SectorRun) -> None:
    published.readings.filter(sector="technology").update(score=None, performance_1day=None, confidence=None)
    light = trading.get(TECH).json()["light"]
    assert (light["score"], light["confidence"], light["timeframes"][1]["value"]) == (None, None, None)


@pytest.mark.parametrize("address", [GRID, TECH])
def test_as_of_answers_what_was_known(trading: Client, published: SectorRun, newer: SectorRun, address: str) -> None:
    assert trading.get(address).json()["seq"] == newer.pk
    assert trading.get(address, {"as_of": "2026-08-21T10:31"}).json()["seq"] == published.pk
    assert trading.get(address, {"as_of": "2026-08-21T10:30"}).status_code == 404


def test_history_is_newest_first_with_evidence_in_every_row(
    trading: Client, published: SectorRun, newer: SectorRun
) -> None:
    page = trading.get(HISTORY).json()
    assert [row["seq"] for row in page["results"]] == [newer.pk, published.pk]
    assert evidence_of(page["results"][1]) == EVIDENCE
    assert page["results"][1]["performance_1day"] == 1.0
    assert (page["next"], page["previous"]) == (None, None)


def test_history_is_bounded_by_from_to_and_as_of(trading: Client, published: SectorRun, newer: SectorRun) -> None:
    def seqs(**query: str) -> list[int]:
        return [row["seq"] for row in trading.get(HISTORY, query).json()["results"]]

    assert seqs(**{"from": "2026-08-21T11:00"}) == [newer.pk]
    assert seqs(to="2026-08-21T10:30") == [published.pk]
    assert seqs(to="2026-08-21T10:29") == []
    assert seqs(**{"from": "2026-08-21T10:30", "to": "2026-08-21T11:00"}) == [newer.pk, published.pk]
    assert seqs(as_of="2026-08-21T10:40") == [published.pk]


def test_history_is_paginated_and_no_page_costs_more(
    trading: Client, published: SectorRun, newer: SectorRun, django_assert_num_queries: Any
) -> None:
    trading.get(HISTORY)
    with django_assert_num_queries(USER + 1):
        first = trading.get(HISTORY, {"limit": 1}).json()
    assert [row["seq"] for row in first["results"]] == [newer.pk]
    with django_assert_num_queries(USER + 1):
        second = trading.get(first["next"]).json()
    assert [row["seq"] for row in second["results"]] == [published.pk]
    assert trading.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize(("address", "queries"), [(GRID, 0), (TECH, 0), (HISTORY, 1), (RUNS, 1)])
def test_query_budgets(trading: Client, address: str, queries: int, django_assert_num_queries: Any) -> None:
    trading.get(address)
    with django_assert_num_queries(USER + queries):
        assert trading.get(address).status_code == 200


def test_published_runs_are_listed_with_the_job_that_made_them(
    trading: Client, published: SectorRun, newer: SectorRun
) -> None:
    SectorRun.objects.filter(pk=newer.pk).update(job_run_id=77)
    rows = trading.get(RUNS).json()["results"]
    assert [row["seq"] for row in rows] == [newer.pk, published.pk]
    assert evidence_of(rows[1]) == EVIDENCE
    assert [row["status_url"] for row in rows] == ["http://testserver/api/sectors/runs/77/", None]
    known = trading.get(RUNS, {"as_of": "2026-08-21T10:31"}).json()["results"]
    assert [row["seq"] for row in known] == [published.pk]


def test_starting_a_run_answers_202_with_its_address(trading: Client, trader: Any) -> None:
    answer = trading.post(RUNS)
    run = JobRun.objects.get()
    address = f"http://testserver/api/sectors/runs/{run.pk}/"
    assert (answer.status_code, answer["Location"]) == (202, address)
    assert answer.json()["url"] == address
    assert (answer.json()["status"], answer.json()["published"]) == ("queued", None)
    assert (run.name, run.trigger, run.requested_by) == (runs.ANALYSE, "manual", trader)
    assert trading.post(RUNS)["Location"] == address
    assert JobRun.objects.count() == 1


def test_the_status_of_a_run_and_what_it_published(trading: Client, published: SectorRun) -> None:
    now = clock.wall()
    job = JobRun.objects.create(
        name=runs.ANALYSE, trigger="page", status="done", percent=100, queued_at=now, finished_at=now
    )
    SectorRun.objects.filter(pk=published.pk).update(job_run_id=job.pk)
    data = trading.get(f"{RUNS}{job.pk}/").json()
    assert (data["id"], data["status"], data["percent"]) == (job.pk, "done", 100)
    assert evidence_of(data["published"]) == EVIDENCE
    assert data["published"]["seq"] == published.pk


def test_a_failed_run_says_whose_fault_it_was(trading: Client) -> None:
    now = clock.wall()
    job = JobRun.objects.create(
        name=runs.ANALYSE, trigger="page", status="failed", reason="polygon: 429", queued_at=now, finished_at=now
    )
    data = trading.get(f"{RUNS}{job.pk}/").json()
    assert (data["status"], data["reason"], data["published"]) == ("failed", "polygon: 429", None)


def test_other_jobs_are_not_shown_here(trading: Client) -> None:
    other = JobRun.objects.create(name="universe.refresh", trigger="page", queued_at=clock.wall())
    assert trading.get(f"{RUNS}{other.pk}/").status_code == 404
    assert trading.get(f"{RUNS}999999/").status_code == 404


@pytest.mark.parametrize("address", ["/api/sectors/banks/", "/api/sectors/banks/history/"])
def test_an_unknown_sector_is_not_found_and_the_known_are_named(
    trading: Client, published: SectorRun, address: str
) -> None:
    answer = trading.get(address)
    assert answer.status_code == 404
    assert "technology" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("address", "name"), [(GRID, "as_of"), (TECH, "as_of"), (HISTORY, "from"), (HISTORY, "to"), (RUNS, "as_of")]
)
def test_a_bad_moment_names_its_parameter(trading: Client, address: str, name: str) -> None:
    answer = trading.get(address, {name: "soon"})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [name]


def test_before_the_first_run_there_is_no_grid(trading: Client) -> None:
    answer = trading.get(GRID)
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "No analysis had been published.")
    assert trading.get(HISTORY).json()["results"] == []


@pytest.mark.parametrize("address", [GRID, TECH, HISTORY, RUNS, f"{RUNS}1/"])
def test_visitors_are_refused(client: Client, address: str) -> None:
    assert client.get(address).status_code == 401


def test_visitors_and_pages_of_others_start_nothing(client: Client, trader: Any) -> None:
    assert client.post(RUNS).status_code == 401
    strict = APIClient(enforce_csrf_checks=True)
    strict.force_login(trader)
    assert strict.post(RUNS).status_code == 403
    assert not JobRun.objects.exists()


def test_a_token_is_as_good_as_a_session(client: Client, trader: User, published: SectorRun) -> None:
    asked = {"username": "trader", "password": "correct horse"}
    pair = client.post("/api/auth/token/", asked, content_type="application/json").json()
    bearer = {"Authorization": f"Bearer {pair['access']}"}
    assert APIClient().get(GRID, headers=bearer).json()["seq"] == published.pk
    assert APIClient().get(GRID).status_code == 401


def test_accounts_are_throttled(trading: Client, published: SectorRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    assert [trading.get(GRID).status_code for _ in range(3)] == [200, 200, 429]


def test_the_schema_describes_every_address_with_examples() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    paths = {path: set(item) for path, item in schema["paths"].items() if path.startswith("/api/sectors/")}
    assert paths == {
        "/api/sectors/": {"get"},
        "/api/sectors/runs/": {"get", "post"},
        "/api/sectors/runs/{job_run_id}/": {"get", "delete"},
        "/api/sectors/movers/": {"get"},
        "/api/sectors/freshness/": {"get"},
        "/api/sectors/{sector}/": {"get"},
        "/api/sectors/{sector}/history/": {"get"},
        "/api/sectors/{sector}/explain/": {"get"},
        "/api/sectors/{sector}/stocks/": {"get"},
        "/api/sectors/{sector}/stocks/{symbol}/": {"get"},
    }
    for path, methods in paths.items():
        for method in methods:
            answers = schema["paths"][path][method]["responses"]
            ok = answers.get("200") or answers["202"]
            assert ok["content"]["application/json"]["examples"], (method, path)
        parameters = {each["name"] for each in schema["paths"][path]["get"].get("parameters", ())}
        assert "as_of" in parameters or path in ("/api/sectors/freshness/", "/api/sectors/runs/{job_run_id}/")
    evidence = schema["components"]["schemas"]["Grid"]["properties"]
    assert set(EVIDENCE) <= set(evidence)
    assert set(EVIDENCE) <= set(schema["components"]["schemas"]["Reading"]["properties"])
    assert SectorReading._meta.get_field("score").null
