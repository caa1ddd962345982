"""What ridge buys on the real proxies: errors of betas and predictions against least squares and one factor at a time.

    python -m tests.portfolios.kernels.factor_simulation

Factor returns are real windows of 252 days of the ETFs' adjusted closes; books get known betas and noise; every method
sees one window, and its prediction is judged on the 252 days after it. Figures in docs/methods/portfolio.md.
"""

from __future__ import annotations

import sys

import numpy as np

from portfolios.kernels.factors import PROXIES, compute_excess_log_returns
from sentiment_site.quant.regression import fit_ridge, fit_univariate, variance_inflation
from tests.conftest import SHARED_DATA

FILE = SHARED_DATA / "bars" / "etf_adjclose_wide_2010_20260731.parquet"
WINDOW, BOOKS = 252, 300
# what the factors do not explain, per day: a diversified book, a concentrated one, a single small cap
NOISES = (0.003, 0.010, 0.030)
PENALTIES = (0.0, 0.02, 0.05, 0.10, 0.20)


def load_proxies() -> np.ndarray:
    """Daily log returns of the seven proxies, (7, days that all know)."""
    import duckdb

    columns = ", ".join(f'"{name}"' for name in PROXIES)
    rows = duckdb.sql(f"SELECT {columns} FROM '{FILE}' ORDER BY date").fetchall()
    closes = np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float64).T
    returns = compute_excess_log_returns(closes)
    return returns[:, np.isfinite(returns).all(axis=0)]


def simulate(returns: np.ndarray, noise: float, seed: int = 8) -> dict[str, tuple[float, float]]:
    """Method -> (RMSE of the betas, RMSE of the prediction in basis points a day), over all windows."""
    rng = np.random.default_rng(seed)
    square: dict[str, list[tuple[float, float]]] = {}
    for start in range(0, returns.shape[1] - 2 * WINDOW + 1, WINDOW):
        x, later = returns[:, start : start + WINDOW], returns[:, start + WINDOW : start + 2 * WINDOW]
        truth = rng.normal(0, 0.3, (BOOKS, len(PROXIES)))
        truth[:, 0] += 0.7
        y = truth @ x + rng.normal(0, noise, (BOOKS, WINDOW))
        fitted = {f"ridge {penalty:.2f}": fit_ridge(y, x, penalty).beta for penalty in PENALTIES}
        fitted["one at a time"] = fit_univariate(y, x).beta
        for name, beta in fitted.items():
            error = float(((beta - truth) ** 2).mean()), float((((beta - truth) @ later) ** 2).mean())
            square.setdefault(name, []).append(error)
    found = {name: np.sqrt(np.array(errors).mean(axis=0)) for name, errors in square.items()}
    return {name: (float(beta), float(prediction) * 1e4) for name, (beta, prediction) in found.items()}


def main() -> int:
    """Prints the table."""
    if not FILE.exists():
        print(f"{FILE.name} is not beside the repository")
        return 1
    returns = load_proxies()
    inflation = ", ".join(
        f"{name} {value:.0f}" for name, value in zip(PROXIES, variance_inflation(returns[:, -WINDOW:]), strict=True)
    )
    print(f"{returns.shape[1]} days; variance inflation over the last {WINDOW}: {inflation}")
    for noise in NOISES:
        print(f"unexplained {noise:.1%} a day")
        for name, (beta, prediction) in simulate(returns, noise).items():
            print(f"  {name:14} beta RMSE {beta:5.2f}   prediction {prediction:6.1f} bp/day")
    return 0


if __name__ == "__main__":
    sys.exit(main())
