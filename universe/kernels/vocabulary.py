"""The words vendors use for sectors, normalised to eleven, and the eleven brought to the product's eight.

Sources: upstreams.md 1.9 (FMP/Yahoo and Nasdaq screener vocabularies), methods.md 11.16 (eleven to eight).
"""

from __future__ import annotations

COMMUNICATION = "communication_services"
CONSUMER_DISCRETIONARY = "consumer_discretionary"
CONSUMER_STAPLES = "consumer_staples"
ENERGY = "energy"
FINANCIALS = "financials"
HEALTH_CARE = "health_care"
INDUSTRIALS = "industrials"
MATERIALS = "materials"
REAL_ESTATE = "real_estate"
TECHNOLOGY = "technology"
UTILITIES = "utilities"

ELEVEN: tuple[str, ...] = (
    COMMUNICATION,
    CONSUMER_DISCRETIONARY,
    CONSUMER_STAPLES,
    ENERGY,
    FINANCIALS,
    HEALTH_CARE,
    INDUSTRIALS,
    MATERIALS,
    REAL_ESTATE,
    TECHNOLOGY,
    UTILITIES,
)

# Lower-case vendor words. "Miscellaneous" and blank say nothing and are absent. The last block is Nasdaq's older list,
# which its history still carries; its "Consumer Services" holds REITs and media beside retail and is left out.
VENDOR_SECTORS: dict[str, str] = {
    # FMP, Yahoo
    "basic materials": MATERIALS,
    "communication services": COMMUNICATION,
    "consumer cyclical": CONSUMER_DISCRETIONARY,
    "consumer defensive": CONSUMER_STAPLES,
    "energy": ENERGY,
    "financial services": FINANCIALS,
    "healthcare": HEALTH_CARE,
    "industrials": INDUSTRIALS,
    "real estate": REAL_ESTATE,
    "technology": TECHNOLOGY,
    "utilities": UTILITIES,
    # Nasdaq screener
    "finance": FINANCIALS,
    "consumer discretionary": CONSUMER_DISCRETIONARY,
    "health care": HEALTH_CARE,
    "consumer staples": CONSUMER_STAPLES,
    "telecommunications": COMMUNICATION,
    # GICS
    "financials": FINANCIALS,
    "financial": FINANCIALS,
    "information technology": TECHNOLOGY,
    "materials": MATERIALS,
    # Nasdaq before 2021
    "basic industries": MATERIALS,
    "capital goods": INDUSTRIALS,
    "transportation": INDUSTRIALS,
    "consumer durables": CONSUMER_DISCRETIONARY,
    "consumer non-durables": CONSUMER_STAPLES,
    "public utilities": UTILITIES,
}

# Industry words of telephone carriers; equipment makers and cable or broadcast companies are no carriers.
CARRIER_INDUSTRIES = frozenset(
    {
        "telecommunications services",
        "telecom services",
        "diversified telecommunication services",
        "integrated telecommunication services",
        "wireless telecommunication services",
        "telephone communications",
        "telecommunications carriers",
    }
)

# What the eight call the sectors that need no judgement.
DIRECT: dict[str, str] = {
    TECHNOLOGY: "technology",
    HEALTH_CARE: "healthcare",
    ENERGY: "energy",
    FINANCIALS: "financial",
    CONSUMER_DISCRETIONARY: "consumer_discretionary",
    INDUSTRIALS: "industrials",
    MATERIALS: "materials",
    UTILITIES: "utilities",
}
# What has no place of its own among the eight and is brought to the nearest one.
MAPPED: dict[str, str] = {
    COMMUNICATION: "technology",
    REAL_ESTATE: "financial",
    CONSUMER_STAPLES: "consumer_discretionary",
}
CARRIER_SECTOR = "utilities"


def normalise_sector(words: str) -> str:
    """One of the eleven for a vendor's sector name; "" for a blank, Miscellaneous or unknown word."""
    return VENDOR_SECTORS.get(words.strip().lower(), "")


def is_carrier(industry: str) -> bool:
    """Whether a vendor's industry word means a telephone carrier."""
    return industry.strip().lower() in CARRIER_INDUSTRIES


def to_eight(eleven: str, *, carrier: bool = False) -> tuple[str, bool]:
    """(sector of the eight, whether it was mapped) for one of the eleven; ("", False) for ""."""
    if eleven in DIRECT:
        return DIRECT[eleven], False
    if eleven == COMMUNICATION and carrier:
        return CARRIER_SECTOR, True
    return (MAPPED[eleven], True) if eleven else ("", False)
