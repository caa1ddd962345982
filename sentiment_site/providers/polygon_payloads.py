"""Massive's (Polygon's) answers, bytes to records. Pure; every parser raises BadPayload for an answer that is not one.

Fields that the vendor does not know are left out, not null, and prices of 0 are missing. Rows that carry their own
`error` or lack what they are about are skipped and counted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sentiment_site.market.calendar import NEW_YORK

from . import payload as read
from .errors import BadPayload
from .event_records import Insight, NewsRecord
from .markup import one_line, web_link
from .records import (
    BarTable,
    DetailsRecord,
    FloatArray,
    FloatRecord,
    HolidayRecord,
    MarketStatusRecord,
    OptionRecord,
    Page,
    PriceBasis,
    ShortInterestRecord,
    SnapshotRecord,
    SplitRecord,
    TickerRecord,
)

VENDOR: Final = "polygon"
NANOSECONDS: Final = 1_000_000_000
MILLISECONDS: Final = 1_000
LATEST_START: Final = int(read.LAST_MOMENT_S) * MILLISECONDS
GOOD_STATUS: Final = frozenset({"OK", "DELAYED", "SUCCESS"})
_BAR_FIELDS: Final = {"open": "o", "high": "h", "low": "l", "close": "c", "vwap": "vw", "volume": "v", "trades": "n"}
_PRICES: Final = ("open", "high", "low", "close", "vwap")


def parse_tickers(body: bytes) -> Page[tuple[TickerRecord, ...]]:
    """A page of /v3/reference/tickers."""
    envelope = _envelope(body)
    records, skipped = read.parse_rows(_results(envelope), _ticker)
    return _page(envelope, records, skipped)


def parse_details(body: bytes) -> Page[DetailsRecord]:
    """/v3/reference/tickers/{T}; a missing market cap stays None."""
    envelope = _envelope(body)
    row = envelope.get("results")
    symbol = read.text(row.get("ticker")) if isinstance(row, dict) else None
    if not isinstance(row, dict) or symbol is None:
        raise BadPayload(VENDOR, "details without a ticker")
    record = DetailsRecord(
        symbol=symbol,
        name=read.text(row.get("name")) or "",
        exchange=read.text(row.get("primary_exchange")),
        type=read.text(row.get("type")),
        cik=read.cik(row.get("cik")),
        composite_figi=read.text(row.get("composite_figi")),
        market_cap=read.positive(row.get("market_cap")),
        share_class_shares=read.shares(row.get("share_class_shares_outstanding")),
        weighted_shares=read.shares(row.get("weighted_shares_outstanding")),
        sic_code=read.text(row.get("sic_code")),
        sic_description=read.text(row.get("sic_description")),
        list_date=read.day(row.get("list_date")),
    )
    return _page(envelope, record, 0)


def parse_grouped_daily(body: bytes) -> Page[BarTable]:
    """/v2/aggs/grouped: one bar per symbol. A holiday has no `results` and gives an empty table.

    The vendor stamps these bars 16:00 in New York and the day bars of a ticker midnight; both become midnight here.
    """
    envelope = _envelope(body)
    rows = _results(envelope)
    kept = [row for row in rows if isinstance(row, dict) and _usable_bar(row) and read.text(row.get("T"))]
    table = _bars(kept, [row["T"].strip() for row in kept])
    start = _midnights(table.start)
    table = BarTable(table.symbol, start, *(getattr(table, name) for name in _BAR_FIELDS))
    return _page(envelope, table, len(rows) - len(kept))


def parse_aggregates(body: bytes, symbol: str) -> Page[BarTable]:
    """A page of /v2/aggs/ticker/{T}/range: bars of one symbol, in the vendor's order. An empty interval has no bar."""
    envelope = _envelope(body)
    answered = read.text(envelope.get("ticker"))
    if answered is not None and answered != symbol:
        raise BadPayload(VENDOR, f"asked for the bars of {symbol}, answered those of {answered}")
    rows = _results(envelope)
    kept = [row for row in rows if isinstance(row, dict) and _usable_bar(row)]
    return _page(envelope, _bars(kept, [symbol] * len(kept)), len(rows) - len(kept))


