"""A screening profile as data: the bounds of S1's selection matrix, read and checked.

The JSON form stands in `ScreeningProfile.rules` and is documented in docs/universe.md; `STRICT` and `COVERAGE` are the
two profiles the product ships (requirement S1, "Stock Universe Engine"; methods.md 0 and 11.13 for coverage).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EXCLUDE, ESTIMATE = "exclude", "estimate"

STRICT: dict[str, Any] = {
    "market_cap": {"min": 10_000_000, "max": 2_000_000_000, "micro_below": 300_000_000},
    "price": {"min": 2, "max": 100},
    "average_volume": {"floors": [1_000_000], "names_wanted": 0, "sessions": 20, "min_observations": 15},
    "free_float": {"micro_above": 5_000_000, "small_above": 10_000_000, "when_missing": EXCLUDE},
    "exchanges": ["XNAS", "XNYS", "XASE"],
    "types": ["CS", "ADRC"],
}

COVERAGE: dict[str, Any] = STRICT | {
    "average_volume": STRICT["average_volume"]
    | {
        "floors": [1_000_000, 750_000, 500_000, 350_000, 250_000, 200_000, 150_000, 100_000],
        "names_wanted": 1_500,
    },
    "free_float": STRICT["free_float"] | {"when_missing": ESTIMATE},
}


@dataclass(frozen=True, slots=True)
class Rules:
    """Bounds of one profile version. Cap and price bounds are inclusive; a float must exceed its bound.

    Caps in US dollars, prices in dollars, volumes and floats in shares. A stock is micro while its cap is below
    `micro_below`, else small. `volume_floors` descend; the first that leaves `names_wanted` names (0: the first) holds.
    """

    cap_min: float
    cap_max: float
    micro_below: float
    price_min: float
    price_max: float
    volume_floors: tuple[float, ...]
    names_wanted: int
    volume_sessions: int
    volume_min_observations: int
    float_micro_above: float
    float_small_above: float
    estimate_float: bool
    exchanges: frozenset[str]
    types: frozenset[str]


def parse_rules(data: object) -> Rules:
    """The rules of a profile's JSON. ValueError naming the entry that is missing, unknown, mistyped or wrong."""
    top = _section(data, "", set(STRICT))
    cap = _section(top["market_cap"], "market_cap", set(STRICT["market_cap"]))
    price = _section(top["price"], "price", set(STRICT["price"]))
    volume = _section(top["average_volume"], "average_volume", set(STRICT["average_volume"]))
    shares = _section(top["free_float"], "free_float", set(STRICT["free_float"]))
    rules = Rules(
        cap_min=_number(cap, "market_cap", "min"),
        cap_max=_number(cap, "market_cap", "max"),
        micro_below=_number(cap, "market_cap", "micro_below"),
        price_min=_number(price, "price", "min"),
        price_max=_number(price, "price", "max"),
        volume_floors=_floors(volume["floors"]),
        names_wanted=_whole(volume, "average_volume", "names_wanted", 0),
        volume_sessions=_whole(volume, "average_volume", "sessions", 1),
        volume_min_observations=_whole(volume, "average_volume", "min_observations", 1),
        float_micro_above=_number(shares, "free_float", "micro_above"),
        float_small_above=_number(shares, "free_float", "small_above"),
        estimate_float=_when_missing(shares["when_missing"]),
        exchanges=_codes(top["exchanges"], "exchanges"),
        types=_codes(top["types"], "types"),
    )
    _check_order(rules)
    return rules


def _section(data: object, name: str, keys: set[str]) -> Mapping[str, Any]:
    where = name or "rules"
    if not isinstance(data, Mapping):
        raise ValueError(f"{where}: an object is needed")
    if missing := sorted(keys - set(data)):
        raise ValueError(f"{where}: {', '.join(missing)} missing")
    if unknown := sorted(set(data) - keys):
        raise ValueError(f"{where}: {', '.join(unknown)} unknown")
    return data


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number(section: Mapping[str, Any], name: str, key: str) -> float:
    value = section[key]
    if not _is_number(value) or value <= 0:
        raise ValueError(f"{name}.{key}: a positive number is needed, not {value!r}")
    return float(value)


def _whole(section: Mapping[str, Any], name: str, key: str, least: int) -> int:
    value = section[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name}.{key}: a whole number of at least {least} is needed, not {value!r}")
    return value


def _floors(value: object) -> tuple[float, ...]:
    name = "average_volume.floors"
    if not isinstance(value, list) or not value or not all(_is_number(floor) and floor > 0 for floor in value):
        raise ValueError(f"{name}: a list of positive numbers is needed")
    if any(later >= earlier for earlier, later in itertools.pairwise(value)):
        raise ValueError(f"{name}: the floors must descend")
    return tuple(float(floor) for floor in value)


def _when_missing(value: object) -> bool:
    if value not in (EXCLUDE, ESTIMATE):
        raise ValueError(f"free_float.when_missing: {EXCLUDE} or {ESTIMATE} is needed, not {value!r}")
    return value == ESTIMATE


def _codes(value: object, name: str) -> frozenset[str]:
    if not isinstance(value, list) or not value or not all(isinstance(code, str) and code for code in value):
        raise ValueError(f"{name}: a list of codes is needed")
    return frozenset(value)


def _check_order(rules: Rules) -> None:
    if not rules.cap_min < rules.micro_below <= rules.cap_max:
        raise ValueError("market_cap: min < micro_below <= max is needed")
    if not rules.price_min < rules.price_max:
        raise ValueError("price: min < max is needed")
    if rules.volume_min_observations > rules.volume_sessions:
        raise ValueError("average_volume.min_observations: more than sessions")
