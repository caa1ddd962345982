"""What is written about the day's moves: an honest reason for most jumps, and talk that follows the tape.

A move is news once the bar in which it shows has begun, and is quoted once that bar is over: a document never knows
more than the tape has printed. Rows in a story of the day are talked about here; what the press says is the story's.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping

import numpy as np

from sentiment_site.simulator.documents.background import Sheet
from sentiment_site.simulator.documents.cast import Cast
from sentiment_site.simulator.documents.dice import Dice, mix
from sentiment_site.simulator.documents.document import Channel
from sentiment_site.simulator.documents.figures import Facts, dollars
from sentiment_site.simulator.documents.item import Item
from sentiment_site.simulator.documents.phrasebook import Phrasebook
from sentiment_site.simulator.market.parameters import PRE_BARS
from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.tape.bars import compute_bars, source_of_session

STREAM = 22
_LEAST, _SIGMAS = 0.08, 2.2  # a move is talked about from 8 % and 2.2 daily sigmas on
_HALF_HOUR = 1800.0
_SILENT = 0.25  # jumps without a word
_UNEXPLAINED = 0.2  # moves without a jump that some article notes
_TALK_PER_BAR, _TALK_POWER = 0.035, 1.3
_EDGAR_OPENS, _EDGAR_CLOSES = 2.0, 18.0  # hours from 04:00
_CLINICAL = frozenset({"trial", "setback"})
# reason: release that tells it, filing that tells it
_UP: Mapping[str, tuple[str, str]] = {
    "contract": ("contract", "1.01"), "product": ("product", ""), "guidance": ("guidance", "7.01"),
    "buyback": ("buyback", "8.01"), "trial": ("trial", "8.01"),
}  # fmt: skip
_DOWN: Mapping[str, tuple[str, str]] = {
    "cut": ("cut", "7.01"), "loss": ("", "8.01"), "exit": ("", "5.02"), "report": ("", ""),
    "setback": ("failure", "8.01"),
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class _Move:
    """A row's move from the bar in which it is first large. since (B,): log move since the last close, bar by bar."""

    row: int
    bar: int
    since: list[float]
    price: list[float]


def plan_movers(
    market: Market, day: Day, before: Day | None, *, cast: Cast, sheet: Sheet, book: Phrasebook, busy: frozenset[int]
) -> list[Item]:
    """Documents about a session's moves. busy: rows in a story whose press is the story's."""
    jumped = {int(row): _bar_of(int(slot)) for row, slot in zip(day.jumps.rows, day.jumps.slots, strict=True)}
    items: list[Item] = []
    for move in _find_moves(market, day, before, cast, sheet):
        dice = Dice(mix(sheet.seed, STREAM, sheet.ordinal, move.row))
        if move.row not in busy:
            if move.row in jumped:
                told = dataclasses.replace(move, bar=max(move.bar, jumped[move.row]))
                items += _explain(told, dice, cast, sheet, book) if dice.unit() > _SILENT else []
            elif dice.unit() < _UNEXPLAINED:
                items.append(_article(move, dice, sheet, "quiet", {}))
        items += _talk(move, dice, sheet, float(cast.usual[move.row]))
    return items


def _bar_of(slot: int) -> int:
    """The first bar of a slot; a jump of the pre-market shows by itself in one of its bars."""
    return 0 if slot == 0 else PRE_BARS + slot - 1


def _find_moves(market: Market, day: Day, before: Day | None, cast: Cast, sheet: Sheet) -> list[_Move]:
    base = day.start - (before.moves[:, -1] if before is not None else 0.0)
    path = np.abs((day.start - base)[:, None] + np.cumsum(day.moves, axis=1, dtype=np.float64))
    least = np.maximum(np.log1p(_LEAST), _SIGMAS * day.scale)
    rows = np.flatnonzero((path.max(axis=1) > 0.9 * least) & cast.company & sheet.listed)
    if not len(rows):
        return []
    whole = source_of_session(market, day)
    source = dataclasses.replace(
        whole, **{field.name: getattr(whole, field.name)[rows] for field in dataclasses.fields(whole)}
    )
    bars = compute_bars(source)
    since = np.log(bars.close) - base[rows][:, None]
    large = (np.abs(since) > least[rows][:, None]) & (bars.volume > 0)
    moves = []
    for index in np.flatnonzero(large.any(axis=1)).tolist():
        bar = int(large[index].argmax())
        moves.append(_Move(int(rows[index]), bar, since[index].tolist(), bars.close[index].tolist()))
    return moves


