"""EDGAR as its readers meet it: identification, current filings, submissions, documents, full text search, facts."""

from __future__ import annotations

import datetime as dt
import html
import re
import xml.etree.ElementTree as ET
from collections import Counter
from typing import Any

import feedparser
import pytest

from sentiment_site.market import clock
from sentiment_site.simulator.documents.document import Document, Shelf
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.vendors.edgar.companies import Companies, has_local_times
from sentiment_site.simulator.vendors.edgar.data import SubmissionData
from sentiment_site.simulator.vendors.edgar.register import Register, accepted, filing_date
from sentiment_site.simulator.wire import Request
from tests.simulator.client import Client, Reply
from tests.simulator.vendors.writing import NEW_YORK, client_over, filing, local

AGENT = "Sectorlight/1.0 desk@example.com"
CURRENT = "/cgi-bin/browse-edgar?action=getcurrent&output=atom&owner=include"
OWNER = ("Reporting", "0009000001", "Müller Anna Łucja")
BANK = ("Filer", "0009000002", "Example Finance LLC")
SAYS = "Terms of the registered direct offering of 4,000,000 shares at $2.35 each."


def edgar(client: Client, path: str, **environ: str) -> Reply:
    return client.ask("GET", f"/edgar{path}", **{"HTTP_USER_AGENT": AGENT, **environ})


@pytest.fixture(scope="module")
def ciks(client: Client) -> dict[str, str]:
    """CIKs of three registrants whose acceptance times are right, and of one whose are not."""
    listing = client.application.world.tape.listing
    active = client.application.world.tape.is_active(client.application.world.tape.market.days[-1].session.open)
    found = [one.cik for row, one in enumerate(listing.securities) if one.cik and one.kind == "CS" and active[row]]
    right = [cik for cik in dict.fromkeys(found) if not has_local_times(cik)]
    return dict(zip("abc", right, strict=False)) | {"wrong": next(cik for cik in found if has_local_times(cik))}


@pytest.fixture(scope="module")
def documents(ciks: dict[str, str]) -> list[Document]:
    a, b, wrong = ("Filer", ciks["a"], "Alpha"), ("Issuer", ciks["b"], "Beta"), ("Filer", ciks["wrong"], "Wrong")
    pair = (OWNER, b)
    found = [
        filing(1, "8-K", local("2025-12-02", "08:31:02"), (a,), items=("1.01", "3.02", "9.01"), title="Offering",
               body=f"{SAYS}\n\nProceeds – “general” purposes & working capital."),
        filing(2, "4", local("2025-12-01", "18:45:10"), pair, symbols=("BETA",),
               body="On December 1 the officer sold 12,500 shares at $7.25 in the open market."),
        filing(3, "424B5", local("2025-12-01", "17:45:00"), (a,), body="Prospectus supplement, going concern."),
        filing(4, "424B2", local("2025-12-02", "10:00:00"), (BANK,)),
        filing(5, "425", local("2025-12-02", "10:05:00"), (("Filed by", ciks["c"], "C"), ("Subject", ciks["a"], "A"))),
        filing(6, "4/A", local("2025-12-02", "11:00:00"), pair, symbols=("BETA",), body="Award of 900 shares."),
        filing(7, "SCHEDULE 13D", local("2025-12-02", "11:30:00"), (("Subject", ciks["c"], "C"),)),
        filing(8, "SC 13D", local("2025-11-03", "11:30:00"), (("Subject", ciks["c"], "C"),)),
        filing(9, "8-K", local("2025-12-01", "23:10:00"), (wrong,), items=("8.01",)),
        filing(10, "10-Q", local("2025-11-14", "16:31:02"), (wrong,), report_date="2025-09-30"),
        filing(11, "8-K/A", local("2025-11-29", "12:00:00"), (a,), items=("2.02",), body="Going  concern doubt."),
        filing(12, "8-K", local("2025-12-02", "15:00:00"), (a,), items=("5.02",)),
        filing(13, "6-K", local("2025-11-28", "10:00:00"), (("Filer", ciks["c"], "C"),)),
    ]  # fmt: skip
    return found + [
        filing(100 + n, "424B2", local("2025-12-02", "09:00:00") + dt.timedelta(seconds=n), (BANK,)) for n in range(130)
    ]


