"""One keep-alive connection that asks as a browser does and spends little doing it."""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import NamedTuple

from .servers import BenchServer

TIMEOUT_S = 10.0
NO_BODY = (204, 304)


class Answer(NamedTuple):
    """Status, header block and body."""

    status: int
    headers: bytes
    body: bytes


class Browser:
    """A connection to a page server, with the cookie of a session."""

    def __init__(self, server: BenchServer, session: str = "") -> None:
        self.server = server
        self.socket = socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = b"Host: 127.0.0.1\r\nAccept: text/html\r\n"
        if session:
            self.head += f"Cookie: sessionid={session}\r\n".encode()

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def get(self, path: str, headers: str = "") -> Answer:
        """Ask and read the whole answer."""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n{headers}".encode() + self.head + b"\r\n")
        head, body = self._read_head()
        status = int(head.split(b" ", 2)[1])
        if status not in NO_BODY:
            length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            while len(body) < length:
                body += self._receive()
        return Answer(status, head, body)

    def time_us(self, path: str, headers: str = "", expected: int = 200) -> float:
        """Microseconds from the first byte asked to the last byte received."""
        began = time.perf_counter()
        answer = self.get(path, headers)
        took = (time.perf_counter() - began) * 1_000_000
        assert answer.status == expected, f"{answer.status}: {self.server.log_end()}"
        return took

    def _read_head(self) -> tuple[bytes, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        return head, body

    def _receive(self) -> bytes:
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data
