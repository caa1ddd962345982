"""Near-duplicates: copies are found, different stories are not."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from themes.documents.duplicates import (
    ALIKE,
    DuplicateIndex,
    compute_signature,
    compute_similarity,
    pack,
    unpack,
    words_of,
)

STORY = (
    "Acme Biosciences announces positive topline results from its phase two trial in patients with moderate disease, "
    "meeting the primary endpoint with a wide margin, and will ask the agency for a meeting in the coming quarter"
)


def jaccard(one: str, other: str) -> float:
    """The exact similarity of the five-word shingles: the oracle of the estimate."""

    def shingles(text: str) -> set[tuple[str, ...]]:
        words = words_of(text)
        return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}

    left, right = shingles(one), shingles(other)
    return len(left & right) / len(left | right)


def test_links_and_tickers_do_not_make_a_difference() -> None:
    one = compute_signature(f"{STORY} (NASDAQ: ACME) $ACME https://x.example/1")
    other = compute_signature(f"{STORY} $ACME (NYSE American: ACME) https://y.example/2?a=b")
    assert one is not None
    assert other is not None
    assert compute_similarity(one, other) == 1


def test_short_texts_repeat_nothing() -> None:
    assert compute_signature("to the moon") is None
    assert compute_signature("") is None


def test_a_changed_word_stays_alike_and_another_story_does_not() -> None:
    index = DuplicateIndex()
    first, copy = compute_signature(STORY), compute_signature(STORY.replace("quarter", "year"))
    other = compute_signature(
        "Beta Energy prices a public offering of nine million shares at two dollars and ten cents each"
    )
    assert first is not None
    assert copy is not None
    assert other is not None
    index.add(7, first)
    assert index.find(copy) == 7
    assert index.find(other) is None
    index.add(7, other)  # known already: the first representative stays
    assert index.find(other) is None


def test_estimates_agree_with_the_exact_similarity() -> None:
    rng = random.Random(5)
    words = [f"word{n}" for n in range(400)]
    errors = []
    for _ in range(60):
        base = [rng.choice(words) for _ in range(60)]
        other = [word if rng.random() > 0.05 else rng.choice(words) for word in base]
        one, two = " ".join(base), " ".join(other)
        left, right = compute_signature(one), compute_signature(two)
        assert left is not None
        assert right is not None
        errors.append(compute_similarity(left, right) - jaccard(one, two))
    assert abs(np.mean(errors)) < 0.02
    assert np.std(errors) < 0.08  # 64 permutations: sqrt(.25/64) = .0625


@given(st.text(max_size=300))
def test_packing_is_undone(text: str) -> None:
    signature = compute_signature(text)
    stored = unpack(pack(signature))
    assert (stored is None) == (signature is None)
    if signature is not None:
        assert stored is not None
        assert np.array_equal(stored, signature)


@pytest.mark.parametrize("stored", [b"", b"123", b"\x00" * 255])
def test_what_is_no_signature_is_none(stored: bytes) -> None:
    assert unpack(stored) is None


def test_the_threshold_is_the_method() -> None:
    assert ALIKE == 0.8
