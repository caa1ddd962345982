"""Co-jumps: counts that add up, lift by hand, features, the pair's probability, tiers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from themes.kernels import co_jumps, sympathy
from themes.kernels.co_jumps import FEATURES, PAIR_MODEL, STATIC, STATIC_MODEL, CoJumps, Pairs, Tier

NAN = np.nan


def jumps(stocks: int = 9, sessions: int = 120, seed: int = 1) -> np.ndarray:
    z = np.clip(1.5 * np.random.default_rng(seed).standard_t(3, (stocks, sessions)), -4, 4)
    z[2, 5:9] = NAN
    return z


def brute(z: np.ndarray) -> np.ndarray:
    """The definition, one pair at a time."""
    n = len(z)
    out = np.zeros((n, n), dtype=int)
    for i in range(n):
        for j in range(n):
            for a, b in zip(z[i], z[j], strict=True):
                out[i, j] += (a > 2.5 and b > 1.5) or (a < -2.5 and b < -1.5)
    return out


def test_counts_are_the_definition() -> None:
    z = jumps()
    counts = co_jumps.count_co_jumps(z)
    np.testing.assert_array_equal(counts.joint, brute(z))
    np.testing.assert_array_equal(counts.jumps, np.diag(counts.joint))
    np.testing.assert_array_equal(counts.moves, (np.abs(np.nan_to_num(z)) > 1.5).sum(axis=1))
    assert counts.sessions == 120
    assert counts.joint.sum() > 50


def test_borders_are_no_jumps() -> None:
    counts = co_jumps.count_co_jumps([[2.5, -2.5, 2.51, -2.51], [4.0, -4.0, 1.5, -1.51]])
    assert counts.joint.tolist() == [[2, 1], [2, 2]]
    assert counts.moves.tolist() == [4, 3]


def test_sessions_come_and_go() -> None:
    z = jumps()
    kept = z.copy()
    counts = co_jumps.count_co_jumps(z[:, :100])
    first = counts.joint.copy()
    rolled = counts
    for session in range(100, 120):
        rolled = co_jumps.drop_session(co_jumps.add_session(rolled, z[:, session]), z[:, session - 100])
    expected = co_jumps.count_co_jumps(z[:, 20:])
    for found, whole in zip(rolled, expected, strict=True):
        np.testing.assert_array_equal(found, whole)
    assert rolled.joint.dtype == np.int32
    np.testing.assert_array_equal(z, kept)
    np.testing.assert_array_equal(counts.joint, first)


def test_only_what_was_counted_can_go() -> None:
    nothing = co_jumps.count_co_jumps(np.empty((2, 0)))
    with pytest.raises(ValueError, match="never counted"):
        co_jumps.drop_session(nothing, [0.0, 0.0])
    with pytest.raises(ValueError, match="never counted"):
        co_jumps.drop_session(co_jumps.count_co_jumps([[0.0], [0.0]]), [0.0, 2.0])
    empty = co_jumps.count_co_jumps(np.empty((0, 3)))
    assert co_jumps.drop_session(empty, np.empty(0)).sessions == 2


def test_lift_by_hand() -> None:
    # first: p = (9 + 1) / (2 x 249 + 2) = .02, P = (3 + 8 x .02) / (4 + 8); second: none of nine, P = 8 p / 17
    counts = CoJumps(np.array([[4, 3], [0, 9]], dtype=np.int32), np.array([4, 9]), np.array([4, 9]), 249)
    lift = co_jumps.compute_lift(counts, [0, 1], [1, 0])
    np.testing.assert_allclose(lift, [np.log((3 + 0.16) / 12 / 0.02), np.log(8 / 17)])
    silent = co_jumps.count_co_jumps(np.zeros((2, 10)))
    np.testing.assert_allclose(co_jumps.compute_lift(silent, [0], [1]), [0.0])


def small_world() -> tuple[sympathy.Network, CoJumps]:
    draw = np.random.default_rng(7)
    returns = 0.02 * draw.standard_t(4, (8, 250)) + 0.01 * draw.standard_normal(250)
    returns[:3] += 0.04 * draw.standard_normal(250)
    returns[7] = NAN
    network = sympathy.fit_network(returns)
    return network, co_jumps.count_co_jumps(sympathy.standardise(network.scale, returns))


def test_features_of_pairs() -> None:
    network, counts = small_world()
    confirmation = np.arange(40.0).reshape(2, 20)
    pairs = co_jumps.list_pairs(network, [0, 4], [3.0, -2.0], confirmation)
    assert len(pairs.leader) == 12  # six neighbours each, of seven stocks in the network
    assert pairs.rank.tolist() == [*range(6)] * 2
    assert pairs.sign.tolist() == [1.0] * 6 + [-1.0] * 6
    assert pairs.confirmation.tolist() == [*range(6), *range(20, 26)]
    industry, sector = np.array([1, 1, 2, -1, -1, -1, 3, 4]), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    features = co_jumps.compute_pair_features(network, counts, pairs, industry, sector)
    assert features.shape == (12, len(FEATURES))
    column = {name: features[:, place] for place, name in enumerate(FEATURES)}
    deviation = np.sqrt(np.diag(network.recent))
    for row, (i, j) in enumerate(zip(pairs.leader, pairs.target, strict=True)):
        ce = network.recent[i, j] / deviation[i] / deviation[j]
        assert column["recent"][row] == pytest.approx(ce)
        assert column["correlation"][row] == network.correlation[i, j]
        assert column["correlation"][row] + ce == pytest.approx(network.neighbours.score[i, pairs.rank[row]])
        assert column["ln_joint"][row] == pytest.approx(np.log(1 + counts.joint[i, j]))
        assert column["same_industry"][row] == float((i, j) in {(0, 1)})
        assert column["same_sector"][row] == float(sector[i] == sector[j])
        assert column["confirmed_recent"][row] == pytest.approx(pairs.confirmation[row] * ce)
    assert column["size"].tolist() == [3.0] * 6 + [2.0] * 6
    assert set(pairs.target[:2]) == {1, 2}
    top = network.neighbours.rows[0, :3]
    assert column["nearest"][0] == pytest.approx(network.correlation[0, top].mean())


def test_features_without_history_or_neighbours() -> None:
    network = sympathy.fit_network(np.zeros((2, 250)))
    counts = co_jumps.count_co_jumps(np.zeros((2, 0)))
    none = co_jumps.list_pairs(network, [0, 1], [1.0, 2.0], np.zeros((2, 20)))
    assert co_jumps.compute_pair_features(network, counts, none, [0, 0], [0, 0]).shape == (0, 13)
    one = Pairs(np.array([0]), np.array([1]), np.array([0]), np.ones(1), np.ones(1), np.ones(1))
    features = co_jumps.compute_pair_features(network, counts, one, [0, 0], [-1, -1])
    np.testing.assert_allclose(features, [[0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0]])


def test_fit_is_that_of_scikit_learn() -> None:
    draw = np.random.default_rng(8)
    features = draw.standard_normal((600, 13))
    followed = (draw.random(600) < 1 / (1 + np.exp(-features[:, 1] - features[:, 10]))).astype(float)
    features[:5, 2], followed[5:9] = NAN, NAN
    kept = features.copy()
    model = co_jumps.fit_pair_model(features, followed)
    oracle = LogisticRegression(C=0.1, tol=1e-10, max_iter=1000).fit(
        (features[9:] - features[9:].mean(axis=0)) / features[9:].std(axis=0), followed[9:]
    )
    np.testing.assert_allclose(model.model.coefficients, oracle.coef_[0], atol=1e-6)
    static = co_jumps.fit_pair_model(features, followed, STATIC)
    assert static.used == FEATURES[:10]
    np.testing.assert_array_equal(features, kept)
    missing = model.probability(features[:6])
    assert np.isnan(missing[:5]).all() and np.isfinite(missing[5])
    unconfirmed = features[9:20].copy()
    unconfirmed[:, 10:] = NAN
    assert np.isfinite(static.probability(unconfirmed)).all()
    with pytest.raises(ValueError, match="both outcomes"):
        co_jumps.fit_pair_model(features, np.ones(600))
    with pytest.raises(ValueError, match="not in tuple"):
        co_jumps.fit_pair_model(features, followed, ("moon",))


def pair(recent: float, confirmation: float) -> np.ndarray:
    correlation = recent / 3
    return np.array([[correlation, recent, 0.5, 1.6, 1, 1, 1, 4.0, 2, correlation, confirmation,
                      confirmation * correlation, confirmation * recent]])  # fmt: skip


def test_the_shipped_models() -> None:
    """Close stocks rise with their neighbours' moves; the static model does not look at them."""
    moving = [PAIR_MODEL.probability(pair(0.6, confirmation))[0] for confirmation in (-2.0, 0.0, 1.0, 2.0, 4.0)]
    assert moving == sorted(moving)
    assert moving[0] < 0.4 and moving[-1] > 0.9
    assert STATIC_MODEL.probability(pair(0.6, -2.0)) == STATIC_MODEL.probability(pair(0.6, 4.0))
    assert STATIC_MODEL.probability(pair(0.6, 0.0)) > STATIC_MODEL.probability(pair(0.2, 0.0))
    assert PAIR_MODEL.used == FEATURES
    assert STATIC_MODEL.used == STATIC


