"""What a kind of story hands to the script: the story as it will be known, and its steps through the slots."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sentiment_site.market.calendar import Session
from sentiment_site.simulator.market.factors import Factors
from sentiment_site.simulator.market.listing import Listing
from sentiment_site.simulator.market.parameters import SECTORS, Floats
from sentiment_site.simulator.stories.grid import Grid
from sentiment_site.simulator.stories.story import Kind, Member, Phase, Role, Story

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Steps:
    """Planned effects, one element each: row of the listing, position in the grid (grid.py), log move, log relative
    volume, and whether trading is halted in that slot."""

    row: Ints
    position: Ints
    move: Floats
    volume: Floats
    halted: Flags


@dataclass(frozen=True, slots=True)
class Shock:
    """A log move of the whole market in a slot (0 pre-market, last after-hours) and, outside regular hours, a bar."""

    slot: int
    bar: int
    size: float


@dataclass(slots=True)
class Draft:
    """Everything one kind of story adds in a session.

    pending: makes more stories when somebody asks; busy: (row, sessions in which it takes part in nothing else);
    calm: (row, date from which all its moves are multiplied by the factor, factor); shocks: of the whole market.
    """

    stories: list[Story] = field(default_factory=list)
    pending: list[Callable[[], list[Story]]] = field(default_factory=list)
    steps: list[Steps] = field(default_factory=list)
    busy: list[tuple[int, int]] = field(default_factory=list)
    calm: list[tuple[int, dt.date, float]] = field(default_factory=list)
    shocks: list[Shock] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Effects:
    """What a session's stories add to the market. k securities, S slots.

    rows (k,) ascending; moves (k, S): log; volume (k, S): log relative volume; halted (k, S): no trade in that slot,
    the price goes on where it resumes; calm_rows, calm (q,): what the moves of a pinned security are multiplied by.
    """

    rows: Ints
    moves: Singles
    volume: Singles
    halted: Flags
    calm_rows: Ints
    calm: Singles
    shocks: tuple[Shock, ...]

    def shake(self, factors: Factors) -> None:
        """Adds the shocks to the market's factor, in place."""
        last = factors.regular.shape[1] + 1
        for shock in self.shocks:
            if shock.slot == 0:
                factors.pre[0, shock.bar] += shock.size
            elif shock.slot == last:
                factors.post[0, shock.bar] += shock.size
            else:
                factors.regular[0, shock.slot - 1] += shock.size

    def carry_over_halts(self, moves: Singles) -> None:
        """Puts what would have happened in a halted slot into the slot after it, in place. moves (n, S)."""
        for index, slot in np.argwhere(self.halted):
            row = self.rows[index]
            moves[row, slot + 1] += moves[row, slot]
            moves[row, slot] = 0.0


@dataclass(frozen=True, slots=True)
class View:
    """The market at a session's start, (n,) each: dollars, dollars, shares in today's units, average shares a day,
    short interest over float (0 where there is none), return over the last ten sessions."""

    price: Floats
    cap: Floats
    floating: Floats
    volume: Floats
    short: Floats
    run_up: Floats


@dataclass(frozen=True, slots=True)
class Scene:
    """What a kind of story is drawn from: the state at the session's start and this session's generator.

    free (n,): company stock that is listed for long enough and in no story; `cast` takes rows out of it.
    few, many: rate multipliers, see script.py; topics: themes that are taken.
    """

    rng: np.random.Generator
    seed: int
    session: Session
    grid: Grid
    listing: Listing
    industries: Sequence[str]
    view: View
    free: Flags
    stock: Flags
    few: float
    many: float
    topics: frozenset[str]

    def drawn_by(self, rng: np.random.Generator) -> Scene:
        """The same scene with another generator."""
        return replace(self, rng=rng)

    def some(self, per_60_sessions: float) -> int:
        """How many begin today, of a kind whose number grows with the square root of the listing."""
        return int(self.rng.poisson(per_60_sessions / 60.0 * self.few))

    def several(self, per_60_sessions: float) -> int:
        """How many begin today, of a kind whose number grows with the listing."""
        return int(self.rng.poisson(per_60_sessions / 60.0 * self.many))

    def cast(self, wanted: Flags, count: int, weights: Floats | None = None) -> list[int]:
        """Up to `count` free rows of those wanted, drawn with the weights (n,); they are free no longer."""
        pool = np.flatnonzero(wanted & self.free)
        if weights is not None:
            pool = pool[weights[pool] > 0]
        count = min(count, len(pool))
        if not count:
            return []
        share = None if weights is None else weights[pool] / weights[pool].sum()
        rows = self.rng.choice(pool, count, replace=False, p=share)
        self.free[rows] = False
        return [int(row) for row in rows]

    def in_sectors(self, *names: str) -> Flags:
        """Rows (n,) of these sectors."""
        wanted = np.zeros(len(SECTORS) + 1, dtype=np.bool_)
        wanted[[SECTORS.index(name) for name in names]] = True
        return np.asarray(wanted[self.listing.sector])  # funds have the sector -1, the last

    def member(self, row: int, role: Role, begins: dt.datetime, amplitude: float) -> Member:
        """The security in a story."""
        security = self.listing.securities[row]
        return Member(row, security.symbol, SECTORS[self.listing.sector[row]], role, begins, float(amplitude))

    def name(self, kind: Kind, number: int) -> str:
        """The id of the day's story of a kind with this number."""
        return f"{kind}-{self.session.date}-{number}"

    def phase(self, name: str, first: int, last: int) -> Phase:
        """A phase over the positions first..last."""
        return Phase(name, self.grid.begins(first), self.grid.ends(last))


def steps_of(
    rows: Ints | Sequence[int] | int,
    positions: Ints | Sequence[int],
    *,
    moves: Floats | float = 0.0,
    volumes: Floats | float = 0.0,
    halted: Flags | bool = False,
) -> Steps:
    """Steps at these positions; everything else is broadcast against them."""
    position = np.asarray(positions, dtype=np.int64)
    row, flag = np.empty(len(position), dtype=np.int64), np.empty(len(position), dtype=np.bool_)
    move, volume = np.empty(len(position)), np.empty(len(position))
    row[:], move[:], volume[:], flag[:] = rows, moves, volumes, halted
    return Steps(row, position, move, volume, flag)