def _explain(move: _Move, dice: Dice, cast: Cast, sheet: Sheet, book: Phrasebook) -> list[Item]:
    """One to five documents: what the company says when the bar begins, what is written when it is over."""
    up = move.since[move.bar] > 0
    table = _UP if up else _DOWN
    reasons = [key for key in table if key not in _CLINICAL or cast.subject(move.row).health]
    reason = dice.pick(reasons)
    release, filing = table[reason]
    facts = Facts(move.price[move.bar], dt.date.fromordinal(sheet.ordinal))
    facts["reason"] = book.write(f"because.{reason}", dice, facts)
    tone = (1.0 if up else -1.0) * dice.between(0.4, 0.8)
    started = sheet.begins + move.bar * _HALF_HOUR + 20.0 + dice.wait(120.0)
    items = []
    if release and dice.unit() < 0.75:
        items.append(Item(started, Channel.RELEASE, release, move.row, dice.word(), tone, facts=dict(facts)))
    at = started + 600.0 + dice.wait(2400.0)
    in_hours = sheet.business_day and _EDGAR_OPENS <= (at - sheet.begins) / 3600.0 < _EDGAR_CLOSES
    if filing and in_hours and dice.unit() < 0.6:
        items.append(Item(at, Channel.FILING, filing, move.row, dice.word(), tone, facts=dict(facts)))
    articles = min(1 + dice.count(0.3 + 4.0 * abs(move.since[move.bar])), 5 - len(items))
    return items + [_article(move, dice, sheet, "mover", facts) for _ in range(articles)]


def _article(move: _Move, dice: Dice, sheet: Sheet, kind: str, facts: Mapping[str, str]) -> Item:
    """An article that quotes the move, after the bar in which it showed."""
    at = sheet.begins + (move.bar + 1) * _HALF_HOUR + 60.0 + dice.wait(2100.0)
    direction, tone = _direction(move, move.bar, dice)
    told = {**facts, **_quote(move, move.bar)}
    return Item(at, Channel.NEWS, f"{kind}.{direction}", move.row, dice.word(), tone, facts=told)


def _talk(move: _Move, dice: Dice, sheet: Sheet, usual: float) -> list[Item]:
    """Posts in the half-hour after each bar: more for larger moves and better known names."""
    items = []
    fame = min(max(usual / 0.1, 0.1), 60.0) ** 0.5
    for bar in range(move.bar, len(move.since)):
        size = min(abs(move.since[bar]), 1.5)
        for _ in range(dice.count(_TALK_PER_BAR * fame * (size / 0.1) ** _TALK_POWER)):
            at = sheet.begins + (bar + 1) * _HALF_HOUR + _HALF_HOUR * dice.unit()
            channel = Channel.X if dice.unit() < 0.75 else Channel.REDDIT
            direction, tone = _direction(move, bar, dice)
            items.append(Item(at, channel, direction, move.row, dice.word(), tone, facts=_quote(move, bar), heat=1.5))
    return items


def _direction(move: _Move, bar: int, dice: Dice) -> tuple[str, float]:
    up = move.since[bar] > 0
    return ("up", dice.between(0.3, 0.9)) if up else ("down", -dice.between(0.3, 0.9))


def _quote(move: _Move, bar: int) -> dict[str, str]:
    return {"pct": f"{100.0 * abs(math.expm1(move.since[bar])):.0f}%", "price": dollars(move.price[bar])}
