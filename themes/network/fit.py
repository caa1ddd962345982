"""The nightly fit: daily returns in, the network's rows out, in one transaction."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import structlog
from django.db import connection, transaction

from sentiment_site.market import calendar
from sentiment_site.market.sectors import SECTORS
from sentiment_site.quant.covariance import to_correlation
from themes.kernels import sympathy
from themes.kernels.co_jumps import (
    STATIC_MODEL,
    CoJumps,
    Pairs,
    compute_lift,
    compute_pair_features,
    count_co_jumps,
    list_pairs,
)
from themes.kernels.sympathy import LARGEST_Z, LEADER_RETURN, Network
from themes.models import SympathyEdge, SympathyNetwork
from themes.publish import announce_change
from universe.models import Instrument

from .baselines import compute_baselines
from .communities import find_communities
from .figures import Figures, make_figures
from .panel import NoNetwork, Returns, load_industries, load_returns
from .theme_neighbours import update_themes

log = structlog.get_logger(__name__)
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MODEL_VERSION = "pair-1"
_COLUMNS = (
    "network_id", "instrument_id", "neighbour_id", "rank", "correlation", "recent_correlation", "lift", "co_jumps",
    "probability", "community",
)  # fmt: skip
LOCK = "SELECT pg_advisory_xact_lock(hashtext('themes.sympathy'))"


class Fit(NamedTuple):
    """A network with its counts, its stocks' figures and the pairs' probabilities before anybody moves, (pairs,)."""

    network: Network
    counts: CoJumps
    figures: Figures
    pairs: Pairs
    probability: Floats
    baselines: Floats


def run_fit(session: dt.date, known_at: dt.datetime) -> SympathyNetwork:
    """Fit and store the network after a session. The stored one where it was fitted before; NoNetwork, see panel."""
    began = time.perf_counter()
    stored = SympathyNetwork.objects.filter(session=session, kind=SympathyNetwork.Kind.NIGHTLY).first()
    if stored is not None:
        return stored
    returns = load_returns(session, known_at)
    fit = compute_fit(returns, load_industries(returns.ids, known_at))
    if not fit.network.scale.eligible.any():
        raise NoNetwork(f"no stock has {returns.least} of {returns.sessions} daily returns")
    return save_fit(returns, fit, began)


def compute_fit(returns: Returns, industry: Ints) -> Fit:
    """Estimator, co-jumps, communities, probabilities, baselines. No database."""
    network, counts = fit_pairs(returns)
    scale = network.scale
    z = sympathy.standardise(scale, returns.returns)
    community = find_communities(network.correlation, scale.eligible, returns.sessions, network.intensity)
    figures = make_figures(returns, industry, community, scale, counts)
    leaders = np.flatnonzero(scale.eligible)
    pairs, probability = score_statically(network, counts, figures, leaders, np.ones(leaders.size))
    baselines = compute_baselines(z, returns.returns, returns.sector, len(SECTORS))
    return Fit(network, counts, figures, pairs, probability, baselines)


def fit_pairs(returns: Returns) -> tuple[Network, CoJumps]:
    """The network of these returns and its co-jump counts."""
    network = sympathy.fit_network(returns.returns, returns.least)
    return network, count_co_jumps(sympathy.standardise(network.scale, returns.returns))


def score_statically(
    network: Network, counts: CoJumps, figures: Figures, leaders: Ints, sign: npt.ArrayLike
) -> tuple[Pairs, Floats]:
    """Every neighbour of these leaders if each moved by 15 % its way now and nobody else had yet, with P of each."""
    way = np.asarray(sign, dtype=np.float64)
    z = (way * LEADER_RETURN - network.scale.centre[leaders]) / network.scale.deviation[leaders]
    nothing = np.zeros((leaders.size, network.neighbours.rows.shape[1]))
    pairs = list_pairs(network, leaders, np.clip(z, -LARGEST_Z, LARGEST_Z), nothing)
    features = compute_pair_features(network, counts, pairs, figures.industry, figures.sector)
    return pairs, STATIC_MODEL.probability(features)


def save_fit(returns: Returns, fit: Fit, began: float) -> SympathyNetwork:
    """Network, edges and the themes' neighbours, whole or not at all."""
    scale = fit.network.scale
    row = SympathyNetwork(
        session=returns.session,
        as_of=calendar.shift(returns.session, 0).close,
        kind=SympathyNetwork.Kind.NIGHTLY,
        stocks=int(scale.eligible.sum()),
        observations=returns.sessions,
        shrinkage=fit.network.intensity,
        communities=_describe_communities(fit.figures),
        facts={
            "estimator": "residual to the mean stock, robust z, Ledoit-Wolf + half-life 50",
            "model": MODEL_VERSION,
            "least_returns": returns.least,
            "is_short": returns.sessions < sympathy.SESSIONS,
            "left_out": _count_left_out(returns, scale),
            "baselines": {
                sector.key: {"up": float(up), "down": float(down)}
                for sector, (up, down) in zip(SECTORS, fit.baselines, strict=True)
            },
            "baseline": {"up": float(fit.baselines[:, 0].mean()), "down": float(fit.baselines[:, 1].mean())},
        },
        figures=fit.figures.pack(),
        is_simulated=returns.is_simulated,
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        stored = SympathyNetwork.objects.filter(session=row.session, kind=row.kind).first()
        if stored is not None:
            return stored
        row.duration_ms = round(1000 * (time.perf_counter() - began))
        row.save()
        copy_edges(row, fit.network, fit.counts, fit.figures, fit.pairs, fit.probability)
        update_themes(row)
        announce_change("sympathy")
    log.info("network fitted", session=str(row.session), stocks=row.stocks, sessions=row.observations)
    return row


def copy_edges(
    row: SympathyNetwork, network: Network, counts: CoJumps, figures: Figures, pairs: Pairs, probability: Floats
) -> None:
    """The pairs as edges of a stored network, by COPY."""
    i, j = pairs.leader, pairs.target
    columns: Sequence[Iterable[Any]] = (
        figures.ids[i].tolist(),
        figures.ids[j].tolist(),
        pairs.rank.tolist(),
        network.correlation[i, j].tolist(),
        to_correlation(network.recent)[i, j].tolist(),
        compute_lift(counts, i, j).tolist(),
        counts.joint[i, j].tolist(),
        probability.tolist(),
        [None if one < 0 else one for one in figures.community[j].tolist()],
    )
    statement = f"COPY {SympathyEdge._meta.db_table} ({', '.join(_COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for values in zip(*columns, strict=True):
            copy.write_row((row.pk, *values))


def _count_left_out(returns: Returns, scale: sympathy.Scale) -> dict[str, int]:
    """Stocks outside the network by reason."""
    short = np.isfinite(returns.returns).sum(axis=1) < returns.least
    return {"history": int(short.sum()), "still": int((~short & ~scale.eligible).sum())}


def _describe_communities(figures: Figures) -> list[dict[str, Any]]:
    """Each group with its stocks, and the sector most of them are of."""
    symbols = dict(Instrument.objects.filter(pk__in=figures.ids.tolist()).values_list("pk", "symbol"))
    found = []
    for number in range(int(figures.community.max(initial=-1)) + 1):
        rows = np.flatnonzero(figures.community == number)
        known = figures.sector[rows][figures.sector[rows] >= 0]
        most = int(np.bincount(known).argmax()) if known.size else -1
        ids = figures.ids[rows].tolist()
        found.append(
            {
                "number": number,
                "stocks": ids,
                "symbols": sorted(symbols.get(one, "") for one in ids),
                "sector": SECTORS[most].key if most >= 0 else "",
                "sector_share": float((figures.sector[rows] == most).mean()) if most >= 0 else None,
            }
        )
    return found
