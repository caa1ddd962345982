"""What the OpenAPI document shows of the themes' answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

THEME: dict[str, Any] = {
    "theme_id": "6a3c1f0e-5d3e-4d7e-9d53-0c4b5a8f9a11",
    "theme_name": "quantum",
    "title": "Quantum computing",
    "dictionary_key": "quantum",
    "standing": "active",
    "is_confirmed": False,
    "phase": "spreading",
    "detection_confidence": 0.81,
    "intensity": 0.62,
    "temperature_status": "hot",
    "manipulation_risk_score": 0.41,
    "members": 9,
    "documents": 34,
    "primary_sector": "technology",
    "contaminated_sectors": [
        {"sector": "industrials", "entered_at": "2026-08-21T15:10:00Z", "lag_h": 5.2, "share": 0.22, "mean_excess": 2.4}
    ],
    "spread_index": 0.34,
    "emergence_timestamp": "2026-08-21T10:02:11Z",
    "detected_at": "2026-08-21T14:00:00Z",
    "latency_s": 14269.0,
    "ended_at": None,
    "merged_into": None,
    "as_of": "2026-08-21T18:00:00Z",
    "recorded_at": "2026-08-21T18:01:04Z",
    "simulated": False,
}
DETAIL: dict[str, Any] = {
    "theme": THEME,
    "terms": ["quantum computing", "qubits"],
    "narrative_sources": {"news": 21, "filing": 4, "reddit": 9},
    "peak_intensity": 0.62,
    "peak_at": "2026-08-21T18:00:00Z",
    "confidence": {
        "parts": [
            {
                "name": "burst",
                "measured": "p = 10^-9.4 that so many stocks come by chance",
                "share": 0.783,
                "weight": 2.2,
                "points": 1.723,
                "at_gate": 1.41,
            }
        ],
        "intercept": -3.6,
        "total": 1.45,
        "gate_at": "2026-08-21T14:00:00Z",
        "gate": "detected",
        "at_gate": 0.74,
    },
    "sectors": [
        {
            "sector": "technology",
            "is_primary": True,
            "share": 0.78,
            "members": 7,
            "entered_at": None,
            "lag_h": None,
            "mean_excess": None,
        }
    ],
    "sympathy_network": [{"instrument_id": 812, "symbol": "ARQQ", "score": 0.71, "links": 4, "probability": 0.62}],
}
MEMBER: dict[str, Any] = {
    "symbol": "QBTS",
    "name": "D-Wave Quantum Inc.",
    "sector": "technology",
    "is_sympathy": False,
    "score": 0.74,
    "text_part": 0.91,
    "price_part": 0.48,
    "since": "2026-08-21T14:00:00Z",
    "first_mention_at": "2026-08-21T10:02:11Z",
    "move_1d": 18.4,
    "move_1h": 4.1,
    "rvol_1h": 5.3,
    "temperature": "hot",
    "temperature_as_of": "2026-08-21T18:00:00Z",
    "squeeze_risk": 0.44,
    "manipulation_risk": 0.38,
    "light": {"sector": "technology", "score": "0.412", "colour": "light_green", "verb": "AVOID SHORTS"},
}
READING: dict[str, Any] = {
    "as_of": "2026-08-21T18:00:00Z",
    "standing": "active",
    "phase": "spreading",
    "intensity": 0.62,
    "confidence": "0.810",
    "temperature": "hot",
    "manipulation_risk": "0.410",
    "members": 9,
    "documents": 34,
    "spread_index": 0.34,
    "recorded_at": "2026-08-21T18:01:04Z",
}
EVIDENCE: dict[str, Any] = {
    "document_id": 40211,
    "kind": "filing",
    "form": "8-K",
    "title": "D-Wave announces a quantum computing agreement",
    "excerpt": "Item 1.01 Entry into a Material Definitive Agreement ...",
    "url": "https://www.sec.gov/Archives/edgar/data/1907982/000190798226000041/form8-k.htm",
    "source": "edgar",
    "author": "",
    "event_at": "2026-08-21T10:02:11Z",
    "recorded_at": "2026-08-21T10:03:40Z",
    "copies": 3,
    "closeness": 0.82,
    "symbols": ["QBTS"],
    "simulated": False,
}
CHANGE: dict[str, Any] = {
    "at": "2026-08-21T15:20:00Z",
    "what": "renamed",
    "before": {"title": ""},
    "after": {"title": "Quantum computing"},
    "reason": "clearer",
    "by_operator": True,
}


def page(name: str, row: dict[str, Any]) -> list[OpenApiExample]:
    """One row of a paginated answer: the schema wraps it."""
    return [OpenApiExample(name, value=row, response_only=True)]
