"""The mandatory checks of methods.md 10.5: an honest market shows .50, a planted drift is found."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.moments import SectorChecks, compute_sector_checks

ANCHOR = dt.date(2025, 12, 1)
SEEDS = range(1, 13)
NAMES, SESSIONS = 1000, 400
STORIES = (0.0, 1.0)


def checks_of(seed: int, sessions: int, stories: float, alpha_4h: float = 0.0) -> SectorChecks:
    market = Market(Parameters(ANCHOR, seed, NAMES, sessions, alpha_4h=alpha_4h, stories=stories))
    market.generate_until(dt.datetime(2025, 12, 1, 21, tzinfo=dt.UTC))
    _assert_slots_sum_to_days(market)
    return compute_sector_checks(market)


def _assert_slots_sum_to_days(market: Market) -> None:
    """Close to close is after-hours, pre-market and the regular slots, where no split falls between."""
    for before, day in zip(market.days[::40], market.days[1::40], strict=False):
        total = before.moves[:, -1].astype(float) + day.moves[:, :-1].astype(float).sum(axis=1)
        whole = (day.units == before.units) & (before.log_close() + before.moves[:, -1] > np.log(0.011))
        assert whole.mean() > 0.9
        assert np.allclose((day.log_close() - before.log_close())[whole], total[whole], atol=1e-9)


@pytest.fixture(scope="module", params=STORIES, ids="stories={}".format)
def honest(request: pytest.FixtureRequest) -> list[SectorChecks]:
    return [checks_of(seed, SESSIONS, request.param) for seed in SEEDS]


def test_the_next_four_hours_are_a_coin(honest: list[SectorChecks]) -> None:
    hits = [check.forward_hit for check in honest]
    assert hits == pytest.approx([0.50] * len(hits), abs=0.03)
    assert np.mean(hits) == pytest.approx(0.50, abs=0.01)


def test_persistence_is_what_a_driftless_path_has(honest: list[SectorChecks]) -> None:
    assert all(0.76 <= check.persistence <= 0.80 for check in honest)


def test_neighbouring_half_hours_of_sectors_are_unrelated(honest: list[SectorChecks]) -> None:
    assert all(abs(check.autocorrelation) < 0.03 for check in honest)


@pytest.mark.parametrize("stories", STORIES, ids="stories={}".format)
def test_a_planted_drift_is_found(stories: float) -> None:
    hits = [checks_of(seed, 150, stories, alpha_4h=0.25).forward_hit for seed in SEEDS]
    assert all(hit > 0.515 for hit in hits)
    assert np.mean(hits) == pytest.approx(0.557, abs=0.02)
