"""The book held against the sector light: how much of it sits where, and where it fights the light.

Red means go for a short seller and green means danger. A position is bearish if its delta-adjusted exposure is negative
(short stock, long puts, short calls). Everything here is a plain record: the sector, theme and manipulation readings
come from other rooms. Source: product.md row 78; issue 5, part 6; thresholds of methods.md 4 and 5.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NO_READ = "no_read"
NO_SECTOR = "no_sector"

# How far a colour leans: negative invites shorts, positive warns of them.
LEANINGS: Mapping[str, int] = {"dark_red": -2, "light_red": -1, "blue_neutral": 0, "light_green": 1, "dark_green": 2}
SQUEEZE_HIGH = 0.60
MANIPULATION_SEVERE = 0.70
LOW_CONFIDENCE = 0.35
LARGE_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class SectorLight:
    """One sector's reading. score: -1..1, None without one; abstained: the card says NO READ."""

    sector: str
    colour: str
    verb: str
    score: float | None
    confidence: float | None
    abstained: bool = False

    @property
    def shown(self) -> str:
        """The colour that counts: NO READ where there is no score, an unknown colour, or the light abstained."""
        readable = self.score is not None and not self.abstained and self.colour in LEANINGS
        return self.colour if readable else NO_READ


@dataclass(frozen=True, slots=True)
class StockState:
    """What is known of one stock beside its sector: theme and temperature (COLD ..

    EXTREME), squeeze and manipulation 0..1.
    """

    theme: str | None = None
    temperature: str | None = None
    squeeze: float | None = None
    manipulation: float | None = None


UNKNOWN_STATE = StockState()


@dataclass(frozen=True, slots=True)
class BookLine:
    """One position: exposure is delta-adjusted dollars, negative if it gains when the stock falls."""

    key: str
    underlying: str
    sector: str | None
    exposure: float


@dataclass(frozen=True, slots=True)
class Warned:
    """Where the book fights the evidence. severity: high or medium; code is stable, message is for people."""

    code: str
    severity: str
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class LitLine:
    """A position beside its sector's light and its stock's state. with_light: -1 fights it fully .. 1 goes with it."""

    line: BookLine
    colour: str
    verb: str
    confidence: float | None
    state: StockState
    with_light: float


@dataclass(frozen=True, slots=True)
class LitBook:
    """Shares of each side's gross by colour (they sum to 1 where the side exists), and the headlines and warnings.

    agreement: gross-weighted mean of with_light * confidence, -1..1, over what has a light; None without any.
    light_adjusted_net: sum of exposure * score * confidence, dollars; positive if the book leans the way the sectors
    do.
    """

    lines: tuple[LitLine, ...]
    long_shares: Mapping[str, float]
    short_shares: Mapping[str, float]
    long_gross: float
    short_gross: float
    agreement: float | None
    light_adjusted_net: float
    headlines: tuple[str, ...]
    warnings: tuple[Warned, ...] = field(default=())


def compare_with_light(
    lines: Sequence[BookLine], lights: Sequence[SectorLight], states: Mapping[str, StockState] | None = None
) -> LitBook:
    """Joins a book with the light. states: by underlying; a stock without one is unknown, which is no clean bill."""
    by_sector = {light.sector: light for light in lights}
    known = states or {}
    lit = tuple(_light_line(line, by_sector, known) for line in lines)
    short_shares, short_gross = _shares([one for one in lit if one.line.exposure < 0])
    long_shares, long_gross = _shares([one for one in lit if one.line.exposure > 0])
    weighed = [(abs(one.line.exposure), one) for one in lit if one.colour in LEANINGS]
    gross = sum(weight for weight, _ in weighed)
    pull = sum(weight * one.with_light * (one.confidence or 0.0) for weight, one in weighed)
    verbs = {light.shown: light.verb for light in lights if light.shown != NO_READ}
    return LitBook(
        lines=lit,
        long_shares=long_shares,
        short_shares=short_shares,
        long_gross=long_gross,
        short_gross=short_gross,
        agreement=pull / gross if gross else None,
        light_adjusted_net=sum(one.line.exposure * _pull(by_sector, one) for one in lit),
        headlines=_headlines(short_shares, long_shares, verbs),
        warnings=tuple(sorted((w for one in lit for w in _warnings(one)), key=lambda w: (w.severity, w.key, w.code))),
    )


