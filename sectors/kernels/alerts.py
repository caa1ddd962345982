"""Which colour changes are worth a notification: an edge that a score hovers on must not ring at every reading.

The stored colour has no hysteresis, only what is announced has. Source: docs/methods/sector-sentiment.md, section 15
(methods.md 1.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sectors.kernels.colours import BANDS, colour, edges
from sectors.kernels.parameters import V1, ScoreParameters

_ORDER = tuple(band.colour for band in BANDS)


class Announcement(NamedTuple):
    """colour: the one that stands announced after this reading; changed: whether to notify; why in words."""

    colour: str
    changed: bool
    reason: str


def announce(
    announced: str | None, score: Decimal, earlier: Sequence[str] = (), parameters: ScoreParameters = V1
) -> Announcement:
    """Decide about one new reading.

    announced: the colour last notified, None before the first. earlier: stored colours of the readings before this
    one, newest last. Notifies when the score is at least .02 beyond the edge it came over, or when the new colour has
    now been read twice in a row. ValueError for an unknown colour or a score outside [-1, 1].
    """
    now = colour(score, parameters)
    if announced is not None and announced not in _ORDER:
        raise ValueError(f"unknown colour {announced!r}; known are {', '.join(_ORDER)}")
    if announced is None:
        return Announcement(now, True, "first reading")
    if now == announced:
        return Announcement(announced, False, "unchanged")
    band = edges(score, parameters)
    rose = _ORDER.index(now) > _ORDER.index(announced)
    crossed = band.low if rose else band.high
    beyond = abs(score - (score if crossed is None else crossed))
    if beyond >= parameters.alert_margin:
        return Announcement(now, True, f"{beyond} beyond the edge")
    needed = parameters.alert_readings - 1
    if len(earlier) >= needed and all(name == now for name in earlier[len(earlier) - needed :]):
        return Announcement(now, True, f"read {parameters.alert_readings} times in a row")
    return Announcement(announced, False, f"only {beyond} beyond the edge")
