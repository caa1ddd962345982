"""Everything that is simulated, in one hand: what the vendors' endpoints read."""

from __future__ import annotations

from dataclasses import dataclass

from sentiment_site.simulator.crypto.market import Crypto
from sentiment_site.simulator.documents.archive import DayArchive
from sentiment_site.simulator.documents.document import Archive
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.tape.cut import Tape


@dataclass(frozen=True, slots=True)
class World:
    """One simulated world. Thread safe; the same parameters make the same past, whenever and wherever it is built."""

    tape: Tape
    documents: Archive
    crypto: Crypto


def build_world(parameters: Parameters) -> World:
    """The world of these parameters. Nothing is generated until somebody looks."""
    tape = Tape(Market(parameters))
    return World(tape, documents=DayArchive(tape), crypto=Crypto(parameters))
