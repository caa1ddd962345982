"""Positions in money: what they cost, are worth and earned, and what splits, closing and expiry do to them.

Decimal throughout. Products and sums are exact (28 digits hold every value that fits the money columns) and rounded
half to even only when stored. Quantity is positive; the type carries the direction. Source: methods.md 8.1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum

from portfolios.kernels.occ import OptionSymbol, OptionType, adjusted_root

CENT = Decimal("0.01")
FOUR_PLACES = Decimal("0.0001")
ZERO = Decimal(0)

# What the columns hold: DECIMAL(15, 4), DECIMAL(12, 4), DECIMAL(15, 2)
LARGEST_QUANTITY = Decimal("99999999999.9999")
LARGEST_PRICE = Decimal("99999999.9999")
LARGEST_MONEY = Decimal("9999999999999.99")


class PositionType(StrEnum):
    """Long and short stock; long and short calls and puts."""

    LONG = "LONG"
    SHORT = "SHORT"
    LC = "LC"
    LP = "LP"
    SC = "SC"
    SP = "SP"

    @property
    def sign(self) -> int:
        """+1 owned, -1 owed."""
        return 1 if self in _OWNED else -1

    @property
    def is_option(self) -> bool:
        """Anything but LONG and SHORT."""
        return self not in (PositionType.LONG, PositionType.SHORT)

    @property
    def option_type(self) -> OptionType | None:
        """The right of the option; None for stock."""
        if not self.is_option:
            return None
        return OptionType.CALL if self in (PositionType.LC, PositionType.SC) else OptionType.PUT


_OWNED = frozenset({PositionType.LONG, PositionType.LC, PositionType.LP})


def position_type(option: OptionSymbol | None, signed_quantity: Decimal) -> PositionType:
    """The type of a signed quantity of a stock (None) or an option. ValueError for 0."""
    if signed_quantity == 0:
        raise ValueError("a position of nothing has no type")
    owned = signed_quantity > 0
    if option is None:
        return PositionType.LONG if owned else PositionType.SHORT
    if option.is_call:
        return PositionType.LC if owned else PositionType.SC
    return PositionType.LP if owned else PositionType.SP


@dataclass(frozen=True, slots=True)
class Contract:
    """What one option contract is: dollars per point of premium and strike; shares and cash that it delivers."""

    multiplier: Decimal = Decimal(100)
    shares: Decimal = Decimal(100)
    cash: Decimal = ZERO


STANDARD = Contract()


@dataclass(frozen=True, slots=True)
class Position:
    """One lot. quantity: shares or contracts, positive; entry_price: dollars per share or per point of premium.

    option and contract say what is held if the type is an option's. ValueError for what cannot be.
    """

    symbol: str
    kind: PositionType
    quantity: Decimal
    entry_price: Decimal
    entry_date: dt.date
    option: OptionSymbol | None = None
    contract: Contract = STANDARD

    def __post_init__(self) -> None:
        if not 0 < self.quantity <= LARGEST_QUANTITY:
            raise ValueError(f"a quantity is positive, its direction is the type's: {self.quantity}")
        if not 0 <= self.entry_price <= LARGEST_PRICE:
            raise ValueError(f"an entry price lies between 0 and {LARGEST_PRICE}: {self.entry_price}")
        if self.kind.is_option != (self.option is not None):
            raise ValueError(f"{self.kind} and the option {self.option} contradict each other")
        if self.option is not None and self.option.option_type is not self.kind.option_type:
            raise ValueError(f"{self.kind} and the {self.option.option_type} {self.option} contradict each other")

    @property
    def multiplier(self) -> Decimal:
        """Dollars per dollar of price and unit of quantity: 1 for stock, 100 for a contract."""
        return self.contract.multiplier if self.kind.is_option else Decimal(1)

    @property
    def shares_per_unit(self) -> Decimal:
        """Shares of the underlying behind one unit: 1 for stock, the deliverable for a contract."""
        return self.contract.shares if self.kind.is_option else Decimal(1)

    @property
    def underlying(self) -> str:
        """The stock itself, or what the option is on."""
        return self.symbol if self.option is None else self.option.underlying

    @property
    def cost(self) -> Decimal:
        """Entry price times quantity times multiplier, never negative."""
        return self.entry_price * self.quantity * self.multiplier


@dataclass(frozen=True, slots=True)
class Valuation:
    """A position at a price. market_value is negative for what is owed.

    Pct is a fraction of the cost, None at cost 0.
    """

    cost: Decimal
    market_value: Decimal
    unrealized_pnl: Decimal
    unrealized_pnl_pct: Decimal | None

    def rounded(self) -> Valuation:
        """At the scales of the columns: cents, and four places of the fraction."""
        pct = self.unrealized_pnl_pct
        return Valuation(
            cents(self.cost),
            cents(self.market_value),
            cents(self.unrealized_pnl),
            None if pct is None else pct.quantize(FOUR_PLACES, ROUND_HALF_EVEN),
        )


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing did: the rest (None if nothing is left), money earned, and the change of cash, fees included."""

    remaining: Position | None
    realized_pnl: Decimal
    cash_change: Decimal


