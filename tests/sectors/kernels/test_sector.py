"""One sector as a whole: statuses, properties, edges, and the chain against a plain loop over stocks."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sectors.kernels import multipliers, score
from sectors.kernels.parameters import DAILY, HORIZONS, V1
from sectors.kernels.sector import Catalyst, SectorInputs, SectorScore, as_factors, score_sector
from sentiment_site.quant.robust import jackknife_groups
from tests.sectors.kernels import oracle
from tests.sectors.kernels.sample import make_inputs

NAN = math.nan
NUMBER_OR_NONE = st.none() | st.floats(-80.0, 300.0)


def maybe(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


@st.composite
def sectors(draw: st.DrawFn) -> SectorInputs:
    """A sector of up to 25 stocks with gaps everywhere."""
    n = draw(st.integers(1, 25))
    g = np.random.default_rng(draw(st.integers(0, 10**6)))
    returns = g.standard_t(3, (n, 4)) * 4 + draw(st.floats(-8.0, 8.0))
    returns[g.random((n, 4)) < draw(st.sampled_from([0.0, 0.3, 0.8]))] = NAN
    shares = np.where(g.random(n) < 0.2, NAN, np.exp(g.normal(11, 3, n)))
    rvol = np.where(g.random(n) < draw(st.sampled_from([0.2, 1.0])), NAN, np.exp(g.normal(0, 1, n)))
    index = 100 + np.cumsum(g.normal(0, 1, draw(st.sampled_from([5, 21, 30]))))
    kinds = draw(st.sampled_from([None, (), (Catalyst("earnings", 1, 3.0), Catalyst("offering", -1, 20.0))]))
    return make_inputs(
        n,
        returns=returns,
        shares_traded=shares,
        rvol=rvol,
        index=index,
        catalysts=kinds,
        multiplier=draw(st.sampled_from([0.7, 1.0, 1.5])),
        last_score=Decimal("0.1"),
    )


def naive_score(inputs: SectorInputs, keep: set[str] | None = None) -> float | None:
    """The unrounded score by the reference, of all fresh stocks or of those named."""
    rows = [
        i
        for i, symbol in enumerate(inputs.symbols)
        if np.isfinite(inputs.returns[i]).any() and (keep is None or symbol in keep)
    ]
    fresh = [i for i in range(len(inputs.symbols)) if np.isfinite(inputs.returns[i]).any()]
    if not rows:
        return None
    lnv = dict(zip(fresh, oracle.log_volumes([maybe(inputs.shares_traded[i]) for i in fresh]), strict=True))
    flow = None if inputs.catalysts is None else multipliers.catalyst_flow(inputs.catalysts)
    return oracle.unrounded(
        [[maybe(r) for r in inputs.returns[i]] for i in rows],
        [lnv[i] for i in rows],
        [maybe(inputs.rvol[i]) for i in rows],
        multiplier=inputs.multiplier,
        index=inputs.index.tolist(),
        flow=flow,
        eligible=inputs.expected,
    )


@settings(max_examples=150)
@given(sectors())
def test_the_chain_is_the_reference(inputs: SectorInputs) -> None:
    reading, expected = score_sector(inputs), naive_score(inputs)
    if expected is None:
        assert (reading.status, reading.score, reading.base) == ("no_read", None, None)
        return
    assert reading.small_sample is not None
    assert reading.saturated is not None
    assert reading.small_sample * reading.saturated == pytest.approx(expected, abs=1e-9)
    if reading.status == "ok":
        assert reading.score is not None
        assert float(reading.score) == pytest.approx(expected, abs=0.0005 + 1e-9)
        assert -1 <= reading.score <= 1
        assert reading.colour == oracle.colour(float(reading.score))
        assert reading.label == oracle.label(float(reading.score))


@settings(max_examples=80)
@given(sectors())
def test_the_jackknife_is_a_loop_over_the_groups(inputs: SectorInputs) -> None:
    reading = score_sector(inputs)
    fresh = sorted(reading.contributions)
    groups = jackknife_groups(len(fresh), 10)
    left = [
        naive_score(inputs, {symbol for symbol, group in zip(fresh, groups, strict=True) if group != g})
        for g in range(int(groups.max(initial=-1)) + 1)
    ]
    replicates = [value for value in left if value is not None]
    if reading.base is None or len(replicates) < 2:
        assert reading.standard_error is None
        return
    middle = sum(replicates) / len(replicates)
    spread = math.fsum((value - middle) ** 2 for value in replicates)
    count = len(replicates)
    assert reading.standard_error == pytest.approx(math.sqrt((count - 1) / count * spread), abs=1e-9)


@settings(max_examples=80)
@given(sectors())
def test_contributions_sum_to_the_base(inputs: SectorInputs) -> None:
    reading = score_sector(inputs)
    if reading.base is not None:
        assert math.fsum(reading.contributions.values()) == pytest.approx(reading.base, abs=1e-12)


@settings(max_examples=60)
@given(sectors(), st.randoms(use_true_random=False))
def test_the_order_of_the_constituents_does_not_matter(inputs: SectorInputs, random: Any) -> None:
    order = list(range(len(inputs.symbols)))
    random.shuffle(order)
    shuffled = replace(
        inputs,
        symbols=tuple(inputs.symbols[i] for i in order),
        **{name: getattr(inputs, name)[order] for name in ("returns", "shares_traded", "dollar_volume", "rvol")},
    )
    assert score_sector(shuffled) == score_sector(inputs)


@settings(max_examples=60)
@given(sectors())
def test_a_stock_without_returns_changes_nothing_but_its_count(inputs: SectorInputs) -> None:
    n = len(inputs.symbols)
    inputs = replace(inputs, expected=n + 1)
    longer = replace(
        inputs,
        symbols=(*inputs.symbols, "AAA"),
        returns=np.vstack([inputs.returns, np.full(4, NAN)]),
        **{name: np.append(getattr(inputs, name), 9e9) for name in ("shares_traded", "dollar_volume", "rvol")},
    )
    assert replace(score_sector(longer), n=n) == score_sector(inputs)


@settings(max_examples=60)
@given(sectors())
def test_the_mirrored_sector_has_the_mirrored_score(inputs: SectorInputs) -> None:
    events = None if inputs.catalysts is None else tuple(Catalyst("earnings", 1, 3.0) for _ in inputs.catalysts)
    mirrored_events = None if events is None else tuple(Catalyst(e.kind, -1, e.age_hours) for e in events)
    inputs = replace(inputs, catalysts=events, last_score=None)
    mirrored = replace(inputs, returns=-inputs.returns, index=-inputs.index, catalysts=mirrored_events)
    here, there = score_sector(inputs), score_sector(mirrored)
    assert here.score == (None if there.score is None else -there.score)
    assert (here.volume_confirmation, here.catalyst_density, here.technical_context, here.standard_error) == (
        pytest.approx(there.volume_confirmation),
        pytest.approx(there.catalyst_density),
        pytest.approx(there.technical_context),
        pytest.approx(there.standard_error, abs=1e-12),
    )


@settings(max_examples=60)
@given(sectors(), st.floats(0.01, 20.0))
def test_with_fixed_factors_a_rise_of_all_stocks_never_lowers_the_score(inputs: SectorInputs, rise: float) -> None:
    plain = replace(inputs, rvol=np.full(len(inputs.symbols), NAN), index=np.array([]), catalysts=None, last_score=None)
    before, after = score_sector(plain), score_sector(replace(plain, returns=plain.returns + rise))
    assert after.status == before.status
    if before.score is not None:
        assert after.score is not None
        assert after.score >= before.score


def test_a_plain_sector() -> None:
    reading = score_sector(make_inputs(40, catalysts=(Catalyst("contract", 1, 1.0),)))
    assert (reading.status, reading.reason, reading.parameters_version) == ("ok", "", "v1")
    assert (reading.n, reading.n_fresh, reading.coverage, reading.horizon_counts) == (40, 40, 1.0, (40,) * 4)
    assert reading.factors_missing == ()
    assert reading.horizon_weights == pytest.approx((0.25, 0.30, 0.25, 0.20))
    assert reading.horizon_reasons == {}
    assert reading.rvol_geometric == pytest.approx(math.exp(float(np.log(make_inputs(40).rvol).mean())))
    links = (reading.base, reading.multiplier, reading.volume_confirmation)
    links += (reading.catalyst_density, reading.technical_context)
    assert reading.product == pytest.approx(math.prod(link for link in links if link is not None))
    assert reading.confidence == pytest.approx(
        reading.confidence_parts["stability"] ** 0.4 * reading.confidence_parts["agreement"] ** 0.15
    )
    assert not reading.low_confidence
    assert not reading.concentration_warning


def test_the_reported_performance_is_not_winsorised_and_the_score_is() -> None:
    returns = np.zeros((30, 4))
    returns[0, DAILY] = 300.0
    reading = score_sector(make_inputs(30, returns=returns, shares_traded=np.full(30, 1e6)))
    assert reading.performance[DAILY] == pytest.approx(10.0)
    assert reading.robust_performance[DAILY] == pytest.approx(0.5)
    assert reading.performance_multiplied == pytest.approx(13.0)


def test_a_horizon_known_to_be_missing_is_grey_with_its_reason() -> None:
    inputs = make_inputs(40)
    returns = inputs.returns.copy()
    returns[:, 0] = NAN
    reasons = {"30min": "no 30-minute bars in the source", "1day": "not missing at all"}
    reading = score_sector(replace(inputs, returns=returns, missing_horizons=reasons))
    assert reading.status == "ok"
    assert reading.horizon_reasons == {"30min": "no 30-minute bars in the source"}
    assert (reading.horizon_dots[0], reading.horizon_scores[0], reading.performance[0]) == ("grey", None, None)
    assert reading.horizon_weights == pytest.approx((0.0, 0.4, 1 / 3, 4 / 15))
    b = [math.tanh(p / s) for p, s in zip(reading.robust_performance[1:], V1.scales[1:], strict=True) if p is not None]
    assert reading.base == pytest.approx(0.4 * b[0] + b[1] / 3 + 4 / 15 * b[2])


def test_too_few_horizons_are_no_read_but_what_is_known_is_said() -> None:
    returns = make_inputs(40).returns.copy()
    returns[:, [0, 1]] = NAN
    reading = score_sector(make_inputs(40, returns=returns, missing_horizons={"30min": "no bars"}))
    assert (reading.status, reading.score, reading.colour, reading.confidence) == ("no_read", None, None, None)
    assert reading.reason == "too few timeframes (30min: no bars; 1day: no fresh price)"
    assert (reading.base, reading.product, reading.volume_confirmation) == (None, None, None)
    assert reading.performance[2] is not None
    assert reading.horizon_dots[2] != "grey"
    assert (reading.performance_multiplied, reading.alpha_raw, reading.strength) == (None, None, None)


def test_no_stocks_are_no_data() -> None:
    reading = score_sector(make_inputs(0, expected=30))
    assert (reading.status, reading.reason, reading.n, reading.expected) == ("no_data", "no stocks", 0, 30)
    assert (reading.score, reading.coverage, reading.contributions) == (None, None, {})


def test_stale_keeps_the_last_score_with_half_of_the_confidence() -> None:
    inputs = make_inputs(40, expected=100, last_score=Decimal("-0.350"))
    reading = score_sector(inputs)
    assert (reading.status, reading.reason) == ("stale", "fresh prices for 40 of 100 stocks")
    assert (reading.score, reading.colour, reading.label, reading.verb) == (
        Decimal("-0.350"),
        "light_red",
        "BEARISH",
        "GOOD SHORT",
    )
    parts = reading.confidence_parts
    assert parts["coverage"] == pytest.approx(0.4 / 0.9)
    assert reading.confidence == pytest.approx(
        0.5 * parts["stability"] ** 0.4 * parts["coverage"] ** 0.25 * parts["agreement"] ** 0.15
    )
    assert reading.saturated is not None
    assert reading.saturated > 0, "the factors are of this moment"


def test_stale_without_an_earlier_score_has_none() -> None:
    reading = score_sector(make_inputs(40, expected=81))
    assert (reading.status, reading.score, reading.colour, reading.confidence) == ("stale", None, None, None)
    assert reading.reason == "fresh prices for 40 of 81 stocks, and no earlier score to keep"
    assert score_sector(make_inputs(40, expected=80)).status == "ok", "half is enough"


def test_one_stock_has_no_confidence() -> None:
    reading = score_sector(make_inputs(1, returns=np.full((1, 4), 9.0)))
    assert reading.score is not None
    assert float(reading.score) <= oracle.lam(1)
    assert (reading.standard_error, reading.confidence, reading.low_confidence) == (None, 0.0, True)
    assert reading.concentration_warning


def test_a_flat_sector_is_neutral_and_certain() -> None:
    reading = score_sector(make_inputs(30, returns=np.zeros((30, 4)), rvol=np.ones(30)))
    assert (reading.score, reading.colour, reading.confidence) == (Decimal("0.000"), "blue_neutral", 1.0)
    assert (reading.volume_alignment, reading.breadth["concentration"]) == (None, None)
    assert reading.technical_context == 1.0


@pytest.mark.parametrize("size", [1e9, -1e9, math.inf, -math.inf])
def test_extreme_returns_stay_within_the_scale(size: float) -> None:
    returns = np.full((30, 4), 1e9 if size > 0 else -1e9)
    returns[0] = size
    reading = score_sector(make_inputs(30, returns=returns, shares_traded=np.full(30, 1e15)))
    assert reading.score is not None
    assert Decimal("0.95") < abs(reading.score) <= 1
    assert reading.score * Decimal(math.copysign(1, size)) > 0
    assert reading.n_fresh == (30 if math.isfinite(size) else 29)


def test_one_dominant_stock_is_warned_of() -> None:
    returns = np.full((5, 4), -0.1)
    returns[2] = [6.0, 15.0, 26.0, 33.0]
    calm = make_inputs(5, returns=returns, rvol=np.ones(5), shares_traded=np.full(5, 1e6), index=np.array([]))
    reading = score_sector(calm)
    assert reading.colour == "dark_green"
    assert reading.concentration_warning
    assert reading.breadth["concentration"] == pytest.approx(1.0, abs=0.1)
    assert not score_sector(replace(calm, returns=np.full((5, 4), 3.0))).concentration_warning


def test_without_a_known_age_nothing_is_current() -> None:
    reading = score_sector(make_inputs(40, age_minutes=NAN))
    assert (reading.age_minutes, reading.confidence_parts["freshness"], reading.confidence) == (None, 0.0, 0.0)
    assert reading.low_confidence


def test_dynamic_scales_replace_the_static_ones() -> None:
    reading = score_sector(make_inputs(40, scales=V1.scales_for(8.0)))
    assert reading.scales == pytest.approx(tuple(2 * V1.scales))
    static = score_sector(make_inputs(40))
    assert reading.base is not None
    assert static.base is not None
    assert 0 < reading.base < static.base


def test_benchmark_and_breadth_reach_the_reading() -> None:
    highs, lows = np.r_[np.ones(5), np.zeros(35)] > 0, np.r_[np.zeros(38), np.ones(2)] > 0
    reading = score_sector(make_inputs(40, above_moving_average=highs, new_highs=highs, new_lows=lows, beta=NAN))
    assert (reading.beta, reading.alpha_raw, reading.strength, reading.horizon_strength) == (
        None,
        None,
        None,
        (None,) * 4,
    )
    assert reading.relative_strength_vs_iwm == pytest.approx(reading.performance_multiplied - 1.2)
    assert (reading.breadth["above_average"], reading.breadth["net_new_highs"]) == (0.125, 3.0)
    with_beta = score_sector(make_inputs(40, beta=1.1))
    assert with_beta.alpha_raw == pytest.approx(reading.performance[DAILY] - 1.1 * 1.2)
    daily = make_inputs(40)
    change = score.volume_weighted_change(daily.returns[:, DAILY], daily.dollar_volume, daily.rvol)
    assert reading.volume_weighted_change == pytest.approx(change)


def test_inputs_are_not_changed() -> None:
    inputs = make_inputs(40, new_highs=np.zeros(40) > 0, new_lows=np.zeros(40), scales=V1.scales)
    before = copy.deepcopy(inputs)
    score_sector(inputs)
    for field in fields(SectorInputs):
        np.testing.assert_array_equal(getattr(inputs, field.name), getattr(before, field.name))


def test_single_precision_gives_the_same_light() -> None:
    double = make_inputs(40)
    single = replace(double, returns=double.returns.astype(np.float32), rvol=double.rvol.astype(np.float32))
    assert float(score_sector(single).score or 9) == pytest.approx(float(score_sector(double).score or 0), abs=0.001)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"returns": np.zeros((3, 3))}, r"returns has the shape \(3, 3\)"),
        ({"rvol": np.zeros(2)}, "rvol has the shape"),
        ({"new_lows": np.zeros(4)}, "new_lows has the shape"),
        ({"benchmark_returns": np.zeros(3)}, "benchmark_returns has the shape"),
        ({"symbols": ("A", "B", "A")}, "occurs twice"),
        ({"expected": 2}, "3 stocks of 2 expected"),
        ({"multiplier": 0.0}, "multiplier must be positive"),
        ({"multiplier": NAN}, "multiplier must be positive"),
        ({"scales": np.array([1.0, 2.0, 3.0, 0.0])}, "scales must be positive"),
        ({"scales": np.array([1.0, 2.0, 3.0, NAN])}, "scales must be positive"),
        ({"missing_horizons": {"1month": "?"}}, "unknown horizons"),
    ],
)
def test_a_mistake_of_the_caller_is_loud_and_names_the_sector(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=f"inputs of technology: .*{words}"):
        make_inputs(3, **changes)


@settings(max_examples=60)
@given(sectors())
def test_factors_are_json_without_nan(inputs: SectorInputs) -> None:
    reading = score_sector(inputs)
    stored = json.loads(json.dumps(as_factors(reading), allow_nan=False))
    assert stored["base"] == (None if reading.base is None else pytest.approx(reading.base, abs=1e-6))
    assert list(stored["horizons"]) == list(HORIZONS)
    assert stored["factors_missing"] == list(reading.factors_missing)


def test_factors_tell_the_whole_chain() -> None:
    returns = make_inputs(40).returns.copy()
    returns[:, 3] = NAN
    reading = score_sector(make_inputs(40, returns=returns, catalysts=(Catalyst("news", -1, 0.0),)))
    facts = as_factors(reading)
    x = math.prod(facts[key] for key in ("base", "m", "vc", "cd", "tc"))
    assert facts["x"] == pytest.approx(x, abs=1e-5)
    assert facts["lambda"] * facts["saturated"] == pytest.approx(float(reading.score or 9), abs=6e-4)
    week, day = facts["horizons"]["1week"], facts["horizons"]["1day"]
    assert (week["dot"], week["reason"], week["b"], week["weight"], week["stocks"]) == (
        "grey",
        "no fresh price",
        None,
        0.0,
        0,
    )
    assert day["b"] == pytest.approx(math.tanh(day["robust"] / day["scale"]), abs=1e-5)
    sizes = [abs(entry["contribution"]) for entry in facts["top_contributors"]]
    assert len(sizes) == 10
    assert sizes == sorted(sizes, reverse=True)


def test_factors_of_no_data() -> None:
    facts = as_factors(score_sector(make_inputs(0)))
    assert facts["n"] == 0
    assert facts["top_contributors"] == []
    assert facts["horizons"]["30min"]["dot"] == "grey"
    assert isinstance(score_sector(make_inputs(0)), SectorScore)


def test_opposed_timeframes_abstain_and_keep_their_score_to_be_judged_by() -> None:
    returns = np.tile([2.0, 5.0, -8.0, -10.0], (40, 1)) + make_inputs(40, drift=0.0).returns * 0.1
    reading = score_sector(make_inputs(40, returns=returns))
    assert reading.abstained
    assert reading.abstentions[0].startswith("timeframes disagree")
    assert (reading.status, reading.score is None) == ("ok", False)
    assert as_factors(reading)["abstentions"] == list(reading.abstentions)
    assert reading.pattern == "bounce_in_downtrend"
    assert not score_sector(make_inputs(40, returns=np.abs(returns))).abstained


def test_a_halted_stock_has_no_half_hour_but_its_day() -> None:
    halted = np.arange(40) < 3
    reading = score_sector(make_inputs(40, halted=halted, halted_sessions=np.where(np.arange(40) == 0, 2.0, 0.0)))
    assert reading.horizon_counts == (37, 39, 39, 39)
    assert reading.n_fresh == 39