def _light_line(line: BookLine, lights: Mapping[str, SectorLight], states: Mapping[str, StockState]) -> LitLine:
    light = lights.get(line.sector or "")
    state = states.get(line.underlying, UNKNOWN_STATE)
    if light is None:
        return LitLine(line, NO_READ if line.sector else NO_SECTOR, "", None, state, 0.0)
    leaning = LEANINGS.get(light.shown, 0) / 2
    side = (line.exposure > 0) - (line.exposure < 0)
    verb = light.verb if light.shown != NO_READ else "NO READ"
    return LitLine(line, light.shown, verb, light.confidence, state, side * leaning)


def _pull(lights: Mapping[str, SectorLight], one: LitLine) -> float:
    if one.colour not in LEANINGS:
        return 0.0
    return (lights[one.line.sector or ""].score or 0.0) * (one.confidence or 0.0)


def _shares(lit: Sequence[LitLine]) -> tuple[dict[str, float], float]:
    """Share of gross per colour, dark red first, then what has no light."""
    gross = sum(abs(one.line.exposure) for one in lit)
    shares = dict.fromkeys((*LEANINGS, NO_READ, NO_SECTOR), 0.0)
    for one in lit:
        shares[one.colour] += abs(one.line.exposure) / gross
    return {colour: share for colour, share in shares.items() if share}, gross


def _headlines(short: Mapping[str, float], long: Mapping[str, float], verbs: Mapping[str, str]) -> tuple[str, ...]:
    """The sentences worth saying: a quarter or more of a side where the light is against it, and what has no light."""
    against = [("short", short, "dark_green"), ("short", short, "light_green")]
    against += [("long", long, "dark_red"), ("long", long, "light_red")]
    said = [
        f"{shares[colour]:.0%} of {side} gross sits in {verbs[colour]}".replace("%", " %")
        for side, shares, colour in against
        if shares.get(colour, 0.0) >= LARGE_SHARE
    ]
    for side, shares in (("short", short), ("long", long)):
        dark = shares.get(NO_READ, 0.0) + shares.get(NO_SECTOR, 0.0)
        if dark >= LARGE_SHARE:
            said.append(f"{dark:.0%} of {side} gross has no light".replace("%", " %"))
    return tuple(said)


def _warnings(one: LitLine) -> list[Warned]:
    """Against the light, squeezes and heat for bearish positions, manipulation for any."""
    key, name, state = one.line.key, one.line.underlying, one.state
    bearish = one.line.exposure < 0
    found: list[Warned] = []
    if one.with_light < 0:
        sure = one.confidence is not None and one.confidence >= LOW_CONFIDENCE
        severity = "high" if sure and one.with_light == -1 else "medium"
        side = "Short" if bearish else "Long"
        found.append(Warned("against_light", severity, key, f"{side} {name} in a sector that says {one.verb}"))
    if bearish and (state.squeeze or 0.0) >= SQUEEZE_HIGH:
        found.append(Warned("squeeze", "high", key, f"Short {name} with squeeze risk {state.squeeze:.2f}"))
    if bearish and state.temperature in ("HOT", "EXTREME"):
        severity = "high" if state.temperature == "EXTREME" else "medium"
        theme = f" ({state.theme})" if state.theme else ""
        found.append(Warned("heat", severity, key, f"Short {name} while its temperature is {state.temperature}{theme}"))
    if one.line.exposure and (state.manipulation or 0.0) >= MANIPULATION_SEVERE:
        found.append(Warned("manipulation", "high", key, f"{name} has manipulation risk {state.manipulation:.2f}"))
    return found
