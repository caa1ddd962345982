"""The book held against the light: shares, sentences, warnings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.kernels.light import LEANINGS, BookLine, SectorLight, StockState, compare_with_light

TECH = SectorLight("technology", "dark_green", "DO NOT SHORT", 0.8, 0.9)
ENERGY = SectorLight("energy", "light_red", "GOOD SHORT", -0.4, 0.6)
HEALTH = SectorLight("healthcare", "light_green", "AVOID SHORTS", 0.3, 0.2)
METALS = SectorLight("materials", "dark_red", "PRIME SHORT", -0.7, 0.8, abstained=True)
LIGHTS = [TECH, ENERGY, HEALTH, METALS]
BOOK = [
    BookLine("1", "SMCI", "technology", -38_000.0),
    BookLine("2", "XOM", "energy", -42_000.0),
    BookLine("3", "FCX", "materials", -20_000.0),
    BookLine("4", "CVX", "energy", 30_000.0),
    BookLine("5", "AAPL", "technology", 60_000.0),
    BookLine("6", "ODD", None, 10_000.0),
]


def test_worked_example() -> None:
    found = compare_with_light(BOOK, LIGHTS)
    assert found.short_shares == pytest.approx({"light_red": 0.42, "dark_green": 0.38, "no_read": 0.20})
    assert found.long_shares == pytest.approx({"light_red": 0.3, "dark_green": 0.6, "no_sector": 0.1})
    assert (found.short_gross, found.long_gross) == (100_000, 100_000)
    assert found.headlines == ("38 % of short gross sits in DO NOT SHORT", "30 % of long gross sits in GOOD SHORT")
    fights = {(warned.key, warned.severity) for warned in found.warnings}
    assert fights == {("1", "high"), ("4", "medium")}
    assert found.warnings[0].message == "Short SMCI in a sector that says DO NOT SHORT"
    assert found.warnings[1].message == "Long CVX in a sector that says GOOD SHORT"
    pull = -38_000 * 0.9 + 42_000 * 0.5 * 0.6 - 30_000 * 0.5 * 0.6 + 60_000 * 0.9
    assert found.agreement == pytest.approx(pull / 170_000)
    adjusted = -38_000 * 0.72 + 42_000 * 0.24 - 30_000 * 0.24 + 60_000 * 0.72
    assert found.light_adjusted_net == pytest.approx(adjusted)
    assert [line.verb for line in found.lines] == [
        "DO NOT SHORT", "GOOD SHORT", "NO READ", "GOOD SHORT", "DO NOT SHORT", "",
    ]  # fmt: skip


def test_what_is_known_of_stocks_warns() -> None:
    states = {
        "SMCI": StockState("AI servers", "EXTREME", 0.71, 0.75),
        "XOM": StockState(None, "HOT", 0.2, 0.1),
        "AAPL": StockState(None, "EXTREME", 0.9, 0.7),
        "CVX": StockState(None, "WARM", None, None),
    }
    found = compare_with_light(BOOK, LIGHTS, states)
    said = {(warned.code, warned.key, warned.severity) for warned in found.warnings}
    assert said == {
        ("against_light", "1", "high"), ("squeeze", "1", "high"), ("heat", "1", "high"), ("manipulation", "1", "high"),
        ("heat", "2", "medium"), ("manipulation", "5", "high"), ("against_light", "4", "medium"),
    }  # fmt: skip
    messages = [warned.message for warned in found.warnings]
    assert "Short SMCI while its temperature is EXTREME (AI servers)" in messages
    assert "Short XOM while its temperature is HOT" in messages
    assert "Short SMCI with squeeze risk 0.71" in messages


def test_a_doubtful_light_warns_softly_and_no_light_is_said() -> None:
    unsure = SectorLight("technology", "dark_green", "DO NOT SHORT", 0.8, 0.2)
    assert compare_with_light(BOOK[:1], [unsure]).warnings[0].severity == "medium"
    silent = SectorLight("technology", "dark_green", "DO NOT SHORT", 0.8, None)
    assert compare_with_light(BOOK[:1], [silent]).warnings[0].severity == "medium"
    assert compare_with_light(BOOK[:1], [silent]).agreement == 0
    dark = compare_with_light(BOOK, [])
    assert dark.headlines == ("100 % of short gross has no light", "100 % of long gross has no light")
    assert dark.agreement is None
    assert dark.warnings == ()
    assert dark.light_adjusted_net == 0
    for light in (
        SectorLight("technology", "grey", "?", 0.8, 0.9),
        SectorLight("technology", "dark_green", "x", None, 1),
    ):
        assert compare_with_light(BOOK[:1], [light]).short_shares == {"no_read": 1.0}


def test_empty_and_flat() -> None:
    empty = compare_with_light([], LIGHTS)
    assert (empty.lines, empty.short_shares, empty.headlines, empty.agreement) == ((), {}, (), None)
    flat = compare_with_light(
        [BookLine("1", "SMCI", "technology", 0.0)], LIGHTS, {"SMCI": StockState(manipulation=1.0)}
    )
    assert flat.warnings == ()
    assert flat.short_gross == flat.long_gross == 0


@given(
    st.lists(st.tuples(st.sampled_from(["technology", "energy", "materials", "nowhere", None]), st.floats(-1e6, 1e6)))
)
def test_shares_sum_to_one_and_agreement_is_bounded(book: list[tuple[str | None, float]]) -> None:
    lines = [BookLine(str(i), "X", sector, amount) for i, (sector, amount) in enumerate(book)]
    found = compare_with_light(lines, LIGHTS)
    for shares, gross in ((found.short_shares, found.short_gross), (found.long_shares, found.long_gross)):
        assert (sum(shares.values()) == pytest.approx(1)) if gross else not shares
        assert set(shares) <= {*LEANINGS, "no_read", "no_sector"}
    assert found.agreement is None or -1 <= found.agreement <= 1
    mirrored = compare_with_light([BookLine(one.key, "X", one.sector, -one.exposure) for one in lines], LIGHTS)
    assert mirrored.light_adjusted_net == pytest.approx(-found.light_adjusted_net, abs=1e-6)
