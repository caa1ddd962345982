"""Quotes: values and volatilities hang together, volume only grows, nothing knows the future."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from sentiment_site.market import calendar
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.options import flow
from sentiment_site.simulator.options.expirations import Tier
from sentiment_site.simulator.options.market import OptionMarket, Quotes
from sentiment_site.simulator.options.surface import Reports, Surface
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.tape.snapshot import Snapshots
from tests.simulator.client import Client
from tests.simulator.conftest import ANCHOR, NOON


@pytest.fixture(scope="module")
def options(client: Client) -> OptionMarket:
    tape = client.application.world.tape
    return OptionMarket(tape, Snapshots(tape))


def at(*moment: int) -> dt.datetime:
    return dt.datetime(*moment, tzinfo=calendar.NEW_YORK)  # type: ignore[arg-type,misc]


def row_of(options: OptionMarket, symbol: str) -> int:
    return options.tape.listing.row_of[symbol]


def some(options: OptionMarket, tier: Tier, count: int = 12) -> list[int]:
    active = options.tape.is_active(NOON)
    return [row for row in options.ladders.rows_by_root if options.ladders.tier[row] == tier and active[row]][:count]


def quotes_of(options: OptionMarket, row: int, moment: dt.datetime = NOON) -> Quotes:
    found = options.quotes(row, moment)
    assert found is not None
    return found


def test_values_rise_with_time_and_fall_with_distance(options: OptionMarket) -> None:
    quotes = quotes_of(options, row_of(options, "SPY"))
    ladder, live = quotes.ladder, quotes.live
    assert (ladder.expiration[live] >= NOON.date().toordinal()).all()
    calls = live[~ladder.put[live]]
    places = {int(one): place for place, one in enumerate(live)}
    for expiry in np.unique(ladder.expiration[calls]):
        line = [places[int(one)] for one in calls if ladder.expiration[one] == expiry]
        order = np.argsort(ladder.strike[live[line]])
        value = quotes.value[line][order]
        assert (np.diff(value) <= 0.01 * value[1:] + 1e-3).all()
    strike = round(quotes.underlying)
    money = [place for place in places.values() if ladder.strike[live[place]] == strike and not ladder.put[live[place]]]
    assert (np.diff(quotes.value[sorted(money, key=lambda place: ladder.expiration[live[place]])]) > 0).all()


def test_volatility_is_the_securitys_own(options: OptionMarket) -> None:
    """Against the process: at the money, two months out, within the range a moving volatility allows."""
    listing = options.tape.listing
    ratios = []
    for row in [*some(options, Tier.WEEKLY), *some(options, Tier.LEAPS)]:
        surface = Surface(options.tape.market, Reports(options.tape.market), row, 31)
        own = np.hypot(listing.volatility[row] * 0.8, 0.018 * listing.loads[row, 0]) * np.sqrt(252)
        ratios.append(float(surface.at_the_money(np.array([60 / 365]))[0] / own))
    assert 0.8 < np.median(ratios) < 1.6 and np.std(np.log(ratios)) < 0.4
    spy = Surface(options.tape.market, Reports(options.tape.market), row_of(options, "SPY"), 31)
    wing = spy.implied(np.array(700.0), np.array([560.0, 700.0, 840.0]), np.array(0.1), np.array(0.0))
    assert wing[0] > wing[1] and wing[0] > wing[2]  # a fund's skew


def test_a_report_to_come_makes_options_dear_until_it_is_out(options: OptionMarket) -> None:
    market, reports = options.tape.market, Reports(options.tape.market)
    day = market.days[10]
    following = calendar.shift(day.session.date, 3)
    rows = [row for row in market.script.reporting(following)
            if options.ladders.tier[row] >= 0 and market.tradable(14)[row]]  # fmt: skip
    assert rows
    risen = []
    for row in rows:
        assert reports.next_of(row, day.session.date, False) == following.date
        near, far = Surface(market, reports, row, 10).at_the_money(np.array([1 / 365, 10 / 365]))
        after = Surface(market, reports, row, 14).at_the_money(np.array([6 / 365]))[0]
        risen.append(far / near)
        assert reports.next_of(row, market.days[14].session.date, False) != following.date
        assert after < far * 1.5
    assert np.median(risen) > 1.1 and min(risen) > 0.95


def test_volume_only_grows_and_bars_keep_their_extremes(options: OptionMarket) -> None:
    row = some(options, Tier.WEEKLY)[2]
    before = quotes_of(options, row, at(2025, 12, 1, 9, 50))
    for hour, minute in ((10, 3), (10, 31), (12, 0), (15, 47), (16, 20), (19, 0)):
        quotes = quotes_of(options, row, at(2025, 12, 1, hour, minute))
        old, new = before.trading, quotes.trading
        traded = old.volume > 0
        assert (new.volume >= old.volume).all()
        assert (new.open[traded] == old.open[traded]).all()
        assert (new.high[traded] >= old.high[traded]).all() and (new.low[traded] <= old.low[traded]).all()
        assert (new.last[traded] >= old.last[traded]).all()
        some_bar = new.volume > 0
        for price in (new.open, new.close, new.vwap):
            assert (price <= new.high)[some_bar].all() and (price >= new.low)[some_bar].all()
        assert (new.low[some_bar] >= 0.01).all() and (new.last <= at(2025, 12, 1, 16).timestamp()).all()
        before = quotes
    assert before.trading.volume.sum() > 0
    assert (before.trading.volume == quotes_of(options, row, at(2025, 12, 2, 2)).trading.volume).all()


def test_the_day_is_reset_and_open_interest_is_of_the_evening_before(options: OptionMarket) -> None:
    row = some(options, Tier.WEEKLY)[2]
    night, reset = quotes_of(options, row, at(2025, 12, 2, 3)), quotes_of(options, row, at(2025, 12, 2, 4))
    early = quotes_of(options, row, at(2025, 12, 2, 9, 40))
    assert night.trading.volume.sum() > 0 == early.trading.volume.sum()
    assert reset.trading.volume.sum() == 0
    noon, evening = quotes_of(options, row), quotes_of(options, row, at(2025, 12, 2, 19))
    assert (early.open_interest == noon.open_interest).all() and (noon.open_interest == evening.open_interest).all()
    common = set(night.ladder.key[night.live].tolist()) & set(noon.ladder.key[noon.live].tolist())
    old = {int(key): int(held) for key, held in zip(night.ladder.key[night.live], night.open_interest, strict=True)}
    new = {int(key): int(held) for key, held in zip(noon.ladder.key[noon.live], noon.open_interest, strict=True)}
    moved = [new[key] / old[key] for key in common if old[key] > 500]
    assert moved and 0.5 < np.median(moved) < 1.5


def test_nothing_is_known_of_the_future(options: OptionMarket) -> None:
    """A market that has not generated the next day, or the rest of this one, quotes the same."""
    parameters = options.tape.market.parameters
    young = Tape(Market(Parameters(ANCHOR, seed=parameters.seed, names=parameters.names, sessions=parameters.sessions)))
    other = OptionMarket(young, Snapshots(young))
    moment = at(2025, 11, 24, 11, 5)
    for row in (*some(options, Tier.WEEKLY, 3), *some(options, Tier.DAILY, 1)):
        first, second = quotes_of(other, row, moment), quotes_of(options, row, moment)
        assert first.ladder.tickers == second.ladder.tickers and first.underlying == second.underlying
        for name in ("value", "sigma", "open_interest", "previous_close", "known"):
            assert (getattr(first, name) == getattr(second, name)).all()
        assert (first.trading.volume == second.trading.volume).all()
        assert (first.trading.close == second.trading.close).all()
    assert young.market.days[-1].session.date == moment.date()


def test_volume_follows_the_stocks_and_has_heavy_tails(options: OptionMarket) -> None:
    market = options.tape.market
    row = max(some(options, Tier.WEEKLY, 40), key=lambda one: market.listing.volume[one])
    ladder, day = options.ladders.ladder(row, 25), market.days[25]
    share = np.full(len(ladder), 1.0)
    calm = np.ones(13) * market.listing.volume[row] * day.units[row] / 13
    usual, tenfold = (
        flow.slot_volumes(market, ladder, day, share * 40, calm * factor, None).sum() for factor in (1, 10)
    )
    assert 6 < tenfold / usual < 14
    sizes = np.sort(flow.slot_volumes(market, ladder, day, share * 40, calm, None).sum(axis=1))[::-1]
    assert sizes[: len(sizes) // 50].sum() > 0.1 * sizes.sum()


def test_unusual_orders_stand_out_and_open_interest_remembers(options: OptionMarket) -> None:
    market, seen = options.tape.market, 0
    for row in some(options, Tier.WEEKLY, 40):
        ladder, tier = options.ladders.ladder(row, 30), Tier.WEEKLY
        for day in market.days[5:28]:
            if not market.tradable(day.index)[row]:
                continue
            expected = flow.expected_volume(market, row, day, tier)
            order = flow.unusual_order(market, ladder, day, tier, expected)
            if order is None:
                continue
            seen += 1
            assert order.size >= flow._LEAST_ORDER
            following = market.days[day.index + 1]
            held = flow.open_interest(market, ladder, following, tier, np.zeros(len(ladder)), expected)
            assert held[order.contract] >= int(0.6 * order.size)
    assert 40 < seen < 400  # 15 % of about 23 sessions of 40 stocks, as far as they are listed


def test_no_quotes_without_options_or_a_price(options: OptionMarket, busy: Client) -> None:
    without = int(np.flatnonzero(options.ladders.tier < 0)[0])
    assert options.quotes(without, NOON) is None
    tape = busy.application.world.tape
    other = OptionMarket(tape, Snapshots(tape))
    gone = next(row for row in other.ladders.rows_by_root if 0 < tape.listing.last[row] < 20)
    assert other.quotes(gone, NOON) is None
    fresh = next(row for row in other.ladders.rows_by_root if 15 < tape.listing.first[row] < 25)
    listed = tape.market.days[int(tape.listing.first[fresh])].session
    assert other.quotes(fresh, listed.open + dt.timedelta(hours=2)) is None
