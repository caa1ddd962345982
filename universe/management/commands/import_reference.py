"""`manage.py import_reference FILE --kind ...`: symbols, splits or floats from a Parquet or CSV file."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from universe.imports.bad_rows import ImportRefused
from universe.imports.reference_import import import_reference_file


class Command(BaseCommand):
    """Import reference data from a file; docs/real-input.md describes the columns."""

    help = "Import symbols, splits or floats from a Parquet or CSV(.gz) file; the file is stored whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file and what it is."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--kind", choices=("symbols", "splits", "float"), required=True, help="what the file holds")
        parser.add_argument("--source", default=None, metavar="NAME", help="name of the source (default: the file's)")
        parser.add_argument(
            "--effective-on",
            type=dt.date.fromisoformat,
            default=None,
            metavar="DATE",
            help="the day the figures are of",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file; a refused one ends the command with status 1."""
        path: Path = options["file"]
        name = options["source"] or f"file {path.name}"[:80]
        try:
            done = import_reference_file(path, options["kind"], name, options["effective_on"])
        except ImportRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{path.name}: {done.rows:,} rows, {done.repeats:,} repeated")
        self.stdout.write("  new: " + ", ".join(f"{count:,} {what}" for what, count in done.new.items()))
