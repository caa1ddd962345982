"""What the themes' rooms know of one stock at a moment, each with its age. Newest rows only; nothing is scored."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db.models import F

from sentiment_site.market import clock
from themes.documents.selectors import list_documents
from themes.heat.selectors import verdicts_at
from themes.kernels.verdict import MATRIX, CanShort, ShouldShort
from themes.manipulation.selectors import manipulation_at
from themes.models import (
    AggregatedSentiment,
    ConfluenceScore,
    ManipulationReading,
    StockVerdict,
    SymbolSentiment,
    SympathyNetwork,
    SympathyTicket,
    ThemeMembership,
)
from themes.network.selectors import Neighbour, latest_network, list_tickets, neighbours_of
from themes.social.selectors import confluence_at, reading_of
from themes.stories.selectors import ThemeStand, list_stands, themes_of
from universe.models import Instrument
from universe.selectors import current_run

from .evidence import EvidenceRow, build_rows
from .newest import Heat, load_heat
from .words import Line, read_trace, say_comparisons, say_names

MOST_DOCUMENTS = 8
MOST_NEIGHBOURS = 10
MOST_TICKETS = 10
# A chain that was read longer ago says nothing about today's options.
CHAIN_COUNTS_FOR = dt.timedelta(days=7)
OPTIONS = "options"
SOURCE_TITLES = {"twitter": "X", "reddit": "Reddit", "news": "News", "options": "Options"}
CONFLUENCE_PARTS = (
    ("technical", "Chart"),
    ("sentiment", "Sentiment"),
    ("options_flow", "Options flow"),
)


class Facts(dict[str, Any]):
    """Stored facts of another room; what is not among them is None and no error."""

    def __missing__(self, name: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Belonging:
    """A theme that the stock belongs to, and how."""

    membership: ThemeMembership
    stand: ThemeStand


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What one source says. why: there is no score."""

    title: str
    row: SymbolSentiment
    age: dt.timedelta

    @property
    def facts(self) -> Facts:
        """What stands behind the score."""
        return Facts(self.row.facts)

    @property
    def why(self) -> str:
        """The reason that was stored, in words."""
        return str(self.row.facts.get("why", "nothing that could be scored"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer with its trace. verb: what to read out of can and should; theme: as it was called then."""

    row: StockVerdict
    verb: str
    trace: tuple[Line, ...]
    theme: str


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of a stock. None: no reading; ages: of what there is, by name.

    heard: whether a sentiment pass was made at all, so that no sentiment means silence.
    """

    instrument: Instrument
    themes: tuple[Belonging, ...]
    heat: Heat | None
    manipulation: ManipulationReading | None
    verdict: Verdict | None
    network: SympathyNetwork | None
    neighbours: tuple[Neighbour, ...]
    tickets: tuple[SympathyTicket, ...]
    sentiment: AggregatedSentiment | None
    sources: tuple[SourceReading, ...]
    options: SourceReading | None
    confluence: ConfluenceScore | None
    documents: tuple[EvidenceRow, ...]
    ages: Mapping[str, dt.timedelta]
    heard: bool

    @property
    def reading(self) -> Any:
        """The temperature's row, where there is one."""
        return self.heat.reading if self.heat else None

    @property
    def squeeze(self) -> Facts:
        """Inputs of the squeeze risk with their parts, and what is missing."""
        return Facts(self.reading.squeeze if self.reading else {})

    @property
    def rule(self) -> str:
        """What the recommendation compared, in words."""
        return say_comparisons(self.reading.reasons.get("reasons", ())) if self.reading else ""

    @property
    def rule_unknown(self) -> str:
        """What was unknown when the recommendation was made."""
        return say_names(self.reading.reasons.get("unknown", ())) if self.reading else ""

    @property
    def confluence_parts(self) -> list[tuple[str, float | None, float, str]]:
        """(title, score, contribution, why it is missing) of the three parts."""
        row = self.confluence
        if row is None:
            return []
        return [
            (title, getattr(row, f"{name}_score"), getattr(row, f"{name}_contribution"),
             str(row.missing.get(name, row.missing.get(name.removesuffix("_flow"), ""))))
            for name, title in CONFLUENCE_PARTS
        ]  # fmt: skip

    @property
    def is_simulated(self) -> bool:
        """Whether anything of it was made by the simulator."""
        rows = (self.manipulation, self.sentiment, self.confluence, self.network)
        return any(row is not None and row.is_simulated for row in rows) or any(
            one.stand.theme.is_simulated for one in self.themes
        )


def get_story(symbol: str, as_of: dt.datetime | None = None) -> Story | None:
    """What was known of the bearer of a symbol; None for a symbol nobody bore. At most 23 statements."""
    at = as_of or clock.now()
    bearers = Instrument.objects.filter(symbol=symbol, recorded_at__lte=at)
    instrument = bearers.order_by(F("delisted_on").desc(nulls_first=True), "-pk").first()
    if instrument is None:
        return None
    one = instrument.pk
    network, verdict = latest_network(as_of), verdicts_at([one], as_of).get(one)
    heat, manipulation = _heat(one, as_of), manipulation_at([one], as_of).get(one)
    said, confluence = reading_of(one, as_of), confluence_at([one], as_of).get(one)
    sentiment = said.row
    memberships = themes_of([one], as_of).get(one, [])
    named = {row.theme_id for row in memberships} | ({verdict.theme_id} if verdict and verdict.theme_id else set())
    stands = list_stands(named, as_of) if named else {}
    sources = {name: SourceReading(SOURCE_TITLES[name], row, at - row.timestamp) for name, row in said.sources.items()}
    chain = _newest_chain(one, at)
    documents = list(list_documents(instrument_id=one, as_of=at)[:MOST_DOCUMENTS])
    moments = {
        "heat": heat and heat.as_of,
        "manipulation": manipulation and manipulation.as_of,
        "verdict": verdict and verdict.as_of,
        "network": network and network.as_of,
        "sentiment": sentiment and sentiment.timestamp,
        "confluence": confluence and confluence.timestamp,
    }
    return Story(
        instrument=instrument,
        themes=_belongings(memberships, stands),
        heat=heat,
        manipulation=manipulation,
        verdict=_read_verdict(verdict, stands) if verdict else None,
        network=network,
        neighbours=tuple(neighbours_of(one, as_of, network)[:MOST_NEIGHBOURS] if network else ()),
        tickets=tuple(list_tickets(as_of, state="open", leader_id=one)[:MOST_TICKETS]),
        sentiment=sentiment,
        sources=tuple(sources[name] for name in SOURCE_TITLES if name in sources and name != OPTIONS),
        options=SourceReading(SOURCE_TITLES[OPTIONS], chain, at - chain.timestamp) if chain else None,
        heard=said.reading is not None,
        confluence=confluence,
        documents=build_rows(documents, at),
        ages=MappingProxyType({name: at - moment for name, moment in moments.items() if moment}),
    )


def _belongings(
    memberships: Sequence[ThemeMembership], stands: Mapping[uuid.UUID, ThemeStand]
) -> tuple[Belonging, ...]:
    found = [Belonging(row, stands[row.theme_id]) for row in memberships if row.theme_id in stands]
    return tuple(one for one in found if one.stand.ended_at is None)


def _heat(instrument_id: int, as_of: dt.datetime | None) -> Heat | None:
    """COLD by absence counts only for a member of the universe: nobody looked at the others."""
    heat = load_heat([instrument_id], as_of).get(instrument_id)
    if heat is None or heat.reading is not None:
        return heat
    run = current_run(as_of)
    looked_at = run is not None and run.memberships.filter(instrument=instrument_id, eligible=True).exists()
    return heat if looked_at else None


def _read_verdict(row: StockVerdict, stands: Mapping[uuid.UUID, ThemeStand]) -> Verdict:
    verb = MATRIX[CanShort(row.can_short), ShouldShort(row.should_short)]
    stand = stands.get(row.theme_id) if row.theme_id else None
    return Verdict(row, verb, read_trace(row.trace), stand.title if stand else "")


def _newest_chain(instrument_id: int, at: dt.datetime) -> SymbolSentiment | None:
    """The newest look at its options, which sentiment may not have taken up yet."""
    rows = SymbolSentiment.objects.filter(
        instrument=instrument_id, source=OPTIONS, timestamp__lte=at, timestamp__gt=at - CHAIN_COUNTS_FOR,
        recorded_at__lte=at,
    )  # fmt: skip
    return rows.order_by("-timestamp").first()
