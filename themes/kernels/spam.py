"""How much one post counts: reach, standing of its author, copies, spam. Source: methods.md 5.2 and 7.2.

A weight is a product of parts, none of them zero, so that a page can say why something counts little. Age is no part:
it is applied when sources are added up, because it changes by the minute.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .lexicon import Token
from .promotion import is_promotional

MOST_ENGAGEMENT: Final = 3.0
LEAST_CREDIBILITY: Final = 0.1
BOT_FACTOR: Final = 0.2
BOT_POSTS_PER_DAY: Final = 100.0
BOT_DUPLICATES: Final = 0.5
# Fewer posts than this say nothing about how often somebody copies.
FEWEST_POSTS: Final = 5
# What is certainly spam still counts a tenth: the rules are wrong now and then.
_SPAM_REACH: Final = 0.9
# Prior of a hit rate: ten calls of which half come true.
_PRIOR_CALLS, _PRIOR_HITS = 10.0, 5.0
_MANY_TICKERS, _MANY_HASHTAGS = 5, 5
_FEW_DIFFERENT, _ENOUGH_WORDS = 0.4, 10
_SHORTEST: Final = 4

_LINK: Final = re.compile(r"https?://\S+|www\.\S+")
_HASHTAG: Final = re.compile(r"(?<!\w)#\w+")
_GROUP: Final = re.compile(r"\b(?:join|dm|message|link in bio|t\.me/|discord\.gg|whats\s?app|telegram)\b")
_OFFER: Final = re.compile(
    r"\b(?:giveaway|promo ?code|discount code|referral|sign up|free trial|airdrop|guaranteed|double your)\b"
)


@dataclass(frozen=True, slots=True)
class Spam:
    """score: 0 to 1, how likely a post is spam. reasons: what was seen, in words."""

    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weight:
    """value: above 0; parts: its factors by name, their product is the value."""

    value: float
    parts: dict[str, float]


def score_spam(text: str, tokens: Sequence[Token]) -> Spam:
    """How much a post looks like spam. tokens: of the same text.

    Each sign has a probability of its own and they are joined as independent ones. Own judgement, not measured.
    """
    lowered = text.lower()
    words = [token.word.lower() for token in tokens if not token.symbol]
    tickers = len({token.symbol for token in tokens if token.symbol})
    hashtags = len(_HASHTAG.findall(text))
    signs = (
        (0.5, "invites to a group", _GROUP.search(lowered) is not None),
        (0.5, "offers something", _OFFER.search(lowered) is not None),
        (0.4, "promotional phrase", is_promotional(text)),
        (0.4, f"{tickers} cashtags", tickers > _MANY_TICKERS),
        (0.3, f"{hashtags} hashtags", hashtags > _MANY_HASHTAGS),
        (0.3, "a link and hardly a word", len(words) < _SHORTEST and _LINK.search(text) is not None),
        (0.3, "repeats its words", len(words) >= _ENOUGH_WORDS and len(set(words)) / len(words) < _FEW_DIFFERENT),
    )
    seen = [(share, reason) for share, reason, holds in signs if holds]
    return Spam(1 - math.prod(1 - share for share, _ in seen), tuple(reason for _, reason in seen))


def judge_bot(posts_per_day: float | None, duplicate_share: float | None, posts: int) -> str:
    """Why an account counts as a bot, "" if it does not. posts: how many duplicate_share was counted over."""
    if posts_per_day is not None and posts_per_day > BOT_POSTS_PER_DAY:
        return f"{posts_per_day:.0f} posts a day"
    if duplicate_share is not None and posts >= FEWEST_POSTS and duplicate_share >= BOT_DUPLICATES:
        return f"{100 * duplicate_share:.0f} % of {posts} posts repeat others"
    return ""


def compute_credibility(age_days: float | None, followers: int | None, calls: int = 0, hits: int = 0) -> float:
    """Standing of an account, .1 to 1. What is unknown adds nothing; the hit rate is shrunk towards one half."""
    age = 0.2 * math.log1p(max(age_days or 0.0, 0.0) / 30)
    reach = 0.2 * math.log1p((followers or 0) / 1000) / 3
    luck = 0.3 * (hits + _PRIOR_HITS) / (calls + _PRIOR_CALLS)
    return min(max(0.2 + age + reach + luck, LEAST_CREDIBILITY), 1.0)


def compute_influence(followers: int | None) -> float:
    """1 up to 10,000 followers, 2 from a million on."""
    return 1 + 0.5 * min(max(math.log10(max(followers or 0, 1) / 1e4), 0.0), 2.0)


def compute_weight(
    *, engagement: int, credibility: float, influence: float, copies: int, spam: float = 0.0, is_bot: bool = False
) -> Weight:
    """The weight of an item without its age. copies: documents of its cluster, itself included, at least 1.

    engagement: likes, reposts, replies; below 0 (a Reddit score can be) counts as none.
    """
    parts = {
        "engagement": min(1 + math.log1p(max(engagement, 0)) / 4, MOST_ENGAGEMENT),
        "credibility": credibility,
        "influence": influence,
        "copies": 1 / math.sqrt(max(copies, 1)),
        "spam": 1 - _SPAM_REACH * spam,
        "bot": BOT_FACTOR if is_bot else 1.0,
    }
    return Weight(math.prod(parts.values()), parts)
