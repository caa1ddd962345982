"""Forms 3, 4 and 5 as XML. Shares, price and direction are read out of what the filing says."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from sentiment_site.simulator.documents.document import Document
from sentiment_site.simulator.vendors.edgar import forms
from sentiment_site.simulator.vendors.edgar.register import Entry
from sentiment_site.simulator.wire import number_of

_SHARES = re.compile(r"([\d,]+) (?:ordinary |common )?shares", re.IGNORECASE)
_PRICE = re.compile(r"\$\s?([\d,]+(?:\.\d+)?)")
# first match decides; code and whether shares come (A) or go (D)
_CODES = (
    (re.compile(r"\b(?:sold|sale|sell|dispos\w+)\b", re.IGNORECASE), "S", "D"),
    (re.compile(r"\b(?:award\w*|grant\w*)\b", re.IGNORECASE), "A", "A"),
    (re.compile(r"\b(?:exercis\w+|vest\w+)\b", re.IGNORECASE), "M", "A"),
    (re.compile(r""), "P", "A"),
)
_TITLES = ("Chief Executive Officer", "Chief Financial Officer", "General Counsel", "")
_XML = """<?xml version="1.0"?>
<ownershipDocument>

    <schemaVersion>X0508</schemaVersion>

    <documentType>{form}</documentType>

    <periodOfReport>{period}</periodOfReport>

    <issuer>
        <issuerCik>{issuer_cik}</issuerCik>
        <issuerName>{issuer}</issuerName>
        <issuerTradingSymbol>{symbol}</issuerTradingSymbol>
    </issuer>

    <reportingOwner>
        <reportingOwnerId>
            <rptOwnerCik>{owner_cik}</rptOwnerCik>
            <rptOwnerName>{owner}</rptOwnerName>
        </reportingOwnerId>
        <reportingOwnerRelationship>
            <isDirector>{director}</isDirector>
            <isOfficer>{officer}</isOfficer>
            <officerTitle>{title}</officerTitle>
        </reportingOwnerRelationship>
    </reportingOwner>

    <aff10b5One>0</aff10b5One>

    <nonDerivativeTable>
        <nonDerivativeTransaction>
            <securityTitle>
                <value>Common Stock</value>
            </securityTitle>
            <transactionDate>
                <value>{period}</value>
            </transactionDate>
            <transactionCoding>
                <transactionFormType>{root}</transactionFormType>
                <transactionCode>{code}</transactionCode>
                <equitySwapInvolved>0</equitySwapInvolved>
                <footnoteId id="F1"/>
            </transactionCoding>
            <transactionAmounts>
                <transactionShares>
                    <value>{shares}</value>
                </transactionShares>
                <transactionPricePerShare>
                    <value>{price}</value>
                </transactionPricePerShare>
                <transactionAcquiredDisposedCode>
                    <value>{direction}</value>
                </transactionAcquiredDisposedCode>
            </transactionAmounts>
            <postTransactionAmounts>
                <sharesOwnedFollowingTransaction>
                    <value>{owned}</value>
                </sharesOwnedFollowingTransaction>
            </postTransactionAmounts>
            <ownershipNature>
                <directOrIndirectOwnership>
                    <value>D</value>
                </directOrIndirectOwnership>
            </ownershipNature>
        </nonDerivativeTransaction>
    </nonDerivativeTable>

    <footnotes>
        <footnote id="F1">{text}</footnote>
    </footnotes>

    <ownerSignature>
        <signatureName>/s/ {owner}</signatureName>
        <signatureDate>{filed}</signatureDate>
    </ownerSignature>
</ownershipDocument>
"""


def render(document: Document, entry: Entry, issuer: str) -> bytes:
    """The XML of an ownership filing. What the text does not say is drawn from the accession number."""
    filing = entry.filing
    parties = {role: (cik, name) for role, cik, name in reversed(filing.parties)}
    issuer_cik, _ = parties.get("Issuer", ("", ""))
    owner_cik, owner = parties.get("Reporting", ("", ""))
    drawn = number_of(f"owner {owner_cik or filing.accession}")
    title = _TITLES[drawn % len(_TITLES)]
    shares = _first(_SHARES, document.body) or str(500 * (1 + drawn % 80))
    code, direction = next((code, way) for pattern, code, way in _CODES if pattern.search(document.body))
    fields = {
        "form": filing.form, "root": forms.root(filing.form), "period": filing.report_date or entry.filed.isoformat(),
        "issuer_cik": issuer_cik, "issuer": issuer, "symbol": document.symbols[0] if document.symbols else "NONE",
        "owner_cik": owner_cik, "owner": owner, "director": str(int(not title)), "officer": str(int(bool(title))),
        "title": title, "code": code, "direction": direction, "shares": shares,
        "price": _first(_PRICE, document.body) or "0", "owned": str(int(float(shares)) + drawn % 400_000),
        "text": " ".join(document.body.split()), "filed": entry.filed.isoformat(),
    }  # fmt: skip
    return _XML.format(**{name: escape(value) for name, value in fields.items()}).encode()


def _first(pattern: re.Pattern[str], text: str) -> str:
    """The first number a pattern finds, without its commas; "" if there is none."""
    match = pattern.search(text)
    return match.group(1).replace(",", "") if match else ""


def render_view(xml: bytes) -> bytes:
    """The page people see under xslF345X05/: the same values in a table."""
    rows = re.findall(r"<(\w+)>\s*(?:<value>)?([^<>]+?)(?:</value>)?\s*</\1>", xml.decode())
    cells = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>\n" for name, value in rows if value.strip())
    return f"<html><head><title>SEC FORM</title></head><body><table>\n{cells}</table></body></html>\n".encode()
