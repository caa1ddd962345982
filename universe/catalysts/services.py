"""What operators may say about a catalyst. The catalyst stays as it was read; their word stands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from sentiment_site.market import clock
from universe.kernels.catalysts import ALWAYS_BEARISH, KINDS
from universe.models import Catalyst, CatalystCorrection

if TYPE_CHECKING:
    from portfolios.models import User

SHORTEST_REASON = 3


def correct_catalyst(
    catalyst: Catalyst, author: User, reason: str, *, kind: str, direction: int | None
) -> CatalystCorrection:
    """From now on the catalyst counts as this kind and direction (None: not at all). ValidationError by field."""
    return _add(catalyst, author, reason, kind, direction, is_suppressed=False)


def suppress_catalyst(catalyst: Catalyst, author: User, reason: str) -> CatalystCorrection:
    """From now on the catalyst is neither counted nor shown. ValidationError without a reason."""
    return _add(catalyst, author, reason, catalyst.kind, catalyst.direction, is_suppressed=True)


def check_correction(kind: str, direction: int | None, reason: str) -> None:
    """Whether a correction holds together. ValidationError, by field, if not."""
    errors: dict[str, str] = {}
    if kind not in KINDS:
        errors["kind"] = f"{kind!r} is no kind of catalyst."
    if direction not in (None, -1, 1):
        errors["direction"] = "Up, down, or nothing."
    elif kind in ALWAYS_BEARISH and direction == 1:
        errors["direction"] = "More shares, or fewer at a higher price, are bad news for holders."
    if len(reason.strip()) < SHORTEST_REASON:
        errors["reason"] = "Say why."
    if errors:
        raise ValidationError(errors)


def _add(
    catalyst: Catalyst, author: User, reason: str, kind: str, direction: int | None, *, is_suppressed: bool
) -> CatalystCorrection:
    check_correction(kind, direction, reason)
    return CatalystCorrection.objects.create(
        catalyst=catalyst,
        kind=kind,
        direction=direction,
        is_suppressed=is_suppressed,
        reason=reason.strip()[:255],
        author=author,
        created_at=clock.now(),
    )
