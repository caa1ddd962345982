"""`manage.py restore_archive TABLE`: put archived rows back into their table."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sentiment_site.market.moments import parse_moment
from sentiment_site.timeseries import archive
from sentiment_site.timeseries.models import ArchivedPart


class Command(BaseCommand):
    """Restores every deleted part of a table in a span of time."""

    help = "Put archived rows of a table back. Each part comes back whole or not at all."

    def add_arguments(self, parser: CommandParser) -> None:
        """The table, and optionally the span."""
        parser.add_argument("table")
        parser.add_argument("--from", dest="start", help="only parts that end after this moment")
        parser.add_argument("--to", dest="end", help="only parts that start before this moment")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore part by part; the first failure ends it with the parts before it restored."""
        parts = ArchivedPart.objects.filter(table=options["table"]).exclude(deleted_at=None).order_by("start")
        try:
            if options["start"]:
                parts = parts.filter(end__gt=parse_moment(options["start"]))
            if options["end"]:
                parts = parts.filter(start__lt=parse_moment(options["end"]))
        except ValueError as error:
            raise CommandError(str(error)) from error
        if not parts:
            raise CommandError(f"nothing of {options['table']} is archived in that span")
        for manifest in parts:
            try:
                rows = archive.restore(manifest)
            except (archive.ArchiveRefused, OSError) as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{manifest.part}: {rows:,} rows are back")
