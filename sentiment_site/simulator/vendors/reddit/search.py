"""Reddit's search: words, "phrases", subreddit:, author:, title:, selftext:, flair-less; OR, NOT and a minus sign."""

from __future__ import annotations

import re
from collections.abc import Callable

from sentiment_site.simulator.documents.document import Document

_TERM = re.compile(
    r'(?P<minus>-)?(?:(?P<field>subreddit|author|title|selftext|self_text):)?(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))',
    re.I,
)
_FIELDS: dict[str, Callable[[Document], str]] = {
    "subreddit": lambda document: document.source,
    "author": lambda document: document.author.name if document.author else "",
    "title": lambda document: document.title,
    "selftext": lambda document: document.body,
    "self_text": lambda document: document.body,
    "": lambda document: f"{document.title}\n{document.body}",
}
_WHOLE = ("subreddit", "author")


def parse(query: str) -> Callable[[Document], bool]:
    """The test a query stands for. Nothing is refused: what is no operator is a word; no words match nothing."""
    alternatives: list[list[Callable[[Document], bool]]] = [[]]
    negated = False
    for term in _TERM.finditer(query):
        word = term["word"]
        if word in ("OR", "AND", "NOT") and not term["minus"] and not term["field"]:
            if word == "OR":
                alternatives.append([])
            negated = word == "NOT"
            continue
        test = _term((term["field"] or "").lower(), (term["phrase"] if word is None else word).lower())
        if test is not None:
            alternatives[-1].append(_negation(test) if negated or term["minus"] else test)
        negated = False
    ways = [tests for tests in alternatives if tests]
    return lambda document: any(all(test(document) for test in tests) for tests in ways)


def _term(field: str, text: str) -> Callable[[Document], bool] | None:
    read = _FIELDS[field]
    if field in _WHOLE:
        return lambda document: read(document).lower() == text
    tokens = re.findall(r"\w+", text)
    if not tokens:
        return None
    pattern = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, tokens)) + r"(?!\w)")
    return lambda document: pattern.search(read(document).lower()) is not None


def _negation(test: Callable[[Document], bool]) -> Callable[[Document], bool]:
    return lambda document: not test(document)
