"""Funds, partnerships, royalty trusts and blank checks are told from operating companies, banks and REITs."""

import pytest

from universe.kernels.names import is_blank_check, is_fund_like


@pytest.mark.parametrize(
    "name",
    [
        "Nuveen Municipal Credit Income Fund Common Shares of Beneficial Interest",
        "BlackRock Taxable Municipal Bond Trust",
        "BlackRock Capital Allocation Term Trust Common Shares",
        "Permian Basin Royalty Trust Common Stock",
        "MV Oil Trust Units of Beneficial Interests",
        "Invesco Trust for Investment Grade Municipals Common Stock (DE)",
        "Gabelli Multi-Media Trust Inc. (The) Common Stock",
        "XAI Floating Rate & Alternative Income Trust",
        "iShares Bitcoin Trust ETF",
        "CrossAmerica Partners LP Common Units representing limited partner interests",
        "Suburban Propane Partners L.P. Common Stock",
        "Steel Partners Holdings LP LTD PARTNERSHIP UNIT",
        "Cohen & Steers Quality Income Realty Fund Inc Common Shares",
    ],
)
def test_fund_like(name: str) -> None:
    assert is_fund_like(name)


@pytest.mark.parametrize(
    "name",
    [
        "Northern Trust Corporation Common Stock",
        "Wintrust Financial Corporation Common Stock",
        "Vornado Realty Trust Common Stock",
        "Alpine Income Property Trust Inc. Common Stock",
        "American Finance Trust Inc. Class A Common Stock",
        "LM Funding America Inc. Common Stock",
        "Fundamental Global Inc. Common Stock",
        "Community Healthcare Trust Incorporated Common Stock",
        "SoundHound AI, Inc. Class A Common Stock",
        "",
    ],
)
def test_operating_companies_pass(name: str) -> None:
    assert not is_fund_like(name)


@pytest.mark.parametrize(
    ("name", "sic", "industry", "expected"),
    [
        ("Ares Acquisition Corporation", "6770", "", True),
        ("Some Company Inc.", "6770", "", True),
        ("Digital World Acquisition Corp. Class A Common Stock", "", "", True),
        ("ION Acquisition Corp 1 Ltd.", "", "", True),
        ("Anything", "", "Blank Checks", True),
        ("Anything", "", "Shell Companies", True),
        ("Greenland Acquisition Holdings Company Limited", "3560", "", False),
        ("Greenland Acquisition Corp.", "3560", "Blank Checks", False),
        ("Acquired Sales Corp", "", "", False),
    ],
)
def test_blank_check(name: str, sic: str, industry: str, expected: bool) -> None:
    assert is_blank_check(name, sic, industry) is expected
