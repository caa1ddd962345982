"""Every ratio against empyrical: on its own published expected values, and on random series."""

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sentiment_site.quant import performance as p
from tests.conftest import SHARED_DATA

NAN = np.nan
RNG = np.random.default_rng(11)
PERIODS = {"daily": 252, "weekly": 52, "monthly": 12}
FILE = SHARED_DATA / "reference" / "empyrical_expected_values.json"
# empyrical's own test, by name -> (our function, decimals it states)
PUBLISHED: dict[str, Any] = {
    "cum_returns_final": lambda a: p.cumulative_return(a["returns"]),
    "max_drawdown": lambda a: p.max_drawdown(a["returns"]),
    "annual_ret": lambda a: p.annual_return(a["returns"], a["period"]),
    "cagr": lambda a: p.annual_return(a["returns"], a["period"]),
    "annual_volatility": lambda a: p.annual_volatility(a["returns"], a["period"]),
    "calmar": lambda a: p.calmar_ratio(a["returns"], a["period"]),
    "sharpe_ratio": lambda a: p.sharpe_ratio(a["returns"], a["risk_free"]),
    "downside_risk": lambda a: p.downside_deviation(a["returns"], a["required_return"], a["period"]),
    "sortino": lambda a: p.sortino_ratio(a["returns"], a["required_return"], a["period"]),
    "beta": lambda a: p.beta(a["returns"], a["benchmark"]),
    "alpha": lambda a: p.alpha(a["returns"], a["benchmark"]),
    "alpha_beta": lambda a: [p.alpha(a["returns"], a["benchmark"]), p.beta(a["returns"], a["benchmark"])],
}


def _series(text: Any, known: dict[str, pd.Series]) -> Any:
    """What an argument of the file stands for; None if the file does not hold it (random noise)."""
    if not isinstance(text, str):
        return text
    sign, name = (-1, text[1:]) if text.startswith("-") else (1, text)
    name, tail = (name[:-4], 1) if name.endswith("[1:]") else (name, 0)
    if name in PERIODS:
        return PERIODS[name]
    if name in known:
        return sign * known[name].iloc[tail:]
    try:
        return float(text)
    except ValueError:
        return None


def _cases() -> list[Any]:
    if not FILE.exists():
        return [pytest.param(None, None, None, marks=pytest.mark.skip(reason="empyrical's values are not beside us"))]
    table = json.loads(FILE.read_text())
    known = {
        name: pd.Series(item["values"], index=item["index"], dtype=float)
        for name, item in table["series"].items()
        if item["kind"] == "series"
    }
    cases = []
    for case in table["cases"]:
        arguments = {key: _series(value, known) for key, value in case["args"].items() if key != "expected"}
        unknown = any(value is None for value in arguments.values()) or isinstance(case["args"].get("expected"), dict)
        if case["test"] not in PUBLISHED or unknown or arguments.get("starting_value", 0) != 0:
            continue
        series = {key: value for key, value in arguments.items() if isinstance(value, pd.Series)}
        if len({len(value) for value in series.values()}) > 1:  # empyrical joins by date
            joined = pd.concat(series, axis=1, join="outer" if case["test"] in ("sharpe_ratio", "sortino") else "inner")
            series = {key: joined[key] for key in series}
        arguments |= {key: value.to_numpy() for key, value in series.items()}
        expected = case["args"]["expected"]
        cases.append(pytest.param(case["test"], arguments, expected, id=f"{case['test']}-{len(cases)}"))
    return cases


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "arguments", "expected"), _cases())
def test_empyricals_published_values(name: str, arguments: dict[str, Any], expected: Any) -> None:
    found = np.atleast_1d(np.asarray(PUBLISHED[name](arguments), float))
    for value, printed in zip(found, expected if isinstance(expected, list) else [expected], strict=True):
        wanted = NAN if printed is None else float(printed)
        # some are printed with few decimals; none is compared more loosely than it is printed, or than 1e-10
        places = len(repr(wanted).partition(".")[2]) if np.isfinite(wanted) and "e" not in repr(wanted) else 12
        assert value == pytest.approx(wanted, rel=1e-10, abs=max(1e-10, 0.5 * 10.0**-places), nan_ok=True)


@pytest.mark.real_data
def test_enough_published_values_are_compared() -> None:
    if not FILE.exists():
        pytest.skip("empyrical's values are not beside us")
    assert len(_cases()) >= 55


def noisy(gaps: float) -> np.ndarray:
    r = RNG.normal(0.0005, 0.012, 500)
    r[RNG.random(500) < gaps] = NAN
    return r


