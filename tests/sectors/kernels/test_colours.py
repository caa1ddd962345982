"""Bands, labels, dots and the distance to the next colour, at and beside every boundary."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectors.kernels import colours
from tests.sectors.kernels import oracle

SCORES = st.integers(-1000, 1000).map(lambda thousandths: Decimal(thousandths) / 1000)


@pytest.mark.parametrize(
    ("score", "colour", "verb", "signal", "glyph"),
    [
        ("-1.000", "dark_red", "PRIME SHORT", "PRIME_SHORTING_ENVIRONMENT", "▼▼"),
        ("-0.601", "dark_red", "PRIME SHORT", "PRIME_SHORTING_ENVIRONMENT", "▼▼"),
        ("-0.600", "light_red", "GOOD SHORT", "GOOD_SHORTING_ENVIRONMENT", "▼"),
        ("-0.201", "light_red", "GOOD SHORT", "GOOD_SHORTING_ENVIRONMENT", "▼"),
        ("-0.200", "blue_neutral", "NEUTRAL", "NEUTRAL_CAUTIOUS", "▬"),
        ("0.199", "blue_neutral", "NEUTRAL", "NEUTRAL_CAUTIOUS", "▬"),
        ("0.200", "light_green", "AVOID SHORTS", "AVOID_SHORTS", "▲"),
        ("0.599", "light_green", "AVOID SHORTS", "AVOID_SHORTS", "▲"),
        ("0.600", "dark_green", "DO NOT SHORT", "DO_NOT_SHORT", "▲▲"),
        ("1.000", "dark_green", "DO NOT SHORT", "DO_NOT_SHORT", "▲▲"),
    ],
)
def test_each_boundary_belongs_to_the_more_careful_colour(
    score: str, colour: str, verb: str, signal: str, glyph: str
) -> None:
    value = Decimal(score)
    assert colours.colour(value) == colour
    assert colours.verb(value) == verb
    assert colours.signal(value) == signal
    assert colours.glyph(value) == glyph


@pytest.mark.parametrize(
    ("score", "label"),
    [
        ("-0.201", "BEARISH"),
        ("-0.200", "NEUTRAL"),
        ("0.199", "NEUTRAL"),
        ("0.200", "CAUTION"),
        ("0.249", "CAUTION"),
        ("0.250", "BULLISH"),
    ],
)
def test_labels(score: str, label: str) -> None:
    assert colours.label(Decimal(score)) == label


@given(SCORES)
def test_colour_and_label_are_the_reference(score: Decimal) -> None:
    assert colours.colour(score) == oracle.colour(float(score))
    assert colours.label(score) == oracle.label(float(score))


@pytest.mark.parametrize(
    ("weighted", "dot"),
    [
        (-1.95, "red"),
        (-0.2006, "red"),
        (-0.2, "blue"),
        (0.1994, "blue"),
        (0.2, "yellow"),
        (0.2494, "yellow"),
        (0.25, "green"),
        (1.5, "green"),
        (None, "grey"),
    ],
)
def test_dots(weighted: float | None, dot: str) -> None:
    assert colours.dot(weighted) == dot


def test_the_outer_bands_are_open() -> None:
    assert colours.edges(Decimal("-0.9")) == (None, Decimal("-0.6"))
    assert colours.edges(Decimal("0.1")) == (Decimal("-0.2"), Decimal("0.2"))
    assert colours.edges(Decimal("0.6")) == (Decimal("0.6"), None)


@pytest.mark.parametrize("score", ["-1.001", "1.001"])
def test_no_colour_outside_the_scale(score: str) -> None:
    with pytest.raises(ValueError, match="within"):
        colours.band(Decimal(score))
