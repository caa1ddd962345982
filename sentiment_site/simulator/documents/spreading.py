"""What is written about many at once: themes that draw in one company after the other, and days of one topic."""

from __future__ import annotations

import numpy as np

from sentiment_site.simulator.documents.brief import DAY, HOUR, Brief
from sentiment_site.simulator.documents.document import Channel

BURST_SHAPE, BURST_SCALE = 2, 7.0  # Gamma, hours
# of fifty
_CHANNELS = (
    (Channel.NEWS,) * 18 + (Channel.RELEASE,) * 7 + (Channel.FILING,) * 6 + (Channel.X,) * 12 + (Channel.REDDIT,) * 7
)
_TAIL = 0.6  # of the burst's number, over the rest of the theme's life
_FUNDS = ("SPY", "IWM", "QQQ")


def plan_theme(brief: Brief) -> None:
    """A burst that carries two of the topic's three core terms, about leaders first, then a tail."""
    dice, story = brief.dice, brief.story
    count = int(brief.number("documents", 40.0))
    for _ in range(count):
        at = brief.begins + sum(dice.wait(BURST_SCALE * HOUR) for _ in range(BURST_SHAPE))
        _mention(brief, at)
    later = brief.begins + DAY
    for _ in range(dice.count(_TAIL * count)):
        at = later + dice.wait(3.0 * DAY)
        if at < brief.ends:
            _mention(brief, at)
    for member in story.members:
        for _ in range(dice.count(1.2)):
            at = member.begins.timestamp() + dice.wait(2.0 * HOUR)
            brief.add(Channel.X, at, "theme", row=member.row, tone=dice.between(0.2, 0.8), terms=story.topic)


def _mention(brief: Brief, at: float) -> None:
    dice = brief.dice
    channel = dice.pick(_CHANNELS)
    member = brief.member(at)
    brief.add(channel, at, "theme", row=member.row, tone=dice.between(0.1, 0.8), terms=brief.story.topic)


def plan_macro(brief: Brief) -> None:
    """Everybody uses the same words: articles without a company, articles about any company, and much talk."""
    dice, terms = brief.dice, brief.story.topic
    tone = float(np.sign(brief.number("market_move", 0.0))) * 0.3
    size = brief.names / 8000.0
    companies = brief.cast.well_known
    for _ in range(6 + dice.count(24.0 * size**0.5)):
        brief.add(Channel.NEWS, brief.begins + 60.0 + dice.wait(3 * HOUR), "macro", tone=tone, terms=terms)
    for _ in range(4 + dice.count(80.0 * size)):
        at = brief.begins + 300.0 + dice.wait(4 * HOUR)
        brief.add(Channel.NEWS, at, "macro.company", row=dice.pick(companies), tone=tone, terms=terms)
    rows = brief.cast.listing.row_of
    funds = [rows[symbol] for symbol in _FUNDS if symbol in rows]
    for _ in range(10 + dice.count(220.0 * size)):
        channel = Channel.X if dice.unit() < 0.75 else Channel.REDDIT
        row = dice.pick(funds) if funds and dice.unit() < 0.5 else -1
        at = brief.begins + 20.0 + dice.wait(4 * HOUR)
        brief.add(channel, at, "macro", row=row, tone=tone + dice.between(-0.4, 0.4), terms=terms)
