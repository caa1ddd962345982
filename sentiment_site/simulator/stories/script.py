"""The script: which stories begin in a session, and what they do to prices and volume from then on.

Stories are drawn at a session's start out of the state at that moment and a generator of that session alone, and are
planned to their end when they begin. So the script of a day depends on the past only.

Rates are for 8,000 names and 60 sessions, times Parameters.stories. Themes, pumps, squeezes, catalysts and storms go
with the square root of the listing's size, so that a small market has some; offerings with the size itself. Earnings,
macro days and reverse splits follow their own calendars: they are there unless `stories` is 0, and no more often above
1. A topic rests twenty sessions before a new theme takes it up, so themes stop growing at about forty per 60 sessions.
"""

from __future__ import annotations

import datetime as dt
import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Session
from sentiment_site.simulator.market.listing import Listing
from sentiment_site.simulator.market.parameters import Floats, Parameters
from sentiment_site.simulator.market.splits import Split
from sentiment_site.simulator.stories import (
    catalysts,
    earnings,
    macro,
    offerings,
    pumps,
    squeezes,
    storms,
    themes,
)
from sentiment_site.simulator.stories.grid import Grid, slots_of
from sentiment_site.simulator.stories.plan import Draft, Effects, Flags, Ints, Scene, Shock, Steps, View
from sentiment_site.simulator.stories.story import Kind, Story

STREAM, _UNEXPLAINED_STREAM, _SPLIT_STREAM = 10, 11, 13
_AHEAD = 24  # sessions a story may last
_RUN_UP_SESSIONS = 10
_TOPIC_RESTS = dt.timedelta(days=28)
_TYPICAL_FLOAT_SHARE = 0.7  # where the vendors do not know it
# earnings and offerings bring jumps of their own; so many of the process's remain, and the tails stay as calibrated
UNEXPLAINED_SHARE = 0.75

_DRAW: tuple[Callable[[Scene], Draft], ...] = (
    themes.draw, pumps.draw, squeezes.draw, catalysts.draw, offerings.draw, storms.draw, macro.draw,
)  # fmt: skip

_Due = tuple[Ints, Ints, Floats, Floats, Flags]


