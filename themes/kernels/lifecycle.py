"""A theme's life: intensity by the hour, the phases it passes, how it spreads over sectors. methods.md 3.3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

EWMA_H: Final = 6.0
EMERGING_H: Final = 24
OFF_PEAK: Final = 0.8
OFF_PEAK_H: Final = 6
PEAK_LEAST: Final = 0.45
COOLS_BELOW: Final = 0.6
COOLING_H: Final = 12
DORMANT_BELOW: Final = 0.15
DORMANT_H: Final = 48
REIGNITES: Final = 0.5
FEWEST: Final = 2
LEAST_SHARE: Final = 0.15
FIRST_MOVE_H: Final = 48.0


@dataclass(frozen=True, slots=True)
class Life:
    """Where a theme stands. hours: since emergence; peak: highest intensity so far of this life.

    burst, move: running means of the text and the price part; off_peak_h, falling_h, quiet_h: how long the conditions
    of peak, cooling and sleep have held; old_peak: of the life before.
    """

    phase: str = "emerging"
    hours: int = 0
    intensity: float = 0.0
    burst: float = 0.0
    move: float = 0.0
    peak: float = 0.0
    peak_at: dt.datetime | None = None
    is_past_peak: bool = False
    cooling_since: dt.datetime | None = None
    off_peak_h: int = 0
    falling_h: int = 0
    quiet_h: int = 0
    old_peak: float = 0.0


def compute_intensity(life: Life, log10_p: float, mean_z: float, mean_rvol: float) -> tuple[float, float, float]:
    """Intensity 0 to 1 after one more hour, and the two running means (half-life 6 h) behind it.

    .5 of the surprise, .3 of the members' mean excess move, .2 of their mean relative volume; unknown parts count 0.
    """
    decay = 2.0 ** (-1 / EWMA_H)
    surprise = min(max(-log10_p, 0.0), 12.0) / 12 if np.isfinite(log10_p) else 0.0
    moved = float(np.clip(mean_z / 4, 0, 1)) if np.isfinite(mean_z) else 0.0
    busy = float(np.clip(np.log(mean_rvol) / np.log(6), 0, 1)) if np.isfinite(mean_rvol) and mean_rvol > 0 else 0.0
    first = life.hours == 0
    burst = surprise if first else decay * life.burst + (1 - decay) * surprise
    move = moved if first else decay * life.move + (1 - decay) * moved
    return 0.5 * burst + 0.3 * move + 0.2 * busy, burst, move


def advance(life: Life, at: dt.datetime, log10_p: float, mean_z: float, mean_rvol: float, *, spreads: bool) -> Life:
    """The life one hour later. spreads: a new member within twelve hours, or a new sector.

    Phases in the order in which they are asked: dormant, reignited, cooling, peak, spreading, emerging.
    """
    intensity, burst, move = compute_intensity(life, log10_p, mean_z, mean_rvol)
    rising = intensity > life.peak
    now = replace(
        life,
        hours=life.hours + 1,
        intensity=intensity,
        burst=burst,
        move=move,
        peak=max(life.peak, intensity),
        peak_at=at if rising else life.peak_at,
        off_peak_h=life.off_peak_h + 1 if intensity <= OFF_PEAK * life.peak else 0,
        falling_h=life.falling_h + 1 if intensity < life.intensity else 0,
        quiet_h=life.quiet_h + 1 if intensity < DORMANT_BELOW else 0,
    )
    if life.phase == "dormant":
        return _wake(now, intensity, at)
    if now.quiet_h >= DORMANT_H:
        return replace(now, phase="dormant", old_peak=now.peak)
    past = now.is_past_peak or (now.off_peak_h >= OFF_PEAK_H and now.peak >= PEAK_LEAST)
    cooling = now.cooling_since
    if past and cooling is None and intensity < COOLS_BELOW * now.peak and now.falling_h >= COOLING_H:
        cooling = at
    if past and rising:  # a higher high: the peak was none
        past, cooling = False, None
    return replace(now, is_past_peak=past, cooling_since=cooling, phase=_phase(now, past, cooling, spreads))


def _wake(now: Life, intensity: float, at: dt.datetime) -> Life:
    if intensity <= REIGNITES * now.old_peak:
        return replace(now, phase="dormant")
    return Life("reignited", now.hours, intensity, now.burst, now.move, intensity, at, old_peak=now.old_peak)


def _phase(now: Life, past: bool, cooling: dt.datetime | None, spreads: bool) -> str:
    if cooling is not None:
        return "cooling"
    if past:
        return "peak"
    if spreads:
        return "spreading"
    if now.phase == "reignited":
        return "reignited"
    return "emerging" if now.hours <= EMERGING_H else "spreading"


@dataclass(frozen=True, slots=True)
class SectorEntry:
    """A sector that a theme reached: its share of the membership, when, how long after the first, mean excess z."""

    sector: str
    share: float
    entered_at: dt.datetime
    lag_h: float
    mean_excess: float


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the spread sees it. moved_at: first excess move of 2 sigma; NaN excess: unknown."""

    sector: str
    score: float
    mentioned_at: dt.datetime
    moved_at: dt.datetime | None
    excess: float


def find_primary_sector(evidence: Sequence[tuple[dt.datetime, str, float]]) -> str:
    """The sector of the earliest quarter of the weighted evidence; "" without any.

    evidence: (moment, sector, weight) of every mention.
    """
    ordered = sorted(evidence)
    total = sum(weight for _, _, weight in ordered)
    shares: dict[str, float] = {}
    seen = 0.0
    for _, sector, weight in ordered:
        if seen >= total / 4 and shares:
            break
        shares[sector] = shares.get(sector, 0.0) + weight
        seen += weight
    return max(sorted(shares), key=lambda one: shares[one], default="")


def list_contaminated(members: Sequence[Member], primary: str) -> tuple[SectorEntry, ...]:
    """Sectors beyond the first that the theme reached, in the order in which it did.

    Two members or more with 15 % of the membership, one of which moved by 2 sigma within 48 hours of being named.
    """
    total = sum(member.score for member in members)
    began = min((member.mentioned_at for member in members), default=None)
    found: list[SectorEntry] = []
    for sector in sorted({member.sector for member in members} - {primary, ""}):
        mine = [member for member in members if member.sector == sector]
        share = sum(member.score for member in mine) / total if total > 0 else 0.0
        moved = [member for member in mine if _moved_soon(member)]
        if len(mine) < FEWEST or share < LEAST_SHARE or not moved or began is None:
            continue
        entered = min(member.mentioned_at for member in mine)
        excess = [member.excess for member in mine if np.isfinite(member.excess)]
        lag = (entered - began).total_seconds() / 3600
        found.append(SectorEntry(sector, share, entered, lag, float(np.mean(excess)) if excess else float("nan")))
    return tuple(sorted(found, key=lambda entry: (entry.entered_at, entry.sector)))


def _moved_soon(member: Member) -> bool:
    if member.moved_at is None:
        return False
    return abs((member.moved_at - member.mentioned_at).total_seconds()) / 3600 <= FIRST_MOVE_H


def compute_spread(shares: Mapping[str, float]) -> float:
    """1 - sum of squared sector shares: 0 in one sector, 7/8 evenly over eight; NaN without shares."""
    total = sum(shares.values())
    if total <= 0:
        return float("nan")
    return 1.0 - sum((share / total) ** 2 for share in shares.values())
