"""The database refuses what cannot be; corrections keep what earlier moments saw."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from macro import grid, services
from macro.collect import state
from macro.collect.readings import Figures
from macro.collect.store import Entry, figures_of, row_of, store_doubted, store_readings
from macro.models import (
    MacroBootstrap,
    MacroCoinDay,
    MacroCorrection,
    MacroFearGreed,
    MacroMarketData,
    MacroSystemState,
    Quality,
)
from macro.selectors import get_state, latest_reading, list_quarantined, list_readings, load_coin_days, load_market
from portfolios.models import User
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock

pytestmark = pytest.mark.django_db
SLOT = dt.datetime(2025, 12, 2, 16, tzinfo=dt.UTC)
NOW = SLOT + dt.timedelta(minutes=5)
LATER = NOW + dt.timedelta(hours=1)
GOOD = Figures(3e12, 1.7e12, 3e11, 90_000.0, 3_000.0, 2.5e11)


def entry(figures: Figures = GOOD, slot: dt.datetime = SLOT, **more: Any) -> Entry:
    plain = {"source": "coingecko", "event_at": slot, "received_at": slot, "is_simulated": False}
    return Entry(slot=slot, figures=figures, **plain | more)


@pytest.fixture
def operator() -> User:
    return User.objects.create_user("desk", is_staff=True, is_superuser=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no workers here."""
    monkeypatch.setattr("sentiment_site.jobs.services._send", lambda run: None)


@pytest.fixture
def reading() -> MacroMarketData:
    with clock.frozen(NOW):
        store_readings([entry()])
        return MacroMarketData.objects.get()


def refused(name: str, make: Any) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


def test_one_believed_row_per_slot_and_one_doubted_per_vendor(reading: MacroMarketData) -> None:
    again = row_of(entry(), Quality.OK, "", NOW, None)
    refused("macro_market_data_one_believed", lambda: again.save(force_insert=True))
    with clock.frozen(NOW):
        store_doubted(entry(), "why")
        store_doubted(entry(source="coinpaprika"), "why")
        store_doubted(entry(), "why again")
    refused(
        "macro_market_data_one_doubted",
        lambda: row_of(entry(), Quality.QUARANTINED, "x", NOW, None).save(force_insert=True),
    )
    assert [row.reason for row in list_quarantined(NOW).order_by("id")] == ["why", "why again"]


@pytest.mark.parametrize(
    "changes",
    [
        {"total_market_cap": 0},
        {"btc_price": -1},
        {"btc_dominance": 1.01},
        {"alt_market_cap": -1},
        {"eth_market_cap": -1},
    ],
)
def test_nothing_impossible_is_believed(changes: dict[str, float]) -> None:
    row = row_of(entry(), Quality.OK, "", NOW, None)
    for name, value in changes.items():
        setattr(row, name, value)
    refused("macro_market_data_believable", lambda: row.save(force_insert=True))
    row.quality, row.reason = Quality.QUARANTINED, "impossible"
    row.save(force_insert=True)


def test_named_rules_of_the_other_tables(reading: MacroMarketData) -> None:
    refused("macro_market_data_doubt_has_reason", lambda: MacroMarketData.objects.update(quality="CORRECTED"))
    refused("macro_market_data_quality_known", lambda: MacroMarketData.objects.update(quality="FINE", reason="x"))
    refused(
        "macro_market_data_closed_after",
        lambda: MacroMarketData.objects.update(superseded_at=NOW - dt.timedelta(hours=1)),
    )
    refused("macro_system_state_one_row", lambda: MacroSystemState.objects.create(pk=2, updated_at=NOW))
    refused(
        "macro_system_state_bootstrap_dated",
        lambda: MacroSystemState.objects.create(pk=1, updated_at=NOW, bootstrap_completed=True),
    )
    refused("macro_fear_greed_range", lambda: _mood(101))
    _mood(50)
    refused("macro_fear_greed_once", lambda: _mood(51))
    refused("macro_coin_day_cap_positive", lambda: _coin(market_cap=0))
    refused("macro_coin_day_price_positive", lambda: _coin(price=0))
    _coin()
    refused("macro_coin_day_once", _coin)
    begun = {"started_at": NOW, "days": 365, "total_now": 1.0, "is_simulated": False}
    MacroBootstrap.objects.create(**begun)
    refused("macro_bootstrap_one_running", lambda: MacroBootstrap.objects.create(**begun))
    refused("macro_bootstrap_ended_or_not", lambda: MacroBootstrap.objects.update(finished_at=NOW))


