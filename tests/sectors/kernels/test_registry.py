"""The formulas by name: v1 is the requirement's, v2 differs where it says so, both run one path."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings

from sectors.kernels import multipliers
from sectors.kernels.inputs import SectorInputs
from sectors.kernels.parameters import V1
from sectors.kernels.registry import FORMULAS, V2, analyse_all, get_formula
from sectors.kernels.sector import score_sector
from sectors.kernels.weights import dynamic_scales
from tests.sectors.kernels.sample import make_inputs
from tests.sectors.kernels.test_sector import sectors


def test_every_formula_is_stored_under_its_own_name() -> None:
    assert list(FORMULAS) == ["v1", "v2"]
    assert all(formula.parameters.version == name == formula.name for name, formula in FORMULAS.items())
    assert get_formula("v1").parameters == V1
    assert (FORMULAS["v1"].reasons, len(FORMULAS["v2"].reasons)) == ((), 3)


def test_the_challenger_differs_in_what_it_argues_and_nothing_else() -> None:
    changed = {field.name for field in fields(V1) if getattr(V1, field.name) != getattr(V2, field.name)}
    assert changed == {"version", "scale_source", "volatility_observations", "confirmation"}


def test_an_unknown_formula_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="unknown formula 'v9'; known are v1, v2"):
        analyse_all(make_inputs(3), "v9")


def test_the_champion_comes_first_and_all_are_computed() -> None:
    inputs = make_inputs(40)
    results = analyse_all(inputs, "v2")
    assert list(results) == ["v2", "v1"]
    assert results["v1"].reading == score_sector(inputs)
    assert {name: each.reading.parameters_version for name, each in results.items()} == {"v1": "v1", "v2": "v2"}


def test_the_same_percentage_means_less_in_a_restless_sector() -> None:
    inputs = make_inputs(40, drift=2.0, rvol=np.ones(40), volatility_sessions=60, table_multiplier=1.3, multiplier=1.9)
    calm, restless = (score_sector(replace(inputs, volatility=sigma), V2) for sigma in (1.5, 4.0))
    assert calm.scales == pytest.approx(tuple(dynamic_scales(1.5)))
    assert restless.scales == pytest.approx(tuple(V1.scales_for(8.0)))
    assert 0 < restless.base < calm.base
    assert (calm.multiplier, restless.volatility) == (1.3, 4.0), "the table's multiplier, not a mode's"
    assert score_sector(inputs).multiplier == 1.9


@pytest.mark.parametrize(("volatility", "sessions"), [(math.nan, 0), (3.0, 59), (math.nan, 60)])
def test_without_history_the_challenger_is_static_and_says_so(volatility: float, sessions: int) -> None:
    reading = score_sector(make_inputs(40, volatility=volatility, volatility_sessions=sessions), V2)
    assert reading.scales == pytest.approx(tuple(V1.scales))
    assert "dynamic_scale" in reading.factors_missing
    assert reading.multiplier == 1.3


def test_heavy_selling_does_not_confirm_a_rise() -> None:
    returns = np.where(np.arange(40)[:, None] < 30, 3.0, -1.0) * np.array([0.4, 1.0, 1.7, 2.2])
    sold = np.where(returns[:, 1] > 0, 1.0, 6.0)
    bought = np.where(returns[:, 1] > 0, 6.0, 1.0)
    v1, v2 = ([score_sector(make_inputs(40, returns=returns, rvol=r), p) for r in (sold, bought)] for p in (V1, V2))
    assert v1[0].volume_confirmation > 1
    assert v2[0].volume_confirmation == pytest.approx(math.exp(0.3 * -10 * math.log(6) / 40))
    assert v2[1].volume_confirmation == pytest.approx(min(1.3, math.exp(0.3 * 30 * math.log(6) / 40)))


@settings(max_examples=80)
@given(sectors())
def test_the_challenger_confirms_by_the_stored_alignment(inputs: SectorInputs) -> None:
    reading = score_sector(inputs, V2)
    if reading.base is None:
        return
    if reading.volume_alignment is None:
        assert reading.base == 0 or "volume_confirmation" in reading.factors_missing
        return
    assert reading.volume_confirmation == pytest.approx(
        float(multipliers.volume_confirmation(reading.volume_alignment)), abs=1e-12
    )


@settings(max_examples=60)
@given(sectors())
def test_the_mirrored_sector_has_the_mirrored_challenger(inputs: SectorInputs) -> None:
    inputs = replace(inputs, catalysts=None, last_score=None)
    here = score_sector(inputs, V2)
    there = score_sector(replace(inputs, returns=-inputs.returns, index=-inputs.index), V2)
    assert here.score == (None if there.score is None else -there.score)
