"""Stored comparisons in words: what a rule compared, with which threshold, and what was unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from themes.kernels.temperature import Level
from themes.kernels.velocity import Momentum

INPUTS = {
    "level": "temperature",
    "momentum": "momentum",
    "velocity": "move of the hour, %",
    "day_change": "move of the day, %",
    "manipulation": "manipulation risk",
    "squeeze": "squeeze risk",
    "sector_score": "the sector's light",
    "theme_term": "the theme's term",
    "score": "score",
    "data_fault": "fault in the prices",
    "halted": "halt",
    "restricted": "short sale restriction",
    "threshold_listed": "threshold list",
    "borrow_fee": "borrow fee, % a year",
    "utilisation": "utilisation, %",
    "float_shares": "float, shares",
}
SIGNS = {">=": "≥", "<=": "≤"}
YES_OR_NO = frozenset({"data_fault", "halted", "restricted", "threshold_listed"})


@dataclass(frozen=True, slots=True)
class Line:
    """One rule of a trace. compared: in words; unknown: inputs that nobody knew; effect: "" where it does not hold."""

    part: str
    title: str
    holds: bool
    compared: str
    unknown: str
    effect: str


def read_trace(trace: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """The lines of a stored trace, in order."""
    return tuple(
        Line(
            part=str(one.get("part", "")),
            title=str(one.get("title", one.get("rule", ""))),
            holds=bool(one.get("holds")),
            compared=say_comparisons(one.get("inputs", ())),
            unknown=say_names(one.get("unknown", ())),
            effect=str(one.get("effect", "")).replace("_", " "),
        )
        for one in trace
    )


def say_comparisons(entries: Sequence[Mapping[str, Any]]) -> str:
    """ "squeeze risk 0.62 ≥ 0.6, move of the day, % 4.1 > 0" of stored comparisons."""
    return "; ".join(_say(entry) for entry in entries)


def say_names(names: Sequence[str]) -> str:
    """Inputs by their words."""
    return ", ".join(INPUTS.get(name, name.replace("_", " ")) for name in names)


def _say(entry: Mapping[str, Any]) -> str:
    name, sign, value = str(entry.get("input", "")), str(entry.get("sign", "")), entry.get("value")
    title = INPUTS.get(name, name.replace("_", " "))
    if sign == "unknown":
        return f"{title} {'unknown' if value is None else _number(name, value)}"
    if value is None:
        return f"{title} unknown"
    if name in YES_OR_NO:
        return f"{title}: {'yes' if value else 'no'}"
    if sign == "+":
        return f"{title} {float(value):+.3f}"
    wanted = " or ".join(_number(name, one) for one in entry.get("threshold", ()))
    if sign == "in":
        return f"{title} {_number(name, value)} among {wanted.replace(' or ', ', ')}"
    return f"{title} {_number(name, value)} {SIGNS.get(sign, sign)} {wanted}"


def _number(name: str, value: Any) -> str:
    if name == "level":
        return _member(Level, value)
    if name == "momentum":
        return _member(Momentum, value)
    number = float(value)
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def _member(names: type[Level] | type[Momentum], value: Any) -> str:
    try:
        return names(int(value)).name
    except ValueError:
        return str(value)
