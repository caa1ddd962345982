"""Which part of a text is about whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from themes.kernels.attribution import WINDOW, attribute_tokens
from themes.kernels.lexicon import tokenise


def parts(text: str, *targets: str) -> dict[str, str]:
    """The words about each target, cashtags by their symbol."""
    found = attribute_tokens(tokenise(text), targets)
    return {
        target: "*" if part.is_whole else " ".join(token.symbol or token.word for token in part.tokens)
        for target, part in found.items()
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$AAA beats, $BBB misses", {"AAA": "AAA beats", "BBB": "BBB misses"}),
        ("Long $AAA and $BBB, short $CCC", {"AAA": "Long AAA and BBB", "BBB": "Long AAA and BBB", "CCC": "short CCC"}),
        ("Sold $AAA and bought $BBB", {"AAA": "Sold AAA", "BBB": "and bought BBB"}),
        ("$AAA $BBB - weak bookings", {"AAA": "AAA BBB weak bookings", "BBB": "AAA BBB weak bookings"}),
        ("$AAA, $BBB rallied", {"AAA": "AAA BBB rallied", "BBB": "AAA BBB rallied"}),
        (
            "After a good year, $AAA rose while $BBB fell",
            {"AAA": "After a good year AAA rose", "BBB": "while BBB fell"},
        ),
        ("$AAA beats. Great quarter! $BBB misses.", {"AAA": "AAA beats Great quarter", "BBB": "BBB misses"}),
        ("I like $AAA. $BBB", {"AAA": "I like AAA", "BBB": "BBB"}),
        ("I like $AAA, hate $BBB, but AAA is dear", {"AAA": "I like AAA but AAA is dear", "BBB": "hate BBB"}),
        ("and but $AAA $BBB", {"AAA": "and but AAA BBB", "BBB": "and but AAA BBB"}),
    ],
)
def test_clauses(text: str, expected: dict[str, str]) -> None:
    assert parts(text, *expected) == expected


def test_one_cashtag_or_none_has_the_whole_text() -> None:
    assert parts("I like $AAA, hate the rest", "AAA") == {"AAA": "*"}
    assert parts("Acme rises, Beta falls", "ACME", "BETA") == {"ACME": "*", "BETA": "*"}
    assert parts("", "AAA") == {"AAA": "*"}
    assert parts("$AAA $BBB") == {}


def test_a_target_without_a_mark_keeps_the_whole_text() -> None:
    assert parts("$AAA beats, $BBB misses", "CCC") == {"CCC": "*"}


def test_a_window_is_twelve_words_on_either_side() -> None:
    words = " ".join(f"w{n}" for n in range(30))
    found = attribute_tokens(tokenise(f"{words} $AAA {words}; $BBB"), ["AAA"])["AAA"].tokens
    assert [token.word for token in found] == [
        *(f"w{n}" for n in range(18, 30)), "TICKER", *(f"w{n}" for n in range(WINDOW)),
    ]  # fmt: skip


@given(st.lists(st.sampled_from(["$AAA", "$BBB", "rises", ",", ".", "and", "but", "AAA", "?"]), max_size=40))
def test_every_part_is_of_the_text(pieces: list[str]) -> None:
    tokens = tokenise(" ".join(pieces))
    before = list(tokens)
    for target, part in attribute_tokens(tokens, ["AAA", "BBB"]).items():
        assert set(part.tokens) <= set(tokens)
        assert part.is_whole or any(target in (token.symbol, token.word) for token in part.tokens)
    assert tokens == before
