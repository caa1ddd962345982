"""What a text feels like, from its words: VADER's rules, finance terms before general ones, prices and questions.

Source of the rules and constants: Hutto and Gilbert 2014 (ICWSM) and vaderSentiment 3.3.2 (MIT); of the finance part:
methods.md 7.1. Where this differs from VADER: nothing reaches over the end of a sentence, "but" weighs within its
sentence, a question halves instead of emphasising, and long texts are not driven to the ends of the scale.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .sentiment_terms import EMOJI, FINANCE, MATTER_OF_FACT, SARCASM

# Changes with any rule or term: trained models and stored scores name it.
ENGINE: Final = "lex1"
BAND: Final = 0.30
_ALPHA: Final = 15.0
_CAPITALS: Final = 0.733
_NEGATED: Final = -0.74
_NEVER_SO: Final = 1.25
_REACH: Final = (1.0, 0.95, 0.9)  # boosters one, two and three words before
_EXCLAMATION, _MOST_EXCLAMATIONS = 0.292, 4
_BEFORE_BUT, _AFTER_BUT = 0.5, 1.5
_QUESTION: Final = 0.5
_SARCASTIC: Final = -0.5
_TYPICAL_TOKENS: Final = 40
_SAME_EMOJI_MAX: Final = 2
_STRONG: Final = frozenset(".!?;\n…")
FEATURES: Final = ("score", "positive", "negative", "positive_terms", "negative_terms", "question", "exclamations")

_EMOJI = "[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
_PIECES: Final = re.compile(
    rf"""(?P<skip>https?://\S+|www\.\S+|(?<!\w)@\w+)
    |(?P<symbol>(?<![\w$])\$[A-Za-z]{{1,5}}(?:[.\-][A-Za-z])?(?!\w))
    |\((?:NASDAQ(?:CM|GS|GM)?|NYSE(?:\ American|\ Arca)?|AMEX|OTC\w*)\s*[:|]\s*(?P<listed>[A-Z]{{1,5}}(?:\.[A-Z])?)\)
    |(?P<up>(?<![\w.%/±+\-−–])\+\$?\d[\d.,]*\s?%)
    |(?P<down>(?<![\w.%/±+\-−–])[\-−–]\$?\d[\d.,]*\s?%)
    |(?P<moved>\b(?:[Uu]p|UP|[Dd]own|DOWN)\s(?:(?:by|about|over|nearly|almost|another)\s)?[+\-−]?\d[\d.,]*\s?%)
    |(?P<emoticon>(?<![\w:;=])[:;=]['\-o]?[)(\]\[DPp/|]+(?!\w)|</?3(?!\d)|(?<!\S)/s(?!\S))
    |(?P<word>\d+(?:[.,]\d+)*[A-Za-z]*|[A-Za-z](?:\.[A-Za-z])+\b|[^\W_]+(?:['’&][^\W_]+)*)
    |(?P<end>[.!?;,:\n…]+|(?<=\s)[\-–—]+(?=\s))
    |(?P<emoji>{_EMOJI})""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word, emoji or emoticon of a text, and the punctuation behind it. symbol: of a cashtag, in capitals."""

    word: str
    symbol: str = ""
    ends: str = ""

    @property
    def ends_sentence(self) -> bool:
        """Whether nothing reaches beyond this token."""
        return not _STRONG.isdisjoint(self.ends)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words, phrases and emoji with their valence (-4 to 4), boosters with theirs, and words that negate."""

    words: Mapping[str, float]
    phrases: Mapping[str, Sequence[tuple[tuple[str, ...], float]]]
    boosters: Mapping[str, float]
    negations: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words amount to. score: -1 to 1; positive, negative: sums of valences, both at least 0.

    positive_terms, negative_terms: how many; question: share of the valence that is asked, 0 to 1.
    """

    score: float
    positive: float = 0.0
    negative: float = 0.0
    positive_terms: int = 0
    negative_terms: int = 0
    question: float = 0.0
    exclamations: int = 0

    @property
    def features(self) -> tuple[float, ...]:
        """FEATURES as numbers of about the same size, for a linear model."""
        return (
            self.score,
            math.log1p(self.positive),
            math.log1p(self.negative),
            math.log1p(self.positive_terms),
            math.log1p(self.negative_terms),
            self.question,
            self.exclamations / _MOST_EXCLAMATIONS,
        )


@dataclass(slots=True)
class _Words:
    """Per token: valence before modifiers, what it adds as a booster, whether it negates."""

    lowered: list[str]
    valences: list[float]
    boosts: list[float]
    negates: list[bool] = field(default_factory=list)


def build_lexicon(
    general: Mapping[str, float],
    boosters: Mapping[str, float],
    negations: frozenset[str],
    idioms: Mapping[str, float],
    *,
    with_finance: bool = True,
) -> Lexicon:
    """A lexicon of general words and idioms, with the finance terms before them. Keys in lower case."""
    words = dict(general)
    phrases = {tuple(text.split()): valence for text, valence in idioms.items()}
    phrases |= {tuple(text.split()): 0.0 for text in boosters if " " in text}
    if with_finance:
        for word in MATTER_OF_FACT:
            words.pop(word, None)
        words |= EMOJI
        words |= {terms[0]: valence for terms, valence in FINANCE.items() if len(terms) == 1}
        phrases |= {terms: valence for terms, valence in FINANCE.items() if len(terms) > 1}
    words = {word: valence for word, valence in words.items() if word not in boosters and word != "no"}
    by_first: dict[str, list[tuple[tuple[str, ...], float]]] = {}
    for terms, valence in phrases.items():
        by_first.setdefault(terms[0], []).append((terms, valence))
    ordered = {first: sorted(some, key=lambda one: -len(one[0])) for first, some in by_first.items()}
    return Lexicon(words, ordered, boosters, negations | {"no"})


def tokenise(text: str) -> list[Token]:
    """Words, emoji and emoticons; cashtags and exchange marks become TICKER, "+7 %" gained, "-7 %" dropped.

    Links and @names are left out. "+0 %" says nothing.
    """
    tokens: list[Token] = []
    for found in _PIECES.finditer(text):
        kind, piece = found.lastgroup, found.group()
        if kind in ("word", "emoticon", "emoji"):
            tokens.append(Token(piece.replace("’", "'")))
        elif kind == "end":
            if tokens:
                tokens[-1] = tokens[-1]._replace(ends=tokens[-1].ends + piece)
        elif kind in ("symbol", "listed"):
            symbol = piece[1:] if kind == "symbol" else found.group("listed")
            tokens.append(Token("TICKER", symbol.upper().replace("-", ".")))
        elif kind != "skip" and any(digit in "123456789" for digit in piece):
            rising = kind == "up" or piece[:2].lower() == "up"
            tokens.append(Token("gained" if rising else "dropped"))
    return tokens


def score_tokens(tokens: Sequence[Token], lexicon: Lexicon) -> Reading:
    """The lexicon's opinion of a text or a part of one; 0 where no word says anything."""
    if not tokens:
        return Reading(0.0)
    words = _look_up(tokens, lexicon)
    loud = _mixed_capitals(tokens)
    valences = [
        _modify(place, valence, tokens, words, loud) if valence else 0.0 for place, valence in enumerate(words.valences)
    ]
    asked = _weigh_sentences(tokens, words.lowered, valences)
    total, size = sum(valences), sum(map(abs, valences))
    exclamations = min(sum(token.ends.count("!") for token in tokens), _MOST_EXCLAMATIONS)
    total += math.copysign(exclamations * _EXCLAMATION, total) if total else 0.0
    total /= math.sqrt(max(1.0, len(tokens) / _TYPICAL_TOKENS))
    share = asked / size if size else 0.0
    score = total / math.sqrt(total * total + _ALPHA) * (1 - _QUESTION * share)
    if score > 0 and _is_sarcastic(words.lowered):
        score *= _SARCASTIC
    rising, falling = ([one for one in valences if sign * one > 0] for sign in (1, -1))
    return Reading(score, sum(rising), -sum(falling), len(rising), len(falling), share, exclamations)


def classify_score(score: float, band: float = BAND) -> str:
    """bearish, neutral or bullish. The ends of the neutral band belong to the directions."""
    if score >= band:
        return "bullish"
    return "bearish" if score <= -band else "neutral"


def collect_features(readings: Sequence[Reading]) -> npt.NDArray[np.float64]:
    """FEATURES of texts, one row each."""
    return np.array([reading.features for reading in readings], dtype=np.float64).reshape(-1, len(FEATURES))


def _look_up(tokens: Sequence[Token], lexicon: Lexicon) -> _Words:
    lowered = [token.word.lower() if not token.symbol else token.word for token in tokens]
    size = len(tokens)
    found = _Words(lowered, [0.0] * size, [0.0] * size, [False] * size)
    seen: dict[str, int] = {}
    place = 0
    while place < size:
        word = lowered[place]
        phrase = _find_phrase(tokens, lowered, place, lexicon)
        if phrase is not None:
            terms, valence = phrase
            last = place + len(terms) - 1
            found.valences[place] = valence
            found.boosts[last] = lexicon.boosters.get(" ".join(terms), 0.0)
            place = last + 1
            continue
        found.boosts[place] = lexicon.boosters.get(word, 0.0)
        found.negates[place] = word in lexicon.negations or word.endswith("n't")
        valence = lexicon.words.get(word, 0.0)
        if valence and not word[0].isalnum():
            seen[word] = seen.get(word, 0) + 1
            valence *= seen[word] <= _SAME_EMOJI_MAX
        found.valences[place] = valence
        place += 1
    return found


def _find_phrase(
    tokens: Sequence[Token], lowered: list[str], place: int, lexicon: Lexicon
) -> tuple[tuple[str, ...], float] | None:
    """The longest phrase that begins here and does not reach over the end of a sentence."""
    for terms, valence in lexicon.phrases.get(lowered[place], ()):
        last = place + len(terms) - 1
        if tuple(lowered[place : last + 1]) == terms and not any(one.ends_sentence for one in tokens[place:last]):
            return terms, valence
    return None


def _mixed_capitals(tokens: Sequence[Token]) -> bool:
    """Whether some words shout and others do not."""
    shouts = [token.word.isupper() for token in tokens if not token.symbol and token.word[0].isalpha()]
    return any(shouts) and not all(shouts)


def _modify(place: int, valence: float, tokens: Sequence[Token], words: _Words, loud: bool) -> float:
    """The valence after capitals, and boosters and negations among the three words before it."""
    if loud and tokens[place].word.isupper():
        valence += math.copysign(_CAPITALS, valence)
    for distance, reach in enumerate(_REACH, start=1):
        before = place - distance
        if before < 0 or tokens[before].ends_sentence:
            break
        if words.valences[before]:
            continue
        boost = words.boosts[before]
        if boost:
            if loud and tokens[before].word.isupper():
                boost += _CAPITALS
            valence += math.copysign(1.0, valence) * boost * reach
        if words.negates[before]:
            valence *= _negate(words.lowered[before : before + distance])
        elif words.lowered[before] == "least" and distance == 1:
            valence *= 1.0 if before and words.lowered[before - 1] in ("at", "very") else _NEGATED
    return valence


def _negate(since: list[str]) -> float:
    """Factor of a negation and the words between it and what it negates: "never so good" is praise."""
    if since[0] == "never" and since[1:2] in (["so"], ["this"]):
        return _NEVER_SO
    return 1.0 if since[0] == "without" and "doubt" in since else _NEGATED


def _weigh_sentences(tokens: Sequence[Token], lowered: Sequence[str], valences: list[float]) -> float:
    """Weigh what stands around "but", in place; the sum of absolute valences in questions."""
    asked, begin = 0.0, 0
    for place, token in enumerate(tokens):
        if not token.ends_sentence and place != len(tokens) - 1:
            continue
        sentence = lowered[begin : place + 1]
        if "but" in sentence:
            turn = begin + sentence.index("but")
            for at in range(begin, place + 1):
                valences[at] *= _BEFORE_BUT if at < turn else _AFTER_BUT
        if "?" in token.ends:
            asked += sum(abs(one) for one in valences[begin : place + 1])
        begin = place + 1
    return asked


def _is_sarcastic(lowered: Sequence[str]) -> bool:
    text = f" {' '.join(lowered)} "
    return any(f" {marker} " in text for marker in SARCASM)
