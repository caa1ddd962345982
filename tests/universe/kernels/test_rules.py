"""Profiles as data: the shipped ones hold S1's figures, and a wrong one is refused by the name of its entry."""

import copy
from typing import Any

import pytest

from universe.kernels.rules import COVERAGE, STRICT, parse_rules


def test_strict_is_the_matrix_of_the_requirement() -> None:
    rules = parse_rules(STRICT)
    assert (rules.cap_min, rules.micro_below, rules.cap_max) == (10e6, 300e6, 2e9)
    assert (rules.price_min, rules.price_max) == (2, 100)
    assert (rules.volume_floors, rules.names_wanted) == ((1e6,), 0)
    assert (rules.volume_sessions, rules.volume_min_observations) == (20, 15)
    assert (rules.float_micro_above, rules.float_small_above, rules.estimate_float) == (5e6, 10e6, False)
    assert rules.exchanges == {"XNAS", "XNYS", "XASE"}
    assert rules.types == {"CS", "ADRC"}


def test_coverage_differs_only_in_floor_and_missing_float() -> None:
    rules = parse_rules(COVERAGE)
    assert rules.volume_floors == (1e6, 750e3, 500e3, 350e3, 250e3, 200e3, 150e3, 100e3)
    assert (rules.names_wanted, rules.estimate_float) == (1500, True)
    restored = copy.deepcopy(COVERAGE)
    restored["average_volume"] |= {"floors": [1_000_000], "names_wanted": 0}
    restored["free_float"]["when_missing"] = "exclude"
    assert restored == STRICT


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("price",), 5, "price: an object is needed"),
        (("price", "min"), 0, "price.min: a positive number is needed, not 0"),
        (("price", "min"), True, "price.min: a positive number"),
        (("price", "max"), float("nan"), "price.max: a positive number"),
        (("price", "max"), "100", "price.max: a positive number"),
        (("price", "max"), 1.5, "price: min < max is needed"),
        (("price", "mean"), 5, "price: mean unknown"),
        (("market_cap", "micro_below"), 5e6, "market_cap: min < micro_below <= max is needed"),
        (("market_cap", "max"), 200e6, "market_cap: min < micro_below <= max is needed"),
        (("average_volume", "floors"), [], "average_volume.floors: a list of positive numbers is needed"),
        (("average_volume", "floors"), 1_000_000, "average_volume.floors: a list"),
        (("average_volume", "floors"), [1e6, -1], "average_volume.floors: a list"),
        (("average_volume", "floors"), [1e6, 1e6], "average_volume.floors: the floors must descend"),
        (("average_volume", "names_wanted"), -1, "average_volume.names_wanted: a whole number of at least 0"),
        (("average_volume", "names_wanted"), 1.5, "average_volume.names_wanted: a whole number"),
        (("average_volume", "sessions"), True, "average_volume.sessions: a whole number of at least 1"),
        (("average_volume", "min_observations"), 21, "average_volume.min_observations: more than sessions"),
        (
            ("free_float", "when_missing"),
            "guess",
            "free_float.when_missing: exclude or estimate is needed, not 'guess'",
        ),
        (("exchanges",), [], "exchanges: a list of codes is needed"),
        (("types",), ["CS", 3], "types: a list of codes is needed"),
        (("types",), "CS", "types: a list of codes is needed"),
        (("colour",), "red", "rules: colour unknown"),
    ],
)
def test_a_wrong_entry_is_named(path: tuple[str, ...], value: Any, message: str) -> None:
    data = copy.deepcopy(STRICT)
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(")):
        parse_rules(data)


def test_missing_entries_and_no_object_at_all() -> None:
    data = {key: value for key, value in STRICT.items() if key not in ("types", "price")}
    with pytest.raises(ValueError, match="rules: price, types missing"):
        parse_rules(data)
    with pytest.raises(ValueError, match="rules: an object is needed"):
        parse_rules([])
