"""What the sympathy network is worth on real daily bars.

    python -m tests.themes.evaluation.sympathy --symbols FILE.csv.gz --market FILE.parquet --splits FILE.csv.gz
    python -m tests.themes.evaluation.sympathy --symbols FILE.csv.gz --smallcaps FILE.parquet
    python -m tests.themes.evaluation.sympathy --intraday FILE.parquet
    python -m tests.themes.evaluation.sympathy --simulated 12

Leaders: stocks of the network that moved +-15 % in a session. A neighbour follows if its residual of the session has
the leader's sign. Every network, universe and model knows only what came before. It lives under tests because it reads
files the product never sees; what it measures is the product's own kernels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from sentiment_site.quant.calibration import (
    Interval,
    bootstrap_days,
    brier_score,
    calibration_error,
    quotient,
    wilson_interval,
)
from sentiment_site.quant.covariance import to_correlation
from tests.themes.evaluation.figures import auc_interval, percent, span, table
from tests.themes.evaluation.panel import Bars, read_market, read_simulated, read_smallcaps
from themes.kernels import co_jumps, lead_lag, sympathy

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LARGEST_CAP, LEAST_PRICE, VOLUME_DAYS = 2e9, 2.0, 60
TRAINING, QUARTER = 126, 63  # sessions before the first model, and between refits
RANKINGS = ("C + Ce", "C (Ledoit-Wolf)", "Ce (weights halve in 50)", "returns, plain")


@dataclass(slots=True)
class Events:
    """day: (m,) session of each leader; same, strong, later: rankings' neighbours, (m, 20) of 1, 0, NaN, by ranking;
    peers: (m, 2) by random, industry, sector: followers and strong ones as shares, NaN without three peers;
    features, followed, pair_day: (pairs, ...) of the first ranking; top, next_ones: (m,) group confirmation."""

    day: IntArray
    same: dict[str, FloatArray]
    strong: dict[str, FloatArray]
    later: FloatArray
    peers: dict[str, FloatArray]
    features: FloatArray
    followed: FloatArray
    pair_day: IntArray
    top: FloatArray


def read_groups(symbols: Path, names: Sequence[str]) -> tuple[IntArray, IntArray]:
    """Numbers of industry and sector of each name, -1 unknown."""
    known = pd.read_csv(symbols).drop_duplicates("symbol").set_index("symbol").reindex(list(names))
    return tuple(pd.factorize(known[column])[0].astype(np.int64) for column in ("industry", "sector"))  # type: ignore[return-value]


def least_of(sessions: int) -> int:
    """Returns that a stock needs in a window of so many sessions: 230 of 250, in proportion."""
    return round(sympathy.LEAST_SESSIONS * sessions / sympathy.SESSIONS)


def choose_names(bars: Bars, returns: FloatArray, day: int, most: int, sessions: int) -> IntArray:
    """The `most` busiest small caps of the window before returns' column `day`."""
    window = returns[:, max(day - sessions, 0) : day]
    known = np.isfinite(window).sum(axis=1) >= least_of(sessions)
    close, volume, cap = bars.raw_close[:, day], bars.volume[:, day - VOLUME_DAYS : day], bars.cap[:, day]
    dollars = np.nan_to_num(bars.close[:, day - VOLUME_DAYS : day] * volume).mean(axis=1)
    usable = known & (close >= LEAST_PRICE) & ~(cap > LARGEST_CAP)
    order = np.argsort(-np.where(usable, dollars, -1.0), kind="stable")[:most]
    return np.sort(order[usable[order]])


def collect(
    bars: Bars, groups: tuple[IntArray, IntArray], most: int, step: int, sessions: int = sympathy.SESSIONS
) -> Events:
    """All leader events of the panel; a network of `sessions` sessions every `step` ones, used until the next."""
    returns = bars.close[:, 1:] / bars.close[:, :-1] - 1
    parts = []
    for day in range(sympathy.SESSIONS, returns.shape[1], step):
        names = choose_names(bars, returns, day, most, sessions)
        window = returns[names, day - sessions : day]
        network = sympathy.fit_network(window, least_of(sessions))
        counts = co_jumps.count_co_jumps(sympathy.standardise(network.scale, window))
        plain = to_correlation(np.cov(np.nan_to_num(np.clip(window, -0.4, 0.4))))
        scores = (network.correlation, to_correlation(network.recent), plain)
        ranked = [network.neighbours, *(sympathy.rank_neighbours(s, network.scale.eligible) for s in scores)]
        own = tuple(group[names] for group in groups)
        for now in range(day, min(day + step, returns.shape[1])):
            both = sympathy.standardise(network.scale, returns[names, now : now + 2])
            rows = sympathy.list_leaders(returns[names, now], network.scale)
            rows = rows[np.nan_to_num(both[rows, 0]) != 0]
            if rows.size:
                parts.append(_events(now, rows, both, network, counts, [one.rows for one in ranked], own))
    return _joined(parts)


