"""The price and volume process: one session after the other, every security at once.

Each session is drawn from its own generator, seeded by (seed, session date), and the state the session before left
behind. So the past never depends on the future: generating one more session changes nothing earlier, and two
processes with the same parameters hold the same history.

Moves are drawn per slot (pre-market, the regular half-hours, after-hours), never bridged down from daily returns: a
bridge with independent noise makes sector averages into straight lines and any forecast of them look right
(methods.md 10.5).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Session
from sentiment_site.simulator.market import parameters as process
from sentiment_site.simulator.market.factors import Factors, draw_factors
from sentiment_site.simulator.market.listing import Listing, build_listing
from sentiment_site.simulator.market.parameters import Floats, Parameters
from sentiment_site.simulator.market.splits import Split, draw_splits
from sentiment_site.simulator.stories.plan import Effects
from sentiment_site.simulator.stories.script import Script

Singles = NDArray[np.float32]

_STORY_VOLUME = 0.8  # of a story's strongest slot reaches the day's ln volume (methods.md Appendix A)


@dataclass(frozen=True, slots=True)
class Jumps:
    """The process's own jumps of a session, those no story explains: rows, slots and log sizes, (j,) each."""

    rows: NDArray[np.int64]
    slots: NDArray[np.int64]
    sizes: Singles


@dataclass(frozen=True, slots=True)
class Day:
    """One generated session. n = rows of the listing, S = 1 + regular half-hours + 1.

    start (n,): log price at 04:00, in the units of this session (splits of the day applied);
    moves (n, S) float32: log return of every slot; jump_pre, jump_post (n,): the part of the first and the last slot
    that came at once; scale (n,): daily sigma of the security's own part; volume (n,): shares the day would trade;
    units (n,): current shares per share of the first session (splits multiply it); effects: what stories added, which
    moves and volume contain; jumps: the unexplained ones, likewise contained.
    """

    index: int
    session: Session
    factors: Factors
    start: Floats
    moves: Singles
    jump_pre: Singles
    jump_post: Singles
    scale: Singles
    volume: Singles
    units: Floats
    effects: Effects
    jumps: Jumps

    @property
    def regular_slots(self) -> int:
        """13, or 7 on a half day."""
        return int(self.moves.shape[1]) - 2

    def log_close(self) -> Floats:
        """Log price (n,) at the regular close. The sum is a chain of additions, as the bars add the slots."""
        return np.asarray(self.start + np.cumsum(self.moves[:, :-1], axis=1, dtype=np.float64)[:, -1])


@dataclass(slots=True)
class _State:
    """What one session hands to the next."""

    log_price: Floats
    units: Floats
    volatility: Singles
    activity: Singles
    persistence: Singles
    regime: int
    pending: list[Split] = field(default_factory=list)


