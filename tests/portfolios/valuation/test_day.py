"""The books' day: what is due when, also on half days, after a standstill and with the vendor away."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from portfolios.books.positions import close_position
from portfolios.models import BatchMark, Portfolio, PortfolioSnapshot, Position
from portfolios.valuation import due
from portfolios.valuation.due import find_due
from portfolios.valuation.tasks import tick
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import calendar, clock
from sentiment_site.providers.setup import vendors
from tests.factories import Market
from tests.portfolios.books.conftest import hold

from .conftest import WEEK, at, deposit, rows_of, run

pytestmark = pytest.mark.django_db
D = Decimal
MON, TUE, WED, THU, FRI = WEEK
NEXT = dt.date(2026, 8, 24)
HALF = dt.date(2026, 11, 27)  # the day after Thanksgiving closes at 13:00


@pytest.fixture
def vendor(httpserver: HTTPServer, settings: Any) -> Iterator[Callable[..., list[str]]]:
    """A vendor of grouped days: `vendor(TECA=101)` gives a day those closes, and the list of days asked for."""
    settings.POLYGON_BASE_URL, settings.POLYGON_API_KEY = httpserver.url_for(""), "test-key"
    settings.POLYGON_RATE_PER_S = 5000.0
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    vendors.cache_clear()
    asked: list[str] = []

    def serve(status: int = 200, **closes: float) -> list[str]:
        rows = [
            {"T": name, "o": price, "h": price, "l": price, "c": price, "v": 1e6, "vw": price, "n": 9, "t": 1}
            for name, price in closes.items()
        ]

        def answer(request: Request) -> Response:
            asked.append(request.path[-10:])
            body = {"status": "OK", "adjusted": False, "results": rows, "resultsCount": len(rows)}
            return Response(json.dumps(body), status, content_type="application/json")

        httpserver.clear()
        httpserver.expect_request(re.compile(".*/grouped/.*")).respond_with_handler(answer)
        return asked

    yield serve
    vendors.cache_clear()


def jobs(moment: dt.datetime) -> list[tuple[str, str]]:
    """Job and first key of everything due."""
    return [(each.job.removeprefix("portfolios."), each.keys[0]) for each in find_due(moment)]


def test_a_day_of_the_books(book: Portfolio, market: Market, friday_evening: Any) -> None:
    deposit(book, "100", MON)
    waits = ("snapshots", "2026-08-21:final")
    assert jobs(at(FRI, 17.5)) == [("corporate", "2026-08-21:open"), waits]
    run()
    monday = f"{NEXT}:open"
    assert jobs(at(NEXT, 4.0)) == [("corporate", "2026-08-21:open")] or jobs(at(NEXT, 4.0)) == []
    assert jobs(at(NEXT, 4.25)) == [("corporate", monday)]
    assert jobs(at(NEXT, 16.2)) == [("corporate", monday)]
    assert jobs(at(NEXT, 16.25)) == [("corporate", monday), ("prices", f"{NEXT}:prices")]
    assert jobs(at(NEXT, 17.0))[1:] == [("prices", f"{NEXT}:prices"), ("risk", f"{NEXT}:risk")]
    assert jobs(at(NEXT, 17.5))[1:] == [("snapshots", f"{NEXT}:final")]
    assert [each.keys[1][:15] for each in find_due(at(NEXT, 20.8)) if len(each.keys) == 3] == [f"{NEXT}:late"]


def test_a_half_day_has_everything_three_hours_earlier(
    book: Portfolio, vendor: Callable[..., list[str]], friday_evening: Any
) -> None:
    vendor(400)
    before = calendar.shift(HALF, -1).date
    friday_evening.move_to(at(HALF, 12))
    deposit(book, "100", HALF)
    assert calendar.session_on(HALF).half_day and before == dt.date(2026, 11, 25)  # type: ignore[union-attr]
    assert [name for name, _ in jobs(at(HALF, 13.2))] == ["corporate"]
    assert [name for name, _ in jobs(at(HALF, 13.25))] == ["corporate", "prices"]
    assert [name for name, _ in jobs(at(HALF, 14.0))] == ["corporate", "prices", "risk"]
    assert jobs(at(HALF, 14.5))[1:] == [("snapshots", f"{HALF}:final")]
    friday_evening.move_to(at(HALF, 13.5))
    run_now("portfolios.prices")
    assert [(row.snapshot_date, row.state, row.as_of) for row in rows_of(book)] == [(HALF, "provisional", at(HALF, 13))]


def test_from_the_close_to_the_final_row(
    book: Portfolio, market: Market, vendor: Callable[..., list[str]], friday_evening: Any
) -> None:
    deposit(book, "5000", FRI)
    hold(book, "TECA", 10, "100", on=FRI)
    BatchMark.objects.create(portfolio=book, kind="snapshot", session=THU)
    asked = vendor(TECA=104.0)
    friday_evening.move_to(at(NEXT, 16.3))
    assert run_now("portfolios.prices").status == "done"
    assert [(row.total_value, row.state) for row in rows_of(book)][-1] == (D(5040), "provisional")
    assert run_now("portfolios.risk").status == "done"
    measured = rows_of(book)[-1]
    assert measured.exposure_detail and measured.greeks_kind
    vendor(TECA=104.25)  # the auction
    friday_evening.move_to(at(NEXT, 17.5))
    ran = run_now("portfolios.snapshots")
    assert (ran.status, ran.reason) == (
        "done",
        "1 books, 1 rows of 1 sessions to 2026-08-24 (final), 1 written, 1 positions priced",
    )
    last = rows_of(book)[-1]
    assert (last.total_value, last.state, last.as_of) == (D("5042.50"), "final", at(NEXT, 16))
    assert last.exposure_detail  # measured again, of the new values
    assert asked == ["2026-08-24", "2026-08-24"]
    again = run_now("portfolios.snapshots")
    assert again.reason.startswith("0 books, 0 rows") and len(asked) == 2
    # an edit in the evening asks the vendor nothing
    close_position(book, Position.objects.get().pk, price=D(104), on=NEXT)
    friday_evening.move_to(at(NEXT, 18))
    assert run_now("portfolios.snapshots").status == "done" and len(asked) == 2
    assert rows_of(book)[-1].total_value == D(5040)


def test_without_the_vendor_a_row_stays_provisional_until_its_closes_come(
    book: Portfolio, market: Market, vendor: Callable[..., list[str]], friday_evening: Any
) -> None:
    deposit(book, "5000", FRI)
    hold(book, "TECA", 10, "100", on=FRI)
    vendor(400)
    friday_evening.move_to(at(NEXT, 17.5))
    ran = run_now("portfolios.snapshots", key=f"{NEXT}:final")
    assert ran.status == "failed"
    assert [(row.state, row.as_of) for row in rows_of(book)] == [("final", at(FRI, 16)), ("provisional", at(FRI, 16))]
    vendor(TECA=101.0)
    ran = run_now("portfolios.snapshots", key=f"{NEXT}:late")
    assert ran.status == "done", ran.reason
    assert [(row.state, row.total_value) for row in rows_of(book)][-1] == ("final", D(5010))
    friday_evening.move_to(at(dt.date(2026, 8, 26), 9))  # a day that nobody asked for is made final by the next one
    run_now("portfolios.prices")
    assert [row.state for row in rows_of(book)] == ["final", "final", "provisional"]


def test_the_tick_asks_once_and_after_a_standstill_for_all(
    book: Portfolio, market: Market, friday_evening: Any, django_capture_on_commit_callbacks: Any
) -> None:
    deposit(book, "100", MON)
    PortfolioSnapshot.objects.all().delete()
    friday_evening.move_to(at(dt.date(2026, 8, 27), 4.5))

    def asked() -> list[tuple[str, str]]:
        with django_capture_on_commit_callbacks():
            tick()
        return list(JobRun.objects.order_by("pk").values_list("name", "key"))

    wanted = [(due.CORPORATE, "2026-08-27:open"), (due.SNAPSHOTS, "2026-08-26:final")]
    assert asked() == wanted and asked() == wanted
    JobRun.objects.update(status="done", started_at=clock.wall(), finished_at=clock.wall())
    run()
    days = [row.snapshot_date for row in rows_of(book)]
    assert days == [*WEEK, *(dt.date(2026, 8, day) for day in (24, 25, 26))]
    assert asked() == wanted
    for number, key in enumerate(("2026-08-26:late", "2026-08-26:20260827083200"), start=3):
        friday_evening.move_to(at(dt.date(2026, 8, 27), 4.5) + dt.timedelta(minutes=number - 2))
        deposit(book, "50", TUE)  # an edit afterwards is another thing to do
        again = asked()
        assert len(again) == number and again[-1][1].startswith(key)
        assert asked() == again
        JobRun.objects.filter(status="queued").update(status="done", started_at=clock.wall(), finished_at=clock.wall())


def test_an_expired_option_leaves_with_the_final_row(
    book: Portfolio, market: Market, vendor: Callable[..., list[str]], friday_evening: Any
) -> None:
    vendor(TECA=108.0)
    friday_evening.move_to(at(FRI, 12))
    deposit(book, "9000", FRI)
    row = hold(book, "TECA260824C00100000", 2, "3", on=FRI)
    friday_evening.move_to(at(NEXT))
    assert run_now("portfolios.snapshots").status == "done"
    row.refresh_from_db()
    assert (row.closing_reason, row.closing_price, row.realized_pnl) == ("expired", D(8), D(1000))
    last = rows_of(book)[-1]
    assert (last.long_value, last.cash_value, last.total_value) == (0, 10_000, 10_000)
