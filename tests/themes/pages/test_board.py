"""The board: groups, filters, order, the past, pages, polls and what it costs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portfolios.models import User
from sentiment_site.market import clock
from themes.models import Theme, ThemeReading
from themes.stories import operators

from .conftest import AT, words
from .world import HOUR, MINUTE, NOON, add_theme, add_theme_heat

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def names(response: Any) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/themes/[^"]+"><bdi>([^<]*)</bdi>', response.content.decode())


def test_addresses() -> None:
    assert reverse("themes:board") == "/themes/"
    assert reverse("themes:stock", args=["BRK.B"]) == "/themes/stocks/BRK.B/"


def test_active_stands_above_watched_and_says_so(trader: Client) -> None:
    add_theme("loud rumour", standing="watch", intensity=0.9, confidence=0.6)
    add_theme("quantum", intensity=0.4)
    page = trader.get("/themes/")
    assert names(page) == ["quantum", "loud rumour"]
    text = words(page)
    assert text.index("Active: passed the gate of .70") < text.index("Watched: below the gate of .70")
    assert "2 themes: 1 active, 1 watched" in text
    assert "simulated data" in text and "LIVE" in text and "newest reading 12:00 ET, 5 min old" in text


def test_a_row_has_its_figures(trader: Client, quantum: Theme) -> None:
    Theme.objects.update(temperature_status="hot", manipulation_risk_score="0.412")
    text = words(trader.get("/themes/"))
    assert "Spreading 80% 0.50 HOT 0.41 2 7 Technology +1 0.32 05:00 ET Fri 21 Aug 2026 2 h 00 min 7 h 00 min" in text
    svg = trader.get("/themes/").content.decode()
    assert "intensity over 48 h: 0.12 to 0.50, highest 0.50" in svg


def test_missing_figures_are_dashes_with_a_reason(trader: Client) -> None:
    add_theme("new", factors={"primary_sector": "", "contaminated": []})
    page = trader.get("/themes/").content.decode()
    assert 'title="No temperature was read yet">–' in page
    assert 'title="No manipulation risk was read yet">–' in page
    assert 'title="No member has a sector">–' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["beta", "alpha", "gamma"]),
        ({"sort": "intensity"}, ["alpha", "beta", "gamma"]),
        ({"sort": "name"}, ["alpha", "beta", "gamma"]),
        ({"sort": "-emerged"}, ["beta", "alpha", "gamma"]),
        ({"standing": "active"}, ["beta", "alpha"]),
        ({"standing": "watch"}, ["gamma"]),
        ({"standing": "ended"}, ["delta"]),
        ({"standing": "all"}, ["beta", "alpha", "gamma", "delta"]),
        ({"phase": "cooling"}, ["alpha"]),
        ({"sector": "healthcare"}, ["gamma"]),
        ({"sector": "energy"}, ["beta", "alpha"]),  # reached, not the first
        ({"origin": "curated"}, ["alpha"]),
        ({"origin": "discovered"}, ["beta", "gamma"]),
    ],
)
def test_filters_and_order(trader: Client, query: dict[str, str], found: list[str]) -> None:
    add_theme("alpha", intensity=0.2, phase="cooling", dictionary_key="alpha")
    add_theme("beta", intensity=0.8, since=4)
    add_theme("gamma", standing="watch", intensity=0.9, confidence=0.6,
              factors={"primary_sector": "healthcare", "contaminated": []})  # fmt: skip
    add_theme("delta", standing="retired")
    assert names(trader.get("/themes/", query)) == found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"phase": "boiling"}, "phase"),
        ({"standing": "dead"}, "standing"),
        ({"sector": "tech"}, "sector"),
        ({"origin": "x"}, "origin"),
        ({"sort": "colour"}, "sort"),
        ({"page": "0"}, "page"),
        ({"as_of": "never"}, "as_of"),
        ({"phse": "cooling"}, "phse"),
    ],
)
def test_wrong_parameters_are_refused_by_name(trader: Client, query: dict[str, str], said: str) -> None:
    page = trader.get("/themes/", query)
    assert page.status_code == 400 and said in page.content.decode()


def test_the_past_knows_what_operators_had_done_by_then(trader: Client, operator: Client) -> None:
    author = User.objects.get(username="operator")
    ended, kept = add_theme("old name"), add_theme("kept", standing="watch", confidence=0.6)
    add_theme_heat(kept, "warm", NOON)
    with clock.frozen(AT + MINUTE):
        operators.rename(ended.pk, "New name", author=author, reason="x")
        operators.retire(ended.pk, author=author, reason="x")
        operators.confirm(kept.pk, author=author, reason="x")
    with clock.frozen(AT + HOUR):
        assert names(trader.get("/themes/")) == ["kept"]
        then = trader.get("/themes/", {"as_of": AT.isoformat()})
        assert names(then) == ["old name", "kept"] and "1 active, 1 watched" in words(then)
        assert "WARM" in words(then)
        later = trader.get("/themes/", {"as_of": (AT + 2 * MINUTE).isoformat()})
        assert names(later) == ["kept"] and "1 active, 0 watched" in words(later)
        gone = trader.get("/themes/", {"as_of": (AT + 2 * MINUTE).isoformat(), "standing": "ended"})
        assert names(gone) == ["New name"]
    early = trader.get("/themes/", {"as_of": (NOON - 12 * HOUR).isoformat()})
    assert names(early) == [] and "No theme lived at that moment" in words(early)


def test_a_reading_counts_from_when_it_was_recorded(trader: Client) -> None:
    add_theme("quantum", intensity=0.8)
    early = words(trader.get("/themes/", {"as_of": (NOON + MINUTE / 2).isoformat()}))
    assert "0.60" in early and "0.80" not in early  # noon's reading was recorded a minute after noon


def test_fifty_a_page(trader: Client) -> None:
    for number in range(52):
        add_theme(f"theme {number:02}", intensity=0.99 - number / 100, readings=1)
    first = trader.get("/themes/")
    assert len(names(first)) == 50 and "page=2" in first.content.decode()
    second = trader.get("/themes/", {"page": "2"})
    assert names(second) == ["theme 50", "theme 51"]
    assert names(trader.get("/themes/", {"page": "9"})) == names(second)


def test_an_empty_board_says_why(trader: Client) -> None:
    text = words(trader.get("/themes/"))
    assert "No theme lives now. A theme opens when" in text and "NO DATA" in text
    assert "No theme fits these filters" in words(trader.get("/themes/", {"phase": "peak"}))


def test_old_readings_are_stale(trader: Client) -> None:
    add_theme("quantum")
    for hours, state in ((2, "AGEING"), (4, "STALE")):
        with clock.frozen(NOON + hours * HOUR):
            assert state in words(trader.get("/themes/"))


def test_a_poll_gets_nothing_until_something_is_recorded(trader: Client, quantum: Theme) -> None:
    part = trader.get("/themes/", headers=HTMX)
    assert part.content.decode().lstrip().startswith("<div") and "<html" not in part.content.decode()
    seq = part["X-Live-Seq"]
    assert trader.get("/themes/", {"seq": seq}, headers=HTMX).status_code == 204
    ThemeReading.objects.create(
        theme=quantum, as_of=NOON + HOUR, standing="active", phase="peak", intensity=0.3, confidence=0.8, members=2,
        documents=1, recorded_at=AT + MINUTE,
    )  # fmt: skip
    with clock.frozen(NOON + HOUR + MINUTE):
        answer = trader.get("/themes/", {"seq": seq}, headers=HTMX)
    assert answer.status_code == 200 and int(answer["X-Live-Seq"]) > int(seq)
    restored = trader.get("/themes/", headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert restored.content.decode().startswith("<!doctype html>")


def test_hostile_names_are_text(trader: Client) -> None:
    add_theme("<script>alert(1)</script>", title='"><img src=x onerror=alert(1)>')
    page = trader.get("/themes/").content.decode()
    assert "<script>alert" not in page and "<img" not in page and "&lt;script&gt;" in page


@pytest.mark.parametrize(("query", "statements"), [({}, 5), ({"as_of": AT.isoformat()}, 6)])
def test_the_board_has_a_budget(
    trader: Client, query: dict[str, str], statements: int, django_assert_num_queries: Any
) -> None:
    for number in range(9):
        add_theme(f"theme {number}")
    trader.get("/themes/", query)
    with django_assert_num_queries(
        statements
    ):  # account, readings, sparklines, newest tick; live: seq; past: changes, heat
        assert len(names(trader.get("/themes/", query))) == 9
