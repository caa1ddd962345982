"""A small world of every kind that is kept: old rows and young ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_site.market import clock
from themes.models import Document, DocumentCluster, Mention, Tweet, TweetSentiment
from universe.models import DataSource, Instrument

# A Friday, 12:00 in New York.
NOON = dt.datetime(2026, 8, 21, 16, tzinfo=dt.UTC)


def ago(days: float) -> dt.datetime:
    return NOON - dt.timedelta(days=days)


@pytest.fixture(autouse=True)
def own_archive(tmp_path: Path, settings: Any) -> Path:
    settings.ARCHIVE_DIR = str(tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def source(db: None) -> DataSource:
    return DataSource.objects.create(name="press (simulated)", kind="simulated")


@pytest.fixture
def acme(source: DataSource) -> Instrument:
    return Instrument.objects.create(
        symbol="ACME", name="Acme Nuclear Inc.", cik="0000000042", source=source, recorded_at=ago(2000)
    )


def write(kind: str, name: str, days: float, source: DataSource, **more: Any) -> Document:
    """A document of so many days ago in a cluster of its own."""
    at = ago(days)
    cluster = DocumentCluster.objects.create(first_at=at, recorded_at=at)
    facts = {"title": f"title {name}", "text": f"text {name}", "author": "somebody", "url": f"https://x.test/{name}"}
    return Document.objects.create(
        kind=kind, external_id=name, source=source, event_at=at, recorded_at=at, cluster=cluster, is_simulated=True,
        signature=b"\x01\x02", **(facts | more),
    )  # fmt: skip


def tweet(name: str, days: float, source: DataSource, about: Instrument) -> TweetSentiment:
    """A post with its counts, its mention of a stock and what it says about it."""
    document = write("x", name, days, source, title="")
    Mention.objects.create(
        document=document, instrument=about, rule="cashtag", sureness=0.9, event_at=document.event_at
    )
    return TweetSentiment.objects.create(
        tweet=Tweet.objects.create(document=document, likes=3), document_key=f"x:{name}", instrument=about,
        event_at=document.event_at, score=0.5, lexicon_score=0.5, label="bullish", weight=1, engine_version="1",
        recorded_at=document.event_at,
    )  # fmt: skip
