"""A document that is planned and not yet written: who, where, when, about what, and the word its text is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sentiment_site.simulator.documents.document import Author, Channel

NOBODY = -1


class Item(NamedTuple):
    """at: epoch seconds; kind: key of its texts; row: the security it is about, NOBODY for none; word: its dice.

    tone: as the writer means it, -1..1; rows: further securities; tagged: the row it is wrongly tagged with; price: of
    the security, 0 for that of the day; facts: what it states, by slot; a "discount" among
    them is taken off the day's price; heat: multiplies the attention; author: None to draw one
    from the crowd; source: publisher or subreddit, "" to draw one; repeats: the item whose text it carries;
    terms: key of a topic whose words it uses; form: of a filing, where the kind does not say it.
    """

    at: float
    channel: Channel
    kind: str
    row: int
    word: int
    tone: float = 0.0
    story: str = ""
    rows: tuple[int, ...] = ()
    tagged: int = NOBODY
    price: float = 0.0
    facts: Mapping[str, str] = {}
    heat: float = 1.0
    author: Author | None = None
    source: str = ""
    repeats: Item | None = None
    terms: str = ""
    form: str = ""
