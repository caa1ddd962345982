"""Which part of a text speaks of which stock. Source: methods.md 7.1.

A text with one cashtag is about it as a whole. With two or more, each has its clauses, and in them the twelve words on
either side of its marks. "Long $AAA, short $BBB" would otherwise say the same of both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from .lexicon import Token

WINDOW: Final = 12
_JOINS: Final = frozenset({"and", "or"})
_CUTS: Final = frozenset({"and", "but", "while", "whereas", "although", "though", "however", "vs", "versus"})


@dataclass(frozen=True, slots=True)
class Part:
    """The tokens that speak of one stock. is_whole: the text was not divided."""

    tokens: tuple[Token, ...]
    is_whole: bool


def attribute_tokens(tokens: Sequence[Token], targets: Collection[str]) -> dict[str, Part]:
    """The part of a text per target symbol, in the order of the targets.

    A target without a mark in a divided text, known by its name or the vendor's tag, keeps the whole text.
    """
    whole = Part(tuple(tokens), True)
    marks: dict[str, list[int]] = {}
    cashtags: set[str] = set()
    bare = {target.upper() for target in targets if len(target) > 2}
    for place, token in enumerate(tokens):
        symbol = token.symbol or (token.word if token.word in bare else "")
        if symbol:
            marks.setdefault(symbol, []).append(place)
        if token.symbol:
            cashtags.add(token.symbol)
    if len(cashtags) < 2:
        return dict.fromkeys(targets, whole)
    clauses = _clauses(tokens, {place for places in marks.values() for place in places})
    parts = {}
    for target in targets:
        places = marks.get(target.upper())
        parts[target] = Part(_window(tokens, places, clauses), False) if places else whole
    return parts


def _window(tokens: Sequence[Token], places: Sequence[int], clauses: Sequence[int]) -> tuple[Token, ...]:
    taken = {
        at
        for place in places
        for at in range(max(0, place - WINDOW), min(len(tokens), place + WINDOW + 1))
        if clauses[at] == clauses[place]
    }
    return tuple(tokens[at] for at in sorted(taken))


def _clauses(tokens: Sequence[Token], marks: Collection[int]) -> list[int]:
    """Number of the clause of each token.

    A stretch without a mark belongs to what stands before it, at the beginning to what follows. Marks alone ("$A, $B,
    $C rallied") belong to the stretch before them in their sentence if there is one with words, else to the next.
    """
    groups: list[list[range]] = []
    waiting: list[range] = []
    marked = worded = False  # what waits so far
    begins = True
    for stretch in _stretches(tokens):
        has_mark = any(at in marks for at in stretch)
        has_words = any(at not in marks and tokens[at].word.lower() not in _JOINS for at in stretch)
        if waiting or not groups or (has_mark and (has_words or begins)):
            waiting.append(stretch)
            marked, worded = marked or has_mark, worded or has_words
            if marked and worded:
                groups.append(waiting)
                waiting, marked, worded = [], False, False
        else:
            groups[-1].append(stretch)
        begins = tokens[stretch[-1]].ends_sentence
    groups.append(waiting)
    return _number(groups, len(tokens))


def _number(groups: Sequence[Sequence[range]], size: int) -> list[int]:
    numbers = [0] * size
    for number, group in enumerate(groups):
        for stretch in group:
            for at in stretch:
                numbers[at] = number
    return numbers


def _stretches(tokens: Sequence[Token]) -> list[range]:
    """Between punctuation, contrasts and "and"."""
    found, begin = [], 0
    for place, token in enumerate(tokens):
        if place > begin and token.word.lower() in _CUTS:
            found.append(range(begin, place))
            begin = place
        if token.ends:
            found.append(range(begin, place + 1))
            begin = place + 1
    if begin < len(tokens):
        found.append(range(begin, len(tokens)))
    return found
