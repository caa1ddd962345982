"""Winsor, weights, effective number and jackknife: worked examples of the methods, numpy and scipy as oracles."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from sentiment_site.quant import robust

NAN = np.nan
RNG = np.random.default_rng(3)
POSITIVE = st.floats(1e-6, 1e9)


def test_clip_returns_by_horizon() -> None:
    caps = np.array([6.0, 15.0, 26.0, 33.5])
    returns = np.array([[45.0, 45.0, 45.0, 45.0], [-7.0, -7.0, NAN, -np.inf]])
    before = returns.copy()
    expected = [[6.0, 15.0, 26.0, 33.5], [-6.0, -7.0, NAN, -33.5]]
    np.testing.assert_array_equal(robust.clip_returns(returns, caps), expected)
    np.testing.assert_array_equal(returns, before)
    np.testing.assert_array_equal(robust.clip_returns(np.float32([16, -2]), 15), [15, -2])
    assert robust.clip_returns(np.empty((0, 4)), caps).shape == (0, 4)


@pytest.mark.parametrize("caps", [0.0, -1.0, [6.0, NAN]])
def test_caps_must_be_positive(caps: object) -> None:
    with pytest.raises(ValueError, match="caps must be positive"):
        robust.clip_returns([1.0, 2.0], caps)


def test_one_spike_among_thirty_flat_stocks_moves_the_winsorised_mean_a_third() -> None:
    returns = np.r_[45.0, np.zeros(29)]
    assert robust.weighted_mean(returns) == pytest.approx(1.5)
    assert robust.weighted_mean(robust.clip_returns(returns, 15.0)) == pytest.approx(0.5)


def test_the_seed_technology_example() -> None:
    volume, returns = [3.2e6, 1.8e6, 2.8e6, 4.1e6], [8.2, -4.1, 12.5, -2.3]
    mean = robust.weighted_mean(returns, robust.log_volume_weights(volume))
    assert round(float(mean), 3) == 3.605
    assert round(float(mean) * 1.3, 1) == 4.7
    assert robust.weighted_mean(returns) == pytest.approx(3.575)


def test_equal_volumes_give_the_plain_mean() -> None:
    weights = robust.log_volume_weights(np.full(4, 2.5e6))
    assert robust.weighted_mean([31.0, 22.0, 18.0, 12.0], weights) == pytest.approx(20.75)


def test_weighted_mean_matches_numpy_column_by_column_over_the_known_pairs() -> None:
    values, weights = RNG.normal(size=(50, 4)), RNG.uniform(0, 3, 50)
    values[RNG.random((50, 4)) < 0.2] = NAN
    weights[:3] = NAN
    kept = [np.isfinite(values[:, j]) & np.isfinite(weights) for j in range(4)]
    expected = [np.average(values[k, j], weights=weights[k]) for j, k in enumerate(kept)]
    values_before, weights_before = values.copy(), weights.copy()
    np.testing.assert_allclose(robust.weighted_mean(values, weights), expected, rtol=1e-12)
    full = np.broadcast_to(weights[:, None], values.shape)
    np.testing.assert_allclose(robust.weighted_mean(values, full), expected, rtol=1e-12)
    np.testing.assert_array_equal(values, values_before)
    np.testing.assert_array_equal(weights, weights_before)


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([], [], NAN),
        ([5.0], [2.0], 5.0),
        ([NAN, NAN], [1.0, 1.0], NAN),
        ([1.0, 2.0], [0.0, 0.0], NAN),
        ([1.0, 2.0], [NAN, NAN], NAN),
        ([1.0, NAN, np.inf, 3.0], [1.0, 1.0, 1.0, 3.0], 2.5),
        ([4.0, 4.0, 4.0], [1.0, 5.0, 9.0], 4.0),
        ([1e150, -1e150], [1e100, 1e100], 0.0),
    ],
)
def test_weighted_mean_edges(values: list[float], weights: list[float], expected: float) -> None:
    result = robust.weighted_mean(values, weights)
    assert result.shape == ()
    np.testing.assert_allclose(result, expected)


def test_negative_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        robust.weighted_mean([1.0, 2.0], [1.0, -1.0])
    with pytest.raises(ValueError, match="must not be negative"):
        robust.capped_weights([1.0, -1.0])
    with pytest.raises(ValueError, match="must not be negative"):
        robust.effective_number([1.0, -1.0])


def test_log_volume_weights_fill_missing_with_the_median_of_the_column() -> None:
    volume = np.array([[math.e**2, 100.0], [math.e**4, NAN], [NAN, NAN], [math.e**9, 0.0], [np.inf, -5.0]])
    before = volume.copy()
    middle = (math.log(100) + math.log(2)) / 2
    expected = [[2, math.log(100)], [4, middle], [4, middle], [9, math.log(2)], [4, middle]]
    np.testing.assert_allclose(robust.log_volume_weights(volume), expected)
    np.testing.assert_array_equal(volume, before)


@pytest.mark.parametrize(
    ("volume", "expected"),
    [([], []), ([NAN, NAN], [1.0, 1.0]), ([1.0], [math.log(2)]), ([1e300], [math.log(1e300)])],
)
def test_log_volume_weight_edges(volume: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(robust.log_volume_weights(volume), expected)


def clipped_until_it_holds(weights: np.ndarray, cap: float) -> np.ndarray:
    """The method's own words, run to convergence: cap at a share of the total, iterate."""
    w = weights.astype(float)
    for _ in range(20_000):
        w = np.minimum(w, cap * w.sum())
    return w / w.sum()