@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_random_series_equal_empyrical(gaps: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        e = pytest.importorskip("empyrical")
    close = {"rel": 1e-10, "abs": 1e-12}
    for _ in range(20):
        r, b = noisy(gaps), noisy(gaps)
        before = r.copy(), b.copy()
        assert p.annual_return(r) == pytest.approx(e.annual_return(r), **close)
        assert p.cumulative_return(r) == pytest.approx(e.cum_returns_final(r), **close)
        assert p.annual_volatility(r) == pytest.approx(e.annual_volatility(r), **close)
        assert p.sharpe_ratio(r, 0.0001) == pytest.approx(e.sharpe_ratio(r, 0.0001), **close)
        assert p.sortino_ratio(r, 0.0002) == pytest.approx(e.sortino_ratio(r, 0.0002), **close)
        assert p.downside_deviation(r, 0.0002) == pytest.approx(e.downside_risk(r, 0.0002), **close)
        assert p.max_drawdown(r) == pytest.approx(e.max_drawdown(r), **close)
        assert p.calmar_ratio(r) == pytest.approx(e.calmar_ratio(r), **close)
        assert p.beta(r, b, 0.0001) == pytest.approx(e.beta(r, b, 0.0001), **close)
        assert p.alpha(r, b, 0.0001) == pytest.approx(e.alpha(r, b, 0.0001), **close)
        known = r[~np.isnan(r)]  # empyrical leaves gaps in the tail to its caller
        for cutoff in (0.01, 0.05, 0.5, 1.0):
            assert p.value_at_risk(r, cutoff) == pytest.approx(e.value_at_risk(known, cutoff), **close)
            wanted = e.conditional_value_at_risk(known, cutoff)
            assert p.conditional_value_at_risk(r, cutoff) == pytest.approx(wanted, **close)
        np.testing.assert_array_equal(np.array([r, b]), np.array(before))


def test_worked_example() -> None:
    r = np.array([0.10, -0.20, 0.05])
    assert p.cumulative_return(r) == pytest.approx(1.1 * 0.8 * 1.05 - 1)
    np.testing.assert_allclose(p.drawdowns(r), [0, -0.2, -0.16])
    assert p.max_drawdown(r) == pytest.approx(-0.2)
    assert p.deepest_drawdown(r) == p.Drawdown(pytest.approx(-0.2), 0, 1, None)
    assert p.deepest_drawdown([-0.1, 0.2]) == p.Drawdown(pytest.approx(-0.1), -1, 0, 1)
    assert p.deepest_drawdown([0.0, 0.1]) is None
    assert p.deepest_drawdown([]) is None
    mean = -0.05 / 3
    assert p.sharpe_ratio(r) == pytest.approx(mean / np.std(r, ddof=1) * np.sqrt(252))
    assert p.downside_deviation(r) == pytest.approx(np.sqrt(0.04 / 3 * 252))
    assert p.value_at_risk(r, 0.5) == pytest.approx(0.05)
    assert p.conditional_value_at_risk(r, 0.5) == pytest.approx(-0.075)


def test_many_books_at_once() -> None:
    books, market = np.array([noisy(0.1) for _ in range(6)]), noisy(0.0)
    for function in (
        p.cumulative_return, p.annual_return, p.annual_volatility, p.sharpe_ratio, p.sortino_ratio,
        p.downside_deviation, p.max_drawdown, p.calmar_ratio, p.value_at_risk, p.conditional_value_at_risk,
    ):  # fmt: skip
        together = function(books)
        assert together.shape == (6,)
        np.testing.assert_allclose(together, [function(book) for book in books], rtol=1e-12)
    np.testing.assert_allclose(p.beta(books, market), [p.beta(book, market) for book in books], rtol=1e-10)
    np.testing.assert_allclose(p.alpha(books, market), [p.alpha(book, market) for book in books], rtol=1e-9)


def test_edges() -> None:
    everything = (
        p.cumulative_return, p.annual_return, p.annual_volatility, p.sharpe_ratio, p.sortino_ratio,
        p.downside_deviation, p.max_drawdown, p.calmar_ratio, p.value_at_risk, p.conditional_value_at_risk,
    )  # fmt: skip
    for function in everything:
        assert np.isnan(function([])), function
    assert np.isnan(p.annual_volatility([0.01]))
    assert np.isnan(p.sharpe_ratio([NAN, NAN, 0.01]))
    assert np.isnan(p.value_at_risk([NAN, NAN]))
    assert p.sharpe_ratio([0.01] * 30) == np.inf
    assert p.sharpe_ratio([-0.01] * 30) == -np.inf
    assert np.isnan(p.sharpe_ratio([0.0] * 30))
    assert p.annual_return([-1.0, 0.5]) == -1
    assert np.isnan(p.annual_return([-2.0, 0.5]))
    assert np.isnan(p.calmar_ratio([0.01, 0.02]))
    assert np.isnan(p.beta([0.01, 0.02], [0.01, 0.01]))
    assert np.isnan(p.alpha([0.01, 0.02], [0.01, 0.01]))
    assert p.max_drawdown([-0.5]) == -0.5
    with pytest.raises(ValueError, match="infinite"):
        p.sharpe_ratio([0.1, np.inf])
    with pytest.raises(ValueError, match="share"):
        p.value_at_risk([0.1], 1.5)
    with pytest.raises(ValueError, match="one series"):
        p.deepest_drawdown(np.zeros((2, 3)))


@given(hnp.arrays(float, st.integers(2, 60), elements=st.floats(-0.2, 0.2)))
def test_bounds(r: np.ndarray) -> None:
    assert -1 <= p.max_drawdown(r) <= 0
    assert p.conditional_value_at_risk(r) <= p.value_at_risk(r) + 1e-15
    assert r.min() - 1e-15 <= p.value_at_risk(r) <= r.max() + 1e-15
    deepest = p.deepest_drawdown(r)
    if deepest is not None:
        assert deepest.depth == p.max_drawdown(r)
        assert -1 <= deepest.peak < deepest.trough
        start = np.concatenate([[1.0], np.cumprod(1 + r)])
        assert start[deepest.trough + 1] / start[deepest.peak + 1] - 1 == pytest.approx(deepest.depth)
