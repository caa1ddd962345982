"""What a filing or an article makes of a stock: catalysts by kind and direction. Pure and table-driven.

Kinds are those the sector score weighs (docs/methods/sector-sentiment.md 4). A direction of None means that the event
is known and its direction is not: it is stored and counts for nothing until an article tells, or an operator.
Source: docs/catalysts.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sentiment_site.market.company_names import find_company

from .headlines import (
    AFTER,
    BEFORE,
    REGULATOR_RULES,
    REVERSE_SPLIT,
    RULES,
    TRIAL_RULES,
    Match,
    Rule,
    clean,
    find_rule,
    is_echo,
    is_noise,
)

KINDS: Final = (
    "fda_decision",
    "trial_readout",
    "merger",
    "earnings",
    "guidance",
    "offering",
    "dilution",
    "reverse_split",
    "contract",
    "partnership",
    "analyst",
    "filing",
    "news",
)
ALWAYS_BEARISH: Final = frozenset({"offering", "dilution", "reverse_split"})
_SENTIMENTS: Final = {"positive": 1, "negative": -1}


@dataclass(frozen=True, slots=True)
class Finding:
    """One catalyst read from one document; `rule` says what in it was decisive."""

    kind: str
    direction: int | None
    rule: str


# Items of an 8-K that say enough by themselves. 2.01 is not a takeover of who files it, who is mostly the buyer.
_ITEMS: Final[dict[str, Finding]] = {
    "1.03": Finding("filing", -1, "item 1.03 bankruptcy"),
    "1.05": Finding("filing", -1, "item 1.05 cyber incident"),
    "2.02": Finding("earnings", None, "item 2.02 results"),
    "2.04": Finding("filing", -1, "item 2.04 obligation accelerated"),
    "2.06": Finding("filing", -1, "item 2.06 impairment"),
    "3.01": Finding("filing", -1, "item 3.01 listing notice"),
    "3.02": Finding("offering", -1, "item 3.02 unregistered sale"),
    "4.02": Finding("filing", -1, "item 4.02 non-reliance"),
}
# 5.01 beside 2.01 or 3.01 is the end of a takeover: the delisting is no bad news, and the price has gone its way.
_TAKEN_OVER: Final = frozenset({"2.01", "5.01"})
# Items whose words are worth reading; 1.01 may be a contract, a merger, a loan or a sale of shares.
_READABLE: Final = frozenset({"1.01", "1.02", "3.01", "3.03", "5.03", "7.01", "8.01"})

_FORMS: Final[dict[str, Finding]] = {
    "424B4": Finding("offering", -1, "priced offering"),
    "424B5": Finding("offering", -1, "priced offering"),
    "S-1": Finding("offering", -1, "registered offering"),
    "F-1": Finding("offering", -1, "registered offering"),
    "S-3": Finding("dilution", -1, "shelf registration"),
    "S-3ASR": Finding("dilution", -1, "shelf registration"),
    "F-3": Finding("dilution", -1, "shelf registration"),
    "F-3ASR": Finding("dilution", -1, "shelf registration"),
    "SC TO-T": Finding("merger", 1, "tender offer"),
    "SC 14D9": Finding("merger", 1, "answer to a tender offer"),
    "DEFM14A": Finding("merger", 1, "merger proxy"),
    "PREM14A": Finding("merger", 1, "merger proxy"),
    "NT 10-K": Finding("filing", -1, "late report"),
    "NT 10-Q": Finding("filing", -1, "late report"),
    "NT 20-F": Finding("filing", -1, "late report"),
    "SCHEDULE 13D": Finding("filing", 1, "active holder of 5 %"),
}
# In these the company concerned is the subject; who files them alone speaks for itself.
_NEEDS_SUBJECT: Final[dict[str, Finding]] = {
    "S-4": Finding("merger", 1, "merger registration"),
    "F-4": Finding("merger", 1, "merger registration"),
}
_CURRENT: Final = frozenset({"8-K", "6-K"})


def _words(name: str, kind: str, direction: int | None, pattern: str, unless: str = "") -> Rule:
    taken_back = re.compile(unless, re.IGNORECASE) if unless else None
    return Rule(name, kind, direction, re.compile(pattern, re.IGNORECASE), taken_back)


# The language of filings; the rules of headlines follow where these are silent.
_FILING_WORDS: Final = (
    _words("transfer of listing", "filing", None,
           r"\btransfer\w*\b.{0,40}\blisting\b|\bvoluntar\w+\b.{0,40}\b(?:delist|withdraw)"),
    _words("regained compliance", "filing", 1, r"\bregained compliance\b"),
    _words("shares sold", "offering", -1,
           r"\b(?:placement agency|underwriting|equity distribution|sales agency|"
           r"at[- ]the[- ]market)\b.{0,40}\bagreement\b|"
           r"\bsecurities purchase agreement\b|\bregistered direct offering\b|\bprivate placement\b|\bequity line\b|"
           r"\bsales agreement\b.{0,160}\bshares of (?:its |the company's )?common stock\b"),
    _words("merger of the filer", "merger", 1,
           r"\beach (?:issued and )?(?:outstanding )?share of (?:the )?(?:company(?:'s)? )?common (?:stock|"
           r"shares)\b.{0,250}\bconverted into the right to receive\b"),
    _words("merger", "merger", None,
           r"\bagreement and plan of merger\b|\bbusiness combination agreement\b|\barrangement agreement\b"),
    _words("borrowing", "filing", None,
           r"\b(?:credit|loan|note purchase|forbearance|security|indenture|lease|employment|separation|indemnification|"
           r"retention|consulting)\b.{0,25}\b(?:agreement|facility)\b|\bindenture\b|\bpromissory note\b"),
    REVERSE_SPLIT,
    *REGULATOR_RULES,
    *TRIAL_RULES,
    _words("agreement ended", "contract", -1,
           r"\bterminat\w+\b.{0,60}\b(?:supply|purchase|services|distribution|customer)\b.{0,20}\bagreement\b"),
    _words("contract", "contract", 1,
           r"\b(?:supply|services|offtake|distribution|manufacturing|purchase and sale|sales)\b.{0,20}\b(?:agreement|"
           r"contract)\b|"
           r"\b(?:awarded|award of)\b.{0,40}\bcontract\b"),
    _words("partnership", "partnership", 1,
           r"\b(?:license|licensing|collaboration|joint venture|strategic alliance|memorandum of understanding|"
           r"co-development)\b.{0,20}\b(?:agreement|to pursue)\b"),
    *RULES,
)  # fmt: skip
_ITEM_HEADING: Final = re.compile(r"\bItem\s+(\d\.\d\d)\b\.?", re.IGNORECASE)
_END: Final = re.compile(r"\bSIGNATURES?\b|forward-looking statements|shall not be deemed", re.IGNORECASE)
_LONGEST_SECTION: Final = 3_000


def wants_text(form: str, items: Collection[str]) -> bool:
    """Whether the words of a filing can tell more than its form and items."""
    return form == "6-K" or (form == "8-K" and not _READABLE.isdisjoint(items))


def classify_filing(
    form: str, items: Sequence[str], *, is_amendment: bool = False, has_subject: bool = False, text: str = ""
) -> tuple[Finding, ...]:
    """What a filing says about the company it is about, each kind once; empty for forms that are no catalyst.

    form: its root ("SCHEDULE 13D"); items: of an 8-K; has_subject: whether the company is the filing's subject and not
    its filer; text: what it says, if it was read. Amendments repeat what is known. A current report (8-K, 6-K) always
    gives at least an event without direction.
    """
    if is_amendment:
        return ()
    if form not in _CURRENT:
        found = _FORMS.get(form) or (_NEEDS_SUBJECT.get(form) if has_subject else None)
        return (found,) if found else ()
    if set(items) >= _TAKEN_OVER or {"3.01", "5.01"} <= set(items):
        return (Finding("filing", None, "takeover completed"),)
    findings = _from_text(form, items, text) if text else []
    read = {item for item, _ in findings}
    findings += [(item, _ITEMS[item]) for item in items if item in _ITEMS and item not in read]
    kinds: dict[str, Finding] = {}
    for _, finding in findings:
        known = kinds.get(finding.kind)
        if known is None or (known.direction is None and finding.direction is not None):
            kinds[finding.kind] = finding
    if any(finding.direction is not None or finding.kind != "filing" for finding in kinds.values()):
        kinds = {kind: each for kind, each in kinds.items() if kind != "filing" or each.direction is not None}
    return tuple(kinds.values()) or (Finding("filing", None, f"{form} {', '.join(items)}".strip()),)


def _from_text(form: str, items: Sequence[str], text: str) -> list[tuple[str, Finding]]:
    """(item, finding) of the sections that a rule fits; a 6-K is one section without an item."""
    found = []
    for item, section in _sections(form, items, clean(text)):
        match = find_rule(section, _FILING_WORDS)
        if match is not None:
            rule = match.rule
            found.append((item, Finding(rule.kind, rule.direction, f"{form} {item}: {rule.name}".replace(" :", ":"))))
    return found


def _sections(form: str, items: Sequence[str], text: str) -> list[tuple[str, str]]:
    """The text under each readable item's heading, without cover page, signature and standing text."""
    if form == "6-K":
        return [("", _END.split(text, maxsplit=1)[0][-_LONGEST_SECTION:])]
    headings = list(_ITEM_HEADING.finditer(text))
    sections = []
    for place, heading in enumerate(headings):
        if heading[1] in _READABLE and heading[1] in items:
            until = headings[place + 1].start() if place + 1 < len(headings) else len(text)
            body = _END.split(text[heading.end() : until], maxsplit=1)[0][:_LONGEST_SECTION]
            sections.append((heading[1], _without_heading(body)))
    return sections


