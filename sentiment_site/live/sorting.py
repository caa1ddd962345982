"""Lists that a reader sorts by the head of a column."""

from __future__ import annotations


class Sorted:
    """What a listing with a `sort` tells of it: the name of a column, with "-" before it falling."""

    __slots__ = ()

    sort: str

    @property
    def key(self) -> str:
        """The column sorted by."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self.sort.startswith("-")
