"""The feeds, read by feedparser: flaws of real feeds, conditional requests, halts."""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import feedparser
import pytest

from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK, sessions_between
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.vendors.rss.threshold import is_threshold
from sentiment_site.simulator.wsgi import Application
from tests.simulator.client import Client, Reply
from tests.simulator.conftest import ANCHOR, NOON
from tests.simulator.vendors.writing import client_over

NDAQ = "{http://www.nasdaqtrader.com/}"


def written(number: int, channel: Channel, at: dt.datetime, symbols: tuple[str, ...] = ()) -> Document:
    return Document(
        f"pump-{number}", channel, at, f"Notice {number}: Smith & Sons’ profit – <up>",
        "It said so. & more\n\n<b>Not bold</b>.", symbols, "Harbour Wire",
    )  # fmt: skip


RELEASES = [
    written(n, Channel.RELEASE, NOON - dt.timedelta(minutes=11 * n), ("ABC",) if n % 4 else ("BRK.B",))
    for n in range(90)
]
ECONOMY = [written(200 + n, Channel.NEWS, NOON - dt.timedelta(hours=n)) for n in range(12)]
NEWS = [written(300 + n, Channel.NEWS, NOON - dt.timedelta(hours=n), ("XYZ",)) for n in range(6)]
LATER = [written(400, Channel.RELEASE, NOON + dt.timedelta(minutes=30), ("ABC",))]


@pytest.fixture(scope="module")
def desk(client: Client) -> Client:
    return client_over(client.application.world.tape, RELEASES + ECONOMY + NEWS + LATER)


@pytest.fixture(scope="module")
def halted() -> Iterator[Client]:
    """3,000 names, so that a day has halts."""
    with clock.frozen(NOON):
        yield Client(Application(Parameters(ANCHOR, seed=7, names=3000, sessions=12)))


def get(client: Client, path: str, **environ: str) -> Reply:
    return client.ask("GET", f"/rss/{path}", **environ)


def test_releases(desk: Client, noon: clock.Frozen) -> None:
    reply = get(desk, "news.xml")
    assert reply.headers["Content-Type"] == "application/rss+xml"
    feed = feedparser.parse(reply.body)
    assert not feed.bozo and len(feed.entries) == 60
    dated = [one for one in feed.entries if one.get("published_parsed")]
    assert 50 <= len(dated) < 60  # some items have no date
    moments = [calendar.timegm(one.published_parsed) for one in dated]
    assert moments == sorted(moments, reverse=True) and moments[0] == NOON.timestamp()
    assert all(not one.guidislink and len(one.id) == 32 and one.link.startswith("https://") for one in feed.entries)
    assert len({one.id for one in feed.entries}) == 60 and "pump" not in reply.body.decode()
    assert all("<b>" in one.summary and "Not bold" in one.summary for one in feed.entries)
    titles = [ET.fromstring(reply.body).findall(".//item/title")[place].text or "" for place in range(60)]
    doubled = [title for title in titles if "&amp;" in title]
    assert 0 < len(doubled) < 20 and titles[1].endswith(("Smith & Sons’ profit – <up>", "&lt;up&gt;"))


def test_headlines_of_symbols(desk: Client, noon: clock.Frozen) -> None:
    def numbers(query: str) -> list[str]:
        return [
            one.link.split("notice-")[1].split("-")[0]
            for one in feedparser.parse(get(desk, f"symbol.xml?{query}").body).entries
        ]

    assert numbers("s=XYZ") == ["300", "301", "302", "303", "304", "305"]
    assert numbers("s=BRK.B") == numbers("s=BRK-B") == [str(4 * n) for n in range(20)]
    assert set(numbers("s=XYZ,BRK.B")) >= {"300", "0", "4"} and numbers("s=NONE") == numbers("") == []


