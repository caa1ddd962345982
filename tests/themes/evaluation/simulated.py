"""One simulated market seen bar by bar as the product would see it, and the truth about its events.

The simulator's arrays are read directly, without the wire. Scores at a bar use what was printed and published by its
end; the truth is read for scoring only.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.profile import volume_profile
from sentiment_site.simulator.market.parameters import PRE_BARS, REGULAR_SLOTS, Parameters
from sentiment_site.simulator.market.process import Day
from sentiment_site.simulator.stories.story import Kind, Role, Story
from sentiment_site.simulator.tape.suspensions import Code
from sentiment_site.simulator.world import World, build_world
from tests.themes.evaluation.talk import Talk
from themes.kernels.behaviour import BehaviourInputs, History, compute_history, score_behaviour
from themes.kernels.manipulation import Mitigators, score_manipulation
from themes.kernels.phases import filter_phases, observe_bars
from themes.kernels.red_flags import MARKET_FLAGS, RedFlagInputs, anomaly_against, score_flags

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ANCHOR = dt.date(2026, 8, 21)
BURN, SCORED = 30, 60  # sessions
BARS = REGULAR_SLOTS
_HALF_HOUR = dt.timedelta(minutes=30)
_MOST_AFTER = 5  # sessions of an honest event in which an alarm is blamed on it
_KINDS = (Kind.PUMP, Kind.SQUEEZE, Kind.CATALYST, Kind.THEME, Kind.EARNINGS)
_LARGE = 0.15  # earnings and theme moves from here on look like something


@dataclass(frozen=True, slots=True)
class Event:
    """kind; row; first to last bar (included) of the scored bars in which an alarm is about it; for pumps `run` and
    `peak`: first bar of the run and last bar before the dump, `accumulated`: first bar of the accumulation."""

    kind: str
    row: int
    first: int
    last: int
    run: int = -1
    peak: int = -1


@dataclass(frozen=True, slots=True)
class Seen:
    """scores (n, T) by detector at each scored bar, NaN not watched; watched (n, T); events; close, volume (n, D, 13)
    of all sessions, adjusted; scored: index of the first scored session; ends: of the T bars."""

    scores: dict[str, npt.NDArray[np.float32]]
    watched: BoolArray
    events: list[Event]
    close: FloatArray
    volume: FloatArray
    scored: int
    stories: list[Story]
    ends: list[dt.datetime]


class _Tape:
    """Regular half-hour bars of all sessions as arrays. A half day has its seven bars, the rest is NaN."""

    def __init__(self, world: World, days: list[Day]) -> None:
        n = len(world.tape.listing.securities)
        shape = (n, len(days), BARS)
        self.days = days
        self.close, self.high, self.volume = (np.full(shape, np.nan) for _ in range(3))
        self.units = np.column_stack([day.units for day in days])
        self.halts = np.zeros(shape)
        securities = world.tape.listing.securities
        self.floating = np.array([security.free_float or np.nan for security in securities])
        self.shares = np.array([security.shares if security.has_market_cap else np.nan for security in securities])
        for place, day in enumerate(days):
            bars, slots = world.tape.session_bars(day), day.regular_slots
            part = slice(PRE_BARS, PRE_BARS + slots)
            traded = bars.volume[:, part] > 0
            self.close[:, place, :slots] = np.where(traded, bars.close[:, part], np.nan)
            self.high[:, place, :slots] = np.where(traded, bars.high[:, part], np.nan)
            self.volume[:, place, :slots] = bars.volume[:, part]
            for stop in world.tape.interruptions(day).stops:
                if stop.code is Code.VOLATILITY:
                    self.halts[stop.row, place, min(max(stop.begin // 30 - PRE_BARS, 0), BARS - 1)] += 1
        self.close *= self.units[:, :, None]
        self.high *= self.units[:, :, None]
        self.volume /= self.units[:, :, None]


def observe(seed: int, texts: str, *, names: int = 2000, stories: float = 5.0) -> Seen:
    """Score every half-hour bar of a market's last 60 sessions. About ten seconds."""
    world = build_world(
        Parameters(ANCHOR, seed=seed, names=names, sessions=BURN + SCORED, stories=stories, texts=texts)
    )
    market = world.tape.market
    end = dt.datetime.combine(ANCHOR, dt.time(23, 59), dt.UTC)
    market.generate_until(end)
    days = [day for day in market.days if day.session.close <= end]
    tape = _Tape(world, days)
    first = len(days) - SCORED
    daily = _last_known(tape.close)
    history = compute_history(daily, np.nansum(tape.volume, axis=2))
    talk = Talk(world, days[first].session.pre_open - dt.timedelta(days=25), end)
    full = [place for place in range(first) if not days[place].session.half_day]
    profile = volume_profile(np.nan_to_num(tape.volume[:, full[-20:]]))
    listing = world.tape.listing
    stock = listing.jumps & (listing.parent < 0)
    ends: list[dt.datetime] = []
    columns: dict[str, list[FloatArray]] = {"all evidence": [], "market only": [], "size only": [], "volume only": []}
    watched = []
    for place in range(first, len(days)):
        day = days[place]
        for bar in range(day.regular_slots):
            ends.append(day.session.open + (bar + 1) * _HALF_HOUR)
            scores = _score(world, tape, place, bar, daily=daily, history=history, talk=talk, profile=profile,
                            at=ends[-1])  # fmt: skip
            alive = stock & market.tradable(day.index) & ~np.isnan(scores["size only"])
            watched.append(alive)
            for name, column in columns.items():
                column.append(np.where(alive, scores[name], np.nan).astype(np.float32))
    scores_by = {name: np.column_stack(column) for name, column in columns.items()}
    stamps = np.array([end.timestamp() for end in ends])
    events = [event for story in market.script.stories for event in _events(story, stamps)]
    return Seen(scores_by, np.column_stack(watched), events, tape.close, tape.volume, first,
                list(market.script.stories), ends)  # fmt: skip