def _mood(value: int) -> None:
    MacroFearGreed.objects.create(day=SLOT.date(), value=value, is_simulated=False, recorded_at=NOW)


def _coin(**changes: Any) -> None:
    plain = {"coin_id": "bitcoin", "symbol": "btc", "day": SLOT.date(), "price": 5.0, "market_cap": 7.0}
    MacroCoinDay.objects.create(**plain | {"is_simulated": False, "event_at": SLOT, "recorded_at": NOW} | changes)


def test_a_correction_is_a_new_version(reading: MacroMarketData, operator: User, sent: None) -> None:
    with clock.frozen(LATER):
        made = services.correct_reading(
            reading,
            {"btc_market_cap": 1.6e12, "total_market_cap": 3e12, "stablecoin_market_cap": None},
            operator,
            " a zero ",
        )
    assert (made.quality, made.reason, made.timestamp, made.event_at) == ("CORRECTED", "a zero", SLOT, SLOT)
    assert made.btc_dominance == pytest.approx(1.6 / 3) and made.alt_market_cap == pytest.approx(1.1e12)
    assert made.alt_ex_stable is None and made.dominance_ex_stable is None
    history = {
        line.field: (line.old, line.new, line.author_name, line.reason, line.at) for line in made.corrections.all()
    }
    assert history == {
        "btc_market_cap": (1.7e12, 1.6e12, "desk", "a zero", LATER),
        "stablecoin_market_cap": (2.5e11, None, "desk", "a zero", LATER),
    }
    reading.refresh_from_db()
    assert reading.superseded_at == LATER and figures_of(reading) == GOOD
    assert JobRun.objects.get().params == {"trigger": "correction"}
    # An earlier moment still sees what was believed then.
    assert latest_reading(NOW) == reading and latest_reading(LATER) == made
    assert load_market(NOW).btc_cap.tolist() == [1.7e12] and load_market(LATER).btc_cap.tolist() == [1.6e12]
    assert list(list_readings(LATER)) == [made]


def test_a_correction_stands_against_later_scans(reading: MacroMarketData, operator: User, sent: None) -> None:
    with clock.frozen(LATER):
        services.correct_reading(reading, {"eth_price": 2_900.0}, operator, "typo")
        assert store_readings([entry()], renew=True) == 0
    assert latest_reading(LATER).eth_price == 2_900.0


def test_a_quarantine_is_released_as_it_is_or_corrected(operator: User, sent: None) -> None:
    with clock.frozen(NOW):
        doubted = store_doubted(entry(), "jump: total cap moved +90.0%")
    assert latest_reading(LATER) is None
    with clock.frozen(LATER):
        made = services.correct_reading(doubted, {}, operator, "it was so")
    assert latest_reading(LATER) == made and not list_quarantined(LATER).exists()
    assert list_quarantined(NOW).get() == doubted
    line = MacroCorrection.objects.get()
    assert (line.field, line.old, line.new) == ("quality", None, None)


def test_what_a_correction_may_not_be(reading: MacroMarketData, operator: User, sent: None) -> None:
    trader = User.objects.create_user("trader")
    with pytest.raises(PermissionDenied):
        services.correct_reading(reading, {"btc_price": 1.0}, trader, "why")
    for changes, reason, words in (
        ({"btc_price": 1.0}, " ", "Say why"),
        ({}, "why", "Nothing was changed"),
        ({"btc_price": 90_000.0}, "why", "Nothing was changed"),
        ({"alt_market_cap": 1.0}, "why", "cannot be corrected"),
        ({"btc_price": None}, "why", "btc_price missing"),
        ({"btc_market_cap": 3.1e12}, "why", "103.33% of the market"),
        ({"btc_price": float("nan")}, "why", "price is nan"),
    ):
        with pytest.raises(ValidationError, match=words):
            services.correct_reading(reading, changes, operator, reason)
    with clock.frozen(NOW):
        doubted = store_doubted(entry(), "why")
    with pytest.raises(ValidationError, match="has a believed reading"):
        services.correct_reading(doubted, {}, operator, "why")
    with clock.frozen(LATER):
        services.correct_reading(reading, {"btc_price": 90_001.0}, operator, "why")
        with pytest.raises(ValidationError, match="newer version"):
            services.correct_reading(reading, {"btc_price": 90_002.0}, operator, "why")
    assert MacroMarketData.objects.count() == 3


