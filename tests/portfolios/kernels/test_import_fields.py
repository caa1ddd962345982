"""Cells as brokers write them, and what is wrong with the others."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.kernels import import_fields as f

D = Decimal
TODAY = dt.date(2026, 8, 1)


@pytest.mark.parametrize(("text", "value"), [
    ("100", "100"), (" 12.5 ", "12.5"), (".5", "0.5"), ("-3", "-3"), ("+3", "3"), ("3-", "-3"), ("−3", "-3"),
    ("1,259.59", "1259.59"), ("1,234", "1234"), ("500,135", "500135"), ("4,581.91", "4581.91"), ("0,31", "0.31"),
    ("100,00", "100"), ("1 757,95", "1757.95"), ("1\u00a0757,95", "1757.95"), ("1'000.50", "1000.50"),
    ("(0,31)", "-0.31"), ("(6.97)", "-6.97"), ("-$694.48", "-694.48"), ("$-694.48", "-694.48"), ("$420.10", "420.10"),
    ("-$26,582.91", "-26582.91"), ("($1,234.50)", "-1234.50"), ("USD 12.50", "12.50"), ("12.50 USD", "12.50"),
    ("€5", "5"), ("1.05E+02", "105"), ("1e-3", "0.001"), ("1,234,567", "1234567"), ("1.234.567,89", "1234567.89"),
    ("0.0290530000", "0.0290530000"), ("11,316.06 ", "11316.06"), ("2 229,31", "2229.31"), ("1.234,56", "1234.56"),
])  # fmt: skip
def test_numbers(text: str, value: str) -> None:
    assert f.parse_number(text) == D(value)


def test_a_file_with_decimal_commas() -> None:
    for text, value in (
        ("1.234", "1234"),
        ("1,234", "1.234"),
        ("1.234,5", "1234.5"),
        ("2.5", "2.5"),
        ("1,234.5", "1234.5"),
    ):
        assert f.parse_number(text, decimal_comma=True) == D(value)


@pytest.mark.parametrize("text", [
    "", "abc", "1,23,4", "1.2.3", "--3", "12abc", "NaN", "inf", "0x10", "1e999", "=1+1", "12 34", "1..2", "()", "$",
    "1" * 25, "9" * 41, "٣", "1,,2", "- -3", "5%",
])  # fmt: skip
def test_not_numbers(text: str) -> None:
    with pytest.raises(f.FieldError):
        f.parse_number(text)


def test_rounding_to_a_column() -> None:
    assert f.round_to(D("1.00005"), D("0.0001"), D(10)) == D("1.0000")
    with pytest.raises(f.FieldError, match="larger than 10"):
        f.round_to(D("-11"), D("0.0001"), D(10))


@pytest.mark.parametrize(("text", "day_first", "date"), [
    ("2024-01-19", False, (2024, 1, 19)), ("2024/1/9", False, (2024, 1, 9)), ("20230522", False, (2023, 5, 22)),
    ("01/19/2024", False, (2024, 1, 19)), ("19/01/2024", True, (2024, 1, 19)), ("01/02/2024", False, (2024, 1, 2)),
    ("01/02/2024", True, (2024, 2, 1)), ("1/2/24", False, (2024, 1, 2)), ("19.01.2024", True, (2024, 1, 19)),
    ("2023-12-18 11:45:06.326", False, (2023, 12, 18)), ("2024-01-19T14:30:00Z", False, (2024, 1, 19)),
    ("2024-01-19T14:30:00+02:00", False, (2024, 1, 19)), ("01/01/2024 05:50:54", True, (2024, 1, 1)),
    ("1/19/2024 4:30 PM", False, (2024, 1, 19)), ("07/15/2024 as of 07/12/2024", False, (2024, 7, 15)),
    ("Jan 19, 2024", False, (2024, 1, 19)), ("January 19 2024", False, (2024, 1, 19)),
    ("Dec-30-2025", False, (2025, 12, 30)), ("30 Dec 2025", False, (2025, 12, 30)),
    ("30-Dec-2025", False, (2025, 12, 30)), ("2024-01-19, 14:30:00", False, (2024, 1, 19)),
])  # fmt: skip
def test_dates(text: str, day_first: bool, date: tuple[int, int, int]) -> None:
    assert f.parse_date(text, today=TODAY, day_first=day_first) == dt.date(*date)


@pytest.mark.parametrize(("text", "message"), [
    ("19/01/2024", "put the day first"), ("2024-02-30", "no date of the calendar"), ("tomorrow", "not a date"),
    ("2026-08-02", "after today"), ("1969-12-31", "before 1970"), ("Foo 19, 2024", "not a date"),
    ("19 Foo 2024", "not a date"),
    ("", "not a date"), ("45310", "not a date"), ("32/13/2024", "no date"), ("٢٠٢٤-01-19", "not a date"),
    ("x" * 99, "xxx...'"),
])  # fmt: skip
def test_not_dates(text: str, message: str) -> None:
    with pytest.raises(f.FieldError, match=message):
        f.parse_date(text, today=TODAY)


def test_symbols() -> None:
    for text, symbol in (("aapl", "AAPL"), (" BRK/B ", "BRK.B"), ("BRK-B", "BRK.B"), ("brk b", "BRK.B"), ("F", "F")):
        assert f.parse_symbol(text) == (symbol, None)
    for text in ("AAPL240119C00150000", "O:AAPL240119C00150000", "-AAPL240119C150", "AAPL 01/19/2024 150.00 C"):
        symbol, option = f.parse_symbol(text)
        assert symbol == "AAPL240119C00150000"
        assert option is not None


@pytest.mark.parametrize(("text", "message"), [
    ("", "missing"), ("   ", "missing"), ("09070K200", "neither"), ("TOOLONGTICKER", "neither"), ("A$PL", "neither"),
    ("AAPL241319C00150000", "241319"), ("AAPL240119X00150000", "neither C"), ("<script>alert(1)</script>", "no option"),
])  # fmt: skip
def test_not_symbols(text: str, message: str) -> None:
    with pytest.raises(f.FieldError, match=message):
        f.parse_symbol(text)


def test_tags() -> None:
    assert f.parse_tags(" core, Tech ;core,, long  term ") == ("core", "Tech", "long term")
    assert f.parse_tags("") == ()
    for text, message in (
        ("x" * 101, "100 characters"),
        (",".join(map(str, range(21))), "21 tags"),
        ("a\x07b", "print"),
    ):
        with pytest.raises(f.FieldError, match=message):
            f.parse_tags(text)


def test_blanks() -> None:
    assert [f.is_blank(text) for text in ("", " - ", "N/A", "Not available", "0", "x")] == [True] * 4 + [False] * 2


AMOUNTS = st.decimals("-99999999999", "99999999999", places=4)


@given(AMOUNTS)
def test_a_number_is_read_however_it_is_written(value: D) -> None:
    size = abs(value)
    minus = "-" if value < 0 else ""
    forms = [f"{value:f}", f"{minus}${size:,}", f"({size:,})" if value < 0 else f"{size:,}", f"{size:f}{minus}"]
    forms.append(f"{minus}{size:,}".replace(",", " "))
    for text in forms:
        assert f.parse_number(text) == value
    european = f"{minus}{size:,}".translate(str.maketrans(",.", ".,"))
    assert f.parse_number(european, decimal_comma=True) == value


@given(st.dates(dt.date(1970, 1, 1), TODAY))
def test_a_date_is_read_however_it_is_written(date: dt.date) -> None:
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%b %d, %Y", "%d %B %Y", "%b-%d-%Y"):
        assert f.parse_date(date.strftime(form), today=TODAY) == date
    assert f.parse_date(date.strftime("%d.%m.%Y"), today=TODAY, day_first=True) == date


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (
        f.parse_number, f.parse_symbol, f.parse_tags,
        lambda cell: f.parse_date(cell, today=TODAY),
        lambda cell: f.parse_number(cell, decimal_comma=True),
    ):  # fmt: skip
        try:
            parse(text)
        except f.FieldError as error:
            assert len(str(error)) < 400
