"""Faults in the rows of an answer: none, some twice, out of order. For JSON, XML feeds, CSV and HTML tables.

Where the rows of a JSON answer are is a table of the vendors' envelopes (upstreams.md); what is no row, and every
answer without rows, stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from sentiment_site.simulator.wire import Answer, encode

Edit = Callable[[list[Any]], list[Any]]

# lists of rows, as paths: Massive, X, alternative.me; Reddit; EDGAR's search; CoinGecko's charts; Anthropic
_LISTS = (
    "results",
    "tickers",
    "data",
    "data.children",
    "hits.hits",
    "prices",
    "market_caps",
    "total_volumes",
    "content",
)
_COLUMNS = ("filings.recent",)  # EDGAR's submissions: an object of equally long arrays
_COUNTS = ("count", "resultsCount", "queryCount", "data.dist", "meta.result_count", "meta.total_tweet_count",
           "hits.total.value")  # fmt: skip
# what an answer without rows does not have, wherever it stands
_GONE_WHEN_EMPTY = ("next_url", "data.after", "data.before", "meta.next_token", "meta.newest_id", "meta.oldest_id",
                    "includes")  # fmt: skip
# (a member that tells the envelope, the list that is then left out rather than empty): aggregates, X
_ABSENT_WHEN_EMPTY = (("resultsCount", "results"), ("meta", "data"))
_EVERY = 3
_FEED_ROW = re.compile(rb"<(entry|item)[\s>].*?</\1>\s*", re.DOTALL)
_TABLE_ROW = re.compile(rb"<(tr)(?=[\s>])(?:(?!<th[\s>]).)*?</\1>\s*", re.DOTALL | re.IGNORECASE)
_PAGE_BODY = re.compile(rb"(<body[^>]*>).*(</body>)", re.DOTALL | re.IGNORECASE)


def none(rows: list[Any]) -> list[Any]:
    """No rows."""
    return []


def twice(rows: list[Any]) -> list[Any]:
    """Every third row, the first one included, twice in succession."""
    return [row for place, row in enumerate(rows) for _ in range(1 + (place % _EVERY == 0))]


def shuffled(rows: list[Any]) -> list[Any]:
    """All rows in another order, which depends on their number only. The newest or largest is not first."""
    if len(rows) < 2:
        return rows
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    if order[0] == 0:
        order = order[::-1]
    return [rows[place] for place in order]


def edit_rows(whole: Answer, edit: Edit) -> Answer:
    """The answer with edited rows and counts to match. A body that is none of the known kinds is left alone."""
    for kind, change in _BY_CONTENT:
        if kind in whole.content_type:
            return replace(whole, body=change(whole.body, edit), compressed=None)
    return whole


def garble(body: bytes) -> bytes:
    """The body with a mistake near its beginning and another at its end: no longer JSON, nor XML."""
    return (body.replace(b":", b"=", 1) if b"<" not in body[:1] else body.replace(b">", b"", 1))[:-1] + b","


def _edit_json(body: bytes, edit: Edit) -> bytes:
    value = json.loads(body) if body else None
    if isinstance(value, list):
        return encode(edit(value))
    if not isinstance(value, dict):
        return body
    if value and all(name.isdigit() for name in value):  # EDGAR's company_tickers.json
        return encode({str(place): row for place, row in enumerate(edit(list(value.values())))})
    emptied = False
    for path in _LISTS:
        holder, name = _holder(value, path)
        if holder is not None and isinstance(holder.get(name), list):
            before = len(holder[name])
            holder[name] = edit(holder[name])
            emptied |= not holder[name]
            _recount(value, before, len(holder[name]))
    for path in _COLUMNS:
        holder, name = _holder(value, path)
        if holder is not None and isinstance(holder.get(name), dict):
            holder[name] = {column: edit(cells) for column, cells in holder[name].items()}
    if emptied or ("resultsCount" in value and not edit([0])):
        _finish_empty(value)
    return encode(value)


def _recount(value: dict[str, Any], before: int, after: int) -> None:
    """Counts of the rows follow them; totals over all pages do not, until there is nothing at all."""
    for path in _COUNTS:
        holder, name = _holder(value, path)
        if holder is not None and name in holder and (holder[name] == before or not after):
            holder[name] = after


def _finish_empty(value: dict[str, Any]) -> None:
    for path in _COUNTS:
        holder, name = _holder(value, path)
        if holder is not None and name in holder:
            holder[name] = 0
    for path in _GONE_WHEN_EMPTY:
        holder, name = _holder(value, path)
        if holder is not None and name in holder:
            # Reddit says null, the others leave it out
            if name in ("after", "before"):
                holder[name] = None
            else:
                del holder[name]
    for sign, name in _ABSENT_WHEN_EMPTY:
        if sign in value and not value.get(name):
            value.pop(name, None)


def _holder(value: dict[str, Any], path: str) -> tuple[dict[str, Any] | None, str]:
    """The object that holds the last name of a path, None where the way there is missing."""
    *way, name = path.split(".")
    holder: Any = value
    for step in way:
        holder = holder.get(step) if isinstance(holder, dict) else None
    return (holder if isinstance(holder, dict) else None), name


def _edit_blocks(pattern: re.Pattern[bytes], body: bytes, edit: Edit) -> bytes:
    """Text between the first block and the last is kept in front of the edited blocks."""
    found = list(pattern.finditer(body))
    if not found:
        return body
    rest = pattern.sub(b"", body)
    begin = found[0].start()
    return rest[:begin] + b"".join(edit([match.group() for match in found])) + rest[begin:]


def _edit_page(body: bytes, edit: Edit) -> bytes:
    """Rows of HTML tables but headings; a page without any is emptied when its rows are."""
    if not _TABLE_ROW.search(body) and not edit([0]):
        return _PAGE_BODY.sub(rb"\1\2", body)
    return _edit_blocks(_TABLE_ROW, body, edit)


def _edit_csv(body: bytes, edit: Edit) -> bytes:
    """Lines after the heading."""
    heading, *lines = body.splitlines(keepends=True) or [b""]
    return heading + b"".join(edit(lines))


# by a word of the content type, the first that fits
_BY_CONTENT: tuple[tuple[str, Callable[[bytes, Edit], bytes]], ...] = (
    ("json", _edit_json),
    ("html", _edit_page),
    ("xml", lambda body, edit: _edit_blocks(_FEED_ROW, body, edit)),
    ("csv", _edit_csv),
)
