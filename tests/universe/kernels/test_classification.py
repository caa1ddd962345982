"""Sectors from vendor words, SIC codes and ETF correlation: worked examples, the mapping, the rule's arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.market.sectors import SECTOR_BY_KEY
from universe.kernels.classification import ETF, SIC, VENDOR, WEIGHTS, Evidence, classify_stock, combine_evidence
from universe.kernels.sic import SIC_SECTORS, classify_sic
from universe.kernels.vocabulary import DIRECT, ELEVEN, MAPPED, VENDOR_SECTORS, is_carrier, normalise_sector, to_eight

FMP = [
    "Basic Materials",
    "Communication Services",
    "Consumer Cyclical",
    "Consumer Defensive",
    "Energy",
    "Financial Services",
    "Healthcare",
    "Industrials",
    "Real Estate",
    "Technology",
    "Utilities",
]
NASDAQ = [
    "Finance",
    "Consumer Discretionary",
    "Industrials",
    "Real Estate",
    "Technology",
    "Utilities",
    "Energy",
    "Health Care",
    "Basic Materials",
    "Consumer Staples",
    "Telecommunications",
]


def test_soun_is_technology_by_three_sources() -> None:
    result = classify_stock(
        "SOUN", vendor_sector="Technology", sic_code="7372", etf="XLK", etf_sector="technology", etf_correlation=0.52
    )
    assert (result.sector, result.confidence) == ("technology", 1.0)
    assert result.evidence_json() == [
        {"source": VENDOR, "says": "Technology", "weight": 0.5, "sector": "technology", "mapped": False},
        {"source": SIC, "says": "7372", "weight": 0.3, "sector": "technology", "mapped": False},
        {"source": ETF, "says": "XLK 0.52", "weight": 0.2, "sector": "technology", "mapped": False},
    ]


@pytest.mark.parametrize(
    ("case", "sources", "sector", "confidence"),
    [
        ("OCUL, biotech", {"vendor_sector": "Healthcare", "sic_code": "2834"}, "healthcare", 1.0),
        ("one source", {"vendor_sector": "Healthcare"}, "healthcare", 0.5),
        ("SIC alone", {"sic_code": "1311"}, "energy", 0.5),
        ("REIT", {"vendor_sector": "Real Estate", "sic_code": "6798"}, "financial", 0.6),
        ("REIT, one source", {"sic_code": "6798"}, "financial", 0.5),
        ("telephone carrier", {"vendor_sector": "Communication Services", "sic_code": "4813"}, "utilities", 0.6),
        (
            "carrier by the vendor's industry",
            {"vendor_sector": "Communication Services", "industry": "Telecommunications Services"},
            "utilities",
            0.5,
        ),
        ("cable", {"vendor_sector": "Telecommunications", "sic_code": "4841"}, "technology", 0.6),
        ("staples", {"vendor_sector": "Consumer Defensive", "sic_code": "2086"}, "consumer_discretionary", 0.6),
        (
            "staples against discretionary",
            {"vendor_sector": "Consumer Cyclical", "sic_code": "5411"},
            "consumer_discretionary",
            1.0,
        ),
        ("blank sector", {"vendor_sector": "", "sic_code": "3711"}, "consumer_discretionary", 0.5),
        ("miscellaneous", {"vendor_sector": "Miscellaneous", "sic_code": "7372"}, "technology", 0.5),
        ("disagreement", {"vendor_sector": "Technology", "sic_code": "6199"}, "technology", 0.625),
        (
            "two against one: equal weights go to the vendor",
            {"vendor_sector": "Financial Services", "sic_code": "7372", "etf": "XLK", "etf_sector": "technology"},
            "financial",
            0.5,
        ),
        (
            "ETF breaks a single source",
            {"sic_code": "1311", "etf": "XLE", "etf_sector": "energy", "etf_correlation": 0.6},
            "energy",
            1.0,
        ),
        ("nothing", {}, "", 0.0),
        ("ETF alone", {"etf": "XLE", "etf_sector": "energy", "etf_correlation": 0.9}, "", 0.0),
        ("blank check", {"sic_code": "6770"}, "", 0.0),
    ],
)
def test_worked_examples(case: str, sources: dict[str, object], sector: str, confidence: float) -> None:
    result = classify_stock("XYZ", **sources)  # type: ignore[arg-type]
    assert (result.sector, result.confidence) == (sector, confidence), case


@pytest.mark.parametrize(
    ("symbol", "code", "expected"),
    [
        ("META", "7370", "technology"),  # communication is brought to technology
        ("V", "7389", "financial"),
        ("MA", "7389", "financial"),
        ("PYPL", "7389", "financial"),
        ("BKNG", "4700", "consumer_discretionary"),
        ("MSTR", "7372", "technology"),
        ("AMZN", "5961", "consumer_discretionary"),
        ("TSLA", "3711", "consumer_discretionary"),
        ("OTHER", "7389", "industrials"),
        ("OTHER", "4700", "industrials"),
    ],
)
def test_known_misfits_of_the_sic_table(symbol: str, code: str, expected: str) -> None:
    assert to_eight(classify_sic(code, symbol))[0] == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("100", "consumer_staples"),
        ("0999", "consumer_staples"),
        ("1000", "materials"),
        ("1311", "energy"),
        ("1531", "consumer_discretionary"),
        ("1500", "industrials"),
        ("2711", "communication_services"),
        ("2836", "health_care"),
        ("2832", ""),
        ("2844", "consumer_staples"),
        ("2890", "materials"),
        ("2911", "energy"),
        ("3021", "consumer_discretionary"),
        ("3089", "materials"),
        ("3533", "energy"),
        ("3571", "technology"),
        ("3560", "industrials"),
        ("3674", "technology"),
        ("3690", "industrials"),
        ("3751", "consumer_discretionary"),
        ("3721", "industrials"),
        ("3826", "health_care"),
        ("3825", "technology"),
        ("3845", "health_care"),
        ("4610", "energy"),
        ("4512", "industrials"),
        ("4813", "communication_services"),
        ("4922", "energy"),
        ("4924", "utilities"),
        ("4953", "industrials"),
        ("4911", "utilities"),
        ("5122", "health_care"),
        ("5172", "energy"),
        ("5141", "consumer_staples"),
        ("5411", "consumer_staples"),
        ("5651", "consumer_discretionary"),
        ("6324", "health_care"),
        ("6022", "financials"),
        ("6792", "energy"),
        ("6798", "real_estate"),
        ("6770", ""),
        ("7311", "communication_services"),
        ("7372", "technology"),
        ("7363", "industrials"),
        ("8731", "health_care"),
        ("8742", "industrials"),
        ("8888", ""),
        ("9995", ""),
        ("", ""),
        ("73.2", ""),
        ("73720", ""),
        ("٧٣٧٢", ""),
    ],
)
def test_sic_table(code: str, expected: str) -> None:
    assert classify_sic(code) == expected


def test_the_sic_table_speaks_of_the_eleven_and_no_row_is_hidden() -> None:
    seen: set[int] = set()
    for first, last, sector in SIC_SECTORS:
        assert sector in (*ELEVEN, "")
        assert first <= last
        own = set(range(first, last + 1)) - seen
        assert own, (first, last)
        seen |= own


def test_vocabularies_cover_the_eleven() -> None:
    assert {normalise_sector(word) for word in FMP} == set(ELEVEN)
    assert {normalise_sector(word) for word in NASDAQ} == set(ELEVEN)
    assert normalise_sector("  HEALTH CARE ") == "health_care"
    assert [normalise_sector(word) for word in ("", "Miscellaneous", "n/a")] == ["", "", ""]
    assert set(VENDOR_SECTORS.values()) == set(ELEVEN)


def test_eleven_to_eight() -> None:
    assert set(DIRECT) | set(MAPPED) == set(ELEVEN)
    assert set(DIRECT.values()) == set(SECTOR_BY_KEY)
    assert to_eight("communication_services") == ("technology", True)
    assert to_eight("communication_services", carrier=True) == ("utilities", True)
    assert to_eight("real_estate", carrier=True) == ("financial", True)
    assert to_eight("consumer_staples") == ("consumer_discretionary", True)
    assert to_eight("health_care") == ("healthcare", False)
    assert to_eight("") == ("", False)


def test_equipment_makers_are_no_carriers() -> None:
    assert is_carrier(" Telecom Services ")
    assert not is_carrier("Telecommunications Equipment")
    assert classify_stock("X", vendor_sector="Technology", industry="Telecom Services").sector == "technology"


def test_a_carrier_says_which_industry_made_it_one() -> None:
    result = classify_stock("LUMN", vendor_sector="Communication Services", industry="Telecom Services")
    assert result.evidence[0].says == "Communication Services, Telecom Services"
    assert (
        classify_stock("T", vendor_sector="Telecommunications", sic_code="4813").evidence[0].says
        == "Telecommunications"
    )


def test_an_override_decides_and_keeps_the_evidence() -> None:
    result = classify_stock("BTCS", vendor_sector="Technology", sic_code="7372", override="energy")
    assert (result.sector, result.confidence) == ("energy", 1.0)
    assert [item.source for item in result.evidence] == ["override", VENDOR, SIC]
    assert classify_stock("NEW", override="energy").sector == "energy"


SOURCE = st.builds(
    Evidence,
    source=st.sampled_from([VENDOR, SIC, ETF]),
    says=st.just("x"),
    weight=st.just(0.0),
    sector=st.sampled_from(sorted(SECTOR_BY_KEY)),
    mapped=st.booleans(),
)


@given(found=st.lists(SOURCE, max_size=3, unique_by=lambda item: item.source))
def test_confidence_is_a_share_and_the_winner_was_named(found: list[Evidence]) -> None:
    order = [VENDOR, SIC, ETF]
    evidence = [
        Evidence(item.source, item.says, WEIGHTS[item.source], item.sector, item.mapped)
        for item in sorted(found, key=lambda item: order.index(item.source))
    ]
    result = combine_evidence(evidence)
    assert 0 <= result.confidence <= 1
    if not result.sector:
        assert all(item.source == ETF for item in evidence)
        return
    speaking = sum(item.weight for item in evidence if item.sector == result.sector)
    assert all(
        speaking >= sum(item.weight for item in evidence if item.sector == other) - 1e-9 for other in SECTOR_BY_KEY
    )
    assert result.confidence <= speaking / sum(item.weight for item in evidence) + 5e-4
    if len(evidence) == 1:
        assert result.confidence <= 0.5
