"""A filing's primary document as HTML, the way three kinds of filing software write it.

What the filing says is cut into paragraphs between cover, standing text, tables and signature; inline styles on every
line, page numbers and breaks in the midst of the text, entities, and in one of the three a body that is no XML.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.documents.document import Document
from sentiment_site.simulator.market.listing import Security
from sentiment_site.simulator.market.naming import dashed
from sentiment_site.simulator.vendors.edgar import boilerplate, forms
from sentiment_site.simulator.vendors.edgar.companies import Company
from sentiment_site.simulator.vendors.edgar.register import Entry
from sentiment_site.simulator.wire import number_of

_PAGE_CHARACTERS = 3200
_HUGE_OF_100, _HUGE = 3, 2_500_000  # submissions with everything in one file
_MARKETS = {"XNAS": "The Nasdaq Stock Market LLC", "XNYS": "New York Stock Exchange", "XASE": "NYSE American LLC"}


class Kind(StrEnum):
    """What a block is; each house style has its own mark-up for it."""

    CENTRE = "centre"
    HEADING = "heading"
    TEXT = "text"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document: text, or the rows of a table."""

    kind: Kind
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Style:
    """How one kind of filing software writes. The templates take what they use of: text, page, title, cik, date."""

    head: str
    centre: str
    heading: str
    text: str
    table: tuple[str, str]
    row: tuple[str, str]
    cell: str
    page: str
    tail: str


_SPAN = (
    "<span style=\"color:#000000;font-family:'Times New Roman',sans-serif;font-size:10pt;font-weight:{w};"
    'line-height:120%">'
)
_INLINE = Style(
    head="<?xml version='1.0' encoding='ASCII'?>\n"
    '<html xmlns:ix="http://www.xbrl.org/2013/inlineXBRL" xmlns:xbrli="http://www.xbrl.org/2003/instance" '
    'xmlns:dei="http://xbrl.sec.gov/dei/2025" xmlns="http://www.w3.org/1999/xhtml" xml:lang="en-US"><head>'
    '<meta http-equiv="Content-Type" content="text/html"/>\n\n\n<title>{title}</title></head><body>'
    '<div style="display:none"><ix:header><ix:hidden><ix:nonNumeric contextRef="c-1" name="dei:AmendmentFlag" '
    'id="f-1">false</ix:nonNumeric><ix:nonNumeric contextRef="c-1" name="dei:EntityCentralIndexKey" id="f-2">{cik}'
    '</ix:nonNumeric></ix:hidden><ix:resources><xbrli:context id="c-1"><xbrli:entity><xbrli:identifier '
    'scheme="http://www.sec.gov/CIK">{cik}</xbrli:identifier></xbrli:entity><xbrli:period><xbrli:startDate>{date}'
    "</xbrli:startDate><xbrli:endDate>{date}</xbrli:endDate></xbrli:period></xbrli:context></ix:resources></ix:header>"
    "</div>",
    centre='<div style="text-align:center">' + _SPAN.format(w=700) + "{text}</span></div>",
    heading='<div style="margin-top:12pt">' + _SPAN.format(w=700) + "{text}</span></div>",
    text='<div style="margin-top:9pt;text-align:justify">' + _SPAN.format(w=400) + "{text}</span></div>",
    table=('<div style="margin-top:9pt"><table style="border-collapse:collapse;display:inline-table;width:99.853%">'
           '<tr><td style="width:1.0%"/><td style="width:98.9%"/><td style="width:0.1%"/></tr>', "</table></div>"),
    row=("<tr>", "</tr>"),
    cell='<td colspan="3" style="padding:2px 1pt;text-align:left;vertical-align:bottom">' + _SPAN.format(w=400)
    + "{text}</span></td>",
    page='<div style="height:42.75pt;position:relative;width:100%"><div style="bottom:0;position:absolute;text-align:'
    'center;width:100%">' + _SPAN.format(w=400) + '{page}</span></div></div><hr style="page-break-after:always"/>'
    '<div style="min-height:42.75pt;width:100%"><div><span><br/></span></div></div>',
    tail="</body></html>\n",
)  # fmt: skip
_WORD = Style(
    head="<HTML>\n<HEAD>\n     <TITLE></TITLE>\n</HEAD>\n"
    '<BODY STYLE="font: 10pt Times New Roman, Times, Serif">\n<!-- Field: Rule-Page -->\n',
    centre='<P STYLE="font: 10pt Times New Roman, Times, Serif; margin: 0pt 0; text-align: center"><B>{text}</B></P>\n',
    heading='<P STYLE="font: 10pt Times New Roman, Times, Serif; margin: 0pt 0"><B>{text}</B></P>\n'
    '<P STYLE="margin: 0pt 0">&nbsp;</P>\n',
    text='<P STYLE="font: 10pt Times New Roman, Times, Serif; margin: 0pt 0; text-align: justify; text-indent: 0.5in">'
    '{text}</P>\n<P STYLE="margin: 0pt 0">&nbsp;\n',
    table=('<TABLE CELLSPACING="0" CELLPADDING="0" STYLE="border-collapse: collapse; width: 100%">\n', "</TABLE>\n"),
    row=("<TR STYLE=\"vertical-align: top; background-color: rgb(204,238,255)\">\n", "</TR>\n"),
    cell='  <TD STYLE="padding-right: 5.4pt; width: 33%">{text}</TD>\n',
    page='<!-- Field: Page; Sequence: {page} -->\n<DIV STYLE="border-bottom: Black 1pt solid; margin-top: 6pt">'
    '<TABLE WIDTH="100%"><TR><TD ALIGN=CENTER>{page}</TD></TR></TABLE></DIV>\n<DIV STYLE="break-before: page; '
    'margin-top: 6pt; margin-bottom: 6pt"><P STYLE="margin: 0pt">&nbsp;</P></DIV>\n<!-- Field: /Page -->\n',
    tail="</BODY>\n</HTML>\n",
)  # fmt: skip
_PRINTER = Style(
    head='<html><head>\n<title>{title}</title>\n</head>\n <body bgcolor="white">\n\n',
    centre=' <p style="margin-top:6pt; margin-bottom:0pt; font-size:10pt; font-family:Times New Roman" align="center">'
    "<b>{text}</b></p>\n",
    heading=' <p style="margin-top:18pt; margin-bottom:0pt; font-size:10pt; font-family:Times New Roman"><b><i>{text}'
    "</i></b></p>\n",
    text=' <p style="margin-top:12pt; margin-bottom:0pt; text-indent:4%; font-size:10pt; font-family:Times New Roman">'
    "{text}</p>\n",
    table=(' <table cellspacing="0" cellpadding="0" width="100%" border="0" style="BORDER-COLLAPSE:COLLAPSE; '
           'font-family:Times New Roman; font-size:10pt" align="center">\n\n', " </table>\n"),
    row=(' <tr style="page-break-inside:avoid ; font-family:Times New Roman">\n', " </tr>\n"),
    cell=' <td valign="bottom"><p style="margin-top:0pt; margin-bottom:1pt">{text}</p></td>\n <td>&nbsp;</td>\n',
    page=' <p style="margin-top:6pt; margin-bottom:0pt" align="center">{page}</p>\n\n <p style="font-size:10pt;margin-'
    'top:0pt;margin-bottom:0pt">&nbsp;</p>\n <hr style="color:#999999;height:3px;width:100%;page-break-before:always">'
    '\n <h5 align="left"><a href="#toc">Table of Contents</a></h5>\n\n',
    tail=" </body></html>\n",
)  # fmt: skip
_STYLES = (_INLINE, _WORD, _PRINTER)


