"""How alarms are counted against the truth: by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from tests.themes.evaluation.figures import auc
from tests.themes.evaluation.manipulation import QUIET_BARS, Tally, alarms_of, count
from tests.themes.evaluation.simulated import Event, Seen


def seen(score: np.ndarray, events: list[Event]) -> Seen:
    nothing = np.empty((0, 0, 13))
    ends = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)] * score.shape[1]
    return Seen({"risk": score.astype(np.float32)}, ~np.isnan(score), events, nothing, nothing, 0, [], ends)


def test_one_alarm_in_ten_sessions() -> None:
    score = np.zeros((2, 3 * QUIET_BARS))
    score[0, [5, 6, 100, 5 + QUIET_BARS]] = 0.6
    score[1] = np.nan
    assert alarms_of(score, 0.5) == [(0, 5), (0, 5 + QUIET_BARS)]


def test_hits_false_alarms_and_delays() -> None:
    score = np.zeros((5, 130))
    score[0, 30] = score[1, 40] = score[2, 10] = score[4, 5] = 0.9
    events = [
        Event("pump", 0, first=10, last=60, run=28, peak=40),
        Event("pump", 3, first=10, last=60, run=28, peak=40),
        Event("squeeze", 1, first=35, last=80),
        Event("cut", 4, first=0, last=20),  # began before the scored bars: its alarm counts for nothing
        Event("squeeze", 2, first=35, last=80),  # the alarm on its stock came before it: nobody's
    ]
    tally = Tally()
    count(tally, seen(score, events), "risk", 0.5)
    assert tally.sums == (1, 3, 1, 2)
    assert tally.f1 == pytest.approx(2 / 5)
    assert tally.delays == [2]
    assert tally.before_peak == 1
    assert tally.background == 1
    assert (tally.honest["squeeze"], tally.honest_alarmed["squeeze"]) == (2, 1)
    assert tally.symbol_days == 50.0


def test_auc_counts_ties_half() -> None:
    assert auc([1, 2, 2, 3], [0, 0, 1, 1]) == pytest.approx(3.5 / 4)
    assert np.isnan(auc([1, 2], [1, 1]))
    assert auc([1, np.nan, 2], [0, 1, 1]) == 1.0
