"""The operator's view of the archive: what left which table, when, and where it lies."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from sentiment_site.jobs.admin import EvidenceAdmin
from sentiment_site.timeseries import archive
from sentiment_site.timeseries.models import ArchivedPart


@admin.register(ArchivedPart)
class ArchivedPartAdmin(EvidenceAdmin):
    """Archived parts, newest first; an action puts them back."""

    list_display = ("part", "start", "end", "rows", "size", "archived_at", "deleted_at", "restored_at")
    list_filter = ("table",)
    ordering = ("-start",)
    actions = ("restore",)

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
