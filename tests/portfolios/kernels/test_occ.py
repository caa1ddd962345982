"""Option symbols: every real one beside the repository, every form, every mistake named, there and back."""

import csv
import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.kernels.occ import (
    OptionSymbol,
    OptionSymbolError,
    OptionType,
    adjusted_root,
    format_option_symbol,
    is_option_symbol,
    parse_broker_option,
    parse_option_symbol,
)
from tests.conftest import SHARED_DATA

D = Decimal
JAN = dt.date(2024, 1, 19)


@pytest.mark.real_data
def test_all_real_symbols() -> None:
    path = SHARED_DATA / "reference" / "occ_symbols_real.csv"
    if not path.exists():
        pytest.skip("the real option symbols are not beside the repository")
    rows = list(csv.DictReader(path.open()))
    assert len(rows) == 154
    for row in rows:
        option = parse_option_symbol(row["occ_symbol"])
        assert str(option) == row["occ_symbol"].removeprefix("O:")
        assert parse_option_symbol(format_option_symbol(option, padded=True)) == option
        if row["underlying"]:
            assert option.underlying == row["underlying"]
        if row["type"]:
            assert option.option_type.lower() == row["type"]
        if row["strike"]:
            assert option.strike == D(row["strike"])
        if "-" in row["expiration"]:
            assert option.expiration.isoformat() == row["expiration"]
        elif row["expiration"]:
            assert option.expiration == dt.datetime.fromtimestamp(int(row["expiration"]), dt.UTC).date()


@pytest.mark.parametrize(("text", "root", "underlying", "expiration", "kind", "strike"), [
    ("AAPL240119C00150000", "AAPL", "AAPL", JAN, "CALL", "150"),
    ("F240119P00012500", "F", "F", JAN, "PUT", "12.5"),
    ("SPY   240119C00470000", "SPY", "SPY", JAN, "CALL", "470"),
    ("O:EVRI240119C00002500", "EVRI", "EVRI", JAN, "CALL", "2.5"),
    (" o:aapl240119c00150000 ", "AAPL", "AAPL", JAN, "CALL", "150"),
    ("AAPL1240119C00150000", "AAPL1", "AAPL", JAN, "CALL", "150"),
    ("AAPL1 240119C00150000", "AAPL1", "AAPL", JAN, "CALL", "150"),
    ("BRKB240119C00350000", "BRKB", "BRK.B", JAN, "CALL", "350"),
    ("BRK.B240119C00350000", "BRKB", "BRK.B", JAN, "CALL", "350"),
    ("SPXW240119P04500000", "SPXW", "SPX", JAN, "PUT", "4500"),
    ("2SPY  240119C00470000", "2SPY", "SPY", JAN, "CALL", "470"),
    ("XYZ240119C00000005", "XYZ", "XYZ", JAN, "CALL", "0.005"),
    ("ABCDEF240119C99999999", "ABCDEF", "ABCDEF", JAN, "CALL", "99999.999"),
    ("AAPL690119C00150000", "AAPL", "AAPL", dt.date(2069, 1, 19), "CALL", "150"),
    ("AAPL240229C00150000", "AAPL", "AAPL", dt.date(2024, 2, 29), "CALL", "150"),
])  # fmt: skip
def test_forms(text: str, root: str, underlying: str, expiration: dt.date, kind: str, strike: str) -> None:
    option = parse_option_symbol(text)
    assert option == OptionSymbol(root, expiration, OptionType(kind), D(strike))
    assert option.underlying == underlying
    assert option.adjusted == root[-1].isdigit()
    assert option.is_call == (kind == "CALL")
    assert parse_broker_option(text) == option


@pytest.mark.parametrize(("text", "part", "message"), [
    ("", "length", "16 to 21"),
    ("GOOGL", "length", "has 5"),
    ("AAPL240119C0015000", "length", "must end in a date"),
    ("AAPL    240119C00150000", "length", "has 23"),
    ("AAPL241319C00150000", "expiration", "241319"),
    ("AAPL230229C00150000", "expiration", "230229"),
    ("AAPL240119X00150000", "type", "neither C (call) nor P (put) but 'X'"),
    ("AAPL240119C00000000", "strike", "0.001"),
    ("AAPL240119C0015000A", "length", "must end in a date"),
    ("AAPL٢40119C00150000", "length", "must end in a date"),
    ("AAPL12240119C00150000", "root", "'AAPL12' is no root"),
    ("1240119C00150000", "root", "'1' is no root"),
    ("12345671234567890", "type", "neither C (call)"),
    ("AB CD240119C00150000", "root", "'AB CD'"),
    ("      240119C00150000", "length", "has 15"),
])  # fmt: skip
def test_mistakes_are_named(text: str, part: str, message: str) -> None:
    with pytest.raises(OptionSymbolError) as caught:
        parse_option_symbol(text)
    assert caught.value.part == part
    assert message in str(caught.value)
    assert not is_option_symbol(text)


@pytest.mark.parametrize("text", [
    "-AAPL240119C150", ".AAPL240119C150", "AAPL240119C150.0", "AAPL 01/19/2024 150.00 C", "AAPL 1/19/2024 $150 CALL",
    "aapl  01/19/2024  150.00 c",
])  # fmt: skip
def test_brokers_forms(text: str) -> None:
    assert str(parse_broker_option(text)) == "AAPL240119C00150000"
    assert is_option_symbol(text)


@pytest.mark.parametrize("text", ["AAPL 13/19/2024 150.00 C", "-AAPL240119C0", "AAPL 01/19/2024 150.00"])
def test_brokers_mistakes(text: str) -> None:
    with pytest.raises(OptionSymbolError):
        parse_broker_option(text)


def test_what_cannot_be_made() -> None:
    with pytest.raises(OptionSymbolError, match="tenth of a cent"):
        OptionSymbol("AAPL", JAN, OptionType.CALL, D("1.0005"))
    with pytest.raises(OptionSymbolError, match="between 2000 and 2099"):
        OptionSymbol("AAPL", dt.date(1999, 1, 15), OptionType.CALL, D(1))
    with pytest.raises(OptionSymbolError, match="99999"):
        OptionSymbol("AAPL", JAN, OptionType.CALL, D(100_000))


def test_adjusted_roots() -> None:
    assert adjusted_root("AAPL") == "AAPL1"
    assert adjusted_root("AAPL1") == "AAPL2"
    with pytest.raises(OptionSymbolError, match="nine times"):
        adjusted_root("AAPL9")
    with pytest.raises(OptionSymbolError, match="no root"):
        adjusted_root("ABCDEF")


OPTIONS = st.builds(
    OptionSymbol,
    st.from_regex(r"[A-Z]{1,5}[0-9]?", fullmatch=True),
    st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)),
    st.sampled_from(OptionType),
    st.integers(1, 99_999_999).map(lambda mills: D(mills) / 1000),
)


@given(OPTIONS)
def test_there_and_back(option: OptionSymbol) -> None:
    plain, padded = format_option_symbol(option), format_option_symbol(option, padded=True)
    assert len(padded) == 21
    for text in (plain, padded, "O:" + plain, plain.lower()):
        assert parse_option_symbol(text) == option
        assert parse_broker_option(text) == option


@given(st.text(max_size=30))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        option = parse_broker_option(text)
    except OptionSymbolError:
        return
    assert parse_option_symbol(str(option)) == option
