"""The API: the pages' rows, null for what is missing, the time machine, refusals, costs, and its documentation."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from rest_framework.test import APIClient

from portfolios.models import User
from sentiment_site.market import clock
from tests.themes.documents.conftest import NOON
from tests.themes.social.pages.world import (
    LATER,
    add_account,
    add_call,
    add_confluence,
    add_copies,
    add_outcome,
    add_pass,
    add_post,
    add_reading,
    add_stock,
)
from themes.models import Document
from universe.models import Instrument

pytestmark = pytest.mark.django_db
API = "/api/social/"


@pytest.fixture
def caller(db: None) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("program"))
    return client


def get(caller: APIClient, path: str, at: dt.datetime = LATER, **data: str) -> Any:
    with clock.frozen(at):
        return caller.get(API + path, data)


def test_symbols_are_the_board(caller: APIClient, acme: Instrument) -> None:
    empty = get(caller, "symbols/").json()
    assert (empty["count"], empty["as_of"], empty["results"]) == (0, None, [])
    add_pass()
    add_reading(acme, says={"twitter": 0.5, "news": -0.1})
    add_reading(add_stock("CALM"), says={}, mentions=3, expected=None)
    answer = get(caller, "symbols/").json()
    assert (answer["count"], answer["simulated"], answer["as_of"]) == (1, True, "2026-08-21T16:00:00Z")
    row = answer["results"][0]
    assert row["unified_sentiment"] == pytest.approx(0.2) and row["sentiment_level"] == "bullish"
    assert row["sources"] == {"twitter": 0.5, "reddit": None, "news": -0.1, "options": None}
    assert sum(row["source_breakdown"].values()) == pytest.approx(1)
    silent = get(caller, "symbols/", silent="yes", q="calm").json()["results"][0]
    assert (silent["unified_sentiment"], silent["expected_mentions"], silent["mention_z"]) == (None, None, None)
    page = get(caller, "symbols/", silent="yes", limit="1", sort="symbol").json()
    assert (page["count"], page["next_offset"], page["results"][0]["symbol"]) == (2, 1, "ACME")
    assert get(caller, "symbols/", silent="yes", limit="1", offset="1").json()["next_offset"] is None


def test_one_symbol_says_why_a_source_is_silent(caller: APIClient, acme: Instrument) -> None:
    add_pass()
    silent = get(caller, "symbols/ACME/").json()
    assert (silent["unified_sentiment"], silent["sentiment_level"], silent["total_mention_count"]) == (None, "", None)
    add_reading(acme)
    add_confluence(acme)
    answer = get(caller, "symbols/ACME/").json()
    sources = {one["source_name"]: one for one in answer["sources"]}
    assert sources["twitter"]["mention_count"] == 30 and sources["twitter"]["why"] == ""
    assert sources["reddit"]["score"] is None and "not connected" in sources["reddit"]["why"]
    assert sources["options"]["mention_count"] is None
    assert answer["confluence"]["confluence_score"] == 0.63
    assert get(caller, "symbols/NONE/").status_code == 404


def test_history_has_a_null_where_nobody_spoke(caller: APIClient, acme: Instrument) -> None:
    for hour in (0, 1):
        add_pass(NOON - dt.timedelta(hours=hour))
    add_reading(acme, says={"twitter": 0.3})
    rows = get(caller, "symbols/ACME/history/", span="1d").json()["results"]
    assert [row["unified_sentiment"] for row in rows] == [None, 0.3]
    assert rows[0]["sources"] == dict.fromkeys(("twitter", "reddit", "news", "options"))
    assert rows[1]["mentions_compared"] == 30 and rows[1]["expected_mentions"] == 10


def test_texts_are_paginated_and_deleted_ones_have_no_words(caller: APIClient, acme: Instrument) -> None:
    for minute in range(5):
        add_post(acme, f"words {minute}", minutes=minute + 1, account=add_account(f"a{minute}"))
    newest = Document.objects.order_by("-event_at").first()
    assert newest is not None
    Document.objects.filter(pk=newest.pk).update(removed_at=NOON, text="")
    answer = get(caller, "symbols/ACME/texts/", order="newest", limit="2").json()
    assert (answer["count"], answer["next_offset"], answer["counts"]["twitter"]) == (5, 2, 5)
    assert [(one["state"], one["text"]) for one in answer["results"]] == [("deleted", ""), ("here", "words 1")]
    assert answer["results"][1]["weight_parts"]["engagement"] == 2.0
    rest = get(caller, "symbols/ACME/texts/", order="newest", limit="2", offset="3").json()
    assert [one["text"] for one in rest["results"]] == ["words 3", "words 4"] and rest["next_offset"] is None


def test_accounts_with_their_records(caller: APIClient, acme: Instrument) -> None:
    account = add_account("one", calls=2, hits=1)
    add_post(acme, account=account)
    add_call(account, acme, day=1, hit=True)
    answer = get(caller, "influencers/").json()
    assert answer["count"] == 1 and answer["results"][0]["hit_rate"] == pytest.approx(0.5)
    assert get(caller, f"influencers/{account.pk}/").json()["followers"] == 5_000
    then = get(caller, f"influencers/{account.pk}/", as_of=LATER.isoformat()).json()
    assert (then["followers"], then["calls"], then["hits"]) == (None, 1, 1)
    assert get(caller, "influencers/0/").status_code == 404


def test_copies(caller: APIClient, acme: Instrument) -> None:
    add_copies(acme, [add_account(f"a{number}") for number in range(4)])
    answer = get(caller, "coordination/").json()
    assert (answer["count"], answer["results"][0]["copies"], answer["results"][0]["span_s"]) == (1, 4, 180.0)
    assert answer["results"][0]["stocks"] == [{"symbol": "ACME", "posts": 4}]
    assert get(caller, "coordination/", symbol="ACME", least="5").json()["results"] == []


def test_the_record_of_divergences(caller: APIClient, acme: Instrument) -> None:
    assert get(caller, "divergence-record/").json() == {"symbol": None, "baseline": 0.5, "results": []}
    add_outcome(acme, "news")
    add_outcome(acme, "", day=3, horizon=5)
    rows = get(caller, "divergence-record/", symbol="ACME").json()["results"]
    assert [(row["horizon"], row["n"], row["first_right"], row["share"], row["open"]) for row in rows] == [
        (1, 1, 0, 0.0, 0), (5, 0, 0, None, 1),
    ]  # fmt: skip
    assert rows[0]["low"] == 0.0 and rows[0]["high"] == pytest.approx(0.793, abs=0.001)
    then = get(caller, "divergence-record/", as_of=(NOON - dt.timedelta(days=30)).isoformat()).json()["results"]
    assert (then[0]["n"], then[0]["open"]) == (0, 1)


PATHS = ["symbols/", "symbols/ACME/", "symbols/ACME/history/", "symbols/ACME/texts/", "influencers/", "coordination/",
         "divergence-record/"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_misspelt_parameters_and_moments_are_refused(caller: APIClient, acme: Instrument, path: str) -> None:
    for asked in ({"asof": "2026-08-21"}, {"as_of": "then"}, {"page": "2"}):
        answer = get(caller, path, **asked)
        assert answer.status_code == 400 and list(answer.json()["error"]["fields"]) == list(asked)
    assert get(caller, path, as_of="2026-08-21").status_code == 200
    assert "private" in get(caller, path)["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("symbols/", {"level": "calm"}), ("symbols/", {"limit": "0"}), ("symbols/", {"limit": "501"}),
        ("symbols/", {"offset": "-1"}), ("symbols/ACME/history/", {"span": "2y"}),
        ("symbols/ACME/texts/", {"order": "age"}), ("influencers/", {"sort": "luck"}), ("coordination/", {"days": "9"}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(caller: APIClient, acme: Instrument, path: str, asked: dict[str, str]) -> None:
    answer = get(caller, path, **asked)
    assert answer.status_code == 400 and list(answer.json()["error"]["fields"]) == list(asked)


def test_lists_cost_the_same_however_long_they_are(caller: APIClient, django_assert_num_queries: Any) -> None:
    add_pass()
    budgets = {"symbols/": 4, "symbols/S0/texts/": 5, "influencers/": 4, "coordination/": 5, "divergence-record/": 1}
    for rows in (range(2), range(2, 7)):
        for number in rows:
            stock = add_stock(f"S{number}")
            add_reading(stock)
            add_copies(stock, [add_account(f"{number}-{one}") for one in range(3)])
            add_post(add_stock(f"T{number}"), kind="reddit", account=add_account(f"r{number}", "reddit"))
            add_outcome(stock)
        for path, budget in budgets.items():
            with django_assert_num_queries(budget):
                assert get(caller, path).status_code == 200


def test_it_is_documented_with_examples(caller: APIClient) -> None:
    schema = caller.get("/api/schema/", {"format": "json"}).json()
    one = ("symbols/{symbol}/", "symbols/{symbol}/history/", "symbols/{symbol}/texts/", "influencers/{id}/")
    for path in ("symbols/", *one, "influencers/", "coordination/", "divergence-record/"):
        described = schema["paths"][API + path]
        content = described["get"]["responses"]["200"]["content"]["application/json"]
        assert content["examples"], path
