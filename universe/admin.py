"""The operator's desk for the universe: evidence to read; overrides, profiles and quarantines to decide on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from sentiment_site.jobs.admin import EvidenceAdmin
from sentiment_site.live.templatetags.figures import et
from sentiment_site.market import clock

from . import selectors, services
from .catalysts import admin as catalysts  # noqa: F401 - registers its models
from .kernels.rules import STRICT
from .listing import reason_title
from .models import (
    Classification,
    DataSource,
    FloatReading,
    Instrument,
    Membership,
    Override,
    Quarantine,
    ReferenceReading,
    ScreeningProfile,
    Split,
    UniverseRun,
)

NONE = "–"
ROWS_SHOWN = 10


class History(admin.TabularInline):  # type: ignore[type-arg]  # one base for several models
    """Dated rows of an instrument, to read."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Vendors and jobs write these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites them."""
        return False


class Classifications(History):
    """Sectors by date."""

    model = Classification
    fields = readonly_fields = ("effective_on", "sector", "confidence", "evidence", "recorded_at")
    ordering = ("-effective_on", "-recorded_at")


class References(History):
    """Shares, caps and codes by date."""

    model = ReferenceReading
    fields = readonly_fields = (
        "effective_on",
        "shares_outstanding",
        "market_cap",
        "sic_code",
        "vendor_sector",
        "industry",
        "source",
        "recorded_at",
    )
    ordering = ("-effective_on", "-recorded_at")


class Floats(History):
    """Free floats by date."""

    model = FloatReading
    fields = readonly_fields = ("effective_on", "free_float", "source", "recorded_at")
    ordering = ("-effective_on", "-recorded_at")


class Splits(History):
    """Splits."""

    model = Split
    fields = readonly_fields = ("execution_date", "split_from", "split_to", "source", "recorded_at")
    ordering = ("-execution_date",)


@admin.register(DataSource)
class DataSourceAdmin(EvidenceAdmin):
    """Where rows come from and how late."""

    list_display = ("name", "kind", "delay_s")
    list_filter = ("kind",)