@pytest.fixture(scope="module")
def desk(client: Client, documents: list[Document]) -> Client:
    return client_over(client.application.world.tape, documents)


def entries(client: Client, query: str = "") -> list[Any]:
    """All pages of the feed, read by feedparser until the 503 that ends it."""
    found: list[Any] = []
    for start in range(0, 2000, 100):
        reply = edgar(client, f"{CURRENT}&count=100&start={start}{query}")
        if reply.status == 503:
            assert b"File Unavailable" in reply.body and reply.headers["Content-Type"].startswith("text/html")
            return found
        parsed = feedparser.parse(reply.body)
        assert not parsed.bozo
        found += parsed.entries
    raise AssertionError("the feed did not end")


def accession(entry: Any) -> str:
    return str(entry.id).rpartition("=")[2]


def test_who_does_not_say_who_he_is_is_refused_in_html(desk: Client, noon: clock.Frozen) -> None:
    for agent in ("", "python-requests/2.32", "Mozilla/5.0 (X11; Linux x86_64)"):
        reply = edgar(desk, "/files/company_tickers.json", HTTP_USER_AGENT=agent)
        assert reply.status == 403 and reply.headers["Content-Type"].startswith("text/html")
        assert b"Undeclared Automated Tool" in reply.body
    assert edgar(desk, "/files/company_tickers.json").status == 200
    desk.ask("POST", "/faults", b'{"vendor": "edgar", "kind": "429", "times": 1}', HTTP_X_CONTROL="1")
    limited = edgar(desk, "/files/company_tickers.json")
    assert (limited.status, limited.headers["Retry-After"]) == (403, "600")
    assert b"Request Rate Threshold Exceeded" in limited.body
    assert edgar(desk, "/no/such/page").headers["Content-Type"].startswith("text/html")


def test_tickers(desk: Client, noon: clock.Frozen) -> None:
    tape = desk.application.world.tape
    rows = edgar(desk, "/files/company_tickers.json").json()
    assert list(rows) == [str(place) for place in range(len(rows))]
    active = tape.is_active(clock.now())
    expected = sum(bool(one.cik) and bool(active[row]) for row, one in enumerate(tape.listing.securities))
    assert len(rows) == expected > 300
    tickers = [row["ticker"] for row in rows.values()]
    assert all(ticker == ticker.upper() and "." not in ticker for ticker in tickers)
    assert any("-P" in ticker for ticker in tickers) and any(ticker.endswith("-WT") for ticker in tickers)
    per_cik = Counter(row["cik_str"] for row in rows.values())
    assert max(per_cik.values()) >= 3
    titles = {(row["cik_str"], row["title"]) for row in rows.values()}
    assert len(titles) == len(per_cik) and not any("Common Stock" in title for _, title in titles)

    table = edgar(desk, "/files/company_tickers_exchange.json").json()
    assert table["fields"] == ["cik", "name", "ticker", "exchange"]
    assert [row[:3] for row in table["data"]] == [
        [row["cik_str"], row["title"], row["ticker"]] for row in rows.values()
    ]
    exchanges = Counter(row[3] for row in table["data"])
    assert {"Nasdaq", "NYSE", None} <= set(exchanges) and exchanges[None] < 0.08 * len(rows)


