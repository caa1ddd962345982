"""Which topics exist, who may hear them, and how a newcomer gets the present state. Apps register theirs at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# (sequence number, market time of the state, rendered fragment); None while there is nothing to show
SnapshotProvider = Callable[[str], tuple[int | None, datetime, str] | None]
Permission = Callable[[Any], bool]


def everyone(user: Any) -> bool:
    """Every signed-in account; the consumer has refused visitors before."""
    return bool(user.is_authenticated)


@dataclass(frozen=True, slots=True)
class Topic:
    """One registered topic."""

    name: str
    snapshot: SnapshotProvider | None
    permission: Permission


_topics: dict[str, Topic] = {}


def register(name: str, *, snapshot: SnapshotProvider | None = None, permission: Permission = everyone) -> Topic:
    """Make a topic known; registering a name again replaces it.

    `snapshot(name)` is called in a thread and may read the database; it returns (seq, at, html), or None while there is
    nothing to show. Without a provider a newcomer hears only events. `permission(user)` says who may join.
    """
    _topics[name] = Topic(name, snapshot, permission)
    return _topics[name]


def get(name: str) -> Topic | None:
    """The topic of that name, or None."""
    return _topics.get(name)
