"""Squeeze risk: structure, ignition, their product, and what is missing."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from themes.kernels.squeeze import STRUCTURE, SqueezeBand, SqueezeInputs, classify_squeeze, score_squeeze

NAN = np.nan
FULL = {
    "short_interest": 30.0, "days_to_cover": 8.0, "borrow_fee": 100.0, "utilisation": 100.0, "float_shares": 2e6,
    "day_change": 20.0, "day_sigmas": 4.0, "rvol": 8.0, "acceleration": 4.0, "hour_sigma": 2.0, "at_high": 1.0,
}  # fmt: skip


def inputs(**changes: float) -> SqueezeInputs:
    return SqueezeInputs(**{name: np.array([value]) for name, value in (FULL | changes).items()})


def test_everything_at_its_worst_is_one() -> None:
    reading = score_squeeze(inputs())
    assert (reading.score[0], reading.low[0], reading.high[0]) == pytest.approx((1.0, 1.0, 1.0))
    assert reading.band[0] == SqueezeBand.HIGH
    assert reading.missing(0) == ()


def test_worked_example() -> None:
    # SI 20 % -> .6, DTC 4.5 -> .5, fee 10 % -> .5, utilisation unknown, float 10 million -> .5
    reading = score_squeeze(
        inputs(short_interest=20.0, days_to_cover=4.5, borrow_fee=10.0, utilisation=NAN, float_shares=10e6,
               day_sigmas=2.0, rvol=math.sqrt(8), acceleration=NAN, at_high=0.0)
    )  # fmt: skip
    structure = (0.3 * 0.6 + 0.2 * 0.5 + 0.2 * 0.5 + 0.15 * 0.5) / 0.85
    ignition = 0.4 * 0.5 + 0.3 * 0.5
    assert reading.structure[0] == pytest.approx(structure)
    assert reading.ignition[0] == pytest.approx(ignition)
    heat = 0.35 + 0.65 * ignition
    assert reading.score[0] == pytest.approx(structure * heat)
    assert reading.low[0] == pytest.approx(0.455 * heat)
    assert reading.high[0] == pytest.approx((0.455 + 0.15) * heat)
    assert reading.missing(0) == ("utilisation of lendable shares, %",)


def test_without_short_interest_the_float_speaks_and_not_loudly() -> None:
    reading = score_squeeze(inputs(short_interest=NAN, days_to_cover=NAN))
    assert reading.si_missing[0]
    assert reading.structure[0] == pytest.approx(0.4)
    assert reading.low[0] <= reading.score[0] <= reading.high[0]
    large = score_squeeze(inputs(short_interest=NAN, days_to_cover=NAN, float_shares=60e6))
    assert large.score[0] == 0.0
    nothing = score_squeeze(inputs(short_interest=NAN, days_to_cover=NAN, float_shares=NAN))
    assert np.isnan(nothing.score[0])
    assert np.isnan(nothing.low[0])
    assert nothing.band[0] == SqueezeBand.UNKNOWN
    assert len(nothing.missing(0)) == 3


def test_a_falling_or_unknown_day_ignites_nothing() -> None:
    for day in (-0.1, NAN):
        reading = score_squeeze(inputs(day_change=day))
        assert reading.ignition[0] == 0.0
        assert reading.score[0] == pytest.approx(0.35)


@pytest.mark.parametrize(
    ("name", "value"),
    [("short_interest", -1.0), ("days_to_cover", -2.0), ("borrow_fee", np.inf), ("float_shares", 0.0)],
)
def test_impossible_numbers_are_unknown(name: str, value: float) -> None:
    place = [part.name for part in STRUCTURE].index(name)
    assert np.isnan(score_squeeze(inputs(**{name: value})).factors[0, place])


def test_a_fee_below_one_percent_is_no_danger() -> None:
    assert score_squeeze(inputs(borrow_fee=0.0)).factors[0, 2] == 0.0


def test_bands_own_their_lower_edge() -> None:
    assert classify_squeeze([0.0, 0.349, 0.35, 0.599, 0.6, 1.0, NAN]).tolist() == [0, 0, 1, 1, 2, 2, -1]


def test_shapes() -> None:
    with pytest.raises(ValueError, match="shape"):
        replace(inputs(), rvol=np.zeros(2))
    empty = SqueezeInputs(*(np.empty(0) for _ in fields(SqueezeInputs)))
    assert score_squeeze(empty).score.size == 0


numbers = st.one_of(st.just(NAN), st.floats(0, 200))


@settings(max_examples=20, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(FULL, numbers)), st.sampled_from(list(FULL)[5:]))
def test_the_risk_is_a_share_and_unknown_ignition_never_raises_it(values: dict[str, Any], name: str) -> None:
    full, blind = score_squeeze(inputs(**values)), score_squeeze(inputs(**(values | {name: NAN})))
    if not np.isnan(full.score[0]):
        assert 0 <= full.low[0] <= full.score[0] + 1e-12
        assert full.score[0] <= full.high[0] + 1e-12
        assert full.high[0] <= 1 + 1e-12
        if name != "hour_sigma":
            assert blind.score[0] <= full.score[0] + 1e-12


@given(
    st.fixed_dictionaries(dict.fromkeys(FULL, st.floats(1, 200))), st.sampled_from([part.name for part in STRUCTURE])
)
def test_an_unknown_input_widens_the_interval(values: dict[str, Any], name: str) -> None:
    full, blind = score_squeeze(inputs(**values)), score_squeeze(inputs(**(values | {name: NAN})))
    assert blind.high[0] - blind.low[0] >= full.high[0] - full.low[0] - 1e-12
    assert blind.low[0] <= full.score[0] + 1e-12
    assert blind.high[0] >= full.score[0] - 1e-12
