"""Promotional language in posts and releases: phrases of people who are paid to be excited.

Sources: methods.md 5.2 and the SEC's and FINRA's investor alerts on pump-and-dump schemes. One phrase is enough; the
share of a day's posts that hold one is what counts, because honest crowds say such things as well, only less often.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

PHRASES: tuple[str, ...] = (
    # promised multiples and certainties
    r"\bnext \d+\s?x(?:er|bagger)?\b",
    r"#\d+x\b",
    r"\b(?:could|can|will|going to) (?:see|be|do) (?:a |an )?(?:easy )?\d+\s?x\b",
    r"\b(?:easy|easiest|guaranteed|free) (?:money|gains?|profits?|\d+ ?%)",
    r"\beasiest \d+ ?%",
    r"\b(?:about|ready|set) to (?:explode|rip|moon|skyrocket|blast off)",
    r"\bto the moon\b",
    r"\bcoiled spring\b",
    # urgency
    r"\bload (?:up |the boat|before)",
    r"\b(?:get|buy|pile) in (?:now|before|early)",
    r"\b(?:last|final) chance\b",
    r"\bbefore (?:the crowd|it's too late|everyone|the next leg|the news hits)",
    r"\b(?:do not|don't|dont) (?:miss|sleep on)\b",
    r"\b(?:huge|massive|big) news (?:coming|soon|any)",
    r"\bany (?:minute|moment|second) now\b|\bdrops any (?:minute|moment|day)\b",
    # a price without a source
    r"\btarget(?: of| price)?:? ?\$ ?\d",
    r"\bwill be \$ ?\d[\d.,]* by\b",
    r"\bnext stop is \$",
    # groups and paid publishers
    r"\b(?:telegram|whatsapp|discord)\b",
    r"\bmy last (?:alert|pick|call)\b|\bour (?:last|top) (?:\w+ )?(?:alert|pick|call)s?\b",
    r"\bcompensated\b|\bpaid (?:advertisement|promotion|for by)\b|\bawareness campaign\b",
    r"🚀\s?🚀|🔥\s?🔥|💎\s?🙌",
)
# lower case is three times as fast as ignoring the case
_PROMOTIONAL = re.compile("|".join(f"(?:{phrase})" for phrase in PHRASES))
_LONGEST = 20_000  # characters of one text that are looked at


def is_promotional(text: str) -> bool:
    """Whether a text holds one of PHRASES in its first 20,000 characters."""
    return _PROMOTIONAL.search(text[:_LONGEST].lower().replace("’", "'")) is not None


def promotional_share(texts: Iterable[str]) -> float:
    """Share of the texts that are promotional; NaN for none."""
    found = [is_promotional(text) for text in texts]
    return sum(found) / len(found) if found else math.nan
