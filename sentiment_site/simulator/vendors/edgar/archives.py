"""/Archives/edgar/data: index pages, complete submissions and primary documents of filings."""

from __future__ import annotations

from html import escape

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.documents.document import Document
from sentiment_site.simulator.vendors.edgar import forms, ownership, pages, rendering
from sentiment_site.simulator.vendors.edgar.companies import Companies
from sentiment_site.simulator.vendors.edgar.data import document_path
from sentiment_site.simulator.vendors.edgar.register import Entry, Register
from sentiment_site.simulator.wire import Answer, Request

_TYPES = {"xml": "text/xml", "htm": pages.HTML, "html": pages.HTML, "txt": "text/plain"}
_MAIN_ROLES = ("Issuer", "Subject", "Filer")  # whose filing it is, where several take part
_INDEX = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" \
"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<title>EDGAR Filing Documents for {accession}</title>
</head>
<body style="margin: 0">
<div id="contentDiv">
<div id="formDiv">
   <div id="formHeader">
      <div id="formName">
         <strong>Form {form}</strong> - {name}:
      </div>
      <div id="secNum">
         <strong><acronym title="Securities and Exchange Commission">SEC</acronym> Accession \
<acronym title="Number">No.</acronym></strong> {accession}
      </div>
   </div>
   <div class="formContent">
      <div class="formGrouping">
         <div class="infoHead">Filing Date</div>
         <div class="info">{filed}</div>
         <div class="infoHead">Accepted</div>
         <div class="info">{accepted}</div>
         <div class="infoHead">Documents</div>
         <div class="info">1</div>
      </div>
      <div class="formGrouping">
{details}      </div>
   </div>
</div>
<div id="formDiv">
   <div style="padding: 4px 0px 4px 0px; font-size: 12px; margin: 0px 2px 0px 5px; width: 100%; overflow:hidden">
      <p>Document Format Files</p>
      <table class="tableFile" summary="Document Format Files">
         <tr>
            <th scope="col" style="width: 5%;"><acronym title="Sequence Number">Seq</acronym></th>
            <th scope="col" style="width: 40%;">Description</th>
            <th scope="col" style="width: 20%;">Document</th>
            <th scope="col" style="width: 10%;">Type</th>
            <th scope="col">Size</th>
         </tr>
{rows}      </table>
   </div>
</div>
<div id="filerDiv">
{parties}</div>
</div>
</body>
</html>
"""
_ROW = """         <tr{style}>
            <td scope="row">{sequence}</td>
            <td scope="row">{description}</td>
            <td scope="row"><a href="{href}">{file}</a></td>
            <td scope="row">{type}</td>
            <td scope="row">{size}</td>
         </tr>
"""
_DETAIL = """         <div class="infoHead">{head}</div>
         <div class="info">{text}</div>
"""
_PARTY = """   <div class="companyInfo">
      <span class="companyName">{name} ({role}) <acronym title="Central Index Key">CIK</acronym>: \
<a href="/cgi-bin/browse-edgar?CIK={cik}&amp;action=getcompany">{cik} (see all company filings)</a></span>
      <p class="identInfo">{about}</p>
   </div>
