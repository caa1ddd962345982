"""The sector of a stock from several sources that may disagree, with a confidence.

Rule (docs/methods/classification.md):
* Weights: vendor sector .5, SIC code .3, correlation with a sector ETF .2 (only when strong and ahead: correlation.py).
* The sector with the largest sum of weights wins; with equal sums the vendor's, who looked at the business.
* Confidence = weight of the sources that speak for the winner / weight of all that spoke; x 0.6 when the heaviest of
  them speaks for it through a mapping (communication, real estate, staples); at most .5 with fewer than two sources.
* An ETF correlation confirms; alone it classifies nothing.
* An operator's override decides with confidence 1; what the sources say stays in the evidence.
Sources: requirement S1 "Sector Classification System"; methods.md 11.16; upstreams.md 1.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from . import sic
from .vocabulary import CARRIER_SECTOR, is_carrier, normalise_sector, to_eight

VENDOR, SIC, ETF, OVERRIDE = "vendor sector", "SIC code", "ETF correlation", "override"
WEIGHTS: dict[str, float] = {VENDOR: 0.5, SIC: 0.3, ETF: 0.2}
MAPPED_FACTOR = 0.6
ONE_SOURCE_CAP = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one source says (`says`, its own words), the sector of the eight it speaks for, and whether by mapping."""

    source: str
    says: str
    weight: float
    sector: str
    mapped: bool = False


@dataclass(frozen=True, slots=True)
class Sector:
    """A decided sector ("" when nothing classifies the stock), confidence 0..1 to 3 places, and all evidence."""

    sector: str
    confidence: float
    evidence: tuple[Evidence, ...]

    def evidence_json(self) -> list[dict[str, Any]]:
        """The evidence as stored in Classification.evidence."""
        return [asdict(item) for item in self.evidence]


def classify_stock(
    symbol: str,
    *,
    vendor_sector: str = "",
    industry: str = "",
    sic_code: str = "",
    etf: str = "",
    etf_sector: str = "",
    etf_correlation: float = 0.0,
    override: str = "",
) -> Sector:
    """Classify one stock. Blank arguments say nothing; `etf_sector` and `override` are of the eight."""
    found = [
        _from_vendor(vendor_sector, industry, sic_code),
        _from_sic(sic_code, symbol, industry),
        Evidence(ETF, f"{etf} {etf_correlation:.2f}", WEIGHTS[ETF], etf_sector) if etf_sector else None,
    ]
    evidence = tuple(item for item in found if item is not None)
    if override:
        return Sector(override, 1.0, (Evidence(OVERRIDE, override, 1.0, override), *evidence))
    return combine_evidence(evidence)


def combine_evidence(evidence: Sequence[Evidence]) -> Sector:
    """The rule of this module on evidence in order of weight, heaviest first."""
    if not any(item.source != ETF for item in evidence):
        return Sector("", 0.0, tuple(evidence))
    sums: dict[str, float] = {}
    for item in evidence:
        sums[item.sector] = round(sums.get(item.sector, 0.0) + item.weight, 6)
    winner = max(sums, key=lambda sector: sums[sector])  # the first of equals, so the heaviest source's
    confidence = sums[winner] / sum(item.weight for item in evidence)
    heaviest = next(item for item in evidence if item.sector == winner)
    if heaviest.mapped:
        confidence *= MAPPED_FACTOR
    if len(evidence) < 2:
        confidence = min(confidence, ONE_SOURCE_CAP)
    return Sector(winner, round(confidence, 3), tuple(evidence))


def _from_vendor(words: str, industry: str, sic_code: str) -> Evidence | None:
    eleven = normalise_sector(words)
    if not eleven:
        return None
    carrier = is_carrier(industry) or sic.parse_code(sic_code) in sic.CARRIER_CODES
    sector, mapped = to_eight(eleven, carrier=carrier)
    says = f"{words.strip()}, {industry.strip()}" if sector == CARRIER_SECTOR and mapped else words.strip()
    return Evidence(VENDOR, says.rstrip(", "), WEIGHTS[VENDOR], sector, mapped)


def _from_sic(sic_code: str, symbol: str, industry: str) -> Evidence | None:
    eleven = sic.classify_sic(sic_code, symbol)
    if not eleven:
        return None
    carrier = sic.parse_code(sic_code) in sic.CARRIER_CODES or is_carrier(industry)
    sector, mapped = to_eight(eleven, carrier=carrier)
    return Evidence(SIC, sic_code, WEIGHTS[SIC], sector, mapped)
