"""`manage.py run_job NAME [--param key=value] [--inline]`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sentiment_site.jobs import services
from sentiment_site.jobs.models import JobRun, Status
from sentiment_site.jobs.registry import UnknownJob, list_jobs


class Command(BaseCommand):
    """Ask for a run, or do it here."""

    help = "Run a registered job. Without a name: list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """NAME, its parameters, and where it runs."""
        parser.add_argument("name", nargs="?", help="the job; without it all jobs are listed")
        parser.add_argument(
            "--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter; VALUE is JSON, else text"
        )
        parser.add_argument("--key", default="", help="what the run is about, a session date for example")
        parser.add_argument("--inline", action="store_true", help="run in this process and wait, instead of queueing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 1 when the run failed or errored."""
        if not options["name"]:
            self._list()
            return
        params = dict(_parse(word) for word in options["param"])
        start = services.run_now if options["inline"] else services.request_run
        try:
            run = start(options["name"], trigger="command", params=params, key=options["key"])
        except (UnknownJob, ValueError) as error:
            raise CommandError(str(error)) from error
        self._report(run)

    def _list(self) -> None:
        for job in list_jobs():
            self.stdout.write(f"{job.name:30} {job.title}")

    def _report(self, run: JobRun) -> None:
        lines = [*run.lines, run.traceback.rstrip()] if run.status == Status.ERRORED else run.lines
        for line in lines:
            self.stdout.write(line)
        summary = f"{run}{': ' + run.reason if run.reason else ''}"
        if run.status in (Status.FAILED, Status.ERRORED):
            raise CommandError(summary)
        self.stdout.write(summary)


def _parse(word: str) -> tuple[str, Any]:
    """key=value with a JSON value, or plain text when it is none: `--param day=2026-08-21 --param names='["AB"]'`."""
    key, separator, value = word.partition("=")
    if not separator or not key:
        raise CommandError(f"--param {word}: expected KEY=VALUE")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value