"""
_SUBMISSION = """<SEC-DOCUMENT>{accession}.txt : {filed}
<SEC-HEADER>{accession}.hdr.sgml : {filed}
<ACCEPTANCE-DATETIME>{accepted}
ACCESSION NUMBER:\t\t{accession}
CONFORMED SUBMISSION TYPE:\t{form}
PUBLIC DOCUMENT COUNT:\t\t1
{details}FILED AS OF DATE:\t\t{filed}
DATE AS OF CHANGE:\t\t{filed}
{parties}</SEC-HEADER>
<DOCUMENT>
<TYPE>{form}
<SEQUENCE>1
<FILENAME>{file}
<DESCRIPTION>{description}
<TEXT>
{text}
</TEXT>
</DOCUMENT>
</SEC-DOCUMENT>
"""


class Archives:
    """Files of filings. A filing is found under the CIK of each of its parties, and under no other."""

    def __init__(self, register: Register, companies: Companies) -> None:
        self._register = register
        self._companies = companies

    def file(self, request: Request) -> Answer:
        """GET {cik}/{accession without dashes}/{file}: the index page, the whole submission or the primary document."""
        entry = self._register.find(request.extras["folder"].replace("-", ""), request.now)
        if entry is None or int(request.extras["cik"]) not in {int(cik) for _, cik, _ in entry.filing.parties}:
            return pages.missing(request)
        document = self._register.document(entry, request.now)
        if document is None:
            return pages.missing(request)
        name = request.extras["file"]
        if name in (f"{entry.accession}-index.htm", f"{entry.accession}-index.html"):
            return Answer(200, self._index(entry).encode(), pages.HTML)
        if name == f"{entry.accession}.txt":
            return Answer(200, self._submission(entry, document), "text/plain")
        return self._primary(entry, document, name) or pages.missing(request)

    def _primary(self, entry: Entry, document: Document, name: str) -> Answer | None:
        view = document_path(entry)
        raw = view.rsplit("/", 1)[-1]
        if name not in (view, raw):
            return None
        body = self._text(entry, document)
        if not forms.is_ownership(entry.filing.form):
            return Answer(200, body, _TYPES.get(raw.rsplit(".", 1)[-1], pages.HTML))
        if name == raw:
            return Answer(200, body, "text/xml")
        return Answer(200, ownership.render_view(body), pages.HTML)

    def _text(self, entry: Entry, document: Document) -> bytes:
        cik, name = self._main_party(entry)
        if forms.is_ownership(entry.filing.form):
            return ownership.render(document, entry, name)
        company = self._companies.find(cik)
        listed = () if company is None else self._companies.securities(company)
        return rendering.render(document, entry, name, company, listed)

    def _main_party(self, entry: Entry) -> tuple[str, str]:
        """CIK and name of whose filing it is."""
        parties = {role: (cik, name) for role, cik, name in reversed(entry.filing.parties)}
        cik, name = next((parties[role] for role in _MAIN_ROLES if role in parties), entry.filing.parties[0][1:])
        return cik, self._companies.name(cik, name)

    def _index(self, entry: Entry) -> str:
        filing = entry.filing
        folder = f"/Archives/edgar/data/{int(filing.parties[0][1])}/{entry.folder}"
        name = document_path(entry)
        rows = _ROW.format(style="", sequence=1, description=escape(filing.description), href=f"{folder}/{name}",
                           file=name.rsplit("/", 1)[-1], type=filing.form, size=entry.size // 3)  # fmt: skip
        rows += _ROW.format(style=' class="blueRow"', sequence="&nbsp;",
                            description="Complete submission text file", href=f"{folder}/{entry.accession}.txt",
                            file=f"{entry.accession}.txt", type="&nbsp;", size=entry.size)  # fmt: skip
        items = "<br />".join(f"Item {item}: {forms.ITEMS.get(item, '')}" for item in filing.items)
        details = [("Period of Report", filing.report_date), ("Items", items)]
        return _INDEX.format(
            accession=entry.accession,
            form=filing.form,
            name=forms.family(filing.form).name,
            filed=entry.filed,
            accepted=f"{entry.at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}",
            details="".join(_DETAIL.format(head=head, text=text) for head, text in details if text),
            rows=rows,
            parties="".join(self._party(role, cik, name) for role, cik, name in filing.parties),
        )

    def _party(self, role: str, cik: str, name: str) -> str:
        company = self._companies.find(cik)
        about = f"SIC: {company.sic} {company.sic_description}" if company and company.sic else ""
        return _PARTY.format(name=escape(self._companies.name(cik, name)), role=role, cik=cik, about=escape(about))

    def _submission(self, entry: Entry, document: Document) -> bytes:
        """The whole submission with its SGML header, whose acceptance time is New York's."""
        filing = entry.filing
        details = "".join(f"ITEM INFORMATION:\t\t{forms.ITEMS.get(item, item)}\n" for item in filing.items)
        if filing.report_date:
            details = f"CONFORMED PERIOD OF REPORT:\t{filing.report_date.replace('-', '')}\n{details}"
        parties = "".join(
            f"\n{role.upper()}:\n\n\tCOMPANY DATA:\t\n\t\tCOMPANY CONFORMED NAME:\t\t\t"
            f"{self._companies.name(cik, name)}\n\t\tCENTRAL INDEX KEY:\t\t\t{cik}\n"
            for role, cik, name in filing.parties
        )
        text = _SUBMISSION.format(
            accession=entry.accession,
            filed=f"{entry.filed:%Y%m%d}",
            accepted=f"{entry.at.astimezone(NEW_YORK):%Y%m%d%H%M%S}",
            form=filing.form,
            details=details,
            parties=parties,
            file=filing.primary_document.rsplit("/", 1)[-1],
            description=filing.description,
            text=self._text(entry, document).decode(),
        )
        return text.encode()