class Market:
    """The sessions generated so far. Thread safe; sessions are generated in order and kept."""

    def __init__(self, parameters: Parameters) -> None:
        last = calendar.last_session(_end_of(parameters))
        first = calendar.shift(last.date, -parameters.sessions)
        self.parameters = parameters
        self.listing: Listing = build_listing(parameters, first.date)
        self.first_session = first
        self.script = Script(parameters, self.listing)
        self.splits: list[Split] = []
        self.days: list[Day] = []
        self._index_of: dict[date, int] = {}
        self._state = self._initial_state()
        self._lock = threading.Lock()

    def generate_until(self, at: datetime) -> None:
        """Generate every session that has begun (04:00 New York) by this moment and is not there yet."""
        newest = self.days[-1].session if self.days else None
        if at < self.first_session.pre_open or (newest and at < newest.pre_open):
            return
        with self._lock:
            due = calendar.sessions_between(self.first_session.date, calendar.last_session(at).date)
            for session in due[len(self.days) :]:
                self._index_of[session.date] = len(self.days)
                self.days.append(self._generate(session, len(self.days)))

    def day_on(self, date: date) -> Day | None:
        """The generated session of a New York date, None if there is none."""
        index = self._index_of.get(date)
        return None if index is None else self.days[index]

    def tradable(self, index: int) -> NDArray[np.bool_]:
        """Rows (n,) that are listed in the session with this index."""
        return np.asarray((self.listing.first <= index) & (self.listing.last >= index))

    def _initial_state(self) -> _State:
        rng = np.random.default_rng([self.parameters.seed, 2])
        rows = len(self.listing.securities)
        return _State(
            log_price=np.log(self.listing.price),
            units=np.ones(rows),
            volatility=rng.normal(0, 0.35, rows).astype(np.float32),
            activity=rng.normal(0, process.ACTIVITY_SIGMA / np.sqrt(1 - process.ACTIVITY_MEMORY**2), rows).astype(
                np.float32
            ),
            persistence=np.full(rows, 0.08, np.float32),
            regime=int(rng.choice(3, p=(0.5, 0.3, 0.2))),
        )

    def _generate(self, session: Session, index: int) -> Day:
        state, listing = self._state, self.listing
        rng = np.random.default_rng([self.parameters.seed, 3, session.date.toordinal()])
        slots = process.HALF_DAY_SLOTS if session.half_day else process.REGULAR_SLOTS
        factors = draw_factors(rng, state.regime, slots, self.parameters.alpha_4h)
        splits = [split for split in state.pending if split.session.date == session.date]
        units = state.units.copy()
        start = state.log_price.copy()
        for split in splits:
            units[split.row] *= split.ratio
            start[split.row] -= np.log(split.ratio)
        self.script.begin_session(session, index, np.exp(start), units)
        effects = self.script.effects(session)
        effects.shake(factors)
        state.volatility = 0.9 * state.volatility + np.float32(0.153) * rng.standard_normal(len(start), np.float32)
        moves, jump_pre, jump_post, scale, jumps = self._moves(rng, factors, slots, session, index, effects)
        volume = self._volume(rng, moves, units, effects)
        day = Day(index, session, factors, start, moves, jump_pre, jump_post, scale, volume, units, effects, jumps)
        state.regime = factors.next_regime
        state.units = units
        state.log_price = np.maximum(day.log_close() + moves[:, -1].astype(np.float64), np.log(0.01))
        announced = draw_splits(
            rng, session, index=index, price=np.exp(state.log_price), listing=listing, pending=state.pending
        )
        self.splits += announced
        self.script.end_session(session, announced)
        state.pending = [split for split in state.pending if split not in splits] + announced
        return day

    def _moves(
        self,
        rng: np.random.Generator,
        factors: Factors,
        slots: int,
        session: Session,
        index: int,
        effects: Effects,
    ) -> tuple[Singles, Singles, Singles, Singles, Jumps]:
        listing, rows = self.listing, len(self.listing.securities)
        scale = (listing.volatility * process.IDIOSYNCRATIC_SHARE).astype(np.float32)
        scale *= np.exp(self._state.volatility - np.float32(0.06))
        # Student-t(4) at day level through the scale; per slot it would average out
        scale *= (1.0 / np.sqrt(2.0 * rng.chisquare(4.0, rows) / 4.0)).astype(np.float32)
        own = rng.standard_normal((rows, slots + 2), dtype=np.float32)
        own *= np.sqrt(process.slot_variance(slots)).astype(np.float32)
        scale[effects.calm_rows] *= effects.calm
        own *= scale[:, None]
        jumps = self._jump(rng, slots, session, index)
        own[jumps.rows, jumps.slots] += jumps.sizes
        own[effects.rows] += effects.moves
        jump_pre, jump_post = self._at_once(jumps, effects, slots, rows)
        child = np.flatnonzero(listing.parent >= 0)
        parent, leverage = listing.parent[child], listing.leverage[child].astype(np.float32)
        own[child] += leverage[:, None] * own[parent]
        jump_pre[child], jump_post[child] = leverage * jump_pre[parent], leverage * jump_post[parent]
        scale[child] = np.hypot(scale[child], leverage * scale[parent])
        common = (listing.loads @ factors.slots()).astype(np.float32)
        common[effects.calm_rows] *= effects.calm[:, None]
        own += common
        effects.carry_over_halts(own)
        return own, jump_pre, jump_post, scale, jumps

    def _jump(self, rng: np.random.Generator, slots: int, session: Session, index: int) -> Jumps:
        """The day's jumps, without those that stories stand in for."""
        listing = self.listing
        rate = process.JUMP_RATE * np.minimum(1.6, listing.volatility / 0.045)
        row = np.flatnonzero((rng.random(len(rate)) < rate) & listing.jumps & self.tradable(index))
        sign = np.where(rng.random(len(row)) < process.JUMP_UP, 1.0, -1.0)
        size = sign * np.exp(rng.normal(np.log(process.JUMP_MEDIAN), process.JUMP_SPREAD, len(row)))
        rise = process.JUMP_WILD_FROM * rng.random(len(row)) ** (-1.0 / process.JUMP_WILD_EXPONENT)
        wild = rng.random(len(row)) < process.JUMP_WILD
        size = np.where(wild, np.where(sign > 0, rise, -rise / (1.0 + rise)), size)
        size = np.log1p(np.clip(size, process.JUMP_FLOOR, process.JUMP_CAP)).astype(np.float32)
        in_gap = rng.random(len(row)) < process.JUMP_IN_GAP
        after_close = in_gap & (rng.random(len(row)) < process.GAP_JUMP_AFTER_CLOSE)
        slot = np.where(after_close, slots + 1, np.where(in_gap, 0, rng.integers(1, slots + 1, len(row))))
        kept = self.script.unexplained(session, row)
        return Jumps(row[kept], slot[kept], size[kept])

    def _at_once(self, jumps: Jumps, effects: Effects, slots: int, rows: int) -> tuple[Singles, Singles]:
        """The jumps of the first and of the last slot (n,), those of stories among them."""
        dense = np.zeros((rows, 2), np.float32)
        for column, slot in enumerate((0, slots + 1)):
            here = jumps.slots == slot
            dense[jumps.rows[here], column] = jumps.sizes[here]
            dense[effects.rows, column] += effects.moves[:, slot]
        return dense[:, 0].copy(), dense[:, 1].copy()

    def _volume(self, rng: np.random.Generator, moves: Singles, units: Floats, effects: Effects) -> Singles:
        """Shares of the day (n,): volume follows the day's move, its own past and the volatility state."""
        state, listing = self._state, self.listing
        reference = np.maximum(listing.volatility, 0.008).astype(np.float32)
        surprise = np.abs(moves.sum(axis=1)) / reference
        unusual = np.log1p((surprise / process.VOLUME_IMPACT_FROM) ** 2)
        impact = (process.VOLUME_IMPACT * unusual).astype(np.float32)
        impact[effects.rows] += _STORY_VOLUME * effects.volume.max(axis=1)
        fresh = np.float32(process.ACTIVITY_SIGMA) * rng.standard_normal(len(units), np.float32)
        state.activity = process.ACTIVITY_MEMORY * state.activity + fresh
        echo = process.VOLUME_ECHO * state.persistence
        log_relative = -0.30 + state.activity + impact + echo + 0.15 * state.volatility
        state.persistence = np.float32(process.VOLUME_ECHO_MEMORY) * (state.persistence + impact)
        return np.asarray(listing.volume * units * np.exp(log_relative), dtype=np.float32)


def _end_of(parameters: Parameters) -> datetime:
    """The end of the anchor date in New York: its own session, if it has one, is the last one counted."""
    return datetime.combine(parameters.anchor, datetime.min.time(), calendar.NEW_YORK) + timedelta(hours=23)
