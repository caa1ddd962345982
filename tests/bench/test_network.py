"""The sympathy network of 1,500 names: the estimator, the whole night from bars to rows, a leader's twenty pairs."""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.db import transaction
from sklearn.covariance import LedoitWolf

from sentiment_site.market import clock
from sentiment_site.quant.covariance import shrink_covariance
from themes.kernels import sympathy
from themes.models import SympathyEdge, SympathyNetwork
from themes.network.figures import unpack_figures
from themes.network.fit import run_fit
from themes.network.pairs import load_edge_rows, score_pairs

from .harness import best_ms, in_turns, judge, time_ms
from .test_bars import aggregate_in_server
from .world import EVENING, World

STOCKS, SESSIONS = 1_500, 250
FIELDS = ("instrument_id", "neighbour_id", "rank", "correlation", "recent_correlation", "co_jumps")


def make_returns() -> np.ndarray:
    """Thirty groups, a market, fat tails."""
    draw = np.random.default_rng(1)
    groups = 0.02 * draw.standard_normal((30, SESSIONS))
    own = 0.03 * draw.standard_t(4, (STOCKS, SESSIONS))
    return np.asarray(own + groups[draw.integers(0, 30, STOCKS)] + 0.01 * draw.standard_normal(SESSIONS))


def test_the_estimator() -> None:
    returns = make_returns()
    judge("N1", lambda: in_turns(
        lambda: time_ms(lambda: sympathy.fit_network(returns)), lambda: time_ms(lambda: np.corrcoef(returns)), repeats=3
    ))  # fmt: skip


def test_the_shrinkage() -> None:
    returns = make_returns()
    judge("N2", lambda: in_turns(
        lambda: time_ms(lambda: shrink_covariance(returns)),
        lambda: time_ms(lambda: LedoitWolf(store_precision=False).fit(returns.T)),
        repeats=3,
    ))  # fmt: skip


def test_the_whole_night(world: World) -> None:
    """Loads 1,500 x 251 daily closes, fits, finds groups, writes 30,000 edges; rolled back each time."""
    last = world.sessions[-1]
    first = dt.datetime.combine(world.sessions[0].date, dt.time(), dt.UTC)
    until = dt.datetime.combine(last.date, dt.time(), dt.UTC)

    def fit() -> None:
        with clock.frozen(EVENING), transaction.atomic():
            assert run_fit(last.date, clock.now()).stocks == STOCKS
            transaction.set_rollback(True)

    def aggregate() -> int:
        return aggregate_in_server("bar_1d", ("close",), world.members, first, until)

    judge("N3", lambda: in_turns(lambda: time_ms(fit), lambda: time_ms(aggregate), rounds=3))


def test_a_leaders_pairs(world: World) -> None:
    """From the stored rows: the look-up of its neighbours and their probabilities, beside the look-up alone."""
    with clock.frozen(EVENING), transaction.atomic():
        network = run_fit(world.sessions[-1].date, clock.now())
        figures = unpack_figures(SympathyNetwork.objects.get(pk=network.pk).figures or b"")
        z = np.random.default_rng(2).standard_normal(figures.ids.size)
        leader = int(figures.ids[7])

        def look_up() -> list[tuple[object, ...]]:
            return list(SympathyEdge.objects.filter(network=network, instrument_id=leader).values_list(*FIELDS))

        def score() -> None:
            edges = load_edge_rows(figures, look_up())
            assert len(score_pairs(figures, edges, [7], z, network.observations)) == 20

        judge("N4", lambda: in_turns(lambda: best_ms(score, 20), lambda: best_ms(look_up, 20)))
        transaction.set_rollback(True)
