"""One stock as it is known at a moment: its part in the light, its prices, what the universe decided about it.

Everything is read from what was stored; nothing is scored here. `as_of` None means now.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from sectors.cards import HORIZON_LABELS, Card, Freshness, build_card, freshness_of
from sectors.constituents import unpack_stocks
from sectors.detail import REASON_TITLES, StockRow, build_rows
from sectors.kernels.conditions import REASONS
from sectors.models import SectorReading, SectorRun
from sectors.stock_prices import Prices, load_prices
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTOR_BY_KEY, SECTORS
from universe import selectors as universe_selectors
from universe.selectors import StockFacts

RANK_TITLES = ("move", "volume", "alignment", "tradability")


@dataclass(frozen=True, slots=True)
class Move:
    """One horizon of the stock. value: percent points, None with its reason."""

    label: str
    value: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Light:
    """The newest reading of the stock's sector and what the stock is in it; row None: it is not among its stocks.

    rank_parts: (title, 0..1 or None) of the rank's four parts.
    """

    card: Card
    run: SectorRun
    row: StockRow | None = None
    moves: tuple[Move, ...] = ()
    rank_parts: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything a stock's panel shows. light: None for a stock without a sector, or before its first reading.

    freshness: of the newest price. now: the moment it is looked at from.
    """

    facts: StockFacts
    light: Light | None
    prices: Prices
    freshness: Freshness
    now: datetime

    @property
    def symbol(self) -> str:
        """Its symbol."""
        return self.facts.instrument.symbol

    @property
    def is_simulated(self) -> bool:
        """Whether anything of it was made by the simulator."""
        made = any(source.is_simulated for source in self.prices.sources)
        return made or (self.facts.run is not None and self.facts.run.is_simulated)


def get_stock(symbol: str, as_of: datetime | None = None) -> Stock | None:
    """A stock by its symbol (case matters); None if no such stock was known."""
    run = universe_selectors.current_run(as_of)
    facts = universe_selectors.get_stock_facts(symbol, run, as_of)
    if facts is None:
        return None
    now = clock.now() if as_of is None else as_of
    prices = load_prices(facts.instrument.pk, now)
    return Stock(facts, _get_light(facts, as_of), prices, freshness_of(prices.price, now), now)


def _get_light(facts: StockFacts, as_of: datetime | None) -> Light | None:
    """One statement; the packed stocks are those of this sector only."""
    sector = SECTOR_BY_KEY.get("" if facts.row is None else facts.row.sector)
    if sector is None:
        return None
    readings = SectorReading.objects.filter(sector=sector.key, formula=F("run__formula")).select_related("run")
    if as_of is not None:
        readings = readings.filter(run__recorded_at__lte=as_of)
    reading = readings.order_by("-as_of", "-run_id").first()
    if reading is None:
        return None
    return _own_figures(facts, build_card(sector, SECTORS.index(sector) + 1, reading, None), reading)


def _own_figures(facts: StockFacts, card: Card, reading: SectorReading) -> Light:
    if reading.constituents is None:
        return Light(card, reading.run)
    instrument = facts.instrument
    # only this stock's name is wanted, so nobody asks for those of the others
    symbols = defaultdict(str, {instrument.pk: instrument.symbol})
    ids, stocks = unpack_stocks(bytes(reading.constituents), symbols)
    places = [place for place, pk in enumerate(ids.tolist()) if pk == instrument.pk]
    if not places:
        return Light(card, reading.run)
    row = next(build_rows(reading, stocks, [(places[0], instrument.symbol, instrument.name)]))
    words = [REASON_TITLES[REASONS[int(code)]] for code in stocks.reasons[places[0]]]
    moves = [
        Move(label, value, "" if value is not None else why or "no value")
        for label, value, why in zip(HORIZON_LABELS.values(), row.moves, words, strict=True)
    ]
    return Light(
        card=card,
        run=reading.run,
        row=row,
        moves=tuple(moves),
        rank_parts=tuple(zip(RANK_TITLES, row.rank_parts, strict=True)),
    )