def test_macro_declares_an_encoding_it_does_not_have(desk: Client, noon: clock.Frozen) -> None:
    reply = get(desk, "macro.xml")
    assert reply.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    with pytest.raises(UnicodeDecodeError):
        reply.body.decode("utf-8")
    with pytest.raises(ET.ParseError):
        ET.fromstring(reply.body)
    feed = feedparser.parse(reply.body)
    assert feed.bozo and isinstance(feed.bozo_exception, feedparser.CharacterEncodingOverride)
    assert len(feed.entries) == 12 and "Sons’ profit – <up>" in feed.entries[0].title.replace("&lt;", "<").replace(
        "&gt;", ">"
    )
    dated = next(one for one in feed.entries if "published" in one)
    assert dated.published.endswith("EST") and calendar.timegm(dated.published_parsed) in {
        one.at.timestamp() for one in ECONOMY
    }


def test_nothing_is_seen_before_its_time(desk: Client, noon: clock.Frozen) -> None:
    assert b"Notice 400" not in get(desk, "news.xml").body
    noon.move_to(NOON + dt.timedelta(minutes=30))
    assert b"Notice 400" in get(desk, "news.xml").body


def test_conditional_requests(desk: Client, noon: clock.Frozen) -> None:
    first = get(desk, "news.xml")
    tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert modified == "Tue, 02 Dec 2025 17:07:30 GMT"
    noon.move_to(NOON + dt.timedelta(minutes=29))
    for known in (tag, f'"other", W/{tag}', "*"):
        unchanged = get(desk, "news.xml", HTTP_IF_NONE_MATCH=known)
        assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, b"", tag)
    assert get(desk, "news.xml", HTTP_IF_MODIFIED_SINCE=modified).status == 304
    assert get(desk, "news.xml", HTTP_IF_MODIFIED_SINCE="Tue, 02 Dec 2025 17:07:29 GMT").status == 200
    assert get(desk, "news.xml", HTTP_IF_MODIFIED_SINCE="yesterday").status == 200
    noon.move_to(NOON + dt.timedelta(minutes=30))
    for header in ({"HTTP_IF_NONE_MATCH": tag}, {"HTTP_IF_MODIFIED_SINCE": modified},
                   {"HTTP_IF_NONE_MATCH": tag, "HTTP_IF_MODIFIED_SINCE": "Wed, 03 Dec 2025 00:00:00 GMT"}):  # fmt: skip
        changed = get(desk, "news.xml", **header)
        assert changed.status == 200 and changed.headers["ETag"] != tag


def test_halts_in_both_lists(halted: Client, noon: clock.Frozen) -> None:
    noon.move_to(NOON + dt.timedelta(hours=3))
    tape = halted.application.world.tape
    midnight = dt.datetime(2025, 12, 2, 5, tzinfo=dt.UTC)
    expected = tape.halts(midnight, clock.now(), clock.now())
    assert len(expected) > 10
    reply = get(halted, "halts.xml")
    items = ET.fromstring(reply.body).findall(".//item")
    assert ET.fromstring(reply.body).findtext(f".//{NDAQ}numItems") == str(len(items))
    today = [item for item in items if item.findtext(f"{NDAQ}HaltDate") == "12/02/2025"]
    assert sorted(item.findtext(f"{NDAQ}IssueSymbol") or "" for item in today) == sorted(one.symbol for one in expected)
    parsed = feedparser.parse(reply.body)
    assert not parsed.bozo and len(parsed.entries) == len(items) and parsed.entries[0].ndaq_reasoncode

    rows = list(csv.DictReader(io.StringIO(get(halted, "nyse-halts.csv").body.decode())))
    dates = {"12/02/2025": "2025-12-02", "12/01/2025": "2025-12-01"}
    both = {(one.ndaq_issuesymbol, dates.get(one.ndaq_haltdate), one.ndaq_halttime[:5]) for one in parsed.entries}
    assert {(row["Symbol"], row["Halt Date"], row["Halt Time"][:5]) for row in rows} == both
    assert {row["Reason"] for row in rows} >= {"LULD pause"}
    with_thousandths = [one for one in parsed.entries if "." in one.ndaq_halttime]
    assert with_thousandths and len(with_thousandths) < len(items)


