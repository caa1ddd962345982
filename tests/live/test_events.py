"""The wire form of events, and what replaces what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.live.events import Event

AT = datetime(2026, 8, 21, 14, 30, tzinfo=UTC)
events = st.builds(
    Event,
    type=st.text(max_size=20),
    topic=st.text(max_size=20),
    run_id=st.none() | st.integers(0, 2**63),
    seq=st.none() | st.integers(0, 2**63),
    at=st.datetimes(timezones=st.just(UTC)),
    key=st.none() | st.text(max_size=20),
    data=st.none() | st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
)


@given(events)
def test_an_event_survives_the_wire(event: Event) -> None:
    assert Event.from_json(event.to_json()) == event
    assert Event.from_json(event.to_json(html="<p>").encode()) == event


def test_the_message_on_the_wire() -> None:
    event = Event("sectors.run", "sectors", 12, 7, AT, key="grid:7")
    assert json.loads(event.to_json()) == {
        "type": "sectors.run",
        "topic": "sectors",
        "run_id": 12,
        "seq": 7,
        "at": "2026-08-21T14:30:00+00:00",
        "key": "grid:7",
    }
    assert json.loads(event.to_json("<p>é</p>"))["html"] == "<p>é</p>"
    assert event.channel == "live:sectors"


@pytest.mark.parametrize(
    ("data", "slot"),
    [(None, "jobs"), ({"percent": 3}, "jobs"), ({"name": "universe.refresh"}, "jobs/universe.refresh")],
)
def test_progress_of_one_job_does_not_replace_anothers(data: dict[str, Any] | None, slot: str) -> None:
    assert Event("job.progress", "jobs", 1, None, AT, data=data).slot == slot


@pytest.mark.parametrize("text", ["", "[]", "null", '{"type":"x"}', '{"type":1,"topic":2,"at":3,"run_id":4,"seq":5}'])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an event"):
        Event.from_json(text)
