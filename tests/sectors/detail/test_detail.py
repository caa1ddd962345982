"""One sector in depth: what a run stored comes back, sums to the score, and is what was known then."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from sectors import detail, selectors
from sectors.constituents import MARK, list_ids, pack_stocks, unpack_stocks
from sectors.inputs import load_inputs
from sectors.kernels.registry import analyse_all
from sectors.live_prices import LivePrices
from sectors.models import SectorReading, SectorRun
from sectors.pipeline import run_analysis
from sectors.stock_listing import COLUMNS, SHOWN, StockListing, parse_stock_listing, select_stocks
from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS, Market, symbols_of
from tests.sectors.conftest import HALF_HOUR, TEN, analyse
from universe.models import Instrument

pytestmark = pytest.mark.django_db

AT = TEN + timedelta(minutes=31)
TECH = symbols_of("technology")


@pytest.fixture
def mixed(market: Market, django_capture_on_commit_callbacks: Any) -> SectorRun:
    """Technology falls by different amounts, the first stock most; everybody else stands still."""
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100))
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 100) | {s: 92 + i for i, s in enumerate(TECH)})
    with clock.frozen(AT), django_capture_on_commit_callbacks(execute=True):
        return analyse()


def found(sector: str = "technology", as_of: Any = None) -> detail.Detail:
    result = detail.get_detail(sector, as_of)
    assert result is not None
    return result


def test_the_steps_sum_to_the_score_and_the_stocks_to_their_step(mixed: SectorRun) -> None:
    one = found()
    assert one.reading.score is not None and one.reading.score < 0
    steps = one.explanation.steps
    assert sum((step.value for step in steps), Decimal(0)) == one.reading.score == steps[-1].running
    by_key = {step.key: step.value for step in steps}
    for horizon, stocks in one.horizons:
        if stocks:
            assert sum((stock.value for stock in stocks), Decimal(0)) == by_key[horizon]
    total = sum(row.contribution for row in one.rows)
    assert total == pytest.approx(float(one.reading.score), abs=6e-4)  # the third decimal is the rounding step


def test_the_rows_are_the_stocks_of_the_sector_with_their_moves(mixed: SectorRun) -> None:
    one = found()
    assert [row.symbol for row in one.rows] == sorted(TECH)
    first = next(row for row in one.rows if row.symbol == TECH[0])
    assert first.day == pytest.approx(-8.0, abs=1e-4)
    assert first.last == pytest.approx(92.0)
    assert first.contribution == min(row.contribution for row in one.rows)
    assert sum(row.weight for row in one.rows) == pytest.approx(1.0)
    assert first.rank is not None and first.rank_parts[0] == pytest.approx(np.tanh(1.0), abs=1e-4)


def test_challengers_are_stored_beside_the_champion(mixed: SectorRun) -> None:
    one = found()
    assert one.reading.formula == "v1" and [other.formula for other in one.challengers] == ["v2"]
    assert one.challengers[0].constituents is None
    assert set(selectors.latest_readings()["technology"].run.readings.values_list("formula", flat=True)) == {"v1", "v2"}


def test_another_champion_shows_its_light(market: Market, mixed: SectorRun, settings: Any) -> None:
    settings.SECTOR_FORMULA = "v2"
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 90))
    with clock.frozen(AT + HALF_HOUR):
        run = analyse()
    assert (run.formula, found().reading.formula) == ("v2", "v2")
    assert {reading.formula for reading in selectors.latest_readings().values()} == {"v2"}


def test_movers_are_new_once_and_carry_their_parts(market: Market, mixed: SectorRun) -> None:
    card = found().card
    bear = next(side for side in card.sides if side.key == "bear")
    assert [mover.symbol for mover in bear.movers] == list(TECH[:3])
    assert not any(mover.is_new for mover in bear.movers)  # before the first run nothing can be new
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100) | {TECH[4]: 80, TECH[0]: 92})
    with clock.frozen(AT + HALF_HOUR):
        analyse()
    movers = {mover.symbol: mover for side in found().card.sides for mover in side.movers if side.key == "bear"}
    assert movers[TECH[4]].is_new and not movers[TECH[0]].is_new


def test_as_of_shows_what_was_known_then(market: Market, mixed: SectorRun) -> None:
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 120))
    with clock.frozen(AT + HALF_HOUR):
        analyse()
    then, now = found(as_of=mixed.recorded_at), found()
    assert then.reading.run_id == mixed.pk and now.reading.run_id > mixed.pk
    assert (then.reading.score or 0) < 0 < (now.reading.score or 0)
    assert detail.get_detail("technology", mixed.recorded_at - timedelta(seconds=1)) is None


def test_reading_a_sector_costs_four_statements(mixed: SectorRun, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(4):
        found()


def test_a_stock_of_a_sector(mixed: SectorRun) -> None:
    row = detail.get_stock(TECH[1], "technology")
    assert row is not None and row.day == pytest.approx(-7.0, abs=1e-4)
    assert detail.get_stock("NONE", "technology") is None


def test_a_significant_move_recalculates_its_sector_alone(market: Market, mixed: SectorRun) -> None:
    ids = np.array([market.ids[symbol] for symbol in TECH], dtype=np.int32)
    prices = LivePrices(AT + timedelta(minutes=4), ids, np.full(ids.size, 130.0), np.full(ids.size, 5e6))
    before = selectors.get_grid()
    with clock.frozen(AT + timedelta(minutes=4)):
        run = run_analysis(trigger="move", fetch=False, only={"technology"}, live=prices, occasion="TEC1 +30 %")
    after = selectors.get_grid()
    assert isinstance(run, SectorRun) and not run.is_whole and run.readings.count() == 2
    assert before is not None and after is not None
    assert after.seq == run.pk and after.as_of == before.as_of  # the grid's age is that of its last whole run
    cards, old = {card.sector: card for card in after.cards}, {card.sector: card for card in before.cards}
    assert cards["technology"].as_of == AT + timedelta(minutes=4)
    assert (cards["technology"].score or 0) > 0 > (old["technology"].score or 0)
    assert all(cards[sector].score == old[sector].score for sector in cards if sector != "technology")
    assert found().rows[0].last == pytest.approx(130.0)
    assert cards["technology"].previous_colour == old["technology"].colour


def test_packed_stocks_come_back(market: Market, mixed: SectorRun) -> None:
    with clock.frozen(AT):
        inputs = load_inputs(AT)
    sector = next(one for one in inputs.sectors if one.sector == "technology")
    table = analyse_all(sector, "v1")["v1"].stocks
    ids = inputs.rows["technology"]
    packed = pack_stocks(ids, table)
    names = dict(zip(ids.tolist(), table.symbols, strict=True))
    again_ids, again = unpack_stocks(packed, names)
    assert again.symbols == table.symbols and again_ids.tolist() == ids.tolist() == list_ids(packed)
    np.testing.assert_allclose(again.returns, table.returns, rtol=1e-6)
    np.testing.assert_allclose(np.column_stack(again.parts), np.column_stack(table.parts), rtol=1e-6)
    assert (again.fresh == table.fresh).all() and (again.reasons == table.reasons).all()
    with pytest.raises(ValueError, match="3 instruments for"):
        pack_stocks([1, 2, 3], table)
    with pytest.raises(ValueError, match="not a packed table"):
        unpack_stocks(b"XX" + packed, names)
    with pytest.raises(ValueError, match="not a packed table"):
        list_ids(packed.replace(MARK, b"????"))


def test_the_strip_has_the_last_colour_of_each_day(market: Market, mixed: SectorRun) -> None:
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 130))
    with clock.frozen(AT + HALF_HOUR):
        last = analyse()
    days = detail.list_strip("technology", AT + timedelta(days=1))
    assert [(day.day.isoformat(), day.known_at) for day in days] == [("2026-08-21", last.recorded_at)]
    assert days[0].colour == "dark_green"
    assert detail.list_strip("technology", mixed.recorded_at)[0].colour != "dark_green"
    assert detail.list_strip("technology", mixed.recorded_at + timedelta(days=120)) == []


def test_the_series_has_gaps_where_figures_are_missing(mixed: SectorRun) -> None:
    SectorReading.objects.filter(sector="technology").update(performance_1week=None)
    series = detail.load_series("technology", AT - timedelta(days=1), AT)
    assert series["t"] == [int(mixed.as_of.timestamp())]
    assert series["1week"] == [None] and series["1day"][0] == pytest.approx(-5.5, abs=2.5)
    assert {len(values) for values in series.values()} == {1}


# --- filters and order ---


def test_every_column_sorts_both_ways_with_what_is_missing_last(mixed: SectorRun) -> None:
    rows = found().rows
    for name, (_, _, _, figure) in COLUMNS.items():
        for sort in (name, f"-{name}"):
            chosen = select_stocks(rows, parse_stock_listing({"sort": sort}))
            assert sorted(row.symbol for row in chosen) == sorted(row.symbol for row in rows)
            known = [figure(row) for row in chosen if figure(row) not in (None, "")]
            assert known == sorted(known, reverse=sort.startswith("-"))
            assert [figure(row) in (None, "") for row in chosen] == [False] * len(known) + [True] * (
                len(rows) - len(known)
            )


def test_groups_and_text_choose_rows(mixed: SectorRun) -> None:
    rows = found().rows
    chosen = {name: {row.symbol for row in select_stocks(rows, StockListing(show=name))} for name in SHOWN}
    assert chosen["down"] == {row.symbol for row in rows if (row.day or 0) < 0} != set()
    assert chosen["counted"] | chosen["excluded"] == chosen[""] == set(TECH)
    assert [row.symbol for row in select_stocks(rows, StockListing(q=TECH[2].lower()))] == [TECH[2]]


@pytest.mark.parametrize(("given", "says"), [({"sort": "colour"}, "sort: 'colour'"), ({"show": "all"}, "show: 'all'")])
def test_unknown_parameters_are_named(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_stock_listing(given)


def test_a_company_cannot_put_a_formula_into_the_csv(mixed: SectorRun) -> None:
    Instrument.objects.filter(symbol=TECH[0]).update(name="=HYPERLINK(1)")
    lines = list(csv.reader(io.StringIO("".join(detail.render_csv(found().rows)))))
    assert next(line[1] for line in lines if line[0] == TECH[0]) == "'=HYPERLINK(1)"


def test_the_csv_holds_exactly_the_rows_given(mixed: SectorRun) -> None:
    rows = select_stocks(found().rows, StockListing(sort="1day"))
    text = "".join(detail.render_csv(rows))
    read = list(csv.DictReader(io.StringIO(text)))
    assert [row["symbol"] for row in read] == [row.symbol for row in rows]
    assert float(read[0]["move_1day_pct"]) == pytest.approx(-8.0, abs=1e-4)
