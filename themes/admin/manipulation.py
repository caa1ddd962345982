"""The operator's view of the manipulation risk and of alerts: passes with their worst stocks, outcomes. Read-only."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sentiment_site.jobs.admin import EvidenceAdmin
from themes.manipulation.selectors import watch_list
from themes.models import ManipulationOutcome, ManipulationPass, ThemeAlert

SHOWN = 50
HEADINGS = ("Stock", "Risk", "Band", "Why watched", "Phase", "Evidence", "Reasons")


@admin.register(ManipulationPass)
class ManipulationPassAdmin(EvidenceAdmin):
    """Passes, newest first; a reading has no page of its own, because its key has two columns."""

    list_display = (
        "as_of", "recorded_at", "screened", "readings", "elevated", "high", "severe", "is_calibrated", "duration_ms",
        "is_simulated",
    )  # fmt: skip
    list_filter = ("is_calibrated", "is_simulated")
    ordering = ("-as_of",)
    fields = (
        ("as_of", "recorded_at", "is_simulated"),
        ("screened", "readings", "elevated", "high", "severe"),
        ("outcomes", "is_calibrated", "missing", "duration_ms"),
        "worst",
    )
    readonly_fields = ("worst",)

    @admin.display(description="worst stocks")
    def worst(self, done: ManipulationPass) -> SafeString:
        """The fifty of the highest risk as a table."""
        rows = watch_list(newest=done)[:SHOWN]
        cells = [
            format_html_join(
                "",
                "<td>{}</td>",
                (
                    (one,)
                    for one in (
                        row.instrument.symbol, row.risk, row.band, row.cause, row.phase or "–", row.evidence_coverage,
                        "; ".join(f"{reason['title']} ({reason['effect']:+.2f})" for reason in row.reasons),
                    )
                ),
            )
            for row in rows
        ]  # fmt: skip
        body = format_html_join("", "<tr>{}</tr>", ((row,) for row in cells))
        heads = format_html_join("", "<th>{}</th>", ((heading,) for heading in HEADINGS))
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", heads, body)


@admin.register(ManipulationOutcome)
class ManipulationOutcomeAdmin(EvidenceAdmin):
    """What was said at a close and what came of it."""

    list_display = ("session", "instrument", "risk", "points", "is_spike", "lowest_change", "crashed", "settled_at")
    list_filter = ("crashed", "is_spike")
    list_select_related = ("instrument",)
    ordering = ("-session", "-pk")
    search_fields = ("=instrument__symbol",)


@admin.register(ThemeAlert)
class ThemeAlertAdmin(EvidenceAdmin):
    """Alerts, newest first."""

    list_display = ("announced_at", "kind", "severity", "subject", "text", "data_at", "is_simulated")
    list_filter = ("kind", "severity")
    ordering = ("-pk",)
    search_fields = ("=instrument__symbol", "subject")
