"""What pages, chip and API show of an analysis: words, lamp, glyphs, age. Nothing is computed anew here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from macro.grid import SCAN_EVERY
from macro.models import Direction, MacroSentimentAnalysis, Permission, Regime

# A scan needs its minutes: a reading is late when the next one should have arrived.
LATE_AFTER = SCAN_EVERY + timedelta(minutes=20)
STALE_AFTER = timedelta(hours=8)  # the engine takes 15 points off from here on (methods.md 9.4)


@dataclass(frozen=True, slots=True)
class Face:
    """How a value is shown. key: the stored word; lamp: red, yellow, green or "" (only permissions have one)."""

    key: str
    title: str
    words: str
    glyph: str
    lamp: str = ""


PERMISSIONS = {
    face.key: face
    for face in (
        Face(Permission.NO_TRADE, "NO TRADE", "Stand aside: protecting capital comes first.", "✕", "red"),
        Face(Permission.SELECTIVE, "SELECTIVE", "Only the best setups, smaller than usual.", "◐", "yellow"),
        Face(Permission.ACTIVE, "ACTIVE", "Conditions allow normal trading.", "▲", "green"),
        Face(Permission.AGGRESSIVE, "AGGRESSIVE", "Trend and season agree: the most open of the four.", "▲▲", "green"),
    )
}
REGIMES = {
    face.key: face
    for face in (
        Face(Regime.BTC_SEASON, "BTC season", "Bitcoin rises and the alts do not keep up.", "B"),
        Face(Regime.ALT_SEASON, "Alt season", "The alts gain on bitcoin.", "◆"),
        Face(Regime.TRANSITION, "Transition", "No regime has a clear lead.", "≈"),
        Face(Regime.BEAR_MARKET, "Bear market", "Below its long average and far below its high.", "▼"),
    )
}
ARROWS = {
    Direction.UP: ("▲", "up"),
    Direction.DOWN: ("▼", "down"),
    Direction.SIDEWAYS: ("▬", "sideways"),
}
SCORE_TITLES = {
    "btc": REGIMES[Regime.BTC_SEASON],
    "alt": REGIMES[Regime.ALT_SEASON],
    "bear": REGIMES[Regime.BEAR_MARKET],
}


@dataclass(frozen=True, slots=True)
class Head:
    """The little of an analysis that every page shows and the cache holds. Moments are UTC.

    seq: grows with every announced state. as_of: the slot of the newest reading that entered; event_at: the vendor's
    own time of it, which ages count from. confidence: 0-100.
    """

    seq: int
    as_of: datetime
    event_at: datetime
    recorded_at: datetime
    permission: str
    regime: str
    confidence: int
    is_simulated: bool

    @property
    def permission_face(self) -> Face:
        """The traffic light."""
        return PERMISSIONS[self.permission]

    @property
    def regime_face(self) -> Face:
        """The regime's words."""
        return REGIMES[self.regime]


@dataclass(frozen=True, slots=True)
class Trend:
    """One trend. strength: 0-100, None where it is not known (then `direction` is "")."""

    title: str
    direction: str
    glyph: str
    words: str
    strength: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """One regime's score, 0-1. holds: it is the present regime."""

    face: Face
    value: float
    holds: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that is not met: where its figure stands, from where on it leads to what, in how many typical days."""

    figure: str
    value: float
    threshold: float
    leads_to: str
    typical_days: float | None


@dataclass(frozen=True, slots=True)
class Card:
    """An analysis as the page shows it. rules: what would flip it, nearest first; notes: what was deducted, and why."""

    head: Head
    trends: tuple[Trend, ...]
    scores: tuple[Score, ...]
    rules: tuple[Rule, ...]
    notes: tuple[str, ...]
    row: MacroSentimentAnalysis


@dataclass(frozen=True, slots=True)
class Freshness:
    """How current the regime is. state: LIVE, AGEING, STALE or NO DATA; key: its CSS name; age_s: None without any."""

    key: str
    state: str
    icon: str
    text: str
    age_s: float | None


@dataclass(frozen=True, slots=True)
class Chip:
    """What the top bar of every page shows."""

    head: Head
    freshness: Freshness


def build_chip(head: Head, now: datetime) -> Chip:
    """The chip as seen at `now`."""
    return Chip(head, freshness_of(head.event_at, now))


def build_head(row: MacroSentimentAnalysis) -> Head:
    """The head of a stored analysis."""
    age_hours = row.inputs.get("age_hours")  # of the newest reading when the analysis was made
    event_at = row.as_of if age_hours is None else row.analysis_timestamp - timedelta(hours=age_hours)
    return Head(
        seq=row.pk,
        as_of=row.as_of,
        event_at=event_at,
        recorded_at=row.recorded_at,
        permission=row.trade_permission,
        regime=row.market_regime,
        confidence=row.overall_confidence,
        is_simulated=row.is_simulated,
    )


def build_card(row: MacroSentimentAnalysis) -> Card:
    """Everything the page shows of one analysis."""
    trends = (
        _trend("BTC", row.btc_trend_direction, row.btc_trend_strength),
        _trend("ETH", row.eth_trend_direction, row.eth_trend_strength),
        _trend("ALT", row.alt_trend_direction, row.alt_trend_strength),
    )
    scores = tuple(
        Score(face, float(row.scores[name]), face.key == row.market_regime)
        for name, face in SCORE_TITLES.items()
        if row.scores.get(name) is not None
    )
    rules = tuple(_rule(each) for each in row.reasons if isinstance(each, dict) and "figure" in each)
    notes = tuple(_note(each) for each in row.reasons if not (isinstance(each, dict) and "figure" in each))
    return Card(build_head(row), trends, scores, rules, notes, row)


def freshness_of(event_at: datetime | None, now: datetime) -> Freshness:
    """The state of what rests on a reading of `event_at`, None without any. Crypto never closes: every hour counts."""
    if event_at is None:
        return Freshness("none", "NO DATA", "–", "there is no analysis yet", None)
    age = max(now - event_at, timedelta(0))
    seconds = age.total_seconds()
    if age <= LATE_AFTER:
        return Freshness("live", "LIVE", "●", "scanned every 4 hours", seconds)
    if age <= STALE_AFTER:
        return Freshness("ageing", "AGEING", "◔", "a scan is late", seconds)
    return Freshness("stale", "STALE", "▨", "scans were missed: the regime below is of then", seconds)


def _trend(title: str, direction: str | None, strength: int | None) -> Trend:
    if direction is None or strength is None:
        return Trend(title, "", "–", "not known", None)
    glyph, words = ARROWS[Direction(direction)]
    return Trend(title, direction, glyph, words, strength)


def _rule(stored: dict[str, Any]) -> Rule:
    """One nearest rule as the engine stored it; a distance that cannot be told is None."""
    days = stored.get("typical_days")
    return Rule(
        figure=str(stored["figure"]),
        value=float(stored["value"]),
        threshold=float(stored["threshold"]),
        leads_to=str(stored["leads_to"]),
        typical_days=None if days is None else float(days),
    )


def _note(stored: Any) -> str:
    return str(stored.get("text", "")) if isinstance(stored, dict) else str(stored)
