"""Ranking of stocks: the requirement's two examples, the reference formula, ties, lists, badges, edges."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectors.kernels import ranking
from sectors.kernels.ranking import LOW_FLOAT, NEW, VOLUME_SPIKE, Ranking

NAN = math.nan
# floats and money that earn the grades the requirement names: excellent, good, poor, good
SYMBOLS = ("SMCI", "SOUN", "BBAI", "PATH")
MOVES = np.array([-12.1, -8.2, -6.1, -4.5])
RVOL = np.array([1.2, 2.1, 3.2, 1.8])
FLOATS = np.array([500e6, 40e6, 6e6, 40e6])
MONEY = np.array([900e6, 15e6, 4e6, 15e6])
TECH = Decimal("-0.73")


def reference(move: float, rvol: float, aligned: float, short: float) -> float:
    """Appendix B of the study."""
    return 10 * (0.4 * math.tanh(abs(move) / 8) + 0.3 * min(1.0, (rvol / 3.5) ** 0.35) + 0.2 * aligned + 0.1 * short)


def rank_of(score: Decimal | None = TECH, **changes: Any) -> Ranking:
    """The example, changed one argument at a time."""
    arguments: dict[str, Any] = {
        "symbols": SYMBOLS,
        "moves": MOVES,
        "rvol": RVOL,
        "float_shares": FLOATS,
        "dollar_volume": MONEY,
        "fresh": np.ones(4),
        "eligible": np.ones(4),
    }
    arguments |= changes
    return ranking.rank_sector(**arguments, score=score)


def test_before_the_universe_filter_smci_leads() -> None:
    bear = rank_of().bear
    assert [each.symbol for each in bear] == ["SMCI", "SOUN", "BBAI"]
    assert [round(each.rank, 1) for each in bear] == [8.7, 8.3, 7.8]
    assert [each.rank for each in bear] == [8.692, 8.296, 7.778]
    assert [each.shortability for each in bear] == [1.0, 0.7, 0.3]
    assert [each.place for each in bear] == [1, 2, 3]


def test_after_the_universe_filter_the_card_is_soun_bbai_path() -> None:
    result = rank_of(eligible=np.array([0, 1, 1, 1]))
    assert [each.symbol for each in result.bear] == ["SOUN", "BBAI", "PATH"]
    assert [round(each.rank, 1) for each in result.bear] == [8.3, 7.8, 7.1]
    assert (result.bull, result.hidden, result.reason) == ((), "bull", "none in a bearish sector")


@given(
    st.floats(-90.0, 300.0),
    st.floats(0.01, 50.0),
    st.sampled_from(["-0.700", "-0.201", "-0.200", "0.000", "0.199", "0.200", "0.900"]),
)
def test_the_rank_is_the_reference(move: float, rvol: float, score: str) -> None:
    parts = ranking.rank_parts([move], [rvol], [40e6], [15e6], Decimal(score))
    sector = -1 if float(score) < -0.2 else 0 if float(score) < 0.2 else 1
    aligned = 0.5 + 0.5 * sector * float(np.sign(move))
    assert parts.alignment[0] == aligned
    expected = reference(move, rvol, aligned, float(parts.shortability[0]))
    assert ranking.rank(parts)[0] == pytest.approx(expected, abs=0.0005 + 1e-9)
    assert 0 <= ranking.rank(parts)[0] <= 10


@given(st.floats(0.5, 80.0), st.floats(0.0, 50.0), st.floats(0.1, 10.0))
def test_a_larger_move_on_more_volume_never_ranks_lower(move: float, more: float, rvol: float) -> None:
    small, large = (
        ranking.rank_parts([-x], [v], [4e7], [1e7], TECH) for x, v in ((move, rvol), (move + more, 2 * rvol))
    )
    assert ranking.rank(large)[0] >= ranking.rank(small)[0]


@pytest.mark.parametrize(
    ("floats", "money", "grade"),
    [(5e6, 2e6, 0.3), (100e6, 100e6, 1.0), (NAN, NAN, 0.3), (-5.0, 0.0, 0.3), (100e6, NAN, 0.7), (1e12, 1e12, 1.0)],
)
def test_what_is_easy_to_short(floats: float, money: float, grade: float) -> None:
    assert ranking.tradability([floats], [money], [-3.0]).tolist() == [grade]


def test_a_rising_stock_is_judged_by_its_liquidity() -> None:
    assert ranking.tradability([NAN, NAN], [100e6, 100e6], [3.0, -3.0]).tolist() == [1.0, 0.7]


@pytest.mark.parametrize(
    ("score", "hidden"),
    [
        ("-0.730", "bull"),
        ("-0.250", "bull"),
        ("-0.249", ""),
        ("0.230", ""),
        ("0.120", ""),
        ("0.249", ""),
        ("0.250", "bear"),
        ("0.580", "bear"),
    ],
)
def test_the_opposite_list_is_shown_only_in_a_sector_without_a_clear_side(score: str, hidden: str) -> None:
    assert rank_of(Decimal(score)).hidden == hidden


def test_without_a_score_both_lists_stand_and_nothing_is_aligned() -> None:
    result = rank_of(None)
    assert (result.hidden, {each.alignment for each in result.bear}) == ("", {0.5})


def test_ties_go_to_the_larger_move_then_volume_then_symbol() -> None:
    symbols = ("D", "C", "B", "A")
    same = {"symbols": symbols, "float_shares": np.full(4, 4e7), "dollar_volume": np.full(4, 15e6)}
    # far beyond the scale of both parts the ranks are equal to three decimals
    moves, rvol = np.array([-90.0, -95.0, -90.0, -90.0]), np.array([5.0, 4.0, 6.0, 5.0])
    result = rank_of(**same, moves=moves, rvol=rvol)
    assert len({each.rank for each in result.bear}) == 1
    assert [each.symbol for each in result.bear] == ["C", "B", "A"]


@given(st.permutations(range(4)))
def test_the_order_of_the_stocks_does_not_matter(order: list[int]) -> None:
    arrays = {"moves": MOVES, "rvol": RVOL, "float_shares": FLOATS, "dollar_volume": MONEY}
    shuffled = rank_of(symbols=tuple(SYMBOLS[i] for i in order), **{name: a[order] for name, a in arrays.items()})
    assert [each.symbol for each in shuffled.bear] == [each.symbol for each in rank_of().bear]
    assert [order[each.row] for each in shuffled.bear] == [each.row for each in rank_of().bear]


def test_small_moves_stale_and_missing_ones_are_in_no_list() -> None:
    symbols = ("A", "B", "C", "D", "E", "F")
    moves = np.array([0.5, 0.49, NAN, 9.0, -0.5, 0.0])
    result = rank_of(
        Decimal("0.1"),
        symbols=symbols,
        moves=moves,
        rvol=np.array([NAN, 1, 1, 1, -1, 1]),
        float_shares=np.full(6, NAN),
        dollar_volume=np.full(6, NAN),
        fresh=np.array([1, 1, 1, 0, 1, NAN]),
        eligible=np.ones(6),
    )
    assert [each.symbol for each in result.bull] == ["A"]
    assert [each.symbol for each in result.bear] == ["E"]
    assert (result.bull[0].volume, result.bull[0].rvol, result.bull[0].opening_gap) == (0.0, None, None)


def test_an_empty_sector_has_empty_lists() -> None:
    nothing = np.empty(0)
    result = ranking.rank_sector((), nothing, nothing, nothing, nothing, score=None, fresh=nothing, eligible=nothing)
    assert result == Ranking((), ())


def test_the_opening_gap_stands_beside_the_total_move() -> None:
    first = rank_of(opening_gap=np.array([-9.0, -1.0, NAN, 2.0])).bear
    assert [(each.move, each.opening_gap) for each in first] == [(-12.1, -9.0), (-8.2, -1.0), (-6.1, None)]


def test_badges() -> None:
    bear = rank_of(previous={"SMCI", "PATH"}).bear
    assert [each.badges for each in bear] == [(), (NEW, VOLUME_SPIKE), (NEW, VOLUME_SPIKE, LOW_FLOAT)]
    assert [each.badges for each in rank_of().bear] == [(), (VOLUME_SPIKE,), (VOLUME_SPIKE, LOW_FLOAT)]
    assert ranking.badges("X", 2.0, 20e6, None) == (VOLUME_SPIKE,)
    assert ranking.badges("X", 1.99, 0.0, None) == ranking.badges("X", NAN, NAN, {"X"}) == ()


def test_moves_of_15_percent_are_significant() -> None:
    assert ranking.significant_moves([15.0, -15.0, 14.99, NAN, math.inf]).tolist() == [True, True, False, False, False]


def test_arrays_must_match_the_symbols() -> None:
    with pytest.raises(ValueError, match=r"shape \(4,\)"):
        rank_of(rvol=np.ones(3))


def test_inputs_are_not_changed() -> None:
    before = [array.copy() for array in (MOVES, RVOL, FLOATS, MONEY)]
    rank_of()
    for now, then in zip((MOVES, RVOL, FLOATS, MONEY), before, strict=True):
        np.testing.assert_array_equal(now, then)
