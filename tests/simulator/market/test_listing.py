"""The listing: as varied and as dirty as a real one, and the same for the same seed."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
import pytest

from sentiment_site.simulator.market.etfs import FUNDS
from sentiment_site.simulator.market.listing import Listing, build_listing
from sentiment_site.simulator.market.naming import dashed
from sentiment_site.simulator.market.parameters import SECTORS, Parameters

FIRST = dt.date(2025, 10, 1)


@pytest.fixture(scope="module")
def listing() -> Listing:
    return build_listing(Parameters(dt.date(2025, 12, 1), seed=3, names=3000), FIRST)


def test_size_order_and_unique_keys(listing: Listing) -> None:
    symbols = [security.symbol for security in listing.securities]
    assert len(symbols) == 3000 + len(FUNDS)
    assert symbols == sorted(symbols)
    assert len({symbol.upper() for symbol in symbols}) == len(symbols)
    figis = [security.figi for security in listing.securities if security.figi]
    assert len(set(figis)) == len(figis)
    assert {len(figi) for figi in figis} == {12}


def test_mix_of_types_and_exchanges(listing: Listing) -> None:
    kinds = Counter(security.kind for security in listing.securities)
    assert kinds["CS"] / len(listing.securities) == pytest.approx(0.78, abs=0.03)
    assert kinds["PFD"] == 120 and kinds["WARRANT"] == 120 and kinds["UNIT"] == 75 and kinds["RIGHT"] == 30
    assert 100 < kinds["ADRC"] < 220
    assert kinds["ETF"] > len(FUNDS) and kinds["FUND"] > 30
    exchanges = Counter(security.exchange for security in listing.securities)
    assert exchanges["XNAS"] > exchanges["XNYS"] > exchanges["XASE"] > 0
    assert set(exchanges) == {"XNAS", "XNYS", "XASE", "ARCX", "BATS"}


def test_dirt(listing: Listing) -> None:
    companies = [security for security in listing.securities if security.industry is not None]
    assert np.mean([security.vendor_sector == "" for security in companies]) == pytest.approx(0.10, abs=0.02)
    assert 0.04 < np.mean([security.free_float is None for security in companies]) < 0.13
    assert 0.01 < np.mean([security.zero_screener_cap for security in companies]) < 0.05
    shells = [security for security in companies if security.sic == "6770" and security.kind == "CS"]
    assert len(shells) > 50 and not any(security.has_market_cap for security in shells)
    adrs = [security for security in companies if security.kind == "ADRC"]
    assert 0.3 < np.mean([security.has_market_cap for security in adrs]) < 0.75
    assert np.mean([security.sic == "" for security in adrs]) > 0.4
    symbols = [security.symbol for security in listing.securities]
    assert any("p" in symbol for symbol in symbols)
    assert any(symbol.endswith(".B") for symbol in symbols)
    assert any(symbol.endswith(".WS") for symbol in symbols)
    assert any(symbol.endswith(".U") for symbol in symbols)


def test_derived_securities_follow_their_issuer(listing: Listing) -> None:
    derived = np.flatnonzero(listing.parent >= 0)
    assert len(derived) > 200
    for row in derived:
        parent = listing.parent[row]
        assert listing.securities[row].cik in (listing.securities[parent].cik, "") or not listing.securities[parent].cik
        assert listing.loads[row] == pytest.approx(listing.leverage[row] * listing.loads[parent])
        assert listing.first[row] == listing.first[parent] and listing.last[row] == listing.last[parent]


def test_some_are_gone_before_and_some_come_later(listing: Listing) -> None:
    gone = [security for security in listing.securities if security.delisted_before]
    assert 40 < len(gone) < 90
    assert all(security.delisted_before < FIRST and security.list_date < security.delisted_before for security in gone)
    assert (listing.first > 0).sum() > 50
    assert all(listing.securities[row].list_date is None for row in np.flatnonzero(listing.first > 0))


def test_sector_funds_load_on_their_sector_only(listing: Listing) -> None:
    for fund in FUNDS:
        if fund.rule in SECTORS:
            loads = listing.loads[listing.row_of[fund.symbol]]
            assert np.flatnonzero(loads[1:]).tolist() == [SECTORS.index(fund.rule)]
            assert 0.4 < loads[0] < 1.6
    assert listing.loads[listing.row_of["VIXY"], 0] < -1.5
    calm, wild = listing.row_of["SPLV"], listing.row_of["MTUM"]
    assert listing.loads[calm, 0] < listing.loads[wild, 0]


def test_same_seed_same_listing_other_seed_another(listing: Listing) -> None:
    again = build_listing(Parameters(dt.date(2025, 12, 1), seed=3, names=3000), FIRST)
    other = build_listing(Parameters(dt.date(2025, 12, 1), seed=4, names=3000), FIRST)
    assert again.securities == listing.securities
    assert np.array_equal(again.loads, listing.loads)
    assert other.securities != listing.securities


def test_smallest_listing_has_every_kind() -> None:
    smallest = build_listing(Parameters(dt.date(2025, 12, 1), seed=1, names=40), FIRST)
    assert {security.kind for security in smallest.securities} >= {"CS", "PFD", "WARRANT", "UNIT", "RIGHT", "ETF"}


@pytest.mark.parametrize("changed", [{"names": 39}, {"sessions": 0}, {"delay_s": -1}])
def test_impossible_parameters_are_refused(changed: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(changed))):
        Parameters(dt.date(2025, 12, 1), **changed)


@pytest.mark.parametrize(
    ("massive", "fmp"),
    [("IBMX", "IBMX"), ("BRK.B", "BRK-B"), ("KIMpL", "KIM-PL"), ("XYZ.WS", "XYZ-WT"), ("XYZ.U", "XYZ-UN"),
     ("XYZr", "XYZ-RI"), ("ABCDW", "ABCDW")],
)  # fmt: skip
def test_dash_form(massive: str, fmp: str) -> None:
    assert dashed(massive) == fmp
