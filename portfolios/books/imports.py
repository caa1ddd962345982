"""Files into books: looked at first, entered whole or not at all, and the same lot only once.

upload -> preview (every row that is not understood with number, field and reason) -> confirm. Nothing of a file is
entered before, and one bad row keeps all others out, unless the user leaves it out by number.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from portfolios.access import find, imports_of, locked, positions_of
from portfolios.kernels.import_file import FileError, ImportLimits, Records, read_records
from portfolios.kernels.import_positions import ImportResult, ParsedPosition, import_key, parse_import
from portfolios.kernels.import_presets import BY_NAME, PRESETS, Preset, make_preset
from portfolios.models import Funding, ImportBatch, Portfolio
from portfolios.models.books import ImportState
from sentiment_site.market import clock

from . import entering, ledger
from .drafts import LARGEST_COST

OPEN_PREVIEWS_MAX = 5
SKIPPED_MAX = 5_000
SAMPLE_ROWS, SAMPLE_CELL, SAMPLE_COLUMNS = 3, 80, 100
NAME_MAX = 255
Progress = Callable[[float, str], None]


class ImportRefused(ValidationError):
    """A file, or the confirmation of one, that is refused whole; nothing was entered."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read a file. preset: a broker's name, "" to recognise it by its header.

    mapping: our field (symbol, quantity, price, date, tags) -> the file's column, for files of nobody known; it wins
    over the preset. skip_rows: rows to leave out, as a spreadsheet numbers them. funding: "transfer", what is owned is
    capital brought along and what is owed brought its proceeds; "trade", all of it moves cash.
    """

    preset: str = ""
    mapping: Mapping[str, str] | None = None
    day_first: bool = False
    decimal_comma: bool = False
    skip_rows: tuple[int, ...] = ()
    funding: str = Funding.TRANSFER

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the file."""
        return asdict(self) | {"skip_rows": list(self.skip_rows), "mapping": dict(self.mapping or {})}


def preview_import(
    portfolio: Portfolio, file_name: str, data: bytes, options: ImportOptions | None = None
) -> ImportBatch:
    """Look at an uploaded file; nothing is entered. At most five previews of a book are kept, the oldest makes room.

    ImportRefused for what is no readable table (too large, a workbook, not text) and for options that cannot be.
    """
    wanted = options or ImportOptions()
    records = _read(data)
    preset = _preset(wanted)
    batch = ImportBatch(portfolio=portfolio, file_name=_clean(file_name), size=len(data), content=data)
    batch.sha256 = hashlib.sha256(data).hexdigest()
    with locked(portfolio) as book:
        _look(book, batch, records, wanted, preset)
        old = imports_of(book).filter(state=ImportState.PREVIEW).order_by("-created_at", "pk")
        _discard(ImportBatch.objects.filter(pk__in=list(old.values_list("pk", flat=True)[OPEN_PREVIEWS_MAX - 1 :])))
        batch.save(force_insert=True)
    return batch


def change_preview(portfolio: Portfolio, batch_id: uuid.UUID | str, options: ImportOptions) -> ImportBatch:
    """Look at the same file again with other columns, or without some rows. ImportRefused once it is ended."""
    preset = _preset(options)
    with locked(portfolio) as book:
        batch = _open(book, batch_id)
        _look(book, batch, _read(bytes(batch.content)), options, preset)
        batch.save()
    return batch


def confirm_import(portfolio: Portfolio, batch_id: uuid.UUID | str, progress: Progress | None = None) -> ImportBatch:
    """Enter every position of a preview, or none. Lots that the book has from an earlier import are left out.

    Confirming twice enters once. ImportRefused for a preview with problems or without positions, an ended one, and
    when the book has no room. progress: called with percent and phase.
    """
    report = progress or _silent
    with locked(portfolio) as book:
        batch = find(imports_of(book).select_for_update(of=("self",)), batch_id)
        if batch.state == ImportState.CONFIRMED:
            return batch
        _check_confirmable(batch)
        rows = [entering.Entry.from_json(row) for row in batch.preview["rows"]]
        known = known_keys(book, [row.draft.symbol for row in rows])
        wanted = [row for row in rows if row.key not in known]
        expired = [row for row in wanted if row.expired_before(ledger.today())]
        if expired:
            raise ImportRefused({"file": [f"Row {expired[0].row}: {expired[0].draft.symbol} expired meanwhile."]})
        entering.enter(book, batch, wanted, report)
        batch.duplicates, batch.created_count = len(rows) - len(wanted), len(wanted)
        batch.state, batch.ended_at, batch.content = ImportState.CONFIRMED, clock.wall(), b""
        batch.save()
    report(100, "entered")
    return batch


