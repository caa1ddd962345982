"""Turns templates with slots into text. The templates themselves are data (texts/).

A table is lines under headings: `[key]`, then alternatives, one a line or several parted by " | "; a line that begins
with "+ " continues the one before; "¶" parts paragraphs. A slot `{name}` is filled with the fact of that name, else
with a figure (figures.py), which then is a fact, else with an alternative under the heading `[name]`; `{^name}` begins
with a capital; the alternative `{blank}` is nothing.
"""

from __future__ import annotations

import re
from functools import cache

from sentiment_site.simulator.documents.dice import Dice
from sentiment_site.simulator.documents.figures import FIGURES, Facts
from sentiment_site.simulator.documents.texts import (
    score_filings,
    score_posts,
    score_press,
    score_releases,
    tune_filings,
    tune_posts,
    tune_press,
    tune_releases,
)

FAMILIES = {
    "tune": (tune_press.TABLE, tune_releases.TABLE, tune_filings.TABLE, tune_posts.TABLE),
    "score": (score_press.TABLE, score_releases.TABLE, score_filings.TABLE, score_posts.TABLE),
}
BLANK = "{blank}"
_STOPS = re.compile(r"(?<!\.)(\.|\?|!)\.(?!\.)")  # two full stops where a slot ended with one
_SLOT = re.compile(r"\{(\^?)([A-Za-z0-9_. -]+)\}")

# literal text, then the slot behind it ("" at the end) and whether it begins with a capital
Template = tuple[tuple[str, str, bool], ...]


def read_table(table: str) -> dict[str, list[str]]:
    """Alternatives by key. Raises ValueError for a line before the first heading."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in table.strip("\n").split("\n"):
        if line.startswith("[") and line.endswith("]"):
            lines = found.setdefault(line[1:-1], [])
        elif line.startswith("+ "):
            lines[-1] += line[1:]
        elif line:
            if not found:
                raise ValueError(f"a line before the first heading: {line}")
            lines.append(line)
    return {
        key: ["" if one == BLANK else one for line in lines for one in line.split(" | ")]
        for key, lines in found.items()
    }


def compile_template(text: str) -> Template:
    """The parts of a template."""
    parts, place = [], 0
    text = re.sub(r" ?¶ ?", "\n\n", text)
    for match in _SLOT.finditer(text):
        parts.append((text[place : match.start()], match[2], bool(match[1])))
        place = match.end()
    parts.append((text[place:], "", False))
    return tuple(parts)


class Phrasebook:
    """One family of templates. Has no state; the same dice and facts give the same text."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        self.lines: dict[str, list[str]] = {}
        for table in tables:
            more = read_table(table)
            twice = self.lines.keys() & more.keys()
            if twice:
                raise ValueError(f"keys of two tables: {sorted(twice)}")
            self.lines |= more
        self._templates = {key: tuple(compile_template(line) for line in lines) for key, lines in self.lines.items()}

    def __contains__(self, key: str) -> bool:
        return key in self._templates

    def write(self, key: str, dice: Dice, facts: Facts) -> str:
        """A text for the key. Figures it needs are drawn and noted in `facts`. Raises KeyError for an unknown slot."""
        parts: list[str] = []
        self._fill(parts, key, dice, facts)
        text = "".join(parts)
        while "  " in text:
            text = text.replace("  ", " ")
        if ".." in text or "?." in text or "!." in text:
            text = _STOPS.sub(r"\1", text)
        return text.strip()

    def _fill(self, parts: list[str], key: str, dice: Dice, facts: Facts) -> None:
        for literal, slot, capital in dice.pick(self._templates[key]):
            if literal:
                parts.append(literal)
            if not slot:
                continue
            place = len(parts)
            value = facts.get(slot)
            if value is not None:
                parts.append(value)
            elif slot in FIGURES:
                facts[slot] = value = FIGURES[slot](dice, facts)
                parts.append(value)
            else:
                self._fill(parts, slot, dice, facts)
            if capital and len(parts) > place:
                parts[place] = parts[place][:1].upper() + parts[place][1:]


@cache
def phrasebook(family: str) -> Phrasebook:
    """The phrasebook of a family, "tune" or "score"."""
    return Phrasebook(FAMILIES[family])
