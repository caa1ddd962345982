"""Reads: the record by hand, tickets as they stood at a moment, neighbours of themes."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from sentiment_site.market import clock
from sentiment_site.quant.calibration import wilson_interval
from tests.themes.network.conftest import FRIDAY, OPEN_BAR, THURSDAY, ShowBar, World
from tests.themes.network.test_moves import LEADER, MINUTE, look
from tests.themes.network.test_settlement import LAST_BAR, settle
from themes.models import SympathyEdge, SympathyNetwork, SympathyTicket, Theme, ThemeMembership
from themes.network import theme_neighbours as of_themes
from themes.network.fit import run_fit
from themes.network.selectors import (
    latest_network,
    list_tickets,
    list_updates,
    neighbours_of,
    newest_change,
    shown_at,
    theme_neighbours,
    ticket_record,
)

HOUR = dt.timedelta(hours=1)


def make_ticket(network: SympathyNetwork, leader: int, follower: int, **facts: Any) -> SympathyTicket:
    """An open ticket of Friday 10:01."""
    known = {
        "network": network,
        "leader_id": leader,
        "follower_id": follower,
        "session": FRIDAY.date,
        "bar_at": OPEN_BAR,
        "direction": 1,
        "leader_move": 18,
        "made_at": OPEN_BAR + MINUTE,
        "recorded_at": OPEN_BAR + MINUTE,
        "window_ends_at": FRIDAY.close,
        "probability": 0.75,
        "baseline": 0.5,
        "tier": "medium",
        "model_version": "pair-1 static",
    }
    return SympathyTicket.objects.create(**(known | facts))


def make_theme(world: World, *symbols: str) -> Theme:
    """An active theme of these, since Thursday's close."""
    at = THURSDAY.close
    theme = Theme.objects.create(
        theme_name="quantum", standing="active", emergence_timestamp=at, detected_at=at, detection_confidence=1,
        is_simulated=True, as_of=at,
    )  # fmt: skip
    for symbol in symbols:
        ThemeMembership.objects.create(
            theme=theme, instrument_id=world.id_of(symbol), score=1, text_part=1, since=at, recorded_at=at
        )
    return theme


def test_nothing_yet(db: None) -> None:
    assert latest_network() is None and newest_change() is None
    assert neighbours_of(1) == [] and theme_neighbours(uuid.uuid4()) == []
    record = ticket_record()
    assert [each.tier for each in record] == ["high", "medium", "low", "all"]
    assert all(each.tickets == 0 and each.precision is None and each.coverage is None for each in record)


def test_a_network_is_known_from_its_recording_on(world: World, network: SympathyNetwork) -> None:
    assert latest_network(network.recorded_at) == network
    assert latest_network(network.recorded_at - MINUTE) is None
    assert neighbours_of(world.id_of("TEC0"), network.recorded_at - MINUTE) == []
    near = neighbours_of(world.id_of("TEC0"), network.recorded_at)
    assert [one.rank for one in near] == list(range(20))
    assert [one.score for one in near] == sorted((one.score for one in near), reverse=True)
    assert newest_change(network.recorded_at) == network.recorded_at and list_updates(network) == []


def test_the_record_by_hand(world: World, network: SympathyNetwork) -> None:
    """Four MEDIUM: two settled along, one against, one void; one LOW open."""
    ids = [world.id_of(f"TEC{place}") for place in range(5)]
    outcomes = [(True, True, 0.5, 0.25), (True, False, 0.75, 0.75), (False, False, 0.25, 0.5)]
    for follower, (session, after, peers, peers_after) in zip(ids[1:], outcomes, strict=False):
        make_ticket(
            network, ids[0], follower, settled_at=FRIDAY.close, session_outcome=session, outcome=after,
            peer_session_share=peers, peer_share=peers_after,
        )  # fmt: skip
    make_ticket(network, ids[0], ids[4], settled_at=FRIDAY.close, settlement_note="no bar", probability=0.85)
    make_ticket(network, ids[1], ids[0], tier="low", probability=0.5, baseline=0.4)
    _, medium, low, everybody = ticket_record(FRIDAY.close)
    assert (medium.tickets, medium.open, medium.void, medium.scored, medium.days) == (4, 0, 1, 3, 1)
    assert medium.precision == wilson_interval(2, 3) and medium.after == wilson_interval(1, 3)
    assert medium.coverage == 0.8 and medium.mean_probability == pytest.approx((3 * 0.75 + 0.85) / 4)
    assert medium.peers == pytest.approx(0.5) and medium.peers_after == pytest.approx(0.5)
    assert (low.tickets, low.open, low.scored, low.precision) == (1, 1, 0, None) and low.coverage == 0.2
    assert (everybody.tickets, everybody.scored, everybody.open, everybody.days) == (5, 3, 1, 1)
    assert everybody.baseline == pytest.approx((4 * 0.5 + 0.4) / 5)
    before = ticket_record(FRIDAY.close - MINUTE)[1]
    assert (before.tickets, before.open, before.void, before.precision) == (4, 4, 0, None)
    assert ticket_record(OPEN_BAR)[3].tickets == 0


