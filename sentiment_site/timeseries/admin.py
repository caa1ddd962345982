"""The operator's view of the archive: what left which table, when, and where it lies; what is due, and to let it go."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from sentiment_site.jobs import services
from sentiment_site.jobs.admin import EvidenceAdmin
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.registry import get_job
from sentiment_site.market import clock
from sentiment_site.timeseries import archive, retention
from sentiment_site.timeseries.models import ArchivedPart

NONE = "–"


@admin.register(ArchivedPart)
class ArchivedPartAdmin(EvidenceAdmin):
    """Archived parts, newest first; an action puts them back, a page says what is due."""

    list_display = (
        "part", "start", "end", "rows", "bytes", "hash", "what", "archived_at", "verified_at", "deleted_at",
        "restored_at",
    )  # fmt: skip
    list_filter = ("table",)
    ordering = ("-start",)
    actions = ("restore",)
    fields = (
        ("table", "part", "what"),
        ("start", "end"),
        ("rows", "bytes"),
        "file",
        "sha256",
        "columns",
        ("archived_at", "verified_at", "deleted_at", "restored_at"),
    )
    readonly_fields = ("bytes", "what")

    def get_urls(self) -> list[URLPattern]:
        """With the page of what is due and the address that lets it go."""
        view = self.admin_site.admin_view
        own = [
            path("due/", view(self.show_due), name="timeseries_archivedpart_due"),
            path("let-go/", view(self.let_go), name="timeseries_archivedpart_let_go"),
        ]
        return [*own, *super().get_urls()]

    @admin.display(description="size", ordering="size")
    def bytes(self, part: ArchivedPart) -> str:
        """In the largest fitting unit."""
        return filesizeformat(part.size)

    @admin.display(description="SHA-256")
    def hash(self, part: ArchivedPart) -> str:
        """Its beginning; the whole of it is on the part's page."""
        return part.sha256[:12]

    @admin.display(description="what left")
    def what(self, part: ArchivedPart) -> str:
        """Rows, or words of rows that stayed."""
        return f"words ({', '.join(part.emptied)})" if part.emptied else "rows"

    @admin.action(description="Put the rows back into the table", permissions=["operate"])
    def restore(self, request: HttpRequest, queryset: QuerySet[ArchivedPart]) -> None:
        """Restore the chosen parts that were deleted, each whole or not at all."""
        for manifest in queryset.exclude(deleted_at=None):
            try:
                rows = archive.restore(manifest)
            except (archive.ArchiveRefused, OSError) as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                self.message_user(request, f"{manifest.part}: {rows:,} rows are back")
                self.log_change(request, manifest, f"Put back: {rows:,} rows")

    def show_due(self, request: HttpRequest) -> HttpResponse:
        """Every kind of rows with its period, what is due and how old the oldest is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = clock.now()
        plans = [
            {
                "job": job,
                "title": get_job(job).title,
                "run": JobRun.objects.filter(name=job).order_by("-id").first(),
                "lines": [_describe(retention.measure(policy, now), now) for policy in policies],
            }
            for job, policies in sorted(retention.list_plans().items())
        ]
        context = self.admin_site.each_context(request) | {
            "title": "What retention will take next",
            "opts": self.model._meta,
            "plans": plans,
            "may_operate": self.has_operate_permission(request),
        }
        return TemplateResponse(request, "admin/timeseries/archivedpart/due.html", context)

    def let_go(self, request: HttpRequest) -> HttpResponse:
        """Ask for a run of a plan's job, dry or not; needs the right to operate jobs."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        job, dry_run = request.POST.get("job", ""), "dry_run" in request.POST
        if job in retention.list_plans():
            params = {"dry_run": True} if dry_run else {}
            run = services.request_run(job, trigger="admin", params=params, user=request.user)
            self.message_user(request, f"{run}{': ' + run.reason if run.reason else ''}")
        else:
            self.message_user(request, f"no plan of retention is called {job!r}", messages.ERROR)
        return HttpResponseRedirect(reverse("admin:timeseries_archivedpart_due"))


def _describe(due: retention.Due, now: Any) -> dict[str, Any]:
    """A line of the page in words."""
    policy = due.policy
    becomes = "words deleted" if policy.emptied else "deleted"
    if not policy.restricted:
        becomes = "words to the archive" if policy.emptied else "to the archive"
    period = "on hold" if policy.is_held else f"{policy.days:,} days" if policy.days > 0 else "for ever"
    return {
        "key": policy.key,
        "title": policy.title,
        "table": policy.model._meta.db_table,
        "setting": policy.setting,
        "period": period,
        "becomes": becomes,
        "because": policy.because or NONE,
        "rows": f"{due.rows:,}{' or more' if due.is_more else ''}" if due.cut else NONE,
        "oldest": NONE if due.oldest is None else f"{max((now - due.oldest).days, 0):,} days",
    }
