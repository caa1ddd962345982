"""Trading halts that stop whole half-hours: news pending (T1) around big jumps, information requested (T12) for days.

They follow from the generated moves and the stories alone, before any bar is made: bars inside a suspension do not
exist, and what the price did meanwhile shows at the first trade after it, as in the market. Short volatility pauses are
in pauses.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market import parameters as process
from sentiment_site.simulator.market.parameters import POST_BARS, PRE_BARS
from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.stories.story import Kind
from sentiment_site.simulator.tape.bars import Bars, place_of_jump

BAR_MINUTES = 30
_NEWS_STREAM, _REQUEST_STREAM = 70, 71
_NEWS_MOVE, _NEWS_SIGMAS, _NEWS_GAP = 0.15, 5.0, 0.25  # log moves that look like news
_NEWS_CHANCE = 0.5
_MOST_BEFORE, _MOST_AFTER = 10, 6  # minutes a news halt begins before, and ends after, the half-hour of the jump
_RISE_SESSIONS, _RISE = 5, np.log(2.2)  # what regulators ask questions about
_REQUEST_CHANCE = 0.03  # per session of such a rise
_SHORTEST, _LONGEST = 2, 9  # sessions

NO_BARS: tuple[int, ...] = ()


class Code(StrEnum):
    """Why trading stopped, in the exchanges' codes (upstreams.md 5.5)."""

    NEWS = "T1"
    VOLATILITY = "LUDP"
    REQUESTED = "T12"