def parse_snapshot(body: bytes) -> Page[tuple[SnapshotRecord, ...]]:
    """/v2/snapshot/…/tickers and …/tickers/{T}. Symbols that the vendor does not know are simply absent."""
    envelope = _envelope(body)
    single = envelope.get("ticker")
    rows = [single] if isinstance(single, dict) else read.rows_of(VENDOR, envelope.get("tickers"), "tickers")
    records, skipped = read.parse_rows(rows, _snapshot)
    return _page(envelope, records, skipped)


def parse_splits(body: bytes) -> Page[tuple[SplitRecord, ...]]:
    """A page of /stocks/v1/splits, or of the older /v3/reference/splits, which has no kind and sometimes no id."""
    envelope = _envelope(body)
    records, skipped = read.parse_rows(_results(envelope), _split)
    return _page(envelope, records, skipped)


def parse_short_interest(body: bytes) -> Page[tuple[ShortInterestRecord, ...]]:
    """A page of /stocks/v1/short-interest."""
    envelope = _envelope(body)
    records, skipped = read.parse_rows(_results(envelope), _short_interest)
    return _page(envelope, records, skipped)


def parse_option_chain(body: bytes) -> Page[tuple[OptionRecord, ...]]:
    """A page of /v3/snapshot/options/{U}. Contracts without type, strike or expiration are skipped."""
    envelope = _envelope(body)
    records, skipped = read.parse_rows(_results(envelope), _contract)
    return _page(envelope, records, skipped)


def parse_floats(body: bytes) -> Page[tuple[FloatRecord, ...]]:
    """A page of /stocks/vX/float."""
    envelope = _envelope(body)
    records, skipped = read.parse_rows(_results(envelope), _float)
    return _page(envelope, records, skipped)


def parse_news(body: bytes) -> Page[tuple[NewsRecord, ...]]:
    """A page of /v2/reference/news. An article without id, title or moment is of no use."""
    envelope = _envelope(body)
    records, skipped = read.parse_rows(_results(envelope), _article)
    return _page(envelope, records, skipped)


def parse_market_status(body: bytes) -> Page[MarketStatusRecord]:
    """/v1/marketstatus/now."""
    envelope = _envelope(body)
    market = read.text(envelope.get("market"))
    exchanges = envelope.get("exchanges")
    if market is None:
        raise BadPayload(VENDOR, "market status without a market")
    record = MarketStatusRecord(
        market=market,
        exchanges={str(k): str(v) for k, v in exchanges.items()} if isinstance(exchanges, dict) else {},
        early_hours=read.flag(envelope.get("earlyHours")),
        after_hours=read.flag(envelope.get("afterHours")),
        server_time=read.moment(envelope.get("serverTime")),
    )
    return _page(envelope, record, 0)


def parse_holidays(body: bytes) -> Page[tuple[HolidayRecord, ...]]:
    """/v1/marketstatus/upcoming: a bare array, one row per exchange, forward only."""
    content = read.decode(VENDOR, body)
    records, skipped = read.parse_rows(read.rows_of(VENDOR, content, "the list of holidays"), _holiday)
    return Page(records, skipped=skipped)


def _envelope(body: bytes) -> dict[str, Any]:
    content = read.decode(VENDOR, body)
    if not isinstance(content, dict):
        raise BadPayload(VENDOR, f"answer is {type(content).__name__}, not an object")
    status = content.get("status")
    if isinstance(status, str) and status.upper() not in GOOD_STATUS:
        said = read.text(content.get("error")) or read.text(content.get("message")) or ""
        raise BadPayload(VENDOR, f"status {status}: {said}")
    return content


def _results(envelope: dict[str, Any]) -> list[Any]:
    return read.rows_of(VENDOR, envelope.get("results"), "results")


