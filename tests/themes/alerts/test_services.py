"""raise_alert: one row per event, whatever its words hold, announced after commit only."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
import redis
from django.db import transaction

from sentiment_site.live.events import Event
from sentiment_site.live.publish import client, get_fragment
from sentiment_site.market import clock
from themes.alerts import services
from themes.alerts.publish import get_snapshot
from themes.alerts.services import raise_alert
from themes.models import ThemeAlert

AT = dt.datetime(2026, 8, 21, 15, 30, tzinfo=dt.UTC)
Capture = Callable[..., AbstractContextManager[list[Callable[[], None]]]]

pytestmark = pytest.mark.django_db


def alarm(key: str = "one", **changes: Any) -> ThemeAlert | None:
    """A manipulation alert with the changes."""
    given = {"severity": 2, "text": "HIGH", "facts": {"risk": 0.55}, "data_at": AT, "as_of": AT, "key": key}
    return raise_alert("manipulation", changes.pop("subject", "ABCD"), **(given | changes))


def test_one_event_is_one_row() -> None:
    """The same key again is nothing new, and keeps the first words."""
    first = alarm()
    assert first is not None and first.text == "HIGH"
    assert alarm(text="again") is None
    assert alarm("another") is not None
    assert ThemeAlert.objects.filter(request_key="one").get().text == "HIGH"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (np.float64(0.5), 0.5),
        (float("nan"), None),
        (np.inf, None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (AT, "2026-08-21T15:30:00+00:00"),
        (np.array([1.0, np.nan]), [1.0, None]),
        ({"a": {2: "b\x00c"}}, {"a": {"2": "bc"}}),
        (None, None),
    ],
)
def test_facts_are_json_whatever_they_are(given: object, stored: object) -> None:
    """Numbers of numpy, moments, holes and NUL bytes become what PostgreSQL takes."""
    alert = alarm(facts={"x": given})
    assert alert is not None
    alert.refresh_from_db()
    assert alert.facts == {"x": stored}


def test_hostile_words_are_cut_and_escaped(django_capture_on_commit_callbacks: Capture) -> None:
    """Markup is text on the page, NUL is gone, and a novel fits."""
    with clock.frozen(AT), django_capture_on_commit_callbacks(execute=True):
        alert = alarm("k" * 500, text="<script>alert(1)</script>\x00 \n\n " + "w" * 9000, subject="<b>" * 100)
    assert alert is not None
    assert len(alert.text) == 300 and alert.text.endswith("…") and "\x00" not in alert.text
    assert len(alert.subject) == 120 and len(alert.request_key) == 120
    assert alarm("k" * 500) is None and alarm("k" * 499) is not None
    html = get_fragment(f"alerts:{alert.pk}")
    assert html is not None and "<script>" not in html and "&lt;script&gt;" in html


def test_unknown_kinds_and_severities_are_refused() -> None:
    """They are bugs of the caller."""
    with pytest.raises(ValueError, match="kind"):
        raise_alert("rumour", "A", severity=1, text="", facts={}, data_at=AT, as_of=AT, key="x")
    with pytest.raises(ValueError, match="severity"):
        alarm(severity=4)


def test_announced_after_commit_with_its_latency(django_capture_on_commit_callbacks: Capture) -> None:
    """The frame carries the number and the toast; the row's stamp is that of the announcement."""
    heard = client().pubsub(ignore_subscribe_messages=True)
    heard.subscribe("live:alerts", "live:themes")
    heard.get_message(timeout=10)
    heard.get_message(timeout=10)
    with clock.frozen(AT) as frozen:
        with django_capture_on_commit_callbacks(execute=True):
            alert = alarm()
            frozen.move_to(AT + dt.timedelta(seconds=4))
        assert alert is not None
        alert.refresh_from_db()
        assert (alert.announced_at - alert.data_at).total_seconds() == 4
        messages = [json.loads(heard.get_message(timeout=2.0)["data"]) for _ in range(2)]
        assert get_snapshot("alerts") == (alert.pk, alert.announced_at, "")
    heard.close()
    assert [(one["topic"], one["type"]) for one in messages] == [
        ("alerts", "themes.alert"),
        ("themes", "themes.changed"),
    ]
    assert messages[0]["seq"] == alert.pk and messages[0]["data"] == {"kind": "manipulation", "severity": 2}
    assert messages[1]["seq"] > AT.timestamp() * 1000 and messages[1]["data"] == {"name": "alerts"}


def test_a_rollback_announces_nothing(
    django_capture_on_commit_callbacks: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row, no frame."""
    sent: list[Event] = []
    monkeypatch.setattr(services, "send_event", lambda event, html: sent.append(event))
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                alarm()
                raise RuntimeError("the pass failed")
        except RuntimeError:
            pass
    assert sent == [] and not ThemeAlert.objects.exists()


def test_valkey_down_stops_nothing(
    django_capture_on_commit_callbacks: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port where nobody listens: the row stands, with its stamp."""
    away = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    monkeypatch.setattr("sentiment_site.live.publish.client", lambda: away)
    monkeypatch.setattr("themes.publish.client", lambda: away)
    with django_capture_on_commit_callbacks(execute=True):
        alert = alarm()
    assert alert is not None and ThemeAlert.objects.filter(pk=alert.pk).exists()


def test_snapshot_before_the_first() -> None:
    """Nothing to show."""
    assert get_snapshot("alerts") is None
