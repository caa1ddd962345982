"""How positions are written on pages."""

from __future__ import annotations

import pytest

from portfolios.templatetags.contracts import contract, exact


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        ("AAPL261218C00250000", "AAPL 18 Dec 26 250 C"),
        ("SOUN261218P00012500", "SOUN 18 Dec 26 12.5 P"),
        ("SOUN", "SOUN"),
        ("", ""),
        ("NOOPTIONATALLBUTLONG", "NOOPTIONATALLBUTLONG"),
    ],
)
def test_options_in_words(symbol: str, shown: str) -> None:
    assert contract(symbol) == shown


@pytest.mark.parametrize(
    ("number", "least", "shown"),
    [
        ("100.0000", 0, "100"),
        ("0.5000", 0, "0.5"),
        ("12.4000", 2, "12.40"),
        ("1250.1234", 2, "1,250.1234"),
        ("0", 0, "0"),
        ("1E+3", 0, "1,000"),
    ],
)
def test_numbers_as_exact_as_they_are(number: str, least: int, shown: str) -> None:
    assert exact(number, least) == shown
