"""The three demo books and their past: seeded, on trading days only, every row derived from prices of positions.

A random walk of the total would break the identities of a snapshot; here prices walk, positions are bought with cash,
options are priced by the model from their underlying, and the rows are what compute_snapshot makes of it.
Source: S3 5.2, 5.3; methods.md 8.6.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import numpy.typing as npt

from portfolios.kernels.occ import OptionSymbol, OptionType
from portfolios.kernels.positions import CENT, ZERO, Position, PositionType, opening_cash
from portfolios.kernels.snapshots import Snapshot, compute_snapshot
from sentiment_site.quant.options import option_price

FloatArray = npt.NDArray[np.float64]

DEPOSIT = Decimal(1_000_000)
HISTORY_SESSIONS = 90
_MARKET_VOLATILITY = 0.16
_SESSIONS_PER_YEAR = 252
_DAYS_PER_YEAR = 365.0
_LATE_SHARE = 0.3  # of positions entered after the first day
_FEWEST_EXPIRY_DAYS = 30


@dataclass(frozen=True, slots=True)
class DemoStyle:
    """One demo user's book: how many of what, how large (share of the deposit), from which sectors first."""

    username: str
    description: str
    longs: int
    shorts: int
    options: tuple[PositionType, ...]
    long_share: float
    short_share: float
    sectors: tuple[str, ...]
    momentum: int
    tags: Mapping[PositionType, tuple[str, ...]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of positions."""
        return self.longs + self.shorts + len(self.options)


_L, _S = PositionType.LONG, PositionType.SHORT
_LC, _LP, _SC, _SP = PositionType.LC, PositionType.LP, PositionType.SC, PositionType.SP

STYLES: tuple[DemoStyle, ...] = (
    DemoStyle(
        username="demo_growth",
        description="Tech-heavy, momentum plays, some options",
        longs=18,
        shorts=3,
        options=(_LC, _LC, _LP, _SC),
        long_share=0.80,
        short_share=0.10,
        sectors=("technology", "healthcare"),
        momentum=1,
        tags={_L: ("Growth", "Momentum"), _S: ("Hedge",), _LC: ("Momentum",), _LP: ("Hedge",), _SC: ("Income",)},
    ),
    DemoStyle(
        username="demo_value",
        description="Traditional value investing",
        longs=15,
        shorts=5,
        options=(),
        long_share=0.85,
        short_share=0.15,
        sectors=("financial", "energy"),
        momentum=-1,
        tags={_L: ("Value",), _S: ("Overvalued",)},
    ),
    DemoStyle(
        username="demo_balanced",
        description="Mixed strategies: pairs trades and hedges",
        longs=12,
        shorts=8,
        options=(_LP, _LP, _LP, _SC, _SC, _SC, _LC, _LC, _SP, _SP),
        long_share=0.65,
        short_share=0.35,
        sectors=(),
        momentum=0,
        tags={_L: ("Pairs",), _S: ("Pairs",), _LP: ("Hedge",), _SC: ("Income",), _LC: ("Upside",), _SP: ("Income",)},
    ),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stock that a demo book may hold: its price now, annual volatility and beta, momentum in any unit."""

    symbol: str
    sector: str
    price: Decimal
    volatility: float
    beta: float = 1.0
    momentum: float = 0.0


@dataclass(frozen=True, slots=True)
class DemoPosition:
    """A position with the session (index) it was entered on and its tags."""

    position: Position
    entered: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoBook:
    """A demo user's book: positions, the money it began with, and closes per symbol and session in cents."""

    style: DemoStyle
    sessions: tuple[dt.date, ...]
    positions: tuple[DemoPosition, ...]
    closes: Mapping[str, tuple[Decimal, ...]]
    deposit: Decimal = DEPOSIT

    @property
    def cash(self) -> Decimal:
        """What is left after all entries."""
        return self.deposit + sum((opening_cash(one.position) for one in self.positions), ZERO)


def simulate_closes(candidates: Sequence[Candidate], sessions: int, seed: int) -> dict[str, tuple[Decimal, ...]]:
    """Closes per symbol that end at today's price: a market walk times beta plus an own walk, never below a cent.

    The same seed and candidates give the same closes. ValueError for no session or a price that is not positive.
    """
    if sessions < 1 or any(one.price <= 0 for one in candidates):
        raise ValueError(f"{sessions} sessions, prices {[one.price for one in candidates if one.price <= 0]}")
    rng = np.random.default_rng(seed)
    step = 1 / np.sqrt(_SESSIONS_PER_YEAR)
    market = rng.normal(0, _MARKET_VOLATILITY * step, sessions - 1)
    own = rng.normal(0, 1, (len(candidates), sessions - 1))
    closes = {}
    for one, noise in zip(candidates, own, strict=True):
        alone = np.sqrt(max(one.volatility**2 - (one.beta * _MARKET_VOLATILITY) ** 2, (0.3 * one.volatility) ** 2))
        walk = one.beta * market + alone * step * noise
        back = np.concatenate([np.cumsum(walk[::-1])[::-1], [0.0]])
        path = float(one.price) * np.exp(-back)
        closes[one.symbol] = (*tuple(_to_cents(value) for value in path[:-1]), one.price)
    return closes


def draft_demo_book(
    style: DemoStyle,
    candidates: Sequence[Candidate],
    sessions: Sequence[dt.date],
    seed: int,
    closes: Mapping[str, Sequence[Decimal]] | None = None,
    options_from: int = 0,
) -> DemoBook:
    """A book of the style from the candidates, entered over the sessions (ascending trading days).

    Longs come first from the style's sectors by momentum, shorts from what is left at the other end, options on longs,
    expiring on third Fridays after the last session. closes: of every candidate on every session; made up when not
    given. options_from: the first session (index) that an option is entered on. Deterministic. ValueError for too few
    candidates or sessions.
    """
    if len(candidates) < style.longs + style.shorts or len(sessions) < 2:
        raise ValueError(f"{len(candidates)} candidates and {len(sessions)} sessions are too few for {style.username}")
    rng = np.random.default_rng(seed)
    direction = style.momentum or 1
    ranked = sorted(
        candidates, key=lambda one: (one.sector not in style.sectors, -direction * one.momentum, one.symbol)
    )
    longs = ranked[: style.longs]
    rest = sorted(ranked[style.longs :], key=lambda one: (direction * one.momentum, one.symbol))
    shorts = rest[: style.shorts]
    if closes is None:
        walked = simulate_closes([*longs, *shorts], len(sessions), seed)
    else:
        walked = {one.symbol: tuple(closes[one.symbol]) for one in [*longs, *shorts]}
    late = rng.random(style.size) < _LATE_SHARE
    late[0] = False
    entered = np.where(late, rng.integers(1, max(2, 2 * len(sessions) // 3), style.size), 0)
    stocks = [(one, _L) for one in longs] + [(one, _S) for one in shorts]
    positions = []
    for place, (one, kind) in enumerate(stocks):
        share = style.long_share / style.longs if kind is _L else style.short_share / style.shorts
        positions.append(_stock(style, one, kind, share, int(entered[place]), sessions, walked))
    for place, kind in enumerate(style.options):
        one = longs[place % len(longs)]
        day = max(int(entered[len(stocks) + place]), options_from)
        positions.append(_option(style, one, kind, place, day, sessions, walked))
    return DemoBook(style, tuple(sessions), tuple(positions), walked)


def compute_demo_history(book: DemoBook, candidates: Sequence[Candidate]) -> tuple[Snapshot, ...]:
    """The book's row of every session: the deposit is the first day's flow, everything later is P&L."""
    volatility = {one.symbol: one.volatility for one in candidates}
    series = [_prices(book, one, volatility) for one in book.positions]
    rows: list[Snapshot] = []
    for day, session in enumerate(book.sessions):
        open_now = [(one, prices) for one, prices in zip(book.positions, series, strict=True) if one.entered <= day]
        cash = book.deposit + sum((opening_cash(one.position) for one, _ in open_now), ZERO)
        holdings = [(one.position, prices[day]) for one, prices in open_now]
        previous = rows[-1] if rows else None
        rows.append(compute_snapshot(session, cash, holdings, previous, ZERO if rows else book.deposit))
    return tuple(rows)


def third_friday(after: dt.date, months: int) -> dt.date:
    """The third Friday of the month `months` after that of `after`: when listed options expire."""
    month = after.month - 1 + months
    first = dt.date(after.year + month // 12, month % 12 + 1, 1)
    return first + dt.timedelta(days=(4 - first.weekday()) % 7 + 14)


def _stock(
    style: DemoStyle,
    one: Candidate,
    kind: PositionType,
    share: float,
    entered: int,
    sessions: Sequence[dt.date],
    closes: Mapping[str, tuple[Decimal, ...]],
) -> DemoPosition:
    price = closes[one.symbol][entered]
    quantity = max(Decimal(1), (DEPOSIT * Decimal(str(round(share, 6))) / price).to_integral_value(ROUND_HALF_EVEN))
    position = Position(one.symbol, kind, quantity, price, sessions[entered])
    return DemoPosition(position, entered, style.tags.get(kind, ()))


def _option(
    style: DemoStyle,
    one: Candidate,
    kind: PositionType,
    place: int,
    entered: int,
    sessions: Sequence[dt.date],
    closes: Mapping[str, tuple[Decimal, ...]],
) -> DemoPosition:
    spot = closes[one.symbol][entered]
    moneyness = Decimal("0.95") if kind in (_LP, _SP) else Decimal("1.05")
    strike_step = Decimal("0.5") if spot < 25 else Decimal("2.5") if spot < 200 else Decimal(5)
    strike = max(strike_step, (spot * moneyness / strike_step).to_integral_value(ROUND_HALF_EVEN) * strike_step)
    expiration = third_friday(sessions[-1] + dt.timedelta(days=_FEWEST_EXPIRY_DAYS), 1 + place % 3)
    right = kind.option_type or OptionType.CALL
    option = OptionSymbol(one.symbol.replace(".", ""), expiration, right, strike)
    price = _option_prices([spot], [sessions[entered]], option, one.volatility)[0]
    budget = DEPOSIT / 100 / (spot * 100) * 2
    quantity = max(Decimal(1), budget.to_integral_value(ROUND_HALF_EVEN))
    position = Position(str(option), kind, quantity, price, sessions[entered], option)
    return DemoPosition(position, entered, style.tags.get(kind, ()))


def _prices(book: DemoBook, one: DemoPosition, volatility: Mapping[str, float]) -> tuple[Decimal, ...]:
    option = one.position.option
    if option is None:
        return book.closes[one.position.symbol]
    name = next(symbol for symbol in book.closes if symbol.replace(".", "") == option.root)
    return _option_prices(book.closes[name], book.sessions, option, volatility[name])


def _option_prices(
    spots: Sequence[Decimal], days: Sequence[dt.date], option: OptionSymbol, volatility: float
) -> tuple[Decimal, ...]:
    years = [(option.expiration - day).days / _DAYS_PER_YEAR for day in days]
    spot = np.array([float(value) for value in spots])
    values = option_price(spot, float(option.strike), years, volatility, call=option.is_call)
    return tuple(_to_cents(value) for value in values)


def _to_cents(value: float) -> Decimal:
    return max(CENT, Decimal(float(value)).quantize(CENT, ROUND_HALF_EVEN))
