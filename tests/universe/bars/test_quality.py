"""The kernel that finds bars which cannot be true."""

from __future__ import annotations

import numpy as np
import pytest

from universe.bars import quality

NAN, INF = np.nan, np.inf


def faults(*bar: float) -> str:
    columns = [np.array([value], dtype=np.float64) for value in bar]
    return quality.FAULTS[quality.find_faults(*columns)[0]]


@pytest.mark.parametrize(
    ("bar", "fault"),
    [
        ((10.0, 11.0, 9.0, 10.5, 100.0), ""),
        ((NAN, NAN, NAN, 10.5, NAN), ""),
        ((10.0, 10.0, 10.0, 10.0, 0.0), ""),
        ((10.0, 11.0, 9.0, NAN, 100.0), "no close"),
        ((10.0, 11.0, 9.0, 0.0, 100.0), "a price is not above zero"),
        ((-1.0, 11.0, 9.0, 10.0, 100.0), "a price is not above zero"),
        ((10.0, INF, 9.0, 10.0, 100.0), "a price is not finite"),
        ((10.0, 9.0, 11.0, 10.0, 100.0), "high is below low"),
        ((10.0, 11.0, 9.0, 11.2, 100.0), "close lies outside low..high"),
        ((10.0, 11.0, 9.0, 8.98, 100.0), "close lies outside low..high"),
        ((10.0, 11.0, 9.0, 11.01, 100.0), ""),  # a cent of rounding
        ((11.5, 11.0, 9.0, 10.0, 100.0), "open lies outside low..high"),
        ((10.0, 11.0, 9.0, 10.0, -1.0), "volume is negative"),
        ((10.0, 11.0, 9.0, 10.0, INF), "volume is negative"),
        ((NAN, 11.0, NAN, 12.0, 1.0), "close lies outside low..high"),
    ],
)
def test_faults(bar: tuple[float, ...], fault: str) -> None:
    assert faults(*bar) == fault


def test_faults_of_nothing_and_inputs_stay_as_they_are() -> None:
    empty = np.array([])
    assert quality.find_faults(empty, empty, empty, empty, empty).shape == (0,)
    columns = [np.array([1.0, NAN]) for _ in range(5)]
    quality.find_faults(*columns)
    assert all(np.array_equal(column, [1.0, NAN], equal_nan=True) for column in columns)


def test_the_first_fault_is_the_one_named() -> None:
    assert faults(-1.0, 9.0, 11.0, NAN, -1.0) == "no close"


def test_jumps_are_splits_nobody_registered_within_fifteen_days() -> None:
    close = np.array([10.0, 10.0, 10.0, 5.0, 7.4, 7.6, 10.0, 10.0])
    previous = np.array([10.1, 1.0, 100.0, 10.0, 10.0, 10.0, NAN, 1.0])
    date = np.array(["2024-05-14"] * 8, dtype="datetime64[D]")
    before = np.array(
        ["2024-05-13", "2024-05-13", "2024-04-29", "2024-05-13", "2024-05-13", "2024-05-13", "NaT", "2024-04-28"],
        dtype="datetime64[D]",
    )
    flags = quality.find_jumps(close, date, previous, before)
    assert flags.tolist() == [False, True, True, True, False, False, False, False]


def test_stray_prints_prove_nothing() -> None:
    close = np.array([20.0, 20.0, 5.0, 20.0])
    volume = np.array([1000.0, 999.0, 1000.0, NAN])
    assert quality.is_traded_enough(close, volume).tolist() == [True, False, False, False]
