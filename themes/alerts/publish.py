"""The live topic `alerts`: its present state is the number of the newest alert; pages ask for their own list."""

from __future__ import annotations

import datetime as dt

from themes.models import ThemeAlert

from .services import TOPIC


def get_snapshot(topic: str) -> tuple[int, dt.datetime, str] | None:
    """(number of the newest alert, when it was announced, no fragment: a page's list depends on its filters)."""
    newest = ThemeAlert.objects.order_by("-pk").values_list("pk", "announced_at").first()
    return None if newest is None else (newest[0], newest[1], "")


__all__ = ["TOPIC", "get_snapshot"]
