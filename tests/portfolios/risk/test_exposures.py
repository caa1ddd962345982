"""Exposures of a book: by hand, additive for any book, betas, concentration, the universe, and look-ahead."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.books import cash
from portfolios.books.positions import close_position
from portfolios.kernels.greeks import GreekSource
from portfolios.kernels.positions import PositionType
from portfolios.models import Portfolio
from portfolios.risk import exposures
from portfolios.risk.loading import Held, RiskBook, Universe, make_line
from portfolios.risk.market import SESSIONS_PER_YEAR, Market
from portfolios.risk.pricing import price_positions
from portfolios.risk.selectors import get_exposures, load_book
from portfolios.risk.views import View
from sentiment_site.market import calendar
from sentiment_site.market.sectors import SECTORS
from tests.portfolios.risk.conftest import (
    CLOSE,
    MONDAY,
    STOCKS,
    TODAY,
    World,
    hold,
    make_world,
    price,
    stock,
    store,
)

D = Decimal


@pytest.mark.django_db
def test_a_small_book_by_hand(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(50_000), on=MONDAY)
    price(hold(book, "SOUN", 300, "10", tag_names=["AI", "Hedge"]), "20")
    price(hold(book, "PLUG", -200, "10", tag_names=["Hedge"]), "30")
    call = price(hold(book, "SOUN261218C00020000", -4, "3"), "2.5")
    spot = world.close("SOUN")
    found = get_exposures(book)
    one = found.exposure.book
    assert (one.market_value.long, one.market_value.short) == (6000.0, 6000.0 + 1000.0)
    assert one.notional.long == pytest.approx(6000)
    assert one.notional.short == pytest.approx(6000 + 400 * spot)
    assert one.delta_adjusted.net == pytest.approx(6000 - 6000 - 0.65 * 400 * spot)
    # cash: 50,000 deposited, stock and calls traded; total = cash + long - short
    assert found.basis.cash == pytest.approx(50_000 - 3000 + 2000 + 1200)
    assert found.basis.total_value == pytest.approx(50_200 - 1000)
    by_sector = found.exposure.by_sector
    assert by_sector["energy"].market_value.net == -6000
    assert by_sector["technology"].positions == 2
    assert found.exposure.by_tag["Hedge"].market_value.gross == 12_000
    assert found.exposure.by_tag["untagged"].positions == 1
    assert set(found.exposure.by_option) == {"stock", "CALL"}
    assert found.exposure.by_underlying["SOUN"].positions == 2
    sizes = {"SOUN": abs(6000 - 260 * spot), "PLUG": 6000.0}
    shares = sorted((size / sum(sizes.values()) for size in sizes.values()), reverse=True)
    assert list(found.concentration.weights.values()) == pytest.approx(shares)
    assert found.concentration.hhi == pytest.approx(sum(share**2 for share in shares))
    assert found.top_ten == pytest.approx(1.0)
    assert str(call.pk) not in one.delta_adjusted.unknown


@pytest.mark.django_db
def test_betas_are_the_regressions(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(50_000), on=MONDAY)
    stock(book, world, "SOUN", 300)
    stock(book, world, "PLUG", -200)
    found = get_exposures(book)
    assert found.benchmark == "SPY"
    assert [one.benchmark for one in found.betas] == ["SPY", "IWM"]
    slopes = {symbol: _slope(world.returns(symbol), world.returns("SPY")) for symbol in ("SOUN", "PLUG")}
    dollars = {"SOUN": 300 * world.close("SOUN"), "PLUG": -200 * world.close("PLUG")}
    net = sum(dollars[symbol] * slopes[symbol] for symbol in slopes)
    # clipping at five robust deviations moves a slope by less than this
    assert found.betas[0].weighted.net == pytest.approx(net, rel=1e-2)
    assert found.exposure.book.beta_weighted.net == pytest.approx(found.betas[0].weighted.net)
    assert found.exposure.portfolio_beta == pytest.approx(found.betas[0].beta)


@pytest.mark.django_db
def test_without_spy_the_small_caps_are_the_market(book: Portfolio) -> None:
    world = make_world(["IWM", "SOUN"])
    stock(book, world, "SOUN", 100)
    assert get_exposures(book).benchmark == "IWM"


@pytest.mark.django_db
def test_without_any_benchmark_there_is_no_beta(book: Portfolio) -> None:
    world = make_world(["SOUN"])
    stock(book, world, "SOUN", 100)
    found = get_exposures(book)
    assert (found.benchmark, found.betas, found.exposure.portfolio_beta) == ("", (), None)
    assert [(one.what, one.reason) for one in found.missing] == [("beta", "no benchmark has bars here")]


@pytest.mark.django_db
def test_sectors_against_the_universe(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(30_000), on=MONDAY)
    price(hold(book, "SOUN", 300, "10"), "20")
    found = get_exposures(book)
    assert found.universe_by == "market value"
    caps = {symbol: 1e9 * (1 + place) for place, symbol in enumerate(STOCKS)}
    tech = sum(cap for symbol, cap in caps.items() if STOCKS[symbol][0] == "technology") / sum(caps.values())
    weight = {one.sector: one for one in found.sector_weights}["technology"]
    assert weight.title == "Technology"
    assert weight.universe == pytest.approx(tech)
    assert weight.held == pytest.approx(6000 / found.basis.total_value)
    assert weight.active == pytest.approx(weight.held - weight.universe)
    assert sum(one.universe for one in found.sector_weights) == pytest.approx(1)
    world.run.memberships.update(market_cap=None)
    assert get_exposures(book).universe_by == "number of stocks"


@pytest.mark.django_db
def test_empty_and_unknown(book: Portfolio) -> None:
    empty = get_exposures(book)
    assert empty.exposure.book.positions == 0
    assert empty.exposure.portfolio_beta is None
    assert empty.sector_weights == ()
    hold(book, "XYZQ261218C00005000", 2, "1")
    found = get_exposures(book)
    assert found.exposure.book.market_value.long == 200
    assert found.exposure.book.delta_adjusted.unknown == found.exposure.book.beta_weighted.unknown
    assert {one.what for one in found.missing} == {"notional", "delta", "beta"}
    assert set(found.exposure.by_sector) == {"unknown"}


@pytest.mark.django_db
def test_the_model_weighs_options_otherwise(world: World, book: Portfolio) -> None:
    hold(book, "SOUN261218C00200000", 10, "1")
    mock = get_exposures(book).exposure
    model = get_exposures(book, source=GreekSource.MODEL).exposure
    assert (mock.delta_source, model.delta_source) == (GreekSource.MOCK, GreekSource.MODEL)
    assert mock.book.delta_adjusted.net == pytest.approx(0.65 * 1000 * world.close("SOUN"))
    assert 0 <= model.book.delta_adjusted.net < 0.1 * mock.book.delta_adjusted.net
    assert model.book.market_value == mock.book.market_value


@pytest.mark.django_db
def test_nothing_of_later_is_seen(world: World, book: Portfolio, friday_evening: Any) -> None:
    cash.add_flow(book, "deposit", D(50_000), on=MONDAY)
    held = price(hold(book, "SOUN", 300, "10"), "20")
    price(hold(book, "PLUG", -200, "10"), "30")
    option = hold(book, "SOUN261218C00020000", 1, "3")
    as_of = CLOSE + dt.timedelta(hours=2)
    then = get_exposures(book)
    friday_evening.move_to(as_of + dt.timedelta(minutes=1))
    before = get_exposures(book, as_of)
    # prices of the past are closes, options the model's
    assert before.basis.live is False
    assert before.basis.cash == then.basis.cash
    assert before.exposure.book.market_value.long > 300 * world.close("SOUN")
    friday_evening.move_to(CLOSE + dt.timedelta(days=5))
    days = calendar.sessions_between(TODAY, TODAY + dt.timedelta(days=5))[1:]
    jump = np.array([[world.close(symbol) * 1.3] * len(days) for symbol in world.ids])
    store(world.source, list(world.ids.values()), days, jump)
    hold(book, "NVAX", 100, "5", on=days[0].date)
    cash.add_flow(book, "deposit", D(99_999), on=days[0].date)
    close_position(book, held.pk, price=D(9), on=days[-1].date)
    again = get_exposures(book, as_of)
    assert again.basis.session == TODAY
    assert (again.basis.cash, again.basis.positions) == (before.basis.cash, 3)
    assert again.exposure.book == before.exposure.book
    assert again.betas == before.betas
    lines = {line.held.pk: line for line in load_book(book, as_of).lines}
    assert lines[option.pk].priced.source == "model"
    assert lines[held.pk].priced.market_value == pytest.approx(300 * world.close("SOUN"))
    # before the close of the day the day before is the last word
    assert get_exposures(book, CLOSE - dt.timedelta(minutes=1)).basis.session == TODAY - dt.timedelta(days=1)
    assert get_exposures(book).basis.session == days[-1].date


@pytest.mark.django_db
def test_a_split_after_the_moment_changes_no_value(world: World, book: Portfolio, friday_evening: Any) -> None:
    held = price(hold(book, "SOUN", 300, "10"), "20")
    friday_evening.move_to(CLOSE + dt.timedelta(days=5))
    as_of = CLOSE + dt.timedelta(hours=3)
    before = get_exposures(book, as_of).exposure.book
    held.splits.create(
        execution_date=TODAY + dt.timedelta(days=3),
        split_from=1,
        split_to=3,
        symbol_before="SOUN",
        quantity_before=300,
        entry_price_before=10,
        shares_before=1,
    )
    held.quantity = D(900)
    held.store("quantity")
    after = get_exposures(book, as_of).exposure.book
    assert after.market_value.long == pytest.approx(before.market_value.long)
    assert after.notional.long == pytest.approx(before.notional.long)


KINDS = list(PositionType)
TAGGED = ((), ("A",), ("A", "B"))


@settings(max_examples=500, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(0, 12), source=st.sampled_from(list(GreekSource)))
def test_groups_add_up_to_the_book(seed: int, size: int, source: GreekSource) -> None:
    rng = np.random.default_rng(seed)
    money = float(rng.uniform(-1e6, 1e6))
    positions = [
        (
            KINDS[rng.integers(6)],
            int(rng.integers(1, 5_000)),
            int(rng.integers(len(STOCKS))),
            float(rng.uniform(0.5, 500)),
            TAGGED[rng.integers(3)],
            bool(rng.integers(2)),
        )
        for _ in range(size)
    ]
    book = _random_book(positions, money)
    lines, _ = exposures.exposure_lines(book, source, book.market.benchmark)
    found = exposures.compute_exposure(lines, book.total_value, source)
    for groups in (found.by_sector, found.by_option, found.by_underlying):
        assert sum(one.positions for one in groups.values()) == len(positions)
        for measure in ("market_value", "notional", "delta_adjusted", "beta_weighted"):
            whole = getattr(found.book, measure)
            parts = [getattr(one, measure) for one in groups.values()]
            assert sum(part.long for part in parts) == pytest.approx(whole.long, rel=1e-9, abs=1e-6)
            assert sum(part.short for part in parts) == pytest.approx(whole.short, rel=1e-9, abs=1e-6)
            assert sorted(key for part in parts for key in part.unknown) == sorted(whole.unknown)
    value = found.book.market_value
    assert book.total_value == pytest.approx(money + value.long - value.short, rel=1e-9, abs=1e-5)
    weights = exposures.compute_concentration(lines).weights
    assert sum(weights.values()) == pytest.approx(1 if weights else 0)


def _slope(y: Any, x: Any) -> float:
    return float(np.polyfit(x, y, 1)[0])


VIEW = View(TODAY, TODAY, CLOSE, live=True)


def _random_market() -> Market:
    ids = np.arange(1, len(STOCKS) + 2, dtype=np.int32)
    rng = np.random.default_rng(3)
    market_moves = rng.normal(0, 0.01, SESSIONS_PER_YEAR)
    moves = np.vstack([market_moves, market_moves + rng.normal(0, 0.02, (len(STOCKS), SESSIONS_PER_YEAR))])
    closes = 50 * np.exp(np.concatenate([np.zeros((len(ids), 1)), np.cumsum(moves, axis=1)], axis=1))
    closes[5, :] = np.nan  # one without bars
    closes[6, :-8] = np.nan  # and one that is too young for a beta
    return Market(VIEW, ids, closes, {"SPY": 1})


MARKET = _random_market()


def _random_book(positions: list[Any], money: float) -> RiskBook:
    pk = uuid.uuid4()
    held = []
    for kind, quantity, place, amount, _, quoted in positions:
        is_option = kind.is_option
        held.append(
            Held(
                pk=uuid.uuid4(),
                portfolio_id=pk,
                symbol=f"S{place}",
                underlying=f"S{place}",
                kind=kind,
                quantity=D(quantity),
                multiplier=D(100 if is_option else 1),
                deliverable_shares=D(100 if is_option else 1),
                deliverable_cash=D(0),
                strike=D(50) if is_option else None,
                expiration=dt.date(2026, 12, 18) if is_option else None,
                instrument_id=place + 2,
                entry_price=D(str(round(amount, 4))),
                last_price=D(str(round(amount, 4))) if quoted else None,
                last_price_at=CLOSE if quoted else None,
                last_price_source="close",
                market_value=None,
            )
        )
    sectors = [SECTORS[place % 8].key if place % 5 else None for _, _, place, _, _, _ in positions]
    lines = tuple(
        make_line(one, priced, sector, row[4])
        for one, priced, sector, row in zip(held, price_positions(held, MARKET), sectors, positions, strict=True)
    )
    return RiskBook(pk, VIEW, money, lines, MARKET, Universe(None, {}, {}, {}))
