"""The polling fallback."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from sentiment_site.live.http import poll_response


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("?seq=", 200),
        ("?seq=6", 200),
        ("?seq=-7", 200),
        ("?seq=%C2%B2", 200),  # superscript two: a digit to Python, not a number
        ("?seq=7", 204),
        ("?seq=8", 204),
    ],
)
def test_204_while_nothing_changed(query: str, status: int) -> None:
    rendered = []

    def render() -> str:
        rendered.append(1)
        return "<p>grid</p>"

    response = poll_response(RequestFactory().get(f"/grid/{query}"), 7, render)
    assert response.status_code == status
    assert response["X-Live-Seq"] == "7"
    assert response["Cache-Control"] == "no-store"
    assert response.content == (b"<p>grid</p>" if status == 200 else b"")
    assert len(rendered) == (status == 200)