def _events(
    now: int,
    rows: IntArray,
    both: FloatArray,
    network: sympathy.Network,
    counts: co_jumps.CoJumps,
    ranked: list[IntArray],
    groups: tuple[IntArray, ...],
) -> Events:
    z, sign = both[:, 0], np.sign(both[rows, 0])
    after = both[:, 1] if both.shape[1] > 1 else np.full(z.size, np.nan)
    near = {name: z[index[rows]] * sign[:, None] for name, index in zip(RANKINGS, ranked, strict=True)}
    signed = z[None, :] * sign[:, None]
    others = np.isfinite(signed)
    others[np.arange(rows.size), rows] = False
    peers = {"random": _peers(signed, others)}
    for name, group in zip(("same industry", "same sector"), groups, strict=True):
        peers[name] = _peers(signed, others & (group[rows, None] == group[None, :]) & (group[rows, None] >= 0))
    confirmation = sympathy.compute_confirmation(sign, z[ranked[0][rows]])
    pairs = co_jumps.list_pairs(network, rows, z[rows], confirmation)
    features = co_jumps.compute_pair_features(network, counts, pairs, *groups)
    return Events(
        day=np.full(rows.size, now),
        same={name: _flag(move, 0.0) for name, move in near.items()},
        strong={name: _flag(move, sympathy.STRONG_Z) for name, move in near.items()},
        later=_flag(after[ranked[0][rows]] * sign[:, None], 0.0),
        peers=peers,
        features=features,
        followed=_flag(z[pairs.target] * pairs.sign, 0.0),
        pair_day=np.full(pairs.target.size, now),
        top=np.nan_to_num(near[RANKINGS[0]][:, :3]).mean(axis=1),
    )


def _flag(move: FloatArray, least: float) -> FloatArray:
    return np.where(np.isfinite(move), move > least, np.nan)


def _peers(signed: FloatArray, chosen: npt.NDArray[np.bool_]) -> FloatArray:
    """Expected hits of one peer drawn at random: same sign, strong; NaN with fewer than three."""
    count = chosen.sum(axis=1)
    hits = np.column_stack([(chosen & (signed > least)).sum(axis=1) for least in (0.0, sympathy.STRONG_Z)])
    return np.where(count[:, None] >= 3, hits / np.maximum(count, 1)[:, None], np.nan)


def _joined(parts: list[Events]) -> Events:
    def stack(name: str) -> object:
        values = [getattr(part, name) for part in parts]
        if isinstance(values[0], dict):
            return {key: np.concatenate([value[key] for value in values]) for key in values[0]}
        return np.concatenate(values)

    return Events(**{name: stack(name) for name in Events.__slots__})  # type: ignore[arg-type]


def share(hits: FloatArray, day: IntArray) -> Interval:
    """Mean of hits (rows, k) of 1, 0, NaN, with a 95 % interval from blocks of ten days."""
    known = np.isfinite(hits)
    rows = np.column_stack([np.nan_to_num(hits).sum(axis=1), known.sum(axis=1)])
    return bootstrap_days(rows, day, lambda sums: quotient(sums[:, 0], sums[:, 1]))


def render_precision(events: Events) -> str:
    """Precision at 3, 5, 10 of each ranking beside its baselines, strong responses, next session."""
    rows = []
    for name in RANKINGS:
        cells = [span(share(events.same[name][:, :k], events.day)) for k in (3, 5, 10)]
        rows.append((name, len(events.day), *cells, span(share(events.strong[name][:, :3], events.day))))
    for name, peers in events.peers.items():
        there = np.isfinite(peers[:, 0])
        value, strong = (span(share(peers[there, place : place + 1], events.day[there])) for place in (0, 1))
        rows.append((f"{name} (expected)", int(there.sum()), value, value, value, strong))
        if name != "random":
            cells = [span(share(events.same[RANKINGS[0]][there, :k], events.day[there])) for k in (3, 5, 10)]
            strong = span(share(events.strong[RANKINGS[0]][there, :3], events.day[there]))
            rows.append((f"C + Ce on those with {name}", int(there.sum()), *cells, strong))
    out = [table(("ranking", "leaders", "same sign @3", "@5", "@10", "strong @3"), rows), ""]
    out.append(f"next session, first five, same sign: {span(share(events.later[:, :5], events.day))}")
    for name, low, high in (("above 3", 3, 9), ("2 to 3", 2, 3), ("1 to 2", 1, 2), ("0 to 1", 0, 1), ("<= 0", -9, 0)):
        there = (events.top > low) & (events.top <= high)
        cells = [
            span(share(part[RANKINGS[0]][there, 3:10], events.day[there])) for part in (events.same, events.strong)
        ]
        out.append(
            f"mean z of the first three {name}: {there.sum()} leaders, 4th-10th same sign {cells[0]}, strong {cells[1]}"
        )
    return "\n".join(out)


