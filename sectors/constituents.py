"""The stocks behind a reading, packed into one column: a run has some 1,500, a row each would be 60,000 rows a day.

A packed table is a four-byte mark, then the records of DTYPE, compressed. Numbers are single precision, as the bars.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sectors.kernels.constituents import StockTable
from sectors.kernels.ranking import RankParts

MARK = b"SC01"
LEVEL = 3
DTYPE = np.dtype(
    [
        ("instrument_id", "<i4"),
        ("returns", "<f4", (4,)),
        ("weight", "<f4"),
        ("rvol", "<f4"),
        ("contribution", "<f4"),
        ("rank", "<f4"),
        ("parts", "<f4", (4,)),
        ("opening_gap", "<f4"),
        ("float_shares", "<f4"),
        ("average_dollar_volume", "<f4"),
        ("last_price", "<f4"),
        ("official_close", "<f4"),
        ("reasons", "i1", (4,)),
        ("exclusion", "i1"),
        ("fresh", "?"),
        ("eligible", "?"),
    ]
)
PLAIN = tuple(name for name in DTYPE.names or () if name not in {"instrument_id", "parts"})


def pack_stocks(instrument_ids: Sequence[int] | npt.NDArray[np.integer], table: StockTable) -> bytes:
    """The table of one reading as bytes; instrument_ids in the order of its symbols. ValueError for another length."""
    if len(instrument_ids) != len(table.symbols):
        raise ValueError(f"{len(instrument_ids)} instruments for {len(table.symbols)} symbols")
    records = np.zeros(len(table.symbols), dtype=DTYPE)
    records["instrument_id"] = instrument_ids
    records["parts"] = np.column_stack(table.parts)
    with np.errstate(over="ignore"):
        for name in PLAIN:
            records[name] = getattr(table, name)
    return MARK + zlib.compress(records.tobytes(), LEVEL)


def unpack_stocks(packed: bytes, symbols: Mapping[int, str]) -> tuple[npt.NDArray[np.int32], StockTable]:
    """Instrument ids and table out of bytes; symbols by instrument id. ValueError for other bytes."""
    if bytes(packed[:4]) != MARK:
        raise ValueError("not a packed table of stocks")
    records = np.frombuffer(zlib.decompress(packed[4:]), dtype=DTYPE)
    ids = records["instrument_id"]
    columns: dict[str, Any] = {
        name: records[name] if records[name].dtype.kind in "bi" else _wide(records[name]) for name in PLAIN
    }
    parts = RankParts(*_wide(records["parts"]).T)
    return ids, StockTable(symbols=tuple(symbols[i] for i in ids.tolist()), parts=parts, **columns)


def list_ids(packed: bytes) -> list[int]:
    """The instrument ids of a packed table, to ask for their symbols before it is unpacked."""
    if bytes(packed[:4]) != MARK:
        raise ValueError("not a packed table of stocks")
    return [int(i) for i in np.frombuffer(zlib.decompress(packed[4:]), dtype=DTYPE)["instrument_id"]]


def _wide(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    return values.astype(np.float64)
