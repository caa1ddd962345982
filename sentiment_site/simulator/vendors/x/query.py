"""X's query language: words, phrases, $cashtags, #hashtags, @mentions, from:, lang:, is:, has:, -, OR and parentheses.

AND (a space) binds closer than OR. Some operators cannot carry a query alone. What cannot be parsed raises
BadQueryError with the text X gives, positions counted from one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sentiment_site.simulator.vendors.x.language import LANGUAGES, language_of

LONGEST = 512  # characters, self-serve access
_TOKEN = re.compile(r'\s*(?:(?P<minus>-)?(?:(?P<open>\()|"(?P<phrase>[^"]*)"|(?P<word>[^\s()"]+))|(?P<close>\)))')
_CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?!\w)")
_HASHTAG = re.compile(r"(?<![\w#])#(\w*[^\W\d]\w*)")
_MENTION = re.compile(r"(?<![\w@])@(\w{1,15})(?!\w)")
_LINK = re.compile(r"https?://[^\s]+")
_STOPWORDS = frozenset(
    """a an and at but by com from http https if in is it its me my or rt the this to too via we www you""".split()  # noqa: SIM905
)
_UNAVAILABLE = (
    "Operator is not available in current product or product packaging. "
    "Please refer to complete available operator list"
)


class BadQueryError(Exception):
    """A query X would refuse; the text is what X says after "There were errors processing your request: "."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a query looks at; text and username in lower case."""

    text: str
    username: str
    user_id: str


