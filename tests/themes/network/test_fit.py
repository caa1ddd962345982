"""The nightly fit against a plain implementation of its own, who is left out, and what it never sees."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from django.db import connection
from sklearn.covariance import LedoitWolf

from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS
from tests.themes.network.conftest import FRIDAY, TECH, THURSDAY, World, draw_closes, store_closes
from themes.models import SympathyEdge, SympathyNetwork
from themes.network import fit
from themes.network.baselines import compute_baselines, compute_peer_share
from themes.network.communities import find_communities
from themes.network.figures import unpack_figures
from themes.network.fit import run_fit
from themes.network.panel import NoNetwork, load_industries, load_returns
from universe.models import ReferenceReading

NIGHT = THURSDAY.post_close + dt.timedelta(minutes=30)


def plain_network(returns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """C and Ce by textbook formulas and loops: what the stored edges are held against."""
    x = np.clip(returns, -0.4, 0.4)
    market = x.mean(axis=0)
    beta = np.array([np.polyfit(market, row, 1)[0] for row in x])
    residual = x - beta[:, None] * market
    centre = np.median(residual, axis=1, keepdims=True)
    deviation = 1.4826 * np.median(np.abs(residual - centre), axis=1, keepdims=True)
    z = np.clip((residual - centre) / deviation, -4, 4)
    covariance = LedoitWolf().fit(z.T).covariance_
    size = np.sqrt(np.diag(covariance))
    recent, rate = np.zeros_like(covariance), 1 - 0.5 ** (1 / 50)
    for column in z.T:
        recent = (1 - rate) * recent + rate * np.outer(column, column)
    spread = np.sqrt(np.diag(recent))
    return covariance / np.outer(size, size), recent / np.outer(spread, spread)


def test_the_stored_network_is_the_plain_one(world: World, network: SympathyNetwork) -> None:
    c, ce = plain_network(world.returns)
    assert (network.stocks, network.observations, network.kind) == (40, 50, "nightly")
    assert network.is_simulated and network.facts["is_short"]
    place = {world.id_of(symbol): row for row, symbol in enumerate(ALL_SYMBOLS)}
    rows = list(SympathyEdge.objects.filter(network=network))
    assert len(rows) == 40 * 20
    for edge in rows:
        i, j = place[edge.instrument_id], place[edge.neighbour_id]
        assert edge.correlation == pytest.approx(c[i, j], abs=1e-6)
        assert edge.recent_correlation == pytest.approx(ce[i, j], abs=1e-6)
    score = c + ce
    np.fill_diagonal(score, -np.inf)
    for symbol in ("TEC0", "HEA3"):
        row = ALL_SYMBOLS.index(symbol)
        stored = [place[edge.neighbour_id] for edge in rows if edge.instrument_id == world.id_of(symbol)]
        assert stored == np.argsort(-score[row])[:20].tolist()


def test_what_moves_together_is_near_and_a_group(world: World, network: SympathyNetwork) -> None:
    near = SympathyEdge.objects.filter(network=network, instrument_id=world.id_of("TEC0"), rank__lt=4)
    assert {edge.neighbour.symbol for edge in near} == set(TECH) - {"TEC0"}
    (group,) = [group for group in network.communities if "TEC0" in group["symbols"]]
    assert set(TECH) < set(group["symbols"]) and len(group["symbols"]) <= 8
    assert group["sector"] == "technology" and group["sector_share"] == 5 / len(group["symbols"])
    assert all(edge.community == group["number"] for edge in near)
    assert all(0.5 < edge.probability < 1 for edge in near)


def test_figures_come_back_as_they_were(world: World, network: SympathyNetwork) -> None:
    returns = load_returns(THURSDAY.date, NIGHT)
    network_of, counts = fit.fit_pairs(returns)
    figures = unpack_figures(network.figures)
    np.testing.assert_array_equal(figures.ids, returns.ids)
    np.testing.assert_array_equal(figures.sector, returns.sector)
    for stored, made in zip(figures.scale, network_of.scale, strict=True):
        np.testing.assert_array_equal(stored, made)
    np.testing.assert_array_equal(figures.jumps, counts.jumps)
    with pytest.raises(ValueError, match="multiple"):
        unpack_figures(bytes(network.figures)[:-1])


def test_who_is_left_out_and_why(world: World) -> None:
    """HEA0 lists in the middle of the window, HEA1 never moves."""
    closes = draw_closes()
    closes[ALL_SYMBOLS.index("HEA1")] = 100
    with clock.frozen(NIGHT):
        store_closes(world.market, closes)
    ids = [world.id_of("HEA0")]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM bar_1d WHERE instrument_id = ANY(%s) AND ts < %s", [ids, THURSDAY.open - dt.timedelta(40)]
        )
    with clock.frozen(NIGHT + dt.timedelta(hours=1)):
        network = run_fit(THURSDAY.date, clock.now())
    assert network.facts["left_out"] == {"history": 1, "still": 1}
    assert network.facts["least_returns"] == 46 and network.stocks == 38
    outside = {world.id_of("HEA0"), world.id_of("HEA1")}
    assert not SympathyEdge.objects.filter(network=network, instrument_id__in=outside).exists()
    assert not SympathyEdge.objects.filter(network=network, neighbour_id__in=outside).exists()


def test_a_night_is_fitted_once(world: World, network: SympathyNetwork) -> None:
    with clock.frozen(NIGHT + dt.timedelta(hours=1)):
        assert run_fit(THURSDAY.date, clock.now()).pk == network.pk
    assert SympathyNetwork.objects.count() == 1


def test_a_fit_that_dies_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fit, "update_themes", die)
    with clock.frozen(NIGHT), pytest.raises(KeyboardInterrupt):
        run_fit(THURSDAY.date, clock.now())
    assert not SympathyNetwork.objects.exists() and not SympathyEdge.objects.exists()
    monkeypatch.undo()
    with clock.frozen(NIGHT):
        assert run_fit(THURSDAY.date, clock.now()).edges.count() == 800


def test_what_came_later_does_not_enter(world: World) -> None:
    """Friday's bars, and corrections of Thursday that arrived on Friday."""
    session = calendar.shift(FRIDAY.date, 0)
    with clock.frozen(FRIDAY.close):
        world.market.store_daily(session.date, dict.fromkeys(ALL_SYMBOLS, 300.0))
        world.market.store_daily(THURSDAY.date, dict.fromkeys(ALL_SYMBOLS, 250.0))
    with clock.frozen(FRIDAY.post_close):
        late = load_returns(THURSDAY.date, NIGHT)
    np.testing.assert_allclose(np.sort(late.returns, axis=0), np.sort(world.returns, axis=0), rtol=1e-12)


