"""Sources weighed, added up and held against each other; mentions against their usual hours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from themes.kernels.aggregation import (
    Aggregate,
    Level,
    Sources,
    aggregate_sources,
    classify_sentiment,
    find_divergence,
)
from themes.kernels.mention_trend import HOURS_NEEDED, MentionTrend, Trend, join_mentions, score_mentions
from themes.kernels.source_sentiment import (
    HALF_LIVES,
    NOBODY,
    SOURCES,
    Items,
    SourceReading,
    cap_authors,
    compute_decay,
    compute_quality,
    score_sources,
)

NAN = np.nan
TWITTER, REDDIT, NEWS, OPTIONS = range(4)


def items(*rows: dict[str, Any]) -> Items:
    """Posts on X about stock 0, an hour old at most and everybody an author of his own, unless said otherwise."""
    usual = {"stock": 0, "source": TWITTER, "score": 0.5, "weight": 1.0, "age": 0.0, "half_life": 4.0, "author": NOBODY}
    columns = {name: np.array([{**usual, **row}[name] for row in rows]) for name in usual}
    stock, source, author = (columns[name].astype(np.int64) for name in ("stock", "source", "author"))
    score, weight, age, half_life = (
        columns[name].astype(np.float64) for name in ("score", "weight", "age", "half_life")
    )
    return Items(stock, source, score, weight, age, half_life, author)


def test_an_item_counts_half_after_its_half_life() -> None:
    # weights 1 and 1/2: (1 - .5 * 1) / 1.5
    found = score_sources(items({"score": 1.0}, {"score": -1.0, "age": 4.0}), 1)
    assert found.score[0, TWITTER] == pytest.approx(1 / 3)
    assert found.effective_count[0, TWITTER] == pytest.approx(1.5**2 / 1.25)
    assert found.quality[0, TWITTER] == pytest.approx(1.8 / 9.8)
    assert found.age[0, TWITTER] == 0 and found.mentions[0, TWITTER] == 2 and found.authors[0, TWITTER] == 2
    assert HALF_LIVES == {"twitter": 4, "reddit": 8, "news": 24, "filing": 48, "options": 6.5}


def test_decay_halves_and_knows_no_future() -> None:
    np.testing.assert_allclose(compute_decay([0, 4, 8, -1, NAN], 4.0), [1, 0.5, 0.25, NAN, NAN])
    np.testing.assert_allclose(compute_quality([0, 8, 24], 8.0), [0, 0.5, 0.75])


def test_what_is_silent_is_unknown() -> None:
    found = score_sources(items({"stock": 1, "source": NEWS}), 3)
    assert np.isfinite(found.score).sum() == 1 and found.score[1, NEWS] == 0.5
    assert np.isnan(found.age[0]).all() and not found.quality[0].any() and not found.mentions[2].any()
    none = score_sources(items(*[{}][:0]), 2)
    assert none.score.shape == (2, len(SOURCES)) and np.isnan(none.score).all()
    assert none.effective_count.sum() == none.top_share.sum() == 0
    assert score_sources(items(*[{}][:0]), 0).score.shape == (0, 4)


@pytest.mark.parametrize("unusable", [{"score": NAN}, {"weight": NAN}, {"weight": 0.0}, {"age": -0.1}, {"age": NAN}])
def test_items_without_what_it_takes_do_not_count(unusable: dict[str, float]) -> None:
    found = score_sources(items({"score": 0.25}, {"score": -1.0, **unusable}), 1)
    assert found.score[0, TWITTER] == 0.25 and found.mentions[0, TWITTER] == 1


def test_nothing_that_comes_later_changes_what_was_said() -> None:
    """The items of three days, seen from the second: the same with and without the third."""
    rng = np.random.default_rng(1)
    rows = [
        {
            "score": float(rng.uniform(-1, 1)),
            "age": float(age),
            "author": int(rng.integers(20)),
            "stock": int(rng.integers(3)),
        }
        for age in rng.uniform(-24, 48, 200)
    ]
    whole, past = score_sources(items(*rows), 3), score_sources(items(*(row for row in rows if row["age"] >= 0)), 3)
    np.testing.assert_array_equal(whole.score, past.score)
    np.testing.assert_array_equal(whole.quality, past.quality)


def test_nobody_counts_more_than_a_tenth_where_enough_write() -> None:
    crowd = [{"score": -0.2, "author": one} for one in range(50)]
    shouting = [{"score": 1.0, "author": 99} for _ in range(500)]
    found = score_sources(items(*crowd, *shouting), 1)
    assert found.top_share[0, TWITTER] == pytest.approx(0.10)
    assert found.score[0, TWITTER] == pytest.approx(0.1 * 1.0 - 0.9 * 0.2)
    # the same text of another stock is another account of it
    apart = score_sources(items(*crowd, {"score": 1.0, "author": 99, "stock": 1}), 2)
    assert apart.score[1, TWITTER] == 1 and apart.score[0, TWITTER] == pytest.approx(-0.2)


def test_unnamed_authors_are_different_people() -> None:
    same = score_sources(items(*({"author": 5} for _ in range(30)), *({"author": one} for one in range(10, 40))), 1)
    unnamed = score_sources(items(*({} for _ in range(30)), *({"author": one} for one in range(10, 40))), 1)
    assert same.authors[0, TWITTER] == 31 and unnamed.authors[0, TWITTER] == 60
    assert same.top_share[0, TWITTER] == pytest.approx(0.1) and unnamed.top_share[0, TWITTER] == pytest.approx(1 / 60)


def slow_cap(weights: list[float], least: float) -> float:
    """Cut everybody to a tenth of what is left, again and again."""
    cap = max(weights)
    for _ in range(500):
        cap = min(cap, 0.1 * sum(min(weight, cap) for weight in weights))
    return max(cap, least)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(0.01, 100), min_size=1, max_size=40), min_size=1, max_size=4), st.floats(0.01, 3))
def test_the_cap_is_what_cutting_again_and_again_ends_at(sources: list[list[float]], least: float) -> None:
    cell = np.concatenate([np.full(len(weights), number) for number, weights in enumerate(sources)])
    found = cap_authors(cell, np.concatenate(sources), [least] * len(sources) + [0.0])
    for number, weights in enumerate(sources):
        cut = np.minimum(weights, found[number])
        assert np.minimum(weights, slow_cap(weights, least)).sum() == pytest.approx(cut.sum(), rel=1e-6)
        if found[number] > least:
            assert cut.max() / cut.sum() <= 0.1 + 1e-9
    assert found[-1] == 0  # nobody wrote there


def test_few_authors_are_cut_to_an_ordinary_post_not_to_dust() -> None:
    one = score_sources(items({"score": 1.0, "weight": 9.0, "author": 1}), 1)
    assert one.score[0, TWITTER] == 1 and one.top_share[0, TWITTER] == 1
    loud = items(*({"score": s, "weight": w, "author": i} for i, (s, w) in enumerate([(1, 9), (-1, 1), (0, 1e-9)])))
    assert score_sources(loud, 1).score[0, TWITTER] == pytest.approx(0, abs=1e-8)  # 9 is cut to 1
    # many posts of one of three count as one fresh post of the middle author
    busy = [{"score": 1.0, "author": 1} for _ in range(40)]
    found = score_sources(items(*busy, {"score": -1.0, "author": 2}, {"score": 0.0, "author": 3, "age": 4.0}), 1)
    assert found.score[0, TWITTER] == pytest.approx(0) and found.top_share[0, TWITTER] == pytest.approx(0.4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9999))
def test_a_source_is_in_range_monotone_and_does_not_jump(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = 60
    parts = {
        "stock": rng.integers(0, 3, size),
        "source": rng.integers(0, 3, size),
        "weight": rng.uniform(0.1, 5, size),
        "age": rng.uniform(0, 40, size),
        "half_life": rng.choice([4.0, 8.0, 24.0], size),
        "author": rng.integers(-1, 12, size),
    }
    scores = rng.uniform(-0.9, 0.9, size)
    before = {name: part.copy() for name, part in parts.items()}
    found = score_sources(Items(score=scores, **parts), 3)
    silent = np.isnan(found.score)
    assert (np.abs(found.score[~silent]) <= 0.9).all() and ((found.effective_count >= 1 - 1e-9) | silent).all()
    assert (found.effective_count <= found.mentions + 1e-9).all() and (found.quality < 1).all()
    higher = score_sources(Items(score=scores + 0.05, **parts), 3)
    np.testing.assert_allclose(higher.score - found.score, np.where(silent, NAN, 0.05))
    nudged = score_sources(Items(score=scores, **{**parts, "weight": parts["weight"] * (1 + 1e-9)}), 3)
    np.testing.assert_allclose(nudged.score, found.score, atol=1e-7)
    for name, part in parts.items():
        np.testing.assert_array_equal(part, before[name])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"half_life": 0.0}, "half-life"), ({"half_life": NAN}, "half-life"), ({"score": 1.1}, "score must lie")],
)
def test_impossible_items_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        items(wrong)


def test_items_of_different_lengths_are_refused() -> None:
    good = items({}, {})
    with pytest.raises(ValueError, match="shape"):
        Items(good.stock, good.source, good.score[:1], good.weight, good.age, good.half_life, good.author)


def sources(
    score: list[float], quality: list[float], count: list[float] | None = None, age: list[float] | None = None
) -> Sources:
    rows = (score, quality, count or [8.0] * 4, age or [0.0] * 4)
    return Sources(*(np.array([row], dtype=np.float64) for row in rows))


def aggregate(*parts: Any) -> Aggregate:
    return aggregate_sources(sources(*parts))


def test_sources_count_by_weight_and_quality() -> None:
    found = aggregate([0.5, -0.2, 0.4, NAN], [0.5, 0.5, 0.8, 0.0], [8, 6, 8, 0])
    pull = np.array([0.20 * 0.5, 0.20 * 0.5, 0.35 * 0.8])
    expected = pull @ [0.5, -0.2, 0.4] / pull.sum()
    assert found.unified[0] == pytest.approx(expected)
    np.testing.assert_allclose(found.breakdown[0], [*(pull / pull.sum()), 0])
    spread = math.sqrt((pull / pull.sum()) @ (np.array([0.5, -0.2, 0.4]) - expected) ** 2)
    assert found.divergence[0] == pytest.approx(spread / 0.6)
    assert found.source_count[0] == 3 and found.level[0] == Level.BULLISH
    assert found.confidence[0] == pytest.approx((1 - math.exp(-22 / 8)) * (1 - 0.5 * spread / 0.6) * 0.9)
    # reddit bearish against twitter bullish, .7 apart
    assert found.is_divergent[0] and found.divergent_pair[0].tolist() == [REDDIT, TWITTER]


@pytest.mark.parametrize(
    ("score", "quality"),
    [([NAN] * 4, [0.5] * 4), ([0.3] * 4, [0.0] * 4), ([0.3] * 4, [NAN] * 4), ([np.inf] * 4, [0.5] * 4)],
)
def test_no_mention_is_unknown_with_no_confidence(score: list[float], quality: list[float]) -> None:
    found = aggregate(score, quality)
    assert np.isnan(found.unified[0]) and found.confidence[0] == 0 and found.level[0] == Level.UNKNOWN
    assert not found.breakdown.any() and found.divergence[0] == 0 and not found.is_divergent[0]
    assert found.divergent_pair[0].tolist() == [-1, -1] and found.source_count[0] == 0


@pytest.mark.parametrize(
    ("age", "factor"),
    [(0.0, 1.0), (1.0, 1.0), (7.0, 0.5), (13.0, 0.25), (NAN, 0.0)],
)
def test_confidence_fades_from_the_first_hour_on(age: float, factor: float) -> None:
    found = aggregate([0.3] * 4, [0.5] * 4, [4.0] * 4, [age] * 4)
    assert found.confidence[0] == pytest.approx((1 - math.exp(-2)) * factor)


def test_the_newest_source_that_speaks_makes_the_age() -> None:
    found = aggregate([0.3, 0.3, NAN, NAN], [0.5] * 4, [4.0] * 4, [7.0, NAN, 0.0, 0.0])
    assert found.confidence[0] == pytest.approx((1 - math.exp(-1)) * 0.8 * 0.5)


@pytest.mark.parametrize(
    ("score", "count", "pair"),
    [
        ([0.45, -0.15, NAN, NAN], [3, 3, 0, 0], [REDDIT, TWITTER]),  # every edge belongs to the contradiction
        ([0.44, -0.15, NAN, NAN], [3, 3, 0, 0], [-1, -1]),
        ([0.6, -0.14, NAN, NAN], [3, 3, 0, 0], [-1, -1]),
        ([0.6, -0.6, NAN, NAN], [3, 2.9, 0, 0], [-1, -1]),
        ([0.9, 0.15, NAN, NAN], [3, 3, 0, 0], [-1, -1]),  # far apart on the same side
        ([0.5, -0.2, 0.3, -0.8], [9, 9, 9, 9], [OPTIONS, TWITTER]),
        ([-0.5, 0.2, 0.9, NAN], [9, 9, 9, 9], [TWITTER, NEWS]),
        ([NAN] * 4, [9, 9, 9, 9], [-1, -1]),
    ],
)
def test_contradictions(score: list[float], count: list[float], pair: list[int]) -> None:
    assert find_divergence([score], [count])[0].tolist() == pair


def test_levels_own_their_edges() -> None:
    edges = [-1, -0.5, -0.499, -0.35 + 0.2, -0.149, 0, 0.149, 0.1 + 0.05, 0.499, 0.5, 1, NAN]
    words = (
        ["very_bearish"] * 2 + ["bearish"] * 2 + ["neutral"] * 3 + ["bullish"] * 2 + ["very_bullish"] * 2 + ["unknown"]
    )
    assert [Level(value).name.lower() for value in classify_sentiment(edges)] == words
    assert classify_sentiment([]).size == 0


def test_sources_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        Sources(*(np.zeros((2, 3)) for _ in range(4)))
    with pytest.raises(ValueError, match="shape"):
        Sources(np.zeros((2, 4)), np.zeros((2, 4)), np.zeros((2, 4)), np.zeros((1, 4)))
    assert aggregate_sources(Sources(*(np.zeros((0, 4)) for _ in range(4)))).unified.shape == (0,)


QUAD = st.tuples(*[st.floats(-1, 1)] * 4)


@given(QUAD, st.tuples(*[st.floats(0.001, 1)] * 4), st.tuples(*[st.floats(0.01, 500)] * 4))
def test_a_sentiment_is_in_range_and_does_not_jump(
    score: tuple[float, ...], quality: tuple[float, ...], count: tuple[float, ...]
) -> None:
    before = sources(list(score), list(quality), list(count))
    copies = [part.copy() for part in (before.score, before.quality, before.effective_count, before.age)]
    found = aggregate_sources(before)
    assert min(score) - 1e-9 <= found.unified[0] <= max(score) + 1e-9
    assert found.breakdown.sum() == pytest.approx(1)
    assert 0 <= found.divergence[0] <= 1 and 0 <= found.confidence[0] <= 1
    nudged = aggregate([min(one + 1e-9, 1.0) for one in score], list(quality), list(count))
    assert abs(nudged.unified[0] - found.unified[0]) < 1e-6 and abs(nudged.confidence[0] - found.confidence[0]) < 1e-6
    for part, copy in zip((before.score, before.quality, before.effective_count, before.age), copies, strict=True):
        np.testing.assert_array_equal(part, copy)


def counts(now: float, usual: float, hours: int = HOURS_NEEDED) -> npt.NDArray[np.float64]:
    series = np.full((1, hours), usual)
    series[:, -24:] = now
    return series


def trend(series: npt.NDArray[np.float64]) -> MentionTrend:
    return score_mentions(series)


@pytest.mark.parametrize(
    ("now", "usual", "word"),
    [
        (2.0, 1.0, Trend.UP),  # 48 against 24: z = 24 / sqrt(24 + 115.2) = 2.03
        (1.4, 1.0, Trend.STABLE),  # the ratio is too small
        (1.0, 1.0, Trend.STABLE),
        (0.4, 1.0, Trend.DOWN),  # z = -14.4 / 11.8
        (0.6, 1.0, Trend.STABLE),  # z = -.81
        (0.0, 0.0, Trend.STABLE),
        (1 / 24, 0.0, Trend.STABLE),  # a single post where nobody writes
        (2 / 24, 0.0, Trend.UP),
        (NAN, 1.0, Trend.UNKNOWN),
        (1.0, NAN, Trend.UNKNOWN),
    ],
)
def test_trend(now: float, usual: float, word: Trend) -> None:
    assert trend(counts(now, usual)).trend[0] == word


def test_the_example_of_the_page() -> None:
    found = trend(counts(2.0, 1.0))
    assert (found.mentions[0], found.expected[0], round(float(found.z[0]), 2)) == (48, 24, 2.03)


def test_mentions_are_held_against_the_same_hours_of_the_week() -> None:
    series = np.zeros((1, HOURS_NEEDED))
    series[0, -24 - 168 : -168] = 3.0  # a week ago
    series[0, -24 - 336 : -336] = 1.0  # two weeks ago
    series[0, -24 - 100 : -100] = 50.0  # another day, which says nothing
    series[0, -24:] = 2.0
    found = trend(series)
    assert found.expected[0] == found.mentions[0] == 48 and found.ratio[0] == 1 and found.z[0] == 0
    series[0, -24:] = 5.0
    found = trend(series)
    assert found.ratio[0] == 2.5 and found.z[0] == pytest.approx(72 / math.sqrt(48 + 48**2 / 5))


def test_hours_that_were_not_collected_leave_on_both_sides() -> None:
    series = counts(2.0, 1.0)
    series[0, -6:] = NAN  # now
    series[0, -24 - 168 : -20 - 168] = NAN  # four hours of one week: the other week speaks
    found = trend(series)
    assert (found.hours[0], found.mentions[0], found.expected[0]) == (18, 36, 18)
    series[0, -12:] = NAN
    assert trend(series).hours[0] == 12 and np.isfinite(trend(series).z[0])
    series[0, -13:] = NAN
    found = trend(series)
    assert found.hours[0] == 11 and np.isnan([found.mentions[0], found.ratio[0], found.z[0]]).all()


@pytest.mark.parametrize("wrong", [np.zeros((1, 359)), np.zeros((1, 361)), np.zeros(360)])
def test_another_number_of_hours_is_refused(wrong: npt.NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="360 hours"):
        score_mentions(wrong)


def test_trends_of_many_stocks_are_those_of_each_and_inputs_stay() -> None:
    rng = np.random.default_rng(2)
    series = rng.poisson(rng.gamma(1, 2, (50, 1)), (50, HOURS_NEEDED)).astype(np.float64)
    series[rng.random(series.shape) < 0.05] = NAN
    copy = series.copy()
    found = trend(series)
    np.testing.assert_array_equal(found.trend, [trend(series[i : i + 1]).trend[0] for i in range(50)])
    np.testing.assert_array_equal(series, copy)
    assert trend(np.zeros((0, HOURS_NEEDED))).z.shape == (0,)


def test_the_reading_fits_the_aggregate() -> None:
    rows = [{"source": NEWS, "half_life": 24.0, "score": 0.8, "age": float(i)} for i in range(6)]
    reading: SourceReading = score_sources(items(*rows), 1)
    found = aggregate_sources(Sources(reading.score, reading.quality, reading.effective_count, reading.age))
    assert found.unified[0] == pytest.approx(0.8) and found.breakdown[0].tolist() == [0, 0, 1, 0]
    assert 0 < found.confidence[0] < 0.7


def test_joined_sources_add_what_can_be_compared() -> None:
    loud, quiet, unread = (np.full((1, HOURS_NEEDED), level) for level in (1.0, 1.0, NAN))
    loud[0, -24:] = 3.0
    quiet[0, -24:-12] = NAN  # twelve hours compared
    joined = join_mentions([score_mentions(loud), score_mentions(quiet), score_mentions(unread)])
    assert (joined.mentions[0], joined.expected[0], joined.hours[0]) == (72 + 12, 24 + 12, 24)
    assert joined.z[0] == pytest.approx((84 - 36) / math.sqrt(36 + 36**2 / 5))
    assert joined.trend[0] == Trend.UP
    alone = score_mentions(loud)
    assert join_mentions([alone]).z[0] == alone.z[0]
    silent = join_mentions([score_mentions(unread)])
    assert (silent.trend[0], silent.hours[0]) == (Trend.UNKNOWN, 0)
    assert np.isnan(silent.mentions[0])
    with pytest.raises(ValueError, match="source"):
        join_mentions([])
