"""Which contracts there are: who has options, strikes on the grids, what stays, what splits do."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from sentiment_site.simulator.options import ladder as contracts
from sentiment_site.simulator.options.expirations import Tier
from sentiment_site.simulator.options.ladder import Ladder, Ladders
from tests.simulator.client import Client
from tests.simulator.conftest import NOON


@pytest.fixture(scope="module")
def ladders(client: Client) -> Ladders:
    return Ladders(client.application.world.tape)


@pytest.fixture(scope="module")
def split(busy: Client) -> Ladders:
    return Ladders(busy.application.world.tape)


def test_less_than_half_have_options_and_larger_ones_first(client: Client, ladders: Ladders) -> None:
    listing = client.application.world.tape.listing
    have = ladders.tier >= 0
    assert 0.40 < have.mean() < 0.48
    assert (listing.price[have] > contracts.LEAST_PRICE).all()
    assert np.median(listing.cap[have]) > 3 * np.median(listing.cap[~have])
    assert {listing.securities[row].kind for row in np.flatnonzero(have)} <= {"CS", "ADRC", "ETF", "FUND"}
    assert [ladders.tier[listing.row_of[fund]] for fund in ("SPY", "QQQ", "IWM")] == [Tier.DAILY] * 3
    counts = np.bincount(ladders.tier[have])
    assert counts[Tier.MONTHLY] > counts[Tier.LEAPS] > counts[Tier.WEEKLY] > counts[Tier.DAILY]


def test_tickers_and_strikes_are_well_formed(client: Client, ladders: Ladders) -> None:
    row = client.application.world.tape.listing.row_of["SPY"]
    ladder = ladders.ladder(row, 30)
    assert list(ladder.tickers) == sorted(set(ladder.tickers)) and len(ladder) > 3000
    for one in range(0, len(ladder), 97):
        date, strike = dt.date.fromordinal(int(ladder.expiration[one])), round(ladder.strike[one] * 1000)
        side = "P" if ladder.put[one] else "C"
        assert ladder.tickers[one] == f"O:SPY{date:%y%m%d}{side}{strike:08d}"
    assert len(set(ladder.key.tolist())) == len(ladder)
    for row in ladders.rows_by_root[::17]:
        strikes = np.unique(ladders.ladder(row, 30).strike)
        assert len(strikes) >= 5 and np.allclose(strikes * 2, np.round(strikes * 2))  # multiples of .5


def test_contracts_stay_and_the_past_does_not_change(ladders: Ladders) -> None:
    grown = 0
    for row in ladders.rows_by_root[::11]:
        earlier, later = ladders.ladder(row, 12), ladders.ladder(row, 30)
        assert set(earlier.tickers) <= set(later.tickers)
        then = {later.tickers[one] for one in np.flatnonzero(later.listed <= 12)}
        assert then == set(earlier.tickers)
        grown += len(later) > len(earlier)
    assert grown > 10


def test_an_offering_gets_options_after_a_week_and_the_delisted_none_anew(busy: Client, split: Ladders) -> None:
    listing = busy.application.world.tape.listing
    fresh = [row for row in split.rows_by_root if 0 < listing.first[row] < 20]
    assert fresh
    for row in fresh:
        begin = int(listing.first[row]) + contracts.LISTED_AFTER_SESSIONS
        assert len(split.ladder(row, begin - 1)) == 0 < len(split.ladder(row, begin))
    gone = [row for row in split.rows_by_root if 0 < listing.last[row] < 25]
    assert gone and all(split.ladder(row, 30).tickers == split.ladder(row, int(listing.last[row])).tickers
                        for row in gone)  # fmt: skip


def of_generation(ladder: Ladder, generation: int) -> np.ndarray:
    return np.flatnonzero(ladder.generation == generation)


def test_an_even_split_divides_strikes_and_multiplies_contracts(split: Ladders) -> None:
    row, at, executed = found(split, lambda one: one.split_from == 1 and one.split_to > 1)
    before, after = split.ladder(row, at - 1), split.ladder(row, at)
    old = of_generation(after, 0)
    assert not after.adjusted[old].any() and (after.shares[old] == 100).all()
    live = old[after.expiration[old] >= executed.session.date.toordinal()]
    assert after.strike[live] == pytest.approx(np.round(after.first_strike[live] / executed.split_to, 2))
    assert (after.factor[live] == executed.split_to).all()
    assert set(before.key.tolist()) - set(after.key.tolist()) == set()
    assert len(of_generation(after, 1))


def test_a_reverse_split_changes_what_is_delivered(split: Ladders) -> None:
    row, at, executed = found(split, lambda one: one.split_from in (15, 30, 8) and one.split_to == 1)
    before, after = split.ladder(row, at - 1), split.ladder(row, at)
    today = executed.session.date.toordinal()
    adjusted = np.flatnonzero(after.adjusted)
    root = contracts.root_of(split._tape.listing.securities[row].symbol)
    assert len(adjusted) == (before.expiration >= today).sum() > 0
    assert all(after.tickers[one].startswith(f"O:{root}1") for one in adjusted)
    price = float(np.exp(split._tape.market.days[at].start[row]))
    whole = 100 // executed.split_from
    assert (after.shares[adjusted] == whole).all()
    assert after.cash[adjusted] == pytest.approx((100 / executed.split_from - whole) * price, abs=0.005)
    assert (after.strike[adjusted] == after.first_strike[adjusted]).all()
    fresh = of_generation(after, 1)
    assert len(fresh) and (after.listed[fresh] == at).all() and (after.shares[fresh] == 100).all()
    assert np.abs(np.log(np.median(after.strike[fresh]) / price)) < 0.7


def found(split: Ladders, wanted: object) -> tuple[int, int, object]:
    """The first row with one split of the wanted kind, and its session."""
    for row in split.rows_by_root:
        done = split.splits_of(row, 31)
        if len(done) == 1 and done[0][0] > 3 and wanted(done[0][1]) and len(split.ladder(row, done[0][0] - 1)):  # type: ignore[operator]
            return row, done[0][0], done[0][1]
    raise AssertionError("no such split in this market")


def test_two_markets_of_one_seed_agree(client: Client, ladders: Ladders) -> None:
    again = Ladders(client.application.world.tape)
    assert (again.tier == ladders.tier).all()
    row = ladders.rows_by_root[3]
    assert again.ladder(row, 20).tickers == ladders.ladder(row, 20).tickers
    assert client.application.world.tape.cut(NOON)
