"""What risk costs: `python -m pytest tests/portfolios/risk/test_timings.py --run-bench -s`."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from portfolios.books import cash
from portfolios.models import FactorExposure, Portfolio, Position, PositionGreeks, User
from portfolios.risk import batch, selectors
from sentiment_site.market import calendar
from tests.factories import LONG_AGO
from tests.portfolios.risk.conftest import CLOSE, MONDAY, SESSIONS, TODAY, World, hold, price, shine, store
from tests.portfolios.risk.test_ratios import write
from universe.models import Instrument, Membership

pytestmark = [pytest.mark.bench, pytest.mark.django_db, pytest.mark.timeout(1800)]

BOOKS = int(os.environ.get("BENCH_BOOKS", "10000"))
NAMES, ROWS = 600, 90
OPTIONS, STOCKS_HELD = 10, 20
PAGE_GOAL_MS = 150


def _widen(world: World) -> list[str]:
    """Six hundred more stocks with a year of bars."""
    names = [f"Z{chr(65 + place // 26)}{chr(65 + place % 26)}" for place in range(NAMES)]
    rows = Instrument.objects.bulk_create(
        Instrument(symbol=name, name=name, role="stock", exchange="XNAS", source=world.source, recorded_at=LONG_AGO)
        for name in names
    )
    rng = np.random.default_rng(1)
    days = calendar.recent_sessions(CLOSE, SESSIONS)
    moves = rng.normal(0, 0.03, (NAMES, SESSIONS - 1)) + 1.3 * world.returns("SPY")
    closes = 30 * np.exp(np.concatenate([np.zeros((NAMES, 1)), np.cumsum(moves, axis=1)], axis=1))
    closes[::20, :40] = np.nan
    store(world.source, [row.pk for row in rows], days, closes)
    sectors = ("technology", "energy", "healthcare", "financial")
    Membership.objects.bulk_create(
        Membership(
            run=world.run,
            instrument=row,
            eligible=True,
            reason="eligible",
            sector=sectors[place % 4],
            market_cap=1e9,
            short_percent=float(place % 30),
        )
        for place, row in enumerate(rows)
    )
    return names


def _fill(book: Portfolio, names: list[str]) -> None:
    """Twenty stocks and ten options."""
    cash.add_flow(book, "deposit", Decimal(500_000), on=MONDAY)
    for place in range(STOCKS_HELD):
        held = hold(book, names[7 * place], 100 if place % 3 else -100, "30", tag_names=[f"T{place % 4}"])
        price(held, "30")
    for place in range(OPTIONS):
        held = hold(book, f"{names[7 * place]}261218C00030000", 1 if place % 2 else -1, "3")
        price(held, "3.2")
    write(book, ROWS)


def _multiply(book: Portfolio) -> None:
    """The book ten thousand times, every one with other stocks and quantities."""
    people = User.objects.bulk_create(
        (User(username=f"p{place}", email=f"p{place}@example.org", password="!") for place in range(BOOKS - 1)),
        batch_size=2_000,
    )
    Portfolio.objects.bulk_create((Portfolio(user=one) for one in people), batch_size=2_000)
    others = "SELECT id, row_number() OVER (ORDER BY id) AS n FROM portfolios_portfolio WHERE id <> %s"
    ids = list(Instrument.objects.filter(symbol__startswith="Z").order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        for table, changed in (
            (
                "portfolios_position",
                {
                    "quantity": "t.quantity * (1 + o.n %% 7)",
                    "instrument_id": "%s + (t.instrument_id - %s + 13 * o.n) %% %s",
                },
            ),
            ("portfolios_cashflow", {"position_id": "NULL"}),
            ("portfolios_portfoliosnapshot", {}),
        ):
            cursor.execute(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'")
            columns = [name for (name,) in cursor.fetchall()]
            values = {name: f"t.{name}" for name in columns} | changed
            values |= {"id": "gen_random_uuid()", "portfolio_id": "o.id"}
            bound: list[Any] = [ids[0], ids[0], len(ids)] if "instrument_id" in changed else []
            where = " AND t.position_id IS NULL" if table == "portfolios_cashflow" else ""
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values[name] for name in columns)}"
                f" FROM {table} t, ({others}) o WHERE t.portfolio_id = %s{where}",
                [*bound, book.pk, book.pk],
            )
        cursor.execute("ANALYZE")


@contextmanager
def _measured(what: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    print(f"\n{what}: {time.perf_counter() - wall:.2f} s, of which {time.process_time() - cpu:.2f} s here")


def _best_ms(call: Callable[[], Any], repeats: int = 15) -> tuple[float, float]:
    """Best wall and CPU time of a call."""
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return 1000 * min(walls), 1000 * min(cpus)


def test_a_page_of_thirty_positions(world: World, book: Portfolio, program: APIClient) -> None:
    _fill(book, _widen(world))
    shine(world)
    selectors.get_risk(book)
    loaded = selectors.load_book(book)
    parts: dict[str, Callable[[], Any]] = {
        "everything": lambda: selectors.get_risk(book),
        "reading the book": lambda: selectors.load_book(book),
        "greeks": lambda: selectors.get_greeks(book, loaded=loaded),
        "exposures": lambda: selectors.get_exposures(book, loaded=loaded),
        "factors, fits made": lambda: selectors.get_factors(book, loaded=loaded),
        "ratios": lambda: selectors.get_ratios(book, loaded=loaded),
        "clusters": lambda: selectors.get_clusters(book, loaded=loaded),
        "stress": lambda: selectors.get_stress(book, loaded=loaded),
        "light": lambda: selectors.get_lit_book(book, loaded=loaded),
        "GET factors/": lambda: program.get("/api/portfolio/factors/"),
        "GET exposures/": lambda: program.get("/api/portfolio/exposures/"),
    }
    for name, call in parts.items():
        wall, cpu = _best_ms(call)
        print(f"{name}: {wall:.1f} ms, CPU {cpu:.1f} ms")
        assert name != "everything" or cpu < PAGE_GOAL_MS
    with CaptureQueriesContext(connection) as asked:
        selectors.get_risk(book)
    print(f"{len(asked)} statements")


def test_the_batch(world: World, book: Portfolio) -> None:
    with _measured("books made"):
        _fill(book, _widen(world))
        _multiply(book)
    for what in ("first run", "again"):
        with _measured(f"save_risk of {BOOKS:,} books, {Position.objects.count():,} positions, {what}"):
            report = batch.save_risk(TODAY)
    print(report, f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")
    assert report.books == BOOKS
    assert PositionGreeks.objects.count() == 2 * report.positions
    assert FactorExposure.objects.count() == report.factor_rows
