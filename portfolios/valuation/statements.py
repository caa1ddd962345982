"""The SQL of the batch: whole chunks of books in one statement each, arithmetic in exact numerics.

A rounding is half to even, as everywhere in books; PostgreSQL rounds halves away from zero, so a tie is rounded as
twice the rounded half. Which price counts for a position on a day stands in _PRICE and nowhere else.
"""

# ruff: noqa: S608 - the statements are put together from our own words, values are always bound
from __future__ import annotations

import datetime as dt
from typing import Final

# the share basis of prices that no split ever touched
ANY_BASIS: Final = dt.date(1, 1, 1)

CREATE_PRICES: Final = """
CREATE TEMP TABLE IF NOT EXISTS valuation_price (
    instrument_id int NOT NULL, contract text NOT NULL, basis_on date NOT NULL, day date NOT NULL,
    price numeric NOT NULL, made_on date NOT NULL, made_at timestamptz NOT NULL, source text NOT NULL
)
"""
EMPTY_PRICES: Final = "TRUNCATE valuation_price"
DROP_PRICES: Final = "DROP TABLE IF EXISTS valuation_price"
COPY_PRICES: Final = "COPY valuation_price FROM STDIN"
INDEX_PRICES: Final = "ANALYZE valuation_price"  # a table that the planner knows nothing of gets a nested loop

_CONTRACT = """CASE WHEN p.option_type = '' THEN '' ELSE concat_ws('|', p.expiration_date, p.option_type,
    p.strike_price, p.multiplier, p.deliverable_shares, p.deliverable_cash) END"""
_BASIS = f"CASE WHEN p.instrument_id = ANY(%(split)s) THEN p.basis_on ELSE '{ANY_BASIS.isoformat()}'::date END"
_LIVING = "p.portfolio_id = ANY(%(ids)s) AND p.deleted_at IS NULL"
_SIGN = "CASE WHEN p.position_type IN ('LONG', 'LC', 'LP') THEN 1 ELSE -1 END"
_PRICED_ON = "(p.last_price_at AT TIME ZONE 'America/New_York')::date"
# a price that somebody else gave: it wins on its own day
_QUOTED = f"p.last_price_source !~ '^(entry|close|half-hour bar|model)' AND {_PRICED_ON} = d.day"

_PRICE = f"""CASE
    WHEN {_QUOTED} THEN p.last_price
    WHEN t.made_on >= p.entry_date THEN t.price
    WHEN {_PRICED_ON} BETWEEN p.entry_date AND d.day THEN p.last_price
    ELSE p.entry_price END"""
_MADE_AT = f"""CASE
    WHEN {_QUOTED} THEN p.last_price_at
    WHEN t.made_on >= p.entry_date THEN t.made_at
    WHEN {_PRICED_ON} BETWEEN p.entry_date AND d.day THEN p.last_price_at END"""
_FROM_PRICES = f"""LEFT JOIN valuation_price t ON t.instrument_id = p.instrument_id AND t.day = d.day
    AND t.contract = {_CONTRACT} AND t.basis_on = {_BASIS}"""


def _half_even(value: str, places: int) -> str:
    return (
        f"CASE WHEN abs({value} * 1e{places} %% 1) = 0.5 THEN 2 * round({value} / 2, {places})"
        f" ELSE round({value}, {places}) END"
    )


HELD_KEYS: Final = f"""
SELECT DISTINCT p.instrument_id, {_CONTRACT}, {_BASIS},
    p.expiration_date, p.strike_price, p.option_type,
    CASE WHEN p.option_type <> '' THEN p.multiplier END, CASE WHEN p.option_type <> '' THEN p.deliverable_shares END,
    CASE WHEN p.option_type <> '' THEN p.deliverable_cash END
FROM portfolios_position p
WHERE {_LIVING} AND p.instrument_id IS NOT NULL AND p.entry_date <= %(last)s
    AND (p.closed_on IS NULL OR p.closed_on > %(first)s)
"""