Test = Callable[[Subject], bool]


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query. standalone: it can carry a query alone."""

    matches: Test
    standalone: bool


@dataclass(slots=True)
class _Group:
    """What stands between two parentheses: alternatives of clauses that must all match."""

    position: int
    negated: bool = False
    alternatives: list[list[Clause]] = field(default_factory=lambda: [[]])

    def add(self, clause: Clause, negated: bool) -> None:
        self.alternatives[-1].append(_not(clause) if negated else clause)

    def divide(self, position: int) -> None:
        if not self.alternatives[-1]:
            raise BadQueryError(f"no viable alternative at input 'OR' (at position {position})")
        self.alternatives.append([])

    def close(self, what: str, position: int) -> Clause:
        if not self.alternatives[-1]:
            raise BadQueryError(f"no viable alternative at input '{what}' (at position {position})")
        return _any([_all(clauses) for clauses in self.alternatives])


def parse(text: str) -> Test:
    """The test a query stands for. BadQueryError for what X refuses."""
    if len(text) > LONGEST:
        raise BadQueryError(f"Query length exceeds the maximum of {LONGEST} characters (at position {LONGEST + 1})")
    groups = [_Group(1)]
    for token, position in _tokens(text):
        negated = token["minus"] is not None
        if token["open"]:
            groups.append(_Group(position, negated))
        elif token["close"]:
            if len(groups) == 1:
                raise BadQueryError(f"missing EOF at ')' (at position {position})")
            group = groups.pop()
            groups[-1].add(group.close(")", position), group.negated)
        elif token["word"] == "OR" and not negated:
            groups[-1].divide(position)
        elif token["phrase"] is not None:
            groups[-1].add(_words(token["phrase"], position), negated)
        else:
            groups[-1].add(_leaf(token["word"], position), negated)
    if len(groups) > 1:
        raise BadQueryError(f"missing ')' at '<EOF>' (at position {len(text) + 1})")
    whole = groups[0].close("<EOF>", len(text) + 1)
    if not whole.standalone:
        raise BadQueryError("Rules must contain at least one positive, non-stopword clause (at position 1)")
    return whole.matches


def _tokens(text: str) -> Iterator[tuple[re.Match[str], int]]:
    place, end = 0, len(text.rstrip())
    while place < end:
        token = _TOKEN.match(text, place, end)
        if token is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            raise BadQueryError(f"no viable alternative at character '{text[place]}' (at position {place + 1})")
        yield token, token.end() - len(token.group().lstrip()) + 1
        place = token.end()


def _leaf(word: str, position: int) -> Clause:
    lowered = word.lower()
    if lowered in ("and", "or"):
        way = "a space" if lowered == "and" else "(uppercase) OR"
        advice = f'Use {way} to logically join two clauses, or "{lowered}" to find occurrences of {lowered} in text'
        raise BadQueryError(f"Ambiguous use of {lowered} as a keyword. {advice} (at position {position})")
    name, colon, value = lowered.partition(":")
    if colon and name.isalpha() and not value.startswith("//"):
        return _operator(name, value, position)
    for sign, tags in (("$", cashtags), ("#", hashtags), ("@", mentions)):
        if word.startswith(sign):
            return _tag(lowered[1:], sign, tags, position)
    return _words(word, position)


def _tag(wanted: str, sign: str, tags: Callable[[str], list[re.Match[str]]], position: int) -> Clause:
    if not tags(sign + wanted):
        raise BadQueryError(f"no viable alternative at character '{sign}' (at position {position})")
    marked = sign + wanted
    return Clause(lambda one: marked in one.text and any(wanted == found[1] for found in tags(one.text)), True)


def _operator(name: str, value: str, position: int) -> Clause:
    whole = f"{name}:{value}"
    if whole in _KINDS:
        return Clause(_KINDS[whole], False)
    if name == "from":
        who = value.removeprefix("@")
        if not re.fullmatch(r"\w{1,20}", who):
            raise BadQueryError(f"no viable alternative at input '{whole}' (at position {position})")
        return Clause(lambda one: who in (one.username, one.user_id), True)
    if name == "lang":
        if value not in LANGUAGES:
            raise BadQueryError(f"Invalid language '{value}' in operator 'lang' (at position {position})")
        return Clause(lambda one: language_of(one.text) == value, False)
    unknown = whole if name in ("is", "has") else name
    raise BadQueryError(f"Reference to invalid operator '{unknown}'. {_UNAVAILABLE} (at position {position})")


def _words(text: str, position: int) -> Clause:
    """A word or a phrase: its tokens in this order. A sign that is no letter (an emoji) is found as it stands."""
    tokens = re.findall(r"\w+", text.lower())
    if tokens:
        pattern = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, tokens)) + r"(?!\w)")
        first = tokens[0]
        return Clause(lambda one: first in one.text and pattern.search(one.text) is not None,
                      len(tokens) > 1 or first not in _STOPWORDS)  # fmt: skip
    if not text.strip() or text.isascii():
        sign = text.strip()[:1] or '"'
        raise BadQueryError(f"no viable alternative at character '{sign}' (at position {position})")
    return Clause(lambda one: text.strip() in one.text, True)


def _not(clause: Clause) -> Clause:
    return Clause(lambda one: not clause.matches(one), False)


def _all(clauses: list[Clause]) -> Clause:
    if len(clauses) == 1:
        return clauses[0]
    tests = [clause.matches for clause in clauses]

    def matches(one: Subject) -> bool:
        for test in tests:  # noqa: SIM110 - a loop takes one frame per nested group, all() two
            if not test(one):
                return False
        return True

    return Clause(matches, any(clause.standalone for clause in clauses))


def _any(clauses: list[Clause]) -> Clause:
    if len(clauses) == 1:
        return clauses[0]
    tests = [clause.matches for clause in clauses]

    def matches(one: Subject) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(one):
                return True
        return False

    return Clause(matches, all(clause.standalone for clause in clauses))


def cashtags(text: str) -> list[re.Match[str]]:
    """$TSLA, $BRK.B; the symbol is group 1."""
    return list(_CASHTAG.finditer(text))


def hashtags(text: str) -> list[re.Match[str]]:
    """#stocks, not #1; the tag is group 1."""
    return list(_HASHTAG.finditer(text))


def mentions(text: str) -> list[re.Match[str]]:
    """@name; the name is group 1."""
    return list(_MENTION.finditer(text))


def links(text: str) -> list[re.Match[str]]:
    """Web addresses."""
    return list(_LINK.finditer(text))


def _never(one: Subject) -> bool:
    return False


_KINDS: dict[str, Test] = {
    "is:retweet": lambda one: one.text.startswith("rt @"),
    "is:reply": lambda one: one.text.startswith("@"),
    "is:quote": _never,
    "is:verified": _never,
    "has:cashtags": lambda one: "$" in one.text and bool(cashtags(one.text)),
    "has:hashtags": lambda one: "#" in one.text and bool(hashtags(one.text)),
    "has:mentions": lambda one: "@" in one.text and bool(mentions(one.text)),
    "has:links": lambda one: bool(links(one.text)),
    "has:media": _never,
    "has:images": _never,
    "has:videos": _never,
    "has:geo": _never,
}