def discard_import(portfolio: Portfolio, batch_id: uuid.UUID | str) -> ImportBatch:
    """Throw a preview and its file away. ImportRefused for one that was entered."""
    with locked(portfolio) as book:
        batch = find(imports_of(book), batch_id)
        if batch.state == ImportState.CONFIRMED:
            raise ImportRefused("This file was entered: delete its positions instead.")
        if batch.state == ImportState.PREVIEW:
            _discard(imports_of(book).filter(pk=batch.pk))
            batch.refresh_from_db()
    return batch


def note_refusal(batch: ImportBatch, reasons: list[str]) -> None:
    """Keep with a preview why it could not be entered."""
    batch.preview["refused"] = reasons
    batch.save(update_fields=["preview"])


def discard_old() -> int:
    """Throw away previews that nobody confirmed within IMPORT_PREVIEW_HOURS; how many."""
    limit = clock.wall() - dt.timedelta(hours=settings.IMPORT_PREVIEW_HOURS)
    old = ImportBatch.objects.filter(state=ImportState.PREVIEW, created_at__lt=limit)
    return _discard(old)


def list_presets() -> list[dict[str, Any]]:
    """Whose files are known, for a choice: name, label, whether it lists positions or trades, columns it needs."""
    return [
        {
            "name": preset.name,
            "label": preset.label,
            "kind": preset.kind,
            "columns": {field: list(preset.columns[field]) for field in preset.required},
        }
        for preset in PRESETS
    ]


def known_keys(book: Portfolio, symbols: Collection[str]) -> set[str]:
    """Keys of the lots of these symbols that the book has: imported ones, open or closed, and any that are held now.

    A file that was exported here, or typed in by hand before, is so recognised as well.
    """
    rows = positions_of(book).filter(deleted_at__isnull=True, symbol__in=set(symbols)).order_by("created_at", "pk")
    seen: Counter[str] = Counter()
    keys = set()
    for row in rows:
        keys.add(row.import_key)
        if row.closed_on is None:
            plain = import_key(row.lot)
            keys.add(import_key(row.lot, seen[plain]))
            seen[plain] += 1
    return keys - {""}


def _look(book: Portfolio, batch: ImportBatch, records: Records, options: ImportOptions, preset: Preset | None) -> None:
    """Write what the file says onto the batch; not saved."""
    found = parse_import(
        bytes(batch.content), today=ledger.today(), preset=preset, skip_rows=options.skip_rows, limits=_limits()
    )
    problems = [asdict(problem) for problem in found.problems] + _too_large(found)
    positions = () if problems else found.positions
    known = known_keys(book, [one.position.symbol for one in positions])
    held = _held(book) if positions else set()
    seen: Counter[tuple[Any, ...]] = Counter()
    rows = [_row(one, known, held, seen, options) for one in positions]
    batch.options, batch.preset = options.to_json(), found.preset or ""
    batch.rows, batch.problems = len(positions), len(problems)
    batch.duplicates = sum(row["duplicate"] for row in rows)
    earlier = imports_of(book).filter(sha256=batch.sha256, state=ImportState.CONFIRMED).order_by("-ended_at").first()
    batch.preview = {
        "encoding": records.encoding,
        "separator": records.separator,
        "imported_before": earlier.ended_at.isoformat() if earlier and earlier.ended_at else None,
        "columns": _columns(records),
        "rows": rows,
        "problems": problems,
        "ignored": [{"row": row, "reason": reason} for row, reason in found.ignored],
    }


