"""Precision and recall of stock recognition: `python -m tests.themes.evaluation.tickers --seeds 3`.

Documents of simulated markets in both template families, with the truth of whom they are about. The precision of a rule
is the share of its findings that the writer meant; tags and cashtags are wrong in 2 of 100 documents on purpose.
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import math

from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.world import World, build_world
from themes.documents.tickers import Listed, Rule, TickerBook

CHANNELS = (Channel.NEWS, Channel.RELEASE, Channel.X, Channel.REDDIT)
Counts = collections.Counter[str]


def main() -> None:
    """Prints a table per template family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--names", type=int, default=3000)
    parser.add_argument("--days", type=int, default=5)
    options = parser.parse_args()
    for family in ("tune", "score"):
        hits: Counts = collections.Counter()
        findings: Counts = collections.Counter()
        meant = found = documents = 0
        for seed in range(1, options.seeds + 1):
            world = build_world(
                Parameters(dt.date(2026, 8, 21), seed=seed, names=options.names, sessions=15, texts=family)
            )
            book, symbols = _book(world)
            for document in _documents(world, options.days):
                truth = set() if document.wrong else set(document.symbols)
                got = {
                    symbols[one.instrument_id]: one.rule
                    for one in book.find(
                        f"{document.title}\n{document.body}",
                        tags=document.symbols if document.channel is Channel.NEWS else (),
                        allow_bare=document.channel in (Channel.X, Channel.REDDIT),
                    )
                }
                documents += 1
                meant += len(truth)
                found += len(truth & got.keys())
                for symbol, rule in got.items():
                    findings[rule] += 1
                    hits[rule] += symbol in truth
        recall = found / max(meant, 1)
        print(f"\n{family}: {options.seeds} seeds, {documents:,} documents; recall {recall:.3f} of {meant:,}")
        for rule in Rule:
            if findings[rule]:
                low, high = _wilson(hits[rule], findings[rule])
                print(f"  {rule:9} {hits[rule] / findings[rule]:.3f} [{low:.3f}, {high:.3f}]  n = {findings[rule]:,}")


def _book(world: World) -> tuple[TickerBook, dict[int, str]]:
    market = world.tape.market
    listed = [Listed(row, security.symbol, security.name, "") for row, security in enumerate(market.listing.securities)]
    return TickerBook(listed), {one.id: one.symbol for one in listed}


def _documents(world: World, days: int) -> list[Document]:
    until = dt.datetime(2026, 8, 20, 21, tzinfo=dt.UTC)
    world.tape.market.generate_until(until)
    since = until - dt.timedelta(days=days)
    return [one for channel in CHANNELS for one in world.documents.published(channel, since, until)]


def _wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    share, room = hits / n, z * z / n
    middle, half = share + room / 2, z * math.sqrt(share * (1 - share) / n + room / (4 * n))
    return (middle - half) / (1 + room), (middle + half) / (1 + room)


if __name__ == "__main__":
    main()
