"""Made-up markets for the kernels' tests: random walks with known drifts, on an even grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from macro.kernels.bars import DAY_S, Bars

START = 1_577_836_800  # 2020-01-01


def walk(
    n: int, drift: float = 0.0, sigma: float = 0.03, seed: int = 1, first: float = 100.0
) -> npt.NDArray[np.float64]:
    """A geometric random walk of n steps."""
    steps = np.random.default_rng(seed).normal(drift, sigma, n)
    return first * np.exp(np.cumsum(steps) - steps[:1])


def make_bars(
    n: int, per_day: int = 1, seed: int = 1, drift: float = 0.0, alts: float = 0.0, **columns: object
) -> Bars:
    """Bars of a market: bitcoin's daily drift and the alts' over it."""
    scale = per_day**0.5
    price = walk(n, drift / per_day, 0.03 / scale, seed, 20_000.0)
    btc_cap = price * 19e6
    alt = btc_cap * walk(n, alts / per_day, 0.02 / scale, seed + 1, 0.5)
    eth = btc_cap * 0.2
    made = Bars(
        START + np.arange(n) * (DAY_S // per_day),
        per_day,
        price,
        btc_cap,
        eth,
        btc_cap + eth + alt + 0.1 * btc_cap,
        0.1 * btc_cap,
        np.zeros(n, dtype=np.bool_),
    )
    return made._replace(**columns)  # type: ignore[arg-type]


def cut(bars: Bars, n: int) -> Bars:
    """The first n bars."""
    return Bars(*(each[:n] if isinstance(each, np.ndarray) else each for each in bars))


def frozen(bars: Bars) -> Bars:
    """The same bars, whose arrays cannot be written to."""
    for each in bars:
        if isinstance(each, np.ndarray):
            each.setflags(write=False)
    return bars
