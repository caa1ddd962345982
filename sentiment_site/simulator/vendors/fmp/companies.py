"""Financial Modeling Prep: screener, profile, floats, peers, delisted companies (upstreams.md section 2).

Symbols are in dash form. Unknown symbols are empty arrays, unknown values null, blank or zero, never absent.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.market.listing import Security
from sentiment_site.simulator.market.naming import dashed
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.vendors.peers import nearest_companies
from sentiment_site.simulator.wire import Answer, Request, answer

EXCHANGES = {
    "XNAS": ("NASDAQ", "NASDAQ Global Market"),
    "XNYS": ("NYSE", "New York Stock Exchange"),
    "XASE": ("AMEX", "New York Stock Exchange American"),
    "ARCX": ("AMEX", "New York Stock Exchange Arca"),
    "BATS": ("CBOE", "CBOE"),
}
_LISTED_KINDS = ("CS", "ADRC", "ETF", "FUND")  # preferreds, units, warrants and rights are not in the screener
_RANGES = {
    "marketCapMoreThan": ("marketCap", 1),
    "marketCapLowerThan": ("marketCap", -1),
    "priceMoreThan": ("price", 1),
    "priceLowerThan": ("price", -1),
    "volumeMoreThan": ("volume", 1),
    "volumeLowerThan": ("volume", -1),
    "betaMoreThan": ("beta", 1),
    "betaLowerThan": ("beta", -1),
}


class Companies:
    """Endpoints about companies. Prices are those of the last visible close, as FMP's screener refreshes daily."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._rows = {dashed(security.symbol): row for row, security in enumerate(tape.listing.securities)}

    def screener(self, request: Request) -> Answer:
        """GET company-screener. Largest first, `limit` 1000 by default."""
        limit, page = request.whole("limit", 1000, 10000), request.whole("page", 0, 1000, 0)
        flags = {name: request.flag(name, False) for name in ("isEtf", "isFund", "isActivelyTrading")
                 if request.text(name)}  # fmt: skip
        bounds = [(field, sign, bound) for name, (field, sign) in _RANGES.items()
                  if (bound := request.number(name)) is not None]  # fmt: skip
        exchanges = [part for part in request.text("exchange").upper().split(",") if part]
        exact = {name: request.text(name) for name in ("sector", "industry", "country") if request.text(name)}
        found = [
            company
            for company in self._companies(request.now)
            if all(company[name] == wanted for name, wanted in (flags | exact).items())
            and all((company[field] or 0) * sign > bound * sign for field, sign, bound in bounds)
            and (not exchanges or company["exchangeShortName"] in exchanges)
        ]
        found.sort(key=lambda company: (-(company["marketCap"] or 0), company["symbol"]))
        return answer(found[page * limit : (page + 1) * limit])

    def profile(self, request: Request) -> Answer:
        """GET profile: an array of one, empty for what is unknown."""
        row = self._rows.get(request.text("symbol"))
        if row is None or not self._tape.is_known(request.now)[row]:
            return answer([])
        closed = self._tape.closed_days(request.now)
        company = self._company(row, self._numbers(request.now))
        security = self._tape.listing.securities[row]
        list_date, price = self._tape.list_date(row), company["price"]
        earlier = self._tape.daily(closed[-2]).close[row] if len(closed) > 1 else price
        change = round(price - earlier, 4)
        company.pop("lastAnnualDividend")
        company.pop("exchangeShortName")
        return answer(
            [
                {
                    **company,
                    "exchange": EXCHANGES[security.exchange][0],
                    "exchangeFullName": EXCHANGES[security.exchange][1],
                    "lastDividend": 0,
                    "range": f"{round(price * 0.62, 2)}-{round(price * 1.71, 2)}",
                    "change": change,
                    "changePercentage": round(100 * change / earlier, 5) if earlier else 0,
                    "averageVolume": int(np.mean([day.volume[row] for day in closed[-20:]])) if closed else 0,
                    "currency": "USD",
                    "cik": security.cik or None,
                    "isin": None,
                    "cusip": None,
                    "fullTimeEmployees": str(security.employees) if security.kind in ("CS", "ADRC") else None,
                    "ipoDate": list_date.isoformat() if list_date else None,
                    "isAdr": security.kind == "ADRC",
                    "image": f"https://images.example/symbol/{company['symbol']}.png",
                    "isActivelyTrading": bool(self._tape.is_active(request.now)[row]),
                }
            ]
        )

    def float_of(self, request: Request) -> Answer:
        """GET shares-float: an array of one, empty for what is unknown."""
        row = self._rows.get(request.text("symbol"))
        rows = [] if row is None or not self._tape.is_active(request.now)[row] else [row]
        return answer(self._floats(rows, request.now))

    def all_floats(self, request: Request) -> Answer:
        """GET shares-float-all: pages of `limit`, an empty array behind the last."""
        limit, page = request.whole("limit", 1000, 5000), request.whole("page", 0, 100000, 0)
        rows = [int(row) for row in np.flatnonzero(self._tape.is_active(request.now))
                if self._tape.listing.securities[row].free_float is not None]  # fmt: skip
        return answer(self._floats(rows[page * limit : (page + 1) * limit], request.now))

    def peers(self, request: Request) -> Answer:
        """GET stock-peers: companies of the same business and size."""
        row = self._rows.get(request.text("symbol"))
        if row is None or not self._tape.is_known(request.now)[row]:
            return answer([])
        numbers = self._numbers(request.now)
        rows = (self._company(peer, numbers) for peer in nearest_companies(self._tape, row, request.now))
        return answer([{"symbol": peer["symbol"], "companyName": peer["companyName"], "price": peer["price"],
                        "mktCap": peer["marketCap"]} for peer in rows])  # fmt: skip

    def delisted(self, request: Request) -> Answer:
        """GET delisted-companies: newest first, pages of `limit` (100)."""
        limit, page = request.whole("limit", 100, 100), request.whole("page", 0, 1000, 0)
        found = []
        for row in np.flatnonzero(self._tape.is_known(request.now) & ~self._tape.is_active(request.now)):
            security, listed = self._tape.listing.securities[row], self._tape.list_date(int(row))
            gone = self._tape.delisted_on(int(row), request.now)
            found.append(
                {
                    "symbol": dashed(security.symbol),
                    "companyName": security.name,
                    "exchange": EXCHANGES[security.exchange][0],
                    "ipoDate": listed.isoformat() if listed else None,
                    "delistedDate": gone.isoformat() if gone else None,
                }
            )
        found.sort(key=lambda company: (company["delistedDate"] or "", company["symbol"] or ""), reverse=True)
        return answer(found[page * limit : (page + 1) * limit])

    def _companies(self, now: dt.datetime) -> list[dict[str, Any]]:
        numbers = self._numbers(now)
        kinds = [security.kind in _LISTED_KINDS for security in self._tape.listing.securities]
        return [self._company(int(row), numbers) for row in np.flatnonzero(self._tape.is_active(now) & np.array(kinds))]

    def _numbers(self, now: dt.datetime) -> tuple[list[float], list[float], list[float]]:
        """Price, shares of the last visible day, and shares per first share, of all rows."""
        closed = self._tape.closed_days(now)
        volume = self._tape.daily(closed[-1]).volume if closed else np.zeros(len(self._tape.listing.securities))
        return self._tape.last_closes(now).tolist(), volume.tolist(), self._tape.units(now).tolist()

    def _company(self, row: int, numbers: tuple[list[float], list[float], list[float]]) -> dict[str, Any]:
        security = self._tape.listing.securities[row]
        price, volume, units = (column[row] for column in numbers)
        short_name, full_name = EXCHANGES[security.exchange]
        return {
            "symbol": dashed(security.symbol),
            "companyName": security.name,
            "marketCap": market_cap_of(security, price, units),
            "sector": security.vendor_sector or None,
            "industry": security.industry.industry if security.industry and security.vendor_sector else None,
            "beta": round(float(self._tape.listing.loads[row, 0]), 3),
            "price": round(price, 4),
            "lastAnnualDividend": 0,
            "volume": volume,
            "exchange": full_name,
            "exchangeShortName": short_name,
            "country": security.country,
            "isEtf": security.kind == "ETF",
            "isFund": security.kind == "FUND",
            "isActivelyTrading": True,
        }

    def _floats(self, rows: list[int], now: dt.datetime) -> list[dict[str, Any]]:
        units = self._tape.units(now)
        date = now.astimezone(NEW_YORK).date() - dt.timedelta(days=1)
        found = []
        for row in rows:
            security = self._tape.listing.securities[row]
            if security.free_float is None:
                continue
            found.append(
                {
                    "symbol": dashed(security.symbol),
                    "date": f"{date.isoformat()} 00:00:00",
                    "freeFloat": round(100.0 * security.free_float / security.shares, 5),
                    "floatShares": round(security.free_float * units[row]),
                    "outstandingShares": round(security.shares * units[row]),
                }
            )
        return found


def market_cap_of(security: Security, price: float, units: float) -> int | None:
    """None for what has no shares of its own, zero where the vendor has it wrong."""
    if security.kind in ("PFD", "WARRANT", "UNIT", "RIGHT"):
        return None
    return 0 if security.zero_screener_cap else int(price * security.shares * units)