def walk_forward(events: Events, used: Sequence[str]) -> tuple[FloatArray, co_jumps.PairModel]:
    """Probability of each pair by the model of its quarter, NaN before the first; the last model, of all pairs."""
    probability = np.full(events.followed.size, np.nan)
    for start in range(int(events.day.min()) + TRAINING, int(events.day.max()) + 1, QUARTER):
        past = events.pair_day < start
        now = ~past & (events.pair_day < start + QUARTER)
        model = co_jumps.fit_pair_model(events.features[past], events.followed[past], used)
        probability[now] = model.probability(events.features[now])
    return probability, co_jumps.fit_pair_model(events.features, events.followed, used)


def _tier_rows(name: str, p: FloatArray, y: FloatArray, day: IntArray) -> tuple[list[tuple[object, ...]], str]:
    """Rows of the tier table, and what the probability is worth as a whole."""
    rows: list[tuple[object, ...]] = []
    tier = co_jumps.classify_tiers(p)
    parts = (("HIGH", tier == 2), ("MEDIUM", tier == 1), ("LOW", tier == 0), (">= .8", p >= 0.8), ("all", p >= 0))
    for label, there in parts:
        hits, n = int(y[there].sum()), int(there.sum())
        blocks = span(share(y[there, None], day[there])) if n else "–"
        said = f"{p[there].mean():.3f}" if n else "–"
        leaders_days = len(np.unique(day[there]))
        rows.append((f"{name}: {label}", n, leaders_days, percent(n / len(p), 2), said,
                     span(wilson_interval(hits, n)), blocks))  # fmt: skip
    area = auc_interval(p, y, day, draws=100)
    constant = brier_score(np.full(y.size, y.mean()), y)
    note = f"{name}: AUC {area.value:.3f} ({area.low:.3f}-{area.high:.3f}), Brier {brier_score(p, y):.4f}"
    note += f" (constant {constant:.4f}), calibration error {calibration_error(p, y):.3f}"
    return rows, note


def _high_note(events: Events, high: npt.NDArray[np.bool_]) -> str:
    """How far the HIGH pairs are one story: the day with most of them, shared industry and sector."""
    if not high.any():
        return ""
    most = int(np.unique(events.pair_day[high], return_counts=True)[1].max())
    same = {name: events.features[:, co_jumps.FEATURES.index(f"same_{name}")] == 1 for name in ("industry", "sector")}
    other = high & ~same["industry"]
    shares = ", ".join(f"same {name} {percent(float(there[high].mean()))}" for name, there in same.items())
    rest = wilson_interval(int(events.followed[other].sum()), int(other.sum()))
    return (
        f"; HIGH: at most {most} on a day, {shares}, precision in other industries {span(rest)} of {int(other.sum())}"
    )


def render_tiers(events: Events) -> str:
    """Coverage and precision by tier, Wilson and by blocks of days: walk-forward, and the shipped coefficients."""
    rows, notes = [], []
    known = np.isfinite(events.followed)
    scored = {
        "shipped, static": co_jumps.STATIC_MODEL.probability(events.features),
        "shipped, confirmed": co_jumps.PAIR_MODEL.probability(events.features),
    }
    if events.day.max() >= events.day.min() + TRAINING:
        for name, used in (("static", co_jumps.STATIC), ("confirmed", co_jumps.FEATURES)):
            scored[f"walk-forward, {name}"], last = walk_forward(events, used)
            notes += [f"{name}, fitted on all: intercept {last.model.intercept:.5f}",
                      *(f"  {part} {np.round(getattr(last.model, part), 5).tolist()}"
                        for part in ("centre", "scale", "coefficients"))]  # fmt: skip
    for place, (name, probability) in enumerate(scored.items()):
        there = known & np.isfinite(probability)
        more, note = _tier_rows(name, probability[there], events.followed[there], events.pair_day[there])
        rows += more
        notes.insert(place, note + _high_note(events, there & (co_jumps.classify_tiers(probability) == 2)))
    head = (
        "model: tier",
        "pairs",
        "days",
        "coverage",
        "mean p",
        "precision (Wilson)",
        "precision (blocks of ten days)",
    )
    return "\n".join([table(head, rows), "", *notes])


