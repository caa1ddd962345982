"""Demo books: the counts of the requirement, the same every time, and a past that reconciles to the cent."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest

from portfolios.kernels.demo import (
    HISTORY_SESSIONS,
    STYLES,
    Candidate,
    DemoBook,
    compute_demo_history,
    draft_demo_book,
    simulate_closes,
    third_friday,
)
from portfolios.kernels.positions import PositionType, value_position
from portfolios.kernels.snapshots import reconcile
from sentiment_site.market.calendar import sessions_between

D = Decimal
SESSIONS = [session.date for session in sessions_between(dt.date(2024, 1, 2), dt.date(2024, 5, 13))][-HISTORY_SESSIONS:]
SECTORS = ["technology", "healthcare", "energy", "financial", "consumer_discretionary", "industrials"]
RNG = np.random.default_rng(37)
CANDIDATES = [
    Candidate(
        "BRK.B" if n == 7 else f"S{chr(65 + n // 26)}{chr(65 + n % 26)}", SECTORS[n % 6],
        D(str(round(float(RNG.uniform(2, 300)), 2))), float(RNG.uniform(0.2, 0.9)), float(RNG.uniform(0.5, 1.8)),
        float(RNG.normal()),
    )
    for n in range(60)
]  # fmt: skip


def book(place: int) -> DemoBook:
    return draft_demo_book(STYLES[place], CANDIDATES, SESSIONS, seed=5)


@pytest.mark.parametrize(("place", "longs", "shorts", "options"), [(0, 18, 3, 4), (1, 15, 5, 0), (2, 12, 8, 10)])
def test_counts_of_the_requirement(place: int, longs: int, shorts: int, options: int) -> None:
    kinds = [one.position.kind for one in book(place).positions]
    assert kinds.count(PositionType.LONG) == longs
    assert kinds.count(PositionType.SHORT) == shorts
    assert sum(kind.is_option for kind in kinds) == options
    assert len(kinds) == STYLES[place].size == [25, 20, 30][place]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_past_reconciles_and_ends_at_the_book(place: int) -> None:
    made = book(place)
    rows = compute_demo_history(made, CANDIDATES)
    assert [row.date for row in rows] == SESSIONS
    assert all(session.weekday() < 5 for session in SESSIONS)
    found = reconcile(rows)
    assert found.holds
    assert (rows[0].flows, found.flows) == (1_000_000, 0)
    assert rows[-1].cumulative_pnl == rows[-1].total_value - 1_000_000
    # nobody earns on the day of the entry, and the last row is the book at today's prices
    stocks = [one.position for one in made.positions if one.position.option is None]
    today = {one.symbol: one.price for one in CANDIDATES}
    value = sum(value_position(one, today[one.symbol]).market_value for one in stocks)
    options = rows[-1].total_value - made.cash - value
    assert (options == 0) == (STYLES[place].options == ())
    assert made.cash == rows[-1].cash_value
    changes = np.array([float(row.daily_return or 0) for row in rows])
    assert 0.002 < changes.std() < 0.04
    assert compute_demo_history(made, CANDIDATES) == rows


def test_books_are_repeatable_and_differ_by_seed() -> None:
    assert book(0) == book(0)
    assert book(0) != draft_demo_book(STYLES[0], CANDIDATES, SESSIONS, seed=6)
    assert book(0).positions[0].tags == ("Growth", "Momentum")
    sectors = {one.symbol: one.sector for one in CANDIDATES}
    held = [sectors[one.position.symbol] for one in book(1).positions if one.position.kind is PositionType.LONG]
    assert set(held) == {"financial", "energy"}
    for one in book(2).positions:
        if one.position.option is not None:
            assert one.position.option.expiration > SESSIONS[-1]
            assert one.position.option.expiration.weekday() == 4
            assert one.position.entry_price >= D("0.01")


def test_given_closes_are_what_is_paid_and_options_come_when_they_may() -> None:
    closes = {one.symbol: [D(place + 10) for place in range(len(SESSIONS))] for one in CANDIDATES}
    made = draft_demo_book(STYLES[2], CANDIDATES, SESSIONS, 5, closes, options_from=40)
    assert all(line == tuple(closes[symbol]) for symbol, line in made.closes.items())
    for one in made.positions:
        if one.position.option is None:
            assert one.position.entry_price == one.entered + 10
        else:
            assert one.entered >= 40 and one.position.entry_date == SESSIONS[one.entered]
    assert made == draft_demo_book(STYLES[2], CANDIDATES, SESSIONS, 5, closes, options_from=40)


def test_closes_end_at_todays_price() -> None:
    found = simulate_closes(CANDIDATES[:5], 90, 1)
    for one in CANDIDATES[:5]:
        closes = found[one.symbol]
        assert len(closes) == 90
        assert closes[-1] == one.price
        assert min(closes) > 0
        moves = np.diff(np.log([float(close) for close in closes]))
        assert moves.std() * np.sqrt(252) == pytest.approx(one.volatility, rel=0.45)
    assert simulate_closes(CANDIDATES[:1], 1, 1) == {CANDIDATES[0].symbol: (CANDIDATES[0].price,)}
    with pytest.raises(ValueError, match="0 sessions"):
        simulate_closes(CANDIDATES, 0, 1)
    with pytest.raises(ValueError, match="prices"):
        simulate_closes([Candidate("X", "energy", D(0), 0.3)], 5, 1)
    with pytest.raises(ValueError, match="too few"):
        draft_demo_book(STYLES[0], CANDIDATES[:20], SESSIONS, 1)


def test_third_fridays() -> None:
    assert third_friday(dt.date(2024, 1, 2), 0) == dt.date(2024, 1, 19)
    assert third_friday(dt.date(2024, 11, 30), 3) == dt.date(2025, 2, 21)
    assert third_friday(dt.date(2024, 2, 29), 1) == dt.date(2024, 3, 15)
