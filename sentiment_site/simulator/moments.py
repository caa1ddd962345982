"""Moments of the simulated market beside the real ones: `python -m sentiment_site.simulator.moments`.

The real values are those of methods.md 10.4: daily bars of NASDAQ small caps with an average volume of a million
shares or more, a price of 2-100 dollars and a cap of 10 million to 2 billion. The simulated ones are computed from the
generated sessions over the same selection. The sector checks are the mandatory ones of methods.md 10.5.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_site.market import calendar
from sentiment_site.simulator.market.parameters import REGULAR_SLOTS, Floats, Parameters
from sentiment_site.simulator.market.process import Market

_ASKED_AFTER = (1, 3, 5)  # regular slots gone by at 10:00, 11:00 and 12:00
_FOUR_HOURS = 8
_SECTORS = 8


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the table: what, its real value as published, the simulated value."""

    name: str
    real: str
    simulated: str


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
    for before, day in zip(market.days, market.days[1:], strict=False):
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


def compute_moments(market: Market) -> list[Moment]:
    """The table of methods.md 10.4 over the market's generated sessions (40 or more give stable numbers)."""
    rows = _selected(market)
    moves, gaps, volumes = _daily_arrays(market, rows)
    simple, gap = np.expm1(moves), np.expm1(gaps)
    sigma = simple.std(axis=0)
    log_volume = _log_relative_volume(volumes)
    size = np.abs(moves[20:]) / np.median(np.abs(moves), axis=0) * 0.6745
    market_r2, sector_r2 = _explained(simple, market.listing.sector[rows])
    return [
        Moment("securities in the selection", "", str(len(rows))),
        Moment("daily sigma, median", ".049", _decimal(np.median(sigma))),
        Moment("daily sigma, 10 % - 90 %", ".032-.072", "-".join(_decimal(v) for v in np.quantile(sigma, (0.1, 0.9)))),
        Moment("P(abs r > 5/10/15 %)", ".244/.058/.0212", _tails(simple, (0.05, 0.10, 0.15))),
        Moment("P(abs r > 30/50 %)", ".0039/.0011", _tails(simple, (0.30, 0.50))),
        Moment("P(abs gap > 10/15/30 %)", ".0128/.0061/.0016", _tails(gap, (0.10, 0.15, 0.30))),
        Moment("equal-weight market sigma", ".0239", _decimal(simple.mean(axis=1).std())),
        Moment("ln RV, mean", "-.15", _decimal(log_volume.mean())),
        Moment("ln RV, sd", ".53", _decimal(log_volume.std())),
        Moment("ln RV, lag-1 autocorrelation", ".50", _decimal(_lag_one(log_volume))),
        Moment("corr(ln RV, ln(1 + abs z))", ".40",
               _decimal(np.corrcoef(log_volume.ravel(), np.log1p(size).ravel())[0, 1])),
        Moment("R2 on the market", ".25", _decimal(market_r2)),
        Moment("R2 added by the sector", ".09", _decimal(sector_r2)),
    ]  # fmt: skip


def render_table(moments: Sequence[Moment], checks: SectorChecks) -> str:
    """The moments and the sector checks as a Markdown table."""
    lines = ["| moment | real | simulated |", "|---|---|---|"]
    lines += [f"| {moment.name} | {moment.real} | {moment.simulated} |" for moment in moments]
    lines.append(f"| forward 4-hour sector hit rate | .50 | {_decimal(checks.forward_hit)} |")
    lines.append(f"| persistence of a sector's direction over 4 hours | .76-.80 | {_decimal(checks.persistence)} |")
    lines.append(f"| lag-1 autocorrelation of sector half-hours | 0 | {_decimal(checks.autocorrelation)} |")
    return "\n".join(lines)


def _selected(market: Market) -> NDArray[np.int64]:
    """Rows of the selection of methods.md 10.4, listed all along and free of splits."""
    listing = market.listing
    price = np.exp(market.days[0].start)
    volume = np.mean([day.volume for day in market.days], axis=0)
    whole = (listing.first <= 0) & (listing.last >= len(market.days)) & listing.jumps & (listing.parent < 0)
    chosen = whole & (volume >= 1e6) & (price >= 2) & (price <= 100) & (listing.cap >= 1e7) & (listing.cap <= 2e9)
    chosen[[split.row for split in market.splits]] = False
    return np.flatnonzero(chosen)


def _daily_arrays(market: Market, rows: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Log returns close to close, log gaps close to open, and shares, each (days - 1, rows)."""
    moves, gaps, volumes = [], [], []
    for before, day in zip(market.days, market.days[1:], strict=False):
        gap = before.moves[rows, -1].astype(np.float64) + day.moves[rows, 0]
        gaps.append(gap)
        moves.append(gap + day.moves[rows, 1:-1].sum(axis=1))
        volumes.append(day.volume[rows])
    return np.array(moves), np.array(gaps), np.array(volumes, dtype=np.float64)


def _log_relative_volume(volumes: Floats) -> Floats:
    """ln of shares over the mean of the 20 days before, from the 21st day on."""
    total = np.cumsum(np.vstack([np.zeros(volumes.shape[1]), volumes]), axis=0)
    average = (total[20:-1] - total[:-21]) / 20.0
    return np.asarray(np.log(volumes[20:] / average))


def _explained(moves: Floats, sector: NDArray[np.int64]) -> tuple[float, float]:
    """Share of variance explained by the equal-weight market, and what the own sector's mean adds (medians)."""
    overall = moves.mean(axis=1)
    alone, added = [], []
    for value in np.unique(sector):
        members = np.flatnonzero(sector == value)
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
    return float(np.median(alone)), float(np.median(added))


def _lag_one(series: Floats) -> float:
    """Mean over columns of the correlation of neighbouring rows."""
    centred = series - series.mean(axis=0)
    return float(np.mean((centred[1:] * centred[:-1]).mean(axis=0) / (centred**2).mean(axis=0)))


def _tails(values: Floats, bounds: Sequence[float]) -> str:
    return "/".join(_decimal(float(np.greater(np.abs(values), bound).mean())) for bound in bounds)


def _decimal(value: float) -> str:
    """Three places or more, as many as show two digits."""
    places = 3 if abs(value) >= 0.03 else 4
    text = f"{abs(value):.{places}f}".removeprefix("0")
    return f"-{text}" if value < 0 else text


def main(arguments: Sequence[str]) -> int:
    """Print the table, and the seed and span it was computed from."""
    parser = argparse.ArgumentParser(prog="python -m sentiment_site.simulator.moments", description=__doc__)
    parser.add_argument("--seed", type=int, default=Parameters.seed)
    parser.add_argument("--names", type=int, default=Parameters.names)
    parser.add_argument("--sessions", type=int, default=120)
    parser.add_argument("--anchor", type=dt.date.fromisoformat, default=dt.date(2026, 8, 21))
    options = parser.parse_args(arguments)
    market = Market(Parameters(options.anchor, options.seed, options.names, options.sessions))
    market.generate_until(calendar.last_session(dt.datetime.combine(options.anchor, dt.time(12), dt.UTC)).close)
    print(f"Seed {options.seed}, {options.names} names, {len(market.days)} sessions to {options.anchor}.\n")
    print(render_table(compute_moments(market), compute_sector_checks(market)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
