"""Inputs of one sector for the tests: a plain case, changed one field at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from sectors.kernels.sector import SectorInputs

HORIZON_SIZES = np.array([0.4, 1.0, 1.732, 2.236])


def make_inputs(n: int = 40, seed: int = 5, drift: float = 1.0, **changes: Any) -> SectorInputs:
    """A sector of n stocks that rose by about `drift` percent a day; `changes` replace fields of SectorInputs."""
    g = np.random.default_rng(seed)
    fields: dict[str, Any] = {
        "sector": "technology",
        "symbols": tuple(f"S{i:03d}" for i in range(n)),
        "returns": g.normal(drift, 3.0, (n, 4)) * HORIZON_SIZES,
        "shares_traded": np.exp(g.normal(13.0, 1.0, n)),
        "dollar_volume": np.exp(g.normal(15.0, 1.0, n)),
        "rvol": np.exp(g.normal(0.3, 0.6, n)),
        "index": 100.0 + np.cumsum(g.normal(0.0, 1.0, 25)),
        "benchmark_returns": np.array([0.1, 1.2, 1.5, 2.0]),
        "beta": 1.1,
        "multiplier": 1.3,
        "expected": n,
        "age_minutes": 12.0,
    }
    return SectorInputs(**(fields | changes))
