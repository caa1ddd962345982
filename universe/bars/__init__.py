"""Daily and half-hour bars: the one thing of the universe, besides models and selectors, that other apps import.

Bars are stored as traded and never updated: a correction is a new revision, a split is applied when reading. Readers
see what was known at the moment they ask for. docs/data-bars.md explains tables, revisions, splits and quarantine.
"""

from .ingest import RefreshReport, refresh_daily, refresh_intraday
from .listings import ids_on
from .load import arrived_at, load_daily, load_intraday, newest
from .quarantine import recheck
from .sources import MixedSources, get_source, holds_simulated_bars, sources_of, vendor_source
from .store import store_bars
from .tables import DailyPanel, IntradayPanel, StoreResult

__all__ = [
    "DailyPanel",
    "IntradayPanel",
    "MixedSources",
    "RefreshReport",
    "StoreResult",
    "arrived_at",
    "get_source",
    "holds_simulated_bars",
    "ids_on",
    "load_daily",
    "load_intraday",
    "newest",
    "recheck",
    "refresh_daily",
    "refresh_intraday",
    "sources_of",
    "store_bars",
    "vendor_source",
]
