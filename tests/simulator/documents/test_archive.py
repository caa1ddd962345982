"""The archive: the same past whoever asks, nothing before its time, everything found by its id."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sentiment_site.market import clock
from sentiment_site.simulator.documents.archive import DayArchive
from sentiment_site.simulator.documents.background import PER_NAME
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.world import build_world
from tests.simulator.client import Client
from tests.simulator.documents.conftest import BEGIN, NOON, build, everything

EASTERN = ZoneInfo("America/New_York")
DAY = dt.timedelta(days=1)


def test_another_instance_asked_in_another_order_tells_the_same(documents: list[Document]) -> None:
    other = build()
    backwards: list[Document] = []
    for days in range(45, -1, -3):
        begin = BEGIN + days * DAY
        for channel in reversed(Channel):
            backwards += other.published(channel, begin, min(begin + 3 * DAY, NOON))
    assert sorted(backwards, key=_key) == sorted(documents, key=_key)
    assert len(documents) > 5000


def _key(document: Document) -> tuple[str, str]:
    return document.channel, document.id


def test_a_market_that_knows_less_has_published_the_same(documents: list[Document]) -> None:
    """Truncation: an archive that stands at a moment and has generated no more tells what a later one told."""
    for until in (
        dt.datetime(2025, 11, 12, 16, 20, tzinfo=dt.UTC),  # in the session
        dt.datetime(2025, 11, 14, 8, 30, tzinfo=dt.UTC),  # 03:30 in New York, before the next one
        dt.datetime(2025, 11, 16, 20, 0, tzinfo=dt.UTC),  # a Sunday
    ):
        young = build()
        assert everything(young, until) == [document for document in documents if document.at <= until]
        assert young._market.days[-1].session.pre_open <= until


_SCRIPT = """
import datetime as dt, hashlib, sys
from tests.simulator.documents.conftest import build, everything
from sentiment_site.simulator.market.parameters import Parameters
archive = build(Parameters(dt.date(2025, 12, 1), seed=3, names=120, sessions=6, stories=4.0))
found = everything(archive, dt.datetime(2025, 12, 1, 21, tzinfo=dt.UTC), dt.datetime(2025, 11, 28, tzinfo=dt.UTC))
sys.stdout.write(hashlib.sha256(repr(found).encode()).hexdigest())
"""


def test_another_process_tells_the_same() -> None:
    found = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "17", "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=120,
    )
    archive = build(Parameters(dt.date(2025, 12, 1), seed=3, names=120, sessions=6, stories=4.0))
    mine = everything(archive, dt.datetime(2025, 12, 1, 21, tzinfo=dt.UTC), dt.datetime(2025, 11, 28, tzinfo=dt.UTC))
    assert len(mine) > 40
    assert found.stdout == hashlib.sha256(repr(mine).encode()).hexdigest()


def test_ids_are_unique_and_times_in_order(archive: DayArchive) -> None:
    for channel in Channel:
        found = archive.published(channel, BEGIN, NOON)
        assert len({document.id for document in found}) == len(found) > 100
        times = [document.at for document in found]
        assert times == sorted(times)
        assert all(document.at.tzinfo is dt.UTC and document.channel is channel for document in found)
        assert all(BEGIN < document.at <= NOON for document in found)


def test_reddit_and_x_ids_rise_with_time(archive: DayArchive) -> None:
    for channel, base in ((Channel.X, 10), (Channel.REDDIT, 36)):
        found = archive.published(channel, BEGIN, NOON)
        numbers = [int(document.id, base) for document in found]
        if channel is Channel.REDDIT:  # shown to the second, numbered to the millisecond
            assert all(late > early for early, late in zip(numbers, numbers[40:], strict=False))
        else:
            assert numbers == sorted(numbers)


def test_every_document_is_found_by_its_id(archive: DayArchive, documents: list[Document]) -> None:
    for document in documents[::37]:
        assert archive.find(document.channel, document.id, NOON) == document
        assert archive.find(document.channel, document.id, document.at) == document
        assert archive.find(document.channel, document.id, document.at - dt.timedelta(seconds=1)) is None


@pytest.mark.parametrize("id", ["", "0", "x" * 64, "9" * 30, "f" * 64, "0001880011-25-999001", "9999999912345678", "é"])
def test_an_id_nobody_has_is_not_found(archive: DayArchive, id: str) -> None:
    for channel in Channel:
        assert archive.find(channel, id, NOON) is None


def test_all_symbols_are_listed_and_traded(market: Market, documents: list[Document]) -> None:
    rows = market.listing.row_of
    for document in documents:
        for symbol in document.symbols:
            assert market.listing.last[rows[symbol]] >= 0
        assert set(document.tone) == set(document.symbols)
        assert all(-1.0 <= tone <= 1.0 for tone in document.tone.values())


def test_no_truth_in_what_is_written(documents: list[Document], scored: list[Document]) -> None:
    kinds = ("pump-20", "theme-20", "squeeze-20", "catalyst-20", "storm-20", "macro-20", "offering-20", "earnings-20")
    for document in (*documents, *scored):
        shown = f"{document.id} {document.title} {document.body} {document.source} {document.filing}"
        if document.author:
            shown += document.author.id + document.author.name
        assert not any(kind in shown for kind in kinds)
        assert "{" not in document.title + document.body
        assert document.title or document.channel is Channel.X
        assert document.body or document.channel is Channel.REDDIT
        assert "simulat" not in shown.lower()


def _background(names: int, sessions: int = 20) -> list[Document]:
    archive = build(Parameters(dt.date(2025, 12, 1), seed=4, names=names, sessions=sessions, stories=0.0))
    return [document for document in everything(archive) if not _is_of_a_move(document)]


def _is_of_a_move(document: Document) -> bool:
    return "%" in document.title + document.body and document.channel in (Channel.X, Channel.REDDIT)


def test_background_is_linear_in_the_names_and_rests_at_the_weekend() -> None:
    """2,500 documents on a weekday at 8,000 names, copies among them, .35 of it at weekends; moves bring some more."""
    small, large = _background(300), _background(900)
    days = Counter(document.at.astimezone(EASTERN).date() for document in large)
    weekdays = [count for date, count in days.items() if date.weekday() < 5 and date not in (dt.date(2025, 11, 27),)]
    weekend = [count for date, count in days.items() if date.weekday() >= 5]
    usual = sum(weekdays) / len(weekdays)
    assert 0.9 < usual / (900 * PER_NAME) < 1.35
    assert 0.22 < sum(weekend) / len(weekend) / usual < 0.45
    assert 2.6 < len(large) / len(small) < 3.4


def test_hours_of_the_day(documents: list[Document]) -> None:
    """Releases come before the open and after the close, posts in the day, hardly anything at night."""
    for channel, busy in ((Channel.RELEASE, {7, 8, 16}), (Channel.X, {9, 10, 16}), (Channel.FILING, {16, 17})):
        hours = Counter(
            document.at.astimezone(EASTERN).hour
            for document in documents
            if document.channel is channel and not document.story
        )
        total = sum(hours.values())
        night = sum(hours[hour] for hour in (0, 1, 2, 3))
        assert sum(hours[hour] for hour in busy) > 3.0 * len(busy) * total / 24 / 2.2
        assert night < 0.09 * total


def test_the_other_family_tells_of_the_same_stories(documents: list[Document], scored: list[Document]) -> None:
    ours, theirs = (Counter(document.story for document in some) for some in (documents, scored))
    assert {story for story in ours if ours[story] > 3} <= set(theirs)
    shared = {document.body for document in documents} & {document.body for document in scored}
    assert len(shared) < 40  # bodies of a word or none


def test_nothing_before_the_first_session(archive: DayArchive, market: Market) -> None:
    first = market.first_session.pre_open
    assert not everything(archive, first, first - 400 * DAY)
    assert everything(archive, first + DAY, first - 400 * DAY)


def test_the_world_has_an_archive() -> None:
    world = build_world(Parameters(dt.date(2025, 12, 1), seed=3, names=60, sessions=3, texts="score"))
    assert isinstance(world.documents, DayArchive)
    assert world.documents.published(Channel.X, NOON - 5 * DAY, NOON)


def test_a_search_through_the_whole_history_writes_it_once(
    client: Client, noon: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[dt.date] = []
    write = DayArchive._write

    def counted(self: DayArchive, date: dt.date, channel: Channel) -> Any:
        written.append(date)
        return write(self, date, channel)

    monkeypatch.setattr(DayArchive, "_write", counted)
    for _ in range(2):
        before = len(written)
        assert client.polygon("/v2/reference/news?ticker=NOSUCH").json()["results"] == []
    assert len(written) == before
