"""XML and HTML of strangers: entity bombs, wrong encodings, scripts, links."""

from __future__ import annotations

import time

import pytest

from sentiment_site.providers.errors import BadPayload
from sentiment_site.providers.markup import (
    parse_xml,
    parse_xml_in_any_encoding,
    plain_text,
    unescape_twice,
    web_link,
)

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><feed>&j;</feed>"
)
EXTERNAL = '<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed>&x;</feed>'


@pytest.mark.parametrize(
    "body",
    [BOMB.encode(), EXTERNAL.encode(), EXTERNAL.encode("utf-16"), b"<!doctype html><feed/>", b"<!DOCTYPE feed><feed/>"],
    ids=["bomb", "external", "external in UTF-16", "lower case", "bare doctype"],
)
def test_a_declared_document_type_is_refused_before_anything_is_expanded(body: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises(BadPayload, match=r"document type|no well-formed"):
        parse_xml("edgar", body)
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("body", [b"", b"{}", b"<feed>", b"<a></b>", b'<?xml version="1.0" encoding="klingon"?><a/>'])
def test_what_is_no_xml_is_a_bad_payload(body: bytes) -> None:
    with pytest.raises(BadPayload, match="edgar: unreadable answer: no well-formed XML"):
        parse_xml("edgar", body)


def test_latin_1_is_read_as_declared() -> None:
    body = '<?xml version="1.0" encoding="ISO-8859-1"?><a>Nestlé</a>'.encode("iso-8859-1")
    assert parse_xml("edgar", body).text == "Nestlé"


def test_a_wrong_declaration_does_not_lose_the_feed() -> None:
    body = '<?xml version="1.0" encoding="UTF-8"?><a>the day’s economy – “prices”</a>'.encode("cp1252")
    with pytest.raises(BadPayload):
        parse_xml("rss", body)
    assert parse_xml_in_any_encoding("rss", body).text == "the day’s economy – “prices”"


def test_a_bomb_in_a_wrong_encoding_is_still_refused() -> None:
    with pytest.raises(BadPayload):
        parse_xml_in_any_encoding("rss", BOMB.replace("ha", "é").encode("cp1252"))


def test_plain_text_has_lines_and_no_scripts() -> None:
    page = "<html><head><title>t</title><style>p{}</style><body><p>One&nbsp;two<br>three</p><script>x()</script>"
    assert (
        plain_text(page + "<table><tr><td>Item 1.01</td><td>Entry</td></tr></table>")
        == "One two\nthree\nItem 1.01 Entry"
    )


def test_entities_escaped_once_or_twice() -> None:
    assert unescape_twice("AT&amp;T") == "AT&T"
    assert unescape_twice("AT&amp;amp;T &amp;#8217;s") == "AT&T ’s"
    assert unescape_twice("Q&A; more") == "Q&A; more"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//host/path", "ftp://host/x", "http://", ""]
)
def test_only_the_web_is_linked(link: str) -> None:
    assert web_link(link) == ""
    assert web_link(" https://www.sec.gov/x?y=1 ") == "https://www.sec.gov/x?y=1"
