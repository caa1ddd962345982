"""Confidence parts: worked numbers, scipy's normal distribution, edges."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sectors.kernels import confidence
from sectors.kernels.confidence import ConfidenceParts

NAN = math.nan
SHARE = st.floats(0.0, 1.0)


@given(st.integers(-599, 599), st.floats(1e-3, 2.0))
def test_stability_is_the_mass_of_the_band(thousandths: int, error: float) -> None:
    score = thousandths / 1000
    low, high = next(band for band in ((-0.6, -0.2), (-0.2, 0.2), (0.2, 0.6)) if band[0] <= score < band[1])
    expected = stats.norm.cdf(high, score, error) - stats.norm.cdf(low, score, error)
    assert confidence.stability(Decimal(thousandths) / 1000, error) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("score", "error", "expected"),
    [
        ("0.600", 0.1, 0.5),  # on the edge of an outer band, which is open above
        ("0.980", 0.05, stats.norm.cdf((0.98 - 0.6) / 0.05)),
        ("-0.980", 0.1, stats.norm.cdf(3.8)),
        ("0.000", 0.1, stats.norm.cdf(2) - stats.norm.cdf(-2)),
        ("0.200", 0.0, 1.0),
        ("0.200", 1e-320, 1.0),
        ("0.200", NAN, 0.0),
    ],
)
def test_stability_at_the_edges(score: str, error: float, expected: float) -> None:
    assert confidence.stability(Decimal(score), error) == pytest.approx(expected)


@pytest.mark.parametrize(("coverage", "part"), [(0.0, 0.0), (0.45, 0.5), (0.9, 1.0), (1.0, 1.0)])
def test_coverage(coverage: float, part: float) -> None:
    assert confidence.coverage_part(coverage) == pytest.approx(part)


@pytest.mark.parametrize(
    ("age", "part"), [(-5.0, 1.0), (0.0, 1.0), (30.0, 1.0), (150.0, 0.5), (270.0, 0.25), (1e9, 0.0), (NAN, 0.0)]
)
def test_freshness_halves_every_two_hours(age: float, part: float) -> None:
    assert confidence.freshness(age) == pytest.approx(part)


@pytest.mark.parametrize(
    ("scores", "part"),
    [
        ((0.5, 0.5, 0.5, 0.5), 1.0),
        ((-0.5, -0.1, -0.2, NAN), 1.0),
        ((0.4, NAN, -0.4, NAN), 0.5),
        ((0.0, 0.0, 0.0, 0.0), 1.0),
        ((NAN, NAN, NAN, NAN), 1.0),
        # |.25*.4 + .3*.4 - .25*.4 - .2*.4| / .4 = .1
        ((0.4, 0.4, -0.4, -0.4), 0.55),
    ],
)
def test_timeframe_agreement(scores: tuple[float, ...], part: float) -> None:
    assert confidence.timeframe_agreement(scores) == pytest.approx(part)


@given(SHARE, SHARE, SHARE, st.floats(0.5, 1.0))
def test_confidence_is_a_weighted_geometric_mean(a: float, b: float, c: float, d: float) -> None:
    result = confidence.confidence(ConfidenceParts(a, b, c, d))
    assert 0.0 <= result <= 1.0
    assert result == pytest.approx(a**0.40 * b**0.25 * c**0.20 * d**0.15)


def test_confidence_of_an_example() -> None:
    parts = ConfidenceParts(0.81, 1.0, 0.5, 0.55)
    assert confidence.confidence(parts) == pytest.approx(math.exp(0.4 * -0.210721 + 0.2 * -0.693147 + 0.15 * -0.597837))


@pytest.mark.parametrize(
    ("score", "without", "warned"),
    [("0.210", 0.199, True), ("0.210", 0.2004, False), ("0.210", 0.1996, False), ("0.210", NAN, True)],
)
def test_concentration(score: str, without: float, warned: bool) -> None:
    assert confidence.is_concentrated(Decimal(score), without) is warned


@pytest.mark.parametrize(
    ("parts", "fresh", "coverage", "pull", "words"),
    [
        ((0.9, 1.0, 1.0, 0.9), 30, 1.0, 0.5, ()),
        ((0.4, 1.0, 1.0, 0.65), 5, 0.6, 0.5, ()),
        ((0.9, 1.0, 1.0, 0.9), 4, 1.0, 0.5, ("thin: 4 fresh stocks, 5 needed",)),
        ((0.9, 0.6, 1.0, 0.9), 30, 0.55, 0.5, ("thin: 55% of the stocks are fresh, 60% needed",)),
        (
            (0.39, 1.0, 1.0, 0.9),
            30,
            1.0,
            0.5,
            ("stocks disagree: the colour survives other stocks with 39%, 40% needed",),
        ),
        ((0.9, 1.0, 1.0, 0.64), 30, 1.0, 0.2, ("timeframes disagree: agreement 0.64, 0.65 needed",)),
        ((0.9, 1.0, 1.0, 0.5), 30, 1.0, 0.19, ()),
    ],
)
def test_when_to_abstain(
    parts: tuple[float, float, float, float], fresh: int, coverage: float, pull: float, words: tuple[str, ...]
) -> None:
    assert confidence.abstentions(confidence.ConfidenceParts(*parts), fresh, coverage, pull) == words