@dataclass(frozen=True, slots=True)
class SplitResult:
    """The position after a split, and what rounding to the columns' scales did to its cost (exact, usually 0)."""

    position: Position
    cost_change: Decimal


def cents(amount: Decimal) -> Decimal:
    """Rounded half to even to the cent. ValueError beyond what a money column holds."""
    rounded = amount.quantize(CENT, ROUND_HALF_EVEN)
    if abs(rounded) > LARGEST_MONEY:
        raise ValueError(f"{amount} does not fit a money column")
    return rounded


def value_position(position: Position, price: Decimal) -> Valuation:
    """Exact worth and profit at `price` (dollars per share or per point of premium).

    ValueError for a negative price.
    """
    _check_price(price)
    units = position.quantity * position.multiplier
    pnl = position.kind.sign * (price - position.entry_price) * units
    cost = position.cost
    return Valuation(cost, position.kind.sign * price * units, pnl, pnl / cost if cost else None)


def opening_cash(position: Position, fees: Decimal = ZERO) -> Decimal:
    """Change of cash by entering the position: paid for what is bought, received for what is sold short or written."""
    return -position.kind.sign * position.cost - fees


def close_position(position: Position, quantity: Decimal, price: Decimal, fees: Decimal = ZERO) -> Closing:
    """Closes part or all at `price`. ValueError for more than there is, or for none."""
    _check_price(price)
    if not 0 < quantity <= position.quantity:
        raise ValueError(f"{quantity} of {position.quantity} cannot be closed")
    units = quantity * position.multiplier
    left = position.quantity - quantity
    return Closing(
        replace(position, quantity=left) if left else None,
        position.kind.sign * (price - position.entry_price) * units - fees,
        position.kind.sign * price * units - fees,
    )


def intrinsic_value(position: Position, underlying_price: Decimal) -> Decimal:
    """What exercising one contract brings, dollars, 0 or more: the deliverable's worth against strike x multiplier.

    100 * max(0, S - K) for a standard call. ValueError for stock or a negative price.
    """
    _check_price(underlying_price)
    if position.option is None:
        raise ValueError(f"{position.symbol} is no option")
    delivered = position.contract.shares * underlying_price + position.contract.cash
    difference = delivered - position.option.strike * position.contract.multiplier
    return max(difference if position.option.is_call else -difference, ZERO)


def is_due(position: Position, session: dt.date, *, final: bool) -> bool:
    """Whether the option settles in the batch of `session`: past its expiration, or on it once prices are final."""
    if position.option is None:
        return False
    expiration = position.option.expiration
    return expiration < session or (final and expiration == session)


def settle_expiry(position: Position, underlying_price: Decimal) -> Closing:
    """Closes an option at its intrinsic value in cash (nothing is delivered), worthless ones at 0.

    underlying_price: the official close of the expiration day, or of the last session before it.
    """
    per_contract = intrinsic_value(position, underlying_price)
    cash = position.kind.sign * per_contract * position.quantity
    return Closing(None, cash - position.kind.sign * position.cost, cash)


def apply_split(position: Position, split_from: Decimal, split_to: Decimal) -> SplitResult:
    """The position after `split_from` shares became `split_to`; 1 -> 4 is a forward split, 10 -> 1 a reverse one.

    Stock, and options in a whole forward split: quantity up, prices and strike down by the ratio, strikes to the cent
    as the clearing corporation does. Any other split leaves number, strike and premium of contracts alone; they deliver
    another number of shares and get an adjusted root. ValueError for a ratio that is not positive or leaves nothing.
    """
    if not (split_from > 0 and split_to > 0):
        raise ValueError(f"a split from {split_from} to {split_to} has no ratio")
    whole = (split_to / split_from) % 1 == 0
    if position.option is not None and not whole:
        return SplitResult(_odd_contract(position, position.option, split_from, split_to), ZERO)
    option = position.option
    if option is not None:
        strike = (option.strike * split_from / split_to).quantize(CENT, ROUND_HALF_UP)
        option = replace(option, strike=strike)
    after = replace(
        position,
        symbol=position.symbol if option is None else str(option),
        quantity=(position.quantity * split_to / split_from).quantize(FOUR_PLACES, ROUND_HALF_EVEN),
        entry_price=(position.entry_price * split_from / split_to).quantize(FOUR_PLACES, ROUND_HALF_EVEN),
        option=option,
    )
    return SplitResult(after, after.cost - position.cost)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Exact sum, a Decimal also for nothing."""
    return sum(amounts, ZERO)


def _odd_contract(position: Position, option: OptionSymbol, split_from: Decimal, split_to: Decimal) -> Position:
    adjusted = replace(option, root=adjusted_root(option.root))
    shares = position.contract.shares * split_to / split_from
    return replace(position, symbol=str(adjusted), option=adjusted, contract=replace(position.contract, shares=shares))


def _check_price(price: Decimal) -> None:
    if not 0 <= price <= LARGEST_PRICE:
        raise ValueError(f"a price lies between 0 and {LARGEST_PRICE}: {price}")