# what each book owned and owed on each day, exactly, and when the newest price in it was made
SUMS: Final = f"""
SELECT portfolio_id, day, COALESCE(sum(value) FILTER (WHERE value > 0), 0),
    COALESCE(-sum(value) FILTER (WHERE value < 0), 0), max(made_at)
FROM (
    SELECT p.portfolio_id, d.day, {_SIGN} * ({_PRICE}) * p.quantity * p.multiplier AS value, {_MADE_AT} AS made_at
    FROM unnest(%(days)s::date[]) AS d(day)
    JOIN portfolios_position p ON p.entry_date <= d.day AND (p.closed_on IS NULL OR p.closed_on > d.day)
    {_FROM_PRICES}
    WHERE {_LIVING}
) valued GROUP BY portfolio_id, day
"""

# cash, and all capital that ever came, at the end of each day
MONEY: Final = """
SELECT f.portfolio_id, d.day, sum(f.amount),
    COALESCE(sum(f.amount + f.in_kind) FILTER (WHERE f.kind IN ('deposit', 'withdrawal', 'transfer')), 0)
FROM unnest(%(days)s::date[]) AS d(day) JOIN portfolios_cashflow f ON f.flowed_on <= d.day
WHERE f.portfolio_id = ANY(%(ids)s) AND f.deleted_at IS NULL
GROUP BY f.portfolio_id, d.day
"""

_COLUMNS = """portfolio_id, snapshot_date, state, total_value, cash_value, long_value, short_value, gross_exposure,
    net_exposure, flows, daily_pnl, daily_pnl_pct, cumulative_pnl, as_of"""
_VALUES = "total_value, cash_value, long_value, short_value, flows, daily_pnl, daily_pnl_pct, cumulative_pnl"
_RISK = """portfolio_beta = NULL, portfolio_volatility = NULL, sharpe_ratio = NULL, max_drawdown = NULL,
    greeks_kind = '', total_delta = NULL, total_gamma = NULL, total_theta = NULL, total_vega = NULL,
    exposure_detail = '{}'"""
_NEW = ", ".join(f"EXCLUDED.{name.strip()}" for name in _VALUES.split(","))
_OLD = ", ".join(f"s.{name.strip()}" for name in _VALUES.split(","))

# Rows that say the same already are left alone. What was measured of a row goes when its values change: the risk batch
# measures again, and until then nothing is claimed.
WRITE_ROWS: Final = f"""
INSERT INTO portfolios_portfoliosnapshot AS s
    (id, created_at, recorded_at, greeks_kind, exposure_detail, {_COLUMNS})
SELECT gen_random_uuid(), %(now)s, %(now)s, '', '{{}}', r.* FROM unnest(
    %(portfolio_id)s::uuid[], %(snapshot_date)s::date[], %(state)s::text[], %(total_value)s::numeric[],
    %(cash_value)s::numeric[], %(long_value)s::numeric[], %(short_value)s::numeric[], %(gross_exposure)s::numeric[],
    %(net_exposure)s::numeric[], %(flows)s::numeric[], %(daily_pnl)s::numeric[], %(daily_pnl_pct)s::numeric[],
    %(cumulative_pnl)s::numeric[], %(as_of)s::timestamptz[]) AS r
ON CONFLICT (portfolio_id, snapshot_date) DO UPDATE SET
    (state, as_of, recorded_at, gross_exposure, net_exposure, {_VALUES}) =
    (EXCLUDED.state, EXCLUDED.as_of, EXCLUDED.recorded_at, EXCLUDED.gross_exposure, EXCLUDED.net_exposure, {_NEW}),
    {_RISK}
WHERE ({_OLD}) IS DISTINCT FROM ({_NEW})
"""
# the same values, now final (or made of other prices): what was measured of them stays
WRITE_STATES: Final = """
UPDATE portfolios_portfoliosnapshot s SET state = r.state, as_of = r.as_of, recorded_at = %(now)s
FROM unnest(%(portfolio_id)s::uuid[], %(snapshot_date)s::date[], %(state)s::text[], %(as_of)s::timestamptz[])
    AS r(portfolio_id, snapshot_date, state, as_of)
WHERE s.portfolio_id = r.portfolio_id AND s.snapshot_date = r.snapshot_date
    AND (s.state, s.as_of) IS DISTINCT FROM (r.state, r.as_of)
"""

