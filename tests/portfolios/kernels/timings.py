"""What the portfolio's arithmetic costs on this machine: the best of several runs, milliseconds.

python -m tests.portfolios.kernels.timings
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from decimal import Decimal

import numpy as np

from portfolios.kernels.exposures import ExposureLine, compute_exposure
from portfolios.kernels.factors import compute_factor_bands, fit_factors
from portfolios.kernels.import_positions import parse_import
from portfolios.kernels.positions import Position, PositionType
from portfolios.kernels.snapshots import compute_snapshot
from portfolios.kernels.stress import SCENARIOS, StressLine, compute_stress
from sentiment_site.quant.options import implied_volatility, option_greeks, option_price

OPTIONS, SERIES, POSITIONS, ROWS = 10_000, 1_500, 30, 5_000


def show(what: str, work: Callable[[], object], runs: int = 10) -> None:
    """Prints the shortest of several runs."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    print(f"{what:48} {1e3 * min(taken):8.2f} ms")


def main() -> None:
    """Prints the table."""
    rng, day = np.random.default_rng(1), dt.date(2024, 1, 3)
    strike = 100 * np.exp(rng.normal(0, 0.3, OPTIONS))
    years, sigma = rng.uniform(5 / 365, 2, OPTIONS), rng.uniform(0.1, 2, OPTIONS)
    call = rng.random(OPTIONS) < 0.5
    price = option_price(100, strike, years, sigma, 0.03, 0.01, call=call)
    show(
        f"{OPTIONS} implied volatilities", lambda: implied_volatility(price, 100, strike, years, 0.03, 0.01, call=call)
    )
    show(f"{OPTIONS} options, all Greeks", lambda: option_greeks(100, strike, years, sigma, 0.03, 0.01, call=call))
    lot = Position("AAPL", PositionType.LONG, Decimal(100), Decimal("12.34"), day)
    held = [(lot, Decimal("13.57"))] * POSITIONS
    show(f"snapshot of {POSITIONS} positions", lambda: compute_snapshot(day, Decimal(5), held))
    lines = [ExposureLine(str(n), str(n), lot.kind, 1e4, 1e4, 1.0, 1.0, "energy", ("a",)) for n in range(POSITIONS)]
    show(f"exposures of {POSITIONS} positions", lambda: compute_exposure(lines, 1e6))
    calls = [
        StressLine(str(n), str(n), PositionType.LC, 100, 100, 1.0, "energy", 100, 0.5, 0.3) for n in range(POSITIONS)
    ]
    show(
        f"{len(SCENARIOS)} scenarios over {POSITIONS} options",
        lambda: [compute_stress(calls, s, 1e6) for s in SCENARIOS],
    )
    factors, returns = rng.normal(0, 0.01, (7, 252)), rng.normal(0, 0.02, (SERIES, 252))
    show(f"factor betas of {SERIES} stocks", lambda: fit_factors(returns, factors), 3)
    show("bands of one book's betas, 500 draws", lambda: compute_factor_bands(returns[0], factors), 3)
    row = 'AAPL240621C00150000,10,12.5,2024-01-02,"a, b"\n'
    data = ("ticker,quantity,entry_price,entry_date,tags\n" + ROWS * row).encode()
    show(f"import of {ROWS} rows", lambda: parse_import(data, today=day), 3)


if __name__ == "__main__":
    main()
