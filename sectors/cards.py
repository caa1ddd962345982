"""What a sector's card shows: a reading and the run before it turned into words, colour keys and figures. Pure.

Meaning is inverted for short sellers (red is good to short, green is danger), so a card never speaks by colour alone:
verb, glyph and number say the same. A reading that is not "ok" is grey and says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from sectors.kernels import benchmark, colours
from sectors.kernels.patterns import pattern_title
from sectors.kernels.ranking import BEAR, BULL, LOW_FLOAT, NEW, VOLUME_SPIKE
from sectors.models import SectorReading, SectorRun
from sentiment_site.market import calendar
from sentiment_site.market.sectors import SECTORS, Sector

HORIZON_LABELS = {"30min": "30M", "1day": "1D", "3day": "3D", "1week": "1W"}
GREY = "grey"
FACES = {band.colour: (band.colour, band.verb, band.glyph) for band in colours.BANDS}
GREY_FACES = {
    SectorReading.Status.STALE: (GREY, "STALE", "▨"),
    SectorReading.Status.NO_READ: (GREY, "NO READ", "·"),
    SectorReading.Status.NO_DATA: (GREY, "NO DATA", "·"),
    SectorReading.Status.ABSTAINED: (GREY, "NO READ", "·"),
}
DOT_TITLES = {"red": "bearish", "blue": "neutral", "yellow": "caution", "green": "bullish", GREY: "no value"}

BAR = timedelta(minutes=30)
GRACE = timedelta(minutes=5)
STALE_AFTER = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Cell:
    """One timeframe of a card. `value` is percent points; a grey dot has a `reason`, a coloured one has none."""

    horizon: str
    label: str
    value: Decimal | None
    dot: str
    dot_title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mover:
    """One of a sector's top movers, with the four parts of its rank."""

    symbol: str
    move: float
    rvol: float | None
    rank: float
    gap: float
    volume: float
    alignment: float
    shortability: float
    is_new: bool
    spike: bool
    low_float: bool


@dataclass(frozen=True, slots=True)
class Side:
    """The movers on one side of a card; hidden: why they are not shown, "" where they are."""

    key: str
    title: str
    glyph: str
    hidden: str
    movers: tuple[Mover, ...]


@dataclass(frozen=True, slots=True)
class ThemeTerm:
    """How a theme overrides a sector's light, 60/40 and one way: a line of its own, never part of the score.

    level: the theme's temperature; theme_score: how far it pulls, 0..1; share: of the theme in this sector; term: what
    it adds; score: the light with it. as_of: of the pass that measured it.
    """

    theme: str
    theme_id: str
    level: str
    theme_score: Decimal
    share: float
    term: Decimal
    score: Decimal
    as_of: datetime

    @property
    def verb(self) -> str:
        """What the light with the theme would say."""
        return colours.verb(self.score)

    @property
    def colour(self) -> str:
        """The colour it would have."""
        return colours.colour(self.score)

    @property
    def glyph(self) -> str:
        """The same without colour."""
        return colours.glyph(self.score)


@dataclass(frozen=True, slots=True)
class Card:
    """One sector as shown. Percentages are percent points, shares are 0..1, None is missing.

    theme: the override of the theme that pulls most, where one does (sectors.theme_terms).
    """

    sector: str
    title: str
    etf: str
    position: int
    status: str
    reason: str
    colour: str
    verb: str
    glyph: str
    label: str
    signal: str
    score: Decimal | None
    confidence: Decimal | None
    low_confidence: bool
    cells: tuple[Cell, ...]
    n: int
    fresh: int
    coverage: float | None
    multiplier: float | None
    performance_multiplied: Decimal | None
    volume_weighted_change: Decimal | None
    relative_strength: Decimal | None
    alpha: Decimal | None
    strength: str
    concentration_warning: bool
    previous_colour: str
    previous_verb: str
    previous_score: Decimal | None
    as_of: datetime | None
    pattern: str
    sides: tuple[Side, ...]
    theme: ThemeTerm | None = None

    @property
    def moved(self) -> bool:
        """Whether the colour differs from the run before."""
        return self.previous_colour != ""


@dataclass(frozen=True, slots=True)
class GridHead:
    """The facts of a run that a page needs outside the fragment; small enough to be kept beside it in the cache."""

    seq: int
    as_of: datetime
    recorded_at: datetime
    trigger: str
    trigger_title: str
    occasion: str
    formula: str
    weights_source: str
    universe_session: date
    members: int
    fresh: int
    sources: tuple[str, ...]
    delay_s: int
    is_simulated: bool
    ageing_from: datetime | None
    stale_from: datetime | None
    # tells renderings of one run apart: the themes' terms may change while the run stays; 0 without any
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid(GridHead):
    """The light after a published run: eight cards in their fixed order, and the readings they were made from."""

    run: SectorRun
    readings: Mapping[str, SectorReading]
    cards: tuple[Card, ...]
    changed: int
    previous_as_of: datetime | None

    @property
    def head(self) -> GridHead:
        """The run's facts without the cards."""
        return GridHead(**{field.name: getattr(self, field.name) for field in fields(GridHead)})


