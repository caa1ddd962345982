"""Pages and headings of the social lists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

from sentiment_site.live.time_machine import BadParameter


class Asked(Protocol):
    """A list's query that knows how an address with another page is written."""

    def query(self, **changes: str | int) -> str:
        """The address's query with some parts changed."""


class Sorted(Asked, Protocol):
    """One that knows its column too."""

    @property
    def key(self) -> str:
        """The column sorted by."""

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Which part of a list is shown. begin, end: places of its first row and of the one behind its last."""

    number: int
    count: int
    begin: int
    end: int

    @property
    def before(self) -> int | None:
        """The page before, None on the first."""
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        """The page after, None on the last."""
        return self.number + 1 if self.number < self.count else None


def turn(total: int, number: int, size: int) -> Pages:
    """Page `number` of `total` rows; there is always a first one. BadParameter for a page that does not exist."""
    count = max(math.ceil(total / size), 1)
    if number > count:
        raise BadParameter("page", str(number), f"there are {count} pages, not {number}")
    return Pages(number, count, (number - 1) * size, min(number * size, total))


def queries(asked: Asked, pages: Pages) -> dict[str, str]:
    """The addresses' queries of the page before and the page after, "" where there is none."""
    return {
        "before_query": asked.query(page=pages.before) if pages.before else "",
        "after_query": asked.query(page=pages.after) if pages.after else "",
    }


def heading(asked: Sorted, name: str, title: str, meaning: str, numeric: bool) -> dict[str, Any]:
    """A column's heading: how it is sorted now and where a click leads (figures start with the largest)."""
    active = asked.key == name
    descending = not asked.descending if active else numeric
    return {
        "name": name,
        "title": title,
        "meaning": meaning,
        "numeric": numeric,
        "aria": ("descending" if asked.descending else "ascending") if active else "none",
        "arrow": ("▼" if asked.descending else "▲") if active else "",
        "query": asked.query(sort=f"-{name}" if descending else name),
    }
