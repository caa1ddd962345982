"""alternative.me: answers in our own file -> records, and fetching from a scripted one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from sentiment_site.providers import alternative, errors
from sentiment_site.providers.alternative import Alternative
from sentiment_site.providers.http import Http

from .conftest import Script, answer, payload


def test_days() -> None:
    page = alternative.parse_fear_greed(payload("alternative/fng.json"))
    assert [(each.day, each.value, each.classification) for each in page.records] == [
        (date(2019, 2, 26), 40, "Fear"),
        (date(2019, 2, 25), 47, "Neutral"),
    ]
    assert page.skipped == 2
    assert alternative.parse_fear_greed(b"{}").records == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "answer is list"),
        (b'{"data":{}}', "data is dict"),
        (b'{"data":[],"metadata":{"error":"Too many requests"}}', "Too many requests"),
    ],
)
def test_what_is_no_answer(body: bytes, words: str) -> None:
    with pytest.raises(errors.BadPayload, match=words):
        alternative.parse_fear_greed(body)


def test_fetching(http: Callable[..., Http], script: Callable[..., Script]) -> None:
    asked = script(answer(payload("alternative/fng.json")))
    fetched = Alternative(http(name="alternative", auth="")).fetch_fear_greed(30)
    assert (len(fetched.records), fetched.skipped, asked.requests[0].args["limit"]) == (2, 2, "30")
    assert asked.requests[0].path.endswith("/fng/") and "Authorization" not in asked.requests[0].headers
