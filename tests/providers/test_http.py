"""The seam against a scripted vendor over real HTTP."""

from __future__ import annotations

import gzip
import logging
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import redis

from sentiment_site.market import clock
from sentiment_site.providers import errors
from sentiment_site.providers.http import Http, Reply, VendorConfig
from sentiment_site.providers.limits import BreakerRule
from sentiment_site.services import servers

from .conftest import KEY, Script, answer, payload

Make = Callable[..., Http]
Scripted = Callable[..., Script]
FAILED = answer(payload("polygon/500.html"), 500)


def test_a_good_answer(http: Make, script: Scripted) -> None:
    asked = script(answer(b'{"status":"OK","n":1}'))
    at = datetime(2026, 11, 19, 15, 4, tzinfo=UTC)
    with clock.frozen(at):
        reply = http().get("/v3/thing", {"active": True, "limit": 1000, "ticker.gte": "A&B", "cursor": None})
    assert reply.body == b'{"status":"OK","n":1}'
    assert (reply.status, reply.received_at, reply.simulated, reply.endpoint) == (200, at, False, "/v3/thing")
    request = asked.requests[0]
    assert request.path == "/polygon/v3/thing"
    assert dict(request.args) == {"active": "true", "limit": "1000", "ticker.gte": "A&B"}
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert "gzip" in request.headers["Accept-Encoding"]


def test_answers_of_the_simulator_are_marked(http: Make, script: Scripted) -> None:
    script(answer(X_Simulated="sectorlight"))
    assert http().get("/a").simulated is True


@pytest.mark.parametrize(
    ("auth", "where"),
    [
        ("query:apikey", lambda request: request.args["apikey"]),
        ("header:x-cg-demo-api-key", lambda request: request.headers["x-cg-demo-api-key"]),
    ],
)
def test_the_key_goes_where_the_vendor_wants_it(auth: str, where: Any, http: Make, script: Scripted) -> None:
    asked = script(answer())
    http(auth=auth).get("/a", {"symbol": "BRK-B"})
    assert where(asked.requests[0]) == KEY
    assert asked.requests[0].args["symbol"] == "BRK-B"
    assert "Authorization" not in asked.requests[0].headers


@pytest.mark.parametrize("changes", [{"auth": ""}, {"api_key": ""}])
def test_no_key_is_sent_where_there_is_none(changes: dict[str, str], http: Make, script: Scripted) -> None:
    asked = script(answer())
    http(**changes).get("/a")
    assert "Authorization" not in asked.requests[0].headers
    assert not asked.requests[0].args


@pytest.mark.parametrize(
    "url",
    [
        "https://api.massive.com/v3/reference/tickers?cursor=abc%3D%3D&limit=2",
        "https://api.massive.com:443/v3/reference/tickers?cursor=abc%3D%3D&limit=2&apiKey=oops",
        "https://evil.test/polygon/v3/reference/tickers?cursor=abc%3D%3D&limit=2",
        "/v3/reference/tickers?cursor=abc%3D%3D&limit=2",
        "v3/reference/tickers?cursor=abc%3D%3D&limit=2",
    ],
)
def test_a_next_url_is_followed_on_our_own_base(url: str, http: Make, script: Scripted) -> None:
    asked = script(answer())
    http().get(url)
    assert asked.requests[0].path == "/polygon/v3/reference/tickers"
    assert dict(asked.requests[0].args) == {"cursor": "abc==", "limit": "2"}
    assert asked.requests[0].headers["Authorization"] == f"Bearer {KEY}"


def test_gzip_is_unpacked_and_bombs_are_not(http: Make, script: Scripted) -> None:
    script(answer(gzip.compress(b'{"status":"OK"}'), Content_Encoding="gzip"))
    assert http().get("/a").body == b'{"status":"OK"}'
    script(answer(gzip.compress(b"[" + b" " * 3_000_000 + b"]"), Content_Encoding="gzip"))
    with pytest.raises(errors.BadPayload, match="answer larger than 1000000 bytes"):
        http(max_bytes=1_000_000).get("/a")
    script(answer(b"no gzip at all", Content_Encoding="gzip"))
    with pytest.raises(errors.BadPayload, match="does not decompress"):
        http().get("/a")


def test_temporary_failures_are_tried_again(http: Make, script: Scripted) -> None:
    asked = script(FAILED, answer(status=503), answer(b'{"n":3}'))
    assert http().get("/a").body == b'{"n":3}'
    assert len(asked.requests) == 3


def test_attempts_end(http: Make, script: Scripted) -> None:
    asked = script(FAILED)
    with pytest.raises(errors.Upstream) as caught:
        http().get("/v3/x", {"q": "1"})
    assert str(caught.value) == "polygon: 500 vendor failed at /v3/x: HTML page: 502 Bad Gateway"
    assert len(asked.requests) == 3


