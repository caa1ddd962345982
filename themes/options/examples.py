"""Examples of the API's documentation: the method's own worked example."""

from __future__ import annotations

from typing import Any

AT = "2026-08-21T18:00:00Z"


def _part(value: float, contribution: float, confidence: float = 1.0) -> dict[str, Any]:
    return {"value": value, "contribution": contribution, "confidence": confidence, "as_of": AT, "missing": ""}


ROW: dict[str, Any] = {
    "symbol": "SOUN",
    "as_of": AT,
    "recorded_at": "2026-08-21T18:01:12Z",
    "confluence_score": 0.849,
    "confluence_level": "very_high",
    "directional_bias": 0.53,
    "agreement": 1.0,
    "confidence": 1.0,
    "meets_minimum_threshold": True,
    "meets_high_threshold": True,
    "technical": _part(0.6, 0.566),
    "sentiment": _part(0.5, 0.283),
    "options_flow": _part(0.4, 0.151),
    "components_used": ["technical", "sentiment", "options_flow"],
    "volume_trend": "up",
    "simulated": False,
}
DETAIL: dict[str, Any] = ROW | {
    "technical_breakdown": {
        "rsi": {"value": 0.58, "weight": 0.15, "reading": 60.1},
        "macd": {"value": 0.71, "weight": 0.2, "reading": 0.08},
        "bars": 64,
        "last_bar": "running",
    }
}
_OUTCOME: dict[str, Any] = {
    "n": 12,
    "waiting": 2,
    "too_few": True,
    "hit_rate": {"value": 0.5, "low": 0.254, "high": 0.746},
    "excess": {"value": 0.001, "low": -0.02, "high": 0.021},
}
BOARD: dict[str, Any] = {
    "count": 1,
    "page": 1,
    "pages": 1,
    "reading": {
        "as_of": AT,
        "recorded_at": "2026-08-21T18:01:12Z",
        "stocks": 1214,
        "scored": 1198,
        "minimum": 3,
        "high": 1,
        "missing": {"technical": 16, "sentiment": 702, "options_flow": 811},
        "thresholds": {"minimum": 0.6, "high": 0.8},
        "simulated": False,
    },
    "record": {
        "since": "2026-06-26",
        "sessions": 40,
        "verdict": "n = 12 is too small to say anything; 30 are the least.",
        "high": _OUTCOME,
        "baseline": _OUTCOME | {"n": 31040, "too_few": False},
    },
    "results": [ROW],
}
HISTORY: dict[str, Any] = {"symbol": "SOUN", "since": "2026-08-14T18:00:00Z", "until": AT, "results": [ROW]}
OPTIONS: dict[str, Any] = {
    "symbol": "SOUN",
    "as_of": "2026-08-21T17:41:00Z",
    "recorded_at": "2026-08-21T17:56:00Z",
    "score": 0.31,
    "quality": 0.45,
    "effective_count": 6.2,
    "facts": {
        "session": "2026-08-21",
        "put_call": 0.42,
        "premium": 1250400.0,
        "known_side": 0.0,
        "skew": 0.021,
        "unusual": 1,
        "strikes": [
            {
                "kind": "call",
                "strike": 9.0,
                "expires": "2026-09-18",
                "volume": 4100.0,
                "open_interest": 800.0,
                "premium": 266500.0,
                "reasons": ["5.1 times the open interest", "$266,500 of premium", "side unknown"],
            }
        ],
        "missing": {"premium": "the chain does not say who bought"},
        "baseline_days": 20,
        "delay_s": 900,
    },
    "simulated": False,
    "days": [
        {
            "session": "2026-08-21",
            "as_of": "2026-08-21T17:41:00Z",
            "call_volume": 21400,
            "put_volume": 8990,
            "call_open_interest": 61000,
            "put_open_interest": 40200,
            "log_put_call": -0.867,
            "skew": 0.021,
            "premium": 1250400.0,
            "unusual": 1,
            "contracts": 188,
        }
    ],
}