def test_current_filings_in_feedparser(desk: Client, ciks: dict[str, str], noon: clock.Frozen) -> None:
    reply = edgar(desk, f"{CURRENT}&count=10")
    assert reply.headers["Content-Type"] == "application/atom+xml"
    assert reply.body.startswith(b'<?xml version="1.0" encoding="ISO-8859-1" ?>')
    assert "Müller".encode("iso-8859-1") in reply.body and b"&#321;ucja" in reply.body  # Ł is not in ISO-8859-1
    assert len(feedparser.parse(reply.body).entries) == 10
    found = entries(desk)
    assert [one.updated for one in found] == sorted((one.updated for one in found), reverse=True)
    form4 = [one for one in found if accession(one).endswith("-000002")]
    name = Companies(desk.application.world.tape).name(ciks["b"], "")
    assert [one.title for one in form4] == [
        f"4 - {OWNER[2]} ({OWNER[1]}) (Reporting)",
        f"4 - {name} ({ciks['b']}) (Issuer)",
    ]
    assert form4[0].updated == "2025-12-01T18:45:10-05:00" and form4[0].tags[0].term == "4"
    assert form4[0].tags[0].label == "form type" and form4[0].id.startswith("urn:tag:sec.gov,2008:accession-number=")
    report = next(one for one in found if accession(one).endswith("-000001"))
    assert "<b>Filed:</b> 2025-12-02 <b>AccNo:</b>" in report.summary
    assert "Item 3.02: Unregistered Sales of Equity Securities" in report.summary
    # the last 24 hours: what was filed in November is not there, nor what is filed at 15:00
    assert {accession(one)[-6:] for one in found}.isdisjoint({"000008", "000010", "000011", "000012"})


def test_type_is_a_prefix_and_owner_a_filter(desk: Client, noon: clock.Frozen) -> None:
    def terms(query: str) -> set[str]:
        return {one.tags[0].term for one in entries(desk, query)}

    assert terms("&type=4") == {"4", "4/A", "424B2", "424B5", "425"}
    assert terms("&type=SC") == {"SCHEDULE 13D"} and terms("&type=8-k") == {"8-K"}
    assert terms("&type=4&owner=exclude") == {"424B2", "424B5", "425"} and terms("&owner=only") == {"4", "4/A"}
    odd = feedparser.parse(edgar(desk, f"{CURRENT}&count=33&start=x").body)
    assert len(odd.entries) == 40
    nothing = edgar(desk, f"{CURRENT}&type=NOSUCH")
    assert nothing.status == 200 and not feedparser.parse(nothing.body).entries


def test_nothing_is_seen_before_its_time_and_nothing_is_accepted_at_night(
    desk: Client, ciks: dict[str, str], noon: clock.Frozen
) -> None:
    def seen(day: str, time: str) -> set[str]:
        noon.move_to(local(day, time))
        return {accession(one)[-6:] for one in entries(desk)}

    assert "000012" not in seen("2025-12-02", "14:59:59") and "000012" in seen("2025-12-02", "15:00:00")
    assert "000009" not in seen("2025-12-02", "05:59:59") and "000009" in seen("2025-12-02", "06:00:00")
    # Saturday's is accepted on Monday; on Sunday the feed still shows Friday
    assert seen("2025-11-30", "09:00:00") == {"000013"}
    assert seen("2025-12-01", "06:00:00") == {"000011", "000013"} and "000013" not in seen("2025-12-01", "23:00:00")
    name = f"{9 % 7 + 1234560:010d}25000009"
    for time, status in (("05:59:59", 404), ("06:00:00", 200)):
        noon.move_to(local("2025-12-02", time))
        assert edgar(desk, f"/Archives/edgar/data/{int(ciks['wrong'])}/{name}/doc9.htm").status == status
    assert accepted(local("2025-11-26", "22:00:00")) == local("2025-11-28", "06:00:00")  # over Thanksgiving
    assert accepted(local("2025-12-02", "21:59:59")) == local("2025-12-02", "21:59:59")


def test_filing_dates(desk: Client, ciks: dict[str, str], noon: clock.Frozen) -> None:
    recent = edgar(desk, f"/submissions/CIK{ciks['a']}.json").json()["filings"]["recent"]
    filed = dict(zip(recent["form"], recent["filingDate"], strict=True))
    assert filed == {"8-K": "2025-12-02", "425": "2025-12-02", "424B5": "2025-12-02", "8-K/A": "2025-12-01"}
    late = local("2025-11-28", "19:00:00")  # a Friday
    assert filing_date("8-K", late) == dt.date(2025, 12, 1)
    for form in ("4", "4/A", "SCHEDULE 13D/A", "144"):
        assert filing_date(form, late) == dt.date(2025, 11, 28)