class IsItListed(admin.SimpleListFilter):
    """Whether an instrument still trades."""

    title = "Is it listed"
    parameter_name = "listed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes or no."""
        return [("yes", "yes"), ("no", "delisted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Instrument]) -> QuerySet[Instrument]:
        """The instruments of the chosen answer."""
        return queryset.filter(delisted_on__isnull=self.value() == "yes") if self.value() else queryset


@admin.register(Instrument)
class InstrumentAdmin(EvidenceAdmin):
    """Every security, with what was known of it when."""

    list_display = ("symbol", "name", "kind", "role", "exchange", "cik", "listed_on", "delisted_on", "source")
    list_filter = (IsItListed, "role", "kind", "exchange")
    list_select_related = ("source",)
    search_fields = ("symbol__startswith", "name__icontains", "cik", "composite_figi")
    search_help_text = "Beginning of the symbol, part of the name, CIK or FIGI"
    ordering = ("symbol",)
    inlines = (Classifications, References, Floats, Splits)


@admin.register(Classification)
class ClassificationAdmin(EvidenceAdmin):
    """Sectors with their evidence, the least sure first."""

    list_display = ("instrument", "sector", "confidence", "says", "effective_on", "recorded_at")
    list_filter = ("sector",)
    list_select_related = ("instrument",)
    search_fields = ("instrument__symbol__startswith",)
    ordering = ("confidence", "-pk")

    @admin.display(description="what says so")
    def says(self, row: Classification) -> str:
        """Each source with its words and the sector it speaks for."""
        return "; ".join(f"{item['source']}: {item['says']} → {item['sector']}" for item in row.evidence)


@admin.register(UniverseRun)
class UniverseRunAdmin(EvidenceAdmin):
    """Screenings with their funnel."""

    list_display = ("id", "session", "profile", "members", "volume_floor", "floor_note", "recorded_at", "is_simulated")
    list_filter = ("profile__name", "is_simulated")
    list_select_related = ("profile",)
    ordering = ("-session", "-recorded_at")
    fields = (
        ("session", "profile", "is_simulated"),
        ("as_of", "recorded_at"),
        ("members", "volume_floor", "floor_note"),
        "funnel",
        "reasons",
        ("sources", "job_run_id"),
    )
    readonly_fields = ("funnel", "reasons")

    @admin.display(description="names left after each stage")
    def funnel(self, run: UniverseRun) -> str:
        """The stages in order."""
        rows = ((stage["name"], f"{stage['left']:,}", self._left(stage)) for stage in run.stages)
        body = format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td></tr>", rows)
        return format_html("<table><tr><th>stage</th><th>left</th><th>out</th></tr>{}</table>", body)

    @staticmethod
    def _left(stage: dict[str, Any]) -> str:
        out = [f"{reason_title(code)} {count:,}" for code, count in stage["out"].items()]
        return ", ".join([*out, f"{stage['joined']:,} included"] if stage["joined"] else out)

    @admin.display(description="names by reason")
    def reasons(self, run: UniverseRun) -> str:
        """How many names carry each reason."""
        counts = run.memberships.values_list("reason").annotate(names=Count("pk")).order_by("-names")
        rows = ((reason_title(code), f"{count:,}") for code, count in counts)
        return format_html("<table>{}</table>", format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", rows))


class WhichRun(admin.SimpleListFilter):
    """The newest screening unless all are asked for: one run is one answer per symbol."""

    title = "Which run"
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All runs; the newest is the default."""
        return [("all", "all runs")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        """Rows of the newest run, or of all."""
        if self.value() == "all":
            return queryset
        run = selectors.current_run()
        return queryset.filter(run=run) if run else queryset.none()


@admin.register(Membership)
class MembershipAdmin(EvidenceAdmin):
    """Search for a symbol: in or out, why, and with which figures."""

    list_display = (
        "instrument",
        "eligible",
        "why",
        "tier",
        "price",
        "market_cap",
        "average_volume",
        "free_float",
        "sector",
        "change",
        "change_cause",
        "run",
    )
    list_filter = (WhichRun, "eligible", "tier", "change")
    list_select_related = ("instrument", "run__profile")
    search_fields = ("instrument__symbol__startswith",)
    search_help_text = "Beginning of the symbol"
    ordering = ("-run", "instrument__symbol")

    @admin.display(description="reason", ordering="reason")
    def why(self, row: Membership) -> str:
        """The reason in words."""
        return reason_title(row.reason)


class OverrideForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an operator decides; who and when is written by the service."""

    class Meta:
        model = Override
        fields = ("kind", "instrument", "sector", "weight", "reason", "expires_at")

    def clean(self) -> dict[str, Any]:
        """Ask the service whether the decision holds together, so that its words stand beside the fields."""
        data = super().clean() or {}
        if not self.errors:
            services.check_override(Override(**data), clock.now())
        return data


class InForce(admin.SimpleListFilter):
    """Whether an override counts now."""

    title = "In force"
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Now, or ended."""
        return [("now", "now"), ("ended", "withdrawn or expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Override]) -> QuerySet[Override]:
        """The overrides of the chosen answer."""
        standing = services.list_in_force(clock.now()).values("pk")
        if self.value() == "now":
            return queryset.filter(pk__in=standing)
        return queryset.exclude(pk__in=standing) if self.value() == "ended" else queryset


@admin.register(Override)
class OverrideAdmin(EvidenceAdmin):
    """Decisions that win over the rules: made and withdrawn, never edited or deleted, so the list is the history."""

    form = OverrideForm
    list_display = ("id", "kind", "instrument", "sector", "weight", "reason", "author", "created_at", "state")
    list_filter = (InForce, "kind", "sector")
    list_select_related = ("instrument", "author", "withdrawn_by")
    search_fields = ("instrument__symbol__startswith", "reason")
    autocomplete_fields = ("instrument",)
    ordering = ("-created_at",)
    actions = ("withdraw_selected",)
    readonly_fields = ("state",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may override."""
        return request.user.has_perm("universe.add_override")

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Who may decide may also take it back."""
        return self.has_add_permission(request)

    def get_fields(self, request: HttpRequest, obj: Override | None = None) -> tuple[str, ...]:
        """The decision; on a stored one also who, when and what became of it."""
        decided = OverrideForm.Meta.fields
        return decided if obj is None else (*decided, "author", "created_at", "withdrawn_by", "withdrawn_at", "state")

    def save_model(self, request: HttpRequest, obj: Override, form: Any, change: bool) -> None:
        """Let the service write it, with the operator as its author."""
        made = services.create_override(
            obj.kind,
            request.user,  # type: ignore[arg-type]
            obj.reason,
            instrument=obj.instrument,
            sector=obj.sector,
            weight=obj.weight,
            expires_at=obj.expires_at,
        )
        obj.pk, obj.author, obj.created_at = made.pk, made.author, made.created_at

    @admin.display(description="state")
    def state(self, row: Override) -> str:
        """In force, or how it ended."""
        if row.withdrawn_at is not None:
            return f"withdrawn by {row.withdrawn_by} {et(row.withdrawn_at, 'full')}"
        if row.expires_at is None:
            return "in force"
        return f"{'expired' if row.expires_at <= clock.now() else 'in force until'} {et(row.expires_at, 'full')}"

    @admin.action(description="Withdraw", permissions=["withdraw"])
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[Override]) -> None:
        """End them now; the next screening no longer sees them."""
        for row in queryset:
            try:
                services.withdraw_override(row, request.user)  # type: ignore[arg-type]
            except ValidationError as error:
                self.message_user(request, f"{row.pk}: {error.messages[0]}", messages.WARNING)
            else:
                self.log_change(request, row, "Withdrawn")


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name and rules of a new version."""

    class Meta:
        model = ScreeningProfile
        fields = ("name", "rules", "note")

    def clean(self) -> dict[str, Any]:
        """Rules are checked before anything is written."""
        data = super().clean() or {}
        if "rules" in data:
            services.check_rules(data["rules"])
        return data


@admin.register(ScreeningProfile)
class ScreeningProfileAdmin(EvidenceAdmin):
    """Screening rules. A change is a new version: add one under the same name."""

    form = ProfileForm
    list_display = ("name", "version", "note", "author", "created_at", "runs_made")
    list_filter = ("name",)
    list_select_related = ("author",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may write profiles."""
        return request.user.has_perm("universe.add_screeningprofile")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScreeningProfile]:
        """With the number of runs of each version."""
        rows: QuerySet[ScreeningProfile] = super().get_queryset(request)
        return rows.annotate(made=Count("runs"))

    def get_fields(self, request: HttpRequest, obj: ScreeningProfile | None = None) -> tuple[str, ...]:
        """The version, its author and date are given, not asked for."""
        asked = ProfileForm.Meta.fields
        return asked if obj is None else ("name", "version", "rules", "note", "author", "created_at")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Starts from the newest version of `?name=`, else from the strict rules."""
        name = request.GET.get("name", "")
        newest = ScreeningProfile.objects.filter(name=name).order_by("-version").first()
        return {"name": name, "rules": newest.rules if newest else STRICT}

    def save_model(self, request: HttpRequest, obj: ScreeningProfile, form: Any, change: bool) -> None:
        """Let the service write the next version."""
        made = services.add_profile_version(obj.name, obj.rules, obj.note, request.user)  # type: ignore[arg-type]
        obj.pk, obj.version, obj.created_at = made.pk, made.version, made.created_at

    @admin.display(description="runs", ordering="made")
    def runs_made(self, row: Any) -> int:
        """How many screenings used it."""
        return int(row.made)


class ReleaseForm(ActionForm):
    """The note that a release needs."""

    note = forms.CharField(required=False, max_length=255, label="Note", help_text="why the bars can be trusted")


class StillHeld(admin.SimpleListFilter):
    """Whether the doubt still stands."""

    title = "Still held"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes, or released."""
        return [("yes", "yes"), ("no", "released")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> QuerySet[Quarantine]:
        """The quarantines of the chosen answer."""
        return queryset.filter(Q(released_at__isnull=self.value() == "yes")) if self.value() else queryset


@admin.register(Quarantine)
class QuarantineAdmin(EvidenceAdmin):
    """Bars in doubt, and their release with a note."""

    action_form = ReleaseForm
    list_display = ("instrument", "reason", "detail", "session", "recorded_at", "released_at", "released_by", "note")
    list_filter = (StillHeld, "reason")
    list_select_related = ("instrument", "released_by")
    search_fields = ("instrument__symbol__startswith",)
    ordering = ("-recorded_at",)
    actions = ("release_selected",)

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Those who may change quarantines."""
        return request.user.has_perm("universe.change_quarantine")

    @admin.display(description="note")
    def note(self, row: Quarantine) -> str:
        """The note of the release."""
        return row.release_note or NONE

    @admin.action(description="Release (with a note)", permissions=["release"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> None:
        """Trust the selected bars again from now on."""
        note = request.POST.get("note", "")
        for row in queryset:
            try:
                services.release_quarantine(row, request.user, note)  # type: ignore[arg-type]
            except ValidationError as error:
                self.message_user(request, f"{row.instrument}: {error.messages[0]}", messages.ERROR)
            else:
                self.log_change(request, row, f"Released: {note}")
