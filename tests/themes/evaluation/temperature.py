"""What temperature and squeeze risk are worth: on real daily bars as an analogue, and their load on simulated hours.

    python -m tests.themes.evaluation.temperature --smallcaps FILE.parquet --floats FILE.csv.gz \\
        --market FILE.parquet --splits FILE.csv.gz --symbols FILE.csv.gz --seeds 3

Daily analogue: |change| 5/12/25 %, volume 1.5/3/6 times the usual, level = the smaller; outcomes of the next session.
The hourly rule itself cannot be held against real data: there are no hourly bars of small caps here. The load counts
simulated hours, whose clustering is the simulator's.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from sentiment_site.quant.calibration import wilson_interval
from sentiment_site.simulator.market.parameters import PRE_BARS, Parameters
from sentiment_site.simulator.world import World, build_world
from tests.themes.evaluation.figures import auc_interval, span, table
from tests.themes.evaluation.panel import Bars, read_market, read_smallcaps
from themes.kernels import behaviour
from themes.kernels.squeeze import SqueezeInputs, score_squeeze
from themes.kernels.temperature import (
    HourInputs,
    Level,
    TemperatureParameters,
    classify_levels,
    cold_start,
    compute_hour_multiple,
    compute_hour_norms,
    hold_levels,
)

FloatArray = npt.NDArray[np.float64]

DAILY = TemperatureParameters(
    version="daily",
    price_floors=(5.0, 12.0, 25.0),
    price_sigmas=(0.0, 0.0, 0.0),
    volume_multiples=(1.5, 3.0, 6.0),
    soft_gate=False,
)
LEAST_PRICE, LEAST_VOLUME, LARGE = 2.0, 200_000.0, 15.0
SQUEEZED, SQUEEZE_DAYS, LEAST_SHORT = 30.0, 5, 10.0
SHORT_DATE = dt.date(2023, 9, 1)  # the floats and short interest are those of August 2023
HOURS = 16  # 04:00 to 20:00


def tails(name: str, bars: Bars) -> str:
    """The next session's tails by today's level, rising and falling stocks apart, beside levels of the volume alone."""
    columns = [_daily(block) for block in bars.blocks()]
    level, by_volume, change, high, close, day = (np.concatenate([c[k] for c in columns]) for k in range(6))
    lines = [f"### {name}", ""]
    for title, side in (("up today", change > 0), ("down today", change < 0)):
        rows = []
        for each in (Level.COLD, Level.WARM, Level.HOT, Level.EXTREME):
            here, loud = side & (level == each), side & (by_volume == each)
            rows.append(
                (each.name, f"{int(here.sum()):,}", _share(high[here] >= LARGE, high[here]),
                 _share(close[here] >= LARGE, close[here]), _share(close[here] <= -LARGE, close[here]),
                 _share(close[loud] >= LARGE, close[loud]), _share(close[loud] <= -LARGE, close[loud]))
            )  # fmt: skip
        lines += [
            table((title, "n", "high >= +15 %", "close >= +15 %", "close <= -15 %", "volume only: close >= +15 %",
                   "volume only: close <= -15 %"), rows), "",
        ]  # fmt: skip
    large = (np.abs(close) >= LARGE).astype(np.float64)
    here = ~np.isnan(close) & (level >= 0)
    pick = np.random.default_rng(1).permutation(np.flatnonzero(here))[:200_000]
    for title, score in (("level", level), ("volume level", by_volume)):
        area = auc_interval(score[pick].astype(np.float64), large[pick], day[pick], draws=60)
        lines.append(
            f"AUC of the {title} for |next close| >= 15 %: {area.value:.3f} ({area.low:.3f}-{area.high:.3f}), "
            f"n {len(pick):,} drawn from {int(here.sum()):,}, base {100 * large[here].mean():.2f} %"
        )
    return "\n".join(lines)


def _share(hit: npt.NDArray[np.bool_], value: FloatArray) -> str:
    known = ~np.isnan(value)
    return span(wilson_interval(int(hit[known].sum()), int(known.sum()))) if known.any() else "–"


def _daily(
    bars: Bars,
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8], FloatArray, FloatArray, FloatArray, FloatArray]:
    close, history = bars.close, behaviour.compute_history(bars.close, bars.volume)
    change = np.full(close.shape, np.nan)
    change[:, 1:] = 100 * (close[:, 1:] / close[:, :-1] - 1)
    usual = history.typical_volume[:, :-1]
    chosen = (bars.raw_close >= LEAST_PRICE) & (usual >= LEAST_VOLUME) & (np.abs(change) < 500)
    chosen[:, -1] = False
    row, column = np.nonzero(chosen)
    nothing = np.full(len(row), np.nan)
    rvol = (bars.volume / usual)[row, column]
    inputs = HourInputs(change[row, column], rvol, nothing, np.full(len(row), 20.0))
    reading = classify_levels(inputs, DAILY)
    after = change[row, column + 1]
    high = 100 * (bars.high[row, column + 1] / close[row, column] - 1)
    after = np.where(np.abs(after) < 500, after, np.nan)
    ordinal = np.array([date.toordinal() for date in bars.dates])
    return reading.level, reading.volume_level, inputs.change, high, after, ordinal[column]


def squeezes(bars: Bars, floats: Path) -> str:
    """Squeeze risk against the highest price of the next five sessions, where short interest is 10 % of the float."""
    reference = pd.read_csv(floats).drop_duplicates("ticker").set_index("ticker").reindex(list(bars.symbols))
    floating = reference["shares_float"].to_numpy(np.float64)
    short = reference["short_interest"].to_numpy(np.float64)
    interest = 100 * short / floating
    rows = np.flatnonzero(interest >= LEAST_SHORT)
    history = behaviour.compute_history(bars.close[rows], bars.volume[rows])
    close, high = bars.close[rows], bars.high[rows]
    change = np.full(close.shape, np.nan)
    change[:, 1:] = 100 * (close[:, 1:] / close[:, :-1] - 1)
    best = np.full(close.shape, np.nan)
    for ahead in range(1, SQUEEZE_DAYS + 1):
        best[:, :-ahead] = np.fmax(best[:, :-ahead], high[:, ahead:])
    usual = history.typical_volume[:, :-1]
    top = np.column_stack([np.fmax.reduce(close[:, max(0, t - 19) : t + 1], axis=1) for t in range(close.shape[1])])
    first = next(place for place, date in enumerate(bars.dates) if date >= SHORT_DATE)
    chosen = np.zeros(close.shape, dtype=bool)
    chosen[:, first:-SQUEEZE_DAYS] = True
    chosen &= ~np.isnan(change) & ~np.isnan(best) & (usual > 0) & (close >= 1.0)
    row, column = np.nonzero(chosen)
    nothing = np.full(len(row), np.nan)
    pick = (row, column)
    reading = score_squeeze(
        SqueezeInputs(
            short_interest=interest[rows][row], days_to_cover=short[rows][row] / usual[pick], borrow_fee=nothing,
            utilisation=nothing, float_shares=floating[rows][row], day_change=change[pick],
            day_sigmas=change[pick] / history.volatility[:, :-1][pick], rvol=bars.volume[rows][pick] / usual[pick],
            acceleration=nothing, hour_sigma=nothing, at_high=(close >= top)[pick].astype(np.float64),
        )
    )  # fmt: skip
    squeezed = (100 * (best[pick] / close[pick] - 1) >= SQUEEZED).astype(np.float64)
    day = np.array([date.toordinal() for date in bars.dates])[column]
    scores = {
        "squeeze risk": reading.score,
        "structure only": reading.structure,
        "ignition only": reading.ignition,
        "short interest only": interest[rows][row],
        "volatility only": history.volatility[:, :-1][pick],
    }
    lines = [
        "### Squeeze risk",
        "",
        f"{len(row):,} stock-days of {len(set(row.tolist())):,} stocks with {LEAST_SHORT:.0f} % of the float short, "
        f"{SHORT_DATE} to {bars.dates[-1]}; high of the next {SQUEEZE_DAYS} sessions >= +{SQUEEZED:.0f} %: "
        f"{span(wilson_interval(int(squeezed.sum()), len(row)), 2)}",
        "",
    ]
    areas = []
    for title, score in scores.items():
        known = ~np.isnan(score)
        area = auc_interval(score[known], squeezed[known], day[known], draws=100)
        areas.append((title, f"{int(known.sum()):,}", f"{area.value:.3f} ({area.low:.3f}-{area.high:.3f})"))
    bands = []
    for place, title in enumerate(("LOW", "ELEVATED", "HIGH")):
        here = reading.band == place
        bands.append(
            (title, f"{int(here.sum()):,}", span(wilson_interval(int(squeezed[here].sum()), int(here.sum())), 2))
        )
    return "\n".join([*lines, table(("score", "n", "AUC"), areas), "", table(("band", "n", "squeezed"), bands)])


def load(seeds: int, names: int = 1500) -> str:
    """Stock-hours a day of each level on simulated hours, and how often a stock's level changes."""
    totals, raw_totals, days, changes, stocks = np.zeros(4), np.zeros(4), 0, np.zeros(2), 0
    for seed in range(1, seeds + 1):
        world = build_world(Parameters(dt.date(2026, 8, 21), seed, 8000, 60))
        end = dt.datetime(2026, 8, 21, 23, 59, tzinfo=dt.UTC)
        world.tape.market.generate_until(end)
        listing = world.tape.listing
        inside = listing.jumps & (listing.parent < 0) & (listing.price >= 2) & (listing.price <= 100)
        inside &= (listing.cap > 1e7) & (listing.cap < 2e9)
        rows = np.flatnonzero(inside)[np.argsort(-listing.volume[inside])][:names]
        part = _hours(world, rows)
        totals, raw_totals, changes = totals + part[0], raw_totals + part[1], changes + part[2]
        days, stocks = days + part[3], stocks + len(rows)
    per_day = days or 1
    pair = (("the hour alone", raw_totals, changes[0]), ("held", totals, changes[1]))
    rows_of = [
        (name, *(f"{value / per_day:,.1f}" for value in numbers[1:]), f"{turns / per_day:,.0f}")
        for name, numbers, turns in pair
    ]
    note = f"{seeds} simulated markets, {stocks // max(seeds, 1):,} names each, {days} sessions, 04:00-20:00"
    return "\n".join(
        ["### Load", "", note, "", table(("stock-hours a day", "WARM", "HOT", "EXTREME", "changes a day"), rows_of)]
    )


