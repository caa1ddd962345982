"""Bytes of an uploaded file to rows of text: encoding, separator, caps. Nothing is written, nothing is executed."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",;\t|"
_LOOK = 30  # lines that decide on the separator
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PDF = b"%PDF"


class FileError(ValueError):
    """A file that cannot be read at all; the message is for the person who uploaded it."""


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """The largest file that is read: bytes, data rows, columns, characters of a cell."""

    size: int = 2_000_000
    rows: int = 5_000
    columns: int = 100
    cell: int = 2_000


LIMITS = ImportLimits()


@dataclass(frozen=True, slots=True)
class Records:
    """The file as text: rows[i] is what a spreadsheet shows as row i + 1, blank rows included."""

    rows: tuple[tuple[str, ...], ...]
    encoding: str
    separator: str


def read_records(data: bytes, limits: ImportLimits = LIMITS) -> Records:
    """Decodes (UTF-8 and UTF-16 with their marks, UTF-8, Windows-1252) and splits; FileError beyond a limit."""
    if not data.strip():
        raise FileError("the file is empty")
    if len(data) > limits.size:
        raise FileError(f"the file has {len(data):,} bytes, {limits.size:,} are allowed")
    if data.startswith(_WORKBOOKS):
        raise FileError("this is a workbook, not a CSV file: save it as CSV first")
    if data.startswith(_PDF):
        raise FileError("this is a PDF, not a CSV file: ask your broker for the CSV of the same list")
    text, encoding = _decode(data)
    if "\0" in text:
        raise FileError("the file is not text")
    if not text.strip():
        raise FileError("the file is empty")
    separator, body = _separator(text)
    return Records(_split(body, separator, limits), encoding, separator)


def _decode(data: bytes) -> tuple[str, str]:
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise FileError("the file's characters are in no encoding known here: save it as UTF-8")


def _separator(text: str) -> tuple[str, str]:
    """The separator and the text without Excel's own line that names it; that line stays as a blank one."""
    first, _, rest = text.partition("\n")
    declared = first.strip().strip('"').casefold()
    if declared.startswith("sep=") and len(declared) == 5:
        return first.strip().strip('"')[4], "\n" + rest
    lines = [line for line in text.splitlines() if line.strip()][:_LOOK]
    # the line with the most separators of a kind is the header or a full row, whatever prose stands around it
    return max(_SEPARATORS, key=lambda mark: (max(line.count(mark) for line in lines), -_SEPARATORS.index(mark))), text


def _split(text: str, separator: str, limits: ImportLimits) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = []
    filled = 0
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            cells = tuple(cell.strip() for cell in record)
            if len(cells) > limits.columns:
                raise FileError(f"row {len(rows) + 1} has {len(cells)} columns, {limits.columns} are allowed")
            if any(len(cell) > limits.cell for cell in cells):
                raise FileError(f"row {len(rows) + 1} has a cell of more than {limits.cell:,} characters")
            filled += any(cells)
            if filled > limits.rows + 1:
                raise FileError(f"the file has more than {limits.rows:,} rows")
            rows.append(cells)
    except csv.Error as error:
        raise FileError(f"row {len(rows) + 1} cannot be split into cells: {error}") from None
    return tuple(rows)
