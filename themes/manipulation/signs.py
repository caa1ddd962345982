"""What a text gives away, remembered by document: texts are never rewritten, and hundreds are looked at every bar."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from themes.kernels.promotion import is_promotional
from themes.models import Document

_LONGEST = 60_000  # characters that are looked at: what a filing has to say of itself stands in front
_REMEMBERED = 100_000
# Shares at a price below the market's, or sold into it: financing that pays for a rise (methods.md 5.2).
_TOXIC = re.compile(
    r"at[- ]the[- ]market (?:offering|issuance|sales|equity)|equity line of credit"
    r"|convertible (?:promissory )?(?:note|debenture)|convertible preferred stock"
    r"|(?:variable|floating) conversion price|standby equity"
)
_DOUBT = re.compile(r"substantial doubt|going concern")


@dataclass(frozen=True, slots=True)
class Signs:
    """is_known: its words are there (not deleted, not empty)."""

    is_known: bool
    is_promotional: bool
    is_toxic: bool
    is_doubtful: bool


_NOTHING = Signs(False, False, False, False)
_kept: OrderedDict[int, Signs] = OrderedDict()


def read_signs(title: str, text: str) -> Signs:
    """The signs in a text."""
    words = f"{title}\n{text[:_LONGEST]}"
    lower = words.lower()
    known = bool(text.strip() or title.strip())
    return Signs(known, is_promotional(words), _TOXIC.search(lower) is not None, _DOUBT.search(lower) is not None)


def signs_of(document_ids: Iterable[int]) -> dict[int, Signs]:
    """Signs by document. One statement for those that this process has not read yet; deleted ones say nothing."""
    wanted = set(document_ids)
    new = [one for one in wanted if one not in _kept]
    if new:
        rows = Document.objects.filter(pk__in=new).values_list("pk", "title", "text")
        for pk, title, text in rows.iterator(chunk_size=200):
            _kept[pk] = read_signs(title, text)
    found = {one: _kept.get(one, _NOTHING) for one in wanted}
    while len(_kept) > _REMEMBERED:
        _kept.popitem(last=False)
    return found


def forget_signs() -> None:
    """Start anew: tests use one database after another, with the same numbers."""
    _kept.clear()
