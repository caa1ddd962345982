"""How long each kind of row is kept, and what becomes of it then. Apps declare; this module counts and carries out.

A policy archives (sentiment_site.timeseries.archive) or, where nothing may be kept, deletes: whole rows, or the words
in them. Archived rows leave in whole weeks, months or years; what is only deleted leaves to the second. A period of 0
keeps for ever, and RETENTION_HOLD names what must not be touched for the time being.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Model, Q, QuerySet

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.market import clock
from sentiment_site.timeseries import archive
from sentiment_site.timeseries.partitions import list_time_series
from sentiment_site.timeseries.selection import Series, measure_old, write_condition

BATCH: Final = 5_000
COUNTED: Final = 100_000  # a page does not count further


class RetentionRefused(Exception):
    """Something could not leave; everything else has. The message names what and why."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One kind of rows. key: for RETENTION_HOLD; setting: the name of the period in days.

    moment: the time that counts, a column (for a deletion also a path over foreign keys). interval: the length of
    an archived part where the table is not cut into partitions. only: which rows the policy
    is about. stays: those among them that do not leave yet, `because` in words. emptied: columns with the value that is
    left behind while the row stays; none: the row leaves. restricted: no copy is made, the rows are deleted.
    """

    key: str
    title: str
    model: type[Model]
    moment: str
    setting: str
    interval: str = "week"
    only: Q = field(default_factory=Q)
    stays: Q = field(default_factory=Q)
    because: str = ""
    emptied: tuple[tuple[str, Any], ...] = ()
    restricted: bool = False

    @property
    def days(self) -> int:
        """The period; 0: for ever."""
        return int(getattr(settings, self.setting) or 0)

    @property
    def is_held(self) -> bool:
        """Whether an operator put it on hold."""
        return self.key in settings.RETENTION_HOLD

    @property
    def chosen(self) -> Q:
        """Rows that may leave, age apart."""
        return self.only & ~self.stays if self.stays else self.only

    def get_cut(self, now: datetime) -> datetime | None:
        """Rows from before this moment are old; None while all are kept."""
        return now - timedelta(days=self.days) if self.days > 0 and not self.is_held else None

    def get_series(self) -> Series:
        """The table as the archive wants it. ValueError for a condition over several tables."""
        table = self.model._meta.db_table
        condition, values = write_condition(self.model, self.chosen)
        series = [each for each in list_time_series() if each.table == table]
        interval = series[0].interval if series else self.interval
        return Series(table, self.moment, interval, condition, values, tuple(name for name, _ in self.emptied))

    def list_rows(self, before: datetime) -> QuerySet[Model]:
        """What a deletion takes, oldest first."""
        rows = self.model._base_manager.filter(self.chosen, **{f"{self.moment}__lt": before})
        if self.emptied:
            left = Q()
            for name, value in self.emptied:
                left |= ~Q(**{name: value})
            rows = rows.filter(left)
        return rows.order_by(self.moment, "pk")


@dataclass(frozen=True, slots=True)
class Due:
    """How a policy stands: rows that the next pass takes (counted up to COUNTED), and when the oldest row is from."""

    policy: Policy
    cut: datetime | None
    rows: int
    oldest: datetime | None

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted."""
        return self.rows >= COUNTED


_plans: dict[str, tuple[Policy, ...]] = {}


def register(job: str, policies: Sequence[Policy]) -> None:
    """Declare what a job keeps and for how long, in the order in which rows leave: referrers first."""
    _plans[job] = tuple(policies)


def list_plans() -> dict[str, tuple[Policy, ...]]:
    """Every declared policy by the job that carries it out."""
    return dict(_plans)


def measure(policy: Policy, now: datetime | None = None) -> Due:
    """What is due under a policy. Two statements."""
    cut = policy.get_cut(now or clock.now())
    if not policy.restricted:
        rows, oldest = measure_old(policy.get_series(), cut, COUNTED) if cut else (0, _oldest(policy))
        return Due(policy, cut, rows, oldest)
    rows = policy.list_rows(cut).order_by()[:COUNTED].count() if cut else 0
    return Due(policy, cut, rows, _oldest(policy))


def carry_out(job: str, ctx: JobContext, *, dry_run: bool = False, only: str = "") -> str:
    """Let go of what is old under a job's policies; the result in a line. Skip when nothing is; RetentionRefused.

    only: the key of a single policy (ValueError for one that is not there). What cannot leave stops its own kind only.
    """
    policies = [policy for policy in _plans[job] if only in ("", policy.key)]
    if not policies:
        raise ValueError(f"no policy is called {only!r}; there are: {', '.join(each.key for each in _plans[job])}")
    now, gone, refused = clock.now(), 0, list[str]()
    for place, policy in enumerate(policies):
        ctx.check_cancelled()
        percent = 100 * place / len(policies)
        ctx.progress(percent, policy.title)
        cut = policy.get_cut(now)
        if cut is None:
            ctx.log(f"{policy.key}: {'on hold' if policy.is_held else 'kept for ever'}")
            continue
        try:
            gone += _let_go(policy, cut, ctx, percent, dry_run=dry_run)
        except archive.ArchiveRefused as error:
            refused.append(f"{policy.key}: {error}")
            ctx.log(refused[-1])
    if refused:
        raise RetentionRefused("; ".join(refused))
    if dry_run or not gone:
        raise Skip("a dry run changes nothing" if dry_run else "nothing is older than its period")
    return f"{gone:,} rows left their tables"


def delete_old(
    policy: Policy,
    before: datetime,
    *,
    dry_run: bool = False,
    report: Callable[[str], None] = print,
    after_batch: Callable[[], None] = lambda: None,
) -> int:
    """Delete (or empty) what is older, batch by batch, each in a transaction of its own; returns how many rows."""
    rows = policy.list_rows(before)
    if dry_run:
        count = rows.order_by().count()
        if count:
            report(f"would {'empty' if policy.emptied else 'delete'} {count:,} rows before {before:%Y-%m-%d %H:%M}")
        return 0
    total = 0
    while found := list(rows.values_list("pk", policy.moment)[:BATCH]):
        batch = policy.model._base_manager.filter(pk__in=[key for key, _ in found])
        with transaction.atomic():
            if policy.emptied:
                batch.update(**dict(policy.emptied))
            else:
                batch.delete()
        total += len(found)
        rows = rows.filter(**{f"{policy.moment}__gte": found[-1][1]})  # what is empty already is not looked at again
        after_batch()
    if total:
        report(f"{'emptied' if policy.emptied else 'deleted'} {total:,} rows")
    return total


def _let_go(policy: Policy, cut: datetime, ctx: JobContext, percent: float, *, dry_run: bool) -> int:
    """Carry out one policy; returns how many rows left."""

    def report(line: str) -> None:
        ctx.log(f"{policy.key}: {line}")

    def on_step(step: archive.Step, part: archive.Part) -> None:
        ctx.progress(percent, f"{policy.title}: {part.start:%Y-%m-%d} {step}")
        if step == "done":
            ctx.check_cancelled()

    if policy.restricted:
        return delete_old(policy, cut, dry_run=dry_run, report=report, after_batch=ctx.check_cancelled)
    parts = archive.archive(policy.get_series(), cut, dry_run=dry_run, report=report, on_step=on_step)
    return sum(part.rows for part in parts)


def _oldest(policy: Policy) -> datetime | None:
    found = policy.model._base_manager.filter(policy.only).aggregate(oldest=Min(policy.moment))["oldest"]
    return found if isinstance(found, datetime) else None
