"""The operator's view of published lights: evidence, read-only, with every factor of every sector."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sectors.models import SectorReading, SectorRun
from sentiment_site.jobs.admin import EvidenceAdmin

NONE = "–"
HEADINGS = ("Sector", "Score", "Colour", "Status", "Confidence", "30M", "1D", "3D", "1W", "Fresh", "Formula", "Why")


class WhatWentWrong(admin.SimpleListFilter):
    """Runs in which a sector had no proper light, by what was wrong with it."""

    title = "What went wrong"
    parameter_name = "wrong"
    choices_of = {
        "stale": ("a sector was stale", Q(status=SectorReading.Status.STALE)),
        "no_read": ("a sector had too few timeframes", Q(status=SectorReading.Status.NO_READ)),
        "no_data": ("a sector had no stocks", Q(status=SectorReading.Status.NO_DATA)),
        "unsure": ("a colour had little confidence", Q(low_confidence=True)),
        "one_stock": ("one stock decided a colour", Q(concentration_warning=True)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The questions."""
        return [(value, title) for value, (title, _) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SectorRun]) -> QuerySet[SectorRun]:
        """Runs with at least one such reading."""
        chosen = self.choices_of.get(self.value() or "")
        if chosen is None:
            return queryset
        return queryset.filter(
            Exists(SectorReading.objects.filter(chosen[1], run=OuterRef("pk"), formula=OuterRef("formula")))
        )


@admin.register(SectorRun)
class SectorRunAdmin(EvidenceAdmin):
    """Published runs, newest first."""

    list_display = ("id", "as_of", "recorded_at", "trigger", "members", "duration_ms", "delay_s", "is_simulated")
    list_filter = (WhatWentWrong, "trigger", "is_simulated", "weights_source")
    ordering = ("-id",)
    fields = (
        ("as_of", "recorded_at", "trigger"),
        ("formula", "weights_source", "universe_run"),
        ("members", "sources", "delay_s", "is_simulated"),
        ("job", "duration_ms"),
        "lights",
        "factors",
    )
    readonly_fields = ("job", "lights", "factors")

    @admin.display(description="job run")
    def job(self, run: SectorRun) -> str | SafeString:
        """The job that made it, with its log."""
        if run.job_run_id is None:
            return NONE
        address = reverse("admin:jobs_jobrun_change", args=[run.job_run_id])
        return format_html('<a href="{}">{}</a>', address, run.job_run_id)

    @admin.display(description="lights")
    def lights(self, run: SectorRun) -> SafeString:
        """The eight readings as a table."""
        rows = format_html_join("", "<tr>{}</tr>", ((_cells(reading),) for reading in _readings(run)))
        heads = format_html_join("", "<th>{}</th>", ((heading,) for heading in HEADINGS))
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", heads, rows)

    @admin.display(description="factors")
    def factors(self, run: SectorRun) -> SafeString:
        """Every factor of every sector as it was stored."""
        return format_html_join(
            "",
            "<details><summary>{}</summary><pre>{}</pre></details>",
            ((reading.sector, json.dumps(reading.factors, indent=1)) for reading in _readings(run)),
        )


def _readings(run: SectorRun) -> list[SectorReading]:
    return list(run.readings.order_by("formula", "sector").defer("constituents"))


def _cells(reading: SectorReading) -> SafeString:
    values = (
        reading.sector,
        reading.score,
        reading.colour,
        reading.status,
        reading.confidence,
        reading.performance_30min,
        reading.performance_1day,
        reading.performance_3day,
        reading.performance_1week,
        f"{reading.fresh_count} of {reading.stocks_count}",
        reading.formula,
        reading.reason,
    )
    return format_html_join("", "<td>{}</td>", ((NONE if value in (None, "") else value,) for value in values))
