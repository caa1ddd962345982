"""Symbols of files in the canonical form, and the form a canonical symbol has."""

from __future__ import annotations

from typing import Final

from sentiment_site.providers.symbols import from_dash, from_nasdaq

CANONICAL: Final = "[A-Z][A-Za-z0-9.]{0,15}"


def canonical(symbol: str) -> str:
    """A file's symbol as the product stores it: BRK/A, BRK-A and BRK_A are BRK.A, KIM^L is KIMpL. Case is kept."""
    if "/" in symbol or "^" in symbol:
        return from_nasdaq(symbol)
    return from_dash(symbol) if "-" in symbol else symbol.replace("_", ".")
