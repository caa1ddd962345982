"""A pass over what people write: worked by hand, against a loop in plain Python, once, whole, without look-ahead."""

from __future__ import annotations

import datetime as dt
import math
import random
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_site.market import clock
from tests.themes.documents.conftest import NOON, hours
from themes.documents.post_store import forget_posts
from themes.kernels.source_sentiment import NOBODY, Items
from themes.kernels.spam import compute_weight
from themes.models import (
    AggregatedSentiment,
    CollectionSpan,
    DivergenceOutcome,
    PostCount,
    SentimentPass,
    SymbolSentiment,
)
from themes.models.documents import DocumentKind
from themes.social import aggregate
from themes.social.aggregate import NOT_SCORABLE, ONLY_COUNTED, form_opinion, run_pass
from themes.social.inputs import OptionsFlow, Talk, compute_trading_hours, find_collected, load_talk
from universe.models import DataSource, Instrument

from .talk import add_account, add_stock, say, write

X, REDDIT, NEWS, FILING = DocumentKind.X, DocumentKind.REDDIT, DocumentKind.NEWS, DocumentKind.FILING
HALF = dt.timedelta(minutes=30)


def run(at: dt.datetime = NOON, known_at: dt.datetime | None = None) -> SentimentPass | None:
    with clock.frozen(known_at or at):
        return run_pass(at, known_at=known_at)


def of(stock: Instrument, source: str, at: dt.datetime = NOON) -> SymbolSentiment:
    return SymbolSentiment.objects.get(instrument=stock, source=source, timestamp=at)


def whole(stock: Instrument, at: dt.datetime = NOON) -> AggregatedSentiment:
    return AggregatedSentiment.objects.get(instrument=stock, timestamp=at)


def read_feeds(*feeds: str, days: float = 16, until: dt.datetime = NOON) -> None:
    CollectionSpan.objects.bulk_create(
        CollectionSpan(feed=feed, since=until - hours(24 * days), until=until, recorded_at=until) for feed in feeds
    )


@pytest.mark.django_db
def test_two_sources_by_hand(acme: Instrument) -> None:
    say(acme, X, 1.0, 0)
    say(acme, X, -1.0, 4)  # counts half: (1 - .5) / 1.5 = 1/3
    say(acme, NEWS, 0.6, 24)
    say(acme, FILING, -0.6, 48)  # both count half: 0 of two items
    read_feeds("x", "news")
    done = run()
    assert done is not None
    assert (done.stocks, done.silent, done.texts, done.is_simulated) == (1, 0, 4, True)
    on_x, in_news = of(acme, "twitter"), of(acme, "news")
    assert on_x.score == pytest.approx(1 / 3)
    assert on_x.effective_count == pytest.approx(1.8)
    assert on_x.quality == pytest.approx(1.8 / 9.8)
    assert (on_x.mention_count, on_x.expected_mentions) == (2, 0)
    assert (in_news.score, in_news.quality) == (pytest.approx(0), pytest.approx(2 / 4))
    assert in_news.mention_count == 0  # none of the last 24 hours: the article is exactly a day old
    row = whole(acme)
    pull = {"twitter": 0.20 * 1.8 / 9.8, "news": 0.35 * 0.5}
    total = sum(pull.values())
    unified = pull["twitter"] / 3 / total
    spread = math.sqrt(pull["twitter"] / total * (1 / 3 - unified) ** 2 + pull["news"] / total * unified**2)
    assert row.unified_sentiment == pytest.approx(unified)
    assert row.source_breakdown == {name: pytest.approx(value / total) for name, value in pull.items()}
    assert row.divergence_score == pytest.approx(spread / 0.6)
    assert row.confidence == pytest.approx((1 - math.exp(-3.8 / 8)) * (1 - 0.5 * spread / 0.6) * 0.8)
    assert (row.sentiment_level, row.source_count, row.divergence_detected) == ("neutral", 2, False)
    assert (row.providers_used, row.provider_count) == (["press (simulated)"], 1)
    assert (row.twitter_sentiment, row.reddit_sentiment, row.options_flow_sentiment) == (on_x.score, None, None)
    assert (row.symbol, row.total_mention_count, row.is_simulated) == ("ACME", 2, True)
    assert (row.timestamp, row.aggregated_at) == (NOON, NOON)


def plain_source(rows: list[tuple[float, float, float, float]]) -> tuple[float, float]:
    """Score and effective count of (score, weight, age, half-life) by a loop; nobody is above a tenth here."""
    top = bottom = squares = 0.0
    for score, weight, age, half_life in rows:
        counted = weight * 0.5 ** (age / half_life)
        top, bottom, squares = top + counted * score, bottom + counted, squares + counted**2
    return top / bottom, bottom**2 / squares


