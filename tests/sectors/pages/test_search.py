"""The symbol search: what it finds in which order, what it costs, and that two indexes answer it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from sentiment_site.market import clock
from tests.factories import LONG_AGO, Market, publish_universe
from tests.sectors.conftest import FRIDAY, THURSDAY
from universe.models import Instrument, Membership
from universe.selectors import Match, search_stocks

pytestmark = pytest.mark.django_db

PANEL = {"HX-Request": "true"}


@pytest.fixture
def names(market: Market) -> Market:
    """The 40 stocks, and a few that are looked for."""

    def add(symbol: str, name: str, **given: Any) -> Instrument:
        return Instrument.objects.create(
            symbol=symbol, name=name, source=market.source, **({"recorded_at": LONG_AGO} | given)
        )

    soun = add("SOUN", "SoundHound AI, Inc. Class A")
    add("SOUNW", "SoundHound AI, Inc. Warrants", role="other")
    add("SO", "Southern Company")
    add("SOLD", "Sold Long Ago Inc.", delisted_on=date(2025, 3, 3))
    add("KIMpL", "Kimco Realty preferred")
    add("NEWS", "Newcomer Corp.", recorded_at=FRIDAY.close)
    add("PCT", "100% Pure_Water")
    Membership.objects.create(run=market.run, instrument=soun, eligible=True, reason="eligible", sector="technology")
    return market


def symbols(text: str, **options: Any) -> list[str]:
    return [match.symbol for match in search_stocks(text, **options)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SOUN", ["SOUN", "SOUNW"]),
        ("so", ["SO", "SOUN", "SOUNW", "SOLD"]),
        ("kimpl", ["KIMpL"]),
        ("hound", []),
        ("soundh", ["SOUN", "SOUNW"]),
        ("sound inc warr", ["SOUNW"]),
        ("realty kim", ["KIMpL"]),
        ("ai", []),
        ("100%", ["PCT"]),
        ("%", []),
        ("_", []),
        ("", []),
        ("a' & b | !", []),
        ("pure_water", ["PCT"]),
        ("x" * 61, []),
        ("SO\x00", []),
    ],
)
def test_what_is_found(names: Market, text: str, found: list[str]) -> None:
    assert symbols(text) == found


def test_members_come_first_and_states_are_named(names: Market) -> None:
    found = search_stocks("so")
    assert found[1] == Match("SOUN", "SoundHound AI, Inc. Class A", "Technology", "")
    assert [match.state for match in found] == ["out", "", "out", "delisted"]
    publish_universe(names.ids, FRIDAY.date)
    assert symbols("so") == ["SO", "SOUN", "SOUNW", "SOLD"]
    assert search_stocks("SOUN")[0].state == "out"


def test_at_most_twelve(names: Market) -> None:
    Instrument.objects.bulk_create(
        Instrument(symbol=f"ZZ{n}", source=names.source, recorded_at=LONG_AGO) for n in range(30)
    )
    assert len(search_stocks("ZZ")) == 12


def test_a_symbol_that_was_reused_is_one_match(names: Market) -> None:
    Instrument.objects.create(
        symbol="SOUN", name="Sounding Board", delisted_on=date(2024, 1, 2), source=names.source, recorded_at=LONG_AGO
    )
    assert symbols("SOUN") == ["SOUN", "SOUNW"]
    assert search_stocks("SOUN")[0].name.startswith("SoundHound")


def test_the_past_knows_no_newcomers(names: Market) -> None:
    assert symbols("NEWS") == ["NEWS"]
    assert symbols("NEWS", as_of=FRIDAY.open) == []
    assert search_stocks("SOUN", as_of=THURSDAY.open - timedelta(days=200))[0].state == "out"


def test_it_costs_one_statement_and_no_scan(names: Market, django_assert_num_queries: Any) -> None:
    source, alphabet = names.source, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    Instrument.objects.bulk_create(
        Instrument(symbol=f"{a}{b}{c}Q", name=f"{b}{c}{a}ium Holdings", source=source, recorded_at=LONG_AGO)
        for a in alphabet
        for b in alphabet
        for c in alphabet[:10]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE universe_instrument")
    with django_assert_num_queries(1) as caught:
        assert symbols("soun") == ["SOUN", "SOUNW"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {caught.captured_queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "instrument_symbol_beginning" in plan and "instrument_name_words" in plan
    assert "Seq Scan on universe_instrument" not in plan


def test_the_list_for_the_field_and_the_page_without_scripts(trading: Client, names: Market) -> None:
    with clock.frozen(FRIDAY.open):
        part = trading.get("/stocks/search/", {"q": "SOUN"}, headers=PANEL).content.decode()
        page = trading.get("/stocks/search/", {"q": "SOUN"}).content.decode()
    assert part.lstrip().startswith('<ul class="finder-list"')
    assert '<a href="/stocks/SOUN/" data-symbol="SOUN">' in part
    assert part.strip() in page and page.startswith("<!doctype html>")
    assert "Nothing begins with “&lt;b&gt;x”." in trading.get("/stocks/search/", {"q": "<b>x"}).content.decode()


def test_links_keep_the_moment(trading: Client, names: Market) -> None:
    with clock.frozen(FRIDAY.open):
        part = trading.get("/stocks/search/", {"q": "SOUN", "as_of": "2026-08-20T10:00"}, headers=PANEL)
    assert "/stocks/SOUN/?as_of=2026-08-20T10%3A00%3A00-04%3A00" in part.content.decode()
