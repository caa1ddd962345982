"""Which listings typed as common stock are no operating company: funds, partnerships, royalty trusts, blank checks.

The vendor types some closed-end funds, limited partnerships and SPACs as CS (upstreams.md 1.7); S1 wants companies
whose gaps come from their business. Patterns were tried on the names of 14,225 symbols listed 2021 to 2026; an
operator's include override wins where they err. Banks and REITs with "Trust" in their name are meant to pass.
"""

from __future__ import annotations

import re

BLANK_CHECK_SIC = "6770"
BLANK_CHECK_INDUSTRIES = frozenset({"Blank Checks", "Shell Companies"})

_FUND = re.compile(
    r"\bfunds?\b|\be\.?t\.?[fnp]s?\b|\bclosed[- ]end\b|\bunits of beneficial interests?\b"
    r"|\btrust for investment grade\b",
    re.IGNORECASE,
)
_TRUST = re.compile(
    r"\b(?:royalty|petroleum|oil|mineral|municipals?|muni\w*|bond|term|dividend|premium|equity|global|multi-media"
    r"|opportunit(?:y|ies)|income|investors|small-cap|grantor"
    r"|bitcoin|ethereum|solana|gold|silver|platinum|palladium|metals?)\b(?: \w+)? trust\b",
    re.IGNORECASE,
)
_PARTNERSHIP = re.compile(
    r"\bl\.?p\.?(?=$|[\s,;)])|\blimited partner(?:ship)?\b|\bltd partnership\b|\bunit certificates\b", re.IGNORECASE
)
_REAL_ESTATE = re.compile(r"\b(?:realty|properties|property|real estate|reit|mortgage|hotel|storage)\b", re.IGNORECASE)
_BLANK_CHECK = re.compile(
    r"\bacquisitions? (?:corp(?:oration)?|co(?:mpany)?|inc|ltd|limited|[ivx]+|\d+)\b|\bspac\b|\bblank check\b",
    re.IGNORECASE,
)


def is_blank_check(name: str, sic_code: str, industry: str) -> bool:
    """Whether the listing is a SPAC or shell: SIC 6770, or (with no code) the vendor's shell industry or the name.

    A known SIC code other than 6770 clears the name: companies keep an "Acquisition Corp." name after a merger.
    """
    if sic_code:
        return sic_code == BLANK_CHECK_SIC
    return industry in BLANK_CHECK_INDUSTRIES or _BLANK_CHECK.search(name) is not None


def is_fund_like(name: str) -> bool:
    """Whether the name is that of a fund, a limited partnership or a royalty or commodity trust."""
    if _PARTNERSHIP.search(name) or _FUND.search(name):
        return True
    return _TRUST.search(name) is not None and _REAL_ESTATE.search(name) is None
