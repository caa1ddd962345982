"""Massive (formerly Polygon): tables of the newer endpoints, with filters, sort and integer request ids.

Filters are `field`, `field.any_of`, `.gt`, `.gte`, `.lt`, `.lte`; `sort` is `column.asc` or `column.desc`. The cursor
carries the date it was made on, so that a publication between two pages moves nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.wire import (
    Answer,
    BadParameter,
    Request,
    answer,
    decode_cursor,
    encode_cursor,
    number_of,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table that can be filtered and sorted by; a row is a tuple, `at` the place in it."""

    at: int
    number: bool = False


def asked_of(request: Request) -> Request:
    """The request itself, or the one its cursor stands for."""
    if not request.text("cursor"):
        return request
    return Request(request.path, decode_cursor(request.text("cursor")), request.base, request.now)


def as_of(asked: Request) -> dt.date:
    """The New York date a paged query was begun on."""
    return asked.date("as_of") or asked.now.astimezone(NEW_YORK).date()


def filtered(rows: list[tuple[Any, ...]], columns: dict[str, Column], asked: Request) -> list[tuple[Any, ...]]:
    """Rows that pass every filter of the request on these columns."""
    for name, given in asked.query.items():
        field, _, operator = name.partition(".")
        if field in columns and given:
            rows = _filter(rows, columns[field], name, operator, given)
    return rows


def sort_of(asked: Request, default: str, names: Iterable[str]) -> tuple[str, bool]:
    """The column to sort by and whether in descending order."""
    field, _, direction = (asked.text("sort") or default).partition(".")
    if field not in names or direction not in ("asc", "desc", ""):
        raise BadParameter(f"'sort' must be one of {', '.join(names)} with .asc or .desc")
    return field, direction == "desc"


def serve(
    request: Request,
    rows: list[tuple[Any, ...]],
    columns: dict[str, Column],
    names: tuple[str, ...],
    *,
    sort: str,
    limit: int,
    most: int,
    counted: bool = False,
) -> Answer:
    """Filter, sort, one page, envelope."""
    asked = asked_of(request)
    limit, offset = asked.whole("limit", limit, most), asked.whole("offset", 0, 1 << 30, 0)
    rows = filtered(rows, columns, asked)
    field, descending = sort_of(asked, sort, columns)
    # the ticker decides between equals, or two pages could overlap
    rows = sorted(sorted(rows), key=lambda row: row[columns[field].at], reverse=descending)
    page = [dict(zip(names, row, strict=False)) for row in rows[offset : offset + limit]]
    following = offset + limit if offset + limit < len(rows) else None
    return page_answer(request, asked, page, following, counted)


def page_answer(
    request: Request, asked: Request, page: list[dict[str, Any]], following: int | None, counted: bool
) -> Answer:
    """The envelope of a page; `following` is the offset of the next one, None at the end. Some endpoints count."""
    body: dict[str, Any] = {"status": "OK", "request_id": number_of(request.request_id)}
    if counted:
        body["count"] = len(page)
    body["results"] = page
    if following is not None:
        fields = {name: value for name, value in asked.query.items() if name != "apiKey"}
        fields |= {"offset": str(following), "as_of": as_of(asked).isoformat()}
        body["next_url"] = f"{request.base}{request.path}?cursor={encode_cursor(fields)}"
    return answer(body)


def _filter(rows: list[tuple[Any, ...]], column: Column, name: str, operator: str, given: str) -> list[tuple[Any, ...]]:
    at = column.at
    try:
        wanted = [float(part) if column.number else part for part in given.split(",")]
    except ValueError:
        raise BadParameter(f"'{name}' must be a number") from None
    first: Any = wanted[0]
    match operator:
        case "":
            return [row for row in rows if row[at] == first]
        case "any_of":
            return [row for row in rows if row[at] in wanted]
        case "gt":
            return [row for row in rows if row[at] > first]
        case "gte":
            return [row for row in rows if row[at] >= first]
        case "lt":
            return [row for row in rows if row[at] < first]
        case "lte":
            return [row for row in rows if row[at] <= first]
    raise BadParameter(f"'{name}' is not a filter")
