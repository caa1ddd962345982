"""What kind of security a listing is, from its symbol and name, for files that do not say it.

The codes are the vendor's (CS, ADRC, PFD, WARRANT, RIGHT, UNIT, BOND, ETF). Whether a CS is a fund or a blank check is
screening's to decide. Tried on the 14,225 names of the Nasdaq screener's history, 2021 to 2026.
"""

from __future__ import annotations

import re
from typing import Final

_BY_SYMBOL: Final = (
    ("WARRANT", re.compile(r"[A-Z]+\.WS(?:\.[A-Z])?")),
    ("UNIT", re.compile(r"[A-Z]+\.U")),
    ("RIGHT", re.compile(r"[A-Z]+r")),
    ("PFD", re.compile(r"[A-Z]+(?:p[A-Z]{0,2}|\.PR[A-Z]?)")),
)
_BY_NAME: Final = (
    ("WARRANT", re.compile(r"\bwarrants?\b")),
    ("RIGHT", re.compile(r"\brights?$|\bvalue rights?\b|\brights? (?:each|entitling|exercisable)\b")),
    ("UNIT", re.compile(r"(?<!common )\bunits?$|\bunits?,? (?:each|consisting)\b|\bcorporate units\b")),
    (
        "BOND",
        re.compile(
            r"\bnotes?,? (?:\w+ )?(?:due|series|\d)|\bdebentures?\b|\bbonds?\b.*\bdue\b|\d% .*\b(?:due|notes)\b"
        ),
    ),
    ("PFD", re.compile(r"(?!^preferred\b)(?!.*\bcommon (?:stock|shares?|units?)\b).*\b(?:preferred|preference|pfd)\b")),
    ("ETF", re.compile(r"\be\.?t\.?[fn]s?\b|\bexchange[- ]traded\b")),
    ("ADRC", re.compile(r"\bamerican deposit[ao]ry\b|\bads\b|\badrs?\b")),
)


def type_of(symbol: str, name: str) -> str:
    """The type code of a listing; CS when nothing says otherwise."""
    for code, pattern in _BY_SYMBOL:
        if pattern.fullmatch(symbol):
            return code
    lower = name.lower()
    for code, pattern in _BY_NAME:
        if pattern.search(lower):
            return code
    return "CS"
