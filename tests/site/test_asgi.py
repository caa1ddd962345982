"""The ASGI entry serves the pages too; its sockets are tested in tests/live."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from channels.testing import HttpCommunicator

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db(transaction=True)
async def test_pages_over_asgi() -> None:
    from sentiment_site.asgi import application

    headers = [(b"host", b"localhost")]
    response = await HttpCommunicator(application, "GET", "/health/redis", headers=headers).get_response(timeout=10)
    assert response["status"] == 200
    assert json.loads(response["body"])["checks"]["redis"]["status"] == "ok"


def test_the_entry_point_sets_the_project_up_by_itself() -> None:
    code = "import sentiment_site.asgi as entry; print(sorted(entry.application.application_mapping))"
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["['http', 'websocket']"], done.stderr