def render_lead_lag(path: Path) -> str:
    """Edges of the first half of a file of five-minute bars, and their hits in the second."""
    rows = duckdb.read_parquet(str(path)).df()
    rows = rows[~rows["symbol"].str.contains("-USD")].sort_values(["symbol", "ts"])
    rows["bar"] = rows["ts"].dt.floor("30min")
    halves = rows.groupby(["symbol", "bar"]).agg(open=("open", "first"), close=("close", "last"))
    wide = (halves["close"] / halves["open"] - 1).unstack("bar")
    returns = wide.to_numpy(np.float64)
    session = np.array([stamp.toordinal() for stamp in wide.columns])
    cut = int(np.searchsorted(session, np.unique(session)[len(np.unique(session)) // 2]))
    scale = sympathy.fit_scale(returns[:, :cut], least=int(0.9 * cut))
    z = sympathy.standardise(scale, returns)
    lags = lead_lag.compute_lead_lag(z[:, :cut], session[:cut])
    edges = lead_lag.list_edges(lags)
    steps = cut + np.flatnonzero(session[cut + 1 :] == session[cut:-1])
    out, total, published = [], np.zeros(2, dtype=int), 0
    for leader, follower, size in zip(edges.leader, edges.follower, edges.correlation, strict=True):
        product = np.sign(size) * z[leader, steps] * z[follower, steps + 1]
        hits, n = int((product > 0).sum()), int((np.isfinite(product) & (product != 0)).sum())
        total += (hits, n)
        published += lead_lag.is_publishable(hits, n)
        out.append(f"  {wide.index[leader]} -> {wide.index[follower]}: {size:+.3f}, out of sample "
                   f"{span(wilson_interval(hits, n))} of {n}")  # fmt: skip
    tested = int(np.isfinite(lags.t).sum())
    beyond = percent(float((np.abs(lags.t) > 1.96).sum() / tested))
    head = f"{len(returns)} names, {cut} bars to find, {len(session) - cut} to check, {tested} pairs tested, "
    head += f"largest |t| {np.nanmax(np.abs(lags.t)):.2f}, above 1.96 {beyond}, {len(edges.leader)} edges, "
    head += f"{published} publishable, pooled {span(wilson_interval(*total.tolist()))}"
    return "\n".join([head, *out])


def main(arguments: Sequence[str]) -> int:
    """Read, score, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.themes.evaluation.sympathy", description=__doc__)
    for name in ("symbols", "market", "splits", "smallcaps", "intraday"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--simulated", type=int, default=0, help="simulated markets, seeds from 101")
    parser.add_argument("--names", type=int, default=1500, help="stocks in the network (default: %(default)s)")
    parser.add_argument(
        "--window", type=int, default=sympathy.SESSIONS, help="sessions of a fit (default: %(default)s)"
    )
    parser.add_argument("--step", type=int, default=10, help="sessions between networks (default: %(default)s)")
    options = parser.parse_args(arguments)
    panels = []
    if options.smallcaps:
        panels.append(("small caps", read_smallcaps(options.smallcaps)))
    if options.market:
        panels.append(("market", read_market(options.market, options.splits, options.symbols)))
    for name, bars in panels:
        events = collect(bars, read_groups(options.symbols, bars.symbols), options.names, options.step, options.window)
        print(f"\n{name}: {len(events.day)} leaders on {len(np.unique(events.day))} days\n")
        print(render_precision(events))
        print("\n" + render_tiers(events))
    if options.simulated:
        parts = []
        for place in range(options.simulated):
            bars, groups = read_simulated(101 + place, options.names)
            found = collect(bars, groups, options.names, options.step, options.window)
            apart = 100 * place  # days of another market are other days, forty of each are scored
            parts.append(replace(found, day=found.day + apart, pair_day=found.pair_day + apart))
        events = _joined(parts)
        print(
            f"\n{options.simulated} simulated markets: {len(events.day)} leaders on {len(np.unique(events.day))} days\n"
        )
        print(render_precision(events))
        print("\n" + render_tiers(events))
    if options.intraday:
        print(f"\nhalf-hours: {render_lead_lag(options.intraday)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
