"""A simulator whose archive holds what a test wrote, and the writing of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sentiment_site.market import clock
from sentiment_site.simulator import wsgi
from sentiment_site.simulator.documents.document import Channel, Document, Filing, Shelf
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.world import World, build_world
from tests.simulator.client import Client
from tests.simulator.conftest import ANCHOR, NOON

NEW_YORK = ZoneInfo("America/New_York")


def client_over(tape: Tape, documents: Sequence[Document]) -> Client:
    """The vendors over a market that exists already."""

    def build(parameters: Parameters) -> World:
        return replace(build_world(parameters), tape=tape, documents=Shelf(documents))

    with pytest.MonkeyPatch.context() as patch, clock.frozen(NOON):
        patch.setattr(wsgi, "build_world", build)
        return Client(wsgi.Application(Parameters(ANCHOR, seed=11, names=400, sessions=30)))


def local(day: str, time: str) -> dt.datetime:
    """A moment of New York's wall time, in UTC."""
    return dt.datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=NEW_YORK).astimezone(dt.UTC)


def filing(number: int, form: str, at: dt.datetime, parties: tuple[tuple[str, str, str], ...], **more: Any) -> Document:
    """A filing; `more` goes to the filing (items, ...) or to the document (body, title, symbols)."""
    written = {name: more.pop(name) for name in ("body", "title", "symbols") if name in more}
    suffix = "xml" if form.removesuffix("/A") in ("3", "4", "5") else "htm"
    about = {"items": (), "primary_document": f"doc{number}.{suffix}", "description": form, "report_date": "2025-12-01"}
    kept = Filing(form=form, accession=f"{number % 7 + 1234560:010d}-25-{number:06d}", parties=parties, **about | more)
    return Document(
        f"filing-{number}",
        Channel.FILING,
        at,
        filing=kept,
        **{"title": "Notice", "body": "Text.", "symbols": ()} | written,
    )
