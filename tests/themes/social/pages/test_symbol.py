"""The page of one stock: sources, texts with their weights, hostile words, deletions, who was right, the past."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from django.test import Client

from sentiment_site.market import clock
from tests.themes.documents.conftest import NOON
from tests.themes.social.pages.world import (
    HOSTILE,
    LATER,
    add_account,
    add_confluence,
    add_outcome,
    add_pass,
    add_post,
    add_reading,
    add_stock,
    ask,
    text_of,
)
from themes.models import Document, SymbolSentiment, TweetSentiment
from themes.social.evidence import texts_of
from themes.social.scoring import score_documents
from universe.models import Instrument

pytestmark = pytest.mark.django_db
PAGE = "/social/ACME/"
HOUR = dt.timedelta(hours=1)


def test_a_stock_that_nobody_bears_is_not_there(reader: Client, acme: Instrument) -> None:
    assert ask(reader, "/social/NONE/").status_code == 404
    assert ask(reader, "/social/acme/").status_code == 404
    assert ask(reader, PAGE, data={"as_of": "2026-01-02"}).status_code == 404  # it was not known then


def test_without_a_reading_there_are_dashes_and_no_zero(reader: Client, acme: Instrument) -> None:
    assert "No sentiment yet" in text_of(ask(reader, PAGE))
    add_pass()
    page = text_of(ask(reader, PAGE))
    assert "so there is no sentiment: that is not the same as a neutral one" in page
    assert "no reading" in page and '<td class="num">0.00' not in page and "0 of 4" in page
    assert "Reddit: never read: not connected" in page and "Nobody wrote about it within the hours that count" in page
    assert "No two sources have contradicted each other yet" in page and "No confluence of the last days" in page


def test_sources_are_bars_whose_shares_sum_to_one(reader: Client, acme: Instrument) -> None:
    add_pass()
    row = add_reading(acme, says={"twitter": 0.5, "news": -0.25}, source_breakdown={"twitter": 0.6, "news": 0.4})
    answer = ask(reader, PAGE)
    page, bars = text_of(answer), answer.context["bars"]
    assert [(bar["score"], bar["share"]) for bar in bars] == [(0.5, 0.6), (None, None), (-0.25, 0.4), (None, None)]
    assert answer.context["share_total"] == pytest.approx(1.0) and "100.0%" in page
    assert (bars[0]["x"], bars[0]["width"], bars[0]["side"]) == (50.0, 25.0, "up")
    assert (bars[2]["x"], bars[2]["width"], bars[2]["side"]) == (37.5, 12.5, "down")
    assert "60.0%" in page and "40.0%" in page and f"{row.unified_sentiment:+.2f}"[:4] in page
    assert "30" in page and "10.0" in page and "+2.0" in page  # mentions, expected, z of X


def test_an_options_reading_of_earlier_is_shown_with_its_own_time(reader: Client, acme: Instrument) -> None:
    add_pass()
    add_reading(acme, says={"twitter": 0.5, "options": 0.4})
    SymbolSentiment.objects.filter(source="options").update(timestamp=NOON - 2 * HOUR)
    page = text_of(ask(reader, PAGE))
    assert "reading of Fri 21 Aug 2026 10:00 ET" in page


def test_texts_say_what_they_count_and_why(reader: Client, acme: Instrument) -> None:
    add_pass()
    account = add_account("trader")
    add_post(acme, "$ACME beats estimates", minutes=230, account=account, score=0.6)
    add_post(acme, "$ACME will crash", minutes=-4, account=account, score=-0.7, kind="reddit")
    answer = ask(reader, PAGE)
    page = text_of(answer)
    old, new = answer.context["texts"].rows[1], answer.context["texts"].rows[0]
    assert old.age_factor == pytest.approx(0.5) and old.weight_now == pytest.approx(0.6)  # X halves in four hours
    assert old.share == pytest.approx(1.0) and new.share == pytest.approx(1.0)  # each alone in its source
    assert new.age_factor == pytest.approx(2 ** (-0.1 / 8))
    for words in ("× 0.500", "engagement", "credibility", "duplicates", "5 hashtags", "r/stocks", "bearish", "−0.70"):
        assert words in page
    assert f'href="/social/influencers/{account.pk}/"' in page


def test_hostile_words_stay_words(reader: Client, acme: Instrument) -> None:
    add_pass()
    account = add_account("<b>\u202eevil</b>", display_name=HOSTILE)
    add_post(acme, HOSTILE, account=account)
    add_post(acme, "a plain text", kind="news", title=HOSTILE, url="javascript:alert(1)", is_simulated=False)
    add_post(acme, "another", kind="news", url="https://example.org/a", is_simulated=False)
    page = ask(reader, PAGE).content.decode()
    assert "<script>alert" not in page and "<img src=x" not in page and "<b>evil" not in page
    assert "&lt;script&gt;alert" in page and "moon ot buynow &lt;img" in page
    for hidden in "\u202e\u202c\u200b\u2066\x07":
        assert hidden not in page
    assert "javascript:" not in page
    assert 'href="https://example.org/a" rel="noopener noreferrer nofollow"' in page
    for address in (f"/social/influencers/{account.pk}/", "/social/influencers/"):
        other = ask(reader, address).content.decode()
        assert "<script>alert" not in other and "\u202e" not in other and "&lt;b&gt;evil" in other


def test_a_deleted_post_shows_as_deleted_and_counts_no_longer(reader: Client, acme: Instrument) -> None:
    add_pass()
    post = add_post(acme, "SECRET words", account=add_account("quitter"))
    Document.objects.filter(pk=post.pk).update(removed_at=NOON, text="", title="", author="", url="")
    answer = ask(reader, PAGE)
    page = text_of(answer)
    assert "Deleted by its author" in page and "SECRET" not in page and "quitter" not in page
    row = answer.context["texts"].rows[0]
    assert (row.state, row.weight_now, row.share) == ("deleted", 0.0, 0.0)
    then = texts_of(acme.pk, NOON - dt.timedelta(minutes=10)).rows[0]
    assert (then.state, then.words) == ("deleted", "") and then.weight_now > 0  # it counted then, its words are gone


def test_a_text_that_retention_took_keeps_its_score(reader: Client, acme: Instrument) -> None:
    add_pass()
    add_post(acme, "words", account=add_account("one"))
    TweetSentiment.objects.update(tweet=None)
    page = text_of(ask(reader, PAGE))
    assert "The text is no longer kept here; its score is" in page and "+0.50" in page


def test_texts_are_filtered_and_turned_over(reader: Client, acme: Instrument, django_assert_num_queries: Any) -> None:
    add_pass()
    account = add_account("busy")
    for number in range(30):
        add_post(acme, f"post {number}", minutes=number + 1, account=account, score=0.5 if number % 2 else -0.5)
    add_post(acme, "an article", kind="news", score=0.1)
    part = {"HX-Request": "true", "HX-Target": "texts"}
    whole = ask(reader, PAGE, **part)
    assert whole.context["texts"].total == 31 and len(whole.context["texts"].rows) == 25
    assert "<html" not in whole.content.decode() and "Timeline" not in whole.content.decode()
    second = ask(reader, PAGE, data={"page": "2", "source": "twitter", "order": "newest"}, **part).context["texts"]
    assert [row.words for row in second.rows] == [f"post {number}" for number in range(25, 30)]
    bearish = ask(reader, PAGE, data={"label": "bearish", "order": "score"}, **part).context["texts"]
    assert bearish.total == 15 and bearish.counts == {"twitter": 30, "reddit": 0, "news": 1}
    with django_assert_num_queries(7):  # account, stock, three tables, details of two
        ask(reader, PAGE, **part)
    for asked in (
        {"source": "options"},
        {"label": "good"},
        {"order": "age"},
        {"page": "9"},
        {"span": "2y"},
        {"soruce": "x"},
    ):
        assert ask(reader, PAGE, data=asked).status_code == 400


def test_who_was_right_before_has_its_n_interval_and_baseline(reader: Client, acme: Instrument) -> None:
    add_pass()
    beta = add_stock("BETA")
    for day in range(8):
        add_outcome(acme, "twitter" if day < 6 else "news", day=day)
    add_outcome(acme, "", day=29)
    for day in range(10):
        add_outcome(beta, "news", day=day)
    add_outcome(beta, "twitter", day=12, horizon=5)
    add_outcome(beta, day=13, right_source="", excess_move=0.0)  # moved with its sector to the last digit
    answer = ask(reader, PAGE)
    first = answer.context["pairs"][0]
    assert (first["own"].n, first["own"].first_right, first["own"].open) == (8, 6, 1)
    assert (first["all"].n, first["all"].first_right, first["all"].even) == (18, 6, 1)
    assert first["own"].share.low == pytest.approx(0.409, abs=0.001)  # Wilson, 6 of 8
    assert first["own"].share.high == pytest.approx(0.929, abs=0.001)
    assert not first["own"].is_telling and first["all"].share.value == pytest.approx(1 / 3)
    page = text_of(answer)
    assert "A coin is right in 50%" in page and "75%" in page and "41%–93%" in page and "5 sessions" in page
    assert "open until the close of" in page and "+5.1%" in page
    assert answer.context["pairs"][1]["own"] is None  # five sessions: nothing of this stock


def test_what_was_not_settled_then_is_open_then(reader: Client, acme: Instrument) -> None:
    add_pass(NOON - dt.timedelta(days=30))
    add_outcome(acme, "twitter", day=0)
    then = ask(reader, PAGE, data={"as_of": (NOON - dt.timedelta(days=30) + HOUR).isoformat()})
    assert (then.context["pairs"][0]["own"].n, then.context["pairs"][0]["own"].open) == (0, 1)
    assert then.context["outcomes"][0]["move"] is None and "+5.1%" not in text_of(then)
    assert ask(reader, PAGE).context["pairs"][0]["own"].n == 1


def test_confluence_is_the_newest_known_and_leads_to_its_board(reader: Client, acme: Instrument) -> None:
    add_pass()
    add_confluence(acme)
    add_confluence(acme, NOON + dt.timedelta(minutes=5), confluence_score=0.91, calculated_at=NOON + HOUR)
    page = text_of(ask(reader, PAGE))
    assert "0.63" in page and "high" in page and "above the minimum" in page and "0.91" not in page
    assert "+0.40" in page and "No options flow" in page
    assert 'href="/social/confluence/"' in page


def test_an_earlier_moment_sees_nothing_of_later(reader: Client, acme: Instrument) -> None:
    earlier = NOON - 3 * HOUR
    add_pass(earlier)
    add_reading(acme, earlier, says={"twitter": -0.6})
    add_post(acme, "early words", minutes=200)
    add_pass()
    add_reading(acme, says={"twitter": 0.8})
    add_post(acme, "late words", minutes=10)
    add_post(acme, "found late", minutes=210, recorded_at=NOON)
    then = ask(reader, PAGE, data={"as_of": "2026-08-21T09:10"})
    page = text_of(then)
    assert "−0.60" in page and "+0.80" not in page
    assert "early words" in page and "late words" not in page and "found late" not in page
    assert 'data-live-topic="themes"' not in page and "Time machine" in page
    assert 'href="/stocks/ACME/?as_of=' in page
    series = ask(reader, "/social/ACME/series.json", data={"as_of": "2026-08-21T09:10", "span": "1d"}).json()
    assert series["unified"] == [-0.6]


def test_series_and_table_are_the_same_figures(reader: Client, acme: Instrument) -> None:
    for hour in range(5):
        at = NOON - hour * HOUR
        add_pass(at)
        if hour != 2:
            add_reading(acme, at, says={"twitter": 0.1 * hour + 0.2}, mentions=10 + hour)
    series = ask(reader, "/social/ACME/series.json", data={"span": "1d"}).json()
    assert series["unified"] == [pytest.approx(0.6), pytest.approx(0.5), None, pytest.approx(0.3), pytest.approx(0.2)]
    assert series["mentions"] == [14, 13, None, 11, 10] and series["expected"] == [10, 10, None, 10, 10]
    assert series["t"][-1] == NOON.timestamp() and series["reddit"] == [None] * 5
    answer = ask(reader, "/social/ACME/timeline/", data={"span": "1d"})
    rows = answer.context["rows"]
    assert [None if row["row"] is None else row["row"].unified_sentiment for row in rows] == series["unified"][::-1]
    assert "–" in text_of(answer)
    assert len(ask(reader, "/social/ACME/timeline/", data={"span": "1m"}).context["rows"]) == 1  # one a day
    assert ask(reader, "/social/ACME/series.json", data={"span": "9y"}).status_code == 400
    assert ask(reader, "/social/ACME/timeline/", data={"spam": "1d"}).status_code == 400
    assert "No pass in this span" in text_of(ask(reader, "/social/ACME/timeline/", data={"as_of": "2026-08-01"}))


def test_a_push_fetches_the_changing_part(reader: Client, acme: Instrument, django_assert_num_queries: Any) -> None:
    add_pass()
    add_reading(acme)
    part = ask(reader, PAGE, **{"HX-Request": "true", "HX-Target": "symbol"})
    assert "What each source says" in part.content.decode() and "Timeline" not in part.content.decode()
    with django_assert_num_queries(2):
        assert ask(reader, PAGE, data={"seq": part["X-Live-Seq"]}, **{"HX-Request": "true"}).status_code == 204


def test_what_the_page_costs(reader: Client, acme: Instrument, django_assert_num_queries: Any) -> None:
    add_pass()
    add_reading(acme)
    for number in range(3):
        add_post(acme, minutes=number + 1, account=add_account(f"a{number}"))
    add_outcome(acme)
    ask(reader, PAGE)
    # account, stock, texts of three tables and details of one, pass, row, sources, two records, outcomes, confluence
    with django_assert_num_queries(13):
        ask(reader, PAGE)
    for number in range(3, 25):
        add_post(acme, minutes=number + 1, account=add_account(f"a{number}"))
        add_outcome(acme, day=number)
    with django_assert_num_queries(13):
        ask(reader, PAGE)


def test_the_stock_page_leads_here_and_back(reader: Client, acme: Instrument) -> None:
    add_pass()
    assert 'href="/social/ACME/"' in text_of(ask(reader, "/stocks/ACME/"))
    assert 'href="/stocks/ACME/" data-symbol="ACME"' in text_of(ask(reader, PAGE))


def test_what_scoring_wrote_is_what_is_shown(acme: Instrument) -> None:
    post = add_post(acme, "$ACME beats estimates and raises guidance", score=None, account=add_account("real"))
    with clock.frozen(NOON):
        assert score_documents([post.pk]) == 1
    (shown,) = texts_of(acme.pk, LATER).rows
    stored = TweetSentiment.objects.get()
    assert (shown.label, shown.score, shown.weight) == ("bullish", stored.score, stored.weight)
    assert math.prod(value for _, value in shown.factors) == pytest.approx(shown.weight_now)
