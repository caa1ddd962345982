"""What a post counts for, and why it counts little."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from themes.kernels.lexicon import tokenise
from themes.kernels.spam import compute_credibility, compute_influence, compute_weight, judge_bot, score_spam


@pytest.mark.parametrize(
    ("text", "reasons", "expected"),
    [
        ("", (), 0.0),
        ("I added some $ACME after the report, margins look better", (), 0.0),
        ("Join my chat for the next alert", ("invites to a group",), 0.5),
        ("Big giveaway for followers of this account", ("offers something",), 0.5),
        ("$ACME could 10x, coiled spring", ("promotional phrase",), 0.4),
        ("$A $B $C $D $E $F are on my list this week", ("6 cashtags",), 0.4),
        ("#a #b #c #d #e #f are my six tags", ("6 hashtags",), 0.3),
        ("$ACME https://x.com/a", ("a link and hardly a word",), 0.3),
        ("buy now buy now buy now buy now buy now buy now", ("repeats its words",), 0.3),
        ("Giveaway! join telegram", ("invites to a group", "offers something", "promotional phrase"), 0.85),
    ],
)
def test_signs_of_spam(text: str, reasons: tuple[str, ...], expected: float) -> None:
    spam = score_spam(text, tokenise(text))
    assert spam.reasons == reasons
    assert spam.score == pytest.approx(expected)


@pytest.mark.parametrize(
    ("posts_per_day", "share", "posts", "reason"),
    [
        (100.1, None, 0, "100 posts a day"),
        (100.0, None, 0, ""),
        (None, 0.5, 5, "50 % of 5 posts repeat others"),
        (None, 0.49, 50, ""),
        (1.0, 1.0, 4, ""),  # four posts are no habit
        (None, None, 0, ""),
    ],
)
def test_bots(posts_per_day: float | None, share: float | None, posts: int, reason: str) -> None:
    assert judge_bot(posts_per_day, share, posts) == reason


def test_credibility() -> None:
    assert compute_credibility(None, None) == pytest.approx(0.35)
    expected = 0.2 + 0.2 * math.log(2) + 0.2 * math.log(11) / 3 + 0.3 * 0.75
    assert compute_credibility(30, 10_000, calls=10, hits=10) == pytest.approx(expected)
    assert compute_credibility(10_000, 10**9) == 1
    assert compute_credibility(-5, 0, calls=10_000, hits=0) == pytest.approx(0.2, abs=1e-3)


@pytest.mark.parametrize(
    ("followers", "expected"), [(None, 1), (0, 1), (10_000, 1), (100_000, 1.5), (10**6, 2), (10**9, 2)]
)
def test_influence(followers: int | None, expected: float) -> None:
    assert compute_influence(followers) == pytest.approx(expected)


def test_a_worked_weight() -> None:
    weight = compute_weight(engagement=40, credibility=0.5, influence=1.5, copies=4, spam=0.5, is_bot=True)
    assert weight.parts == pytest.approx(
        {"engagement": 1 + math.log(41) / 4, "credibility": 0.5, "influence": 1.5, "copies": 0.5, "spam": 0.55,
         "bot": 0.2}
    )  # fmt: skip
    assert weight.value == pytest.approx((1 + math.log(41) / 4) * 0.5 * 1.5 * 0.5 * 0.55 * 0.2)


@given(
    st.integers(-1000, 10**9), st.floats(0.1, 1), st.floats(1, 2), st.integers(0, 10**6), st.floats(0, 1), st.booleans()
)
def test_a_weight_is_positive_and_bounded(
    engagement: int, credibility: float, influence: float, copies: int, spam: float, is_bot: bool
) -> None:
    weight = compute_weight(
        engagement=engagement, credibility=credibility, influence=influence, copies=copies, spam=spam, is_bot=is_bot
    )
    assert 0 < weight.value <= 3 * 1 * 2
    assert weight.value == pytest.approx(math.prod(weight.parts.values()))
    noisier = compute_weight(
        engagement=engagement, credibility=credibility, influence=influence, copies=copies + 1, spam=1, is_bot=True
    )
    assert noisier.value <= weight.value + 1e-12
