"""EDGAR's routes, the User-Agent it asks for, and its refusals (upstreams.md section 4)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, MutableMapping, Sequence

from sentiment_site.simulator.documents.document import Archive
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.vendors.edgar import pages
from sentiment_site.simulator.vendors.edgar.archives import Archives
from sentiment_site.simulator.vendors.edgar.companies import Companies
from sentiment_site.simulator.vendors.edgar.current import CurrentFilings
from sentiment_site.simulator.vendors.edgar.data import SubmissionData
from sentiment_site.simulator.vendors.edgar.facts import CompanyFacts
from sentiment_site.simulator.vendors.edgar.register import LONGEST_WAIT, Register
from sentiment_site.simulator.vendors.edgar.search import FullTextSearch
from sentiment_site.simulator.vendors.vendor import Route, Vendor, route
from sentiment_site.simulator.world import World

_ADDRESS = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[A-Za-z]{2,}")
_FILING = r"/Archives/edgar/data/(?P<cik>\d{1,10})"


def edgar_routes(tape: Tape, archive: Archive, begins: dt.datetime) -> Sequence[Route]:
    """EDGAR over a market and its filings; nothing before `begins` is looked for."""
    companies, register = Companies(tape), Register(archive, begins)
    data, archives = SubmissionData(register, companies), Archives(register, companies)
    return (
        route("/files/company_tickers\\.json", data.tickers),
        route("/files/company_tickers_exchange\\.json", data.tickers_with_exchange),
        route("/submissions/CIK(?P<name>[^/]+)\\.json", data.submissions),
        route("/api/xbrl/companyfacts/CIK(?P<cik>\\d{10})\\.json", CompanyFacts(tape, companies).facts),
        route("/cgi-bin/browse-edgar", CurrentFilings(register, companies).feed),
        route("/LATEST/search-index", FullTextSearch(register, companies).search),
        route(rf"{_FILING}/(?P<folder>\d{{18}})/(?P<file>.+)", archives.file),
        route(rf"{_FILING}/(?P<file>(?P<folder>\d{{10}}-\d{{2}}-\d{{6}})(?:-index\.html?|\.txt))", archives.file),
        route("/.*", pages.missing),
    )


def _routes(world: World) -> Sequence[Route]:
    first = world.tape.market.first_session.pre_open
    return edgar_routes(world.tape, world.documents, first - LONGEST_WAIT)


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    """The User-Agent, if it names an address to write to."""
    agent = headers.get("user-agent", "")
    return agent if _ADDRESS.search(agent) else ""


EDGAR = Vendor("edgar", _routes, _take_key, pages.refuse)
