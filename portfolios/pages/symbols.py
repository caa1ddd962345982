"""What a symbol that somebody types means, while he types it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from portfolios.books import ledger
from portfolios.kernels.import_fields import FieldError, parse_symbol
from sectors.selectors import get_grid
from sentiment_site.market.sectors import SECTOR_BY_KEY
from universe.models import Instrument, Membership
from universe.selectors import current_run


@dataclass(frozen=True, slots=True)
class Meaning:
    """A symbol that was understood, or why not (`refused`).

    name: of the listed instrument, "" for one that is not known here, which then gets neither price nor light.
    days_left: to the expiration, negative after it. verb, tone: the light of its sector, "" without.
    """

    refused: str = ""
    symbol: str = ""
    underlying: str = ""
    name: str = ""
    right: str = ""
    expiration: dt.date | None = None
    strike: Decimal | None = None
    days_left: int = 0
    adjusted: bool = False
    sector: str = ""
    verb: str = ""
    tone: str = "none"

    @property
    def is_option(self) -> bool:
        """Whether it names a contract."""
        return self.right != ""


def read_symbol(text: str) -> Meaning:
    """What the text names, at most six statements. Never raises: `refused` says what is wrong."""
    try:
        symbol, option = parse_symbol(text)
    except FieldError as error:
        return Meaning(refused=f"{str(error)[:300]}.")
    underlying = option.underlying if option else symbol
    known = Instrument.objects.filter(symbol=underlying, delisted_on__isnull=True).first()
    sector, verb, tone = _light(known)
    stock = Meaning(
        symbol=symbol,
        underlying=underlying,
        name=known.name if known else "",
        sector=sector,
        verb=verb,
        tone=tone,
    )
    if option is None:
        return stock
    return replace(
        stock,
        right=option.option_type.lower(),
        expiration=option.expiration,
        strike=option.strike.normalize(),
        days_left=(option.expiration - ledger.today()).days,
        adjusted=option.adjusted,
    )


def _light(instrument: Instrument | None) -> tuple[str, str, str]:
    """Sector, verb and the class of its colour."""
    run = current_run() if instrument else None
    row = Membership.objects.filter(run=run, instrument=instrument).exclude(sector="").first() if run else None
    if row is None:
        return "", "", "none"
    grid = get_grid()
    card = next((card for card in grid.cards if card.sector == row.sector), None) if grid else None
    title = SECTOR_BY_KEY[row.sector].title
    if card is None:
        return title, "", "none"
    return title, card.verb, "none" if card.colour == "grey" else card.colour
