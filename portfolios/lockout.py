"""Locked out after repeated failures: who, until when, and what they are told. Stored by django-axes in the database.

Three rules at once: few failures for one account from one address, ten times as many for the account from anywhere
(else a botnet guesses on), twenty times as many from one address (else one guess at each of many accounts is free).
An account is counted under one name, whether its name or its e-mail address was typed.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
from collections.abc import Iterable, Mapping
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Q, Sum
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.throttling import BaseThrottle

from sentiment_site.market import clock

from .selectors import find_account

TOO_MANY = 429
NAME_LENGTH = 255
# Which attempts count together, and how many times LOGIN_FAILURES_MAX of them lock.
RULES: tuple[tuple[tuple[str, ...], int], ...] = (
    (("username", "ip_address"), 1),
    (("username",), 10),
    (("ip_address",), 20),
)


class AccountHandler(AxesDatabaseHandler):  # type: ignore[misc]  # no types
    """Axes with the three rules."""

    def get_failures(self, request: Any, credentials: Mapping[str, Any] | None = None) -> int:
        """Failures of this account from this address; the limit itself while any rule locks."""
        name, address = account_name(request, credentials), request.axes_ip_address
        if locked_until(name, address) is not None:
            return settings.AXES_FAILURE_LIMIT
        attempts = _recent().filter(username=name, ip_address=address)
        return min(attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0, settings.AXES_FAILURE_LIMIT - 1)


def account_name(request: Any, credentials: Mapping[str, Any] | None) -> str:
    """The name under which an attempt counts: the account's, or what was typed when there is none."""
    source: Mapping[str, Any] = credentials or getattr(request, "data", None) or request.POST
    typed = str(source.get("username") or "").strip()
    # axes asks several times in one attempt
    known: dict[str, str] = request.__dict__.setdefault("_counted_names", {})
    if typed not in known:
        user = find_account(typed)
        known[typed] = (user.username if user else typed).lower().replace("\0", "")[:NAME_LENGTH]
    return known[typed]


def client_address(request: Any) -> str | None:
    """The caller's address as our own proxy saw it (NUM_PROXIES), never as the caller claims; None on a socket file."""
    ident = BaseThrottle().get_ident(request)
    try:
        return str(ipaddress.ip_address((ident or "").strip()))
    except ValueError:
        return None


def locked_until(name: str, address: str | None) -> dt.datetime | None:
    """When account `name` may be tried again from `address`, None when it may now."""
    attempts = list(
        _recent()
        .filter(Q(username=name) | Q(ip_address=address))
        .order_by("attempt_time")
        .values("username", "ip_address", "attempt_time", "failures_since_start")
    )
    sought = {"username": name, "ip_address": address}
    ends = []
    for fields, times in RULES:
        matching = [row for row in attempts if all(row[field] == sought[field] for field in fields)]
        ends.append(_end(matching, settings.AXES_FAILURE_LIMIT * times))
    return max((end for end in ends if end is not None), default=None)


def locked_names() -> list[str]:
    """Accounts (in small letters) that at least one address may not try at the moment."""
    counted = _recent().values("username", "ip_address").annotate(failures=Sum("failures_since_start"))
    return sorted(set(counted.filter(failures__gte=settings.AXES_FAILURE_LIMIT).values_list("username", flat=True)))


def reset(username: str) -> int:
    """Forget the failed attempts at an account; how many rows."""
    deleted, _ = AccessAttempt.objects.alias(name=Lower("username")).filter(name=username.lower()).delete()
    return int(deleted)


def forget_old_attempts() -> int:
    """Delete attempts that no longer count; how many rows."""
    deleted, _ = AccessAttempt.objects.filter(attempt_time__lt=clock.wall() - settings.AXES_COOLOFF_TIME).delete()
    return int(deleted)


def seconds_until(end: dt.datetime) -> int:
    """Whole seconds from now, at least one: for Retry-After."""
    return max(1, math.ceil((end - clock.wall()).total_seconds()))


def answer(
    request: HttpRequest, original: HttpResponse | None = None, credentials: Mapping[str, Any] | None = None
) -> HttpResponse:
    """What a locked-out caller gets: 429 with Retry-After, as a page; the API has said so in its own form already."""
    if original is not None and original.status_code == TOO_MANY:
        return original
    until = locked_until(account_name(request, credentials), client_address(request))
    until = until or clock.wall() + settings.AXES_COOLOFF_TIME
    seconds = seconds_until(until)
    context = {"until": until, "minutes": math.ceil(seconds / 60)}
    response = render(request, "registration/locked.html", context, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response


def _recent() -> Any:
    return AccessAttempt.objects.filter(attempt_time__gte=clock.wall() - settings.AXES_COOLOFF_TIME)


def _end(attempts: Iterable[Mapping[str, Any]], limit: int) -> dt.datetime | None:
    """When enough of these (oldest first) stop counting for fewer than `limit` to remain."""
    rows = list(attempts)
    total = sum(row["failures_since_start"] for row in rows)
    end: dt.datetime | None = None
    for row in rows:
        if total < limit:
            break
        total -= row["failures_since_start"]
        end = row["attempt_time"] + settings.AXES_COOLOFF_TIME
    return end
