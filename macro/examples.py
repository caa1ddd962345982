"""What the OpenAPI document shows of the crypto regime's answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

ANALYSIS: dict[str, Any] = {
    "overall_confidence": 71,
    "btc_trend_direction": "UP",
    "btc_trend_strength": 64,
    "alt_trend_direction": "SIDEWAYS",
    "alt_trend_strength": 22,
    "trade_permission": "ACTIVE",
    "market_regime": "BTC_SEASON",
    "last_updated": "2026-11-20T16:02:11Z",
    "eth_trend_direction": "SIDEWAYS",
    "eth_trend_strength": 31,
    "seq": 2190,
    "as_of": "2026-11-20T16:00:00Z",
    "simulated": False,
    "scores": {"alt": 0.18, "btc": 0.67, "bear": 0.03},
    "macro_score": 63.4,
    "margin": 0.49,
    "raw_probability": 0.84,
    "alt_season_index": 34.0,
    "reasons": [
        {
            "figure": "the macro score",
            "value": 63.4,
            "threshold": 58.0,
            "leads_to": "selective",
            "typical_days": 2.1,
        }
    ],
    "ai_reasoning": "Bitcoin season, active: the macro score is 63.4 of 100.",
    "model_used": "deterministic-v1",
    "engine_version": "deterministic-v1",
    "data_period_start": "2025-11-20T00:00:00Z",
    "data_period_end": "2026-11-20T16:00:00Z",
    "chart_data_hash": "9f2c5b7d0a4e41c8b6a3d1e2f4059687786950f4e2d1a3b6c841e4a0d7b5c29f",
    "processing_time_ms": 184,
    "trigger": "scheduled",
}
STATUS = ANALYSIS | {
    "next_update": "2026-11-20T20:00:00Z",
    "age_s": 3671.0,
    "state": "LIVE",
    "charts": [{"name": "price", "url": "https://sectorlight.example/api/macro-sentiment/charts/price.png"}],
}
OPINION: dict[str, Any] = {
    "seq": 2190,
    "opinion_state": "done",
    "reason": "",
    "answer": {
        "market_regime": "TRANSITION",
        "trade_permission": "SELECTIVE",
        "confidence": 55,
        "summary": "The macro score of 66.0 looks stretched.",
        "evidence": [],
        "risks": [],
    },
    "claims": [
        {
            "path": "summary",
            "start": 19,
            "end": 23,
            "text": "66.0",
            "fact": "macro_score",
            "stated": 63.4,
            "verdict": "wrong",
        }
    ],
    "agrees": False,
    "model": "claude-sonnet-5-5",
    "prompt_version": "crypto-2",
    "request_hash": "4a7f0c52d1b84be1a20f9d3c6e58b7714a7f0c52d1b84be1a20f9d3c6e58b771",
    "ended_at": "2026-11-20T16:02:25Z",
    "simulated": False,
}
STARTED: dict[str, Any] = {"job": 812, "job_state": "queued", "reason": "", "status_url": "/jobs/812/"}
HEALTH: dict[str, Any] = {
    "system_status": "ACTIVE",
    "as_of": "2026-11-20T16:01:40Z",
    "age_s": 3671.0,
    "data_state": "LIVE",
    "source": "coingecko",
    "estimated": False,
    "simulated": False,
    "bootstrap_completed": True,
    "bootstrap_completed_at": "2026-09-01T08:11:00Z",
    "bootstrap_coins": 50,
    "bootstrap_coins_done": 50,
    "last_successful_scan": "2026-11-20T16:02:11Z",
    "last_failed_scan": "2026-11-11T04:00:09Z",
    "last_failure": "coingecko: HTTP 503",
    "consecutive_failures": 0,
    "last_analysis": 2190,
    "next_scan": "2026-11-20T20:00:00Z",
    "scans": {
        "since": "2026-10-21T17:02:00Z",
        "expected": 180,
        "kept": 180,
        "missing": 0,
        "loss": 0.0,
        "estimated": 1,
        "quarantined": 0,
    },
    "vendors": [
        {
            "name": "coingecko",
            "healthy": True,
            "breaker": "closed",
            "last_success_at": "2026-11-20T16:02:01Z",
            "last_failure_at": "2026-11-11T04:00:09Z",
            "calls_today": 21,
            "calls_left_today": 279,
        }
    ],
    "analyst_configured": True,
    "active_jobs": [],
    "last_jobs": [
        {
            "name": "macro.scan",
            "job_state": "done",
            "percent": 100,
            "phase": "regime",
            "finished_at": "2026-11-20T16:02:11Z",
        }
    ],
}


def answer(name: str, value: Any, *status_codes: str) -> list[OpenApiExample]:
    """One example of an answer."""
    return [OpenApiExample(name, value=value, response_only=True, status_codes=list(status_codes) or ["200"])]
