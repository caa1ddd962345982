"""Repeated posts: counted from what was known then, drawn, listed, and the drawing's geometry."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from tests.themes.documents.conftest import NOON
from tests.themes.social.pages.world import HOSTILE, LATER, add_account, add_copies, add_post, add_stock, ask, text_of
from themes.models import Document, DocumentCluster, Influencer
from themes.social.bipartite import LARGEST, SMALLEST, Side, draw_map
from themes.social.coordination import letter_of
from themes.social.selectors import CopyQuery, coordination, rank_clusters
from universe.models import Instrument

PAGE = "/social/coordination/"


@pytest.fixture
def crowd(db: None) -> list[Influencer]:
    """Five accounts: two young, one of unknown age."""
    young = (NOON - dt.timedelta(days=3)).date()
    return [
        add_account("new1", created_on=young), add_account("new2", created_on=young), add_account("old1"),
        add_account("old2"), add_account("who", created_on=None),
    ]  # fmt: skip


@pytest.fixture
def copied(acme: Instrument, crowd: list[Influencer]) -> DocumentCluster:
    """A text of all five accounts about ACME, and one of three about BETA."""
    add_copies(add_stock("BETA"), crowd[:3], text="short this one now everybody knows that it is going to zero soon")
    return add_copies(acme, crowd)


pytestmark = pytest.mark.django_db


def test_an_empty_map_says_what_will_fill_it(reader: Client) -> None:
    assert "No text was repeated in three days" in text_of(ask(reader, PAGE))


def test_clusters_say_who_when_and_about_what(copied: DocumentCluster) -> None:
    first, second = coordination(LATER)
    assert (first.id, first.copies, len(first.accounts), first.aged) == (copied.pk, 5, 5, 4)
    assert first.young_share == pytest.approx(0.5) and first.span == dt.timedelta(minutes=4)
    assert [(one.symbol, one.posts) for one in first.stocks] == [("ACME", 5)]
    assert first.last_at == NOON - dt.timedelta(minutes=5) and first.deleted == 0
    assert (second.copies, second.young_share) == (3, pytest.approx(2 / 3))


def test_the_page_draws_and_lists_them(reader: Client, copied: DocumentCluster, crowd: list[Influencer]) -> None:
    answer = ask(reader, PAGE)
    page = text_of(answer)
    assert 'aria-label="Text A · 5 copies: show its posts"' in page and 'aria-label="new1, 2 posts"' in page
    assert f'href="/social/influencers/{crowd[0].pk}/"' in page and f'href="?cluster={copied.pk}#copies"' in page
    assert page.count("<path ") == 8 and "50%" in page and "of 4" in page and "4 min" in page
    assert "simulated data" in page
    stocks = text_of(ask(reader, PAGE, data={"by": "stocks"}))
    assert 'aria-label="ACME, 5 posts"' in stocks and stocks.count("<path ") == 2
    for one in re.findall(r'd="M([^"]+)"', page):
        assert "nan" not in one


def test_one_text_opens_its_posts(reader: Client, copied: DocumentCluster) -> None:
    newest = Document.objects.filter(cluster=copied).order_by("-event_at").first()
    assert newest is not None
    Document.objects.filter(pk=newest.pk).update(removed_at=NOON, text="", author="")
    answer = ask(reader, PAGE, data={"cluster": str(copied.pk)})
    page = text_of(answer)
    assert "5 copies, oldest first" in page and page.count("load up on this before") == 5  # 4 copies and the table
    assert "Deleted by its author" in page and "−1" in page and 'aria-current="true"' in page
    assert "not on this page" in text_of(ask(reader, PAGE, data={"cluster": "1", "least": "5"}))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"least": "4"}, [5]),
        ({"sort": "copies"}, [3, 5]),
        ({"sort": "-accounts"}, [5, 3]),
        ({"sort": "span"}, [3, 5]),
        ({"symbol": "BETA"}, [3]),
        ({"kind": "reddit"}, []),
        ({"kind": "x"}, [5, 3]),
        ({"days": "1"}, [5, 3]),
    ],
)
def test_filters_and_order(reader: Client, copied: DocumentCluster, asked: dict[str, str], found: list[int]) -> None:
    answer = ask(reader, PAGE, data=asked)
    assert [entry["one"].copies for entry in answer.context["clusters"]] == found
    if not found:
        assert "No text fits" in text_of(answer)


@pytest.mark.parametrize(
    "asked",
    [{"days": "2"}, {"least": "1"}, {"kind": "tv"}, {"by": "size"}, {"sort": "young"}, {"page": "2"}, {"clster": "1"}],
)
def test_what_cannot_be_read_is_refused(reader: Client, copied: DocumentCluster, asked: dict[str, str]) -> None:
    assert ask(reader, PAGE, data=asked).status_code == 400


def test_an_unknown_stock_is_not_found(reader: Client) -> None:
    assert ask(reader, PAGE, data={"symbol": "NONE"}).status_code == 404


def test_an_earlier_moment_counts_what_was_known_then(
    reader: Client, copied: DocumentCluster, acme: Instrument
) -> None:
    then = (NOON - dt.timedelta(minutes=7, seconds=-1)).isoformat()  # three copies are public, two are recorded
    answer = ask(reader, PAGE, data={"as_of": then, "least": "2"})
    (entry,) = answer.context["clusters"][:1]
    assert entry["one"].copies == 2 and entry["one"].accounts[0].is_bot is None
    add_post(acme, "x " * 9, minutes=200, recorded_at=NOON + dt.timedelta(days=1), cluster=copied)
    assert coordination(LATER)[0].copies == 5  # recorded tomorrow
    assert coordination(LATER + dt.timedelta(days=2))[0].copies == 6
    assert "No repeated text was known at that moment" in text_of(ask(reader, PAGE, data={"as_of": "2026-08-01"}))


def test_news_that_is_syndicated_is_asked_for(reader: Client, acme: Instrument) -> None:
    cluster = DocumentCluster.objects.create(first_at=NOON)
    for minute in range(4):
        add_post(acme, "Acme reports record results", kind="news", cluster=cluster, minutes=minute + 1)
    assert rank_clusters(CopyQuery(), LATER) == []
    (found,) = coordination(LATER, CopyQuery(kind="all"))
    assert (found.accounts, found.unknown_authors, found.young_share) == ((), 4, None)
    assert 'title="The age of none of these accounts is known">–' in text_of(ask(reader, PAGE, data={"kind": "all"}))


def test_hostile_copies_stay_words(reader: Client, acme: Instrument) -> None:
    evil = [add_account(f"<script>{number}\u202e") for number in range(3)]
    cluster = add_copies(acme, evil, text=HOSTILE)
    page = ask(reader, PAGE, data={"cluster": str(cluster.pk)}).content.decode()
    assert "<script>" not in page.replace('<script src="', "") and "\u202e" not in page and "&lt;script&gt;0" in page


def test_polls_and_costs_do_not_grow(
    reader: Client, acme: Instrument, crowd: list[Influencer], django_assert_num_queries: Any
) -> None:
    add_copies(acme, crowd)
    part = ask(reader, PAGE, **{"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    with django_assert_num_queries(2):  # account, the newest document
        assert ask(reader, PAGE, data={"seq": part["X-Live-Seq"]}, **{"HX-Request": "true"}).status_code == 204
    with django_assert_num_queries(7):  # account, newest, ranking, copies, accounts, mentions, texts
        ask(reader, PAGE)
    for _ in range(5):
        add_copies(acme, crowd)
    with django_assert_num_queries(7):
        ask(reader, PAGE)


def test_the_picture_keeps_its_sides_and_leaves_out_what_is_not_shown() -> None:
    picture = draw_map(
        [Side("a", "A", 10), Side("b", "B", 2)], [Side("x", "X", 3), Side("y", "Y", 9)],
        {("a", "y"): 8, ("b", "x"): 2, ("b", "gone"): 1, ("a", "x"): 0},
    )  # fmt: skip
    assert [node.key for node in picture.left] == ["a", "b"]
    assert [node.key for node in picture.right] == ["y", "x"]  # at the height of those they are joined to
    assert [(line.left, line.right, line.posts) for line in picture.lines] == [("a", "y", 8), ("b", "x", 2)]
    assert picture.lines[0].width == 5.0 > picture.lines[1].width > 1
    assert all(SMALLEST <= node.radius <= LARGEST for node in (*picture.left, *picture.right))
    assert all(0 < node.y < picture.height for node in (*picture.left, *picture.right))


def test_the_edges_of_the_picture() -> None:
    empty = draw_map([], [], {})
    assert (empty.left, empty.right, empty.lines) == ((), (), ()) and empty.height > 0
    alone = draw_map([Side("a", "A", 1)], [Side("x", "X", 1)], {})
    assert alone.lines == () and len(alone.right) == 1
    assert draw_map([Side("a", "A", 1)], [Side("x", "X", 1)], {("a", "x"): 1}).lines[0].width == 5.0


def test_letters_go_on_behind_z() -> None:
    assert [letter_of(place) for place in (0, 25, 26, 53)] == ["A", "Z", "A1", "B2"]
