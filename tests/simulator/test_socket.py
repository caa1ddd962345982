"""The simulator as a process: over a real socket, every fault included, and its command line."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from sentiment_site.market import clock
from sentiment_site.simulator import __main__ as command
from sentiment_site.simulator.faults import KINDS

ROOT = Path(__file__).resolve().parents[2]
DAILY = "/v2/aggs/ticker/IWM/range/1/day/2025-11-01/2025-12-02"
STATUS = "/v1/marketstatus/now"


@dataclass(frozen=True)
class Running:
    """A simulator in a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(self.url + path, headers={"Authorization": "Bearer k"}, **{"timeout": 10, **more})

    def fault(self, **asked: Any) -> None:
        answer = requests.post(f"{self.url}/faults", json=asked, headers={"X-Control": "1"}, timeout=5)
        assert answer.status_code == 201


def launch(*arguments: str, market_clock: str = "wall") -> Running:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "sentiment_site.simulator", "--port", str(port), *arguments],
        cwd=ROOT, env={**os.environ, "MARKET_CLOCK": market_clock}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    return Running(f"http://127.0.0.1:{port}", process)


def stop(running: Running, how: signal.Signals) -> int:
    """Signal it and wait; the exit code. The process must be gone within five seconds."""
    running.process.send_signal(how)
    return running.process.wait(timeout=5)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    spec = f"sessions:2025-12-02T12:07:30-05:00@{clock.wall().isoformat()}*1"
    server = launch("--names", "200", "--sessions", "12", "--anchor", "2025-12-01", market_clock=spec)
    try:
        assert server.process.stdout is not None
        assert server.process.stdout.readline() == f"simulator listening on {server.url}\n"
        yield server
    finally:
        stop(server, signal.SIGTERM)


def test_socket_serves_market_time_compressed_and_marked(running: Running) -> None:
    health = requests.get(f"{running.url}/healthz", timeout=5)
    assert health.json()["status"] == "ok" and health.headers["X-Simulated"] == "sectorlight"
    status = running.get(f"/polygon{STATUS}").json()
    assert status["market"] == "open" and status["serverTime"].startswith("2025-12-02T12:")
    snapshot = running.get("/polygon/v2/snapshot/locale/us/markets/stocks/tickers")
    assert snapshot.headers["Content-Encoding"] == "gzip" and snapshot.json()["count"] > 150
    page = running.get("/polygon/v3/reference/tickers?limit=1").json()
    following = requests.get(page["next_url"], headers={"Authorization": "Bearer k"}, timeout=5).json()
    assert following["results"][0]["ticker"] > page["results"][0]["ticker"]
    assert requests.get(f"{running.url}/fmp/stable/profile?symbol=IWM", timeout=5).status_code == 401


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_fault_over_a_socket(running: Running, kind: str) -> None:
    about = {"symbol": "IWM"} if KINDS[kind].needs_symbol else {}
    seconds = 86_400 if kind == "stale" else 0.6
    running.fault(vendor="polygon", match="/v2/aggs", kind=kind, times=1, delay_s=seconds, **about)
    started = time.perf_counter()
    if kind == "timeout":
        with pytest.raises(requests.ReadTimeout):
            running.get(f"/polygon{DAILY}", timeout=0.2)
    elif kind == "connection_reset":
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            running.get(f"/polygon{DAILY}")
    else:
        answer = running.get(f"/polygon{DAILY}")
        expected = {"no_body": 200, "slow": 200, "stale": 200, "empty": 200, "truncated": 200, "malformed": 200}
        assert answer.status_code == expected.get(kind, int(kind[:3]) if kind[:3].isdigit() else 200)
        assert answer.headers["X-Simulated"] == "sectorlight"
        assert ("Retry-After" in answer.headers) == (kind == "429_retry_after")
        if kind in ("truncated", "malformed", "no_body", "html_200", "503_html", "402"):
            with pytest.raises(requests.JSONDecodeError):
                answer.json()
        else:
            assert isinstance(answer.json(), dict)
        assert kind != "slow" or time.perf_counter() - started > 0.5
    assert running.get(f"/polygon{DAILY}").json()["resultsCount"] > 10


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_even_while_a_request_hangs(how: signal.Signals) -> None:
    server = launch("--names", "40", "--sessions", "2")
    try:
        assert server.process.stdout is not None
        assert "listening" in server.process.stdout.readline()
        if how is signal.SIGTERM:
            server.fault(kind="timeout", delay_s=30)
            with pytest.raises(requests.ReadTimeout):
                server.get(f"/polygon{STATUS}", timeout=0.2)
        assert stop(server, how) == 0
        with pytest.raises(requests.ConnectionError):
            server.get("/healthz", timeout=1)
    finally:
        server.process.kill()
        server.process.wait()


def test_no_process_is_left_behind_when_it_is_killed() -> None:
    server = launch("--names", "40", "--sessions", "2")
    assert server.process.stdout is not None
    assert "listening" in server.process.stdout.readline()
    stop(server, signal.SIGKILL)
    with pytest.raises(requests.ConnectionError):
        for _ in range(50):
            server.get("/healthz", timeout=1)
            time.sleep(0.1)


def test_a_worker_ends_without_its_parent(monkeypatch: pytest.MonkeyPatch, noon: clock.Frozen) -> None:
    ended: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda process, how: ended.append((process, how)))
    command.end_without(os.getppid() + 1)
    assert ended == [(os.getpid(), signal.SIGTERM)]
    parameters = command.parse_arguments(["--names", "40", "--sessions", "2"])[1]
    application = command.load_application(parameters, os.getppid())
    assert len(application.world.tape.market.days) == 3


