"""The network's JSON: neighbours, tickets, record; the same time machine, the same refusals."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sentiment_site.live.time_machine import write_moment
from sentiment_site.market import clock
from tests.themes.network.conftest import OPEN_BAR, THURSDAY, World
from tests.themes.network.test_pages import NOW, browser, friday  # noqa: F401 - fixtures
from tests.themes.network.test_selectors import HOUR
from themes.models import SympathyNetwork
from themes.network import examples
from themes.network.serializers import RecordSerializer, StockNetworkSerializer, TicketSerializer


def ask(client: Client, name: str, params: dict[str, Any] | None = None, **kwargs: Any) -> Any:
    with clock.frozen(NOW):
        return client.get(reverse(f"themes_api:{name}", kwargs=kwargs), params or {})


def test_a_stocks_neighbours(browser: Client, friday: World) -> None:  # noqa: F811
    answer = ask(browser, "network", symbol="TEC0").json()
    assert answer["symbol"] == "TEC0" and answer["network"]["kind"] == "move" and answer["network"]["simulated"]
    assert [one["rank"] for one in answer["neighbours"]] == list(range(20))
    assert answer["neighbours"][0]["symbol"].startswith("TEC")
    night = ask(browser, "network", {"as_of": write_moment(OPEN_BAR)}, symbol="TEC0").json()
    assert night["network"]["kind"] == "nightly" and night["network"]["observations"] == 50
    assert ask(browser, "network", {"as_of": write_moment(THURSDAY.open)}, symbol="TEC0").status_code == 404
    assert ask(browser, "network", symbol="NOPE").status_code == 404
    assert ask(browser, "network", symbol="IWM").status_code == 404


def test_tickets_by_page(browser: Client, friday: World) -> None:  # noqa: F811
    first = ask(browser, "tickets", {"limit": 30}).json()
    assert len(first["results"]) == 30 and first["previous"] is None
    with clock.frozen(NOW):
        second = browser.get(first["next"]).json()
    seen = [one["id"] for one in first["results"] + second["results"]]
    assert len(set(seen)) == 40 and second["next"] is None
    assert {one["tier"] for one in ask(browser, "tickets", {"tier": "low"}).json()["results"]} == {"low"}
    assert ask(browser, "tickets", {"state": "open"}).json()["results"] == []
    assert len(ask(browser, "tickets", {"symbol": "TEC4"}).json()["results"]) == 2
    assert ask(browser, "tickets", {"symbol": "NOPE"}).json()["results"] == []
    noon = ask(browser, "tickets", {"as_of": write_moment(OPEN_BAR + HOUR)}).json()["results"]
    assert len(noon) == 40 and all(one["session_outcome"] is one["settled_at"] is None for one in noon)


def test_the_record(browser: Client, friday: World) -> None:  # noqa: F811
    answer = ask(browser, "tickets-record").json()
    tiers = {one["tier"]: one for one in answer["tiers"]}
    assert set(tiers) == {"high", "medium", "low", "all"} and tiers["all"]["scored"] == 40
    precision = tiers["all"]["precision"]
    assert 0 <= precision["low"] <= precision["value"] <= precision["high"] <= 1
    empty = ask(browser, "tickets-record", {"as_of": write_moment(OPEN_BAR)}).json()["tiers"]
    assert all(one["precision"] is None and one["coverage"] is None for one in empty)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("tickets", {"tier": "sure"}),
        ("tickets", {"state": "x"}),
        ("tickets", {"ticker": "SOUN"}),
        ("tickets", {"as_of": "x"}),
        ("tickets-record", {"tier": "low"}),
    ],
)
def test_refusals(browser: Client, name: str, params: dict[str, str]) -> None:  # noqa: F811
    answer = ask(browser, name, params)
    assert answer.status_code == 400 and set(answer.json()["error"]["fields"]) == set(params)


def test_statements(browser: Client, friday: World, django_assert_max_num_queries: Any) -> None:  # noqa: F811
    for name, params, kwargs, budget in (
        ("network", {}, {"symbol": "TEC0"}, 6),
        ("tickets", {"limit": 500}, {}, 4),
        ("tickets-record", {}, {}, 5),
    ):
        with django_assert_max_num_queries(budget):
            assert ask(browser, name, params, **kwargs).status_code == 200


def test_examples_have_the_fields_of_the_answers(network: SympathyNetwork) -> None:
    assert set(examples.STOCK_NETWORK) == set(StockNetworkSerializer().fields)
    assert set(examples.TICKET) == set(TicketSerializer().fields)
    assert set(examples.RECORD) == set(RecordSerializer().fields)
    tier = RecordSerializer().fields["tiers"].child.fields  # type: ignore[attr-defined]
    assert set(examples.RECORD["tiers"][0]) == set(tier)
