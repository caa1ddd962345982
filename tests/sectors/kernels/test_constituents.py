"""The stored table of a sector's stocks: sums, order, reasons, ranks."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings

from sectors.kernels.conditions import REASONS
from sectors.kernels.constituents import rank_table
from sectors.kernels.inputs import SectorInputs
from sectors.kernels.sector import analyse_sector
from tests.sectors.kernels.sample import make_inputs
from tests.sectors.kernels.test_sector import sectors

NAN = math.nan


@settings(max_examples=80)
@given(sectors())
def test_contributions_sum_to_the_base_and_the_rest_is_nothing(inputs: SectorInputs) -> None:
    reading, table = analyse_sector(inputs)
    assert table.symbols == inputs.symbols
    if reading.base is not None:
        assert table.contribution.sum() == pytest.approx(reading.base, abs=1e-12)
        assert dict(zip(table.symbols, table.contribution.tolist(), strict=True)) == (
            dict.fromkeys(table.symbols, 0.0) | reading.contributions
        )
    assert int(table.fresh.sum()) == reading.n_fresh
    assert not table.weight[~table.fresh].any()
    assert ((table.exclusion > 0) == ~table.fresh).all()
    assert (np.isnan(table.returns) == (table.reasons > 0)).all()
    assert (np.isnan(table.rank) == np.isnan(table.returns[:, 1])).all()


def test_every_column_has_a_row_for_every_stock() -> None:
    for n in (0, 1, 7):
        _, table = analyse_sector(make_inputs(n))
        for field in fields(table):
            column = getattr(table, field.name)
            for array in column if field.name == "parts" else (column,):
                assert len(array) == n


def test_reasons_and_ranks_of_a_mixed_sector() -> None:
    inputs = make_inputs(
        4,
        returns=np.array([[0.1, 6.0, 1.0, 1.0], [0.1, 5.0, 1.0, 1.0], [NAN] * 4, [0.1, -4.0, 1.0, 1.0]]),
        rvol=np.array([3.5, math.inf, 1.0, 3.5]),
        quarantined=np.array([0, 1, 0, 0]),
        opening_gap=np.array([2.0, NAN, NAN, -1.0]),
        float_shares=np.full(4, 1e8),
        average_dollar_volume=np.full(4, 1e8),
        last_price=np.array([3.0, 4.0, 5.0, 6.0]),
        official_close=np.array([2.9, 4.1, 5.0, math.inf]),
    )
    reading, table = analyse_sector(inputs)
    assert [REASONS[code] for code in table.exclusion] == ["", "quarantined", "no_price", ""]
    aligned = {"light_green": 1.0, "dark_green": 1.0}.get(reading.colour or "", 0.5)
    assert table.rank[0] == pytest.approx(10 * (0.4 * math.tanh(0.75) + 0.3 + 0.2 * aligned + 0.1), abs=5e-4)
    assert table.parts.volume[[0, 3]].tolist() == [1.0, 1.0]
    assert (table.last_price[0], np.isnan(table.official_close[3]), np.isnan(table.rvol[1])) == (3.0, True, True)
    ranking = rank_table(table, reading.score, previous={"S003"})
    assert [(each.symbol, each.opening_gap) for each in ranking.bull] == [("S000", 2.0)]
    assert [each.symbol for each in ranking.bear] == ["S003"]
    assert (ranking.bull[0].rank, "NEW" in ranking.bull[0].badges) == (table.rank[0], True)
    assert rank_table(replace(table, eligible=np.zeros(4) > 0), reading.score).bull == ()


def test_eligibility_is_carried_and_everyone_is_eligible_by_default() -> None:
    assert analyse_sector(make_inputs(3)).stocks.eligible.all()
    _, table = analyse_sector(make_inputs(3, eligible=np.array([1.0, NAN, 0.0])))
    assert table.eligible.tolist() == [True, False, False]


def test_the_order_is_the_callers() -> None:
    inputs = make_inputs(9)
    order = np.arange(9)[::-1]
    turned = replace(
        inputs,
        symbols=inputs.symbols[::-1],
        **{name: getattr(inputs, name)[order] for name in ("returns", "shares_traded", "dollar_volume", "rvol")},
    )
    np.testing.assert_array_equal(
        analyse_sector(turned).stocks.contribution[order], analyse_sector(inputs).stocks.contribution
    )