def test_capped_weights_are_the_fixed_point_of_iterated_clipping() -> None:
    for _ in range(20):
        weights = RNG.lognormal(0, 1.5, 40)
        capped = robust.capped_weights(weights, 0.1)
        np.testing.assert_allclose(capped / capped.sum(), clipped_until_it_holds(weights, 0.1), rtol=1e-9)


def test_three_rounds_of_clipping_come_close_in_an_ordinary_sector() -> None:
    weights = np.r_[30.0, 20.0, np.ones(150)]
    w = weights.copy()
    for _ in range(3):
        w = np.minimum(w, 0.1 * w.sum())
    exact = robust.capped_weights(weights)
    np.testing.assert_allclose(exact / exact.sum(), w / w.sum(), rtol=0.01)


def test_a_dominant_name_is_held_at_its_cap() -> None:
    weights = np.r_[1e6, np.ones(20)]
    before = weights.copy()
    capped = robust.capped_weights(weights)
    assert capped[0] / capped.sum() == pytest.approx(0.1)
    np.testing.assert_allclose(capped[1:] / capped.sum(), 0.9 / 20)
    np.testing.assert_array_equal(weights, before)


@pytest.mark.parametrize(
    ("weights", "cap", "expected"),
    [
        ([], 0.1, []),
        ([7.0], 0.1, [7.0]),
        ([NAN, NAN], 0.1, [NAN, NAN]),
        ([0.0, 0.0], 0.1, [0.0, 0.0]),
        ([9.0, 3.0], 0.1, [6.0, 6.0]),  # two names cannot hold 10 % each
        ([8.0, 1.0, 1.0], 0.5, [5.0, 2.5, 2.5]),
        ([8.0, NAN, 1.0, 0.0, 1.0], 0.5, [5.0, NAN, 2.5, 0.0, 2.5]),
        ([5.0, 3.0, 2.0], 1.0, [5.0, 3.0, 2.0]),
        ([1.0, 1.0, 1.0, 1e-20], 1 / 3, [1.0, 1.0, 1.0, 1e-20]),  # the cap holds to the last bit of rounding
        ([2.0] * 20, 0.1, [2.0] * 20),
    ],
)
def test_capped_weight_edges(weights: list[float], cap: float, expected: list[float]) -> None:
    np.testing.assert_allclose(robust.capped_weights(weights, cap), expected, rtol=1e-12)


@pytest.mark.parametrize("cap", [0.0, -0.1, 1.01, NAN])
def test_a_cap_is_a_share(cap: float) -> None:
    with pytest.raises(ValueError, match="share in"):
        robust.capped_weights([1.0], cap)


@settings(max_examples=300)
@given(hnp.arrays(float, st.integers(1, 60), elements=st.one_of(st.just(0.0), POSITIVE)), st.floats(0.02, 1.0))
def test_the_total_stays_the_cap_holds_and_the_order_remains(weights: np.ndarray, cap: float) -> None:
    capped = robust.capped_weights(weights, cap)
    assert capped.sum() == pytest.approx(weights.sum(), rel=1e-9)
    positive = int((weights > 0).sum())
    if positive:
        assert capped.max() <= max(cap, 1 / positive) * weights.sum() * (1 + 1e-9)
    assert (np.diff(capped[np.argsort(weights)]) >= -1e-9 * weights.sum()).all()
    np.testing.assert_array_equal(capped == 0, weights == 0)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([], 0.0),
        ([0.0, 0.0], 0.0),
        ([NAN], 0.0),
        ([3.0], 1.0),
        ([2.0] * 7, 7.0),
        ([1.0, 2.0, NAN], 9 / 5),
        ([1e200, 1e200], 2.0),
        ([1e-200, 1e-200, 1e-200], 3.0),
    ],
)
def test_effective_number(weights: list[float], expected: float) -> None:
    np.testing.assert_allclose(robust.effective_number(weights), expected)


