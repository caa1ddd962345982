"""The batch stores what the selectors say, once, and one bad book keeps nobody else from it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from portfolios.books import cash
from portfolios.books.corporate import BooksFailed
from portfolios.books.positions import close_position
from portfolios.kernels.factors import FACTORS
from portfolios.kernels.greeks import GreekSource
from portfolios.models import BatchMark, FactorExposure, Portfolio, PortfolioSnapshot, PositionGreeks
from portfolios.risk import batch, storing
from portfolios.risk.selectors import get_exposures, get_factors, get_greeks, get_ratios
from portfolios.risk.tasks import measure_risk
from sentiment_site.jobs.context import Skip
from sentiment_site.market import calendar
from tests.portfolios.risk.conftest import CLOSE, MONDAY, TODAY, World, hold, price, stock, store
from tests.portfolios.risk.test_ratios import write

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def filled(world: World, book: Portfolio) -> Portfolio:
    """Stocks and options, with ninety rows."""
    cash.add_flow(book, "deposit", D(60_000), on=MONDAY)
    for symbol, quantity in {"SOUN": 300, "AAPL": 150, "PLUG": -200}.items():
        stock(book, world, symbol, quantity, tag_names=["A"])
    hold(book, "SOUN261218C00020000", -4, "3")
    hold(book, "XYZQ261218C00020000", 1, "3")
    write(book, 90)
    return book


def test_what_is_stored_is_what_is_answered(filled: Portfolio) -> None:
    report = batch.save_risk(TODAY)
    assert str(report) == "2026-08-21: 1 books, 5 positions, 1 snapshots, 14 factor betas"
    greeks, factors, ratios = get_greeks(filled), get_factors(filled), get_ratios(filled)
    exposures = get_exposures(filled)
    for line in greeks.lines:
        for source, expected in (("mock", line.mock), ("model", line.model)):
            row = PositionGreeks.objects.get(position=line.key, kind=source)
            assert row.as_of == CLOSE
            if expected is None:
                assert row.delta is None
            else:
                assert float(row.delta or 0) == pytest.approx(expected.delta, abs=1e-6)
                assert float(row.rho or 0) == pytest.approx(expected.rho, abs=1e-6)
        volatility = PositionGreeks.objects.get(position=line.key, kind="model").implied_volatility
        assert (volatility is None) == (line.volatility is None)
    for line in factors.factors:
        rows = {row.method: row for row in FactorExposure.objects.filter(factor__name=line.name)}
        assert bool(rows) is line.used
        if rows:
            joint = rows["ridge"]
            figures = (joint.beta, joint.low, joint.high, joint.standard_error, joint.vif)
            assert figures == pytest.approx((line.beta, line.low, line.high, line.standard_error, line.vif), rel=1e-9)
            assert rows["univariate"].beta == pytest.approx(line.alone, rel=1e-9)
            assert (rows["univariate"].low, joint.observations) == (None, 252)
    row = PortfolioSnapshot.objects.get(snapshot_date=TODAY)
    assert row.greeks_kind == "mock"
    assert float(row.total_delta or 0) == pytest.approx(greeks.mock.greeks.delta, abs=1e-4)
    assert float(row.total_vega or 0) == pytest.approx(greeks.mock.greeks.vega, abs=1e-4)
    assert row.portfolio_beta is None  # one position has no beta: half a sum is none
    assert float(row.portfolio_volatility or 0) == pytest.approx(ratios.ratios.volatility, abs=1e-4)
    assert float(row.sharpe_ratio or 0) == pytest.approx(ratios.ratios.sharpe, abs=1e-3)
    assert float(row.max_drawdown or 0) == pytest.approx(ratios.ratios.max_drawdown, abs=1e-4)
    detail = row.exposure_detail
    assert detail["market_value"]["long"] == pytest.approx(exposures.exposure.book.market_value.long, abs=0.01)
    assert detail["by_tag"]["A"]["positions"] == 3
    assert detail["concentration"]["hhi"] == pytest.approx(exposures.concentration.hhi, abs=1e-6)
    assert detail["concentration"]["top_ten"] == pytest.approx(exposures.top_ten, abs=1e-6)
    assert detail["model"]["totals"]["delta"] == pytest.approx(greeks.model.greeks.delta, abs=1e-4)
    assert detail["model"]["left_out"] == 1
    assert detail["factors"]["betas"]["Market Beta"] == pytest.approx(factors.factors[0].beta)
    assert detail["factors"]["r_squared"] == pytest.approx(factors.r_squared)
    assert detail["factors"]["short_interest"] == pytest.approx(factors.short_interest.exposure)
    assert BatchMark.objects.get(portfolio=filled, kind="risk").session == TODAY


def test_the_expected_beta_is_stored(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(60_000), on=MONDAY)
    stock(book, world, "SOUN", 300)
    write(book, 30)
    batch.save_risk(TODAY)
    row = PortfolioSnapshot.objects.get(snapshot_date=TODAY)
    expected = get_exposures(book)
    assert float(row.portfolio_beta or 0) == pytest.approx(expected.betas[0].beta, abs=1e-3)
    assert row.exposure_detail["beta"]["IWM"] == pytest.approx(expected.betas[1].beta)


def test_twice_is_once(filled: Portfolio) -> None:
    def rows() -> tuple[Any, ...]:
        greeks = PositionGreeks.objects.order_by("position", "kind").values_list("position", "kind", "delta", "as_of")
        betas = FactorExposure.objects.order_by("factor", "method").values_list("factor", "method", "beta", "low")
        return list(greeks), list(betas), PortfolioSnapshot.objects.get(snapshot_date=TODAY).exposure_detail

    batch.save_risk(TODAY)
    first = rows()
    batch.save_risk(TODAY)
    assert rows() == first
    assert BatchMark.objects.filter(kind="risk").count() == 1


def test_greeks_are_the_newest_sessions_only(filled: Portfolio, world: World, friday_evening: Any) -> None:
    batch.save_risk(TODAY)
    gone = filled.positions.get(symbol="AAPL")
    monday = calendar.shift(TODAY, 1)
    store(world.source, list(world.ids.values()), [monday], world.closes[:, -1:])
    friday_evening.move_to(monday.close + dt.timedelta(hours=1))
    close_position(filled, gone.pk, price=D(50))
    batch.save_risk(monday.date)
    assert set(PositionGreeks.objects.values_list("as_of", flat=True)) == {monday.close}
    assert not PositionGreeks.objects.filter(position=gone).exists()
    # a session of the past gets its betas and its row, and leaves the newest Greeks and the mark alone
    FactorExposure.objects.filter(exposure_date=TODAY).delete()
    report = batch.save_risk(TODAY)
    assert (report.positions, report.snapshots, report.factor_rows) == (5, 1, 14)
    assert set(PositionGreeks.objects.values_list("as_of", flat=True)) == {monday.close}
    assert BatchMark.objects.get(kind="risk").session == monday.date


def test_a_price_of_the_next_morning_is_not_the_evenings(world: World, book: Portfolio, friday_evening: Any) -> None:
    held = stock(book, world, "SOUN", 100)
    write(book, 1)
    friday_evening.move_to(CLOSE + dt.timedelta(days=2, hours=19))
    price(held, "99", at=CLOSE + dt.timedelta(days=2, hours=18), source="half-hour bar")
    batch.save_risk(TODAY)
    value = PortfolioSnapshot.objects.get().exposure_detail["market_value"]["long"]
    assert value == pytest.approx(100 * world.close("SOUN"), abs=0.01)


def test_old_betas_go(filled: Portfolio) -> None:
    batch.save_risk(TODAY)
    FactorExposure.objects.filter(method="ridge").update(
        exposure_date=TODAY - dt.timedelta(days=storing.KEEP_FACTOR_DAYS + 1)
    )
    batch.save_risk(TODAY)
    assert set(FactorExposure.objects.values_list("exposure_date", flat=True)) == {TODAY}


def test_many_books_share_one_market(
    world: World, filled: Portfolio, other: Portfolio, django_assert_max_num_queries: Any
) -> None:
    cash.add_flow(other, "deposit", D(20_000), on=MONDAY)
    stock(other, world, "MARA", 40)
    with django_assert_max_num_queries(40) as asked:
        report = batch.save_risk(TODAY)
    assert (report.books, report.positions, report.snapshots) == (2, 6, 1)
    one = get_factors(other)
    stored = FactorExposure.objects.get(portfolio=other, method="ridge", factor__name="Market Beta")
    assert (stored.beta, stored.low) == pytest.approx((one.factors[0].beta, one.factors[0].low), rel=1e-9)
    hold(other, "SOUN", 10, "5")
    with django_assert_max_num_queries(40) as again:
        batch.save_risk(TODAY, [other.pk])
    assert len(again) == len(asked)


def test_one_bad_book_keeps_nobody_else(filled: Portfolio, other: Portfolio, monkeypatch: Any) -> None:
    sound = batch.weigh

    def weigh(book: Any, source: GreekSource) -> Any:
        if book.portfolio_id == other.pk:
            raise RuntimeError("broken")
        return sound(book, source)

    monkeypatch.setattr(batch, "weigh", weigh)
    with pytest.raises(BooksFailed, match=f"1 of 2 books failed: .*{other.pk}"):
        batch.save_risk(TODAY)
    assert list(BatchMark.objects.filter(kind="risk").values_list("portfolio", flat=True)) == [filled.pk]
    assert batch.list_due(TODAY) == [other.pk]


def test_books_without_anything(book: Portfolio) -> None:
    write(book, 1)
    report = batch.save_risk(TODAY)
    assert (report.books, report.snapshots, report.factor_rows) == (1, 1, 0)
    row = PortfolioSnapshot.objects.get()
    assert (row.portfolio_beta, row.portfolio_volatility, row.total_delta) == (None, None, 0)
    assert row.exposure_detail["factors"]["reason"] == "no factor has enough sessions of bars"


def test_only_sessions_that_are_over(book: Portfolio, friday_evening: Any) -> None:
    for day in (TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=3)):
        with pytest.raises(ValueError, match="not a session that is over"):
            batch.save_risk(day)
    assert batch.save_risk(TODAY, []).books == 0


def test_the_job(filled: Portfolio) -> None:
    class Context:
        said: list[tuple[float, str]] = []

        def progress(self, percent: float, phase: str) -> None:
            self.said.append((percent, phase))

        def check_cancelled(self) -> None:
            return None

    context: Any = Context()
    assert measure_risk(context).startswith("2026-08-21: 1 books")
    assert context.said[-1] == (100, "1 books")
    with pytest.raises(Skip, match="every book is measured up to 2026-08-21"):
        measure_risk(context)
    assert measure_risk(context, day="2026-08-21", again=True).startswith("2026-08-21: 1 books")


def test_numbers_that_no_column_holds_stay_empty() -> None:
    assert storing._bounded(1e7, 999.0) is None
    assert storing._bounded(float("inf"), 999.0) is None
    assert storing._bounded(-2.5, 999.0) == -2.5
    assert len(FACTORS) == 8
