"""A text on its way into the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from themes.models.documents import DocumentKind


@dataclass(frozen=True, slots=True)
class Draft:
    """One filing, article or post as a vendor gave it.

    event_at: when it became public, aware. tags: symbols the vendor names; cik: of the company it is about.
    text: plain, may be empty. facts: what the vendor said besides, JSON.
    """

    kind: DocumentKind
    external_id: str
    event_at: dt.datetime
    title: str
    text: str = ""
    url: str = ""
    author: str = ""
    form: str = ""
    items: Sequence[str] = ()
    tags: Sequence[str] = ()
    cik: str = ""
    language: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Title and text, for recognising stocks and copies."""
        return f"{self.title}\n{self.text}" if self.text else self.title


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing brought: ids of new documents, how many repeat an earlier text, how many mentions."""

    document_ids: tuple[int, ...]
    copies: int
    mentions: int
    known: int
