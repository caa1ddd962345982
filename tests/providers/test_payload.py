"""Reading fields with care."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.providers import errors
from sentiment_site.providers import payload as read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(JSON)
def test_no_value_is_too_strange_to_read(value: Any) -> None:
    for reader in (read.number, read.positive, read.amount, read.count, read.shares, read.text, read.cik, read.day):
        reader(value)
    read.moment(value)
    assert read.epoch(value, 1000) is None or read.epoch(value, 1000).tzinfo is UTC
    assert read.flag(value) is (value is True)


def test_zero_is_missing_for_prices_and_not_for_volumes() -> None:
    assert [read.positive(each) for each in (0, 0.0, -1, 2.5, "3.5")] == [None, None, None, 2.5, 3.5]
    assert [read.amount(each) for each in (0, -1, 2.5, "37216.0", None)] == [0, None, 2.5, 37216, None]
    assert [read.count(each) for each in (0, 7.6, None)] == [0, 8, None]
    assert [read.shares(each) for each in (0, 5, "x")] == [None, 5, None]


def test_what_is_not_a_number() -> None:
    for value in (True, None, "", "nan", "inf", "1e999", [], {}, float("inf"), 10**400):
        assert read.number(value) is None


def test_names_and_identifiers() -> None:
    assert [read.text(each) for each in (" a ", "", "  ", 3, None)] == ["a", None, None, None, None]
    assert [read.cik(each) for each in ("0001090872", 1090872, "320193", "", "x1", 0, True, "12345678901", "²")] == [
        "0001090872",
        "0001090872",
        "0000320193",
        *[None] * 6,
    ]


def test_days_and_moments() -> None:
    assert read.day("2022-04-27T00:00:00Z") == date(2022, 4, 27)
    assert read.day("27/04/2022") is None
    assert read.moment("2026-11-27T14:30:00.000Z") == datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
    assert read.moment("2020-11-10T17:37:37-05:00") == datetime(2020, 11, 10, 22, 37, 37, tzinfo=UTC)
    assert read.moment("2020-11-10T17:37:37") is None
    assert read.moment(5) is None


def test_nanoseconds_and_milliseconds_are_not_mixed_up() -> None:
    assert read.epoch(1605192894630916600, 10**9) == datetime(2020, 11, 12, 14, 54, 54, 630916, tzinfo=UTC)
    assert read.epoch(1684428600000, 1000) == datetime(2023, 5, 18, 16, 50, tzinfo=UTC)
    assert read.epoch(1605192894630916600, 1000) is None
    assert read.epoch(1684428600000, 10**9) is None
    assert read.epoch(0, 1000) is None
    assert read.epoch(float("nan"), 1000) is None


@pytest.mark.parametrize("body", [b"", b'{"a": [1, 2', b"<html>", b"\xff\xfe{}", b"[" * 200_000])
def test_what_is_not_json(body: bytes) -> None:
    with pytest.raises(errors.BadPayload, match="invalid or truncated JSON") as caught:
        read.decode("fmp", body)
    assert caught.value.__cause__ is None
    assert f"of {len(body)} bytes" in str(caught.value)


def test_nan_in_json_is_missing() -> None:
    assert read.decode("fmp", b'{"a": NaN, "b": -Infinity, "c": 1}') == {"a": None, "b": None, "c": 1}


def test_rows() -> None:
    assert read.rows_of("fmp", None, "results") == []
    with pytest.raises(errors.BadPayload, match="results is str, not a list"):
        read.rows_of("fmp", "text", "results")
    rows = [{"n": 1}, {"n": 2, "error": "NOT_ENTITLED"}, "row", None, {"n": None}]
    assert read.parse_rows(rows, lambda row: row.get("n")) == ((1,), 4)
