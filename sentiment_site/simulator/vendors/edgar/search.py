"""LATEST/search-index: full text search over what filings say (undocumented; upstreams.md section 4)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from sentiment_site.simulator.documents.document import Document
from sentiment_site.simulator.vendors.edgar import forms
from sentiment_site.simulator.vendors.edgar.companies import Companies
from sentiment_site.simulator.vendors.edgar.register import Entry, Register
from sentiment_site.simulator.wire import Answer, BadParameter, Request, answer

_PAGE, _CAP = 100, 10_000
_TERM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')


class FullTextSearch:
    """Searches titles and bodies; the standing text around them is not indexed."""

    def __init__(self, register: Register, companies: Companies) -> None:
        self._register = register
        self._companies = companies

    def search(self, request: Request) -> Answer:
        """GET LATEST/search-index: terms of `q` (words, "phrases", -not, OR), forms, ciks, dates; 100 a page."""
        entries = self._candidates(request)
        score = _scorer(request.text("q"))
        documents = self._register.documents(entries, request.now)
        found = [(score(documents[entry.id]), entry) for entry in entries if entry.id in documents]
        found = [(points, entry) for points, entry in found if points > 0]
        found.sort(key=lambda one: (one[0], one[1].at, one[1].accession), reverse=True)
        offset = request.whole("from", 0, _CAP, 0)
        shown = found[:_CAP][offset : offset + _PAGE]
        hits = {
            "total": {"value": min(len(found), _CAP), "relation": "gte" if len(found) > _CAP else "eq"},
            "max_score": found[0][0] if found else None,
            "hits": [self._hit(points, entry, request.now) for points, entry in shown],
        }
        return answer({
            "took": 1 + len(entries) // 100, "timed_out": False,
            "_shards": {"total": 50, "successful": 50, "skipped": 0, "failed": 0}, "hits": hits,
        })  # fmt: skip

    def _candidates(self, request: Request) -> list[Entry]:
        """What the filters leave, oldest first."""
        wanted = {form.strip().upper() for form in request.text("forms").split(",") if form.strip()}
        ciks = {cik.strip().zfill(10) for cik in request.text("ciks").split(",") if cik.strip()}
        begin, end = request.date("startdt") or dt.date.min, request.date("enddt") or dt.date.max
        if end < begin:
            raise BadParameter("'enddt' is before 'startdt'")
        return [
            entry
            for entry in self._register.all(request.now)
            if begin <= entry.filed <= end
            and (not wanted or entry.filing.form in wanted or forms.root(entry.filing.form) in wanted)
            and (not ciks or ciks & {cik for _, cik, _ in entry.filing.parties})
        ]

    def _hit(self, points: float, entry: Entry, now: dt.datetime) -> dict[str, Any]:
        filing = entry.filing
        parties = {cik: name for _, cik, name in filing.parties}
        companies = [company for cik in parties if (company := self._companies.find(cik)) is not None]
        return {
            "_index": "edgar_file",
            "_id": f"{entry.accession}:{filing.primary_document.rsplit('/', 1)[-1]}",
            "_score": points,
            "_source": {
                "ciks": list(parties),
                "period_ending": filing.report_date or None,
                "file_num": [entry.file_number],
                "display_names": [self._display_name(cik, name, now) for cik, name in parties.items()],
                "xsl": "xslF345X05" if forms.is_ownership(filing.form) else None,
                "sequence": 1,
                "root_forms": [forms.root(filing.form)],
                "file_date": entry.filed.isoformat(),
                "biz_states": [company.state for company in companies],
                "sics": [company.sic for company in companies if company.sic],
                "form": filing.form,
                "adsh": entry.accession,
                "film_num": [entry.film_number],
                "biz_locations": [f"Wilmington, {company.state}" for company in companies],
                "file_type": filing.form,
                "file_description": filing.description or None,
                "inc_states": [company.state for company in companies],
                "items": list(filing.items),
            },
        }

    def _display_name(self, cik: str, name: str, now: dt.datetime) -> str:
        company = self._companies.find(cik)
        tickers = [] if company is None else [ticker for ticker, _ in self._companies.listed(company, now)]
        listed = f"({', '.join(tickers)})  " if tickers else ""
        return f"{self._companies.name(cik, name)}  {listed}(CIK {cik})"


def _scorer(query: str) -> Callable[[Document], float]:
    """How often the terms of the best alternative occur (a OR b c: either a, or b and c); 0 where none matches. An
    empty query finds everything."""
    alternatives = [_terms(part) for part in re.split(r"\bOR\b", query)]

    def score(document: Document) -> float:
        text = f"{document.title}\n{document.body}"
        return max(_count(terms, text) for terms in alternatives)

    return score


def _terms(query: str) -> list[tuple[bool, re.Pattern[str]]]:
    """Whether it is excluded, and the pattern, of each term."""
    found = [(bool(minus), phrase or word) for minus, phrase, word in _TERM.findall(query)]
    return [(excluded, _pattern(term)) for excluded, term in found if term.strip() and term != "AND"]


def _count(terms: list[tuple[bool, re.Pattern[str]]], text: str) -> float:
    points = 1.0
    for excluded, pattern in terms:
        count = sum(1 for _ in pattern.finditer(text))
        if excluded == bool(count):
            return 0.0
        points += count
    return points


def _pattern(term: str) -> re.Pattern[str]:
    words = [re.escape(word) for word in term.rstrip("*").split()]
    end = "" if term.endswith("*") else r"(?!\w)"
    return re.compile(r"(?<!\w)" + r"\W+".join(words) + end, re.IGNORECASE)
