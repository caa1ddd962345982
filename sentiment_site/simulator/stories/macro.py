"""Macro days: everybody uses the same words, the market may jump, and no security has a story of its own."""

from __future__ import annotations

import datetime as dt

from sentiment_site.simulator.stories.grid import slot_begins, slots_of
from sentiment_site.simulator.stories.plan import Draft, Scene, Shock
from sentiment_site.simulator.stories.story import Kind, Story
from sentiment_site.simulator.stories.topics import MACRO, MacroTopic, scheduled

_HALF_HOUR = dt.timedelta(minutes=30)
_QUIET = 0.4  # share of macro days on which nothing surprises


def draw(scene: Scene) -> Draft:
    """What the calendar puts on this session, and what comes by chance. Neither grows with the listing or the rate."""
    draft = Draft()
    topics = scheduled(scene.session)
    for topic in MACRO:
        # drawn for every topic, so that the calendar does not shift the chances of the rest
        if scene.rng.random() < topic.per_60_sessions / 60.0:
            topics.append(topic)
    for topic in topics:
        _begin(scene, draft, topic)
    return draft


def _begin(scene: Scene, draft: Draft, topic: MacroTopic) -> None:
    last = slots_of(scene.session) - 1
    slot = last if topic.slot < 0 else min(topic.slot, last - 1)
    size = float(scene.rng.normal(0.0, topic.sigma))
    surprises = bool(scene.rng.random() >= _QUIET)
    if surprises:
        draft.shocks.append(Shock(slot, topic.bar, size))
    at = slot_begins(scene.session, slot) + topic.bar * _HALF_HOUR
    draft.stories.append(
        Story(
            scene.name(Kind.MACRO, len(draft.stories)), Kind.MACRO, at, scene.grid.sessions[1].open, (),
            topic=topic.key,
            facts={"market_move": round(size, 5) if surprises else 0.0,
                   "scheduled": topic.per_60_sessions == 0.0},
        )
    )  # fmt: skip
