"""`manage.py evaluate_regime --folder FOLDER`: the engine over real daily history, from 2016 to where the files end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from macro.evaluation.history import load_history
from macro.evaluation.report import render_report
from macro.evaluation.scoreboard import score_history


class Command(BaseCommand):
    """Reads files, writes nothing but the report; needs no database."""

    help = "Agreement with labelled periods, latency, changes, and what followed each permission, on real history."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """One folder."""
        parser.add_argument("--folder", type=Path, required=True, help="where the history's csv.gz files are")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the report."""
        try:
            history = load_history(options["folder"])
        except (FileNotFoundError, KeyError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(render_report(score_history(history), history))
