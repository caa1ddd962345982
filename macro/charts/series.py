"""Which bars the charts show, and the digest that names them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from macro.kernels.engine import Path

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SHOWN_DAYS = 180
VERSION = "charts-1"  # part of the digest: a new look is a new picture


@dataclass(frozen=True, slots=True, eq=False)
class Charts:
    """What is drawn, (t,) each on one axis: epoch seconds UTC, dollars, percent, bitcoins. NaN is a gap and stays one.

    digest: SHA-256 of all of it, the same for the same figures wherever they are computed.
    """

    at: IntArray
    price: FloatArray
    dominance: FloatArray
    strength: FloatArray
    estimated: npt.NDArray[np.bool_]
    digest: str


def make_charts(path: Path, days: int = SHOWN_DAYS) -> Charts:
    """The last `days` days of a path."""
    span = slice(-(days * path.bars.per_day + 1), None)
    at, estimated = path.bars.at[span], path.bars.estimated[span]
    columns = (path.variables.price[span], 100.0 * path.variables.dominance[span], path.variables.ratio[span])
    digest = hashlib.sha256(VERSION.encode())
    digest.update(at.astype("<i8").tobytes())
    digest.update(np.packbits(estimated).tobytes())
    for column in columns:
        # nine digits: the same figures on another processor may differ in the sixteenth
        digest.update(" ".join(f"{value:.9g}" for value in column).encode())
    return Charts(at, *columns, estimated, digest.hexdigest())
