"""PostgreSQL's binary COPY format, built and read by numpy in one step (performance.md 4).

Every row has the same length: a missing float travels as NaN, a missing integer as -1, and SQL turns them into NULL and
back.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_SQL_EPOCH_MS: Final = 946_684_800_000  # 2000-01-01 00:00 UTC
_COUNT: Final = struct.Struct(">h")
_LENGTH: Final = struct.Struct(">i")
_SENDERS: Final = {
    ">i2": "int2send",
    ">i4": "int4send",
    ">i8": "timestamptz_send",
    ">f4": "float4send",
    ">f8": "float8send",
}
Fields = Mapping[str, str]


def encode_rows(fields: Fields, columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Rows for COPY .. FROM STDIN (FORMAT BINARY), without the file's frame.

    fields: column -> big-endian numpy type, in the order of the statement's column list.
    """
    size = len(next(iter(columns.values())))
    rows = np.zeros(size, dtype=_row_type(fields))
    rows["count"] = len(fields)
    for name, column_type in fields.items():
        rows[f"length of {name}"] = np.dtype(column_type).itemsize
        rows[name] = columns[name]
    return rows


def write_rows(copy: Any, rows: npt.NDArray[Any]) -> None:
    """Send encoded rows with the file's frame through a psycopg copy."""
    copy.write(_SIGNATURE)
    if rows.size:
        copy.write(rows.data.cast("B"))
    copy.write(_TRAILER)


def pack_expression(fields: Fields) -> str:
    """SQL that packs all rows of a group into one value; `read_packed` takes them apart.

    A row each would cost psycopg ten times more than the query itself. fields: column -> big-endian numpy type.
    """
    sent = [f"{_SENDERS[column_type]}({_never_null(name, column_type)})" for name, column_type in fields.items()]
    return f"string_agg({' || '.join(sent)}, ''::bytea)"


def read_packed(copy: Any, fields: Fields) -> npt.NDArray[Any]:
    """All rows of COPY (SELECT <pack_expression> .. GROUP BY ..) TO STDOUT (FORMAT BINARY) as a structured array."""
    body = b"".join(copy)
    parts, place = [], len(_SIGNATURE)
    while _COUNT.unpack_from(body, place)[0] == 1:
        (size,) = _LENGTH.unpack_from(body, place + _COUNT.size)
        start = place + _COUNT.size + _LENGTH.size
        place = start + size
        parts.append(body[start:place])
    return np.frombuffer(b"".join(parts), dtype=np.dtype(list(fields.items())))


def to_sql_time(ms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Milliseconds since 1970 to the server's microseconds since 2000."""
    return (ms - _SQL_EPOCH_MS) * 1000


def from_sql_time(microseconds: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The server's microseconds since 2000 to milliseconds since 1970."""
    return microseconds.astype(np.int64) // 1000 + _SQL_EPOCH_MS


def _row_type(fields: Fields) -> np.dtype[Any]:
    parts: list[tuple[str, str]] = [("count", ">i2")]
    for name, column_type in fields.items():
        parts += [(f"length of {name}", ">i4"), (name, column_type)]
    return np.dtype(parts)


def _never_null(name: str, column_type: str) -> str:
    casts = {">f4": "float4", ">f8": "float8"}
    return f"COALESCE({name}, 'NaN'::{casts[column_type]})" if column_type in casts else name
