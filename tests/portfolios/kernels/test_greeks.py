"""The requirement's mock table by its own code, the model in its unit against QuantLib, never both in one sum."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.kernels.greeks import (
    MOCK_GREEKS,
    NAMES,
    Greeks,
    GreekSource,
    MixedGreeksError,
    ModelInput,
    mock_greeks,
    model_greeks,
    total_greeks,
)
from portfolios.kernels.positions import PositionType
from sentiment_site.quant.options import option_price

D = Decimal
KINDS = list(PositionType)
# S3, 2.2, as written there
SEED = {
    "LC": {"delta": 0.65, "gamma": 0.02, "theta": -0.05, "vega": 0.15, "rho": 0.08},
    "LP": {"delta": -0.35, "gamma": 0.02, "theta": -0.05, "vega": 0.15, "rho": -0.06},
    "SC": {"delta": -0.65, "gamma": -0.02, "theta": 0.05, "vega": -0.15, "rho": -0.08},
    "SP": {"delta": 0.35, "gamma": -0.02, "theta": 0.05, "vega": -0.15, "rho": 0.06},
    "LONG": {"delta": 1.0, "gamma": 0.0, "theta": 0.0, "vega": 0.0, "rho": 0.0},
    "SHORT": {"delta": -1.0, "gamma": 0.0, "theta": 0.0, "vega": 0.0, "rho": 0.0},
}


def seed_get_mock_greeks(position_type: str, quantity: float) -> dict[str, float]:
    """The requirement's function, word for word."""
    base_greeks = SEED[position_type].copy()
    multiplier = quantity if position_type in ["LC", "LP", "SC", "SP"] else quantity / 100
    return {k: v * multiplier for k, v in base_greeks.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_and_its_scaling(kind: PositionType) -> None:
    assert MOCK_GREEKS[kind]._asdict() == SEED[kind]
    for quantity in ("1", "7", "250", "0.5"):
        found = mock_greeks(kind, D(quantity))
        assert {name: getattr(found, name) for name in NAMES} == pytest.approx(
            seed_get_mock_greeks(kind, float(quantity))
        )
        assert found.source is GreekSource.MOCK


def test_worked_example() -> None:
    """100 shares long count 1.0, one call .65; dollar delta of 1.65 at $150 is $24,750."""
    book = total_greeks(GreekSource.MOCK, [mock_greeks(PositionType.LONG, D(100)), mock_greeks(PositionType.LC, D(1))])
    assert book.delta == pytest.approx(1.65)
    assert book.dollar_delta(150) == pytest.approx(24_750)


@pytest.mark.parametrize("quantity", [D(0), D(-3)])
def test_a_signed_quantity_is_refused(quantity: D) -> None:
    with pytest.raises(ValueError, match="direction is the type's"):
        mock_greeks(PositionType.SC, quantity)
    with pytest.raises(ValueError, match="direction is the type's"):
        model_greeks([ModelInput(PositionType.SC, quantity, 100.0)])


def test_mock_and_model_never_add_up() -> None:
    mock, model = mock_greeks(PositionType.LC, D(1)), Greeks(GreekSource.MODEL, 0.5)
    with pytest.raises(MixedGreeksError, match="mock and model"):
        mock + model
    with pytest.raises(MixedGreeksError):
        total_greeks(GreekSource.MODEL, [model, mock])
    with pytest.raises(MixedGreeksError):
        total_greeks(GreekSource.MODEL, [mock])
    with pytest.raises(TypeError):
        mock + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        sum([mock, mock])  # type: ignore[list-item]
    assert total_greeks(GreekSource.MODEL, []) == Greeks(GreekSource.MODEL)
    assert (mock + mock).delta == pytest.approx(1.3)


def test_the_model_against_quantlib_in_the_tables_unit() -> None:
    ql = pytest.importorskip("QuantLib")
    spot, strike, years, sigma, rate, dividend = 105.0, 100.0, 0.4, 0.35, 0.04, 0.01
    inputs = [ModelInput(kind, D(3), spot, strike, years, sigma, rate, dividend) for kind in KINDS if kind.is_option]
    for line, found in zip(inputs, model_greeks(inputs), strict=True):
        kind = ql.Option.Call if line.kind in ("LC", "SC") else ql.Option.Put
        forward, deviation = spot * np.exp((rate - dividend) * years), sigma * np.sqrt(years)
        oracle = ql.BlackCalculator(
            ql.PlainVanillaPayoff(kind, strike), float(forward), float(deviation), float(np.exp(-rate * years))
        )
        sign = 3 * line.kind.sign
        assert found is not None
        assert found.source is GreekSource.MODEL
        assert found.delta == pytest.approx(sign * oracle.delta(spot))
        assert found.gamma == pytest.approx(sign * oracle.gamma(spot))
        assert found.vega == pytest.approx(sign * oracle.vega(years) / 100)
        assert found.rho == pytest.approx(sign * oracle.rho(years) / 100)
        price = [
            option_price(spot, strike, years - days / 365, sigma, rate, dividend, call=kind == ql.Option.Call)
            for days in (-0.5, 0.5)
        ]
        assert found.theta == pytest.approx(float(sign * (price[1] - price[0])), rel=1e-4)
        # the mock's signs are the model's
        assert np.sign([getattr(found, name) for name in NAMES]).tolist() == np.sign(MOCK_GREEKS[line.kind]).tolist()


def test_model_edges() -> None:
    known = ModelInput(PositionType.LC, D(2), 100.0, 100.0, 0.5, 0.3)
    stock = ModelInput(PositionType.SHORT, D(250), None)
    unknown = ModelInput(PositionType.LC, D(2), 100.0, 100.0, 0.5, None)
    odd = ModelInput(PositionType.LC, D(2), 100.0, 100.0, 0.5, 0.3, shares=150.0)
    call, short, nothing, adjusted = model_greeks([known, stock, unknown, odd])
    assert short == Greeks(GreekSource.MODEL, delta=-2.5)
    assert nothing is None
    assert call is not None
    assert adjusted is not None
    assert adjusted.delta == pytest.approx(1.5 * call.delta)
    assert model_greeks([]) == ()


@given(st.sampled_from(KINDS), st.decimals("0.0001", "1000000", places=4), st.integers(2, 9))
def test_scaling_is_linear(kind: PositionType, quantity: D, times: int) -> None:
    one, many = mock_greeks(kind, quantity), mock_greeks(kind, quantity * times)
    together = total_greeks(GreekSource.MOCK, [one] * times)
    for name in NAMES:
        assert getattr(many, name) == pytest.approx(getattr(together, name), rel=1e-12)
