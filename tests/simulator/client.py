"""A WSGI client of a few lines: what a test asks, and what came back."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sentiment_site.simulator.wsgi import Application


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        unpacked = gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body
        return json.loads(unpacked)


class Client:
    """Asks one application, with a key unless told otherwise."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def polygon(self, path: str, **environ: str) -> Reply:
        return self.ask("GET", f"/polygon{path}", HTTP_AUTHORIZATION="Bearer some-key", **environ)

    def fmp(self, path: str, **environ: str) -> Reply:
        return self.ask("GET", f"/fmp{path}{'&' if '?' in path else '?'}apikey=some-key", **environ)

    def ask(self, method: str, url: str, body: bytes = b"", **environ: str) -> Reply:
        path, _, query = url.partition("?")
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            started.update(status=int(status[:3]), headers=dict(headers))

        environment = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_HOST": "simulator.test:8787",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            **environ,
        }
        content = b"".join(self.application(environment, start_response))
        return Reply(started["status"], started["headers"], content)


def pages(client: Client, path: str, name: str = "results") -> list[list[dict[str, Any]]]:
    """All pages of a query, following next_url as it stands."""
    found = []
    while path:
        answer = client.polygon(path).json()
        found.append(answer.get(name, []))
        following = answer.get("next_url", "")
        assert not following or following.startswith("http://simulator.test:8787/polygon/")
        assert "some-key" not in following
        parts = urlsplit(following)
        path = f"{parts.path.removeprefix('/polygon')}?{parts.query}" if following else ""
    return found


def flat(client: Client, path: str) -> list[dict[str, Any]]:
    return [row for page in pages(client, path) for row in page]
