"""Details per ticker (shares, SIC code), one call each: only for names that could pass, and not again for 30 days.

Calls run in 8 threads, in chunks that are stored as they come, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from django.db import transaction
from django.db.models import Q

from sentiment_site.market import calendar, clock
from sentiment_site.providers.errors import NotFound, ProviderError
from sentiment_site.providers.polygon import Polygon
from sentiment_site.providers.records import CompanyRecord, DetailsRecord
from universe import bars
from universe.kernels.rules import Rules
from universe.kernels.screening import compute_average_volume
from universe.models import DataSource, Instrument

from .readings import store_details

AGE = dt.timedelta(days=30)
THREADS = 8
CHUNK = 200
# A vendor that fails this often in a row of calls is down; the rest waits for the next run.
MOST_FAILURES = 20
# A cap this many times beyond the bounds will not come back inside before the details are asked for again.
CAP_MARGIN = 2.0


@dataclass(slots=True)
class DetailsResult:
    """What asking for details brought. `waiting`: names that should have been asked for and were not."""

    asked: int = 0
    stored: int = 0
    unknown: int = 0
    waiting: int = 0
    errors: list[ProviderError] = field(default_factory=list)


def list_wanted(rules: Rules, companies: Mapping[str, CompanyRecord], now: dt.datetime) -> list[tuple[int, str]]:
    """(id, symbol) of screened types whose details are due and that could pass by price, volume and cap, dullest last.

    Price and volume come from the last 20 daily bars; before there are any, from the screener's row. Without either a
    name is not asked for. A cap speaks against a name only when the screener knows it and it is far out of bounds.
    """
    due = list(
        Instrument.objects.filter(role=Instrument.Role.STOCK, kind__in=rules.types, exchange__in=rules.exchanges)
        .filter(delisted_on__isnull=True)
        .filter(Q(details_checked_at__isnull=True) | Q(details_checked_at__lt=now - AGE))
        .order_by("pk")
        .values_list("pk", "symbol")
    )
    sessions = [session.date for session in calendar.recent_sessions(now, rules.volume_sessions)]
    panel = bars.load_daily(np.array([pk for pk, _ in due], dtype=np.int32), sessions)
    average = compute_average_volume(panel.volume, rules.volume_sessions, 1)
    price = _last_known(panel.close)
    for place, (_, symbol) in enumerate(due):
        company = companies.get(symbol)
        if np.isnan(price[place]) and company and company.price and company.volume:
            price[place], average[place] = company.price, company.volume
    caps = [company.market_cap if (company := companies.get(symbol)) else None for _, symbol in due]
    near = np.array([c is None or rules.cap_min / CAP_MARGIN <= c <= rules.cap_max * CAP_MARGIN for c in caps], bool)
    passes = near & (price >= rules.price_min) & (price <= rules.price_max) & (average >= rules.volume_floors[-1])
    order = np.argsort(-np.where(passes, average, 0), kind="stable")
    return [due[place] for place in order.tolist() if passes[place]]


def refresh_details(
    polygon: Polygon,
    wanted: Sequence[tuple[int, str]],
    source_of: Callable[[bool], DataSource],
    on: dt.date,
    progress: Callable[[float], None],
) -> DetailsResult:
    """Fetch and store. Ends early when the vendor keeps failing or refuses; what was stored stays.

    source_of: the source to write for, given whether the answer is simulated.
    """
    result = DetailsResult()
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        answers = _fetch_chunk(polygon, [symbol for _, symbol in chunk])
        _store_chunk(chunk, answers, source_of, on, result)
        progress(min(1.0, (start + CHUNK) / len(wanted)))
        if len(result.errors) >= MOST_FAILURES or any(not error.temporary for error in result.errors):
            break
    result.waiting = len(wanted) - result.stored - result.unknown
    return result


Answer = tuple[DetailsRecord, bool] | ProviderError


def _fetch_chunk(polygon: Polygon, symbols: Sequence[str]) -> list[Answer]:
    def fetch(symbol: str) -> Answer:
        try:
            fetched = polygon.fetch_details(symbol)
        except ProviderError as error:
            return error
        return fetched.records, fetched.simulated

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(fetch, symbols))


def _store_chunk(
    chunk: Sequence[tuple[int, str]],
    answers: Sequence[Answer],
    source_of: Callable[[bool], DataSource],
    on: dt.date,
    result: DetailsResult,
) -> None:
    now = clock.now()
    found: dict[int, tuple[DetailsRecord, bool]] = {}
    unknown: list[int] = []
    for (pk, _), answer in zip(chunk, answers, strict=True):
        if isinstance(answer, NotFound):
            unknown.append(pk)
        elif isinstance(answer, ProviderError):
            result.errors.append(answer)
        else:
            found[pk] = answer
    # by our own symbol: the vendor may answer under the name it has today
    ids = {record.symbol: pk for pk, (record, _) in found.items()}
    with transaction.atomic():
        if found:
            simulated = any(flag for _, flag in found.values())
            store_details([record for record, _ in found.values()], ids, source_of(simulated), on, now)
        Instrument.objects.filter(pk__in=[*found, *unknown]).update(details_checked_at=now)
    result.asked += len(chunk)
    result.stored += len(found)
    result.unknown += len(unknown)


def _last_known(close: np.ndarray) -> np.ndarray:
    """The newest known close of each row, NaN where there is none; float64 (n,)."""
    last = np.full(close.shape[0], np.nan)
    for column in range(close.shape[1]):
        last = np.where(np.isfinite(close[:, column]), close[:, column], last)
    return last
