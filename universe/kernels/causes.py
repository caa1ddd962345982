"""Why a name joined or left the universe, in figures: "volume 812k < 1M", "price 1.87 < 2", "delisted", "override"."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .reasons import Reason
from .rules import Rules
from .screening import MICRO


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run decided about one symbol and with which figures (None: unknown), and the volume floor that held."""

    reason: Reason
    price: float | None
    market_cap: float | None
    average_volume: float | None
    free_float: float | None
    tier: str
    volume_floor: float


@dataclass(frozen=True, slots=True)
class _Bound:
    """A rule with a figure: its word, the figure, the sign when it fails and when it holds, the bound."""

    word: str
    figure: Callable[[Figures], float | None]
    fails: str
    holds: str
    bound: Callable[[Figures, Rules], float]
    unit: str = ""

    def failed(self, now: Figures, rules: Rules) -> str:
        return self._compare(self.figure(now), self.fails, self.bound(now, rules))

    def held(self, now: Figures, rules: Rules) -> str:
        return self._compare(self.figure(now), self.holds, self.bound(now, rules))

    def _compare(self, value: float | None, sign: str, bound: float) -> str:
        """In short figures; in full within a thousandth of the bound, where both would read the same."""
        known = math.nan if value is None else value
        close = known != bound and abs(known - bound) < bound / 1000
        left, right = (_full(known), _full(bound)) if close else (_short(known), _short(bound))
        return f"{self.word} {self.unit}{left} {sign} {self.unit}{right}"


_BOUNDS: dict[Reason, _Bound] = {
    Reason.PRICE_LOW: _Bound("price", lambda f: f.price, "<", ">=", lambda _, rules: rules.price_min),
    Reason.PRICE_HIGH: _Bound("price", lambda f: f.price, ">", "<=", lambda _, rules: rules.price_max),
    Reason.CAP_LOW: _Bound("cap", lambda f: f.market_cap, "<", ">=", lambda _, rules: rules.cap_min, "$"),
    Reason.CAP_HIGH: _Bound("cap", lambda f: f.market_cap, ">", "<=", lambda _, rules: rules.cap_max, "$"),
    Reason.VOLUME_LOW: _Bound("volume", lambda f: f.average_volume, "<", ">=", lambda f, _: f.volume_floor),
    Reason.FLOAT_LOW: _Bound(
        "float",
        lambda f: f.free_float,
        "<=",
        ">",
        lambda f, rules: rules.float_micro_above if f.tier == MICRO else rules.float_small_above,
    ),
}

# The other rules: what is said when they turn a member away, and when they no longer do.
_WORDS: dict[Reason, tuple[str, str]] = {
    Reason.DELISTED: ("delisted", "listed again"),
    Reason.TYPE: ("no longer a common share or ADR", "now a common share or ADR"),
    Reason.BLANK_CHECK: ("blank-check company", "no longer a blank-check company"),
    Reason.FUND_LIKE: ("fund, partnership or trust", "no longer a fund, partnership or trust"),
    Reason.EXCHANGE: ("exchange not screened", "moved to a screened exchange"),
    Reason.NO_RECENT_TRADE: ("no trade in the session", "trades again"),
    Reason.CAP_UNKNOWN: ("market cap unknown", "market cap known"),
    Reason.TOO_NEW: ("too few days of volume", "enough days of volume"),
    Reason.FLOAT_UNKNOWN: ("float unknown", "float known"),
    Reason.QUARANTINED: ("bars in quarantine", "released from quarantine"),
    Reason.SECTOR_UNKNOWN: ("sector unknown", "sector known"),
    Reason.OVERRIDE_EXCLUDE: ("override", "override ended"),
}


def explain_left(before: Figures | None, now: Figures, rules: Rules) -> str:
    """The rule that turned a member away, with figures; an include override that ended is named first."""
    bound = _BOUNDS.get(now.reason)
    cause = bound.failed(now, rules) if bound else _WORDS[now.reason][0]
    return f"override ended; {cause}" if before and before.reason is Reason.OVERRIDE_INCLUDE else cause


def explain_joined(before: Figures | None, now: Figures, rules: Rules) -> str:
    """The rule that kept the symbol out and no longer does, with figures. `before` None: not screened until now."""
    if now.reason is Reason.OVERRIDE_INCLUDE:
        return "override"
    if before is None:
        return "newly listed"
    if before.reason is Reason.VOLUME_LOW and _only_the_floor_fell(before, now):
        return f"volume floor {_short(before.volume_floor)} -> {_short(now.volume_floor)}"
    bound = _BOUNDS.get(before.reason)
    return bound.held(now, rules) if bound else _WORDS[before.reason][1]


def _only_the_floor_fell(before: Figures, now: Figures) -> bool:
    return now.volume_floor <= (now.average_volume or 0) < before.volume_floor


def _short(value: float) -> str:
    for scale, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= scale:
            return f"{value / scale:.4g}{letter}"
    return f"{value:.4g}"


def _full(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.8g}"
