"""Words of strangers, made safe to put among our own: what reorders or hides text is taken out, length is bounded.

Markup is escaped by the templates; here are the characters that escaping lets through: Unicode's direction marks and
overrides, zero-width characters, and controls (Unicode TR 36).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 600
# Bidirectional marks, embeddings, overrides and isolates; zero-width and other invisible formats; controls. U+200D and
# the variation selectors stay: emoji are made with them.
_HIDDEN: Final = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_MARKS: Final = re.compile(r"([\u0300-\u036f\u0483-\u0489\u20d0-\u20ff]{2})[\u0300-\u036f\u0483-\u0489\u20d0-\u20ff]+")
_JOINERS: Final = re.compile("(?<=[\\w\\s])\u200d+|\u200d+(?=[\\w\\s]|$)|^\u200d+")


def clean_words(text: str) -> str:
    """The text without hidden characters and towers of marks, its white space as single spaces."""
    shown = _JOINERS.sub("", _HIDDEN.sub("", text))
    return " ".join(_MARKS.sub(r"\1", shown).split())


def excerpt_of(title: str, text: str, longest: int = LONGEST) -> str:
    """Title and text as they are shown, cut at a word from `longest` characters on."""
    words = clean_words(f"{title} {text}" if title and not text.startswith(title) else text or title)
    if len(words) <= longest:
        return words
    return words[:longest].rsplit(" ", 1)[0].rstrip() + " …"


def link_of(url: str, *, is_simulated: bool) -> str:
    """An address that may be followed: http or https with a host; "" for anything else and for what is simulated."""
    if is_simulated:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname else ""
