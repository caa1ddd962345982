"""The sectors' volatility weights as the requirement gives them (S1, VOLATILITY_WEIGHTS; methods.md 1.4)."""

from __future__ import annotations

STATIC_WEIGHTS: dict[str, float] = {
    "technology": 1.3,
    "healthcare": 1.5,
    "energy": 1.2,
    "financial": 1.1,
    "consumer_discretionary": 1.2,
    "industrials": 1.0,
    "materials": 0.9,
    "utilities": 0.7,
}
