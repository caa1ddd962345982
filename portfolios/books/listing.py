"""A query string as the filter of a list, for pages and API: the address is the state, misspelt names are refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from portfolios.models.books import FlowKind, PositionType, TagType
from sentiment_site.market.moments import parse_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY

from .selectors import SORTS, STATES, PositionFilter

TAGS_ASKED_MAX = 20
POSITION_PARAMETERS = ("state", "symbol", "type", "tag", "tags", "sector", "expires_by", "sort", "as_of")
SNAPSHOT_PARAMETERS = ("from", "to", "as_of")
FLOW_PARAMETERS = ("kind", "from", "to", "state", "as_of")
TAG_PARAMETERS = ("type", "state")
PAGING = ("limit", "offset", "page")


def parse_positions(query: QueryDict) -> PositionFilter:
    """The filter of a list of positions. `type` and `tag` may be repeated; ValidationError by parameter."""
    read = _Query(query, POSITION_PARAMETERS)
    wanted = PositionFilter(
        state=read.choice("state", STATES, "open"),
        symbol=read.text("symbol", 30).upper(),
        types=read.choices("type", PositionType.values),
        tags=tuple(read.texts("tag", 100)),
        all_tags=read.choice("tags", ("any", "all"), "any") == "all",
        sector=read.choice("sector", ("", *SECTOR_BY_KEY), ""),
        expires_by=read.date("expires_by"),
        sort=read.choice("sort", (*SORTS, *(f"-{name}" for name in SORTS)), "symbol"),
        as_of=read.moment("as_of"),
    )
    read.check()
    return wanted


def parse_flows(query: QueryDict) -> dict[str, Any]:
    """Arguments of selectors.list_flows; ValidationError by parameter."""
    read = _Query(query, FLOW_PARAMETERS)
    wanted = {
        "kinds": read.choices("kind", FlowKind.values),
        "since": read.date("from"),
        "until": read.date("to"),
        "deleted": read.choice("state", ("alive", "deleted"), "alive") == "deleted",
        "as_of": read.moment("as_of"),
    }
    read.check()
    return wanted


def parse_snapshots(query: QueryDict) -> dict[str, Any]:
    """Arguments of valuation.selectors.list_snapshots; ValidationError by parameter."""
    read = _Query(query, SNAPSHOT_PARAMETERS)
    wanted = {"since": read.date("from"), "until": read.date("to"), "as_of": read.moment("as_of")}
    read.check()
    return wanted


def parse_tags_query(query: QueryDict) -> dict[str, Any]:
    """Arguments of selectors.list_tags; ValidationError by parameter."""
    read = _Query(query, TAG_PARAMETERS)
    wanted = {
        "tag_type": read.choice("type", ("", *TagType.values), ""),
        "deleted": read.choice("state", ("alive", "deleted"), "alive") == "deleted",
    }
    read.check()
    return wanted


class _Query:
    """Reads parameters and keeps what is wrong with each."""

    def __init__(self, query: QueryDict, allowed: Iterable[str]) -> None:
        self.query = query
        known = {*allowed, *PAGING}
        self.refused = {name[:60]: ["unknown parameter"] for name in query if name not in known}

    def text(self, name: str, longest: int) -> str:
        value = " ".join(self.query.get(name, "").split())
        if len(value) > longest or not value.isprintable():
            self.refused[name] = [f"at most {longest} printable characters"]
            return ""
        return value

    def texts(self, name: str, longest: int) -> list[str]:
        values = [" ".join(value.split()) for value in self.query.getlist(name)]
        if len(values) > TAGS_ASKED_MAX or any(len(value) > longest or not value.isprintable() for value in values):
            self.refused[name] = [f"at most {TAGS_ASKED_MAX} of {longest} printable characters"]
            return []
        return [value for value in values if value]

    def choice(self, name: str, known: Iterable[str], default: str) -> str:
        value = self.query.get(name, default) or default
        if value not in known:
            self.refused[name] = [f"one of {', '.join(one for one in known if one)}"]
            return default
        return value

    def choices(self, name: str, known: Iterable[str]) -> tuple[str, ...]:
        values = tuple(value for value in self.query.getlist(name) if value)
        if set(values) - set(known):
            self.refused[name] = [f"of {', '.join(known)}"]
        return values

    def date(self, name: str) -> dt.date | None:
        value = self.query.get(name, "")
        try:
            return dt.date.fromisoformat(value) if value else None
        except ValueError:
            self.refused[name] = ["a date such as 2026-08-21"]
            return None

    def moment(self, name: str) -> dt.datetime | None:
        value = self.query.get(name, "")
        try:
            return parse_moment(value) if value else None
        except ValueError as error:
            self.refused[name] = [str(error)[:300]]
            return None

    def check(self) -> None:
        if self.refused:
            raise ValidationError(self.refused)
