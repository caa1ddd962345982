"""What is believed: the market's own limits, its own restlessness, the real dirt of 2013."""

from __future__ import annotations

import csv
import gzip
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from macro.collect.readings import Figures
from macro.collect.validation import Past, agrees, confirms, find_fault, find_jump

GOOD = Figures(3e12, 1.7e12, 3e11, 90_000.0, 3_000.0, 2.5e11)
STEP = 4 * 3600


def past_of(total: np.ndarray, price: np.ndarray | None = None, share: float = 0.57, step: int = STEP) -> Past:
    count = len(total)
    return Past(
        at=np.arange(count, dtype=np.int64) * step,
        total=np.asarray(total, dtype=np.float64),
        btc_price=np.full(count, 90_000.0) if price is None else price,
        dominance=np.full(count, share),
    )


def test_good_figures_are_believed() -> None:
    assert find_fault(GOOD) == ""
    assert find_fault(GOOD, btc_supply=1.7e12 / 90_000.0 * 1.01) == ""
    assert find_fault(replace(GOOD, eth_price=None, stablecoins=None)) == ""


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (replace(GOOD, total=0.0), "total cap is 0"),
        (replace(GOOD, total=math.nan), "total cap is nan"),
        (replace(GOOD, total=math.inf), "total cap is inf"),
        (replace(GOOD, btc_cap=-1.0), "bitcoin's cap is -1"),
        (replace(GOOD, eth_cap=0.0), "ether's cap is 0"),
        (replace(GOOD, btc_price=0.0), "bitcoin's price is 0"),
        (replace(GOOD, eth_price=-2.0), "ether's price is -2"),
        (replace(GOOD, stablecoins=0.0), "the stablecoins' cap is 0"),
        (replace(GOOD, btc_cap=3e12), "bitcoin is 100.00% of the market"),
        (replace(GOOD, btc_cap=3.0366e12), "bitcoin is 101.22% of the market"),
        (replace(GOOD, btc_cap=2.8e12), "bitcoin and ether are 103.33% of the market"),
        (replace(GOOD, stablecoins=1.1e12), "bitcoin, ether and stablecoins are more than the market"),
    ],
)
def test_impossible_figures(figures: Figures, words: str) -> None:
    assert find_fault(figures) == words


def test_price_and_supply_must_make_the_cap() -> None:
    assert find_fault(GOOD, btc_supply=1.9e7) == ""
    assert find_fault(GOOD, btc_supply=2.1e7) == "bitcoin's price times supply is +11.2% off its cap"


def test_a_jump_is_held_against_the_markets_own_changes() -> None:
    calm = past_of(np.full(40, 3e12))
    at = 40 * STEP

    def jump(**changes: float) -> str:
        return find_jump(replace(GOOD, **changes), at, calm)

    assert jump() == "" and jump(total=3e12 * 1.05) == ""
    assert jump(total=3e12 * 1.3) == "jump: total cap moved +30.0%, believable are 22%"
    assert jump(btc_price=60_000.0).startswith("jump: bitcoin's price moved -33.3%")
    assert jump(btc_cap=1.9e12) == "jump: bitcoin's share moved +6.3 points, believable are 4.0"


def test_time_and_restlessness_widen_the_bound() -> None:
    calm = past_of(np.full(40, 3e12))
    fall = replace(GOOD, total=2.2e12, btc_cap=2.2e12 * 0.57)
    assert find_jump(fall, 40 * STEP, calm) and not find_jump(fall, 43 * STEP, calm)
    assert find_jump(replace(GOOD, total=3e13, btc_cap=1.7e13), 40 * STEP * 1000, calm)
    rng = np.random.default_rng(5)
    wild = past_of(3e12 * np.exp(rng.normal(0, 0.04, 200).cumsum()))
    last = float(wild.total[-1])
    moved = Figures(last * 0.76, last * 0.76 * 0.57, last * 0.05, 90_000.0)
    assert find_jump(moved, 200 * STEP, past_of(np.full(200, last))) and not find_jump(moved, 200 * STEP, wild)


def test_without_a_past_nothing_jumps() -> None:
    assert find_jump(GOOD, 0, past_of(np.empty(0))) == ""
    assert find_jump(GOOD, STEP, past_of(np.array([3e12]))) == ""


def test_agreement_and_confirmation() -> None:
    near = replace(GOOD, total=3.1e12)
    far = replace(GOOD, total=3.3e12)
    assert agrees(GOOD, near) and not agrees(GOOD, far)
    assert not agrees(GOOD, replace(GOOD, btc_price=80_000.0)) and not agrees(GOOD, replace(GOOD, btc_cap=1.9e12))
    assert not confirms(GOOD, [near]) and confirms(GOOD, [near, near]) and not confirms(GOOD, [near, far])
    assert confirms(GOOD, [far, near, near])


def dirt(share: float, total: float = 1.5e9) -> Figures:
    """A day of 2013 as its dominance tells it: there was no ether, so its part is the smallest there is."""
    return Figures(total, share / 100 * total, 1.0, 120.0)


# 2013-05-03, 06-05, 07-09 and the like, and the days around them.
@pytest.mark.parametrize(
    ("share", "believed"), [(97.27, True), (101.22, False), (100.0, False), (95.26, True), (-3.0, False)]
)
def test_shares_above_a_hundred_percent_are_not_believed(share: float, believed: bool) -> None:
    assert (find_fault(dirt(share)) == "") is believed


@pytest.mark.real_data
def test_the_dominance_errors_of_2013_are_the_only_ones_doubted(shared_data: Path) -> None:
    path = shared_data / "crypto" / "btc_dominance_daily_20130429_20260724.csv.gz"
    if not path.is_file():
        pytest.skip(f"no dominance at {path}")
    with gzip.open(path, "rt") as file:
        days = [(row["date"], float(row["btc_dominance"])) for row in csv.DictReader(file)]
    doubted = {day: share for day, share in days if find_fault(dirt(share))}
    assert len(days) > 4_800 and doubted == {day: share for day, share in days if share >= 100}
    assert all(day.startswith("2013-") for day in doubted)
    # Eleven above a hundred, and two that were rounded to it.
    assert (sum(share > 100 for share in doubted.values()), len(doubted)) == (11, 13)
