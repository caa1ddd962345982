"""The waterfall: exact sums from the stored score down to stocks and filings, and what is missing."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sectors.kernels import explain
from sectors.kernels.explain import OTHERS, ROUNDING
from sectors.kernels.inputs import SectorInputs
from sectors.kernels.parameters import HORIZONS, V1
from sectors.kernels.registry import FORMULAS
from sectors.kernels.sector import Analysis, Catalyst, analyse_sector, as_factors
from sentiment_site.quant.robust import clip_returns
from tests.sectors.kernels.sample import make_inputs
from tests.sectors.kernels.test_sector import sectors

NAN = math.nan
EVENTS = (Catalyst("earnings", 1, 3.0, "S001", "0001-24-000123"), Catalyst("offering", -1, 8.0, "S002", "0001-24-77"))


def read_back(analysis: Analysis) -> dict[str, Any]:
    """The factors as they come out of the database."""
    facts: dict[str, Any] = json.loads(json.dumps(as_factors(analysis.reading), allow_nan=False))
    return facts


def explain_stored(inputs: SectorInputs, name: str = "v1") -> tuple[Analysis, dict[str, Any], explain.Explanation]:
    analysis = FORMULAS[name].analyse(inputs)
    facts = read_back(analysis)
    reading = analysis.reading
    return analysis, facts, explain.explain(facts, reading.score, reading.status, reading.reason)


@settings(max_examples=100)
@given(sectors(), st.sampled_from(["v1", "v2"]))
def test_the_steps_sum_to_the_stored_score_exactly(inputs: SectorInputs, name: str) -> None:
    analysis, _, told = explain_stored(inputs, name)
    if analysis.reading.score is None:
        assert told.steps == ()
        assert told.missing[0].what == "score"
        return
    assert sum(step.value for step in told.steps) == analysis.reading.score
    assert told.steps[-1].running == analysis.reading.score
    assert abs(told.steps[-1].value) <= Decimal("0.00052"), "rounding is rounding, not a remainder"
    assert all(
        later.running - step.running == later.value for step, later in zip(told.steps, told.steps[1:], strict=False)
    )


@settings(max_examples=60)
@given(sectors(), st.integers(0, 30))
def test_stocks_sum_to_their_horizon_exactly(inputs: SectorInputs, top: int) -> None:
    analysis, facts, told = explain_stored(inputs)
    steps = {step.key: step.value for step in told.steps}
    for k, horizon in enumerate(HORIZONS):
        rows = explain.horizon_steps(facts, analysis.stocks, horizon, top=top)
        if facts["horizons"][horizon]["b"] is None:
            assert rows == ()
            continue
        if steps:
            assert sum(row.value for row in rows) == steps[horizon]
        assert abs(rows[-1].value) <= Decimal("0.00005")
        assert len(rows) <= top + 2
        counted = int(np.isfinite(analysis.stocks.returns[:, k]).sum())
        assert len(rows) == min(top, counted) + 2


@settings(max_examples=60)
@given(sectors())
def test_stock_parts_are_the_definition(inputs: SectorInputs) -> None:
    analysis, facts, _ = explain_stored(inputs)
    parts = explain.stock_parts(facts, analysis.stocks)
    if facts["base"] is None:
        assert not parts.score.any()
        return
    returns = np.where(np.isnan(analysis.stocks.returns), 0.0, analysis.stocks.returns)
    assert parts.clip_effect == pytest.approx(parts.share * (clip_returns(returns, V1.caps) - returns), abs=1e-9)
    for k, horizon in enumerate(HORIZONS):
        row = facts["horizons"][horizon]
        if row["b"] is not None:
            assert parts.clipped_mean[:, k].sum() == pytest.approx(row["robust"], abs=1e-6)
            assert parts.mean[:, k].sum() == pytest.approx(row["performance"], abs=1e-6)
            assert parts.base[:, k].sum() == pytest.approx(row["b"] * row["weight"], abs=2e-6)
    assert parts.base.sum(axis=1) == pytest.approx(analysis.stocks.contribution, abs=2e-6)
    assert parts.score.sum() == pytest.approx(explain.computed(facts), abs=1e-4)


def test_the_requirements_chain_as_a_waterfall() -> None:
    facts = read_back(analyse_sector(make_inputs(40)))
    b = {"30min": 0.4, "1day": 0.4, "3day": 0.4, "1week": 0.4}
    for horizon, value in b.items():
        facts["horizons"][horizon]["b"] = value
    facts |= {
        "base": 0.4,
        "m": 1.3,
        "vc": 1.2,
        "cd": 1.1,
        "tc": 0.9,
        "x": 0.61776,
        "saturated": 0.617747,
        "lambda": 1.0,
    }
    told = explain.explain(facts, Decimal("0.618"))
    expected = ["0.1", "0.12", "0.1", "0.08", "0.12", "0.104", "0.0624", "-0.06864", "-0.000013", "0", "0.000253"]
    assert [step.value for step in told.steps] == [Decimal(text) for text in expected]
    assert [step.key for step in told.steps] == [*HORIZONS, "m", "vc", "cd", "tc", "knee", "lambda", ROUNDING]
    assert [step.factor for step in told.steps[4:8]] == [1.3, 1.2, 1.1, 0.9]


def test_a_clipped_stock_shows_what_the_clip_took() -> None:
    returns = np.zeros((31, 4))
    returns[7, 1] = 45.0
    analysis, facts, _ = explain_stored(make_inputs(31, returns=returns, shares_traded=np.full(31, 1e6)))
    first, *_ = explain.horizon_steps(facts, analysis.stocks, "1day", top=1)
    assert (first.symbol, first.move, first.clipped) == ("S007", 45.0, 15.0)
    assert first.clip_effect == pytest.approx(-30.0 / 31)
    assert first.share == pytest.approx(1 / 31)


def test_a_flat_sector_is_explained_without_dividing_by_it() -> None:
    analysis, facts, told = explain_stored(make_inputs(30, returns=np.zeros((30, 4))))
    assert {step.value for step in told.steps} == {Decimal(0)}
    assert not explain.stock_parts(facts, analysis.stocks).score.any()


def test_cancelling_stocks_keep_their_parts_where_the_base_is_nothing() -> None:
    returns = np.outer([1.0, -1.0], np.ones(4))
    analysis, facts, _ = explain_stored(make_inputs(2, returns=returns, shares_traded=np.full(2, 1e6)))
    parts = explain.stock_parts(facts, analysis.stocks)
    assert facts["base"] == 0
    assert parts.score[0] > 0
    assert parts.score.sum() == pytest.approx(0.0, abs=1e-15)


def test_filings_are_named_and_sum_to_the_step_of_news() -> None:
    _, facts, told = explain_stored(make_inputs(40, drift=2.0, catalysts=EVENTS))
    density = next(step.value for step in told.steps if step.key == "cd")
    assert sum(event.value for event in told.events) == density
    assert [event.event.get("reference") for event in told.events] == ["0001-24-000123", "0001-24-77", None]
    assert told.events[-1].event["kind"] == OTHERS
    assert explain_stored(make_inputs(40, catalysts=()))[2].events == ()
    assert "catalysts" in facts


def test_only_the_ten_strongest_events_are_stored_and_the_rest_is_one_row() -> None:
    many = tuple(Catalyst("news", 1, float(age), f"N{age:02d}") for age in range(20))
    analysis, _, told = explain_stored(make_inputs(40, drift=2.0, catalysts=many))
    assert [part.event.symbol for part in analysis.reading.catalysts] == [f"N{age:02d}" for age in range(10)]
    assert len(told.events) == 11
    assert told.events[-1].value > 0


def test_a_stale_reading_leads_to_the_score_it_keeps() -> None:
    _, _, told = explain_stored(make_inputs(40, expected=100, last_score=Decimal("-0.350")))
    assert sum(step.value for step in told.steps) == Decimal("-0.350")
    assert [step.key for step in told.steps][-2:] == ["kept", ROUNDING]
    assert told.missing[0] == ("score", "fresh prices for 40 of 100 stocks")


def test_what_is_missing_and_why() -> None:
    returns = make_inputs(40).returns.copy()
    returns[:, 0] = NAN
    inputs = make_inputs(40, returns=returns, missing_horizons={"30min": "no bars"}, rvol=np.full(40, NAN), index=[])
    _, _, told = explain_stored(inputs, "v2")
    assert dict(told.missing) == {
        "30min": "no bars",
        "volume_confirmation": "no stock has a relative volume",
        "catalyst_density": "no catalyst feed",
        "technical_context": "no moving index of 21 sessions without a gap",
        "dynamic_scale": "fewer than 60 sessions of sector history",
    }


def test_nothing_is_explained_without_a_score() -> None:
    _, facts, told = explain_stored(make_inputs(0, expected=5))
    assert (told.steps, told.score, explain.computed(facts)) == ((), None, 0.0)
    assert told.missing[0] == ("score", "no stocks")
    assert ("1day", "not computed") in told.missing


def test_abstentions_reach_the_explanation() -> None:
    _, _, told = explain_stored(make_inputs(3))
    assert told.abstentions[0] == "thin: 3 fresh stocks, 5 needed"


def test_inputs_are_not_changed() -> None:
    analysis, facts, _ = explain_stored(make_inputs(40, catalysts=EVENTS))
    before, returns = copy.deepcopy(facts), analysis.stocks.returns.copy()
    explain.explain(facts, analysis.reading.score)
    explain.horizon_steps(facts, analysis.stocks, "1day")
    assert facts == before
    np.testing.assert_array_equal(analysis.stocks.returns, returns)


def test_a_table_stored_in_single_precision_explains_as_well() -> None:
    analysis, facts, told = explain_stored(make_inputs(190))
    single = replace(analysis.stocks, returns=analysis.stocks.returns.astype(np.float32))
    rows = explain.horizon_steps(facts, single, "1day")
    assert sum(row.value for row in rows) == told.steps[1].value
