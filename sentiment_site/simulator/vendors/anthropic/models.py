"""Which models the vendor knows, what each refuses, and when it is retired (upstreams.md 8.1)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """One model. strict: always thinks, so it takes no sampling parameters, no forced tool, no prefill, no budget;
    retired: from this date on it is not found; answers: the dated name under which it answers."""

    name: str
    strict: bool
    answers: str
    retired: dt.date | None = None


_RETIRED_2025 = dt.date(2025, 10, 28)
_RETIRED_2026 = dt.date(2026, 6, 15)
_END_OF_SONNET_4_5 = dt.date(2026, 11, 30)
_ALL = (
    Model("claude-fable-5-2", True, "claude-fable-5-2"),
    Model("claude-opus-5-5", True, "claude-opus-5-5"),
    Model("claude-sonnet-5-5", True, "claude-sonnet-5-5"),
    Model("claude-haiku-5-5", True, "claude-haiku-5-5"),
    Model("claude-opus-4-6", False, "claude-opus-4-6"),
    Model("claude-haiku-4-5", False, "claude-haiku-4-5-20251001"),
    Model("claude-haiku-4-5-20251001", False, "claude-haiku-4-5-20251001"),
    Model("claude-sonnet-4-5", False, "claude-sonnet-4-5-20250929", _END_OF_SONNET_4_5),
    Model("claude-sonnet-4-5-20250929", False, "claude-sonnet-4-5-20250929", _END_OF_SONNET_4_5),
    Model("claude-sonnet-4-20250514", False, "claude-sonnet-4-20250514", _RETIRED_2026),
    Model("claude-opus-4-20250514", False, "claude-opus-4-20250514", _RETIRED_2026),
    Model("claude-3-7-sonnet-20250219", False, "claude-3-7-sonnet-20250219", _RETIRED_2025),
    Model("claude-3-5-sonnet-20241022", False, "claude-3-5-sonnet-20241022", _RETIRED_2025),
)
_BY_NAME = {model.name: model for model in _ALL}


def find_model(name: str, on: dt.date) -> Model | None:
    """The model of this name; None if there is none or it is retired on that date."""
    model = _BY_NAME.get(name)
    return None if model is None or (model.retired is not None and on >= model.retired) else model
