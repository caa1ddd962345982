"""Which listed stocks a CIK or a symbol stands for."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sentiment_site.providers.event_records import CompanyTicker
from universe.kernels.rules import STRICT
from universe.models import Instrument
from universe.selectors import current_run

# Kinds of securities that a company's news moves as shares; warrants and preferred stock go their own ways.
SHARES = tuple(STRICT["types"])


@dataclass(frozen=True, slots=True)
class Stock:
    """A listed stock; `is_member` says whether the universe in force holds it."""

    id: int
    symbol: str
    name: str
    cik: str
    is_member: bool


@dataclass(frozen=True, slots=True)
class Stocks:
    """All listed stocks, by symbol and by CIK (several classes may share one)."""

    by_symbol: Mapping[str, Stock]
    by_cik: Mapping[str, Sequence[Stock]]

    @property
    def without_cik(self) -> int:
        """How many have no CIK."""
        return sum(not stock.cik for stock in self.by_symbol.values())


def load_stocks(at: dt.datetime) -> Stocks:
    """Everything listed that trades like shares."""
    run = current_run(at)
    members = set(run.memberships.filter(eligible=True).values_list("instrument_id", flat=True)) if run else set()
    rows = Instrument.objects.filter(role=Instrument.Role.STOCK, kind__in=SHARES, delisted_on__isnull=True)
    by_cik: defaultdict[str, list[Stock]] = defaultdict(list)
    by_symbol = {}
    for pk, symbol, name, cik in rows.order_by("pk").values_list("pk", "symbol", "name", "cik"):
        stock = by_symbol[symbol] = Stock(pk, symbol, name, cik, pk in members)
        if cik:
            by_cik[cik].append(stock)
    return Stocks(by_symbol, dict(by_cik))


def store_ciks(tickers: Sequence[CompanyTicker]) -> int:
    """Give listed stocks without a CIK the one EDGAR has for their symbol; how many."""
    known = {ticker.symbol: ticker.cik for ticker in tickers}
    rows = Instrument.objects.filter(role=Instrument.Role.STOCK, delisted_on__isnull=True, cik="", symbol__in=known)
    found = list(rows)
    for row in found:
        row.cik = known[row.symbol]
    Instrument.objects.bulk_update(found, ["cik"], batch_size=500)
    return len(found)
