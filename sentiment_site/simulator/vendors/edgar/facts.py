"""api/xbrl/companyfacts: shares outstanding and public float from the covers of periodic reports."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.vendors.edgar import pages
from sentiment_site.simulator.vendors.edgar.companies import Companies, Company
from sentiment_site.simulator.wire import Answer, Request, answer, number_of

_QUARTERS = 12  # how far the facts go back
_SHARES = ("Entity Common Stock, Shares Outstanding",
           "Indicate number of shares or other units outstanding of each of registrant's classes of capital or common "
           "stock or other ownership interests, if and as stated on cover of related periodic report.")  # fmt: skip
_FLOAT = ("Entity Public Float",
          "The aggregate market value of the voting and non-voting common equity held by non-affiliates.")  # fmt: skip


class CompanyFacts:
    """Facts by company. Several classes of common stock are facts with dimensions, which this endpoint leaves out: such
    a company has a public float but no shares outstanding."""

    def __init__(self, tape: Tape, companies: Companies) -> None:
        self._tape = tape
        self._companies = companies

    def facts(self, request: Request) -> Answer:
        """GET api/xbrl/companyfacts/CIK##########.json. 404 for who files no periodic reports."""
        company = self._companies.find(request.extras["cik"])
        row = None if company is None else self._common_row(company, request.now)
        if company is None or row is None:
            return pages.missing(request)
        classes = [one for one in self._companies.securities(company) if one.kind in ("CS", "ADRC")]
        periods = _periods(company, request.now)
        dei: dict[str, Any] = {}
        if len(classes) == 1:
            dei["EntityCommonStockSharesOutstanding"] = _fact(_SHARES, "shares", self._shares(company, row, periods))
        dei["EntityPublicFloat"] = _fact(_FLOAT, "USD", self._public_float(company, row, periods))
        return answer({"cik": int(company.cik), "entityName": company.name, "facts": {"dei": dei}})

    def _common_row(self, company: Company, now: dt.datetime) -> int | None:
        known, securities = self._tape.is_known(now), self._tape.listing.securities
        rows = [row for row in company.rows if securities[row].kind in ("CS", "ADRC") and known[row]]
        return rows[0] if rows else None

    def _shares(self, company: Company, row: int, periods: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """As filed: in the units of their time, growing slowly. The market's splits change them, its own do not."""
        growth = 0.002 + 0.03 * (number_of(f"growth {company.cik}") % 1000) / 1000
        first = self._tape.market.first_session.date
        rows = []
        for period in periods:
            end = dt.date.fromisoformat(period["end"])
            before = max(0.0, (first - end).days / 91.0)
            units = self._tape.units(dt.datetime.combine(end, dt.time(20), NEW_YORK))[row]
            shares = self._tape.listing.securities[row].shares * units / (1.0 + growth) ** before
            rows.append({**period, "val": round(shares)})
        return [_ordered(one) for one in rows]

    def _public_float(self, company: Company, row: int, periods: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """On annual reports, at the end of the second quarter."""
        security, price = self._tape.listing.securities[row], float(self._tape.listing.price[row])
        value = price * (security.free_float or security.shares * 0.7)
        return [
            _ordered({**period, "end": f"{period['fy']}-06-30", "val": int(round(value, -5))})
            for period in periods
            if period["fp"] == "FY"
        ]


def _fact(words: tuple[str, str], unit: str, values: list[dict[str, Any]]) -> dict[str, Any]:
    label, description = words
    return {"label": label, "description": description, "units": {unit: values}}


def _ordered(period: dict[str, Any]) -> dict[str, Any]:
    return {name: period[name] for name in ("end", "val", "accn", "fy", "fp", "form", "filed")}


def _periods(company: Company, now: dt.datetime) -> list[dict[str, Any]]:
    """Periodic reports filed by `now`, oldest first; `end` is the date on the cover, shortly before the filing."""
    today = now.astimezone(NEW_YORK).date()
    lag = 32 + number_of(f"lag {company.cik}") % 14
    periods = []
    for back in range(_QUARTERS + 2, -1, -1):
        index = today.year * 4 + (today.month - 1) // 3 - back  # quarters since year 0; the report is on the one before
        year, quarter = divmod(index - 1, 4)
        if company.foreign and quarter != 3:
            continue
        closes = dt.date(year + (quarter == 3), (3 * quarter + 3) % 12 + 1, 1) - dt.timedelta(days=1)
        filed = closes + dt.timedelta(days=lag + (30 if quarter == 3 else 0))
        filed += dt.timedelta(days=7 - filed.weekday() if filed.weekday() > 4 else 0)  # weekends move to Monday
        if filed > today:
            continue
        sequence = number_of(f"report {company.cik} {index}") % 900_000
        periods.append({
            "end": (filed - dt.timedelta(days=5)).isoformat(), "accn": f"{company.cik}-{filed:%y}-{sequence:06d}",
            "fy": year, "fp": "FY" if quarter == 3 else f"Q{quarter + 1}",
            "form": ("20-F" if company.foreign else "10-K") if quarter == 3 else "10-Q", "filed": filed.isoformat(),
        })  # fmt: skip
    return periods
