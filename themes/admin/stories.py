"""The operator's desk for themes: decide about them with a reason, edit dictionaries in versions, read the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from sentiment_site.jobs.admin import EvidenceAdmin
from themes.models import Document, Theme, ThemeChange, ThemeDictionary, ThemeMembership, ThemeReading
from themes.models.stories import Standing
from themes.pages.actions import PERMISSION, act
from themes.stories.dictionaries import check_patterns, edit_dictionary, try_patterns

LIVING = (Standing.ACTIVE, Standing.WATCH)


class DecisionForm(ActionForm):
    """What an action on themes needs besides the themes."""

    reason = forms.CharField(required=False, max_length=255, label="Why")
    title = forms.CharField(required=False, max_length=120, label="Name", help_text="for renaming")
    into = forms.CharField(required=False, max_length=36, label="Into", help_text="for merging: the other theme's id")


class WhereItStands(admin.SimpleListFilter):
    """Themes by the question an operator has."""

    title = "Where it stands"
    parameter_name = "stands"
    choices_of = {
        "unsure": ("active, not confirmed", Q(standing=Standing.ACTIVE, is_confirmed=False)),
        "confirmed": ("active, confirmed", Q(standing=Standing.ACTIVE, is_confirmed=True)),
        "watched": ("below the gate", Q(standing=Standing.WATCH)),
        "ended": ("ended", ~Q(standing__in=LIVING)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The questions."""
        return [(value, title) for value, (title, _) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Theme]) -> QuerySet[Theme]:
        """Rows that answer the question."""
        chosen = self.choices_of.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen[1])


