"""A small crypto market in the database: readings every four hours, and analyses with chosen words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from macro.models import (
    MacroMarketData,
    MacroOpinion,
    MacroSentimentAnalysis,
    Permission,
    Regime,
)

NOON = dt.datetime(2026, 8, 20, 12, tzinfo=dt.UTC)  # a Thursday, a slot of the grid
SLOT = dt.timedelta(hours=4)
WORDS = "Bitcoin season, active: the macro score is 63.4 of 100."


def add_reading(at: dt.datetime, **changes: Any) -> MacroMarketData:
    """One reading: a market of $2,500 billion, half of it bitcoin at $62,500; known two minutes after its slot."""
    total, bitcoin, ether, price, stable = 2.5e12, 1.25e12, 3.0e11, 62_500.0, 2.0e11
    alts = total - bitcoin - ether
    figures = {
        "timestamp": at,
        "data_source": "coingecko",
        "total_market_cap": total,
        "btc_market_cap": bitcoin,
        "eth_market_cap": ether,
        "btc_price": price,
        "eth_price": 2_500.0,
        "stablecoin_market_cap": stable,
        "alt_market_cap": alts,
        "alt_strength_ratio": alts / price,
        "btc_dominance": bitcoin / total,
        "alt_ex_stable": alts - stable,
        "ratio_ex_stable": (alts - stable) / price,
        "dominance_ex_stable": bitcoin / (total - stable),
        "is_simulated": False,
        "event_at": at,
        "received_at": at,
        "recorded_at": at + dt.timedelta(minutes=2),
    }
    return MacroMarketData.objects.create(**figures | changes)


def add_analysis(at: dt.datetime, **changes: Any) -> MacroSentimentAnalysis:
    """One analysis of the reading of `at`, made three minutes after: BTC season, active, confidence 71."""
    made = at + dt.timedelta(minutes=3)
    facts: dict[str, Any] = {
        "analysis_timestamp": made,
        "as_of": at,
        "data_period_start": at - dt.timedelta(days=365),
        "data_period_end": at,
        "overall_confidence": 71,
        "raw_probability": 0.84,
        "margin": 0.49,
        "btc_trend_direction": "UP",
        "btc_trend_strength": 64,
        "eth_trend_direction": None,
        "eth_trend_strength": None,
        "alt_trend_direction": "DOWN",
        "alt_trend_strength": 22,
        "trade_permission": Permission.ACTIVE,
        "market_regime": Regime.BTC_SEASON,
        "scores": {"alt": 0.18, "btc": 0.67, "bear": 0.03},
        "macro_score": 63.4,
        "reasons": [
            {
                "figure": "the macro score",
                "value": 63.4,
                "threshold": 58.0,
                "leads_to": "selective",
                "typical_days": 2.1,
            },
            {"text": "10 less: the total cap is estimated"},
        ],
        "inputs": {"age_hours": 0.05},
        "alt_season_index": 34.0,
        "engine_version": "deterministic-v1",
        "ai_reasoning": WORDS,
        "model_used": "deterministic-v1",
        "chart_data_hash": "ab" * 32,
        "processing_time_ms": 184,
        "trigger": "scheduled",
        "is_simulated": False,
        "recorded_at": made,
    }
    return MacroSentimentAnalysis.objects.create(**facts | changes)


def add_opinion(analysis: MacroSentimentAnalysis, **changes: Any) -> MacroOpinion:
    """A language model that disagrees, with one right and one wrong number, ten seconds after the analysis."""
    summary = "The macro score of 66.0 looks stretched. BTC trend strength is 64."
    wrong, right = summary.index("66.0"), summary.index("64.")
    claim = {"path": "summary", "value": 66.0, "text": "66.0", "start": wrong, "end": wrong + 4}
    other = {"path": "summary", "value": 64.0, "text": "64", "start": right, "end": right + 2}
    facts: dict[str, Any] = {
        "prompt_version": "crypto-2",
        "model": "claude-sonnet-5-5",
        "request_hash": "cd" * 32,
        "answer": {
            "market_regime": "TRANSITION",
            "trade_permission": "SELECTIVE",
            "confidence": 55,
            "summary": summary,
            "evidence": [],
            "risks": ["Dominance turns."],
        },
        "claims": [
            claim | {"fact": "macro_score", "stated": 63.4, "verdict": "wrong"},
            other | {"fact": "btc_trend_strength", "stated": 64.0, "verdict": "right"},
        ],
        "agrees": False,
        "started_at": analysis.recorded_at,
        "ended_at": analysis.recorded_at + dt.timedelta(seconds=10),
        "state": "done",
        "is_simulated": False,
    }
    return MacroOpinion.objects.create(analysis=analysis, **facts | changes)
