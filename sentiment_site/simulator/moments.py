"""Moments of the simulated market beside the real ones: `python -m sentiment_site.simulator.moments --seeds 4`.

The published values are those of methods.md 10.4: daily bars of NASDAQ small caps with an average volume of a million
shares or more, a price of 2-100 dollars and a cap of 10 million to 2 billion. With `--real FILE` (panel.py says which
files) a column is computed from real bars by the same functions as the simulated one. The sector checks are the
mandatory ones of methods.md 10.5.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.simulator.market.parameters import REGULAR_SLOTS, Floats, Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.panel import Panel, PanelError, real_panels, simulated_panels

_ASKED_AFTER = (1, 3, 5)  # regular slots gone by at 10:00, 11:00 and 12:00
_FOUR_HOURS = 8
_SECTORS = 8
_SIZES = (0.0, 1.0, 3.0, 5.0, 8.0, 12.0, np.inf)  # of moves, in robust sigmas

Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the table: what, its published value, and how it is computed from one panel."""

    name: str
    published: str
    compute: Callable[[Panel], Values]


@dataclass(frozen=True, slots=True)
class SectorChecks:
    """The checks of methods.md 10.5 on equal-weight sectors at 10:00, 11:00 and 12:00 of every full day.

    forward_hit: share of times the next four hours go on in the direction since the last close (.50 in an honest
    market); persistence: share of times that direction is the same four hours later (.76-.80 without any skill);
    autocorrelation: of neighbouring half-hours.
    """

    forward_hit: float
    persistence: float
    autocorrelation: float


def compute_sector_checks(market: Market) -> SectorChecks:
    """Needs two full days at least. The overnight move is the after-hours slot before and the pre-market slot."""
    listing = market.listing
    member = [listing.jumps & (listing.parent < 0) & (listing.sector == sector) for sector in range(_SECTORS)]
    hits, same, neighbours = [], [], []
    for before, day in itertools.pairwise(market.days):
        if day.regular_slots != REGULAR_SLOTS:
            continue
        slots = np.array([day.moves[rows].mean(axis=0) for rows in member], dtype=np.float64)
        gap = np.array([before.moves[rows, -1].mean() for rows in member]) + slots[:, 0]
        regular = slots[:, 1:-1]
        path = gap[:, None] + np.cumsum(regular, axis=1)
        for gone in _ASKED_AFTER:
            now, later = path[:, gone - 1], path[:, gone - 1 + _FOUR_HOURS]
            hits.append(np.sign(later - now) == np.sign(now))
            same.append(np.sign(later) == np.sign(now))
        # each slot by its own scale of the day, or the calm half-hours would not count
        scaled = regular / np.sqrt((day.factors.regular[0] ** 2).mean() + 1e-12)
        neighbours.append(np.stack([scaled[:, :-1].ravel(), scaled[:, 1:].ravel()]))
    pairs = np.concatenate(neighbours, axis=1)
    return SectorChecks(float(np.mean(hits)), float(np.mean(same)), float(np.corrcoef(pairs)[0, 1]))


def compute_moments(panels: Sequence[Panel]) -> dict[str, Values]:
    """Every moment of methods.md 10.4, averaged over the panels that have it; () where none does."""
    table = {}
    for moment in MOMENTS:
        values = [found for panel in panels if (found := moment.compute(panel))]
        table[moment.name] = tuple(np.mean(values, axis=0).tolist()) if values else ()
    return table


def render_table(columns: dict[str, dict[str, Values]], checks: SectorChecks) -> str:
    """The moments, one column of `columns` (title to moments) each, and the sector checks of the last as Markdown."""
    lines = [f"| moment | methods 10.4 | {' | '.join(columns)} |", "|---|---|" + "---|" * len(columns)]
    for moment in MOMENTS:
        texts = ["/".join(_decimal(value) for value in found[moment.name]) or "-" for found in columns.values()]
        lines.append(f"| {moment.name} | {moment.published} | {' | '.join(texts)} |")
    blank = "- | " * (len(columns) - 1)
    for name, expected, value in (
        ("forward 4-hour sector hit rate", ".50", checks.forward_hit),
        ("persistence of a sector's direction over 4 hours", ".76-.80", checks.persistence),
        ("lag-1 autocorrelation of sector half-hours", "0", checks.autocorrelation),
    ):
        lines.append(f"| {name} | {expected} | {blank}{_decimal(value)} |")
    return "\n".join(lines)


def _quantiles(panel: Panel) -> Values:
    return tuple(np.quantile(panel.moves.std(axis=0), (0.1, 0.9)).tolist())


def _tails(bounds: Sequence[float]) -> Callable[[Panel], Values]:
    return lambda panel: tuple(float((np.abs(panel.moves) > bound).mean()) for bound in bounds)


def _gap_tails(panel: Panel) -> Values:
    if panel.gaps is None:
        return ()
    return tuple(float((np.abs(panel.gaps) > bound).mean()) for bound in (0.10, 0.15, 0.30))


def _log_relative_volume(panel: Panel) -> Floats:
    """ln of shares over the mean of the 20 days before, from the 21st day on."""
    total = np.cumsum(np.vstack([np.zeros(panel.volume.shape[1]), panel.volume]), axis=0)
    return np.asarray(np.log(panel.volume[20:] / ((total[20:-1] - total[:-21]) / 20.0)))


def _sizes(panel: Panel) -> Floats:
    """Moves of the same days in robust sigmas of their security (median absolute log return / .6745)."""
    moves = np.abs(np.log1p(panel.moves))
    return np.asarray(moves[20:] / np.maximum(np.median(moves, axis=0), 1e-6) * 0.6745)


