"""Splits and reverse splits: announced five sessions ahead, executed before the pre-market of their session."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Session
from sentiment_site.simulator.market import parameters as process
from sentiment_site.simulator.market.listing import Listing
from sentiment_site.simulator.market.parameters import Floats

_REVERSE_RATIOS = (5, 8, 10, 10, 15, 20, 25, 30)
_FORWARD_RATIOS = ((1, 2), (1, 3), (2, 3), (1, 4), (1, 5), (1, 10))


@dataclass(frozen=True, slots=True)
class Split:
    """`split_to` new shares for `split_from` old ones, from the session `session`; public since `announced`."""

    row: int
    session: Session
    announced: Session
    split_from: int
    split_to: int

    @property
    def ratio(self) -> float:
        """New shares per old share: 2.0 for two for one, 0.1 for one for ten."""
        return self.split_to / self.split_from

    @property
    def adjustment_type(self) -> str:
        """Massive's word for it."""
        return "forward_split" if self.split_to > self.split_from else "reverse_split"

    def vendor_id(self, symbol: str) -> str:
        """A stable identifier in Massive's form: E and 64 hexadecimal digits."""
        text = f"{symbol} {self.session.date} {self.split_from}:{self.split_to}"
        return "E" + hashlib.sha256(text.encode()).hexdigest()


def draw_splits(
    rng: np.random.Generator,
    announced: Session,
    *,
    index: int,
    price: Floats,
    listing: Listing,
    pending: Sequence[Split],
) -> list[Split]:
    """Splits announced after a session: reverse among the cheapest stocks, forward among the dearest.

    `price` (n,) is that of the session's end; `pending` are splits announced and not executed, whose rows are left
    alone. Candidates must be company stock, still listed when it happens.
    """
    scale = len(price) / 8000
    busy = np.zeros(len(price), dtype=bool)
    busy[[split.row for split in pending]] = True
    lives = (listing.first <= index) & (listing.last > index + process.SPLIT_NOTICE_SESSIONS)
    candidate = listing.jumps & (listing.parent < 0) & lives & ~busy
    # a split of an issuer would have to be passed on to its warrants and units
    candidate[listing.parent[listing.parent >= 0]] = False
    ex_session = calendar.shift(announced.date, process.SPLIT_NOTICE_SESSIONS)
    reverse = _some(rng, candidate & (price < process.REVERSE_SPLIT_BELOW), process.REVERSE_SPLITS_PER_DAY * scale)
    forward = _some(rng, candidate & (price > process.FORWARD_SPLIT_ABOVE), process.FORWARD_SPLITS_PER_DAY * scale)
    splits = [Split(row, ex_session, announced, int(rng.choice(_REVERSE_RATIOS)), 1) for row in reverse]
    for row in forward:
        split_from, split_to = _FORWARD_RATIOS[int(rng.integers(len(_FORWARD_RATIOS)))]
        splits.append(Split(row, ex_session, announced, split_from, split_to))
    return splits


def _some(rng: np.random.Generator, candidate: np.ndarray, rate: float) -> list[int]:
    rows = np.flatnonzero(candidate)
    count = min(int(rng.poisson(rate)), len(rows))
    return [int(row) for row in rng.choice(rows, count, replace=False)] if count else []
