"""The operator's desk for the crypto regime: evidence to read, readings to correct, collection to pause and run."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from sentiment_site.jobs.admin import EvidenceAdmin

from . import link_admin, services  # noqa: F401 - link_admin registers its model
from .models import (
    MacroBootstrap,
    MacroBootstrapCoin,
    MacroCoinDay,
    MacroCorrection,
    MacroFearGreed,
    MacroMarketData,
    MacroOpinion,
    MacroSentimentAnalysis,
    MacroSystemState,
)

NONE = "–"


class ReadOnlyRows(admin.TabularInline):  # type: ignore[type-arg]  # one base for several models
    """Rows under another one, to read."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services and jobs write these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites them."""
        return False


class CorrectionRows(ReadOnlyRows):
    """What an operator changed to make this version."""

    model = MacroCorrection
    fields = ("field", "old", "new", "author_name", "reason", "at")


class WhatIsWrong(admin.SimpleListFilter):
    """Readings by what an operator looks for."""

    title = "What about it"
    parameter_name = "wrong"
    choices_of = {
        "quarantined": ("in quarantine now", Q(quality="QUARANTINED", superseded_at__isnull=True)),
        "corrected": ("corrected by hand", Q(quality="CORRECTED")),
        "estimated": ("estimated", Q(is_estimated=True, superseded_at__isnull=True)),
        "late": ("read late", Q(quality="OK", is_estimated=False) & ~Q(reason="")),
        "replaced": ("replaced versions", Q(superseded_at__isnull=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The questions."""
        return [(value, title) for value, (title, _) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[MacroMarketData]) -> QuerySet[MacroMarketData]:
        """Rows that answer the question."""
        chosen = self.choices_of.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen[1])


class CorrectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """The figures of a reading, and why they are wrong. Unchanged figures release a reading from quarantine."""

    correction_reason = forms.CharField(max_length=255, label="Why", help_text="Kept with the correction.")

    class Meta:
        model = MacroMarketData
        fields = tuple(services.FIELDS)

    def clean(self) -> dict[str, Any]:
        """Checked before anything is written; the row itself stays as it is."""
        data = super().clean() or {}
        if not self.errors:
            stored = MacroMarketData.objects.get(pk=self.instance.pk)
            services.check_correction(stored, {name: data[name] for name in services.FIELDS})
        return data

    def _post_clean(self) -> None:
        """The given figures make a new version; they must not be written into this one."""


@admin.register(MacroMarketData)
class MarketDataAdmin(EvidenceAdmin):
    """Readings, newest first. Saving the form makes a new version; the old one is kept with its history."""

    form = CorrectionForm
    list_display = (
        "timestamp",
        "data_source",
        "quality",
        "total",
        "btc_price",
        "share",
        "event_at",
        "is_estimated",
        "why",
    )
    list_filter = (WhatIsWrong, "data_source", "is_simulated")
    date_hierarchy = "timestamp"
    ordering = ("-timestamp", "-recorded_at")
    inlines = (CorrectionRows,)
    readonly_fields = (
        "timestamp", "data_source", "quality", "reason", "event_at", "received_at", "recorded_at", "superseded_at",
        "alt_market_cap", "alt_strength_ratio", "btc_dominance", "alt_ex_stable", "ratio_ex_stable",
        "dominance_ex_stable", "is_estimated", "is_simulated",
    )  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: MacroMarketData | None = None) -> bool:
        """Those who may correct, the newest version only."""
        is_newest = obj is None or obj.superseded_at is None
        return is_newest and request.user.has_perm("macro.change_macromarketdata")

    def get_fields(self, request: HttpRequest, obj: MacroMarketData | None = None) -> tuple[str, ...]:
        """What was told, why it is wrong, and what follows from it."""
        reason = ("correction_reason",) if self.has_change_permission(request, obj) else ()
        return (*services.FIELDS, *reason, *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: MacroMarketData, form: Any, change: bool) -> None:
        """Let the service write the new version, with the operator as its author."""
        stored = MacroMarketData.objects.get(pk=obj.pk)
        made = services.correct_reading(
            stored,
            {name: form.cleaned_data[name] for name in services.FIELDS},
            request.user,  # type: ignore[arg-type]
            form.cleaned_data["correction_reason"],
        )
        self.message_user(request, f"Version {made.pk} of {made} is believed from now on; the regime is analysed anew.")

    @admin.display(description="total, $bn")
    def total(self, row: MacroMarketData) -> str:
        """The whole market."""
        return f"{row.total_market_cap / 1e9:,.1f}"

    @admin.display(description="BTC share")
    def share(self, row: MacroMarketData) -> str:
        """Bitcoin's dominance in percent."""
        return f"{row.btc_dominance_percent:.2f} %"

    @admin.display(description="why")
    def why(self, row: MacroMarketData) -> str:
        """The reason, or that it was replaced."""
        return row.reason or ("replaced" if row.superseded_at else NONE)


@admin.register(MacroCorrection)
class CorrectionAdmin(EvidenceAdmin):
    """Every correction ever made."""

    list_display = ("at", "timestamp", "field", "old", "new", "author_name", "reason")
    ordering = ("-at",)


@admin.register(MacroSystemState)
class SystemStateAdmin(EvidenceAdmin):
    """How collection is doing, and what to do about it."""

    list_display = (
        "system_status", "consecutive_failures", "last_successful_scan", "last_failed_scan", "bootstrap_completed_at",
        "last_failure",
    )  # fmt: skip
    actions = ("scan_now", "fetch_history", "fetch_history_again", "begin_maintenance", "end_maintenance")

    @admin.action(description="Scan now", permissions=["operate"])
    def scan_now(self, request: HttpRequest, queryset: QuerySet[MacroSystemState]) -> None:
        """A scan outside the schedule."""
        run = services.request_scan(request.user)  # type: ignore[arg-type]
        self.message_user(request, f"{run}")

    @admin.action(description="Bootstrap: the last 365 days", permissions=["operate"])
    def fetch_history(self, request: HttpRequest, queryset: QuerySet[MacroSystemState]) -> None:
        """Refused when they are there."""
        self._bootstrap(request, force=False)

    @admin.action(description="Bootstrap again, replacing estimates", permissions=["operate"])
    def fetch_history_again(self, request: HttpRequest, queryset: QuerySet[MacroSystemState]) -> None:
        """Whatever is there."""
        self._bootstrap(request, force=True)

    @admin.action(description="Maintenance: no scheduled scans", permissions=["operate"])
    def begin_maintenance(self, request: HttpRequest, queryset: QuerySet[MacroSystemState]) -> None:
        """Until it is ended."""
        self._maintain(request, queryset, is_on=True)

    @admin.action(description="End maintenance", permissions=["operate"])
    def end_maintenance(self, request: HttpRequest, queryset: QuerySet[MacroSystemState]) -> None:
        """The next tick asks for what is due."""
        self._maintain(request, queryset, is_on=False)

    def _bootstrap(self, request: HttpRequest, *, force: bool) -> None:
        try:
            run = services.request_bootstrap(request.user, force=force)  # type: ignore[arg-type]
        except ValidationError as error:
            self.message_user(request, error.messages[0], messages.WARNING)
        else:
            self.message_user(request, f"{run}")

    def _maintain(self, request: HttpRequest, queryset: QuerySet[MacroSystemState], *, is_on: bool) -> None:
        services.set_maintenance(request.user, is_on=is_on)  # type: ignore[arg-type]
        for row in queryset:
            self.log_change(request, row, "Maintenance begun" if is_on else "Maintenance ended")


class BasketRows(ReadOnlyRows):
    """The coins of a bootstrap and how far each is."""

    model = MacroBootstrapCoin
    fields = ("rank", "coin_id", "symbol", "is_stable", "is_done", "days_stored", "note")
    ordering = ("rank",)


@admin.register(MacroBootstrap)
class BootstrapAdmin(EvidenceAdmin):
    """Reconstructions of the past, with their basket and the days that stay gaps."""

    list_display = ("started_at", "state", "finished_at", "rows_stored", "gaps", "is_forced", "requested_by")
    list_select_related = ("requested_by",)
    ordering = ("-id",)
    inlines = (BasketRows,)

    @admin.display(description="gaps")
    def gaps(self, row: MacroBootstrap) -> int:
        """Days that could not be told."""
        return len(row.days_missing)


@admin.register(MacroSentimentAnalysis)
class AnalysisAdmin(EvidenceAdmin):
    """Analyses, newest first, with everything that entered."""

    list_display = (
        "analysis_timestamp", "as_of", "market_regime", "trade_permission", "overall_confidence", "macro_score",
        "trigger", "model_used", "is_simulated",
    )  # fmt: skip
    list_filter = ("market_regime", "trade_permission", "trigger", "is_simulated")
    ordering = ("-analysis_timestamp",)


@admin.register(MacroOpinion)
class OpinionAdmin(EvidenceAdmin):
    """What a language model said about an analysis, what of it was wrong, and what it cost."""

    list_display = ("ended_at", "analysis", "model", "prompt_version", "state", "agrees", "claims_checked", "cost_usd")
    list_filter = ("state", "agrees", "model")
    list_select_related = ("analysis",)
    ordering = ("-ended_at",)

    @admin.display(description="checked claims")
    def claims_checked(self, row: MacroOpinion) -> int:
        """How many numbers of the text were checked."""
        return len(row.claims)


@admin.register(MacroCoinDay)
class CoinDayAdmin(EvidenceAdmin):
    """Single coins by day."""

    list_display = ("day", "coin_id", "price", "market_cap", "is_stable", "event_at")
    search_fields = ("coin_id__startswith",)
    ordering = ("-day", "coin_id")


@admin.register(MacroFearGreed)
class FearGreedAdmin(EvidenceAdmin):
    """The index by day."""

    list_display = ("day", "value", "classification", "recorded_at")
    ordering = ("-day",)
