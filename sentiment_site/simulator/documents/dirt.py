"""What makes text hard to use: copies under other titles, and documents tagged with the wrong security."""

from __future__ import annotations

from collections.abc import Sequence

from sentiment_site.simulator.documents.cast import Cast
from sentiment_site.simulator.documents.dice import Dice, mix
from sentiment_site.simulator.documents.document import Channel
from sentiment_site.simulator.documents.item import Item

STREAM = 25
COPIES, WRONG = 0.20, 0.02  # of articles and releases; of articles and posts that name a security
_COPIED, _MEAN_LAG = 0.13, 3000.0  # share of originals that are copied at all; seconds
_PRESS = (Channel.NEWS, Channel.RELEASE)


def soil(items: Sequence[Item], cast: Cast, index: int, ends: float) -> list[Item]:
    """The items of a day with wrong tags and syndicated copies. index: of the newest session; ends: of the day."""
    soiled: list[Item] = []
    for item in items:
        dice = Dice(mix(item.word, STREAM))
        one = item
        if item.row >= 0 and item.channel is not Channel.FILING and not item.rows and dice.unit() < WRONG:
            one = _mistag(item, cast, dice, index)
        soiled.append(one)
        if item.channel in _PRESS and dice.unit() < _COPIED:
            soiled += _copies(one, dice, ends)
    return soiled


def _mistag(item: Item, cast: Cast, dice: Dice, index: int) -> Item:
    if item.repeats is not None:
        return item
    return item._replace(tagged=cast.mistaken(item.row, dice, index))


def _copies(item: Item, dice: Dice, ends: float) -> list[Item]:
    """On average nearly two, so that a fifth of all are copies; articles all of them."""
    mean = COPIES / (1.0 - COPIES) / _COPIED - 1.0
    copies = []
    for _ in range(1 + dice.count(mean)):
        at = item.at + 60.0 + dice.wait(_MEAN_LAG)
        if at < ends:
            copies.append(item._replace(at=at, channel=Channel.NEWS, word=dice.word(), repeats=item, source=""))
    return copies
