"""The book and the light, stress by hand, clusters of planted friends, and what is known of single stocks."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from portfolios.books import cash
from portfolios.kernels.stress import SCENARIOS, Scenario
from portfolios.models import Portfolio
from portfolios.risk.records import NO_READING
from portfolios.risk.selectors import get_clusters, get_lit_book, get_risk, get_stress, load_book
from portfolios.risk.stress import shock
from sentiment_site.quant.options import option_price
from tests.portfolios.risk.conftest import CLOSE, MONDAY, World, hold, make_world, price, shine, stock
from themes.models import ManipulationReading, TemperaturePass, TemperatureReading, Theme
from universe.models import ShortInterestReading

pytestmark = pytest.mark.django_db
D = Decimal


def test_how_much_of_the_shorts_fights_the_light(world: World, book: Portfolio) -> None:
    shine(world)
    price(hold(book, "SOUN", -380, "10"), "10")  # technology: do not short
    price(hold(book, "PLUG", -400, "10"), "10")  # energy: prime short
    price(hold(book, "NEE", -220, "10"), "10")  # utilities: no reading
    price(hold(book, "NVAX", 100, "10"), "10")  # healthcare: good short
    found = get_lit_book(book)
    assert "38 % of short gross sits in DO NOT SHORT" in found.book.headlines
    assert found.book.short_shares == {
        "dark_red": pytest.approx(0.40),
        "dark_green": pytest.approx(0.38),
        "no_read": pytest.approx(0.22),
    }
    assert (found.book.short_gross, found.book.long_gross) == (10_000, 1_000)
    by_symbol = {one.symbol: one for one in found.positions}
    assert by_symbol["SOUN"].lit.colour == "dark_green"
    assert by_symbol["SOUN"].lit.verb == "DO NOT SHORT"
    assert by_symbol["SOUN"].lit.confidence == 0.7
    assert by_symbol["SOUN"].dollars == -3800
    assert by_symbol["NEE"].lit.colour == "no_read"
    warned = [(one.code, one.severity, one.message) for one in found.book.warnings]
    assert warned == [
        ("against_light", "high", "Short SOUN in a sector that says DO NOT SHORT"),
        ("against_light", "medium", "Long NVAX in a sector that says GOOD SHORT"),
    ]
    # (-3800 * -1 * .7 + 4000 * .6 - 1000 * .5 * .5) / 8800
    assert found.book.agreement == pytest.approx((-3800 * 0.7 + 4000 * 0.6 - 1000 * 0.5 * 0.5) / 8800)
    assert (found.light_as_of, found.light_simulated, found.reason) == (CLOSE, False, "")


def test_a_short_put_leans_the_other_way(world: World, book: Portfolio) -> None:
    shine(world)
    hold(book, "SOUN261218P00020000", 5, "1")
    found = get_lit_book(book)
    assert found.positions[0].dollars < 0
    assert found.book.warnings[0].message == "Short SOUN in a sector that says DO NOT SHORT"


@pytest.mark.parametrize("status", ["abstained", "stale", "no_read"])
def test_a_sector_whose_card_is_grey_has_no_light(world: World, book: Portfolio, status: str) -> None:
    shine(world, technology=status)
    price(hold(book, "SOUN", -380, "10"), "10")
    found = get_lit_book(book)
    assert found.positions[0].lit.verb == "NO READ"
    assert found.book.warnings == ()
    assert found.book.headlines == ("100 % of short gross has no light",)


def test_before_the_first_light_and_the_light_of_then(world: World, book: Portfolio) -> None:
    price(hold(book, "SOUN", -380, "10"), "10")
    assert get_lit_book(book).reason != ""
    assert get_lit_book(book).light_as_of is None
    shine(world, CLOSE + dt.timedelta(minutes=30), simulated=True)
    assert get_lit_book(book).light_simulated is True
    Portfolio.objects.update(created_at=CLOSE - dt.timedelta(days=9))
    book.positions.update(created_at=CLOSE - dt.timedelta(hours=9))
    then = get_lit_book(book, CLOSE + dt.timedelta(minutes=29))
    assert then.light_as_of is None
    assert then.positions[0].lit.colour == "no_read"


def test_before_any_theme_there_is_no_reading(world: World, book: Portfolio) -> None:
    hold(book, "SOUN", -380, "10")
    facts = {"source": world.source, "recorded_at": CLOSE, "short_interest": 10_000_000}
    soun = world.ids["SOUN"]
    ShortInterestReading.objects.create(
        instrument_id=soun, settlement_date=dt.date(2026, 7, 31), days_to_cover=D("3.2"), **facts
    )
    ShortInterestReading.objects.create(
        instrument_id=soun, settlement_date=dt.date(2026, 8, 14), days_to_cover=D("4.5"), **facts
    )
    known = get_lit_book(book).positions[0].stock
    assert (known.free_float, known.short_percent, known.days_to_cover) == (4e7, 25.0, 4.5)
    assert (known.temperature, known.squeeze, known.manipulation, known.halted_since) == (None, None, None, None)
    assert dict(known.reasons) == dict.fromkeys(("theme", "temperature", "squeeze", "manipulation"), NO_READING)


def test_the_themes_are_heard(world: World, book: Portfolio) -> None:
    soun, at = world.ids["SOUN"], CLOSE - dt.timedelta(minutes=30)
    TemperaturePass.objects.create(
        as_of=at, recorded_at=at, stocks=1, warm=0, hot=0, extreme=1, is_simulated=True, missing=["borrow fee"]
    )
    TemperatureReading.objects.create(
        as_of=at, recorded_at=at, instrument_id=soun, temperature_classification="extreme", raw_level=3,
        squeeze_risk_indicator=D("0.81"), trading_recommendation="AVOID_SHORT_SQUEEZE_RISK",
    )  # fmt: skip
    ManipulationReading.objects.create(
        as_of=at, recorded_at=at, instrument_id=soun, risk=D("0.75"), raw=D("0.75"), band="severe", flags_part=D("0.8"),
        behaviour_part=D("0.7"), evidence_coverage=D(1), version="v1", data_at=at, is_simulated=True,
    )  # fmt: skip
    theme = Theme.objects.create(
        theme_name="ai_defense", standing="active", emergence_timestamp=at, detected_at=at, detection_confidence=0.8,
        is_simulated=True, as_of=at,
    )  # fmt: skip
    theme.memberships.create(instrument_id=soun, score=0.9, text_part=0.9, since=at, recorded_at=at)
    hold(book, "SOUN", -380, "10")
    found = get_lit_book(book)
    assert [one.code for one in found.book.warnings] == ["heat", "manipulation", "squeeze"]
    assert found.positions[0].stock.theme == "ai_defense"
    assert dict(found.positions[0].stock.reasons) == {"days_to_cover": NO_READING}


def test_stress_by_hand(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    price(hold(book, "SOUN", 300, "10"), "20")
    price(hold(book, "PLUG", -200, "10"), "30")
    option = hold(book, "SOUN261218C00020000", 2, "3")
    spot = world.close("SOUN")
    line = next(one for one in load_book(book).lines if one.held.pk == option.pk)
    sigma, years = line.priced.volatility, (option.expiration_date - dt.date(2026, 8, 21)).days / 365
    assert sigma is not None
    own = Scenario("mine", sectors={"technology": -0.2}, volatility=0.1)
    found = get_stress(book, [own, shock("squeeze", {"PLUG": 0.5, "GME": 1.0})])
    by_symbol = {one.symbol: one.pnl for one in found.outcomes[0].lines}
    assert by_symbol["SOUN"] == pytest.approx(300 * 20 * -0.2)
    change = option_price(spot * 0.8, 20, years, sigma + 0.1) - option_price(spot, 20, years, sigma)
    assert by_symbol[option.symbol] == pytest.approx(200 * float(change))
    assert by_symbol["PLUG"] == 0
    assert found.outcomes[0].pnl == pytest.approx(sum(by_symbol.values()))
    assert found.outcomes[0].pct == pytest.approx(found.outcomes[0].pnl / found.basis.total_value)
    assert found.outcomes[1].pnl == pytest.approx(-200 * 30 * 0.5)
    assert found.outcomes[1].by_sector["energy"] == pytest.approx(-3000)
    assert found.outcomes[0].lines[0].pnl == min(by_symbol.values())


def test_the_standing_scenarios_and_who_is_left_out(book: Portfolio) -> None:
    world = make_world(["SPY", "SOUN", "NVAX"], broken={"NVAX": 12})
    stock(book, world, "SOUN", 100)
    hold(book, "NVAX", 100, "5")
    hold(book, "XYZQ261218C00005000", 1, "1")
    young = hold(book, "NVAX261218C00005000", 1, "1")
    found = get_stress(book)
    names = [one.scenario.name for one in found.outcomes]
    assert names == [*(one.name for one in SCENARIOS), "Healthcare -10 %", "Technology -10 %"]
    assert found.benchmark == "SPY"
    crash, calm = found.outcomes[0], found.outcomes[3]
    assert {one.symbol: one.reason for one in crash.missing} == {
        "NVAX": "its beta is unknown",
        young.symbol: "it has no price but its entry's; and the underlying has fewer than 20 returns",
        "XYZQ261218C00005000": "its stock is not among the instruments here",
    }
    assert [one.symbol for one in calm.missing] == [young.symbol, "XYZQ261218C00005000"]
    beta = load_book(book).market.beta(world.ids["SOUN"], "SPY")
    assert crash.pnl == pytest.approx(-0.1 * (beta or 0) * 100 * world.close("SOUN"), rel=1e-4)


def test_a_theme_that_breaks_or_runs(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    price(hold(book, "SOUN", -300, "10"), "20")
    price(hold(book, "BBAI", 100, "10"), "5")
    price(hold(book, "NEE", 10, "10"), "70")
    theme = Theme.objects.create(
        theme_name="ai_defense", title="AI defense", standing="active", emergence_timestamp=CLOSE, detected_at=CLOSE,
        detection_confidence=0.8, is_simulated=True, as_of=CLOSE,
    )  # fmt: skip
    since = CLOSE - dt.timedelta(hours=1)
    for symbol, score, follows in (("SOUN", 0.9, False), ("BBAI", 0.5, True), ("PLUG", 1.0, False)):
        theme.memberships.create(
            instrument_id=world.ids[symbol], score=score, is_sympathy=follows, text_part=score, since=since,
            recorded_at=since,
        )  # fmt: skip
    theme.memberships.create(
        instrument_id=world.ids["NEE"], score=1, text_part=1, since=since, until=CLOSE, recorded_at=since
    )  # left it
    breaks, runs = get_stress(book).outcomes[-2:]
    assert (breaks.scenario.name, runs.scenario.name) == ("AI defense -20 %", "AI defense +20 %")
    assert runs.scenario.theme is not None
    assert runs.scenario.theme.moves == pytest.approx({"SOUN": 0.18, "BBAI": 0.1})
    assert runs.pnl == pytest.approx(-300 * 20 * 0.18 + 100 * 5 * 0.1) == pytest.approx(-breaks.pnl)


def test_friends_are_one_cluster(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    market = load_book(book).market
    assert len(market.rows) == 7
    for symbol, quantity in {"SOUN": 100, "BBAI": 100, "NEE": -200}.items():
        stock(book, world, symbol, quantity)
    loaded = load_book(book)
    rows = loaded.market.rows
    twin = rows[world.ids["BBAI"]]
    noise = 1 + np.random.default_rng(5).normal(0, 0.002, loaded.market.closes.shape[1])
    loaded.market.closes[twin] = loaded.market.closes[rows[world.ids["SOUN"]]] * noise
    found = get_clusters(book, loaded=loaded)
    assert [cluster.names for cluster in found.map.clusters if len(cluster.names) > 1] == [("BBAI", "SOUN")]
    assert 1 < found.map.effective_bets < 3
    hedged = next(cluster for cluster in found.map.clusters if cluster.names == ("NEE",))
    assert hedged.weight == pytest.approx(-200 * world.close("NEE") / found.basis.total_value, rel=1e-4)


def test_clusters_name_what_they_lack(book: Portfolio) -> None:
    world = make_world(["SPY", "SOUN", "NVAX"], broken={"NVAX": 12})
    assert get_clusters(book).map.names == ()
    for symbol in ("SOUN", "NVAX"):
        stock(book, world, symbol, 100)
    found = get_clusters(book)
    assert found.map.names == ("SOUN",)
    assert [one.symbol for one in found.missing] == ["NVAX"]


def test_one_reading_serves_all_parts(world: World, book: Portfolio, django_assert_max_num_queries: Any) -> None:
    shine(world)
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    stock(book, world, "SOUN", 100, tag_names=["A", "B"])
    hold(book, "SOUN261218C00020000", 2, "3")
    get_risk(book)
    with django_assert_max_num_queries(24) as few:
        get_risk(book)
    for symbol in ("BBAI", "AAPL", "NVAX", "PLUG", "MARA"):
        stock(book, world, symbol, 100, tag_names=["A", "B"])
    with django_assert_max_num_queries(24) as many:
        found = get_risk(book)
    assert len(few) == len(many)
    assert found.greeks.basis == found.light.basis
