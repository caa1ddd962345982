"""Catalysts: genuine news with heavy talk. Hard negatives: they jump as pumps do and nobody manipulates."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sentiment_site.simulator.stories.grid import news_moment, slot_begins, slots_of
from sentiment_site.simulator.stories.plan import Draft, Flags, Scene, steps_of
from sentiment_site.simulator.stories.story import Kind, Phase, Role, Story
from sentiment_site.simulator.stories.topics import CATALYSTS, CatalystTopic

PER_60_SESSIONS = 14.0
_PRE_MARKET, _AFTER_HOURS = 0.6, 0.15  # the rest comes in regular hours, after a halt for news pending
_VOLUMES = (1.8, 1.0, 0.5, 0.2)  # log relative volume of the days from the news on
_CALM = 0.12  # of the usual moves, once a price is agreed
_DRIFT = 0.015  # sigma of what the first days add
_SESSIONS = 8
_PINNED = 1 << 20  # sessions: a target stays one


def eligible(scene: Scene, topic: CatalystTopic) -> Flags:
    """20 million to 5 billion dollars, above a dollar, of the topic's sectors; a takeover's target from 50 million."""
    view = scene.view
    least = 5e7 if topic.calm else 2e7
    return scene.stock & (view.cap > least) & (view.cap < 5e9) & (view.price > 1.0) & scene.in_sectors(*topic.sectors)


def draw(scene: Scene) -> Draft:
    """The catalysts of this session."""
    draft = Draft()
    shares = np.array([topic.share for topic in CATALYSTS])
    for _ in range(scene.some(PER_60_SESSIONS)):
        topic = CATALYSTS[int(scene.rng.choice(len(CATALYSTS), p=shares / shares.sum()))]
        for row in scene.cast(eligible(scene, topic), 1):
            _begin(scene, draft, row, topic)
    return draft


def _begin(scene: Scene, draft: Draft, row: int, topic: CatalystTopic) -> None:
    rng, session = scene.rng, scene.session
    slots = slots_of(session)
    when = rng.random()
    inside = int(rng.integers(3, slots - 2))
    slot = 0 if when < _PRE_MARKET else slots - 1 if when < _PRE_MARKET + _AFTER_HOURS else inside
    size = float(np.clip(np.exp(rng.normal(np.log(topic.median), topic.spread)), topic.low, topic.high))
    amplitude = -size if topic.down else size
    at = news_moment(scene.seed, session, row, slot)
    halt = [slot - 1] if slot == inside else []
    # news pending: the half-hour before is without trade, the price goes on where it resumes
    draft.steps += [steps_of(row, [slot], moves=np.log1p(amplitude)), steps_of(row, halt, halted=True)]
    drift = rng.normal(0.0, _DRIFT, len(_VOLUMES))
    for day, volume in enumerate(_VOLUMES):
        first = int(scene.grid.starts[day]) + (slot + 1 if day == 0 else 0)
        positions = np.arange(first, scene.grid.starts[day + 1])
        moves = 0.0 if topic.calm or not len(positions) else drift[day] / len(positions)
        draft.steps.append(steps_of(row, positions, moves=moves, volumes=volume))
    draft.steps.append(steps_of(row, [slot], volumes=_VOLUMES[0]))
    if topic.calm:
        draft.calm.append((row, scene.grid.sessions[1].date, _CALM))
    draft.busy.append((row, _PINNED if topic.calm else _SESSIONS))
    facts: dict[str, object] = {
        "posts_factor": round(float(np.exp(rng.uniform(np.log(10.0), np.log(60.0)))), 1),
        "halt_from": slot_begins(session, slot - 1) if halt else None,
    }
    if topic.calm:
        facts |= {"premium": round(size, 4), "offer_price": round(float(scene.view.price[row]) * (1.0 + size), 2)}
    ends = scene.grid.sessions[len(_VOLUMES) - 1].post_close
    draft.stories.append(
        Story(
            scene.name(Kind.CATALYST, len(draft.stories)), Kind.CATALYST, at, ends,
            (scene.member(row, Role.SUBJECT, at, amplitude),),
            phases=(Phase("news", at, at + dt.timedelta(hours=1)), Phase("talk", at, ends)),
            topic=topic.key, facts=facts,
        )
    )  # fmt: skip
