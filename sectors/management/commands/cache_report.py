"""`manage.py cache_report`: how often the sectors' cache had what was asked for."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError

from sectors import cache


class Command(BaseCommand):
    """One line per kind of cached value."""

    help = "Hits and misses of the sectors' cache on one UTC day, by kind, with the requirement's keys and times."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The day."""
        parser.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD (UTC), today by default; kept 8 days")

    def handle(self, *args: Any, **options: Any) -> None:
        """A table on the terminal."""
        try:
            counts = cache.read_counts(options["day"])
        except redis.RedisError as error:
            raise CommandError(f"Valkey does not answer: {error}") from error
        self.stdout.write(f"{'kind':20} {'required key':28} {'seconds':>7} {'hits':>9} {'misses':>9} {'rate':>7}")
        for each in counts:
            kind = cache.KINDS[each.kind]
            rate = "–" if each.rate is None else f"{100 * each.rate:.1f} %"
            line = f"{kind.name:20} {kind.required_key:28} {kind.ttl_s:>7} {each.hits:>9} {each.misses:>9} {rate:>7}"
            self.stdout.write(line)
        self.stdout.write(f"goal: more than {100 * cache.GOAL:.0f} % hits")
