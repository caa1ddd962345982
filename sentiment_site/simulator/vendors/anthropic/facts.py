"""What a prompt states: numbers and words by name, out of JSON blocks and of lines such as "name: value"."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_LINE = re.compile(r"^[\s>*\-•|]*\"?([A-Za-z][\w .%/()\-]{0,60}?)\"?\s*[:=|]\s*\"?([^\n\"]+?)\"?[\s,|]*$", re.MULTILINE)
_NUMBER = re.compile(r"[$€]?\s?(-?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\s?%?")
_WORD = re.compile(r"[A-Za-z][\w \-]{0,40}")
_MOST = 400


@dataclass(frozen=True, slots=True)
class Facts:
    """numbers: (name, the number as it was written); words: (name, word). In the order of the prompt."""

    numbers: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]

    def number(self, name: str) -> str | None:
        """The number stated under this name, compared without case and separators."""
        wanted = fold(name)
        return next((text for key, text in self.numbers if fold(key) == wanted), None)

    def stated(self, name: str, values: list[str]) -> str | None:
        """Which of these values the prompt states, best under a name like this one."""
        by_fold = {fold(value): value for value in values}
        found = [(key, by_fold[fold(word)]) for key, word in self.words if fold(word) in by_fold]
        alike = [value for key, value in found if fold(name) in fold(key) or fold(key) in fold(name)]
        return alike[0] if alike else found[0][1] if found else None


def read_facts(text: str) -> Facts:
    """All that a prompt states by name."""
    pairs = [*_from_json(text), *_LINE.findall(text)]
    numbers: dict[str, str] = {}
    words: dict[str, str] = {}
    for key, value in pairs[:_MOST]:
        number = _NUMBER.fullmatch(value.strip())
        if number:
            numbers.setdefault(key.strip(), number[1].replace(",", ""))
        elif _WORD.fullmatch(value.strip()):
            words.setdefault(key.strip(), value.strip())
    return Facts(tuple(numbers.items()), tuple(words.items()))


def fold(text: str) -> str:
    """Letters and digits only, in lower case."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _from_json(text: str) -> Iterator[tuple[str, str]]:
    """Names and values of the objects that stand in the text, names without their path."""
    decoder, place = json.JSONDecoder(parse_float=str), 0
    while (place := text.find("{", place)) >= 0:
        try:
            value, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:
            place += 1
            continue
        yield from _flat("", value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(key, inner)
    elif isinstance(value, list):
        for inner in value[:20]:
            yield from _flat(name, inner)
    elif isinstance(value, str | int) and not isinstance(value, bool) and name:
        yield name, str(value)
