"""Promotional language: what raises it, what does not."""

from __future__ import annotations

import math

import pytest

from themes.kernels.promotion import is_promotional, promotional_share


@pytest.mark.parametrize(
    "text",
    [
        "This is the next 10x, load before the crowd",
        "The publisher was COMPENSATED twenty thousand dollars by a third party",
        "join our WhatsApp group",
        "target price: $4.50 🚀",
        "Don’t sleep on this one",
        "$ABCD about to explode",
        "🚀🚀",
        "easiest 300% of the year",
        "my last alert did 80%",
    ],
)
def test_promotion(text: str) -> None:
    assert is_promotional(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The company reported revenue of $12 million and raised its guidance.",
        "Analysts see the drug as a competitor; the stock rose 12 %.",
        "Is the dividend safe? I added 100 shares.",
        "The compensation committee met twice.",
    ],
)
def test_plain_talk(text: str) -> None:
    assert not is_promotional(text)


def test_share_and_length() -> None:
    assert promotional_share(["to the moon", "quarterly report"]) == 0.5
    assert math.isnan(promotional_share([]))
    assert not is_promotional("x" * 20_000 + " to the moon")