@pytest.mark.parametrize(
    ("confirmation", "close", "far"), [(0, 0.62, 0.51), (1, 0.81, 0.57), (2, 0.91, 0.63), (3, 0.96, 0.68)]
)
def test_the_documented_pairs(confirmation: float, close: float, far: float) -> None:
    pairs = np.array(
        [[0.2, 0.5, 1.0, np.log(6), 1, 1, 1, 4.0, 0, 0.2], [0.08, 0.26, 0.5, np.log(4), 0, 0, 1, 4.0, 9, 0.1]]
    )
    products = confirmation * np.column_stack([np.ones(2), pairs[:, :2]])
    probability = PAIR_MODEL.probability(np.hstack([pairs, products]))
    np.testing.assert_allclose(probability, [close, far], atol=0.0051)
    np.testing.assert_allclose(STATIC_MODEL.probability(np.hstack([pairs, products])), [0.73, 0.53], atol=0.0051)


def test_tiers() -> None:
    tiers = co_jumps.classify_tiers([0.0, 0.6999, 0.7, 0.8999, 0.9, 1.0, NAN])
    assert tiers.tolist() == [Tier.LOW, Tier.LOW, Tier.MEDIUM, Tier.MEDIUM, Tier.HIGH, Tier.HIGH, Tier.UNKNOWN]
    assert co_jumps.classify_tiers([]).shape == (0,)


def test_recent_correlations_of_a_short_history_count_less() -> None:
    network, counts = small_world()
    pairs = co_jumps.list_pairs(network, [0], [3.0], np.ones((1, 20)))
    group = np.zeros(8, dtype=np.int64)
    whole = co_jumps.compute_pair_features(network, counts, pairs, group, group)
    short = co_jumps.compute_pair_features(network, counts._replace(sessions=60), pairs, group, group)
    trust = sympathy.compute_recent_trust(60)
    for name in ("recent", "confirmed_recent"):
        place = FEATURES.index(name)
        np.testing.assert_allclose(short[:, place], trust * whole[:, place])
    for name in ("correlation", "confirmed_correlation", "nearest"):
        place = FEATURES.index(name)
        np.testing.assert_array_equal(short[:, place], whole[:, place])
