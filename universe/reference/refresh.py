"""The nightly reference data, vendor by vendor: every fetch outside a transaction, every store one transaction.

What fails does not stop the rest: the error is kept, the old rows stay, and the run ends with the vendor's fault named.
Only the list of tickers is indispensable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction

from sentiment_site.market import calendar, clock
from sentiment_site.providers.errors import NotEntitled, ProviderError
from sentiment_site.providers.records import CompanyRecord, Fetched, TickerRecord
from sentiment_site.providers.registry import Vendors, first_entitled
from sentiment_site.providers.setup import vendors as configured_vendors
from universe.bars.sources import refuse_mixing, vendor_source
from universe.kernels.rules import Rules, parse_rules
from universe.models import DataSource, Instrument
from universe.selectors import latest_profile

from .details import list_wanted, refresh_details
from .listing import store_funds, store_listing
from .readings import store_companies, store_floats, store_short_interest, store_splits

T = TypeVar("T")
Progress = Callable[[float, str], None]

EXCHANGES = ("XNAS", "XNYS", "XASE")
# Types that trade like shares; the funnel shows how many of them are no common stock. Funds are a list of their own.
TYPES = ("CS", "ADRC", "PFD", "WARRANT", "RIGHT", "UNIT")
SPLITS_BACK = dt.timedelta(days=400)
SHORT_INTEREST_BACK = dt.timedelta(days=60)
LARGEST_CAP = 1e14


@dataclass(slots=True)
class ReferenceReport:
    """What a refresh did, in lines for the job's row, and the errors that did not stop it."""

    lines: list[str] = field(default_factory=list)
    errors: list[ProviderError] = field(default_factory=list)


def refresh_reference(progress: Progress | None = None, vendors: Vendors | None = None) -> ReferenceReport:
    """Fetch and store everything; see the module. Raises the ProviderError of the ticker list, if that fails."""
    return _Refresh(vendors or configured_vendors(), progress or _silent).run()


def _silent(percent: float, phase: str) -> None:
    """Progress that nobody watches."""


class _Refresh:
    """One run: what every step shares."""

    def __init__(self, vendors: Vendors, progress: Progress) -> None:
        self.vendors, self.progress = vendors, progress
        self.now = clock.now()
        self.on = calendar.last_closed_session(self.now).date
        self.today = self.now.astimezone(calendar.NEW_YORK).date()
        self.report = ReferenceReport()
        self.companies: dict[str, CompanyRecord] = {}

    def run(self) -> ReferenceReport:
        self.progress(0, "tickers")
        self._listing()
        for percent, phase, step in (
            (20, "market caps and sectors", self._companies),
            (30, "floats", self._floats),
            (40, "short interest", self._short_interest),
            (50, "splits", self._splits),
            (55, "details", self._details),
        ):
            self.progress(percent, phase)
            try:
                step()
            except ProviderError as error:
                self._failed(phase, error)
        self.progress(100, "done")
        return self.report

    def _listing(self) -> None:
        records: list[TickerRecord] = []
        simulated = False
        scope = [(exchange, kind) for exchange in EXCHANGES for kind in TYPES]
        for done, (exchange, kind) in enumerate(scope):
            fetched = self.vendors.polygon.fetch_tickers(exchange, kind)
            records += fetched.records
            simulated |= fetched.simulated
            self.progress(20 * done / len(scope), f"tickers {exchange} {kind}")
        source = _source("polygon", simulated)
        with transaction.atomic(), connection.cursor() as cursor:
            refuse_mixing(cursor, source)
            result = store_listing(records, scope, source, self.today, self.now)
            funds = store_funds(source, self.now)
        self._say(
            f"{len(records):,} tickers: {result.created} new, {result.renamed} renamed, {result.delisted} delisted, "
            f"{result.relisted} listed again, {result.changed} changed; {funds} ETFs new"
        )
        if result.missing:
            self._say(f"{result.missing:,} known tickers were missing, too many to be believed: none marked delisted")

    def _companies(self) -> None:
        # All sizes: a stock that is too large should be left out for its cap, not for a cap that nobody asked for.
        fetched = self.vendors.fmp.fetch_screener(0, LARGEST_CAP, sorted(self.rules.exchanges))
        self.companies = {record.symbol: record for record in fetched.records}
        source = _source(fetched.vendor, fetched.simulated)
        with transaction.atomic():
            new = store_companies(fetched.records, self.ids, source, self.on, self.now)
        self._say(f"{len(fetched.records):,} companies from {source}: {new} changed caps, sectors or industries")

    def _floats(self) -> None:
        polygon, fmp = self.vendors.polygon, self.vendors.fmp
        fetched = self._first("float", (polygon, polygon.fetch_floats), (fmp, fmp.fetch_floats))
        source = _source(fetched.vendor, fetched.simulated)
        with transaction.atomic():
            new = store_floats(fetched.records, self.ids, source, self.on, self.now)
        self._say(f"{len(fetched.records):,} floats from {source}: {new} changed")

    def _short_interest(self) -> None:
        polygon = self.vendors.polygon
        fetch = partial(polygon.fetch_short_interest, self.today - SHORT_INTEREST_BACK)
        fetched = self._first("short_interest", (polygon, fetch))
        source = _source(fetched.vendor, fetched.simulated)
        with transaction.atomic():
            new = store_short_interest(fetched.records, self.ids, source, self.now)
        self._say(f"{len(fetched.records):,} short interest figures from {source}: {new} new")

    def _splits(self) -> None:
        fetched = self.vendors.polygon.fetch_splits(self.today - SPLITS_BACK)
        source = _source(fetched.vendor, fetched.simulated)
        with transaction.atomic():
            new = store_splits(fetched.records, self.ids, source, self.today, self.now)
        self._say(f"{len(fetched.records):,} splits from {source}: {new} new")

    def _details(self) -> None:
        wanted = list_wanted(self.rules, self.companies, self.now)
        result = refresh_details(
            self.vendors.polygon,
            wanted,
            lambda simulated: _source("polygon", simulated),
            self.on,
            lambda share: self.progress(55 + 45 * share, "details"),
        )
        self._say(
            f"details of {result.asked:,} tickers: {result.stored:,} stored, {result.unknown} unknown to the vendor, "
            f"{result.waiting:,} left for the next run"
        )
        for error in result.errors[:1]:
            self._failed("details", error)

    def _first(self, capability: str, *sources: tuple[object, Callable[[], Fetched[T]]]) -> Fetched[T]:
        fetched, refusals = first_entitled(capability, sources)  # type: ignore[arg-type]
        for refusal in refusals:
            self._say(f"{capability}: {refusal}")
        return fetched

    def _failed(self, phase: str, error: ProviderError) -> None:
        self._say(f"{phase}: {error}")
        if not isinstance(error, NotEntitled):
            self.report.errors.append(error)

    def _say(self, line: str) -> None:
        self.report.lines.append(line)

    @cached_property
    def ids(self) -> dict[str, int]:
        """Symbol to id of everything listed."""
        return dict(Instrument.objects.filter(delisted_on__isnull=True).values_list("symbol", "pk"))

    @cached_property
    def rules(self) -> Rules:
        """The bounds of the configured profile: what lies outside is not asked about."""
        return parse_rules(latest_profile(settings.UNIVERSE_PROFILE).rules)


def _source(vendor: str, simulated: bool) -> DataSource:
    delay = settings.POLYGON_DELAY_S if vendor == "polygon" else 0
    return vendor_source(vendor, simulated=simulated, delay_s=delay)
