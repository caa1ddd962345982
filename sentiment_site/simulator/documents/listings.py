"""What is written when securities come, go and split: offerings to the public, delistings, forward splits."""

from __future__ import annotations

import numpy as np

from sentiment_site.simulator.documents.background import Sheet
from sentiment_site.simulator.documents.cast import Cast
from sentiment_site.simulator.documents.dice import Dice, mix
from sentiment_site.simulator.documents.document import Channel
from sentiment_site.simulator.documents.figures import day_and_month
from sentiment_site.simulator.documents.item import Item
from sentiment_site.simulator.market.process import Day, Market

STREAM = 26
_HOUR = 3600.0
_NOTICED_BY = (Channel.NEWS, Channel.NEWS, Channel.X, Channel.X, Channel.REDDIT)


def plan_listings(market: Market, day: Day, cast: Cast, sheet: Sheet) -> list[Item]:
    """Documents about first and last sessions and about forward splits announced at the day's close."""
    listing, items = market.listing, []
    close = day.session.close.timestamp()
    company = cast.company
    for row in np.flatnonzero((listing.first == day.index) & company & (day.index > 0)).tolist():
        dice = Dice(mix(sheet.seed, STREAM, sheet.ordinal, row))
        opening = day.session.open.timestamp()
        items.append(
            _item(dice, sheet.begins + 2 * _HOUR + dice.wait(0.5 * _HOUR), Channel.RELEASE, "listing", row, 0.3)
        )
        items.append(_item(dice, sheet.begins + 3 * _HOUR + dice.wait(0.5 * _HOUR), Channel.FILING, "8-A12B", row))
        items += [_item(dice, opening + dice.wait(2 * _HOUR), channel, "listing", row, 0.3) for channel in _NOTICED_BY]
    for row in np.flatnonzero((listing.last == day.index) & company).tolist():
        dice = Dice(mix(sheet.seed, STREAM, sheet.ordinal, row))
        items.append(_item(dice, close + 600.0 + dice.wait(0.3 * _HOUR), Channel.FILING, "25-NSE", row, -0.4))
        items.append(_item(dice, close + 900.0 + dice.wait(_HOUR), Channel.NEWS, "delisting", row, -0.5))
    for split in market.splits:
        if split.announced.date == day.session.date and split.split_to > split.split_from:
            dice = Dice(mix(sheet.seed, STREAM, sheet.ordinal, split.row, 1))
            facts = {"ratio": f"{split.split_to}-for-{split.split_from}", "date": day_and_month(split.session.date)}
            for channel in (Channel.RELEASE, Channel.NEWS, Channel.X, Channel.REDDIT):
                at = close + 120.0 + dice.wait(_HOUR)
                items.append(_item(dice, at, channel, "forward", split.row, 0.4)._replace(facts=facts))
    return items


def _item(dice: Dice, at: float, channel: Channel, kind: str, row: int, tone: float = 0.0) -> Item:
    return Item(at, channel, kind, row, dice.word(), tone, heat=2.0)
