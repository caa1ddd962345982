"""Option symbols of the Options Clearing Corporation: root, date, right, strike, read from the right.

AAPL240119C00150000 is a call on AAPL, expiring 2024-01-19, struck at 150.000. Real forms: plain, padded to 21
characters ("SPY   240119C00470000"), with a vendor's prefix ("O:"), in lower case, and adjusted after a corporate
action (a digit behind the root: AAPL1). Brokers write their own: "-AAPL240119C150", ".AAPL240119C152.5", "AAPL
01/19/2024 150.00 C". Source: OCC Symbology Initiative (2010); methods.md 11, rows 25 to 28.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_STRIKE_STEP = Decimal("0.001")
_LARGEST_STRIKE = Decimal("99999.999")
_LONGEST_ROOT = 6
_PADDED = 21
_TAIL = 15  # date, right and strike
# a leading digit is a flexible (FLEX) series, a trailing one an adjusted contract
_ROOT = re.compile(r"[1-9]?(?P<letters>[A-Z]{1,6}(?:[./][A-Z])?)(?P<digit>\d?)", re.ASCII)
_TAIL_PATTERN = re.compile(r"(?P<date>\d{6})(?P<right>.)(?P<strike>\d{8})", re.ASCII)
_SHORT = re.compile(
    r"[-.]?(?P<root>[A-Z0-9./]{1,7}?)(?P<date>\d{6})(?P<right>[CP])(?P<strike>\d{1,5}(?:\.\d{1,3})?)", re.ASCII
)
_WORDS = re.compile(
    r"(?P<root>[A-Z0-9./]{1,7}) (?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>20\d\d) "
    r"\$?(?P<strike>\d{1,5}(?:\.\d{1,3})?) (?P<right>C|P|CALL|PUT)",
    re.ASCII,
)
# Roots that are not the ticker of what they are options on
_UNDERLYING = {
    "BFB": "BF.B",
    "BRKB": "BRK.B",
    "NDXP": "NDX",
    "RUTW": "RUT",
    "SPXW": "SPX",
    "VIXW": "VIX",
}


class OptionType(StrEnum):
    """The right that the option gives."""

    CALL = "CALL"
    PUT = "PUT"


class OptionSymbolError(ValueError):
    """A text that is no option symbol. `part`: length, root, expiration, type or strike.

    The message says what is wrong.
    """

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True, slots=True, order=True)
class OptionSymbol:
    """One listed series. strike: dollars, in steps of a tenth of a cent.

    Made by parse_option_symbol or checked here.
    """

    root: str
    expiration: dt.date
    option_type: OptionType
    strike: Decimal

    def __post_init__(self) -> None:
        _check_root(self.root)
        if not 2000 <= self.expiration.year <= 2099:
            raise OptionSymbolError("expiration", f"an option expires between 2000 and 2099, not on {self.expiration}")
        if not 0 < self.strike <= _LARGEST_STRIKE:
            raise OptionSymbolError("strike", f"a strike lies between 0.001 and 99999.999, not at {self.strike}")
        if self.strike % _STRIKE_STEP:
            raise OptionSymbolError("strike", f"a strike is a multiple of a tenth of a cent: {self.strike}")

    @property
    def adjusted(self) -> bool:
        """Whether a corporate action changed what the contract delivers."""
        return self.root[-1].isdigit()

    @property
    def underlying(self) -> str:
        """The ticker of what the option is on: the root without the digits of FLEX and adjusted series."""
        letters = _check_root(self.root)
        return _UNDERLYING.get(letters, letters.replace("/", "."))

    @property
    def is_call(self) -> bool:
        """Call or put."""
        return self.option_type is OptionType.CALL

    def __str__(self) -> str:
        return format_option_symbol(self)


def parse_option_symbol(text: str) -> OptionSymbol:
    """The series that a symbol names, in any of the clearing corporation's forms.

    OptionSymbolError if it names none.
    """
    symbol = text.strip().upper().removeprefix("O:")
    if len(symbol) < _TAIL + 1 or len(symbol) > _PADDED:
        raise OptionSymbolError("length", f"an option symbol has 16 to 21 characters, {text!r} has {len(symbol)}")
    root, tail = symbol[:-_TAIL].rstrip(), symbol[-_TAIL:]
    found = _TAIL_PATTERN.fullmatch(tail)
    if found is None:
        raise OptionSymbolError("length", f"{text!r} must end in a date YYMMDD, C or P, and a strike of 8 digits")
    option_type = _option_type(found["right"], text)
    expiration = _expiration(found["date"], text)
    strike = Decimal(found["strike"]) / 1000
    return OptionSymbol(root.replace(".", "").replace("/", ""), expiration, option_type, strike)


def parse_broker_option(text: str) -> OptionSymbol:
    """As parse_option_symbol, and the short forms in which brokers' files and programs write options."""
    symbol = " ".join(text.strip().upper().removeprefix("O:").split())
    words, short = _WORDS.fullmatch(symbol), _SHORT.fullmatch(symbol)
    if words:
        date = f"{words['year'][2:]}{int(words['month']):02}{int(words['day']):02}"
        return _series(words["root"], date, words["right"][0], words["strike"], text)
    # eight digits of strike are thousandths, fewer (or a point) are dollars
    if short:
        return _series(short["root"], short["date"], short["right"], short["strike"], text)
    return parse_option_symbol(text)


def format_option_symbol(option: OptionSymbol, *, padded: bool = False) -> str:
    """The symbol, plain (AAPL240119C00150000) or padded to 21 characters as the clearing corporation stores it."""
    root = option.root.ljust(_LONGEST_ROOT) if padded else option.root
    return f"{root}{option.expiration:%y%m%d}{option.option_type[0]}{int(option.strike * 1000):08d}"


def is_option_symbol(text: str) -> bool:
    """Whether parse_broker_option understands the text."""
    try:
        parse_broker_option(text)
    except OptionSymbolError:
        return False
    return True


def adjusted_root(root: str) -> str:
    """The root after one more corporate action that leaves an odd contract: AAPL -> AAPL1 -> AAPL2.

    OptionSymbolError when the nine digits are used up or the root has no place for one.
    """
    letters = root[:-1] if root[-1].isdigit() else root
    number = int(root[-1]) + 1 if root[-1].isdigit() else 1
    if number > 9:
        raise OptionSymbolError("root", f"{root} was adjusted nine times")
    result = f"{letters}{number}"
    _check_root(result)
    return result


def _series(root: str, date: str, right: str, strike: str, text: str) -> OptionSymbol:
    plain = root.replace(".", "").replace("/", "")
    return OptionSymbol(plain, _expiration(date, text), _option_type(right, text), Decimal(strike))


def _check_root(root: str) -> str:
    """The letters of the root."""
    found = _ROOT.fullmatch(root)
    if found is None or len(root) > _LONGEST_ROOT:
        raise OptionSymbolError(
            "root", f"{root!r} is no root: 1 to 6 characters, letters with at most a digit before and behind"
        )
    return found["letters"]


def _option_type(right: str, text: str) -> OptionType:
    if right not in "CP":
        raise OptionSymbolError("type", f"the option in {text!r} is neither C (call) nor P (put) but {right!r}")
    return OptionType.CALL if right == "C" else OptionType.PUT


def _expiration(date: str, text: str) -> dt.date:
    try:
        return dt.date(2000 + int(date[:2]), int(date[2:4]), int(date[4:]))
    except ValueError:
        raise OptionSymbolError("expiration", f"{date} in {text!r} is no date (YYMMDD)") from None
