"""Draws who is listed: companies, blank-check shells, closed-end funds, and the securities hung on them.

Sizes, prices, floats, volumes and volatilities follow methods.md 10.4; the mix of types and exchanges follows the
counts of upstreams.md 1.7. A derived security (second class, preferred, unit, warrant, right) stands behind its
issuer in the list and shares its CIK.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sentiment_site.simulator.market.etfs import FUNDS
from sentiment_site.simulator.market.industries import CLOSED_END, INDUSTRIES, SHELL, Industry
from sentiment_site.simulator.market.naming import Symbols, issuer_name, share_suffix
from sentiment_site.simulator.market.parameters import (
    DELISTINGS_PER_SESSION,
    LISTINGS_PER_SESSION,
    SECTOR_PROBABILITY,
    SECTOR_VOLATILITY_FACTOR,
    SECTORS,
)

NEVER = 1 << 40  # session index of what does not happen
_HORIZON = 500  # sessions from the first over which listings and delistings are drawn

# share of the listing by what it is; the rest, about 78 %, are companies' common stock
_DERIVED = {"PFD": 0.04, "WARRANT": 0.04, "UNIT": 0.025, "RIGHT": 0.01, "CLASS": 0.012}
_SHELLS, _CLOSED_END, _SMALL_FUNDS = 0.035, 0.025, 0.03
_GONE = 0.02  # delisted before the window begins
_TYPICAL_CAP = np.log(4e8)


@dataclass(frozen=True, slots=True)
class Issue:
    """One security as drawn. `issuer` numbers the company (CIK); `parent` is the index of the issue whose moves it
    follows times `leverage`, -1 for none; `beta` and `gamma` are the loads on market and own sector."""

    symbol: str
    name: str
    kind: str
    exchange: str
    industry: Industry | None
    sector: int
    issuer: int
    cap: float
    price: float
    shares: float
    float_share: float
    volume: float
    volatility: float
    beta: float
    gamma: float
    short_fraction: float
    jumps: bool = True
    parent: int = -1
    leverage: float = 0.0
    first: int = 0
    last: int = NEVER

    @property
    def is_shell(self) -> bool:
        """A blank-check company (SPAC)."""
        return self.industry is SHELL


def draw_issues(rng: np.random.Generator, names: int) -> list[Issue]:
    """`names` securities. Every kind appears at least once, issuers before what is derived from them."""
    symbols = Symbols([fund.symbol for fund in FUNDS])
    wanted = {kind: max(1, round(names * share)) for kind, share in _DERIVED.items()}
    shells, closed_end, small_funds = (max(1, round(names * share)) for share in (_SHELLS, _CLOSED_END, _SMALL_FUNDS))
    companies = names - sum(wanted.values()) - shells - closed_end - small_funds
    issues = [_company(rng, symbols, issuer) for issuer in range(companies)]
    issues += [_shell(rng, symbols, companies + index) for index in range(shells)]
    issues += [_trust(rng, symbols, companies + shells + index, index < small_funds)
               for index in range(small_funds + closed_end)]  # fmt: skip
    _draw_lifetimes(rng, issues)
    for kind, count in wanted.items():
        issues += _derive(rng, symbols, issues[: companies + shells], companies=companies, kind=kind, count=count)
    return issues


def _company(rng: np.random.Generator, symbols: Symbols, issuer: int) -> Issue:
    sector = int(rng.choice(len(SECTORS), p=SECTOR_PROBABILITY))
    choices = [industry for industry in INDUSTRIES if industry.sector == sector]
    weights = np.array([industry.weight for industry in choices])
    industry = choices[int(rng.choice(len(choices), p=weights / weights.sum()))]
    log_cap = float(np.clip(rng.normal(_TYPICAL_CAP, 1.9), np.log(4e6), np.log(3e12)))
    cap, price = np.exp(log_cap), float(np.clip(np.exp(rng.normal(2.3, 1.1)), 0.3, 900.0))
    float_share = float(rng.beta(5, 2))
    volatility = np.exp(rng.normal(np.log(0.0425), 0.40) - 0.09 * (log_cap - _TYPICAL_CAP))
    # giants swing less with the small-cap market than the appendix's single distribution says
    beta = np.exp(rng.normal(-0.03, 0.36)) * np.clip(1.0 - 0.1 * (log_cap - np.log(5e9)), 0.55, 1.0)
    exchange = _exchange(rng, log_cap)
    foreign = rng.random() < 0.07
    name = issuer_name(rng, industry.words)
    return Issue(
        symbol=symbols.take(rng, name, exchange),
        name=name + (" American Depositary Shares" if foreign else share_suffix(rng)),
        kind="ADRC" if foreign else "CS",
        exchange=exchange,
        industry=industry,
        sector=sector,
        issuer=issuer,
        cap=float(cap),
        price=price,
        shares=float(cap / price),
        float_share=float_share,
        volume=float(max(cap / price * float_share * np.exp(rng.normal(np.log(0.007), 0.9)), 60.0)),
        volatility=float(np.clip(volatility * SECTOR_VOLATILITY_FACTOR[sector], 0.008, 0.14)),
        beta=float(beta),
        gamma=float(np.exp(rng.normal(0, 0.35))),
        short_fraction=float(min(rng.beta(1.2, 14), 0.6)),
    )


def _shell(rng: np.random.Generator, symbols: Symbols, issuer: int) -> Issue:
    shares = float(rng.uniform(4e6, 4e7))
    exchange = "XNAS" if rng.random() < 0.7 else "XNYS"
    name = issuer_name(rng, SHELL.words).rsplit(" ", 1)[0] + " Corp. II"
    return Issue(
        symbol=symbols.take(rng, name, exchange), name=name, kind="CS", exchange=exchange, industry=SHELL,
        sector=SHELL.sector, issuer=issuer, cap=shares * 10.4, price=float(rng.uniform(10.0, 11.2)), shares=shares,
        float_share=float(rng.beta(8, 2)), volume=float(np.exp(rng.normal(np.log(2e4), 1.2))), volatility=0.004,
        beta=0.03, gamma=0.03, short_fraction=float(rng.beta(1, 40)), jumps=False,
    )  # fmt: skip


def _trust(rng: np.random.Generator, symbols: Symbols, issuer: int, is_etf: bool) -> Issue:
    """A small thematic exchange-traded fund, or a closed-end fund (one in six of which is mistyped as CS)."""
    shares, price = float(np.exp(rng.normal(np.log(1.5e7), 1.0))), float(rng.uniform(8.0, 48.0))
    exchange = str(rng.choice(("ARCX", "ARCX", "BATS", "XNAS"))) if is_etf else "XNYS"
    name = issuer_name(rng, ("Thematic", "Dividend", "Innovation") if is_etf else CLOSED_END.words).rsplit(" ", 1)[0]
    kind = "ETF" if is_etf else "CS" if rng.random() < 1 / 6 else "FUND"
    return Issue(
        symbol=symbols.take(rng, name, exchange), name=name + (" ETF" if is_etf else " Fund"), kind=kind,
        exchange=exchange, industry=None if is_etf else CLOSED_END, sector=int(rng.integers(len(SECTORS))),
        issuer=issuer, cap=shares * price, price=price, shares=shares, float_share=1.0,
        volume=float(np.exp(rng.normal(np.log(3e4), 1.2))), volatility=0.006, beta=0.4, gamma=0.4,
        short_fraction=float(rng.beta(1, 60)), jumps=False,
    )  # fmt: skip


def _derive(
    rng: np.random.Generator, symbols: Symbols, issuers: list[Issue], *, companies: int, kind: str, count: int
) -> list[Issue]:
    """`count` securities of one kind on randomly chosen issuers. Units and rights belong to shells."""
    derived: list[Issue] = []
    while len(derived) < count:
        of_shell = kind in ("UNIT", "RIGHT") or (kind == "WARRANT" and rng.random() < 0.6)
        index = int(rng.integers(companies, len(issuers)) if of_shell else rng.integers(companies))
        issue = issuers[index]
        symbol = symbols.derive(_derived_symbol(rng, issue, kind))
        if symbol is not None:
            derived.append(replace(_DERIVE[kind](rng, issue, index), symbol=symbol))
    return derived


def _derived_symbol(rng: np.random.Generator, issue: Issue, kind: str) -> str:
    on_nasdaq = issue.exchange == "XNAS" and len(issue.symbol) == 4
    if kind == "PFD":
        return f"{issue.symbol}p{rng.choice(list('ABCDEFL'))}"
    if kind == "CLASS":
        return issue.symbol + ("L" if on_nasdaq else ".B")
    nasdaq, nyse = {"WARRANT": ("W", ".WS"), "UNIT": ("U", ".U"), "RIGHT": ("R", "r")}[kind]
    return issue.symbol + (nasdaq if on_nasdaq else nyse)


def _preferred(rng: np.random.Generator, issue: Issue, index: int) -> Issue:
    return replace(issue, kind="PFD", name=f"{issue.name} Depositary Shares, Preferred Stock", beta=0.12, gamma=0.1,
                   price=float(rng.uniform(14.0, 26.5)), shares=8e6, volume=float(np.exp(rng.normal(8.6, 1.0))),
                   volatility=0.009, jumps=False, short_fraction=0.004)  # fmt: skip


def _warrant(rng: np.random.Generator, issue: Issue, index: int) -> Issue:
    return replace(issue, kind="WARRANT", name=f"{issue.name} Warrants, expiring 2030", parent=index, leverage=1.6,
                   price=float(rng.uniform(0.03, max(0.06, issue.price * 0.25))), shares=issue.shares * 0.3,
                   volume=float(np.exp(rng.normal(9.0, 1.4))), volatility=0.05, jumps=False)  # fmt: skip


def _unit(rng: np.random.Generator, issue: Issue, index: int) -> Issue:
    return replace(issue, kind="UNIT", name=f"{issue.name} Units", parent=index, leverage=1.0,
                   price=issue.price + float(rng.uniform(0.05, 0.5)), volume=float(np.exp(rng.normal(7.5, 1.4))),
                   volatility=0.003, jumps=False)  # fmt: skip


def _right(rng: np.random.Generator, issue: Issue, index: int) -> Issue:
    return replace(issue, kind="RIGHT", name=f"{issue.name} Rights", parent=index, leverage=1.5,
                   price=float(rng.uniform(0.08, 0.6)), volume=float(np.exp(rng.normal(7.5, 1.4))),
                   volatility=0.04, jumps=False)  # fmt: skip


def _second_class(rng: np.random.Generator, issue: Issue, index: int) -> Issue:
    share = float(rng.uniform(0.1, 0.5))
    return replace(issue, name=f"{issue.name} Class B", parent=index, leverage=1.0, shares=issue.shares * share,
                   price=issue.price * float(rng.uniform(0.92, 1.08)), volume=max(60.0, issue.volume * share),
                   volatility=0.004, jumps=False)  # fmt: skip


_DERIVE = {"PFD": _preferred, "WARRANT": _warrant, "UNIT": _unit, "RIGHT": _right, "CLASS": _second_class}


def _draw_lifetimes(rng: np.random.Generator, issues: list[Issue]) -> None:
    """Offerings and delistings inside the window, and what was gone before it; derived issues inherit them."""
    scale = len(issues) / 8000
    fates = rng.permutation(len(issues))
    listings = max(1, round(LISTINGS_PER_SESSION * scale * _HORIZON))
    delistings = max(1, round(DELISTINGS_PER_SESSION * scale * _HORIZON))
    gone = max(1, round(_GONE * len(issues)))
    for index in fates[:listings]:
        issues[index] = replace(issues[index], first=int(rng.integers(2, _HORIZON)))
    for index in fates[listings : listings + delistings]:
        issues[index] = replace(issues[index], last=int(rng.integers(3, _HORIZON)))
    for index in fates[listings + delistings : listings + delistings + gone]:
        issues[index] = replace(issues[index], last=-1)


def _exchange(rng: np.random.Generator, log_cap: float) -> str:
    """Nasdaq and NYSE American hold the small, NYSE the large."""
    large = float(np.clip(0.18 + 0.09 * (log_cap - np.log(1e8)), 0.05, 0.75))
    american = 0.09 if log_cap < np.log(1e9) else 0.01
    return str(rng.choice(("XNYS", "XASE", "BATS", "XNAS"), p=(large, american, 0.003, 0.997 - large - american)))
