"""Three spellings of one symbol."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentiment_site.providers.symbols import from_dash, from_nasdaq, to_dash, to_nasdaq

TABLE = [
    ("AAPL", "AAPL", "AAPL"),
    ("BRK.B", "BRK-B", "BRK/B"),
    ("KIMpL", "KIM-PL", "KIM^L"),
    ("XYZ.WS", "XYZ-WT", "XYZ/WS"),
    ("XYZ.U", "XYZ-UN", "XYZ/U"),
    ("XYZp", "XYZ-P", "XYZ^"),
    ("XYZWW", "XYZWW", "XYZWW"),
    ("XYZ.WS.A", "XYZ-WS-A", "XYZ/WS/A"),
]
ROOT = st.from_regex(r"[A-Z]{1,5}", fullmatch=True)
CLASS = st.sampled_from(list("ABCDEFGHIJKLMNOQRSTVWXYZ"))  # U is a unit, P reads as preferred
CANONICAL = st.one_of(
    ROOT,
    st.builds("{}.{}".format, ROOT, CLASS),
    st.builds("{}p{}".format, ROOT, st.from_regex(r"[A-Z]{0,2}", fullmatch=True)),
    st.builds("{}.WS".format, ROOT),
    st.builds("{}.U".format, ROOT),
    st.builds("{}r".format, ROOT),
)


@pytest.mark.parametrize(("canonical", "dash", "nasdaq"), TABLE)
def test_the_table_both_ways(canonical: str, dash: str, nasdaq: str) -> None:
    assert to_dash(canonical) == dash
    assert from_dash(dash) == canonical
    assert to_nasdaq(canonical) == nasdaq
    assert from_nasdaq(nasdaq) == canonical


def test_rights_have_no_spelling_at_nasdaq() -> None:
    assert to_dash("XYZr") == "XYZ-RI"
    assert from_dash("XYZ-RI") == "XYZr"
    assert to_nasdaq("XYZr") is None


def test_a_lower_case_p_is_not_an_upper_case_one() -> None:
    assert to_dash("KIMPL") == "KIMPL"
    assert to_dash("KIMpL") != to_dash("KIMPL")
    assert from_dash("KIM-PL") == "KIMpL"


@given(CANONICAL)
@example("KIMpRI")
@example("KIMpWT")
def test_there_and_back(canonical: str) -> None:
    assert from_dash(to_dash(canonical)) == canonical
    nasdaq = to_nasdaq(canonical)
    assert nasdaq is None or from_nasdaq(nasdaq) == canonical


@given(CANONICAL, CANONICAL)
def test_two_symbols_never_share_a_spelling(one: str, other: str) -> None:
    assert (to_dash(one) == to_dash(other)) == (one == other)
