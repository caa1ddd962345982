"""Single-issuer news storms: many articles in a day or two, no theme, and a price that shrugs or moves once."""

from __future__ import annotations

import numpy as np

from sentiment_site.simulator.stories.grid import DAY, news_moment
from sentiment_site.simulator.stories.plan import Draft, Flags, Scene, steps_of
from sentiment_site.simulator.stories.story import Kind, Role, Story
from sentiment_site.simulator.stories.topics import STORMS

PER_60_SESSIONS = 40.0
_MOVES = 0.4  # share in which the price moves, once
_MEDIAN, _SPREAD, _MOST = 0.05, 0.5, 0.25
_SESSIONS = 4


def eligible(scene: Scene) -> Flags:
    """Companies that are written about: 200 million dollars and more."""
    return scene.stock & (scene.view.cap > 2e8)


def draw(scene: Scene) -> Draft:
    """The storms that begin in this session."""
    draft, count = Draft(), scene.some(PER_60_SESSIONS)
    for row in scene.cast(eligible(scene), count) if count else ():
        _begin(scene, draft, row)
    return draft


def _begin(scene: Scene, draft: Draft, row: int) -> None:
    rng = scene.rng
    slot = int(rng.integers(0, 8))
    at = news_moment(scene.seed, scene.session, row, slot)
    size = min(float(np.exp(rng.normal(np.log(_MEDIAN), _SPREAD))), _MOST)
    amplitude = (size if rng.random() < 0.5 else -size) if rng.random() < _MOVES else 0.0
    length = int(rng.integers(DAY // 2, 2 * DAY))
    volumes = rng.uniform(0.3, 1.0) * np.exp(-np.arange(length) / 10.0)
    draft.steps += [
        steps_of(row, [slot], moves=np.log1p(amplitude)),
        steps_of(row, slot + np.arange(length), volumes=volumes),
    ]
    draft.busy.append((row, _SESSIONS))
    draft.stories.append(
        Story(
            scene.name(Kind.STORM, len(draft.stories)), Kind.STORM, at, scene.grid.ends(slot + length - 1),
            (scene.member(row, Role.SUBJECT, at, amplitude),),
            topic=STORMS[int(rng.integers(len(STORMS)))],
            facts={"articles": int(rng.integers(10, 41)), "posts_factor": round(float(rng.uniform(1.0, 6.0)), 1)},
        )
    )  # fmt: skip
