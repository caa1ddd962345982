"""What operators do to a theme, from its page and through the API: the fields asked for and the services behind."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from themes.models import Theme
from themes.models.stories import Standing
from themes.stories import operators

PERMISSION = "themes.change_theme"
LONGEST_REASON = 255


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that an operator may do. extra: the field it needs besides the reason; done: is said afterwards."""

    name: str
    title: str
    help: str
    extra: str
    done: str


ACTIONS = (
    Action("confirm", "Confirm", "It is real: active whatever its confidence.", "", "Confirmed."),
    Action("rename", "Rename", "A name for people; the detected one is kept.", "title", "Renamed."),
    Action("merge", "Merge", "It is part of another one: it ends, its evidence stays.", "into", "Merged."),
    Action("retire", "Retire", "It is no theme: it ends and is not opened again for 72 hours.", "", "Retired."),
)
BY_NAME = {action.name: action for action in ACTIONS}


def may_operate(user: Any) -> bool:
    """Whether an account may do any of it; demo visitors have no such right."""
    return bool(user.is_authenticated and user.has_perm(PERMISSION))


def act(name: str, theme_id: uuid.UUID, given: Mapping[str, Any], author: Any) -> Theme:
    """Do it. ValidationError with the fields that are wrong (`action` for one that does not exist)."""
    reason = str(given.get("reason", "")).strip()
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": f"At most {LONGEST_REASON} characters."})
    match name:
        case "confirm":
            return operators.confirm(theme_id, author=author, reason=reason)
        case "rename":
            return operators.rename(theme_id, str(given.get("title", "")), author=author, reason=reason)
        case "merge":
            return operators.merge(theme_id, _target(given), author=author, reason=reason)
        case "retire":
            return operators.retire(theme_id, author=author, reason=reason)
    raise ValidationError({"action": f"expected one of {', '.join(BY_NAME)}"})


def list_targets(theme: Theme) -> list[Theme]:
    """Living themes that this one could be merged into, the strongest first. One statement."""
    living = Theme.objects.filter(standing__in=(Standing.ACTIVE, Standing.WATCH)).exclude(pk=theme.pk)
    return list(living.order_by("standing", "-intensity")[:200])


def _target(given: Mapping[str, Any]) -> uuid.UUID:
    try:
        return uuid.UUID(str(given.get("into", "")))
    except ValueError:
        raise ValidationError({"into": "Choose the theme it belongs to."}) from None
