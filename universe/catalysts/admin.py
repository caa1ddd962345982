"""The operator's desk for catalysts: what was read from which document, to correct or to suppress; halts to read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from sentiment_site.jobs.admin import EvidenceAdmin
from sentiment_site.live.templatetags.figures import et
from universe.models import Catalyst, CatalystCorrection, FeedCursor, Halt, ThresholdList

from .models import KIND_CHOICES
from .services import correct_catalyst, suppress_catalyst

NONE = "–"
WAYS = {1: "up", -1: "down", None: NONE}


class CorrectionForm(ActionForm):
    """What the actions need: why, and for a correction as what the event should count."""

    kind = forms.ChoiceField(choices=[("", "kind as it is"), *KIND_CHOICES], required=False)
    direction = forms.ChoiceField(choices=[("", "no direction"), ("1", "up"), ("-1", "down")], required=False)
    reason = forms.CharField(required=False, max_length=255, label="Reason")


class HasDirection(admin.SimpleListFilter):
    """Whether a catalyst counts: events whose direction nobody knows wait for an article or an operator."""

    title = "Does it count"
    parameter_name = "direction"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """By direction."""
        return [("none", "no direction"), ("up", "up"), ("down", "down")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Catalyst]) -> QuerySet[Catalyst]:
        """The catalysts of the chosen answer, as they were read."""
        chosen = {"none": Q(direction__isnull=True), "up": Q(direction=1), "down": Q(direction=-1)}.get(
            self.value() or ""
        )
        return queryset if chosen is None else queryset.filter(chosen)


class WasCorrected(admin.SimpleListFilter):
    """Whether an operator had a word."""

    title = "Was it corrected"
    parameter_name = "corrected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes."""
        return [("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Catalyst]) -> QuerySet[Catalyst]:
        """Those with a correction."""
        corrected = CatalystCorrection.objects.values("catalyst_id")
        return queryset.filter(pk__in=corrected) if self.value() == "yes" else queryset


class Corrections(admin.TabularInline):  # type: ignore[type-arg]
    """What operators said, to read."""

    model = CatalystCorrection
    extra = 0
    can_delete = False
    fields = readonly_fields = ("kind", "direction", "is_suppressed", "reason", "author", "created_at")
    ordering = ("-created_at",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The actions of the list write these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites them."""
        return False


@admin.register(Catalyst)
class CatalystAdmin(EvidenceAdmin):
    """Documents as they were read, newest first."""

    list_display = ("event_at", "instrument", "kind", "way", "title", "rule", "said_since", "source")
    list_display_links = ("event_at", "title")
    list_filter = (HasDirection, WasCorrected, "kind", "source")
    list_select_related = ("instrument", "source")
    search_fields = ("instrument__symbol__startswith", "document_id")
    search_help_text = "Beginning of the symbol, or the number of the document"
    ordering = ("-event_at",)
    inlines = (Corrections,)
    action_form = CorrectionForm
    actions = ("correct_selected", "suppress_selected")
    fields = (
        ("instrument", "kind", "way"),
        "title",
        "link",
        ("event_at", "recorded_at"),
        ("source", "document_id"),
        "evidence",
    )
    readonly_fields = ("way", "link")

    def has_correct_permission(self, request: HttpRequest) -> bool:
        """Who may add a correction."""
        return request.user.has_perm("universe.add_catalystcorrection")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Catalyst]:
        """With the corrections, in one statement more."""
        rows: QuerySet[Catalyst] = super().get_queryset(request)
        return rows.prefetch_related("corrections__author")

    @admin.display(description="direction", ordering="direction")
    def way(self, row: Catalyst) -> str:
        """Up, down or unknown, as it was read."""
        return WAYS[row.direction]

    @admin.display(description="decided by")
    def rule(self, row: Catalyst) -> str:
        """What in the document was decisive."""
        return str(row.evidence.get("rule", NONE))

    @admin.display(description="operators say")
    def said_since(self, row: Catalyst) -> str:
        """The newest correction."""
        newest = max(row.corrections.all(), key=lambda each: (each.created_at, each.pk), default=None)
        if newest is None:
            return NONE
        what = "suppressed" if newest.is_suppressed else f"{newest.get_kind_display()} {WAYS[newest.direction]}"
        return f"{what}: {newest.reason} ({newest.author}, {et(newest.created_at, 'full')})"

    @admin.display(description="document")
    def link(self, row: Catalyst) -> str:
        """Where it can be read."""
        return format_html('<a href="{0}" rel="noreferrer">{0}</a>', row.url) if row.url else NONE

    @admin.action(description="Correct kind and direction", permissions=["correct"])
    def correct_selected(self, request: HttpRequest, queryset: QuerySet[Catalyst]) -> None:
        """From now on they count as what was chosen."""
        kind, way = request.POST.get("kind", ""), request.POST.get("direction", "")  # as the form has checked
        for row in queryset:
            self._say(request, row, kind=kind or row.kind, direction=int(way) if way else None)

    @admin.action(description="Suppress", permissions=["correct"])
    def suppress_selected(self, request: HttpRequest, queryset: QuerySet[Catalyst]) -> None:
        """From now on they are neither counted nor shown."""
        for row in queryset:
            self._say(request, row)

    def _say(self, request: HttpRequest, row: Catalyst, **correction: Any) -> None:
        reason = request.POST.get("reason", "")
        try:
            if correction:
                correct_catalyst(row, request.user, reason, **correction)  # type: ignore[arg-type]
            else:
                suppress_catalyst(row, request.user, reason)  # type: ignore[arg-type]
        except ValidationError as error:
            self.message_user(request, f"{row.instrument}: {' '.join(error.messages)}", messages.ERROR)
        else:
            self.log_change(request, row, f"{'Corrected' if correction else 'Suppressed'}: {reason}")


@admin.register(Halt)
class HaltAdmin(EvidenceAdmin):
    """Halts, a row per change of what was known."""

    list_display = ("begins_at", "instrument", "code", "quotes_at", "resumes_at", "left_list", "recorded_at", "source")
    list_filter = ("code", "left_list", "source")
    list_select_related = ("instrument", "source")
    search_fields = ("instrument__symbol__startswith",)
    search_help_text = "Beginning of the symbol"
    ordering = ("-begins_at", "-recorded_at")


@admin.register(ThresholdList)
class ThresholdListAdmin(EvidenceAdmin):
    """Threshold lists, one a session and exchange."""

    list_display = ("session", "exchange", "known", "others", "recorded_at", "source")
    list_filter = ("exchange", "source")
    list_select_related = ("source",)
    ordering = ("-session", "exchange")

    @admin.display(description="stocks")
    def known(self, row: ThresholdList) -> int:
        """How many of our stocks it names."""
        return len(row.instruments)

    @admin.display(description="symbols nobody knew")
    def others(self, row: ThresholdList) -> int:
        """How many it names beside those."""
        return len(row.unmatched)


@admin.register(FeedCursor)
class FeedCursorAdmin(EvidenceAdmin):
    """How far each feed has been read."""

    list_display = ("feed", "began_at", "read_until")