def _page(envelope: dict[str, Any], records: Any, skipped: int) -> Page[Any]:
    status = envelope.get("status")
    delayed = isinstance(status, str) and status.upper() == "DELAYED"
    return Page(records, read.text(envelope.get("next_url")), delayed, skipped)


def _ticker(row: read.Row) -> TickerRecord | None:
    symbol = read.text(row.get("ticker"))
    if symbol is None:
        return None
    return TickerRecord(
        symbol=symbol,
        name=read.text(row.get("name")) or "",
        exchange=read.text(row.get("primary_exchange")),
        type=read.text(row.get("type")),
        active=read.flag(row.get("active")),
        cik=read.cik(row.get("cik")),
        composite_figi=read.text(row.get("composite_figi")),
        delisted_on=read.day(row.get("delisted_utc")),
    )


def _snapshot(row: read.Row) -> SnapshotRecord | None:
    symbol = read.text(row.get("ticker"))
    if symbol is None:
        return None
    trade, minute, session, before = (_part(row, name) for name in ("lastTrade", "min", "day", "prevDay"))
    minute_close, day_close = read.positive(minute.get("c")), read.positive(session.get("c"))
    previous_close = read.positive(before.get("c"))
    updated = read.epoch(row.get("updated"), NANOSECONDS)
    candidates = (
        (read.positive(trade.get("p")), PriceBasis.LAST_TRADE, read.epoch(trade.get("t"), NANOSECONDS) or updated),
        (minute_close, PriceBasis.MINUTE, read.epoch(minute.get("t"), MILLISECONDS) or updated),
        (day_close, PriceBasis.DAY, updated),
        (previous_close, PriceBasis.PREVIOUS_CLOSE, None),
    )
    price, basis, at = next((each for each in candidates if each[0] is not None), (None, None, None))
    return SnapshotRecord(
        symbol=symbol,
        price=price,
        price_basis=basis,
        previous_close=previous_close,
        day_close=day_close,
        day_volume=_volume(session, "v", "dv"),
        minute_close=minute_close,
        minute_volume_total=_volume(minute, "av", "dav"),
        event_time=at,
    )


def _part(row: read.Row, name: str) -> read.Row:
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def _volume(row: read.Row, whole: str, fractional: str) -> float | None:
    exact = read.amount(row.get(fractional))
    return exact if exact is not None else read.amount(row.get(whole))


def _split(row: read.Row) -> SplitRecord | None:
    symbol, on = read.text(row.get("ticker")), read.day(row.get("execution_date"))
    before, after = read.positive(row.get("split_from")), read.positive(row.get("split_to"))
    if symbol is None or on is None or before is None or after is None:
        return None
    kind = read.text(row.get("adjustment_type")) or ("reverse_split" if after < before else "forward_split")
    vendor_id = read.text(row.get("id")) or f"{symbol}:{on}:{before:g}:{after:g}"
    return SplitRecord(vendor_id, symbol, on, before, after, kind)


def _short_interest(row: read.Row) -> ShortInterestRecord | None:
    symbol, on = read.text(row.get("ticker")), read.day(row.get("settlement_date"))
    short = read.count(row.get("short_interest"))
    if symbol is None or on is None or short is None:
        return None
    average, cover = read.count(row.get("avg_daily_volume")), read.amount(row.get("days_to_cover"))
    return ShortInterestRecord(symbol, on, short, average, cover)


