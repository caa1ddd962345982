"""Shrinkage against the published estimator written out as loops; clusters against what was planted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sentiment_site.quant import covariance as cov

RNG = np.random.default_rng(5)


def ledoit_wolf_by_loops(returns: np.ndarray) -> tuple[np.ndarray, float]:
    """Ledoit and Wolf (2004), section 3, with the norm |A|^2 = tr(AA') / n."""
    n, t = returns.shape
    x = returns - returns.mean(axis=1, keepdims=True)
    s = sum(np.outer(x[:, k], x[:, k]) for k in range(t)) / t
    m = np.trace(s) / n
    d2 = ((s - m * np.eye(n)) ** 2).sum() / n
    b2 = sum(((np.outer(x[:, k], x[:, k]) - s) ** 2).sum() / n for k in range(t)) / t**2
    b2 = min(b2, d2)
    return b2 / d2 * m * np.eye(n) + (1 - b2 / d2) * s, b2 / d2


@pytest.mark.parametrize(("n", "t"), [(3, 200), (20, 60), (60, 20)])
def test_the_published_estimator(n: int, t: int) -> None:
    returns = RNG.normal(0, 1, (n, t)) + RNG.normal(0, 1, t)
    before = returns.copy()
    found = cov.shrink_covariance(returns)
    wanted, intensity = ledoit_wolf_by_loops(returns)
    np.testing.assert_allclose(found.covariance, wanted, rtol=1e-9, atol=1e-12)
    assert found.intensity == pytest.approx(intensity)
    assert np.linalg.eigvalsh(found.covariance)[0] > 0
    np.testing.assert_array_equal(returns, before)


def test_edges() -> None:
    one = cov.shrink_covariance([[1.0, 2.0, 3.0]])
    np.testing.assert_allclose(one.covariance, [[2 / 3]])
    assert one.intensity == 1.0
    assert cov.shrink_covariance(np.zeros((2, 5))).covariance.tolist() == [[0, 0], [0, 0]]
    for bad in (np.ones(3), np.ones((0, 5)), np.ones((2, 1)), [[1.0, np.nan]]):
        with pytest.raises(ValueError, match="must be"):
            cov.shrink_covariance(bad)
    c = cov.to_correlation([[4.0, 2.0, 0.0], [2.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(c, [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 1]])


def test_planted_clusters_are_found() -> None:
    groups = np.array([0, 1, 0, 2, 1, 0, 2, 1])
    returns = RNG.normal(0, 1, (3, 400))[groups] + RNG.normal(0, 0.5, (8, 400))
    found = cov.cluster_correlations(cov.to_correlation(cov.shrink_covariance(returns).covariance))
    for label in range(3):
        assert len({int(found.labels[row]) for row in np.flatnonzero(groups == label)}) == 1
    assert sorted(set(found.labels.tolist())) == [0, 1, 2]
    # neighbours in display order belong together, and labels count up along it
    assert (np.diff(found.labels[found.order]) >= 0).all()
    assert sorted(found.order.tolist()) == list(range(8))


def test_cluster_edges() -> None:
    assert cov.cluster_correlations(np.empty((0, 0))).labels.shape == (0,)
    assert cov.cluster_correlations([[1.0]]).labels.tolist() == [0]
    pair = [[1.0, 0.5], [0.5, 1.0]]
    assert len(set(cov.cluster_correlations(pair, 0.5).labels)) == 1
    assert len(set(cov.cluster_correlations(pair, 0.51).labels)) == 2
    with pytest.raises(ValueError, match="least correlation"):
        cov.cluster_correlations(pair, 1.5)


@given(hnp.arrays(float, (4, 30), elements=st.floats(-1, 1)))
def test_shrinking_keeps_the_total_variance(returns: np.ndarray) -> None:
    found = cov.shrink_covariance(returns)
    assert 0 <= found.intensity <= 1
    sample = np.cov(returns, ddof=0)
    assert np.trace(found.covariance) == pytest.approx(np.trace(sample), abs=1e-12)
