"""The modularity null: the market and the noise leave, groups stay."""

from __future__ import annotations

import numpy as np
import pytest

from themes.kernels.communities_input import compute_noise_edge, prepare_communities


def sample(stocks: int, sessions: int, market: float, groups: int, seed: int = 1) -> np.ndarray:
    """Correlation of returns with a market and with equal groups of stocks one after another."""
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((stocks, sessions)) + market * draw.standard_normal(sessions)
    if groups:
        x += np.repeat(draw.standard_normal((groups, sessions)), stocks // groups, axis=0)
    return np.corrcoef(x)


def same_group(stocks: int, groups: int) -> np.ndarray:
    label = np.repeat(np.arange(groups), stocks // groups)
    return (label[:, None] == label[None, :]) & ~np.eye(stocks, dtype=bool)


def test_market_leaves_and_groups_stay() -> None:
    found = prepare_communities(sample(60, 500, 2.0, 4), 500)
    assert found.has_market
    assert found.modes == 3  # four groups less the market, which is their sum
    inside = same_group(60, 4)
    assert found.group[inside].mean() > 0.1
    apart = ~inside & ~np.eye(60, dtype=bool)
    assert found.group[apart].mean() < 0
    assert found.weights[apart].mean() < 0.02
    assert (found.weights >= 0).all() and not np.diag(found.weights).any()
    np.testing.assert_allclose(found.weights, found.weights.T)


def test_without_a_market_the_largest_group_stays() -> None:
    draw = np.random.default_rng(2)
    x = draw.standard_normal((60, 500))
    x[:15] += draw.standard_normal(500)
    found = prepare_communities(np.corrcoef(x), 500)
    assert not found.has_market
    assert found.modes == 1
    assert found.group[:15, :15].min() > 0.2
    assert np.abs(found.group[15:, 15:]).max() < 0.1


def test_by_hand() -> None:
    """Two pairs of .6 that are .2 apart: eigenvalues 2 (market), 1.2 (pairs), .4, .4; edge (1 + sqrt(4 / 10000))^2."""
    c = np.array([[1, 0.6, 0.2, 0.2], [0.6, 1, 0.2, 0.2], [0.2, 0.2, 1, 0.6], [0.2, 0.2, 0.6, 1]])
    kept = c.copy()
    found = prepare_communities(c, 10_000)
    assert found.has_market
    assert found.modes == 1
    np.testing.assert_allclose(found.group, 0.3 * np.kron([[1, -1], [-1, 1]], np.ones((2, 2))), atol=1e-12)
    np.testing.assert_allclose(found.weights, np.kron(np.eye(2), [[0, 0.3], [0.3, 0]]), atol=1e-12)
    np.testing.assert_array_equal(c, kept)


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_groups(seed: int) -> None:
    found = prepare_communities(sample(100, 5000, 0.0, 0, seed), 5000)
    assert found.modes <= 1
    assert found.weights.max() < 0.1
    only_market = prepare_communities(sample(100, 5000, 1.0, 0, seed), 5000)
    assert only_market.has_market


def test_shrinkage_moves_the_edge_as_it_moved_the_matrix() -> None:
    c = sample(60, 120, 1.0, 4)
    plain = prepare_communities(c, 120)
    shrunk = prepare_communities(0.4 * c + 0.6 * np.eye(60), 120, 0.6)
    assert (plain.modes, plain.has_market) == (shrunk.modes, shrunk.has_market)
    assert compute_noise_edge(100, 400) == pytest.approx(2.25)
    assert compute_noise_edge(100, 400, 0.6) == pytest.approx(0.4 * 2.25 + 0.6)
    assert compute_noise_edge(100, 400, 1.0) == 1.0


def test_edges() -> None:
    empty = prepare_communities(np.empty((0, 0)), 250)
    assert (empty.group.shape, empty.modes, empty.has_market) == ((0, 0), 0, False)
    one = prepare_communities([[1.0]], 250)
    assert (one.group.tolist(), one.weights.tolist(), one.modes) == ([[0.0]], [[0.0]], 0)
    flat = prepare_communities(np.eye(5), 250)
    assert not flat.group.any()
    same = prepare_communities(np.ones((5, 5)), 250)
    assert same.has_market
    assert not same.weights.any()
    for bad in (np.ones(3), np.ones((2, 3)), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match="square and known"):
            prepare_communities(bad, 250)
    with pytest.raises(ValueError, match="0 sessions"):
        compute_noise_edge(5, 0)
    with pytest.raises(ValueError, match=r"intensity 1\.5"):
        compute_noise_edge(5, 10, 1.5)
