"""The risk of a chunk of books into the tables, a few statements each. Inside the batch's transaction only."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.db import connection

from portfolios.kernels.factors import FACTORS
from portfolios.kernels.greeks import NAMES, Greeks, GreekSource
from portfolios.models import BatchMark, FactorExposure
from sentiment_site.market import calendar, clock

from .factors import FactorNumbers, Weighed, known
from .loading import RiskBook
from .market import Market

# Snapshots keep the betas of every session; the table with their bands goes back a quarter.
KEEP_FACTOR_DAYS = 92
_RATIO_LIMIT, _VOLATILITY_LIMIT, _TOTAL_LIMIT = 999.9995, 99.99995, 999_999.99995
_NULL: Final = "\\N"

_UPDATE: Final = """
UPDATE portfolios_portfoliosnapshot AS s
SET portfolio_beta = n.beta, portfolio_volatility = n.volatility, sharpe_ratio = n.sharpe, max_drawdown = n.drawdown,
    greeks_kind = %(kind)s, total_delta = n.delta, total_gamma = n.gamma, total_theta = n.theta, total_vega = n.vega,
    exposure_detail = d.detail
FROM unnest(%(ids)s::uuid[], %(beta)s::float8[], %(volatility)s::float8[], %(sharpe)s::float8[],
            %(drawdown)s::float8[], %(delta)s::float8[], %(gamma)s::float8[], %(theta)s::float8[], %(vega)s::float8[])
     WITH ORDINALITY AS n(portfolio_id, beta, volatility, sharpe, drawdown, delta, gamma, theta, vega, place)
JOIN jsonb_array_elements(%(details)s::jsonb) WITH ORDINALITY AS d(detail, place) USING (place)
WHERE s.portfolio_id = n.portfolio_id AND s.snapshot_date = %(day)s
"""
_FORGET_GREEKS: Final = """
DELETE FROM portfolios_positiongreeks g USING portfolios_position p
WHERE g.position_id = p.id AND p.portfolio_id = ANY(%s)
"""
_MARK: Final = """
INSERT INTO portfolios_batchmark (id, portfolio_id, kind, session, marked_at)
SELECT gen_random_uuid(), id, %(kind)s, %(day)s, %(now)s FROM unnest(%(ids)s::uuid[]) AS id
ON CONFLICT (portfolio_id, kind) DO UPDATE
SET session = GREATEST(portfolios_batchmark.session, EXCLUDED.session), marked_at = EXCLUDED.marked_at
"""
_GREEK_COLUMNS: Final = (
    "id", "position_id", "kind", "as_of", *NAMES, "implied_volatility", "recorded_at",
)  # fmt: skip
_FACTOR_COLUMNS: Final = (
    "id", "portfolio_id", "factor_id", "exposure_date", "method", "beta", "standard_error", "low", "high", "vif",
    "observations", "recorded_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SnapshotRisk:
    """The risk columns of one book's row. greeks: totals of the mock table; fractions; None where unknown."""

    portfolio_id: uuid.UUID
    beta: float | None
    volatility: float | None
    sharpe: float | None
    max_drawdown: float | None
    greeks: Greeks
    detail: Mapping[str, object]


def update_snapshots(day: dt.date, risks: Sequence[SnapshotRisk]) -> int:
    """Fill the rows of a session that are there; how many were. Numbers that no column holds stay empty."""
    values: dict[str, Any] = {
        "day": day,
        "kind": GreekSource.MOCK.value,
        "ids": [one.portfolio_id for one in risks],
        "beta": [_bounded(one.beta, _RATIO_LIMIT) for one in risks],
        "volatility": [_bounded(one.volatility, _VOLATILITY_LIMIT) for one in risks],
        "sharpe": [_bounded(one.sharpe, _RATIO_LIMIT) for one in risks],
        "drawdown": [_bounded(one.max_drawdown, _VOLATILITY_LIMIT) for one in risks],
        # one document: an array of texts would be escaped quote by quote
        "details": json.dumps([one.detail for one in risks], allow_nan=False),
    }
    for name in ("delta", "gamma", "theta", "vega"):
        values[name] = [_bounded(getattr(one.greeks, name), _TOTAL_LIMIT) for one in risks]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, values)
        return int(cursor.rowcount)


