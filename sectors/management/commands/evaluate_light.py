"""`manage.py evaluate_light`: what the stored lights were worth, each figure with interval, baseline and count."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sectors.evaluation.look_ahead import Verification, verify_look_ahead
from sectors.evaluation.readings import REAL, REPLAY, SIMULATED, NothingStored, list_evaluated, load_evidence
from sectors.evaluation.report import render_scoreboard
from sectors.evaluation.scoreboard import compute_scoreboard
from sectors.kernels.registry import get_formula
from sectors.models import SectorRun

MISMATCHES_SHOWN = 20


class Command(BaseCommand):
    """Prints the scoreboard, or recomputes every reading blind."""

    help = (
        "Hold the stored readings of the sector light against what happened afterwards: hit rates, rank correlation, "
        "persistence, tails, the calibrated probability, the lists; or compute every reading again from rows cut at "
        "its moment. Reads only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Span, formula, source, outputs."""
        parser.add_argument("--from", dest="start", type=date.fromisoformat, help="first New York date, YYYY-MM-DD")
        parser.add_argument("--to", dest="end", type=date.fromisoformat, help="last date, included")
        parser.add_argument("--formula", help="this one only (default: the champion beside its challengers)")
        parser.add_argument("--source", choices=[REAL, REPLAY, SIMULATED], help="needed where several are stored")
        parser.add_argument("--json", type=Path, help="write the figures to this file as well")
        parser.add_argument(
            "--verify-look-ahead", action="store_true", help="compute every stored reading again from what was known"
        )
        parser.add_argument("--quiet", action="store_true", help="no progress on the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the runs, then do one of the two."""
        if options["formula"]:
            try:
                get_formula(options["formula"])
            except ValueError as error:
                raise CommandError(str(error)) from error
        try:
            runs = list_evaluated(options["start"], options["end"], options["source"])
        except NothingStored as error:
            raise CommandError(str(error)) from error
        progress = None if options["quiet"] else self._progress()
        if options["verify_look_ahead"]:
            self._verify(runs, progress, options["json"])
        else:
            self._evaluate(runs, progress, options["formula"], options["json"])

    def _evaluate(
        self, runs: list[SectorRun], progress: Callable[[float, str], None] | None, formula: str | None, to: Path | None
    ) -> None:
        evidence = load_evidence(runs, progress)
        if formula is not None and formula not in evidence.formulas:
            raise CommandError(f"no reading of formula {formula!r} is stored there.")
        board = compute_scoreboard(evidence, formula)
        self.stdout.write(render_scoreboard(board))
        self._write(to, board.as_json())

    def _verify(self, runs: list[SectorRun], progress: Callable[[float, str], None] | None, to: Path | None) -> None:
        found = verify_look_ahead(runs, progress)
        self.stdout.write(
            f"{found.readings:,} readings of {found.runs:,} analyses computed again from rows cut at their moment: "
            f"{len(found.mismatches):,} mismatches"
        )
        for reason, count in found.left_out.items():
            self.stdout.write(f"left out: {count:,} analyses ({reason})")
        for each in found.mismatches[:MISMATCHES_SHOWN]:
            self.stdout.write(
                f"  run {each.run_id} {each.sector} {each.formula} {each.what}: {each.stored} is stored, "
                f"{each.again} comes out"
            )
        self._write(to, _as_json(found))
        if found.mismatches:
            raise CommandError(f"{len(found.mismatches):,} values are not what was known at their moment.")

    def _write(self, to: Path | None, facts: dict[str, Any]) -> None:
        if to is not None:
            to.write_text(json.dumps(facts, indent=1, default=str), encoding="utf-8")
            self.stdout.write(f"written: {to}")

    def _progress(self) -> Callable[[float, str], None]:
        """A line on the terminal at every tenth."""
        reached = 0

        def tell(percent: float, phase: str) -> None:
            nonlocal reached
            if percent >= reached + 10:
                reached = int(percent // 10) * 10
                self.stderr.write(f"{reached} % ({phase})")

        return tell


def _as_json(found: Verification) -> dict[str, Any]:
    return {
        "runs": found.runs,
        "readings": found.readings,
        "left_out": found.left_out,
        "mismatches": [{name: getattr(each, name) for name in each.__slots__} for each in found.mismatches],
    }
