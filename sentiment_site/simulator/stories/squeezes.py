"""Squeezes: short sellers forced to buy. They look like pumps from the tape, and there is nobody behind them."""

from __future__ import annotations

import numpy as np

from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.stories.grid import DAY
from sentiment_site.simulator.stories.plan import Draft, Flags, Scene, steps_of
from sentiment_site.simulator.stories.story import Kind, Role, Story

PER_60_SESSIONS = 6.0
LEAST_SHORT = 0.20  # of the float
_MEDIAN, _SPREAD, _LEAST, _MOST = 1.3, 0.5, 0.4, 7.0  # of the rise, lognormal, as a return
_RISE_DAYS, _RETREAT_DAYS, _RETREAT = (2, 5), (3, 6), (0.3, 0.7)
_HALT_AFTER, _HALT_CHANCE = 0.12, 0.35  # log move of a slot after which trading may be paused
_SESSIONS = 18


def eligible(scene: Scene) -> Flags:
    """A fifth of the float sold short, 1-60 dollars, cap below 5 billion."""
    view = scene.view
    return scene.stock & (view.short >= LEAST_SHORT) & (view.price >= 1.0) & (view.price <= 60.0) & (view.cap < 5e9)


def days_to_cover(scene: Scene) -> Floats:
    """Shares sold short over the average daily volume (n,)."""
    return np.asarray(scene.view.short * scene.view.floating / np.maximum(scene.view.volume, 1.0))


def draw(scene: Scene) -> Draft:
    """The squeezes that begin in this session; many days to cover make one likelier."""
    draft, count = Draft(), scene.some(PER_60_SESSIONS)
    if not count:
        return draft
    cover = days_to_cover(scene)
    for row in scene.cast(eligible(scene), count, np.clip(cover, 1.0, 20.0)):
        _begin(scene, draft, row, float(cover[row]))
    return draft


def _begin(scene: Scene, draft: Draft, row: int, cover: float) -> None:
    rng = scene.rng
    start = int(rng.integers(0, DAY - 5))
    rise_slots = int(rng.integers(_RISE_DAYS[0] * DAY, _RISE_DAYS[1] * DAY + 1))
    fall_slots = int(rng.integers(_RETREAT_DAYS[0] * DAY, _RETREAT_DAYS[1] * DAY + 1))
    peak = float(np.clip(np.exp(rng.normal(np.log(_MEDIAN), _SPREAD)), _LEAST, _MOST))
    retreat = float(rng.uniform(*_RETREAT))
    rise = np.log1p(peak) * rng.dirichlet(np.full(rise_slots, 0.6))
    fall = -np.log1p(peak) * retreat * rng.dirichlet(np.full(fall_slots, 1.0))
    positions = start + np.arange(rise_slots)
    halted = _halts(scene, positions, rise)
    top = start + rise_slots
    draft.steps += [
        steps_of(row, positions, moves=rise, volumes=2.3 + 0.9 * rng.random(rise_slots), halted=halted),
        steps_of(row, top + np.arange(fall_slots), moves=fall, volumes=1.4 * np.exp(-np.arange(fall_slots) / 20.0)),
    ]
    draft.busy.append((row, _SESSIONS))
    begins, last = scene.grid.begins(start), top + fall_slots - 1
    facts: dict[str, object] = {
        "short_of_float": round(float(scene.view.short[row]), 4),
        "short_interest": int(scene.view.short[row] * scene.view.floating[row]),
        "days_to_cover": round(cover, 2),
        "posts_factor": round(float(np.exp(rng.uniform(np.log(8.0), np.log(60.0)))), 1),
        "halts": [scene.grid.begins(int(position)) for position in positions[halted]],
    }
    draft.stories.append(
        Story(
            scene.name(Kind.SQUEEZE, len(draft.stories)), Kind.SQUEEZE, begins, scene.grid.ends(last),
            (scene.member(row, Role.SUBJECT, begins, peak),),
            phases=(scene.phase("rise", start, top - 1), scene.phase("retreat", top, last)), facts=facts,
        )
    )  # fmt: skip


def _halts(scene: Scene, positions: np.ndarray, rise: Floats) -> Flags:
    """Half-hours without trade after a violent one. Never two in a row, and never at a session's edge."""
    number, slot = scene.grid.split(positions)
    last = scene.grid.starts[number + 1] - scene.grid.starts[number] - 1
    inside = (slot > 1) & (slot < last - 1)
    violent = np.r_[False, rise[:-1] > _HALT_AFTER] & (scene.rng.random(len(rise)) < _HALT_CHANCE)
    halted = inside & violent
    halted[1:] &= ~halted[:-1]
    # what was planned for the pause happens when trading resumes (plan.Effects)
    return np.asarray(halted)
