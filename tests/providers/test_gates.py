"""Rate and breaker: the same behaviour in Valkey and in this process, and one truth for several processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
import redis

from sentiment_site.providers.gates import BreakerRule, Effect, Gate, LocalGate, Pass, SharedGate

from .conftest import valkey_url

RULE = BreakerRule(threshold=3, cooldown_s=0.15, lease_s=0.2)


@pytest.fixture(params=["local", "shared"])
def gate(request: pytest.FixtureRequest, valkey: redis.Redis) -> Gate:
    return LocalGate() if request.param == "local" else SharedGate("polygon", valkey)


def fail(gate: Gate, probe: bool = False, effect: Effect = Effect.COUNTS) -> None:
    gate.failed(RULE, probe, effect, "Upstream", "polygon: 500 vendor failed")


def open_circuit(gate: Gate) -> None:
    for _ in range(RULE.threshold):
        fail(gate)


def test_a_burst_is_free_and_then_the_rate_holds(gate: Gate) -> None:
    waits = [gate.take(10, 3, 60) for _ in range(6)]
    assert all(granted for granted, _ in waits)
    assert [wait for _, wait in waits[:3]] == [0, 0, 0]
    assert [wait for _, wait in waits[3:]] == pytest.approx([0.1, 0.2, 0.3], abs=0.05)


def test_tokens_come_back_with_time(gate: Gate) -> None:
    for _ in range(2):
        assert gate.take(20, 2, 60) == (True, 0)
    time.sleep(0.12)
    assert gate.take(20, 2, 60) == (True, 0)


def test_a_wait_beyond_the_limit_is_refused_and_reserves_nothing(gate: Gate) -> None:
    assert gate.take(1, 1, 0.5) == (True, 0)
    for _ in range(3):
        granted, wait = gate.take(1, 1, 0.5)
        assert not granted
        assert wait == pytest.approx(1, abs=0.2)


def test_hold_stops_everybody_for_the_time(gate: Gate) -> None:
    gate.hold(100, 10, 0.4)
    granted, wait = gate.take(100, 10, 5)
    assert granted
    assert wait == pytest.approx(0.4, abs=0.1)
    gate.hold(100, 10, 0.01)  # a shorter one never shortens it
    assert gate.take(100, 10, 5)[1] == pytest.approx(0.4, abs=0.1)


def test_the_breaker_opens_after_consecutive_failures_only(gate: Gate) -> None:
    fail(gate)
    fail(gate)
    gate.succeeded()
    fail(gate)
    fail(gate)
    assert gate.enter(RULE) is Pass.CLOSED
    fail(gate)
    assert gate.enter(RULE) is Pass.OPEN
    memory = gate.read()
    assert memory.failures == 3
    assert memory.until - memory.since == pytest.approx(RULE.cooldown_s, abs=0.001)
    assert (memory.failure_class, memory.failure) == ("Upstream", "polygon: 500 vendor failed")


def test_one_probe_after_the_cool_down_then_closed(gate: Gate) -> None:
    open_circuit(gate)
    time.sleep(RULE.cooldown_s + 0.02)
    assert [gate.enter(RULE) for _ in range(3)] == [Pass.PROBE, Pass.OPEN, Pass.OPEN]
    gate.succeeded()
    assert gate.enter(RULE) is Pass.CLOSED
    memory = gate.read()
    assert (memory.failures, memory.since, memory.until) == (0, 0, 0)
    assert memory.success_at == pytest.approx(memory.now, abs=1)


def test_a_failed_probe_opens_again_since_the_first_time(gate: Gate) -> None:
    open_circuit(gate)
    first = gate.read()
    time.sleep(RULE.cooldown_s + 0.02)
    assert gate.enter(RULE) is Pass.PROBE
    fail(gate, probe=True)
    again = gate.read()
    assert gate.enter(RULE) is Pass.OPEN
    assert again.since == first.since
    assert again.until > first.until + RULE.cooldown_s - 0.01


def test_a_probe_with_an_unreadable_answer_fails_too(gate: Gate) -> None:
    open_circuit(gate)
    time.sleep(RULE.cooldown_s + 0.02)
    assert gate.enter(RULE) is Pass.PROBE
    fail(gate, probe=True, effect=Effect.NEUTRAL)
    assert gate.enter(RULE) is Pass.OPEN


def test_a_late_failure_does_not_prolong_the_open_circuit(gate: Gate) -> None:
    open_circuit(gate)
    until = gate.read().until
    fail(gate)
    assert gate.read().until == until


def test_a_probe_that_never_reports_is_given_up(gate: Gate) -> None:
    open_circuit(gate)
    time.sleep(RULE.cooldown_s + 0.02)
    assert gate.enter(RULE) is Pass.PROBE
    assert gate.enter(RULE) is Pass.OPEN
    time.sleep(RULE.lease_s + 0.02)
    assert gate.enter(RULE) is Pass.PROBE


def test_a_released_probe_is_free_at_once(gate: Gate) -> None:
    open_circuit(gate)
    time.sleep(RULE.cooldown_s + 0.02)
    assert gate.enter(RULE) is Pass.PROBE
    gate.release()
    assert gate.enter(RULE) is Pass.PROBE


def test_neutral_failures_never_open_and_answers_close(gate: Gate) -> None:
    for _ in range(10):
        fail(gate, effect=Effect.NEUTRAL)
    assert gate.enter(RULE) is Pass.CLOSED
    open_circuit(gate)
    fail(gate, effect=Effect.ANSWERED)
    assert gate.enter(RULE) is Pass.CLOSED
    assert gate.read().failures == 0


def test_sixteen_threads_get_one_probe_and_the_rate(gate: Gate) -> None:
    open_circuit(gate)
    time.sleep(RULE.cooldown_s + 0.02)
    long_lease = BreakerRule(threshold=3, cooldown_s=0.15, lease_s=30)
    passes: list[Pass] = []
    waits: list[float] = []

    def ask() -> None:
        passes.append(gate.enter(long_lease))
        waits.append(gate.take(100, 1, 60)[1])

    run_together(ask, 16)
    assert passes.count(Pass.PROBE) == 1
    assert len(passes) == len(waits) == 16
    # Sixteen places a hundredth of a second apart, each given once.
    assert max(waits) == pytest.approx(0.15, abs=0.06)
    assert len({round(wait, 3) for wait in waits}) >= 12


def run_together(work: Callable[[], None], threads: int) -> None:
    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(timeout=20)


PROCESS = """
import os, sys, time, redis
from sentiment_site.providers.gates import SharedGate
gate = SharedGate("polygon", redis.Redis.from_url(os.environ["GATE_URL"]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(20):
    granted, wait = gate.take(40.0, 1, 60)
    assert granted
    time.sleep(wait)
    print(time.clock_gettime(time.CLOCK_MONOTONIC), flush=True)
"""


def test_two_processes_share_one_rate(valkey: redis.Redis) -> None:
    environment = {**os.environ, "GATE_URL": valkey_url()}
    command = [sys.executable, "-c", PROCESS]
    workers = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    moments: list[float] = []
    for worker in workers:
        out, _ = worker.communicate(timeout=20)
        moments += [float(line) for line in out.split()]
        assert worker.returncode == 0
    moments.sort()
    assert len(moments) == 40
    # 40 calls at 40 per second: 39 gaps of 25 ms. Alone each process would be done in half the time.
    assert moments[-1] - moments[0] == pytest.approx(39 / 40, abs=0.15)


def test_another_process_sees_the_open_circuit(valkey: redis.Redis) -> None:
    here, there = (
        SharedGate("fmp", valkey),
        SharedGate("fmp", redis.Redis.from_url(valkey_url(), decode_responses=True)),
    )
    open_circuit(here)
    assert there.enter(RULE) is Pass.OPEN
    assert there.read().failure_class == "Upstream"
    assert SharedGate("polygon", valkey).enter(RULE) is Pass.CLOSED