@pytest.mark.parametrize(
    ("status", "name", "expected"),
    [
        (401, "polygon/401_bad_key.json", errors.AuthError),
        (403, "polygon/403_plan.json", errors.NotEntitled),
        (404, "polygon/404_ticker.json", errors.NotFound),
        (400, "polygon/400.json", errors.BadRequest),
        (200, "polygon/500.html", errors.BadPayload),
        (302, "polygon/500.html", errors.BadPayload),
    ],
)
def test_lasting_failures_are_not(
    status: int, name: str, expected: type[errors.ProviderError], http: Make, script: Scripted
) -> None:
    asked = script(answer(payload(name), status, Location="https://evil.test/"))
    with pytest.raises(expected):
        http().get("/a")
    assert len(asked.requests) == 1


def test_an_unknown_symbol_is_not_worth_a_warning(
    http: Make, script: Scripted, events: list[dict[str, Any]], valkey: redis.Redis
) -> None:
    script(answer(payload("polygon/404_ticker.json"), 404))
    with pytest.raises(errors.NotFound):
        http(valkey).get("/v3/reference/tickers/NOPE")
    assert [(event["event"], event["log_level"]) for event in events] == [("provider_call_failed", "debug")]
    assert events[0]["endpoint"] == "/v3/reference/tickers/NOPE"


@pytest.mark.parametrize("body", [b"", b'{"status":"OK","results":[{"a"', b"<html>"])
def test_empty_cut_and_html_answers_are_bad_payloads(body: bytes, http: Make, script: Scripted) -> None:
    script(answer(body))
    with pytest.raises(errors.BadPayload) as caught:
        http().get("/a")
    assert caught.value.status == 200
    assert http(expects="any").get("/a").body == body


def test_retry_after_is_honoured(http: Make, script: Scripted) -> None:
    asked = script(answer(payload("polygon/429.json"), 429, Retry_After="0.4"), answer())
    started = time.monotonic()
    http().get("/a")
    assert 0.4 <= time.monotonic() - started < 10
    assert len(asked.requests) == 2


def test_a_retry_after_holds_the_other_workers_too(http: Make, script: Scripted, valkey: redis.Redis) -> None:
    script(answer(payload("polygon/429.json"), 429, Retry_After="0.5"), answer())
    with pytest.raises(errors.RateLimited):
        http(valkey, attempts=1).get("/a")
    started = time.monotonic()
    http(valkey).get("/b")
    assert 0.3 < time.monotonic() - started < 10


def test_a_retry_after_beyond_the_cap_ends_the_call(http: Make, script: Scripted) -> None:
    asked = script(answer(payload("polygon/429.json"), 429, Retry_After="3600"))
    started = time.monotonic()
    with pytest.raises(errors.RateLimited) as caught:
        http().get("/a")
    assert caught.value.retry_after == 3600
    assert "(retry after 3600 s)" in str(caught.value)
    assert len(asked.requests) == 1
    assert time.monotonic() - started < 30


def test_a_429_without_retry_after_waits_for_one_call_of_our_rate(http: Make, script: Scripted) -> None:
    asked = script(answer(payload("polygon/429.json"), 429), answer())
    started = time.monotonic()
    http(rate_per_s=4.0, burst=2).get("/a")
    assert 0.25 <= time.monotonic() - started < 10
    assert len(asked.requests) == 2


def test_a_spent_day_is_not_tried_again(http: Make, script: Scripted) -> None:
    asked = script(answer(payload("fmp/429_daily.json"), 429))
    with pytest.raises(errors.QuotaExhausted, match="Limit Reach"):
        http(name="fmp", auth="query:apikey").get("/profile")
    assert len(asked.requests) == 1


def test_the_circuit_opens_for_all_workers_and_closes_again(http: Make, script: Scripted, valkey: redis.Redis) -> None:
    rule = BreakerRule(threshold=5, cooldown_s=0.3, lease_s=5)
    asked = script(FAILED)
    one, other = http(valkey, breaker=rule), http(valkey, breaker=rule)
    with pytest.raises(errors.Upstream):
        one.get("/a")
    with pytest.raises(errors.CircuitOpen) as caught:
        other.get("/a")  # the fifth failure in a row opens it in the middle of this call
    assert len(asked.requests) == 5
    assert caught.value.vendor == "polygon"
    assert "502 Bad Gateway" in str(caught.value)
    with pytest.raises(errors.CircuitOpen):
        one.get("/a")
    assert len(asked.requests) == 5
    time.sleep(0.32)
    asked.answers = [answer()]
    assert one.get("/a").status == 200
    assert other.state().breaker == "closed"
    assert len(asked.requests) == 6


