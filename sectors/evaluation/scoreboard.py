"""Counts the evidence: every figure with its interval, its baseline and how many observations it rests on."""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from sectors.evaluation.outcomes import FOUR_HOURS, NEXT_CLOSE
from sectors.evaluation.readings import Evidence, Light, Place
from sectors.kernels import evaluation, scoreboard
from sectors.kernels.forecast import FEATURES, NO_EDGE, judge, walk_forward
from sectors.models import SectorReading
from sentiment_site.market.sectors import SECTORS
from sentiment_site.quant.calibration import Interval, log_loss

FloatArray = npt.NDArray[np.float64]

OK, ABSTAINED = SectorReading.Status.OK, SectorReading.Status.ABSTAINED
DARK = 0.6
COMMONER = "always the commoner side"
PARTS = (
    "hit rate",
    "rank correlation",
    "mean return",
    "persistence",
    "tail, any stock",
    "tail, per stock",
    "probability",
    "ranking",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the board. Shares are 0..1, returns percent points; NaN is unknown.

    low, high: 95 % by resampling blocks of ten days; wilson_low, wilson_high: as if observations were independent.
    baseline: what no skill gives, and in words what that is. coverage: of the readings that could have been counted.
    """

    part: str
    name: str
    value: float
    low: float
    high: float
    n: int
    unit: str = "share"
    wilson_low: float = math.nan
    wilson_high: float = math.nan
    baseline: float = math.nan
    baseline_is: str = ""
    coverage: float = math.nan
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """The whole board. horizon: of the headline figures; why: words for the reader; verdicts: by formula."""

    source: str
    first: dt.datetime
    last: dt.datetime
    runs: int
    sessions: int
    readings: int
    horizon: str
    why: str
    formulas: tuple[str, ...]
    figures: tuple[Figure, ...]
    verdicts: dict[str, str]

    def as_json(self) -> dict[str, object]:
        """Plain values, None for unknown."""
        held = asdict(self) | {"first": self.first.isoformat(), "last": self.last.isoformat()}
        held["formulas"] = list(self.formulas)
        held["figures"] = [
            {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(each).items()}
            for each in self.figures
        ]
        return held


def compute_scoreboard(evidence: Evidence, formula: str | None = None) -> Scoreboard:
    """Every figure of methods.md 1.12; of one formula, or of the champion and its challengers."""
    intraday = evidence.has(FOUR_HOURS)
    horizon = FOUR_HOURS if intraday else NEXT_CLOSE
    why = "half-hours are stored" if intraday else "the source has daily bars only: no half-hours"
    names = evidence.formulas if formula is None else (formula,)
    board = _Board(evidence)
    figures: list[Figure] = []
    verdicts: dict[str, str] = {}
    for name in names:
        light = board.light(name)
        for each in (FOUR_HOURS, NEXT_CLOSE) if intraday else (NEXT_CLOSE,):
            figures += board.hits(light, each)
        figures += board.correlation(light, horizon)
        figures += board.returns(light, horizon)
        figures += board.persistence(light, horizon)
        figures += board.tails(light)
        probability, verdicts[name] = board.probability(light, horizon)
        figures += probability
    if formula is None:
        figures += [board.difference(names[0], name, horizon) for name in names[1:]]
    figures += board.lists()
    days = {row.day for row in evidence.rows}
    return Scoreboard(
        evidence.source,
        evidence.first,
        evidence.last,
        evidence.runs,
        len(days),
        len(evidence.rows),
        horizon,
        why,
        tuple(names),
        tuple(sorted(figures, key=lambda figure: PARTS.index(figure.part))),
        verdicts,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Light:
    """One formula's column of the evidence, (n,): scores as stored, and where they were shown or withheld."""

    name: str
    scores: FloatArray
    shown: npt.NDArray[np.bool_]
    abstained: npt.NDArray[np.bool_]
    features: FloatArray

    @property
    def scored(self) -> int:
        """How many readings have a score of their own."""
        return int((self.shown | self.abstained).sum())

    def only(self, rows: npt.NDArray[np.bool_]) -> FloatArray:
        """The scores of some rows, NaN elsewhere."""
        return np.where(rows, self.scores, np.nan)


class _Board:
    """The evidence as arrays, and the figures made of them."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.days = evidence.column(lambda row: row.day)
        self.times = evidence.column(lambda row: row.time)
        self.sectors = evidence.column(lambda row: row.sector)
        self.moved = evidence.column(lambda row: row.moved)
        self.known = evidence.column(lambda row: row.known)
        self.jumped = evidence.column(lambda row: row.jumped)
        self.row_at = {(row.as_of, row.sector): place for place, row in enumerate(evidence.rows)}
        self.champion = evidence.formulas[0]

    def light(self, name: str) -> _Light:
        """One formula's column."""
        nothing = Light(math.nan, SectorReading.Status.NO_DATA, None)
        lights = [row.lights.get(name, nothing) for row in self.evidence.rows]
        missing = np.full(len(FEATURES), np.nan)
        status = np.array([each.status for each in lights])
        return _Light(
            name,
            np.array([each.score for each in lights]),
            status == OK,
            status == ABSTAINED,
            np.array([missing if each.features is None else each.features for each in lights]),
        )

    def forward(self, horizon: str) -> FloatArray:
        """What followed, percent."""
        return self.evidence.column(lambda row: row.forward[horizon])

    def title(self, light: _Light) -> str:
        """The formula's name with its part."""
        return f"{light.name}, {'champion' if light.name == self.champion else 'challenger'}"

    def hits(self, light: _Light, horizon: str) -> Iterator[Figure]:
        """Hit rates: as shown, the dark colours alone, and what was withheld, by the sign of its score."""
        forward = self.forward(horizon)
        settled = int((np.isfinite(forward) & (forward != 0)).sum())
        dark = light.shown & (np.abs(np.nan_to_num(light.scores)) >= DARK)
        for words, rows in (("shown", light.shown), ("shown, dark only", dark)):
            found = evaluation.hit_rate(light.only(rows), forward, self.days)
            yield Figure(
                "hit rate",
                f"{self.title(light)}, {words}, {horizon}",
                *found.by_day,
                found.n,
                wilson_low=found.wilson.low,
                wilson_high=found.wilson.high,
                baseline=found.baseline,
                baseline_is=COMMONER,
                coverage=found.n / settled if settled else math.nan,
            )
        yield self._withheld(light, forward, horizon, settled)

    def _withheld(self, light: _Light, forward: FloatArray, horizon: str, settled: int) -> Figure:
        """What a light that abstained would have said: mostly blue, so the sign of its score is taken for a call."""
        called = light.abstained & np.isfinite(forward) & (forward != 0) & (np.nan_to_num(light.scores) != 0)
        hits = np.where(called, np.sign(light.scores) == np.sign(forward), np.nan)
        rises = float((forward[called] > 0).mean()) if called.any() else math.nan
        found = scoreboard.judge_share(hits, np.full(hits.size, max(rises, 1 - rises)), self.days)
        share = f"{_percent(light.abstained.sum() / light.scored)} of its scores withheld" if light.scored else ""
        return Figure(
            "hit rate",
            f"{self.title(light)}, abstained, by the score's sign, {horizon}",
            *found.by_day,
            found.n,
            wilson_low=found.wilson.low,
            wilson_high=found.wilson.high,
            baseline=found.baseline,
            baseline_is=COMMONER,
            coverage=found.n / settled if settled else math.nan,
            note=share,
        )

    def difference(self, champion: str, challenger: str, horizon: str) -> Figure:
        """The challenger's hit rate less the champion's, drawn together."""
        first, second = self.light(champion), self.light(challenger)
        found = scoreboard.hit_difference(
            first.only(first.shown), second.only(second.shown), self.forward(horizon), self.days
        )
        n = int((first.shown & second.shown & np.isfinite(self.forward(horizon))).sum())
        name = f"{challenger} less {champion}, shown, {horizon}"
        return Figure("hit rate", name, *found, n, unit="difference", baseline=0.0, baseline_is="no difference")

    def correlation(self, light: _Light, horizon: str) -> Iterator[Figure]:
        """Rank correlation across sectors, one per moment."""
        moments = sorted({row.as_of for row in self.evidence.rows})
        sectors = [sector.key for sector in SECTORS]
        scores, forward = np.full((len(moments), len(sectors)), np.nan), np.full((len(moments), len(sectors)), np.nan)
        line, column = {at: place for place, at in enumerate(moments)}, {key: k for k, key in enumerate(sectors)}
        shown = light.only(light.shown)
        for place, row in enumerate(self.evidence.rows):
            where = line[row.as_of], column[row.sector]
            scores[where], forward[where] = shown[place], row.forward[horizon]
        overlap = self._overlap(moments, horizon)
        test = evaluation.information_coefficient(scores, forward, overlap or None)
        wide = 1.96 * test.standard_error
        yield Figure(
            "rank correlation",
            f"{self.title(light)}, mean of Spearman's across sectors, {horizon}",
            test.mean,
            test.mean - wide,
            test.mean + wide,
            test.n,
            unit="correlation",
            baseline=0.0,
            baseline_is="no order",
            note=f"t {test.t:+.2f} (Newey-West{f', {overlap} lags' if overlap else ''})",
        )

    def _overlap(self, moments: list[dt.datetime], horizon: str) -> int:
        """Over how many moments the forward returns overlap at most."""
        targets = {row.as_of: row.target[horizon] for row in self.evidence.rows}
        known = [(place, targets[at]) for place, at in enumerate(moments)]
        return max((bisect_left(moments, at) - place - 1 for place, at in known if at is not None), default=0)

    def returns(self, light: _Light, horizon: str) -> Iterator[Figure]:
        """What followed each colour."""
        for each in scoreboard.colour_returns(light.only(light.shown), self.forward(horizon), self.days):
            note = f"rises {_percent(each.rises.value)}" if each.n else ""
            name = f"{self.title(light)}, {each.colour}, {horizon}"
            yield Figure("mean return", name, *each.mean, each.n, unit="percent", note=note)

    def persistence(self, light: _Light, horizon: str) -> Iterator[Figure]:
        """Colour and sign at the horizon, beside what a walk without skill does."""
        shown = light.only(light.shown)
        later = np.full(shown.size, np.nan)
        for place, row in enumerate(self.evidence.rows):
            target = row.target[horizon]
            then = None if target is None else self.row_at.get((target, row.sector))
            if then is not None:
                later[place] = shown[then]
        together = self.evidence.column(lambda row: row.together[horizon])
        moved = np.where(np.isfinite(shown), self.moved, np.nan)
        no_skill = scoreboard.no_skill_share(moved, self.forward(horizon), self.times)
        found = evaluation.persistence(shown, later, moved, together, elapsed_variance=1.0, added_variance=1.0)
        colours, after = evaluation.colour_places(shown), evaluation.colour_places(later)
        pairs = (colours >= 0) & (after >= 0)
        same = scoreboard.mean_by_day(np.where(pairs, colours == after, np.nan), self.days)
        yield Figure(
            "persistence",
            f"{self.title(light)}, same colour, {horizon}",
            *same,
            int(pairs.sum()),
            wilson_low=found.same_colour.low,
            wilson_high=found.same_colour.high,
            baseline=scoreboard.chance_agreement(shown, later),
            baseline_is="colours drawn at random",
            note="not skill: the longer timeframes overlap",
        )
        kept = np.where(
            np.isfinite(moved) & np.isfinite(together) & (moved != 0), np.sign(moved) == np.sign(together), np.nan
        )
        sign = scoreboard.mean_by_day(kept, self.days)
        yield Figure(
            "persistence",
            f"{self.title(light)}, same sign since the previous close, {horizon}",
            *sign,
            int(np.isfinite(kept).sum()),
            wilson_low=found.same_sign.low,
            wilson_high=found.same_sign.high,
            baseline=no_skill,
            baseline_is="driftless walk (10.2), variances measured here",
        )

    def tails(self, light: _Light) -> Iterator[Figure]:
        """How often stocks jumped, by colour: any of the sector, and single stocks."""
        shown = light.only(light.shown)
        event = np.where(self.known > 0, self.jumped > 0, np.nan)
        word = "touched" if any(row.has_highs for row in self.evidence.rows) else "closed at"
        places = evaluation.colour_places(shown)
        for place, rate in enumerate(evaluation.tail_lift(shown, event, self.days)):
            yield Figure(
                "tail, any stock",
                f"{self.title(light)}, {rate.colour}, P(any stock {word} +15 %)",
                *scoreboard.mean_by_day(event[places == place], self.days[places == place]),
                rate.n,
                wilson_low=rate.rate.low,
                wilson_high=rate.rate.high,
                note=_times(rate.lift, rate.colour),
            )
        for tail in scoreboard.stock_tail(shown, self.jumped, self.known, self.sectors, self.days):
            yield Figure(
                "tail, per stock",
                f"{self.title(light)}, {tail.colour}, share of stocks that {word} +15 %",
                *tail.rate,
                tail.stocks,
                note=_both_times(tail),
            )

    def probability(self, light: _Light, horizon: str) -> tuple[list[Figure], str]:
        """The walk-forward probability of a rise, and what may be said of it."""
        forward = self.forward(horizon)
        usable = np.isfinite(light.features).all(axis=1) if light.features.size else np.zeros(0, dtype=np.bool_)
        outcome = np.where(np.isfinite(forward) & (forward != 0), forward > 0, np.nan)[usable]
        days = self.days[usable]
        p = walk_forward(light.features[usable], outcome, days).p
        verdict = judge(p, outcome)
        skill = scoreboard.skill_interval(p, outcome, days)
        parts = verdict.murphy
        title, name = self.title(light), "p_up_4h" if horizon == FOUR_HOURS else "p_up to the next close"
        known = np.isfinite(p) & np.isfinite(outcome)
        share = float(outcome[known].mean()) if known.any() else math.nan
        text = verdict.text or f"skill {verdict.skill:+.4f}"
        board = partial(Figure, "probability", n=verdict.n)
        split = f"reliability {parts.reliability:.4f}, resolution {parts.resolution:.4f}"
        rest = f"uncertainty {parts.uncertainty:.4f}, within {parts.within:.4f}"
        none, always = (math.nan, math.nan), "always the share of rises"
        figures = [
            board(f"{title}, Brier skill of {name}", *skill, unit="skill", baseline=0.0, baseline_is=always, note=text),
            board(f"{title}, Brier score", parts.brier, *none, unit="score", baseline=share * (1 - share),
                  baseline_is=always, note=f"{split}, {rest}"),
            board(f"{title}, log loss", log_loss(p, outcome), *none, unit="score", baseline=_entropy(share),
                  baseline_is=always),
            board(f"{title}, calibration error (10 bins)", verdict.calibration_error, *none, baseline=0.0,
                  baseline_is="perfect"),
        ]  # fmt: skip
        return figures, text if verdict.n else f"{NO_EDGE}: fewer than 60 settled sessions"

    def lists(self) -> Iterator[Figure]:
        """The top three: do they go on, are they still on their side, how much of a list is new."""
        everything = self.evidence.places
        for side, words in ((1, "top bullish"), (-1, "top bearish")):
            shown = [place for place in everything if place.side == side and place.shown]
            yield self._going_on(shown, words)
            yield self._staying(shown, words)
        for side, words in ((1, "top bullish"), (-1, "top bearish")):
            of_side = [place for place in everything if place.side == side]
            new = np.array([place.is_new for place in of_side])
            found = scoreboard.mean_by_day(new, np.array([place.day for place in of_side]))
            yield Figure("ranking", f"{words}, new in the list against the analysis before", *found,
                         int(np.isfinite(new).sum()), note="turnover")  # fmt: skip

    def _going_on(self, shown: list[Place], words: str) -> Figure:
        hits = [
            np.nan
            if not math.isfinite(each.forward) or each.forward == 0
            else float(np.sign(each.forward) == each.side)
            for each in shown
        ]
        found = scoreboard.judge_share(hits, [each.others for each in shown], [each.day for each in shown])
        return _rate(found, f"{words}, precision@3: went on to the next close", "three random movers of the same side")

    def _staying(self, shown: list[Place], words: str) -> Figure:
        stayed = [np.nan if not math.isfinite(each.together) else np.sign(each.together) == each.side for each in shown]
        found = scoreboard.judge_share(stayed, [each.swapped for each in shown], [each.day for each in shown])
        columns = (np.array([getattr(each, name) for each in shown]) for name in ("moved", "forward", "time"))
        walk = f"a driftless walk keeps {_percent(scoreboard.no_skill_share(*columns))} (10.2)"
        name = f"{words}, still on its side of the previous close at the next"
        figure = _rate(found, name, "its move, then another mover's return")
        return replace(figure, note=f"{figure.note}; {walk}")


def _rate(found: scoreboard.Rate, name: str, baseline_is: str) -> Figure:
    return Figure(
        "ranking",
        name,
        *found.by_day,
        found.n,
        wilson_low=found.wilson.low,
        wilson_high=found.wilson.high,
        baseline=found.baseline,
        baseline_is=baseline_is,
        note=f"{found.lift.value:+.3f} [{found.lift.low:+.3f}, {found.lift.high:+.3f}] against it",
    )


def _times(ratio: Interval, colour: str) -> str:
    if colour == "blue_neutral":
        return "the reference"
    if not math.isfinite(ratio.value):
        return "lift unknown"
    return f"{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}] times blue"


def _both_times(tail: scoreboard.StockTail) -> str:
    within = "" if tail.colour == "blue_neutral" else f"; within sectors {_times(tail.within, tail.colour)}"
    return _times(tail.lift, tail.colour) + within


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _entropy(share: float) -> float:
    if not 0 < share < 1:
        return math.nan if math.isnan(share) else 0.0
    return -(share * math.log(share) + (1 - share) * math.log(1 - share))
