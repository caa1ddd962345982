"""The listing: every simulated security, with the reference data vendors hold about it and the traits it trades by.

The vendors' fields are as dirty as the real ones: what a vendor does not know is None or blank here and is omitted or
null on the wire. The traits (loads, volatility, volume) are the truth and appear on no wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.market.etfs import FUNDS, compute_fund_loads
from sentiment_site.simulator.market.industries import MISFILED_SIC, VENDOR_SECTORS, Industry
from sentiment_site.simulator.market.issuance import Issue, draw_issues
from sentiment_site.simulator.market.parameters import Floats, Parameters

_FIGI_LETTERS = "BCDFGHJKLMNPQRSTVWXYZ0123456789"
_COUNTRIES = ("CN", "IL", "CA", "GB", "HK", "SG", "BR", "IE", "JP", "KY")
_CAP_MISSING = {"UNIT": 1.0, "WARRANT": 1.0, "RIGHT": 1.0, "PFD": 1.0, "ETF": 1.0, "ADRC": 0.45, "FUND": 0.3}


@dataclass(frozen=True, slots=True)
class Security:
    """Reference data of one security as vendors hold it. None or "" = the vendor does not know.

    `shares` and `free_float` are in units of the first session; splits since then are applied by the tape.
    `list_date` is None for an offering inside the simulated window: its first session says it.
    """

    symbol: str
    name: str
    kind: str
    exchange: str
    industry: Industry | None
    vendor_sector: str
    sic: str
    sic_description: str
    country: str
    cik: str
    figi: str
    share_figi: str
    list_date: date | None
    delisted_before: date | None
    shares: float
    weighted_shares: float | None
    free_float: float | None
    short_fraction: float | None
    has_market_cap: bool
    zero_screener_cap: bool
    employees: int


@dataclass(frozen=True, slots=True)
class Listing:
    """All securities in ascending order of symbol, and their traits as arrays over the same rows.

    loads (n, 9): on the market and the eight sectors; volatility: daily sigma of the security's own part before the
    idiosyncratic share; price: at the first session, dollars; volume: average shares a day; parent: row whose own
    moves are passed on times `leverage` (-1: none); first, last: indices of the first and last session it trades.
    """

    securities: tuple[Security, ...]
    row_of: dict[str, int]
    sector: NDArray[np.int64]
    cap: Floats
    loads: Floats
    volatility: Floats
    price: Floats
    volume: Floats
    parent: NDArray[np.int64]
    leverage: Floats
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    jumps: NDArray[np.bool_]


def build_listing(parameters: Parameters, first_session: date) -> Listing:
    """Draw the listing of a seed. Depends on seed, names and the first session's date only."""
    rng = np.random.default_rng([parameters.seed, 1])
    issues = draw_issues(rng, parameters.names)
    companies = len(issues)
    issues += [_fund_issue(fund_index) for fund_index in range(len(FUNDS))]
    order = sorted(range(len(issues)), key=lambda index: issues[index].symbol)
    row_at = np.empty(len(issues), dtype=np.int64)
    row_at[order] = np.arange(len(issues))
    loads = _loads(issues, companies)
    ordered = [issues[index] for index in order]
    securities = tuple(_security(rng, issue, row, first_session) for row, issue in enumerate(ordered))
    return Listing(
        securities=securities,
        row_of={security.symbol: row for row, security in enumerate(securities)},
        sector=np.array([issue.sector for issue in ordered]),
        cap=np.array([issue.cap for issue in ordered]),
        loads=loads[order],
        volatility=np.array([issue.volatility for issue in ordered]),
        price=np.array([issue.price for issue in ordered]),
        volume=np.array([issue.volume for issue in ordered]),
        parent=np.array([-1 if issue.parent < 0 else row_at[issue.parent] for issue in ordered]),
        leverage=np.array([issue.leverage for issue in ordered]),
        first=np.array([issue.first for issue in ordered]),
        last=np.array([issue.last for issue in ordered]),
        jumps=np.array([issue.jumps for issue in ordered]),
    )


