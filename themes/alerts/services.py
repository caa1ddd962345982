"""Raise an alert: one row per event, and its announcement to every open page once the transaction has committed."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import uuid
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import structlog
from django.db import transaction
from django.template.loader import render_to_string

from sentiment_site.live.events import Event
from sentiment_site.live.publish import send_event
from sentiment_site.market import clock
from themes.models import ThemeAlert
from themes.publish import announce_change
from universe import bars

logger = structlog.get_logger(__name__)

TOPIC = "alerts"
EVENT = "themes.alert"
TOAST = "themes/_alert_toast.html"
KINDS = ("temperature", "manipulation", "theme", "sympathy", "confluence")
LONGEST_TEXT, LONGEST_SUBJECT, LONGEST_KEY = 300, 120, 120
SEVERITIES = (1, 2, 3)


def raise_alert(
    kind: str,
    subject: str,
    *,
    instrument_id: int | None = None,
    theme_id: uuid.UUID | None = None,
    severity: int,
    text: str,
    facts: Mapping[str, Any],
    data_at: dt.datetime,
    as_of: dt.datetime,
    key: str,
) -> ThemeAlert | None:
    """The new alert, or None when `key` was raised before. Call it in the transaction that writes the rows.

    kind: one of KINDS. subject: symbol or theme's name. severity: 1 to say so, 2 to look, 3 to stop. data_at: when the
    newest data that caused it was here (latency counts from it). as_of: of the reading. key: names the event, so that
    a pass that is repeated announces nothing twice. Words are cut to what fits, numbers that are none become null.
    ValueError for an unknown kind or severity; never raises for a cache that is down: the row is the truth.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind} is no kind of alert")
    if severity not in SEVERITIES:
        raise ValueError(f"severity {severity} is not 1, 2 or 3")
    alert, created = ThemeAlert.objects.get_or_create(
        request_key=_fit_key(key),
        defaults={
            "kind": kind,
            "subject": _fit(subject, LONGEST_SUBJECT),
            "instrument_id": None if instrument_id is None else int(instrument_id),
            "theme_id": theme_id,
            "severity": severity,
            "text": _fit(text, LONGEST_TEXT),
            "facts": _plain(facts),
            "data_at": data_at,
            "as_of": as_of,
            "announced_at": clock.now(),
            "is_simulated": bool(bars.holds_simulated_bars()),
        },
    )
    if not created:
        return None
    transaction.on_commit(partial(_announce, alert))
    announce_change("alerts")
    return alert


def _announce(alert: ThemeAlert) -> None:
    # the row was invisible until now, so the latency ends here and not where the row was written
    alert.announced_at = clock.now()
    ThemeAlert.objects.filter(pk=alert.pk).update(announced_at=alert.announced_at)
    html = render_to_string(TOAST, {"alert": alert})
    event = Event(
        EVENT, TOPIC, run_id=alert.pk, seq=alert.pk, at=alert.announced_at, key=f"alerts:{alert.pk}",
        data={"kind": alert.kind, "severity": alert.severity},
    )  # fmt: skip
    send_event(event, html)
    latency = (alert.announced_at - alert.data_at).total_seconds()
    logger.info("alert announced", kind=alert.kind, subject=alert.subject, severity=alert.severity, latency_s=latency)


def _fit(text: str, longest: int) -> str:
    # PostgreSQL stores no NUL, and vendors' words may hold one
    plain = " ".join(text.replace("\x00", "").split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _fit_key(key: str) -> str:
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[:55]}:{hashlib.sha256(key.encode()).hexdigest()}"


def _plain(value: Any) -> Any:
    """The same as JSON that PostgreSQL takes."""
    if isinstance(value, Mapping):
        return {_plain(str(name)): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    return value.isoformat() if isinstance(value, dt.date) else str(value).replace("\x00", "")
