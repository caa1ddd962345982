"""Financial Modeling Prep."""

from sentiment_site.simulator.vendors.fmp.endpoints import FMP

__all__ = ["FMP"]
