"""Every body and every answer in JSON is shown by an example in the API's documentation."""

from __future__ import annotations

import pytest
from drf_spectacular.generators import SchemaGenerator

JSON = "application/json"


@pytest.mark.parametrize("urlconf", ["portfolios.api_urls", "portfolios.book_api_urls", "macro.api_urls"])
def test_every_call_is_shown(urlconf: str) -> None:
    schema = SchemaGenerator(urlconf=urlconf).get_schema(public=True)  # type: ignore[no-untyped-call]
    unshown = [
        f"{method} {path} {where}"
        for path, calls in schema["paths"].items()
        for method, call in calls.items()
        for where, part in {"body": call.get("requestBody", {}), **call["responses"]}.items()
        if JSON in part.get("content", {}) and "examples" not in part["content"][JSON]
    ]
    assert schema["paths"] and unshown == []