def test_a_taken_port_is_said(capsys: pytest.CaptureFixture[str], noon: clock.Frozen) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert command.main(["--port", str(taken.getsockname()[1]), "--names", "40"]) == 1
    assert "simulator cannot listen on http://127.0.0.1:" in capsys.readouterr().err


def test_command_line(monkeypatch: pytest.MonkeyPatch, noon: clock.Frozen, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MARKET_CLOCK", "")
    options, parameters = command.parse_arguments(["--seed", "9", "--delay-s", "0"])
    assert (options.host, options.port) == ("127.0.0.1", 8787)
    assert (parameters.anchor, parameters.seed, parameters.names, parameters.sessions, parameters.delay_s) == (
        dt.date(2025, 12, 2), 9, 8000, 90, 0,
    )  # fmt: skip
    for arguments, clock_spec, says in ((["--names", "3"], "", "names"), ([], "yesterday", "MARKET_CLOCK")):
        monkeypatch.setenv("MARKET_CLOCK", clock_spec)
        with pytest.raises(SystemExit) as ended:
            command.parse_arguments(arguments)
        assert ended.value.code == 2 and says in capsys.readouterr().err


def test_readiness_is_announced_or_missed(
    running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command.announce_when_ready(running.url)
    assert capsys.readouterr().out == f"simulator listening on {running.url}\n"
    monkeypatch.setattr(command, "_READY_WITHIN_S", 0.1)
    command.announce_when_ready("http://127.0.0.1:9")
    assert "does not answer" in capsys.readouterr().err


SUNDAY = dt.datetime(2025, 11, 30, 18, tzinfo=dt.UTC)
FRIDAY_AT_TEN = dt.datetime(2025, 11, 28, 15, tzinfo=dt.UTC)


def test_a_visitor_on_a_sunday_sees_a_live_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "wall", lambda: SUNDAY)
    assert command.choose_clock(False, None, "") == "wall"
    expected = f"sessions:{FRIDAY_AT_TEN.isoformat()}@{SUNDAY.isoformat()}*"
    assert command.choose_clock(True, None, "") == f"{expected}1"
    assert command.choose_clock(False, 60.0, "") == f"{expected}60" == command.choose_clock(True, 60.0, "")
    night = dt.datetime(2025, 12, 3, 7, tzinfo=dt.UTC)  # 02:00 on a Wednesday: the newest session is Tuesday's
    monkeypatch.setattr(clock, "wall", lambda: night)
    assert command.choose_clock(True, None, "").startswith("sessions:2025-12-02T15:00:00+00:00@")
    noon = dt.datetime(2025, 12, 2, 17, 7, tzinfo=dt.UTC)
    monkeypatch.setattr(clock, "wall", lambda: noon)
    assert command.choose_clock(True, None, "") == f"sessions:{noon.isoformat()}@{noon.isoformat()}*1"


def test_the_environments_clock_wins_and_must_not_conflict() -> None:
    ten = f"sessions:{FRIDAY_AT_TEN.isoformat()}@{SUNDAY.isoformat()}*10"
    for always_open, speed in ((False, None), (True, None), (True, 10.0), (False, 10.0)):
        assert command.choose_clock(always_open, speed, ten) == ten
    assert command.choose_clock(False, None, "wall") == "wall"
    for always_open, speed, environment in (
        (True, None, "wall"),
        (False, 5.0, ten),
        (True, 1.0, ten),
        (False, 2.0, "x"),
    ):
        with pytest.raises(ValueError, match="MARKET_CLOCK"):
            command.choose_clock(always_open, speed, environment)


@pytest.mark.parametrize(("arguments", "says"), [(["--speed", "0"], "speed"), (["--speed", "-3"], "speed")])
def test_a_speed_that_is_none(
    arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MARKET_CLOCK", "")
    with pytest.raises(SystemExit) as ended:
        command.parse_arguments(arguments)
    assert ended.value.code == 2 and says in capsys.readouterr().err


def test_always_open_is_served_and_its_clock_is_said() -> None:
    """Whatever the day and hour of this test, the market is open, time runs a thousand times as fast, and the printed
    clock shows the moment that is served."""
    server = launch("--names", "40", "--sessions", "3", "--always-open", "--speed", "1000", market_clock="")
    try:
        assert server.process.stdout is not None
        line = server.process.stdout.readline().strip()
        assert line.startswith("MARKET_CLOCK=sessions:") and line.endswith("*1000")
        assert server.process.stdout.readline().startswith("simulator listening on ")
        clock.configure(line.removeprefix("MARKET_CLOCK="))
        before = clock.now()
        served = server.get(f"/polygon{STATUS}").json()
        after = clock.now()
        assert served["market"] in ("open", "extended-hours")
        second = dt.timedelta(seconds=1)
        assert before - second <= dt.datetime.fromisoformat(served["serverTime"]) <= after + second
        first = served["serverTime"]
        time.sleep(0.3)
        later = dt.datetime.fromisoformat(server.get(f"/polygon{STATUS}").json()["serverTime"])
        assert later - dt.datetime.fromisoformat(first) >= dt.timedelta(seconds=250)
    finally:
        clock.configure("wall")
        stop(server, signal.SIGTERM)
