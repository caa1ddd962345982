"""From the stored score to colour, verb, signal, label, glyph; from a horizon to its dot.

Tables, not branches. The bands are half-open on the stored three decimals, [low, high), the top one closed: each edge
belongs to the upper band, so a score on a boundary always gets the advice less permissive for shorting. Verbs and
glyphs exist because colour alone is not readable for everyone and red means go here. Source:
docs/methods/sector-sentiment.md, section 6.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sectors.kernels.parameters import V1, ScoreParameters
from sectors.kernels.score import stored

STEP = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Band:
    """One colour with everything a page says about it."""

    colour: str
    verb: str
    signal: str
    glyph: str


BANDS: tuple[Band, ...] = (
    Band("dark_red", "PRIME SHORT", "PRIME_SHORTING_ENVIRONMENT", "▼▼"),
    Band("light_red", "GOOD SHORT", "GOOD_SHORTING_ENVIRONMENT", "▼"),
    Band("blue_neutral", "NEUTRAL", "NEUTRAL_CAUTIOUS", "▬"),
    Band("light_green", "AVOID SHORTS", "AVOID_SHORTS", "▲"),
    Band("dark_green", "DO NOT SHORT", "DO_NOT_SHORT", "▲▲"),
)
LABELS = ("BEARISH", "NEUTRAL", "CAUTION", "BULLISH")
DOTS = ("red", "blue", "yellow", "green")
MISSING_DOT = "grey"


class Edges(NamedTuple):
    """The band around a score. None: the score cannot leave on that side, because it ends at -1 or 1."""

    low: Decimal | None
    high: Decimal | None


def band(score: Decimal, parameters: ScoreParameters = V1) -> Band:
    """The band of a stored score. ValueError outside [-1, 1]."""
    return BANDS[_position(score, parameters)]


def colour(score: Decimal, parameters: ScoreParameters = V1) -> str:
    """The colour code of a stored score."""
    return band(score, parameters).colour


def verb(score: Decimal, parameters: ScoreParameters = V1) -> str:
    """What a short seller reads on the card."""
    return band(score, parameters).verb


def signal(score: Decimal, parameters: ScoreParameters = V1) -> str:
    """The trading signal as programs know it."""
    return band(score, parameters).signal


def glyph(score: Decimal, parameters: ScoreParameters = V1) -> str:
    """The direction without colour."""
    return band(score, parameters).glyph


def label(score: Decimal, parameters: ScoreParameters = V1) -> str:
    """BEARISH, NEUTRAL, CAUTION (.20 to below .25, a badge inside light green) or BULLISH."""
    return LABELS[bisect_right(parameters.label_edges, score)]


def dot(weighted_score: float | None, parameters: ScoreParameters = V1) -> str:
    """A horizon's dot from multiplier * b_h at three decimals: red, blue, yellow, green; grey if it is missing."""
    if weighted_score is None:
        return MISSING_DOT
    return DOTS[bisect_right(parameters.label_edges, stored(weighted_score))]


def edges(score: Decimal, parameters: ScoreParameters = V1) -> Edges:
    """Lower and upper edge of the score's own band."""
    position = _position(score, parameters)
    inner = (None, *parameters.colour_edges, None)
    return Edges(inner[position], inner[position + 1])


def _position(score: Decimal, parameters: ScoreParameters) -> int:
    if not -1 <= score <= 1:
        raise ValueError(f"a score lies within [-1, 1]: {score}")
    return bisect_right(parameters.colour_edges, score)
