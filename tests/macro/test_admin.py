"""The operator's desk: evidence stays, readings are corrected into new versions, collection is paused and run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from macro.collect import state
from macro.collect.store import store_doubted, store_readings
from macro.models import (
    MacroBootstrap,
    MacroBootstrapCoin,
    MacroCoinDay,
    MacroFearGreed,
    MacroMarketData,
    MacroSystemState,
)
from macro.selectors import get_state
from portfolios.models import User
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock
from tests.macro.test_models import LATER, NOW, SLOT, entry

pytestmark = pytest.mark.django_db
ADMIN = "/admin/macro"
MODELS = (
    "macromarketdata", "macrocorrection", "macrosystemstate", "macrobootstrap", "macrosentimentanalysis",
    "macroopinion", "macrocoinday", "macrofeargreed",
)  # fmt: skip
FIGURES = {
    "total_market_cap": "3000000000000", "btc_market_cap": "1700000000000", "eth_market_cap": "300000000000",
    "btc_price": "90000", "eth_price": "3000", "stablecoin_market_cap": "250000000000",
    "corrections-TOTAL_FORMS": "0", "corrections-INITIAL_FORMS": "0",
}  # fmt: skip


@pytest.fixture
def desk(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    settings.SECURE_SSL_REDIRECT = False
    monkeypatch.setattr("sentiment_site.jobs.services._send", lambda run: None)
    client.force_login(User.objects.create_user("desk", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def reading() -> MacroMarketData:
    with clock.frozen(NOW):
        store_readings([entry()])
        store_doubted(entry(source="coinpaprika"), "jump: total cap moved +90.0%")
        made = MacroBootstrap.objects.create(started_at=NOW, days=365, total_now=3e12, is_simulated=False)
        MacroBootstrapCoin.objects.create(
            bootstrap=made, coin_id="bitcoin", symbol="btc", rank=1, is_stable=False, cap_now=1.7e12
        )
        state.save_bootstrap(NOW)
        MacroCoinDay.objects.create(
            coin_id="bitcoin",
            symbol="btc",
            day=SLOT.date(),
            price=9e4,
            is_simulated=False,
            event_at=SLOT,
            recorded_at=NOW,
        )
        MacroFearGreed.objects.create(day=SLOT.date(), value=40, is_simulated=False, recorded_at=NOW)
        return MacroMarketData.objects.get(quality="OK")


@pytest.mark.parametrize("model", MODELS)
def test_lists_open_and_nothing_is_added_or_deleted(desk: Client, reading: MacroMarketData, model: str) -> None:
    listed = desk.get(f"{ADMIN}/{model}/")
    assert listed.status_code == 200 and "delete_selected" not in listed.content.decode()
    assert desk.get(f"{ADMIN}/{model}/add/").status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_traders_are_kept_out(client: Client, settings: Any, model: str) -> None:
    settings.SECURE_SSL_REDIRECT = False
    client.force_login(User.objects.create_user("trader"))
    assert client.get(f"{ADMIN}/{model}/")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    ("wrong", "rows"), [("quarantined", 1), ("corrected", 0), ("estimated", 0), ("late", 0), ("", 2)]
)
def test_the_list_answers_questions(desk: Client, reading: MacroMarketData, wrong: str, rows: int) -> None:
    page = desk.get(f"{ADMIN}/macromarketdata/", {"wrong": wrong} if wrong else {})
    assert page.context["cl"].result_count == rows


def test_saving_the_form_makes_a_new_version(desk: Client, reading: MacroMarketData) -> None:
    address = f"{ADMIN}/macromarketdata/{reading.pk}/change/"
    assert "correction_reason" in desk.get(address).content.decode()
    with clock.frozen(LATER):
        answer = desk.post(address, FIGURES | {"btc_price": "91000", "correction_reason": "a typo"})
    assert answer.status_code == 302
    old, new = MacroMarketData.objects.filter(data_source="coingecko").order_by("id")
    assert (old.btc_price, old.superseded_at, new.btc_price, new.quality) == (90_000.0, LATER, 91_000.0, "CORRECTED")
    assert new.corrections.get().author_name == "desk" and JobRun.objects.get().name == "macro.analyse"
    # The old version is evidence now.
    assert "correction_reason" not in desk.get(address).content.decode()
    assert desk.post(address, FIGURES | {"btc_price": "1", "correction_reason": "x"}).status_code == 403
    assert "a typo" in desk.get(f"{ADMIN}/macromarketdata/{new.pk}/change/").content.decode()


def test_a_correction_that_cannot_be_is_told_in_words(desk: Client, reading: MacroMarketData) -> None:
    address = f"{ADMIN}/macromarketdata/{reading.pk}/change/"
    for given, words in (
        ({"btc_market_cap": "3100000000000", "correction_reason": "x"}, "103.33% of the market"),
        ({"correction_reason": "x"}, "Nothing was changed"),
        ({"btc_price": "1"}, "This field is required"),
        ({"btc_price": "", "correction_reason": "x"}, "This field is required"),
    ):
        page = desk.post(address, FIGURES | given)
        assert page.status_code == 200 and words in page.content.decode()
    assert MacroMarketData.objects.count() == 2


def act(desk: Client, action: str) -> str:
    row = MacroSystemState.objects.get()
    form = {"action": action, "_selected_action": [row.pk]}
    return desk.post(f"{ADMIN}/macrosystemstate/", form, follow=True).content.decode()


def test_collection_is_run_and_paused(desk: Client, reading: MacroMarketData) -> None:
    act(desk, "scan_now")
    assert JobRun.objects.get().name == "macro.scan"
    assert "The bootstrap is done." in act(desk, "fetch_history")
    act(desk, "fetch_history_again")
    assert JobRun.objects.get(name="macro.bootstrap").params == {"force": True}
    act(desk, "begin_maintenance")
    assert get_state().system_status == "MAINTENANCE"
    act(desk, "end_maintenance")
    assert get_state().system_status == "ACTIVE"
    assert dt.datetime.now(dt.UTC) > get_state().updated_at - dt.timedelta(minutes=1)
