"""The risk API: answers, own scenarios, refusals, budgets, and that it speaks of the caller's own book only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from rest_framework.test import APIClient

from portfolios import risk_examples, risk_serializers
from portfolios.books import cash
from portfolios.models import Portfolio
from portfolios.risk.asking import make_scenario, parse_asked
from tests.portfolios.risk.conftest import MONDAY, World, hold, make_world, price, shine, stock

pytestmark = pytest.mark.django_db
D = Decimal
URL = "/api/portfolio/"
PARTS = ("greeks", "exposures", "factors", "ratios", "clusters", "stress", "light")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("greeks", ["mock", "model"])
def test_every_part_answers(program: APIClient, world: World, book: Portfolio, part: str, greeks: str) -> None:
    shine(world)
    cash.add_flow(book, "deposit", D(50_000), on=MONDAY)
    stock(book, world, "SOUN", -300)
    hold(book, "XYZQ261218C00020000", 2, "3")
    answer = program.get(f"{URL}{part}/", {"greeks": greeks})
    assert answer.status_code == 200
    basis = answer.json()["basis"]
    assert (basis["session"], basis["greeks"], basis["simulated"], basis["positions"]) == (
        "2026-08-21",
        greeks,
        False,
        2,
    )
    assert answer["Cache-Control"] == "private, no-store"
    assert program.get(f"{URL}{part}/", {"as_of": "2026-08-21"}).status_code == 200


@pytest.mark.parametrize("part", PARTS)
def test_an_empty_book_without_a_market_answers(program: APIClient, book: Portfolio, part: str) -> None:
    answer = program.get(f"{URL}{part}/")
    assert answer.status_code == 200
    assert answer.json()["basis"]["simulated"] is None


@pytest.mark.parametrize("part", PARTS)
def test_refusals(program: APIClient, book: Portfolio, part: str) -> None:
    for query, field in (("?as_off=x", "as_off"), ("?as_of=soon", "as_of"), ("?greeks=both", "greeks")):
        refused = program.get(f"{URL}{part}/{query}")
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [field])
    assert program.get(f"{URL}{part}/", {"as_of": "2026-01-05"}).status_code == 404
    assert APIClient().get(f"{URL}{part}/").status_code == 401


def test_nobody_sees_another_book(program: APIClient, world: World, book: Portfolio, other: Portfolio) -> None:
    stock(other, world, "MARA", 77)
    for part in PARTS:
        assert "MARA" not in program.get(f"{URL}{part}/").content.decode(), part


def test_simulated_bars_are_labelled(program: APIClient, book: Portfolio) -> None:
    world = make_world(["SPY", "SOUN"], simulated=True)
    shine(world, simulated=True)
    stock(book, world, "SOUN", 10)
    assert program.get(f"{URL}greeks/").json()["basis"]["simulated"] is True
    assert program.get(f"{URL}light/").json()["light_simulated"] is True


def test_a_scenario_in_the_address(program: APIClient, world: World, book: Portfolio) -> None:
    price(hold(book, "SOUN", 100, "10"), "20")
    query = "?name=AI+breaks&shock=SOUN:0.5&shock=BBAI:0.3&sector=energy:-0.1&volatility=0.1"
    outcomes = program.get(f"{URL}stress/{query}").json()["outcomes"]
    assert [(one["scenario"]["name"], one["pnl"]) for one in outcomes] == [("AI breaks", 1000.0)]
    assert outcomes[0]["scenario"]["shocks"] == {"SOUN": 0.5, "BBAI": 0.3}
    for bad, field in (("shock=SOUN", "shock"), ("market=lots", "market"), ("sector=moon:1", "sector")):
        refused = program.get(f"{URL}stress/?{bad}")
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [field])
    assert program.get(f"{URL}greeks/?market=-0.1").status_code == 400


def test_scenarios_in_the_body(program: APIClient, world: World, book: Portfolio) -> None:
    price(hold(book, "SOUN", 100, "10"), "20")
    answer = program.post(f"{URL}stress/", risk_examples.OWN_SCENARIOS, format="json")
    assert answer.status_code == 200
    assert [one["scenario"]["name"] for one in answer.json()["outcomes"]] == [
        one["name"] for one in risk_examples.OWN_SCENARIOS["scenarios"]
    ]
    for bad in (
        {},
        {"scenarios": []},
        {"scenarios": [{"name": "x", "market": -2}]},
        {"scenarios": [{"name": "x", "shocks": {"SOUN": "NaN"}}]},
        {"scenarios": [{"name": "x", "sectors": {"moon": 0.1}}]},
        {"scenarios": [{"name": "x"}] * 21},
        {"scenarios": "all"},
    ):
        assert program.post(f"{URL}stress/", bad, format="json").status_code == 400, bad


def test_reading_an_address() -> None:
    asked = parse_asked(QueryDict("market=-.1&rates=.01"), scenario=True)
    assert asked.scenario is not None
    assert (asked.scenario.name, asked.scenario.market, asked.scenario.rates) == ("Own scenario", -0.1, 0.01)
    assert parse_asked(QueryDict("shock="), scenario=True).scenario is None
    with pytest.raises(ValidationError) as refused:
        parse_asked(QueryDict("name=" + "x" * 61 + "&market=nan&greeks=x"), scenario=True)
    assert set(refused.value.message_dict) == {"name", "market", "greeks"}
    with pytest.raises(ValidationError):
        make_scenario("x", shocks=dict.fromkeys(map(str, range(201)), 0.1))
    with pytest.raises(ValidationError):
        make_scenario("x", shocks={"x" * 17: 0.1})


# statements beside the account's: the same for one position and for ten
@pytest.mark.parametrize(
    ("part", "budget"),
    [
        ("greeks", 13),
        ("exposures", 14),
        ("factors", 15),
        ("ratios", 14),
        ("clusters", 13),
        ("stress", 13),
        ("light", 18),
    ],
)
def test_budgets(
    program: APIClient, world: World, book: Portfolio, part: str, budget: int, django_assert_max_num_queries: Any
) -> None:
    shine(world)
    counts = []
    for symbols in (("SOUN", "PLUG"), ("BBAI", "AAPL", "NVAX", "MARA", "NEE")):
        for symbol in symbols:
            stock(book, world, symbol, 10, tag_names=["A", "B"])
            hold(book, f"{symbol}261218C00020000", 1, "2")
        program.get(f"{URL}{part}/")
        with django_assert_max_num_queries(budget) as asked:
            assert program.get(f"{URL}{part}/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("example", "shape"),
    [
        (risk_examples.GREEKS, risk_serializers.BookGreeksSerializer),
        (risk_examples.EXPOSURES, risk_serializers.ExposuresSerializer),
        (risk_examples.FACTORS, risk_serializers.FactorViewSerializer),
        (risk_examples.RATIOS, risk_serializers.RatioViewSerializer),
        (risk_examples.CLUSTERS, risk_serializers.ClusterViewSerializer),
        (risk_examples.STRESS, risk_serializers.StressViewSerializer),
        (risk_examples.LIGHT, risk_serializers.LitViewSerializer),
    ],
)
def test_examples_have_the_fields_of_the_answer(example: dict[str, Any], shape: type[Any]) -> None:
    assert set(example) == set(shape().fields)
