"""What a headline, or a filing's own words, say about a company: a table of rules, the first that fits decides.

Precision before recall: a rule names the event and its direction in one breath ("wins FDA approval", "did not meet its
primary endpoint"), and what speaks of plans, previews, opinions and price moves fits none. Refusals and failures stand
before what they negate. Measured in docs/catalysts.md; every row has examples in tests/universe/catalysts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

BEFORE, AFTER, ANYWHERE = "before", "after", "anywhere"
_QUOTES: Final = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "\xa0": " "})


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. kind: of the catalyst; direction: +1, -1, or None where it must come from elsewhere (an insight).

    unless: words that take the rule back; side: where in the text the company that the event happens to is named,
    seen from the words that fit (in "Alpha to acquire Beta" it is Beta, after "to acquire").
    """

    name: str
    kind: str
    direction: int | None
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    side: str = ANYWHERE


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fits and the span of the words that fit."""

    rule: Rule
    start: int
    end: int


def _rule(name: str, kind: str, direction: int | None, pattern: str, unless: str = "", side: str = ANYWHERE) -> Rule:
    taken_back = re.compile(unless, re.IGNORECASE) if unless else None
    return Rule(name, kind, direction, re.compile(pattern, re.IGNORECASE), taken_back, side)


_AGENCY = r"\b(?:FDA|U\.S\. Food and Drug Administration|Food and Drug Administration|EMA|European Commission|MHRA)\b"
_PLANNED = (
    r"\b(?:seek\w*|submit\w*|submission|appl(?:y|ies|ied|ication)|files? for|await\w*|pending|could|may|might|hopes?|"
    r"expect\w*|plans?|ahead of|if approved|potential|prepar\w+|accept\w*|under review|delay\w*|decision date|PDUFA|"
    r"IND|investigational new drug|orphan|fast track|breakthrough|priority review|filing)\b"
)
_TRIAL = r"\b(?:trial|study|studies|endpoints?|end points?|phase (?:[123]|i{1,3})\w?|main goal|primary goal)\b"
_ESTIMATES = r"\b(?:estimates?|expectations|consensus|forecasts?|views|Street)\b"
_DEAL = r"(?:offer|bid|proposal|takeover|buyout|merger|acquisition)"
_AWARD = r"(?:contracts?|purchase orders?|task orders?|supply agreement|services agreement|orders?|award)"
_SHARES = (
    r"(?:public|registered direct|follow-on|underwritten|secondary|common stock|stock|share|equity|direct|unit|"
    r"private placement)"
)
_PREVIEW = (
    r"\b(?:previews?|what to (?:watch|expect|know)|ahead of|set to|to (?:report|announce|release|host|hold|present)|"
    r"schedul\w+|sets? date|date (?:of|for)|will (?:report|announce|release)|conference call|webcast)\b"
)
_LOAN = r"\b(?:notes|bonds?|debt|credit|exchange offer|initial public|IPO|ETF|fund)\b"

# About nobody in particular, or an echo of the price itself; fed back into a score it would confirm any move.
_NOISE: Final = re.compile(
    r"\b(?:investor|shareholder|class action|stockholder) (?:alert|notice|investigation|reminder|deadline)|"
    r"\bclass action|law (?:firm|offices)|\bLLP\b|investigat\w+ (?:claims|on behalf|potential|possible)|lead plaintiff|"
    r"\b(?:stocks?|shares|names|small caps) (?:moving|to watch|to buy|on the move|in focus|making|to keep)|movers\b|"
    r"^(?:why|is|should|could|can|will|what)\b.*(?:stock|shares?|buy|own|bargain)|without apparent news|^no news as|"
    r"\bprice prediction|\btop \d+|^\d+ .*\bstocks\b|reasons to|short squeeze|short sellers?\b",
    re.IGNORECASE,
)
_ECHO: Final = re.compile(
    r"\b(?:shares?|stock)\b.{0,20}\b(?:up|down|higher|lower|rise[sn]?|rose|fell|falls?|gain\w*|drop\w*|jump\w*|soar\w*|"
    r"climb\w*|slid\w*|sink\w*|sank|tumbl\w*|rall\w+|declin\w+|advanc\w+|plung\w*|surg\w*)\b|"
    r"\b(?:rise[sn]?|rose|fell|falls|gain\w*|drop\w*|jump\w*|soar\w*|climb\w*|slid\w*|sank|tumbl\w*|rall\w+|declin\w+|"
    r"advanc\w+|plung\w*|surg\w*|up|down) (?:by )?\d[\d.,]*\s?%",
    re.IGNORECASE,
)

REGULATOR_RULES: Final = (
    _rule(
        "clinical hold lifted",
        "fda_decision",
        1,
        r"\b(?:lift\w*|remov\w+)\b.{0,40}\bclinical hold|clinical hold\b.{0,15}\b(?:lifted|removed)",
    ),
    _rule(
        "refused by the regulator",
        "fda_decision",
        -1,
        r"complete response letter|\bCRL\b|\brefus\w+ to file|\bclinical hold\b|"
        rf"{_AGENCY}.{{0,30}}\b(?:reject\w*|declin\w+ to approve|den(?:y|ies|ied)|refus\w+)|"
        rf"\breject\w*\b.{{0,30}}{_AGENCY}|"
        r"\bvot\w+ against\b.{0,60}\b(?:approv\w+|benefit)",
    ),
    _rule(
        "approved by the regulator",
        "fda_decision",
        1,
        rf"{_AGENCY}.{{0,40}}\b(?:approv(?:es|ed|al)|clear(?:s|ed|ance)|authoriz(?:es|ed|ation)|"
        rf"grants? \w+ ?(?:approval|clearance|authorization))\b|"
        rf"\b(?:win|gain|receiv|get|got|secur|obtain|earn)\w*\b.{{0,40}}{_AGENCY}.{{0,30}}\b(?:approval|clearance|"
        rf"authorization)\b",
        unless=_PLANNED,
    ),
)
TRIAL_RULES: Final = (
    _rule(
        "trial failed",
        "trial_readout",
        -1,
        r"\b(?:did|does|do) not (?:meet|achieve|reach)|\bdidn't (?:meet|achieve)|\bfail(?:s|ed)? to (?:meet|achieve|"
        r"show)|"
        rf"\bmiss(?:es|ed)\b.{{0,25}}\b(?:endpoints?|end points?|goals?|mark)\b|\bfail(?:s|ed|ure)?\b.{{0,40}}{_TRIAL}|"
        rf"{_TRIAL}.{{0,30}}\bfail(?:s|ed|ure)?\b|\b(?:discontinu|halt|terminat|stop|"
        rf"suspend)\w*\b.{{0,40}}\b(?:trial|study)\b",
        unless=r"\b(?:estimates|revenue|sales|expectations|filing|compliance|resum\w+|guidance|covenant\w*)\b",
    ),
    _rule(
        "trial met its goal",
        "trial_readout",
        1,
        r"\b(?:met|meets|achiev(?:es|ed)|hits?|reach(?:es|ed))\b.{0,45}\b(?:endpoints?|end points?|main goal|"
        r"primary goal)\b|"
        rf"\bpositive\b.{{0,40}}\b(?:results|data|readout|findings)\b.{{0,80}}{_TRIAL}|"
        rf"\bpositive\b.{{0,40}}{_TRIAL}.{{0,40}}\b(?:results|data|readout)\b",
        unless=r"\b(?:fail\w*|not|miss\w*|expect\w*|upcoming|to (?:report|present|announce))\b",
    ),
)
_DEAL_RULES: Final = (
    _rule("deal broken off", "merger", -1,
          rf"\b(?:terminat|scrap|abandon|cancel)\w*\b.{{0,40}}\b(?:merger|takeover|buyout|acquisition)\b|"
          rf"\bwalks? away from\b|"
          rf"\bcalls? off\b.{{0,40}}\b{_DEAL}\b|\b(?:merger|takeover|buyout|"
          rf"acquisition)\b(?: agreement)?.{{0,12}}\b(?:terminated|collapses|called off)\b"),
    _rule("offer turned down", "merger", -1,
          rf"\b(?:reject|spurn|rebuff)\w*\b.{{0,50}}\b{_DEAL}\b|\bturns? down\b.{{0,40}}\b{_DEAL}\b", side=BEFORE),
    _rule("to be acquired", "merger", 1,
          r"\b(?:to be|being|will be|agree[sd]? to be) (?:acquired|bought|taken private)\b|\bgo(?:es|ing)? private\b|"
          r"\b(?:accept|receiv|get)\w*\b.{0,30}\b(?:takeover|buyout|acquisition|unsolicited|"
          r"tender)\b.{0,15}\b(?:offer|bid|proposal)\b",
          unless=r"\b(?:stake|asset|assets|business unit|division|nothing|rumou?r\w*)\b", side=BEFORE),
    _rule("is bid for", "merger", 1,
          r"\b(?:to (?:acquire|buy|take over)|agree[sd]? to (?:buy|purchase|acquire)|offers? to (?:buy|acquire)|"
          r"bids? for|"
          r"launches tender offer for)\b",
          unless=r"\b(?:stake|assets?|shares? repurchase|property|building|mine|unit of|division|stock to buy|stocks|"
          r"royalty|"
                 r"portfolio|rights|own shares)\b", side=AFTER),
)  # fmt: skip
REVERSE_SPLIT: Final = _rule(
    "reverse split",
    "reverse_split",
    -1,
    r"\breverse (?:stock |share )?split|\bshare consolidation\b|\b1-(?:for|to)-\d+ stock split\b",
    unless=r"\b(?:forward|cancel\w*|reject\w*|avoid\w*|withdraw\w*|no longer)\b",
)
CAPITAL_RULES: Final = (
    _rule(
        "offering withdrawn",
        "news",
        1,
        rf"\b(?:withdraw|cancel|terminat|postpon|scrap)\w*\b.{{0,50}}\b{_SHARES}?.{{0,12}}\b(?:offering|share sale)\b",
        unless=_LOAN,
    ),
    REVERSE_SPLIT,
    _rule(
        "shares offered",
        "offering",
        -1,
        rf"\b(?:pric(?:es|ed|ing)|announc\w+|launch\w*|propos\w+|upsiz\w+|"
        rf"commenc\w+)\b.{{0,80}}\b{_SHARES}\b.{{0,25}}\boffering\b|"
        r"\bpric(?:es|ed|ing)(?: of)?\b.{0,60}\boffering of\b.{0,30}\b(?:shares|units|common stock)\b|"
        r"\bregistered direct offering\b|\bat-the-market (?:offering|program|facility)\b|\bPIPE financing\b|"
        r"\b(?:sells?|sold) (?:stock|shares) at a discount\b|\braises? \$[\d.,]+ ?\w* (?:in|through|"
        r"via) (?:a )?(?:share|stock|equity) (?:sale|offering)\b|"
        r"\b(?:announc\w+|pric(?:es|ed|ing)|enter\w*|launch\w*)\b.{0,60}\bprivate placement\b",
        unless=rf"{_LOAN}|\b(?:clos(?:es|ed|ing)|complet\w+|conclu\w+) (?:of )?(?:its |the |a |previously)?|"
        rf"\bno plans?\b",
    ),
)
_OUTLOOK_RULES: Final = (
    _rule(
        "guidance both ways",
        "guidance",
        None,
        r"(?=.*\b(?:rais|lift|boost|increas)\w*\b.{0,60}\b(?:guidance|outlook)\b)(?=.*\b(?:cut|lower|slash|trim|"
        r"reduc)\w*\b.{0,60}\b(?:guidance|outlook)\b)",
    ),
    _rule(
        "guidance cut",
        "guidance",
        -1,
        r"\b(?:cuts?|cutting|lower(?:s|ed)?|slash\w*|trim\w*|reduc\w+|withdraw\w*|suspend\w*|"
        r"pulls)\b.{0,60}\b(?:guidance|outlook|full-year forecast|forecast for)\b|"
        r"\b(?:guidance|outlook) (?:cut|lowered|withdrawn|below)\b",
        unless=r"\b(?:costs?|emissions|price target)\b",
    ),
    _rule(
        "guidance raised",
        "guidance",
        1,
        r"\b(?:rais(?:es|ed)|lift(?:s|ed)|boost(?:s|ed)|hik(?:es|ed)|increas(?:es|ed))\b.{0,60}\b(?:guidance|outlook|"
        r"full-year forecast|forecast for)\b|"
        r"\b(?:guidance|outlook) (?:raised|lifted|above)\b",
        unless=r"\b(?:price target|dividend outlook)\b",
    ),
    _rule(
        "results both ways",
        "earnings",
        None,
        rf"(?=.*\b(?:beat|top|exceed)s?\b)(?=.*\b(?:miss(?:es|ed)?|fall(?:s)? short|below)\b).*(?:{_ESTIMATES}|"
        rf"\b(?:earnings|EPS|revenue|quarter)\b)",
    ),
    _rule(
        "results below",
        "earnings",
        -1,
        rf"\bmiss(?:es|ed)?\b.{{0,60}}(?:{_ESTIMATES})|\b(?:below|short of)\b.{{0,20}}(?:{_ESTIMATES})|"
        r"\b(?:earnings|profit|revenue|results|EPS|sales)\b.{0,20}\b(?:miss(?:es|ed)?|fall(?:s)? short|disappoints?)\b|"
        r"\bposts (?:weaker|lower|a wider)\b.{0,50}\b(?:quarter|loss|profit|results|Q[1-4])\b",
        unless=rf"{_PREVIEW}|\b(?:endpoint|trial|study)\b",
    ),
    _rule(
        "results above",
        "earnings",
        1,
        rf"\b(?:beats?|tops?|topped|exceed(?:s|ed)|surpass(?:es|ed)|crush(?:es|ed)|above|"
        rf"ahead of)\b.{{0,60}}(?:{_ESTIMATES})|"
        r"\b(?:earnings|profit|revenue|results|EPS|sales)\b.{0,20}\b(?:beats?|tops?)\b",
        unless=r"\b(?:previews?|what to (?:watch|expect)|set to|will (?:report|announce)|can|could|will it|trial|"
        r"study)\b",
    ),
    _rule(
        "results reported",
        "earnings",
        None,
        r"\b(?:report|announc|post|deliver|releas)\w*\b.{0,70}\b(?:quarter(?:ly)?|Q[1-4]|full[- ]year|fiscal|annual|"
        r"half[- ]year)\b.{0,50}\b(?:results|earnings|revenue|loss|profit)\b",
        unless=_PREVIEW,
    ),
)
_ANALYST_RULES: Final = (
    _rule(
        "downgraded",
        "analyst",
        -1,
        r"\b(?:is |was |gets? )?downgraded\b",
        side=BEFORE,
        unless=r"\b(?:credit|debt|Moody's|Fitch|bonds?)\b",
    ),
    _rule(
        "upgraded",
        "analyst",
        1,
        r"\b(?:is |was |gets? )?upgraded\b",
        side=BEFORE,
        unless=r"\b(?:credit|debt|Moody's|Fitch|bonds?)\b",
    ),
    _rule("target lowered", "analyst", -1, r"\bprice target\b.{0,60}\b(?:cut|lowered|reduced|trimmed|slashed)\b"),
    _rule("target raised", "analyst", 1, r"\bprice target\b.{0,60}\b(?:raised|lifted|increased|boosted|hiked)\b"),
    _rule(
        "cut by an analyst",
        "analyst",
        -1,
        r"\b(?:downgrades|cuts?)\b(?=.{0,80}\b(?:to (?:hold|sell|neutral|underperform|underweight|market perform|"
        r"equal[- ]weight|reduce)|target)\b)|\b(?:cuts|lowers|trims|slashes) price target on\b",
        side=AFTER,
        unless=r"\b(?:Moody's|Fitch|credit rating)\b",
    ),
    _rule(
        "raised by an analyst",
        "analyst",
        1,
        r"\b(?:upgrades|raises|initiates(?: coverage (?:of|on))?)\b(?=.{0,80}\b(?:to|at|"
        r"with)(?: an?)? (?:strong )?(?:buy|outperform|overweight)\b)|\b(?:lifts|raises|boosts|"
        r"hikes) price target (?:on|for)\b",
        side=AFTER,
        unless=r"\b(?:Moody's|Fitch|credit rating)\b",
    ),
)
_BUSINESS_RULES: Final = (
    _rule(
        "partnership ended",
        "partnership",
        -1,
        r"\b(?:end|terminat|dissolv|exit)\w*\b.{0,40}\b(?:partnership|collaboration|alliance|joint venture|"
        r"license agreement|licensing agreement)\b",
    ),
    _rule(
        "contract lost",
        "contract",
        -1,
        rf"\b(?:los(?:es|t)|cancel\w*|terminat\w*)\b.{{0,40}}\b{_AWARD}\b|\b{_AWARD}\b.{{0,12}}\b(?:terminated|"
        rf"cancel+ed|lost)\b",
        unless=r"\b(?:buyback|offering|merger|court|credit)\b",
    ),
    _rule(
        "contract won",
        "contract",
        1,
        rf"\b(?:wins?|won|awarded|secur(?:es|ed)|lands?|landed|receiv(?:es|ed)|signs?|signed|bags?|"
        rf"nets?)\b.{{0,60}}\b{_AWARD}\b",
        unless=r"\b(?:court|executive order|restraining|buy orders?|in order|fails?|loses?|award for|"
        r"awards? (?:ceremony|night)|"
        r"notice|letter|employment|credit|loan|lease|could|may|seeks?)\b",
    ),
    _rule(
        "partnership formed",
        "partnership",
        1,
        r"\bpartners with\b|\bteams up with\b|\b(?:announc|enter|sign|form|expand|"
        r"establish)\w*\b.{0,60}\b(?:partnership|collaboration|strategic alliance|joint venture|licens(?:e|"
        r"ing) agreement)\b",
        unless=r"\b(?:limited partnership|could|may|seeks?|talks|lawsuit)\b",
    ),
)
RULES: Final[tuple[Rule, ...]] = (
    *REGULATOR_RULES,
    *TRIAL_RULES,
    *_ANALYST_RULES,
    *_DEAL_RULES,
    *CAPITAL_RULES,
    *_OUTLOOK_RULES,
    *_BUSINESS_RULES,
)


def clean(text: str) -> str:
    """Entities resolved, typographic quotes and dashes made plain, blanks single: what the patterns expect."""
    return " ".join(html.unescape(text).translate(_QUOTES).split())


def is_noise(title: str) -> bool:
    """Whether a headline is an advertisement of lawyers, a list, an opinion or an echo of the price. Cleaned text."""
    return _NOISE.search(title) is not None


def is_echo(title: str) -> bool:
    """Whether a headline only tells that the price moved. Cleaned text."""
    return _ECHO.search(title) is not None


def find_rule(text: str, rules: Sequence[Rule] = RULES) -> Match | None:
    """The first rule that fits a cleaned text; None when none does."""
    for rule in rules:
        found = rule.pattern.search(text)
        if found is not None and (rule.unless is None or rule.unless.search(text) is None):
            return Match(rule, *found.span())
    return None