def _fund_issue(index: int) -> Issue:
    fund = FUNDS[index]
    # the process takes its idiosyncratic share (.80) of the volatility, a fund's noise is meant as it stands
    return Issue(symbol=fund.symbol, name=fund.name, kind=fund.kind, exchange=fund.exchange, industry=None, sector=-1,
                 issuer=-1 - index, cap=fund.price * fund.shares, price=fund.price, shares=fund.shares,
                 float_share=1.0, volume=fund.daily_volume, volatility=fund.noise / 0.8, beta=0.0, gamma=0.0,
                 short_fraction=0.04, jumps=False)  # fmt: skip


def _loads(issues: list[Issue], companies: int) -> Floats:
    """Loads of the issues in drawing order: of companies their own, of children their parent's, of funds the mean."""
    loads = np.zeros((len(issues), 9))
    for index, issue in enumerate(issues[:companies]):
        if issue.parent >= 0:
            loads[index] = issue.leverage * loads[issue.parent]
        else:
            loads[index, 0] = issue.beta
            loads[index, 1 + issue.sector] = issue.gamma
    stocks = [index for index, issue in enumerate(issues[:companies]) if issue.jumps and issue.parent < 0]
    loads[companies:] = compute_fund_loads(
        FUNDS,
        np.array([issues[index].sector for index in stocks]),
        np.array([issues[index].cap for index in stocks]),
        loads[stocks],
    )
    return loads


def _security(rng: np.random.Generator, issue: Issue, row: int, first_session: date) -> Security:
    # every number is drawn for every security, so that changing one rule does not shift the rest of the listing
    chance = rng.random(12)
    age = timedelta(days=int(30 + rng.exponential(3600.0)))
    lost = timedelta(days=int(1 + rng.integers(1500)))
    if issue.issuer < 0:
        age += timedelta(days=4000)  # the benchmark funds are old
    sic, description = _sic(issue, chance)
    is_fund = issue.kind in ("ETF", "ETN", "FUND")
    return Security(
        symbol=issue.symbol,
        name=issue.name,
        kind=issue.kind,
        exchange=issue.exchange,
        industry=issue.industry,
        vendor_sector=_vendor_sector(issue, chance),
        sic=sic,
        sic_description=description,
        country=_COUNTRIES[int(chance[3] * len(_COUNTRIES))] if issue.kind == "ADRC" or chance[4] < 0.06 else "US",
        cik="" if issue.issuer < 0 or chance[5] < 0.015 else f"{1_000_000 + 137 * issue.issuer:010d}",
        figi="" if chance[6] < 0.04 else _figi("BBG0", row),
        share_figi="" if chance[6] < 0.04 else _figi("BBG001S", row),
        list_date=None if issue.first > 0 else first_session - lost - age if issue.last < 0 else first_session - age,
        delisted_before=first_session - lost if issue.last < 0 else None,
        shares=float(round(issue.shares)),
        weighted_shares=None if chance[7] < 0.04 else float(round(issue.shares * (0.97 + 0.05 * chance[8]))),
        free_float=None if is_fund or chance[9] < 0.07 else float(round(issue.shares * issue.float_share)),
        short_fraction=None if chance[10] < 0.03 else issue.short_fraction,
        has_market_cap=not (chance[11] < _CAP_MISSING.get(issue.kind, 0.02) or issue.is_shell),
        zero_screener_cap=bool(chance[0] < 0.03),
        employees=int(5 + issue.cap / 4e5 * (0.3 + chance[1])),
    )


def _sic(issue: Issue, chance: Floats) -> tuple[str, str]:
    if issue.industry is None or not issue.industry.sic:
        return "", ""
    if chance[0] < (0.6 if issue.kind == "ADRC" else 0.03):
        return "", ""
    if chance[1] < 0.03:
        return MISFILED_SIC[int(chance[2] * len(MISFILED_SIC))]
    return issue.industry.sic, issue.industry.sic_description


def _vendor_sector(issue: Issue, chance: Floats) -> str:
    if issue.industry is None or chance[2] < 0.10:
        return ""
    if chance[3] < 0.03:
        return VENDOR_SECTORS[int(chance[4] * len(VENDOR_SECTORS))]
    return issue.industry.vendor_sector


def _figi(prefix: str, number: int) -> str:
    """A twelve-character identifier in FIGI's alphabet (no vowels), unique per number: the map is one to one."""
    base, length = len(_FIGI_LETTERS), 11 - len(prefix)
    number = (number * 48271 + 7) % base**length
    digits = "".join(_FIGI_LETTERS[number // base**place % base] for place in range(length))
    return f"{prefix}{digits}{number % 10}"