def _score(
    world: World,
    tape: _Tape,
    place: int,
    bar: int,
    *,
    daily: FloatArray,
    history: History,
    talk: Talk,
    profile: FloatArray,
    at: dt.datetime,
) -> dict[str, FloatArray]:
    price = _latest(tape.close[:, place, : bar + 1])
    rvol = np.nansum(tape.volume[:, place, : bar + 1], axis=1) / (history.typical_volume[:, place] * profile[bar])
    moves = np.column_stack([100 * (price / daily[:, place - back] - 1) for back in (1, 2, 3)])
    with np.errstate(all="ignore"):
        fade = 100 * (np.fmax.reduce(tape.high[:, place, : bar + 1], axis=1) / price - 1)
    units = tape.units[:, place]
    floating, shares = tape.floating * units, tape.shares * units
    raw = price / units
    market_inputs = {
        "largest_move": np.where(np.isnan(moves).all(axis=1), np.nan, np.fmax.reduce(moves, axis=1)),
        "change": moves[:, 0], "rvol": rvol, "float_shares": floating, "cap": raw * shares,
        "prior_rvol_5": history.prior_rvol_5[:, place], "prior_change_5": history.prior_change_5[:, place],
        "fade": fade, "spikes_250": history.spikes_250[:, place],
        "volatility_halts": tape.halts[:, place, : bar + 1].sum(axis=1), "anomaly": _anomaly(tape, place, bar),
    }  # fmt: skip
    behaviour = score_behaviour(
        BehaviourInputs(
            change=moves[:, 0], volatility=history.volatility[:, place],
            prior_change_5=history.prior_change_5[:, place], prior_change_20=history.prior_change_20[:, place],
            prior_rvol_5=history.prior_rvol_5[:, place], price=raw, cap=raw * shares, rvol=rvol, fade=fade,
            close_location=np.full(len(raw), np.nan), spikes_250=history.spikes_250[:, place],
            in_theme=np.full(len(raw), np.nan),
        )
    )  # fmt: skip
    unknown = np.full(len(raw), np.nan)
    blind = Mitigators(unknown, unknown, raw * shares)
    told = Mitigators(talk.hard_catalyst(at), unknown, raw * shares)
    size = len(raw)
    written = {**market_inputs, **talk.at(at), **_splits(world, at)}
    return {
        "all evidence": score_manipulation(score_flags(RedFlagInputs.known(size, **written)), behaviour, told).raw,
        "market only": score_manipulation(
            score_flags(RedFlagInputs.known(size, **market_inputs), MARKET_FLAGS), behaviour, blind
        ).raw,
        "size only": market_inputs["largest_move"],
        "volume only": rvol,
    }


