"""The published reference functions (Appendix B of the study), and the whole chain written out stock by stock.

Plain Python, no numpy, none of the product's code: what the kernels are compared with.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

K = 0.6
N0 = 30
KAPPA = 0.84
S_H = {"30min": 1.6, "1day": 4.0, "3day": 4 * math.sqrt(3), "1week": 4 * math.sqrt(5)}
W_H = {"30min": 0.25, "1day": 0.30, "3day": 0.25, "1week": 0.20}
CAPS = {"30min": 6.0, "1day": 15.0, "3day": 15 * math.sqrt(3), "1week": 15 * math.sqrt(5)}


def knee(x: float) -> float:
    a = abs(x)
    return math.copysign(a if a <= K else K + (1 - K) * math.tanh((a - K) / (1 - K)), x)


def lam(n: float) -> float:
    return min(1.0, n * (N0 + KAPPA) / ((n + KAPPA) * N0))


def base(perf: dict[str, float | None]) -> float | None:
    use = {h: p for h, p in perf.items() if p is not None}
    w = sum(W_H[h] for h in use)
    return sum(W_H[h] * math.tanh(p / S_H[h]) for h, p in use.items()) / w if w >= 0.5 else None


def combine(b: float, m: float, vc: float = 1, cd: float = 1, tc: float = 1) -> float:
    return round(knee(b * m * vc * cd * tc), 3)


def finalise(x: float, n_eff: float) -> float:
    return round(lam(n_eff) * knee(x), 3)


def colour(s: float) -> str:
    if s < -0.6:
        return "dark_red"
    if s < -0.2:
        return "light_red"
    return "blue_neutral" if s < 0.2 else "light_green" if s < 0.6 else "dark_green"


def label(s: float) -> str:
    return "BEARISH" if s < -0.2 else "NEUTRAL" if s < 0.2 else "CAUTION" if s < 0.25 else "BULLISH"


def mean(values: Sequence[float | None], weights: Sequence[float]) -> float | None:
    pairs = [(w, v) for w, v in zip(weights, values, strict=True) if v is not None]
    return math.fsum(w * v for w, v in pairs) / math.fsum(w for w, _ in pairs) if pairs else None


def clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def log_volumes(volumes: Sequence[float | None]) -> list[float]:
    known = [math.log(max(v, 2.0)) for v in volumes if v is not None]
    middle = statistics.median(known) if known else 1.0
    return [middle if v is None else math.log(max(v, 2.0)) for v in volumes]


def technical(b: float, index: Sequence[float]) -> float:
    if len(index) < 21 or abs(b) < 0.05:
        return 1.0
    x, window = index[-1], index[-21:-1]
    atr = sum(abs(index[-i] - index[-i - 1]) for i in range(1, 21)) / 20
    d = (max(window) - x) / atr if b > 0 else (x - min(window)) / atr
    if d >= 1:
        return 1.0
    return 1 - 0.20 * (1 - d) if d >= 0 else 1 + 0.20 * min(1.0, -d)


def unrounded(
    returns: Sequence[Sequence[float | None]],
    lnv: Sequence[float],
    rvol: Sequence[float | None],
    *,
    multiplier: float,
    index: Sequence[float],
    flow: float | None,
    eligible: int,
) -> float | None:
    """The score before rounding; every row of `returns` has at least one value, order of horizons as in W_H."""
    perf = {}
    for k, h in enumerate(W_H):
        perf[h] = mean([None if r[k] is None else clip(r[k], -CAPS[h], CAPS[h]) for r in returns], lnv)
    b = base(perf)
    if b is None:
        return None
    logs = [math.log(clip(v, 0.05, 20)) for v in rvol if v is not None]
    vc = clip(math.exp(sum(logs) / len(logs)) ** 0.30, 0.70, 1.30) if logs else 1.0
    n = 0.0 if flow is None or b == 0 else math.copysign(1.0, b) * flow / (0.10 * eligible + 3)
    cd = 1 + (0.30 if n >= 0 else 0.20) * math.tanh(n)
    n_eff = math.fsum(lnv) ** 2 / math.fsum(w * w for w in lnv)
    return lam(n_eff) * knee(b * multiplier * vc * cd * technical(b, index))
