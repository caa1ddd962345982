"""The operator's desk for jobs: what ran, whose fault it was, run again, cancel, pause."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html

from . import services
from .models import JobRun, ScheduledJob, Status
from .paging import EstimatePaginator
from .registry import UnknownJob, get_job, list_jobs

NONE = "–"


class WhoseFault(admin.SimpleListFilter):
    """How runs ended, in the words of the question an operator asks."""

    title = "Whose fault"
    parameter_name = "fault"
    choices_of = {
        "theirs": ("a vendor or a server (failed)", Q(status=Status.FAILED)),
        "ours": ("ours (errored)", Q(status=Status.ERRORED)),
        "nobody": ("nobody's (done or skipped)", Q(status__in=[Status.DONE, Status.SKIPPED])),
        "open": ("not ended yet", Q(status__in=[Status.QUEUED, Status.RUNNING])),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The four answers."""
        return [(value, title) for value, (title, _) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:
        """The runs of the chosen answer."""
        chosen = self.choices_of.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class WhichJob(admin.SimpleListFilter):
    """Registered jobs by title; not a DISTINCT over the table."""

    title = "Which job"
    parameter_name = "job"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every registered job."""
        return [(job.name, job.title) for job in list_jobs()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:
        """The runs of the chosen job."""
        return queryset.filter(name=self.value()) if self.value() else queryset


class EvidenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # one base for two models
    """Rows that people read and jobs write: no adding, changing or deleting; actions need the right to operate jobs."""

    paginator = EstimatePaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes evidence by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Retention deletes, people do not."""
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may run, cancel, pause and resume."""
        return request.user.has_perm("jobs.operate_jobrun")

    def run_again(self, request: HttpRequest, obj: Any, name: str, params: dict[str, Any], key: str = "") -> None:
        """Ask for a run, say what came of it, and write it into the log of changes."""
        try:
            run = services.request_run(name, trigger="admin", params=params, user=request.user, key=key)
        except (UnknownJob, ValueError) as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        level = messages.ERROR if run.status == Status.FAILED else messages.INFO
        self.message_user(request, f"{run}{': ' + run.reason if run.reason else ''}", level)
        self.log_change(request, obj, f"Run again: {run}")


@admin.register(JobRun)
class JobRunAdmin(EvidenceAdmin):
    """Runs, newest first."""

    list_display = ("id", "title", "key", "status", "percent", "why", "trigger", "requested_by", "queued_at", "took")
    list_display_links = ("id", "title")
    list_filter = (WhoseFault, "status", WhichJob)
    list_select_related = ("requested_by",)
    ordering = ("-id",)
    actions = ("run_selected_again", "cancel_selected")
    fields = (
        ("name", "key", "status", "percent", "phase"),
        "reason",
        "log",
        "error",
        ("trigger", "requested_by", "params"),
        ("queued_at", "started_at", "heartbeat_at", "finished_at", "took"),
        ("host", "pid", "cancelled_by"),
    )
    readonly_fields = ("took", "log", "error")

    @admin.display(description="job")
    def title(self, run: JobRun) -> str:
        """The job's title, or its name when it is no longer registered."""
        try:
            return get_job(run.name).title
        except UnknownJob:
            return run.name

    @admin.display(description="why")
    def why(self, run: JobRun) -> str:
        """The reason, or for a run at work its phase."""
        text = run.reason or (run.phase if run.is_active else "")
        return text if len(text) <= 120 else text[:119] + "…"

    @admin.display(description="took")
    def took(self, run: JobRun) -> str:
        """Duration in seconds."""
        return NONE if run.duration is None else f"{run.duration.total_seconds():.1f} s"

    @admin.display(description="log lines (UTC)")
    def log(self, run: JobRun) -> str:
        """The lines as they were written."""
        return format_html("<pre>{}</pre>", "\n".join(run.lines)) if run.lines else NONE

    @admin.display(description="traceback")
    def error(self, run: JobRun) -> str:
        """The traceback of our own bugs."""
        return format_html("<pre>{}</pre>", run.traceback) if run.traceback else NONE

    @admin.action(description="Run again", permissions=["operate"])
    def run_selected_again(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> None:
        """A new run with the same parameters for each selected one."""
        for run in queryset:
            self.run_again(request, run, run.name, run.params, run.key)

    @admin.action(description="Cancel", permissions=["operate"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> None:
        """Queued runs end at once, running ones at their next check."""
        for run in queryset:
            if services.cancel(run, request.user):
                self.log_change(request, run, "Cancel requested")
            else:
                self.message_user(request, f"{run}: has ended already", messages.WARNING)


@admin.register(ScheduledJob)
class ScheduledJobAdmin(EvidenceAdmin):
    """What runs when, whether it is paused, how it went the last time and what went wrong last."""

    list_display = ("name", "title", "when", "state", "last_run", "last_error")
    ordering = ("name",)
    search_fields = ("name", "title", "job")
    actions = ("pause_selected", "resume_selected", "run_selected_now")
    fields = ("name", "title", "job", "periodic_task", "when", "state", "last_run", "last_error", "written")
    readonly_fields = ("when", "state", "last_run", "last_error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduledJob]:
        """With the last run and the last one that went wrong, in the same statement."""
        runs = JobRun.objects.filter(name=OuterRef("job")).order_by("-id")
        wrong = runs.filter(status__in=[Status.FAILED, Status.ERRORED])
        return (
            ScheduledJob.objects.select_related("periodic_task__crontab", "periodic_task__interval")
            .annotate(
                last_status=Subquery(runs.values("status")[:1]), last_queued=Subquery(runs.values("queued_at")[:1])
            )
            .annotate(
                wrong_reason=Subquery(wrong.values("reason")[:1]), wrong_at=Subquery(wrong.values("queued_at")[:1])
            )
        )

    @admin.display(description="when")
    def when(self, scheduled: ScheduledJob) -> str:
        """The schedule in words."""
        periodic = scheduled.periodic_task
        if periodic is None:
            return "deleted by an operator"
        return periodic.crontab.human_readable if periodic.crontab else str(periodic.scheduler)

    @admin.display(description="state")
    def state(self, scheduled: ScheduledJob) -> str:
        """On or paused."""
        periodic = scheduled.periodic_task
        return NONE if periodic is None else "on" if periodic.enabled else "paused"

    @admin.display(description="last run")
    def last_run(self, scheduled: Any) -> str:
        """When and how it ended."""
        return f"{scheduled.last_status} {_moment(scheduled.last_queued)}" if scheduled.last_status else NONE

    @admin.display(description="last error")
    def last_error(self, scheduled: Any) -> str:
        """The reason of the newest failed or errored run, however long ago."""
        return f"{_moment(scheduled.wrong_at)}: {scheduled.wrong_reason[:160]}" if scheduled.wrong_reason else NONE

    @admin.action(description="Pause", permissions=["operate"])
    def pause_selected(self, request: HttpRequest, queryset: QuerySet[ScheduledJob]) -> None:
        """Stop the schedule from starting these."""
        for scheduled in queryset:
            if services.pause(scheduled):
                self.log_change(request, scheduled, "Paused")

    @admin.action(description="Resume", permissions=["operate"])
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[ScheduledJob]) -> None:
        """Let the schedule start these again."""
        for scheduled in queryset:
            if services.resume(scheduled):
                self.log_change(request, scheduled, "Resumed")

    @admin.action(description="Run now", permissions=["operate"])
    def run_selected_now(self, request: HttpRequest, queryset: QuerySet[ScheduledJob]) -> None:
        """Queue a run of each with the parameters of the schedule."""
        for scheduled in queryset:
            if not scheduled.job:
                self.message_user(request, f"{scheduled}: a plain task, not a job with runs", messages.WARNING)
                continue
            params = scheduled.written.get("kwargs", {}).get("params", {})
            self.run_again(request, scheduled, scheduled.job, params)


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
