"""One symbol, three spellings. The canonical form is Massive's (Polygon's), which the product stores and joins on.

    case           canonical   dash (SEC, FMP, Yahoo)   Nasdaq screener
    class share    BRK.B       BRK-B                    BRK/B
    preferred      KIMpL       KIM-PL                   KIM^L
    warrant        XYZ.WS      XYZ-WT                   XYZ/WS
    unit           XYZ.U       XYZ-UN                   XYZ/U
    right          XYZr        XYZ-RI                   (none known)

Everything is case-sensitive: `KIMpL` is a preferred share of KIM and `KIMPL` would be another company, so a symbol is
never put into upper case. Five-letter Nasdaq suffixes (warrant W, unit U, right R) are spelled alike everywhere. The
dash form cannot tell a class P share from a preferred share without a series; `XYZ-P` is read as the preferred share
`XYZp`, of which there are many. Source: docs/providers.md.
"""

from __future__ import annotations

import re

_PREFERRED = re.compile(r"(?P<root>[A-Z]+)p(?P<series>[A-Z]{0,2})")
_RIGHT = re.compile(r"(?P<root>[A-Z]+)r")
_DASH_PREFERRED = re.compile(r"(?P<root>[A-Z]+)-P(?P<series>[A-Z]{0,2})")
_NASDAQ_PREFERRED = re.compile(r"(?P<root>[A-Z]+)\^(?P<series>[A-Z]{0,2})")
_TO_DASH_SUFFIX = {".WS": "-WT", ".U": "-UN"}
_FROM_DASH_SUFFIX = {"-WT": ".WS", "-UN": ".U"}


def to_dash(symbol: str) -> str:
    """Canonical to the spelling of SEC, FMP and Yahoo."""
    if found := _PREFERRED.fullmatch(symbol):
        return f"{found['root']}-P{found['series']}"
    if found := _RIGHT.fullmatch(symbol):
        return f"{found['root']}-RI"
    for ours, theirs in _TO_DASH_SUFFIX.items():
        if symbol.endswith(ours):
            return symbol.removesuffix(ours) + theirs
    return symbol.replace(".", "-")


def from_dash(symbol: str) -> str:
    """The spelling of SEC, FMP and Yahoo to canonical. Foreign listings ("VOD.L") are the caller's to keep out."""
    if found := _DASH_PREFERRED.fullmatch(symbol):
        return f"{found['root']}p{found['series']}"
    if symbol.endswith("-RI"):
        return symbol.removesuffix("-RI") + "r"
    for theirs, ours in _FROM_DASH_SUFFIX.items():
        if symbol.endswith(theirs):
            return symbol.removesuffix(theirs) + ours
    return symbol.replace("-", ".")


def to_nasdaq(symbol: str) -> str | None:
    """Canonical to the Nasdaq screener's spelling; None for rights, which it has no known spelling for."""
    if found := _PREFERRED.fullmatch(symbol):
        return f"{found['root']}^{found['series']}"
    if _RIGHT.fullmatch(symbol):
        return None
    return symbol.replace(".", "/")


def from_nasdaq(symbol: str) -> str:
    """The Nasdaq screener's spelling to canonical."""
    if found := _NASDAQ_PREFERRED.fullmatch(symbol):
        return f"{found['root']}p{found['series']}"
    return symbol.replace("/", ".")
