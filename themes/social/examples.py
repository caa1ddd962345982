"""Examples in the API's documentation. Names and figures are made up."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample

_PASS: Final[dict[str, Any]] = {
    "as_of": "2026-08-21T16:00:00Z", "recorded_at": "2026-08-21T16:00:04Z", "simulated": False,
}  # fmt: skip
_SOURCES: Final[dict[str, Any]] = {"twitter": 0.41, "reddit": 0.2, "news": -0.35, "options": None}

BOARD: Final[dict[str, Any]] = _PASS | {
    "count": 212, "next_offset": 100,
    "results": [
        {
            "symbol": "SOUN", "name": "SoundHound AI, Inc.", "sector": "technology", "unified_sentiment": 0.12,
            "sentiment_level": "neutral", "confidence": 0.48, "sources": _SOURCES,
            "source_breakdown": {"twitter": 0.4, "reddit": 0.2, "news": 0.4}, "total_mention_count": 96,
            "expected_mentions": 31.5, "mention_z": 4.3, "volume_trend": "up", "divergence_score": 0.57,
            "divergence_detected": True, "simulated": False,
        }
    ],
}  # fmt: skip
SYMBOL: Final[dict[str, Any]] = _PASS | {
    "symbol": "SOUN", "name": "SoundHound AI, Inc.", "unified_sentiment": 0.12, "sentiment_level": "neutral",
    "confidence": 0.48, "total_mention_count": 96, "volume_trend": "up", "divergence_score": 0.57,
    "divergence_detected": True,
    "sources": [
        {
            "source_name": "twitter", "score": 0.41, "share": 0.4, "why": "", "as_of": "2026-08-21T16:00:00Z",
            "effective_count": 21.4, "quality": 0.73, "mention_count": 80, "expected_mentions": 25.0, "mention_z": 4.5,
            "facts": {"texts": 64, "authors": 51, "age_h": 0.2, "top_share": 0.1},
        },
        {
            "source_name": "options", "score": None, "share": None,
            "why": "No options reading of it is fresh enough", "as_of": None, "effective_count": None,
            "quality": None, "mention_count": None, "expected_mentions": None, "mention_z": None, "facts": {},
        },
    ],
    "confluence": {
        "timestamp": "2026-08-21T16:00:00Z", "confluence_score": 0.31, "directional_bias": 0.18,
        "confluence_level": "low", "confidence": 0.66,
    },
}  # fmt: skip
HISTORY: Final[dict[str, Any]] = {
    "symbol": "SOUN", "span": "3d",
    "results": [
        {
            "as_of": "2026-08-21T16:00:00Z", "unified_sentiment": 0.12, "confidence": 0.48, "sources": _SOURCES,
            "mentions_compared": 92.0, "expected_mentions": 31.5,
        }
    ],
}  # fmt: skip
TEXTS: Final[dict[str, Any]] = {
    "symbol": "SOUN", "count": 64, "next_offset": None, "counts": {"twitter": 50, "reddit": 9, "news": 5},
    "results": [
        {
            "document": "x:1790", "source_name": "twitter", "kind": "x", "event_at": "2026-08-21T15:41:00Z",
            "recorded_at": "2026-08-21T15:45:12Z", "account": "someone", "state": "here",
            "text": "$SOUN beats estimates", "url": "https://x.com/i/status/1790", "score": 0.62,
            "lexicon_score": 0.62, "model_score": None, "text_label": "bullish", "weight": 0.81,
            "weight_parts": {"engagement": 1.35, "credibility": 0.6, "influence": 1.0, "copies": 1.0, "spam": 1.0},
            "age_factor": 0.95, "weight_now": 0.77, "share": 0.06, "spam_reasons": [], "engine_version": "lex1",
            "simulated": False,
        }
    ],
}  # fmt: skip
ACCOUNT: Final[dict[str, Any]] = {
    "id": 12, "platform": "x", "username": "someone", "display_name": "Some One", "followers": 20_000,
    "created_on": "2021-03-04", "posts_per_day": 4.2, "credibility": 0.71, "weight": 1.15, "is_bot": False,
    "bot_reason": "", "calls": 40, "hits": 23, "hit_rate": 0.56, "hit_rate_low": 0.422, "hit_rate_high": 0.693,
    "posts_7d": 18, "is_tracked": True,
}  # fmt: skip
ACCOUNTS: Final[dict[str, Any]] = {"count": 812, "next_offset": 100, "results": [ACCOUNT]}
COORDINATION: Final[dict[str, Any]] = {
    "count": 3, "next_offset": None,
    "results": [
        {
            "id": 4711, "copies": 22, "first_at": "2026-08-21T13:31:00Z", "last_at": "2026-08-21T13:48:00Z",
            "span_s": 1020.0, "kinds": ["x"],
            "accounts": [{"id": 12, "username": "someone", "posts": 2, "is_young": True, "is_bot": False}],
            "unknown_authors": 1, "stocks": [{"symbol": "SOUN", "posts": 22}], "young_share": 0.68,
            "aged_accounts": 19, "deleted": 1, "text": "The next runner, load up before the news",
            "simulated": False,
        }
    ],
}  # fmt: skip
RECORD: Final[dict[str, Any]] = {
    "symbol": None, "baseline": 0.5,
    "results": [
        {
            "first": "twitter", "second": "news", "horizon": 1, "n": 84, "first_right": 37, "share": 0.44,
            "low": 0.339, "high": 0.547, "even": 0, "open": 6, "void": 1,
        }
    ],
}  # fmt: skip


def answer(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    """One example of an answer."""
    return [OpenApiExample(name, value=value, response_only=True)]