_MOVE = f"{_SIGN} * (x.price - p.entry_price)"
# open positions stand at the day's price; those without one keep what they have
UPDATE_POSITIONS: Final = f"""
UPDATE portfolios_position p SET last_price = x.price, last_price_at = x.made_at, last_price_source = x.source,
    market_value = {_half_even(f"({_SIGN} * x.price * p.quantity * p.multiplier)", 2)},
    unrealized_pnl = {_half_even(f"({_MOVE} * p.quantity * p.multiplier)", 2)},
    unrealized_pnl_pct = CASE WHEN p.entry_price > 0 THEN
        greatest(least({_half_even(f"({_MOVE} / nullif(p.entry_price, 0))", 4)}, 9999.9999), -9999.9999) END,
    updated_at = %(now)s
FROM (
    SELECT p.id, {_half_even("t.price", 4)} AS price, t.made_at, t.source
    FROM (SELECT %(day)s::date AS day) d
    JOIN portfolios_position p ON p.entry_date <= d.day
    JOIN valuation_price t ON t.instrument_id = p.instrument_id AND t.day = d.day
        AND t.contract = {_CONTRACT} AND t.basis_on = {_BASIS} AND t.made_on >= p.entry_date
    WHERE {_LIVING} AND p.closed_on IS NULL AND NOT COALESCE({_QUOTED}, false)
) x
WHERE p.id = x.id
    AND (p.last_price, p.last_price_at, p.last_price_source) IS DISTINCT FROM (x.price, x.made_at, x.source)
"""

WRITE_MARKS: Final = """
INSERT INTO portfolios_batchmark AS m (id, portfolio_id, kind, session, marked_at)
SELECT gen_random_uuid(), one, %(kind)s, %(session)s, %(wall)s FROM unnest(%(ids)s::uuid[]) AS one
ON CONFLICT (portfolio_id, kind) DO UPDATE SET session = EXCLUDED.session, marked_at = EXCLUDED.marked_at
WHERE m.session < EXCLUDED.session
"""

# books whose final rows are older than a bar of something they held that day
MARK_CORRECTED: Final = """
UPDATE portfolios_portfolio b SET stale_from = LEAST(b.stale_from, found.day) FROM (
    SELECT s.portfolio_id, min(s.snapshot_date) AS day
    FROM bar_1d bar
    JOIN portfolios_position p ON p.instrument_id = bar.instrument_id AND p.deleted_at IS NULL
        AND p.entry_date <= (bar.ts AT TIME ZONE 'UTC')::date
        AND (p.closed_on IS NULL OR p.closed_on > (bar.ts AT TIME ZONE 'UTC')::date)
    JOIN portfolios_portfoliosnapshot s ON s.portfolio_id = p.portfolio_id AND s.state = 'final'
        AND s.snapshot_date = (bar.ts AT TIME ZONE 'UTC')::date AND s.recorded_at < bar.recorded_at
    WHERE bar.ts >= %(first)s AND bar.ts <= %(last)s AND bar.recorded_at > %(since)s AND bar.recorded_at <= %(now)s
    GROUP BY s.portfolio_id
) found WHERE b.id = found.portfolio_id AND b.deleted_at IS NULL
"""

PLANS: Final = """
SELECT b.id, b.stale_from, m.session,
    (SELECT min(f.flowed_on) FROM portfolios_cashflow f WHERE f.portfolio_id = b.id AND f.deleted_at IS NULL)
FROM portfolios_portfolio b
LEFT JOIN portfolios_batchmark m ON m.portfolio_id = b.id AND m.kind = 'snapshot'
WHERE b.id = ANY(%(ids)s) AND b.deleted_at IS NULL ORDER BY b.id FOR UPDATE OF b
"""

# living books with something to do up to a session
DUE: Final = """
SELECT b.id FROM portfolios_portfolio b JOIN portfolios_user u ON u.id = b.user_id AND u.deleted_at IS NULL
LEFT JOIN portfolios_batchmark m ON m.portfolio_id = b.id AND m.kind = 'snapshot'
WHERE b.deleted_at IS NULL AND (b.stale_from <= %(day)s OR ((m.session IS NULL OR m.session < %(day)s) AND EXISTS (
    SELECT 1 FROM portfolios_cashflow f
    WHERE f.portfolio_id = b.id AND f.deleted_at IS NULL AND f.flowed_on <= %(day)s)))
ORDER BY b.id
"""