def test_operators_only(operator: User, sent: None) -> None:
    trader = User.objects.create_user("trader")
    for ask in (
        lambda: services.request_scan(trader),
        lambda: services.request_bootstrap(trader),
        lambda: services.request_bootstrap(trader, force=True),
        lambda: services.set_maintenance(trader, is_on=True),
    ):
        with pytest.raises(PermissionDenied):
            ask()
    assert services.request_scan(operator).name == "macro.scan"
    assert services.request_bootstrap(operator).params == {}
    state.save_bootstrap(NOW)
    with pytest.raises(services.Refused, match="The bootstrap is done"):
        services.request_bootstrap(operator)
    assert services.request_bootstrap(operator, force=True).params == {"force": True}


def test_the_status_and_its_ways() -> None:
    assert get_state().system_status == "INITIALIZING" and not MacroSystemState.objects.exists()
    seen = []
    for step in (
        lambda: state.save_success(NOW),
        lambda: state.save_bootstrap(NOW),
        lambda: state.save_failure(NOW, "coingecko: 500"),
        lambda: state.save_failure(NOW, "x" * 400),
        lambda: state.save_failure(LATER, "coingecko: 429"),
        lambda: state.save_maintenance(True),
        lambda: state.save_success(LATER),
        lambda: state.save_failure(LATER, "y"),
        lambda: state.save_maintenance(False),
    ):
        step()
        seen.append((get_state().system_status, get_state().consecutive_failures))
    assert seen == [
        ("INITIALIZING", 0), ("ACTIVE", 0), ("ACTIVE", 1), ("ACTIVE", 2), ("ERROR", 3),
        ("MAINTENANCE", 3), ("MAINTENANCE", 0), ("MAINTENANCE", 1), ("ACTIVE", 1),
    ]  # fmt: skip
    state.save_bootstrap(LATER)
    assert get_state().bootstrap_completed_at == NOW and MacroSystemState.objects.count() == 1


def test_the_grid() -> None:
    at = dt.datetime(2025, 12, 2, 19, 59, 59, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert grid.slot_of(at) == SLOT and grid.slot_of(SLOT) == SLOT
    assert grid.next_slot(at) == grid.next_slot(SLOT) == SLOT + dt.timedelta(hours=4)
    assert [each.hour for each in grid.slots_between(SLOT - dt.timedelta(hours=5), NOW)] == [12, 16]
    assert grid.slots_between(SLOT, SLOT) == [SLOT] and grid.slots_between(NOW, SLOT) == []


def test_what_is_read_costs_one_statement(reading: MacroMarketData, django_assert_num_queries: Any) -> None:
    _coin()
    _coin(day=SLOT.date() - dt.timedelta(days=1), market_cap=None)
    _coin(coin_id="tether", symbol="usdt", is_stable=True)
    with django_assert_num_queries(1):
        series = load_market(LATER)
    assert series.total.tolist() == [3e12] and series.is_estimated.tolist() == [False]
    with django_assert_num_queries(1):
        panel = load_coin_days(LATER)
    assert panel.coin_ids == ("bitcoin", "tether") and panel.is_stable.tolist() == [False, True]
    assert str(panel.price.tolist()) == "[[5.0, nan], [5.0, 5.0]]"
    assert str(panel.market_cap.tolist()) == "[[nan, nan], [7.0, 7.0]]"
    assert load_coin_days(LATER, since=SLOT.date()).price.shape == (1, 2)
    assert len(load_market(LATER, since=LATER)) == 0
