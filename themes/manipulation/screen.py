"""The cheap look at every member of the universe: whom to read in full, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import Q

from themes.kernels.red_flags import FEWEST_POSTS, MARKET_FLAGS, RedFlagInputs, is_spike, score_flags
from themes.models import ManipulationReading, ThemeMembership
from themes.models.stories import Phase, Standing
from universe.models import UniverseRun
from universe.selectors import MemberTable, current_run, list_members

from .market import Ids, Quote, count_halts, load_quote, scale_cap, session_of
from .talk import count_mentions, score_bursts
from .words import Feeds, load_feeds

# Flags that something is happening; float, cap and a past of spikes are no event.
EVENTS = ("move", "volume", "accumulation", "fade", "halts", "anomaly")
CAUSES = ("spike", "flags", "theme", "talk", "followed")
MOST = 300
LOUD = 5.0  # deviations of posts
FOLLOWED_FROM = 0.30
FOLLOWED_FOR = dt.timedelta(days=14)  # ten sessions: what comes after a spike is the half of it


class NoUniverse(Exception):
    """There is nobody to look at; the text says why."""


@dataclass(frozen=True, slots=True)
class ThemeTie:
    """An ongoing theme of a stock: members without those that only move along; score: the stock's membership."""

    theme_id: str
    name: str
    members: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """Who is read in full: rows of the members' table with a cause each, and what the look found of all on its way."""

    run: UniverseRun
    members: MemberTable
    rows: npt.NDArray[np.intp]
    causes: tuple[str, ...]
    quote: Quote
    ties: Mapping[int, tuple[ThemeTie, ...]]
    feeds: Feeds
    mentions: Mapping[int, tuple[int, int]]

    @property
    def ids(self) -> Ids:
        """Instrument ids of those."""
        return self.members.instrument_ids[self.rows]


def screen(at: dt.datetime, known_at: dt.datetime) -> Screened:
    """Look at all members as of the bar that ends at `at` with what was recorded by `known_at`. NoUniverse.

    Read in full are: a spike; a flag of the market that tells of an event; a member of an ongoing theme; a burst of
    posts; and for ten sessions whoever was ELEVATED. At most 300, spikes and the most suspicious first.
    """
    run = current_run(known_at)
    if run is None:
        raise NoUniverse("no universe has been published yet")
    members = list_members(run)
    if not len(members):
        raise NoUniverse(f"the universe of {run.session} has no members")
    ids = members.instrument_ids
    quote = load_quote(ids, at, known_at)
    everyone = np.arange(len(members))
    inputs = RedFlagInputs.known(
        len(members),
        change=quote.change, largest_move=quote.largest_move, rvol=quote.rvol, fade=quote.fade, anomaly=quote.anomaly,
        float_shares=members.free_float, cap=scale_cap(members, everyone, quote),
        prior_rvol_5=quote.before("prior_rvol_5"), prior_change_5=quote.before("prior_change_5"),
        volatility_halts=count_halts(ids, at, known_at),
    )  # fmt: skip
    flags = score_flags(inputs, MARKET_FLAGS)
    place = [flag.key in EVENTS for flag in flags.flags]
    eventful = (flags.steps[:, place] > 0).any(axis=1)
    spiking = is_spike(quote.change, quote.rvol)
    ties = load_ties(at, known_at)
    feeds, mentions = load_feeds(at, known_at), count_mentions(at, known_at)
    bursts = score_bursts(mentions, feeds.posts, at)
    loud = {one for one, z in bursts.items() if z >= LOUD and mentions[one][0] >= FEWEST_POSTS}
    followed = _followed(at, known_at)
    causes = {
        "spike": spiking,
        "flags": eventful,
        "theme": _among(ids, ties),
        "talk": _among(ids, loud),
        "followed": _among(ids, followed),
    }
    first = np.select([causes[name] for name in CAUSES], range(len(CAUSES)), len(CAUSES))
    chosen = np.flatnonzero(first < len(CAUSES))
    order = np.lexsort((-flags.score[chosen], first[chosen] != 0))
    rows = np.sort(chosen[order[:MOST]])
    named = tuple(CAUSES[one] for one in first[rows].tolist())
    return Screened(run, members, rows, named, quote, ties, feeds, mentions)


def load_ties(at: dt.datetime, known_at: dt.datetime) -> dict[int, tuple[ThemeTie, ...]]:
    """The ongoing themes of stocks, by instrument. One statement."""
    rows = ThemeMembership.objects.filter(
        Q(until__isnull=True) | Q(until__gt=at),
        since__lte=at, recorded_at__lte=known_at, is_sympathy=False, theme__standing=Standing.ACTIVE,
    ).exclude(theme__phase=Phase.DORMANT)  # fmt: skip
    told = list(rows.values_list("instrument_id", "theme_id", "theme__title", "theme__theme_name", "score"))
    size: dict[object, int] = {}
    for _, theme_id, *_ in told:
        size[theme_id] = size.get(theme_id, 0) + 1
    found: dict[int, list[ThemeTie]] = {}
    for one, theme_id, title, name, score in told:
        found.setdefault(one, []).append(ThemeTie(str(theme_id), title or name, size[theme_id], score))
    return {one: tuple(sorted(some, key=lambda tie: -tie.members)) for one, some in found.items()}


def _followed(at: dt.datetime, known_at: dt.datetime) -> set[int]:
    rows = ManipulationReading.objects.filter(
        as_of__gte=session_of(at).pre_open - FOLLOWED_FOR, as_of__lt=at, recorded_at__lte=known_at,
        risk__gte=FOLLOWED_FROM,
    )  # fmt: skip
    return set(rows.values_list("instrument_id", flat=True).distinct())


def _among(ids: Ids, some: Collection[int]) -> npt.NDArray[np.bool_]:
    return np.isin(ids, np.array(sorted(some), dtype=np.int64))