def _contract(row: read.Row) -> OptionRecord | None:
    terms, session, stock = (_part(row, name) for name in ("details", "day", "underlying_asset"))
    ticker, kind = read.text(terms.get("ticker")), read.text(terms.get("contract_type"))
    strike, expires = read.positive(terms.get("strike_price")), read.day(terms.get("expiration_date"))
    if ticker is None or kind not in ("call", "put") or strike is None or expires is None:
        return None
    delta = read.number(_part(row, "greeks").get("delta"))
    return OptionRecord(
        ticker=ticker,
        is_call=kind == "call",
        strike=strike,
        expires=expires,
        shares=read.positive(terms.get("shares_per_contract")) or 100.0,
        # an empty day is a contract that has not traded, a missing one is not known
        volume=read.amount(session.get("volume")) if session else (0.0 if "day" in row else None),
        vwap=read.positive(session.get("vwap")) or read.positive(session.get("close")),
        traded_at=read.epoch(session.get("last_updated"), NANOSECONDS),
        open_interest=read.amount(row.get("open_interest")),
        delta=delta if delta is not None and abs(delta) <= 1 else None,
        volatility=read.positive(row.get("implied_volatility")),
        underlying_price=read.positive(stock.get("price")),
        underlying_at=read.epoch(stock.get("last_updated"), NANOSECONDS),
    )


def _float(row: read.Row) -> FloatRecord | None:
    symbol, on = read.text(row.get("ticker")), read.day(row.get("effective_date"))
    free = read.shares(row.get("free_float"))
    if symbol is None or on is None or free is None:
        return None
    return FloatRecord(symbol, on, free, read.positive(row.get("free_float_percent")))


def _article(row: read.Row) -> NewsRecord | None:
    identity, title, at = read.text(row.get("id")), read.text(row.get("title")), read.moment(row.get("published_utc"))
    if identity is None or title is None or at is None:
        return None
    return NewsRecord(
        id=identity,
        title=one_line(title),
        publisher=read.text(_part(row, "publisher").get("name")) or "",
        published_at=at,
        url=web_link(read.text(row.get("article_url")) or ""),
        symbols=_words(row.get("tickers")),
        description=one_line(read.text(row.get("description")) or ""),
        keywords=_words(row.get("keywords")),
        insights=read.parse_rows(_list(row.get("insights")), _insight)[0],
    )


def _insight(row: read.Row) -> Insight | None:
    symbol, sentiment = read.text(row.get("ticker")), read.text(row.get("sentiment"))
    if symbol is None or sentiment not in ("positive", "neutral", "negative"):
        return None
    return Insight(symbol, sentiment, read.text(row.get("sentiment_reasoning")) or "")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for each in _list(value) if (word := read.text(each)) is not None))


def _holiday(row: read.Row) -> HolidayRecord | None:
    on, status = read.day(row.get("date")), read.text(row.get("status"))
    if on is None or status is None:
        return None
    return HolidayRecord(
        day=on,
        exchange=read.text(row.get("exchange")) or "",
        name=read.text(row.get("name")) or "",
        status=status,
        open=read.moment(row.get("open")),
        close=read.moment(row.get("close")),
    )


def _usable_bar(row: read.Row) -> bool:
    """A bar needs its moment and a close; everything else may be missing. Speed matters here: 11,000 rows a day."""
    start = row.get("t")
    if isinstance(start, bool) or not isinstance(start, int | float) or not 0 < start < LATEST_START or "error" in row:
        return False
    return type(row.get("c")) in (int, float)


def _bars(rows: list[Any], symbols: list[str]) -> BarTable:
    start = np.array([row["t"] for row in rows], dtype=np.int64)
    columns = {name: _column(rows, key, name in _PRICES) for name, key in _BAR_FIELDS.items()}
    return BarTable(symbol=symbols, start=start, **columns)


def _column(rows: list[Any], key: str, price: bool) -> FloatArray:
    values = [row.get(key) for row in rows]
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        # Some row holds something else than a number: read each with care instead of losing the page.
        column = np.array([read.number(value) for value in values], dtype=np.float64)
    impossible = ~np.isfinite(column) | (column <= 0 if price else column < 0)
    column[impossible] = np.nan
    return column


def _midnights(start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each moment (epoch milliseconds) moved back to midnight in New York of its day there."""
    moments, where = np.unique(start, return_inverse=True)
    days = [datetime.fromtimestamp(int(each) / MILLISECONDS, UTC).astimezone(NEW_YORK) for each in moments]
    midnights = [each.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * MILLISECONDS for each in days]
    return np.array(midnights, dtype=np.int64)[where]
