"""EDGAR, news, halts and threshold lists over real HTTP, answering what a test put in."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.providers.edgar import Edgar
from sentiment_site.providers.fmp import Fmp
from sentiment_site.providers.gates import BreakerRule
from sentiment_site.providers.http import Http, VendorConfig
from sentiment_site.providers.polygon import Polygon
from sentiment_site.providers.registry import Vendors
from sentiment_site.providers.rss import Rss

PAGE = 100
FORBIDDEN = (403, '{"status": "NOT_AUTHORIZED", "request_id": "x", "message": "You are not entitled to this data."}')
BROKEN = (500, "<html><title>Internal Server Error</title></html>")
_ENTRY = """<entry><title>{form} - {name} ({cik}) ({role})</title>
<link href="https://www.sec.gov/{accession}-index.htm"/>
<summary type="html">&lt;b&gt;Filed:&lt;/b&gt; {date} &lt;b&gt;Size:&lt;/b&gt; 20 KB{items}</summary>
<updated>{at}</updated>
<category term="{form}"/><id>urn:tag:sec.gov,2008:accession-number={accession}</id></entry>"""
_TEXT = """<ACCEPTANCE-DATETIME>{stamp}
ACCESSION NUMBER: {accession}
CONFORMED SUBMISSION TYPE: {form}
<DOCUMENT>
<TYPE>{form}
<FILENAME>a.htm
<TEXT>
<p>{text}</p>
</TEXT>
</DOCUMENT>
"""
_HALT = """<item><ndaq:HaltDate>{begins:%m/%d/%Y}</ndaq:HaltDate><ndaq:HaltTime>{begins:%H:%M:%S}</ndaq:HaltTime>
<ndaq:IssueSymbol>{symbol}</ndaq:IssueSymbol><ndaq:ReasonCode>{code}</ndaq:ReasonCode>
<ndaq:ResumptionDate>{date}</ndaq:ResumptionDate><ndaq:ResumptionQuoteTime>{time}</ndaq:ResumptionQuoteTime>
<ndaq:ResumptionTradeTime>{time}</ndaq:ResumptionTradeTime></item>"""


@dataclass(frozen=True)
class Filed:
    """One filing as EDGAR holds it."""

    accession: str
    form: str
    cik: str
    at: dt.datetime
    items: tuple[str, ...] = ()
    text: str = "Nothing."
    role: str = "Filer"


class Wire:
    """What the vendors know. `faults`: path (a regular expression) -> (status, body) given instead of an answer;
    `feed_since`: EDGAR's feed does not hold what is older."""

    def __init__(self, server: HTTPServer) -> None:
        self.filings: list[Filed] = []
        self.articles: list[dict[str, Any]] = []
        self.halts: list[str] = []
        self.lists: dict[str, tuple[str, ...]] = {}
        self.tickers: dict[str, tuple[int, str]] = {}
        self.faults: dict[str, tuple[int, str]] = {}
        self.asked: list[str] = []
        self.feed_since = dt.datetime.min.replace(tzinfo=dt.UTC)
        self.now = dt.datetime.max.replace(tzinfo=dt.UTC)
        self._server = server
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        self.vendors = self.connect()

    def connect(self) -> Vendors:
        """New seams to the same vendors: nothing remembered."""
        return Vendors(
            polygon=Polygon(self._http("polygon")),
            fmp=Fmp(self._http("fmp")),
            edgar=Edgar(self._http("edgar"), self._http("edgar")),
            rss=Rss(
                lambda name, _: self._http(name),
                self._server.url_for("/halts.xml"),
                self._server.url_for("/nasdaqth") + "{day}.txt",
            ),
        )

    def file(self, form: str, at: dt.datetime, *items: str, cik: str = "0000000042", **more: Any) -> Filed:
        """A filing of the company with this CIK."""
        filed = Filed(f"0001234567-26-{len(self.filings) + 1:06d}", form, cik, at, items, **more)
        self.filings.append(filed)
        return filed

    def publish(self, title: str, at: dt.datetime, sentiment: str = "", *symbols: str, id: str = "") -> str:
        """An article about ACME, or about these symbols; `sentiment` is said of each."""
        tagged = symbols or ("ACME",)
        article = {
            "id": id or f"article-{len(self.articles) + 1}", "title": title, "tickers": list(tagged),
            "published_utc": at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "publisher": {"name": "Courier"},
            "article_url": "https://news.example/x",
        }  # fmt: skip
        if sentiment:
            article["insights"] = [{"ticker": symbol, "sentiment": sentiment} for symbol in tagged]
        self.articles.append(article)
        return str(article["id"])

    def halt(self, symbol: str, begins: dt.datetime, code: str = "LUDP", resumes: dt.datetime | None = None) -> None:
        """An item of the halts feed."""
        local = resumes.astimezone(NEW_YORK) if resumes else None
        self.halts.append(
            _HALT.format(
                symbol=symbol,
                begins=begins.astimezone(NEW_YORK),
                code=code,
                date=f"{local:%m/%d/%Y}" if local else "",
                time=f"{local:%H:%M:%S}" if local else "",
            )
        )

    def _http(self, name: str) -> Http:
        return Http(
            VendorConfig(
                name,
                self._server.url_for(""),
                "a-key",
                "bearer" if name == "polygon" else "",
                1000.0,
                1000,
                attempts=1,
                read_timeout=5.0,
                expects="json" if name == "polygon" else "any",
                user_agent="Sectorlight tests@example.com",
                breaker=BreakerRule(longest_pause_s=900.0),
            )
        )

    def _answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        for pattern, (status, body) in self.faults.items():
            if re.fullmatch(pattern, request.path):
                return Response(body, status)
        if request.path.startswith("/nasdaqth"):
            return self._threshold_list(request.path[9:17])
        return Response(self._body(request))

    def _body(self, request: Request) -> str:
        path = request.path
        if path == "/cgi-bin/browse-edgar":
            return self._feed(int(request.args["start"]))
        if path.startswith("/Archives/"):
            return self._text(path.rsplit("/", 1)[1].removesuffix(".txt"))
        if path.startswith("/submissions/CIK"):
            return self._submissions(path[16:26])
        if path == "/files/company_tickers.json":
            rows = {
                str(n): {"cik_str": cik, "ticker": symbol} for n, (symbol, (cik, _)) in enumerate(self.tickers.items())
            }
            return json.dumps(rows)
        if path == "/halts.xml":
            head = '<rss version="2.0" xmlns:ndaq="http://www.nasdaqtrader.com/"><channel>'
            return f"{head}{''.join(self.halts)}</channel></rss>"
        since = dt.datetime.fromisoformat(request.args["published_utc.gte"])
        known = [
            each for each in self.articles if since <= dt.datetime.fromisoformat(each["published_utc"]) <= self.now
        ]
        return json.dumps({"status": "OK", "results": sorted(known, key=lambda each: str(each["published_utc"]))})

    def _threshold_list(self, day: str) -> Response:
        if day not in self.lists:
            return Response("<html><h1>404</h1></html>", 404)
        rows = "".join(f"{symbol}|{symbol} Inc.|S|Y|N|\r\n" for symbol in self.lists[day])
        head = "Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Rule 3210|\r\n"
        return Response(f"{head}{rows}{day}230012\r\n")

    def _public(self) -> list[Filed]:
        return sorted((each for each in self.filings if each.at <= self.now), key=lambda each: each.at, reverse=True)

    def _feed(self, start: int) -> str:
        held = [each for each in self._public() if each.at >= self.feed_since][start : start + PAGE]
        entries = "".join(
            _ENTRY.format(
                form=escape(each.form), name="ACME CORP", cik=each.cik, role=each.role, accession=each.accession,
                date=f"{each.at:%Y-%m-%d}", at=each.at.isoformat(timespec="seconds"),
                items="".join(f"&lt;br&gt;Item {item}: X" for item in each.items),
            )
            for each in held
        )  # fmt: skip
        return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'

    def _text(self, accession: str) -> str:
        filed = next(each for each in self.filings if each.accession == accession)
        stamp = f"{filed.at.astimezone(NEW_YORK):%Y%m%d%H%M%S}"
        return _TEXT.format(stamp=stamp, accession=accession, form=filed.form, text=escape(filed.text))

    def _submissions(self, cik: str) -> str:
        mine = [each for each in self._public() if each.cik == cik]
        recent = {
            "accessionNumber": [each.accession for each in mine],
            "form": [each.form for each in mine],
            "items": [",".join(each.items) for each in mine],
            "acceptanceDateTime": [f"{each.at:%Y-%m-%dT%H:%M:%S}.000Z" for each in mine],
            "filingDate": [f"{each.at:%Y-%m-%d}" for each in mine],
            "reportDate": [""] * len(mine),
            "primaryDocument": ["a.htm"] * len(mine),
            "size": [20_000] * len(mine),
        }
        return json.dumps(
            {"cik": cik, "name": "ACME CORP", "tickers": ["ACME"], "filings": {"recent": recent, "files": []}}
        )
