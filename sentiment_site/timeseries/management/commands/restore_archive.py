"""`manage.py restore_archive MANIFEST | TABLE`: put archived rows back into their table."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from sentiment_site.market.moments import parse_moment
from sentiment_site.timeseries import archive
from sentiment_site.timeseries.models import ArchivedPart


class Command(BaseCommand):
    """Restores one part by its manifest, or every deleted part of a table in a span of time."""

    help = "Put archived rows back into their table. Each part comes back whole or not at all, and never twice."

    def add_arguments(self, parser: CommandParser) -> None:
        """What, and of a table optionally the span."""
        parser.add_argument("what", help="number or file of a manifest, or a table")
        parser.add_argument("--from", dest="start", help="of a table: only parts that end after this moment")
        parser.add_argument("--to", dest="end", help="of a table: only parts that start before this moment")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore part by part; the first failure ends it with the parts before it restored."""
        what = options["what"]
        if what.isdecimal() or what.endswith(".parquet"):
            if options["start"] or options["end"]:
                raise CommandError("--from and --to belong to a table, not to a manifest")
            chosen = {"pk": what} if what.isdecimal() else {"file": what}
            parts, missing = ArchivedPart.objects.filter(**chosen), f"there is no manifest {what}"
        else:
            parts = _list_deleted(what, options["start"], options["end"])
            missing = f"nothing of {what} is archived in that span"
        if not parts:
            raise CommandError(missing)
        for manifest in parts:
            try:
                rows = archive.restore(manifest)
            except (archive.ArchiveRefused, OSError) as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{manifest.part}: {rows:,} rows are back")


def _list_deleted(table: str, start: str | None, end: str | None) -> QuerySet[ArchivedPart]:
    parts = ArchivedPart.objects.filter(table=table).exclude(deleted_at=None).order_by("start")
    try:
        if start:
            parts = parts.filter(end__gt=parse_moment(start))
        if end:
            parts = parts.filter(start__lt=parse_moment(end))
    except ValueError as error:
        raise CommandError(str(error)) from error
    return parts
