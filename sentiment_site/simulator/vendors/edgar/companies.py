"""Who files: the listing as EDGAR sees it, by CIK, with conformed names, dash tickers and exchanges.

Securities whose vendors lack a CIK are absent, and so are funds: EDGAR's ticker files have neither.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_site.simulator.market.listing import Security
from sentiment_site.simulator.market.naming import dashed
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.wire import number_of

_EXCHANGES = {"XNAS": "Nasdaq", "XNYS": "NYSE", "XASE": "NYSE", "ARCX": "NYSE", "BATS": "CBOE"}
_SHARE_WORDS = re.compile(
    r"(?: American Depositary Shares| Class [AB](?: Common Stock)?| Common Stock| Common Shares| Ordinary Shares"
    r"| Warrants, expiring \d+| Units| Rights| Depositary Shares, Preferred Stock)+$"
)
_CAPITALS_OF_100 = 55  # conformed names in capitals without punctuation; the younger ones are as the company writes
_LOCAL_TIMES_OF_100 = 22  # 181 of 808 CIKs (edgartools#557)
_NO_EXCHANGE_OF_100 = 3
_STATES = ("DE", "DE", "DE", "NV", "NY", "CA", "TX", "MA", "FL", "MN")
_COUNTRIES = {"CN": "F4", "IL": "L3", "CA": "A6", "GB": "X0", "HK": "K3", "SG": "U0", "BR": "D5", "IE": "L2",
              "JP": "M0", "KY": "E9"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """A registrant. rows: its securities in the listing, the one its cap is counted by first; state: EDGAR's code."""

    cik: str
    name: str
    rows: tuple[int, ...]
    sic: str
    sic_description: str
    state: str
    foreign: bool


class Companies:
    """The registrants of a listing."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        rows: dict[str, list[int]] = {}
        for row, security in enumerate(tape.listing.securities):
            if security.cik:
                rows.setdefault(security.cik, []).append(row)
        self._by_cik = {cik: self._company(cik, found) for cik, found in rows.items()}

    def find(self, cik: str) -> Company | None:
        """The registrant with this CIK (ten digits), if it has securities in the listing."""
        return self._by_cik.get(cik)

    def name(self, cik: str, otherwise: str) -> str:
        """The conformed name of a registrant; of anybody else, the name a filing gives."""
        company = self._by_cik.get(cik)
        return otherwise if company is None else company.name

    def listed(self, company: Company, now: dt.datetime) -> list[tuple[str, str | None]]:
        """Dash ticker and exchange (None: EDGAR does not know) of what is listed at this moment."""
        active = self._tape.is_active(now)
        securities = self._tape.listing.securities
        return [(dashed(securities[row].symbol), _exchange(securities[row])) for row in company.rows if active[row]]

    def all_listed(self, now: dt.datetime) -> list[tuple[Company, str, str | None]]:
        """Company, dash ticker and exchange of everything listed, the largest companies first."""
        cap = self._tape.listing.cap
        ordered = sorted(self._by_cik.values(), key=lambda company: (-cap[company.rows[0]], company.cik))
        return [(company, *listed) for company in ordered for listed in self.listed(company, now)]

    def securities(self, company: Company) -> Sequence[Security]:
        """Its securities, in the order of `rows`."""
        return [self._tape.listing.securities[row] for row in company.rows]

    def category(self, company: Company) -> str:
        """Filer status by market value."""
        cap = self._tape.listing.cap[company.rows[0]]
        if cap >= 7e8:
            return "Large accelerated filer"
        return "Accelerated filer" if cap >= 2e8 else "Non-accelerated filer<br>Smaller reporting company"

    def _company(self, cik: str, rows: list[int]) -> Company:
        listing = self._tape.listing
        rows = sorted(rows, key=lambda row: (listing.parent[row] >= 0, -listing.cap[row], row))
        securities = [listing.securities[row] for row in rows]
        # the vendor's SIC is what it copied from here, so where it has none there still is one
        sic = next(((one.sic, one.sic_description) for one in securities if one.sic), None)
        industry = securities[0].industry
        if sic is None:
            sic = (industry.sic, industry.sic_description) if industry else ("", "")
        country = securities[0].country
        state = _COUNTRIES.get(country, _STATES[number_of(f"state {cik}") % len(_STATES)])
        foreign = any(one.kind == "ADRC" for one in securities)
        return Company(cik, _conform(cik, securities), tuple(rows), sic[0], sic[1].title(), state, foreign)


def has_local_times(cik: str) -> bool:
    """Whether this CIK's acceptance times are New York's although they carry a Z."""
    return number_of(f"acceptance {cik}") % 100 < _LOCAL_TIMES_OF_100


def _conform(cik: str, securities: Sequence[Security]) -> str:
    shortest = min((security.name for security in securities), key=len)
    name = _SHARE_WORDS.sub("", shortest)
    if number_of(f"conformed {cik}") % 100 < _CAPITALS_OF_100:
        return name.upper().replace(".", "").replace(",", "")
    return name


def _exchange(security: Security) -> str | None:
    if number_of(f"exchange {security.symbol}") % 100 < _NO_EXCHANGE_OF_100:
        return None
    return _EXCHANGES.get(security.exchange)
