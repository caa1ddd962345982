"""XML and HTML of strangers, read with care.

XML that declares a document type or an entity is refused before anything is expanded, in whatever encoding it comes, so
that a body of a few bytes cannot grow into gigabytes (the check of defusedxml, with the standard library).
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

from .errors import BadPayload

_BLANKS: Final = re.compile(r"[\s\xa0\u200b]+")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_SILENT: Final = frozenset({"script", "style", "head", "title"})
_BLOCKS: Final = frozenset({"p", "div", "br", "tr", "li", "table", "h1", "h2", "h3", "h4", "hr", "document", "text"})


class _Refused(Exception):
    """The body declares what it should not."""


def parse_xml(vendor: str, body: bytes) -> Element:
    """The root element. BadPayload for what is no XML or declares a document type."""
    try:
        _refuse_declarations(body)
        return fromstring(body)  # noqa: S314 - declarations were refused above
    except _Refused as error:
        raise BadPayload(vendor, str(error)) from None
    except (ParseError, expat.ExpatError, ValueError, LookupError) as error:
        raise BadPayload(vendor, f"no well-formed XML of {len(body)} bytes: {error}") from None


def parse_xml_in_any_encoding(vendor: str, body: bytes) -> Element:
    """As parse_xml; a body that is not in the encoding it declares is read as UTF-8, then as Windows-1252."""
    try:
        return parse_xml(vendor, body)
    except BadPayload as error:
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            text = body.decode("cp1252", errors="replace")
        try:
            return parse_xml(vendor, _DECLARATION.sub("", text.lstrip("\ufeff")).encode())
        except BadPayload:
            raise error from None


def _refuse_declarations(body: bytes) -> None:
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise _Refused("XML with a document type or entity declaration")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.Parse(body, True)


def child_text(element: Element, path: str) -> str:
    """The trimmed text below a child, "" when it is missing or empty."""
    return (element.findtext(path) or "").strip()


def local_name(element: Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def one_line(text: str) -> str:
    """Blanks of every kind as single spaces."""
    return _BLANKS.sub(" ", text).strip()


def unescape_twice(text: str) -> str:
    """Text whose entities were escaped once or, as some feeds do, twice."""
    once = html.unescape(text)
    return html.unescape(once) if _ENTITY.search(once) else once


def plain_text(markup: str) -> str:
    """HTML without its tags, scripts and head; a line per block."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    lines = (one_line(line) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def web_link(url: str) -> str:
    """The URL if it leads to the web, "" otherwise: what a page shows as a link must not be a script."""
    cleaned = url.strip()
    try:
        parts = urlsplit(cleaned)
    except ValueError:
        return ""
    return cleaned if parts.scheme in ("http", "https") and parts.netloc else ""


class _Reader(HTMLParser):
    """Collects the words between tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Begins a line at a block, and silence at a script."""
        # the body ends a head that nobody closed
        self._silent = 0 if tag == "body" else self._silent + (tag in _SILENT)
        if tag in _BLOCKS:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Ends a line or a silence."""
        self._silent = max(0, self._silent - (tag in _SILENT))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Words; a line break in the source is only a blank."""
        if not self._silent:
            self.parts.append(data.replace("\n", " "))