def test_submissions_and_the_wrong_z(desk: Client, ciks: dict[str, str], noon: clock.Frozen) -> None:
    body = edgar(desk, f"/submissions/CIK{ciks['wrong']}.json").json()
    recent = body["filings"]["recent"]
    assert body["cik"] == ciks["wrong"] and body["filings"]["files"] == [] and len(body["sic"]) == 4
    assert body["tickers"] and len(body["tickers"]) == len(body["exchanges"])
    assert {len(column) for column in recent.values()} == {2} and recent["form"] == ["8-K", "10-Q"]
    assert recent["reportDate"][1] == "2025-09-30" and recent["isInlineXBRL"] == [1, 1]
    # accepted at 16:31:02 in New York, which is 21:31:02 UTC
    assert recent["acceptanceDateTime"][1] == "2025-11-14T16:31:02.000Z"
    right = edgar(desk, f"/submissions/CIK{ciks['a']}.json").json()["filings"]["recent"]
    assert right["acceptanceDateTime"][right["form"].index("8-K")] == "2025-12-02T13:31:02.000Z"
    assert right["items"][right["form"].index("8-K")] == "1.01,3.02,9.01"
    share = sum(has_local_times(f"{1_000_000 + 137 * n:010d}") for n in range(4000)) / 4000
    assert share == pytest.approx(0.22, abs=0.02)

    owner = edgar(desk, f"/submissions/CIK{OWNER[1]}.json").json()
    assert (owner["entityType"], owner["name"], owner["tickers"]) == ("other", OWNER[2], [])
    assert owner["insiderTransactionForOwnerExists"] == 1
    assert owner["filings"]["recent"]["primaryDocument"] == ["xslF345X05/doc6.xml", "xslF345X05/doc2.xml"]
    for unknown in ("CIK0000000001", "CIK12", f"CIK{ciks['a']}-submissions-001"):
        assert edgar(desk, f"/submissions/{unknown}.json").status == 404


def test_older_filings_are_in_pages_of_columns(client: Client) -> None:
    now = local("2025-12-02", "12:00:00")
    many = [filing(n, "424B2", now - dt.timedelta(hours=9 * n), (BANK,)) for n in range(1500)]
    tape: Tape = client.application.world.tape
    data = SubmissionData(Register(Shelf(many), now - dt.timedelta(days=900)), Companies(tape))

    def ask(name: str) -> dict[str, Any]:
        reply = data.submissions(Request(f"/submissions/CIK{name}.json", {}, "", now, extras={"name": name}))
        return Reply(reply.status, {}, reply.body).json()

    filings = ask(BANK[1])["filings"]
    assert len(filings["recent"]["form"]) == 1000
    (page,) = filings["files"]
    older = ask(page["name"].removeprefix("CIK").removesuffix(".json"))
    assert set(older) == set(filings["recent"]) and len(older["form"]) == page["filingCount"] == 500
    assert page["filingTo"] == older["filingDate"][0] <= filings["recent"]["filingDate"][-1]
    assert page["filingFrom"] == older["filingDate"][-1]
    assert not set(older["accessionNumber"]) & set(filings["recent"]["accessionNumber"])