def test_tickets_as_they_stood(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    show_bar(OPEN_BAR, LEADER)
    look()
    show_bar(LAST_BAR, LEADER)
    settle()
    noon = OPEN_BAR + 2 * HOUR
    assert list_tickets(OPEN_BAR).count() == 0
    assert list_tickets(noon, state="open").count() == 20 and list_tickets(noon, state="settled").count() == 0
    shown = [shown_at(ticket, noon) for ticket in list_tickets(noon)]
    assert all(one.outcome is one.settled_at is one.session_move is None for one in shown)
    with clock.frozen(LAST_BAR + HOUR):
        assert all(shown_at(ticket, None).settled_at for ticket in list_tickets())
        assert list_tickets(state="open").count() == 0
        assert list_tickets(tier="high").count() + list_tickets(tier="medium").count() < 20
        assert list_tickets(leader_id=world.id_of("TEC1")).count() == 1
        assert newest_change() == LAST_BAR + MINUTE
    assert newest_change(noon) == OPEN_BAR + MINUTE


def test_neighbours_of_a_theme_by_hand(world: World, network: SympathyNetwork) -> None:
    members = {world.id_of("TEC0"), world.id_of("TEC1")}
    found = of_themes.find_theme_neighbours(network, members)
    assert len(found) == 10 and not {one["instrument_id"] for one in found} & members
    assert {one["symbol"] for one in found[:3]} == {"TEC2", "TEC3", "TEC4"}
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)
    edges = SympathyEdge.objects.filter(
        network=network, instrument_id__in=members, neighbour_id=found[0]["instrument_id"]
    )
    score = sum(edge.correlation + (edge.recent_correlation or 0) for edge in edges) / 2
    assert found[0]["score"] == pytest.approx(score, abs=1e-4) and found[0]["links"] == 2
    assert found[0]["probability"] == pytest.approx(max(edge.probability or 0 for edge in edges), abs=1e-4)


def test_themes_learn_of_their_neighbours(world: World) -> None:
    """At the fit, and again only when something has changed."""
    theme = make_theme(world, "TEC0", "TEC1")
    retired = make_theme(world, "HEA0")
    Theme.objects.filter(pk=retired.pk).update(standing="retired")
    with clock.frozen(THURSDAY.post_close + HOUR):
        network = run_fit(THURSDAY.date, clock.now())
        theme.refresh_from_db()
        retired.refresh_from_db()
        assert [one["symbol"] for one in theme.sympathy_network[:3]] and retired.sympathy_network == []
        assert theme.sympathy_network == theme_neighbours(theme.pk)
        assert of_themes.update_themes(network) == 0
        ThemeMembership.objects.filter(instrument_id=world.id_of("TEC1")).update(until=clock.now())
        assert of_themes.update_themes(network) == 1
        theme.refresh_from_db()
        assert "TEC1" in {one["symbol"] for one in theme.sympathy_network}


def test_statements(world: World, network: SympathyNetwork, django_assert_num_queries: Any) -> None:
    theme = make_theme(world, "TEC0", "TEC1")
    with clock.frozen(THURSDAY.post_close + HOUR):
        for budget, read in (
            (1, latest_network),
            (2, lambda: neighbours_of(world.id_of("TEC0"))),
            (1, lambda: neighbours_of(world.id_of("TEC0"), None, network)),
            (1, lambda: list(list_tickets())),
            (2, ticket_record),
            (3, lambda: theme_neighbours(theme.pk)),
            (2, newest_change),
        ):
            with django_assert_num_queries(budget):
                read()