def render(document: Document, entry: Entry, name: str, company: Company | None, listed: Sequence[Security]) -> bytes:
    """The document as bytes in ASCII. name: the registrant; company, listed: None and () if it has no securities."""
    style = _STYLES[number_of(f"agent {entry.accession.partition('-')[0]}") % len(_STYLES)]
    cik = entry.filing.parties[0][1] if company is None and entry.filing.parties else company.cik if company else ""
    blocks = [*_cover(entry, name, company, listed), *_body(document, entry), *_ending(entry, name)]
    parts = [style.head.format(title=_marked(document.title), cik=cik, date=entry.filing.report_date or entry.filed)]
    written, page = 0, 1
    for block in blocks:
        if written > _PAGE_CHARACTERS:
            parts.append(style.page.format(page=page))
            written, page = 0, page + 1
        parts.append(_mark_up(block, style))
        written += len(block.text) + sum(len(cell) for row in block.rows for cell in row)
    return ("".join(parts) + style.tail).encode("ascii", "xmlcharrefreplace")


def _mark_up(block: Block, style: Style) -> str:
    if block.kind is not Kind.TABLE:
        return str(getattr(style, block.kind.value)).format(text=_marked(block.text))
    rows = [style.row[0] + "".join(style.cell.format(text=_marked(cell)) for cell in row) + style.row[1]
            for row in block.rows]  # fmt: skip
    return style.table[0] + "".join(rows) + style.table[1]


def _marked(text: str) -> str:
    """Text in mark-up; double blanks become hard ones, as word processors leave them."""
    return escape(text, quote=False).replace("  ", "&#160; ")


