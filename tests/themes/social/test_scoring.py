"""Texts and stored documents, scored: with and without an artefact, once, with what they count."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from sentiment_site.market import clock
from sentiment_site.providers.social_records import AccountRecord
from tests.themes.documents.conftest import NOON, hours
from themes.documents.post_store import forget_posts, store_posts
from themes.documents.posts import Post
from themes.documents.records import Draft
from themes.documents.store import load_ticker_book, store_documents
from themes.models import Document, Influencer, NewsSentiment, RedditPost, RedditSentiment, Tweet, TweetSentiment
from themes.models.documents import DocumentKind
from themes.social.model import ArtefactRefused
from themes.social.scoring import get_engine_version, score_documents, score_text, score_texts
from themes.social.training import train_sentiment
from universe.models import DataSource, Instrument

FAN = AccountRecord("7", "fan", "A fan", 20_000, NOON - dt.timedelta(days=300), 900)
SHILL = AccountRecord("8", "shill", "A shill", 10, NOON - dt.timedelta(days=10), 5_000)
BULL = "$ACME beats estimates and raises guidance, I am buying more of it"


def tweet(number: int, text: str, account: AccountRecord = FAN, likes: int = 0, language: str = "en") -> Post:
    draft = Draft(
        DocumentKind.X, str(number), NOON - hours(2) + dt.timedelta(minutes=number), "", text, author=account.name,
        language=language,
    )  # fmt: skip
    return Post(draft, account, likes=likes)


def submission(number: int, title: str, text: str, score: int = 0) -> Post:
    account = AccountRecord("redditor", "redditor", "redditor", None, None, None)
    draft = Draft(DocumentKind.REDDIT, f"t3_{number}", NOON - hours(1), title, text, author="redditor")
    return Post(draft, account, likes=score, replies=3, subreddit="stocks")


def stored(posts: list[Post], source: DataSource) -> list[int]:
    with clock.frozen(NOON):
        return list(store_posts(posts, source, load_ticker_book()).document_ids)


def test_a_text_without_artefact_is_the_lexicons() -> None:
    score = score_text(BULL, ["ACME"])["ACME"]
    assert score.score == score.lexicon_score > 0.3
    assert (score.model_score, score.label, score.is_whole) == (None, "bullish", True)
    assert score_text(BULL, ["ACME"]) == score_text(BULL, ["ACME"])
    assert score_text(BULL, []) == {}
    assert score_texts([]) == []
    assert get_engine_version() == "lex1"


def test_each_cashtag_has_its_own_score() -> None:
    scores = score_text("$ACME beats estimates, $BETA misses badly and will crash", ["ACME", "BETA"])
    assert (scores["ACME"].label, scores["BETA"].label) == ("bullish", "bearish")
    assert not scores["ACME"].is_whole


def test_with_an_artefact_both_speak(training_file: Path, tmp_path: Path, settings: Settings) -> None:
    manifest = train_sentiment(training_file, tmp_path / "model")
    settings.SENTIMENT_MODEL = str(tmp_path / "model")
    score = score_text(BULL, ["ACME"])["ACME"]
    assert score.model_score is not None
    assert score.score == pytest.approx(0.35 * score.lexicon_score + 0.65 * score.model_score)
    assert get_engine_version() == f"lex1+{manifest['sha256'][:8]}"
    (tmp_path / "model" / "manifest.json").write_text("{}")
    with pytest.raises(ArtefactRefused):
        score_text(BULL, ["ACME"])
    settings.SENTIMENT_MODEL = str(tmp_path / "nowhere")
    with pytest.raises(ArtefactRefused):
        score_text(BULL, ["ACME"])


@pytest.mark.django_db
def test_documents_of_every_kind_are_scored_once(source: DataSource, acme: Instrument) -> None:
    news = Draft(DocumentKind.NEWS, "n1", NOON, "Acme Nuclear beats estimates", "Shares jumped 12%.", tags=["ACME"])
    filing = Draft(DocumentKind.FILING, "f1", NOON, "8-K of Acme", "Notice of delisting.", cik=acme.cik)
    empty = Draft(DocumentKind.FILING, "f2", NOON, "8-K of Acme", cik=acme.cik)
    ids = [
        *stored([tweet(1, BULL, likes=40), submission(1, "Why ACME will crash", "It is a scam.", 9)], source),
        *store_documents([news, filing, empty], source, load_ticker_book()).document_ids,
    ]
    with clock.frozen(NOON):
        assert score_documents(ids) == 4
    on_x = TweetSentiment.objects.get()
    assert (on_x.document_key, on_x.instrument, on_x.label) == ("x:1", acme, "bullish")
    assert on_x.tweet == Tweet.objects.get()
    assert (on_x.event_at, on_x.recorded_at) == (on_x.tweet.document.event_at, NOON)
    assert on_x.weight == pytest.approx(math.prod(on_x.weight_parts.values()))
    assert on_x.weight_parts["engagement"] == pytest.approx(1 + math.log(41) / 4)
    assert on_x.weight_parts["influence"] == pytest.approx(1 + 0.5 * math.log10(2))
    on_reddit = RedditSentiment.objects.get()
    assert (on_reddit.label, on_reddit.reddit_post) == ("bearish", RedditPost.objects.get())
    assert on_reddit.weight_parts["engagement"] == pytest.approx(1 + math.log(13) / 4)
    assert dict(NewsSentiment.objects.values_list("document_key", "label")) == {
        "news:n1": "bullish", "filing:f1": "bearish",
    }  # fmt: skip
    assert set(NewsSentiment.objects.values_list("weight", flat=True)) == {1.0}
    # again: nothing new, nothing changed
    assert score_documents([*ids, *ids]) == 0
    assert TweetSentiment.objects.get().recorded_at == NOON
    with clock.frozen(NOON + hours(1)):
        assert score_documents(ids, again=True) == 4
    assert TweetSentiment.objects.get().recorded_at == NOON + hours(1)


@pytest.mark.django_db
def test_what_is_gone_or_foreign_is_not_scored(source: DataSource, acme: Instrument) -> None:
    ids = stored([tweet(1, BULL), tweet(2, "$ACME steigt bald sehr", language="de"), tweet(3, "nobody's")], source)
    forget_posts(DocumentKind.X, ["1"])
    assert score_documents([*ids, 999_999]) == 0
    assert score_documents([]) == 0


@pytest.mark.django_db
def test_copies_bots_and_spam_count_less_with_reasons(source: DataSource, acme: Instrument) -> None:
    copied = "Everyone should load up on $ACME before the crowd, join our telegram group for the next alert"
    posts = [tweet(1, copied), *(tweet(n, copied, SHILL) for n in range(2, 9)), tweet(20, BULL)]
    score_documents(stored(posts, source))
    honest = TweetSentiment.objects.get(document_key="x:20")
    first = TweetSentiment.objects.get(document_key="x:1")
    last = TweetSentiment.objects.get(document_key="x:8")
    assert honest.weight > 5 * first.weight
    assert first.weight > 5 * last.weight
    assert first.weight_parts["copies"] == pytest.approx(1 / math.sqrt(8))
    assert (first.weight_parts["bot"], last.weight_parts["bot"]) == (1.0, 0.2)
    shill = Influencer.objects.get(username="shill")
    assert (shill.is_bot, shill.duplicate_share, shill.bot_reason) == (True, 1.0, "500 posts a day")
    fan = Influencer.objects.get(username="fan")
    assert (fan.is_bot, fan.duplicate_share, fan.bot_reason) == (False, 0.0, "")
    post = Tweet.objects.get(document__external_id="8")
    assert post.spam_reasons == ["invites to a group", "promotional phrase"]
    assert post.spam_score == pytest.approx(0.7)
    assert Tweet.objects.get(document__external_id="20").spam_reasons == []


@pytest.mark.django_db
def test_a_post_without_its_counts_or_author(source: DataSource, acme: Instrument) -> None:
    ids = stored([tweet(1, BULL), tweet(2, "$ACME will crash")], source)
    Tweet.objects.filter(document__external_id="1").delete()
    Influencer.objects.all().delete()
    assert score_documents(ids) == 2
    assert TweetSentiment.objects.get(document_key="x:1").tweet is None
    assert TweetSentiment.objects.get(document_key="x:2").weight_parts["credibility"] == pytest.approx(0.35)


@pytest.mark.django_db
def test_queries_do_not_grow_with_documents(
    source: DataSource, acme: Instrument, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    few = stored([tweet(n, f"{BULL}, part {n}") for n in range(3)], source)
    many = stored([tweet(n, f"$ACME will crash in week {n}, number {n}") for n in range(10, 60)], source)
    for ids in (few, many):
        with django_assert_num_queries(11):
            assert score_documents(ids) == len(ids)
    assert Document.objects.count() == 53
