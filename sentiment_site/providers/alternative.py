"""alternative.me: the crypto Fear and Greed index, one value a day, without a key and with attribution."""

from __future__ import annotations

from typing import Final

from . import payload as read
from .crypto_records import FearGreedRecord
from .errors import BadPayload
from .http import Http
from .records import Fetched, Page

__all__ = ["Alternative", "parse_fear_greed"]

VENDOR: Final = "alternative"


def parse_fear_greed(body: bytes) -> Page[tuple[FearGreedRecord, ...]]:
    """/fng/, newest first; values and moments are strings. BadPayload when the vendor says what went wrong."""
    content = read.decode(VENDOR, body)
    if not isinstance(content, dict):
        raise BadPayload(VENDOR, f"answer is {type(content).__name__}, not an object")
    metadata = content.get("metadata")
    said = read.text(metadata.get("error")) if isinstance(metadata, dict) else None
    if said is not None:
        raise BadPayload(VENDOR, said)
    records, skipped = read.parse_rows(read.rows_of(VENDOR, content.get("data"), "data"), _day)
    return Page(records, skipped=skipped)


class Alternative:
    """The one endpoint. Raises a ProviderError unless it answers in full."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def fetch_fear_greed(self, days: int) -> Fetched[tuple[FearGreedRecord, ...]]:
        """The newest `days` days, newest first; 0 for all since 2018."""
        reply = self.http.get("/fng/", {"limit": days})
        page = self.http.parse(reply, parse_fear_greed)
        return Fetched(page.records, self.http.config.name, reply.simulated, reply.received_at, skipped=page.skipped)


def _day(row: read.Row) -> FearGreedRecord | None:
    value, stamp = read.count(row.get("value")), read.number(row.get("timestamp"))
    at = None if stamp is None else read.epoch(stamp, 1)
    if at is None or value is None or value > 100:
        return None
    return FearGreedRecord(at.date(), value, read.text(row.get("value_classification")) or "")
