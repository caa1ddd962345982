"""`manage.py prepare`: schema and schedule before a start; in the demo also accounts and first data. Safe to repeat."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from macro.links import ensure_simulated_links
from macro.selectors import get_state
from portfolios.demo import ensure_demo_accounts
from portfolios.demo_books import ensure_demo_books
from portfolios.models import Position, User
from sectors.selectors import current_run
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from themes.network.selectors import latest_network
from universe.selectors import current_run as current_universe
from universe.selectors import list_members

PASSWORD = "sectorlight"  # noqa: S105  (public on purpose: the login page of the demo names it)
ACCOUNTS = {"trader": False, "operator": True}
FIRST_DATA = ("universe.reference", "universe.refresh", "universe.catalysts", "universe.halts", "sectors.analyse")
FIRST_CRYPTO = ("macro.bootstrap", "macro.scan")
# What needs no documents; those are read by the worker as soon as it runs, and what hangs on them follows by itself.
FIRST_THEMES = ("themes.network", "themes.temperature", "themes.manipulation", "themes.confluence")
CRYPTO_SECTORS, CRYPTO_LINKS = frozenset({"technology", "financial"}), 12
# Without these the light still stands; the schedule tries again within minutes.
DISPENSABLE = frozenset({"universe.catalysts", "universe.halts", *FIRST_CRYPTO, *FIRST_THEMES})


class Command(BaseCommand):
    """Brings the database to where the servers expect it."""

    help = "Migrate, enter the schedule; with DEMO set also seed the accounts and load the first data."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError when an indispensable job of the first data does not end well."""
        call_command("migrate", interactive=False, verbosity=0)
        call_command("sync_schedule", stdout=self.stdout)
        if not settings.DEMO:
            return
        self._accounts()
        if current_run() is None:
            for name in FIRST_DATA:
                self._run(name)
        self._books()
        if not get_state().bootstrap_completed:
            for name in FIRST_CRYPTO:
                self._run(name)
        self._links()
        if latest_network() is None:
            for name in FIRST_THEMES:
                self._run(name, {"history": False} if name == "themes.network" else {})

    @transaction.atomic
    def _accounts(self) -> None:
        for username, staff in ACCOUNTS.items():
            user, made = User.objects.get_or_create(username=username, deleted_at=None, defaults={"is_demo": True})
            if made:
                user.set_password(PASSWORD)
                user.is_staff = user.is_superuser = staff
                user.save()
        names = [*ACCOUNTS, *(account.username for account in ensure_demo_accounts())]
        self.stdout.write(f"    accounts: {', '.join(names)}")

    def _books(self) -> None:
        """The demo accounts' books, where one has none yet."""
        began = time.monotonic()
        made = ensure_demo_books()
        if made:
            self.stdout.write(f"    demo books: {time.monotonic() - began:.1f} s  {len(made)} made")
            self.stdout.flush()

    def _links(self) -> None:
        """A dozen simulated companies that hang on crypto: what the demo books hold of them first, then large ones."""
        run = current_universe()
        if run is None or not run.is_simulated:
            return
        members = list_members(run)
        size = dict(zip(members.symbols, members.market_cap, strict=True))
        mine = {
            symbol for symbol, sector in zip(members.symbols, members.sectors, strict=True) if sector in CRYPTO_SECTORS
        }
        held = set(Position.objects.filter(portfolio__user__is_demo=True).values_list("underlying_symbol", flat=True))
        ranked = sorted(mine, key=lambda symbol: (symbol not in held, -size[symbol], symbol))
        made = ensure_simulated_links(ranked[:CRYPTO_LINKS], run.session - timedelta(days=365))
        if made:
            self.stdout.write(f"    crypto links: {made} simulated companies")

    def _run(self, name: str, params: dict[str, Any] | None = None) -> None:
        began = time.monotonic()
        run = run_now(name, trigger="demo", params=params or {})
        if run.status != JobRun.Status.DONE and name not in DISPENSABLE:
            raise CommandError(f"{name} ended {run.status}: {run.reason}\n{run.traceback}")
        self.stdout.write(f"    {name}: {time.monotonic() - began:.1f} s  {run.reason}")
        self.stdout.flush()
