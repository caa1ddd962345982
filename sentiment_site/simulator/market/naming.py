"""Names and symbols for issuers that do not exist, in the patterns real listings follow.

Symbols are unique over the whole listing, compared without case, because careless readers fold the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_STARTS = _words(
    "Al Ar Ax Bel Bri Cal Ce Co Cy Da Del El Em Ev Fal Gen Gra Hal Hy In Ja Kal Ken Lu Mar Med Mo Nav Neo Nor Om Or "
    "Pac Per Pro Qua Ra Re Sa Sil So Ter Tri Ul Va Ver Vi Wes Xe Zen"
)
_MIDDLES = ("", "", "", *_words("ba co da di ga la li ma mi na no ra ri ro se ta vi"))
_ENDS = _words(
    "con dian dyne ford gen lis lon max mont nex nova nta phi pex ris ron sys tek ton tra trix vance ver via vista xa "
    "zon zyme"
)
_FORMS = ("Inc.", "Inc.", "Corp.", "Corporation", "Holdings, Inc.", "Group, Inc.", "Co.", "Ltd.", "plc")
_SHARES = ("", "", " Common Stock", " Class A Common Stock", " Common Shares", " Ordinary Shares")

# a visitor who knows these would be misled by what the simulator makes of them
_FAMOUS = frozenset(
    _words(
        "A AA AAPL AMC AMD AMZN BAC BA BRK C F GE GM GME GOOG GOOGL IBM INTC JPM KO META MSFT NFLX NVDA PLTR "
        "T TSLA V WMT X"
    )
)


def issuer_name(rng: np.random.Generator, words: Sequence[str]) -> str:
    """A company name such as "Belcodyne Therapeutics, Inc." without the share class."""
    stem = _pick(rng, _STARTS) + _pick(rng, _MIDDLES) + _pick(rng, _ENDS)
    return f"{stem} {_pick(rng, words)} {_pick(rng, _FORMS)}"


def share_suffix(rng: np.random.Generator) -> str:
    """What vendors append to a company's name for its common stock; often nothing."""
    return _pick(rng, _SHARES)


class Symbols:
    """Gives out symbols, each once."""

    def __init__(self, reserved: Sequence[str]) -> None:
        self._taken = {*_FAMOUS, *reserved}

    def take(self, rng: np.random.Generator, name: str, exchange: str) -> str:
        """A root for the issuer: four letters on Nasdaq, one to three on NYSE and NYSE American, from its name."""
        length = 4 if exchange == "XNAS" else int(rng.choice((2, 3, 3, 3)))
        letters = [letter for letter in name.upper() if letter in ascii_uppercase]
        root = letters[0] + "".join(sorted_by_position(rng, letters[1:9], length - 1))
        while root in self._taken:
            root = letters[0] + "".join(rng.choice(list(ascii_uppercase), length - 1 if length > 3 else 2))
            length = length if rng.random() < 0.9 else 4
        self._taken.add(root)
        return root

    def derive(self, symbol: str) -> str | None:
        """Claim a symbol made from a root (a warrant's, a preferred's); None if another security has it."""
        if symbol.upper() in self._taken:
            return None
        self._taken.add(symbol.upper())
        return symbol


def sorted_by_position(rng: np.random.Generator, letters: Sequence[str], count: int) -> list[str]:
    """`count` letters of the name in the order they stand in it."""
    places = np.sort(rng.choice(len(letters), count, replace=False))
    return [letters[place] for place in places]


def dashed(symbol: str) -> str:
    """FMP's spelling of a Massive symbol: BRK.B -> BRK-B, KIMpL -> KIM-PL, XYZ.WS -> XYZ-WT, XYZ.U -> XYZ-UN."""
    if symbol.endswith(".WS"):
        return symbol[:-3] + "-WT"
    if symbol.endswith(".U"):
        return symbol[:-2] + "-UN"
    root, preferred, series = symbol.partition("p")
    if preferred:
        return f"{root}-P{series}"
    if symbol.endswith("r"):
        return symbol[:-1] + "-RI"
    return symbol.replace(".", "-")


def _pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]
