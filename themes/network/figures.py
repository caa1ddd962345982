"""What a night's fit keeps of every stock, packed into one column: enough to score a pair without a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from themes.kernels.co_jumps import CoJumps
from themes.kernels.sympathy import Scale

from .panel import Returns

Ints = npt.NDArray[np.int64]

_ROW: Final = np.dtype(
    [
        ("id", "<i4"),
        ("sector", "i1"),
        ("industry", "<i2"),
        ("community", "<i2"),
        ("beta", "<f8"),
        ("centre", "<f8"),
        ("deviation", "<f8"),
        ("jumps", "<i2"),
        ("moves", "<i2"),
    ]
)


@dataclass(frozen=True, eq=False)
class Figures:
    """Stocks of a network, n of them, whether they entered or not (then their scale is NaN).

    sector: place in SECTORS; industry, community: numbers; -1 for none. jumps, moves: of the counted sessions.
    """

    ids: Ints
    sector: Ints
    industry: Ints
    community: Ints
    scale: Scale
    jumps: Ints
    moves: Ints

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Row by instrument id."""
        return {int(one): row for row, one in enumerate(self.ids)}

    def pack(self) -> bytes:
        """37 bytes per stock, in the order of the rows."""
        rows = np.empty(self.ids.size, dtype=_ROW)
        rows["id"], rows["sector"], rows["industry"] = self.ids, self.sector, self.industry
        rows["community"], rows["jumps"], rows["moves"] = self.community, self.jumps, self.moves
        rows["beta"], rows["centre"], rows["deviation"] = self.scale
        return rows.tobytes()


def make_figures(returns: Returns, industry: Ints, community: Ints, scale: Scale, counts: CoJumps) -> Figures:
    """The figures of a fit."""
    return Figures(returns.ids, returns.sector, industry, community, scale, counts.jumps, counts.moves)


def unpack_figures(packed: bytes | memoryview) -> Figures:
    """The figures back. ValueError for bytes that are no whole rows."""
    rows = np.frombuffer(bytes(packed), dtype=_ROW)

    def whole(name: str) -> Ints:
        return rows[name].astype(np.int64)

    scale = Scale(*(rows[name].astype(np.float64) for name in ("beta", "centre", "deviation")))
    return Figures(
        whole("id"), whole("sector"), whole("industry"), whole("community"), scale, whole("jumps"), whole("moves")
    )