def _cover(entry: Entry, name: str, company: Company | None, listed: Sequence[Security]) -> Iterator[Block]:
    filing = entry.filing
    if filing.form.startswith("424"):
        rule = filing.form[3:].lower()
        yield Block(Kind.TEXT, f"Filed Pursuant to Rule 424({rule[0]})({rule[1:]})")
        yield Block(Kind.TEXT, f"Registration No. {entry.file_number}")
        yield Block(Kind.CENTRE, "PROSPECTUS SUPPLEMENT")
    else:
        yield Block(Kind.CENTRE, "UNITED STATES")
        yield Block(Kind.CENTRE, "SECURITIES AND EXCHANGE COMMISSION")
        yield Block(Kind.CENTRE, "WASHINGTON, D.C.  20549")
        yield Block(Kind.CENTRE, f"FORM {filing.form}")
        yield Block(Kind.CENTRE, forms.family(filing.form).name.upper())
        if filing.form.startswith(("8-K", "10-", "6-K", "20-F")):
            yield Block(Kind.CENTRE, "PURSUANT TO SECTION 13 OR 15(d) OF THE SECURITIES EXCHANGE ACT OF 1934")
        if filing.report_date:
            date = _written_date(dt.date.fromisoformat(filing.report_date))
            yield Block(Kind.CENTRE, f"Date of Report (Date of earliest event reported): {date}")
    yield Block(Kind.CENTRE, name)
    yield Block(Kind.CENTRE, "(Exact name of registrant as specified in its charter)")
    if company is None:
        return
    numbers = ((company.state, entry.file_number, f"{number_of(f'ein {company.cik}') % 1_000_000_000:09d}"),
               ("(State or other jurisdiction of incorporation)", "(Commission File Number)",
                "(IRS Employer Identification No.)"))  # fmt: skip
    yield Block(Kind.TABLE, rows=numbers)
    yield Block(Kind.CENTRE, f"{100 + number_of(f'street {company.cik}') % 900} Simulated Way, Wilmington, DE 19801")
    if filing.form.startswith("8-K"):
        yield from (Block(Kind.TEXT, line) for line in boilerplate.CHECK_BOXES)
        yield Block(Kind.TEXT, "Securities registered pursuant to Section 12(b) of the Act:")
        head = ("Title of each class", "Trading Symbol(s)", "Name of each exchange on which registered")
        yield Block(Kind.TABLE, rows=(head, *(_registered(security) for security in listed)))


def _registered(security: Security) -> tuple[str, str, str]:
    kinds = {"CS": "Common Stock", "ADRC": "American Depositary Shares", "WARRANT": "Warrants", "UNIT": "Units",
             "RIGHT": "Rights", "PFD": "Depositary Shares, Preferred Stock"}  # fmt: skip
    market = _MARKETS.get(security.exchange, "Cboe BZX Exchange, Inc.")
    return kinds.get(security.kind, "Common Shares"), dashed(security.symbol), market


def _body(document: Document, entry: Entry) -> Iterator[Block]:
    """What the filing says, under the headings of its items; the last item holds the exhibits."""
    headings = [f"Item {item}  {forms.ITEMS.get(item, '')}." for item in entry.filing.items]
    yield from (Block(Kind.HEADING, heading) for heading in headings[:1])
    yield Block(Kind.HEADING, document.title)
    for paragraph in document.body.split("\n"):
        if paragraph.strip():
            yield Block(Kind.TEXT, paragraph.strip())
    if set(entry.filing.items) & {"2.02", "7.01"}:
        yield Block(Kind.TEXT, boilerplate.FURNISHED)
    for item, heading in zip(entry.filing.items[1:], headings[1:], strict=True):
        yield Block(Kind.HEADING, heading)
        if item == "9.01":
            yield Block(Kind.TABLE, rows=(("Exhibit No.", "Description"), ("104", "Cover Page Interactive Data File")))
        else:
            yield Block(Kind.TEXT, "The information set forth above is incorporated by reference into this Item.")


def _ending(entry: Entry, name: str) -> Iterator[Block]:
    size = forms.family(entry.filing.form).boilerplate
    if size and number_of(f"huge {entry.accession}") % 100 < _HUGE_OF_100:
        size = _HUGE
    if size:
        yield Block(Kind.HEADING, "Forward-Looking Statements")
        yield Block(Kind.TEXT, boilerplate.FORWARD_LOOKING)
    if size > len(boilerplate.FORWARD_LOOKING) * 4:
        yield Block(Kind.CENTRE, "RISK FACTORS")
        for heading, text in boilerplate.risk_paragraphs(size):
            yield Block(Kind.HEADING, heading)
            yield Block(Kind.TEXT, text)
    if not entry.filing.form.startswith("424"):
        yield Block(Kind.CENTRE, "SIGNATURE")
        yield Block(Kind.TEXT, boilerplate.SIGNATURE)
        signed = _written_date(entry.at.astimezone(NEW_YORK).date())
        yield Block(Kind.TABLE, rows=((f"Date: {signed}", f"By: /s/ {name}"),))


def _written_date(date: dt.date) -> str:
    return f"{date:%B} {date.day}, {date.year}"
