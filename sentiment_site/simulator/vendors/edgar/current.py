"""The feed of current filings: cgi-bin/browse-edgar?action=getcurrent (upstreams.md section 4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from html import escape
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.vendors.edgar import forms, pages
from sentiment_site.simulator.vendors.edgar.companies import Companies
from sentiment_site.simulator.vendors.edgar.register import Entry, Register, is_business_day
from sentiment_site.simulator.wire import Answer, Request, whole_number

_COUNTS, _COUNT = (10, 20, 40, 80, 100), 40
_DAY = dt.timedelta(days=1)
_HEAD = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>Latest Filings - {title}</title>
<link rel="alternate" href="/cgi-bin/browse-edgar?action=getcurrent"/>
<link rel="self" href="/cgi-bin/browse-edgar?action=getcurrent"/>
<id>https://www.sec.gov/cgi-bin/browse-edgar?action=getcurrent</id>
<author><name>Webmaster</name><email>webmaster@sec.gov</email></author>
<updated>{updated}</updated>
"""
_ENTRY = """<entry>
<title>{title}</title>
<link rel="alternate" type="text/html" href={href}/>
<summary type="html">
 {summary}
</summary>
<updated>{updated}</updated>
<category scheme="https://www.sec.gov/" label="form type" term={form}/>
<id>urn:tag:sec.gov,2008:accession-number={accession}</id>
</entry>
"""


@dataclass(frozen=True, slots=True)
class _Line:
    """One entry of the feed: a filing under one of its entities."""

    entry: Entry
    role: str
    cik: str
    name: str

    @property
    def title(self) -> str:
        return f"{self.entry.filing.form} - {self.name} ({self.cik}) ({self.role})"


class CurrentFilings:
    """The feed, newest first: one entry per entity, so an accession number comes as often as it has parties."""

    def __init__(self, register: Register, companies: Companies) -> None:
        self._register = register
        self._companies = companies

    def feed(self, request: Request) -> Answer:
        """GET browse-edgar. `type` is a prefix; past the end comes 503. Without output=atom it is a page for people."""
        if request.text("action") != "getcurrent":
            return pages.missing(request)
        lines = self._lines(request)
        start, count = _whole(request.text("start"), 0), _whole(request.text("count"), _COUNT)
        count = count if count in _COUNTS else _COUNT
        if start and start >= len(lines):
            return pages.unavailable(request)
        shown = lines[start : start + count]
        if request.text("output") != "atom":
            listed = "\n".join(escape(line.title) for line in shown)
            return Answer(200, f"<html><body><pre>{listed}</pre></body></html>\n".encode(), pages.HTML)
        local = request.now.astimezone(NEW_YORK)
        head = _HEAD.format(title=f"{local:%a, %d %b %Y %H:%M:%S %Z}", updated=local.isoformat(timespec="seconds"))
        text = head + "".join(_render(line, request.base) for line in shown) + "</feed>\n"
        return Answer(200, text.encode("iso-8859-1", "xmlcharrefreplace"), "application/atom+xml")

    def _lines(self, request: Request) -> list[_Line]:
        wanted, owner = request.text("type").upper(), request.text("owner", "include")
        cik = request.text("CIK").zfill(10) if request.text("CIK") else ""
        lines = []
        for entry in reversed(self._register.accepted_since(_window_begins(request.now), request.now)):
            ownership = forms.is_ownership(entry.filing.form)
            if not entry.filing.form.startswith(wanted):
                continue
            if (owner == "exclude" and ownership) or (owner == "only" and not ownership):
                continue
            lines += [
                _Line(entry, role, party, self._companies.name(party, name))
                for role, party, name in entry.filing.parties
                if cik in ("", party)
            ]
        return lines


def _window_begins(now: dt.datetime) -> dt.datetime:
    """A day ago; on and after a weekend, the same time of the last business day."""
    begins = now - _DAY
    while not is_business_day(begins.astimezone(NEW_YORK).date()):
        begins -= _DAY
    return begins


def _render(line: _Line, base: str) -> str:
    entry, filing = line.entry, line.entry.filing
    summary = [f"<b>Filed:</b> {entry.filed} <b>AccNo:</b> {entry.accession} <b>Size:</b> {size_text(entry.size)}"]
    summary += [f"<br>Item {item}: {forms.ITEMS.get(item, '')}" for item in filing.items]
    folder = f"{base}/Archives/edgar/data/{int(line.cik)}/{entry.folder}"
    return _ENTRY.format(
        title=escape_xml(line.title),
        href=quoteattr(f"{folder}/{entry.accession}-index.htm"),
        summary=escape_xml("\n".join(summary)),
        updated=entry.at.astimezone(NEW_YORK).isoformat(timespec="seconds"),
        form=quoteattr(filing.form),
        accession=entry.accession,
    )


def size_text(size: int) -> str:
    """Bytes as EDGAR writes them: 250 KB, 24 MB."""
    kilobytes = max(1, round(size / 1024))
    return f"{kilobytes} KB" if kilobytes < 1024 else f"{round(kilobytes / 1024)} MB"


def _whole(given: str, otherwise: int) -> int:
    """EDGAR refuses no number: what it does not understand is as if it had not been given."""
    number = whole_number(given)
    return otherwise if number is None or number < 0 else number
