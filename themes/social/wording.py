"""How sources, levels and trends are called and drawn. Colour never stands alone: word and glyph beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from themes.kernels.source_sentiment import SOURCES
from themes.models import SentimentPass

SOURCE_TITLES: Final[Mapping[str, str]] = {
    "twitter": "X", "reddit": "Reddit", "news": "News and filings", "options": "Options",
}  # fmt: skip
# source -> column of AggregatedSentiment
SOURCE_COLUMNS: Final[Mapping[str, str]] = {
    "twitter": "twitter_sentiment", "reddit": "reddit_sentiment", "news": "news_sentiment",
    "options": "options_flow_sentiment",
}  # fmt: skip
# level -> words, glyph, tone of the light's palette
LEVELS: Final[Mapping[str, tuple[str, str, str]]] = {
    "very_bearish": ("very bearish", "▼▼", "dark_red"),
    "bearish": ("bearish", "▼", "light_red"),
    "neutral": ("neutral", "—", "blue_neutral"),
    "bullish": ("bullish", "▲", "light_green"),
    "very_bullish": ("very bullish", "▲▲", "dark_green"),
}
NO_LEVEL: Final = ("no reading", "·", "none")
TRENDS: Final[Mapping[str, tuple[str, str]]] = {"up": ("up", "▲"), "down": ("down", "▼"), "stable": ("stable", "—")}
KIND_TITLES: Final[Mapping[str, str]] = {
    "x": "X", "reddit": "Reddit", "news": "news", "rss": "press", "filing": "filing",
}  # fmt: skip
PART_TITLES: Final[Mapping[str, str]] = {
    "age": "age", "engagement": "engagement", "credibility": "credibility", "influence": "reach",
    "copies": "duplicates", "spam": "spam", "bot": "bot",
}  # fmt: skip


def face_of(level: str) -> dict[str, str]:
    """Words, glyph and tone of a level; "" is no reading."""
    words, glyph, tone = LEVELS.get(level, NO_LEVEL)
    return {"words": words, "glyph": glyph, "tone": tone}


def why_silent(source: str, reading: SentimentPass | None) -> str:
    """Why a source says nothing of a stock, in words for the title of a dash."""
    facts: Any = {} if reading is None else reading.sources.get(source, {})
    missing = facts.get("missing") if isinstance(facts, dict) else None
    if missing:
        return f"{SOURCE_TITLES[source]}: {missing}"
    if source == "options":
        return "No options reading of it is fresh enough"
    return f"{SOURCE_TITLES[source]}: nobody wrote about it"


def reasons_of(reading: SentimentPass | None) -> dict[str, str]:
    """`why_silent` of every source."""
    return {source: why_silent(source, reading) for source in SOURCES}
