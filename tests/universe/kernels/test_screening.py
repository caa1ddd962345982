"""The selection matrix: every bound from both sides, the seed's examples, relaxation, overrides, the funnel's sums."""

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from universe.kernels.reasons import STAGES, TITLES, Reason
from universe.kernels.rules import COVERAGE, parse_rules
from universe.kernels.screening import (
    compute_average_volume,
    compute_float,
    compute_market_cap,
    screen,
)

from .market import COVERAGE_RULES, GOOD, STRICT_RULES, candidates, decide, run

NAN = float("nan")


@pytest.mark.parametrize(
    ("symbol", "row", "expected"),
    [
        ("SOUN", {"vendor_cap": 180e6, "volume": 2.1e6, "price": 5.20, "free_float": 20e6}, "eligible"),
        ("BBAI", {"vendor_cap": 120e6, "volume": 950e3, "price": 3.80, "free_float": 20e6}, "volume_low"),
        ("PRPL", {"vendor_cap": 450e6, "volume": 1.8e6, "price": 4.10, "free_float": 40e6}, "eligible"),
        ("KOSS", {"vendor_cap": 85e6, "volume": 3.2e6, "price": 8.90, "free_float": 12e6}, "eligible"),
    ],
)
def test_seed_examples(symbol: str, row: dict[str, Any], expected: str) -> None:
    assert decide(**row) == expected, symbol


def test_seed_examples_have_the_tiers_of_the_matrix() -> None:
    result = run({"vendor_cap": 180e6}, {"vendor_cap": 450e6}, {"vendor_cap": 300e6}, {"vendor_cap": 299_999_999.0})
    assert result.tiers == ("micro", "small", "small", "micro")


@pytest.mark.parametrize(
    ("field", "last_in", "first_out", "reason"),
    [
        ("vendor_cap", 10_000_000.0, 9_999_999.99, "cap_low"),
        ("vendor_cap", 2_000_000_000.0, 2_000_000_000.01, "cap_high"),
        ("price", 2.0, 1.9999, "price_low"),
        ("price", 100.0, 100.0001, "price_high"),
        ("volume", 1_000_000, 999_999, "volume_low"),
        ("free_float", 10_000_001, 10_000_000, "float_low"),
    ],
)
def test_bounds_from_both_sides(field: str, last_in: float, first_out: float, reason: str) -> None:
    assert decide(**{field: last_in}) == "eligible"
    assert decide(**{field: first_out}) == reason


def test_micro_caps_have_their_own_float_bound() -> None:
    assert decide(vendor_cap=299e6, free_float=5_000_001) == "eligible"
    assert decide(vendor_cap=299e6, free_float=5_000_000) == "float_low"
    assert decide(vendor_cap=300e6, free_float=5_000_001) == "float_low"


@given(
    cap=st.floats(1e6, 1e10),
    price=st.floats(0.01, 500),
    volume=st.integers(0, 5_000_000),
    free_float=st.floats(1e5, 1e9),
)
@settings(max_examples=300, deadline=None)
def test_a_name_is_in_exactly_when_every_bound_holds(cap: float, price: float, volume: int, free_float: float) -> None:
    expected = (
        10e6 <= cap <= 2e9 and 2 <= price <= 100 and volume >= 1e6 and free_float > (5e6 if cap < 300e6 else 10e6)
    )
    assert (decide(vendor_cap=cap, price=price, volume=volume, free_float=free_float) == "eligible") is expected


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"listed": False}, "delisted"),
        ({"kind": "WARRANT"}, "type_not_screened"),
        ({"kind": "ADRC"}, "eligible"),
        ({"sic_code": "6770"}, "blank_check"),
        ({"sic_code": "", "name": "Ares Acquisition Corporation Class A Ordinary Shares"}, "blank_check"),
        ({"name": "Permian Basin Royalty Trust Common Stock"}, "fund_like"),
        ({"exchange": "ARCX"}, "exchange_not_screened"),
        ({"exchange": "XASE"}, "eligible"),
        ({"price": NAN}, "no_recent_trade"),
        ({"price": 0.0}, "no_recent_trade"),
        ({"vendor_cap": NAN, "shares": NAN}, "cap_unknown"),
        ({"vendor_cap": 0.0, "shares": 0.0}, "cap_unknown"),
        ({"free_float": NAN}, "float_unknown"),
        ({"free_float": 0.0}, "float_unknown"),
        ({"quarantined": True}, "quarantined"),
        ({"quarantined": True, "price": NAN, "volume": NAN, "vendor_cap": NAN}, "quarantined"),
        ({"quarantined": True, "price": 1.0}, "price_low"),
        ({"sector": ""}, "sector_unknown"),
        ({"exclude": True}, "override_exclude"),
    ],
)
def test_every_other_rule(row: dict[str, Any], reason: str) -> None:
    assert decide(**row) == reason


