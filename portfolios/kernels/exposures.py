"""What a book is exposed to: market value, notional, delta-adjusted, beta-weighted, by group, and how concentrated.

Dollars as float64 (the cents of the snapshot come from `snapshots`, these are measures of risk). A position that lacks
a delta or beta is left out of the sum that needs it and named, never counted as 0. Source: methods.md 8.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from portfolios.kernels.greeks import GreekSource
from portfolios.kernels.positions import PositionType
from sentiment_site.quant.robust import effective_number

UNKNOWN = "unknown"
UNTAGGED = "untagged"
STOCK = "stock"


@dataclass(frozen=True, slots=True)
class ExposureLine:
    """One position. market_value: dollars, negative if owed; notional: spot * shares behind it, never negative.

    delta: of one share of the contract as its holder sees it (call 0..1, put -1..0; stock 1), not multiplied by the
    position's sign; beta: to the market. None is unknown.
    """

    key: str
    underlying: str
    kind: PositionType
    market_value: float
    notional: float
    delta: float | None = 1.0
    beta: float | None = None
    sector: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def delta_adjusted(self) -> float | None:
        """Dollars of stock that move like the position: sign * delta * notional."""
        return None if self.delta is None else self.kind.sign * self.delta * self.notional

    @property
    def beta_weighted(self) -> float | None:
        """Dollars of the market that move like the position."""
        adjusted = self.delta_adjusted
        return None if adjusted is None or self.beta is None else adjusted * self.beta


@dataclass(frozen=True, slots=True)
class Sides:
    """One measure split by sign; short is a magnitude. unknown: keys of the positions it could not count."""

    long: float = 0.0
    short: float = 0.0
    unknown: tuple[str, ...] = ()

    @property
    def gross(self) -> float:
        """long + short."""
        return self.long + self.short

    @property
    def net(self) -> float:
        """long - short."""
        return self.long - self.short


@dataclass(frozen=True, slots=True)
class Exposure:
    """A group of positions in the four measures.

    Notional is split by the sign of the delta, its own by the position's.
    """

    positions: int
    market_value: Sides
    notional: Sides
    delta_adjusted: Sides
    beta_weighted: Sides


@dataclass(frozen=True, slots=True)
class BookExposure:
    """The whole book and its groups. A position with several tags is in each: tags do not add up to the book.

    by_option: stock, CALL, PUT. delta_source: whose deltas these are; portfolio_beta: beta-weighted net over the book's
    total value, None without capital or where a beta is unknown.
    """

    delta_source: GreekSource
    book: Exposure
    by_sector: Mapping[str, Exposure]
    by_tag: Mapping[str, Exposure]
    by_option: Mapping[str, Exposure]
    by_underlying: Mapping[str, Exposure]
    portfolio_beta: float | None


@dataclass(frozen=True, slots=True)
class Concentration:
    """How few names carry the book. weights: share of gross per underlying, largest first; hhi: sum of squares.

    effective_names: 1 / hhi, the number of equal names as concentrated. All 0 for an empty book.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    hhi: float = 0.0
    effective_names: float = 0.0

    def top(self, names: int) -> float:
        """Share of gross in the largest `names`."""
        return sum(list(self.weights.values())[:names])


def compute_exposure(
    lines: Sequence[ExposureLine],
    total_value: float,
    delta_source: GreekSource = GreekSource.MOCK,
    *,
    by_underlying: bool = True,
) -> BookExposure:
    """All exposures of a book. lines: one per position, deltas of one source only.

    by_underlying: False leaves that mapping empty, which is most of the work of a book of many names.
    ValueError for a negative notional.
    """
    for line in lines:
        if not line.notional >= 0:
            raise ValueError(f"the notional of {line.key} is {line.notional}: its direction is the type's")
    book = _exposure(lines)
    weighable = total_value > 0 and not book.beta_weighted.unknown
    return BookExposure(
        delta_source=delta_source,
        book=book,
        by_sector=_grouped(lines, lambda line: (line.sector or UNKNOWN,)),
        by_tag=_grouped(lines, lambda line: line.tags or (UNTAGGED,)),
        by_option=_grouped(lines, lambda line: (line.kind.option_type or STOCK,)),
        by_underlying=_grouped(lines, lambda line: (line.underlying,)) if by_underlying else {},
        portfolio_beta=book.beta_weighted.net / total_value if weighable else None,
    )


def compute_concentration(lines: Iterable[ExposureLine]) -> Concentration:
    """Concentration by underlying of the gross delta-adjusted exposure (market value where a delta is unknown).

    Positions on one underlying are netted first: stock hedged by its own put is a small bet on that name.
    """
    net: dict[str, float] = {}
    for line in lines:
        adjusted = line.delta_adjusted
        amount = line.market_value if adjusted is None else adjusted
        net[line.underlying] = net.get(line.underlying, 0.0) + amount
    sizes = {name: abs(amount) for name, amount in net.items() if amount}
    gross = sum(sizes.values())
    if not gross:
        return Concentration()
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    weights = {name: size / gross for name, size in ordered}
    effective = float(effective_number(np.array(list(weights.values()))))
    return Concentration(weights, 1 / effective, effective)


def compute_active_weights(
    exposure: Mapping[str, Exposure], total_value: float, benchmark: Mapping[str, float]
) -> dict[str, float]:
    """Net market value per sector as a share of total value, less the benchmark's share; every sector of either.

    benchmark: shares that sum to 1. ValueError without capital.
    """
    if not total_value > 0:
        raise ValueError(f"weights need a positive total value: {total_value}")
    held = {sector: one.market_value.net / total_value for sector, one in exposure.items()}
    return {sector: held.get(sector, 0.0) - benchmark.get(sector, 0.0) for sector in sorted({*held, *benchmark})}


def _grouped(lines: Sequence[ExposureLine], keys: Callable[[ExposureLine], tuple[str, ...]]) -> dict[str, Exposure]:
    groups: dict[str, list[ExposureLine]] = {}
    for line in lines:
        for key in dict.fromkeys(keys(line)):
            groups.setdefault(str(key), []).append(line)
    return {key: _exposure(groups[key]) for key in sorted(groups)}


def _exposure(lines: Sequence[ExposureLine]) -> Exposure:
    values = [line.market_value for line in lines]
    adjusted = [line.delta_adjusted for line in lines]
    notional = [
        line.kind.sign * line.notional if delta is None else math.copysign(line.notional, delta)
        for line, delta in zip(lines, adjusted, strict=True)
    ]
    return Exposure(
        len(lines),
        _sides(lines, values),
        _sides(lines, notional),
        _sides(lines, adjusted),
        _sides(lines, [line.beta_weighted for line in lines]),
    )


def _sides(lines: Sequence[ExposureLine], amounts: Sequence[float | None]) -> Sides:
    # plain sums: groups have a handful of positions, for which arrays cost ten times more
    long = sum(amount for amount in amounts if amount is not None and amount > 0)
    short = -sum(amount for amount in amounts if amount is not None and amount < 0)
    unknown = tuple(line.key for line, amount in zip(lines, amounts, strict=True) if amount is None)
    return Sides(float(long), float(short), unknown)
