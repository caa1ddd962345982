"""Themes: a story that begins with two leaders, draws in their sector within hours and other sectors within days."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sentiment_site.simulator.market.parameters import SECTOR_PROBABILITY, SECTORS, Floats
from sentiment_site.simulator.stories.grid import DAY
from sentiment_site.simulator.stories.plan import Draft, Flags, Scene, steps_of
from sentiment_site.simulator.stories.story import Kind, Member, Role, Story
from sentiment_site.simulator.stories.topics import THEMES, Theme

PER_60_SESSIONS = 8.0
MEMBERS = (4, 10)  # of each sector
LEADERS, LEADER_FACTOR = 2, 1.6
_AT_HOME = 0.85  # share of second and third sectors that are the topic's own
_INDUSTRY_WEIGHT = 4.0
_LAG, _LONGEST_LAG = 7.0, 45  # slots
_MEDIAN, _SPREAD = 0.22, 0.5
_RISE, _BACK_FROM, _BACK_UNTIL, _BACK = 3 * DAY, 4 * DAY, 10 * DAY, 0.55
_VOLUME = 1.1
_SESSIONS = 19  # until the last member is through


def eligible(scene: Scene) -> Flags:
    """Liquid small caps: 10 million to 2 billion dollars, 2-100 dollars a share, 100,000 shares a day."""
    view = scene.view
    return (
        (view.cap > 1e7) & (view.cap < 2e9) & (view.price > 2.0) & (view.price < 100.0) & (view.volume > 1e5)
    ) & scene.stock


def draw(scene: Scene) -> Draft:
    """The themes that begin in this session. A topic is not taken up again within twenty sessions."""
    draft, count = Draft(), scene.some(PER_60_SESSIONS)
    resting = set(scene.topics)
    for _ in range(count):
        pool = eligible(scene)
        # of the topics whose home has enough members: a small market has few sectors of size
        found = [topic for topic in THEMES if topic.key not in resting
                 and (pool & scene.free & scene.in_sectors(topic.sectors[0])).sum() >= 2 * LEADERS]  # fmt: skip
        if found:
            topic = found[int(scene.rng.integers(len(found)))]
            resting.add(topic.key)
            _begin(scene, draft, topic, pool)
    return draft


def _begin(scene: Scene, draft: Draft, topic: Theme, pool: Flags) -> None:
    rng = scene.rng
    weights = np.ones(len(pool))
    for candidate in np.flatnonzero(pool).tolist():
        if scene.industries[candidate] in topic.industries:
            weights[candidate] = _INDUSTRY_WEIGHT
    groups = [(name, _cast(scene, pool, weights, name)) for name in _sectors(rng, topic)]
    groups = [(name, rows) for name, rows in groups if rows]
    start, days, last = int(rng.integers(0, 9)), 0, 0
    members: list[Member] = []
    for number, (_, rows) in enumerate(groups):
        days += int(rng.integers(1, 3)) if number else 0
        for index, row in enumerate(rows):
            leads = number == 0 and index < LEADERS
            lag = 1 if leads else 2 + min(int(rng.exponential(_LAG)), _LONGEST_LAG)
            amplitude = float(np.exp(rng.normal(np.log(_MEDIAN), _SPREAD))) * (LEADER_FACTOR if leads else 1.0)
            first = start + days * DAY + lag
            last = max(last, first + _BACK_UNTIL)
            _plan(scene, draft, row, first, amplitude)
            role = Role.LEADER if leads else Role.FOLLOWER
            members.append(scene.member(row, role, scene.grid.begins(first), amplitude))
            draft.busy.append((row, _SESSIONS))
    draft.stories.append(
        Story(
            scene.name(Kind.THEME, len(draft.stories)), Kind.THEME, scene.grid.begins(start), scene.grid.begins(last),
            tuple(sorted(members, key=lambda member: (member.begins, member.row))),
            phases=(scene.phase("spread", start, start + days * DAY + _RISE),
                    scene.phase("fade", start + days * DAY + _RISE + 1, last - 1)),
            topic=topic.key,
            facts={"sectors": [name for name, _ in groups], "entered": _entered(members),
                   "documents": int(rng.integers(20, 61))},
        )
    )  # fmt: skip


def _sectors(rng: np.random.Generator, topic: Theme) -> list[str]:
    """Two or three sectors in the order the theme reaches them."""
    chosen, own = [topic.sectors[0]], list(topic.sectors[1:])
    for _ in range(int(rng.integers(1, 3))):
        if own and rng.random() < _AT_HOME:
            chosen.append(own.pop(0))
            continue
        others = [name for name in SECTORS if name not in chosen]
        share = np.array([SECTOR_PROBABILITY[SECTORS.index(name)] for name in others])
        chosen.append(others[int(rng.choice(len(others), p=share / share.sum()))])
        own = [name for name in own if name not in chosen]
    return chosen


def _cast(scene: Scene, pool: Flags, weights: Floats, sector: str) -> list[int]:
    """Four to ten members, at most half of a small sector, or the theme would be the sector."""
    there = pool & scene.in_sectors(sector)
    count = int(scene.rng.integers(MEMBERS[0], MEMBERS[1] + 1))
    return scene.cast(there, min(count, int((there & scene.free).sum()) // 2), weights)


def _plan(scene: Scene, draft: Draft, row: int, first: int, amplitude: float) -> None:
    """A noisy rise over three days that slows down, and a slow way back of 55 % on the days four to ten."""
    age = np.arange(_RISE)
    steps = np.exp(-age / 10.0) * np.exp(scene.rng.normal(0.0, 0.4, _RISE))
    total = np.log1p(amplitude)
    volumes = _VOLUME * np.exp(-age / 14.0)
    draft.steps.append(steps_of(row, first + age, moves=total * steps / steps.sum(), volumes=volumes))
    back = np.arange(_BACK_FROM, _BACK_UNTIL)
    draft.steps.append(steps_of(row, first + back, moves=-total * _BACK / len(back)))


def _entered(members: list[Member]) -> dict[str, dt.datetime]:
    """When the theme reached each sector."""
    return {
        sector: min(member.begins for member in members if member.sector == sector)
        for sector in {member.sector: None for member in members}
    }
