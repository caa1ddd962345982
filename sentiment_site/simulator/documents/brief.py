"""What a story's writers start from, and the items they plan. A story is planned whole, out of its own facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.documents.cast import Cast
from sentiment_site.simulator.documents.dice import Dice, mix
from sentiment_site.simulator.documents.document import Author, Channel
from sentiment_site.simulator.documents.figures import Facts
from sentiment_site.simulator.documents.filings import next_open
from sentiment_site.simulator.documents.item import NOBODY, Item
from sentiment_site.simulator.documents.phrasebook import Phrasebook
from sentiment_site.simulator.stories.story import Member, Story

STREAM = 23
HOUR, DAY = 3600.0, 86_400.0
# how likely somebody is awake and writes, by the hour of New York from midnight
_AWAKE = (0.25, 0.15, 0.1, 0.1, 0.3, 0.4, 0.6, 0.8, 0.9, 1, 1, 1, 0.9, 0.8, 0.9, 1, 1, 0.9, 0.8, 0.7, 0.7, 0.6, 0.5,
          0.4)  # fmt: skip


@dataclass(slots=True)
class Brief:
    """One story to be written about. prices: dollars of each member at its story's session; close: of the subject at
    that session's regular close, which only what comes after it may state; names: size of the listing."""

    story: Story
    cast: Cast
    book: Phrasebook
    dice: Dice
    price: float
    close: float
    names: int
    items: list[Item] = field(default_factory=list)

    @property
    def row(self) -> int:
        """Of the security the story is about."""
        return self.story.members[0].row

    @property
    def begins(self) -> float:
        """Epoch seconds."""
        return self.story.begins.timestamp()

    @property
    def ends(self) -> float:
        """Epoch seconds."""
        return self.story.ends.timestamp()

    def usual(self) -> float:
        """Posts a day about the subject when nothing happens: at least one in two days, or a factor means nothing."""
        return max(float(self.cast.usual[self.row]), 0.5)

    def number(self, name: str, default: float) -> float:
        """A number among the story's facts."""
        value = self.story.facts.get(name)
        return float(value) if isinstance(value, int | float) else default

    def moment(self, name: str) -> float | None:
        """A moment among the story's facts, epoch seconds."""
        value = self.story.facts.get(name)
        return value.timestamp() if isinstance(value, dt.datetime) else None

    def phase(self, name: str) -> tuple[float, float]:
        """Begin and end of a phase; of the story if it has none of this name."""
        for phase in self.story.phases:
            if phase.name == name:
                return phase.begins.timestamp(), phase.ends.timestamp()
        return self.begins, self.ends

    def facts(self) -> Facts:
        """Facts that its documents share; figures drawn with them stay."""
        date = self.story.begins.astimezone(NEW_YORK).date()
        facts = Facts(self.price, date)
        if self.story.members:
            facts["company"] = self.cast.subject(self.row).company
        return facts

    def awake(self, at: float) -> bool:
        """Whether somebody writes at this moment, drawn."""
        local = dt.datetime.fromtimestamp(at, NEW_YORK)
        return self.dice.unit() < _AWAKE[local.hour] * (0.6 if local.weekday() > 4 else 1.0)

    def add(
        self,
        channel: Channel,
        at: float,
        kind: str,
        *,
        tone: float = 0.0,
        row: int | None = None,
        facts: Mapping[str, str] | None = None,
        heat: float = 3.0,
        price: float = 0.0,
        terms: str = "",
        author: Author | None = None,
        source: str = "",
        repeats: Item | None = None,
    ) -> Item:
        """Plans a document; never before the story begins, and filings when EDGAR is open."""
        at = max(at, self.begins)
        if channel is Channel.FILING:
            at = next_open(at)
        subject = row if row is not None else self.row if self.story.members else NOBODY
        item = Item(
            at,
            channel,
            kind,
            subject,
            self.dice.word(),
            max(-1.0, min(1.0, tone)),
            self.story.id,
            price=price,
            facts=facts or {},
            heat=heat,
            terms=terms,
            author=author,
            source=source,
            repeats=repeats,
        )
        self.items.append(item)
        return item

    def member(self, at: float) -> Member:
        """A member to write about: leaders three times as often, those whose move is still to come seldom."""
        weights = [
            (3.0 if member.role == "leader" else 1.0) * (1.0 if member.begins.timestamp() <= at else 0.25)
            for member in self.story.members
        ]
        left = self.dice.unit() * sum(weights)
        for member, weight in zip(self.story.members, weights, strict=True):
            left -= weight
            if left < 0:
                return member
        return self.story.members[-1]


def make_brief(story: Story, seed: int, *, cast: Cast, book: Phrasebook, price: float, close: float) -> Brief:
    """The brief of a story; its dice follow from the seed and the story's id."""
    dice = Dice(mix(seed, STREAM, crc32(story.id.encode())))
    return Brief(story, cast, book, dice, price, close, len(cast.company))
