"""What every writer has at hand: the phrasebook, the cast, the crowds, the day's prices; and the facts of an item."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sentiment_site.simulator.documents.authors import Crowd
from sentiment_site.simulator.documents.cast import Cast
from sentiment_site.simulator.documents.dice import Dice
from sentiment_site.simulator.documents.document import Channel
from sentiment_site.simulator.documents.figures import Facts, dollars
from sentiment_site.simulator.documents.item import NOBODY, Item
from sentiment_site.simulator.documents.phrasebook import Phrasebook
from sentiment_site.simulator.documents.texts.topics import find_topic


@dataclass(frozen=True, slots=True)
class Desk:
    """One day's desk. prices: dollars by row at the day's start; index: of the newest session that has begun."""

    book: Phrasebook
    family: str
    cast: Cast
    crowds: Mapping[Channel, Crowd]
    prices: list[float]
    date: dt.date
    index: int

    def facts(self, item: Item, dice: Dice) -> Facts:
        """What the item's text may state about its subject."""
        row = item.row
        if row >= 0:
            facts = Facts(item.price or self.prices[row], self.date, self.cast.subject(row).facts)
        else:
            facts = Facts(item.price or 20.0, self.date)
        if item.rows:
            facts["names"] = ", ".join(self.cast.symbol(other) for other in item.rows)
        if item.terms:
            self._add_terms(item.terms, dice, facts)
        facts.update(item.facts)
        if "discount" in item.facts:
            facts["last"] = dollars(facts.price)
            facts["price"] = dollars(facts.price * float(item.facts["discount"]))
        return facts

    def symbols(self, item: Item) -> tuple[str, ...]:
        """What the item is tagged with: the wrong row if it has one."""
        if item.tagged != NOBODY:
            return (self.cast.symbol(item.tagged),)
        rows = item.rows if item.row == NOBODY else (item.row, *item.rows)
        return tuple(self.cast.symbol(row) for row in rows)

    def _add_terms(self, key: str, dice: Dice, facts: Facts) -> None:
        """Two of the topic's three core terms, and two of those around them."""
        topic = find_topic(key, self.family)
        if topic is None:
            raise KeyError(f"no vocabulary for the topic {key}")
        first = dice.whole(0, 2)
        facts["t1"], facts["t2"] = topic.core[first], topic.core[(first + dice.whole(1, 2)) % 3]
        start = dice.whole(0, len(topic.more) - 1)
        facts["extra"], facts["extra2"] = topic.more[start], topic.more[(start + 1) % len(topic.more)]
        facts["business"] = topic.business


def moment(item: Item) -> dt.datetime:
    """When it appears: to the millisecond on X, to the second elsewhere."""
    at = item.at if item.channel is Channel.X else float(int(item.at))
    return dt.datetime.fromtimestamp(int(at * 1000) / 1000, dt.UTC)
