"""A broker's list of trades to what is left of them: one holding per symbol at average cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portfolios.kernels.import_presets import Action
from portfolios.kernels.occ import OptionSymbol

_DUST = Decimal("0.00005")  # below half of the last decimal of a quantity


@dataclass(frozen=True, slots=True)
class Trade:
    """One transaction: quantity positive, price per share or per point of premium.

    Row as the spreadsheet numbers it.
    """

    row: int
    symbol: str
    option: OptionSymbol | None
    action: Action
    quantity: Decimal
    price: Decimal
    date: dt.date


@dataclass(frozen=True, slots=True)
class Holding:
    """What is left: signed quantity, average price, date of the first trade since it was last flat, row of the last."""

    row: int
    symbol: str
    option: OptionSymbol | None
    quantity: Decimal
    price: Decimal
    date: dt.date


_OPENS = {Action.BUY: 1, Action.SHORT: -1}
_DIRECTION = {Action.BUY: 1, Action.COVER: 1, Action.ADD: 1, Action.SELL: -1, Action.SHORT: -1}


def net_trades(
    trades: Sequence[Trade], *, sell_opens_short: bool = False
) -> tuple[list[Holding], list[tuple[int, str]]]:
    """Holdings that are not flat, by symbol, and the trades that close more than was opened (row, reason).

    Average cost: buying moves the average, selling does not; crossing 0 starts anew at the trade's price. Trades go by
    date; within a date in the order of the file, which is reversed if the file starts with its newest day. Shares
    that a split added (ADD) cost nothing and go to the side that is held.
    """
    newest_first = len(trades) > 1 and trades[0].date > trades[-1].date
    ordered = sorted(reversed(trades) if newest_first else trades, key=lambda trade: trade.date)
    held: dict[str, Holding] = {}
    gaps: list[tuple[int, str]] = []
    for trade in ordered:
        before = held.get(trade.symbol)
        after, gap = _apply(before, trade, sell_opens_short)
        if gap:
            gaps.append((trade.row, gap))
        elif after is None:
            held.pop(trade.symbol, None)
        else:
            held[trade.symbol] = after
    return [held[symbol] for symbol in sorted(held)], gaps


def _apply(before: Holding | None, trade: Trade, sell_opens_short: bool) -> tuple[Holding | None, str]:
    has = before.quantity if before else Decimal(0)
    direction = _DIRECTION[trade.action]
    if trade.action is Action.ADD:
        if before is None:
            return None, f"a split added shares of {trade.symbol}, of which the file bought none"
        direction = 1 if has > 0 else -1
    change = direction * trade.quantity
    left = has + change
    same_side = has * change > 0 or before is None
    crosses = not same_side and left * change > _DUST * abs(change)
    may_open = (
        trade.action in _OPENS or (trade.action is Action.SELL and sell_opens_short) or trade.action is Action.ADD
    )
    if (crosses or (before is None)) and not may_open:
        excess = abs(left)
        verb = "covers" if direction > 0 else "sells"
        return None, f"{verb} {excess:f} {trade.symbol} more than the file opened: its history starts too late"
    if abs(left) < _DUST:
        return None, ""
    if before is None or crosses:
        return Holding(trade.row, trade.symbol, trade.option, left, trade.price, trade.date), ""
    if not same_side:
        return Holding(trade.row, trade.symbol, trade.option, left, before.price, before.date), ""
    price = (abs(has) * before.price + trade.quantity * trade.price) / abs(left)
    return Holding(trade.row, trade.symbol, trade.option, left, price, before.date), ""
