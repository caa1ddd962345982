"""Writes posts: frames, moods, cashtags as people type them, and copies that crews push."""

from __future__ import annotations

from sentiment_site.simulator.documents.attention import draw_attention
from sentiment_site.simulator.documents.authors import Crowd
from sentiment_site.simulator.documents.dice import Dice, mix
from sentiment_site.simulator.documents.document import Author, Channel, Document
from sentiment_site.simulator.documents.figures import Facts
from sentiment_site.simulator.documents.identity import identify
from sentiment_site.simulator.documents.item import NOBODY, Item
from sentiment_site.simulator.documents.writing import Desk, moment

LOOSE = frozenset({"joke", "offtopic", "spam", "macro", "watch"})  # the text stands without a subject before it
_BOARDS = ("pennystocks", "pennystocks", "wallstreetbets", "stocks", "stocks", "smallcaps", "daytrading", "investing",
           "options")  # fmt: skip
_LONGEST = 280  # characters of a post on X
_OTHER_WORD, _EDIT_WORD = 0x52, 0x53
_TAILS = ("", " 🚀", " 🔥🔥", " now", " today", " 💎", " !!", " #stocks", " 👀")
_HEADS = ("", "", "", "Repost: ", "🚨 ", "📢 ", "Look: ")
_SWAPS = (("huge", "massive"), ("next", "coming"), ("easily", "easy"), ("any minute", "any second"),
          ("float", "supply"),
          ("everyone", "everybody"), ("week", "month"))  # fmt: skip


def write_post(desk: Desk, item: Item) -> Document:
    """A post on X (all text in the body) or Reddit (title and body). One in fifty Reddit accounts is deleted by now."""
    original = item.repeats or item
    title, body, symbols = _text(desk, original)
    own = Dice(mix(item.word, _OTHER_WORD))
    if item.repeats is not None:
        title, body = _vary(title, body, Dice(mix(item.word, _EDIT_WORD)))
    crowd = desk.crowds[item.channel]
    author: Author | None = item.author or _author(crowd, item, own)
    attention = draw_attention(item.channel, own, author, item.heat)
    source = ""
    if item.channel is Channel.REDDIT:
        source = item.source or own.pick(_BOARDS)
        fate = own.unit()
        if fate < 0.02:
            author, body = None, "[removed]" if fate < 0.012 and body else body
        elif fate < 0.07 and item.repeats is None:
            body = ""  # a link or a picture
    else:
        title, body = "", _shorten(body)
    return Document(
        id=identify(item),
        channel=item.channel,
        at=moment(item),
        title=title,
        body=body,
        symbols=symbols,
        source=source,
        author=author,
        attention=attention,
        tone={symbol: round(item.tone, 2) for symbol in symbols},
        story=item.story,
        copy_of="" if item.repeats is None else identify(item.repeats),
        wrong=original.tagged != NOBODY,
    )


def _author(crowd: Crowd, item: Item, dice: Dice) -> Author:
    if item.heat <= 1.0 and dice.unit() < 0.012:
        return crowd.influencer(dice)
    return crowd.pick(dice, item.at)


def _text(desk: Desk, item: Item) -> tuple[str, str, tuple[str, ...]]:
    """Title, body and the symbols it mentions."""
    dice = Dice(item.word)
    facts = desk.facts(item, dice)
    symbols = desk.symbols(item)
    if symbols:
        facts["cashtag"] = type_cashtag(symbols[0], dice)
        facts["cashtags"] = " ".join("$" + symbol for symbol in symbols)
    if item.row >= 0 and not item.rows and item.kind not in LOOSE:
        symbols += _others(desk, dice, symbols)
    title, body = _framed(desk, item, dice, facts)
    if len(symbols) > 1 and not item.rows:
        body += " " + " ".join("$" + symbol for symbol in symbols[1:])
    if item.row == NOBODY and item.tagged != NOBODY:
        # a word of the language that somebody will read as a symbol
        facts["word"] = symbols[0]
        body = f"{body} {desk.book.write('word.tail', dice, facts)}"
    elif item.kind == "macro" and symbols:
        body += f" ${symbols[0]}"
    return title, body, symbols


def _framed(desk: Desk, item: Item, dice: Dice, facts: Facts) -> tuple[str, str]:
    book, kind = desk.book, item.kind
    facts["say"] = book.write(f"{kind}.say", dice, facts)
    facts["more"] = facts["more2"] = book.write(f"{kind}.more", dice, facts)
    if f"{kind}.close" in book:
        facts["close"] = book.write(f"{kind}.close", dice, facts)
    loose = kind in LOOSE
    if item.channel is Channel.X:
        return "", book.write("x.loose" if loose else "x.frame", dice, facts)
    while facts["more2"] == facts["more"]:
        facts["more2"] = book.write(f"{kind}.more", dice, facts)
    title = book.write("r.loose.title" if loose else "r.title", dice, facts)
    return title, book.write("r.loose.body" if loose else "r.body", dice, facts)


def type_cashtag(symbol: str, dice: Dice) -> str:
    """As people type it: lower case, with punctuation, or without the sign, one time in four."""
    habit = dice.unit()
    if habit < 0.76:
        return "$" + symbol
    if habit < 0.84:
        return "$" + symbol.lower()
    if habit < 0.93:
        return dice.pick(("${},", "${}!", "(${})", "${}:", "#{}")).format(symbol)
    return symbol


def _others(desk: Desk, dice: Dice, symbols: tuple[str, ...]) -> tuple[str, ...]:
    """Further cashtags hung on one post in twelve."""
    if dice.unit() > 0.08:
        return ()
    rows = desk.cast.talked_about
    others = {desk.cast.symbol(dice.pick(rows)) for _ in range(dice.whole(1, 3))}
    return tuple(sorted(others - set(symbols)))


def _vary(title: str, body: str, dice: Dice) -> tuple[str, str]:
    """A copy differs at its ends, and in one word of four."""
    if dice.unit() < 0.25:
        old, new = dice.pick(_SWAPS)
        body = body.replace(old, new, 1)
    return title, f"{dice.pick(_HEADS)}{body}{dice.pick(_TAILS)}"


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rsplit(" ", 1)[0] + "…"
