"""Exposures and concentration by hand, and what must hold for any book."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.kernels.exposures import (
    Concentration,
    ExposureLine,
    compute_active_weights,
    compute_concentration,
    compute_exposure,
)
from portfolios.kernels.greeks import GreekSource
from portfolios.kernels.positions import PositionType

T = PositionType
BOOK = [
    ExposureLine("a", "AAPL", T.LONG, 15_000, 15_000, 1.0, 1.2, "technology", ("core", "us")),
    ExposureLine("b", "TSLA", T.SHORT, -10_000, 10_000, 1.0, 2.0, "consumer_discretionary", ("core",)),
    ExposureLine("c", "AAPL", T.LP, 500, 15_000, -0.4, 1.2, "technology"),
    ExposureLine("d", "XYZ", T.SC, -200, 4_000, 0.5, None, None),
]


def test_worked_example() -> None:
    found = compute_exposure(BOOK, 20_000, GreekSource.MODEL)
    book = found.book
    assert (book.market_value.long, book.market_value.short) == (15_500, 10_200)
    assert (book.market_value.gross, book.market_value.net) == (25_700, 5_300)
    assert (book.notional.long, book.notional.short) == (15_000, 29_000)
    assert (book.delta_adjusted.long, book.delta_adjusted.short) == (15_000, 10_000 + 6_000 + 2_000)
    assert book.beta_weighted.net == pytest.approx(18_000 - 20_000 - 7_200)
    assert book.beta_weighted.unknown == ("d",)
    assert found.portfolio_beta is None
    assert compute_exposure(BOOK[:3], 20_000).portfolio_beta == pytest.approx(-9_200 / 20_000)
    assert compute_exposure(BOOK[:3], 0).portfolio_beta is None
    assert found.delta_source is GreekSource.MODEL
    assert found.by_sector["technology"].market_value.net == 15_500
    assert sorted(found.by_sector) == ["consumer_discretionary", "technology", "unknown"]
    assert {tag: group.positions for tag, group in found.by_tag.items()} == {"core": 2, "us": 1, "untagged": 2}
    assert {name: group.positions for name, group in found.by_option.items()} == {"stock": 2, "CALL": 1, "PUT": 1}
    assert found.by_underlying["AAPL"].delta_adjusted.net == 9_000


def test_unknown_deltas_are_named_not_zero() -> None:
    line = ExposureLine("x", "XYZ", T.SP, -300, 4_000, None, 1.0)
    found = compute_exposure([line], 1_000)
    assert found.book.delta_adjusted.unknown == ("x",)
    assert found.book.notional.short == 4_000
    assert found.portfolio_beta is None
    assert compute_concentration([line]).weights == {"XYZ": 1.0}
    with pytest.raises(ValueError, match="notional"):
        compute_exposure([ExposureLine("x", "XYZ", T.SHORT, -300, -300)], 1_000)


def test_concentration() -> None:
    """AAPL 9,000 net of its put, TSLA 10,000, XYZ 2,000."""
    found = compute_concentration(BOOK)
    assert list(found.weights) == ["TSLA", "AAPL", "XYZ"]
    weights = np.array([10, 9, 2]) / 21
    assert found.hhi == pytest.approx((weights**2).sum())
    assert found.effective_names == pytest.approx(1 / (weights**2).sum())
    assert found.top(1) == pytest.approx(10 / 21)
    assert found.top(10) == pytest.approx(1.0)
    assert compute_concentration([]) == Concentration()
    assert Concentration().top(3) == 0


def test_active_weights() -> None:
    groups = compute_exposure(BOOK, 20_000).by_sector
    found = compute_active_weights(groups, 20_000, {"technology": 0.5, "energy": 0.1})
    assert found["technology"] == pytest.approx(0.775 - 0.5)
    assert found["energy"] == pytest.approx(-0.1)
    assert found["unknown"] == pytest.approx(-0.01)
    with pytest.raises(ValueError, match="positive total value"):
        compute_active_weights(groups, 0, {})


def test_empty_book() -> None:
    found = compute_exposure([], 1_000)
    assert found.book.positions == 0
    assert found.book.market_value.gross == 0
    assert found.portfolio_beta == 0
    assert found.by_tag == {}


@st.composite
def lines(draw: st.DrawFn) -> ExposureLine:
    kind = draw(st.sampled_from(T))
    size = draw(st.floats(0, 1e6))
    delta = 1.0 if not kind.is_option else draw(st.floats(0, 1)) * (1 if kind in (T.LC, T.SC) else -1)
    sector, name = draw(st.sampled_from(["a", "b", None])), draw(st.sampled_from("XYZ"))
    return ExposureLine(str(draw(st.integers())), name, kind, kind.sign * size, 2 * size, delta, 1.0, sector)


@given(st.lists(lines(), max_size=12))
def test_sides_add_up_and_groups_are_a_partition(book: list[ExposureLine]) -> None:
    found = compute_exposure(book, 1e6)
    for measure in ("market_value", "notional", "delta_adjusted", "beta_weighted"):
        whole = getattr(found.book, measure)
        assert whole.long >= 0
        assert whole.short >= 0
        assert whole.gross >= abs(whole.net) - 1e-6
        for groups in (found.by_sector, found.by_option, found.by_underlying):
            assert sum(getattr(group, measure).net for group in groups.values()) == pytest.approx(whole.net, abs=1e-3)
    concentration = compute_concentration(book)
    if concentration.weights:
        assert sum(concentration.weights.values()) == pytest.approx(1)
        assert 1 - 1e-9 <= concentration.effective_names <= len(concentration.weights) + 1e-9
