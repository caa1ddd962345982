"""One cell of a broker's file as a number, date, symbol or tags; FieldError says in words what is wrong with it.

Real files write 1,259.59 and 1.259,59 and "1 757,95", -$694.48 and (0,31), 2024-01-19, 01/19/2024, 20240119 and "Jan
19, 2024". Nothing is guessed silently: what could be two things is decided by a stated rule or refused.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_EVEN, Decimal

from portfolios.kernels.occ import OptionSymbol, OptionSymbolError, parse_broker_option

_LONGEST_NUMBER = 40
_MOST_DIGITS = 24
_MOST_TAGS = 20
_LONGEST_TAG = 100
_LONGEST_QUOTE = 60
_EARLIEST = dt.date(1970, 1, 1)
_BLANK = frozenset({"", "-", "--", "n/a", "na", "none", "null", "not available"})
_CURRENCY_SIGNS = "$€£¥"
_SIGNS = ("+", "-", "−")
_CURRENCY = re.compile(r"^(?:USD|US\$)|(?:USD)$")
_STOCK = re.compile(r"([A-Z]{1,6})(?:[./ -]([A-Z]{1,3}))?", re.ASCII)
_PLAIN = re.compile(r"\d+(?:\.\d+)?|\.\d+", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d(?:\.\d+)?)[eE]([+-]?\d{1,2})", re.ASCII)
_GROUPED = {
    ",": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII),
    ".": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", re.ASCII),
}
_DECIMAL_COMMA = re.compile(r"\d+,\d+", re.ASCII)
_MONTHS = {
    name: place + 1
    for place, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})", re.ASCII)
_MONTH_FIRST = re.compile(r"([a-z]{3})[a-z]*\.?[ -](\d{1,2})(?:, ?| |-)(\d{4})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[ -]([a-z]{3})[a-z]*\.?[ -](\d{4})", re.ASCII)
_TIME = re.compile(r"(?:[ t]|, )\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?(?:z| ?[+-]\d{2}:?\d{2})?$", re.ASCII)


class FieldError(ValueError):
    """A cell that cannot be read; the message is for the person who uploaded it."""


def is_blank(text: str) -> bool:
    """Whether a cell says that there is nothing: empty, a dash, n/a."""
    return text.strip().casefold() in _BLANK


def parse_number(text: str, *, decimal_comma: bool = False) -> Decimal:
    """An exact number; parentheses, a minus before or behind, or one inside the currency sign make it negative.

    With both separators the last is the decimal one. A comma alone separates thousands if groups of three follow
    (1,234 is 1234), unless the file uses the decimal comma; else it is decimal (0,31). Spaces and apostrophes group.
    """
    cell = text.strip()
    if len(cell) > _LONGEST_NUMBER:
        raise FieldError(f"{_quoted(text)} is too long for a number")
    negative = signed = cell.startswith("(") and cell.endswith(")")
    cell = cell[1:-1] if negative else cell
    for _ in range(2):  # a sign may stand before or behind the currency
        cell = _CURRENCY.sub("", cell.strip().strip(_CURRENCY_SIGNS).strip())
        first, last = cell[:1] in _SIGNS, cell[-1:] in _SIGNS
        if not signed and (first or last):
            negative, signed = (cell[0] if first else cell[-1]) != "+", True
            cell = cell[1:] if first else cell[:-1]
    cell = re.sub(r"(?<=\d)[\s'’](?=\d{3}(?!\d))", "", cell.strip())
    value = _unsigned(cell, decimal_comma)
    if value is None:
        raise FieldError(f"{_quoted(text)} is not a number")
    if len(value.as_tuple().digits) > _MOST_DIGITS:
        raise FieldError(f"{_quoted(text)} has more than {_MOST_DIGITS} digits")
    return -value if negative else value


def round_to(value: Decimal, places: Decimal, largest: Decimal) -> Decimal:
    """At the places of a column, half to even. FieldError beyond what it holds."""
    if abs(value) > largest:
        raise FieldError(f"{value} is larger than {largest}")
    return value.quantize(places, ROUND_HALF_EVEN)


def parse_date(text: str, *, today: dt.date, day_first: bool = False) -> dt.date:
    """A date in any of the forms above, a time behind it ignored, "... as of ..." cut; 1970 .. today.

    01/02/2024 is January 2 unless the file puts the day first.
    """
    cell = re.sub(r"\s+", " ", text.strip().lower()).split(" as of ")[0]
    year, month, day = _date_parts(_TIME.sub("", cell), text, day_first)
    try:
        date = dt.date(year, month, day)
    except ValueError:
        hint = "; does the file put the day first?" if not day_first and month > 12 >= day else ""
        raise FieldError(f"{_quoted(text)} is no date of the calendar{hint}") from None
    if not _EARLIEST <= date <= today:
        raise FieldError(f"{date} lies {'after today' if date > today else 'before 1970'}")
    return date


def parse_symbol(text: str) -> tuple[str, OptionSymbol | None]:
    """The ticker (class shares with a dot: BRK.B), or the option's symbol with the option.

    A text too long or too odd for a ticker is read as an option, so that a mistyped option says what is wrong with it.
    """
    cell = " ".join(text.strip().upper().split())
    if not cell:
        raise FieldError("the symbol is missing")
    stock = _STOCK.fullmatch(cell)
    if stock:
        return ".".join(part for part in stock.groups() if part), None
    if not any(character.isdigit() for character in cell) or len(cell) < 10:
        raise FieldError(f"{_quoted(text)} is neither a ticker nor an option symbol")
    try:
        option = parse_broker_option(text)
    except OptionSymbolError as error:
        raise FieldError(f"no ticker, and no option: {str(error)[:200]}") from None
    return str(option), option


def parse_tags(text: str) -> tuple[str, ...]:
    """Names separated by commas or semicolons, in order, each once whatever its case; 20 of 100 characters at most."""
    found: dict[str, str] = {}
    for part in re.split(r"[,;]", text):
        name = " ".join(part.split())
        if len(name) > _LONGEST_TAG:
            raise FieldError(f"a tag has more than {_LONGEST_TAG} characters: {_quoted(name)}")
        if name and not name.isprintable():
            raise FieldError(f"a tag has characters that do not print: {_quoted(name)}")
        if name:
            found.setdefault(name.casefold(), name)
    if len(found) > _MOST_TAGS:
        raise FieldError(f"{len(found)} tags on one position, {_MOST_TAGS} are allowed")
    return tuple(found.values())


def _unsigned(cell: str, decimal_comma: bool) -> Decimal | None:
    """A number without sign and currency; None if it is none."""
    if scientific := _SCIENTIFIC.fullmatch(cell):
        return Decimal(scientific[1]).scaleb(int(scientific[2]))
    group = "." if decimal_comma else ","
    if _GROUPED[group].fullmatch(cell):
        return Decimal(cell.replace(group, "").replace(",", "."))
    if _DECIMAL_COMMA.fullmatch(cell):
        return Decimal(cell.replace(",", "."))
    if _PLAIN.fullmatch(cell):
        return Decimal(cell)
    other = "," if decimal_comma else "."
    if _GROUPED[other].fullmatch(cell):
        return Decimal(cell.replace(other, "").replace(",", "."))
    return None


def _date_parts(cell: str, text: str, day_first: bool) -> tuple[int, int, int]:
    if found := _ISO.fullmatch(cell) or _COMPACT.fullmatch(cell):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _SLASHED.fullmatch(cell):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        year += 2000 if len(found[3]) == 2 else 0
        return (year, second, first) if day_first else (year, first, second)
    if (found := _MONTH_FIRST.fullmatch(cell)) and found[1] in _MONTHS:
        return int(found[3]), _MONTHS[found[1]], int(found[2])
    if (found := _DAY_FIRST.fullmatch(cell)) and found[2] in _MONTHS:
        return int(found[3]), _MONTHS[found[2]], int(found[1])
    raise FieldError(f"{_quoted(text)} is not a date such as 2024-01-19")


def _quoted(text: str) -> str:
    shown = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."
    return repr(shown)
