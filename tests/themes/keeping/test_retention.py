"""What leaves when, what stays, and that the words of posts are in no file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.schedule import SCHEDULE
from sentiment_site.timeseries import archive, parquet, retention
from sentiment_site.timeseries.models import ArchivedPart
from sentiment_site.timeseries.retention import Policy, list_plans, measure
from themes.keeping.policies import JOB, POLICIES
from themes.models import (
    AggregatedSentiment,
    Document,
    DocumentCluster,
    Mention,
    SentimentPass,
    TemperaturePass,
    TemperatureReading,
    Theme,
    ThemeDocument,
    Tweet,
    TweetSentiment,
)
from universe.models import Catalyst, CatalystCorrection, DataSource, Instrument

from .conftest import NOON, ago, tweet, write

pytestmark = pytest.mark.django_db
WORDS = ("title", "text", "author", "url", "facts")


def let_go(**params: Any) -> JobRun:
    return run_now(JOB, trigger="test", params=params)


def test_the_words_of_posts_go_and_are_in_no_file(source: DataSource, acme: Instrument, own_archive: Path) -> None:
    old, young = tweet("old", 90.01, source, acme), tweet("young", 89.9, source, acme)
    assert let_go().status == "done"
    words = Document.objects.values_list(*WORDS)
    assert words.get(external_id="old") == ("", "", "", "", {})
    assert bytes(Document.objects.get(external_id="old").signature) == b""
    assert words.get(external_id="young")[1] == "text young"
    assert list(Tweet.objects.values_list("document__external_id", flat=True)) == ["young"]
    old.refresh_from_db()
    assert (old.tweet_id, old.score, old.document_key) == (None, 0.5, "x:old")
    young.refresh_from_db()
    assert young.tweet_id is not None and Mention.objects.count() == 2
    assert not ArchivedPart.objects.exists() and not list(own_archive.rglob("*.parquet"))
    assert let_go().status == "skipped"


def test_even_two_years_later_no_file_holds_words_of_posts(
    source: DataSource, acme: Instrument, own_archive: Path, settings: Any
) -> None:
    tweet("kept", 800, source, acme)
    settings.RETENTION_TWEETS_DAYS = 0
    let_go()
    assert Document.objects.get(external_id="kept").text == "text kept"
    assert not ArchivedPart.objects.filter(table="themes_document").exists()
    settings.RETENTION_TWEETS_DAYS = 90
    let_go()
    assert not Document.objects.exists() and not TweetSentiment.objects.exists()
    files = {part.table: own_archive / part.file for part in ArchivedPart.objects.all()}
    assert set(files) == {"themes_tweetsentiment", "themes_mention", "themes_document", "themes_documentcluster"}
    for path in files.values():
        assert b"text kept" not in dump(path) and b"somebody" not in dump(path)


def dump(path: Path) -> bytes:
    """Everything a file holds, as text."""
    with parquet._database() as database:
        return repr(database.execute(f"SELECT * FROM '{path}'").fetchall()).encode()


def test_documents_leave_after_what_refers_to_them_and_come_back_before_it(
    source: DataSource, acme: Instrument
) -> None:
    filing = write("filing", "8-K", 800, source)
    Mention.objects.create(document=filing, instrument=acme, rule="cik", sureness=1, event_at=filing.event_at)
    before = snapshot()
    run = let_go()
    assert run.status == "done" and not Document.objects.exists() and not DocumentCluster.objects.exists()
    parts = {part.table: part for part in ArchivedPart.objects.filter(emptied=[])}
    with pytest.raises(archive.ArchiveRefused, match=r"themes_document refuses it: .*themes_documentcluster"):
        archive.restore(parts["themes_document"])
    for table in ("themes_documentcluster", "themes_document", "themes_mention"):
        assert archive.restore(parts[table]) == 1
    archive.restore(ArchivedPart.objects.get(emptied=["text"]))
    assert snapshot() == before


def snapshot() -> list[str]:
    rows = []
    with connection.cursor() as cursor:
        for table in ("themes_documentcluster", "themes_document", "themes_mention"):
            cursor.execute(f"SELECT r::text FROM {table} r ORDER BY id")
            rows += [row for (row,) in cursor.fetchall()]
    return rows


def test_texts_go_to_the_archive_but_evidence_of_living_themes_keeps_its_text(source: DataSource) -> None:
    theme = Theme.objects.create(
        theme_name="quantum", standing="active", emergence_timestamp=ago(400), detected_at=ago(400),
        detection_confidence=1, is_simulated=True, as_of=ago(400),
    )  # fmt: skip
    evidence = write("news", "evidence", 400, source)
    write("news", "other", 400, source)
    ThemeDocument.objects.create(theme=theme, document=evidence, closeness=1, joined_at=ago(400))
    let_go()
    texts = dict(Document.objects.values_list("external_id", "text"))
    assert texts == {"evidence": "text evidence", "other": ""}
    assert Document.objects.get(external_id="other").title == "title other"
    Theme.objects.update(standing="retired")
    let_go()
    assert not Document.objects.exclude(text="").exists()
    for part in ArchivedPart.objects.all():
        archive.restore(part)
    assert dict(Document.objects.values_list("external_id", "text")) == texts | {"other": "text other"}


def test_a_pass_leaves_with_its_rows(source: DataSource, acme: Instrument) -> None:
    for days in (10, 85, 100, 130, 170):
        counts = {"stocks": 1, "warm": 1, "hot": 0, "extreme": 0}
        TemperaturePass.objects.create(as_of=ago(days), is_simulated=True, **counts)
        TemperatureReading.objects.create(
            as_of=ago(days), instrument=acme, temperature_classification="warm", raw_level=1, trading_recommendation="x"
        )
        SentimentPass.objects.create(
            as_of=ago(days * 8), known_at=ago(days * 8), stocks=1, silent=0, divergent=0, texts=1, is_simulated=True
        )
        AggregatedSentiment.objects.create(
            symbol="ACME", instrument=acme, timestamp=ago(days * 8), is_simulated=True, unified_sentiment=0.1
        )
    let_go()
    kept = [set(model.objects.values_list("as_of", flat=True)) for model in (TemperaturePass, TemperatureReading)]
    # 90 days before the 21st of August is the 23rd of May: April and before are whole months that are old
    assert kept[0] == kept[1] == {ago(10), ago(85), ago(100)}
    sentiments = set(AggregatedSentiment.objects.values_list("timestamp", flat=True))
    assert set(SentimentPass.objects.values_list("as_of", flat=True)) == sentiments == {ago(80), ago(680)}


def test_a_catalyst_with_an_operators_word_stays(source: DataSource, acme: Instrument, django_user_model: Any) -> None:
    catalysts = [
        Catalyst.objects.create(
            instrument=acme, kind="contract", event_at=ago(days), recorded_at=ago(days), source=source,
            document_id=str(days), title="t", evidence={"rule": "r"},
        )
        for days in (800, 801, 700)
    ]  # fmt: skip
    CatalystCorrection.objects.create(
        catalyst=catalysts[0], kind="contract", reason="why", author=django_user_model.objects.create_user("op"),
        created_at=ago(799),
    )  # fmt: skip
    let_go(only="catalysts")
    assert set(Catalyst.objects.values_list("document_id", flat=True)) == {"800", "700"}
    archive.restore(ArchivedPart.objects.get())
    assert Catalyst.objects.count() == 3


def test_a_dry_run_a_hold_and_a_period_of_nought_change_nothing(
    source: DataSource, acme: Instrument, settings: Any
) -> None:
    tweet("old", 400, source, acme)
    write("filing", "old", 400, source)
    dry = let_go(dry_run=True)
    assert dry.status == "skipped" and dry.reason == "a dry run changes nothing"
    said = [line[9:] for line in dry.lines]
    assert "tweet_words: would empty 1 rows before 2026-05-23 16:00" in said
    assert "tweets: would delete 1 rows before 2026-05-23 16:00" in said
    assert any(line.startswith("texts: would archive themes_document: 1 rows before 2025-07-") for line in said)
    settings.RETENTION_HOLD = ["tweet_words", "tweets"]
    for name in {policy.setting for policy in POLICIES} - {"RETENTION_TWEETS_DAYS"}:
        setattr(settings, name, 0)
    run = let_go()
    assert run.status == "skipped" and "tweet_words: on hold" in run.lines[0] and "for ever" in run.lines[-1]
    assert Document.objects.exclude(text="").count() == 2 and Tweet.objects.count() == 1


def test_what_cannot_leave_stops_its_own_kind_only(source: DataSource, acme: Instrument, own_archive: Path) -> None:
    tweet("old", 400, source, acme)
    write("filing", "8-K", 400, source)
    own_archive.mkdir()
    with archive.own_folder("themes_document"):
        run = let_go()
    assert run.status == "errored" and "texts: themes_document: another pass is at work on it" in run.reason
    assert not Tweet.objects.exists() and not TweetSentiment.objects.exists()
    assert let_go().status == "done" and not Document.objects.exclude(text="").exists()


def test_an_unknown_kind_is_refused(db: None) -> None:
    run = let_go(only="tweetz")
    assert run.status == "errored" and "no policy is called 'tweetz'; there are: tweet_words, " in run.reason


def test_the_periods_of_the_requirement(settings: Any) -> None:
    periods = {policy.key: policy.days for policy in POLICIES}
    wanted = {
        "tweet_words": 90, "tweets": 90, "reddit_words": 90, "reddit_posts": 90, "tweet_sentiments": 180,
        "reddit_sentiments": 180, "news_sentiments": 180, "symbol_sentiments": 365, "aggregated_sentiments": 730,
        "confluence_scores": 730,
    }  # fmt: skip
    assert {key: periods[key] for key in wanted} == wanted
    assert not any(policy.model._meta.model_name == "influencer" for policy in POLICIES)
    assert len({policy.key for policy in POLICIES}) == len(POLICIES)


def test_no_copy_is_ever_made_of_what_belongs_to_the_platforms() -> None:
    restricted = {policy.key for policy in POLICIES if policy.restricted}
    assert {"tweet_words", "tweets", "reddit_words", "reddit_posts"} <= restricted


# Kept without end: few rows, or the record of what was promised and how it turned out.
KEPT = {
    "CollectionDay", "CollectionSpan", "CollectionState", "DivergenceOutcome", "Influencer", "InfluencerCall",
    "ManipulationOutcome", "SympathyNetwork", "SympathyTicket", "Theme", "ThemeChange", "ThemeDictionary",
    "ThemeDocument", "ThemeMembership",
}  # fmt: skip


def test_every_table_of_the_themes_has_a_period_or_a_reason() -> None:
    kept = {model.__name__ for model in apps.get_app_config("themes").get_models()} - {
        policy.model.__name__ for policy in POLICIES
    }
    assert kept == KEPT, "give it a policy in themes/keeping/policies.py, or a place in KEPT here and in the docs"


def test_it_runs_daily() -> None:
    assert [(entry.hour, entry.minute) for entry in SCHEDULE if entry.job == JOB] == [("2", "50")]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.key)
def test_every_policy_can_be_measured(policy: Policy, db: None) -> None:
    due = measure(policy, NOON)
    assert (due.rows, due.oldest, due.is_more) == (0, None, False)
    assert due.cut == NOON - dt.timedelta(days=policy.days)
    if not policy.restricted:
        assert archive.archive(policy.get_series(), NOON, dry_run=True, report=str) == []


def test_the_operators_page_says_what_is_due(
    source: DataSource, acme: Instrument, admin_client: Any, client: Any, django_user_model: Any
) -> None:
    tweet("old", 100, source, acme)
    with CaptureQueriesContext(connection) as asked:
        page = admin_client.get("/admin/timeseries/archivedpart/due/").content.decode()
    policies = sum(len(plan) for plan in list_plans().values())
    assert len(asked) <= 12 + 4 * policies
    line = page.split("<code>tweet_words</code>")[1].split("</tr>")[0]
    cells = [cell.split("</td>")[0] for cell in line.split("<td>")[1:]]
    assert cells == ["themes_document", "90 days", "<code>RETENTION_TWEETS_DAYS</code>", "words deleted", "–", "1",
                     "100 days"]  # fmt: skip
    assert "Dry run: say what would go" in page and "sectors.retention" in page
    answer = admin_client.post("/admin/timeseries/archivedpart/let-go/", {"job": JOB, "dry_run": "1"})
    assert answer.status_code == 302 and JobRun.objects.get().params == {"dry_run": True}
    admin_client.post("/admin/timeseries/archivedpart/let-go/", {"job": "nothing"})
    assert JobRun.objects.count() == 1
    assert admin_client.get("/admin/timeseries/archivedpart/let-go/").status_code == 405
    staff = django_user_model.objects.create_user("staff", is_staff=True)
    client.force_login(staff)
    assert client.get("/admin/timeseries/archivedpart/due/").status_code == 403
    assert client.post("/admin/timeseries/archivedpart/let-go/", {"job": JOB}).status_code == 403


def test_the_operators_list_shows_manifests_and_puts_parts_back(
    source: DataSource, acme: Instrument, admin_client: Any, django_assert_num_queries: Any
) -> None:
    for name in ("a", "b", "c"):
        write("filing", name, 400, source)
    let_go(only="texts")
    part = ArchivedPart.objects.get()
    admin_client.get("/admin/timeseries/archivedpart/")
    with django_assert_num_queries(4):
        page = admin_client.get("/admin/timeseries/archivedpart/").content.decode()
    assert part.sha256[:12] in page and "words (text)" in page and "What is due" in page
    assert part.sha256 in admin_client.get(f"/admin/timeseries/archivedpart/{part.pk}/change/").content.decode()
    data = {"action": "restore", "_selected_action": [part.pk]}
    answer = admin_client.post("/admin/timeseries/archivedpart/", data, follow=True).content.decode()
    assert "hemes_document: 3 rows are back" in answer
    assert Document.objects.exclude(text="").count() == 3


def test_deletions_go_in_batches(
    source: DataSource, acme: Instrument, monkeypatch: pytest.MonkeyPatch, own_archive: Path
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for name in range(5):
        tweet(str(name), 100 + name // 2, source, acme)
    policies = {policy.key: policy for policy in POLICIES}
    batches: list[int] = []
    for key in ("tweet_words", "tweets"):
        total = retention.delete_old(
            policies[key],
            NOON,
            report=str,
            after_batch=lambda: batches.append(Document.objects.exclude(text="").count()),
        )
        assert total == 5
    assert batches == [3, 1, 0, 0, 0, 0] and not Tweet.objects.exists()