def _hours(world: World, rows: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray, FloatArray, int]:
    days = [day for day in world.tape.market.days if not day.session.half_day]
    change, volume = (np.full((len(rows), len(days), HOURS), np.nan) for _ in range(2))
    for place, day in enumerate(days):
        bars = world.tape.session_bars(day)
        close = np.where(bars.volume > 0, bars.close, np.nan)[rows]
        last = np.exp(day.start[rows])[:, None]
        filled = pd.DataFrame(np.column_stack([last, close])).ffill(axis=1).to_numpy()
        hourly = filled[:, ::2]
        change[:, place] = 100 * (hourly[:, 1:] / hourly[:, :-1] - 1)
        volume[:, place] = bars.volume[rows].reshape(len(rows), HOURS, 2).sum(axis=2)
    totals, raw_totals, changes = np.zeros(4), np.zeros(4), np.zeros(2)
    state, before = cold_start(len(rows)), np.full(len(rows), -1)
    for place in range(20, len(days)):
        for hour in range(HOURS):
            norms = compute_hour_norms(change[:, place - 20 : place, hour], volume[:, place - 20 : place, hour])
            extended = not PRE_BARS <= 2 * hour + 1 < PRE_BARS + 13
            rvol = compute_hour_multiple(volume[:, place, hour], norms.typical_volume, extended=extended)
            inputs = HourInputs(change[:, place, hour], rvol, norms.sigma, norms.volume_sessions)
            level, old = classify_levels(inputs).level, state.level
            state = hold_levels(state, inputs)
            totals += [(state.level == each).sum() for each in range(4)]
            raw_totals += [(level == each).sum() for each in range(4)]
            changes += [(level != before).sum(), (state.level != old).sum()]
            before = level
    return totals, raw_totals, changes, len(days) - 20


def main(arguments: Sequence[str]) -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.themes.evaluation.temperature", description=__doc__)
    for name in ("smallcaps", "floats", "market", "splits", "symbols"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--seeds", type=int, default=0, help="simulated markets for the load (default: none)")
    options = parser.parse_args(arguments)
    if options.smallcaps:
        bars = read_smallcaps(options.smallcaps)
        print(tails("Small caps", bars), flush=True)
        if options.floats:
            print("\n" + squeezes(bars, options.floats), flush=True)
    if options.market:
        print("\n" + tails("Whole market", read_market(options.market, options.splits, options.symbols)), flush=True)
    if options.seeds:
        print("\n" + load(options.seeds))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
