"""A simulator on a real socket with documents a test wrote."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

from sentiment_site.market import clock
from sentiment_site.simulator import wsgi
from sentiment_site.simulator.documents.document import Author, Document, Shelf
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.world import World, build_world

NOON = dt.datetime(2025, 12, 2, 17, 7, 30, tzinfo=dt.UTC)
AGENT = "linux:sectorlight-tests:1.0 (by /u/sectorlight)"


def author(name: str, followers: int = 1200) -> Author:
    return Author(f"account-{name}", name, dt.datetime(2019, 5, 4, 3, 2, 1, tzinfo=dt.UTC), followers, 310, 2400, False)


@contextmanager
def serving(documents: Sequence[Document]) -> Iterator[tuple[str, clock.Frozen]]:
    """The address, and the clock that stands at noon and can be moved."""

    def build(parameters: Parameters) -> World:
        return replace(build_world(parameters), documents=Shelf(documents))

    with clock.frozen(NOON) as frozen:
        with pytest.MonkeyPatch.context() as patch:  # until it is built: other fixtures build worlds meanwhile
            patch.setattr(wsgi, "build_world", build)
            application = wsgi.Application(Parameters(dt.date(2025, 12, 1), seed=11, names=40, sessions=2))
        server = make_server("127.0.0.1", 0, application, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", frozen
        finally:
            server.shutdown()
            thread.join()
