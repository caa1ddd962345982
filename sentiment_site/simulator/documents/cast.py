"""Who is written about: the listed companies as writers name them, how much they are talked about, and what their
symbols are mistaken for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.documents.dice import Dice
from sentiment_site.simulator.market.listing import Listing, Security
from sentiment_site.simulator.market.parameters import SECTORS, Floats

_STREAM = 20
_EXCHANGES = {"XNAS": "Nasdaq", "XNYS": "NYSE", "XASE": "NYSE American", "BATS": "Cboe BZX", "ARCX": "NYSE Arca"}
_CLASSES = (" American Depositary Shares", " Class A Common Stock", " Common Stock", " Common Shares",
            " Ordinary Shares")  # fmt: skip
_FORMS = (", Inc.", " Inc.", " Corporation", " Corp.", " Co.", " Ltd.", " plc", " Holdings", " Group", " II")
_HEALTH = SECTORS.index("healthcare")
# symbols that are words of the language: what a careless reader takes for a mention
_WORD_LIST = """
ADD AGO AIR ALL AN AND ANY ARE ARM ART AS AT BAD BALL BE BEAR BEST BIG BIT BULL BUS BUY CALL CAN CAR CARE
CASE CASH COLD COM COST CUT DAY DEAL DO DOG EAR EAT EDGE EVER EYE FACT FAN FAST FEW FIT FIVE FOR FREE FUN
GAS GEN GO GOOD GOT HAS HE HEAR HIT HOLD HOPE HOT HUGE ICE ICON IN IS IT ITS JOB JOE KEY LAB LAKE LAND LAW
LIFE LINE LIVE LONG LOT LOVE LOW MAIN MAN MAX ME MEN MIND MOD MOM MORE NEW NEXT NICE NOW OLD ON ONE OPEN OR
OUT OWN PAY PEAK PLAN PLAY PLUS PRO PUMP PUT RACE RAIL RAIN RARE REAL RED REST RIDE ROAD ROCK RUN SAFE SAY
SEA SEE SELL SHE SHIP SHOP SHORT SITE SKY SNOW SO SOLO SON SOS STAY STEM SUN SURE TALK TELL TEN TOP TRUE TRY
TWO UP VERY VIA WASH WAY WELL WIN WORK YOU
"""
WORDS = frozenset(_WORD_LIST.split())


@dataclass(frozen=True, slots=True)
class Subject:
    """A security as writers name it. company: without class and legal form; cik: ten digits;
    facts: what any text about it may state."""

    symbol: str
    company: str
    legal: str
    exchange: str
    cik: str
    foreign: bool
    health: bool
    shares: float
    facts: Mapping[str, str]


class Cast:
    """The listing seen by writers. Depends on the listing and the seed only."""

    def __init__(self, listing: Listing, seed: int) -> None:
        self.listing = listing
        kinds = np.array([security.kind in ("CS", "ADRC") for security in listing.securities])
        self.company: NDArray[np.bool_] = kinds & (listing.parent < 0) & (listing.sector >= 0)
        noise = np.random.default_rng([seed, _STREAM]).normal(0.0, 0.9, len(kinds))
        size = np.where(self.company, listing.cap, 0.0)
        self.press: Floats = size**0.45
        self.talk: Floats = size**0.4 * np.exp(noise)
        self._subjects: dict[int, Subject] = {}

    @cached_property
    def usual(self) -> Floats:
        """Posts a day (n,) about each company when nothing happens, a day's 1,375 posts per 8,000 names shared out."""
        share = self.talk / self.talk.sum()
        return np.asarray(0.55 * 0.3125 * len(share) * share)

    def subject(self, row: int) -> Subject:
        """The security of a row."""
        found = self._subjects.get(row)
        if found is None:
            found = self._subjects[row] = _subject(row, self.listing.securities[row], int(self.listing.sector[row]))
        return found

    def symbol(self, row: int) -> str:
        """The symbol of a row."""
        return self.listing.securities[row].symbol

    def words(self, index: int) -> list[int]:
        """Rows listed in the session with this index whose symbols are words."""
        return [row for row in self._words if self.is_listed(row, index)]

    def mistaken(self, row: int, dice: Dice, index: int) -> int:
        """A listed row whose symbol looks like this one's: a neighbour in the alphabet, a warrant or a parent."""
        count = len(self.listing.securities)
        step = dice.pick((-2, -1, 1, 2))
        other = (row + step) % count
        while other == row or not self.is_listed(other, index):
            other = (other + (1 if step > 0 else -1)) % count
        return other

    def is_listed(self, row: int, index: int) -> bool:
        """Whether the row trades in the session with this index."""
        return bool(self.listing.first[row] <= index <= self.listing.last[row])

    @cached_property
    def talked_about(self) -> list[int]:
        """Rows everybody hangs on a post, those listed throughout, the most talked about first."""
        lasting = (self.listing.first <= 0) & (self.listing.last >= 1 << 20)
        order = np.argsort(-np.where(lasting, self.talk, 0.0), kind="stable")
        return [int(row) for row in order[: max(5, len(order) // 80)]]

    @cached_property
    def well_known(self) -> list[int]:
        """The third of the companies that are most written about, those listed throughout."""
        lasting = (self.listing.first <= 0) & (self.listing.last >= 1 << 20) & self.company
        order = np.argsort(-np.where(lasting, self.press, 0.0), kind="stable")
        return [int(row) for row in order[: max(5, int(lasting.sum()) // 3)]]

    @cached_property
    def _words(self) -> list[int]:
        return [row for row, security in enumerate(self.listing.securities) if security.symbol in WORDS]


def _subject(row: int, security: Security, sector: int) -> Subject:
    legal = security.name
    for ending in _CLASSES:
        legal = legal.removesuffix(ending)
    company = legal
    for ending in _FORMS * 2:
        company = company.removesuffix(ending)
    company = company.rstrip(",")
    industry = security.industry.industry.split(" - ")[0].lower() if security.industry else "fund"
    facts = {
        "company": company,
        "short": company.split(" ", 1)[0],
        "legal": legal,
        "symbol": security.symbol,
        "cashtag": security.symbol,
        "exchange": _EXCHANGES.get(security.exchange, "NYSE"),
        "industry": industry,
    }
    if security.short_fraction is not None:
        facts["si"] = f"{100.0 * security.short_fraction:.1f}%"
    return Subject(
        symbol=security.symbol,
        company=company,
        legal=legal,
        exchange=facts["exchange"],
        # a filer has a number even where the price vendor does not know it; nothing maps this one to a symbol
        cik=security.cik or f"{1_950_000 + row:010d}",
        foreign=security.kind == "ADRC",
        health=sector == _HEALTH,
        shares=security.shares,
        facts=facts,
    )
