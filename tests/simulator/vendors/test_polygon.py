"""Massive's endpoints: fields, types, paging, errors, as upstreams.md sections 1.1-1.8 describe them."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any
from urllib.parse import urlsplit

import pytest

from sentiment_site.market import calendar, clock
from tests.simulator.client import Client, flat, pages
from tests.simulator.conftest import NOON

pytestmark = pytest.mark.usefixtures("noon")
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks"
RANGE = "/v2/aggs/ticker/IWM/range"


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_tickers_paging_covers_every_name_once(client: Client, order: str) -> None:
    found = pages(client, f"/v3/reference/tickers?limit=37&order={order}&market=stocks")
    assert [len(page) for page in found[:-1]] == [37] * (len(found) - 1)
    symbols = [row["ticker"] for page in found for row in page]
    tape = client.application.world.tape
    listed = [tape.listing.securities[row].symbol for row in tape.is_active(NOON).nonzero()[0]]
    assert symbols == sorted(listed, reverse=order == "desc")


def test_active_and_inactive_are_apart_and_whole(busy: Client) -> None:
    active, inactive = flat(busy, "/v3/reference/tickers?limit=1000"), flat(busy, "/v3/reference/tickers?active=false")
    assert all(row["active"] and "delisted_utc" not in row for row in active)
    assert inactive and all(not row["active"] and row["delisted_utc"] < "2025-12-02T" for row in inactive)
    assert not {row["ticker"] for row in active} & {row["ticker"] for row in inactive}
    unlisted = sum(busy.application.world.tape.listing.first > len(busy.application.world.tape.market.days) - 1)
    assert len(active) + len(inactive) + unlisted == len(busy.application.world.tape.listing.securities)


def test_ticker_fields(client: Client) -> None:
    row = client.polygon("/v3/reference/tickers?ticker=IWM").json()["results"][0]
    assert row == {
        "ticker": "IWM", "name": "iShares Russell 2000 ETF", "market": "stocks", "locale": "us",
        "primary_exchange": "ARCX", "type": "ETF", "active": True, "currency_name": "usd",
        "composite_figi": row["composite_figi"], "share_class_figi": row["share_class_figi"],
        "last_updated_utc": "2025-12-02T00:00:00Z",
    }  # fmt: skip
    companies = flat(client, "/v3/reference/tickers?type=CS&limit=1000")
    assert all(len(row["cik"]) == 10 for row in companies if "cik" in row)
    assert any("cik" not in row for row in companies) and any("composite_figi" not in row for row in companies)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("exchange=XASE", lambda row: row["primary_exchange"] == "XASE"),
        ("type=ADRC&exchange=XNAS", lambda row: (row["type"], row["primary_exchange"]) == ("ADRC", "XNAS")),
        ("ticker.gte=B&ticker.lt=D", lambda row: "B" <= row["ticker"] < "D"),
        ("ticker.gt=IWM&ticker.lte=SPY", lambda row: "IWM" < row["ticker"] <= "SPY"),
        ("search=select%20sector", lambda row: "Select Sector" in row["name"]),
    ],
)
def test_ticker_filters(client: Client, query: str, holds: Any) -> None:
    everything = flat(client, "/v3/reference/tickers?limit=1000")
    found = flat(client, f"/v3/reference/tickers?limit=20&{query}")
    assert found == [row for row in everything if holds(row)] != []


def test_another_market_has_no_tickers(client: Client) -> None:
    assert client.polygon("/v3/reference/tickers?market=crypto").json()["count"] == 0


def test_lowercase_preferred_is_case_sensitive(client: Client) -> None:
    preferred = flat(client, "/v3/reference/tickers?type=PFD&limit=1000")
    symbol = preferred[0]["ticker"]
    assert "p" in symbol
    assert client.polygon(f"/v3/reference/tickers/{symbol}").json()["results"]["ticker_suffix"].startswith("p")
    assert client.polygon(f"/v3/reference/tickers/{symbol.upper()}").status == 404


def test_details(client: Client) -> None:
    tape = client.application.world.tape
    rich = next(s for s in tape.listing.securities if s.kind == "CS" and s.has_market_cap and s.sic and s.list_date
                and s.weighted_shares and s.cik and s.figi and not s.delisted_before)  # fmt: skip
    body = client.polygon(f"/v3/reference/tickers/{rich.symbol}").json()
    details = body["results"]
    assert body["status"] == "OK"
    close = tape.last_closes(NOON)[tape.listing.row_of[rich.symbol]]
    assert details["market_cap"] == pytest.approx(close * rich.shares)
    assert details["share_class_shares_outstanding"] == rich.shares
    assert isinstance(details["sic_code"], str) and details["sic_description"].isupper()
    assert details["list_date"] == rich.list_date.isoformat()
    assert details["address"]["state"] == "DE" and details["total_employees"] == rich.employees
    without = [s.symbol for s in tape.listing.securities if s.kind == "UNIT"]
    assert "market_cap" not in client.polygon(f"/v3/reference/tickers/{without[0]}").json()["results"]
    classes = [s.symbol for s in tape.listing.securities if s.symbol.endswith((".B", ".WS", ".U"))]
    split = client.polygon(f"/v3/reference/tickers/{classes[0]}").json()["results"]
    assert f"{split['ticker_root']}.{split['ticker_suffix']}" == classes[0]


def test_details_of_an_unknown_ticker(client: Client) -> None:
    answer = client.polygon("/v3/reference/tickers/NOSUCH")
    assert answer.status == 404
    assert answer.json()["status"] == "NOT_FOUND" and answer.json()["message"] == "Ticker not found."


def test_a_ticker_not_yet_listed_is_unknown(busy: Client) -> None:
    tape = busy.application.world.tape
    row = next(row for row, first in enumerate(tape.listing.first) if 2 < first < len(tape.market.days))
    symbol, day = tape.listing.securities[row].symbol, tape.market.days[int(tape.listing.first[row])]
    listed = busy.polygon(f"/v3/reference/tickers/{symbol}").json()["results"]
    assert listed["list_date"] == day.session.date.isoformat()
    with clock.frozen(day.session.pre_open - dt.timedelta(seconds=1)):
        assert busy.polygon(f"/v3/reference/tickers/{symbol}").status == 404
        assert busy.polygon(f"/v3/reference/tickers?ticker={symbol}").json()["results"] == []


def test_types(client: Client) -> None:
    rows = client.polygon("/v3/reference/tickers/types").json()["results"]
    kinds = {security.kind for security in client.application.world.tape.listing.securities}
    assert kinds <= {row["code"] for row in rows}


def test_grouped_daily(client: Client) -> None:
    body = client.polygon(f"{GROUPED}/2025-11-28?adjusted=false").json()
    assert body["status"] == "OK" and body["adjusted"] is False
    assert body["queryCount"] == body["resultsCount"] == body["count"] == len(body["results"]) > 300
    assert len({row["T"] for row in body["results"]}) == len(body["results"])
    for row in body["results"]:
        assert set(row) in ({"T", "v", "vw", "o", "c", "h", "l", "t", "n"}, {"T", "v", "o", "c", "h", "l", "t"})
        assert row["l"] <= min(row["o"], row["c"]) and row["h"] >= max(row["o"], row["c"]) and row["v"] > 0
        assert row["t"] == 1764352800000  # 13:00 in New York, a half day
    assert any("vw" not in row for row in body["results"])
    full = client.polygon(f"{GROUPED}/2025-12-01").json()
    assert full["adjusted"] is True and full["results"][0]["t"] == 1764622800000  # 16:00


@pytest.mark.parametrize("date", ["2025-11-29", "2025-11-27", "2025-12-02", "2031-01-01", "2020-01-02"])
def test_grouped_without_a_visible_session_has_no_results(client: Client, date: str) -> None:
    body = client.polygon(f"{GROUPED}/{date}").json()
    assert body["status"] == "OK" and body["queryCount"] == body["resultsCount"] == 0
    assert "results" not in body


def test_half_hours(client: Client) -> None:
    body = client.polygon(f"{RANGE}/30/minute/2025-10-31/2025-11-03?adjusted=false").json()
    assert body["ticker"] == "IWM" and body["resultsCount"] == body["count"] == len(body["results"]) == 64
    assert set(body["results"][0]) == {"v", "vw", "o", "c", "h", "l", "t", "n"}
    stamps = [dt.datetime.fromtimestamp(bar["t"] / 1000, calendar.NEW_YORK) for bar in body["results"]]
    assert [stamps[0].time(), stamps[31].time()] == [dt.time(4), dt.time(19, 30)]
    assert stamps[32].utcoffset() != stamps[31].utcoffset()  # daylight saving time ended in between
    assert stamps[32].time() == dt.time(4)
    day = client.polygon(f"{RANGE}/1/day/2025-11-03/2025-11-03?adjusted=false").json()["results"][0]
    regular = [bar for bar, at in zip(body["results"], stamps, strict=True)
               if at.date() == dt.date(2025, 11, 3) and dt.time(9, 30) <= at.time() < dt.time(16)]  # fmt: skip
    assert (day["o"], day["c"]) == (regular[0]["o"], regular[-1]["c"])
    assert (day["h"], day["l"]) == (max(bar["h"] for bar in regular), min(bar["l"] for bar in regular))
    assert day["v"] == pytest.approx(sum(bar["v"] for bar in regular), rel=0.06)  # and the closing auction
    assert day["t"] == 1762146000000  # midnight in New York
    grouped = client.polygon(f"{GROUPED}/2025-11-03?adjusted=false").json()["results"]
    row = next(row for row in grouped if row["T"] == "IWM")
    assert {name: row[name] for name in "ochlv"} == {name: day[name] for name in "ochlv"}


@pytest.mark.parametrize("sort", ["asc", "desc"])
@pytest.mark.parametrize(("resolution", "limit"), [("30/minute", 700), ("1/day", 4), ("30/minute", 5)])
def test_aggregates_paging(client: Client, sort: str, resolution: str, limit: int) -> None:
    path = f"{RANGE}/{resolution}/2025-11-18/2025-11-28?adjusted=false&sort={sort}"
    whole = client.polygon(f"{path}&limit=50000").json()
    assert "next_url" not in whole
    found = pages(client, f"{path}&limit={limit}")
    assert len(found) > 1
    assert [bar for page in found for bar in page] == whole["results"]
    if limit == 700:  # counted in minute bars: 30 to a busy half hour
        assert len(found[1]) <= 700 // 20


def test_limit_counts_minutes(client: Client) -> None:
    body = client.polygon(f"{RANGE}/30/minute/2025-10-20/2025-11-28").json()
    assert body["queryCount"] == 5000 and 5000 // 30 <= body["resultsCount"] <= 5000 // 20
    stamp = int(urlsplit(body["next_url"]).path.split("/")[-2])
    assert stamp > body["results"][-1]["t"]


def test_milliseconds_bound_the_range(client: Client) -> None:
    ten, eleven = (
        int(dt.datetime(2025, 11, 25, hour, tzinfo=calendar.NEW_YORK).timestamp() * 1000) for hour in (10, 11)
    )
    bars = client.polygon(f"{RANGE}/30/minute/{ten}/{eleven}").json()["results"]
    assert [bar["t"] for bar in bars] == [ten, ten + 1_800_000, eleven]


def test_delayed_when_the_newest_is_withheld(client: Client) -> None:
    assert client.polygon(f"{RANGE}/30/minute/2025-12-02/2025-12-02").json()["status"] == "DELAYED"
    assert client.polygon(f"{RANGE}/30/minute/2025-12-01/2025-12-01").json()["status"] == "OK"


def test_previous_close(client: Client) -> None:
    body = client.polygon("/v2/aggs/ticker/IWM/prev?adjusted=false").json()
    day = client.polygon(f"{RANGE}/1/day/2025-12-01/2025-12-01?adjusted=false").json()["results"][0]
    assert body["results"] == [{"T": "IWM", **day}]
    assert "results" not in client.polygon("/v2/aggs/ticker/NOSUCH/prev").json()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (f"{GROUPED}/2025-13-01", "YYYY-MM-DD"),
        (f"{GROUPED}/20251201", "YYYY-MM-DD"),
        (f"{GROUPED}/2025-12-01?adjusted=maybe", "adjusted"),
        (f"{RANGE}/30/minute/yesterday/2025-12-01", "Could not parse the time parameter: 'from'"),
        (f"{RANGE}/30/minute/2025-12-01/2025-11-01", "'from' must not be after 'to'"),
        (f"{RANGE}/7/minute/2025-12-01/2025-12-01", "30 minute and 1 day"),
        (f"{RANGE}/1/day/2025-12-01/2025-12-01?limit=50001", "'limit'"),
        (f"{RANGE}/1/day/2025-12-01/2025-12-01?sort=up", "'sort'"),
        (f"{RANGE}/1/day/2025-12-01/2025-12-01?cursor=%21%21", "'cursor'"),
        ("/v3/reference/tickers?limit=1001", "'limit'"),
        ("/v3/reference/tickers?limit=many", "'limit'"),
        ("/v3/reference/tickers?sort=cik", "'sort'"),
        ("/v3/reference/tickers?order=up", "'order'"),
        ("/v3/reference/tickers?active=perhaps", "'active'"),
        ("/v3/reference/tickers?cursor=AAAA", "'cursor'"),
        ("/stocks/v1/short-interest?sort=cusip.asc", "'sort'"),
        ("/stocks/v1/short-interest?sort=ticker.up", "'sort'"),
        ("/stocks/v1/short-interest?short_interest.gt=much", "must be a number"),
        ("/stocks/v1/splits?execution_date.around=2025-11-11", "is not a filter"),
        ("/stocks/vX/float?limit=5001", "'limit'"),
    ],
)
def test_bad_parameters(client: Client, path: str, says: str) -> None:
    answer = client.polygon(path)
    assert answer.status == 400
    assert set(answer.json()) == {"status", "request_id", "error"} and answer.json()["status"] == "ERROR"
    assert says in answer.json()["error"]


def test_unknown_path_and_method(client: Client) -> None:
    assert client.polygon("/v9/nothing").status == 404
    assert client.ask("GET", "/elsewhere").status == 404
    answer = client.ask("POST", "/polygon/v1/marketstatus/now", HTTP_AUTHORIZATION="Bearer k")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")


def test_indices_need_a_plan_of_their_own(client: Client) -> None:
    answer = client.polygon("/v3/snapshot/indices?ticker.any_of=I:SPX")
    assert answer.status == 403
    assert set(answer.json()) == {"status", "request_id", "message"} and answer.json()["status"] == "NOT_AUTHORIZED"


@pytest.mark.parametrize("header", ["", "Bearer ", "Basic abc"])
def test_missing_key(client: Client, header: str) -> None:
    answer = client.ask("GET", "/polygon/v1/marketstatus/now", HTTP_AUTHORIZATION=header)
    assert answer.status == 401
    assert answer.json()["status"] == "ERROR" and answer.json()["error"] == "API Key was not provided"
    assert answer.headers["X-Simulated"] == "sectorlight"


def test_key_in_the_query_never_comes_back(client: Client) -> None:
    answer = client.ask("GET", "/polygon/v3/reference/tickers?limit=2&apiKey=secret-key")
    assert answer.status == 200
    cursor = answer.json()["next_url"].split("cursor=")[1]
    assert b"secret" not in base64.urlsafe_b64decode(cursor + "==") and "secret" not in answer.json()["next_url"]


def test_prefix_may_be_repeated(client: Client) -> None:
    """A client that joins next_url's path to a base URL with a path of its own asks for /polygon/polygon/..."""
    once, twice = (client.polygon(f"{prefix}/v3/reference/tickers?limit=1") for prefix in ("", "/polygon"))
    assert once.body == twice.body


def test_gzip_only_when_asked_for_and_worth_it(client: Client) -> None:
    path = f"{GROUPED}/2025-11-28"
    plain, packed = client.polygon(path), client.polygon(path, HTTP_ACCEPT_ENCODING="gzip, deflate")
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert packed.json() == plain.json() and len(packed.body) < len(plain.body) / 2
    assert packed.headers["Content-Length"] == str(len(packed.body))
    small = client.polygon("/v1/marketstatus/now", HTTP_ACCEPT_ENCODING="gzip")
    assert "Content-Encoding" not in small.headers
    head = client.ask("HEAD", f"/polygon{path}", HTTP_AUTHORIZATION="Bearer k")
    assert head.body == b"" and head.headers["Content-Length"] == plain.headers["Content-Length"]
