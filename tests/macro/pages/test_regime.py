"""The page: what it says, what it costs, and that an earlier moment sees what was known then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from macro import publish
from macro.models import MacroFearGreed, Permission, Regime
from portfolios.models import User
from sentiment_site.market import clock
from tests.macro.world import NOON, SLOT, add_analysis, add_opinion, add_reading

pytestmark = pytest.mark.django_db

PAGE = "/macro/"
LATER = NOON + dt.timedelta(minutes=90)


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(User.objects.create_user("reader"))
    return client


def ask(reader: Client, address: str, at: dt.datetime = LATER, **headers: str) -> Any:
    with clock.frozen(at):
        return reader.get(address, headers=headers)


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_before_the_first_analysis_it_says_so(reader: Client) -> None:
    answer = ask(reader, PAGE)
    assert answer.status_code == 200
    assert "No analysis yet" in text_of(answer)
    assert "NO DATA" in text_of(answer)


def test_it_shows_permission_confidence_trends_scores_and_rules(reader: Client) -> None:
    add_reading(NOON)
    add_analysis(NOON)
    page = text_of(ask(reader, PAGE))
    assert 'data-permission="ACTIVE"' in page and "lit-green" in page
    assert 'aria-valuenow="71"' in page
    assert "BTC season" in page and "0.67" in page
    assert "the macro score" in page and "+58.00" in page and "selective" in page
    assert "10 less: the total cap is estimated" in page
    assert 'title="No price of it is known">– not known' in page.replace("</span> ", " ").replace(
        '<span aria-hidden="true">', ""
    )
    assert "34" in page and "neither" in page  # the alt-season index
    assert "$62,500" in page and "50.0%" in page and "54.3%" in page


@pytest.mark.parametrize(
    ("permission", "lamp", "words"),
    [
        (Permission.NO_TRADE, "red", "NO TRADE"),
        (Permission.SELECTIVE, "yellow", "SELECTIVE"),
        (Permission.ACTIVE, "green", "ACTIVE"),
        (Permission.AGGRESSIVE, "green", "AGGRESSIVE"),
    ],
)
def test_every_permission_has_its_lamp_and_its_words(reader: Client, permission: str, lamp: str, words: str) -> None:
    add_analysis(NOON, trade_permission=permission)
    page = text_of(ask(reader, PAGE))
    assert f"lit-{lamp}" in page and words in page


def test_age_and_countdown_count_every_hour(reader: Client) -> None:
    add_analysis(NOON)
    page = text_of(ask(reader, PAGE))
    assert "<b>1 h 30 min</b> old" in page and "LIVE" in page
    assert "next scan <b><time" in page and "16:00 UTC" in page and "in <b>2 h 30 min</b>" in page
    assert "AGEING" in text_of(ask(reader, PAGE, NOON + dt.timedelta(hours=5)))
    assert "STALE" in text_of(ask(reader, PAGE, NOON + dt.timedelta(hours=9)))


def test_age_counts_from_the_vendors_own_time(reader: Client) -> None:
    add_analysis(NOON, analysis_timestamp=LATER, recorded_at=LATER, inputs={"age_hours": 0.5})
    page = text_of(ask(reader, PAGE))
    assert "<b>30 min</b> old" in page  # the slot is 90 minutes old, what was read for it 30


def test_estimated_and_simulated_are_said(reader: Client) -> None:
    add_reading(NOON, is_estimated=True, is_simulated=True)
    add_analysis(NOON, is_simulated=True)
    page = text_of(ask(reader, PAGE))
    assert ">estimated</span>" in page and "simulated data" in page


def test_without_a_model_the_engine_decides_alone(reader: Client, settings: Any) -> None:
    settings.ANTHROPIC_API_KEY = ""
    add_analysis(NOON)
    assert "the engine decides alone" in text_of(ask(reader, PAGE))


def test_a_wrong_number_of_the_model_is_struck_through_with_why(reader: Client) -> None:
    add_opinion(add_analysis(NOON))
    page = text_of(ask(reader, PAGE))
    assert '<del title="Not so: macro score is 63.4.">66.0</del>' in page
    assert "disagrees with the engine" in page
    assert "1 struck through" in page and "2 numbers held" in page
    assert "claude-sonnet-5-5, prompt crypto-2" in page


def test_a_failed_opinion_says_why_and_a_usable_one_beats_it(reader: Client) -> None:
    analysis = add_analysis(NOON)
    end = analysis.recorded_at + dt.timedelta(minutes=1)
    add_opinion(analysis, state="failed", answer=None, claims=[], reason="overloaded", agrees=None, ended_at=end)
    assert "no usable answer: overloaded" in text_of(ask(reader, PAGE))
    add_opinion(analysis)
    assert "disagrees with the engine" in text_of(ask(reader, PAGE))


def test_words_of_a_model_are_escaped(reader: Client) -> None:
    analysis = add_analysis(NOON, ai_reasoning="<script>1</script>")
    opinion = add_opinion(analysis)
    opinion.answer |= {"risks": ["<img src=x>"]}
    opinion.save()
    page = text_of(ask(reader, PAGE))
    assert "<script>1" not in page and "<img src=x>" not in page and "&lt;img src=x&gt;" in page


def test_the_time_machine_shows_what_was_known_then(reader: Client) -> None:
    add_reading(NOON - SLOT, btc_price=60_000.0)
    first = add_analysis(NOON - SLOT, market_regime=Regime.BEAR_MARKET, trade_permission=Permission.NO_TRADE)
    add_reading(NOON)
    add_opinion(first, ended_at=LATER)
    add_analysis(NOON)
    moment = (NOON - dt.timedelta(hours=1)).isoformat()
    page = text_of(ask(reader, f"{PAGE}?as_of={moment.replace('+00:00', 'Z')}"))
    assert 'data-permission="NO_TRADE"' in page and "$60,000" in page
    assert "What was known at" in page
    assert "disagrees with the engine" not in page  # the opinion came later
    assert "data-live-topic" not in page


@pytest.mark.parametrize("query", ["as_of=yesterday", "span=2y", "as_of=2026-13-01"])
def test_what_cannot_be_read_is_refused(reader: Client, query: str) -> None:
    assert ask(reader, f"{PAGE}?{query}").status_code == 400
    assert ask(reader, f"/macro/series.json?{query}").status_code == 400


def test_a_poll_gets_204_until_a_new_analysis(reader: Client) -> None:
    first = add_analysis(NOON - SLOT)
    address = f"{PAGE}?seq={first.pk}"
    assert ask(reader, address, **{"HX-Request": "true"}).status_code == 204
    second = add_analysis(NOON, trade_permission=Permission.SELECTIVE)
    with clock.frozen(LATER):
        publish._publish(second.pk)
    answer = ask(reader, address, **{"HX-Request": "true"})
    assert answer.status_code == 200 and answer["X-Live-Seq"] == str(second.pk)
    assert "lit-yellow" in text_of(answer) and "<html" not in text_of(answer)


def test_statements_of_the_page(reader: Client, django_assert_num_queries: Any) -> None:
    add_reading(NOON)
    MacroFearGreed.objects.create(
        day=NOON.date(), value=40, classification="Fear", is_simulated=False, recorded_at=NOON
    )
    add_opinion(add_analysis(NOON))
    ask(reader, PAGE)
    with django_assert_num_queries(6):  # account, analysis, days, reading, fear and greed, opinion
        ask(reader, PAGE)
    for n in range(1, 30):
        add_analysis(NOON - n * SLOT)
    with django_assert_num_queries(6):
        ask(reader, PAGE)


def test_the_strip_tells_computed_days_from_analysed_ones(reader: Client) -> None:
    add_analysis(NOON - dt.timedelta(days=3))
    add_analysis(NOON, market_regime=Regime.ALT_SEASON)
    page = text_of(ask(reader, PAGE))
    assert "Alt season, 20 Aug 2026 to 20 Aug 2026, 1 day<" in page
    assert "no regime, 18 Aug 2026 to 19 Aug 2026, 2 days" in page
    assert "BTC season, 17 Aug 2026 to 17 Aug 2026, 1 day<" in page
    assert "computed afterwards</li>" not in page


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.get("/macro/chip/", headers={"HX-Request": "true"}).status_code == 401


def test_the_exposure_slot_appears_with_its_page(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    add_analysis(NOON)
    monkeypatch.setattr("macro.views.EXPOSURE", "universe:list")
    assert f'hx-get="{reverse("universe:list")}"' in text_of(ask(reader, PAGE))
    monkeypatch.setattr("macro.views.EXPOSURE", "nowhere:at-all")
    assert "Your exposure" not in text_of(ask(reader, PAGE))