@admin.register(Theme)
class ThemeAdmin(EvidenceAdmin):
    """Themes, newest first. What is known of them is read; what they are called and whether they live is decided."""

    action_form = DecisionForm
    list_display = (
        "name", "standing", "is_confirmed", "phase", "intensity", "detection_confidence", "detected_at", "theme_id",
        "page",
    )  # fmt: skip
    list_filter = (WhereItStands, "phase", "primary_sector", "is_simulated")
    search_fields = ("title__icontains", "theme_name__icontains")
    ordering = ("-detected_at",)
    actions = ("confirm_selected", "rename_selected", "merge_selected", "retire_selected")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Those who may change themes."""
        return request.user.has_perm(PERMISSION)

    @admin.display(description="name")
    def name(self, row: Theme) -> str:
        """An operator's, else the detected one."""
        return str(row)

    @admin.display(description="page")
    def page(self, row: Theme) -> SafeString:
        """Where everybody sees it."""
        return format_html('<a href="{}">open</a>', reverse("themes:theme", args=[row.pk]))

    @admin.action(description="Confirm", permissions=["decide"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet[Theme]) -> None:
        """They are real: active whatever their confidence."""
        self._decide(request, queryset, "confirm", "Confirmed")

    @admin.action(description="Rename", permissions=["decide"])
    def rename_selected(self, request: HttpRequest, queryset: QuerySet[Theme]) -> None:
        """A name for people, for one theme at a time."""
        if len(queryset) > 1:
            self.message_user(request, "Rename one theme at a time.", messages.WARNING)
            return
        self._decide(request, queryset, "rename", "Renamed")

    @admin.action(description="Merge into another", permissions=["decide"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet[Theme]) -> None:
        """They end in the theme whose id is given."""
        self._decide(request, queryset, "merge", "Merged")

    @admin.action(description="Retire", permissions=["decide"])
    def retire_selected(self, request: HttpRequest, queryset: QuerySet[Theme]) -> None:
        """They end and are not opened again for 72 hours."""
        self._decide(request, queryset, "retire", "Retired")

    def _decide(self, request: HttpRequest, queryset: QuerySet[Theme], name: str, done: str) -> None:
        for theme in queryset:
            try:
                act(name, theme.pk, request.POST.dict(), request.user)
            except ValidationError as error:
                said = "; ".join(f"{field}: {' '.join(words)}" for field, words in error.message_dict.items())
                self.message_user(request, f"{theme}: {said}", messages.WARNING)
            else:
                self.log_change(request, theme, f"{done}: {request.POST.get('reason', '')}")
                self.message_user(request, f"{theme}: {done.lower()}.")


class DictionaryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new version of a curated theme; patterns one a line."""

    patterns = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8, "cols": 100, "spellcheck": "false"}),
        help_text="Regular expressions, one a line, matched without regard to case.",
    )
    reason = forms.CharField(max_length=255, help_text="Why; kept with the version.")

    class Meta:
        model = ThemeDictionary
        fields = ("key", "title", "patterns", "is_active", "reason")

    def clean_patterns(self) -> list[str]:
        """The lines, each checked; the error names the one that is wrong."""
        lines = [line.strip() for line in str(self.cleaned_data["patterns"]).splitlines() if line.strip()]
        check_patterns(lines)
        return lines

    def _post_clean(self) -> None:
        """The service makes the row: version, author and moment are given, not asked for."""


class Newest(admin.SimpleListFilter):
    """Which version of each."""

    title = "Version"
    parameter_name = "version_shown"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The newest of each; without a choice all."""
        return [("newest", "in force or switched off: the newest of each")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ThemeDictionary]) -> QuerySet[ThemeDictionary]:
        """The newest version of every key."""
        if self.value() != "newest":
            return queryset
        newest = ThemeDictionary.objects.order_by("key", "-version").distinct("key").values("pk")
        return queryset.filter(pk__in=newest)


@admin.register(ThemeDictionary)
class ThemeDictionaryAdmin(EvidenceAdmin):
    """Curated themes. A change is a new version, tried first against what was written lately; old ones stay."""

    form = DictionaryForm
    change_form_template = "admin/themes/themedictionary/change_form.html"
    list_display = ("key", "version", "title", "is_active", "reason", "author", "created_at", "edit")
    list_filter = (Newest, "is_active")
    list_select_related = ("author",)
    ordering = ("key", "-version")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may write dictionaries."""
        return request.user.has_perm("themes.add_themedictionary")

    def get_fields(self, request: HttpRequest, obj: ThemeDictionary | None = None) -> tuple[str, ...]:
        """What is decided; of a stored version also who and when."""
        asked = DictionaryForm.Meta.fields
        return asked if obj is None else (*asked[:1], "version", *asked[1:], "author", "created_at")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What was just tried, else the newest version of `?key=`."""
        if request.method == "GET" and "_try" in request.POST:
            tried = request.POST.dict()
            return tried | {"is_active": "is_active" in tried}
        key = request.GET.get("key", "")
        newest = ThemeDictionary.objects.filter(key=key).order_by("-version").first()
        if newest is None:
            return {"key": key}
        return {"key": key, "title": newest.title, "patterns": "\n".join(newest.patterns),
                "is_active": newest.is_active}  # fmt: skip

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """ "Try it" shows what the patterns would find, with the form as it was filled in; nothing is saved."""
        extra = dict(extra_context or {})
        if request.method == "POST" and "_try" in request.POST and self.has_add_permission(request):
            extra["preview"] = _preview(request.POST.get("patterns", ""))
            request.method = "GET"
        return super().changeform_view(request, object_id, form_url, extra)

    def save_model(self, request: HttpRequest, obj: ThemeDictionary, form: Any, change: bool) -> None:
        """Let the service write the next version."""
        data = form.cleaned_data
        made = edit_dictionary(
            data["key"], author=request.user, reason=data["reason"], title=data["title"], patterns=data["patterns"],
            is_active=data["is_active"],
        )  # fmt: skip
        for name in ("pk", "key", "version", "title", "patterns", "is_active", "reason", "author", "created_at"):
            setattr(obj, name, getattr(made, name))

    @admin.display(description="")
    def edit(self, row: ThemeDictionary) -> SafeString:
        """A new version that begins as the newest one."""
        address = f"{reverse('admin:themes_themedictionary_add')}?{urlencode({'key': row.key})}"
        return format_html('<a href="{}">new version</a>', address)


@admin.register(ThemeReading)
class ThemeReadingAdmin(EvidenceAdmin):
    """Every tick of every theme, with what made its numbers."""

    list_display = ("as_of", "theme", "standing", "phase", "intensity", "confidence", "members", "documents")
    list_filter = ("standing", "phase")
    list_select_related = ("theme",)
    ordering = ("-as_of",)


@admin.register(ThemeMembership)
class ThemeMembershipAdmin(EvidenceAdmin):
    """Who belonged, and when."""

    list_display = ("since", "until", "theme", "instrument", "sector", "is_sympathy", "score", "first_mention_at")
    list_filter = ("is_sympathy", "sector")
    list_select_related = ("theme", "instrument")
    search_fields = ("instrument__symbol__startswith",)
    ordering = ("-since",)


@admin.register(ThemeChange)
class ThemeChangeAdmin(EvidenceAdmin):
    """What happened by rule and by hand."""

    list_display = ("at", "theme", "what", "reason", "author")
    list_filter = ("what",)
    list_select_related = ("theme", "author")
    ordering = ("-at",)


@admin.register(Document)
class DocumentAdmin(EvidenceAdmin):
    """What was written. The signature is numbers for the search of copies and is not shown."""

    list_display = ("event_at", "kind", "form", "headline", "source", "author", "recorded_at", "removed_at")
    list_filter = ("kind", "is_simulated")
    list_select_related = ("source",)
    search_fields = ("title__icontains", "external_id__startswith")
    exclude = ("signature",)
    ordering = ("-event_at",)

    @admin.display(description="title")
    def headline(self, row: Document) -> str:
        """The title, else the beginning of the text."""
        return (row.title or row.text)[:120] or "–"


def _preview(patterns: str) -> dict[str, Any]:
    """What the patterns would find, or which of them is wrong."""
    lines = [line.strip() for line in patterns.splitlines() if line.strip()]
    try:
        check_patterns(lines)
    except ValidationError as error:
        return {"wrong": " ".join(error.messages)}
    return {"trial": try_patterns(lines)}
