"""What a page or a call may ask of the risk services, read from its address: moment, whose Greeks, an own scenario.

The address is the state; a misspelt parameter is refused. Moves are fractions: -.1 is -10 %, a volatility of .1 is ten
points, a rate of .01 is 100 basis points.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import QueryDict

from portfolios.kernels.greeks import GreekSource
from portfolios.kernels.stress import Scenario, ThemeShock
from sentiment_site.market.moments import parse_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY

COMMON = ("as_of", "greeks")
SCENARIO = ("name", "market", "volatility", "rates", "sector", "shock")
OWN = "Own scenario"
NAME_MAX = 60
SYMBOL_MAX = 16
MOVES_MAX = 200
SCENARIOS_MAX = 20
# (least, most) of each kind of move
BOUNDS: Mapping[str, tuple[float, float]] = {
    "market": (-1.0, 5.0),
    "volatility": (-5.0, 5.0),
    "rates": (-1.0, 1.0),
    "sector": (-1.0, 5.0),
    "shock": (-1.0, 100.0),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """as_of: None is now. scenario: None for the standing ones."""

    as_of: dt.datetime | None
    source: GreekSource
    scenario: Scenario | None = None


def parse_asked(query: QueryDict, *, scenario: bool = False) -> Asked:
    """The parameters of an address; ValidationError by parameter. scenario: whether one may be made up in it."""
    refused: dict[str, list[str]] = {}
    allowed = {*COMMON, *(SCENARIO if scenario else ())}
    refused |= {name[:60]: ["unknown parameter"] for name in query if name not in allowed}
    source = query.get("greeks", "") or GreekSource.MOCK.value
    if source not in set(GreekSource):
        refused["greeks"] = [f"one of {', '.join(GreekSource)}"]
        source = GreekSource.MOCK.value
    as_of = None
    moment = query.get("as_of", "")
    if moment:
        try:
            as_of = parse_moment(moment)
        except ValueError as error:
            refused["as_of"] = [str(error)[:300]]
    own = _parse_scenario(query, refused) if scenario else None
    if refused:
        raise ValidationError(refused)
    return Asked(as_of, GreekSource(source), own)


def make_scenario(
    name: str,
    market: float = 0.0,
    sectors: Mapping[str, float] | None = None,
    volatility: float = 0.0,
    rates: float = 0.0,
    shocks: Mapping[str, float] | None = None,
) -> Scenario:
    """A scenario of a caller; shocks: symbol to its own move. ValidationError by field for what is beyond BOUNDS."""
    refused: dict[str, list[str]] = {}
    for field, move in (("market", market), ("volatility", volatility), ("rates", rates)):
        _check(field, move, refused)
    for key, move in (sectors or {}).items():
        if key not in SECTOR_BY_KEY:
            refused["sector"] = [f"one of {', '.join(SECTOR_BY_KEY)}"]
        _check("sector", move, refused)
    for symbol, move in (shocks or {}).items():
        if not 0 < len(symbol) <= SYMBOL_MAX or not symbol.isprintable():
            refused["shock"] = [f"a symbol has 1 to {SYMBOL_MAX} characters"]
        _check("shock", move, refused)
    if max(len(sectors or {}), len(shocks or {})) > MOVES_MAX:
        refused["shock"] = [f"at most {MOVES_MAX} moves"]
    if refused:
        raise ValidationError(refused)
    theme = ThemeShock(name, 1.0, dict(shocks)) if shocks else None
    return Scenario(name, market, dict(sectors or {}), volatility, rates, theme)


def _parse_scenario(query: QueryDict, refused: dict[str, list[str]]) -> Scenario | None:
    if not any(query.get(name) for name in SCENARIO):
        return None
    name = " ".join(query.get("name", "").split()) or OWN
    if len(name) > NAME_MAX or not name.isprintable():
        refused["name"] = [f"at most {NAME_MAX} printable characters"]
        name = OWN
    single = {field: _number(field, query.get(field, ""), refused) for field in ("market", "volatility", "rates")}
    sectors = _pairs("sector", query.getlist("sector"), refused)
    shocks = _pairs("shock", query.getlist("shock"), refused)
    try:
        return make_scenario(name, sectors=sectors, shocks=shocks, **single)
    except ValidationError as error:
        refused |= error.message_dict
        return None


def _pairs(field: str, values: Iterable[str], refused: dict[str, list[str]]) -> dict[str, float]:
    """`SOUN:0.4` and the like."""
    found = {}
    for value in values:
        key, colon, move = value.rpartition(":")
        if value and not colon:
            refused[field] = ["a name and its move, such as SOUN:0.4"]
        elif value:
            found[key.strip()] = _number(field, move, refused)
    return found


def _number(field: str, text: str, refused: dict[str, list[str]]) -> float:
    try:
        return float(text) if text else 0.0
    except ValueError:
        refused[field] = ["a fraction such as -0.1"]
        return 0.0


def _check(field: str, move: float, refused: dict[str, list[str]]) -> None:
    least, most = BOUNDS[field]
    if not math.isfinite(move) or not least <= move <= most:
        refused[field] = [f"a fraction from {least:g} to {most:g}"]
