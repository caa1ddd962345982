"""The heat map's page and the API: hours in a table, filters and sorts in the address, the past, budgets, refusals."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from sentiment_site.market import clock
from tests.themes.heat.conftest import FRIDAY, HALF_HOUR, HOUR, MINUTE, NOON, TECH, Heat, add_theme
from themes.heat.board import HeatQuery, load_heat_map, parse_query
from themes.heat.selectors import latest_pass, list_passes, temperatures_at, verdicts_at
from themes.models import ManipulationReading, TemperaturePass
from themes.publish import seq_of
from themes.selectors import StockState, stock_states_at

pytestmark = pytest.mark.django_db
BUSY = 250_000.0
NOW = NOON + HOUR + HALF_HOUR + 3 * MINUTE


@pytest.fixture
def story(heat: Heat) -> Heat:
    """Noon: TEC0 hot, HEA0 warm. One: TEC0 rests. Half past: ENE0 jumps."""
    heat.trade_until(NOON, {"TEC0": (109.0, BUSY), "HEA0": (104.0, BUSY)})
    heat.read(NOON)
    rest = {"TEC0": (109.0, 31_250.0), "HEA0": (104.0, 31_250.0)}
    heat.trade_until(NOON + HOUR, rest)
    heat.read(NOON + HOUR)
    heat.trade_until(NOON + HOUR + HALF_HOUR, rest | {"ENE0": (120.0, 10 * BUSY)})
    heat.read(NOON + HOUR + HALF_HOUR)
    return heat


def test_the_map(story: Heat, django_assert_num_queries: Any) -> None:
    with clock.frozen(NOW), django_assert_num_queries(3):
        found = load_heat_map(HeatQuery())
    assert [(row.symbol, row.level, row.reached) for row in found.rows] == [
        ("ENE0", "extreme", 3), ("TEC0", "hot", 2), ("HEA0", "warm", 1),
    ]  # fmt: skip
    assert (found.total, found.pages, len(found.stamps)) == (3, 1, 17)
    tec = {cell.stamp: cell for cell in found.rows[1].cells}
    assert (tec[NOON].level, tec[NOON].own, tec[NOON].change, tec[NOON].multiple) == ("hot", "hot", 9.0, 8.0)
    assert (tec[NOON + HOUR].level, tec[NOON + HOUR].own) == ("hot", "cold")
    assert (tec[NOON - HOUR].level, tec[NOON - HOUR].reason) == ("", "this hour was not read")
    ene = {cell.stamp: cell for cell in found.rows[0].cells}
    assert (ene[NOON].level, ene[NOON].reason) == ("cold", "below WARM")
    assert ene[NOON + 2 * HOUR].is_between
    assert ene[NOON + 2 * HOUR].at == NOON + HOUR + HALF_HOUR


def test_a_stock_that_left_the_passes_has_come_to_rest(story: Heat) -> None:
    rest = dict.fromkeys(("TEC0", "HEA0"), (100.0, 31_250.0)) | {"ENE0": (120.0, 31_250.0)}
    story.trade_until(NOON + 5 * HOUR, rest)
    for hours in (2, 3, 4, 5):
        story.read(NOON + hours * HOUR)
    with clock.frozen(NOON + 5 * HOUR + 3 * MINUTE):
        rows = {row.symbol: row for row in load_heat_map(HeatQuery()).rows}
    assert rows["HEA0"].level == "cold"
    assert rows["HEA0"].cells[-4].level == "cold"


@pytest.mark.parametrize(
    ("params", "symbols"),
    [
        ({"level": "hot"}, ["ENE0", "TEC0"]),
        ({"sector": "healthcare"}, ["HEA0"]),
        ({"sort": "symbol"}, ["ENE0", "HEA0", "TEC0"]),
        ({"sort": "-symbol"}, ["TEC0", "HEA0", "ENE0"]),
        ({"sort": "change"}, ["HEA0", "TEC0", "ENE0"]),
        ({"sort": "level"}, ["HEA0", "TEC0", "ENE0"]),
        ({"sort": "-squeeze"}, ["ENE0", "HEA0", "TEC0"]),  # nobody has one: by symbol
        ({"theme": "THEME"}, ["TEC0"]),
        ({"page": "9"}, ["ENE0", "TEC0", "HEA0"]),
    ],
)
def test_filters_and_sorts(story: Heat, params: dict[str, str], symbols: list[str]) -> None:
    theme = add_theme(story, TECH)
    asked = {name: str(theme.pk) if value == "THEME" else value for name, value in params.items()}
    with clock.frozen(NOW):
        assert [row.symbol for row in load_heat_map(parse_query(asked, None)).rows] == symbols


@pytest.mark.parametrize(
    "query", ["level=lava", "level=cold", "sector=steel", "theme=x", "sort=price", "page=0", "page=²", "as_of=never"]
)
def test_what_cannot_be_read_is_refused(trading: Client, query: str) -> None:
    answer = trading.get(f"/themes/heat/?{query}")
    assert answer.status_code == 400
    assert query.split("=", maxsplit=1)[0] in answer.content.decode()


def test_the_page(story: Heat, trading: Client, django_assert_num_queries: Any) -> None:
    with clock.frozen(NOW):
        trading.get("/themes/heat/")
        with django_assert_num_queries(1 + 3 + 1):  # account; passes, readings, verdicts; themes
            page = trading.get("/themes/heat/").content.decode()
    assert "simulated data" in page
    assert "missing: borrow fee, utilisation of lendable shares, threshold list" in page
    assert re.search(r"TEC0.*?HOT", page, re.S)
    assert "+9.00 % on 8.0 times the usual volume" in page
    assert "the hour alone COLD" in page
    assert 'data-live-topic="themes"' in page
    assert "CAUTION_HOT" in page
    assert "rule 7: level 2 = 2" in page
    assert [int(hour) for hour in re.findall(r'New York">(\d\d)</th>', page)] == list(range(4, 21))


def test_live_parts_and_polls(story: Heat, trading: Client, django_assert_num_queries: Any) -> None:
    with clock.frozen(NOW):
        part = trading.get("/themes/heat/", headers={"HX-Request": "true"})
        seq = TemperaturePass.objects.order_by("-as_of")[0].recorded_at
        assert "<html" not in part.content.decode()
        assert part["X-Live-Seq"] == str(seq_of(seq))
        with django_assert_num_queries(1 + 1):  # account; the newest pass
            held = trading.get(f"/themes/heat/?seq={part['X-Live-Seq']}", headers={"HX-Request": "true"})
        assert held.status_code == 204
        older = trading.get("/themes/heat/?seq=5", headers={"HX-Request": "true"})
        assert older.status_code == 200


def test_the_past_is_shown_as_it_was_known(story: Heat, trading: Client) -> None:
    moment = (NOON + 10 * MINUTE).strftime("%Y-%m-%dT%H:%M:%S%%2B00:00")
    with clock.frozen(NOW):
        page = trading.get(f"/themes/heat/?as_of={moment}").content.decode()
        early = trading.get("/themes/heat/?as_of=2026-08-21T12:01").content.decode()
    assert "TEC0" in page
    assert "ENE0" not in page
    assert 'data-live-topic="themes"' not in page
    assert "Not read yet" in early


def test_an_empty_map_says_why(heat: Heat, trading: Client) -> None:
    with clock.frozen(NOON + 3 * MINUTE):
        assert "Not read yet" in trading.get("/themes/heat/").content.decode()
        heat.trade_until(NOON)
        heat.read(NOON)
        assert "Nobody was that warm" in trading.get("/themes/heat/").content.decode()


def test_strangers_are_sent_away(client: Client) -> None:
    assert client.get("/themes/heat/").status_code == 302
    assert client.get("/api/themes/temperature/").status_code == 401


def test_the_api_lists_temperatures(story: Heat, trading: Client, django_assert_num_queries: Any) -> None:
    with clock.frozen(NOW):
        with django_assert_num_queries(1 + 1):  # account; one page
            rows = trading.get("/api/themes/temperature/?level=hot&sector=technology").json()["results"]
        assert [(row["symbol"], row["level"], row["hour_alone"]) for row in rows] == [
            ("TEC0", "hot", "cold"), ("TEC0", "hot", "hot"),
        ]  # fmt: skip
        assert rows[1]["change"] == 9.0
        assert rows[1]["simulated"] is True
        assert rows[1]["squeeze"]["missing"]
        first = trading.get("/api/themes/temperature/?limit=2").json()
        assert len(first["results"]) == 2
        assert len(trading.get(first["next"]).json()["results"]) == 2
        theme = add_theme(story, TECH)
        assert len(trading.get(f"/api/themes/temperature/?theme={theme.pk}").json()["results"]) == 2
        assert trading.get("/api/themes/temperature/?symbol=ENE0&from=2026-08-20&to=2026-08-22").json()["results"]
        then = trading.get("/api/themes/temperature/?as_of=2026-08-21T12:03").json()["results"]
        assert {row["symbol"] for row in then} == {"TEC0", "HEA0"}
        for bad in ("level=lava", "sector=steel", "theme=x", "as_of=never"):
            assert trading.get(f"/api/themes/temperature/?{bad}").status_code == 400


def test_the_api_tells_a_verdict(story: Heat, trading: Client) -> None:
    with clock.frozen(NOW):
        found = trading.get("/api/themes/verdicts/ENE0/").json()
        assert (found["can_short"], found["should_short"], found["verdict"]) == ("unknown", "no_read", "NO READ")
        assert found["trace"][0]["rule"] == "halted"
        assert trading.get("/api/themes/verdicts/UTI0/").status_code == 404
        assert trading.get("/api/themes/verdicts/ENE0/?as_of=2026-08-21T12:30").status_code == 404


def test_selectors_know_what_was_known(story: Heat) -> None:
    ids = [story.id(symbol) for symbol in ("TEC0", "ENE0", "UTI0")]
    with clock.frozen(NOW):
        live = temperatures_at(ids)
        assert [live[one].level for one in ids] == ["hot", "extreme", "cold"]
        assert live[ids[2]].reading is None
        assert [done.is_whole for done in list_passes()] == [False, True, True]
        newest = latest_pass()
        assert newest is not None
        assert newest.as_of == NOON + HOUR
        assert set(verdicts_at(ids)) == set(ids[:2])
    then = temperatures_at(ids, NOON + 3 * MINUTE)
    assert [then[one].level for one in ids] == ["hot", "cold", "cold"]
    assert temperatures_at(ids, NOON + MINUTE) == {}
    assert temperatures_at([], NOW) == {}
    assert temperatures_at(ids, FRIDAY.open + 5 * 24 * HOUR) == {}  # heat does not keep


def test_what_other_rooms_read(story: Heat, django_assert_num_queries: Any) -> None:
    add_theme(story, TECH)
    tec, uti = story.id("TEC0"), story.id("UTI0")
    with clock.frozen(NOW):
        with django_assert_num_queries(4):
            found = stock_states_at([tec, uti])
        assert found[tec] == StockState(theme="graphene", temperature="HOT")
        assert found[uti] == StockState(temperature="COLD")
        assert stock_states_at([]) == {}
        assert stock_states_at([uti], NOON) == {}
    assert not ManipulationReading.objects.exists()


def test_unknown_is_not_cold(story: Heat) -> None:
    story.trade_until(NOON + 2 * HOUR)
    TemperaturePass.objects.filter(as_of=NOON + HOUR).update(unknown=[story.id("UTI0")])
    with clock.frozen(NOW):
        assert temperatures_at([story.id("UTI0")])[story.id("UTI0")].level == ""
        assert stock_states_at([story.id("UTI0")]) == {}


def test_a_theme_that_does_not_exist_has_no_rows(story: Heat, trading: Client) -> None:
    with clock.frozen(NOW):
        assert "Nobody was that warm" in trading.get(f"/themes/heat/?theme={uuid.uuid4()}").content.decode()
