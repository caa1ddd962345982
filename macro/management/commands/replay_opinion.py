"""`manage.py replay_opinion ID [--ask]`: rebuild a stored opinion's question and check its words again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from macro.analyst.check import as_stored, check_answer
from macro.analyst.opinion import NotAsked, ask_again, build_question
from macro.models import MacroOpinion


class Command(BaseCommand):
    """Says whether the question is still the same, checks the stored words again, and with --ask asks once more."""

    help = "Rebuild the question of a stored opinion, check its numbers again, and ask again if wanted."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which opinion."""
        parser.add_argument("id", type=int, help="of the opinion")
        parser.add_argument("--ask", action="store_true", help="send the question again; costs what it costs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found."""
        opinion = MacroOpinion.objects.select_related("analysis").filter(pk=options["id"]).first()
        if opinion is None:
            raise CommandError(f"there is no opinion {options['id']}")
        question = build_question(opinion.analysis)
        same = question.digest == opinion.request_hash
        self.stdout.write(f"opinion {opinion.pk} of {opinion.started_at:%Y-%m-%d %H:%M} UTC by {opinion.model}")
        self.stdout.write(f"question: {'the same' if same else 'another one'} ({question.digest[:12]})")
        if opinion.answer is not None:
            again = as_stored(check_answer(opinion.answer, question.facts))
            self.stdout.write(f"claims: {'the same' if again == opinion.claims else 'judged differently now'}")
            for claim in again:
                self.stdout.write(f"  {claim['verdict']:<11} {claim['text']:<14} {claim['fact']}")
        if options["ask"]:
            self._ask(opinion)

    def _ask(self, before: MacroOpinion) -> None:
        now = ask_again(before.analysis)
        if isinstance(now, NotAsked):
            raise CommandError(now.reason)
        self.stdout.write(f"asked again: opinion {now.pk}, {now.state} {now.reason}".rstrip())
        for name in ("market_regime", "trade_permission", "confidence"):
            then, said = (each.answer.get(name) if each.answer else None for each in (before, now))
            self.stdout.write(f"  {name}: {then} -> {said}")
