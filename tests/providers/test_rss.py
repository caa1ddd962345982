"""Halts and feeds: New York wall times, resumptions, encodings, conditional requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from sentiment_site.market import clock
from sentiment_site.providers import errors
from sentiment_site.providers.http import Http
from sentiment_site.providers.rss import Rss, parse_feed, parse_halts, parse_threshold_list

from .conftest import Script, answer

Scripted = Callable[..., Script]
HALT = """<item><title>{symbol}</title><ndaq:HaltDate>{date}</ndaq:HaltDate><ndaq:HaltTime>{time}</ndaq:HaltTime>
<ndaq:IssueSymbol>{symbol}</ndaq:IssueSymbol><ndaq:IssueName>Issue</ndaq:IssueName><ndaq:Market>NASDAQ</ndaq:Market>
<ndaq:ReasonCode>{code}</ndaq:ReasonCode><ndaq:PauseThresholdPrice>{price}</ndaq:PauseThresholdPrice>
<ndaq:ResumptionDate>{resume}</ndaq:ResumptionDate><ndaq:ResumptionQuoteTime>{quotes}</ndaq:ResumptionQuoteTime>
<ndaq:ResumptionTradeTime>{trades}</ndaq:ResumptionTradeTime></item>"""


def halt(symbol: str = "ABC", date: str = "11/20/2026", time: str = "10:15:07", code: str = "LUDP", **more: str) -> str:
    rest = {"price": "", "resume": "", "quotes": "", "trades": ""} | more
    return HALT.format(symbol=symbol, date=date, time=time, code=code, **rest)


def halts(*items: str) -> bytes:
    head = '<?xml version="1.0"?><rss version="2.0" xmlns:ndaq="http://www.nasdaqtrader.com/"><channel>'
    return f"{head}<title>NASDAQTrader.com</title>{''.join(items)}</channel></rss>".encode()


def test_a_halt_with_thousandths_and_its_resumption() -> None:
    body = halts(halt(time="10:15:07.123", price="1,212.5", resume="11/20/2026", quotes="10:15:07", trades="10:20:07"))
    (record,) = parse_halts(body).records
    assert record.begins_at == datetime(2026, 11, 20, 15, 15, 7, 123_000, tzinfo=UTC)
    assert record.quotes_at == datetime(2026, 11, 20, 15, 15, 7, tzinfo=UTC)
    assert record.resumes_at == datetime(2026, 11, 20, 15, 20, 7, tzinfo=UTC)
    assert (record.symbol, record.code, record.pause_price) == ("ABC", "LUDP", 1212.5)


def test_new_york_has_summers() -> None:
    (record,) = parse_halts(halts(halt(date="07/01/2026", time="09:31:00", code="T1"))).records
    assert record.begins_at == datetime(2026, 7, 1, 13, 31, tzinfo=UTC)
    assert (record.quotes_at, record.resumes_at, record.pause_price) == (None, None, None)


def test_symbols_are_canonical_and_unusable_rows_counted() -> None:
    page = parse_halts(halts(halt("BRK/B"), halt("KIM^L"), halt(time="soon"), halt(symbol="")))
    assert ([each.symbol for each in page.records], page.skipped) == (["BRK.B", "KIMpL"], 2)
    assert parse_halts(halts()).records == ()
    with pytest.raises(errors.BadPayload, match="instead of a feed of halts"):
        parse_halts(b"<html><body/></html>")


LISTED = (
    "Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Rule 3210|\r\n"
    "ABC|Abc, Inc. - Common Stock|S|Y|N|\r\nBRK/B|B\xe9rk|Q|Y|N|\r\nOLD|Old|G|N|N|\r\n20261119230015\r\n"
).encode("latin-1")
EMPTY = b"Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Rule 3210|\n20261119230015"


def test_a_threshold_list() -> None:
    assert parse_threshold_list(LISTED).records == ("ABC", "BRK.B")
    assert parse_threshold_list(EMPTY).records == ()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no header"),
        (b"<html><body>Access denied</body></html>", "no header"),
        (LISTED.removesuffix(b"20261119230015\r\n"), "cut off"),
        (LISTED[:-6], "cut off"),
        (LISTED[:100], "cut off"),
        (EMPTY.split(b"\n")[0], "cut off"),
        (LISTED.replace(b"ABC|Abc, Inc. - Common Stock|S|Y|N|", b"ABC|Abc"), "without symbol and flag"),
        (LISTED.replace(b"ABC|", b"|"), "without symbol and flag"),
    ],
)
def test_half_a_threshold_list_is_none(body: bytes, why: str) -> None:
    with pytest.raises(errors.BadPayload, match=why):
        parse_threshold_list(body)


FEED = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>
<link>https://x.example/</link>
<item><title>AT&amp;amp;T &amp;#8211; results</title><link>https://x.example/1</link><guid isPermaLink="false">g1</guid>
<pubDate>Fri, 20 Nov 2026 16:05:00 EST</pubDate><dc:creator>A. Writer</dc:creator>
<description><![CDATA[<p><b>Wire</b>&nbsp;&mdash; Shares rose&hellip;</p><script>x()</script>]]></description></item>
<item><title>No date</title><link>https://x.example/2</link></item>
<item><title>No zone</title><link>https://x.example/3</link><pubDate>Fri, 20 Nov 2026 16:05:00 -0000</pubDate></item>
<item><title>Bad link</title><link>javascript:alert(1)</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry>
<title type="html">&lt;b&gt;Bold&lt;/b&gt; news</title><link rel="alternate" href="https://y.example/a"/>
<id>urn:1</id><updated>2026-11-20T16:05:00-05:00</updated></entry></feed>"""