class Script:
    """The stories of one market. The market calls it for one session after the other; everybody may read."""

    def __init__(self, parameters: Parameters, listing: Listing) -> None:
        self._begun: list[Story] = []
        self._told: list[Story] = []
        self._pending: list[Callable[[], list[Story]]] = []
        self._lock = threading.Lock()
        self._parameters, self._listing = parameters, listing
        securities = listing.securities
        self._shares = np.array([security.shares for security in securities])
        self._floating = np.array(
            [security.free_float or security.shares * _TYPICAL_FLOAT_SHARE for security in securities]
        )
        self._short = np.array([security.short_fraction or 0.0 for security in securities])
        self._industries = [security.industry.industry if security.industry else "" for security in securities]
        self._stock: Flags = listing.jumps & (listing.parent < 0)
        self._seasons = earnings.Seasons(parameters.seed, self._stock)
        self._busy_until = np.full(len(securities), -1, dtype=np.int64)
        self._calm = np.ones(len(securities), dtype=np.float32)
        self._calm_from: dict[dt.date, list[tuple[int, float]]] = {}
        self._due: dict[dt.date, list[_Due]] = {}
        self._shocks: tuple[Shock, ...] = ()
        self._topics: dict[str, dt.date] = {}
        self._levels: list[Floats] = []
        self._ahead: list[Session] = []
        self._scene: Scene | None = None

    @property
    def stories(self) -> list[Story]:
        """Those begun so far and in the newest session's later hours, in the order of their beginnings. Read only."""
        with self._lock:
            fresh = self._begun + [story for tell in self._pending for story in tell()]
            if fresh:
                self._told = sorted(self._told + fresh, key=lambda story: (story.begins, story.id))
                self._begun, self._pending = [], []
            return self._told

    def begin_session(self, session: Session, index: int, price: Floats, units: Floats) -> None:
        """Draws what begins in this session. (n,) at 04:00: price in dollars, units as in process.Day."""
        self._shocks = ()
        if not self._parameters.stories:
            return
        for row, factor in self._calm_from.pop(session.date, ()):
            self._calm[row] = factor
        self._levels = [*self._levels[-_RUN_UP_SESSIONS:], price * units]
        rng = np.random.default_rng([self._parameters.seed, STREAM, session.date.toordinal()])
        scene = self._scene = self._set(rng, session, index, price, units)
        drafts = [draw(scene) for draw in _DRAW]
        rows = self._seasons.reporting(session.date, calendar.shift(session.date, -1).date)
        listed = (self._listing.first <= index) & (self._listing.last >= index)
        drafts.append(earnings.draw(scene, rows[listed[rows]], self._seasons.before_open))
        self._take(scene, index, drafts)
        self._shocks = tuple(shock for draft in drafts for shock in draft.shocks)

    def effects(self, session: Session) -> Effects:
        """What the stories do in a session, after `begin_session` of it."""
        due = self._due.pop(session.date, [])
        slots = slots_of(session)
        row, slot, move, volume, halted = (
            (np.concatenate(parts) for parts in zip(*due, strict=True)) if due else _nothing()
        )
        rows, at = np.unique(row, return_inverse=True)
        moves, volumes = np.zeros((len(rows), slots)), np.zeros((len(rows), slots))
        np.add.at(moves, (at, slot), move)
        np.add.at(volumes, (at, slot), volume)
        halts = np.zeros((len(rows), slots), dtype=np.bool_)
        halts[at[halted], slot[halted]] = True
        calm = np.flatnonzero(self._calm != 1.0)
        return Effects(
            rows, moves.astype(np.float32), volumes.astype(np.float32), halts, calm, self._calm[calm], self._shocks
        )

    def unexplained(self, session: Session, rows: Ints) -> Flags:
        """Which of the process's jumps (row by row) happen: with stories some are replaced by theirs."""
        if not self._parameters.stories:
            return np.ones(len(rows), dtype=np.bool_)
        rng = np.random.default_rng([self._parameters.seed, _UNEXPLAINED_STREAM, session.date.toordinal()])
        return np.asarray((rng.random(len(rows)) < UNEXPLAINED_SHARE) & (self._calm[rows] == 1.0))

    def end_session(self, session: Session, splits: Sequence[Split]) -> None:
        """Takes note of the splits announced at this session's close: a reverse split is a story."""
        reverse = [split for split in splits if split.split_from > split.split_to]
        if not reverse or self._scene is None:
            return
        rng = np.random.default_rng([self._parameters.seed, _SPLIT_STREAM, session.date.toordinal()])
        self._take(self._scene, 0, [offerings.draw_reverse_splits(self._scene.drawn_by(rng), reverse)])

    def active(self, begin: dt.datetime, end: dt.datetime) -> list[Story]:
        """Stories with begins < end that are not over at `begin`, in the order of their beginnings."""
        stories = self.stories
        count = bisect_left(stories, end, key=lambda story: story.begins)
        return [story for story in stories[:count] if story.ends > begin]

    def reporting(self, session: Session) -> list[int]:
        """Rows that report earnings in a session, past or to come; not all of them are listed by then."""
        return [int(row) for row in self._seasons.reporting(session.date, calendar.shift(session.date, -1).date)]

    def _set(self, rng: np.random.Generator, session: Session, index: int, price: Floats, units: Floats) -> Scene:
        listing, parameters = self._listing, self._parameters
        lives = (listing.first <= index) & (listing.last > index + _AHEAD) & self._stock
        size = len(price) / 8000.0
        return Scene(
            rng=rng,
            seed=parameters.seed,
            session=session,
            grid=Grid(self._sessions_from(session)),
            listing=listing,
            industries=self._industries,
            view=View(price, self._shares * units * price, self._floating * units, listing.volume * units, self._short,
                      self._levels[-1] / self._levels[0] - 1.0),
            free=lives & (self._busy_until < index),
            stock=lives,
            few=parameters.stories * float(np.sqrt(size)),
            many=parameters.stories * size,
            topics=frozenset(key for key, began in self._topics.items() if session.date - began < _TOPIC_RESTS),
        )  # fmt: skip

    def _sessions_from(self, session: Session) -> list[Session]:
        """This session and those a story may reach into."""
        if not self._ahead or self._ahead[0] != session:
            self._ahead = [calendar.shift(session.date, ahead) for ahead in range(_AHEAD - 1)]
        coming = [*self._ahead, calendar.shift(session.date, _AHEAD - 1)]
        self._ahead = coming[1:]
        return coming

    def _take(self, scene: Scene, index: int, drafts: Sequence[Draft]) -> None:
        """Keeps what was drafted: stories, steps by session, and who is busy until when."""
        begun = [story for draft in drafts for story in draft.stories]
        with self._lock:
            self._begun += begun
            self._pending += [tell for draft in drafts for tell in draft.pending]
        for story in begun:
            if story.kind is Kind.THEME:
                self._topics[story.topic] = scene.session.date
        for draft in drafts:
            for row, sessions in draft.busy:
                self._busy_until[row] = index + sessions
            for row, since, factor in draft.calm:
                self._calm_from.setdefault(since, []).append((row, factor))
        self._plan(scene.grid, [steps for draft in drafts for steps in draft.steps])

    def _plan(self, grid: Grid, steps: Sequence[Steps]) -> None:
        if not steps:
            return
        position = np.concatenate([step.position for step in steps])
        number, slot = grid.split(position)
        row, move, volume, halted = (
            np.concatenate([getattr(step, name) for step in steps]) for name in ("row", "move", "volume", "halted")
        )
        for session_number in np.unique(number):
            here = number == session_number
            self._due.setdefault(grid.sessions[session_number].date, []).append(
                (row[here], slot[here], move[here], volume[here], halted[here])
            )


def _nothing() -> _Due:
    whole = np.zeros(0, dtype=np.int64)
    return whole, whole, np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.bool_)
