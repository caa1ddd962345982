"""Prices, Greeks and implied volatilities against QuantLib, a published table, Hull, and finite differences."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.quant import options as o
from sentiment_site.quant.options import VolatilityReason as Why
from tests.conftest import SHARED_DATA

NAN, INF = np.nan, np.inf
RNG = np.random.default_rng(7)


def chain(n: int = 400) -> dict[str, np.ndarray]:
    return {
        "spot": RNG.uniform(1, 500, n),
        "strike": RNG.uniform(1, 500, n),
        "years": RNG.uniform(1 / 365, 3, n),
        "volatility": RNG.uniform(0.05, 2.5, n),
        "rate": RNG.uniform(-0.02, 0.1, n),
        "dividend_yield": RNG.uniform(0, 0.08, n),
        "call": RNG.random(n) < 0.5,
    }


def test_worked_examples_of_hull() -> None:
    """Hull, Options, Futures and Other Derivatives: 15.6 (S 42, K 40, six months) and 19.4 (delta of S 49, K 50)."""
    call, put = o.option_price(42, 40, 0.5, 0.2, 0.1, call=[True, False])
    assert call == pytest.approx(4.76, abs=0.005)
    assert put == pytest.approx(0.81, abs=0.005)
    g = o.option_greeks(49, 50, 0.3846, 0.2, 0.05)
    assert g.delta == pytest.approx(0.522, abs=5e-4)
    assert g.gamma == pytest.approx(0.066, abs=5e-4)
    assert g.theta == pytest.approx(-4.31, abs=5e-3)
    assert g.vega == pytest.approx(12.1, abs=0.05)
    assert g.rho == pytest.approx(8.91, abs=5e-3)


def test_every_greek_against_quantlib() -> None:
    ql = pytest.importorskip("QuantLib")
    c = chain()
    greeks = o.option_greeks(**c)
    price = o.option_price(**c)
    for i in range(len(price)):
        kind = ql.Option.Call if c["call"][i] else ql.Option.Put
        forward = c["spot"][i] * np.exp((c["rate"][i] - c["dividend_yield"][i]) * c["years"][i])
        deviation = c["volatility"][i] * np.sqrt(c["years"][i])
        discount = np.exp(-c["rate"][i] * c["years"][i])
        payoff = ql.PlainVanillaPayoff(kind, float(c["strike"][i]))
        oracle = ql.BlackCalculator(payoff, float(forward), float(deviation), float(discount))
        spot, years = float(c["spot"][i]), float(c["years"][i])
        close = {"rel": 1e-9, "abs": 1e-10 * spot}
        assert price[i] == pytest.approx(oracle.value(), **close)
        assert greeks.price[i] == price[i]
        assert greeks.delta[i] == pytest.approx(oracle.delta(spot), rel=1e-9, abs=1e-12)
        assert greeks.gamma[i] == pytest.approx(oracle.gamma(spot), rel=1e-8, abs=1e-12)
        assert greeks.vega[i] == pytest.approx(oracle.vega(years), **close)
        assert greeks.rho[i] == pytest.approx(oracle.rho(years), **close)
        assert greeks.psi[i] == pytest.approx(oracle.dividendRho(years), **close)
        # QuantLib's theta solves the differential equation, which needs the rates again
        r, q, v = c["rate"][i], c["dividend_yield"][i], c["volatility"][i]
        equation = r * price[i] - (r - q) * spot * greeks.delta[i] - 0.5 * v**2 * spot**2 * greeks.gamma[i]
        assert greeks.theta[i] == pytest.approx(equation, rel=1e-7, abs=1e-9 * spot)


@pytest.mark.parametrize(("name", "of", "moved", "sign"), [
    ("vanna", "delta", "volatility", 1), ("vomma", "vega", "volatility", 1), ("charm", "delta", "years", -1),
    ("theta", "price", "years", -1), ("gamma", "delta", "spot", 1), ("psi", "price", "dividend_yield", 1),
])  # fmt: skip
def test_greeks_are_derivatives(name: str, of: str, moved: str, sign: int) -> None:
    c = chain(200)
    step = 1e-5 * np.maximum(c[moved], 0.05)
    up = getattr(o.option_greeks(**{**c, moved: c[moved] + step}), of)
    down = getattr(o.option_greeks(**{**c, moved: c[moved] - step}), of)
    size = np.abs(up).max()
    np.testing.assert_allclose(
        getattr(o.option_greeks(**c), name), sign * (up - down) / (2 * step), rtol=2e-4, atol=1e-5 * size
    )


@pytest.mark.real_data
def test_the_published_rows() -> None:
    path = SHARED_DATA / "reference" / "py_vollib_bs_reference.json"
    if not path.exists():
        pytest.skip("the published Black-Scholes rows are not beside the repository")
    table = json.loads(path.read_text())
    column = {name: np.array([row[i] for row in table["data"]], float) for i, name in enumerate(table["columns"])}
    for side, call in (("C", True), ("P", False)):
        g = o.option_greeks(column["S"], column["K"], column["t"], column["v"], column["R"], call=call)
        expected = {"price": column["bs_call" if call else "bs_put"], "delta": column[side + "D"]}
        expected |= {"gamma": column[side + "G"], "theta": column[side + "T"], "vega": column[side + "V"]}
        expected |= {"rho": column[side + "R"]}
        for name, values in expected.items():
            # printed with ten digits
            np.testing.assert_allclose(getattr(g, name), values, rtol=1e-7, atol=2e-7, err_msg=side + name)


def test_implied_volatility_finds_what_priced_it_and_agrees_with_quantlib() -> None:
    c = chain(4000)
    sigma = c.pop("volatility")
    price = o.option_price(volatility=sigma, **c)
    vega = o.option_greeks(volatility=sigma, **c).vega
    found = o.implied_volatility(price, **c)
    ok = found.reason == Why.FOUND
    # an error of the price's last digit is all that may separate them
    tolerance = 1e-12 + 16 * np.finfo(float).eps * np.maximum(c["spot"], c["strike"]) / np.maximum(vega, 1e-300)
    assert (np.abs(found.volatility - sigma)[ok] <= tolerance[ok]).all()
    back = o.option_price(volatility=np.where(ok, found.volatility, 0.0), **c)
    np.testing.assert_allclose(back[ok], price[ok], rtol=1e-13, atol=1e-12)
    assert ok.mean() > 0.97
    assert set(np.unique(found.reason)) <= {Why.FOUND, Why.NO_TIME_VALUE, Why.ABOVE_BOUND}
    ql = pytest.importorskip("QuantLib")
    for i in np.flatnonzero(ok & (vega > 0.1 * c["spot"]))[:200]:
        kind = ql.Option.Call if c["call"][i] else ql.Option.Put
        discount = np.exp(-c["rate"][i] * c["years"][i])
        forward = c["spot"][i] * np.exp((c["rate"][i] - c["dividend_yield"][i]) * c["years"][i])
        deviation = ql.blackFormulaImpliedStdDev(
            kind, float(c["strike"][i]), float(forward), float(price[i]), float(discount), 0.0, 0.3, 1e-13, 500
        )
        assert found.volatility[i] == pytest.approx(deviation / np.sqrt(c["years"][i]), rel=1e-6)


@pytest.mark.parametrize(("price", "spot", "strike", "years", "call", "reason"), [
    (4.0, 100, 95, 0.5, True, Why.BELOW_INTRINSIC),
    (5.0, 100, 95, 0.5, True, Why.NO_TIME_VALUE),
    (0.0, 100, 120, 0.5, True, Why.NO_TIME_VALUE),
    (100.0, 100, 120, 0.5, True, Why.ABOVE_BOUND),
    (120.0, 100, 120, 0.5, False, Why.ABOVE_BOUND),
    (150.0, 100, 120, 0.5, True, Why.ABOVE_BOUND),
    (19.9, 100, 120, 0.5, False, Why.BELOW_INTRINSIC),
    (5.0, 100, 95, 0.0, True, Why.EXPIRED),
    (5.0, 100, 95, -0.1, True, Why.EXPIRED),
    (-1.0, 100, 95, 0.5, True, Why.BAD_INPUT),
    (5.0, 0, 95, 0.5, True, Why.BAD_INPUT),
    (5.0, 100, 0, 0.5, True, Why.BAD_INPUT),
    (NAN, 100, 95, 0.5, True, Why.BAD_INPUT),
    (5.0, INF, 95, 0.5, True, Why.BAD_INPUT),
    (5.0, 100, 95, NAN, True, Why.BAD_INPUT),
])  # fmt: skip
def test_no_volatility_and_why(price: float, spot: float, strike: float, years: float, call: bool, reason: Why) -> None:
    found = o.implied_volatility(price, spot, strike, years, call=call)
    assert found.reason == reason
    assert np.isnan(found.volatility)


@pytest.mark.parametrize("sigma", [1e-4, 0.003, 0.05, 0.3, 1.0, 5.0, 12.0])
@pytest.mark.parametrize("moneyness", [0.2, 0.8, 0.99, 1.0, 1.01, 1.3, 6.0])
def test_extreme_volatilities_come_back_where_the_price_can_tell(sigma: float, moneyness: float) -> None:
    call = moneyness >= 1  # the out-of-the-money side holds all its digits
    price = o.option_price(100, 100 * moneyness, 0.5, sigma, call=call)
    found = o.implied_volatility(price, 100, 100 * moneyness, 0.5, call=call)
    if price < 1e-300:
        assert found.reason == Why.NO_TIME_VALUE
    elif found.reason == Why.FOUND:
        vega = float(o.option_greeks(100, 100 * moneyness, 0.5, sigma, call=call).vega)
        # the textbook price cancels to the last digit of the strike, the solver does not
        assert found.volatility == pytest.approx(
            sigma, rel=1e-9, abs=1e-13 * 100 * max(1, moneyness) / max(vega, 1e-13)
        )
    else:
        assert found.reason == Why.ABOVE_BOUND


def test_edges_of_price_and_greeks() -> None:
    # expired, without volatility, worthless stock
    np.testing.assert_array_equal(o.option_price(100, [90, 100, 110], 0, 0.3), [10, 0, 0])
    np.testing.assert_array_equal(o.option_price(100, [90, 100, 110], -1, 0.3, call=False), [0, 0, 10])
    certain = o.option_price(100, 90, 1, 0.0, 0.05, 0.02)
    assert certain == pytest.approx(100 * np.exp(-0.02) - 90 * np.exp(-0.05))
    assert o.option_price(0, 90, 1, 0.3, 0.05) == 0
    assert o.option_price(0, 90, 1, 0.3, 0.05, call=False) == pytest.approx(90 * np.exp(-0.05))
    g = o.option_greeks(100, [90, 100, 110], 0, 0.3, 0.05, 0.01)
    np.testing.assert_array_equal(g.delta, [1, 0.5, 0])
    for name in ("gamma", "theta", "vega", "rho", "psi", "vanna", "vomma", "charm"):
        np.testing.assert_array_equal(getattr(g, name), 0, err_msg=name)
    still = o.option_greeks(100, 90, 1, 0.0, 0.05)
    assert still.theta == pytest.approx(-0.05 * 90 * np.exp(-0.05))
    assert still.rho == pytest.approx(90 * np.exp(-0.05))
    broke = o.option_greeks(0, 90, 1, 0.3, 0.05, call=False)
    assert (broke.delta, broke.gamma, broke.vega) == (-1, 0, 0)
    far = o.option_greeks([1e-3, 1e6], 100, 1e-3, 0.1)
    np.testing.assert_allclose(far.delta, [0, 1])


@pytest.mark.parametrize("bad", [
    (NAN, 100, 1, 0.3), (100, NAN, 1, 0.3), (100, 100, NAN, 0.3), (100, 100, 1, NAN), (INF, 100, 1, 0.3),
    (-1, 100, 1, 0.3), (100, 0, 1, 0.3), (100, -5, 1, 0.3), (100, 100, 1, -0.1),
])  # fmt: skip
def test_bad_input_is_nan(bad: tuple[float, ...]) -> None:
    assert np.isnan(o.option_price(*bad))
    assert all(np.isnan(value) for value in o.option_greeks(*bad))


def test_the_solver_stops_after_its_steps_and_needs_few(monkeypatch: pytest.MonkeyPatch) -> None:
    c = chain(2000)
    price = o.option_price(**c)
    sigma = c.pop("volatility")
    exact = o.implied_volatility(price, **c)
    monkeypatch.setattr(o, "_MOST_STEPS", 12)
    np.testing.assert_array_equal(o.implied_volatility(price, **c).volatility, exact.volatility)
    monkeypatch.setattr(o, "_MOST_STEPS", 1)
    rough = o.implied_volatility(price, **c).volatility
    assert 1e-9 < np.nanmedian(np.abs(rough / sigma - 1)) < 0.1


def test_shapes_and_inputs_left_alone() -> None:
    c: dict[str, Any] = chain(5)
    before = {name: value.copy() for name, value in c.items()}
    o.option_greeks(**c)
    sigma = c.pop("volatility")
    o.implied_volatility(o.option_price(volatility=sigma, **c), **c)
    for name, value in c.items():
        np.testing.assert_array_equal(value, before[name])
    assert o.option_price(100, np.ones((3, 1)), np.ones(4), 0.2).shape == (3, 4)
    assert o.option_price([], [], [], []).shape == (0,)
    assert o.implied_volatility([], [], [], []).reason.shape == (0,)


NUMBERS = st.tuples(
    st.floats(1, 1000), st.floats(1, 1000), st.floats(0.003, 5), st.floats(0.01, 3), st.floats(-0.05, 0.2),
    st.floats(0, 0.1),
)  # fmt: skip


@given(NUMBERS)
def test_parity_bounds_and_signs(x: tuple[float, ...]) -> None:
    spot, strike, years, _, rate, dividend = x
    call, put = o.option_greeks(*x), o.option_greeks(*x, call=False)
    scale = max(spot, strike) * np.exp(0.05 * years)
    forward, paid = spot * np.exp(-dividend * years), strike * np.exp(-rate * years)
    assert abs(call.price - put.price - (forward - paid)) < 1e-12 * scale * 10
    assert max(forward - paid, 0) - 1e-11 * scale <= call.price <= forward + 1e-11 * scale
    assert max(paid - forward, 0) - 1e-11 * scale <= put.price <= paid + 1e-11 * scale
    assert 0 <= call.delta <= 1
    assert -1 <= put.delta <= 0
    assert call.gamma == pytest.approx(put.gamma)
    assert min(call.gamma, call.vega, call.rho, -put.rho, -call.psi, put.psi) >= 0
    assert call.delta - put.delta == pytest.approx(np.exp(-dividend * years))


@given(NUMBERS, st.floats(1.001, 2))
def test_a_higher_volatility_is_never_cheaper(x: tuple[float, ...], factor: float) -> None:
    spot, strike, years, sigma, rate, dividend = x
    low = o.option_price(*x)
    high = o.option_price(spot, strike, years, sigma * factor, rate, dividend)
    assert high >= low - 1e-12 * max(spot, strike)
