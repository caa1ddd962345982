"""Prices out of the store: one load for all, half-hours where the day's bar is not there yet, options by the model."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection

from portfolios.models import Portfolio, Position
from portfolios.valuation.closes import WINDOW, Terms, compute_volatility, price_options, to_price
from portfolios.valuation.prices import PriceTable, load_closes, price_table
from sentiment_site.market import calendar
from tests.factories import Market, make_market
from tests.portfolios.books.conftest import NOW, TODAY, hold

from .conftest import WEEK, at, deposit, letter_market, list_stock, rows_of, run

pytestmark = pytest.mark.django_db
D = Decimal
MON, TUE, WED, THU, FRI = WEEK
NEXT = dt.date(2026, 8, 24)


def sessions(first: dt.date, last: dt.date) -> tuple[calendar.Session, ...]:
    return calendar.sessions_between(first, last)


def stored() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contract, day, price, made_on, made_at, source FROM valuation_price ORDER BY day, contract"
        )
        return cursor.fetchall()


def test_closes_with_age_source_and_moment(market: Market) -> None:
    gone = list_stock(market, "GONE", {})
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bar_1d WHERE instrument_id = %s AND ts >= %s", [gone, dt.datetime(2026, 8, 19)])
    found = load_closes([gone, market.ids["TECA"]], sessions(MON, FRI))
    assert found.age.tolist() == [[0, 0, 1, 2, 3], [0] * 5]
    assert found.last[0].tolist() == [0, 1, 1, 1, 1]
    assert (found.made_at[1], found.source[1]) == (at(TUE, 16), "close")
    assert load_closes([], sessions(MON, FRI)).close.shape == (0, 5)


def test_until_the_days_bar_is_there_the_last_half_hour_counts(
    book: Portfolio, market: Market, friday_evening: Any
) -> None:
    deposit(book, "5000", FRI)
    row = hold(book, "TECA", 10, "100", on=FRI)
    other = hold(book, "TECB", 10, "100", on=FRI)
    for hour, price in ((14.0, 103), (15.0, 104), (15.5, 104.5), (16.0, 999)):  # the last is after the close
        market.store_half_hours(at(NEXT, hour), {"TECA": price})
    friday_evening.move_to(at(NEXT, 16.75))
    run(final=False)
    row.refresh_from_db()
    assert (row.last_price, row.last_price_source, row.last_price_at) == (D("104.5"), "half-hour bar", at(NEXT, 16))
    other.refresh_from_db()
    assert (other.last_price, other.last_price_at) == (D(100), at(FRI, 16))  # carried, and it says so
    assert [(one.total_value, one.state) for one in rows_of(book)][-1] == (D(5045), "provisional")
    market.store_daily(NEXT, {"TECA": 106, "TECB": 99}, recorded_at=at(NEXT, 17.4))
    friday_evening.move_to(at(NEXT))
    run()
    assert [(one.total_value, one.state) for one in rows_of(book)][-1] == (D(5050), "final")
    row.refresh_from_db()
    assert (row.last_price, row.last_price_source) == (D(106), "close")


def test_simulated_prices_say_so(book: Portfolio, friday_evening: Any) -> None:
    make_market(TODAY, sessions=30, simulated=True, wave=1.0)
    Position.objects.all().delete()
    deposit(book, "5000", FRI)
    hold(book, "IWM", 1, "100", on=FRI)
    hold(book, "IWM261218C00100000", 1, "3", on=FRI)
    run()
    sources = set(Position.objects.values_list("last_price_source", flat=True))
    assert sources == {"close (simulated)", "model (simulated)"}


def test_an_option_is_worth_what_the_model_says(book: Portfolio, settings: Any, friday_evening: Any) -> None:
    settings.RISK_FREE_RATE = 0.03
    market = letter_market(wave=4.0)
    deposit(book, "9000", THU)
    call = hold(book, "TECA261218C00105000", 2, "4", on=THU)
    put = hold(book, "TECA261218P00090000", -1, "2", on=THU)
    run()
    panel = load_closes([market.ids["TECA"]], market.sessions)
    sigma = compute_volatility(panel.close, [panel.close.shape[1] - 1])
    terms = [Terms(dt.date(2026, 12, 18), 105.0, True), Terms(dt.date(2026, 12, 18), 90.0, False)]
    spot = float(panel.close[0, -1])
    wanted = price_options(terms, [[spot]] * 2, np.repeat(sigma, 2, axis=0), [FRI], 0.03)
    for row, value in ((call, wanted[0, 0]), (put, wanted[1, 0])):
        row.refresh_from_db()
        assert (row.last_price, row.last_price_source) == (to_price(value), "model")
        assert row.last_price_at == at(FRI, 16)
    assert panel.close.shape[1] < WINDOW


def test_without_a_volatility_an_option_stays_at_what_was_paid(book: Portfolio, friday_evening: Any) -> None:
    letter_market(sessions=15, wave=4.0)
    deposit(book, "9000", THU)
    row = hold(book, "TECA261218C00105000", 2, "4", on=THU)
    run()
    row.refresh_from_db()
    assert (row.last_price_source, rows_of(book)[-1].long_value) == ("entry", 800)


def test_the_table_grows_and_is_gone_afterwards(book: Portfolio, other: Portfolio, market: Market) -> None:
    for target, symbol in ((book, "TECA"), (other, "TECB")):
        hold(target, symbol, 1, "100", on=THU)
    with price_table() as prices:
        assert isinstance(prices, PriceTable)
        prices.cover([book.pk], [])
        prices.cover([book.pk], sessions(THU, FRI))
        assert [row[1] for row in stored()] == [THU, FRI]
        prices.cover([book.pk, other.pk], sessions(FRI, FRI))  # wider than asked is no reason to load again
        assert len(stored()) == 4
        prices.cover([other.pk], sessions(WED, FRI))
        assert [row[1] for row in stored()] == [WED, THU, FRI]
        prices.cover([book.pk], sessions(dt.date(2026, 8, 3), FRI))
        prices.cover([other.pk], sessions(FRI, FRI))  # after a long past one day is one day again
        assert [row[1] for row in stored()] == [FRI]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_temp.valuation_price')")
        assert cursor.fetchone() == (None,)


def test_only_what_was_known_counts(book: Portfolio, market: Market) -> None:
    hold(book, "TECA", 1, "100", on=MON)
    with price_table(known_at=at(WED, 12)) as prices:
        prices.cover([book.pk], sessions(TUE, FRI))
        assert [(row[1], row[3]) for row in stored()] == [(TUE, TUE), (WED, TUE), (THU, TUE), (FRI, TUE)]
    assert at(WED, 12) < NOW
