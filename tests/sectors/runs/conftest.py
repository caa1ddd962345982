"""The analysis as a job meets the same scripted exchange as the watch."""

from __future__ import annotations

from tests.sectors.watch.conftest import exchange, plan

__all__ = ["exchange", "plan"]