def _volume_moments(panel: Panel) -> Values:
    relative = _log_relative_volume(panel)
    return float(relative.mean()), float(relative.std())


def _volume_memory(panel: Panel) -> Values:
    series = _log_relative_volume(panel)
    centred = series - series.mean(axis=0)
    return (float(np.mean((centred[1:] * centred[:-1]).mean(axis=0) / (centred**2).mean(axis=0))),)


def _volume_by_move(panel: Panel) -> Values:
    relative, size = _log_relative_volume(panel), _sizes(panel)
    return (float(np.corrcoef(relative.ravel(), np.log1p(size).ravel())[0, 1]),)


def _volume_at_sizes(panel: Panel) -> Values:
    relative, size = _log_relative_volume(panel), _sizes(panel)
    inside = [(size >= low) & (size < high) for low, high in itertools.pairwise(_SIZES)]
    return tuple(float(relative[which].mean()) if which.any() else 0.0 for which in inside)


def _explained(panel: Panel) -> Values:
    """Share of variance explained by the equal-weight market, and what the own sector's mean adds (medians)."""
    moves, overall = panel.moves, panel.moves.mean(axis=1)
    alone, added = [], []
    for value in np.unique(panel.sector[panel.sector >= 0]):
        members = np.flatnonzero(panel.sector == value)
        if len(members) < 5:
            continue
        total = moves[:, members].sum(axis=1)
        for member in members:
            own = moves[:, member]
            # the sector without the stock itself, which would explain itself
            others = (total - own) / (len(members) - 1)
            first = np.corrcoef(own, overall)[0, 1] ** 2
            design = np.column_stack([np.ones(len(own)), overall, others])
            residual = own - design @ np.linalg.lstsq(design, own, rcond=None)[0]
            alone.append(first)
            added.append(1.0 - residual.var() / own.var() - first)
    return (float(np.median(alone)), float(np.median(added))) if alone else ()


MOMENTS: tuple[Moment, ...] = (
    Moment("daily sigma, median", ".049", lambda panel: (float(np.median(panel.moves.std(axis=0))),)),
    Moment("daily sigma, 10 % / 90 %", ".032/.072", _quantiles),
    Moment("P(abs r > 5/10/15 %)", ".244/.058/.0212", _tails((0.05, 0.10, 0.15))),
    Moment("P(abs r > 30/50 %)", ".0039/.0011", _tails((0.30, 0.50))),
    Moment("P(abs gap > 10/15/30 %)", ".0128/.0061/.0016", _gap_tails),
    Moment("equal-weight market sigma", ".0239", lambda panel: (float(panel.moves.mean(axis=1).std()),)),
    Moment("ln RV, mean/sd", "-.15/.53", _volume_moments),
    Moment("ln RV, lag-1 autocorrelation", ".50", _volume_memory),
    Moment("corr(ln RV, ln(1 + abs z))", ".40", _volume_by_move),
    Moment("ln RV at abs z 0-1/1-3/3-5/5-8/8-12/12+", "-/-/.65/1.38/2.06/2.88", _volume_at_sizes),
    Moment("R2 on the market, added by the sector", ".25/.09", _explained),
)


def _decimal(value: float) -> str:
    """Three places or more, as many as show two digits."""
    text = f"{abs(value):.{3 if abs(value) >= 0.03 else 4}f}".removeprefix("0")
    return f"-{text}" if value < 0 else text


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sentiment_site.simulator.moments", description=__doc__)
    parser.add_argument("--seed", type=int, default=Parameters.seed)
    parser.add_argument("--seeds", type=int, default=1, help="average over so many seeds, beginning with --seed")
    parser.add_argument("--names", type=int, default=Parameters.names)
    parser.add_argument("--sessions", type=int, default=120)
    parser.add_argument("--anchor", type=dt.date.fromisoformat, default=dt.date(2026, 8, 21))
    parser.add_argument("--real", type=Path, action="append", default=[], help="a Parquet file of real daily bars")
    parser.add_argument("--symbols", type=Path, help="CSV: symbol, name, sector of the real securities")
    parser.add_argument("--splits", type=Path, help="CSV: symbol, date, ratio; for files of unadjusted closes")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Print the table, and what it was computed from. Exit code 2 for a file that cannot be read as a panel."""
    options = parse_arguments(arguments)
    columns: dict[str, dict[str, Values]] = {}
    checks: list[SectorChecks] = []
    for path in options.real:
        try:
            panels = real_panels(path, options.symbols, options.splits)
        except (PanelError, OSError) as error:
            print(error, file=sys.stderr)
            return 2
        columns[f"real {len(columns) + 1}"] = compute_moments(panels)
        print(f"real {len(columns)}: {path.name}, {_extent(panels)}")
    simulated: list[Panel] = []
    for seed in range(options.seed, options.seed + options.seeds):
        market = Market(Parameters(options.anchor, seed, options.names, options.sessions))
        market.generate_until(calendar.last_session(dt.datetime.combine(options.anchor, dt.time(12), dt.UTC)).close)
        simulated += simulated_panels(market)
        checks.append(compute_sector_checks(market))
    columns["simulated"] = compute_moments(simulated)
    print(f"simulated: {options.names} names to {options.anchor}, seeds from {options.seed}, {_extent(simulated)}\n")
    mean = [float(np.mean([getattr(check, name) for check in checks])) for name in SectorChecks.__slots__]
    print(render_table(columns, SectorChecks(*mean)))
    return 0


def _extent(panels: Sequence[Panel]) -> str:
    names = [panel.moves.shape[1] for panel in panels]
    moves = sum(panel.moves.size for panel in panels)
    return f"{len(panels)} windows, {min(names)} to {max(names)} securities, {moves} daily moves"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
