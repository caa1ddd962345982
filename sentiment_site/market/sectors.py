"""The eight sectors the product speaks of, in their fixed order on every page, with the ETF that stands for each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sector:
    """One of the eight: `key` is stored, `title` is shown, `etf` is the SPDR fund used as its proxy."""

    key: str
    title: str
    etf: str


SECTORS: tuple[Sector, ...] = (
    Sector("technology", "Technology", "XLK"),
    Sector("healthcare", "Healthcare", "XLV"),
    Sector("energy", "Energy", "XLE"),
    Sector("financial", "Financial", "XLF"),
    Sector("consumer_discretionary", "Consumer", "XLY"),
    Sector("industrials", "Industrials", "XLI"),
    Sector("materials", "Materials", "XLB"),
    Sector("utilities", "Utilities", "XLU"),
)

SECTOR_BY_KEY: dict[str, Sector] = {sector.key: sector for sector in SECTORS}
BENCHMARK = "IWM"
