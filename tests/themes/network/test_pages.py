"""The page: picture and table of the same links, chooser in the address, tickets beside their record, time machine."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portfolios.models import User
from sentiment_site.live.time_machine import write_moment
from sentiment_site.market import clock
from tests.themes.network.conftest import FRIDAY, OPEN_BAR, THURSDAY, ShowBar, World
from tests.themes.network.test_moves import LEADER, MINUTE, STORY, look
from tests.themes.network.test_selectors import HOUR, make_theme
from tests.themes.network.test_settlement import LAST_BAR, settle
from themes.models import SympathyNetwork
from themes.network.drawing import HEIGHT, WIDTH, draw_part
from themes.network.graph import MOST_NODES, Part, show_community, show_stock
from themes.publish import seq_of

NOW = FRIDAY.close + HOUR


@pytest.fixture
def browser(db: None, settings: Any) -> Client:
    settings.SECURE_SSL_REDIRECT = False
    client = Client()
    client.force_login(User.objects.create_user("trader"))
    return client


@pytest.fixture
def friday(world: World, network: SympathyNetwork, show_bar: ShowBar) -> World:
    """A leader at ten, settled at the close."""
    show_bar(OPEN_BAR, STORY)
    look()
    show_bar(LAST_BAR, LEADER)
    settle()
    return world


def get(browser: Client, at: Any = NOW, **params: Any) -> Any:
    with clock.frozen(at):
        return browser.get(reverse("themes:sympathy"), params)


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_before_the_first_network(browser: Client) -> None:
    response = get(browser)
    assert response.status_code == 200 and "No network yet" in words(response)
    assert "No ticket yet" in words(response)


def test_a_stock_with_its_neighbours(browser: Client, friday: World) -> None:
    response = get(browser, symbol="TEC0")
    html = response.content.decode()
    part = response.context["part"]
    assert len(part.neighbours) == 20 and len(part.nodes) == 21
    for node in part.nodes:
        assert f'href="?symbol={node.symbol}"' in html
    assert html.count("<circle class=") == 21 and html.count('<line class="link') == len(part.links)
    assert 'aria-label="TEC0, TEC0, Technology' in html and "simulated" in html
    assert "data-rows" in html and "style=" not in html.split("<main")[1].split("</main>")[0]
    assert "50 of 250 sessions" in words(response)


def test_the_newest_leader_is_shown_first(browser: Client, friday: World) -> None:
    assert get(browser).context["part"].nodes[0].symbol in ("TEC0", "TEC1")


def test_before_any_leader_the_largest_group_is_shown(browser: Client, network: SympathyNetwork) -> None:
    assert get(browser, OPEN_BAR).context["part"].title.startswith("Group 1:")


def test_a_group_and_a_theme(browser: Client, friday: World, network: SympathyNetwork) -> None:
    theme = make_theme(friday, "TEC0", "TEC1")
    (number,) = [each["number"] for each in network.communities if "TEC0" in each["symbols"]]
    group = get(browser, community=number + 1).context["part"]
    assert group.title.startswith(f"Group {number + 1}:")
    assert {"TEC0", "TEC1"} <= {node.symbol for node in group.nodes}
    theme.readings.create(
        as_of=OPEN_BAR, standing="active", phase="emerging", intensity=1, confidence=1, members=2, documents=3,
        recorded_at=OPEN_BAR,
    )  # fmt: skip
    shown = get(browser, theme=str(theme.pk)).context["part"]
    roles = {node.symbol: node.role for node in shown.nodes}
    assert roles["TEC0"] == roles["TEC1"] == "member" and roles["TEC2"] == "outside" and len(roles) == 12


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"symbol": "NOPE"}, "No stock is called NOPE"),
        ({"symbol": "IWM"}, "IWM is not in this network"),
        ({"community": "99"}, "no such group"),
        ({"theme": "00000000-0000-4000-8000-000000000000"}, "No theme of that number"),
    ],
)
def test_what_is_not_there_is_said(browser: Client, friday: World, params: dict[str, str], said: str) -> None:
    response = get(browser, **params)
    assert response.status_code == 200 and said in words(response)


@pytest.mark.parametrize(
    ("name", "value"),
    [("community", "x"), ("community", "0"), ("theme", "x"), ("tier", "sure"), ("state", "x"), ("before", "-1"),
     ("as_of", "x")],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(browser: Client, network: SympathyNetwork, name: str, value: str) -> None:
    response = get(browser, **{name: value})
    assert response.status_code == 400 and name in response.content.decode()


def test_the_record_stands_beside_its_baseline(browser: Client, friday: World) -> None:
    response = get(browser)
    record = {each.tier: each for each in response.context["record"]}
    assert record["all"].tickets == 40 and record["all"].scored == 40
    assert len(response.context["tickets"]) == 40 and "along" in words(response)
    assert {one.tier for one in get(browser, tier="low").context["tickets"]} == {"low"}
    assert get(browser, state="open").context["tickets"] == []


def test_the_time_machine(browser: Client, friday: World) -> None:
    noon = get(browser, as_of=write_moment(OPEN_BAR + 2 * HOUR))
    assert all(ticket.settled_at is None for ticket in noon.context["tickets"])
    assert noon.context["record"][3].scored == 0 and "as_of=" in noon.content.decode().split('<svg class="network')[1]
    early = get(browser, as_of=write_moment(THURSDAY.open))
    assert "No network was known at this moment" in words(early)


def test_the_live_part(browser: Client, friday: World) -> None:
    seq = seq_of(LAST_BAR + MINUTE)
    with clock.frozen(NOW):
        address, live = reverse("themes:sympathy"), {"HX-Request": "true"}
        assert browser.get(address, {"seq": seq}, headers=live).status_code == 204
        part = browser.get(address, {"seq": 1, "symbol": "TEC0"}, headers=live)
    assert part.headers["X-Live-Seq"] == str(seq) and b"<html" not in part.content and b"<svg" in part.content
    page = get(browser).content.decode()
    assert f'data-live-seq="{seq}"' in page and 'data-live-topic="themes"' in page


def test_statements_of_the_page(browser: Client, friday: World, django_assert_max_num_queries: Any) -> None:
    for params, budget in (({"symbol": "TEC0"}, 14), ({"community": 1}, 13), ({}, 15)):
        get(browser, **params)
        with django_assert_max_num_queries(budget):
            get(browser, **params)


def test_the_same_part_gives_the_same_picture(friday: World, network: SympathyNetwork) -> None:
    part = show_stock(network, "TEC0", NOW)
    picture, again = draw_part(part), draw_part(show_stock(network, "TEC0", NOW))
    assert picture is not None and picture == again
    assert all(0 < dot.x < WIDTH and 0 < dot.y < HEIGHT for dot in picture.dots)
    assert [line.link for line in reversed(picture.lines)] == part.links
    assert all(1 <= line.width <= 4 for line in picture.lines)
    assert draw_part(Part("nobody")) is None


def test_a_picture_of_one_stock_stands_in_the_middle(network: SympathyNetwork, friday: World) -> None:
    part = show_stock(network, "TEC0", NOW)
    picture = draw_part(Part("one", nodes=part.nodes[:1]))
    assert picture is not None and (picture.dots[0].x, picture.dots[0].y) == (WIDTH / 2, HEIGHT / 2)


def test_large_groups_lose_their_least_linked(
    network: SympathyNetwork, friday: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_NODES == 120
    monkeypatch.setattr("themes.network.graph.MOST_NODES", 4)
    network.communities = [{"number": 0, "stocks": [friday.id_of(f"TEC{one}") for one in range(5)], "sector": "",
                            "sector_share": None, "symbols": []}]  # fmt: skip
    part = show_community(network, 0)
    assert part is not None and part.cut == 1 and len(part.nodes) == 4
