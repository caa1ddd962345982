"""What the behavioural card is worth on real daily bars.

    python -m tests.themes.evaluation.crashes --smallcaps FILE.parquet \\
        --market FILE.parquet --splits FILE.csv.gz --symbols FILE.csv.gz

Spikes: +25 % or more on a session on at least four times the usual volume (median of the 20 sessions before), price
above $0.50. Outcome: a close 30 % lower or more within ten sessions. It lives under tests because it reads files the
product never sees; what it measures is the product's own kernel.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.calibration import brier_score, brier_skill, wilson_interval
from tests.themes.evaluation.figures import auc_interval, percent, span, table
from tests.themes.evaluation.panel import Bars, read_market, read_smallcaps
from themes.kernels import behaviour
from themes.kernels.behaviour import BehaviourInputs
from themes.kernels.red_flags import is_spike

FloatArray = npt.NDArray[np.float64]

LEAST_PRICE = 0.5
PUBLISHED = {"0": 0.01, "1-2": 0.08, "3-5": 0.19, "6-7": 0.36, "8": 0.44, "9-11": 0.60, "12+": 0.88}
BANDS = ((0, 0), (1, 2), (3, 5), (6, 7), (8, 8), (9, 11), (12, behaviour.MOST_POINTS))
SPLITS = ("2023-09-01", "2025-07-01")  # out of time from here: small caps, market


class Spikes:
    """All spikes of a panel in order of time: inputs, day (ordinal), crashed (NaN undecided)."""

    def __init__(self, bars: Bars) -> None:
        parts, days, crashed = [], [], []
        for block in bars.blocks():
            columns, day, outcome = _spikes(block)
            parts.append(columns)
            days.append(day)
            crashed.append(outcome)
        day_of = np.concatenate(days)
        order = np.argsort(day_of, kind="stable")
        columns = {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}
        self.inputs = BehaviourInputs(**columns)
        self.day = day_of[order]
        self.crashed = np.concatenate(crashed)[order]

    def select(self, rows: npt.NDArray[np.bool_]) -> BehaviourInputs:
        """The inputs of some of them."""
        return BehaviourInputs(**{name: getattr(self.inputs, name)[rows] for name in BehaviourInputs.__slots__})


def _spikes(bars: Bars) -> tuple[dict[str, FloatArray], FloatArray, FloatArray]:
    close, history = bars.close, behaviour.compute_history(bars.close, bars.volume)
    change = np.full(close.shape, np.nan)
    change[:, 1:] = 100 * (close[:, 1:] / close[:, :-1] - 1)
    rvol = bars.volume / history.typical_volume[:, :-1]
    crashed = behaviour.crashes(close)
    chosen = is_spike(change, rvol) & (bars.raw_close > LEAST_PRICE) & ~np.isnan(crashed)
    # a jump that no later close comes near is a split the list lacks, not a market move
    chosen &= change < 1000
    row, column = np.nonzero(chosen)
    spread = bars.high - bars.low
    location = np.where(spread > 0, (close - bars.low) / np.where(spread > 0, spread, 1.0), np.nan)
    inputs = {
        "change": change, "volatility": history.volatility[:, :-1], "prior_change_5": history.prior_change_5[:, :-1],
        "prior_change_20": history.prior_change_20[:, :-1], "prior_rvol_5": history.prior_rvol_5[:, :-1],
        "price": bars.raw_close, "cap": bars.cap, "rvol": rvol, "fade": 100 * (bars.high / close - 1),
        "close_location": location, "spikes_250": history.spikes_250[:, :-1],
    }  # fmt: skip
    columns = {name: values[row, column] for name, values in inputs.items()}
    columns["in_theme"] = np.zeros(len(row))
    ordinal = np.array([date.toordinal() for date in bars.dates])
    return columns, ordinal[column], crashed[row, column]


def report(name: str, spikes: Spikes, split: str) -> str:
    """The panel's figures in Markdown."""
    points = behaviour.count_points(spikes.inputs).sum(axis=1)
    crashed, later = spikes.crashed, spikes.day >= np.datetime64(split, "D").astype(int) + 719163
    missing = [item.title for item in behaviour.CARD if np.isnan(getattr(spikes.inputs, item.name)).all()]
    base = wilson_interval(int(crashed.sum()), len(crashed))
    lines = [f"### {name}", "",
             f"{len(crashed):,} spikes, {int(later.sum()):,} from {split} on; crashed {span(base)}; "
             f"not in this panel: {', '.join(missing) or 'nothing'}", "",
             _card(points, crashed, later), ""]  # fmt: skip
    train = ~later
    models: dict[str, FloatArray] = {
        "constant (share before)": np.full(len(crashed), crashed[train].mean()),
        "size of the move only": _by_size(spikes, train),
        "card, shipped probabilities": np.array(behaviour.CARD_PROBABILITIES)[points],
    }
    recalibrated = behaviour.recalibrate_card(points[train], crashed[train])
    if recalibrated is not None:
        models["card, recalibrated before"] = np.array(recalibrated)[points]
    fitted = behaviour.fit_crash_model(spikes.select(train), crashed[train])
    models["logistic, fitted before"] = fitted.probability(spikes.inputs)
    lines += [_models(models, crashed, spikes.day, later), "", _decisive(models, crashed, later), ""]
    order = np.argsort(-np.abs(fitted.model.coefficients))
    weights = ", ".join(f"{fitted.used[place]} {fitted.model.coefficients[place]:+.2f}" for place in order)
    lines.append(f"standardised coefficients, fitted on the {int(train.sum()):,} spikes before {split}: {weights}")
    return "\n".join(lines)


