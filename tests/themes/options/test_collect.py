"""Chains over real HTTP: what a look stores, whose turn it is, and what a failing vendor leaves."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from django.test import Client

from sentiment_site.market import clock
from sentiment_site.providers import errors
from tests.factories import ALL_SYMBOLS, Market
from themes.documents.state import OverBudget, SwitchedOff
from themes.models import (
    CollectionState,
    Document,
    DocumentCluster,
    Mention,
    OptionsDay,
    SymbolSentiment,
    TemperaturePass,
    TemperatureReading,
    Theme,
    ThemeMembership,
)
from themes.options.choosing import Turn, choose
from themes.options.collect import NothingToRead, collect_chains
from themes.options.selectors import get_chain_state, list_days, options_at

from .conftest import FRIDAY, MINUTE, NOW, ChainVendor, contract, small_chain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_looks(settings: Any) -> None:
    settings.OPTIONS_CALLS_PER_LOOK = 10
    settings.POLYGON_DELAY_S = 900


def give_all(vendor: ChainVendor, at: dt.datetime = NOW) -> None:
    for symbol in ALL_SYMBOLS:
        vendor.chains[symbol] = small_chain(symbol, at=at)


def test_a_look_stores_the_day_and_the_reading(vendor: ChainVendor, market: Market, now: clock.Frozen) -> None:
    give_all(vendor)
    vendor.chains["TEC0"] = [
        *small_chain("TEC0", calls=299, puts=99),
        contract("TEC0", "call", 120, volume=4000, oi=1000, vwap=0.5, delta=0.05),
        contract("TEC0", "call", 130, volume=None, oi=5, shares_per_contract=10),
    ]
    report = collect_chains(vendor.vendors)
    assert (report.calls, len(report.chains), report.error) == (10, 10, None)
    day = OptionsDay.objects.get(instrument_id=market.ids["TEC0"])
    assert (day.session, day.as_of, day.recorded_at) == (FRIDAY.date, NOW - 15 * MINUTE, NOW)
    assert (day.call_volume, day.put_volume, day.call_open_interest, day.put_open_interest) == (4299, 99, 2005, 1000)
    assert day.log_put_call == pytest.approx(math.log(100 / 4300))
    assert day.skew == pytest.approx(0.10) and day.premium == pytest.approx(100 * (299 + 99) + 100 * 0.5 * 4000)
    assert (day.unusual, day.contracts, day.is_simulated) == (1, 6, True)
    reading = options_at([day.instrument_id])[day.instrument_id]
    assert (reading.score, reading.quality, reading.as_of) == (None, 0.0, NOW - 15 * MINUTE)
    facts = reading.facts
    assert facts["put_call"] == pytest.approx(99 / 4299, abs=1e-4) and facts["known_side"] == 0
    assert facts["missing"]["put_call"] == "0 of the last 20 sessions are known, 10 are needed"
    assert facts["missing"]["premium"] == "the chain does not say who bought"
    strike = facts["strikes"][0]
    assert (strike["kind"], strike["strike"], strike["premium"]) == ("call", 120, 200_000)
    assert strike["reasons"] == ["4.0 times the open interest", "$200,000 of premium", "side unknown"]
    assert "sweep" not in str(facts).lower()


def test_the_turn_skips_nobody_and_doubles_nobody(vendor: ChainVendor, market: Market, now: clock.Frozen) -> None:
    give_all(vendor)
    for look in range(4):
        now.move_to(NOW + look * 10 * MINUTE)
        collect_chains(vendor.connect())
    assert sorted(vendor.asked) == sorted(ALL_SYMBOLS)
    assert OptionsDay.objects.count() == SymbolSentiment.objects.filter(source="options").count() == 40
    now.move_to(NOW + 31 * MINUTE)  # the first ten are half an hour old: a new lap
    collect_chains(vendor.connect())
    first = sorted(ALL_SYMBOLS, key=market.ids.__getitem__)[:10]
    assert sorted(vendor.asked[40:]) == sorted(first)
    assert OptionsDay.objects.count() == 40  # the day's row is rewritten, the readings stay
    assert SymbolSentiment.objects.filter(source="options").count() == 50


def test_hot_themed_and_mentioned_stocks_come_first(market: Market, now: clock.Frozen) -> None:
    ids = market.ids
    theme = Theme.objects.create(
        theme_name="quantum", standing="active", emergence_timestamp=NOW, detected_at=NOW, detection_confidence=1,
        is_simulated=True, as_of=NOW,
    )  # fmt: skip
    ThemeMembership.objects.create(
        theme=theme, instrument_id=ids["UTI3"], score=1, text_part=1, since=NOW - 60 * MINUTE
    )
    TemperaturePass.objects.create(as_of=NOW - MINUTE, stocks=40, warm=1, hot=0, extreme=0, is_simulated=True,
                                   recorded_at=NOW - MINUTE)  # fmt: skip
    TemperatureReading.objects.create(
        as_of=NOW - MINUTE, instrument_id=ids["UTI4"], temperature_classification="warm", raw_level=1,
        trading_recommendation="", recorded_at=NOW - MINUTE,
    )  # fmt: skip
    cluster = DocumentCluster.objects.create(first_at=NOW)
    document = Document.objects.create(
        kind="x",
        external_id="1",
        event_at=NOW - MINUTE,
        recorded_at=NOW,
        source=market.source,
        is_simulated=True,
        cluster=cluster,
    )
    Mention.objects.create(
        document=document, instrument_id=ids["UTI2"], rule="cashtag", sureness=1, event_at=NOW - MINUTE
    )
    picks = choose(Turn.parse({}, NOW), NOW, FRIDAY.date, 10)
    assert [one.symbol for one in picks[:3]] == ["UTI4", "UTI3", "UTI2"]
    assert [one.in_turn for one in picks] == [False] * 3 + [True] * 7
    assert len({one.instrument_id for one in picks}) == 10


def test_pages_count_as_calls_and_end_the_look(vendor: ChainVendor, market: Market, now: clock.Frozen) -> None:
    for symbol in ALL_SYMBOLS:
        vendor.chains[symbol] = [contract(symbol, "call", 50 + place, oi=1) for place in range(300)]
    report = collect_chains(vendor.vendors)
    assert (report.calls, len(report.chains), len(vendor.asked)) == (10, 5, 10)
    assert CollectionState.objects.get(feed="options").requests_today == 10


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ((429, b'{"status":"ERROR","error":"too many"}'), errors.RateLimited),
        ((500, b"<html>Internal Server Error</html>"), errors.Upstream),
        ((403, b'{"status":"NOT_AUTHORIZED","message":"You are not entitled to this data."}'), errors.NotEntitled),
        ((200, b"<html>maintenance</html>"), errors.BadPayload),
        ((200, b'{"status":"OK","results":[{"day"'), errors.BadPayload),
        ((200, b'{"status":"OK","results":[]}'), errors.BadPayload),  # nothing, of stocks that had options before
    ],
    ids=["429", "500", "plan", "garbage", "half", "nothing"],
)
def test_a_failing_vendor_leaves_the_last_rows_and_their_age(
    vendor: ChainVendor, market: Market, now: clock.Frozen, fault: tuple[int, bytes], error: type[Exception]
) -> None:
    give_all(vendor)
    for look in range(4):
        collect_chains(vendor.connect())
        now.move_to(NOW + (look + 1) * 10 * MINUTE)
    before = list(OptionsDay.objects.order_by("pk").values())
    cursor = CollectionState.objects.get(feed="options").cursor
    now.move_to(NOW + 90 * MINUTE)
    vendor.faults["*"] = fault
    report = collect_chains(vendor.connect())
    assert isinstance(report.error, error)
    assert list(OptionsDay.objects.order_by("pk").values()) == before
    state = CollectionState.objects.get(feed="options")
    assert state.cursor == cursor and state.failure and state.last_failed_at == NOW + 90 * MINUTE
    shown = get_chain_state()
    assert shown is not None and shown.read_until == NOW + 30 * MINUTE - 15 * MINUTE
    vendor.faults.clear()
    assert collect_chains(vendor.connect()).error is None
    assert CollectionState.objects.get(feed="options").failure == ""


def test_what_was_read_before_a_failure_is_stored(vendor: ChainVendor, market: Market, now: clock.Frozen) -> None:
    give_all(vendor)
    order = sorted(ALL_SYMBOLS, key=market.ids.__getitem__)
    vendor.faults[order[4]] = (500, b"<html>broken</html>")
    report = collect_chains(vendor.vendors)
    assert isinstance(report.error, errors.Upstream) and OptionsDay.objects.count() == 4
    assert CollectionState.objects.get(feed="options").cursor["after"] == market.ids[order[3]]
    vendor.faults.clear()
    collect_chains(vendor.connect())
    assert vendor.asked[5] == order[4]  # the next look begins where this one stopped


def test_one_broken_chain_stops_nobody_and_is_read_again(
    vendor: ChainVendor, market: Market, now: clock.Frozen
) -> None:
    give_all(vendor)
    order = sorted(ALL_SYMBOLS, key=market.ids.__getitem__)
    vendor.faults[order[4]] = (200, b'{"status":"OK","results":7}')
    report = collect_chains(vendor.vendors)
    assert report.error is None and [pick.symbol for pick, _ in report.failed] == [order[4]]
    assert OptionsDay.objects.count() == 9 and CollectionState.objects.get(feed="options").failure
    vendor.faults.clear()
    collect_chains(vendor.connect())
    assert vendor.asked[10] == order[4] and OptionsDay.objects.count() == 19


def test_a_stock_without_options_is_left_alone_for_a_week(
    vendor: ChainVendor, market: Market, now: clock.Frozen
) -> None:
    give_all(vendor)
    order = sorted(ALL_SYMBOLS, key=market.ids.__getitem__)
    del vendor.chains[order[0]]
    collect_chains(vendor.vendors)
    held = CollectionState.objects.get(feed="options").cursor["without"]
    assert held == {str(market.ids[order[0]]): (FRIDAY.date + dt.timedelta(days=7)).isoformat()}
    turn = Turn.parse({"without": held}, NOW)
    assert order[0] not in {one.symbol for one in choose(turn, NOW, FRIDAY.date, 100)}
    assert order[0] in {one.symbol for one in choose(turn, NOW, FRIDAY.date + dt.timedelta(days=7), 100)}


def test_yesterdays_chain_is_refused_and_yesterdays_volume_is_none(
    vendor: ChainVendor, market: Market, now: clock.Frozen
) -> None:
    give_all(vendor, at=NOW - dt.timedelta(days=1))
    assert isinstance(collect_chains(vendor.vendors).error, errors.BadPayload)
    order = sorted(ALL_SYMBOLS, key=market.ids.__getitem__)
    give_all(vendor)
    for row in vendor.chains[order[0]]:
        if row["day"]:
            row["day"]["last_updated"] -= 86_400 * 10**9
    collect_chains(vendor.connect())
    day = OptionsDay.objects.get(instrument_id=market.ids[order[0]])
    assert (day.call_volume, day.put_volume, day.log_put_call, day.premium) == (0, 0, None, 0)


def test_budget_switch_and_hours(vendor: ChainVendor, market: Market, now: clock.Frozen, settings: Any) -> None:
    give_all(vendor)
    settings.OPTIONS_CALLS_PER_DAY = 12
    collect_chains(vendor.vendors)
    report = collect_chains(vendor.connect())
    assert report.calls == 2 and "12" in report.reason
    with pytest.raises(OverBudget):
        collect_chains(vendor.connect())
    CollectionState.objects.filter(feed="options").update(is_enabled=False)
    with pytest.raises(SwitchedOff):
        collect_chains(vendor.connect())
    now.move_to(FRIDAY.open + 20 * MINUTE)
    with pytest.raises(NothingToRead, match="no options trade"):
        collect_chains(vendor.connect())
    assert len(vendor.asked) == 12


def test_days_of_the_past_are_those_known_then(vendor: ChainVendor, market: Market, now: clock.Frozen) -> None:
    give_all(vendor)
    collect_chains(vendor.vendors)
    one = OptionsDay.objects.order_by("pk").first()
    assert one is not None
    assert list_days(one.instrument_id) == [one]
    assert list_days(one.instrument_id, NOW - MINUTE) == []
    assert options_at([one.instrument_id], NOW - MINUTE) == {}


def test_the_desk_shows_feeds_and_days(
    vendor: ChainVendor, market: Market, now: clock.Frozen, admin_client: Client
) -> None:
    give_all(vendor)
    collect_chains(vendor.vendors)
    for page in ("optionsday", "collectionstate", "confluencepass", "confluencescore"):
        assert admin_client.get(f"/admin/themes/{page}/").status_code == 200, page
