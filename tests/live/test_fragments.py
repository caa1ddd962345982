"""The templates of fragments: a missing name is an error, foreign text is escaped, links and figures are the pages'."""

from __future__ import annotations

import datetime as dt
from html import unescape
from typing import Any

import pytest
from django.template import engines
from django.urls import NoReverseMatch
from jinja2 import UndefinedError

from sentiment_site.live.fragments import url, url_if_any
from sentiment_site.live.templatetags import figures
from sentiment_site.live.time_machine import address_at

MOMENT = dt.datetime(2026, 8, 21, 14, 30, tzinfo=dt.UTC)


def rendered(source: str, **context: Any) -> str:
    return str(engines["jinja2"].from_string(source).render(context))


def test_a_name_that_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="score"):
        rendered("{{ score|signed(2) }}")


@pytest.mark.parametrize("foreign", ["<script>alert(1)</script>", '" onload="x', "Barnes & 'Noble'"])
def test_what_is_foreign_is_escaped(foreign: str) -> None:
    html = rendered('<b title="{{ name }}">{{ name }}</b>', name=foreign)
    assert html.count("<") == 2 and html.count('"') == 2  # the element's own
    assert unescape(html) == f'<b title="{foreign}">{foreign}</b>'


@pytest.mark.parametrize("value", [None, 0.0, -0.004, 1.25, -3.999])
@pytest.mark.parametrize("name", ["signed", "fixed", "share", "money", "sureness"])
def test_figures_are_written_as_on_pages(name: str, value: float | None) -> None:
    on_a_page = engines["django"].from_string("{{ value|" + name + " }}").render({"value": value})
    assert rendered("{{ value|" + name + " }}", value=value).replace("&gt;", ">") == on_a_page.replace("&gt;", ">")
    assert figures.register.filters[name](value) in on_a_page.replace("&gt;", ">")


def test_links_are_the_pages() -> None:
    assert rendered("{{ url('sectors:stock', 'SOUN') }}") == "/stocks/SOUN/"
    moment = rendered("{{ address_at(url('sectors:grid'), at) }}", at=MOMENT)
    assert moment == address_at("/", MOMENT) == "/?as_of=2026-08-21T10%3A30%3A00-04%3A00"


def test_a_room_that_is_not_there_has_no_address() -> None:
    assert url_if_any("nowhere:page") == ""
    with pytest.raises(NoReverseMatch):
        url("nowhere:page")
