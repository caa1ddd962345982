"""The books of the three demo accounts: drafted from the demo's own universe, entered through the services, valued from
the stored bars like any other book.

25, 20 and 30 positions as S3 describes them, a million dollars at the beginning, ninety sessions of history. Seeded:
the same bars give the same books. A demo account that has a book keeps it, so a second start changes nothing; a demo
whose simulated market was made anew begins with an empty database and gets books of that market.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import structlog
from django.conf import settings
from django.db import transaction

from portfolios.access import flows_of, get_portfolio
from portfolios.books import cash, tags
from portfolios.books.backdating import date_back
from portfolios.books.drafts import PositionDraft
from portfolios.books.positions import create_position
from portfolios.books.selectors import list_tags
from portfolios.demo import DEMOS, ensure_demo_accounts
from portfolios.kernels.demo import (
    DEPOSIT,
    HISTORY_SESSIONS,
    STYLES,
    Candidate,
    DemoPosition,
    DemoStyle,
    draft_demo_book,
)
from portfolios.kernels.positions import CENT, PositionType
from portfolios.models import Portfolio, Tag, User
from portfolios.risk.batch import save_risk
from portfolios.valuation.batch import CORRECTED_SESSIONS, FINAL_AFTER, is_final, newest_session, value_books
from portfolios.valuation.closes import FEWEST_RETURNS, Terms, compute_volatility, to_price
from portfolios.valuation.prices import LOOK_BACK, Closes, Key, Ratios, compute_prices, load_closes
from portfolios.valuation.statements import ANY_BASIS
from sentiment_site.market import calendar, clock
from sentiment_site.providers.errors import ProviderError
from universe import bars, selectors

logger = structlog.get_logger("portfolios.demo")

SEED = 20_260_101
CANDIDATES = 150
LOWEST_PRICE = 5.0
MOST_VOLATILE = 0.8  # a year; what moves more is a story, not a holding
TICKER = re.compile("[A-Z]{1,5}")  # what an option's symbol can name
_OPTIONS_FROM = FEWEST_RETURNS + 1
_STRATEGIES = {"Momentum": "#7C3AED", "Hedge": "#0F766E", "Income": "#B45309", "Pairs": "#1D4ED8"}
_LABELS = {"Growth": "#15803D", "Value": "#4D7C0F", "Overvalued": "#B91C1C", "Upside": "#0369A1"}
_PAIR = "#6366F1"
_BY_NAME = {style.username: style for style in STYLES}


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    """What books can be made of: candidates, and their closes on the sessions of the history."""

    candidates: tuple[Candidate, ...]
    ids: Mapping[str, int]
    sessions: tuple[calendar.Session, ...]
    panel: Closes

    @property
    def dates(self) -> list[dt.date]:
        """The sessions of the history."""
        return [session.date for session in self.sessions]

    def closes(self, symbol: str) -> list[Decimal]:
        """Quoted closes over the history."""
        row = self.panel.instrument_ids.tolist().index(self.ids[symbol])
        line = self.panel.close[row, -len(self.sessions) :]
        return [price for value in line if (price := to_price(value)) is not None]


def ensure_demo_books(*, fetch: bool = True) -> list[Portfolio]:
    """Give each demo account that has no book yet its own; those that were made.

    fetch: ask the vendor for the daily bars that the history needs and the screening did not. Nothing is made before
    there is a universe, or with too few stocks in it; what is missing is made at the next call.
    """
    began = time.monotonic()
    empty = [account for account in ensure_demo_accounts() if not flows_of(get_portfolio(account)).exists()]
    world = _load_world(fetch) if empty else None
    if world is None:
        return []
    made = [_make_book(account, world) for account in empty]
    ids = [book.pk for book in made]
    newest = newest_session(clock.now())
    value_books(final=is_final(newest, clock.now()), portfolio_ids=ids)
    save_risk(newest.date, ids)
    date_back(made, world.sessions, final_after=FINAL_AFTER, kept_sessions=CORRECTED_SESSIONS)
    logger.info("demo books made", books=len(made), seconds=round(time.monotonic() - began, 2))
    return made


def _load_world(fetch: bool) -> _World | None:
    run = selectors.current_run()
    if run is None:
        return None
    history = calendar.recent_sessions(newest_session(clock.now()).close, HISTORY_SESSIONS)
    if fetch:
        try:
            bars.refresh_daily(history)
        except ProviderError as error:
            logger.warning("a shorter history", reason=str(error))
    members = selectors.list_members(run)
    ratios = Ratios(clock.now())
    since = history[0].date
    liquid = np.argsort(-np.nan_to_num(members.average_volume * members.price), kind="stable")
    fit = [
        place
        for place in liquid.tolist()
        if TICKER.fullmatch(members.symbols[place])
        and not members.price[place] < LOWEST_PRICE
        # a split inside the history would leave odd numbers of shares
        and ratios.on(pk := int(members.instrument_ids[place]), history[-1].date) == ratios.on(pk, since)
    ]
    ids = [int(members.instrument_ids[place]) for place in fit[: 2 * CANDIDATES]]
    first = calendar.shift(since, -LOOK_BACK).date
    panel = load_closes(ids, calendar.sessions_between(first, history[-1].date))
    return _choose(panel, history, {int(pk): (name, sector) for pk, name, sector in _names(members)})


def _choose(panel: Closes, history: Sequence[calendar.Session], names: Mapping[int, tuple[str, str]]) -> _World | None:
    """The sessions that the store reaches back to, and the stocks that traded on each of them."""
    recent = np.isfinite(panel.close[:, -len(history) :])
    if not recent.size or not recent[:, -1].any():
        return None
    stored = recent[recent[:, -1]].mean(axis=0) > 0.5  # days that the store has
    begin = int(np.flatnonzero(~stored)[-1]) + 1 if not stored.all() else 0
    sessions = tuple(history[begin:])
    calm = np.nan_to_num(compute_volatility(panel.close, [panel.close.shape[1] - 1])[:, 0]) <= MOST_VOLATILE
    whole = np.flatnonzero(recent[:, begin:].all(axis=1) & calm)[:CANDIDATES]
    largest = max(style.longs + style.shorts for style in STYLES)
    if whole.size < largest or len(sessions) <= _OPTIONS_FROM:
        return None
    ids = panel.instrument_ids[whole].tolist()
    volatility = np.nan_to_num(compute_volatility(panel.close[whole], [panel.close.shape[1] - 1])[:, 0])
    candidates = tuple(
        # Liveliness stands for momentum: ranked by what they gained in the very days of the history, the demo's
        # accounts would look like seers.
        Candidate(*names[pk], Decimal(str(close)), float(sigma), momentum=float(sigma))
        for pk, close, sigma in zip(ids, panel.close[whole, -1], volatility, strict=True)
    )
    return _World(candidates, {names[pk][0]: pk for pk in ids}, sessions, panel)


def _names(members: selectors.MemberTable) -> list[tuple[int, str, str]]:
    return list(zip(members.instrument_ids.tolist(), members.symbols, members.sectors, strict=True))


@transaction.atomic
def _make_book(account: User, world: _World) -> Portfolio:
    """The whole book or nothing: an account that has any of it counts as having it."""
    book, style = get_portfolio(account), _BY_NAME[account.username]
    drafted = draft_demo_book(
        style,
        world.candidates,
        world.dates,
        SEED + STYLES.index(style),
        {one.symbol: world.closes(one.symbol) for one in world.candidates},
        _OPTIONS_FROM,
    )
    title = next(demo.title for demo in DEMOS if demo.username == account.username)
    cash.change_book(book, name=f"{title} book")
    cash.add_flow(book, "deposit", DEPOSIT, on=world.dates[0], note="The beginning of the demo")
    paired = _pair(style, drafted.positions, world)
    _make_tags(book, [*{name for one in drafted.positions for name in one.tags}, *dict.fromkeys(paired.values())])
    for one in drafted.positions:
        lot = one.position
        price = _entry_price(one, world)
        draft = PositionDraft(lot.symbol, lot.quantity, price, lot.entry_date, lot.kind.value, as_traded=True)
        names = [*one.tags, *([paired[lot.symbol]] if lot.symbol in paired else [])]
        create_position(book, draft, tag_names=names)
    return book


def _entry_price(one: DemoPosition, world: _World) -> Decimal:
    """The close of the day; of an option what the model says on it: the price that the first row will value it at."""
    option = one.position.option
    if option is None:
        return one.position.entry_price
    key = Key(world.ids[option.root], str(option), ANY_BASIS)
    terms = Terms(option.expiration, float(option.strike), option.is_call)
    place = world.dates.index(one.position.entry_date)
    end = len(world.panel.sessions) - len(world.dates) + place + 1
    panel = replace(
        world.panel,
        sessions=world.panel.sessions[:end],
        close=world.panel.close[:, :end],
        last=world.panel.last[:, :end],
        made_at=world.panel.made_at[:end],
        source=world.panel.source[:end],
    )
    rows = list(compute_prices(panel, {key: terms}, Ratios(clock.now()), 1, settings.RISK_FREE_RATE))
    return max(CENT, rows[0][4]) if rows else one.position.entry_price


def _pair(style: DemoStyle, positions: Sequence[DemoPosition], world: _World) -> dict[str, str]:
    """Pair tags by symbol: each short beside a long of its sector where there is one left, else beside the next one."""
    if not any("Pairs" in names for names in style.tags.values()):
        return {}
    sectors = {one.symbol: one.sector for one in world.candidates}
    longs = [one.position.symbol for one in positions if one.position.kind is PositionType.LONG]
    found = {}
    for short in (one.position.symbol for one in positions if one.position.kind is PositionType.SHORT):
        match = next((long for long in longs if sectors[long] == sectors[short]), longs[0])
        longs.remove(match)
        found[match] = found[short] = f"Pair {match}/{short}"
    return found


def _make_tags(book: Portfolio, names: Sequence[str]) -> None:
    known = {tag.name for tag in list_tags(book)}
    for name in sorted(set(names) - known):
        kind = Tag.Type.REGULAR if name in _LABELS else Tag.Type.STRATEGY
        tags.create_tag(book, name, tag_type=kind, color=(_LABELS | _STRATEGIES).get(name, _PAIR))
