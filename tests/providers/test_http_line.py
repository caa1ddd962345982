"""The seam against vendors that break the line."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from sentiment_site.providers import errors
from sentiment_site.providers.http import Http

from .conftest import raw_server

Make = Callable[..., Http]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def ask(http: Make, talk: Callable[[socket.socket], None], **changes: float) -> errors.ProviderError:
    with raw_server(talk) as url, pytest.raises(errors.ProviderError) as caught:
        http(base_url=url, attempts=1, **changes).get("/v3/x")
    return caught.value


def test_a_body_shorter_than_announced(http: Make) -> None:
    error = ask(http, lambda line: line.sendall(HEAD + b'Content-Length: 500\r\n\r\n{"status":"OK"}'))
    assert type(error) is errors.NetworkError
    assert str(error) == "polygon: 200 no complete answer at /v3/x: answer cut short"


def test_a_chunk_cut_short(http: Make) -> None:
    error = ask(http, lambda line: line.sendall(HEAD + b'Transfer-Encoding: chunked\r\n\r\n20\r\n{"status":"OK"}'))
    assert type(error) is errors.NetworkError
    assert "cut short" in error.message


def test_chunks_without_their_end(http: Make) -> None:
    error = ask(http, lambda line: line.sendall(HEAD + b'Transfer-Encoding: chunked\r\n\r\nf\r\n{"status":"OK"}\r\n'))
    assert type(error) is errors.NetworkError
    assert "cut short" in error.message


def test_a_cut_body_is_tried_again(http: Make) -> None:
    answers = [
        HEAD + b'Content-Length: 500\r\n\r\n{"status"',
        HEAD + b'Content-Length: 15\r\nConnection: close\r\n\r\n{"status":"OK"}',
    ]
    with raw_server(lambda line: line.sendall(answers.pop(0))) as url:
        assert http(base_url=url).get("/a").body == b'{"status":"OK"}'
    assert answers == []


def test_a_reset(http: Make) -> None:
    def reset(line: socket.socket) -> None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        line.close()

    error = ask(http, reset)
    assert type(error) is errors.NetworkError
    assert error.message == "connection reset"
    assert error.status is None


def test_a_line_closed_without_a_word(http: Make) -> None:
    error = ask(http, lambda line: line.shutdown(socket.SHUT_RDWR))
    assert type(error) is errors.NetworkError
    assert error.message == "closed without an answer"


def test_silence(http: Make) -> None:
    error = ask(http, lambda line: time.sleep(0.6), read_timeout=0.2)
    assert type(error) is errors.NetworkError
    assert error.message == "nothing received for 0.2 s"


def test_silence_in_the_middle(http: Make) -> None:
    def stall(line: socket.socket) -> None:
        line.sendall(HEAD + b'Content-Length: 500\r\n\r\n{"status"')
        time.sleep(0.6)

    error = ask(http, stall, read_timeout=0.2)
    assert type(error) is errors.NetworkError
    assert error.message == "nothing received for 0.2 s"


def test_a_slow_drip_meets_the_deadline(http: Make) -> None:
    def drip(line: socket.socket) -> None:
        line.sendall(HEAD + b"Content-Length: 500\r\n\r\n")
        for _ in range(40):
            line.sendall(b" ")
            time.sleep(0.05)

    error = ask(http, drip, read_timeout=1.0, deadline_s=0.3)
    assert type(error) is errors.NetworkError
    assert error.message == "answer not complete within 0.3 s"


def test_nobody_listens(http: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(errors.NetworkError, match="connection refused"):
        http(base_url=f"http://localhost:{port}", attempts=1).get("/a")


def test_what_is_not_http(http: Make) -> None:
    error = ask(http, lambda line: line.sendall(b"220 mail.test ESMTP\r\n\r\n"))
    assert type(error) is errors.NetworkError
