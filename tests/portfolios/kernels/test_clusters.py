"""Planted bets are found again; names without history are named, not guessed."""

import numpy as np
import pytest

from portfolios.kernels.clusters import compute_correlations

NAN = np.nan
RNG = np.random.default_rng(31)
GROUPS = np.array([0, 0, 0, 1, 1, 2])
NAMES = ["AI1", "AI2", "AI3", "OIL1", "OIL2", "GOLD"]


def world(n: int = 250) -> np.ndarray:
    return RNG.normal(0, 0.02, (3, n))[GROUPS] + RNG.normal(0, 0.008, (6, n))


def test_planted_bets() -> None:
    returns, weights = world(), np.array([0.2, 0.2, 0.1, -0.15, 0.05, 0.3])
    before = returns.copy()
    found = compute_correlations(NAMES, returns, weights)
    assert [cluster.names for cluster in found.clusters] == [("AI1", "AI2", "AI3"), ("GOLD",), ("OIL1", "OIL2")]
    assert [cluster.gross for cluster in found.clusters] == pytest.approx([0.5, 0.3, 0.2])
    assert found.clusters[2].weight == pytest.approx(-0.1)
    assert found.clusters[1].mean_correlation is None
    assert found.clusters[0].mean_correlation == pytest.approx(0.02**2 / (0.02**2 + 0.008**2), abs=0.08)
    assert sorted(found.names) == sorted(NAMES)
    assert found.correlation.shape == (6, 6)
    np.testing.assert_allclose(np.diag(found.correlation), 1)
    assert found.left_out == ()
    assert 1 < found.effective_bets < 6
    assert found.intensity is not None
    assert found.intensity < 0.2
    np.testing.assert_array_equal(returns, before)


def test_effective_bets_count_what_is_independent() -> None:
    free = RNG.normal(0, 1, (4, 5000))
    assert compute_correlations("abcd", free, np.full(4, 0.25)).effective_bets == pytest.approx(4, abs=0.15)
    same = free[:1] + 1e-3 * free
    assert compute_correlations("abcd", same, np.full(4, 0.25)).effective_bets == pytest.approx(1, abs=0.05)
    assert compute_correlations("abcd", free, np.zeros(4)).effective_bets == 0


def test_short_and_broken_histories_are_left_out() -> None:
    returns = world(130)
    returns[1, :80] = NAN  # 50 returns
    returns[3, 61:] = NAN  # 61 returns that leave only 61 days to all ...
    returns[5, :40] = NAN  # ... and 21 together with this one, so the shorter goes
    returns[4] = 0.01
    found = compute_correlations(NAMES, returns, np.ones(6))
    assert found.left_out == ("AI2", "OIL1", "OIL2")
    assert sorted(found.names) == ["AI1", "AI3", "GOLD"]
    nothing = compute_correlations(NAMES, np.full((6, 130), 0.01), np.ones(6))
    assert nothing.names == ()
    assert nothing.left_out == tuple(NAMES)
    assert (nothing.clusters, nothing.intensity, nothing.effective_bets) == ((), None, 0)
    assert compute_correlations([], np.empty((0, 100)), []).left_out == ()
    alone = compute_correlations(["AI1"], world(100)[:1], [1.0])
    assert (len(alone.clusters), alone.effective_bets) == (1, pytest.approx(1))
    with pytest.raises(ValueError, match="do not match"):
        compute_correlations(NAMES, world(), np.ones(5))
