"""Words of strangers: what is hidden goes, what is meant stays."""

from __future__ import annotations

import pytest

from themes.social.excerpts import clean_words, excerpt_of, link_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain  words\n\there", "plain words here"),
        ("a\u202eb\u202cc\u2066d\u2069", "abcd"),
        ("zero\u200bwidth\ufeff\u2060", "zerowidth"),
        ("bell\x07 null\x00 del\x7f", "bell null del"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 family", "\U0001f468\u200d\U0001f469\u200d\U0001f467 family"),
        ("join\u200dme \u200d", "joinme"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("Z" + "\u0335\u0321" * 40 + "algo", "Z\u0335\u0321algo"),
        ("café", "café"),
        ("tag\U000e0041\U000e007f", "tag"),
    ],
)
def test_hidden_characters_go(text: str, shown: str) -> None:
    assert clean_words(text) == shown


def test_an_excerpt_has_its_title_once_and_ends_at_a_word() -> None:
    assert excerpt_of("Title", "Title and text") == "Title and text"
    assert excerpt_of("Title", "text") == "Title text"
    assert excerpt_of("Title", "") == "Title"
    long = excerpt_of("", "word " * 500)
    assert len(long) <= 602 and long.endswith("word …")
    assert len(excerpt_of("", "x" * 5000)) <= 602


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "data:text/html,x", "//host/path", "ftp://host/x", "https://", "http://[bad"]
)
def test_only_addresses_of_the_web_are_followed(url: str) -> None:
    assert link_of(url, is_simulated=False) == ""


def test_a_simulated_address_leads_nowhere() -> None:
    assert link_of("https://example.org/a", is_simulated=False) == "https://example.org/a"
    assert link_of("https://example.org/a", is_simulated=True) == ""
