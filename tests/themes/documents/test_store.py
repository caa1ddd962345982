"""Storing: once each, copies joined, all of a batch or none."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import DataError, connections

from sentiment_site.market import clock
from tests.themes.documents.conftest import NOON
from themes.documents.records import Draft
from themes.documents.store import load_ticker_book, store_documents
from themes.models import Document, DocumentCluster, Mention
from themes.models.documents import DocumentKind
from universe.models import DataSource, Instrument

RELEASE = (
    "Acme announces the first commercial order for its small modular reactor from a large utility in the state of Ohio"
)


def draft(name: str, title: str = RELEASE, *, minutes: float = 0, author: str = "wire", **more: object) -> Draft:
    facts = {"kind": DocumentKind.NEWS, "title": title, "author": author} | more
    return Draft(external_id=name, event_at=NOON + dt.timedelta(minutes=minutes), **facts)  # type: ignore[arg-type]


def test_once_each_and_copies_share_a_cluster(source: DataSource, acme: Instrument) -> None:
    book = load_ticker_book()
    with clock.frozen(NOON + dt.timedelta(hours=1)):
        first = store_documents([draft("a"), draft("b", minutes=5, author="echo"), draft("a")], source, book)
        again = store_documents([draft("a"), draft("c", minutes=9, author="echo")], source, book)
    assert (len(first.document_ids), first.copies, first.mentions) == (2, 1, 2)
    assert (len(again.document_ids), again.copies, again.known) == (1, 1, 1)
    cluster = DocumentCluster.objects.get()
    assert (cluster.documents, cluster.authors, cluster.first_at) == (3, 2, NOON)
    assert Document.objects.filter(is_simulated=True, recorded_at=NOON + dt.timedelta(hours=1)).count() == 3
    assert set(Mention.objects.values_list("instrument__symbol", "rule")) == {("ACME", "name")}


def test_the_same_words_after_three_days_begin_anew(source: DataSource) -> None:
    book = load_ticker_book()
    store_documents([draft("a")], source, book)
    store_documents([draft("b", minutes=60 * 73)], source, book)
    assert DocumentCluster.objects.count() == 2


def test_a_filing_is_about_its_filer_only(source: DataSource, acme: Instrument) -> None:
    Instrument.objects.create(symbol="BETA", name="Betatron Ltd", cik="43", source=source, recorded_at=NOON)
    filing = draft("0001", "8-K of ACME", kind=DocumentKind.FILING, cik="0000000042", text="agreement with $BETA")
    store_documents([filing], source, load_ticker_book())
    assert list(Mention.objects.values_list("instrument__symbol", "rule")) == [("ACME", "cik")]


def test_a_refused_row_stores_nothing_of_its_batch(source: DataSource) -> None:
    with pytest.raises(DataError, match="too long"):
        store_documents([draft("a"), draft("b", minutes=1, kind="no such kind")], source, load_ticker_book())
    assert Document.objects.count() == DocumentCluster.objects.count() == 0


def test_hostile_text_is_stored_and_breaks_nothing(source: DataSource) -> None:
    texts = [
        "\x00nul",
        "<script>" * 5000,
        "\U0001f680" * 999,
        "$" * 4000,
        "a " * 30_000,
        "'; DROP TABLE document; --",
        "",
    ]
    stored = store_documents(
        [draft(str(place), "t", text=text, minutes=place) for place, text in enumerate(texts)],
        source,
        load_ticker_book(),
    )
    assert len(stored.document_ids) == len(texts)
    assert max(len(one.text) for one in Document.objects.all()) <= 20_000


@pytest.mark.django_db(transaction=True)
def test_two_readers_at_once_store_once() -> None:
    source = DataSource.objects.create(name="press (simulated)", kind="simulated")
    book = load_ticker_book()
    failures: list[BaseException] = []

    def read() -> None:
        try:
            store_documents([draft(str(n), f"{RELEASE} {n}", minutes=n) for n in range(30)], source, book)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Document.objects.count() == 30
    assert sum(DocumentCluster.objects.values_list("documents", flat=True)) == 30
