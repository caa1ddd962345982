"""The crypto market's moments over seeds: `python -m sentiment_site.simulator.crypto.moments --seeds 12`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence

import numpy as np

from sentiment_site.simulator.crypto.coins import BITCOIN, ETHEREUM, Kind
from sentiment_site.simulator.crypto.market import DAY, Crypto
from sentiment_site.simulator.market.parameters import Parameters


def measure(seed: int, anchor: dt.date) -> dict[str, float]:
    """Moments of one seed's three years of days up to an anchor; sigmas are of daily log changes of caps."""
    crypto = Crypto(Parameters(anchor, seed))
    until = dt.datetime.combine(anchor, dt.time(), dt.UTC)
    at = np.arange(crypto.start, crypto.moment(until), DAY)
    bitcoin, ether = crypto.series(BITCOIN, at).cap, crypto.series(ETHEREUM, at).cap
    stable = np.nansum([crypto.series(int(row), at).cap for row in crypto.roster.rows(Kind.STABLE)], axis=0)
    total, _, dominance = crypto.totals(at)
    alts = total - bitcoin - ether - stable
    changes = {name: np.diff(np.log(cap)) for name, cap in (("bitcoin", bitcoin), ("ether", ether), ("alts", alts))}
    return {
        "daily sigma, bitcoin": float(changes["bitcoin"].std()),
        "daily sigma, ether": float(changes["ether"].std()),
        "daily sigma, alts": float(changes["alts"].std()),
        "correlation bitcoin-ether": float(np.corrcoef(changes["bitcoin"], changes["ether"])[0, 1]),
        "correlation bitcoin-alts": float(np.corrcoef(changes["bitcoin"], changes["alts"])[0, 1]),
        "dominance, lowest": float(dominance.min()),
        "dominance, highest": float(dominance.max()),
        "stablecoins of the cap without bitcoin and ether, lowest": float((stable / (total - bitcoin - ether)).min()),
        "stablecoins of the cap without bitcoin and ether, highest": float((stable / (total - bitcoin - ether)).max()),
        "regime changes a year": (len(crypto.truth(until)) - 1) / (len(at) / 365.0),
    }


def main(arguments: Sequence[str]) -> int:
    """Print the mean of every moment with its range over the seeds."""
    parser = argparse.ArgumentParser(prog="python -m sentiment_site.simulator.crypto.moments", description=__doc__)
    parser.add_argument("--seeds", type=int, default=12, help="seeds 1 to this (default %(default)s)")
    parser.add_argument("--anchor", type=dt.date.fromisoformat, default=dt.date(2026, 8, 21))
    options = parser.parse_args(arguments)
    found = [measure(seed, options.anchor) for seed in range(1, options.seeds + 1)]
    print(f"{options.seeds} seeds, three years each to {options.anchor}.\n")
    print("| moment | mean | range over seeds |\n|---|---|---|")
    for name in found[0]:
        values = np.array([moments[name] for moments in found])
        print(f"| {name} | {values.mean():.3f} | {values.min():.3f}-{values.max():.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
