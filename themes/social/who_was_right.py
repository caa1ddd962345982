"""Sources that contradicted each other: which of the two the stock followed afterwards, as it was known at a moment."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Final

from django.db.models import Case, Count, F, QuerySet, Value, When

from sentiment_site.market import clock
from sentiment_site.quant.calibration import Interval, wilson_interval
from themes.kernels.source_sentiment import SOURCES
from themes.models import DivergenceOutcome

BASELINE: Final = 0.5  # of two sources that contradict each other, a coin is right about half of the time
_OPEN, _VOID, _EVEN = "open", "void", "even"


@dataclass(frozen=True, slots=True)
class PairRecord:
    """Two sources over all the times they contradicted each other. first, second: in the order of SOURCES.

    n: settled with a winner; first_right: how often it was the first; even: the stock did not move against its sector.
    share: of the first with Wilson's 95 % interval, NaN without a winner. `second_share` is its complement.
    """

    first: str
    second: str
    horizon: int
    n: int
    first_right: int
    even: int
    open: int
    void: int
    share: Interval

    @property
    def second_share(self) -> Interval:
        """The same from the second source's side."""
        return wilson_interval(self.n - self.first_right, self.n)

    @property
    def is_telling(self) -> bool:
        """Whether the interval leaves the baseline out."""
        return self.n > 0 and not self.share.low <= BASELINE <= self.share.high


@dataclass(frozen=True, slots=True)
class DivergenceRecord:
    """Every pair that ever contradicted each other, shorter horizon first."""

    pairs: tuple[PairRecord, ...]

    def of(self, one: str, other: str) -> tuple[PairRecord, ...]:
        """Those of two sources, in either order."""
        return tuple(pair for pair in self.pairs if {pair.first, pair.second} == {one, other})


def divergence_record(as_of: dt.datetime | None = None, instrument_id: int | None = None) -> DivergenceRecord:
    """Who was right before, over all stocks or one, counting what was settled by then. One statement."""
    at = as_of or clock.now()
    rows = _known(at, instrument_id).annotate(
        came=Case(
            When(settled_at__lte=at, state="void", then=Value(_VOID)),
            When(settled_at__lte=at, state="settled", right_source="", then=Value(_EVEN)),
            When(settled_at__lte=at, state="settled", then=F("right_source")),
            default=Value(_OPEN),
        )
    )
    counted: dict[tuple[int, str, str], Counter[str]] = {}
    groups = rows.order_by().values_list("horizon", "bearish_source", "bullish_source", "came").annotate(n=Count("pk"))
    for horizon, bearish, bullish, came, n in groups:
        first, second = sorted((bearish, bullish), key=SOURCES.index)
        counted.setdefault((horizon, first, second), Counter())[came] += n
    return DivergenceRecord(tuple(_pair(*key, counted[key]) for key in sorted(counted, key=_order)))


def list_outcomes(instrument_id: int, as_of: dt.datetime | None = None, most: int = 10) -> list[DivergenceOutcome]:
    """A stock's contradictions, newest first; what was not settled at the moment is shown open. One statement."""
    at = as_of or clock.now()
    rows = list(_known(at, instrument_id).order_by("-diverged_at", "horizon", "bearish_source")[:most])
    for row in rows:
        if row.settled_at is not None and row.settled_at > at:
            row.state, row.settled_at, row.excess_move, row.right_source, row.void_reason = "open", None, None, "", ""
    return rows


def _known(at: dt.datetime, instrument_id: int | None) -> QuerySet[DivergenceOutcome]:
    rows = DivergenceOutcome.objects.filter(diverged_at__lte=at, recorded_at__lte=at)
    return rows if instrument_id is None else rows.filter(instrument_id=instrument_id)


def _pair(horizon: int, first: str, second: str, counts: Counter[str]) -> PairRecord:
    n = counts[first] + counts[second]
    return PairRecord(
        first, second, horizon, n, counts[first], counts[_EVEN], counts[_OPEN], counts[_VOID],
        wilson_interval(counts[first], n),
    )  # fmt: skip


def _order(key: tuple[int, str, str]) -> tuple[int, int, int]:
    return SOURCES.index(key[1]), SOURCES.index(key[2]), key[0]
