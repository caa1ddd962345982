"""Every number in a model's words held against the store; one that the store does not know is struck through.

A number is right when it equals a figure within half a unit of the last digit written or half a percent. In a sentence
that names one figure and quotes one number the two must belong together. Durations, years and dates quote nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from macro.analyst.facts import Fact

RELATIVE: Final = 0.005
RIGHT, WRONG, UNSUPPORTED, CONTEXT = "right", "wrong", "unsupported", "context"
_SCALES: Final = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9,
                  "t": 1e12, "trillion": 1e12}  # fmt: skip
_NUMBER: Final = re.compile(
    r"(?<![\w.,])(?P<sign>(?<!\d)[-+−–])?\$?(?P<digits>\d[\d,]*(?:\.\d+)?)"
    r"(?:\s?(?P<scale>k|m|bn|b|t|thousand|million|billion|trillion)\b)?(?P<percent>\s?%)?",
    re.IGNORECASE,
)
_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}\b")
_DURATION: Final = re.compile(r"[\s-]?(?:d|h|days?|weeks?|months?|hours?|years?|scans?|readings?)\b", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+|\n+")
_FILLERS: Final = frozenset({"in", "of", "the", "percent", "points"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One number in one text. path: where in the answer ("summary", "risks.0"); start, end: characters; fact: the
    figure it was held against, "" for none; stated: its value; verdict: right, wrong, unsupported or context."""

    path: str
    start: int
    end: int
    text: str
    value: float
    fact: str
    stated: float | None
    verdict: str

    @property
    def is_struck(self) -> bool:
        """Whether it is shown struck through."""
        return self.verdict in (WRONG, UNSUPPORTED)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text as it is shown. title: why it is struck, or what it was held against; "" for plain words."""

    text: str
    is_struck: bool = False
    title: str = ""


def check_answer(answer: Mapping[str, Any], facts: Sequence[Fact]) -> list[Claim]:
    """The claims of every text in an answer, in their order."""
    return [claim for path, text in list_texts(answer) for claim in check_text(path, text, facts)]


def list_texts(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The free texts of an answer with their paths; fixed words (regime, permission) are none."""
    for name in ("summary", "evidence", "risks"):
        value = answer.get(name)
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, list):
            yield from ((f"{name}.{place}", text) for place, text in enumerate(value) if isinstance(text, str))


def check_text(path: str, text: str, facts: Sequence[Fact]) -> list[Claim]:
    """The claims of one text."""
    dates = [match.span() for match in _DATE.finditer(text)]
    found = []
    for begin, end in _sentences(text):
        numbers = [
            match for match in _NUMBER.finditer(text, begin, end)
            if not any(low <= match.start("digits") < high for low, high in dates)
        ]  # fmt: skip
        quoting = [match for match in numbers if not _is_context(match, text)]
        named = _named(text[begin:end], facts)
        for match in numbers:
            if match not in quoting:
                found.append(_claim(path, match, None, CONTEXT))
                continue
            alone = len(quoting) == 1 and len(named) == 1
            found.append(_judge(path, match, named if alone else [], facts))
    return found


def list_pieces(path: str, text: str, claims: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """A text cut into what is shown plainly and what is struck through; claims as they are stored."""
    pieces, place = [], 0
    for stored in sorted((each for each in claims if each["path"] == path), key=lambda each: each["start"]):
        claim = Claim(**stored)
        if claim.verdict == CONTEXT or text[claim.start : claim.end] != claim.text:
            continue
        if claim.start > place:
            pieces.append(Piece(text[place : claim.start]))
        pieces.append(Piece(claim.text, claim.is_struck, _title(claim)))
        place = claim.end
    return [*pieces, Piece(text[place:])] if place < len(text) else pieces


def as_stored(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Claims as the column keeps them."""
    return [asdict(claim) for claim in claims]


def _judge(path: str, match: re.Match[str], only: Sequence[Fact], facts: Sequence[Fact]) -> Claim:
    """only: the figure the sentence is about, if that is clear; otherwise any figure may be meant."""
    fitting = [fact for fact in only or facts if _fits(match, fact)]
    if fitting:
        return _claim(path, match, fitting[0], RIGHT)
    return _claim(path, match, only[0] if only else None, WRONG if only else UNSUPPORTED)


def _claim(path: str, match: re.Match[str], fact: Fact | None, verdict: str) -> Claim:
    name, stated = ("", None) if fact is None else (fact.name, fact.value)
    return Claim(path, match.start(), match.end(), match[0], _value(match), name, stated, verdict)


def _value(match: re.Match[str]) -> float:
    size = float(match["digits"].replace(",", "")) * _SCALES.get((match["scale"] or "").lower(), 1.0)
    return -size if match["sign"] in ("-", "−", "–") else size


def _fits(match: re.Match[str], fact: Fact) -> bool:
    """Whether the number may be the figure: as written or as percent of a share; without a sign of its own by size."""
    unit = 10.0 ** -len(match["digits"].partition(".")[2]) * _SCALES.get((match["scale"] or "").lower(), 1.0)
    value = _value(match)
    for stated, step in ((fact.value, 1.0), (100.0 * fact.value, 100.0)):
        if step == 100.0 and not (match["percent"] and abs(fact.value) <= 1.0):
            continue
        aim = stated if match["sign"] else abs(stated)
        # the model saw the figure rounded, and may round it once more
        slack = max(0.5 * unit, 0.5 * step * 10.0**-fact.decimals, RELATIVE * abs(aim))
        if abs(value - aim) <= slack * (1 + 1e-9):
            return True
    return False


def _is_context(match: re.Match[str], text: str) -> bool:
    """Durations, years and places in a list quote no figure."""
    if match["percent"] or match["scale"]:
        return False
    digits = match["digits"]
    is_year = re.fullmatch(r"(?:19|20)\d\d", digits) is not None and "$" not in match[0]
    is_scale_end = digits == "100" and text[: match.start()].rstrip().lower().endswith(("of", "out of"))
    return is_year or is_scale_end or _DURATION.match(text, match.end()) is not None


def _named(sentence: str, facts: Sequence[Fact]) -> list[Fact]:
    """The figures whose every word stands in the sentence, without those whose words are part of another's."""
    words = _words(sentence)
    sets = {fact: _words(fact.name.replace("_", " ")) for fact in facts}
    named = [fact for fact in facts if sets[fact] <= words]
    return [fact for fact in named if not any(sets[fact] < sets[other] for other in named)]


def _words(text: str) -> set[str]:
    same = re.sub(r"bitcoins?(?:'s)?", "btc", text.lower())
    return set(re.findall(r"[a-z0-9]+", same)) - _FILLERS


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    place = 0
    for gap in _SENTENCE.finditer(text):
        yield place, gap.start()
        place = gap.end()
    yield place, len(text)


def _title(claim: Claim) -> str:
    if claim.verdict == UNSUPPORTED:
        return "The store holds no such figure."
    name = claim.fact.replace("_", " ")
    return f"{name}: {claim.stated:,.6g}" if claim.verdict == RIGHT else f"Not so: {name} is {claim.stated:,.6g}."
