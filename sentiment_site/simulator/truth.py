"""What was planted: `python -m sentiment_site.simulator.truth --seed 7 --anchor 2026-08-21 --out truth.json`.

For evaluation only. It takes the simulator's own options and so builds the same world; no endpoint serves any of it,
and nothing in the product may read it. Without --until it tells what has begun by now on the configured clock.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sentiment_site.market import calendar, clock
from sentiment_site.simulator import __main__ as command
from sentiment_site.simulator.crypto.market import Crypto
from sentiment_site.simulator.documents.document import Archive, Channel
from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.stories.grid import slot_begins, slot_ends, slots_of
from sentiment_site.simulator.stories.story import Kind, Member, Story
from sentiment_site.simulator.world import build_world


def tell(market: Market, until: dt.datetime, kinds: Sequence[Kind] = tuple(Kind)) -> dict[str, object]:
    """The planted truth of a market as plain data: its parameters, and every story of these kinds begun by `until`.

    A story is told to its planned end, also where that lies after `until`; what members really did is told up to it.
    """
    market.generate_until(until)
    begun = [story for story in market.script.stories if story.begins <= until and story.kind in kinds]
    return {
        "parameters": dataclasses.asdict(market.parameters),
        "first_session": market.first_session.date,
        "until": until,
        "stories": [_story(market, story, until) for story in begun],
        "crypto_regimes": [
            {"begins": begins, "ends": ends, "regime": regime}
            for begins, ends, regime in Crypto(market.parameters).truth(until)
        ],
    }


def tell_documents(archive: Archive, since: dt.datetime, until: dt.datetime) -> list[dict[str, object]]:
    """What the documents of a span are: the story each belongs to, what it repeats, whether its ticker is wrong.

    id: as on the wire for posts; filings carry their accession number, news and releases are found by title and time.
    """
    return [
        {
            "channel": document.channel,
            "id": document.id,
            "accession": document.filing.accession if document.filing else "",
            "at": document.at,
            "title": document.title,
            "symbols": document.symbols,
            "story": document.story,
            "copy_of": document.copy_of,
            "wrong": document.wrong,
            "bot": document.author is not None and document.author.bot,
            "tone": dict(document.tone),
        }
        for channel in Channel
        for document in archive.published(channel, since, until)
    ]


def realised(market: Market, story: Story, member: Member, until: dt.datetime) -> dict[str, float | dt.datetime] | None:
    """What a member really did from its beginning to the story's end or `until`; None before its first slot is over.

    Log moves, in the direction of the planted one: peak_log_move with its moment, the same without market and sector
    (peak_excess_log_move), and where it stands at the end (last_log_move).
    """
    end = min(story.ends, until)
    total, excess, ends = [], [], []
    for day in _days(market, member.begins, end):
        common = market.listing.loads[member.row] @ day.factors.slots()
        for slot in range(slots_of(day.session)):
            closes = slot_ends(day.session, slot)
            if closes > member.begins and closes <= end:
                total.append(float(day.moves[member.row, slot]))
                excess.append(total[-1] - float(common[slot]))
                ends.append(closes)
    if not total:
        return None
    direction = -1.0 if member.amplitude < 0 else 1.0
    path, own = np.cumsum(total), np.cumsum(excess)
    at = int(np.argmax(direction * path))
    return {
        "peak_log_move": round(float(path[at]), 5),
        "peak_at": ends[at],
        "peak_excess_log_move": round(float(own[np.argmax(direction * own)]), 5),
        "last_log_move": round(float(path[-1]), 5),
    }


def _days(market: Market, begins: dt.datetime, ends: dt.datetime) -> list[Day]:
    """Generated sessions that overlap begins..ends."""
    first = market.day_on(calendar.last_session(begins).date)
    later = market.days[first.index if first else 0 :]
    found = []
    for day in later:
        if slot_begins(day.session, 0) >= ends:
            break
        found.append(day)
    return found


def _story(market: Market, story: Story, until: dt.datetime) -> dict[str, object]:
    members = [
        {
            "symbol": member.symbol,
            "sector": member.sector,
            "role": member.role,
            "begins": member.begins,
            "amplitude": round(member.amplitude, 5),
            "realised": realised(market, story, member, until),
        }
        for member in story.members
    ]
    return {
        "id": story.id,
        "kind": story.kind,
        "topic": story.topic,
        "begins": story.begins,
        "ends": story.ends,
        "phases": [dataclasses.asdict(phase) for phase in story.phases],
        "members": members,
        "facts": dict(story.facts),
    }


def _plain(value: object) -> object:
    """Moments and dates in ISO form; everything else in a truth is JSON already."""
    if isinstance(value, dt.date):  # a datetime is one
        return value.isoformat()
    raise TypeError(f"no JSON form for {value!r}")


def main(arguments: Sequence[str]) -> int:
    """Write the truth to --out or standard output. Exit code 2 for a bad command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sentiment_site.simulator.truth", description=__doc__, allow_abbrev=False,
        epilog="Every option of the simulator is taken as well; pass the same ones to get the same world.",
    )  # fmt: skip
    parser.add_argument("--until", type=dt.datetime.fromisoformat,
                        help="market time, ISO, UTC unless it says otherwise (default: now)")  # fmt: skip
    parser.add_argument("--kind", type=Kind, action="append", help="only this kind of story; may be repeated")
    parser.add_argument("--documents", type=int, default=0, metavar="DAYS",
                        help="also the documents of so many days before --until (default: none)")  # fmt: skip
    parser.add_argument("--out", type=Path, help="file to write (default: standard output)")
    options, rest = parser.parse_known_args(arguments)
    _, parameters = command.parse_arguments(rest)
    until = options.until or clock.now()
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    world = build_world(parameters)
    told = tell(world.tape.market, until, options.kind or tuple(Kind))
    if options.documents:
        told["documents"] = tell_documents(world.documents, until - dt.timedelta(days=options.documents), until)
    text = json.dumps(told, default=_plain, indent=1)
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
