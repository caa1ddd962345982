"""Copies, wrong symbols, wrong labels, and posts as people leave them."""

from __future__ import annotations

import random
import re

import pytest

from sentiment_site.simulator.documents.cast import Cast
from sentiment_site.simulator.documents.dice import Dice
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.market.process import Market
from tests.simulator.documents.conftest import jaccard

PRESS = (Channel.NEWS, Channel.RELEASE)
POSTS = (Channel.X, Channel.REDDIT)


@pytest.fixture(scope="module")
def press(documents: list[Document]) -> list[Document]:
    return [document for document in documents if document.channel in PRESS]


def test_a_fifth_of_the_press_is_syndicated(press: list[Document]) -> None:
    copies = [document for document in press if document.copy_of]
    assert 0.16 < len(copies) / len(press) < 0.24
    originals = {document.id: document for document in press}
    retitled = near = 0
    for copy in copies:
        original = originals[copy.copy_of]
        assert copy.at > original.at
        assert (copy.symbols, copy.story) == (original.symbols, original.story)
        retitled += copy.title != original.title
        near += jaccard(copy.body, original.body) > 0.6
    assert near > 0.97 * len(copies)
    assert 0.2 < retitled / len(copies) < 0.9


def test_other_documents_are_not_alike(documents: list[Document], scored: list[Document]) -> None:
    for family in (documents, scored):
        originals = [one for one in family if not one.copy_of and len(one.body.split()) > 14]
        chance = random.Random(5)
        pairs = [chance.sample(originals, 2) for _ in range(4000)]
        alike = sum(jaccard(one.body, other.body) > 0.6 for one, other in pairs)
        assert alike < 0.004 * len(pairs)


def test_wrong_symbols(documents: list[Document]) -> None:
    named = [one for one in documents if one.channel is not Channel.FILING and len(one.symbols) and not one.copy_of]
    assert 0.012 < sum(document.wrong for document in named) / len(named) < 0.03
    wrong = [document for document in named if document.wrong and document.channel is Channel.NEWS]
    # the text names its own symbol, the tag is another's
    assert wrong
    assert all(f"({one.symbols[0]})" not in one.body and f": {one.symbols[0]})" not in one.body for one in wrong)


def test_symbols_are_taken_for_their_neighbours(market: Market) -> None:
    cast = Cast(market.listing, 11)
    for row in range(0, 400, 7):
        other = cast.mistaken(row, Dice(row), 5)
        assert other != row
        assert cast.is_listed(other, 5)


def test_words_that_are_symbols(market: Market) -> None:
    cast = Cast(market.listing, 11)
    for row in cast.words(5):
        assert cast.symbol(row) in {"ALL", "AN", "ARE"} or cast.symbol(row).isalpha()
        assert cast.is_listed(row, 5)


def test_three_in_a_hundred_labels_are_wrong(press: list[Document]) -> None:
    """Upgrades and downgrades, whose sign their titles tell."""
    signs = []
    for document in press:
        if re.search(r"(upgraded at|to buy, sees|wins new bull)", document.title) and document.tone:
            signs.append(next(iter(document.tone.values())) > 0)
        elif re.search(r"(downgraded at|to the sidelines|cuts .* to hold)", document.title) and document.tone:
            signs.append(next(iter(document.tone.values())) < 0)
    assert len(signs) > 150
    assert 0.9 < sum(signs) / len(signs) < 1.0


def test_posts_are_untidy(documents: list[Document]) -> None:
    posts = [document for document in documents if document.channel in POSTS]
    reddit = [document for document in posts if document.channel is Channel.REDDIT]
    assert 0.008 < sum(document.author is None for document in reddit) / len(reddit) < 0.04
    assert 0.02 < sum(not document.body for document in reddit) / len(reddit) < 0.12
    assert any(document.body == "[removed]" for document in reddit)
    text = [document.title + " " + document.body for document in posts]
    for pattern, least in (
        (r"\$[A-Z]{2,4}[,!:]", 0.005),
        (r"\$[a-z]{2,4}\b", 0.02),
        (r"(\$[A-Z]{1,5} ){2}", 0.02),
        ("🚀|🔥|👀|💎", 0.03),
        (r"\b(wird|volume, il|hoje|Nadie|dabei)\b", 0.0003),
    ):
        share = sum(re.search(pattern, one) is not None for one in text) / len(text)
        assert share > least, pattern
    assert max(len(document.body) for document in posts if document.channel is Channel.X) <= 280
    assert all(document.title == "" for document in posts if document.channel is Channel.X)
