"""Faults: every kind does what it says, applies where it should and as often as it should; over WSGI and a socket."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from sentiment_site.market import clock
from sentiment_site.simulator.faults import rows
from sentiment_site.simulator.faults.skew import skew
from sentiment_site.simulator.wire import Answer, Request
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
        ({"kind": "split_without_notice"}, "symbol"),
        ({"kind": "split_without_notice", "symbol": 3}, "symbol"),
        ({"kind": "split_without_notice", "symbol": "IWM", "ratio": 0}, "ratio"),
        ({"kind": "slow", "delay_s": float("inf")}, "delay_s"),
        ({"kind": "stale", "delay_s": 1e18}, "delay_s"),
        ({"kind": ["500"]}, "kind must be one of"),
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


@pytest.mark.parametrize(
    ("url", "content_type", "says"),
    [
        ("/polygon/v1/marketstatus/now", "application/json", '"status":"NOT_FOUND"'),
        ("/fmp/stable/profile?symbol=IWM&apikey=k", "application/json", '"Error Message"'),
        ("/coingecko/api/v3/global", "application/json", '"error":"coin not found"'),
        ("/edgar/files/company_tickers.json", "text/html; charset=utf-8", "<html>"),
    ],
)
def test_not_found_in_the_vendors_shape(faulty: Client, url: str, content_type: str, says: str) -> None:
    control(faulty, "POST", {"kind": "404", "times": 1})
    answer = faulty.ask("GET", url, HTTP_AUTHORIZATION="Bearer k", HTTP_USER_AGENT="Test/1.0 test@example.com",
                        HTTP_X_CG_DEMO_API_KEY="k")  # fmt: skip
    assert (answer.status, answer.headers["Content-Type"]) == (404, content_type)
    assert says in answer.body.decode()


def test_overloaded(faulty: Client) -> None:
    control(faulty, "POST", {"vendor": "anthropic", "kind": "529", "times": 2})
    for _ in range(2):
        answer = faulty.ask("POST", "/anthropic/v1/messages", b"{}", HTTP_X_API_KEY="k",
                            HTTP_ANTHROPIC_VERSION="2023-06-01", CONTENT_TYPE="application/json")  # fmt: skip
        assert answer.status == 529
        body = answer.json()
        assert body["type"] == "error" and body["request_id"].startswith("req_")
        assert body["error"] == {"type": "overloaded_error", "message": "Overloaded"}


def test_a_connection_that_breaks_promises_the_whole_body(faulty: Client) -> None:
    whole = faulty.polygon(DAILY).body
    control(faulty, "POST", {"kind": "connection_reset", "times": 1})
    answer = faulty.polygon(DAILY)
    assert answer.headers["Content-Length"] == str(len(whole)) and answer.body == whole[: len(whole) // 2]


@pytest.mark.parametrize(
    ("path", "name", "identity"),
    [
        (DAILY, "results", "t"),
        ("/v3/reference/tickers?limit=40", "results", "ticker"),
        ("/v2/snapshot/locale/us/markets/stocks/tickers", "tickers", "ticker"),
        ("/v3/snapshot/options/IWM?limit=50", "results", "open_interest"),
    ],
)
def test_rows_twice_and_out_of_order(faulty: Client, path: str, name: str, identity: str) -> None:
    whole = faulty.polygon(path).json()
    control(faulty, "POST", {"kind": "duplicated_rows", "times": 1})
    doubled = faulty.polygon(path).json()
    count = len(whole[name])
    assert len(doubled[name]) == count + -(-count // 3)
    assert [row for place, row in enumerate(doubled[name]) if place % 4 != 1] == whole[name]
    assert doubled[name][0] == doubled[name][1]
    if "count" in whole:
        assert doubled["count"] == len(doubled[name])
    control(faulty, "POST", {"kind": "out_of_order", "times": 2})
    mixed, again = faulty.polygon(path), faulty.polygon(path)
    assert mixed.body == again.body
    rows_of = [mixed.json()[name], whole[name]]
    assert rows_of[0] != rows_of[1] and rows_of[0][0] != rows_of[1][0]
    key = json.dumps
    assert sorted(rows_of[0], key=key) == sorted(rows_of[1], key=key)
    assert {**mixed.json(), name: []} == {**whole, name: []}


def edited(body: bytes, content_type: str, edit: rows.Edit) -> bytes:
    return rows.edit_rows(Answer(200, body, content_type), edit).body


FEED = (b'<?xml version="1.0"?><feed><title>T</title>\n<entry><id>1</id></entry>\n<entry><id>2</id></entry>\n'
        b"<entry><id>3</id></entry>\n</feed>")  # fmt: skip
RSS = b"<rss><channel><title>T</title><item><guid>1</guid></item><item><guid>2</guid></item></channel></rss>"
CSV = b"Halt Date,Symbol\n2025-12-01,A\n2025-12-01,B\n"
PAGE = b"<html><body><table><tr><th>Form</th></tr><tr><td>8-K</td></tr><tr><td>4</td></tr></table></body></html>"


@pytest.mark.parametrize(
    ("body", "content_type", "empty", "twice", "mixed"),
    [
        (FEED, "application/atom+xml; charset=ISO-8859-1",
         b'<?xml version="1.0"?><feed><title>T</title>\n</feed>', b"1 1 2 3", b"3"),
        (RSS, "application/rss+xml", b"<rss><channel><title>T</title></channel></rss>", b"1 1 2", b"2 1"),
        (CSV, "text/csv", b"Halt Date,Symbol\n", b"A A B", b"B A"),
        (PAGE, "text/html", b"<html><body><table><tr><th>Form</th></tr></table></body></html>", b"8-K 8-K 4", b"4 8-K"),
        (b"<html><body class='a'><p>Item 1.01</p></body></html>", "text/html",
         b"<html><body class='a'></body></html>", b"", b""),
    ],
)  # fmt: skip
def test_rows_of_feeds_tables_and_pages(
    body: bytes, content_type: str, empty: bytes, twice: bytes, mixed: bytes
) -> None:
    assert edited(body, content_type, rows.none) == empty
    texts = re.compile(rb"(?:<id>|<guid>|<td>|-01,)([^<\n]+)")
    assert b" ".join(texts.findall(edited(body, content_type, rows.twice))) == twice
    shuffled = edited(body, content_type, rows.shuffled)
    assert b" ".join(texts.findall(shuffled)).startswith(mixed) and len(shuffled) == len(body)


@pytest.mark.parametrize(
    ("value", "empty", "doubled"),
    [
        # Reddit
        ({"kind": "Listing", "data": {"after": "t3_b", "dist": 2, "children": [1, 2]}},
         {"kind": "Listing", "data": {"after": None, "dist": 0, "children": []}},
         {"kind": "Listing", "data": {"after": "t3_b", "dist": 3, "children": [1, 1, 2]}}),
        # X: without hits there is no data
        ({"data": [{"id": "1"}], "includes": {"users": []}, "meta": {"result_count": 1, "newest_id": "1"}},
         {"meta": {"result_count": 0}},
         {"data": [{"id": "1"}] * 2, "includes": {"users": []}, "meta": {"result_count": 2, "newest_id": "1"}}),
        # EDGAR: full-text search, columnar submissions, tickers under numbers
        ({"hits": {"total": {"value": 900}, "hits": [1, 2]}}, {"hits": {"total": {"value": 0}, "hits": []}},
         {"hits": {"total": {"value": 900}, "hits": [1, 1, 2]}}),
        ({"cik": "1", "filings": {"recent": {"form": ["8-K", "4"], "size": [9, 8]}, "files": []}},
         {"cik": "1", "filings": {"recent": {"form": [], "size": []}, "files": []}},
         {"cik": "1", "filings": {"recent": {"form": ["8-K", "8-K", "4"], "size": [9, 9, 8]}, "files": []}}),
        ({"0": {"ticker": "A"}, "1": {"ticker": "B"}}, {},
         {"0": {"ticker": "A"}, "1": {"ticker": "A"}, "2": {"ticker": "B"}}),
        # CoinGecko's charts, alternative.me, Anthropic
        ({"prices": [[1, 2]], "market_caps": [[1, 3]], "total_volumes": []},
         {"prices": [], "market_caps": [], "total_volumes": []},
         {"prices": [[1, 2], [1, 2]], "market_caps": [[1, 3], [1, 3]], "total_volumes": []}),
        ({"name": "Fear and Greed Index", "data": [{"value": "40"}], "metadata": {"error": None}},
         {"name": "Fear and Greed Index", "data": [], "metadata": {"error": None}},
         {"name": "Fear and Greed Index", "data": [{"value": "40"}] * 2, "metadata": {"error": None}}),
        ({"type": "message", "content": [{"type": "text"}]}, {"type": "message", "content": []},
         {"type": "message", "content": [{"type": "text"}] * 2}),
        # nothing that could be a row
        ({"data": {"markets": 3}}, {"data": {"markets": 3}}, {"data": {"markets": 3}}),
        ({"error": "no"}, {"error": "no"}, {"error": "no"}),
    ],
)  # fmt: skip
def test_rows_in_every_vendors_envelope(value: Any, empty: Any, doubled: Any) -> None:
    body = json.dumps(value).encode()
    assert json.loads(edited(body, "application/json; charset=UTF-8", rows.none)) == empty
    assert json.loads(edited(body, "application/json", rows.twice)) == doubled


def test_other_vendors_meet_them_too(faulty: Client) -> None:
    url = "/coingecko/api/v3/coins/bitcoin/market_chart?vs_currency=usd&days=30"
    ask = {"HTTP_X_CG_DEMO_API_KEY": "k"}
    whole = faulty.ask("GET", url, **ask).json()
    control(faulty, "POST", {"vendor": "coingecko", "kind": "empty", "times": 1})
    assert faulty.ask("GET", url, **ask).json() == {"prices": [], "market_caps": [], "total_volumes": []}
    control(faulty, "POST", {"vendor": "coingecko", "kind": "clock_skew", "delay_s": 90, "times": 1})
    moved = faulty.ask("GET", url, **ask).json()
    assert [row[0] for row in moved["prices"]] == [row[0] + 90_000 for row in whole["prices"]]
    assert [row[1] for row in moved["prices"]] == [row[1] for row in whole["prices"]]
    fear = faulty.ask("GET", "/alternative/fng/?limit=2").json()["data"]
    control(faulty, "POST", {"vendor": "alternative", "kind": "clock_skew", "delay_s": 60, "times": 1})
    later = faulty.ask("GET", "/alternative/fng/?limit=2").json()["data"]
    assert [int(row["timestamp"]) - int(old["timestamp"]) for row, old in zip(later, fear, strict=True)] == [60, 60]
    assert [row["value"] for row in later] == [row["value"] for row in fear]


def test_a_clock_that_is_ahead(faulty: Client) -> None:
    snapshot = "/v2/snapshot/locale/us/markets/stocks/tickers/IWM"
    status, row = faulty.polygon(STATUS).json(), faulty.polygon(snapshot).json()["ticker"]
    control(faulty, "POST", {"kind": "clock_skew", "delay_s": 420, "times": 2})
    answer = faulty.polygon(STATUS)
    ahead = dt.timedelta(minutes=7)
    moments = [dt.datetime.fromisoformat(body["serverTime"]) for body in (answer.json(), status)]
    assert moments[0] - moments[1] == ahead
    date = parsedate_to_datetime(answer.headers["Date"])
    assert date == (NOON + ahead).replace(microsecond=0) and answer.headers["Date"].endswith("GMT")
    moved = faulty.polygon(snapshot).json()["ticker"]
    assert moved["updated"] - row["updated"] == 420 * 10**9 and moved["min"]["t"] - row["min"]["t"] == 420_000
    assert {**moved["min"], "t": 0} == {**row["min"], "t": 0} and moved["day"] == row["day"]
    assert "Date" not in faulty.polygon(STATUS).headers


@pytest.mark.parametrize(
    ("body", "moved"),
    [
        (b"<entry><updated>2025-12-02T12:00:00-05:00</updated></entry>",
         b"<entry><updated>2025-12-02T12:05:00-05:00</updated></entry>"),
        (b"<item><pubDate>Tue, 02 Dec 2025 23:58:00 GMT</pubDate></item>",
         b"<item><pubDate>Wed, 03 Dec 2025 00:03:00 GMT</pubDate></item>"),
        (b"<item><pubDate>some time ago</pubDate></item>", b"<item><pubDate>some time ago</pubDate></item>"),
    ],
)  # fmt: skip
def test_feeds_of_a_clock_that_is_ahead(body: bytes, moved: bytes) -> None:
    request = Request("/feed", {}, "http://simulator.test/rss", NOON)
    assert skew(Answer(200, body, "application/xml"), request, 300).body == moved


def bars(client: Client, path: str) -> dict[int, dict[str, float]]:
    return {bar["t"]: bar for bar in client.polygon(path).json()["results"]}


def test_a_split_without_notice(faulty: Client, noon: clock.Frozen) -> None:
    """One for ten, in force from the session that is open when it is asked for; in no list of splits."""
    paths = {"half": "/v2/aggs/ticker/IWM/range/30/minute/2025-12-01/2025-12-02", "day": DAILY}
    snapshot = "/v2/snapshot/locale/us/markets/stocks/tickers/IWM"
    before = {name: bars(faulty, path) for name, path in paths.items()}
    row, quote = faulty.polygon(snapshot).json()["ticker"], faulty.fmp("/stable/quote?symbol=IWM").json()[0]
    splits = faulty.polygon("/stocks/v1/splits?ticker=IWM").body
    control(faulty, "POST", {"kind": "split_without_notice", "symbol": "IWM"})
    midnight = dt.datetime(2025, 12, 2, 5, tzinfo=dt.UTC).timestamp() * 1000
    after = {name: bars(faulty, path) for name, path in paths.items()}
    assert after["day"] == before["day"]  # today's day bar is not out yet
    for stamp, bar in before["half"].items():
        factor = 10.0 if stamp >= midnight else 1.0
        assert after["half"][stamp]["c"] == pytest.approx(bar["c"] * factor, abs=1e-3)
        assert after["half"][stamp]["v"] == pytest.approx(bar["v"] / factor, abs=0.6)
    assert {bar["c"] > 1000 for bar in after["half"].values()} == {True, False}
    moved = faulty.polygon(snapshot).json()["ticker"]
    assert moved["prevDay"] == row["prevDay"]
    assert moved["min"]["c"] == pytest.approx(10 * row["min"]["c"]) and moved["day"]["h"] == 10 * row["day"]["h"]
    assert moved["todaysChange"] == pytest.approx(moved["min"]["c"] - row["prevDay"]["c"], abs=1e-3)
    assert moved["todaysChangePerc"] > 700 and float(moved["day"]["dv"]) == pytest.approx(row["day"]["v"] / 10, abs=0.1)
    asked = faulty.fmp("/stable/quote?symbol=IWM").json()[0]
    assert asked["price"] == pytest.approx(10 * quote["price"]) and asked["previousClose"] == quote["previousClose"]
    assert asked["changePercentage"] > 700
    assert faulty.polygon("/stocks/v1/splits?ticker=IWM").body == splits
    other = "/v2/aggs/ticker/SPY/range/30/minute/2025-12-01/2025-12-02"
    assert max(bar["h"] for bar in bars(faulty, other).values()) < 1000
    everyone = {one["ticker"]: one for one in
                faulty.polygon("/v2/snapshot/locale/us/markets/stocks/tickers").json()["tickers"]}  # fmt: skip
    assert everyone["IWM"] == moved and everyone["SPY"]["min"]["c"] < 1000


def test_a_split_without_notice_later(faulty: Client, noon: clock.Frozen) -> None:
    """Two for one, asked for at night: from the next session on; then also in daily bars and the day before."""
    noon.move_to(dt.datetime(2025, 12, 1, 3, tzinfo=dt.UTC))  # Sunday evening in New York
    control(faulty, "POST", {"kind": "split_without_notice", "symbol": "IWM", "ratio": 2})
    assert control(faulty, "GET").json()["faults"][0]["since"] == "2025-12-01"
    noon.move_to(NOON)
    daily = bars(faulty, DAILY)
    snapshot, day, session, grouped, option = (
        faulty.polygon(path).json()
        for path in ("/v2/snapshot/locale/us/markets/stocks/tickers/IWM", "/v1/open-close/IWM/2025-12-01",
                     "/v3/snapshot?ticker.any_of=IWM", "/v2/aggs/grouped/locale/us/market/stocks/2025-12-01",
                     "/v3/snapshot/options/IWM?limit=1")
    )  # fmt: skip
    (profile,) = faulty.fmp("/stable/profile?symbol=IWM").json()
    control(faulty, "DELETE")
    plain = bars(faulty, DAILY)
    newest = max(plain)
    assert {stamp: bar["c"] for stamp, bar in daily.items()} == {
        stamp: pytest.approx(bar["c"] / (2 if stamp == newest else 1), abs=1e-4) for stamp, bar in plain.items()
    }
    half = plain[newest]["c"] / 2
    assert snapshot["ticker"]["prevDay"]["c"] == pytest.approx(half) == day["close"] == profile["price"]
    assert session["results"][0]["session"]["previous_close"] == pytest.approx(half)
    assert next(bar["c"] for bar in grouped["results"] if bar["T"] == "IWM") == pytest.approx(half)
    price = option["results"][0]["underlying_asset"]["price"]
    assert price == pytest.approx(snapshot["ticker"]["min"]["c"])
    assert abs(snapshot["ticker"]["todaysChangePerc"]) < 15