def test_the_first_rule_of_the_funnel_gives_the_reason() -> None:
    failing = [
        {"listed": False},
        {"kind": "PFD"},
        {"exchange": "OTC"},
        {"price": 1.0},
        {"vendor_cap": 1e6},
        {"volume": 10},
        {"free_float": 10},
        {"quarantined": True},
        {"sector": ""},
    ]
    expected = ["delisted", "type_not_screened", "exchange_not_screened", "price_low", "cap_low"]
    expected += ["volume_low", "float_low", "quarantined", "sector_unknown"]
    for start, reason in enumerate(expected):
        row: dict[str, Any] = {}
        for fault in failing[start:]:
            row |= fault
        assert decide(**row) == reason


def test_new_listings_need_fifteen_days_of_volume() -> None:
    for known, reason in ((15, "eligible"), (14, "too_new"), (0, "too_new")):
        assert decide(volume=[NAN] * (20 - known) + [2e6] * known) == reason


def test_average_volume_takes_the_last_twenty_sessions() -> None:
    volume = np.array([[9e9] * 40 + [1e6] * 10 + [3e6] * 10, [NAN] * 44 + [5e5] * 16])
    assert compute_average_volume(volume, 20, 15) == pytest.approx([2e6, 5e5])


def test_market_cap_moves_with_the_price_then_falls_back_to_shares() -> None:
    cap, estimated = compute_market_cap(
        np.array([100e6, 100e6, 100e6, NAN, NAN, 0.0]),
        np.array([10.0, NAN, NAN, NAN, NAN, 10.0]),
        np.array([12.0, 12.0, 12.0, 12.0, NAN, 12.0]),
        np.array([1e6, 7e6, NAN, 9e6, 9e6, 2e6]),
    )
    assert cap == pytest.approx([120e6, 84e6, 100e6, 108e6, NAN, 24e6], nan_ok=True)
    assert estimated.tolist() == [False, True, False, True, False, True]


def test_missing_float_is_estimated_only_where_the_profile_says_so() -> None:
    known, estimated = compute_float(np.array([NAN, 3e6, NAN]), np.array([50e6, 9e6, NAN]), estimate=True)
    assert known == pytest.approx([50e6, 3e6, NAN], nan_ok=True)
    assert estimated.tolist() == [True, False, False]
    assert decide(COVERAGE_RULES, free_float=NAN) == "eligible"
    assert decide(COVERAGE_RULES, free_float=NAN, shares=10e6) == "float_low"
    assert decide(COVERAGE_RULES, free_float=NAN, shares=NAN) == "float_unknown"
    flagged = run({"free_float": NAN}, {}, rules=COVERAGE_RULES)
    assert flagged.float_estimated.tolist() == [True, False]
    assert flagged.free_float.tolist() == [50e6, 30e6]


def relaxed(names_wanted: int) -> Any:
    rules = copy.deepcopy(COVERAGE)
    rules["average_volume"]["names_wanted"] = names_wanted
    return parse_rules(rules)


def test_coverage_relaxes_to_the_first_floor_with_enough_names_and_says_so() -> None:
    rows = [{"volume": v} for v in (1.2e6, 1e6, 800e3, 500e3, 360e3, 210e3, 120e3, 90e3)]
    result = run(*rows, rules=relaxed(4))
    assert result.volume_floor == 500_000
    assert result.eligible.tolist() == [True] * 4 + [False] * 4
    assert result.floor_note == (
        "1,000,000 shares a day left 2 names, 750,000 left 3; 500,000 is the first floor with at least 4 (4)."
    )


def test_coverage_keeps_the_first_floor_when_it_suffices() -> None:
    result = run({}, {}, {"volume": 1}, rules=relaxed(2))
    assert (result.volume_floor, result.floor_note) == (1_000_000, "")


def test_coverage_says_when_even_the_last_floor_is_too_high() -> None:
    result = run({"volume": 120e3}, {"volume": 90e3}, rules=relaxed(3))
    assert result.volume_floor == 100_000
    assert result.eligible.tolist() == [True, False]
    assert result.floor_note == "Even 100,000 shares a day leave only 1 names; 3 are wanted."


def test_the_floor_counts_final_names_not_just_volume() -> None:
    rows = [{}, {"free_float": 1.0}, {"quarantined": True}, {"volume": 800e3}, {"volume": 800e3, "exclude": True}]
    assert run(*rows, rules=relaxed(2)).volume_floor == 750_000
    assert run(*rows, {"volume": 1, "include": True}, rules=relaxed(2)).volume_floor == 1_000_000