def test_from_feed_to_index_to_document(desk: Client, ciks: dict[str, str], noon: clock.Frozen) -> None:
    report = next(one for one in entries(desk) if accession(one).endswith("-000001"))
    base = "http://simulator.test:8787/edgar"
    assert report.link == f"{base}/Archives/edgar/data/{int(ciks['a'])}/{accession(report).replace('-', '')}/" \
                          f"{accession(report)}-index.htm"  # fmt: skip
    index = edgar(desk, report.link.removeprefix(base)).body.decode()
    assert re.search(r'infoHead">Accepted</div>\s*<div class="info">2025-12-02 08:31:02<', index)
    assert "Item 1.01: Entry into a Material Definitive Agreement<br />Item 3.02" in index
    (document,) = re.findall(r'href="(/Archives/[^"]+\.htm)"', index)
    page = edgar(desk, document)
    assert page.headers["Content-Type"].startswith("text/html")
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.body.decode("ascii"))).split())
    assert SAYS in text and "Proceeds – “general” purposes & working capital." in text
    assert "Securities registered pursuant to Section 12(b)" in text and "SIGNATURE" in text
    assert "Item 9.01 Financial Statements and Exhibits" in text and "UNITED STATES" in text
    whole = edgar(desk, f"{document.rpartition('/')[0]}/{accession(report)}.txt").body.decode()
    assert "<ACCEPTANCE-DATETIME>20251202083102\n" in whole and "CONFORMED SUBMISSION TYPE:\t8-K\n" in whole
    assert f"CENTRAL INDEX KEY:\t\t\t{ciks['a']}\n" in whole
    for wrong in (document.replace(str(int(ciks["a"])), str(int(ciks["c"]))), document.replace(".htm", "x.htm"),
                  document.replace("-25-", "-24-").replace("25000001", "24000001")):  # fmt: skip
        assert edgar(desk, wrong).status == 404
    noon.move_to(local("2025-12-02", "08:31:01"))
    assert edgar(desk, document).status == 404


def test_documents_look_like_three_kinds_of_software_wrote_them(
    desk: Client, ciks: dict[str, str], noon: clock.Frozen
) -> None:
    pages = []
    for number in range(100, 230):
        name = f"{number % 7 + 1234560:010d}25{number:06d}"
        pages.append(edgar(desk, f"/Archives/edgar/data/{int(BANK[1])}/{name}/doc{number}.htm").body.decode("ascii"))
    marks = (
        '<hr style="page-break-after:always"/>',
        "<!-- Field: Page; Sequence: 2 -->",
        '<h5 align="left"><a href="#toc">',
    )
    assert all(sum(mark in page for mark in marks) == 1 for page in pages)
    assert all(any(mark in page for page in pages) for mark in marks)
    assert min(map(len, pages)) > 90_000 and max(map(len, pages)) > 2_000_000  # some hold everything in one file
    for page in pages:
        if marks[0] in page:
            ET.fromstring(page)
            break
    loose = next(page for page in pages if marks[1] in page)
    with pytest.raises(ET.ParseError):
        ET.fromstring(loose)


def test_ownership_is_xml(desk: Client, ciks: dict[str, str], noon: clock.Frozen) -> None:
    folder = f"/Archives/edgar/data/{int(ciks['b'])}/{2 + 1234560:010d}25000002"
    reply = edgar(desk, f"{folder}/doc2.xml")
    assert reply.headers["Content-Type"] == "text/xml"
    root = ET.fromstring(reply.body)
    values = {path: root.findtext(f".//{path}") for path in (
        "documentType", "issuerCik", "issuerTradingSymbol", "rptOwnerCik", "rptOwnerName", "transactionCode",
        "transactionShares/value", "transactionPricePerShare/value", "transactionAcquiredDisposedCode/value",
    )}  # fmt: skip
    assert list(values.values()) == ["4", ciks["b"], "BETA", OWNER[1], OWNER[2], "S", "12500", "7.25", "D"]
    assert "in the open market" in (root.findtext(".//footnote") or "")
    view = edgar(desk, f"{folder}/xslF345X05/doc2.xml")
    assert view.headers["Content-Type"].startswith("text/html") and b"<td>12500</td>" in view.body
    other = folder.replace("1234562", "1234566").replace("25000002", "25000006")
    amended = ET.fromstring(edgar(desk, f"{other}/doc6.xml").body)
    assert amended.findtext(".//transactionCode") == "A" and amended.findtext("documentType") == "4/A"