def _row(
    one: ParsedPosition,
    known: set[str],
    held: set[tuple[str, str]],
    seen: Counter[tuple[Any, ...]],
    options: ImportOptions,
) -> dict[str, Any]:
    lot = one.position
    same = (lot.symbol, lot.kind, lot.quantity, lot.entry_price, lot.entry_date)
    seen[same] += 1
    notes = list(one.notes)
    if seen[same] > 1:
        notes.append(f"the same lot stands in this file {seen[same]} times: it is entered as often")
    if (lot.symbol, lot.kind.value) in held and one.key not in known:
        notes.append(f"the book already holds {lot.symbol}: this is added to it")
    funding = options.funding if lot.kind.sign > 0 else Funding.TRADE
    entry = entering.Entry.of(one, funding)
    return entry.to_json() | {"duplicate": one.key in known, "notes": notes}


def _held(book: Portfolio) -> set[tuple[str, str]]:
    rows = positions_of(book).filter(deleted_at__isnull=True, closed_on__isnull=True)
    return set(rows.values_list("symbol", "position_type"))


def _too_large(found: ImportResult) -> list[dict[str, Any]]:
    reason = f"the position would cost more than {LARGEST_COST:,} dollars"
    return [
        {"row": one.row, "field": "quantity", "reason": reason}
        for one in found.positions
        if one.position.cost > LARGEST_COST
    ]


def _columns(records: Records) -> list[dict[str, Any]]:
    """What a choice of columns needs: the cells of the first full row, and what stands below them."""
    filled = [row for row in records.rows if any(row)]
    widest = max((sum(map(bool, row)) for row in filled[:30]), default=0)
    place = next((number for number, row in enumerate(filled[:30]) if sum(map(bool, row)) == widest), 0)
    if not filled:
        return []
    below = filled[place + 1 : place + 1 + SAMPLE_ROWS]
    return [
        {"name": name[:SAMPLE_CELL], "sample": [row[column][:SAMPLE_CELL] for row in below if column < len(row)]}
        for column, name in enumerate(filled[place][:SAMPLE_COLUMNS])
    ]


def _read(data: bytes) -> Records:
    try:
        return read_records(data, _limits())
    except FileError as error:
        raise ImportRefused({"file": [f"{error}."]}) from None


def _limits() -> ImportLimits:
    return ImportLimits(size=settings.IMPORT_BYTES_MAX, rows=settings.IMPORT_ROWS_MAX)


def _preset(options: ImportOptions) -> Preset | None:
    if options.funding not in Funding.values:
        raise ImportRefused({"funding": [f"One of {', '.join(Funding.values)}."]})
    if len(options.skip_rows) > SKIPPED_MAX:
        raise ImportRefused({"skip_rows": [f"At most {SKIPPED_MAX:,} rows are left out."]})
    if options.mapping:
        try:
            return make_preset(options.mapping, day_first=options.day_first, decimal_comma=options.decimal_comma)
        except ValueError as error:
            raise ImportRefused({"mapping": [f"{error}."]}) from None
    if options.preset and options.preset not in BY_NAME:
        raise ImportRefused({"preset": [f"One of {', '.join(BY_NAME)}."]})
    return BY_NAME.get(options.preset)


def _open(book: Portfolio, batch_id: uuid.UUID | str) -> ImportBatch:
    batch = find(imports_of(book), batch_id)
    if batch.state != ImportState.PREVIEW:
        raise ImportRefused(f"This file was {batch.state}: upload it again.")
    return batch


def _check_confirmable(batch: ImportBatch) -> None:
    if batch.state != ImportState.PREVIEW:
        raise ImportRefused(f"This file was {batch.state}: upload it again.")
    if batch.problems:
        first = batch.preview["problems"][0]
        reason = f"Row {first['row']}, {first['field']}: {first['reason']}."
        raise ImportRefused({"file": [f"{batch.problems} problems, nothing is entered. {reason}"]})
    if not batch.preview.get("rows"):
        raise ImportRefused({"file": ["There is no position in it."]})


def _discard(batches: QuerySet[ImportBatch]) -> int:
    return batches.update(state=ImportState.DISCARDED, ended_at=clock.wall(), content=b"", preview={})


def _clean(file_name: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in file_name)
    return printable.strip()[-NAME_MAX:] or "file.csv"


def _silent(percent: float, phase: str) -> None:
    return None
