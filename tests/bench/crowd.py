"""Many WebSocket clients in one thread: plain sockets under epoll, frames taken apart by hand.

A library's client costs more per message than the server under test, and would be what is measured.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from types import TracebackType

from .servers import BenchServer

TEXT, CLOSE, PING = 1, 8, 9
MASK = bytes(4)  # a mask of zeros leaves the payload as it is
PONG = b"\x8a"
TIMEOUT_S = 20.0
BATCH = 50
STALLED_BUFFER = 2_048


class Client:
    """One socket: how many texts it has received, and the newest of them."""

    def __init__(self, server: BenchServer, path: str, cookie: str, *, small_buffer: bool = False) -> None:
        self.socket = socket.socket()
        if small_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BUFFER)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(("127.0.0.1", server.port))
        self.texts, self.newest, self._buffer = 0, b"", b""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nUpgrade: websocket\r\n"
        head += "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        self.socket.sendall(f"{head}Cookie: {cookie}\r\n\r\n".encode())

    def finish_handshake(self) -> None:
        """Read the server's 101 and ask for a pong, which comes once the server has let the client in."""
        received = b""
        while b"\r\n\r\n" not in received:
            data = self.socket.recv(4096)
            assert data, received
            received += data
        head, _, self._buffer = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        self.socket.sendall(b"\x81\x84" + MASK + b"ping")

    def read(self) -> None:
        """Take what has arrived; counts the texts in it."""
        data = self.socket.recv(1 << 16)
        assert data, "the server closed the connection"
        buffer = self._buffer + data if self._buffer else data
        while (frame := _frame(buffer)) is not None:
            kind, payload, buffer = frame
            assert kind != CLOSE, payload
            if kind == TEXT:
                self.texts, self.newest = self.texts + 1, payload
            elif kind == PING:
                self.socket.sendall(PONG + bytes([0x80 | len(payload)]) + MASK + payload)
        self._buffer = buffer


class Crowd:
    """Clients that read all the time, and `stalled` ones that never do."""

    def __init__(self, server: BenchServer, path: str, count: int, *, cookie: str = "", stalled: int = 0) -> None:
        self.clients: list[Client] = []
        self._poll = select.epoll()
        self._by_number: dict[int, Client] = {}
        for first in range(0, count, BATCH):
            batch = [Client(server, path, cookie) for _ in range(min(BATCH, count - first))]
            for client in batch:
                client.finish_handshake()
            self._read_until(batch, lambda client: client.newest == b"pong")
            self.clients += batch
        self.stalled = [Client(server, path, cookie, small_buffer=True) for _ in range(stalled)]
        for client in self.stalled:
            client.finish_handshake()

    def __enter__(self) -> Crowd:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in (*self.clients, *self.stalled):
            client.socket.close()
        self._poll.close()

    def time_ms(self, fire: Callable[[], object]) -> float:
        """Milliseconds from `fire` until the last reading client has one more text."""
        wanted = self.clients[0].texts + 1
        assert all(client.texts == wanted - 1 for client in self.clients)
        began = time.perf_counter()
        fire()
        return (self.wait_for(wanted) - began) * 1000

    def wait_for(self, texts: int) -> float:
        """Read until every client has that many texts; when that was, by time.perf_counter()."""
        self._read_until(self.clients, lambda client: client.texts >= texts)
        return time.perf_counter()

    def _read_until(self, clients: list[Client], done: Callable[[Client], bool]) -> None:
        for client in clients:
            number = client.socket.fileno()
            if number not in self._by_number:
                self._poll.register(number, select.EPOLLIN)
                self._by_number[number] = client
        waiting = {client.socket.fileno() for client in clients if not done(client)}
        deadline = time.monotonic() + TIMEOUT_S
        while waiting:
            assert time.monotonic() < deadline, f"{len(waiting)} of {len(clients)} clients wait in vain"
            for number, _ in self._poll.poll(1.0):
                client = self._by_number[number]
                client.read()
                if done(client):
                    waiting.discard(number)


def _frame(buffer: bytes) -> tuple[int, bytes, bytes] | None:
    """(kind, payload, rest) of the first whole frame; None while it is not all there."""
    if len(buffer) < 2:
        return None
    size, start = buffer[1] & 0x7F, 2
    if size >= 126:
        start = 4 if size == 126 else 10
        size = int.from_bytes(buffer[2:start])
    if len(buffer) < start + size or len(buffer) < start:
        return None
    return buffer[0] & 0x0F, buffer[start : start + size], buffer[start + size :]
