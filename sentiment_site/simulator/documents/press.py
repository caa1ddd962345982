"""Writes articles and press releases, and their copies under other titles and publishers."""

from __future__ import annotations

from sentiment_site.simulator.documents.dice import Dice, mix
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.documents.identity import identify
from sentiment_site.simulator.documents.item import NOBODY, Item
from sentiment_site.simulator.documents.writing import Desk, moment

PUBLISHERS = ("Market Courier", "The Daily Ledger", "Small Cap Observer", "Tape Reader", "Street Dispatch",
              "Equity Wire Review", "Harbor Business News", "The Opening Bell Post", "Sector Monitor",
              "Quarterly Times")  # fmt: skip
WIRES = ("Meridian Newswire", "Crestline PR Service", "OpenPress Wire", "Issuer Direct Line")
LABEL_NOISE = 0.03
_SYNONYMS = ((" shares ", " stock "), (" company ", " firm "), (" said ", " stated "), (" about ", " roughly "),
             (" will ", " is to "), (" agreement ", " contract "), (" over ", " more than "))  # fmt: skip
_OTHER_WORD = 0x51


def write_press(desk: Desk, item: Item) -> Document:
    """An article or a release. `tone` is what a vendor's classifier says: 3 % of the labels are wrong."""
    original = item.repeats or item
    dice = Dice(original.word)
    facts = desk.facts(original, dice)
    prefix = "release" if original.channel is Channel.RELEASE else "news"
    title = desk.book.write(f"{prefix}.{original.kind}.title", dice, facts)
    body = desk.book.write(f"{prefix}.{original.kind}.body", dice, facts)
    own = Dice(mix(item.word, _OTHER_WORD))
    publisher = item.source or own.pick(WIRES if item.channel is Channel.RELEASE else PUBLISHERS)
    if item.repeats is not None:
        if own.unit() < 0.6:
            title = desk.book.write(f"{prefix}.{original.kind}.title", own, facts)
        body = _edit(body, publisher, own)
    symbols = desk.symbols(original)
    tone = item.tone
    if own.unit() < LABEL_NOISE:
        tone = -tone if abs(tone) > 0.2 else own.pick((-0.6, 0.6))
    return Document(
        id=identify(item),
        channel=item.channel,
        at=moment(item),
        title=title,
        body=body,
        symbols=symbols,
        source=publisher,
        tone={symbol: round(tone, 2) for symbol in symbols},
        story=item.story,
        copy_of="" if item.repeats is None else identify(item.repeats),
        wrong=original.tagged != NOBODY,
    )


def _edit(body: str, publisher: str, dice: Dice) -> str:
    """The small changes a second publisher makes."""
    choice = dice.unit()
    if choice < 0.35:
        body = f"({publisher}) -- {body}"
    elif choice < 0.55:
        kept = body.rstrip(".").rsplit(". ", 1)[0]
        body = kept + "." if len(kept) > 0.75 * len(body) else body
    elif choice < 0.75:
        body = f"{body} Read more at {publisher}."
    if dice.unit() < 0.4:
        old, new = dice.pick(_SYNONYMS)
        body = body.replace(old, new, 1)
    return body