def test_effective_number_by_column() -> None:
    weights = np.array([[1.0, NAN], [1.0, NAN], [2.0, 5.0]])
    before = weights.copy()
    np.testing.assert_allclose(robust.effective_number(weights), [16 / 6, 1.0])
    np.testing.assert_array_equal(weights, before)


@given(hnp.arrays(float, st.integers(1, 50), elements=POSITIVE))
def test_effective_number_lies_between_one_and_the_count(weights: np.ndarray) -> None:
    assert 1 - 1e-9 <= robust.effective_number(weights) <= weights.size * (1 + 1e-9)


@given(st.integers(0, 300), st.integers(1, 20), st.integers(0, 1000))
def test_jackknife_groups_are_balanced_and_reproducible(size: int, count: int, seed: int) -> None:
    groups = robust.jackknife_groups(size, count, seed)
    np.testing.assert_array_equal(groups, robust.jackknife_groups(size, count, seed))
    sizes = np.bincount(groups, minlength=min(count, size))
    assert groups.shape == (size,)
    assert sizes.size == min(count, size)
    assert size == 0 or sizes.max() - sizes.min() <= 1


def test_jackknife_groups_are_shuffled_and_differ_by_seed() -> None:
    assert robust.jackknife_groups(40).tolist() != (np.arange(40) % 10).tolist()
    assert robust.jackknife_groups(40, seed=1).tolist() != robust.jackknife_groups(40, seed=2).tolist()
    for size, count in ((-1, 10), (5, 0)):
        with pytest.raises(ValueError, match="cannot deal"):
            robust.jackknife_groups(size, count)


@pytest.mark.parametrize("columns", [(), (4,)])
def test_delete_group_means_equal_the_mean_without_each_group(columns: tuple[int, ...]) -> None:
    values, weights = RNG.normal(size=(37, *columns)), RNG.uniform(1, 3, 37)
    values[5] = NAN
    groups = robust.jackknife_groups(37)
    before = values.copy(), weights.copy(), groups.copy()
    result = robust.delete_group_weighted_means(values, weights, groups)
    expected = [robust.weighted_mean(values[groups != g], weights[groups != g]) for g in range(10)]
    assert result.shape == (10, *columns)
    np.testing.assert_allclose(result, expected, rtol=1e-12)
    for array, copy in zip((values, weights, groups), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_delete_group_means_edges() -> None:
    assert robust.delete_group_weighted_means([], [], []).shape == (0,)
    np.testing.assert_array_equal(robust.delete_group_weighted_means([3.0], [1.0], [0]), [NAN])
    np.testing.assert_array_equal(robust.delete_group_weighted_means([3.0, NAN], [1.0, 1.0], [0, 1]), [NAN, 3.0])


def test_delete_one_jackknife_of_the_mean_is_the_classical_standard_error() -> None:
    sample = RNG.normal(2, 5, 60)
    groups = robust.jackknife_groups(60, count=60)
    replicates = robust.delete_group_weighted_means(sample, np.ones(60), groups)
    assert robust.delete_group_jackknife_se(replicates) == pytest.approx(stats.sem(sample), rel=1e-12)


def test_delete_group_jackknife_worked_example() -> None:
    # replicates 1, 2, 3: sum of squares 2, times 2/3
    assert robust.delete_group_jackknife_se([1.0, 2.0, 3.0]) == pytest.approx(math.sqrt(4 / 3))


@pytest.mark.parametrize(
    ("replicates", "expected"),
    [
        ([], NAN),
        ([4.0], NAN),
        ([NAN, NAN, NAN], NAN),
        ([NAN, 4.0], NAN),
        ([2.0, 2.0, 2.0], 0.0),
        ([NAN, 1.0, 3.0], 1.0),
        ([1e150, -1e150], 1e150),
    ],
)
def test_delete_group_jackknife_edges(replicates: list[float], expected: float) -> None:
    before = np.array(replicates)
    np.testing.assert_allclose(robust.delete_group_jackknife_se(before), expected)
    np.testing.assert_array_equal(before, replicates)


def test_delete_group_jackknife_by_column() -> None:
    replicates = np.array([[1.0, NAN], [2.0, 5.0], [3.0, 5.0]])
    np.testing.assert_allclose(robust.delete_group_jackknife_se(replicates), [math.sqrt(4 / 3), 0.0])
