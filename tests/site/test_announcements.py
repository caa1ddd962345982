"""A job's progress reaches the live channel."""

from __future__ import annotations

import json

import redis
from django.conf import settings

from sentiment_site.jobs.signals import run_changed


def test_a_run_that_changed_is_announced_on_the_jobs_topic() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as listener:
        listener.subscribe("live:jobs")
        assert listener.get_message(timeout=5)["type"] == "subscribe"
        run_changed.send(None, run_id=7, name="sectors.analyse", status="running", phase="bars", percent=40, reason="")
        message = json.loads(listener.get_message(timeout=5)["data"])
    assert message["type"] == "job.progress"
    assert (message["topic"], message["run_id"], message["seq"]) == ("jobs", 7, None)
    assert message["data"] == {
        "name": "sectors.analyse",
        "status": "running",
        "phase": "bars",
        "percent": 40,
        "reason": "",
    }
