"""One vendor's manners: what counts against it, what is remembered, and life without Valkey."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from sentiment_site.market import clock
from sentiment_site.providers import errors
from sentiment_site.providers import valkey as companion
from sentiment_site.providers.limits import BreakerRule, Limits, vendor_state
from sentiment_site.services import servers

RULE = BreakerRule(threshold=2, cooldown_s=0.2, lease_s=5)


def limits(client: redis.Redis | None, **changes: Any) -> Limits:
    given: dict[str, Any] = {"rate_per_s": 1000.0, "burst": 100, "longest_wait_s": 1.0, "breaker": RULE}
    return Limits("polygon", client=client, **{**given, **changes})


def failing(of: Limits, error: BaseException) -> None:
    with pytest.raises(type(error)), of.call():
        raise error


UPSTREAM = errors.Upstream("polygon", "bad gateway", status=502, endpoint="/x")


@pytest.mark.parametrize("shared", [True, False])
def test_open_then_probe_then_closed(shared: bool, valkey: redis.Redis) -> None:
    one = limits(valkey if shared else None)
    failing(one, UPSTREAM)
    failing(one, UPSTREAM)
    with pytest.raises(errors.CircuitOpen) as caught, one.call():
        pytest.fail("the vendor must be left alone")
    assert str(caught.value).startswith("polygon: circuit open since ")
    assert caught.value.message == "Upstream: polygon: 502 vendor failed at /x: bad gateway"
    assert caught.value.until - caught.value.since == pytest.approx(timedelta(seconds=0.2), abs=timedelta(seconds=0.01))
    assert one.state().breaker == "open"
    time.sleep(0.22)
    assert one.state().breaker == "half-open"
    assert one.state().healthy is False
    with one.call():
        pass
    state = one.state()
    assert (state.breaker, state.consecutive_failures, state.open_since, state.open_until) == ("closed", 0, None, None)
    assert state.healthy is True
    assert state.shared is shared


def test_while_a_probe_is_under_way_until_is_never_in_the_past(valkey: redis.Redis) -> None:
    one = limits(valkey)
    failing(one, UPSTREAM)
    failing(one, UPSTREAM)
    time.sleep(0.22)
    with one.call():
        before = clock.wall()
        with pytest.raises(errors.CircuitOpen) as caught, limits(valkey).call():
            pytest.fail("only one probe")
        assert caught.value.until >= before


def test_workers_share_the_breaker(valkey: redis.Redis) -> None:
    failing(limits(valkey), UPSTREAM)
    failing(limits(valkey), UPSTREAM)
    with pytest.raises(errors.CircuitOpen), limits(valkey).call():
        pytest.fail("opened by the others")


CLEAR_ANSWERS = [
    errors.NotFound("polygon", "no such ticker", status=404),
    errors.NotEntitled("polygon", "plan", status=403),
    errors.AuthError("polygon", "key", status=401),
    errors.BadRequest("polygon", "limit", status=400),
    errors.QuotaExhausted("polygon", "daily", status=429),
]


@pytest.mark.parametrize("error", CLEAR_ANSWERS, ids=lambda error: type(error).__name__)
def test_clear_answers_prove_the_vendor_alive(error: errors.ProviderError, valkey: redis.Redis) -> None:
    one = limits(valkey)
    failing(one, UPSTREAM)
    failing(one, error)
    failing(one, UPSTREAM)
    assert one.state().consecutive_failures == 1
    assert one.state().breaker == "closed"


def test_what_a_health_page_hears_of(valkey: redis.Redis) -> None:
    one = limits(valkey)
    assert one.state().healthy is None
    failing(one, CLEAR_ANSWERS[0])
    assert one.state().healthy is True  # a 404 about one symbol is no illness
    failing(one, CLEAR_ANSWERS[2])
    state = one.state()
    assert state.healthy is False
    assert (state.last_failure_class, state.last_failure) == ("AuthError", "polygon: 401 key refused: key")
    assert state.last_success_at <= state.last_failure_at
    with one.call():
        pass
    assert one.state().healthy is True
    assert vendor_state("polygon", valkey) == one.state()
    assert vendor_state("fmp", valkey).healthy is None


def test_only_failures_make_it_ill(valkey: redis.Redis) -> None:
    one = limits(valkey)
    failing(one, CLEAR_ANSWERS[2])
    assert one.state().healthy is False
    assert one.state().last_success_at is None


def test_unreadable_answers_are_remembered_but_open_nothing(valkey: redis.Redis) -> None:
    one = limits(valkey)
    for _ in range(5):
        one.note(errors.BadPayload("polygon", "HTML", status=200))
    assert one.state().breaker == "closed"
    assert one.state().last_failure_class == "BadPayload"


def test_moments_are_those_of_the_machine_not_of_the_market(valkey: redis.Redis) -> None:
    with clock.frozen(datetime(2024, 5, 14, 15, tzinfo=UTC)):
        one = limits(valkey)
        failing(one, UPSTREAM)
        assert abs(one.state().last_failure_at - clock.wall()) < timedelta(seconds=5)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), ZeroDivisionError()])
def test_our_own_end_says_nothing_about_the_vendor_and_frees_the_probe(
    stop: BaseException, valkey: redis.Redis
) -> None:
    one = limits(valkey)
    failing(one, UPSTREAM)
    failing(one, stop)
    assert one.state().consecutive_failures == 1
    failing(one, UPSTREAM)
    time.sleep(0.22)
    failing(one, stop)
    with one.call():  # the probe is free again
        pass
    assert one.state().breaker == "closed"


@pytest.mark.parametrize("shared", [True, False])
def test_our_own_rate_ends_in_our_own_words(shared: bool, valkey: redis.Redis) -> None:
    one = limits(valkey if shared else None, rate_per_s=0.1, burst=1)
    with one.call():
        pass
    with pytest.raises(errors.RateLimited) as caught, one.call():
        pytest.fail("no token is free")
    assert caught.value.retry_after == pytest.approx(10, abs=0.5)
    assert "our own limit of 0.1 calls per second" in str(caught.value)
    assert one.state().consecutive_failures == 0


def test_a_probe_without_a_token_frees_the_probe(valkey: redis.Redis) -> None:
    one = limits(valkey)
    failing(one, UPSTREAM)
    failing(one, UPSTREAM)
    time.sleep(0.22)
    one.hold(100)  # held for the longest wait at most
    slow = limits(valkey, longest_wait_s=0.01)
    with pytest.raises(errors.RateLimited), slow.call():
        pytest.fail("held")
    started = time.monotonic()
    with one.call():
        pass
    assert 0.5 < time.monotonic() - started < 10


def test_refusals_are_remembered_for_a_day_and_shared(valkey: redis.Redis) -> None:
    one, other = limits(valkey), limits(valkey)
    assert one.entitlements.get("floats") is None
    one.entitlements.remember("floats", "not in your plan")
    one.entitlements.remember("snapshot", "upgrade")
    known = other.entitlements.get("floats")
    assert (known.vendor, known.capability, known.message) == ("polygon", "floats", "not in your plan")
    assert known.until - clock.wall() == pytest.approx(timedelta(hours=24), abs=timedelta(seconds=5))
    assert [each.capability for each in other.entitlements.refused()] == ["floats", "snapshot"]
    assert 86_390 < valkey.ttl("providers:polygon:refused:floats") <= 86_400
    valkey.pexpire("providers:polygon:refused:floats", 1)
    time.sleep(0.01)
    assert other.entitlements.get("floats") is None
    other.entitlements.forget()
    assert one.entitlements.refused() == ()


def test_refusals_without_valkey(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = limits(None).entitlements
    alone.remember("floats", "plan")
    assert alone.get("floats").message == "plan"
    assert [each.capability for each in alone.refused()] == ["floats"]
    now = clock.wall()
    monkeypatch.setattr(clock, "wall", lambda: now + timedelta(hours=24, seconds=1))
    assert alone.get("floats") is None
    assert alone.refused() == ()
    alone.forget()


def test_valkey_dies_and_comes_back(
    mortal_valkey: tuple[servers.Valkey, redis.Redis], events: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companion, "PAUSE_S", 0.2)
    server, client = mortal_valkey
    one = limits(client)
    with one.call():
        pass
    one.entitlements.remember("floats", "plan")
    assert one.state().shared is True
    server.stop()
    for _ in range(3):
        with one.call():
            pass
    failing(one, UPSTREAM)
    failing(one, UPSTREAM)
    with pytest.raises(errors.CircuitOpen), one.call():
        pytest.fail("the local breaker is open")
    assert one.state().shared is False
    assert one.entitlements.get("floats").message == "plan"
    said = [event["event"] for event in events]
    assert said.count("provider_limits_local") == 1
    server.start()
    time.sleep(0.25)
    with one.call():
        pass
    assert one.state().shared is True
    said = [event["event"] for event in events]
    assert (said.count("provider_limits_local"), said.count("provider_limits_shared")) == (1, 1)


def test_without_valkey_it_is_said_once(events: list[dict[str, Any]]) -> None:
    one = limits(None)
    for _ in range(3):
        with one.call():
            pass
    assert [event["event"] for event in events] == ["provider_limits_local"]
    assert events[0]["reason"] == "no Valkey configured"
