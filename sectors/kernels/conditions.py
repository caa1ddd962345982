"""Which returns may enter: halts, quarantine, new listings, missing prices; and the reason of each that does not.

Source: docs/methods/sector-sentiment.md, section 10 (methods.md 1.9).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.inputs import Flags, SectorInputs
from sectors.kernels.parameters import HORIZONS, V1, FloatArray, ScoreParameters

CodeArray = npt.NDArray[np.int8]

REASONS: tuple[str, ...] = ("", "no_price", "new_listing", "halted", "quarantined")
_NO_PRICE, _NEW_LISTING, _HALTED, _QUARANTINED = range(1, len(REASONS))
_INTRADAY = HORIZONS.index("30min")


class Usable(NamedTuple):
    """returns: (n, 4) percent, NaN where they may not enter. reasons: (n, 4) places in REASONS, 0 = enters.

    exclusion: (n,), the gravest reason of a stock of which nothing enters, else 0.
    """

    returns: FloatArray
    reasons: CodeArray
    exclusion: CodeArray


def usable_returns(inputs: SectorInputs, parameters: ScoreParameters = V1) -> Usable:
    """The returns that may enter a score, in the order of `inputs.symbols`.

    A halted stock has no 30-minute move; its frozen price counts in the longer horizons until the halt has lasted more
    than one session. A quarantined stock takes no part. A horizon longer than the listing does not exist, whatever
    the price of an older company with the same ticker says. NaN and infinite returns are missing. Later reasons win.
    """
    given = np.asarray(inputs.returns, dtype=np.float64)
    reasons = np.where(np.isfinite(given), 0, _NO_PRICE).astype(np.int8)
    listed = _numbers(inputs.sessions_listed, len(given), np.inf)
    reasons[listed[:, None] < np.array(parameters.listing_sessions)] = _NEW_LISTING
    halted = _flags(inputs.halted, len(given))
    reasons[halted, _INTRADAY] = _HALTED
    reasons[halted & (_numbers(inputs.halted_sessions, len(given), 0.0) > parameters.longest_halt)] = _HALTED
    reasons[_flags(inputs.quarantined, len(given))] = _QUARANTINED
    out = (reasons > 0).all(axis=1)
    return Usable(
        np.where(reasons == 0, given, np.nan),
        reasons,
        np.where(out, reasons.max(axis=1, initial=0), 0).astype(np.int8),
    )


def _flags(values: Flags | None, n: int) -> npt.NDArray[np.bool_]:
    """Only a known 1 is a yes."""
    raised: npt.NDArray[np.bool_] = _numbers(values, n, 0.0) > 0
    return raised


def _numbers(values: Flags | None, n: int, unknown: float) -> FloatArray:
    if values is None:
        return np.full(n, unknown)
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(numbers), unknown, numbers)