@pytest.mark.django_db
def test_sets_agree_with_a_plain_loop(source: DataSource) -> None:
    rng = random.Random(3)
    kinds = {X: ("twitter", 4.0, 8, 24), REDDIT: ("reddit", 8.0, 6, 48), NEWS: ("news", 24.0, 2, 144)}
    stocks = [add_stock(f"S{n}", source) for n in range(4)]
    written: dict[tuple[int, str], list[tuple[float, float, float, float]]] = {}
    accounts = {kind: [add_account(f"{kind}{n}", kind) for n in range(25)] for kind in (X, REDDIT)}
    for stock in stocks:
        for kind, (name, half_life, _, window) in kinds.items():
            for n in range(25):
                # heavy enough ages for windows, light enough for the tenth of an author to hold nobody back
                score, weight, age = rng.uniform(-1, 1), rng.uniform(1, 1.1), rng.uniform(0, half_life / 20)
                written.setdefault((stock.pk, name), []).append((score, weight, age, half_life))
                by = {"author": f"paper {n}"} if kind == NEWS else {"account": accounts[kind][n]}
                say(stock, kind, score, age, weight=weight, recorded_at=NOON, **by)  # type: ignore[arg-type]
            say(stock, kind, 1.0, window + 0.01, weight=9)  # too old
    assert run() is not None
    for stock in stocks:
        top = bottom = 0.0
        for name, omega, k in (("twitter", 0.20, 8), ("reddit", 0.20, 6), ("news", 0.35, 2)):
            score, count = plain_source(written[stock.pk, name])
            row = of(stock, name)
            assert (row.score, row.effective_count) == (pytest.approx(score), pytest.approx(count))
            assert row.quality == pytest.approx(count / (count + k))
            top, bottom = top + omega * count / (count + k) * score, bottom + omega * count / (count + k)
        assert whole(stock).unified_sentiment == pytest.approx(top / bottom)


@pytest.mark.django_db
def test_a_loud_account_is_a_tenth(source: DataSource) -> None:
    stock, loud = add_stock("LOUD", source), add_account("loud")
    for n in range(40):
        say(stock, X, 1.0, 0, account=loud)
        if n < 20:
            say(stock, X, -1.0, 0, account=add_account(f"other{n}"))
    run()
    row = of(stock, "twitter")
    assert row.facts["top_share"] <= 0.1 + 1e-9
    assert row.score == pytest.approx(0.1 - 0.9)
    assert (row.mention_count, row.facts["texts"], row.facts["authors"]) == (60, 60, 21)


@pytest.mark.django_db
def test_what_came_later_changes_nothing(acme: Instrument) -> None:
    say(acme, X, 0.5, 1)
    say(acme, NEWS, -0.4, 3)
    write(acme, REDDIT, 2)
    read_feeds("x", "news", "reddit")
    before = load_talk(NOON)
    say(acme, X, -1.0, -0.01)  # public a moment later
    say(acme, X, -1.0, 1, recorded_at=NOON + HALF)  # public before, here later
    say(acme, REDDIT, 1.0, 5, recorded_at=NOON + HALF)
    write(acme, NEWS, 2, recorded_at=NOON + HALF)
    read_feeds("press", until=NOON + hours(1))
    PostCount.objects.create(
        instrument=acme, kind="reddit", starts_at=NOON - hours(3), count=99, is_simulated=True, recorded_at=NOON + HALF
    )
    flow(acme, 0.9, NOON + HALF)
    after = load_talk(NOON)
    for name in ("ids", "counts", "day", "collected", "simulated"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name), name)
    for name in ("score", "weight", "age"):
        np.testing.assert_array_equal(np.sort(getattr(before.items, name)), np.sort(getattr(after.items, name)), name)
    assert before.read_until == after.read_until
    # catching up knows it
    late = load_talk(NOON, NOON + hours(1))
    assert len(late.items.score) == 4


@pytest.mark.django_db
def test_a_slot_is_written_once(acme: Instrument) -> None:
    say(acme, X, 0.5, 1)
    assert run() is not None
    rows = list(AggregatedSentiment.objects.values())
    say(acme, X, -0.5, 1)
    assert run() is None
    assert list(AggregatedSentiment.objects.values()) == rows


