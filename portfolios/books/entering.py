"""Many positions at once: the rows of an import as they wait in a preview, and how they enter a locked book."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portfolios.kernels.import_positions import ParsedPosition
from portfolios.kernels.positions import ZERO
from portfolios.models import CashFlow, ImportBatch, Portfolio, Position, PositionTag

from . import ledger, tags
from .drafts import PositionDraft, check_draft, fill, find_instruments
from .positions import check_room

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a preview: where it stands in the file, what it would enter, and the key that makes it enter once."""

    row: int
    key: str
    tags: tuple[str, ...]
    draft: PositionDraft
    expiration: dt.date | None

    @classmethod
    def of(cls, one: ParsedPosition, funding: str) -> Entry:
        """The entry of a parsed row."""
        lot = one.position
        draft = PositionDraft(lot.symbol, lot.quantity, lot.entry_price, lot.entry_date, lot.kind.value, funding)
        return cls(one.row, one.key, one.tags, draft, lot.option.expiration if lot.option else None)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Entry:
        """The entry that to_json wrote."""
        draft = PositionDraft(
            row["symbol"],
            Decimal(row["quantity"]),
            Decimal(row["entry_price"]),
            dt.date.fromisoformat(row["entry_date"]),
            row["position_type"],
            row["funding"],
        )
        expiration = dt.date.fromisoformat(row["expiration_date"]) if row["expiration_date"] else None
        return cls(row["row"], row["key"], tuple(row["tags"]), draft, expiration)

    def to_json(self) -> dict[str, Any]:
        """Numbers as exact text."""
        return {
            "row": self.row,
            "key": self.key,
            "symbol": self.draft.symbol,
            "position_type": str(self.draft.position_type),
            "quantity": f"{self.draft.quantity:f}",
            "entry_price": f"{self.draft.entry_price:f}",
            "entry_date": self.draft.entry_date.isoformat(),
            "expiration_date": self.expiration.isoformat() if self.expiration else None,
            "funding": str(self.draft.funding),
            "tags": list(self.tags),
        }

    def expired_before(self, day: dt.date) -> bool:
        """Whether it is an option that is over."""
        return self.expiration is not None and self.expiration < day


def enter(
    book: Portfolio, batch: ImportBatch, entries: Sequence[Entry], report: Callable[[float, str], None]
) -> list[Position]:
    """Write the entries into a locked book with their cash and tags. ValidationError when there is no room."""
    check_room(book, len(entries))
    lots = [check_draft(entry.draft) for entry in entries]
    instruments = find_instruments(lot.underlying for lot in lots)
    today = ledger.today()
    positions = []
    for entry, lot in zip(entries, lots, strict=True):
        position = Position(portfolio=book, import_batch=batch, import_key=entry.key, basis_on=today)
        position.instrument_id = instruments.get(lot.underlying)
        positions.append(fill(position, lot, entry.draft))
    known = tags.resolve(book, dict.fromkeys(name for entry in entries for name in entry.tags))
    for begin in range(0, len(positions), AT_ONCE):
        _write(positions[begin : begin + AT_ONCE], entries[begin : begin + AT_ONCE], known)
        report(100 * min(begin + AT_ONCE, len(positions)) / (len(positions) + 1), "entering positions")
    tags.recount({tag.pk for tag in known.values()})
    ledger.move_cash(book, sum((ledger.opening_flow(position).amount for position in positions), ZERO))
    if positions:
        ledger.mark_stale(book, min(position.entry_date for position in positions))
    return positions


def _write(positions: Sequence[Position], entries: Sequence[Entry], known: dict[str, Any]) -> None:
    Position.objects.bulk_create(positions)
    CashFlow.objects.bulk_create([ledger.opening_flow(position) for position in positions])
    PositionTag.objects.bulk_create(
        PositionTag(position=position, tag=known[name.casefold()])
        for position, entry in zip(positions, entries, strict=True)
        for name in entry.tags
    )
