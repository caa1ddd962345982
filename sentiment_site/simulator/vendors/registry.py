"""Every simulated vendor."""

from __future__ import annotations

from sentiment_site.simulator.vendors.alternative import ALTERNATIVE
from sentiment_site.simulator.vendors.anthropic.endpoints import ANTHROPIC
from sentiment_site.simulator.vendors.coingecko.endpoints import COINGECKO
from sentiment_site.simulator.vendors.coinpaprika import COINPAPRIKA
from sentiment_site.simulator.vendors.edgar.endpoints import EDGAR
from sentiment_site.simulator.vendors.fmp import FMP
from sentiment_site.simulator.vendors.polygon.endpoints import POLYGON
from sentiment_site.simulator.vendors.reddit.endpoints import REDDIT
from sentiment_site.simulator.vendors.rss.endpoints import RSS
from sentiment_site.simulator.vendors.vendor import Vendor
from sentiment_site.simulator.vendors.x.endpoints import X

_ALL = (
    POLYGON, FMP, COINGECKO, COINPAPRIKA, ALTERNATIVE, ANTHROPIC, REDDIT, X, EDGAR, RSS,
)  # fmt: skip
VENDORS: dict[str, Vendor] = {vendor.name: vendor for vendor in _ALL}
