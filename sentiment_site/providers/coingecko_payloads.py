"""CoinGecko's answers -> records. Its shapes and oddities: docs/providers.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from . import payload as read
from .crypto_records import CoinChart, CoinRecord, GlobalRecord
from .errors import BadPayload
from .records import Page

VENDOR: Final = "coingecko"
MILLISECONDS: Final = 1_000


def parse_global(body: bytes) -> Page[GlobalRecord]:
    """/global. BadPayload without a total in dollars, its moment or bitcoin's share: half a market is none."""
    content = read.decode(VENDOR, body)
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise BadPayload(VENDOR, "no data object in the global figures")
    total = read.positive(_mapping(data.get("total_market_cap")).get("usd"))
    at = read.epoch(data.get("updated_at"), 1)
    shares = {
        str(symbol).lower(): found / 100.0
        for symbol, value in _mapping(data.get("market_cap_percentage")).items()
        if (found := read.number(value)) is not None
    }
    if total is None or at is None or "btc" not in shares:
        raise BadPayload(VENDOR, "global figures without total, moment or bitcoin's share")
    return Page(GlobalRecord(total, shares, at))


def parse_markets(body: bytes) -> Page[tuple[CoinRecord, ...]]:
    """A page of /coins/markets, largest first. Rows without an id or a price are skipped and counted."""
    records, skipped = read.parse_rows(read.rows_of(VENDOR, _list(body), "markets"), _coin)
    return Page(records, skipped=skipped)


def parse_market_chart(body: bytes) -> Page[CoinChart]:
    """/coins/{id}/market_chart: the prices' moments, each with the cap of the same moment or NaN (null, 0, absent).

    Pairs that are no pair, and moments that come twice, are skipped and counted.
    """
    content = read.decode(VENDOR, body)
    if not isinstance(content, dict):
        raise BadPayload(VENDOR, f"market chart is {type(content).__name__}, not an object")
    prices, bad = _points(content.get("prices"), "prices")
    caps, worse = _points(content.get("market_caps"), "market_caps")
    at = sorted(prices)
    return Page(
        CoinChart(
            at=np.array(at, dtype=np.int64),
            price=np.array([prices[each] for each in at], dtype=np.float64),
            market_cap=np.array([caps.get(each, np.nan) for each in at], dtype=np.float64),
        ),
        skipped=bad + worse,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(body: bytes) -> list[Any]:
    content = read.decode(VENDOR, body)
    if not isinstance(content, list):
        raise BadPayload(VENDOR, f"markets is {type(content).__name__}, not a list")
    return content


def _coin(row: read.Row) -> CoinRecord | None:
    identity, price = read.text(row.get("id")), read.positive(row.get("current_price"))
    if identity is None or price is None:
        return None
    return CoinRecord(
        id=identity,
        symbol=(read.text(row.get("symbol")) or "").lower(),
        name=read.text(row.get("name")) or identity,
        price=price,
        market_cap=read.positive(row.get("market_cap")),
        supply=read.positive(row.get("circulating_supply")),
        updated_at=read.moment(row.get("last_updated")),
    )


def _points(rows: object, what: str) -> tuple[dict[int, float], int]:
    """Value by epoch milliseconds, NaN for null and 0; how many rows could not be used."""
    found: dict[int, float] = {}
    skipped = 0
    for row in read.rows_of(VENDOR, rows, what):
        moment = read.epoch(row[0], MILLISECONDS) if isinstance(row, list) and len(row) == 2 else None
        if moment is None or int(row[0]) in found:
            skipped += 1
            continue
        value = read.positive(row[1])
        found[int(row[0])] = np.nan if value is None else value
    return found, skipped