@pytest.mark.django_db
@pytest.mark.parametrize("dies_in", ["_save_pass", "copy_rows", "open_divergences", "announce_change"])
def test_a_pass_is_whole_or_not_at_all(acme: Instrument, dies_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    say(acme, X, 0.5, 1)
    real = getattr(aggregate, dies_in)
    calls = []

    def die(*given: Any, **named: Any) -> Any:
        calls.append(given)
        if dies_in == "copy_rows" and len(calls) == 1:
            return real(*given, **named)  # between the two tables
        raise KeyboardInterrupt

    monkeypatch.setattr(aggregate, dies_in, die)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert [table.objects.count() for table in (SymbolSentiment, AggregatedSentiment, SentimentPass)] == [0, 0, 0]
    monkeypatch.undo()
    assert run() is not None
    assert AggregatedSentiment.objects.count() == 1


@pytest.mark.django_db
def test_a_deleted_post_leaves_later_passes(acme: Instrument) -> None:
    gone = say(acme, X, 1.0, 1)
    say(acme, X, -0.5, 1)
    run()
    assert whole(acme).unified_sentiment == pytest.approx(0.25)
    with clock.frozen(NOON + HALF):
        forget_posts(X, [gone.external_id])
    run(NOON + HALF)
    assert whole(acme, NOON + HALF).unified_sentiment == pytest.approx(-0.5)
    assert of(acme, "twitter", NOON + HALF).mention_count == 1
    assert load_talk(NOON).day.sum() == 2  # as it was known then


def flow(stock: Instrument, score: float | None, at: dt.datetime, quality: float = 0.8) -> None:
    SymbolSentiment.objects.create(
        instrument=stock, source="options", timestamp=at, score=score, quality=quality, effective_count=5,
        recorded_at=at, facts={"provider": "polygon (simulated)", "is_simulated": True},
    )  # fmt: skip


@pytest.mark.django_db
def test_options_count_within_their_age(source: DataSource, acme: Instrument) -> None:
    friday, thursday = NOON, NOON - hours(24)  # a session of 6.5 trading hours apart: half the quality
    old, bare = add_stock("OLD", source), add_stock("BARE", source)
    flow(acme, -0.9, NOON - hours(48))
    flow(acme, 0.4, thursday)
    flow(old, 0.7, NOON - hours(50))  # more than two sessions
    flow(bare, None, friday)
    say(old, NEWS, 0.2, 1)
    run()
    row = whole(acme)
    assert (row.unified_sentiment, row.options_flow_sentiment) == (pytest.approx(0.4), pytest.approx(0.4))
    assert (row.source_breakdown, row.providers_used) == ({"options": 1.0}, ["polygon (simulated)"])
    expected = (1 - math.exp(-5 / 8)) * (0.6 + 0.1) * 2 ** (-5.5 / 6)
    assert row.confidence == pytest.approx(expected)
    assert (row.sentiment_level, row.total_mention_count, row.is_simulated) == ("bullish", 0, True)
    assert whole(old).options_flow_sentiment is None
    assert not AggregatedSentiment.objects.filter(instrument=bare, unified_sentiment__isnull=False).exists()
    talk = load_talk(NOON)
    place = talk.ids.tolist().index(acme.pk)
    assert form_opinion(talk).sources.quality[place, 3] == pytest.approx(0.4)


def test_trading_hours_are_those_of_the_regular_session() -> None:
    friday_close = NOON + hours(4)
    monday_noon = NOON + hours(72)
    assert compute_trading_hours(NOON - hours(24), NOON) == pytest.approx(6.5)
    assert compute_trading_hours(friday_close, monday_noon) == pytest.approx(2.5)  # nothing over the weekend
    assert compute_trading_hours(monday_noon, friday_close) == 0


@pytest.mark.django_db
def test_silence_is_null_and_told_once(acme: Instrument) -> None:
    say(acme, X, 0.5, 23)
    read_feeds("x")
    run()
    later = NOON + hours(2)  # the post has left the window
    assert run(later) is not None
    row = whole(acme, later)
    assert (row.unified_sentiment, row.confidence, row.sentiment_level, row.source_breakdown) == (None, 0, "", {})
    assert (row.source_count, row.provider_count, row.divergence_score) == (0, 0, 0)
    on_x = of(acme, "twitter", later)
    assert (on_x.score, on_x.quality, on_x.effective_count) == (None, 0, 0)
    assert on_x.facts["why"] == "nothing about it within 24 hours"
    much_later = later + HALF
    assert run(much_later) is not None
    assert not AggregatedSentiment.objects.filter(timestamp=much_later).exists()


@pytest.mark.django_db
def test_words_that_cannot_be_scored_are_mentions_without_a_score(acme: Instrument) -> None:
    write(acme, REDDIT, 1)
    run()
    row = of(acme, "reddit")
    assert (row.score, row.mention_count, row.facts["why"]) == (None, 1, NOT_SCORABLE)
    assert whole(acme).unified_sentiment is None


@pytest.mark.django_db
def test_counts_stand_in_where_posts_were_not_read(acme: Instrument) -> None:
    PostCount.objects.bulk_create(
        PostCount(
            instrument=acme, kind="x", starts_at=NOON - hours(hour + 1), count=2 if hour >= 24 else 6,
            is_simulated=True, recorded_at=NOON - hours(hour + 0.01),
        )
        for hour in range(24 * 15)
    )  # fmt: skip
    PostCount.objects.create(  # counted again later: the newest count holds
        instrument=acme, kind="x", starts_at=NOON - hours(1), count=7, is_simulated=True, recorded_at=NOON
    )
    PostCount.objects.create(  # and what is not known yet does not
        instrument=acme, kind="x", starts_at=NOON - hours(1), count=999, is_simulated=True, recorded_at=NOON + HALF
    )
    run()
    row = of(acme, "twitter")
    assert (row.score, row.mention_count, row.facts["why"]) == (None, 24 * 6 + 1, ONLY_COUNTED)
    assert row.facts["counted"] is True
    assert (row.expected_mentions, row.volume_trend) == (48, "up")
    assert row.mention_z == pytest.approx((145 - 48) / math.sqrt(48 + 48**2 / 5))
    total = whole(acme)
    assert (total.unified_sentiment, total.total_mention_count, total.volume_trend) == (None, 145, "up")
    assert total.is_simulated


@pytest.mark.django_db
def test_an_hour_that_nobody_read_is_no_silent_one(acme: Instrument) -> None:
    for day in (7, 14):
        for hour in range(24):
            write(acme, X, 24 * day + hour)
    run()
    assert not AggregatedSentiment.objects.exists()  # nobody writes today, and nobody knows
    say(acme, NEWS, 0.5, 1)
    read_feeds("news")
    run(NOON + HALF)
    assert SymbolSentiment.objects.filter(source="twitter").count() == 0  # X was never read: nothing to expect
    read_feeds("x")
    run(NOON + 2 * HALF)
    row = of(acme, "twitter", NOON + 2 * HALF)
    assert (row.score, row.mention_count, row.volume_trend) == (None, 0, "down")
    assert row.expected_mentions == pytest.approx(23)


def test_an_hour_is_read_when_its_middle_is() -> None:
    begin = NOON - hours(360)
    spans = [
        ("x", begin + hours(10.4), begin + hours(12.6)),
        ("news", begin, begin + hours(3)),
        ("press", begin + hours(1), begin + hours(9)),
        ("scoring", begin, NOON),
    ]
    collected = find_collected(spans, begin)
    assert np.flatnonzero(collected[0]).tolist() == [10, 11, 12]
    assert not collected[1].any()
    assert np.flatnonzero(collected[2]).tolist() == [1, 2]  # by every feed that exists; filings never did
    assert not find_collected([], begin).any()


@pytest.mark.django_db
def test_contradictions_are_watched_once_in_five_sessions(acme: Instrument) -> None:
    for n in range(12):
        say(acme, X, 0.6, 0.1, account=add_account(f"bull{n}"))
        say(acme, NEWS, -0.6, 0.1, author=f"paper {n}")
    run()
    assert whole(acme).divergence_detected
    rows = list(DivergenceOutcome.objects.order_by("horizon").values_list("horizon", "session", "ends_on"))
    friday = dt.date(2026, 8, 21)
    monday = dt.date(2026, 8, 24)
    assert rows == [(1, monday, monday), (5, monday, dt.date(2026, 8, 28))]
    one = DivergenceOutcome.objects.first()
    assert one is not None
    assert (one.bearish_source, one.bullish_source, one.diverged_at) == ("news", "twitter", NOON)
    assert (one.state, one.right_source, one.session > friday) == ("open", "", True)
    run(NOON + HALF)
    assert DivergenceOutcome.objects.count() == 2  # it lasts


@pytest.mark.django_db
def test_statements_do_not_grow_with_stocks(source: DataSource) -> None:
    def fill(count: int, prefix: str) -> None:
        for n in range(count):
            stock = add_stock(f"{prefix}{n}", source)
            say(stock, X, 0.5, 1)
            say(stock, NEWS, 0.1, 1)

    fill(2, "A")
    with CaptureQueriesContext(
        connection,
    ) as few:
        run()
    fill(25, "B")
    with CaptureQueriesContext(connection) as many:
        run(NOON + HALF)
    assert SentimentPass.objects.get(as_of=NOON + HALF).stocks == 27
    assert len(many) == len(few) <= 16


@pytest.mark.django_db
def test_an_empty_world_has_an_empty_pass() -> None:
    done = run()
    assert done is not None
    assert (done.stocks, done.silent, done.texts, done.is_simulated) == (0, 0, 0, False)
    assert "never read" in done.sources["twitter"]["missing"]


ITEM = st.tuples(
    st.integers(0, 3), st.integers(0, 2), st.floats(-1, 1), st.floats(1e-3, 9), st.floats(0, 200), st.integers(-1, 30)
)


def talk_of(rows: list[tuple[int, int, float, float, float, int]], flow: tuple[float, float] | None = None) -> Talk:
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * 6
    stock, place, author = (np.array(columns[n], dtype=np.int64) for n in (0, 1, 5))
    score, weight, age = (np.array(columns[n], dtype=np.float64) for n in (2, 3, 4))
    half_life = np.array([4.0, 8.0, 24.0])[place]
    nothing = np.full(4, np.nan)
    said = np.array([flow[0] if flow else np.nan, np.nan, np.nan, np.nan])
    sure = np.array([flow[1] if flow else np.nan, np.nan, np.nan, np.nan])
    return Talk(
        at=NOON, ids=np.arange(4), items=Items(stock, place, score, weight, age, half_life, author),
        counts=np.full((4, 3, 360), np.nan), day=np.zeros((4, 3), dtype=np.int64),
        is_counted=np.zeros((4, 3), dtype=np.bool_),
        options=OptionsFlow(
            said, sure, np.where(np.isfinite(said), 1.0, nothing), np.where(np.isfinite(said), 4.0, nothing), ("",) * 4
        ),
        provider_ids=((),) * 4, spoke=np.zeros((4, 3), dtype=np.bool_), simulated=np.zeros(4, dtype=np.bool_),
        read_until={}, collected=np.zeros((3, 360), dtype=np.bool_),
    )  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(ITEM, max_size=40), st.none() | st.tuples(st.floats(-1, 1), st.floats(0, 1)))
