"""Every simulated vendor."""

from __future__ import annotations

from sentiment_site.simulator.vendors.fmp import FMP
from sentiment_site.simulator.vendors.polygon.endpoints import POLYGON
from sentiment_site.simulator.vendors.vendor import Vendor

VENDORS: dict[str, Vendor] = {vendor.name: vendor for vendor in (POLYGON, FMP)}
