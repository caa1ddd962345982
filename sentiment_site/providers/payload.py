"""Reading vendors' JSON with care: every function gives None for what is missing, of another type or impossible."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from .errors import BadPayload

T = TypeVar("T")
Row = Mapping[str, Any]

# Market data of this product lies between these; a moment outside them has the wrong unit.
FIRST_MOMENT_S: Final = datetime(1970, 1, 2, tzinfo=UTC).timestamp()
LAST_MOMENT_S: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()


def decode(vendor: str, body: bytes) -> Any:
    """The JSON of `body`; NaN and Infinity, which JSON does not have, read as null. BadPayload for none or a part."""
    try:
        return json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        place = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadPayload(vendor, f"invalid or truncated JSON{place} of {len(body)} bytes") from None


def rows_of(vendor: str, content: object, what: str) -> list[Any]:
    """`content` when it is a list, [] when it is absent; BadPayload naming `what` otherwise."""
    if content is None:
        return []
    if not isinstance(content, list):
        raise BadPayload(vendor, f"{what} is {type(content).__name__}, not a list")
    return content


def parse_rows(rows: Iterable[Any], parse: Callable[[Row], T | None]) -> tuple[tuple[T, ...], int]:
    """Records of the usable rows, and how many are not: no object, an error of its own, or `parse` gave None."""
    records: list[T] = []
    skipped = 0
    for row in rows:
        record = parse(row) if isinstance(row, dict) and "error" not in row else None
        if record is None:
            skipped += 1
        else:
            records.append(record)
    return tuple(records), skipped


def number(value: object) -> float | None:
    """A finite number, also from a string of digits (fractional shares come as strings). Booleans are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def positive(value: object) -> float | None:
    """A price or a market cap: 0 and below are missing."""
    result = number(value)
    return result if result is not None and result > 0 else None


def amount(value: object) -> float | None:
    """A volume: 0 is a volume, less is missing."""
    result = number(value)
    return result if result is not None and result >= 0 else None


def count(value: object) -> int | None:
    """A whole number of shares, 0 or more."""
    result = amount(value)
    return None if result is None else round(result)


def shares(value: object) -> int | None:
    """Shares outstanding or floating: 0 is missing."""
    return count(value) or None


def text(value: object) -> str | None:
    """A string with something in it, trimmed."""
    return (value.strip() or None) if isinstance(value, str) else None


def flag(value: object) -> bool:
    """True only for JSON true."""
    return value is True


def cik(value: object) -> str | None:
    """A CIK as ten digits, from a string or a number of up to ten."""
    digits = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return digits.zfill(10) if digits.isascii() and digits.isdigit() and int(digits) > 0 and len(digits) <= 10 else None


def day(value: object) -> date | None:
    """The date of "2026-11-27" or of a moment written that way."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def moment(value: object) -> datetime | None:
    """An ISO 8601 moment with an offset, as aware UTC."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None


def epoch(value: object, per_second: int) -> datetime | None:
    """Aware UTC from a count of `per_second` parts (1_000 milliseconds, 1_000_000_000 nanoseconds), to the microsecond.

    0 is missing, and so is a moment before 1970-01-02 or after 2199: those come from a mistaken unit.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    whole = int(value)
    if not FIRST_MOMENT_S <= whole // per_second < LAST_MOMENT_S:
        return None
    seconds, rest = divmod(whole, per_second)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1_000_000 // per_second)