_HEADINGS: Final = re.compile(
    r"^[\s.]*(?:Entry into a Material Definitive Agreement|Termination of a Material Definitive Agreement|"
    r"Notice of Delisting or "
    r"Failure to Satisfy a Continued Listing Rule or Standard; Transfer of Listing|Notice of Delisting or Failure to "
    r"Satisfy a Continued Listing Rule or Standard|Material Modifications? to Rights of Security Holders|"
    r"Amendments? to "
    r"Articles of Incorporation or Bylaws(?:; Change in Fiscal Year)?|Regulation FD Disclosure|Other Events)\b[\s.]*",
    re.IGNORECASE,
)


def _without_heading(section: str) -> str:
    """A section behind its own title, which would otherwise speak of a transfer of listing in every item 3.01."""
    return _HEADINGS.sub("", section)


def classify_article(
    title: str, description: str, sentiment: str | None, *, symbol: str, company: str, tagged: int = 1
) -> Finding | None:
    """What an article says about one of the companies it is tagged with; None for nothing that counts.

    sentiment: the vendor's insight for this symbol (positive, neutral, negative or None), which gives the direction of
    results and of generic news; tagged: how many symbols the article carries. Only a company that the headline names is
    concerned (with one tag the first words may name it instead): tags are often wrong.
    """
    headline = clean(title)
    if is_noise(headline):
        return None
    mentions = find_company(headline, symbol, company)
    is_about = bool(mentions) or (tagged == 1 and bool(find_company(clean(description)[:300], symbol, company)))
    if not is_about:
        return None
    leaning = _SENTIMENTS.get(sentiment or "")
    match = find_rule(headline)
    if match is not None and _concerns(match, mentions, tagged):
        rule = match.rule
        direction = rule.direction if rule.direction is not None else leaning
        return Finding(rule.kind, direction, f"headline: {rule.name}")
    if leaning is None or match is not None or is_echo(headline):
        return None
    return Finding("news", leaning, f"insight: {sentiment}")


def _concerns(match: Match, mentions: Sequence[int], tagged: int) -> bool:
    """Whether the event happens to the company, by where the headline names it."""
    side = match.rule.side
    if side == BEFORE:
        return any(place < match.end for place in mentions)
    if side == AFTER:
        return any(place >= match.end for place in mentions)
    return bool(mentions) or tagged == 1
