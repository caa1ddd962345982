"""Earnings: most companies report once a quarter, on dates known long before, in seasons; most reports change little.

A report's session is fixed by the company: fiscal quarters end with the calendar's for 85 %, a month or two later for
the rest, and the report comes two to seven weeks after, later after the fiscal year. The dates do not depend on what
happens in the market, so they can be asked for ahead (`Seasons.reporting`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.stories.grid import news_moments, slots_of
from sentiment_site.simulator.stories.plan import Draft, Flags, Ints, Scene, steps_of
from sentiment_site.simulator.stories.story import Kind, Role, Story

STREAM, FIGURES_STREAM = 12, 14
_REPORTS = 0.95  # share of companies that report by the quarter
_FISCAL_SHIFT = (0.85, 0.09, 0.06)  # quarters end with the calendar's, a month later, two
_LAG = (14.0, 30.0, 1.35)  # days after the quarter: earliest, width, how late within it; then jitter
_YEAR_END_FACTOR = 1.5
_BEFORE_OPEN = 0.45
_REMARKABLE, _PLAIN_SIGMA, _STRONG_SIGMA = 0.3, 0.6, 2.4  # of the daily sigma
_FLOOR, _CAP = -0.8, 0.9  # log
_STAYS = 2  # sessions a report is talked about


class Seasons:
    """Which companies report when. The same for a seed whatever happens."""

    def __init__(self, seed: int, stock: Flags) -> None:
        rng = np.random.default_rng([seed, STREAM])
        count = len(stock)
        self._reports = stock & (rng.random(count) < _REPORTS)
        self._shift = rng.choice(3, count, p=_FISCAL_SHIFT)
        self._lag = _LAG[0] + _LAG[1] * rng.beta(_LAG[2], 1.0, count)
        self.before_open: Flags = rng.random(count) < _BEFORE_OPEN
        self._seed = seed
        self._quarters: dict[dt.date, tuple[Ints, Ints]] = {}

    def reporting(self, date: dt.date, after: dt.date) -> Ints:
        """Rows that report in the session of `date`, the one before being that of `after`. Ascending."""
        found = []
        for end in _month_ends(after - dt.timedelta(days=80), date):
            rows, days = self._of(end)
            low, high = np.searchsorted(days, (after.toordinal(), date.toordinal()), side="right")
            found.append(rows[low:high])
        return np.sort(np.concatenate(found))

    def _of(self, end: dt.date) -> tuple[Ints, Ints]:
        """Rows whose fiscal quarter ends with this month, and their report days, in order of the day."""
        if end not in self._quarters:
            rows = np.flatnonzero(self._reports & (self._shift == end.month % 3))
            jitter = np.random.default_rng([self._seed, STREAM, end.toordinal()]).integers(-1, 3, len(rows))
            late = _YEAR_END_FACTOR if end.month in (12, 1, 2) else 1.0
            days = end.toordinal() + np.maximum(self._lag[rows] * late + jitter, 8).astype(np.int64)
            days += np.array((0, 0, 0, 0, 0, 2, 1))[(days + 6) % 7]  # nobody reports at the weekend
            order = np.argsort(days, kind="stable")
            self._quarters[end] = (rows[order], days[order])
        return self._quarters[end]


def draw(scene: Scene, rows: Ints, before_open: Flags) -> Draft:
    """The reports of this session by `rows`. One in another story is unremarkable: the story has the price."""
    draft = Draft()
    slots = slots_of(scene.session)
    for slot, group in ((0, rows[before_open[rows]]), (slots - 1, rows[~before_open[rows]])):
        if len(group):
            _report(scene, draft, group, slot)
    return draft


def _report(scene: Scene, draft: Draft, rows: Ints, slot: int) -> None:
    rng, count = scene.rng, len(rows)
    strong = rng.random(count) < _REMARKABLE
    z = rng.standard_normal(count) * np.where(strong, _STRONG_SIGMA, _PLAIN_SIGMA)
    moves = np.clip(z * scene.listing.volatility[rows], _FLOOR, _CAP) * scene.free[rows]
    draft.steps.append(steps_of(rows, np.full(count, slot), moves=moves, volumes=0.5 + 0.35 * np.minimum(np.abs(z), 3)))
    draft.steps.append(steps_of(rows, np.full(count, slot + 1), volumes=0.4 + 0.35 * np.minimum(np.abs(z), 3)))
    cap, price = scene.view.cap[rows], scene.view.price[rows]
    draft.pending.append(lambda: _tell(scene, rows, slot, moves, _figures(_generator(scene, slot), cap, price, z)))


def _generator(scene: Scene, slot: int) -> np.random.Generator:
    """The figures' own, for they are drawn when somebody asks for them."""
    return np.random.default_rng([scene.seed, FIGURES_STREAM, scene.session.date.toordinal(), slot])


def _tell(scene: Scene, rows: Ints, slot: int, moves: Floats, figures: list[list[float]]) -> list[Story]:
    """The stories of the reports. There are a hundred a day, so they are written when somebody asks."""
    moments = news_moments(scene.seed, scene.session, rows, slot)
    ends, when = scene.grid.sessions[_STAYS].post_close, "before the open" if slot == 0 else "after the close"
    stories = []
    for row, at, move, (eps, estimate, revenue, expected) in zip(
        rows.tolist(), moments, np.expm1(moves).tolist(), figures, strict=True
    ):
        stories.append(
            Story(
                scene.name(Kind.EARNINGS, row), Kind.EARNINGS, at, ends, (scene.member(row, Role.SUBJECT, at, move),),
                facts={"when": when, "eps": eps, "eps_estimate": estimate, "revenue": revenue,
                       "revenue_estimate": expected},
            )
        )  # fmt: skip
    return stories


def _figures(rng: np.random.Generator, cap: Floats, price: Floats, z: Floats) -> list[list[float]]:
    """Earnings per share, its estimate, revenue, its estimate. Good reports move the price up, mostly."""
    count = len(cap)
    surprise = 0.5 * z + 0.6 * rng.standard_normal(count)
    estimate = price * (0.012 + 0.02 * rng.standard_normal(count))
    scale = np.maximum(np.abs(estimate), 0.02)
    expected = cap * np.exp(rng.normal(np.log(0.08), 0.7, count))
    columns = (
        np.round(estimate + 0.12 * surprise * scale, 2),
        np.round(estimate, 2),
        np.round(expected * np.exp(0.03 * surprise), -3),
        np.round(expected, -3),
    )
    return [[float(value) for value in row] for row in np.column_stack(columns)]


def _month_ends(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Last days of the months that end in first..last."""
    day = first.replace(day=1)
    while True:
        day = (day + dt.timedelta(days=32)).replace(day=1)
        end = day - dt.timedelta(days=1)
        if end > last:
            return
        if end >= first:
            yield end
