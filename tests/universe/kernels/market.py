"""Builds screening candidates from rows that say only what differs from a name every rule lets in."""

from __future__ import annotations

from typing import Any

import numpy as np

from universe.kernels.rules import COVERAGE, STRICT, Rules, parse_rules
from universe.kernels.screening import Candidates, Screening, screen

STRICT_RULES = parse_rules(STRICT)
COVERAGE_RULES = parse_rules(COVERAGE)

# $500M, $10, 2M shares a day, 30M float: a small cap that passes S1's matrix.
GOOD: dict[str, Any] = {
    "listed": True,
    "name": "Good Company Inc. Common Stock",
    "kind": "CS",
    "exchange": "XNAS",
    "sic_code": "7372",
    "industry": "",
    "sector": "technology",
    "price": 10.0,
    "vendor_cap": 500e6,
    "close_at_cap": 10.0,
    "shares": 50e6,
    "volume": 2e6,
    "free_float": 30e6,
    "quarantined": False,
    "include": False,
    "exclude": False,
}
FLAGS = ("listed", "quarantined", "include", "exclude")
FIGURES = ("price", "vendor_cap", "close_at_cap", "shares", "free_float")


def candidates(*rows: dict[str, Any], sessions: int = 20) -> Candidates:
    """Candidates whose rows are GOOD except for what is given; a scalar volume holds on each of 20 sessions.

    A given price moves `close_at_cap` with it, so that `vendor_cap` stays today's cap.
    """
    full = []
    for row in rows:
        merged = GOOD | row
        if "price" in row and "close_at_cap" not in row:
            merged["close_at_cap"] = row["price"]
        full.append(merged)
    fields: dict[str, Any] = {key: [row[key] for row in full] for key in GOOD}
    for key in FLAGS:
        fields[key] = np.array(fields[key], dtype=bool)
    for key in FIGURES:
        fields[key] = np.array(fields[key], dtype=float)
    volume = [np.full(sessions, float(v)) if np.ndim(v) == 0 else np.asarray(v, float) for v in fields["volume"]]
    fields["volume"] = np.array(volume).reshape(len(rows), sessions)
    return Candidates(**fields)


def decide(rules: Rules = STRICT_RULES, **row: Any) -> str:
    """The reason for one symbol."""
    return screen(candidates(row), rules).reasons[0].value


def run(*rows: dict[str, Any], rules: Rules = STRICT_RULES) -> Screening:
    """Screen several rows."""
    return screen(candidates(*rows), rules)
