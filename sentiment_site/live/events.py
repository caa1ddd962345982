"""What is announced: a small frozen record with one JSON form on the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CHANNEL_PREFIX = "live:"


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened: `topic` has a new state, and `key` names its rendered fragment.

    `seq` grows with every state of a topic (a gap tells a client to fetch the fragment); None for events without a
    state of their own. `at` is aware market time. `data` is for a few numbers only (a percentage), never for a reading.
    """

    type: str
    topic: str
    run_id: int | None
    seq: int | None
    at: datetime
    key: str | None = None
    data: dict[str, Any] | None = None

    @property
    def channel(self) -> str:
        """The Redis channel of the topic."""
        return CHANNEL_PREFIX + self.topic

    @property
    def slot(self) -> str:
        """What a newer event replaces for a reader that is behind.

        The topic, plus `data["name"]` where there is one: the progress of one job must not hide the end of another.
        """
        name = (self.data or {}).get("name")
        return self.topic if name is None else f"{self.topic}/{name}"

    def to_json(self, html: str | None = None) -> str:
        """The message on the wire; `html` and `data` only when there are any."""
        message: dict[str, Any] = {
            "type": self.type,
            "topic": self.topic,
            "run_id": self.run_id,
            "seq": self.seq,
            "at": self.at.isoformat(),
            "key": self.key,
        }
        if html is not None:
            message["html"] = html
        if self.data is not None:
            message["data"] = self.data
        return json.dumps(message, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Event:
        """The event back from its JSON. Raises ValueError for anything else."""
        try:
            message = json.loads(text)
            return cls(
                type=message["type"],
                topic=message["topic"],
                run_id=message["run_id"],
                seq=message["seq"],
                at=datetime.fromisoformat(message["at"]),
                key=message["key"],
                data=message.get("data"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not an event: {error!r}") from error
