"""CSV lines that a spreadsheet may open without running anything in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

# full-width forms are read as their ASCII twins by some spreadsheets
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def safe_text(text: str) -> str:
    """Words of others with an apostrophe before what would start a formula (OWASP, CSV injection), blanks or not."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def render_line(cells: Iterable[object]) -> str:
    """One line of CSV (RFC 4180, CRLF); None is an empty cell. Text that is not our own goes through `safe_text`."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue()
