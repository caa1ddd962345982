"""Threshold lists (Reg SHO): which stocks have had large fails to deliver for days, as their exchange says at night.

Only Nasdaq's list is read; stocks of other exchanges stay unknown. A list is stored whole or not at all, because who is
not on it counts as not listed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from sentiment_site.market import calendar, clock
from sentiment_site.providers.errors import NotFound
from sentiment_site.providers.registry import Vendors
from sentiment_site.providers.setup import vendors as configured_vendors
from universe.models import Instrument, ThresholdList

from .store import source_of

NASDAQ = "XNAS"
VENDOR = "nasdaq"


@dataclass(frozen=True, slots=True)
class ThresholdReport:
    """What a reading brought: of which session, how many names, how many of them are instruments of ours."""

    session: dt.date
    listed: int
    known: int


def refresh_threshold(vendors: Vendors | None = None) -> ThresholdReport | None:
    """Read and store the list of the newest session that has closed; None where it is not published yet.

    A session's list is stored once. ProviderError; then everything stays as it was.
    """
    session = calendar.last_closed_session(clock.now()).date
    try:
        fetched = (vendors or configured_vendors()).rss.fetch_threshold_list(session)
    except NotFound:
        return None
    source = source_of(VENDOR, simulated=fetched.simulated)
    living = Instrument.objects.filter(delisted_on__isnull=True, symbol__in=fetched.records)
    ids = dict(living.values_list("symbol", "pk"))
    said = {
        "instruments": sorted(ids.values()),
        "unmatched": sorted(set(fetched.records) - ids.keys()),
        "source": source,
        "recorded_at": clock.now(),
    }
    with transaction.atomic():
        ThresholdList.objects.get_or_create(exchange=NASDAQ, session=session, defaults=said)
    return ThresholdReport(session, len(fetched.records), len(ids))
