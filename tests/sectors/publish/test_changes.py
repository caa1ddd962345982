"""The small data of an announcement: which sectors, from which colour, who entered and left, what deserves a ring."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sectors import selectors
from sectors.changes import describe_changes
from sectors.kernels.colours import colour
from sectors.models import SectorReading, SectorRun
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTORS
from tests.factories import ALL_SYMBOLS, Market, symbols_of
from tests.sectors.conftest import HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

GREEN, NEUTRAL = "light_green", "blue_neutral"


def changes() -> dict[str, Any]:
    grid = selectors.get_grid()
    assert grid is not None
    return describe_changes(grid)


def mover(symbol: str) -> dict[str, Any]:
    numbers = dict.fromkeys(("move", "rvol", "rank", "gap", "volume", "alignment", "shortability"), 1.0)
    return {"symbol": symbol, "badges": []} | numbers


class Story:
    """Published runs with the scores and lists that a test tells, every half-hour one."""

    def __init__(self, model: SectorRun) -> None:
        self.model, self.at = model, model.as_of

    def tell(
        self,
        scores: dict[str, str | None],
        lists: dict[str, tuple[list[str], list[str]]] | None = None,
        hidden: str = "",
        **facts: Any,
    ) -> None:
        """A run of the named sectors (None: no read) at the next half-hour; lists: (bearish, bullish) symbols."""
        self.at += HALF_HOUR
        values = {field.attname: getattr(self.model, field.attname) for field in SectorRun._meta.concrete_fields}
        values |= {"id": None, "as_of": self.at, "recorded_at": self.at, "is_whole": len(scores) == 8} | facts
        run = SectorRun.objects.create(**values)
        for sector, score in scores.items():
            bearish, bullish = (lists or {}).get(sector, ([], []))
            SectorReading.objects.create(
                run=run,
                as_of=self.at,
                sector=sector,
                formula="v1",
                status="ok" if score else "no_read",
                score=score,
                colour=colour(Decimal(score)) if score else "",
                stocks_count=5,
                fresh_count=5,
                top_bearish=[mover(symbol) for symbol in bearish],
                top_bullish=[mover(symbol) for symbol in bullish],
                factors={"hidden": hidden, "hidden_reason": "avoid shorts in a bullish sector"} if hidden else {},
            )


@pytest.fixture
def story(published: SectorRun) -> Story:
    SectorReading.objects.all().delete()  # only its universe is needed
    SectorRun.objects.filter(pk=published.pk).update(as_of=published.as_of - timedelta(days=30))
    return Story(published)


def all_at(score: str, **others: str | None) -> dict[str, str | None]:
    return {sector.key: score for sector in SECTORS} | others


def test_the_first_light_is_no_change(story: Story) -> None:
    story.tell(all_at("0.100"))
    found = changes()
    assert (found["changed"], found["announce"], found["movers"]) == ([], [], [])
    assert len(found["sectors"]) == 8


def test_a_clear_change_is_told_with_the_colour_before(story: Story) -> None:
    story.tell(all_at("0.100"))
    story.tell(all_at("0.100", technology="0.400"))
    found = changes()
    assert found["changed"] == [{"sector": "technology", "from": NEUTRAL, "to": GREEN, "verb": "AVOID SHORTS"}]
    (ring,) = found["announce"]
    assert (ring["sector"], ring["from"], ring["to"]) == ("technology", NEUTRAL, GREEN)
    assert "beyond the edge" in ring["why"]
    assert len(json.dumps(found)) < 1000


def test_an_edge_does_not_ring_until_it_is_read_twice(story: Story) -> None:
    story.tell(all_at("0.150"))
    story.tell(all_at("0.150", technology="0.205"))
    found = changes()
    assert [row["to"] for row in found["changed"]] == [GREEN] and found["announce"] == []
    story.tell(all_at("0.150", technology="0.206"))
    found = changes()
    assert found["changed"] == []  # the colour is that of the reading before ...
    assert [(row["from"], row["to"], row["why"]) for row in found["announce"]] == [
        (NEUTRAL, GREEN, "read 2 times in a row")
    ]  # ... and only now it is believed
    story.tell(all_at("0.150", technology="0.206"))
    assert changes()["announce"] == []


def test_a_score_that_hovers_for_hours_never_rings(story: Story) -> None:
    story.tell(all_at("0.100"))
    for step in range(12):
        story.tell(all_at("0.100", technology="0.205" if step % 2 else "0.195"))
        assert changes()["announce"] == []


def test_grey_does_not_ring_and_is_not_forgotten_over(story: Story) -> None:
    story.tell(all_at("0.100"))
    story.tell(all_at("0.100", technology=None))
    found = changes()
    assert [(row["from"], row["to"]) for row in found["changed"]] == [(NEUTRAL, "grey")] and found["announce"] == []
    story.tell(all_at("0.100", technology="0.400"))
    found = changes()
    assert [(row["from"], row["to"]) for row in found["changed"]] == [("grey", GREEN)]
    assert [(row["from"], row["to"]) for row in found["announce"]] == [(NEUTRAL, GREEN)]


def test_a_run_of_one_sector_speaks_of_that_sector_alone(story: Story) -> None:
    story.tell(all_at("0.100"))
    story.tell(all_at("0.100", energy="0.400"))  # told when it was published
    story.tell({"technology": "-0.500"}, trigger="move", occasion="TEC0 -18 %")
    found = changes()
    assert (found["trigger"], found["occasion"], found["sectors"]) == ("move", "TEC0 -18 %", ["technology"])
    assert [row["sector"] for row in found["changed"] + found["announce"]] == ["technology", "technology"]


def test_who_entered_and_who_left_the_lists(story: Story) -> None:
    story.tell(all_at("0.100"), {"technology": (["A", "B", "C"], ["X"]), "energy": (["E"], [])})
    story.tell(all_at("0.100"), {"technology": (["B", "A", "D"], ["X"]), "energy": (["E"], [])})
    assert changes()["movers"] == [{"sector": "technology", "list": "bear", "in": ["D"], "out": ["C"]}]


def test_a_hidden_list_has_neither(story: Story) -> None:
    story.tell(all_at("0.300"), {"technology": (["A"], ["X"])}, hidden="bear")
    story.tell(all_at("0.300"), {"technology": (["B"], ["Y"])}, hidden="bear")
    assert changes()["movers"] == [{"sector": "technology", "list": "bull", "in": ["Y"], "out": ["X"]}]


def test_it_costs_two_statements(story: Story, django_assert_num_queries: Any) -> None:
    story.tell(all_at("0.100"))
    story.tell(all_at("0.100"))
    grid = selectors.get_grid()
    assert grid is not None
    with django_assert_num_queries(2):
        describe_changes(grid)


def test_a_real_run_names_its_movers(market: Market, published: SectorRun) -> None:
    tech = symbols_of("technology")
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101) | {tech[0]: 90, tech[1]: 88})
    at: datetime = TEN + 2 * HALF_HOUR + timedelta(minutes=1)
    with clock.frozen(at):
        analyse()
    found = {row["list"]: row for row in changes()["movers"] if row["sector"] == "technology"}
    assert set(found["bear"]["in"]) == {tech[0], tech[1]} and found["bear"]["out"] == []
