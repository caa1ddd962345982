"""Themes' heat and how it pulls at the light: cards, pages, API, the past, switched off; the score never moves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.test import Client

from sectors import publish
from sectors.models import SectorReading
from sectors.pipeline import Skipped, run_analysis
from sectors.selectors import get_grid
from sectors.theme_terms import add_theme_terms, terms_changed
from sentiment_site.live.publish import client as valkey
from sentiment_site.market import clock
from tests.themes.heat.conftest import HOUR, MINUTE, NOON, TECH, THURSDAY, Heat, add_theme
from themes.heat.inputs import missing_inputs
from themes.heat.selectors import theme_heat_at
from themes.models import StockVerdict, TemperaturePass, Theme, ThemeHeat, ThemeMembership
from universe.models import Instrument, ThresholdList

pytestmark = pytest.mark.django_db
D = Decimal
HOT = (109.0, 187_500.0)


@pytest.fixture
def lit(heat: Heat, django_capture_on_commit_callbacks: Any) -> Heat:
    """A light of eleven, in which technology fell and everything else stood."""
    valkey().delete("sectors:grid:current")
    with clock.frozen(NOON - HOUR + 2 * MINUTE), django_capture_on_commit_callbacks(execute=True):
        outcome = run_analysis(trigger="manual", fetch=False)
    assert not isinstance(outcome, Skipped), outcome.reason
    SectorReading.objects.filter(sector="technology").update(score=D("-0.350"), colour="light_red", status="ok")
    SectorReading.objects.exclude(sector="technology").update(score=D("0.700"), colour="dark_green", status="ok")
    valkey().delete("sectors:grid:current", "fragment:" + publish.fragment_key(outcome.pk))
    return heat


@pytest.fixture
def pulled(lit: Heat) -> Theme:
    """Four technology stocks of one theme are HOT at noon: it pulls to .6."""
    theme = add_theme(lit, TECH[:4])
    lit.trade_until(NOON, dict.fromkeys(TECH[:4], HOT))
    lit.read(NOON)
    return theme


def test_a_themes_heat_by_hand(pulled: Theme) -> None:
    row = ThemeHeat.objects.get()
    assert (row.level, row.members, row.known, row.phase) == ("hot", 4, 4, "spreading")
    assert (row.score, row.reach) == (D("0.600"), {"technology": 1.0})
    assert row.rise == D("8.4577")  # from 100.5 to 109
    pulled.refresh_from_db()
    assert pulled.temperature_status == "hot"
    with clock.frozen(NOON + 3 * MINUTE):
        assert theme_heat_at()[pulled.pk] == row
    assert theme_heat_at(NOON + MINUTE) == {}  # not known yet


@pytest.mark.parametrize(
    ("facts", "score"), [({"standing": "watch"}, None), ({"phase": "cooling"}, None), ({"phase": "peak"}, D("0.300"))]
)
def test_who_pulls_less_or_not_at_all(lit: Heat, facts: dict[str, str], score: Decimal | None) -> None:
    add_theme(lit, TECH[:4], **facts)
    lit.trade_until(NOON, dict.fromkeys(TECH[:4], HOT))
    lit.read(NOON)
    assert ThemeHeat.objects.get().score == score


def test_a_falling_theme_is_no_reason_for_care(lit: Heat) -> None:
    add_theme(lit, TECH[:4])
    lit.trade_until(NOON, dict.fromkeys(TECH[:4], (91.0, 187_500.0)))
    lit.read(NOON)
    row = ThemeHeat.objects.get()
    assert (row.level, row.score) == ("hot", None)


def test_the_stock_is_judged_by_its_theme_with_the_whole_term(pulled: Theme, lit: Heat) -> None:
    verdict = StockVerdict.objects.get(instrument=lit.id("TEC0"))
    assert (verdict.sector_score, verdict.theme_term, verdict.score) == (D("-0.350"), D("0.570"), D("0.220"))
    assert (verdict.theme, verdict.should_short) == (pulled, "avoid")
    rules = {line["rule"]: line for line in verdict.trace if "rule" in line}
    assert rules["theme"]["effect"] == "avoid"
    assert verdict.trace[-1] == {
        "part": "missing",
        "inputs": ["borrow fee", "utilisation of lendable shares", "threshold list"],
    }


def test_a_verdict_is_written_when_it_changes(pulled: Theme, lit: Heat) -> None:
    lit.trade_until(NOON + HOUR, dict.fromkeys(TECH[:4], (118.8, 187_500.0)))
    lit.read(NOON + HOUR)
    first = StockVerdict.objects.filter(instrument=lit.id("TEC0")).count()
    lit.trade_until(NOON + 2 * HOUR, dict.fromkeys(TECH[:4], (118.8, 187_500.0)))
    lit.read(NOON + 2 * HOUR)
    lit.trade_until(NOON + 3 * HOUR, dict.fromkeys(TECH[:4], (118.8, 187_500.0)))
    lit.read(NOON + 3 * HOUR)
    assert StockVerdict.objects.filter(instrument=lit.id("TEC0")).count() <= first + 1


def test_the_light_shows_the_term_beside_its_own_score(pulled: Theme) -> None:
    with clock.frozen(NOON + 3 * MINUTE):
        grid = add_theme_terms(get_grid())
    assert grid is not None
    by_sector = {card.sector: card for card in grid.cards}
    card = by_sector["technology"]
    assert (card.score, card.colour) == (D("-0.350"), "light_red")  # its own stay
    assert card.theme is not None
    assert (card.theme.term, card.theme.score, card.theme.verb) == (D("0.570"), D("0.220"), "AVOID SHORTS")
    assert (card.theme.theme, card.theme.level, card.theme.share) == ("graphene", "hot", 1.0)
    assert all(other.theme is None for sector, other in by_sector.items() if sector != "technology")


def test_only_the_share_that_lies_in_a_sector_pulls_and_one_way(lit: Heat) -> None:
    add_theme(lit, TECH[:3])
    theme = Theme.objects.get()
    ThemeMembership.objects.bulk_create(
        ThemeMembership(
            theme=theme, instrument_id=lit.id(symbol), sector="energy", score=0.8, text_part=1, since=theme.detected_at,
            recorded_at=theme.detected_at,
        )
        for symbol in ("ENE0", "ENE1")
    )  # fmt: skip
    lit.trade_until(NOON, dict.fromkeys(TECH[:3], HOT))
    lit.read(NOON)
    assert ThemeHeat.objects.get().reach == {"technology": 0.6, "energy": 0.4}
    with clock.frozen(NOON + 3 * MINUTE):
        grid = add_theme_terms(get_grid())
    assert grid is not None
    terms = {card.sector: card.theme.term for card in grid.cards if card.theme}
    assert terms == {"technology": D("0.342")}  # energy says DO NOT SHORT already: nothing is taken from it


def test_the_time_machine_shows_the_term_of_then(pulled: Theme) -> None:
    for moment, expected in ((NOON + MINUTE, None), (NOON + 2 * MINUTE, D("0.570"))):
        grid = add_theme_terms(get_grid(moment), moment)
        assert grid is not None
        card = next(card for card in grid.cards if card.sector == "technology")
        assert (None if card.theme is None else card.theme.term) == expected
    with clock.frozen(NOON + 3 * MINUTE):
        Theme.objects.update(standing="retired")
        grid = add_theme_terms(get_grid())
        assert grid is not None
        assert all(card.theme is None for card in grid.cards)


def test_pages_and_api_show_it_and_can_be_switched(pulled: Theme, trading: Client) -> None:
    with clock.frozen(NOON + 3 * MINUTE):
        page = trading.get("/").content.decode()
        assert "with theme" in page
        assert "+0.57" in page
        assert "no-themes" not in page
        assert 'class="no-themes"' in trading.get("/?themes=off").content.decode()
        assert trading.get("/?themes=maybe").status_code == 400
        then = (NOON + 3 * MINUTE).isoformat().replace("+", "%2B")
        assert "+0.57" in trading.get(f"/?as_of={then}").content.decode()
        sector = trading.get("/sectors/technology/").content.decode()
        assert "with theme" in sector
        assert "with theme" not in trading.get("/sectors/technology/?themes=off").content.decode()
        answer = trading.get("/api/sectors/technology/").json()["light"]
        assert (answer["score"], answer["colour"]) == (-0.35, "light_red")
        assert answer["theme"]["term"] == 0.57
        assert answer["theme"]["verb"] == "AVOID SHORTS"
        assert trading.get("/api/sectors/technology/?themes=off").json()["light"]["theme"] is None
        assert trading.get("/api/sectors/technology/?themes=1").status_code == 400


def test_the_grid_is_published_again_when_the_terms_change(
    pulled: Theme, django_capture_on_commit_callbacks: Any, trading: Client, django_assert_num_queries: Any
) -> None:
    with clock.frozen(NOON + 3 * MINUTE):
        Theme.objects.update(standing="watch")
        before = publish.get_live_grid()
        Theme.objects.update(standing="active")
        assert before.head is not None
        assert publish.get_live_grid().html == before.html  # cached
        with django_capture_on_commit_callbacks(execute=True):
            terms_changed()
        with django_assert_num_queries(0):
            after = publish.get_live_grid()
        assert after.head is not None
        assert after.seq == before.seq
        assert after.head.revision != before.head.revision
        assert "with theme" in after.html
        with django_assert_num_queries(3), django_capture_on_commit_callbacks(execute=True):
            terms_changed()  # nothing new


def test_a_night_and_a_day_later_nothing_pulls(pulled: Theme) -> None:
    with clock.frozen(NOON + dt.timedelta(days=5)):
        grid = add_theme_terms(get_grid())
    assert grid is not None
    assert all(card.theme is None for card in grid.cards)


def test_who_is_on_the_threshold_list_is_hard_to_get(lit: Heat) -> None:
    lit.trade_until(NOON, dict.fromkeys(TECH[:4], (109.0, 187_500.0)))
    lit.read(NOON)
    assert StockVerdict.objects.get(instrument=lit.id("TEC0")).can_short == "unknown"
    Instrument.objects.filter(symbol="TEC2").update(exchange="XNYS")
    ThresholdList.objects.create(
        exchange="XNAS", session=THURSDAY.date, instruments=[lit.id("TEC0")], source=lit.market.source,
        recorded_at=NOON + 5 * MINUTE,
    )  # fmt: skip
    lit.trade_until(NOON + HOUR, dict.fromkeys(TECH[:4], (118.8, 187_500.0)))
    lit.read(NOON + HOUR)
    asked = {"instrument__symbol__in": TECH[:3], "as_of__lte": NOON + HOUR}
    rows = StockVerdict.objects.filter(**asked).order_by("instrument", "-as_of").distinct("instrument")
    found = {row.instrument.symbol: row for row in rows.select_related("instrument")}
    listed = found["TEC0"]
    assert (listed.can_short, listed.trace[-1]["inputs"]) == ("hard", ["borrow fee", "utilisation of lendable shares"])
    rule = next(line for line in listed.trace if line.get("rule") == "threshold_list")
    assert rule["holds"] and rule["inputs"][0]["value"] == 1.0
    assert found["TEC1"].can_short == found["TEC2"].can_short == "unknown"
    done = TemperaturePass.objects.get(as_of=NOON + HOUR)
    assert done.missing == ["borrow fee", "utilisation of lendable shares", "threshold list of other exchanges"]


def test_what_is_missing_is_said_of_whom_it_is_missing() -> None:
    base = ["borrow fee", "utilisation of lendable shares"]
    assert missing_inputs(np.array([0.0, 1.0])) == missing_inputs(np.array([])) == base
    assert missing_inputs(np.array([np.nan, 1.0])) == [*base, "threshold list of other exchanges"]
    assert missing_inputs(np.array([np.nan])) == [*base, "threshold list"]
