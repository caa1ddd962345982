"""Trading halts: the Nasdaq feed with its ndaq: children, and the NYSE's list as CSV (upstreams.md 5.5).

Both carry the same halts, each in its own words, with New York wall times; a resumption is there when it is announced.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from xml.sax.saxutils import escape

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.tape.halts import RESUMPTION_NOTICE, Halt
from sentiment_site.simulator.vendors.rss.feeds import conditional
from sentiment_site.simulator.wire import Answer, Request, number_of

_NASDAQ_MARKETS = {"XNAS": "NASDAQ", "XNYS": "NYSE", "XASE": "NYSE American", "ARCX": "NYSE Arca", "BATS": "CboeBZX"}
_NYSE_MARKETS = {**_NASDAQ_MARKETS, "XNAS": "Nasdaq", "BATS": "Cboe BZX"}
_REASONS = {"T1": "News Pending", "T12": "Additional Information Requested", "LUDP": "LULD pause"}
_COLUMNS = ("Halt Date", "Halt Time", "Symbol", "Name", "Exchange", "Reason", "Resume Date", "NYSE Resume Time")
_LONGEST_HALT = dt.timedelta(days=25)
_MOMENT = dt.timedelta(microseconds=1)
_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:ndaq="http://www.nasdaqtrader.com/">
<channel>
<title>NASDAQTrader.com</title>
<link>http://www.nasdaqtrader.com</link>
<description>NASDAQTrader.com - Trading Halts</description>
<copyright>Simulated</copyright>
<pubDate>{published}</pubDate>
<ttl>1</ttl>
<ndaq:numItems>{count}</ndaq:numItems>
"""
_ITEM = """<item>
<title>{symbol}</title>
<pubDate>{published}</pubDate>
<ndaq:HaltDate>{date}</ndaq:HaltDate>
<ndaq:HaltTime>{time}</ndaq:HaltTime>
<ndaq:IssueSymbol>{symbol}</ndaq:IssueSymbol>
<ndaq:IssueName>{name}</ndaq:IssueName>
<ndaq:Market>{market}</ndaq:Market>
<ndaq:ReasonCode>{code}</ndaq:ReasonCode>
<ndaq:PauseThresholdPrice>{price}</ndaq:PauseThresholdPrice>
<ndaq:ResumptionDate>{resume_date}</ndaq:ResumptionDate>
<ndaq:ResumptionQuoteTime>{quotes}</ndaq:ResumptionQuoteTime>
<ndaq:ResumptionTradeTime>{trades}</ndaq:ResumptionTradeTime>
<description><![CDATA[<table><tr><th>Halt Date</th><th>Halt Time</th><th>Issue Symbol</th><th>Reason Code</th></tr>\
<tr><td>{date}</td><td>{time}</td><td>{symbol}</td><td>{code}</td></tr></table>]]></description>
</item>
"""


class HaltLists:
    """Both lists: the halts of the day (before 04:00: of the last session) and those that still last, newest first."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def nasdaq(self, request: Request) -> Answer:
        """GET halts.xml."""
        halts = self._current(request.now)
        changed = [halt.begins for halt in halts] + [halt.ends - RESUMPTION_NOTICE for halt in halts if halt.ends]
        at = max(changed, default=_session_day(request.now))
        head = _HEAD.format(published=_published(at), count=len(halts))
        text = head + "".join(self._item(halt) for halt in halts) + "</channel>\n</rss>\n"
        return conditional(request, text.encode(), at, "text/xml; charset=utf-8")

    def nyse(self, request: Request) -> Answer:
        """GET nyse-halts.csv: the same halts."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(_COLUMNS)
        for halt in self._current(request.now):
            begins, ends = halt.begins.astimezone(NEW_YORK), _ended(halt)
            writer.writerow((
                f"{begins:%Y-%m-%d}", f"{begins:%H:%M:%S}", halt.symbol, self._tape.listing.securities[halt.row].name,
                _NYSE_MARKETS.get(halt.exchange, ""), _REASONS[halt.code],
                f"{ends:%Y-%m-%d}" if ends else "", f"{ends:%H:%M:%S}" if ends else "",
            ))  # fmt: skip
        headers = (("Content-Disposition", "attachment; filename=current-halts.csv"),)
        return Answer(200, out.getvalue().encode(), "text/csv", headers)

    def _current(self, now: dt.datetime) -> list[Halt]:
        day = _session_day(now)
        halts = self._tape.halts(day - _LONGEST_HALT, now + _MOMENT, now)
        shown = [halt for halt in halts if halt.ends is None or max(halt.begins, halt.ends) >= day]
        return sorted(shown, key=lambda halt: (halt.begins, halt.symbol), reverse=True)

    def _item(self, halt: Halt) -> str:
        begins, ends = _stamp(halt), _ended(halt)
        return _ITEM.format(
            symbol=escape(halt.symbol),
            published=_published(_session_day(halt.begins)),
            date=f"{begins:%m/%d/%Y}",
            time=f"{begins:%H:%M:%S}.{begins.microsecond // 1000:03d}" if begins.microsecond else f"{begins:%H:%M:%S}",
            name=escape(self._tape.listing.securities[halt.row].name),
            market=_NASDAQ_MARKETS.get(halt.exchange, "NASDAQ"),
            code=halt.code,
            price=f"{halt.pause_price:.4f}" if halt.pause_price else "",
            resume_date=f"{ends:%m/%d/%Y}" if ends else "",
            quotes=f"{max(ends - RESUMPTION_NOTICE, begins):%H:%M:%S}" if ends else "",
            trades=f"{ends:%H:%M:%S}" if ends else "",
        )


def _session_day(now: dt.datetime) -> dt.datetime:
    """Midnight in New York at the beginning of the newest session that has begun."""
    return dt.datetime.combine(calendar.last_session(now).date, dt.time(), NEW_YORK)


def _stamp(halt: Halt) -> dt.datetime:
    """New York wall time, with the thousandths this list shows for some halts."""
    drawn = number_of(f"halt {halt.symbol} {halt.begins.timestamp()}")
    return halt.begins.astimezone(NEW_YORK).replace(microsecond=0 if drawn % 3 else 1000 * (drawn % 1000))


def _ended(halt: Halt) -> dt.datetime | None:
    """When it ends, in New York; None while nobody knows."""
    return halt.ends.astimezone(NEW_YORK) if halt.ends is not None else None


def _published(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%a, %d %b %Y %H:%M:%S} GMT"
