"""The schedule in code, entered into the database without ever overwriting an operator's edit."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from .models import ScheduledJob
from .registry import get_job

CRON_EXPIRY_S = 3600
CRON_FIELDS = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the schedule: a registered `job` or a plain Celery `task`, by crontab or every `every_s` seconds.

    Crontab fields are Celery's ("*/5", "mon-fri"); `minute` and `hour` default to "0" and "*" when any is given. A
    message that no worker took before `expires_s` is dropped (default: the interval, or an hour). Raises ValueError
    for a line that names both or neither of each pair.
    """

    name: str
    job: str = ""
    task: str = ""
    title: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    every_s: int = 0
    minute: str = ""
    hour: str = ""
    day_of_week: str = "*"
    day_of_month: str = "*"
    month_of_year: str = "*"
    timezone: str = "America/New_York"
    expires_s: int = 0

    def __post_init__(self) -> None:
        if bool(self.job) == bool(self.task):
            raise ValueError(f"schedule entry {self.name!r}: name either a job or a task")
        if (self.every_s > 0) == bool(self.minute or self.hour):
            raise ValueError(f"schedule entry {self.name!r}: give either every_s or minute and hour")

    def spec(self) -> dict[str, Any]:
        """What the PeriodicTask should hold; comparable with `read_spec`. Raises UnknownJob and ValueError."""
        if self.job:
            get_job(self.job).check_params(self.params)
        kwargs: dict[str, Any] = {"name": self.job, "params": self.params} if self.job else self.params
        when: dict[str, Any] = {"every_s": self.every_s}
        if not self.every_s:
            when = {name: getattr(self, name) for name in CRON_FIELDS} | {"timezone": self.timezone}
            when |= {"minute": self.minute or "0", "hour": self.hour or "*"}
        expires = self.expires_s or self.every_s or CRON_EXPIRY_S
        return {"task": self.task or "jobs.run", "kwargs": kwargs, "when": when, "expires_s": expires}


class Line(NamedTuple):
    """What sync_schedule did with one line, and why."""

    name: str
    action: str  # created, updated, unchanged, edited, deleted, removed
    note: str = ""


def read_spec(periodic: PeriodicTask) -> dict[str, Any]:
    """What a PeriodicTask holds at present, in the form of `Entry.spec`. Pausing is not part of it."""
    when: dict[str, Any] = {}
    if periodic.crontab is not None:
        when = {name: getattr(periodic.crontab, name) for name in CRON_FIELDS}
        when["timezone"] = str(periodic.crontab.timezone)
    elif periodic.interval is not None:
        when = {"every_s": int(periodic.interval.schedule.run_every.total_seconds())}
    kwargs: Any = periodic.kwargs
    with contextlib.suppress(ValueError):  # text that an operator broke is an edit like any other
        kwargs = json.loads(periodic.kwargs or "{}")
    return {"task": periodic.task, "kwargs": kwargs, "when": when, "expires_s": periodic.expire_seconds}


@transaction.atomic
def sync_schedule(entries: Iterable[Entry], restore: Iterable[str] = ()) -> list[Line]:
    """Create and update the PeriodicTask of every entry; leave alone, and report, what an operator changed.

    Edited is what differs from what was last written here; pausing is no edit and survives. A line that left the code
    is removed unless it was edited. `restore`: names whose edits are given up. Raises ValueError when two entries share
    a name, and what `Entry.spec` raises; then nothing is written.
    """
    wanted = list(entries)
    names = [entry.name for entry in wanted]
    if len(set(names)) < len(names):
        raise ValueError(f"schedule entries share a name: {sorted({name for name in names if names.count(name) > 1})}")
    forced = set(restore)
    lines = [_sync(entry, force=entry.name in forced) for entry in wanted]
    lines += [_remove(scheduled) for scheduled in ScheduledJob.objects.exclude(name__in=names)]
    return lines


def _sync(entry: Entry, force: bool) -> Line:
    spec = entry.spec()
    periodic = PeriodicTask.objects.filter(name=entry.name).first()
    scheduled = ScheduledJob.objects.filter(name=entry.name).first()
    if scheduled is None:
        scheduled = ScheduledJob(name=entry.name)
        action = "created"
    elif periodic is None and not force:
        return Line(entry.name, "deleted", "an operator deleted it; restore it by name to have it again")
    else:
        action = "updated"
    scheduled.title, scheduled.job, scheduled.periodic_task = _title(entry), entry.job, periodic
    present = read_spec(periodic) if periodic is not None else None
    if present == spec:
        action = "unchanged"
    elif present is not None and present != scheduled.written and not force:
        scheduled.save()
        return Line(entry.name, "edited", f"left alone: it holds {_differences(present, spec)}")
    else:
        scheduled.periodic_task = _write(entry.name, spec, periodic)
    scheduled.written = spec
    scheduled.save()
    return Line(entry.name, action)


def _title(entry: Entry) -> str:
    return entry.title or (get_job(entry.job).title if entry.job else entry.task)


def _write(name: str, spec: dict[str, Any], periodic: PeriodicTask | None) -> PeriodicTask:
    periodic = periodic or PeriodicTask(name=name)
    periodic.task, periodic.kwargs, periodic.expire_seconds = (
        spec["task"],
        json.dumps(spec["kwargs"]),
        spec["expires_s"],
    )
    periodic.interval = periodic.crontab = None
    if "every_s" in spec["when"]:
        periodic.interval = _first_or_create(IntervalSchedule, every=spec["when"]["every_s"], period="seconds")
    else:
        periodic.crontab = _first_or_create(CrontabSchedule, **spec["when"])
    periodic.save()
    return periodic


def _first_or_create(model: Any, **values: Any) -> Any:
    # Not get_or_create: an operator may have made a second row with the same values.
    return model.objects.filter(**values).first() or model.objects.create(**values)


def _remove(scheduled: ScheduledJob) -> Line:
    """A line that is no longer in the code."""
    periodic = scheduled.periodic_task
    if periodic is not None and read_spec(periodic) != scheduled.written:
        return Line(scheduled.name, "edited", "no longer in the code, left alone because it was edited")
    if periodic is not None:
        periodic.delete()
    scheduled.delete()
    return Line(scheduled.name, "removed")


def _differences(present: dict[str, Any], spec: dict[str, Any]) -> str:
    """The values that differ, as they are in the database, with the code's beside them."""
    return "; ".join(f"{name} {present[name]} (code: {spec[name]})" for name in spec if present[name] != spec[name])