def test_too_little_history_is_no_network(world: World) -> None:
    early = calendar.shift(THURSDAY.date, -20)
    with clock.frozen(NIGHT), pytest.raises(NoNetwork, match=r"30 daily returns.*needs 40"):
        run_fit(early.date, clock.now())


@pytest.mark.django_db
def test_no_universe_is_no_network() -> None:
    with pytest.raises(NoNetwork, match="universe"):
        load_returns(THURSDAY.date, NIGHT)


def test_industries_are_those_known_then(world: World) -> None:
    since, known = calendar.shift(THURSDAY.date, -30).date, calendar.shift(THURSDAY.date, -29).close
    told = (
        ("TEC0", "Software", known),
        ("TEC1", "Software", known),
        ("TEC2", "Mines", known),
        ("TEC1", "Banks", FRIDAY.close),
    )
    for symbol, industry, at in told:
        ReferenceReading.objects.create(
            instrument_id=world.id_of(symbol), effective_on=since, industry=industry, source=world.market.source,
            recorded_at=at,
        )  # fmt: skip
    ids = np.array([world.id_of(symbol) for symbol in TECH])
    one, two, three, four, _ = load_industries(ids, NIGHT).tolist()
    assert one == two >= 0 and three not in (one, -1) and four == -1
    assert load_industries(ids, FRIDAY.close)[1] != load_industries(ids, FRIDAY.close)[0]


def test_baseline_by_hand() -> None:
    """Sector 0: a leader up with one of two peers up; sector 1: none; mixed with 30 leaders of the mean of all."""
    z = np.array([[2.0], [1.0], [-1.0], [0.5], [-0.5]])
    returns = np.array([[0.2], [0.01], [-0.01], [0.0], [0.0]])
    found = compute_baselines(z, returns, np.array([0, 0, 0, 1, 1]), 2)
    np.testing.assert_allclose(found, [[0.5, 0.5], [0.5, 0.5]])
    z[2] = 1.0  # both peers up: (1 + 30 x 1) / 31
    found = compute_baselines(z, returns, np.array([0, 0, 0, 1, 1]), 2)
    np.testing.assert_allclose(found, [[1.0, 0.5], [1.0, 0.5]])
    z[1] = np.nan  # one known peer
    assert compute_baselines(z, returns, np.array([0, 0, 0, 1, 1]), 2)[0, 0] == 1.0
    assert compute_baselines(z[:1], returns[:1], np.array([0]), 1).tolist() == [[0.5, 0.5]]


def test_peers_by_hand() -> None:
    z, sector = np.array([3.0, 1.0, -1.0, np.nan, 2.0]), np.array([0, 0, 0, 0, 1])
    assert compute_peer_share(z, sector, 0, 1) == 0.5
    assert compute_peer_share(z, sector, 0, -1) == 0.5
    assert compute_peer_share(z, sector, 4, 1) is None
    assert compute_peer_share(z, np.full(5, -1), 0, 1) is None


def test_groups_of_noise_are_none() -> None:
    draw = np.random.default_rng(4)
    noise = np.corrcoef(draw.standard_normal((30, 4_000)))
    everybody = np.ones(30, dtype=np.bool_)
    assert set(find_communities(noise, everybody, 100, 0.0).tolist()) == {-1}
    assert set(find_communities(noise, np.arange(30) < 2, 4_000, 0.0).tolist()) == {-1}


def test_two_groups_are_found_the_same_every_time() -> None:
    draw = np.random.default_rng(5)
    returns = draw.standard_normal((30, 300))
    returns[:12] += 2 * draw.standard_normal(300)
    returns[12:20] += 2 * draw.standard_normal(300)
    c, everybody = np.corrcoef(returns), np.ones(31, dtype=np.bool_)
    c = np.pad(c, ((0, 1), (0, 1)))
    everybody[30] = False
    found = find_communities(c, everybody, 300, 0.0)
    assert (found[:12] == 0).all() and (found[12:20] == 1).all() and found[30] == -1
    np.testing.assert_array_equal(found, find_communities(c, everybody, 300, 0.0))