def _splits(world: World, at: dt.datetime) -> dict[str, FloatArray]:
    size = len(world.tape.listing.securities)
    days, count = np.full(size, np.inf), np.zeros(size)
    for split in world.tape.executed_splits(at):
        if split.ratio < 1:
            days[split.row] = min(days[split.row], (at - split.session.open).total_seconds() / 86_400)
            count[split.row] += 1
    return {"days_since_reverse_split": days, "reverse_splits_24m": count}


def _anomaly(tape: _Tape, place: int, bar: int) -> FloatArray:
    """Hourly bars ending at this one, against the twelve hours before."""
    close = np.concatenate([tape.close[:, place - 3 : place].reshape(len(tape.close), -1),
                            tape.close[:, place, : bar + 1]], axis=1)  # fmt: skip
    volume = np.concatenate([tape.volume[:, place - 3 : place].reshape(len(tape.close), -1),
                             tape.volume[:, place, : bar + 1]], axis=1)  # fmt: skip
    before = slice(-26, -2)
    known = np.maximum((~np.isnan(close[:, before])).sum(axis=1), 1)
    usual = np.nansum(close[:, before], axis=1) / known
    usual_price = np.where(usual > 0, usual, np.nan)
    usual_volume = 2 * np.nanmean(volume[:, before], axis=1)
    return anomaly_against(_latest(close[:, -2:]), np.nansum(volume[:, -2:], axis=1), usual_price, usual_volume)


def _latest(values: FloatArray) -> FloatArray:
    """Last known value of each row, NaN for none."""
    known = ~np.isnan(values)
    place = values.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.where(known.any(axis=1), values[np.arange(len(values)), place], np.nan)


def _last_known(close: FloatArray) -> FloatArray:
    return np.column_stack([_latest(close[:, place]) for place in range(close.shape[1])])


def _bar_at(ends: FloatArray, moment: dt.datetime) -> int:
    """The first scored bar that ends after a moment; ends: epoch seconds."""
    return int(np.searchsorted(ends, moment.timestamp(), side="right"))


def _events(story: Story, ends: FloatArray) -> list[Event]:
    """A story's events. One that lies in the scored bars in part is "cut": alarms on it count for nothing."""
    first, last = _bar_at(ends, story.begins), _bar_at(ends, story.ends) - 1
    if last < first or story.kind not in _KINDS:
        return []
    if story.begins.timestamp() < ends[0] - 1800 or last >= len(ends) - 1:
        return [Event("cut", member.row, first, last) for member in story.members]
    limit = min(last, first + _MOST_AFTER * BARS)
    if story.kind is Kind.PUMP:
        phases = {phase.name: phase for phase in story.phases}
        return [Event("pump", story.members[0].row, first, last, _bar_at(ends, phases["run"].begins),
                      _bar_at(ends, phases["run"].ends) - 1)]  # fmt: skip
    if story.kind is Kind.THEME:
        return [Event("theme", member.row, _bar_at(ends, member.begins), last) for member in story.members
                if member.role is Role.LEADER and member.amplitude >= _LARGE]  # fmt: skip
    large = story.kind is Kind.EARNINGS and story.members[0].amplitude >= _LARGE
    if large or story.kind in {Kind.SQUEEZE, Kind.CATALYST}:
        return [Event(str(story.kind), story.members[0].row, first, last if story.kind is Kind.SQUEEZE else limit)]
    return []


def phase_beliefs(seen: Seen, rows: npt.NDArray[np.int64]) -> FloatArray:
    """Filtered phases (k, T, 6) of some stocks over the scored full-day bars."""
    beliefs = filter_phases(observe_bars(seen.close[rows], seen.volume[rows]))
    return beliefs.reshape(len(rows), seen.close.shape[1], BARS, -1)[:, seen.scored :]
