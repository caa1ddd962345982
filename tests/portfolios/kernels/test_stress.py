"""Scenarios: stocks by beta, sector and theme, options by QuantLib; what cannot be stressed is named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.kernels.positions import PositionType
from portfolios.kernels.stress import SCENARIOS, Scenario, StressLine, ThemeShock, compute_stress

T = PositionType
STOCK = StressLine("s", "AAPL", T.LONG, 100, 150.0, beta=1.2, sector="technology")
SHORT = StressLine("h", "TSLA", T.SHORT, 50, 200.0, beta=2.0, sector="consumer_discretionary")
CALL = StressLine("c", "AAPL", T.SC, 200, 150.0, 1.2, "technology", 155.0, 0.25, 0.4, 0.04, 0.005)


def quantlib_price(kind: str, spot: float, strike: float, years: float, sigma: float, rate: float, q: float) -> float:
    ql = pytest.importorskip("QuantLib")
    import numpy as np

    payoff = ql.PlainVanillaPayoff(ql.Option.Call if kind == "call" else ql.Option.Put, strike)
    forward = spot * np.exp((rate - q) * years)
    return float(
        ql.BlackCalculator(payoff, float(forward), float(sigma * years**0.5), float(np.exp(-rate * years))).value()
    )


def test_worked_example() -> None:
    """Market -10 %: 100 AAPL of beta 1.2 lose 12 % of 15,000, 50 short TSLA of beta 2 gain 20 % of 10,000."""
    found = compute_stress([STOCK, SHORT], Scenario("down", market=-0.10), 20_000)
    assert found.by_position == pytest.approx({"s": -1_800, "h": 2_000})
    assert found.pnl == pytest.approx(200)
    assert found.pct == pytest.approx(0.01)
    assert found.by_sector == pytest.approx({"technology": -1_800, "consumer_discretionary": 2_000})
    assert found.not_stressed == ()


def test_options_are_repriced_as_quantlib_does() -> None:
    scenario = Scenario("all", market=-0.1, sectors={"technology": -0.05}, volatility=0.1, rates=0.01)
    after = quantlib_price("call", 150 * (1 - 0.12 - 0.05), 155, 0.25, 0.5, 0.05, 0.005)
    before = quantlib_price("call", 150, 155, 0.25, 0.4, 0.04, 0.005)
    assert compute_stress([CALL], scenario, 1.0).pnl == pytest.approx(-200 * (after - before))
    put = replace(CALL, kind=T.LP)
    after = quantlib_price("put", 150 * 0.83, 155, 0.25, 0.5, 0.05, 0.005)
    before = quantlib_price("put", 150, 155, 0.25, 0.4, 0.04, 0.005)
    assert compute_stress([put], scenario, 1.0).pnl == pytest.approx(200 * (after - before))
    rates = compute_stress([STOCK, CALL], Scenario("rates", rates=0.01), 1.0).by_position
    assert rates["s"] == 0
    assert rates["c"] < 0


def test_a_theme_runs_through_members_and_sympathy() -> None:
    theme = ThemeShock("quantum", -0.4, {"AAPL": 1.0}, {"TSLA": 0.5, "AAPL": 0.1})
    assert (theme.on("AAPL"), theme.on("TSLA"), theme.on("KO")) == (-0.4, -0.2, 0)
    assert theme.moves == {"AAPL": -0.4, "TSLA": -0.2}
    found = compute_stress([STOCK, SHORT], Scenario("quantum bust", theme=theme), 10_000)
    assert found.by_position == pytest.approx({"s": -6_000, "h": 2_000})


def test_floors_and_gaps() -> None:
    wiped = compute_stress([STOCK], Scenario("crash", market=-0.99), 0)
    assert wiped.pnl == pytest.approx(-15_000)
    assert wiped.pct is None
    calm = compute_stress([CALL], Scenario("calm", volatility=-5.0), 1.0)
    floor = quantlib_price("call", 150, 155, 0.25, 0.01, 0.04, 0.005)
    assert calm.pnl == pytest.approx(-200 * (floor - quantlib_price("call", 150, 155, 0.25, 0.4, 0.04, 0.005)))
    unknown = [replace(STOCK, beta=None, sector=None), replace(CALL, volatility=None)]
    down = compute_stress(unknown, Scenario("down", market=-0.1), 1.0)
    assert down.not_stressed == ("s", "c")
    assert (down.pnl, down.by_position) == (0, {})
    sector = compute_stress(unknown, Scenario("sector", sectors={"": -0.1}), 1.0)
    assert sector.not_stressed == ("c",)
    assert sector.by_sector == {"unknown": -1_500}
    assert compute_stress([], SCENARIOS[0], 1.0).pnl == 0
    with pytest.raises(ValueError, match="not negative"):
        compute_stress([replace(STOCK, shares=-1)], SCENARIOS[0], 1.0)


def test_the_presets_are_named_once() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    book = [STOCK, SHORT, CALL]
    losses = [compute_stress([STOCK], scenario, 1.0).pnl for scenario in SCENARIOS[:2]]
    assert losses[1] == pytest.approx(2 * losses[0])
    assert all(compute_stress(book, scenario, 1.0).not_stressed == () for scenario in SCENARIOS)


@given(st.floats(-0.5, 0.5), st.floats(0, 0.5), st.floats(-0.02, 0.05))
def test_a_book_and_its_mirror_cancel(market: float, volatility: float, rates: float) -> None:
    mirror = {T.LONG: T.SHORT, T.SHORT: T.LONG, T.SC: T.LC}
    book = [STOCK, SHORT, CALL]
    book += [replace(line, key=line.key + "-", kind=mirror[line.kind]) for line in book]
    found = compute_stress(book, Scenario("any", market, volatility=volatility, rates=rates), 1e5)
    assert found.pnl == pytest.approx(0, abs=1e-8)
    still = compute_stress(book, Scenario("nothing"), 1e5)
    assert set(still.by_position.values()) == {0.0}
