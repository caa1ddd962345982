"""An announcement on its way to many sockets: the hub against a bare loop and against Channels' groups."""

from __future__ import annotations

import contextlib
import itertools
import socket
import time
from collections.abc import Iterator
from statistics import fmean, median

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client as DjangoClient

from sectors.inputs import load_inputs
from sectors.pipeline import compute_analyses, save_run
from sentiment_site.live.events import Event
from sentiment_site.live.publish import send_event
from sentiment_site.market import clock

from .crowd import Client, Crowd
from .harness import Figure, Measure, Round, in_turns, judge
from .servers import BenchServer, sockets
from .world import MORNING, World

PAYLOAD = "x" * 4_000
BROADCASTS = 10  # of each in a round
MANY, FEW, FIVE, TWO_HUNDRED = 1_000, 100, 5, 200
QUIET_S = 0.1  # before each broadcast: what a thousand consumers still do after the last one must not fall on the next
FILLING = 800  # broadcasts of 4 KB until the buffers of a socket that nobody reads are full (up to 4 MB)
sequence = itertools.count(1_000_000)  # always as many digits, so that every message is equally long


@pytest.fixture(scope="module")
def product(world: World) -> Iterator[BenchServer]:
    with sockets() as server:
        yield server


@pytest.fixture(scope="module")
def yardstick(world: World) -> Iterator[BenchServer]:
    with sockets("tests.bench.fan_out:application", "/") as server:
        yield server


@pytest.fixture(scope="module")
def cookie(world: World) -> str:
    browser = DjangoClient()
    browser.force_login(world.user)
    return f"sessionid={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def announcement(topic: str) -> Event:
    """The next event of a topic, with a fragment of its own."""
    seq = next(sequence)
    return Event("bench", topic, seq, seq, MORNING, key=f"bench:{topic}")


def announce(topic: str) -> None:
    """From this process through Valkey to the hub, as a worker does."""
    send_event(announcement(topic), PAYLOAD, ttl=60)


class Trigger:
    """Fires the yardstick's broadcasts, each as long as the hub's, from inside the yardstick's own process."""

    def __init__(self, server: BenchServer, kind: str) -> None:
        size = len(announcement("jobs").to_json(PAYLOAD))
        self.request = f"GET /fire/{kind}?bytes={size} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        self.socket = socket.create_connection(("127.0.0.1", server.port), 20)

    def time_ms(self, crowd: Crowd) -> float:
        """Milliseconds to the last client."""
        took = crowd.time_ms(lambda: self.socket.sendall(self.request))
        assert self.socket.recv(4096).startswith(b"HTTP/1.1 200")
        return took

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def hub_ms(crowd: Crowd, topic: str = "jobs") -> float:
    """Milliseconds of one announcement to the last client."""
    return crowd.time_ms(lambda: announce(topic))


def broadcasts_in_turns(candidate: Measure, yardstick: Measure, figure: Figure = median) -> list[Round]:
    """Broadcast by broadcast, each out of the quiet, as in life; a round's figures are medians unless said."""

    def out_of_the_quiet(measure: Measure) -> Measure:
        def measured() -> float:
            time.sleep(QUIET_S)
            return measure()

        return measured

    return in_turns(out_of_the_quiet(candidate), out_of_the_quiet(yardstick), repeats=BROADCASTS, figure=figure)


def open_hub(server: BenchServer, cookie: str, count: int, *, topic: str = "jobs", stalled: int = 0) -> Crowd:
    """Signed-in pages that listen to a topic."""
    return Crowd(server, f"/ws/live/?topics={topic}", count, cookie=cookie, stalled=stalled)


@pytest.mark.parametrize(("goal", "count"), [("W1b", FEW), ("W1", MANY)])
def test_hub_against_a_bare_loop(
    goal: str, count: int, product: BenchServer, yardstick: BenchServer, cookie: str
) -> None:
    with (
        open_hub(product, cookie, count) as crowd,
        Crowd(yardstick, "/raw", count) as plain,
        contextlib.closing(Trigger(yardstick, "raw")) as trigger,
    ):
        judge(goal, lambda: broadcasts_in_turns(lambda: hub_ms(crowd), lambda: trigger.time_ms(plain)))


def test_channels_group_against_the_hub(product: BenchServer, yardstick: BenchServer, cookie: str) -> None:
    with (
        open_hub(product, cookie, MANY) as crowd,
        Crowd(yardstick, "/group", MANY) as grouped,
        contextlib.closing(Trigger(yardstick, "group")) as trigger,
    ):
        # Every second broadcast of the group takes more than twice as long as the first: a median would be either.
        judge("W2", lambda: broadcasts_in_turns(lambda: trigger.time_ms(grouped), lambda: hub_ms(crowd), fmean))


def test_stalled_readers(product: BenchServer, cookie: str) -> None:
    """Five of 200 never read: everyone else gets every broadcast, about as soon as without them."""
    healthy = TWO_HUNDRED - FIVE
    with (
        open_hub(product, cookie, healthy, topic="sectors", stalled=FIVE) as beside_stalled,
        open_hub(product, cookie, healthy) as alone,
    ):
        for crowd in (beside_stalled, alone):
            settle(crowd)
        for _ in range(FILLING):
            beside_stalled.time_ms(lambda: announce("sectors"))
        judge("W4", lambda: broadcasts_in_turns(lambda: hub_ms(beside_stalled, "sectors"), lambda: hub_ms(alone)))
        received = beside_stalled.clients[0].texts
        held = [drain(client) for client in beside_stalled.stalled]
        print(f"W4   all {healthy} reading clients got all {received} broadcasts, the stalled ones {held}")
        assert {client.texts for client in beside_stalled.clients} == {received}
        assert max(held) < received  # or they had not been stalled


@pytest.mark.parametrize(("goal", "count"), [("W5", FIVE), ("W5b", MANY)])
def test_published_run_against_a_bare_announcement(
    goal: str, count: int, world: World, product: BenchServer, cookie: str
) -> None:
    """From the commit of a run over rendering, Valkey and hub to the last page."""
    inputs = load_inputs(MORNING)
    analyses = compute_analyses(inputs)

    def publish(crowd: Crowd) -> float:
        wanted = crowd.clients[0].texts + 1
        with clock.frozen(MORNING), transaction.atomic():
            save_run(inputs, analyses, trigger="manual", job_run_id=None, began=time.perf_counter())
            committing = time.perf_counter()
        return (crowd.wait_for(wanted) - committing) * 1000

    def bare(crowd: Crowd) -> float:
        return crowd.time_ms(lambda: send_event(Event("noop", "sectors", None, None, MORNING)))

    with open_hub(product, cookie, count, topic="sectors") as crowd:
        settle(crowd)
        publish(crowd)
        assert b'"sectors.published"' in crowd.clients[0].newest
        assert b"data-seq" in crowd.clients[0].newest
        judge(goal, lambda: broadcasts_in_turns(lambda: publish(crowd), lambda: bare(crowd)))


def settle(crowd: Crowd) -> None:
    """All clients begin with the same count of texts, whether a snapshot came before their pong or after it."""
    time.sleep(0.3)
    for client in crowd.clients:
        client.socket.setblocking(False)
        try:
            while True:
                client.read()
        except BlockingIOError:
            client.socket.setblocking(True)
        client.texts = 0


def drain(client: Client) -> int:
    """How many texts a stalled client finds when it reads at last."""
    client.socket.settimeout(0.5)
    try:
        while True:
            client.read()
    except TimeoutError:
        return client.texts
