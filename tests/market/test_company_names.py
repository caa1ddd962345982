"""Whether a text names a company."""

from __future__ import annotations

import pytest

from sentiment_site.market.company_names import find_company, short_names


@pytest.mark.parametrize(
    ("company", "names"),
    [
        ("SoundHound AI, Inc. Class A Common Stock", ("SoundHound AI", "SoundHound")),
        ("American Airlines Group Inc.", ("American Airlines",)),
        ("Target Corporation", ("Target",)),
        ("First Solar, Inc.", ("First Solar",)),
        ("The Buckle, Inc. Common Stock", ("The Buckle",)),
        ("3D Systems Corporation", ("3D Systems",)),
        ("Plug Power Inc.", ("Plug Power", "Plug")),
        ("Cel-Sci Corporation", ("Cel-Sci",)),
        ("ACME CORP", ("ACME",)),
        ("", ()),
        ("Inc.", ("Inc",)),
    ],
)
def test_what_people_call_a_company(company: str, names: tuple[str, ...]) -> None:
    assert short_names(company) == names


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("SoundHound rises on deal", True),
        ("Voice firm (SOUN) wins order", True),
        ("NASDAQ: SOUN gains", True),
        ("$SOUN to the moon", True),
        ("Soundhounds are dogs", False),
        ("The soun of music", False),
    ],
)
def test_mentions(text: str, named: bool) -> None:
    assert bool(find_company(text, "SOUN", "SoundHound AI, Inc. Class A Common Stock")) is named


def test_a_price_target_is_not_the_company_of_that_name() -> None:
    assert find_company("Northgate lifts price target on Acme", "TGT", "Target Corporation") == ()
    assert find_company("Target beats estimates", "TGT", "Target Corporation") == (0,)


def test_short_symbols_need_a_mark() -> None:
    assert find_company("A rally in F and T", "T", "AT&T Inc.") == ()
    assert find_company("AT&T (NYSE: T) cuts outlook", "T", "AT&T Inc.") == (0, 12)


def test_symbols_with_signs_are_no_patterns() -> None:
    assert find_company("Berkshire (BRK.B) buys", "BRK.B", "Berkshire Hathaway Inc. Class B") == (0, 11)
    assert find_company("(BRKXB)", "BRK.B", "") == ()
