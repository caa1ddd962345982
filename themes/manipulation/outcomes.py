"""What became of the stocks that were read: written at the close before anybody knows, settled within ten sessions.

From 200 settled outcomes on they recalibrate the card and the published risk (methods.md 5.2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_site.market import calendar, clock
from sentiment_site.quant.calibration import Isotonic
from themes.kernels.behaviour import CARD_PROBABILITIES, CRASH, FEWEST_OUTCOMES, HORIZON, calibrate, recalibrate_card
from themes.models import ManipulationOutcome, ManipulationReading
from universe import bars

PATIENCE = 3 * HORIZON  # sessions in which a doubted price may be cleared up
MOST_OUTCOMES = 5_000  # base rates drift: the newest tell


@dataclass(frozen=True, slots=True)
class Calibration:
    """What settled outcomes make of the risk. curve: None with fewer than 200; probabilities: of the card."""

    outcomes: int
    crashed: int
    curve: Isotonic | None
    probabilities: tuple[float, ...]

    @property
    def is_used(self) -> bool:
        """Whether the published risk is recalibrated."""
        return self.curve is not None


def load_calibration(known_at: dt.datetime) -> Calibration:
    """From the newest outcomes that were settled by a moment. One statement.

    The curve is of all outcomes, as it is laid over every published risk; the card's is of spikes, which it speaks of.
    """
    rows = ManipulationOutcome.objects.filter(settled_at__lte=known_at, crashed__isnull=False)
    told = list(rows.order_by("-settled_at").values_list("raw", "points", "is_spike", "crashed")[:MOST_OUTCOMES])
    if len(told) < FEWEST_OUTCOMES:
        return Calibration(len(told), sum(bool(row[3]) for row in told), None, CARD_PROBABILITIES)
    raw, points, spiked, crashed = (np.array(column, dtype=np.float64) for column in zip(*told, strict=True))
    card = recalibrate_card(points[spiked > 0], crashed[spiked > 0])
    return Calibration(len(told), int(crashed.sum()), calibrate(raw, crashed), card or CARD_PROBABILITIES)


def save_outcomes(rows: Sequence[ManipulationReading], spiked: Sequence[bool], session: dt.date) -> int:
    """Write down what was said at a close; how many.

    A stock counts once in ten sessions, and once more when it spikes after a quiet entry: overlapping outcomes would
    count one crash several times. Must run in the transaction of the readings.
    """
    since = calendar.shift(session, -HORIZON).date
    recent = ManipulationOutcome.objects.filter(
        instrument_id__in=[row.instrument_id for row in rows], session__gt=since, session__lte=session
    )
    held: dict[int, bool] = {}
    for one, spike in recent.values_list("instrument_id", "is_spike"):
        held[one] = held.get(one, False) or spike
    new = [
        ManipulationOutcome(
            instrument_id=row.instrument_id, session=session, as_of=row.as_of, risk=float(row.risk),
            raw=float(row.raw), points=sum(item["points"] for item in row.card), is_spike=spike,
            recorded_at=row.recorded_at, is_simulated=row.is_simulated,
        )
        for row, spike in zip(rows, spiked, strict=True)
        if row.instrument_id not in held or (spike and not held[row.instrument_id])
    ]  # fmt: skip
    return len(ManipulationOutcome.objects.bulk_create(new, ignore_conflicts=True))


def settle_outcomes(known_at: dt.datetime) -> int:
    """Look at the closes since; how many were settled. A crash settles at once, everything else after ten sessions.

    Every open outcome is looked at once a session. No statement more than two for each session with open outcomes.
    """
    newest = calendar.last_closed_session(known_at)
    waiting = ManipulationOutcome.objects.filter(settled_at__isnull=True, session__lt=newest.date)
    open_ones = [one for one in waiting if one.checked_on is None or one.checked_on < newest.date]
    by_session: dict[dt.date, list[ManipulationOutcome]] = {}
    for one in open_ones:
        by_session.setdefault(one.session, []).append(one)
    for session, some in by_session.items():
        _look(session, some, newest, known_at)
    ManipulationOutcome.objects.bulk_update(
        open_ones, ["checked_on", "lowest_change", "crashed", "settled_at"], batch_size=500
    )
    return sum(one.settled_at is not None for one in open_ones)


def _look(
    session: dt.date, some: Sequence[ManipulationOutcome], newest: calendar.Session, known_at: dt.datetime
) -> None:
    last = min(calendar.shift(session, HORIZON).date, newest.date)
    days = [each.date for each in calendar.sessions_between(session, last)]
    ids = np.array([one.instrument_id for one in some], dtype=np.int32)
    close = bars.load_daily(ids, days, known_at).close.astype(np.float64)
    # the newest session's bars come in the evening: until then it has not been looked at
    here = len(days) - 1 if not np.isfinite(close[:, -1]).any() and last == newest.date else len(days)
    is_over = here > HORIZON
    is_hopeless = newest.date >= calendar.shift(session, PATIENCE).date
    for one, row in zip(some, close[:, :here], strict=True):
        after = row[1:][np.isfinite(row[1:])]
        one.checked_on = days[here - 1]
        if np.isfinite(row[0]) and after.size:
            one.lowest_change = round(100 * float(after.min() / row[0] - 1), 3)
        crashed = one.lowest_change is not None and one.lowest_change <= CRASH
        # a close in doubt hides what was before it: an operator may still release it
        if crashed or (is_over and (np.isfinite(row[0]) or is_hopeless)):
            one.settled_at = clock.now()
            one.crashed = crashed if one.lowest_change is not None else None
