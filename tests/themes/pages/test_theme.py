"""One theme: its confidence explained, members, spread, documents, history, the past, and what operators do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from portfolios import demo
from sectors.pipeline import Skipped, run_analysis
from sentiment_site.market import clock
from tests.factories import Market
from themes.models import Theme, ThemeChange, ThemeMembership, ThemeReading
from themes.models.stories import Standing

from .conftest import AT, words
from .world import HOUR, MINUTE, NOON, add_document, add_member, add_theme

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
# account, seq, reading, members, history, pass and temperatures 2, manipulation, bars 6, light, network and edges 2,
# gate, newest and all readings 2, documents: count, rows, mentions, stocks, closeness, copies
STATEMENTS = 27


def at(theme: Theme, **query: str) -> str:
    asked = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in query.items())
    return f"/themes/{theme.pk}/" + (f"?{asked}" if asked else "")


def test_the_head_and_the_gate(trader: Client, quantum: Theme) -> None:
    text = words(trader.get(at(quantum)))
    assert "ACTIVE Spreading curated: quantum simulated data" in text
    assert "Words: quantum computing , qubits" in text
    assert "Intensity 0.50 highest 0.70, 10:00 ET" in text
    assert "Detected Fri 21 Aug 2026 07:00 ET 2 h 00 min later" in text
    assert "Burst: how surprising the talk is p = 10^-9.0 that so many stocks come by chance 0.75 +1.65" in text
    assert "Coherence: members move together +3.2 deviations above random sets 0.80 +1.28" in text
    assert "Start what nothing at all would get −3.60" in text
    # −3.6 + 1.65 + .8 + .8 + 1.28 + .5
    assert "Confidence 1 / (1 + e −sum ) 0.80 +1.43" in text
    assert "Active since Fri 21 Aug 2026 07:00 ET" in text


def test_a_theme_that_passed_later_shows_both_moments(trader: Client) -> None:
    theme = add_theme("late")
    ThemeChange.objects.filter(theme=theme).update(after={"standing": "watch"})
    early = theme.readings.order_by("as_of").first()
    assert early is not None
    early.factors = early.factors | {"log10_p": -6.0}
    early.confidence = 0.71
    early.save()
    ThemeChange.objects.create(theme=theme, what="published", after={"confidence": 0.71}, at=early.as_of)
    text = words(trader.get(at(theme)))
    assert "0.75 +1.65 +1.10" in text and "with a confidence of 0.71" in text


def test_a_watched_theme_says_that_it_does_not_count(trader: Client) -> None:
    theme = add_theme("rumour", standing="watch", confidence=0.6)
    text = words(trader.get(at(theme)))
    assert "WATCH" in text and "it has not passed the gate of 0.70 and 3 members, so it does not count" in text
    assert "It never passed the gate of 0.70 and 3 members." in text


def test_members_with_what_the_other_rooms_say(
    trader: Client, quantum: Theme, market: Market, django_capture_on_commit_callbacks: Any
) -> None:
    with clock.frozen(AT), django_capture_on_commit_callbacks(execute=True):
        assert not isinstance(run_analysis(trigger="manual", fetch=False), Skipped)
    text = words(trader.get(at(quantum)))
    row = re.search(r"TEC0 0\.90 \+0\.40 0\.70 09:00 ET 08:00 ET \+10\.0 \+4\.2 3\.1x HOT 0\.44 0\.61 (.*?) ENE0", text)
    assert row is not None and "Technology" in row.group(1)
    assert re.search(r"ENE0 .*? \+0\.0|ENE0 .*? 0\.0 \+4\.2 3\.1x HOT 0\.44 –", text)
    followers = text[text.index("Followers 1") :]
    assert re.search(r"TEC1 0\.00 \+0\.40 0\.70 11:00 ET – 0\.0 – – COLD – –", followers)


def test_sectors_in_the_order_it_reached_them(trader: Client, quantum: Theme, market: Market) -> None:
    add_member(quantum, market.ids["HEA0"], sector="healthcare", score=0.1)
    text = words(trader.get(at(quantum)))
    assert "Technology first 58% 1 05:00 ET 0 h – Energy 33% 1 09:00 ET 2.0 h +2.5 Healthcare 8% 1 – – –" in text
    assert "Spread index 0.32" in text


def test_evidence_links_counts_copies_and_narrows(trader: Client, quantum: Theme) -> None:
    page = trader.get(at(quantum)).content.decode()
    assert page.count('rel="noopener nofollow noreferrer"') == 3
    text = words(trader.get(at(quantum)))
    assert "Evidence 3 documents All Filing 1 News 2" in text
    assert "Quantum deal wire (simulated), wire , 1 near-copy, closeness 0.80, known here 08:01 ET, simulated" in text
    filings = words(trader.get(at(quantum, kind="filing")))
    assert "Qubits for oil" in filings and "Quantum deal" not in filings
    about = words(trader.get(at(quantum, about="ENE0")))
    assert "About ENE0 : 1 of them" in about and "Quantum deal" not in about
    part = trader.get(at(quantum, kind="filing"), headers=HTMX | {"HX-Target": "evidence"}).content.decode()
    assert part.lstrip().startswith('<section class="panel" aria-labelledby="evidence-title"')


def test_hostile_documents_are_text_and_only_web_addresses_are_linked(trader: Client, quantum: Theme) -> None:
    for number, url in enumerate(("javascript:alert(1)", "data:text/html,x", "//evil.example/x", "ftp://a/b")):
        add_document(
            quantum, f"bad {number} <script>alert(1)</script>", [], url=url, hours=0.5,
            author="<img src=x onerror=alert(1)>", text="<iframe src=//evil>",
        )  # fmt: skip
    page = trader.get(at(quantum)).content.decode()
    assert "<script>alert" not in page and "<img src=x" not in page and "<iframe" not in page
    assert "javascript:" not in page and "evil.example" not in page and "data:text" not in page
    assert page.count("its address is no web address") == 4


def test_documents_are_paged(trader: Client, quantum: Theme) -> None:
    for number in range(30):
        add_document(quantum, f"more {number}", [], hours=5 + number)
    first, second = trader.get(at(quantum)).content.decode(), trader.get(at(quantum, page="2"))
    assert first.count("document-what") == 25 and "Older" in first
    assert second.content.decode().count("document-what") == 8


def test_neighbours_are_no_members(trader: Client, quantum: Theme) -> None:
    text = words(trader.get(at(quantum)))
    # TEC2: (.6 + .5) / 2 members
    assert "TEC2 0.70 0.55 1 of 2 TEC3 0.40 0.55 1 of 2" in text


def test_the_timeline_is_a_picture_words_and_a_table(trader: Client, quantum: Theme) -> None:
    page = trader.get(at(quantum, span="all"))
    assert "phases: Emerging, Spreading" in words(page)
    assert page.content.decode().count('class="phase-') == 2
    table = words(trader.get(f"/themes/{quantum.pk}/readings/"))
    assert "12:00 ET active Spreading 0.50 0.80 – – 2 7 0.32" in table
    assert trader.get(f"/themes/{quantum.pk}/readings/", {"span": "9y"}).status_code == 400


@pytest.mark.parametrize("query", [{"span": "1y"}, {"kind": "gossip"}, {"about": "<x>"}, {"page": "-1"}, {"spam": "1"}])
def test_wrong_parameters_are_refused(trader: Client, quantum: Theme, query: dict[str, str]) -> None:
    page = trader.get(f"/themes/{quantum.pk}/", query)
    assert page.status_code == 400 and next(iter(query)) in page.content.decode()


def test_the_past_is_what_was_known_then(trader: Client, quantum: Theme, market: Market) -> None:
    with clock.frozen(AT + HOUR):
        add_member(quantum, market.ids["FIN0"], sector="financial", since=-1)
        add_document(quantum, "Tomorrow's news", [market.ids["FIN0"]], hours=-0.9)
        now = words(trader.get(at(quantum)))
        then = words(trader.get(at(quantum, as_of=AT.isoformat())))
    assert "FIN0" in now and "Tomorrow" in now
    assert "FIN0" not in then and "Tomorrow" not in then and "as of Fri 21 Aug 2026 12:05 ET" in then
    early = words(trader.get(at(quantum, as_of=(NOON - 2 * HOUR).isoformat())))
    assert "Members 1" in early and "Qubits for oil" not in early and "Intensity 0.12" in early


def test_before_its_first_reading_there_is_no_such_theme(trader: Client, quantum: Theme) -> None:
    page = trader.get(at(quantum, as_of=(NOON - 6 * HOUR).isoformat()))
    assert page.status_code == 404 and "Nothing was known of it at Fri 21 Aug 2026 06:00 ET" in words(page)
    assert "What was known at" in page.content.decode()  # and the way back to the present
    early = {"as_of": (NOON - 6 * HOUR).isoformat()}
    assert trader.get(f"/themes/{quantum.pk}/readings/", early).status_code == 404
    part = trader.get(f"/themes/{quantum.pk}/", early, headers=HTMX | {"HX-Target": "evidence"})
    assert part.status_code == 404
    assert trader.get("/themes/6a3c1f0e-5d3e-4d7e-9d53-0c4b5a8f9a11/").status_code == 404


def test_an_ended_theme_says_where_it_went(trader: Client, operator: Client, quantum: Theme) -> None:
    other = add_theme("qubits")
    posted = {"action": "merge", "into": str(quantum.pk), "reason": "the same"}
    assert operator.post(f"/themes/{other.pk}/action/", posted).status_code == 302
    with clock.frozen(AT + MINUTE):
        text = words(trader.get(at(other)))
    assert "MERGED" in text and "it is part of quantum" in text and "No stock belongs any more" in text
    assert "absorbed : qubits the same by an operator" in words(trader.get(at(quantum)))
    assert "by operator" in words(operator.get(at(quantum)))


def test_operators_decide_on_the_page(operator: Client, quantum: Theme) -> None:
    page = operator.get(at(quantum)).content.decode()
    assert page.count(f'action="/themes/{quantum.pk}/action/"') == 4
    for posted, said in (
        ({"action": "rename", "title": "Quantum computing", "reason": "clearer"}, "Renamed."),
        ({"action": "confirm", "reason": "read the filings"}, "Confirmed."),
        ({"action": "retire", "reason": "over"}, "Retired."),
    ):
        answer = operator.post(f"/themes/{quantum.pk}/action/", posted, follow=True)
        assert said in words(answer)
    quantum.refresh_from_db()
    assert (quantum.title, quantum.standing) == ("Quantum computing", Standing.RETIRED)
    assert not ThemeMembership.objects.filter(theme=quantum, until__isnull=True).exists()


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"action": "confirm", "reason": " "}, "reason : Say why."),
        ({"action": "rename", "reason": "x", "title": ""}, "title : A title of 1 to 120 characters."),
        ({"action": "merge", "reason": "x", "into": "nothing"}, "into : Choose the theme it belongs to."),
        ({"action": "explode", "reason": "x"}, "action : expected one of confirm, rename, merge, retire"),
        ({"action": "retire", "reason": "x" * 256}, "reason : At most 255 characters."),
    ],
)
def test_wrong_decisions_name_the_field_and_change_nothing(
    operator: Client, quantum: Theme, posted: dict[str, str], said: str
) -> None:
    answer = operator.post(f"/themes/{quantum.pk}/action/", posted)
    assert answer.status_code == 400 and said in words(answer)
    assert quantum.changes.count() == 1


def test_others_and_the_past_have_no_buttons(trader: Client, operator: Client, quantum: Theme) -> None:
    assert 'id="operators"' not in trader.get(at(quantum)).content.decode()
    assert 'id="operators"' not in operator.get(at(quantum, as_of=AT.isoformat())).content.decode()
    demo.ensure_demo_accounts()
    visitor = Client()
    visitor.force_login(demo.open_copy(demo.DEMOS[0]))
    for browser in (trader, visitor):
        posted = {"action": "retire", "reason": "fun"}
        assert browser.post(f"/themes/{quantum.pk}/action/", posted).status_code == 403
    quantum.refresh_from_db()
    assert quantum.standing == Standing.ACTIVE


def test_the_page_has_a_budget(trader: Client, quantum: Theme, market: Market, django_assert_num_queries: Any) -> None:
    for number in range(4):
        add_member(quantum, market.ids[f"FIN{number}"], sector="financial")
        add_document(quantum, f"more {number}", [market.ids[f"FIN{number}"]])
    trader.get(at(quantum))
    with django_assert_num_queries(STATEMENTS):
        trader.get(at(quantum))


def test_a_reading_without_factors_breaks_nothing(trader: Client) -> None:
    theme = add_theme("bare")
    ThemeReading.objects.filter(theme=theme).update(factors={})
    text = words(trader.get(at(theme)))
    assert "This reading kept no parts." in text and "No member has a sector yet." in text
    assert "No stock belongs." in text and "No document is kept." in text and "No network was fitted yet" in text
