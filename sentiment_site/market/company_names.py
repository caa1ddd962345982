"""Whether a text names a company: by its symbol, its name, or the short name people use. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_SHARE_WORDS: Final = re.compile(
    r"(?:,? (?:class|series) [a-z]\b|,? (?:common|ordinary|capital|preferred|subordinate voting) (?:stock|shares?)|"
    r",? american depositary (?:shares?|receipts?)|,? (?:adss?|adrs?)\b|,? depositary shares?|"
    r",? each representing\b|,? \(.*\)).*$",
    re.IGNORECASE,
)
_LEGAL: Final = re.compile(
    r"[,\s]+(?:inc|incorporated|corp|corporation|co|company|companies|ltd|limited|plc|llc|lp|l\.p|sa|s\.a|nv|n\.v|ag|ab|se|spa|"
    r"asa|oyj|trust|holdings?|group|international|the|new|\(?de\)?|&)\.?$",
    re.IGNORECASE,
)
# First words that many companies share; they name nobody without the second.
_SHARED: Final = frozenset(
    re.findall(
        r"\w+",
        """
    advanced alpha alliance allied american applied arc atlantic atlas bank beta blue brand bright capital
    cardinal central century citizens city clean clear coastal community core data digital direct dynamic eagle
    east eastern energy enterprise evolution express federal fidelity first focus forward frontier fusion future
    general genesis global gold golden good grand great green harbor heritage home horizon independent
    industrial innovative insight integrated inter key legacy liberty life live main marine market media medical
    metro micro modern national natural network new next north northern nova ocean old omega one open optimum
    origin pacific paramount peak performance phoenix pioneer planet power precision premier prime pro pulse
    pure quantum quest rapid real red regional republic rising rock royal safe select sigma silver smart solar
    solid sound south southern spectrum standard star state sterling strategic strong summit sun super target
    tech the titan top total trans tri true twin ultra union unique united unity universal urban us value
    vanguard velocity venture vertex victory vision vista vital western white world
        """,
    )
)
_SHORTEST: Final = 4


@lru_cache(maxsize=16_384)
def short_names(company: str) -> tuple[str, ...]:
    """What a headline may call a company, longest first: "SoundHound AI, Inc. Class A" is SoundHound AI or SoundHound.

    Its first word alone only when it is of four letters or more and not one that many companies begin with.
    """
    core = _SHARE_WORDS.sub("", company).strip(" .,-")
    while (shorter := _LEGAL.sub("", core).strip(" .,-")) != core and shorter:
        core = shorter
    words = core.split()
    if not words:
        return ()
    names = [core, " ".join(words[:2])] if len(words) > 1 else []
    first = words[0].strip(".,")
    if len(first) >= _SHORTEST and first.lower() not in _SHARED:
        names.append(first)
    elif len(words) == 1:
        names.append(core)
    return tuple(dict.fromkeys(names))


def find_company(text: str, symbol: str, company: str) -> tuple[int, ...]:
    """Where a text names the company, in order: the places of all mentions, none when it does not.

    A name counts with a capital first letter (a price target is not Target Corp.), a symbol behind one of ( $ : or,
    from three letters on, as a word of its own.
    """
    lowered, found = text.lower(), set()
    for name in short_names(company):
        for place in _places(lowered, name.lower()):
            if text[place] == name[0].upper() and _is_word(text, place, len(name)):
                found.add(place)
    for place in _places(text, symbol):
        is_marked = text[:place].rstrip().endswith(("(", "$", ":"))
        is_plain = len(symbol) >= _SHORTEST - 1 and symbol.isupper()
        if _is_word(text, place, len(symbol)) and (is_marked or is_plain):
            found.add(place)
    return tuple(sorted(found))


def _places(text: str, part: str) -> Iterator[int]:
    place = text.find(part) if part else -1
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _is_word(text: str, place: int, length: int) -> bool:
    """Whether no letter or digit touches the stretch."""
    before, behind = text[place - 1 : place], text[place + length : place + length + 1]
    return not before.isalnum() and not behind.isalnum()
