"""The board: what it says, how it is narrowed, what it costs, and that an earlier moment sees what was known then."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.test import Client

from sentiment_site.market import calendar
from tests.factories import publish_universe
from tests.themes.documents.conftest import NOON
from tests.themes.social.pages.world import LATER, add_pass, add_reading, add_stock, ask, text_of
from themes.models import SentimentPass
from themes.publish import seq_of
from themes.social.board import parse_board
from universe.models import Instrument, Membership

pytestmark = pytest.mark.django_db
BOARD = "/social/"


@pytest.fixture
def stocks(acme: Instrument) -> list[Instrument]:
    """ACME bearish, BETA bullish with sources that contradict, CALM counted only; one pass."""
    beta, calm = add_stock("BETA"), add_stock("CALM")
    add_pass()
    add_reading(acme, says={"twitter": -0.5, "news": -0.1}, mentions=12)
    add_reading(beta, says={"twitter": 0.9, "news": -0.3, "options": 0.6}, mentions=80, divergence_detected=True,
                divergence_score=0.8)  # fmt: skip
    add_reading(calm, says={}, mentions=3, expected=None)
    return [acme, beta, calm]


def symbols_of(answer: Any) -> list[str]:
    return [row["row"].symbol for row in answer.context["rows"]]


def test_before_the_first_pass_it_says_what_will_fill_it(reader: Client) -> None:
    page = text_of(ask(reader, BOARD))
    assert "No sentiment yet" in page and "every half hour" in page


def test_it_shows_what_each_source_says_and_a_dash_where_none_does(reader: Client, stocks: list[Instrument]) -> None:
    page = text_of(ask(reader, BOARD))
    assert "simulated data" in page and "10 min</time> ago" in page
    assert 'href="/social/BETA/"' in page and "+0.40" in page and "bullish" in page
    assert "+0.90" in page and "−0.30" in page and "contradict" in page
    assert "<b>Reddit</b> is missing: never read: not connected" in page
    assert 'title="Reddit: never read: not connected">–' in page
    assert 'title="No options reading of it is fresh enough">–' in page
    assert "80" in page and "10.0" in page


def test_silence_is_a_dash_and_never_a_zero(reader: Client, stocks: list[Instrument]) -> None:
    assert symbols_of(ask(reader, BOARD)) == ["BETA", "ACME"]
    answer = ask(reader, BOARD, data={"silent": "yes"})
    assert symbols_of(answer) == ["BETA", "ACME", "CALM"]
    row = text_of(answer).split('id="stock-CALM"')[1].split("</tr>")[0]
    assert row.count("–</span>") == 11 and "0.00" not in row and "0%" not in row
    assert 'title="X: written about, but in no words that can be scored">–' in row
    assert "no reading" in row and ">3</td>" in row


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"level": "bearish"}, ["ACME"]),
        ({"divergence": "yes"}, ["BETA"]),
        ({"least": "20"}, ["BETA"]),
        ({"q": "nuclear"}, ["ACME"]),
        ({"q": "be"}, ["BETA"]),
        ({"trend": "down"}, []),
        ({"sort": "unified"}, ["ACME", "BETA"]),
        ({"sort": "-symbol"}, ["BETA", "ACME"]),
        ({"sort": "options"}, ["BETA", "ACME"]),
        ({"sort": "-options"}, ["BETA", "ACME"]),
        ({"sort": "z"}, ["ACME", "BETA"]),
        ({"sector": "energy"}, []),
    ],
)
def test_filters_and_order(reader: Client, stocks: list[Instrument], asked: dict[str, str], found: list[str]) -> None:
    answer = ask(reader, BOARD, data=asked)
    assert symbols_of(answer) == found
    if not found:
        assert "No stock fits these filters" in text_of(answer)


def test_the_sector_is_that_of_the_universe_then(reader: Client, stocks: list[Instrument]) -> None:
    run = publish_universe({}, calendar.last_closed_session(NOON).date, members=[])
    Membership.objects.create(run=run, instrument=stocks[0], eligible=True, reason="eligible", sector="energy")
    answer = ask(reader, BOARD, data={"sector": "energy"})
    assert symbols_of(answer) == ["ACME"] and "Energy" in text_of(answer)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"levl": "bearish"}, "levl"), ({"level": "calm"}, "level"), ({"sort": "colour"}, "sort"),
        ({"least": "-1"}, "least"), ({"page": "7"}, "page"), ({"page": "0"}, "page"), ({"size": "51"}, "size"),
        ({"as_of": "then"}, "as_of"), ({"q": "x" * 61}, "q"), ({"divergence": "no"}, "divergence"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(
    reader: Client, stocks: list[Instrument], asked: dict[str, str], named: str
) -> None:
    answer = ask(reader, BOARD, data=asked)
    assert answer.status_code == 400 and named in text_of(answer)
    part = ask(reader, BOARD, data=asked, **{"HX-Request": "true"})
    assert part.status_code == 400 and part.content.decode().startswith(named)


def test_pages_and_headings_keep_the_filters(reader: Client) -> None:
    add_pass()
    for number in range(60):
        add_reading(add_stock(f"S{number:02d}"), mentions=number)
    answer = ask(reader, BOARD, data={"sort": "symbol", "trend": "up"})
    assert symbols_of(answer) == [f"S{number:02d}" for number in range(50)]
    assert "sort=symbol&amp;trend=up&amp;page=2" in text_of(answer).replace(
        "trend=up&amp;sort=symbol", "sort=symbol&amp;trend=up"
    )
    assert symbols_of(ask(reader, BOARD, data={"sort": "symbol", "page": "2"})) == [f"S{n}" for n in range(50, 60)]
    assert (
        parse_board({"sort": "symbol", "page": "2", "as_of": "2026-08-21"}).query(sort="-z")
        == "sort=-z&as_of=2026-08-21"
    )


def test_htmx_and_a_poll_get_the_changing_part(
    reader: Client, stocks: list[Instrument], django_assert_num_queries: Any
) -> None:
    part = ask(reader, BOARD, **{"HX-Request": "true"})
    assert "<html" not in part.content.decode() and 'id="stock-BETA"' in part.content.decode()
    seq = part["X-Live-Seq"]
    assert seq == str(seq_of(SentimentPass.objects.get().recorded_at))
    with django_assert_num_queries(2):  # the account, the newest pass
        assert ask(reader, BOARD, data={"seq": seq}, **{"HX-Request": "true"}).status_code == 204
    assert ask(reader, BOARD, data={"seq": "1"}, **{"HX-Request": "true"}).status_code == 200
    whole = ask(reader, BOARD, **{"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in whole.content.decode()
    page = text_of(ask(reader, BOARD))
    assert f'data-live-topic="themes" data-live-mode="refetch" data-live-url="/social/" data-live-seq="{seq}"' in page


def test_an_earlier_moment_sees_the_pass_of_then(reader: Client, stocks: list[Instrument]) -> None:
    earlier = NOON - dt.timedelta(hours=2)
    add_pass(earlier)
    add_reading(stocks[0], earlier, says={"twitter": 0.7}, mentions=5)
    answer = ask(reader, BOARD, data={"as_of": "2026-08-21T11:00"})
    assert symbols_of(answer) == ["ACME"] and "+0.70" in text_of(answer)
    assert 'data-live-topic="themes"' not in text_of(answer)
    assert 'href="/social/ACME/?as_of=2026-08-21T11%3A00%3A00-04%3A00"' in text_of(answer)
    assert "No sentiment was known at that moment" in text_of(ask(reader, BOARD, data={"as_of": "2026-08-20"}))


def test_a_pass_that_was_made_up_for_later_is_not_seen_before(reader: Client, stocks: list[Instrument]) -> None:
    late = NOON + dt.timedelta(minutes=5)
    add_pass(late, recorded_at=late + dt.timedelta(hours=3))
    add_reading(stocks[0], late, says={"twitter": 1.0}, aggregated_at=late + dt.timedelta(hours=3))
    assert ask(reader, BOARD).context["reading"].as_of == NOON
    assert ask(reader, BOARD, LATER + dt.timedelta(hours=4)).context["reading"].as_of == late
    assert (
        ask(reader, BOARD, LATER + dt.timedelta(hours=4), {"as_of": "2026-08-21T12:10"}).context["reading"].as_of
        == NOON
    )


def test_what_it_costs_does_not_depend_on_how_many_stocks(reader: Client, django_assert_num_queries: Any) -> None:
    add_pass()
    for number in range(2):
        add_reading(add_stock(f"S{number}"))
    ask(reader, BOARD)
    with django_assert_num_queries(6):  # account, pass, universe run, expectations, rows, reasons
        ask(reader, BOARD)
    for number in range(2, 40):
        add_reading(add_stock(f"S{number}"))
    with django_assert_num_queries(6):
        ask(reader, BOARD)


def test_csv_has_the_rows_that_are_shown_and_no_formula(reader: Client, stocks: list[Instrument]) -> None:
    Instrument.objects.filter(pk=stocks[1].pk).update(name="=HYPERLINK(1)")
    answer = ask(reader, "/social/symbols.csv", data={"sort": "symbol", "silent": "yes"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["Symbol"] for row in rows] == ["ACME", "BETA", "CALM"]
    assert rows[1]["Name"] == "'=HYPERLINK(1)" and rows[1]["X"] == "0.9" and rows[1]["Sources contradict"] == "yes"
    assert (rows[2]["Sentiment"], rows[2]["Expected"], rows[2]["Mentions 24h"]) == ("", "", "3")
    assert "simulated" in answer["Content-Disposition"]
    assert ask(reader, "/social/symbols.csv", data={"as_of": "2026-08-01"}).status_code == 404
    assert ask(reader, "/social/symbols.csv", data={"sort": "colour"}).status_code == 400


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    assert client.get(BOARD).status_code == 302
