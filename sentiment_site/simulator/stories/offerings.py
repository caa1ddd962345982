"""Corporate events that cost shareholders: priced offerings, often after a run-up, and the market's reverse splits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from sentiment_site.simulator.market.splits import Split
from sentiment_site.simulator.stories.grid import news_moment, slots_of
from sentiment_site.simulator.stories.plan import Draft, Flags, Scene, steps_of
from sentiment_site.simulator.stories.story import Kind, Phase, Role, Story

PER_60_SESSIONS = 120.0
_AFTER_CLOSE = 0.6
_DISCOUNT = (0.06, 0.25)
_AFTERMATH = 0.35  # of the discount, lost or won back in the two days after
_SIZE = (0.08, 0.6)  # new shares over the float
_HEALTHCARE, _RUN_UP_WEIGHT = 2.0, 12.0
_SESSIONS = 6
_SPLIT_FALL, _SPLIT_SPREAD = 0.06, 0.6  # of the announcement, lognormal
_PRICING = dt.timedelta(hours=9, minutes=30)  # before the open of the session after: about midnight


def eligible(scene: Scene) -> Flags:
    """10 million to 3 billion dollars, above half a dollar."""
    return scene.stock & (scene.view.cap > 1e7) & (scene.view.cap < 3e9) & (scene.view.price > 0.5)


def draw(scene: Scene) -> Draft:
    """The offerings of this session; a stock that ran up over ten sessions is likelier to be sold."""
    draft, count = Draft(), scene.several(PER_60_SESSIONS)
    if not count:
        return draft
    weights = 1.0 + _RUN_UP_WEIGHT * np.clip(scene.view.run_up, 0.0, 1.0)
    weights[scene.in_sectors("healthcare")] *= _HEALTHCARE
    for row in scene.cast(eligible(scene), count, weights):
        _begin(scene, draft, row)
    return draft


def _begin(scene: Scene, draft: Draft, row: int) -> None:
    """After the close a proposed offering, priced overnight; or one priced overnight and announced before the open.

    Only the second knows its price beforehand: the facts of the first hold the discount to the last regular close.
    """
    rng, session = scene.rng, scene.session
    after_close = bool(rng.random() < _AFTER_CLOSE)
    slot = slots_of(session) - 1 if after_close else 0
    discount = float(rng.uniform(*_DISCOUNT))
    at = news_moment(scene.seed, session, row, slot)
    aftermath = float(rng.normal(0.0, _AFTERMATH)) * discount
    length = 26
    draft.steps += [
        steps_of(row, [slot], moves=np.log1p(-discount), volumes=1.3),
        steps_of(row, slot + 1 + np.arange(length), moves=aftermath / length,
                 volumes=1.2 * np.exp(-np.arange(length) / 12.0)),
    ]  # fmt: skip
    draft.busy.append((row, _SESSIONS))
    shares = float(np.round(scene.view.floating[row] * rng.uniform(*_SIZE), -4))
    priced = scene.grid.sessions[1].open - _PRICING if after_close else at
    facts: dict[str, object] = {"discount": round(discount, 4), "shares": max(int(shares), 10_000), "priced_at": priced}
    if not after_close:
        facts["offering_price"] = round(float(scene.view.price[row]) * (1.0 - discount), 2)
    draft.stories.append(
        Story(
            scene.name(Kind.OFFERING, len(draft.stories)), Kind.OFFERING, at, scene.grid.sessions[2].post_close,
            (scene.member(row, Role.SUBJECT, at, -discount),),
            phases=(Phase("announced", at, max(at, priced)), Phase("priced", priced, scene.grid.sessions[1].close)),
            facts=facts,
        )
    )  # fmt: skip


def draw_reverse_splits(scene: Scene, splits: Sequence[Split]) -> Draft:
    """A story for each reverse split announced at the close of the scene's session.

    The price falls before the next open, unless the security is in another story, which then has the price.
    """
    draft = Draft()
    for split in splits:
        drawn = float(np.exp(scene.rng.normal(np.log(_SPLIT_FALL), _SPLIT_SPREAD)))
        fall = min(drawn, 0.3) if scene.free[split.row] else 0.0
        following = int(scene.grid.starts[1])
        draft.steps.append(steps_of(split.row, [following], moves=np.log1p(-fall)))
        day = following + np.arange(slots_of(scene.grid.sessions[1]))
        draft.steps.append(steps_of(split.row, day, volumes=0.7))
        draft.stories.append(_split_story(scene, split, len(draft.stories), -fall))
    return draft


def _split_story(scene: Scene, split: Split, number: int, amplitude: float) -> Story:
    at = split.announced.close
    begins = news_moment(scene.seed, scene.grid.sessions[1], split.row, 0)
    return Story(
        scene.name(Kind.REVERSE_SPLIT, number), Kind.REVERSE_SPLIT, at, split.session.post_close,
        (scene.member(split.row, Role.SUBJECT, begins, amplitude),),
        phases=(Phase("announced", at, split.session.pre_open),
                Phase("executed", split.session.pre_open, split.session.post_close)),
        facts={"split_from": split.split_from, "split_to": split.split_to, "execution_date": split.session.date},
    )  # fmt: skip
