"""Does the engine find the regimes that a simulated market really went through? `pytest -s` prints the table."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from macro.evaluation.labels import classify_naive
from macro.evaluation.scoreboard import balanced_accuracy
from macro.kernels.bars import DAY_S, Bars
from macro.kernels.engine import compute_path, regime_names
from sentiment_site.simulator.crypto.coins import BITCOIN, ETHEREUM, Kind
from sentiment_site.simulator.crypto.market import Crypto
from sentiment_site.simulator.market.parameters import Parameters

SEEDS = (1, 2, 3, 4, 5)
ANCHOR, UNTIL = dt.date(2026, 8, 21), dt.datetime(2026, 8, 21, tzinfo=dt.UTC)
WARM_UP = 365  # days that only feed averages and highs
WORDS = {"BEAR": "BEAR_MARKET"}
Names = npt.NDArray[np.object_]


class Found(NamedTuple):
    """truth, said: (t,) regimes; naive: the rule of thumb's."""

    truth: Names
    said: Names
    naive: Names


@pytest.fixture(scope="module")
def worlds() -> dict[int, Found]:
    return {seed: look(seed) for seed in SEEDS}


def look(seed: int) -> Found:
    """Two years of one simulated market, day by day, after a year of warming up."""
    market = Crypto(Parameters(ANCHOR, seed=seed, names=40, sessions=5))
    market.moment(UNTIL)
    at = np.arange(market.start, int(UNTIL.timestamp()), DAY_S)
    bitcoin, ether = market.series(BITCOIN, at), market.series(ETHEREUM, at)
    stable = np.sum(
        [market.series(row, at).cap for row, coin in enumerate(market.coins) if coin.kind is Kind.STABLE], 0
    )
    total, _, dominance = market.totals(at)
    bars = Bars(at, 1, bitcoin.price, bitcoin.cap, ether.cap, total, stable, np.zeros(len(at), dtype=np.bool_))
    truth = np.full(len(at), "", dtype=object)
    for begins, ends, regime in market.truth(UNTIL):
        truth[(at >= begins.timestamp()) & (at < ends.timestamp())] = WORDS.get(regime, regime)
    said = np.array(regime_names(compute_path(bars).regimes.regime), dtype=object)
    naive = np.array(regime_names(classify_naive(bitcoin.price, dominance)), dtype=object)
    return Found(truth[WARM_UP:], said[WARM_UP:], naive[WARM_UP:])


def seasons(truth: Names) -> Names:
    """Without transitions: they have no drift to be found by."""
    return np.where(truth == "TRANSITION", "", truth)


def test_planted_regimes_are_found_better_than_chance(worlds: dict[int, Found]) -> None:
    """Against the same verdicts held to the truth turned round by a random span: as persistent, but unrelated."""
    rng = np.random.default_rng(1)
    scores = {seed: balanced_accuracy(seasons(found.truth), found.said) for seed, found in worlds.items()}
    naive = {seed: balanced_accuracy(seasons(found.truth), found.naive) for seed, found in worlds.items()}
    chance = np.array([
        [
            balanced_accuracy(np.roll(seasons(found.truth), int(rng.integers(60, len(found.truth) - 60))), found.said)
            for found in worlds.values()
        ]
        for _ in range(400)
    ])  # fmt: skip
    for place, seed in enumerate(SEEDS):
        print(
            f"\nseed {seed}: {scores[seed]:.2f}, rule of thumb {naive[seed]:.2f}, chance {chance[:, place].mean():.2f}"
        )
    mean, by_chance = float(np.mean(list(scores.values()))), chance.mean(axis=1)
    print(f"mean {mean:.2f}, chance {by_chance.mean():.2f} (99 % below {np.quantile(by_chance, 0.99):.2f})")
    assert mean > np.quantile(by_chance, 0.99)
    assert all(scores[seed] > chance[:, place].mean() for place, seed in enumerate(SEEDS))
    assert mean > float(np.mean(list(naive.values())))
