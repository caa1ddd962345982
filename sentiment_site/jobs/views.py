"""A run's progress: JSON for programs, a small fragment for HTMX."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from . import services
from .models import JobRun
from .registry import UnknownJob, get_job

View = Callable[..., HttpResponse]


def signed_in(view: View) -> View:
    """401 instead of a redirect: a login page must not be swapped into a fragment. HTMX is sent to the login page."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        response = JsonResponse({"error": {"code": "not_authenticated", "message": "Sign in first."}}, status=401)
        response["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
        return response

    return checked


@never_cache
@signed_in
@require_GET
def run_progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """{"status", "percent", "phase", "reason"} of a run, for every signed-in account."""
    return _answer(request, get_object_or_404(JobRun, pk=run_id))


@never_cache
@signed_in
@require_POST
def cancel_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop a run: only who asked for it, and operators; 403 for others."""
    run = get_object_or_404(JobRun, pk=run_id)
    if not services.may_cancel(request.user, run):
        message = "Only who started this run, or an operator, may cancel it."
        return JsonResponse({"error": {"code": "permission_denied", "message": message}}, status=403)
    services.cancel(run, request.user)
    return _answer(request, run)


def _answer(request: HttpRequest, run: JobRun) -> HttpResponse:
    if getattr(request, "htmx", False):
        return render(
            request, "jobs/_run.html", {"run": run, "title": _title(run), "may_cancel": _shows_cancel(request, run)}
        )
    return JsonResponse({"status": run.status, "percent": run.percent, "phase": run.phase, "reason": run.reason})


def _shows_cancel(request: HttpRequest, run: JobRun) -> bool:
    return run.is_active and not run.cancel_requested and services.may_cancel(request.user, run)


def _title(run: JobRun) -> str:
    try:
        return get_job(run.name).title
    except UnknownJob:
        return run.name