def test_whatever_is_said_stays_in_range(
    rows: list[tuple[int, int, float, float, float, int]], flow: tuple[float, float] | None
) -> None:
    said = form_opinion(talk_of(rows, flow)).aggregate
    heard = np.zeros(4, dtype=np.bool_)
    heard[[row[0] for row in rows]] = True
    heard[0] |= flow is not None and flow[1] > 1e-12
    silent = ~np.isfinite(said.unified)
    assert not (silent & heard).any() or flow is not None
    assert silent[~heard].all() or flow is not None
    assert (np.abs(said.unified[~silent]) <= 1).all()
    assert ((said.confidence >= 0) & (said.confidence <= 1)).all()
    assert (said.confidence[silent] == 0).all()
    assert ((said.divergence >= 0) & (said.divergence <= 1)).all()
    np.testing.assert_allclose(said.breakdown.sum(axis=1), np.where(silent, 0.0, 1.0), atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(12, 40), st.integers(1, 200), st.floats(-1, 1))
def test_however_much_one_writes_he_is_a_tenth(others: int, posts: int, score: float) -> None:
    rows = [(0, 0, 0.2, 1.0, 0.0, n) for n in range(others)] + [(0, 0, score, 1.0, 0.0, 99)] * posts
    opinion = form_opinion(talk_of(rows))
    assert opinion.reading.top_share[0, 0] <= 0.1 + 1e-9
    assert NOBODY == -1


@pytest.mark.django_db
def test_a_time_span_of_the_clock_is_kept(acme: Instrument) -> None:
    say(acme, X, 0.5, 1)
    done = run(NOON, known_at=NOON + hours(1))
    assert done is not None
    assert (done.as_of, done.known_at, done.recorded_at) == (NOON, NOON + hours(1), NOON + hours(1))
    assert whole(acme).aggregated_at == NOON + hours(1)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 10_000), st.integers(0, 10**6), st.floats(0.1, 1), st.floats(0, 1), st.booleans())
def test_a_copy_never_counts_more_than_the_original(
    copies: int, engagement: int, credibility: float, spam: float, is_bot: bool
) -> None:
    def weigh(count: int) -> tuple[float, float]:
        found = compute_weight(
            engagement=engagement, credibility=credibility, influence=1.0, copies=count, spam=spam, is_bot=is_bot
        )
        return found.value, found.parts["copies"]

    (value, share), (more, less) = weigh(copies), weigh(copies + 1)
    assert 0 < less < share <= 1
    assert more < value