def test_rss_with_the_flaws_of_real_feeds() -> None:
    page = parse_feed(FEED.encode())
    first, second, third = page.records
    assert (first.id, first.title, first.author) == ("g1", "AT&T – results", "A. Writer")
    assert first.published_at == datetime(2026, 11, 20, 21, 5, tzinfo=UTC)
    assert first.summary == "Wire — Shares rose…"
    assert (second.id, second.published_at, third.published_at) == ("https://x.example/2", None, None)
    assert page.skipped == 1


def test_atom() -> None:
    (item,) = parse_feed(ATOM.encode()).records
    assert (item.title, item.url, item.id) == ("Bold news", "https://y.example/a", "urn:1")
    assert item.published_at == datetime(2026, 11, 20, 21, 5, tzinfo=UTC)


def make(http: Callable[..., Http], server: HTTPServer) -> tuple[Rss, list[str]]:
    opened: list[str] = []

    def open_http(vendor: str, base_url: str) -> Http:
        opened.append(vendor)
        return http(name=vendor, base_url=base_url, auth="", api_key="", expects="any")

    return Rss(open_http, server.url_for("/rss.aspx?feed=tradehalts")), opened


def test_an_unchanged_list_is_not_sent_again(http: Any, script: Scripted, httpserver: HTTPServer) -> None:
    fresh = answer(halts(halt()), ETag='"v1"', Last_Modified="Fri, 20 Nov 2026 15:15:07 GMT", X_Simulated="sectorlight")
    asked = script(fresh, answer(b"", 304, X_Simulated="sectorlight"), answer(halts(), ETag='"v2"'))
    rss, opened = make(http, httpserver)
    later = datetime(2026, 11, 20, 15, 17, tzinfo=UTC)
    with clock.frozen(datetime(2026, 11, 20, 15, 16, tzinfo=UTC)) as frozen:
        first = rss.fetch_halts()
        frozen.move_to(later)
        second, third = rss.fetch_halts(), rss.fetch_halts()
    assert second.records == first.records and third.records == ()
    assert (second.received_at, second.simulated, second.vendor) == (later, True, "nasdaq")
    one, two, three = asked.requests
    assert (one.path, one.args["feed"], one.headers.get("If-None-Match")) == ("/rss.aspx", "tradehalts", None)
    assert (two.headers["If-None-Match"], two.headers["If-Modified-Since"]) == ('"v1"', "Fri, 20 Nov 2026 15:15:07 GMT")
    assert three.headers["If-None-Match"] == '"v1"'
    assert opened == ["nasdaq"]


def test_the_threshold_list_of_a_day(http: Any, script: Scripted, httpserver: HTTPServer) -> None:
    asked = script(answer(LISTED, X_Simulated="sectorlight"), answer(b"<html>no</html>", 404))
    host = httpserver.url_for("/")
    rss = Rss(lambda name, base: http(name=name, base_url=base, auth="", api_key="", expects="any"),
              f"{host}halts.xml", f"{host}regsho/nasdaqth{{day}}.txt")  # fmt: skip
    found = rss.fetch_threshold_list(date(2026, 11, 19))
    assert (found.records, found.vendor, found.simulated) == (("ABC", "BRK.B"), "nasdaq", True)
    with pytest.raises(errors.NotFound):
        rss.fetch_threshold_list(date(2026, 11, 20))
    assert [each.path for each in asked.requests] == ["/regsho/nasdaqth20261119.txt", "/regsho/nasdaqth20261120.txt"]
    with pytest.raises(ValueError, match="says nowhere"):
        Rss(lambda *_: http(), f"{host}halts.xml", f"{host}list.txt")


def test_each_host_has_its_own_seam(http: Any, script: Scripted, httpserver: HTTPServer) -> None:
    script(answer(FEED.encode()))
    rss, opened = make(http, httpserver)
    host = httpserver.url_for("/").removeprefix("http://").rstrip("/")
    fetched = rss.fetch_feed(httpserver.url_for("/news.xml"))
    rss.fetch_feed(httpserver.url_for("/macro.xml"))
    assert (fetched.vendor, len(fetched.records), opened) == (f"rss:{host}", 3, ["nasdaq", f"rss:{host}"])
    with pytest.raises(errors.BadRequest, match="not the address of a feed"):
        rss.fetch_feed("file:///etc/passwd")


def test_a_304_that_nobody_asked_for_is_no_answer(http: Any, script: Scripted, httpserver: HTTPServer) -> None:
    script(answer(b"", 304))
    with pytest.raises(errors.BadPayload):
        make(http, httpserver)[0].fetch_halts()
