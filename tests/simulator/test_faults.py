"""Faults: every kind does what it says, applies where it should and as often as it should; over WSGI and a socket."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_site.market import clock
from tests.simulator.client import Client, Reply
from tests.simulator.conftest import NOON

ROOT = Path(__file__).resolve().parents[2]
DAILY = "/v2/aggs/ticker/IWM/range/1/day/2025-11-01/2025-12-02"
STATUS = "/v1/marketstatus/now"


def control(client: Client, method: str, body: Any = None) -> Reply:
    return client.ask(method, "/faults", json.dumps(body).encode() if body is not None else b"", HTTP_X_CONTROL="1")


@pytest.fixture
def faulty(client: Client, noon: clock.Frozen) -> Iterator[Client]:
    yield client
    assert control(client, "DELETE").json() == {"faults": []}


@pytest.mark.parametrize(
    ("kind", "vendor", "status", "content_type", "says"),
    [
        ("401", "polygon", 401, "application/json", '"error":"Unknown API Key"'),
        ("401", "fmp", 401, "application/json", '"Error Message":"Invalid API KEY.'),
        ("402", "fmp", 402, "text/plain; charset=utf-8", "Restricted Endpoint: "),
        ("403_not_entitled", "polygon", 403, "application/json", '"status":"NOT_AUTHORIZED"'),
        ("403_not_entitled", "polygon", 403, "application/json", '"message":"You are not entitled'),
        ("403_not_entitled", "fmp", 403, "application/json", "Legacy Endpoint : "),
        ("429", "polygon", 429, "application/json", "You've exceeded the maximum requests per minute"),
        ("429", "fmp", 429, "application/json", "Limit Reach . Please upgrade"),
        ("500", "polygon", 500, "application/json", '"status":"ERROR"'),
        ("503_html", "polygon", 503, "text/html; charset=utf-8", "<html>"),
        ("html_200", "fmp", 200, "text/html; charset=utf-8", "<!DOCTYPE html>"),
    ],
)
def test_refusals(faulty: Client, kind: str, vendor: str, status: int, content_type: str, says: str) -> None:
    control(faulty, "POST", {"vendor": vendor, "kind": kind})
    ask = faulty.polygon if vendor == "polygon" else faulty.fmp
    answer = ask(STATUS if vendor == "polygon" else "/stable/profile?symbol=IWM", HTTP_ACCEPT_ENCODING="gzip")
    assert (answer.status, answer.headers["Content-Type"]) == (status, content_type)
    assert says in answer.body.decode()
    assert answer.headers["X-Simulated"] == "sectorlight" and "Retry-After" not in answer.headers
    if kind == "403_not_entitled" and vendor == "polygon":
        assert "error" not in answer.json()


def test_retry_after(faulty: Client) -> None:
    control(faulty, "POST", {"vendor": "polygon", "kind": "429_retry_after", "delay_s": 7})
    answer = faulty.polygon(STATUS)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


def test_times_match_and_order(faulty: Client) -> None:
    control(faulty, "POST", {"vendor": "polygon", "match": "/v2/aggs", "kind": "500", "times": 2})
    control(faulty, "POST", {"vendor": "*", "match": "", "kind": "429", "times": 1})
    assert [fault["kind"] for fault in control(faulty, "GET").json()["faults"]] == ["500", "429"]
    statuses = [faulty.polygon(path).status for path in (DAILY, STATUS, STATUS, DAILY, DAILY)]
    assert statuses == [500, 429, 200, 500, 200]
    assert control(faulty, "GET").json() == {"faults": []}


def test_a_fault_stays_until_cleared_and_spares_the_other_vendor(faulty: Client) -> None:
    control(faulty, "POST", {"vendor": "fmp", "kind": "503_html"})
    assert [faulty.fmp("/stable/profile?symbol=IWM").status for _ in range(3)] == [503] * 3
    assert faulty.polygon(STATUS).status == 200
    control(faulty, "DELETE")
    assert faulty.fmp("/stable/profile?symbol=IWM").status == 200


def test_a_missing_key_meets_no_fault(faulty: Client) -> None:
    control(faulty, "POST", {"kind": "500", "times": 1})
    assert faulty.ask("GET", f"/polygon{STATUS}").status == 401
    assert len(control(faulty, "GET").json()["faults"]) == 1


def test_damaged_bodies(faulty: Client) -> None:
    whole = faulty.polygon(DAILY)
    for kind in ("truncated", "malformed"):
        control(faulty, "POST", {"kind": kind, "times": 1})
        answer = faulty.polygon(DAILY, HTTP_ACCEPT_ENCODING="gzip")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        assert answer.headers["Content-Length"] == str(len(answer.body))
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.body)
        assert answer.body[:6] in (whole.body[:6], whole.body[:6])
    assert answer.body != whole.body
    control(faulty, "POST", {"kind": "no_body", "times": 1})
    assert (faulty.polygon(DAILY).body, faulty.polygon(DAILY).body) == (b"", whole.body)


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        (DAILY, None),
        ("/v3/reference/tickers?limit=2", "results"),
        ("/v2/snapshot/locale/us/markets/stocks/tickers", "tickers"),
        ("/stocks/v1/short-interest", "results"),
        ("/v1/marketstatus/upcoming", ""),
    ],
)
def test_empty_keeps_the_envelope(faulty: Client, path: str, rows: str | None) -> None:
    control(faulty, "POST", {"kind": "empty", "times": 1})
    body = faulty.polygon(path).json()
    if rows == "":
        assert body == []
        return
    assert body["status"] in ("OK", "DELAYED") and "next_url" not in body
    assert body.get("count", 0) == 0 and body.get("resultsCount", 0) == 0
    assert ("results" not in body and "tickers" not in body) if rows is None else body[rows] == []


def test_stale_answers_as_of_earlier(faulty: Client, noon: clock.Frozen) -> None:
    noon.move_to(NOON - dt.timedelta(days=1))
    yesterday = faulty.polygon(DAILY).body
    noon.move_to(NOON)
    today = faulty.polygon(DAILY).body
    control(faulty, "POST", {"kind": "stale", "times": 1})
    assert faulty.polygon(DAILY).body == yesterday != today
    control(faulty, "POST", {"kind": "stale", "delay_s": 3600, "times": 1})
    body = faulty.polygon(STATUS).json()
    assert dt.datetime.fromisoformat(body["serverTime"]) == (NOON - dt.timedelta(hours=1)).replace(microsecond=0)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ([], "JSON object"),
        ({"kind": "earthquake"}, "kind must be one of"),
        ({"kind": "500", "vendor": "sec"}, "vendor must be one of"),
        ({"kind": "500", "times": 0}, "times"),
        ({"kind": "500", "times": True}, "times"),
        ({"kind": "slow", "delay_s": -1}, "delay_s"),
        ({"kind": "slow", "delay_s": "5"}, "delay_s"),
        ({"kind": "500", "path": "/x"}, "unknown: path"),
    ],
)
def test_impossible_faults_are_refused(faulty: Client, asked: Any, says: str) -> None:
    answer = control(faulty, "POST", asked)
    assert answer.status == 400 and says in answer.json()["error"]
    assert control(faulty, "GET").json() == {"faults": []}


def test_control_needs_its_header_and_methods(faulty: Client) -> None:
    assert faulty.ask("GET", "/faults").status == 403
    assert faulty.ask("DELETE", "/faults", HTTP_X_CONTROL="yes").status == 403
    assert control(faulty, "PUT", {}).status == 405
    assert faulty.ask("POST", "/faults", b"not json", HTTP_X_CONTROL="1").status == 400
    assert control(faulty, "POST", {"kind": "500"}).status == 201


def test_waiting_kinds_in_process(faulty: Client) -> None:
    control(faulty, "POST", {"kind": "timeout", "delay_s": 0.05, "times": 1})
    assert faulty.polygon(STATUS).status == 504
    control(faulty, "POST", {"kind": "slow", "delay_s": 0.1, "times": 1})
    started = time.perf_counter()
    assert faulty.polygon(STATUS).json()["market"] == "open"
    assert time.perf_counter() - started > 0.08
