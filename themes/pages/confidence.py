"""What a theme's confidence rests on, now and when it passed the gate, in figures and words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from themes.kernels.membership import INTERCEPT, ConfidencePart, list_confidence_parts
from themes.models import ThemeChange
from themes.models.stories import Standing
from themes.stories.selectors import ThemeStand

PART_TITLES = {
    "burst": "Burst: how surprising the talk is",
    "breadth": "Breadth: stocks written about",
    "sources": "Kinds of source",
    "coherence": "Coherence: members move together",
    "volume": "Volume: members at twice the usual",
}


@dataclass(frozen=True, slots=True)
class ConfidenceRow:
    """One part of the confidence: measured, in words; share of its full strength (None unknown), points of the logit
    now, and when the gate was passed (None: never, or that is now)."""

    name: str
    title: str
    measured: str
    share: float | None
    weight: float
    points: float
    at_gate: float | None


@dataclass(frozen=True, slots=True)
class Confidence:
    """What a confidence rests on. gate_at: when the theme became active, gate: by what; at_gate: how sure it was."""

    rows: tuple[ConfidenceRow, ...]
    intercept: float
    total: float
    gate_at: dt.datetime | None
    gate: str
    at_gate: float | None

    @property
    def compares(self) -> bool:
        """Whether the parts of another tick, at which the gate was passed, stand beside those of now."""
        return any(row.at_gate is not None for row in self.rows)


def explain_confidence(stand: ThemeStand, history: Sequence[ThemeChange]) -> Confidence:
    """The parts now and, where the theme became active at another tick, then. One statement."""
    passed = [change for change in history if _passes(change)]
    change = min(passed, key=lambda one: one.at) if passed else None
    then = None
    if change is not None:
        rows = stand.theme.readings.filter(as_of__lte=change.at, recorded_at__lte=stand.reading.recorded_at)
        then = rows.order_by("-as_of").first()
    now_parts = _parts(stand.reading.factors)
    gate_parts = _parts(then.factors) if then is not None and then.pk != stand.reading.pk else {}
    measured = _measured(stand.reading.factors)
    parts = tuple(
        ConfidenceRow(
            name=name,
            title=PART_TITLES[name],
            measured=measured[name],
            share=part.share if np.isfinite(part.share) else None,
            weight=part.weight,
            points=part.points,
            at_gate=gate_parts[name].points if name in gate_parts else None,
        )
        for name, part in now_parts.items()
    )
    return Confidence(
        rows=parts,
        intercept=INTERCEPT,
        total=INTERCEPT + sum(part.points for part in parts),
        gate_at=None if change is None else change.at,
        gate="" if change is None else change.what,
        at_gate=None if then is None else float(then.confidence),
    )


def _passes(change: ThemeChange) -> bool:
    if change.what == "detected":
        return bool(change.after.get("standing") == Standing.ACTIVE)
    return change.what in ("published", "confirmed")


def _parts(factors: Mapping[str, Any]) -> dict[str, ConfidencePart]:
    """The parts of a stored reading by name; none for a reading that kept no factors."""
    if "log10_p" not in factors:
        return {}
    found = list_confidence_parts(
        float(factors["log10_p"]),
        int(factors.get("issuers", 0)),
        len(factors.get("kinds", {})),
        _number(factors.get("coherence")),
        _number(factors.get("busy_share")),
    )
    return {part.name: part for part in found}


def _measured(factors: Mapping[str, Any]) -> dict[str, str]:
    coherence, busy = factors.get("coherence"), factors.get("busy_share")
    together = "fewer than two members with prices"
    if coherence is not None:
        together = f"{float(coherence):+.1f} deviations above random sets"
    return {
        "burst": f"p = 10^{float(factors.get('log10_p', 0)):.1f} that so many stocks come by chance",
        "breadth": f"{factors.get('issuers', 0)} stocks in 12 hours",
        "sources": f"{len(factors.get('kinds', {}))} kinds, three count",
        "coherence": together,
        "volume": "no volume known" if busy is None else f"{float(busy):.0%} of the members",
    }


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