@dataclass(frozen=True, slots=True)
class Stop:
    """A stretch of one session without trading in a row: [begin, end) in minutes since 04:00.

    last: of a halt over several sessions, the index of the session in which trading resumes at the open; else the
    session's own index. level: price at which a volatility pause was triggered, 0 for other halts.
    """

    row: int
    code: Code
    begin: int
    end: int
    last: int
    level: float = 0.0

    @property
    def silent_bars(self) -> range:
        """Half-hours that lie in it whole."""
        return range(-(-self.begin // BAR_MINUTES), self.end // BAR_MINUTES)


class Suspensions:
    """The suspensions of each session, found in order and kept. Thread safe."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._requests: list[dict[int, int]] = []  # per session: row to the index of the session it resumes in
        self._stops: dict[int, tuple[Stop, ...]] = {}
        self._lock = threading.Lock()

    def stops(self, day: Day) -> tuple[Stop, ...]:
        """Every suspension of a session. One of several sessions appears in each of them."""
        with self._lock:
            if day.index not in self._stops:
                found: list[Stop] = []
                for kind in (self._requested, self._told, self._news):
                    taken = {stop.row for stop in found}
                    found += [stop for stop in kind(day) if stop.row not in taken]
                self._stops[day.index] = tuple(found)
            return self._stops[day.index]

    def silent_bars(self, day: Day) -> Mapping[int, tuple[int, ...]]:
        """Half-hours (0 = 04:00) without any trading, by row."""
        found: dict[int, tuple[int, ...]] = {}
        for stop in self.stops(day):
            if stop.silent_bars:
                found[stop.row] = (*found.get(stop.row, NO_BARS), *stop.silent_bars)
        return found

    def _requested(self, day: Day) -> Iterator[Stop]:
        """T12: from before the open of the session after an extraordinary rise."""
        while len(self._requests) <= day.index:
            self._requests.append(self._requests_after(len(self._requests) - 1))
        opens = PRE_BARS * BAR_MINUTES
        closes = opens + (day.regular_slots + POST_BARS) * BAR_MINUTES
        seen: set[int] = set()
        for begun in range(max(0, day.index - _LONGEST), day.index + 1):
            for row, last in self._requests[begun].items():
                if last >= day.index and row not in seen:
                    seen.add(row)
                    yield Stop(row, Code.REQUESTED, 0, closes if last > day.index else opens, last)

    def _requests_after(self, index: int) -> dict[int, int]:
        """Rows halted from the session after `index` on, without those that are halted already."""
        if index < _RISE_SESSIONS:
            return {}
        market, day = self._market, self._market.days[index]
        before = market.days[index - _RISE_SESSIONS]
        rise = day.log_close() - before.log_close() + np.log(day.units / before.units)
        chance = noise.uniform(_addresses(market, day), _REQUEST_STREAM, 2)
        asked = (rise > _RISE) & (chance[:, 0] < _REQUEST_CHANCE) & market.listing.jumps & market.tradable(index + 1)
        halted = {row for earlier in self._requests[-_LONGEST:] for row, last in earlier.items() if last > index}
        found = {}
        for parent in np.flatnonzero(asked).tolist():
            length = _SHORTEST + int(chance[parent, 1] * (_LONGEST - _SHORTEST))
            for row in _family(market, parent):
                if row not in halted:
                    found[row] = index + length
        return found

    def _told(self, day: Day) -> Iterator[Stop]:
        """Half-hours that a story stops: the long pauses of a squeeze, else news."""
        rows, slots = np.nonzero(day.effects.halted)
        if not len(rows):
            return
        active = self._market.script.active(day.session.pre_open, day.session.post_close)
        squeezed = {member.row for story in active if story.kind is Kind.SQUEEZE for member in story.members}
        for parent, slot in zip(day.effects.rows[rows].tolist(), slots.tolist(), strict=True):
            begin = (PRE_BARS + slot - 1) * BAR_MINUTES
            code = Code.VOLATILITY if parent in squeezed else Code.NEWS
            for row in _family(self._market, parent):
                yield Stop(row, code, begin, begin + BAR_MINUTES, day.index)

    def _news(self, day: Day) -> Iterator[Stop]:
        """T1: trading stops minutes before the half-hour of a big jump and resumes at the price after it."""
        market, listing = self._market, self._market.listing
        company = listing.jumps & (listing.parent < 0) & market.tradable(day.index)
        chance = noise.uniform(_addresses(market, day), _NEWS_STREAM, 3)
        company &= chance[:, 0] < _NEWS_CHANCE
        seen: set[int] = set()
        for bar, rows in self._news_bars(day, company):
            for parent in rows.tolist():
                if parent in seen:
                    continue
                seen.add(parent)
                begin = bar * BAR_MINUTES - (int(chance[parent, 1] * _MOST_BEFORE) if bar else 0)
                end = (bar + 1) * BAR_MINUTES + int(chance[parent, 2] * _MOST_AFTER)
                for row in _family(market, parent):
                    yield Stop(row, Code.NEWS, begin, end, day.index)

    def _news_bars(self, day: Day, company: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Half-hours with the rows that jump in them, in order of time. None that hold an auction: not the last
        regular one, not the first after the close; nor the last of the day, which nothing follows."""
        address = _addresses(self._market, day)
        for place, bar, jump, most in (("pre", 0, day.jump_pre, PRE_BARS), ("post", PRE_BARS + day.regular_slots,
                                                                            day.jump_post, POST_BARS - 1)):  # fmt: skip
            if place == "post":
                yield from self._regular_news(day, company)
            rows = np.flatnonzero(company & (np.abs(jump) >= _NEWS_GAP))
            at = place_of_jump(address[rows], place == "pre")
            for within in range(0 if place == "pre" else 1, most):
                if (at == within).any():
                    yield bar + within, rows[at == within]

    def _regular_news(self, day: Day, company: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        root = np.sqrt(process.regular_variance(day.regular_slots)).astype(np.float32)
        moves = np.abs(day.moves[:, 1 : day.regular_slots])
        big = company[:, None] & (moves >= np.maximum(_NEWS_MOVE, _NEWS_SIGMAS * day.scale[:, None] * root[:-1]))
        for slot in np.flatnonzero(big.any(axis=0)).tolist():
            yield PRE_BARS + slot, np.flatnonzero(big[:, slot])


def silence(bars: Bars, rows: np.ndarray, silent: np.ndarray, regular_slots: int) -> None:
    """Take the trades out of half-hours (0 = 04:00), pairwise with `rows` of the bars. In place. Without trading in
    the last regular half-hour there is no closing auction, which prints in the bar after it."""
    bar = silent - bars.first
    inside = (bar >= 0) & (bar < bars.volume.shape[1])
    last = PRE_BARS + regular_slots - 1
    without = rows[silent == last]
    for shares in (bars.volume, bars.trades):
        shares[rows[inside], bar[inside]] = 0.0
    bars.cross[without] = 0.0


def _family(market: Market, parent: int) -> list[int]:
    """A company's stock and what follows it: an issuer's securities are halted together."""
    return [parent, *np.flatnonzero(market.listing.parent == parent).tolist()]


def _addresses(market: Market, day: Day) -> noise.Words:
    ordinal = np.array([day.session.date.toordinal()])
    return noise.addresses(market.parameters.seed, ordinal, np.arange(len(day.start)))
