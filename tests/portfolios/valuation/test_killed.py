"""kill -9 in the middle of a batch: whole books or none, and the next run does the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from portfolios import access
from portfolios.kernels.snapshots import reconcile
from portfolios.models import BatchMark, Portfolio, PortfolioSnapshot, User
from tests.portfolios.books.conftest import hold

from .conftest import WEEK, as_kernel, deposit, letter_market, rows_of, run

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.django_db(transaction=True)
def test_a_killed_batch_leaves_whole_books_only(friday_evening: Any) -> None:
    letter_market(sessions=10)
    books = []
    for place in range(5):
        book = access.get_portfolio(User.objects.create_user(f"person{place}", password=None))
        deposit(book, 5000 + place, WEEK[0])
        hold(book, "TECA", 10 + place, "100", on=WEEK[1])
        books.append(book)
    values = connection.settings_dict
    address = f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.portfolios.valuation.slow_batch"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "in the middle\n"
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
    done = [book for book in books if rows_of(book)]
    assert len(done) == 2 and {len(rows_of(book)) for book in done} == {5}
    assert BatchMark.objects.filter(kind="snapshot").count() == 2
    assert Portfolio.objects.filter(stale_from=None).count() == 2
    report = run()
    assert (len(report.books), report.rows, report.written) == (3, 15, 15)
    assert PortfolioSnapshot.objects.count() == 25 and run().books == []
    for book in books:
        assert reconcile(as_kernel(rows_of(book))).holds
