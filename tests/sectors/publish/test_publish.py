"""Publishing a run and reading it back: one fragment for page, poll and socket; the cache is never the truth."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from sectors import publish, selectors
from sectors.models import SectorRun
from sentiment_site.live import topics
from sentiment_site.live.publish import client, get_fragment
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTORS
from tests.factories import ALL_SYMBOLS, Market
from tests.sectors.conftest import HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

AT = TEN + timedelta(minutes=31)


def messages(pubsub: Any) -> list[dict[str, Any]]:
    found = []
    while (message := pubsub.get_message(timeout=0.5)) is not None:
        if message["type"] == "message":
            found.append(json.loads(message["data"]))
    return found


def test_a_run_is_announced_after_commit_with_its_fragment_in_place(
    market: Market, django_capture_on_commit_callbacks: Any
) -> None:
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 101))
    pubsub = client().pubsub()
    pubsub.subscribe("live:sectors")
    with clock.frozen(AT):
        with django_capture_on_commit_callbacks(execute=True):
            run = analyse()
            assert messages(pubsub) == []
            assert publish.get_cached_head() is None
        (event,) = messages(pubsub)
    pubsub.close()
    assert event == {
        "type": "sectors.published",
        "topic": "sectors",
        "run_id": run.pk,
        "seq": run.pk,
        "at": AT.isoformat(),
        "key": f"sectors:grid:{run.pk}",
        "data": {
            "trigger": "manual",
            "occasion": "",
            "sectors": [sector.key for sector in SECTORS],
            "changed": [],
            "announce": [],
            "movers": [],
        },
    }
    assert get_fragment(event["key"]) == publish.render_grid(selectors.get_grid())


def test_a_run_that_rolls_back_is_never_announced(market: Market, django_capture_on_commit_callbacks: Any) -> None:
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 101))

    def analyse_and_fail() -> None:
        with transaction.atomic():
            analyse()
            raise RuntimeError("rolled back")

    with clock.frozen(AT), django_capture_on_commit_callbacks(execute=True) as callbacks, suppress(RuntimeError):
        analyse_and_fail()
    assert callbacks == []
    assert publish.get_cached_head() is None


def test_page_and_socket_get_the_same_bytes_without_a_statement(
    published: SectorRun, django_assert_num_queries: Any
) -> None:
    topic = topics.get("sectors")
    assert topic is not None and topic.snapshot is not None
    with django_assert_num_queries(0):
        live = publish.get_live_grid()
        snapshot = topic.snapshot("sectors")
    assert snapshot == (published.pk, published.recorded_at, live.html)
    assert live.head == selectors.get_grid().head  # type: ignore[union-attr]
    assert f'data-seq="{published.pk}"' in live.html


def test_a_lost_cache_is_rebuilt_from_the_database(published: SectorRun, django_assert_num_queries: Any) -> None:
    before = publish.get_live_grid()
    client().flushdb()
    with django_assert_num_queries(3):  # run, readings, the themes' terms
        assert publish.get_live_grid() == before
    with django_assert_num_queries(0):
        assert publish.get_live_grid() == before


def test_an_expired_fragment_alone_is_rebuilt(published: SectorRun, django_assert_num_queries: Any) -> None:
    before = publish.get_live_grid()
    client().delete(f"fragment:sectors:grid:{published.pk}")
    with django_assert_num_queries(3):  # run, readings, the themes' terms
        assert publish.get_live_grid() == before
    with django_assert_num_queries(0):
        assert publish.get_live_head() == before.head


def test_before_the_first_run_there_is_an_empty_grid_and_no_snapshot(db: None) -> None:
    live = publish.get_live_grid()
    assert (live.head, live.seq) == (None, 0)
    assert "No analysis yet" in live.html
    assert publish.get_snapshot("sectors") is None
    assert publish.get_live_head() is None
    assert publish.republish_missed() is False


def test_a_slow_reader_cannot_put_an_older_light_back(
    market: Market, published: SectorRun, django_capture_on_commit_callbacks: Any
) -> None:
    old = selectors.get_grid()
    assert old is not None
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 102))
    with clock.frozen(TEN + timedelta(minutes=61)), django_capture_on_commit_callbacks(execute=True):
        newer = analyse()
    publish._move_pointer(old.head)
    assert publish.get_live_grid().seq == newer.pk


@pytest.mark.parametrize("garbage", [b"not json", b"[]", b'{"seq": 1}', b'{"seq": "x"}'])
def test_a_pointer_of_another_version_is_ignored_and_replaced(published: SectorRun, garbage: bytes) -> None:
    client().set(publish.CURRENT, garbage)
    assert publish.get_cached_head() is None
    assert publish.get_live_grid().seq == published.pk
    head = publish.get_cached_head()
    assert head is not None and head.seq == published.pk


def test_the_pointer_heals_by_itself(published: SectorRun) -> None:
    assert 0 < client().ttl(publish.CURRENT) <= 300
    assert 300 < client().ttl(f"fragment:sectors:grid:{published.pk}") <= 1800


def test_what_expired_in_a_quiet_night_is_not_announced_again(published: SectorRun) -> None:
    pubsub = client().pubsub()
    pubsub.subscribe("live:sectors")
    client().delete(publish.CURRENT, f"fragment:sectors:grid:{published.pk}")
    assert publish.republish_missed() is False
    assert publish.get_live_grid().seq == published.pk
    client().delete(publish.ANNOUNCED)  # Valkey was emptied: somebody may have missed it
    assert publish.republish_missed() is True
    assert [event["seq"] for event in messages(pubsub)] == [published.pk]
    pubsub.close()


def test_an_older_run_that_publishes_late_is_silent(
    market: Market, published: SectorRun, django_capture_on_commit_callbacks: Any
) -> None:
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 102))
    with clock.frozen(TEN + timedelta(minutes=61)), django_capture_on_commit_callbacks(execute=True):
        newer = analyse()
    pubsub = client().pubsub()
    pubsub.subscribe("live:sectors")
    publish._publish(published.pk)
    assert messages(pubsub) == []
    pubsub.close()
    assert publish.get_live_grid().seq == newer.pk


def test_reading_the_grid_costs_two_statements(published: SectorRun, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        grid = selectors.get_grid()
        assert grid is not None
        assert len(grid.cards) == 8 and grid.universe_session == grid.run.universe_run.session
    with django_assert_num_queries(1):
        assert selectors.newest_seq() == published.pk


def test_as_of_shows_the_run_that_was_known(
    market: Market, published: SectorRun, django_capture_on_commit_callbacks: Any
) -> None:
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    with clock.frozen(TEN + timedelta(minutes=61)), django_capture_on_commit_callbacks(execute=True):
        newer = analyse()
    then = selectors.get_grid(published.recorded_at)
    assert then is not None and then.run == published and then.previous_as_of is None
    assert selectors.get_grid(published.recorded_at - timedelta(seconds=1)) is None
    now = selectors.get_grid()
    assert now is not None and (now.run, now.previous_as_of) == (newer, published.as_of)
    assert {card.previous_verb for card in now.cards if card.moved} <= {"AVOID SHORTS", "NEUTRAL"}
    history = selectors.list_history("technology", as_of=published.recorded_at)
    assert [reading.run_id for reading in history] == [published.pk]
