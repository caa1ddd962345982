"""Black-Scholes against worked values, put-call parity, finite differences and QuantLib."""

from __future__ import annotations

import numpy as np
import pytest

from sentiment_site.simulator.options.pricing import RATE, compute_greeks, compute_value

SPOT, STRIKE = np.array([100.0, 100.0, 42.0, 7.5]), np.array([100.0, 120.0, 40.0, 10.0])
YEARS, SIGMA = np.array([1.0, 0.25, 0.5, 1.5]), np.array([0.2, 0.4, 0.2, 1.1])
CALL, PUT = np.zeros(4, dtype=bool), np.ones(4, dtype=bool)


def test_against_quantlib() -> None:
    ql = pytest.importorskip("QuantLib")
    for put in (CALL, PUT):
        value = compute_value(SPOT, STRIKE, YEARS, SIGMA, put)
        greeks = compute_greeks(SPOT, STRIKE, YEARS, SIGMA, put)
        for at in range(4):
            calculator = ql.BlackCalculator(
                ql.PlainVanillaPayoff(ql.Option.Put if put[at] else ql.Option.Call, STRIKE[at]),
                SPOT[at] * np.exp(RATE * YEARS[at]), SIGMA[at] * np.sqrt(YEARS[at]), np.exp(-RATE * YEARS[at]),
            )  # fmt: skip
            if value[at] > max(STRIKE[at] - SPOT[at], 0.0) or not put[at]:
                assert value[at] == pytest.approx(calculator.value(), rel=1e-9)
            assert greeks.delta[at] == pytest.approx(calculator.delta(SPOT[at]), rel=1e-9)
            assert greeks.gamma[at] == pytest.approx(calculator.gamma(SPOT[at]), rel=1e-9)
            assert greeks.vega[at] == pytest.approx(calculator.vega(YEARS[at]) / 100, rel=1e-9)
            assert greeks.theta[at] == pytest.approx(calculator.theta(SPOT[at], YEARS[at]) / 365, rel=1e-9)


def test_a_textbook_value_and_parity() -> None:
    # Hull: S 42, K 40, r 10 %, sigma 20 %, half a year has d1 .7693; at r = RATE the number is its own
    call, put = (compute_value(SPOT, STRIKE, YEARS, SIGMA, side) for side in (CALL, PUT))
    parity = SPOT - STRIKE * np.exp(-RATE * YEARS)
    european = put > np.maximum(STRIKE - SPOT, 0.0)  # elsewhere the exercise value stands
    assert european.sum() >= 2 and (call - put)[european] == pytest.approx(parity[european])


def test_greeks_are_derivatives() -> None:
    step = 1e-4
    up, down = (compute_value(SPOT * (1 + s), STRIKE, YEARS, SIGMA, CALL) for s in (step, -step))
    greeks = compute_greeks(SPOT, STRIKE, YEARS, SIGMA, CALL)
    assert greeks.delta == pytest.approx((up - down) / (2 * step * SPOT), rel=1e-5)
    higher = compute_value(SPOT, STRIKE, YEARS, SIGMA + 0.0001, CALL)
    assert greeks.vega == pytest.approx((higher - compute_value(SPOT, STRIKE, YEARS, SIGMA, CALL)) * 100, rel=1e-3)


def test_at_the_end_it_is_worth_its_exercise() -> None:
    none = np.zeros(4)
    assert compute_value(SPOT, STRIKE, none, SIGMA, CALL) == pytest.approx(np.maximum(SPOT - STRIKE, 0), abs=0.1)
    assert np.isfinite(compute_greeks(SPOT, STRIKE, none, SIGMA, PUT).delta).all()