def _by_size(spikes: Spikes, train: npt.NDArray[np.bool_]) -> FloatArray:
    curve = behaviour.calibrate(spikes.inputs.change[train], spikes.crashed[train])
    return np.full(len(train), np.nan) if curve is None else curve(spikes.inputs.change)


def _card(points: npt.NDArray[np.int64], crashed: FloatArray, later: npt.NDArray[np.bool_]) -> str:
    rows = []
    for (low, high), (label, published) in zip(BANDS, PUBLISHED.items(), strict=True):
        cells = []
        for part in (np.ones(len(points), dtype=bool), later):
            here = part & (points >= low) & (points <= high)
            share = wilson_interval(int(crashed[here].sum()), int(here.sum()))
            cells += [f"{int(here.sum()):,}", span(share)]
        rows.append((label, *cells, percent(published, 0)))
    return table(("points", "n", "crashed (95 % Wilson)", "n later", "crashed later", "methods"), rows)


def _models(models: dict[str, FloatArray], crashed: FloatArray, day: FloatArray, later: npt.NDArray[np.bool_]) -> str:
    rows = []
    for name, p in models.items():
        here = later & ~np.isnan(p)
        area = auc_interval(p[here], crashed[here], day[here])
        rows.append(
            (name, f"{int(here.sum()):,}", f"{area.value:.3f} ({area.low:.3f}-{area.high:.3f})",
             f"{brier_score(p[here], crashed[here]):.4f}", f"{brier_skill(p[here], crashed[here]):+.3f}",
             percent(float(p[here].mean())), percent(float(crashed[here].mean())))
        )  # fmt: skip
    return table(("out of time", "n", "AUC (10-day blocks)", "Brier", "skill", "mean p", "crashed"), rows)


def _decisive(models: dict[str, FloatArray], crashed: FloatArray, later: npt.NDArray[np.bool_]) -> str:
    rows = []
    for name, p in models.items():
        here = later & ~np.isnan(p)
        chance, outcome = p[here], crashed[here]
        for low, high in ((0.5, 0.5), (0.2, 0.5), (0.15, 0.6)):
            decided = (chance < low) | (chance >= high)
            called = chance >= high
            right = int((called == (outcome == 1))[decided].sum())
            hits, calls = int((called & (outcome == 1)).sum()), int(called.sum())
            rows.append(
                (name, f"{low}/{high}", span(wilson_interval(right, int(decided.sum()))),
                 percent(float(decided.mean()), 0), span(wilson_interval(hits, calls)),
                 percent(hits / max(int(outcome.sum()), 1)),
                 span(wilson_interval(int((outcome == 0)[decided].sum()), int(decided.sum()))))
            )  # fmt: skip
    return table(("out of time", "no below / yes from", "accuracy", "coverage", "precision", "recall",
                  "never crashes, on the same"), rows)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Print the figures of the panels given."""
    parser = argparse.ArgumentParser(prog="python -m tests.themes.evaluation.crashes", description=__doc__)
    parser.add_argument("--smallcaps", type=Path, help="daily OHLCV, adjusted")
    parser.add_argument("--market", type=Path, help="daily close, volume, shares")
    parser.add_argument("--splits", type=Path, help="symbol, date, ratio")
    parser.add_argument("--symbols", type=Path, help="symbol, name")
    options = parser.parse_args(arguments)
    if options.smallcaps:
        print(report("Small caps", Spikes(read_smallcaps(options.smallcaps)), SPLITS[0]), flush=True)
    if options.market:
        bars = read_market(options.market, options.splits, options.symbols)
        print("\n" + report("Whole market", Spikes(bars), SPLITS[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
