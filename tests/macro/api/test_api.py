"""The API of the requirement: its names, its codes, its filters, its cache."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from macro import publish
from macro.charts.render import picture_key
from macro.models import MacroSentimentAnalysis, MacroSystemState, Permission, Regime
from portfolios.models import User
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock
from tests.macro.world import NOON, SLOT, add_analysis, add_opinion, add_reading

pytestmark = pytest.mark.django_db

API = "/api/macro-sentiment/"
LATER = NOON + dt.timedelta(minutes=90)
REQUIRED = {
    "overall_confidence": 71,
    "btc_trend_direction": "UP",
    "btc_trend_strength": 64,
    "alt_trend_direction": "DOWN",
    "alt_trend_strength": 22,
    "trade_permission": "ACTIVE",
    "market_regime": "BTC_SEASON",
    "last_updated": "2026-08-20T12:03:00Z",
    "next_update": "2026-08-20T16:00:00Z",
}


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs stay queued: nobody takes them."""
    monkeypatch.setattr("sentiment_site.jobs.services._send", lambda run: None)


def get(path: str, at: dt.datetime = LATER, client: Client | None = None, **headers: str) -> Any:
    with clock.frozen(at):
        return (client or Client()).get(API + path, headers=headers)


def staff() -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("operator", is_staff=True))
    return client


def test_status_has_the_names_of_the_requirement_and_needs_no_login() -> None:
    add_analysis(NOON)
    answer = get("status")
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in REQUIRED} == REQUIRED
    assert answer.json()["state"] == "LIVE" and answer.json()["age_s"] == 5400.0
    assert [each["name"] for each in answer.json()["charts"]] == ["price", "dominance", "strength"]
    assert get("status/").json()["seq"] == answer.json()["seq"]


def test_before_the_first_analysis_there_is_no_status() -> None:
    answer = get("status")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "There is no analysis yet."


def test_status_is_cached_until_a_new_analysis(django_assert_num_queries: Any) -> None:
    first = add_analysis(NOON - SLOT)
    assert get("status").json()["seq"] == first.pk
    MacroSentimentAnalysis.objects.filter(pk=first.pk).update(overall_confidence=1)
    with django_assert_num_queries(0):
        assert get("status").json()["overall_confidence"] == 71
    second = add_analysis(NOON, overall_confidence=33)
    with clock.frozen(LATER):
        publish._publish(second.pk)
    with django_assert_num_queries(1):
        assert get("status").json()["overall_confidence"] == 33


def test_age_and_next_update_are_never_cached() -> None:
    add_analysis(NOON)
    get("status")
    later = get("status", NOON + dt.timedelta(hours=9)).json()
    assert later["state"] == "STALE" and later["next_update"] == "2026-08-21T00:00:00Z"


def test_who_has_the_status_gets_304() -> None:
    add_analysis(NOON)
    etag = get("status")["ETag"]
    assert get("status", **{"If-None-Match": etag}).status_code == 304
    assert get("status", NOON + 3 * SLOT, **{"If-None-Match": etag}).status_code == 200


