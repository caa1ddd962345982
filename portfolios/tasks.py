"""Jobs of the people: what ended is deleted every night."""

from __future__ import annotations

from django.contrib.sessions.models import Session

from sentiment_site.jobs.context import JobContext
from sentiment_site.jobs.registry import job
from sentiment_site.market import clock

from . import demo, lockout, tokens
from .books import tasks as _books  # noqa: F401 - registers their jobs
from .risk import tasks as _risk  # noqa: F401 - registers their jobs
from .valuation import tasks as _valuation  # noqa: F401 - registers its jobs and the tick


@job("portfolios.expire_demos", title="Visitors' copies of the demo accounts that are over")
def expire_demos(ctx: JobContext) -> str:
    """Deletes them for good; nobody can sign in to them since they ended."""
    return f"{demo.delete_expired()} copies deleted"


@job("portfolios.expire_sign_ins", title="Expired sessions, revoked tokens and failed attempts")
def expire_sign_ins(ctx: JobContext) -> str:
    """Deletes what is refused for its age anyway."""
    revoked, attempts = tokens.forget_expired(), lockout.forget_old_attempts()
    sessions, _ = Session.objects.filter(expire_date__lte=clock.wall()).delete()
    return f"{sessions} sessions, {revoked} revoked tokens, {attempts} failed attempts deleted"
