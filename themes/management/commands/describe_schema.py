"""`manage.py describe_schema [--check]`: write docs/schema from the models and the planner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from themes.keeping.schema.plans import explain_patterns, render_queries
from themes.keeping.schema.render import render_diagram, render_dictionary

FOLDER = Path(settings.BASE_DIR) / "docs" / "schema"


class Command(BaseCommand):
    """Diagram, dictionary and query plans; the database must have the migrations, no rows are needed."""

    help = "Write docs/schema/er.md, dictionary.md and queries.md. With --check: only say whether they are up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to write."""
        parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 when something differs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write what differs. CommandError when --check finds something, or a pattern does not use its index."""
        pages = {"er.md": render_diagram(), "dictionary.md": render_dictionary()}
        if options["check"]:
            stale = [name for name, text in pages.items() if _read(name) != text]
            if stale:
                raise CommandError(f"out of date: {', '.join(stale)}")
            slow = [plan.pattern.name for plan in explain_patterns() if not plan.is_answered]
            if slow:
                raise CommandError(f"without their index: {', '.join(slow)}")
            self.stdout.write("docs/schema is up to date")
            return
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, text in (pages | {"queries.md": render_queries()}).items():
            if _read(name) != text:
                (FOLDER / name).write_text(text)
                self.stdout.write(f"written: docs/schema/{name}")


def _read(name: str) -> str:
    path = FOLDER / name
    return path.read_text() if path.is_file() else ""
