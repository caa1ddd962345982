"""Answers shown in the API's documentation."""

from __future__ import annotations

from typing import Any

_HEAD: dict[str, Any] = {
    "session": "2026-08-20",
    "as_of": "2026-08-20T20:00:00Z",
    "recorded_at": "2026-08-21T00:25:04Z",
    "kind": "nightly",
    "stocks": 1_204,
    "observations": 250,
    "shrinkage": 0.64,
    "simulated": False,
}
STOCK_NETWORK: dict[str, Any] = {
    "symbol": "SOUN",
    "network": _HEAD,
    "neighbours": [
        {
            "rank": 0,
            "symbol": "BBAI",
            "name": "BigBear.ai Holdings",
            "score": 0.61,
            "correlation": 0.16,
            "recent_correlation": 0.45,
            "lift": 1.21,
            "co_jumps": 6,
            "probability": 0.71,
            "community": 4,
        }
    ],
}
TICKET: dict[str, Any] = {
    "id": 812,
    "leader": "SOUN",
    "follower": "BBAI",
    "session": "2026-08-21",
    "bar_at": "2026-08-21T14:30:00Z",
    "direction": 1,
    "leader_move": "18.2400",
    "made_at": "2026-08-21T14:46:10Z",
    "window_ends_at": "2026-08-21T20:00:00Z",
    "probability": 0.78,
    "baseline": 0.51,
    "tier": "medium",
    "price_at": "4.0200",
    "model_version": "pair-1 confirmed",
    "features": {"correlation": 0.16, "recent": 0.45, "confirmation": 0.9},
    "features_hash": "5f1c0d",
    "settled_at": "2026-08-21T20:16:02Z",
    "session_outcome": True,
    "session_move": 1.31,
    "outcome": False,
    "outcome_move": -0.12,
    "peer_session_share": 0.54,
    "peer_share": 0.49,
    "settlement_note": "",
    "simulated": False,
}
RECORD: dict[str, Any] = {
    "as_of": "2026-08-21T20:20:00Z",
    "tiers": [
        {
            "tier": "medium",
            "tickets": 310,
            "coverage": 0.052,
            "days": 21,
            "open": 4,
            "void": 2,
            "mean_probability": 0.77,
            "baseline": 0.51,
            "scored": 304,
            "precision": {"value": 0.76, "low": 0.71, "high": 0.81},
            "peers": 0.52,
            "scored_after": 304,
            "after": {"value": 0.5, "low": 0.44, "high": 0.56},
            "peers_after": 0.5,
        }
    ],
}
