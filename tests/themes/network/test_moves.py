"""The look at a bar: tickets written before the outcome, once, sure as the model says; the network after the move."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS
from tests.themes.network.conftest import FRIDAY, OPEN_BAR, TECH, THURSDAY, ShowBar, World
from tests.themes.network.test_fit import plain_network
from themes.kernels import sympathy
from themes.kernels.co_jumps import (
    FEATURES,
    PAIR_MODEL,
    STATIC_MODEL,
    add_session,
    compute_pair_features,
    list_pairs,
)
from themes.models import SympathyEdge, SympathyNetwork, SympathyTicket, ThemeAlert
from themes.network import moves
from themes.network.fit import fit_pairs
from themes.network.moves import LookReport, look_at_bar
from themes.network.panel import NoNetwork, load_day, load_industries, load_returns
from themes.network.selectors import latest_network, neighbours_of
from themes.network.tickets import describe_tickets, find_window_end, hash_ticket

MINUTE = dt.timedelta(minutes=1)
HALF_HOUR = dt.timedelta(minutes=30)
LEADER = {"TEC0": 18.0}
STORY = {"TEC0": 18.0, "TEC1": 16.0, "TEC2": 14.0, "TEC3": 14.0, "TEC4": 2.0}


def look(bar_at: dt.datetime = OPEN_BAR) -> LookReport:
    """A minute after the bar."""
    with clock.frozen(bar_at + MINUTE):
        return look_at_bar(bar_at)


def test_a_leader_gets_a_ticket_for_each_neighbour(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    show_bar(OPEN_BAR, LEADER)
    report = look()
    assert (report.leaders, report.tickets) == (1, 20)
    tickets = list(SympathyTicket.objects.filter(leader_id=world.id_of("TEC0")))
    assert {ticket.follower_id for ticket in tickets} == {
        one.instrument_id for one in neighbours_of(world.id_of("TEC0"), OPEN_BAR)
    }
    for ticket in tickets:
        assert (ticket.network, ticket.session, ticket.direction) == (network, FRIDAY.date, 1)
        assert ticket.made_at == OPEN_BAR + MINUTE and ticket.window_ends_at == FRIDAY.close
        assert ticket.bar_at <= ticket.made_at < ticket.window_ends_at
        assert float(ticket.leader_move) == pytest.approx(18, abs=1e-3)
        assert ticket.outcome is None and ticket.settled_at is None
        price = world.closes[ALL_SYMBOLS.index(ticket.follower.symbol), -1]
        assert float(ticket.price_at or 0) == pytest.approx(price, rel=1e-5)
        assert ticket.features_hash == hash_ticket(ticket)
    baseline = network.facts["baselines"]["technology"]["up"]
    assert {ticket.baseline for ticket in tickets} == {baseline}


@pytest.mark.parametrize("moved", [LEADER, STORY, {"TEC0": -20.0, "TEC2": -9.0, "HEA1": 30.0}])
def test_probabilities_are_those_of_the_whole_network(
    world: World, network: SympathyNetwork, show_bar: ShowBar, moved: dict[str, float]
) -> None:
    """From stored rows the same as from the matrices."""
    show_bar(OPEN_BAR, moved)
    look()
    known_at = OPEN_BAR + MINUTE
    returns = load_returns(THURSDAY.date, known_at)
    whole, counts = fit_pairs(returns)
    day = load_day(returns.ids, FRIDAY, OPEN_BAR, known_at)
    move = day.move_at(OPEN_BAR)
    z = sympathy.standardise(whole.scale, move)
    leaders = sympathy.list_leaders(move, whole.scale)
    confirmation = sympathy.compute_confirmation(np.sign(z[leaders]), z[whole.neighbours.rows[leaders]])
    pairs = list_pairs(whole, leaders, z[leaders], confirmation)
    industry = load_industries(returns.ids, known_at)
    features = compute_pair_features(whole, counts, pairs, industry, returns.sector)
    expected = dict(
        zip(
            zip(returns.ids[pairs.leader].tolist(), returns.ids[pairs.target].tolist(), strict=True),
            PAIR_MODEL.probability(features).tolist(),
            strict=True,
        )
    )
    tickets = SympathyTicket.objects.all()
    said = {(one.leader_id, one.follower_id): one.probability for one in tickets}
    assert said.keys() == expected.keys() and len(said) == 20 * len(leaders)
    for pair, probability in said.items():
        assert probability == pytest.approx(expected[pair], abs=1e-9)
    assert {one.model_version for one in tickets} == {"pair-1 confirmed"}


def test_before_the_neighbours_have_traded_the_static_model_answers(
    world: World, network: SympathyNetwork, show_bar: ShowBar
) -> None:
    show_bar(OPEN_BAR, LEADER, rest=False)
    look()
    tickets = list(SympathyTicket.objects.all())
    assert len(tickets) == 20 and {one.model_version for one in tickets} == {"pair-1 static"}
    for ticket in tickets:
        row = [[ticket.features[name] for name in FEATURES]]
        assert ticket.probability == pytest.approx(float(STATIC_MODEL.probability(row)[0]), abs=1e-9)


def test_a_look_that_is_repeated_writes_nothing_twice(
    world: World, network: SympathyNetwork, show_bar: ShowBar
) -> None:
    show_bar(OPEN_BAR, STORY)
    first, again = look(), look()
    assert first.tickets == 40 and (again.leaders, again.tickets, again.alerts) == (2, 0, 0)
    assert SympathyTicket.objects.count() == 40
    assert SympathyNetwork.objects.filter(kind="move").count() == 1
    assert ThemeAlert.objects.count() == first.alerts


def test_a_pair_is_told_again_only_when_it_is_surer(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    """Alone it says little; half an hour later everybody near has followed."""
    show_bar(OPEN_BAR, LEADER)
    look()
    pair = SympathyTicket.objects.filter(leader_id=world.id_of("TEC0"), follower_id=world.id_of("TEC3"))
    assert [one.tier for one in pair] == ["low"]
    later = OPEN_BAR + HALF_HOUR
    show_bar(later, STORY)
    report = look(later)
    assert [one.tier for one in pair.order_by("pk")][1:] in (["medium"], ["high"])
    assert report.alerts >= 1
    show_bar(later + HALF_HOUR, STORY)
    assert look(later + HALF_HOUR).tickets == 0


def test_a_look_that_dies_leaves_nothing(
    world: World, network: SympathyNetwork, show_bar: ShowBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_bar(OPEN_BAR, STORY)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(moves, "alert_tickets", die)
    with pytest.raises(KeyboardInterrupt):
        look()
    assert not SympathyTicket.objects.exists() and not SympathyNetwork.objects.filter(kind="move").exists()
    monkeypatch.undo()
    assert look().tickets == 40


def test_one_alert_a_leader_and_bar(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    show_bar(OPEN_BAR, STORY, late=0.5)
    report = look()
    sure = SympathyTicket.objects.exclude(tier="low")
    assert sure and report.alerts == len({one.leader_id for one in sure}) == ThemeAlert.objects.count()
    alert = ThemeAlert.objects.get(subject="TEC0")
    assert alert.kind == "sympathy" and alert.instrument_id == world.id_of("TEC0")
    assert alert.text.startswith("TEC0 +18.0 %: TEC")
    assert alert.data_at == OPEN_BAR + MINUTE / 2
    assert alert.as_of == OPEN_BAR and alert.announced_at - alert.data_at <= dt.timedelta(seconds=30)
    assert {one["symbol"] for one in alert.facts["tickets"]} == {
        one.follower.symbol for one in sure.filter(leader_id=world.id_of("TEC0"))
    }
    highest = {one.tier for one in sure.filter(leader_id=world.id_of("TEC0"))}
    assert alert.severity == (2 if "high" in highest else 1)


def test_the_update_is_what_a_refit_of_ce_would_say(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    """Ce of the leader's row: the same as with the day as one more session; C is the night's."""
    show_bar(OPEN_BAR, STORY)
    look()
    update = SympathyNetwork.objects.get(kind="move")
    assert (update.base, update.session, update.stocks, update.observations) == (network, FRIDAY.date, 2, 51)
    returns = load_returns(THURSDAY.date, OPEN_BAR)
    scale = sympathy.fit_scale(returns.returns, returns.least)
    move = load_day(returns.ids, FRIDAY, OPEN_BAR, OPEN_BAR + MINUTE).move_at(OPEN_BAR)
    z = sympathy.standardise(scale, np.column_stack([returns.returns, move]))
    recent = sympathy.compute_recent(z)
    size = np.sqrt(np.diag(recent))
    c, _ = plain_network(world.returns)
    row = {int(one): place for place, one in enumerate(returns.ids)}
    where = {world.id_of(symbol): place for place, symbol in enumerate(ALL_SYMBOLS)}
    whole, counts = fit_pairs(returns)
    counts = add_session(counts, sympathy.standardise(whole.scale, move))
    edges = list(SympathyEdge.objects.filter(network=update))
    assert {edge.instrument_id for edge in edges} == {world.id_of("TEC0"), world.id_of("TEC1")} and len(edges) == 40
    for edge in edges:
        i, j = row[edge.instrument_id], row[edge.neighbour_id]
        assert edge.recent_correlation == pytest.approx(recent[i, j] / size[i] / size[j], abs=1e-9)
        assert edge.correlation == pytest.approx(c[where[edge.instrument_id], where[edge.neighbour_id]], abs=1e-6)
        assert edge.co_jumps == counts.joint[i, j]
    now = neighbours_of(world.id_of("TEC0"), OPEN_BAR + 2 * MINUTE)
    assert {one.network.kind for one in now} == {"move"} and len(now) == 20
    assert {one.network.kind for one in neighbours_of(world.id_of("TEC0"), OPEN_BAR)} == {"nightly"}
    assert {one.network.kind for one in neighbours_of(world.id_of("HEA0"), OPEN_BAR + 2 * MINUTE)} == {"nightly"}
    assert latest_network(OPEN_BAR + 2 * MINUTE) == network


def test_who_falls_is_a_leader_too(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    show_bar(OPEN_BAR, {"TEC0": -15.0})
    assert look().leaders == 1
    assert {one.direction for one in SympathyTicket.objects.all()} == {-1}


@pytest.mark.parametrize(("percent", "leaders"), [(14.9, 0), (15.0, 1)])
def test_fifteen_percent_it_is(
    world: World, network: SympathyNetwork, show_bar: ShowBar, percent: float, leaders: int
) -> None:
    show_bar(OPEN_BAR, {"TEC0": percent + 1e-4})
    assert look().leaders == leaders


def test_a_thin_print_before_the_open_is_no_move(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    early = FRIDAY.pre_open + HALF_HOUR
    show_bar(early, LEADER, volume=60)
    assert look(early).leaders == 0
    show_bar(early + HALF_HOUR, LEADER, volume=1_500)
    assert look(early + HALF_HOUR).leaders == 1


def test_no_ticket_when_nothing_is_left_of_the_session(
    world: World, network: SympathyNetwork, show_bar: ShowBar
) -> None:
    show_bar(FRIDAY.post_close, LEADER)
    report = look(FRIDAY.post_close)
    assert report.leaders == 1 and "too late" in str(report) and not SympathyTicket.objects.exists()


def test_windows() -> None:
    assert find_window_end(FRIDAY, FRIDAY.close - HALF_HOUR) == FRIDAY.close
    assert find_window_end(FRIDAY, FRIDAY.close - HALF_HOUR + MINUTE) == FRIDAY.post_close
    assert find_window_end(FRIDAY, FRIDAY.post_close - MINUTE) is None


def test_what_the_night_did_not_know_waits(world: World, show_bar: ShowBar) -> None:
    show_bar(OPEN_BAR, LEADER)
    with pytest.raises(NoNetwork, match="before 2026-08-21"):
        look()
    with clock.frozen(OPEN_BAR), pytest.raises(NoNetwork, match="no session"):
        look_at_bar(FRIDAY.post_close + dt.timedelta(hours=3))


def test_bars_that_arrive_later_change_no_ticket(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    """The same look with and without what comes after the moment of writing."""
    show_bar(OPEN_BAR, STORY)
    show_bar(OPEN_BAR + HALF_HOUR, {"TEC3": -30.0, "HEA2": 40.0})
    look()
    said = {(one.leader_id, one.follower_id): (one.probability, one.price_at) for one in SympathyTicket.objects.all()}
    features = {one.pk: one.features for one in SympathyTicket.objects.all()}
    assert len(said) == 40 and world.id_of("HEA2") not in {leader for leader, _ in said}
    assert all(abs(value["confirmation"]) <= 4 for value in features.values())
    price = world.closes[ALL_SYMBOLS.index("TEC3"), -1] * 1.14
    assert float(said[world.id_of("TEC0"), world.id_of("TEC3")][1] or 0) == pytest.approx(price, rel=1e-5)


def test_words_of_an_alert() -> None:
    named = [(symbol, 0.9 - place / 10) for place, symbol in enumerate(TECH)]
    words = "SOUN -18.2 %: TEC0 90%, TEC1 80%, TEC2 70%, TEC3 60% and 1 more likely to go along this session"
    assert describe_tickets("SOUN", -18.24, named) == words
    assert describe_tickets("SOUN", 15.0, named[:1]) == "SOUN +15.0 %: TEC0 90% likely to go along this session"