def test_a_resumption_is_empty_until_it_is_announced(halted: Client, noon: clock.Frozen) -> None:
    noon.move_to(NOON + dt.timedelta(hours=8))
    tape = halted.application.world.tape
    begin = NOON - dt.timedelta(days=14)
    halt = next(one for one in tape.halts(begin, clock.now(), clock.now()) if one.code == "T1" and one.ends)
    assert halt.ends is not None

    def times(at: dt.datetime) -> list[str]:
        noon.move_to(at)
        items = ET.fromstring(get(halted, "halts.xml").body).findall(".//item")
        item = next(
            one for one in items if one.findtext("title") == halt.symbol and one.findtext(f"{NDAQ}ReasonCode") == "T1"
        )
        return [
            item.findtext(f"{NDAQ}{name}") or ""
            for name in ("ResumptionDate", "ResumptionQuoteTime", "ResumptionTradeTime")
        ]

    assert times(halt.begins) == ["", "", ""]
    assert times(halt.ends - dt.timedelta(minutes=5, seconds=1)) == ["", "", ""]
    local = halt.ends.astimezone(dt.timezone(dt.timedelta(hours=-5)))
    quotes = f"{local - dt.timedelta(minutes=5):%H:%M:%S}"
    assert times(halt.ends) == [f"{local:%m/%d/%Y}", quotes, f"{local:%H:%M:%S}"]


def test_the_threshold_list_of_a_session(halted: Client, noon: clock.Frozen) -> None:
    reply = get(halted, "nasdaqth20251201.txt")
    assert reply.status == 200 and reply.headers["Content-Type"].startswith("text/plain")
    head, *rows, stamp, last = reply.body.decode().split("\r\n")
    assert head == "Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Rule 3210|"
    assert (stamp, last) == ("20251201230000", "")
    listing = halted.application.world.tape.listing
    stocks = [one for one in listing.securities if one.exchange == "XNAS" and one.kind in ("CS", "ADRC")]
    assert 0.005 < len(rows) / len(stocks) < 0.03
    named = {row.split("|")[0].replace("/", ".") for row in rows}
    assert named <= {one.symbol for one in stocks} and all(row.endswith("|S|Y|N|") for row in rows)
    assert get(halted, "nasdaqth20251201.txt").body == reply.body
    for day in ("20251202", "20251203", "20251129", "20251127", "19990104", "20251399", "00000000"):
        assert get(halted, f"nasdaqth{day}.txt").status == 404, day
    noon.move_to(dt.datetime(2025, 12, 2, 22, 59, 59, tzinfo=NEW_YORK))
    assert get(halted, "nasdaqth20251202.txt").status == 404
    noon.move_to(dt.datetime(2025, 12, 2, 23, tzinfo=NEW_YORK))
    assert get(halted, "nasdaqth20251202.txt").status == 200


def test_who_is_on_the_list_stays_for_thirteen_sessions(halted: Client) -> None:
    days = [each.date for each in sessions_between(dt.date(2025, 9, 1), dt.date(2026, 3, 31))]
    spells, crowded, others = [], [], []
    for one in halted.application.world.tape.listing.securities:
        if one.exchange != "XNAS" or one.kind not in ("CS", "ADRC"):
            assert not is_threshold(one, days[0], 11)
            continue
        on = [is_threshold(one, day, 11) for day in days]
        (crowded if (one.short_fraction or 0) >= 0.2 else others).append(sum(on) / len(on))
        inner = "".join("x" if each else " " for each in on).split(" ")
        whole = inner[1:-1]  # what reaches over an end is cut off by the test
        spells += [len(spell) for spell in whole if spell]
    assert min(spells) >= 13
    assert sum(crowded) / len(crowded) > 2 * sum(others) / len(others) > 0


def test_refusals_are_pages(desk: Client, noon: clock.Frozen) -> None:
    for kind, status in (("429", 429), ("500", 500), ("403_not_entitled", 403)):
        desk.ask("POST", "/faults", f'{{"vendor": "rss", "kind": "{kind}", "times": 1}}'.encode(), HTTP_X_CONTROL="1")
        reply = get(desk, "news.xml")
        assert reply.status == status and reply.headers["Content-Type"].startswith("text/html")
    assert get(desk, "no-such.xml").status == 404