def replace_greeks(portfolio_ids: Sequence[uuid.UUID], day: dt.date, books: Iterable[RiskBook]) -> None:
    """Both kinds of every open position; what was stored of these books before goes."""
    stamp, now = calendar.shift(day, 0).close.isoformat(), clock.now().isoformat()
    rows = [
        _greek_row(line.key, source, line.greeks(source), line.priced.volatility, stamp, now)
        for book in books
        for line in book.lines
        for source in GreekSource
    ]
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_GREEKS, [list(portfolio_ids)])
    _copy("portfolios_positiongreeks", _GREEK_COLUMNS, rows)


def replace_factors(
    portfolio_ids: Sequence[uuid.UUID],
    day: dt.date,
    market: Market,
    weighed: Sequence[Weighed],
    numbers: FactorNumbers | None,
    factor_ids: Mapping[str, uuid.UUID],
) -> int:
    """The session's betas of these books, jointly and alone; how many rows. Those of the quarter before last go."""
    rows = FactorExposure.objects.filter(portfolio__in=portfolio_ids)
    rows.filter(exposure_date=day)._raw_delete(rows.db)  # nothing refers to them
    rows.filter(exposure_date__lt=day - dt.timedelta(days=KEEP_FACTOR_DAYS))._raw_delete(rows.db)
    lines: list[str] = []
    if numbers is not None:
        now = clock.now().isoformat()
        for row, (pk, one) in enumerate(zip(portfolio_ids, weighed, strict=True)):
            if not one.reason:
                lines += _factor_rows(pk, row, day, now, market, numbers, factor_ids)
    _copy("portfolios_factorexposure", _FACTOR_COLUMNS, lines)
    return len(lines)


def mark(portfolio_ids: Sequence[uuid.UUID], day: dt.date) -> None:
    """Note that these books are done up to a session; a later mark stays."""
    values: dict[str, Any] = {
        "ids": list(portfolio_ids),
        "kind": BatchMark.Kind.RISK.value,
        "day": day,
        "now": clock.wall(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARK, values)


def _greek_row(
    key: str, source: GreekSource, greeks: Greeks | None, volatility: float | None, stamp: str, now: str
) -> str:
    figures = [None] * len(NAMES) if greeks is None else [getattr(greeks, name) for name in NAMES]
    sigma = volatility if source is GreekSource.MODEL else None
    parts = [str(uuid.uuid4()), key, source.value, stamp, *(_text(one) for one in figures), _text(sigma), now]
    return "\t".join(parts)


def _factor_rows(
    pk: uuid.UUID,
    row: int,
    day: dt.date,
    now: str,
    market: Market,
    numbers: FactorNumbers,
    factor_ids: Mapping[str, uuid.UUID],
) -> list[str]:
    found = []
    for column, place in enumerate(market.factors.places):
        factor = str(factor_ids[FACTORS[place].name])
        vif = known(market.model.vif[column])
        figures = (numbers.beta, numbers.error, numbers.low, numbers.high)
        joint = [_exact(known(one[row, column])) for one in figures]
        alone = [_exact(known(numbers.alone[row, column])), _NULL, _NULL, _NULL]
        for method, parts, inflation in (("ridge", joint, vif), ("univariate", alone, None)):
            cells = [str(uuid.uuid4()), str(pk), factor, day.isoformat(), method, *parts, _exact(inflation)]
            found.append("\t".join([*cells, str(int(numbers.observations[row])), now]))
    return found


def _copy(table: str, columns: Sequence[str], rows: Sequence[str]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        copy.write("\n".join(rows) + "\n")


def _bounded(value: float | None, limit: float) -> float | None:
    return None if value is None or not np.isfinite(value) or abs(value) >= limit else value


def _text(value: float | None) -> str:
    return _NULL if value is None else f"{value:.6f}"


def _exact(value: float | None) -> str:
    return _NULL if value is None else repr(float(value))
