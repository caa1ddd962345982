"""SIC code to sector, as data. No official crosswalk exists: the table of upstreams.md 1.9, first match wins."""

from __future__ import annotations

from .vocabulary import (
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

# (first code, last code, sector of the eleven). Narrow rows stand before the wide ones they are cut out of.
SIC_SECTORS: tuple[tuple[int, int, str], ...] = (
    (100, 999, CONSUMER_STAPLES),
    (1000, 1099, MATERIALS),
    (1400, 1499, MATERIALS),
    (1200, 1399, ENERGY),
    (1531, 1531, CONSUMER_DISCRETIONARY),
    (1500, 1799, INDUSTRIALS),
    (2000, 2199, CONSUMER_STAPLES),
    (2200, 2399, CONSUMER_DISCRETIONARY),
    (2400, 2499, MATERIALS),
    (2600, 2699, MATERIALS),
    (2500, 2599, CONSUMER_DISCRETIONARY),
    (2700, 2749, COMMUNICATION),
    (2750, 2799, INDUSTRIALS),
    (2833, 2836, HEALTH_CARE),
    (2840, 2844, CONSUMER_STAPLES),
    (2800, 2829, MATERIALS),
    (2850, 2899, MATERIALS),
    (2900, 2999, ENERGY),
    (3011, 3011, CONSUMER_DISCRETIONARY),
    (3021, 3021, CONSUMER_DISCRETIONARY),
    (3000, 3099, MATERIALS),
    (3100, 3199, CONSUMER_DISCRETIONARY),
    (3200, 3399, MATERIALS),
    (3533, 3533, ENERGY),
    (3559, 3559, TECHNOLOGY),
    (3570, 3579, TECHNOLOGY),
    (3400, 3599, INDUSTRIALS),
    (3630, 3639, CONSUMER_DISCRETIONARY),
    (3651, 3652, CONSUMER_DISCRETIONARY),
    (3661, 3679, TECHNOLOGY),
    (3600, 3699, INDUSTRIALS),
    (3711, 3716, CONSUMER_DISCRETIONARY),
    (3751, 3751, CONSUMER_DISCRETIONARY),
    (3790, 3799, CONSUMER_DISCRETIONARY),
    (3720, 3769, INDUSTRIALS),
    (3812, 3812, INDUSTRIALS),
    (3826, 3826, HEALTH_CARE),
    (3841, 3851, HEALTH_CARE),
    (3820, 3829, TECHNOLOGY),
    (3861, 3861, TECHNOLOGY),
    (3873, 3873, CONSUMER_DISCRETIONARY),
    (3900, 3999, CONSUMER_DISCRETIONARY),
    (4600, 4619, ENERGY),
    (4000, 4799, INDUSTRIALS),
    (4800, 4899, COMMUNICATION),
    (4922, 4923, ENERGY),  # pipelines; 4924 distributes gas to households
    (4950, 4959, INDUSTRIALS),
    (4900, 4991, UTILITIES),
    (5010, 5013, CONSUMER_DISCRETIONARY),
    (5045, 5045, TECHNOLOGY),
    (5065, 5065, TECHNOLOGY),
    (5047, 5047, HEALTH_CARE),
    (5122, 5122, HEALTH_CARE),
    (5160, 5160, MATERIALS),
    (5171, 5172, ENERGY),
    (5100, 5199, CONSUMER_STAPLES),
    (5000, 5099, INDUSTRIALS),
    (5331, 5331, CONSUMER_STAPLES),
    (5400, 5499, CONSUMER_STAPLES),
    (5912, 5912, CONSUMER_STAPLES),
    (5200, 5999, CONSUMER_DISCRETIONARY),
    (6324, 6324, HEALTH_CARE),
    (6500, 6599, REAL_ESTATE),
    (6798, 6798, REAL_ESTATE),
    (6770, 6770, ""),  # blank check: screened out by name and code, no sector of its own
    (6792, 6792, ENERGY),
    (6000, 6499, FINANCIALS),
    (6700, 6799, FINANCIALS),
    (7000, 7041, CONSUMER_DISCRETIONARY),
    (7200, 7299, CONSUMER_DISCRETIONARY),
    (7310, 7319, COMMUNICATION),
    (7370, 7379, TECHNOLOGY),
    (7320, 7389, INDUSTRIALS),
    (7812, 7841, COMMUNICATION),
    (7500, 7549, CONSUMER_DISCRETIONARY),
    (7900, 7999, CONSUMER_DISCRETIONARY),
    (8000, 8099, HEALTH_CARE),
    (8731, 8734, HEALTH_CARE),
    (8200, 8299, CONSUMER_DISCRETIONARY),
    (8700, 8744, INDUSTRIALS),
)

# Known companies whose code does not say what they do (upstreams.md 1.9).
SIC_MISFITS: dict[str, str] = {
    "META": COMMUNICATION,
    "GOOG": COMMUNICATION,
    "GOOGL": COMMUNICATION,
    "V": FINANCIALS,
    "MA": FINANCIALS,
    "PYPL": FINANCIALS,
    "BKNG": CONSUMER_DISCRETIONARY,
}

# Telephone and telegraph: carriers, which behave like utilities (methods.md 11.16).
CARRIER_CODES = frozenset({4812, 4813, 4822})


def parse_code(sic_code: str) -> int | None:
    """The code as a number; None for anything that is not four digits or fewer."""
    return int(sic_code) if sic_code.isascii() and sic_code.isdigit() and len(sic_code) <= 4 else None


def classify_sic(sic_code: str, symbol: str = "") -> str:
    """Sector of the eleven for a SIC code ("7372"), "" when the table does not know it; misfits go by symbol."""
    code = parse_code(sic_code)
    if code is None:
        return ""
    if symbol in SIC_MISFITS:
        return SIC_MISFITS[symbol]
    return next((sector for first, last, sector in SIC_SECTORS if first <= code <= last), "")
