"""Runs of jobs, and what was written into the schedule."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Status(models.TextChoices):
    """How far a run is, or how it ended."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Skipped"  # nothing to do, cancelled, or one of that name was running: `reason` says which
    FAILED = "failed", "Failed"  # somebody else's fault: a vendor or a server, named in `reason`
    ERRORED = "errored", "Errored"  # our bug, or a worker that died; the traceback is kept


ACTIVE = (Status.QUEUED, Status.RUNNING)


class JobRun(models.Model):
    """One run of a job. Evidence: changed only by jobs.lifecycle and by the run's own heartbeat."""

    Status = Status

    name = models.CharField(max_length=100, help_text="The registered job.")
    key = models.CharField(max_length=200, blank=True, help_text="What the run is about, a session date for example.")
    trigger = models.CharField(max_length=30, help_text="Who or what asked: schedule, page, admin, command.")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    exclusive = models.BooleanField(default=True, help_text="At most one of that name runs at a time.")
    phase = models.CharField(max_length=200, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(
        blank=True, help_text="Why it was skipped, whose fault the failure was, or the result in a line."
    )
    traceback = models.TextField(blank=True)
    lines = models.JSONField(default=list, blank=True, help_text="Log lines, oldest first, at most 500.")
    params = models.JSONField(default=dict, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(
        null=True, blank=True, help_text="Running: the worker's last sign of life. Queued: when it was last sent out."
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    host = models.CharField(max_length=255, blank=True)
    pid = models.PositiveIntegerField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    cancelled_by = models.CharField(max_length=150, blank=True)

    class Meta:
        permissions = (("operate_jobrun", "Can run, cancel, pause and resume jobs"),)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(status=Status.RUNNING, exclusive=True), name="jobrun_one_running_per_name"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="jobrun_status_known"),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=100), name="jobrun_percent_0_to_100"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(trigger=""), name="jobrun_name_and_trigger_given"),
            models.CheckConstraint(
                condition=Q(status__in=ACTIVE, finished_at__isnull=True)
                | (~Q(status__in=ACTIVE) & Q(finished_at__isnull=False)),
                name="jobrun_finished_at_when_ended",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.RUNNING) | Q(started_at__isnull=False, heartbeat_at__isnull=False),
                name="jobrun_running_has_heartbeat",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.SKIPPED, Status.FAILED, Status.ERRORED]) | ~Q(reason=""),
                name="jobrun_reason_when_not_done",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("queued_at")),
                name="jobrun_finished_after_queued",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["name", "-id"], name="jobrun_name_newest"),
            models.Index(fields=["status", "-id"], name="jobrun_status_newest"),
            models.Index(fields=["finished_at"], name="jobrun_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk} {self.status}"

    @property
    def is_active(self) -> bool:
        """Whether the run has not ended."""
        return self.status in ACTIVE

    @property
    def duration(self) -> timedelta | None:
        """From start to end, or to the last sign of life; None when it never started."""
        end = self.finished_at or self.heartbeat_at
        if self.started_at is None or end is None:
            return None
        return end - self.started_at


class ScheduledJob(models.Model):
    """A line of the schedule, and what sync_schedule last wrote into its PeriodicTask.

    A PeriodicTask that differs from `written` was edited by an operator and is left alone from then on.
    """

    name = models.CharField(max_length=200, unique=True, help_text="The PeriodicTask's name.")
    title = models.CharField(max_length=200, blank=True)
    job = models.CharField(max_length=100, blank=True, help_text="The registered job; empty for a plain Celery task.")
    periodic_task = models.OneToOneField(
        "django_celery_beat.PeriodicTask", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    written = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("name",)
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(name=""), name="scheduledjob_name_given")]

    def __str__(self) -> str:
        return self.name