def test_a_payload_that_does_not_parse_is_the_vendors_failure(
    http: Make, script: Scripted, valkey: redis.Redis
) -> None:
    script(answer())
    one = http(valkey)

    def refuse(body: bytes) -> None:
        raise errors.BadPayload("polygon", "results is str, not a list")

    with pytest.raises(errors.BadPayload) as caught:
        one.parse(one.get("/v3/x"), refuse)
    assert str(caught.value) == "polygon: 200 unreadable answer at /v3/x: results is str, not a list"
    assert one.state().last_failure_class == "BadPayload"
    assert one.parse(one.get("/v3/x"), len) == 15


def test_sixteen_threads_share_one_seam(http: Make, script: Scripted, valkey: redis.Redis) -> None:
    asked = script(answer(b'{"status":"OK"}'))
    one = http(valkey, rate_per_s=200.0, burst=1)
    replies: list[Reply] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        for at in range(4):
            reply = one.get(f"/t/{number}/{at}")
            with lock:
                replies.append(reply)

    started = time.monotonic()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(replies) == 64
    assert len({reply.endpoint for reply in replies}) == 64
    assert {request.path.removeprefix("/polygon") for request in asked.requests} == {r.endpoint for r in replies}
    assert time.monotonic() - started >= 63 / 200


def test_valkey_killed_in_the_middle_changes_nothing_for_the_caller(
    http: Make, script: Scripted, mortal_valkey: tuple[servers.Valkey, redis.Redis], events: list[dict[str, Any]]
) -> None:
    server, client = mortal_valkey
    script(answer())
    one = http(client)
    assert one.get("/a").status == 200
    server.stop()
    for _ in range(5):
        assert one.get("/a").status == 200
    assert [event["event"] for event in events].count("provider_limits_local") == 1
    assert one.state().shared is False
    assert one.state().healthy is True


@pytest.mark.parametrize("auth", ["bearer", "query:apikey", "header:x-cg-demo-api-key"])
@pytest.mark.parametrize("outcome", ["good", "echoed", "refused", "cut"])
def test_the_key_never_shows(
    auth: str,
    outcome: str,
    http: Make,
    script: Scripted,
    caplog: pytest.LogCaptureFixture,
    events: list[dict[str, Any]],
) -> None:
    echo = f'{{"Error Message":"Invalid API KEY {KEY}, see ?apikey={KEY}"}}'.encode()
    script({"good": answer(), "echoed": answer(echo, 401), "refused": answer(), "cut": answer(b'{"a":')}[outcome])
    changes = {"base_url": "http://127.0.0.1:9/polygon"} if outcome == "refused" else {}
    one = http(name="fmp", auth=auth, attempts=2, **changes)
    shown = [repr(one), repr(one.config), str(one.config), repr(vars(one))]
    with caplog.at_level(logging.DEBUG):
        try:
            shown.append(repr(one.get("/profile", {"symbol": "A"})))
        except errors.ProviderError as error:
            assert outcome != "good"
            shown += [str(error), repr(error), repr(error.args), repr(vars(error)), repr(error.__cause__)]
            shown += traceback.format_exception(error, chain=True)
            assert error.__context__ is None
    # The scripted vendor writes its own access log, which is not ours.
    records = [record for record in caplog.records if record.name != "werkzeug"]
    shown += [repr(events), repr(one.state()), *(record.getMessage() + repr(record.args) for record in records)]
    everything = "\n".join(shown)
    assert KEY not in everything
    assert "Very%2BSecret" not in everything
    assert "Secret" not in everything
    assert any(record.name == "urllib3.connectionpool" for record in records)


def test_configurations_that_cannot_work_are_refused_without_showing_the_key(
    config: Callable[..., VendorConfig],
) -> None:
    assert config(api_key=f"  {KEY}\n").api_key == KEY
    assert config(base_url="https://api.massive.com/ ").base_url == "https://api.massive.com"
    wrong = [
        {"base_url": "api.massive.com"},
        {"base_url": "ftp://api.massive.com"},
        {"base_url": "https://"},
        {"api_key": "two words of secret"},
        {"api_key": "schlüssel-geheim"},
        {"auth": "digest"},
        {"rate_per_s": 0},
        {"attempts": 0},
    ]
    for change in wrong:
        with pytest.raises(ValueError, match="polygon: ") as caught:
            config(**change)
        assert "secret" not in str(caught.value)
        assert "geheim" not in str(caught.value)


def test_a_password_in_the_base_url_does_not_show(http: Make) -> None:
    assert "hunter22" not in repr(http(base_url="https://joe:hunter22@proxy.test/x"))
