"""EDGAR's HTML pages that are no data: refusals, missing files, unavailable pages."""

from __future__ import annotations

from sentiment_site.simulator.vendors.vendor import Reason
from sentiment_site.simulator.wire import Answer, Request

HTML = "text/html; charset=utf-8"
_PAGE = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" \
"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<title>SEC.gov | {title}</title>
<style>
html {{height: 100%}}
#header {{background-color:#003968; color:#fff; padding:15px 20px 10px 20px; font-size:20px;}}
#content {{max-width:650px;margin:60px auto; padding:0 20px 100px 20px;}}
</style>
</head>
<body>
<div id="header">U.S. Securities and Exchange Commission</div>
<div id="content">
<h1>{heading}</h1>
{text}
<p>Reference ID: 0.{reference}</p>
</div>
</body>
</html>
"""
_UNDECLARED = (
    "Your Request Originates from an Undeclared Automated Tool",
    "Your Request Originates from an Undeclared Automated Tool",
    "<p>Requests from automated tools that do not say who they are may be limited, so that all users have equal "
    "access.</p>\n<p>Please declare your traffic by updating your user agent to include company specific "
    "information.</p>",
)
_THRESHOLD = (
    "Request Rate Threshold Exceeded",
    "You&#8217;ve Exceeded the SEC&#8217;s Traffic Limit",
    "<p>Your access to SEC.gov will be limited for 10 minutes. Current guidelines limit each user to a total of no "
    "more than 10 requests per second, regardless of the number of machines used.</p>",
)
_UNAVAILABLE = ("File Unavailable", "File Unavailable", "<p>The requested file is temporarily unavailable.</p>")
_BROKEN = ("Internal Server Error", "Internal Server Error", "<p>The server could not complete your request.</p>")
_MISSING = ("Page Not Found", "404: Page Not Found", "<p>The page you requested does not exist.</p>")
_BAD = ("Bad Request", "Bad Request", "<p>The request could not be understood.</p>")
_REFUSALS = {
    Reason.RATE_LIMITED: (403, _THRESHOLD, (("Retry-After", "600"),)),
    Reason.BROKEN: (500, _BROKEN, ()),
    Reason.BAD_PARAMETER: (400, _BAD, ()),
}


def refuse(reason: Reason, text: str, request: Request) -> Answer:
    """403 for who does not say who he is; 403 with Retry-After above the rate; never JSON, and never 429."""
    status, words, headers = _REFUSALS.get(reason, (403, _UNDECLARED, ()))
    return _page(status, words, request, headers)


def unavailable(request: Request) -> Answer:
    """503, which is how the feed of current filings ends."""
    return _page(503, _UNAVAILABLE, request)


def missing(request: Request) -> Answer:
    """404."""
    return _page(404, _MISSING, request)


def _page(
    status: int, words: tuple[str, str, str], request: Request, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    title, heading, text = words
    body = _PAGE.format(title=title, heading=heading, text=text, reference=request.request_id[:24])
    return Answer(status, body.encode(), HTML, headers)