def test_status_as_of_an_earlier_moment() -> None:
    add_analysis(NOON - SLOT, trade_permission=Permission.NO_TRADE)
    add_analysis(NOON)
    earlier = get("status?as_of=2026-08-20T11:00:00Z").json()
    assert earlier["trade_permission"] == "NO_TRADE" and earlier["next_update"] == "2026-08-20T12:00:00Z"
    assert earlier["age_s"] == 3 * 3600.0
    assert get("status?as_of=2026-08-20T07:00:00Z").status_code == 404


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("status?as_of=then", "as_of"),
        ("status?asof=2026-08-20", "asof"),
        ("history?regime=SIDEWAYS", "regime"),
        ("history?permission=yes", "permission"),
        ("history?min_confidence=101", "min_confidence"),
        ("history?from=then", "from"),
        ("history?permision=ACTIVE", "permision"),
        ("system-health?verbose=1", "verbose"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(path: str, field: str) -> None:
    answer = get(path)
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


def test_history_is_filtered_and_paged() -> None:
    for n in range(6):
        add_analysis(
            NOON - n * SLOT,
            overall_confidence=10 * n,
            market_regime=Regime.BEAR_MARKET if n % 2 else Regime.BTC_SEASON,
            trade_permission=Permission.NO_TRADE if n % 2 else Permission.ACTIVE,
        )
    everything = get("history").json()
    assert [each["overall_confidence"] for each in everything["results"]] == [0, 10, 20, 30, 40, 50]
    assert [each["overall_confidence"] for each in get("history?regime=BEAR_MARKET").json()["results"]] == [10, 30, 50]
    narrow = get("history?permission=ACTIVE&min_confidence=20&from=2026-08-19T20:00:00Z").json()["results"]
    assert [each["overall_confidence"] for each in narrow] == [20, 40]
    assert [each["overall_confidence"] for each in get("history?as_of=2026-08-20T01:00Z").json()["results"]] == [
        30,
        40,
        50,
    ]
    first = get("history?limit=4").json()
    rest = get(first["next"].partition(API)[2]).json()
    assert [each["overall_confidence"] for each in rest["results"]] == [40, 50] and rest["next"] is None


def test_statements_of_the_history(django_assert_num_queries: Any) -> None:
    for n in range(20):
        add_analysis(NOON - n * SLOT)
    with django_assert_num_queries(2):  # the newest analysis' number, the page
        get("history")
    with django_assert_num_queries(0):
        get("history")
    with django_assert_num_queries(1):
        get("history?limit=5")


def test_a_new_analysis_is_in_the_history_at_once() -> None:
    add_analysis(NOON - SLOT)
    assert len(get("history").json()["results"]) == 1
    second = add_analysis(NOON)
    with clock.frozen(LATER):
        publish._publish(second.pk)
    assert len(get("history").json()["results"]) == 2


def test_the_opinion_comes_with_its_claims() -> None:
    assert get("opinion").status_code == 404
    analysis = add_analysis(NOON)
    add_opinion(analysis, state="failed", answer=None, claims=[], reason="overloaded", agrees=None)
    assert get("opinion").json()["reason"] == "overloaded"
    add_opinion(analysis)
    found = get("opinion").json()
    assert found["agrees"] is False and found["claims"][0]["verdict"] == "wrong"
    assert get("opinion?as_of=2026-08-20T12:03:05Z").status_code == 404


def test_only_staff_start_scans() -> None:
    assert Client().post(API + "scan").status_code == 401
    person = APIClient()
    person.force_authenticate(User.objects.create_user("person"))
    refused = person.post(API + "scan")
    assert refused.status_code == 403 and refused.json()["error"]["code"] == "permission_denied"
    answer = staff().post(API + "scan")
    assert answer.status_code == 202 and answer.json()["job_state"] == "queued"
    assert answer.json()["status_url"] == f"/jobs/{JobRun.objects.get(name='macro.scan').pk}/"


def test_a_second_bootstrap_is_a_conflict_unless_forced() -> None:
    operator = staff()
    assert operator.post(API + "bootstrap", {}, format="json").status_code == 202
    JobRun.objects.all().delete()
    MacroSystemState.objects.create(
        pk=1, bootstrap_completed=True, bootstrap_completed_at=NOON, updated_at=NOON, system_status="ACTIVE"
    )
    refused = operator.post(API + "bootstrap", {}, format="json")
    assert refused.status_code == 409 and refused.json()["error"]["code"] == "bootstrap_done"
    assert operator.post(API + "bootstrap", {"force": True}, format="json").status_code == 202


def test_system_health_says_how_it_is() -> None:
    empty = get("system-health").json()
    assert empty["system_status"] == "INITIALIZING" and empty["as_of"] is None and empty["data_state"] == "NO DATA"
    MacroSystemState.objects.create(
        pk=1,
        bootstrap_completed=True,
        bootstrap_completed_at=NOON - SLOT,
        consecutive_failures=3,
        last_failed_scan=NOON,
        last_failure="coingecko: HTTP 503",
        system_status="ERROR",
        updated_at=NOON,
    )
    add_reading(NOON - SLOT)
    answer = get("system-health").json()
    assert answer["system_status"] == "ERROR" and answer["consecutive_failures"] == 3
    assert answer["age_s"] == 5.5 * 3600 and answer["data_state"] == "AGEING"
    assert answer["scans"]["expected"] == 2 and answer["scans"]["missing"] == 1 and answer["scans"]["loss"] == 0.5
    gecko = next(each for each in answer["vendors"] if each["name"] == "coingecko")
    assert gecko["healthy"] is None and gecko["calls_left_today"] == 300


def test_statements_of_system_health(django_assert_num_queries: Any) -> None:
    add_reading(NOON)
    with django_assert_num_queries(5):  # state, reading, bootstrap, two of runs
        get("system-health")


def test_a_picture_over_the_api() -> None:
    row = add_analysis(NOON)
    cache.set(picture_key(row.chart_data_hash, "price"), b"\x89PNG drawn before")
    link = get("status").json()["charts"][0]["url"]
    answer = get(link.partition(API)[2], Accept="image/png")
    assert answer.status_code == 200 and answer["Content-Type"] == "image/png" and b"drawn before" in answer.content
    unchanged = get("charts/price.png", **{"If-None-Match": answer["ETag"]})
    assert unchanged.status_code == 304
    assert get("charts/none.png").status_code == 404


def test_strangers_are_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import AnonRateThrottle

    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "3/min"})
    add_analysis(NOON)
    codes = [Client().get(API + "status").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
