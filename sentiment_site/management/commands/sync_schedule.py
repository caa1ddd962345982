"""`manage.py sync_schedule`: enter schedule.py into the database, leaving alone what an operator edited."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sentiment_site.jobs.registry import UnknownJob
from sentiment_site.jobs.schedule import sync_schedule
from sentiment_site.schedule import SCHEDULE


class Command(BaseCommand):
    """Create, update and report the lines of the schedule."""

    help = "Enter the schedule of the code into the database; an operator's edits are left alone and reported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names whose edits are given up."""
        parser.add_argument(
            "--restore", action="append", default=[], metavar="NAME", help="give up the edits of this line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One line of output per line of the schedule."""
        try:
            lines = sync_schedule(SCHEDULE, restore=options["restore"])
        except (UnknownJob, ValueError) as error:
            raise CommandError(str(error)) from error
        for line in lines:
            self.stdout.write(f"{line.action:10} {line.name}{': ' + line.note if line.note else ''}")
