"""`manage.py import_bars FILE...`: bars from Parquet or CSV files, each whole or not at all."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from universe.imports.bad_rows import ImportRefused
from universe.imports.bar_import import BarImport, import_bar_file
from universe.imports.bars_file import BarsOptions


class Command(BaseCommand):
    """Import bars from files; docs/real-input.md describes the columns."""

    help = "Import daily or half-hour bars from Parquet or CSV(.gz) files; each file is stored whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files and how to read them."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--interval", choices=("auto", "1d", "30m"), default="auto", help="what the file holds")
        parser.add_argument("--aggregate", action="store_true", help="make half-hours of the file's finer bars")
        parser.add_argument("--tz", default=None, metavar="ZONE", help="time zone of moments without an offset")
        parser.add_argument("--source", default=None, metavar="NAME", help="name of the source (default: the file's)")
        parser.add_argument("--delay-s", type=_not_negative, default=0, help="how late the source showed its bars")
        parser.add_argument("--kind", default="CS", help="type of symbols nobody knows yet: CS, ETF, ... (default CS)")
        parser.add_argument("--symbols", type=_symbols, default=None, help="only these: a comma list or a file of them")
        parser.add_argument("--without", type=_symbols, default=frozenset(), help="not these: a comma list or a file")
        parser.add_argument("--start", type=dt.date.fromisoformat, default=None, metavar="DATE", help="first session")
        parser.add_argument("--end", type=dt.date.fromisoformat, default=None, metavar="DATE", help="last session")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import file by file; the first refused one ends the command with status 1."""
        how = BarsOptions(
            interval=options["interval"],
            aggregate=options["aggregate"],
            zone=options["tz"],
            delay_s=options["delay_s"],
            symbols=options["symbols"],
            without=options["without"],
            start=options["start"],
            end=options["end"],
        )
        for path in options["files"]:
            name = options["source"] or f"file {path.name}"[:100]
            try:
                done = import_bar_file(path, name, how, kind=options["kind"], progress=self._tell)
            except ImportRefused as refusal:
                raise CommandError(str(refusal)) from refusal
            for line in _summary(path, done):
                self.stdout.write(line)

    def _tell(self, percent: float, phase: str) -> None:
        self.stdout.write(f"{percent:3.0f} %  {phase}")
        self.stdout.flush()


def _summary(path: Path, done: BarImport) -> list[str]:
    counts, stored = done.counts, done.stored
    lines = [
        f"{path.name}: {counts.rows:,} rows, {counts.bars:,} {counts.kind} bars in {done.seconds:.1f} s",
        f"  bars: {stored.inserted:,} new, {stored.revised:,} corrections, {stored.unchanged:,} unchanged",
        f"  no bar: {counts.no_price:,} rows without a price, {counts.outside_hours:,} outside trading hours,"
        f" {counts.duplicates:,} repeated",
        f"  instruments: {done.instruments_created:,} new; share counts: {done.share_readings:,} new readings",
        f"  quarantined: {stored.quarantined:,} new doubts",
    ]
    if counts.ignored_columns:
        lines.append(f"  columns not used: {', '.join(counts.ignored_columns)}")
    return lines


def _not_negative(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ArgumentTypeError("must not be negative")
    return value


def _symbols(text: str) -> frozenset[str]:
    path = Path(text)
    words = path.read_text(encoding="utf-8").replace(",", " ").split() if path.is_file() else text.split(",")
    found = frozenset(word.strip() for word in words if word.strip())
    if not found:
        raise ArgumentTypeError("names no symbol")
    return found
