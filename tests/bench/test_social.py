"""Texts scored beside VADER alone, and a pass over 1,500 stocks beside the bare GROUP BY of its rows."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

import pytest
from django.db import connection
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from sentiment_site.market import clock
from themes.models import CollectionSpan, DocumentCluster, SymbolSentiment
from themes.social.aggregate import run_pass
from themes.social.scoring import score_texts

from .harness import in_turns, judge, time_ms
from .world import EARLY, MORNING, World

TEXTS = 2_000
# Per stock: posts on X, posts on Reddit and articles that enter the score; documents of the two weeks before.
ON_X, ON_REDDIT, ARTICLES, BEFORE = 20, 10, 10, 60
WORDS = (
    "beats estimates", "misses badly", "to the moon", "will crash", "raises guidance", "is a scam", "upgraded",
    "not worth it", "strong quarter", "weak demand", "the chart", "volume", "holding", "sold mine", "great news",
)  # fmt: skip
_DOCUMENTS = """
INSERT INTO themes_document (kind, external_id, source_id, form, items, title, text, url, author, language, facts,
    event_at, recorded_at, cluster_id, signature, is_simulated)
SELECT kind, kind || instrument || '-' || n, %(source)s, '', '[]', '', '', '', 'a' || n, 'en',
       jsonb_build_object('i', instrument, 'n', n), at, at, %(cluster)s, '', true
FROM (SELECT instrument, n,
             CASE WHEN n %% 4 < 2 THEN 'x' WHEN n %% 4 = 2 THEN 'reddit' ELSE 'news' END AS kind,
             %(at)s - make_interval(secs => CASE WHEN n <= 40 THEN 60 + n * 1800 + instrument %% 900
                                                 ELSE 90000 + n * 11000 + instrument %% 9000 END) AS at
      FROM unnest(%(ids)s) AS instrument, generate_series(1, %(each)s) AS n) d
"""
_MENTIONS = """
INSERT INTO themes_mention (document_id, instrument_id, rule, sureness, event_at)
SELECT id, (facts->>'i')::int, 'cashtag', .98, event_at FROM themes_document
"""
_POSTS = (
    "INSERT INTO themes_tweet (document_id, likes, reposts, replies, quotes, spam_score, spam_reasons, counted_at)"
    " SELECT id, 0, 0, 0, 0, 0, '[]', event_at FROM themes_document WHERE kind = 'x'",
    "INSERT INTO themes_redditpost (document_id, subreddit, score, comments, flair, spam_score, spam_reasons,"
    " counted_at) SELECT id, 'stocks', 0, 0, '', 0, '[]', event_at FROM themes_document WHERE kind = 'reddit'",
)
_SCORES = """
INSERT INTO themes_{table} (document_key, instrument_id, event_at, score, lexicon_score, label, weight, weight_parts,
    engine_version, recorded_at, {link})
SELECT kind || ':' || external_id, (facts->>'i')::int, event_at, sin(id), sin(id), 'neutral', 1 + random(), '{{}}',
    'lex1', event_at, id FROM themes_document WHERE kind = '{kind}' AND (facts->>'n')::int <= 40
"""
_BARE_SCORES = """
SELECT instrument_id, source, sum(w * score) / sum(w), sum(w) ^ 2 / sum(w * w), count(*) FROM (
    SELECT instrument_id, 0 AS source, score, weight * 2 ^ (-extract(epoch FROM %(at)s - event_at) / 14400) AS w
    FROM themes_tweetsentiment WHERE event_at > %(at)s - interval '1 day' AND event_at <= %(at)s
    UNION ALL
    SELECT instrument_id, 1, score, weight * 2 ^ (-extract(epoch FROM %(at)s - event_at) / 28800)
    FROM themes_redditsentiment WHERE event_at > %(at)s - interval '2 days' AND event_at <= %(at)s
    UNION ALL
    SELECT instrument_id, 2, score, weight * 2 ^ (-extract(epoch FROM %(at)s - event_at) / 86400)
    FROM themes_newssentiment WHERE event_at > %(at)s - interval '6 days' AND event_at <= %(at)s) s
GROUP BY 1, 2
"""
_BARE_MENTIONS = """
SELECT m.instrument_id, d.kind, date_trunc('hour', m.event_at), count(*)
FROM themes_mention m JOIN themes_document d ON d.id = m.document_id
WHERE m.event_at > %(at)s - interval '15 days' AND m.event_at <= %(at)s GROUP BY 1, 2, 3
"""


def test_scoring_beside_vader() -> None:
    rng = random.Random(1)
    texts = [f"$ABCD {' and '.join(rng.sample(WORDS, 4))}, {n} shares" for n in range(TEXTS)]
    analyser = SentimentIntensityAnalyzer()
    asked = [(text, ["ABCD"]) for text in texts]

    def score() -> None:
        assert len(score_texts(asked)) == TEXTS

    def vader() -> None:
        for text in texts:
            analyser.polarity_scores(text)

    judge("T1", lambda: in_turns(lambda: time_ms(score), lambda: time_ms(vader), repeats=3))


@pytest.fixture(scope="module")
def talk(world: World) -> Iterator[int]:
    """Documents, mentions and scores of the members, committed; how many scores."""
    cluster = DocumentCluster.objects.create(first_at=EARLY)
    asked = {
        "source": world.source.pk, "cluster": cluster.pk, "at": MORNING, "ids": world.members.tolist(),
        "each": ON_X + ON_REDDIT + ARTICLES + BEFORE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS, asked)
        cursor.execute(_MENTIONS)
        for statement in _POSTS:
            cursor.execute(statement)
        for table, link, kind in (
            ("tweetsentiment", "tweet_id", "x"),
            ("redditsentiment", "reddit_post_id", "reddit"),
            ("newssentiment", "document_id", "news"),
        ):
            cursor.execute(_SCORES.format(table=table, link=link, kind=kind))
        cursor.execute("ANALYZE")
    CollectionSpan.objects.bulk_create(
        CollectionSpan(feed=feed, since=MORNING - dt.timedelta(days=20), until=MORNING, recorded_at=MORNING)
        for feed in ("x", "reddit", "news")
    )
    yield len(world.members) * (ON_X + ON_REDDIT + ARTICLES)
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE themes_documentcluster, themes_symbolsentiment, themes_aggregatedsentiment, themes_sentimentpass,"
            " themes_divergenceoutcome, themes_collectionspan, themes_tweetsentiment, themes_redditsentiment,"
            " themes_newssentiment CASCADE"
        )


def test_a_pass_over_1500_stocks(world: World, talk: int) -> None:
    done = 0

    def aggregate() -> None:
        nonlocal done
        done += 1
        with clock.frozen(MORNING + dt.timedelta(seconds=done)):
            row = run_pass(clock.now())
        assert row is not None
        assert (row.stocks, row.texts) == (len(world.members), talk)

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_BARE_SCORES, {"at": MORNING})
            assert len(cursor.fetchall()) == 3 * len(world.members)
            cursor.execute(_BARE_MENTIONS, {"at": MORNING})
            cursor.fetchall()

    judge("T2", lambda: in_turns(lambda: time_ms(aggregate), lambda: time_ms(bare)))
    assert SymbolSentiment.objects.filter(timestamp=MORNING + dt.timedelta(seconds=1)).count() == 3 * len(world.members)
