"""The operator's view of the temperature: passes with their hottest stocks, themes' heat, verdicts. Read-only."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sentiment_site.jobs.admin import EvidenceAdmin
from themes.models import StockVerdict, TemperaturePass, TemperatureReading, ThemeHeat

SHOWN = 100
HEADINGS = ("Stock", "Level", "Hour alone", "Change %", "Volume", "Acceleration", "Squeeze", "Recommendation", "Rule")
ORDER = {"extreme": 0, "hot": 1, "warm": 2, "cold": 3, "": 4}


@admin.register(TemperaturePass)
class TemperaturePassAdmin(EvidenceAdmin):
    """Passes, newest first; a reading has no page of its own, because its key has two columns."""

    list_display = (
        "as_of", "recorded_at", "is_whole", "stocks", "warm", "hot", "extreme", "duration_ms", "is_simulated",
    )  # fmt: skip
    list_filter = ("is_whole", "is_simulated")
    ordering = ("-as_of",)
    fields = (
        ("as_of", "recorded_at", "is_whole"),
        ("stocks", "warm", "hot", "extreme"),
        ("missing", "duration_ms", "is_simulated"),
        "unknown",
        "readings",
    )
    readonly_fields = ("readings",)

    @admin.display(description="readings")
    def readings(self, done: TemperaturePass) -> SafeString:
        """The hottest hundred as a table."""
        rows = list(TemperatureReading.objects.filter(as_of=done.as_of).select_related("instrument"))
        rows.sort(key=lambda row: (ORDER[row.temperature_classification], row.instrument.symbol))
        cells = [format_html_join("", "<td>{}</td>", ((one,) for one in _cells(row))) for row in rows[:SHOWN]]
        body = format_html_join("", "<tr>{}</tr>", ((row,) for row in cells))
        heads = format_html_join("", "<th>{}</th>", ((heading,) for heading in HEADINGS))
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", heads, body)


@admin.register(ThemeHeat)
class ThemeHeatAdmin(EvidenceAdmin):
    """How hot themes were, and how hard they pulled at which sectors."""

    list_display = ("as_of", "theme", "level", "phase", "members", "known", "rise", "score", "reach")
    list_filter = ("level", "phase")
    list_select_related = ("theme",)
    ordering = ("-as_of", "-pk")


@admin.register(StockVerdict)
class StockVerdictAdmin(EvidenceAdmin):
    """Verdicts with the trace of their rules."""

    list_display = ("as_of", "instrument", "can_short", "should_short", "sector_score", "theme", "theme_term", "score")
    list_filter = ("can_short", "should_short")
    list_select_related = ("instrument", "theme")
    ordering = ("-as_of", "-pk")
    search_fields = ("=instrument__symbol",)
    fields = (
        ("instrument", "as_of", "recorded_at"),
        ("can_short", "should_short"),
        ("sector_score", "theme", "theme_term", "score"),
        "rules",
    )
    readonly_fields = ("rules",)

    @admin.display(description="trace")
    def rules(self, verdict: StockVerdict) -> SafeString:
        """Every rule, readable."""
        return format_html("<pre>{}</pre>", json.dumps(verdict.trace, indent=1, ensure_ascii=False))


def _cells(row: TemperatureReading) -> tuple[object, ...]:
    return (
        row.instrument.symbol, row.temperature_classification or "–", row.raw_level, row.hourly_price_change,
        row.hourly_volume_multiple, row.momentum_velocity, row.squeeze_risk_indicator, row.trading_recommendation,
        row.reasons.get("rule"),
    )  # fmt: skip
