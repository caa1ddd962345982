"""What is announced: margins, persistence, and that hovering on an edge rings once at most."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectors.kernels.alerts import announce
from sectors.kernels.colours import colour

SCORES = st.integers(-1000, 1000).map(lambda n: Decimal(n) / 1000)


@pytest.mark.parametrize(
    ("announced", "score", "earlier", "result"),
    [
        (None, "0.300", (), ("light_green", True)),
        ("light_green", "0.300", (), ("light_green", False)),
        ("blue_neutral", "0.219", (), ("blue_neutral", False)),
        ("blue_neutral", "0.220", (), ("light_green", True)),
        ("blue_neutral", "0.219", ("light_green",), ("light_green", True)),
        ("blue_neutral", "0.219", ("light_green", "blue_neutral"), ("blue_neutral", False)),
        ("light_green", "0.181", (), ("light_green", False)),
        ("light_green", "0.180", (), ("blue_neutral", True)),
        ("dark_green", "-0.601", (), ("dark_green", False)),
        ("dark_green", "-0.620", (), ("dark_red", True)),
        ("dark_red", "-0.580", (), ("light_red", True)),
        ("dark_red", "0.600", ("dark_green",), ("dark_green", True)),
    ],
)
def test_when_a_change_is_announced(
    announced: str | None, score: str, earlier: tuple[str, ...], result: tuple[str, bool]
) -> None:
    assert announce(announced, Decimal(score), earlier)[:2] == result


@given(st.lists(SCORES, min_size=2, max_size=30))
def test_an_announced_colour_was_read(scores: list[Decimal]) -> None:
    stands, read = None, []
    for score in scores:
        result = announce(stands, score, read)
        read.append(colour(score))
        assert result.colour in read
        assert result.changed == (result.colour != stands)
        if len(read) > 1 and read[-1] == read[-2]:
            assert result.colour == read[-1], "two in a row always stand"
        stands = result.colour


def test_alternating_on_an_edge_never_rings() -> None:
    for score in ("0.205", "0.195") * 5:
        assert not announce("blue_neutral", Decimal(score), ("blue_neutral",)).changed


def test_an_unknown_colour_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="mauve"):
        announce("mauve", Decimal("0.3"))
