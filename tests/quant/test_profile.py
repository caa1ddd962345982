"""The volume profile of the day and the relative volume measured against it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sentiment_site.quant import profile

NAN = np.nan
RNG = np.random.default_rng(23)


def test_worked_example() -> None:
    volumes = np.array([[[1.0, 1, 2], [0.0, 5, 5]], [[300.0, 0, 100], [NAN, NAN, NAN]]])
    before = volumes.copy()
    # cumulative shares: (.25, .5, 1), (0, .5, 1), (.75, .75, 1); the empty day does not count
    np.testing.assert_allclose(profile.volume_profile(volumes), [0.25, 0.5, 1.0])
    np.testing.assert_array_equal(volumes, before)


def test_a_known_shape_is_recovered_whatever_the_size_of_the_stocks() -> None:
    shape = np.r_[np.linspace(0.2, 1, 11), np.linspace(6, 2, 13), np.linspace(1, 0.2, 8)]
    shape /= shape.sum()
    sizes = RNG.lognormal(12, 2, (80, 20, 1))
    volumes = sizes * shape * RNG.lognormal(0, 0.5, (80, 20, 32))
    np.testing.assert_allclose(profile.volume_profile(volumes), np.cumsum(shape), atol=0.01)
    pumped = volumes.copy()
    pumped[0, :, 0] *= 1e6  # one stock that trades its whole day at 04:00
    np.testing.assert_allclose(profile.volume_profile(pumped), profile.volume_profile(volumes), atol=0.005)


def test_missing_and_negative_bars_count_as_no_trade() -> None:
    dirty = np.array([[[NAN, 4.0, -3.0, np.inf, 4.0]]])
    np.testing.assert_allclose(profile.volume_profile(dirty), [0.0, 0.5, 0.5, 0.5, 1.0])


@pytest.mark.parametrize("shape", [(0, 5, 3), (4, 0, 3), (2, 2, 3), (2, 2, 0)])
def test_without_volume_there_is_no_profile(shape: tuple[int, int, int]) -> None:
    np.testing.assert_array_equal(profile.volume_profile(np.zeros(shape)), np.full(shape[2], NAN))
    np.testing.assert_array_equal(profile.volume_profile(np.full(shape, NAN)), np.full(shape[2], NAN))


def test_edges() -> None:
    np.testing.assert_array_equal(profile.volume_profile([[[7.0]]]), [1.0])
    np.testing.assert_allclose(profile.volume_profile(np.ones((3, 3, 4), dtype=np.float32)), [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(profile.volume_profile([[[1e300, 1e300]]]), [0.5, 1])
    with pytest.raises(ValueError, match=r"\(stocks, sessions, bars\)"):
        profile.volume_profile(np.ones((3, 3)))


@given(
    hnp.arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 8)), elements=st.floats(1, 1e9))
)
def test_a_profile_never_falls_and_ends_at_one(volumes: np.ndarray) -> None:
    shares = profile.volume_profile(volumes)
    assert shares[-1] == 1.0
    assert (np.diff(shares) >= 0).all()
    assert shares[0] > 0


def test_relative_volume_compares_with_the_same_time_of_day() -> None:
    assert profile.relative_volume(300_000, 1_000_000, 0.15) == pytest.approx(2.0)
    assert profile.relative_volume(1_000_000, 1_000_000, 1.0) == 1.0
    volumes, averages = np.array([50.0, 0.0, 80.0]), np.array([100.0, 100.0, 40.0])
    np.testing.assert_allclose(profile.relative_volume(volumes, averages, 0.5), [1.0, 0.0, 4.0])
    np.testing.assert_array_equal(volumes, [50.0, 0.0, 80.0])
    np.testing.assert_array_equal(averages, [100.0, 100.0, 40.0])


def test_a_day_that_follows_its_profile_is_ordinary_at_every_bar() -> None:
    volumes = RNG.uniform(1, 9, (1, 1, 32))
    shares = profile.volume_profile(volumes)
    so_far = np.cumsum(volumes[0, 0])
    np.testing.assert_allclose(profile.relative_volume(so_far, so_far[-1], shares), np.ones(32))


@pytest.mark.parametrize(
    ("volume", "average", "share"),
    [
        (NAN, 1.0, 0.5),
        (np.inf, 1.0, 0.5),
        (-1.0, 1.0, 0.5),
        (1.0, 0.0, 0.5),
        (1.0, NAN, 0.5),
        (1.0, np.inf, 0.5),
        (1.0, -2.0, 0.5),
        (1.0, 1.0, 0.0),
        (1.0, 1.0, 1.5),
        (1.0, 1.0, NAN),
        (1.0, 1.0, -0.1),
    ],
)
def test_relative_volume_without_an_expectation_is_missing(volume: float, average: float, share: float) -> None:
    assert np.isnan(profile.relative_volume(volume, average, share))
    assert profile.relative_volume([], [], []).shape == (0,)