def test_full_text_search(desk: Client, ciks: dict[str, str], noon: clock.Frozen) -> None:
    def hits(query: str) -> list[dict[str, Any]]:
        return list(edgar(desk, f"/LATEST/search-index?{query}").json()["hits"]["hits"])

    concern = {hit["_source"]["form"] for hit in hits("q=%22going+concern%22")}
    assert concern == {"424B5", "8-K/A"}
    (hit,) = hits("q=%22going+concern%22&forms=8-K")  # a root form finds its amendments
    assert hit["_id"] == f"{hit['_source']['adsh']}:doc11.htm" and hit["_source"]["items"] == ["2.02"]
    assert hit["_source"]["ciks"] == [ciks["a"]] and hit["_source"]["file_date"] == "2025-12-01"
    assert re.fullmatch(rf".+  \([A-Z, -]+\)  \(CIK {ciks['a']}\)", hit["_source"]["display_names"][0])
    assert not hits("q=%22concern+going%22") and len(hits("q=concern+-doubt")) == 1
    assert len(hits("q=concern+OR+%22direct+offering%22")) == 3
    assert not hits("q=concern&dateRange=custom&startdt=2025-12-03&enddt=2025-12-31")
    assert {hit["_source"]["form"] for hit in hits(f"ciks={OWNER[1]}")} == {"4", "4/A"}
    first = edgar(desk, "/LATEST/search-index?q=text&forms=424B2").json()["hits"]
    assert first["total"] == {"value": 131, "relation": "eq"} and len(first["hits"]) == 100
    rest = hits("q=text&forms=424B2&from=100")
    assert len(rest) == 31 and not {hit["_id"] for hit in rest} & {hit["_id"] for hit in first["hits"]}
    assert edgar(desk, "/LATEST/search-index?startdt=yesterday").headers["Content-Type"].startswith("text/html")


def test_company_facts_follow_the_splits(busy: Client, noon: clock.Frozen) -> None:
    tape = busy.application.world.tape
    companies, seen = Companies(tape), 0
    for split in tape.executed_splits(clock.now()):
        company = companies.find(tape.listing.securities[split.row].cik)
        others = [] if company is None else [row for row in company.rows if row != split.row]
        if company is None or others or tape.listing.securities[split.row].kind != "CS":
            continue
        body = edgar(busy, f"/api/xbrl/companyfacts/CIK{company.cik}.json").json()
        rows = body["facts"]["dei"]["EntityCommonStockSharesOutstanding"]["units"]["shares"]
        assert body["entityName"] == company.name and len(rows) >= 10
        assert set(rows[-1]) == {"end", "val", "accn", "fy", "fp", "form", "filed"}
        assert [row["filed"] for row in rows] == sorted(row["filed"] for row in rows)
        assert rows[-1]["filed"] <= "2025-12-02" and (rows[-1]["fp"], rows[-1]["form"]) == ("Q3", "10-Q")
        cover = dt.datetime.combine(dt.date.fromisoformat(rows[-1]["end"]), dt.time(20), NEW_YORK)
        if split.session.pre_open <= cover:
            seen += 1
            now_shares = tape.listing.securities[split.row].shares * tape.units(cover)[split.row]
            assert rows[-1]["val"] == round(now_shares)
            assert rows[-1]["val"] / rows[-2]["val"] == pytest.approx(tape.units(cover)[split.row], rel=0.05)
    assert seen >= 3


def test_two_classes_have_no_shares_outstanding_among_the_facts(desk: Client, noon: clock.Frozen) -> None:
    listing = desk.application.world.tape.listing
    common = Counter(one.cik for one in listing.securities if one.kind == "CS" and one.cik)
    double = next(cik for cik, count in common.items() if count == 2)
    facts = edgar(desk, f"/api/xbrl/companyfacts/CIK{double}.json").json()["facts"]["dei"]
    assert set(facts) == {"EntityPublicFloat"}
    assert edgar(desk, f"/api/xbrl/companyfacts/CIK{OWNER[1]}.json").status == 404


def test_the_same_whatever_was_asked_before(
    client: Client, desk: Client, documents: list[Document], noon: clock.Frozen
) -> None:
    fresh = client_over(client.application.world.tape, documents)
    assert edgar(fresh, f"/submissions/CIK{BANK[1]}.json").body == edgar(desk, f"/submissions/CIK{BANK[1]}.json").body
    assert edgar(fresh, CURRENT).body == edgar(desk, CURRENT).body
