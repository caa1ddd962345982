"""Pumps: quiet accumulation in a small float, a promoted run, a dump. Truth of what nobody will admit."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sentiment_site.simulator.stories.grid import DAY
from sentiment_site.simulator.stories.plan import Draft, Flags, Scene, steps_of
from sentiment_site.simulator.stories.story import Kind, Role, Story

PER_60_SESSIONS = 25.0
MOST_FLOAT, MOST_CAP, PRICES = 2.5e7, 3e8, (1.0, 15.0)
_MEDIAN, _SPREAD = 1.0, 0.45  # of the run, lognormal, as a return
_RUN_SLOTS, _DUMP_SLOTS, _DUMP_SHARE = (3, 39), (4, 30), (0.60, 0.95)
_ACCUMULATION_DAYS = (3, 7)
_ACCUMULATION_DRIFT = 0.02  # at most, over a day
_FAKE_RELEASE, _DILUTION, _DILUTION_BEFORE_RUN = 0.15, 0.60, 0.4
_SESSIONS = 20


def eligible(scene: Scene) -> Flags:
    """Float below 25 million shares, 1-15 dollars, cap below 300 million."""
    view = scene.view
    cheap = (view.price >= PRICES[0]) & (view.price <= PRICES[1])
    return scene.stock & cheap & (view.floating < MOST_FLOAT) & (view.cap < MOST_CAP)


def draw(scene: Scene) -> Draft:
    """The pumps whose accumulation begins in this session."""
    draft, count = Draft(), scene.some(PER_60_SESSIONS)
    for row in scene.cast(eligible(scene), count) if count else ():
        _begin(scene, draft, row)
    return draft


def _begin(scene: Scene, draft: Draft, row: int) -> None:
    rng = scene.rng
    start = int(rng.integers(0, 6))
    run = start + int(rng.integers(_ACCUMULATION_DAYS[0], _ACCUMULATION_DAYS[1] + 1)) * DAY
    run_slots = int(rng.integers(_RUN_SLOTS[0], _RUN_SLOTS[1] + 1))
    dump, dump_slots = run + run_slots, int(rng.integers(_DUMP_SLOTS[0], _DUMP_SLOTS[1] + 1))
    peak = float(np.exp(rng.normal(np.log(_MEDIAN), _SPREAD)))
    dumped = float(rng.uniform(*_DUMP_SHARE))
    quiet = np.arange(start, run)
    drift = _ACCUMULATION_DRIFT / DAY * rng.random(len(quiet))
    rise = np.log1p(peak) * rng.dirichlet(np.full(run_slots, 1.5))
    fall = -np.log1p(peak) * dumped * rng.dirichlet(np.r_[4.0, np.ones(dump_slots - 1)])
    draft.steps += [
        steps_of(row, quiet, moves=drift, volumes=0.4),
        steps_of(row, np.arange(run, dump), moves=rise, volumes=2.2 + 0.6 * rng.random(run_slots)),
        steps_of(row, np.arange(dump, dump + dump_slots), moves=fall,
                 volumes=1.6 * np.exp(-np.arange(dump_slots) / 12.0)),
    ]  # fmt: skip
    draft.busy.append((row, _SESSIONS))
    begins, runs = scene.grid.begins(start), scene.grid.begins(run)
    last = dump + dump_slots - 1
    draft.stories.append(
        Story(
            scene.name(Kind.PUMP, len(draft.stories)), Kind.PUMP, begins, scene.grid.ends(last),
            (scene.member(row, Role.SUBJECT, runs, peak),),
            phases=(scene.phase("accumulation", start, run - 1), scene.phase("run", run, dump - 1),
                    scene.phase("dump", dump, last)),
            facts=_facts(rng, begins, runs) | {"dumped_share": round(dumped, 4)},
        )
    )  # fmt: skip


def _facts(rng: np.random.Generator, begins: dt.datetime, runs: dt.datetime) -> dict[str, object]:
    """What is written about it. posts_factor: posts over the usual; duplicates, young_accounts: shares of the posts."""
    promoted = max(begins, runs - dt.timedelta(minutes=int(rng.integers(0, 16 * 60))))
    facts: dict[str, object] = {
        "promotion_at": promoted,
        "posts_factor": round(float(np.exp(rng.uniform(np.log(20.0), np.log(100.0)))), 1),
        "duplicates": round(float(rng.uniform(0.3, 0.7)), 3),
        "young_accounts": round(float(rng.uniform(0.5, 0.9)), 3),
        "fake_release": bool(rng.random() < _FAKE_RELEASE),
        "dilution": bool(rng.random() < _DILUTION),
    }
    release_at = runs + dt.timedelta(minutes=int(rng.integers(0, 60)))
    before = bool(rng.random() < _DILUTION_BEFORE_RUN)
    wait = float(rng.random())
    filed = begins + (runs - begins) * wait if before else runs + dt.timedelta(days=30.0 * wait)
    if facts["fake_release"]:
        facts["fake_release_at"] = release_at
    if facts["dilution"]:
        facts |= {"dilution_at": filed.replace(microsecond=0), "dilution_form": "S-3" if before else "424B5"}
    return facts
