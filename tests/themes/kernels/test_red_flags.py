"""Red flags: every row of the table on both sides of its edge, the noisy-OR, evidence, the hourly anomaly."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from themes.kernels.red_flags import (
    FLAGS,
    MARKET_FLAGS,
    RedFlagInputs,
    is_spike,
    joint_anomaly,
    score_flags,
)

NAN, NEVER = np.nan, np.inf
SPIKE = {"change": 30.0, "rvol": 6.0}
KEYS = [flag.key for flag in FLAGS]


def step(key: str, **known: float) -> int:
    reading = score_flags(RedFlagInputs.known(1, **known))
    return int(reading.steps[0, KEYS.index(key)])


def is_known(key: str, **known: float) -> bool:
    return bool(score_flags(RedFlagInputs.known(1, **known)).known[0, KEYS.index(key)])


@pytest.mark.parametrize(
    ("key", "known", "expected"),
    [
        ("move", {"largest_move": 34.9}, 0), ("move", {"largest_move": 35.0}, 1), ("move", {"largest_move": 50.0}, 2),
        ("move", {"largest_move": 100.0}, 3), ("volume", {"rvol": 14.9}, 0), ("volume", {"rvol": 15.0}, 1),
        ("volume", {"rvol": 40.0}, 2), ("float", {"float_shares": 20e6}, 0), ("float", {"float_shares": 19e6}, 1),
        ("float", {"float_shares": 4e6}, 2), ("float", {"float_shares": 0.0}, 0), ("cap", {"cap": 99e6}, 1),
        ("cap", {"cap": 100e6}, 0), ("cap", {"cap": 0.0}, 0),
        ("accumulation", {"prior_rvol_5": 2.0, "prior_change_5": -9.9}, 1),
        ("accumulation", {"prior_rvol_5": 2.0, "prior_change_5": 10.0}, 0),
        ("accumulation", {"prior_rvol_5": 1.9, "prior_change_5": 0.0}, 0),
        ("fade", {"fade": 25.0}, 1), ("fade", {"fade": 24.0}, 0), ("serial", {"spikes_250": 3}, 1),
        ("serial", {"spikes_250": 2}, 0), ("halts", {"volatility_halts": 2}, 1), ("halts", {"volatility_halts": 1}, 0),
        ("anomaly", {"anomaly": 1}, 1), ("anomaly", {"anomaly": 0}, 0),
        ("takedown", {"days_since_takedown": 10}, 1), ("takedown", {"days_since_takedown": 10.1}, 0),
        ("shelf", {"days_since_shelf": 90}, 1), ("shelf", {"days_since_shelf": NEVER}, 0), ("toxic", {"toxic": 1}, 1),
        ("reverse_split", {"days_since_reverse_split": 180, "reverse_splits_24m": 1}, 1),
        ("reverse_split", {"days_since_reverse_split": 300, "reverse_splits_24m": 2}, 2),
        ("reverse_split", {"days_since_reverse_split": 300, "reverse_splits_24m": 1}, 0),
        ("reverse_split", {"days_since_reverse_split": NAN, "reverse_splits_24m": 2}, 2),
        ("reporting", {"reporting": 1}, 1),
        ("no_news", {**SPIKE, "filings_48h": 0, "articles_48h": 0, "releases_48h": 0}, 1),
        ("no_news", {**SPIKE, "filings_48h": 1, "articles_48h": 0, "releases_48h": 0}, 0),
        ("no_news", {"change": 24.0, "rvol": 6.0, "filings_48h": 0, "articles_48h": 0, "releases_48h": 0}, 0),
        ("only_wire", {**SPIKE, "filings_48h": 0, "articles_48h": 0, "releases_48h": 2}, 1),
        ("only_wire", {**SPIKE, "filings_48h": 0, "articles_48h": 1, "releases_48h": 2}, 0),
        ("only_wire", {**SPIKE, "filings_48h": 0, "articles_48h": 0, "releases_48h": 0}, 0),
        ("burst", {"posts_24h": 40, "mention_z": 5, "top_authors": 0.5}, 1),
        ("burst", {"posts_24h": 40, "mention_z": 4.9, "top_authors": 0.5}, 0),
        ("burst", {"posts_24h": 40, "mention_z": 9, "top_authors": 0.49}, 0),
        ("duplicates", {"posts_24h": 10, "duplicates": 0.3}, 1), ("duplicates", {"posts_24h": 9, "duplicates": 0.9}, 0),
        ("young", {"posts_24h": 10, "young": 0.5}, 1), ("promotion", {"posts_24h": 10, "promotion": 0.2}, 1),
        ("promotion", {"posts_24h": 10, "promotion": 0.19}, 0),
    ],
)  # fmt: skip
def test_table(key: str, known: dict[str, float], expected: int) -> None:
    assert step(key, **known) == expected


IPO = {"days_since_ipo": 200, "ipo_raised": 10e6, "ipo_value": 60e6, "ipo_shares": 5e6, "foreign": 1}


def test_a_small_ipo_needs_all_five_and_one_rules_it_out() -> None:
    assert step("small_ipo", **IPO) == 1
    for name, other in {
        "days_since_ipo": 366,
        "ipo_raised": 25e6,
        "ipo_value": 1e8,
        "ipo_shares": 2e7,
        "foreign": 0,
    }.items():
        assert step("small_ipo", **{**IPO, name: other}) == 0
        assert step("small_ipo", **{**IPO, name: NAN}) == 0
        assert not is_known("small_ipo", **{**IPO, name: NAN})
        assert is_known("small_ipo", **{name: other})


def test_what_counts_as_known() -> None:
    assert not is_known("move")
    assert is_known("shelf", days_since_shelf=NEVER)
    assert not is_known("reverse_split", days_since_reverse_split=NEVER)
    assert is_known("no_news", change=1.0)  # no spike: nothing to explain
    assert not is_known("no_news", **SPIKE, filings_48h=0)
    assert is_known("duplicates", posts_24h=2)


def test_worked_example() -> None:
    # +60 % on 20 times the volume, 4 million float, $50 million, no news: .25, .10, .20, .08, .20
    reading = score_flags(
        RedFlagInputs.known(1, largest_move=60, change=60, rvol=20, float_shares=4e6, cap=50e6, filings_48h=0,
                            articles_48h=0, releases_48h=0)
    )  # fmt: skip
    assert reading.score[0] == pytest.approx(1 - 0.75 * 0.9 * 0.8 * 0.92 * 0.8)
    whole = sum(flag.weights[-1] for flag in FLAGS)
    # both news flags are settled: there is no release either
    assert reading.coverage[0] == pytest.approx((0.35 + 0.20 + 0.20 + 0.08 + 0.20 + 0.08) / whole)


def test_the_table_is_that_of_the_methods() -> None:
    assert {flag.key: flag.weights for flag in FLAGS} == {
        "move": (0.15, 0.25, 0.35), "volume": (0.10, 0.20), "float": (0.12, 0.20), "cap": (0.08,),
        "accumulation": (0.08,), "fade": (0.08,), "serial": (0.06,), "halts": (0.06,), "anomaly": (0.10,),
        "takedown": (0.15,), "shelf": (0.12,), "toxic": (0.12,), "reverse_split": (0.15, 0.20), "small_ipo": (0.18,),
        "reporting": (0.08,), "no_news": (0.20,), "only_wire": (0.08,), "burst": (0.15,), "duplicates": (0.15,),
        "young": (0.10,), "promotion": (0.12,),
    }  # fmt: skip
    assert all(len(flag.titles) == len(flag.weights) and list(flag.weights) == sorted(flag.weights) for flag in FLAGS)
    assert len(MARKET_FLAGS) == 9


def test_market_flags_alone_and_no_flags() -> None:
    inputs = RedFlagInputs.known(3, largest_move=[120.0, NAN, 0.0], rvol=50.0, toxic=1.0)
    reading = score_flags(inputs, MARKET_FLAGS)
    np.testing.assert_allclose(reading.score, [1 - 0.65 * 0.8, 0.2, 0.2])
    assert reading.coverage[0] < score_flags(inputs).coverage[0]
    nothing = score_flags(inputs, ())
    assert nothing.score.tolist() == [0.0] * 3
    assert nothing.weights.shape == (3, 0)


def test_inputs_are_checked() -> None:
    with pytest.raises(TypeError, match="no such inputs: flot"):
        RedFlagInputs.known(2, flot=3.0)
    with pytest.raises(ValueError, match="values for 2 stocks"):
        RedFlagInputs.known(2, rvol=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="shape"):
        RedFlagInputs(*(np.zeros(2) for _ in fields(RedFlagInputs)[1:]), promotion=np.zeros(3))
    assert score_flags(RedFlagInputs.known(0)).score.size == 0


def test_inputs_are_left_alone() -> None:
    values = np.array([30.0, NAN])
    inputs = RedFlagInputs.known(2, rvol=values)
    inputs.rvol[0] = 1.0
    assert values[0] == 30.0
    before = {field.name: getattr(inputs, field.name).copy() for field in fields(inputs)}
    score_flags(inputs)
    for name, old in before.items():
        np.testing.assert_array_equal(getattr(inputs, name), old)


NAMES = [field.name for field in fields(RedFlagInputs)]
SIZES = {"float_shares": 3e7, "cap": 2e8, "ipo_raised": 4e7, "ipo_value": 2e8, "ipo_shares": 3e7}
SHARES = {"top_authors", "duplicates", "young", "promotion"}
FACTS = st.fixed_dictionaries(
    {name: st.one_of(st.just(NAN), st.floats(0, SIZES.get(name, 1.0 if name in SHARES else 60.0))) for name in NAMES}
)


@settings(max_examples=20, deadline=None)
@given(FACTS, st.sets(st.sampled_from(NAMES), min_size=1, max_size=4))
def test_less_knowledge_never_raises_the_score(facts: dict[str, Any], lost: set[str]) -> None:
    full = score_flags(RedFlagInputs.known(1, **facts))
    blind = score_flags(RedFlagInputs.known(1, **(facts | dict.fromkeys(lost, NAN))))
    assert 0 <= blind.score[0] <= full.score[0] < 1
    assert blind.coverage[0] <= full.coverage[0] + 1e-12
    assert (blind.steps <= full.steps).all()


@settings(max_examples=20, deadline=None)
@given(FACTS)
def test_the_score_is_the_noisy_or_of_the_raised_flags(facts: dict[str, Any]) -> None:
    reading = score_flags(RedFlagInputs.known(1, **facts))
    expected = 1.0
    for flag, raised in zip(FLAGS, reading.steps[0], strict=True):
        expected *= 1 - (flag.weights[raised - 1] if raised else 0.0)
    assert reading.score[0] == pytest.approx(1 - expected)
    for place in np.flatnonzero(reading.steps[0]):
        assert (1 - reading.weights[0, place]) > 0


def test_spikes() -> None:
    assert is_spike([25.0, 24.9, 25.0, NAN], [4.0, 9.0, 3.9, 9.0]).tolist() == [True, False, False, False]


def test_anomaly_against_pandas() -> None:
    rng = np.random.default_rng(4)
    price = 5 * np.exp(np.cumsum(rng.normal(0, 0.05, (3, 80)), axis=1))
    volume = rng.lognormal(8, 1.2, (3, 80))
    price[1, 20:24] = NAN
    found = joint_anomaly(price, volume)
    for row in range(3):
        usual = pd.Series(price[row]).rolling(12, min_periods=6).mean().shift()
        busy = pd.Series(volume[row]).rolling(12, min_periods=6).mean().shift()
        hit = (price[row] > 1.1 * usual) & (volume[row] > 4 * busy)
        known = usual.notna() & busy.notna() & ~np.isnan(price[row])
        np.testing.assert_array_equal(found[row], np.where(known, hit.astype(float), NAN))
    assert np.nansum(found) > 0
    np.testing.assert_array_equal(joint_anomaly(price[:, :50], volume[:, :50]), found[:, :50])


def test_anomaly_edges() -> None:
    flat = np.ones((1, 30))
    assert np.nansum(joint_anomaly(flat, flat)) == 0.0
    assert np.isnan(joint_anomaly(flat[:, :1], flat[:, :1])).all()
    jump = flat.copy()
    jump[0, -1] = 1.11
    assert joint_anomaly(jump, np.where(jump > 1, 4.1, 1.0))[0, -1] == 1.0
    assert joint_anomaly(jump, np.where(jump > 1, 4.0, 1.0))[0, -1] == 0.0
