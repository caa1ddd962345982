"""The sympathy network: residuals, correlations, neighbours, confirmation, tickets; nothing sees the future."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from themes.kernels import sympathy
from themes.kernels.sympathy import Outcome, Scale

NAN = np.nan
NOON = dt.datetime(2024, 5, 14, 12, 0, tzinfo=dt.UTC)


def market(stocks: int = 12, sessions: int = 260, seed: int = 1) -> np.ndarray:
    """Returns with a common factor; stocks 0 to 3 share another one."""
    draw = np.random.default_rng(seed)
    returns = 0.02 * draw.standard_t(4, (stocks, sessions)) + 0.01 * draw.standard_normal(sessions)
    returns[:4] += 0.03 * draw.standard_normal(sessions)
    return returns


def test_z_by_hand() -> None:
    returns = np.array([[0.02, -0.01, 0.03, 0.00, -0.02], [0.01, 0.03, 0.02, -0.02, 0.04]])
    mean = returns.mean(axis=0)
    beta = np.array([np.polyfit(mean, row, 1)[0] for row in returns])
    residual = returns - beta[:, None] * mean
    centre = np.median(residual, axis=1)
    deviation = 1.4826 * np.median(np.abs(residual - centre[:, None]), axis=1)
    scale = sympathy.fit_scale(returns, least=5)
    np.testing.assert_allclose(scale.beta, beta)
    np.testing.assert_allclose(scale.centre, centre)
    np.testing.assert_allclose(scale.deviation, deviation)
    np.testing.assert_allclose(
        sympathy.standardise(scale, returns), np.clip((residual - centre[:, None]) / deviation[:, None], -4, 4)
    )


def test_the_market_is_gone_from_the_residual() -> None:
    returns = market(60)
    mean = returns.mean(axis=0)
    z = sympathy.standardise(sympathy.fit_scale(returns), returns)
    assert abs(np.corrcoef(returns, mean)[-1, :-1]).mean() > 0.3
    assert abs(np.corrcoef(z, mean)[-1, :-1]).mean() < 0.1


def test_z_is_clipped_and_a_wild_return_counts_40_percent() -> None:
    returns = market()
    scale = sympathy.fit_scale(returns)
    day = np.full(12, 0.01)
    day[5] = 9.0
    capped = day.copy()
    capped[5] = 0.4
    z = sympathy.standardise(scale, day)
    assert z[5] == 4.0
    np.testing.assert_array_equal(z, sympathy.standardise(scale, capped))


def test_who_is_in_the_network() -> None:
    returns = market()
    returns[4, :31] = NAN  # 229 of 260
    returns[5, :30] = NAN  # 230
    returns[6] = 0.01 * returns[[0, 1, 2, 3, 7, 8, 9, 10, 11]].mean(axis=0)
    returns[7, :20] = np.inf
    returns[8] = 0.0
    scale = sympathy.fit_scale(returns)
    assert scale.eligible.tolist() == [place not in {4, 8} for place in range(12)]
    z = sympathy.standardise(scale, returns)
    assert np.isnan(z[4]).all()
    assert np.isnan(z[7, :20]).all() and np.isfinite(z[7, 20:]).all()


@pytest.mark.parametrize(
    "returns",
    [
        np.empty((0, 0)),
        np.empty((3, 0)),
        np.full((3, 250), NAN),
        np.zeros((3, 250)),  # flat: no market
        np.full((2, 250), 0.1),
        market(1, 250),  # alone it is the market
        market(3, 229),
    ],
)
def test_no_network_of_too_little(returns: np.ndarray) -> None:
    network = sympathy.fit_network(returns)
    n = len(returns)
    assert not network.scale.eligible.any()
    assert np.isnan(network.intensity)
    assert network.neighbours.rows.shape == (n, 20)
    assert (network.neighbours.rows == -1).all()
    np.testing.assert_array_equal(network.correlation, np.eye(n))
    assert np.isnan(sympathy.standardise(network.scale, np.full(n, 0.02))).all()


def test_shrinkage_is_that_of_scikit_learn() -> None:
    returns = market(40)
    scale = sympathy.fit_scale(returns)
    z = sympathy.standardise(scale, returns)
    correlation, intensity = sympathy.compute_shrunk_correlation(z, scale.eligible)
    oracle = LedoitWolf().fit(z.T)
    size = np.sqrt(np.diag(oracle.covariance_))
    assert intensity == pytest.approx(oracle.shrinkage_, rel=1e-9)
    np.testing.assert_allclose(correlation, oracle.covariance_ / np.outer(size, size), atol=1e-12)


def test_stocks_outside_do_not_touch_the_shrinkage() -> None:
    returns = market(12)
    whole = sympathy.fit_network(returns)
    wider = np.vstack([returns, np.full((5, 260), NAN)])
    network = sympathy.fit_network(wider)
    assert network.intensity == pytest.approx(whole.intensity)
    np.testing.assert_allclose(network.correlation[:12, :12], whole.correlation)
    np.testing.assert_array_equal(network.correlation[12:, 12:], np.eye(5))
    assert sympathy.compute_shrunk_correlation(returns[:, :1], np.ones(12, bool))[0].tolist() == np.eye(12).tolist()


def test_recent_moments_halve() -> None:
    z = np.zeros((2, 51))
    z[:, 0], z[:, 50] = (1.0, 2.0), (1.0, 3.0)
    rate = 1 - 0.5 ** (1 / 50)
    np.testing.assert_allclose(
        sympathy.compute_recent(z), rate * np.array([[1.5, 4.0], [4.0, 11.0]]), rtol=1e-12
    )  # 2/2 + 3 = 4, 4/2 + 9 = 11


def test_one_step_more_is_the_whole_again() -> None:
    z = np.random.default_rng(2).standard_normal((8, 90))
    z[3, 40:50] = NAN
    recent = np.zeros((8, 8))
    for session in range(90):
        recent = sympathy.update_recent(recent, z[:, session], 40.0)
    np.testing.assert_allclose(recent, sympathy.compute_recent(z, 40.0), atol=1e-12)


@pytest.mark.parametrize("half_life", [0.0, -1.0, NAN])
def test_a_half_life_is_positive(half_life: float) -> None:
    with pytest.raises(ValueError, match="half-life"):
        sympathy.compute_recent(np.zeros((2, 3)), half_life)
    with pytest.raises(ValueError, match="half-life"):
        sympathy.update_recent(np.zeros((2, 2)), np.zeros(2), half_life)


def test_neighbours_are_those_of_a_plain_sort() -> None:
    draw = np.random.default_rng(3)
    score = draw.standard_normal((40, 40))
    eligible = draw.random(40) > 0.2
    found = sympathy.rank_neighbours(score, eligible, 5)
    for row in range(40):
        others = [j for j in np.argsort(-score[row]) if j != row and eligible[j]] if eligible[row] else []
        expected = [*others[:5], *[-1] * (5 - len(others[:5]))]
        assert found.rows[row].tolist() == expected
        values = [score[row, j] if j >= 0 else NAN for j in expected]
        np.testing.assert_array_equal(found.score[row], values)


def test_neighbours_of_few_and_of_equals() -> None:
    found = sympathy.rank_neighbours(np.ones((3, 3)), np.ones(3, bool), 4)
    assert found.rows.tolist() == [[1, 2, -1, -1], [0, 2, -1, -1], [0, 1, -1, -1]]
    one = sympathy.rank_neighbours(np.ones((1, 1)), np.ones(1, bool), 2)
    assert one.rows.tolist() == [[-1, -1]]
    assert sympathy.rank_neighbours(np.empty((0, 0)), np.ones(0, bool), 2).rows.shape == (0, 2)
    with pytest.raises(ValueError, match="at least one"):
        sympathy.rank_neighbours(np.ones((3, 3)), np.ones(3, bool), 0)


def test_planted_group_is_found_in_another_factor_structure() -> None:
    """Four stocks share jumps on a fifth of the days and no linear factor: not what the residuals assume."""
    draw = np.random.default_rng(4)
    returns = 0.02 * draw.standard_t(3, (80, 250)) * np.exp(0.5 * draw.standard_normal(250))
    days = draw.choice(250, 50, replace=False)
    returns[:4, days] += 0.15 * np.sign(draw.standard_normal(50))
    network = sympathy.fit_network(returns)
    for row in range(4):
        assert set(network.neighbours.rows[row, :3]) == set(range(4)) - {row}


def test_the_last_250_sessions_count_and_no_later_one() -> None:
    returns = market(12, 330)
    network = sympathy.fit_network(returns[:, :300])
    changed = returns.copy()
    changed[:, 300:] = 0.3
    changed[:, :50] = -0.3
    again = sympathy.fit_network(changed[:, :300])
    np.testing.assert_array_equal(network.neighbours.rows, again.neighbours.rows)
    np.testing.assert_array_equal(network.correlation, again.correlation)
    np.testing.assert_array_equal(network.recent, again.recent)
    z = sympathy.standardise(network.scale, returns[:, 300:])
    np.testing.assert_allclose(z[:, 0], sympathy.standardise(network.scale, returns[:, 300]), rtol=1e-10)


def test_a_move_of_two_brings_them_closer() -> None:
    network = sympathy.fit_network(market(12))
    day = np.zeros(12)
    day[[7, 9]] = 0.3
    later = sympathy.update_network(network, day)
    z = sympathy.standardise(network.scale, day)
    np.testing.assert_allclose(later.recent, sympathy.update_recent(network.recent, z))
    place = network.neighbours.rows[7].tolist().index(9)
    assert later.neighbours.rows[7].tolist().index(9) < place
    assert later.correlation is network.correlation


def test_inputs_stay_as_they_are() -> None:
    returns, day = market(), np.linspace(-0.2, 0.2, 12)
    kept = returns.copy()
    network = sympathy.fit_network(returns)
    recent, score = network.recent.copy(), network.correlation.copy()
    sympathy.update_network(network, day)
    sympathy.rank_neighbours(network.correlation, network.scale.eligible)
    sympathy.compute_confirmation([1.0], day[None, :])
    np.testing.assert_array_equal(returns, kept)
    np.testing.assert_array_equal(network.recent, recent)
    np.testing.assert_array_equal(network.correlation, score)
    np.testing.assert_array_equal(day, np.linspace(-0.2, 0.2, 12))


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="stocks, sessions"):
        sympathy.fit_scale(np.zeros(5))
    with pytest.raises(ValueError, match="3 rows of returns for 12 stocks"):
        sympathy.standardise(sympathy.fit_scale(market()), np.zeros(3))


def test_leaders() -> None:
    known = np.array([1.0, 1.0, 1.0, NAN, 1.0, 1.0])
    scale = Scale(known, known, known)
    returns = [0.15, -0.30, 0.149, 0.9, NAN, -0.1499]
    assert sympathy.list_leaders(returns, scale).tolist() == [1, 0]
    assert sympathy.list_leaders(np.array([1.15, 0, 0, 0, 0, 0]) - 1.0, scale).tolist() == [1, 2, 4, 5, 0]


def test_confirmation_by_hand() -> None:
    # the fourth stands in for the one that is asked about; 0.9 does not move yet
    z = np.array([[3.0, -1.5, 0.9, 2.1, 4.0], [3.0, 1.5, NAN, NAN, 4.0]])
    np.testing.assert_allclose(
        sympathy.compute_confirmation([1, -1], z),
        [[0.2, 1.7, 1.2, 0.5, 0.5], [-0.5, -1.0, -1.5, -1.5, -1.5]],
    )
    assert sympathy.compute_confirmation([1.0], [[2.0]]).tolist() == [[0.0]]
    assert sympathy.compute_confirmation([1.0], [[2.0, 1.0]]) == pytest.approx(np.array([[1 / 3, 2 / 3]]))
    assert sympathy.compute_confirmation(np.empty(0), np.empty((0, 20))).shape == (0, 20)


@pytest.mark.parametrize("place", range(6))
def test_nobody_confirms_itself(place: int) -> None:
    z = np.random.default_rng(5).normal(0, 3, (4, 6))
    other = z.copy()
    other[:, place] = 4.0
    before, after = (sympathy.compute_confirmation(np.ones(4), one)[:, place] for one in (z, other))
    np.testing.assert_allclose(before, after, atol=1e-12)


def settle(moves: list[tuple[int, float]], direction: int = 1, now: int = 60) -> sympathy.Settlement:
    at = [NOON + dt.timedelta(minutes=minute) for minute, _ in moves]
    until = NOON + dt.timedelta(minutes=60)
    return sympathy.settle_ticket(
        direction, NOON, until, at, [move for _, move in moves], NOON + dt.timedelta(minutes=now)
    )


@pytest.mark.parametrize(
    ("moves", "direction", "outcome", "move", "strong"),
    [
        ([(30, 2.0), (60, 0.2)], 1, Outcome.HIT, 0.2, False),
        ([(30, 2.0), (60, -0.2)], 1, Outcome.MISS, -0.2, False),  # the end counts, not the best
        ([(60, -1.0), (30, 2.0)], -1, Outcome.HIT, -1.0, True),  # any order
        ([(60, -1.0)], 1, Outcome.MISS, -1.0, False),
        ([(60, 0.0)], 1, Outcome.MISS, 0.0, False),
        ([(60, 0.0)], -1, Outcome.MISS, 0.0, False),
        ([(30, 1.0), (60, NAN)], 1, Outcome.HIT, 1.0, True),
        ([(0, 3.0), (-5, 3.0), (61, 3.0)], 1, Outcome.VOID, NAN, False),  # before, at and after the window
        ([(20, NAN)], 1, Outcome.VOID, NAN, False),
        ([], 1, Outcome.VOID, NAN, False),
    ],
)
def test_tickets(moves: list[tuple[int, float]], direction: int, outcome: Outcome, move: float, strong: bool) -> None:
    settled = settle(moves, direction)
    assert settled.outcome is outcome
    assert settled.move == pytest.approx(move, nan_ok=True)
    assert settled.is_strong is strong


def test_a_ticket_is_open_until_its_window_closes() -> None:
    assert settle([(30, 4.0)], now=59).outcome is Outcome.OPEN
    assert settle([(30, 4.0)], now=60) == settle([(30, 4.0), (61, -4.0)], now=500)  # nothing later changes it


def test_bad_tickets() -> None:
    with pytest.raises(ValueError, match="direction 0"):
        settle([], 0)
    with pytest.raises(ValueError, match="2024-05-14"):
        sympathy.settle_ticket(1, NOON, NOON, [], [], NOON)
    with pytest.raises(ValueError, match="1 moments"):
        sympathy.settle_ticket(1, NOON, NOON + dt.timedelta(hours=1), [NOON], [1.0, 2.0], NOON)


def test_a_short_history_counts_less() -> None:
    """(sum w)^2 / sum w^2 of the weights, by hand; 250 sessions and more count whole."""
    weights = 0.5 ** (np.arange(60) / 50)
    whole = 0.5 ** (np.arange(250) / 50)
    effective, known = (each.sum() ** 2 / (each**2).sum() for each in (weights, whole))
    assert sympathy.compute_recent_trust(60) == pytest.approx(np.sqrt(effective / known))
    assert sympathy.compute_recent_trust(250) == sympathy.compute_recent_trust(400) == 1.0
    assert sympathy.compute_recent_trust(0) == 0.0
    with pytest.raises(ValueError, match="sessions"):
        sympathy.compute_recent_trust(-1)
