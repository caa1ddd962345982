"""Rows that the themes' pages show, put there by hand: themes with a past, members, documents, what other rooms say."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from tests.factories import Market
from themes.models import (
    AggregatedSentiment,
    ConfluenceScore,
    Document,
    DocumentCluster,
    ManipulationReading,
    Mention,
    SentimentPass,
    StockVerdict,
    SymbolSentiment,
    SympathyEdge,
    SympathyNetwork,
    SympathyTicket,
    TemperaturePass,
    TemperatureReading,
    Theme,
    ThemeChange,
    ThemeDocument,
    ThemeHeat,
    ThemeMembership,
    ThemeReading,
)
from universe.models import DataSource

NOON = dt.datetime(2026, 8, 21, 16, tzinfo=dt.UTC)  # Friday, 12:00 in New York
HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
_NUMBERS = itertools.count(1)
FACTORS: dict[str, Any] = {
    "log10_p": -9.0, "issuers": 6, "coherence": 3.2, "busy_share": 0.5, "kinds": {"news": 5, "filing": 2},
    "terms": ["quantum computing", "qubits"], "primary_sector": "technology",
    "contaminated": [
        {"sector": "energy", "entered_at": "2026-08-21T13:00:00+00:00", "lag_h": 2.0, "share": 0.2, "mean_excess": 2.5}
    ],
    "life": {"peak": 0.7, "peak_at": "2026-08-21T14:00:00+00:00"},
}  # fmt: skip


def add_theme(name: str, *, since: float = 5, intensity: float = 0.5, standing: str = "active", confidence: float = 0.8,
              phase: str = "spreading", readings: int = 4, **facts: Any) -> Theme:  # fmt: skip
    """A theme first seen `since` hours before noon with hourly readings up to noon, the last as given."""
    seen = NOON - since * HOUR
    factors = FACTORS | facts.pop("factors", {})
    values = {
        "theme_name": name, "standing": standing, "emergence_timestamp": seen - 2 * HOUR, "detected_at": seen,
        "detection_confidence": confidence, "is_simulated": True, "as_of": NOON, "intensity": intensity, "phase": phase,
        "created_at": seen, "updated_at": NOON, "primary_sector": factors["primary_sector"],
    } | facts  # fmt: skip
    theme = Theme.objects.create(**values)
    for place in range(readings):
        at = NOON - (readings - 1 - place) * HOUR
        ThemeReading.objects.create(
            theme=theme, as_of=at, standing=standing, phase="emerging" if place == 0 else phase,
            intensity=intensity * (place + 1) / readings, confidence=confidence, members=2, documents=7,
            spread_index=0.32, factors=factors, recorded_at=at + MINUTE,
        )  # fmt: skip
    ThemeChange.objects.create(theme=theme, what="detected", after={"standing": standing}, at=seen)
    return theme


def add_member(theme: Theme, instrument_id: int, *, sector: str = "technology", since: float = 3, **facts: Any) -> None:
    """A spell of membership that began `since` hours before noon."""
    at = NOON - since * HOUR
    values = {"score": 0.7, "text_part": 0.9, "price_part": 0.4, "first_mention_at": at - HOUR, "recorded_at": at}
    ThemeMembership.objects.create(
        theme=theme, instrument_id=instrument_id, sector=sector, since=at, **(values | facts)
    )


def add_document(theme: Theme | None, title: str, instrument_ids: list[int], *, hours: float = 2, cluster: Any = None,
                 **facts: Any) -> Document:  # fmt: skip
    """A document `hours` before noon, evidence of the theme."""
    at = NOON - hours * HOUR
    source, _ = DataSource.objects.get_or_create(
        name="wire (simulated)", defaults={"kind": DataSource.Kind.SIMULATED, "delay_s": 0}
    )
    values = {
        "kind": "news", "external_id": f"n{next(_NUMBERS)}", "source": source, "url": "https://example.com/a",
        "author": "wire", "event_at": at, "recorded_at": at + MINUTE, "is_simulated": True,
        "cluster": cluster or DocumentCluster.objects.create(first_at=at, recorded_at=at),
    } | facts  # fmt: skip
    document = Document.objects.create(title=title, **values)
    Mention.objects.bulk_create(
        Mention(document=document, instrument_id=one, rule="tag", sureness=0.9, event_at=at) for one in instrument_ids
    )
    if theme is not None:
        ThemeDocument.objects.create(theme=theme, document=document, closeness=0.8, joined_at=at + 2 * MINUTE)
    return document


def add_heat(market: Market, symbols: list[str], level: str = "hot", at: dt.datetime = NOON) -> TemperaturePass:
    """A whole pass with a row for each of these; everything else was cold."""
    for symbol in symbols:
        TemperatureReading.objects.create(
            as_of=at, instrument_id=market.ids[symbol], hourly_price_change=Decimal("4.2"),
            hourly_volume_multiple=Decimal("3.1"), temperature_classification=level, raw_level=2,
            momentum_phase="accelerating", squeeze_risk_indicator=Decimal("0.44"),
            squeeze={
                "low": 0.3, "high": 0.6, "structure": 0.5, "ignition": 0.8, "band": "elevated",
                "missing": ["borrow fee, % a year"], "inputs": {},
                "parts": {"days to cover": 0.4, "borrow fee, % a year": None},
            },
            trading_recommendation="CAUTION_HOT",
            reasons={
                "rule": 7, "advice": "CAUTION_HOT",
                "reasons": [{"input": "level", "value": 2.0, "sign": "=", "threshold": [2]}],
                "unknown": ["manipulation"],
            },
            recorded_at=at + MINUTE,
        )  # fmt: skip
    return TemperaturePass.objects.create(
        as_of=at, recorded_at=at + MINUTE, stocks=40, warm=0, hot=len(symbols), extreme=0, is_simulated=True
    )


def add_theme_heat(theme: Theme, level: str, at: dt.datetime) -> None:
    """What a pass made of a theme."""
    ThemeHeat.objects.create(
        theme=theme, as_of=at, level=level, members=2, known=2, phase=theme.phase, recorded_at=at + MINUTE
    )


def add_manipulation(instrument_id: int, at: dt.datetime = NOON) -> None:
    """A reading with one reason and one mitigator."""
    ManipulationReading.objects.create(
        as_of=at, instrument_id=instrument_id, risk=Decimal("0.61"), raw=Decimal("0.61"), band="HIGH", cause="spike",
        flags_part=Decimal("0.7"), behaviour_part=Decimal("0.5"), evidence_coverage=Decimal("0.8"),
        missing=["shelf"], phase="pump", version="v1", is_simulated=True, data_at=at, recorded_at=at + MINUTE,
        mitigators=[{"key": "theme", "factor": 0.8, "words": "a theme of five", "url": ""}],
        reasons=[{"key": "promotion", "group": "talk", "title": "promotional words", "effect": 0.21}],
    )  # fmt: skip


def add_verdict(instrument_id: int, theme: Theme | None = None, at: dt.datetime = NOON) -> None:
    """A verdict with a trace of three rules."""
    StockVerdict.objects.create(
        instrument_id=instrument_id, as_of=at, can_short="hard", should_short="avoid", sector_score=Decimal("0.1"),
        theme=theme, theme_term=Decimal("0.2"), score=Decimal("0.3"), recorded_at=at + MINUTE,
        trace=[
            {"part": "can", "rule": "halted", "title": "trading is halted", "holds": False, "effect": "", "unknown": [],
             "inputs": [{"input": "halted", "value": 0.0, "sign": ">=", "threshold": [1]}]},
            {"part": "can", "rule": "tiny_float", "title": "a float below 2 million shares", "holds": True,
             "effect": "hard", "unknown": [],
             "inputs": [{"input": "float_shares", "value": 1500000.0, "sign": "<", "threshold": [2000000.0]}]},
            {"part": "should", "rule": "theme", "title": "the theme's term", "holds": True, "effect": "avoid",
             "unknown": ["squeeze"], "inputs": [{"input": "theme_term", "value": 0.2, "sign": "+", "threshold": []}]},
        ],
    )  # fmt: skip


def add_network(market: Market, pairs: list[tuple[str, str, float]], at: dt.datetime = NOON) -> SympathyNetwork:
    """A nightly network with these edges: (stock, neighbour, probability)."""
    network = SympathyNetwork.objects.create(
        session=at.date(), as_of=at - HOUR, recorded_at=at - HOUR, kind="nightly", stocks=40, observations=60,
        is_simulated=True,
    )  # fmt: skip
    for rank, (stock, neighbour, probability) in enumerate(pairs):
        SympathyEdge.objects.create(
            network=network, instrument_id=market.ids[stock], neighbour_id=market.ids[neighbour], rank=rank,
            correlation=0.6, recent_correlation=0.5, co_jumps=3, probability=probability,
        )  # fmt: skip
    return network


def add_ticket(network: SympathyNetwork, leader: int, follower: int, at: dt.datetime = NOON) -> SympathyTicket:
    """An open prediction."""
    return SympathyTicket.objects.create(
        network=network, leader_id=leader, follower_id=follower, session=at.date(), bar_at=at, direction=1,
        leader_move=Decimal("16.4"), made_at=at, window_ends_at=at + 4 * HOUR, probability=0.72, baseline=0.2,
        tier="high", features_hash="x", model_version="v1", recorded_at=at,
    )  # fmt: skip


def add_words(instrument_id: int, symbol: str, at: dt.datetime = NOON) -> None:
    """Sentiment of two sources and options, all of them together, and confluence."""
    SentimentPass.objects.create(
        as_of=at, known_at=at, recorded_at=at + MINUTE, stocks=1, silent=0, divergent=1, texts=3, is_simulated=True
    )
    rows: list[tuple[str, float | None, dict[str, Any]]] = [
        ("twitter", 0.42, {}), ("reddit", None, {"why": "nothing about it within 24 hours"}),
        ("options", 0.2, {"put_volume": 1200, "call_volume": 5400, "put_call": 0.4, "premium": 250000.0, "skew": None,
                          "unusual": 2, "missing": {"skew": "no quoted contracts around 25 delta"},
                          "strikes": [{"kind": "call", "strike": 5.0, "expires": "2026-09-18", "volume": 900,
                                       "open_interest": 100, "premium": 40000.0, "reasons": []}]}),
    ]  # fmt: skip
    for source, score, facts in rows:
        SymbolSentiment.objects.create(
            instrument_id=instrument_id,
            source=source,
            timestamp=at,
            score=score,
            mention_count=3,
            facts=facts,
            recorded_at=at + MINUTE,
        )
    AggregatedSentiment.objects.create(
        instrument_id=instrument_id, symbol=symbol, timestamp=at, unified_sentiment=0.35, confidence=0.6,
        sentiment_level="bullish", source_count=1, total_mention_count=3, divergence_detected=True, volume_trend="up",
        twitter_sentiment=0.42, is_simulated=True, aggregated_at=at + MINUTE,
    )  # fmt: skip
    ConfluenceScore.objects.create(
        instrument_id=instrument_id, symbol=symbol, timestamp=at, confluence_score=0.66, directional_bias=0.3,
        confluence_level="high", confidence=0.7, technical_score=0.5, sentiment_score=0.35, technical_contribution=0.4,
        missing={"options_flow": "its chain is too old"}, meets_minimum_threshold=True, meets_high_threshold=False,
        is_simulated=True, calculated_at=at + MINUTE,
    )  # fmt: skip
