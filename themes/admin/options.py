"""Options and confluence on the operator's desk: evidence to read, and passes to run again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from sentiment_site.jobs.admin import EvidenceAdmin
from themes.models import ConfluencePass, ConfluenceScore, OptionsDay


@admin.register(OptionsDay)
class OptionsDayAdmin(EvidenceAdmin):
    """Option chains by stock and session, newest first."""

    list_display = ("session", "instrument", "as_of", "call_volume", "put_volume", "premium", "skew", "unusual")
    list_filter = ("is_simulated",)
    list_select_related = ("instrument",)
    search_fields = ("=instrument__symbol",)
    ordering = ("-session", "instrument_id")


@admin.register(ConfluencePass)
class ConfluencePassAdmin(EvidenceAdmin):
    """Passes, newest first: how many were scored, how many reached a threshold, what was missing, how long it took."""

    list_display = ("as_of", "recorded_at", "stocks", "scored", "minimum", "high", "lacking", "duration_ms")
    list_filter = ("is_simulated",)
    ordering = ("-as_of",)

    @admin.display(description="without")
    def lacking(self, row: Any) -> str:
        """How many stocks lack each part."""
        return ", ".join(f"{name} {count}" for name, count in row.missing.items())


@admin.register(ConfluenceScore)
class ConfluenceScoreAdmin(EvidenceAdmin):
    """Scores, newest first, found by symbol."""

    list_display = (
        "timestamp", "symbol", "confluence_score", "confluence_level", "directional_bias", "confidence",
        "meets_minimum_threshold", "meets_high_threshold",
    )  # fmt: skip
    list_filter = ("meets_high_threshold", "meets_minimum_threshold", "is_simulated")
    search_fields = ("=symbol",)
    raw_id_fields = ("instrument",)
    ordering = ("-timestamp", "symbol")