@given(volumes=st.lists(st.integers(0, 2_000_000), max_size=40), wanted=st.integers(1, 30))
@settings(max_examples=100, deadline=None)
def test_a_lower_floor_never_loses_names(volumes: list[int], wanted: int) -> None:
    strict = run(*[{"volume": v} for v in volumes])
    result = run(*[{"volume": v} for v in volumes], rules=relaxed(wanted))
    assert not (strict.eligible & ~result.eligible).any()
    assert result.eligible.sum() >= wanted or result.volume_floor == 100_000
    assert (result.volume_floor == 1_000_000) == (strict.eligible.sum() >= wanted)


def test_include_wins_over_rules_but_not_over_missing_data() -> None:
    assert decide(include=True, price=1.0) == "override_include"
    assert decide(include=True, kind="PFD") == "override_include"
    assert decide(include=True, vendor_cap=5e9) == "override_include"
    assert decide(include=True) == "eligible"
    assert decide(include=True, price=NAN) == "no_recent_trade"
    assert decide(include=True, listed=False) == "delisted"
    assert decide(include=True, quarantined=True) == "quarantined"
    assert decide(include=True, sector="") == "sector_unknown"


def test_exclude_leaves_the_reason_of_the_rule_that_had_failed_already() -> None:
    assert decide(exclude=True) == "override_exclude"
    assert decide(exclude=True, price=1.0) == "price_low"


ROW = st.fixed_dictionaries(
    {},
    optional={
        "listed": st.booleans(),
        "kind": st.sampled_from(["CS", "ADRC", "PFD", ""]),
        "exchange": st.sampled_from(["XNAS", "XNYS", "ARCX"]),
        "price": st.sampled_from([NAN, 1.0, 2.0, 50.0, 101.0]),
        "vendor_cap": st.sampled_from([NAN, 1e6, 20e6, 500e6, 5e9]),
        "shares": st.sampled_from([NAN, 20e6]),
        "volume": st.sampled_from([NAN, 1.0, 150e3, 2e6]),
        "free_float": st.sampled_from([NAN, 1e6, 30e6]),
        "quarantined": st.booleans(),
        "sector": st.sampled_from(["", "energy"]),
        "include": st.booleans(),
        "exclude": st.booleans(),
    },
)


@given(rows=st.lists(ROW, max_size=30), strict=st.booleans())
@settings(max_examples=200, deadline=None)
def test_reasons_add_up_to_everyone(rows: list[dict[str, Any]], strict: bool) -> None:
    result = run(*rows, rules=STRICT_RULES if strict else relaxed(5))
    assert len(result.reasons) == len(rows)
    assert all(reason in TITLES for reason in result.reasons)
    counts = {reason: sum(r is reason for r in result.reasons) for reason in Reason}
    assert sum(counts.values()) == len(rows)
    stages = {stage.name: stage for stage in result.stages}
    assert list(stages) == ["all", *(name for name, _ in STAGES), "final"]
    assert stages["all"].left == len(rows)
    assert (
        stages["final"].left == int(result.eligible.sum()) == counts[Reason.ELIGIBLE] + counts[Reason.OVERRIDE_INCLUDE]
    )
    left = len(rows)
    for stage in result.stages[1:]:
        left += stage.joined - sum(stage.out.values())
        assert stage.left == left
    excluded_by_stage = sum(sum(stage.out.values()) for stage in result.stages)
    taken_back = stages["overrides"].joined
    assert excluded_by_stage - taken_back == len(rows) - int(result.eligible.sum())


def test_the_funnel_names_what_left_where() -> None:
    result = run({}, {"price": 1.0}, {"price": 500.0}, {"volume": 1, "include": True}, {"exclude": True})
    stages = {stage.name: stage for stage in result.stages}
    assert stages["price"].out == {"price_low": 1, "price_high": 1}
    assert stages["price"].left == 3
    assert stages["volume"].out == {"volume_low": 1}
    assert (stages["overrides"].out, stages["overrides"].joined, stages["overrides"].left) == (
        {"override_exclude": 1},
        1,
        2,
    )


def test_nobody() -> None:
    result = run(rules=COVERAGE_RULES)
    assert result.reasons == result.tiers == ()
    assert [stage.left for stage in result.stages] == [0] * 12
    assert result.floor_note == "Even 100,000 shares a day leave only 0 names; 1,500 are wanted."


def test_inputs_are_not_changed() -> None:
    given_rows = candidates({}, {"price": NAN}, {"include": True, "volume": 1})
    before = copy.deepcopy(given_rows)
    screen(given_rows, COVERAGE_RULES)
    for field in GOOD:
        np.testing.assert_array_equal(np.asarray(getattr(given_rows, field)), np.asarray(getattr(before, field)))


def test_every_reason_belongs_to_one_stage_or_means_in() -> None:
    staged = [reason for _, reasons in STAGES for reason in reasons]
    assert sorted([*staged, Reason.ELIGIBLE, Reason.OVERRIDE_INCLUDE]) == sorted(Reason)
    assert set(TITLES) == set(Reason)