class Aged(Protocol):
    """What has a freshness: a light or a price. ageing_from, stale_from: see `age_bounds`."""

    @property
    def as_of(self) -> datetime: ...

    @property
    def delay_s(self) -> int: ...

    @property
    def ageing_from(self) -> datetime | None: ...

    @property
    def stale_from(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Freshness:
    """How current a light is, in words and an icon. `age_s` is session time: a closed market ages nothing."""

    state: str
    key: str
    icon: str
    text: str
    age_s: float | None


def build_head(newest: SectorRun, run: SectorRun, fresh: int) -> GridHead:
    """The facts of the grid after `newest`; its age is that of `run`, the last of all sectors.

    fresh: the fresh stocks of all sectors. The two bounds of its freshness are market times, so that a page can count
    down by itself.
    """
    ageing_from, stale_from = age_bounds(run.as_of, run.delay_s)
    return GridHead(
        seq=newest.pk,
        as_of=run.as_of,
        recorded_at=newest.recorded_at,
        trigger=run.trigger,
        trigger_title=str(run.get_trigger_display()),
        occasion=run.occasion,
        formula=run.formula,
        weights_source=run.weights_source,
        universe_session=run.universe_run.session,
        members=run.members,
        fresh=fresh,
        sources=tuple(run.sources),
        delay_s=run.delay_s,
        is_simulated=run.is_simulated,
        ageing_from=ageing_from,
        stale_from=stale_from,
    )


def age_bounds(as_of: datetime, delay_s: int) -> tuple[datetime | None, datetime | None]:
    """When a reading begins to age and when it is stale, in market time; None beyond the calendar's horizon."""
    ageing_after = BAR + timedelta(seconds=delay_s) + GRACE
    return _advanced(as_of, ageing_after), _advanced(as_of, max(STALE_AFTER, 2 * ageing_after))


def build_grid(
    newest: SectorRun, whole: SectorRun, readings: Sequence[SectorReading], before: Sequence[SectorRun] = ()
) -> Grid:
    """The grid after `newest`: each sector's newest reading since the last whole run, held against the one before it.

    whole: the newest run of all sectors (`newest` itself unless that recalculated some only); readings: of all runs
    back to the whole run before, newest first; before: that run, if there is one.
    """
    by_sector: dict[str, list[SectorReading]] = {sector.key: [] for sector in SECTORS}
    for reading in readings:
        by_sector.setdefault(reading.sector, []).append(reading)
    now = {
        sector: of_sector[0] for sector, of_sector in by_sector.items() if of_sector and _current(of_sector[0], whole)
    }
    cards = tuple(
        build_card(sector, position, now.get(sector.key), _before(by_sector[sector.key], now.get(sector.key)))
        for position, sector in enumerate(SECTORS, start=1)
    )
    head = build_head(newest, whole, sum(card.fresh for card in cards))
    return Grid(
        **{field.name: getattr(head, field.name) for field in fields(GridHead)},
        run=newest,
        readings=now,
        cards=cards,
        changed=sum(card.moved for card in cards),
        previous_as_of=before[0].as_of if before else None,
    )


def _current(reading: SectorReading, whole: SectorRun) -> bool:
    return reading.run_id >= whole.pk


def _before(of_sector: Sequence[SectorReading], now: SectorReading | None) -> SectorReading | None:
    return next((reading for reading in of_sector if now is not None and reading.run_id < now.run_id), None)


def build_card(sector: Sector, position: int, reading: SectorReading | None, before: SectorReading | None) -> Card:
    """One card. Without a reading (a sector the run did not know) it is grey: NO DATA."""
    colour, verb, glyph = _face(reading)
    then_colour, then_verb, _ = _face(before)
    moved = before is not None and then_colour != colour
    factors: Mapping[str, Any] = {} if reading is None else reading.factors
    return Card(
        sector=sector.key,
        title=sector.title,
        etf=sector.etf,
        position=position,
        status="no_data" if reading is None else reading.status,
        reason="not part of this run" if reading is None else reading.reason,
        colour=colour,
        verb=verb,
        glyph=glyph,
        label="" if reading is None else reading.label,
        signal="" if reading is None else reading.signal,
        score=None if reading is None else reading.score,
        confidence=None if reading is None else reading.confidence,
        low_confidence=reading is not None and reading.low_confidence,
        cells=tuple(_cell(horizon, label, reading, factors) for horizon, label in HORIZON_LABELS.items()),
        n=0 if reading is None else reading.stocks_count,
        fresh=0 if reading is None else reading.fresh_count,
        coverage=reading.fresh_count / reading.stocks_count if reading is not None and reading.stocks_count else None,
        multiplier=factors.get("m"),
        performance_multiplied=None if reading is None else reading.performance_multiplied,
        volume_weighted_change=None if reading is None else reading.volume_weighted_change,
        relative_strength=None if reading is None else reading.relative_strength_vs_iwm,
        alpha=None if reading is None else reading.alpha_raw,
        strength=_strength(None if reading is None else reading.alpha_raw),
        concentration_warning=reading is not None and reading.concentration_warning,
        previous_colour=then_colour if moved else "",
        previous_verb=then_verb if moved else "",
        previous_score=None if before is None else before.score,
        as_of=None if reading is None else reading.as_of,
        pattern=pattern_title(factors.get("pattern", "")),
        sides=() if reading is None else _sides(reading),
    )


def freshness_of(head: Aged | None, now: datetime) -> Freshness:
    """LIVE or DELAYED, AGEING, STALE at this moment of market time; NO DATA without a run.

    A light whose as_of lies in the future of `now` cannot be called current: it is STALE with that reason.
    """
    if head is None:
        return Freshness("NO DATA", "none", "–", "nothing was published yet", None)
    age_s = calendar.session_seconds(head.as_of, now)
    if head.as_of > now:
        return Freshness("STALE", "stale", "▨", "its data lies in the future of the clock", age_s)
    if head.stale_from is None or now >= head.stale_from:
        return Freshness("STALE", "stale", "▨", "older than two updates", age_s)
    if head.ageing_from is None or now >= head.ageing_from:
        return Freshness("AGEING", "ageing", "◔", "an update is overdue", age_s)
    if head.delay_s:
        return Freshness("DELAYED", "delayed", "◑", f"the source is {head.delay_s // 60} min late", age_s)
    return Freshness("LIVE", "live", "●", "the newest completed bar", age_s)


def _face(reading: SectorReading | None) -> tuple[str, str, str]:
    """Colour key, verb and glyph; a stale reading keeps its score but gives no advice."""
    if reading is None:
        return GREY_FACES[SectorReading.Status.NO_DATA]
    if reading.status != SectorReading.Status.OK:
        return GREY_FACES[SectorReading.Status(reading.status)]
    return FACES[reading.colour]


def _sides(reading: SectorReading) -> tuple[Side, ...]:
    """Both lists, the one to act on first; the opposite one only where the ranking shows it."""
    facts = reading.factors
    sides = [
        Side(key, title, glyph, facts.get("hidden_reason", "") if facts.get("hidden") == key else "", _movers(stored))
        for key, title, glyph, stored in (
            (BEAR, "Top bearish", "▼", reading.top_bearish),
            (BULL, "Top bullish", "▲", reading.top_bullish),
        )
    ]
    return tuple(sorted(sides, key=lambda side: side.hidden != ""))


def _movers(stored: Sequence[Mapping[str, Any]]) -> tuple[Mover, ...]:
    names = ("symbol", "move", "rvol", "rank", "gap", "volume", "alignment", "shortability")
    return tuple(
        Mover(
            **{name: mover[name] for name in names},
            is_new=NEW in mover["badges"],
            spike=VOLUME_SPIKE in mover["badges"],
            low_float=LOW_FLOAT in mover["badges"],
        )
        for mover in stored
    )


def _strength(alpha: Decimal | None) -> str:
    return benchmark.strength(None if alpha is None else float(alpha)) or ""


def _cell(horizon: str, label: str, reading: SectorReading | None, factors: Mapping[str, Any]) -> Cell:
    value: Decimal | None = None if reading is None else getattr(reading, f"performance_{horizon}")
    facts = factors.get("horizons", {}).get(horizon, {})
    if value is None:
        return Cell(horizon, label, None, GREY, DOT_TITLES[GREY], facts.get("reason") or "no bars")
    dot = facts.get("dot") or GREY
    return Cell(horizon, label, value, dot, DOT_TITLES[dot], facts.get("reason", "") if dot == GREY else "")


def _advanced(at: datetime, by: timedelta) -> datetime | None:
    """`by` of session time later; None beyond the calendar's horizon."""
    try:
        return calendar.advance(at, by)
    except ValueError:
        return None
