"""A planted event and its truth. Nothing of this appears on any wire; `simulator.truth` writes it for evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What is planted (methods.md 10.4)."""

    THEME = "theme"  # a story that spreads over securities and sectors, with leaders and followers
    PUMP = "pump"  # accumulation, run, dump; bots, promotion, often a dilution filing
    SQUEEZE = "squeeze"  # short sellers forced to buy: high short interest, volume tens of times the usual
    CATALYST = "catalyst"  # a genuine approval, contract or takeover with heavy talk: looks like a pump, is none
    EARNINGS = "earnings"
    OFFERING = "offering"  # a priced dilution
    REVERSE_SPLIT = "reverse_split"  # the market's own (market/splits.py), from its announcement on
    STORM = "storm"  # many articles about one issuer, no theme
    MACRO = "macro"  # a day on which everybody uses the same words


class Role(StrEnum):
    """What a security does in its story."""

    SUBJECT = "subject"  # of a story about one security
    LEADER = "leader"
    FOLLOWER = "follower"


@dataclass(frozen=True, slots=True)
class Phase:
    """A named stretch of a story, e.g. a pump's accumulation, run and dump."""

    name: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A security in a story. begins: when its own move starts; amplitude: the planted move at its peak, as a return."""

    row: int
    symbol: str
    sector: str
    role: Role
    begins: datetime
    amplitude: float


@dataclass(frozen=True, slots=True)
class Story:
    """One planted event. All moments are aware (UTC); `begins` is the first moment at which anything could be seen.

    id: unique and stable, e.g. "pump-2026-11-03-2"; topic: key of a vocabulary (themes, macro days, catalysts), "" if
    it has none; facts: what documents about it say, e.g. {"offering_price": 2.35, "shares": 4_000_000}.
    """

    id: str
    kind: Kind
    begins: datetime
    ends: datetime
    members: tuple[Member, ...]
    phases: tuple[Phase, ...] = ()
    topic: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
