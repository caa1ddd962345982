"""Slots, what a standstill missed, and that every stored document is scored once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pytest_django import Settings

from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from tests.themes.documents.conftest import NOON, hours
from themes.models import CollectionState, SentimentPass, TweetSentiment
from themes.models.documents import DocumentKind
from themes.social import waiting
from themes.social.due import JOB, find_slot, is_slot, list_missing, newest_slot
from themes.social.model import ArtefactRefused
from themes.social.waiting import PLACE, score_waiting
from universe.models import DataSource, Instrument

from .talk import say
from .test_scoring import BULL, stored, tweet

HALF = dt.timedelta(minutes=30)


def test_half_hours_by_day_and_hours_by_night() -> None:
    assert newest_slot(NOON + dt.timedelta(minutes=44)) == NOON + HALF
    saturday = NOON + hours(24)
    assert newest_slot(saturday + dt.timedelta(minutes=44)) == saturday
    four = NOON.replace(hour=8)  # 04:00 in New York
    assert [is_slot(one) for one in (four - HALF, four, four + HALF)] == [False, True, True]
    evening = NOON.replace(hour=23, minute=30)  # 19:30
    assert [is_slot(one) for one in (evening, evening + HALF, evening + 2 * HALF)] == [True, True, False]


def a_pass(at: dt.datetime) -> None:
    SentimentPass.objects.create(as_of=at, known_at=at, stocks=0, silent=0, divergent=0, texts=0, is_simulated=True)


@pytest.mark.django_db
def test_what_a_standstill_missed() -> None:
    assert list_missing(NOON) == [NOON]  # an installation's first
    a_pass(NOON - 2 * HALF)
    assert list_missing(NOON) == [NOON - HALF, NOON]
    a_pass(NOON - hours(40))
    assert list_missing(NOON + hours(30)) == [NOON + hours(27 + n) for n in range(4)]  # Saturday evening
    a_pass(NOON)
    a_pass(NOON - HALF)
    assert [one for one in list_missing(NOON) if one >= NOON - 2 * HALF] == []


@pytest.mark.django_db
def test_the_job_makes_up_and_is_skipped_when_all_is_there(acme: Instrument) -> None:
    say(acme, DocumentKind.X, 0.5, 1)
    a_pass(NOON - hours(1))
    with clock.frozen(NOON):
        assert find_slot(NOON) == "2026-08-21T16:00Z"
        run = run_now(JOB, key="2026-08-21T16:00Z")
        assert run.status == "done", run
        assert find_slot(NOON) is None
        again = run_now(JOB)
    assert again.status == "skipped"
    assert SentimentPass.objects.count() == 3
    assert set(SentimentPass.objects.order_by("as_of").values_list("known_at", flat=True)[1:]) == {NOON}


@pytest.mark.django_db
def test_every_stored_document_is_scored_once(source: DataSource, acme: Instrument) -> None:
    stored([tweet(n, f"{BULL} {n}") for n in range(3)], source)
    with clock.frozen(NOON):
        assert score_waiting() == 3
        assert score_waiting() == 0
        stored([tweet(9, "$ACME will crash, it is a scam")], source)
        assert score_waiting() == 1
    assert TweetSentiment.objects.count() == 4
    assert CollectionState.objects.get(feed=PLACE).last_ok_at == NOON


@pytest.mark.django_db
def test_batches_go_on_where_a_process_died(
    source: DataSource, acme: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored([tweet(n, f"{BULL} {n}") for n in range(5)], source)
    monkeypatch.setattr(waiting, "BATCH", 2)
    real, calls = waiting.score_documents, []

    def die_in_the_second(ids: list[int]) -> int:
        calls.append(ids)
        written = real(ids)
        if len(calls) == 2:
            raise KeyboardInterrupt  # rows of this batch are written, its place is not
        return written

    monkeypatch.setattr(waiting, "score_documents", die_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        score_waiting()
    assert TweetSentiment.objects.count() == 2  # the first batch whole, of the second nothing
    monkeypatch.setattr(waiting, "score_documents", real)
    assert score_waiting() == 3
    assert TweetSentiment.objects.count() == 5


@pytest.mark.django_db
def test_a_refused_artefact_stops_with_its_reason_and_loses_nothing(
    source: DataSource, acme: Instrument, settings: Settings, tmp_path: Path
) -> None:
    stored([tweet(1, BULL)], source)
    settings.SENTIMENT_MODEL = str(tmp_path / "nowhere")
    with pytest.raises(ArtefactRefused):
        score_waiting()
    assert "manifest.json" in CollectionState.objects.get(feed=PLACE).failure
    settings.SENTIMENT_MODEL = ""
    assert score_waiting() == 1
    assert CollectionState.objects.get(feed=PLACE).failure == ""


@pytest.mark.django_db
def test_scoring_can_be_switched_off(source: DataSource, acme: Instrument) -> None:
    stored([tweet(1, BULL)], source)
    CollectionState.objects.create(feed=PLACE, is_enabled=False)
    assert score_waiting() == 0
    CollectionState.objects.update(is_enabled=True)
    assert score_waiting() == 1
