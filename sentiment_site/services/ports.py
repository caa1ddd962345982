"""Ports on loopback: the wanted one if it is free, else the next."""

from __future__ import annotations

import socket

TRIES = 50


def next_free(wanted: int, host: str = "127.0.0.1", taken: frozenset[int] = frozenset()) -> int:
    """The first port from `wanted` upwards that nothing listens on and that is not in `taken`.

    `wanted` 0 asks the system for any free port. Raises OSError after 50 tries.
    """
    if wanted == 0:
        with socket.socket() as probe:
            probe.bind((host, 0))
            return int(probe.getsockname()[1])
    for port in range(wanted, wanted + TRIES):
        if port not in taken and _is_free(host, port):
            return port
    raise OSError(f"no free port between {wanted} and {wanted + TRIES - 1} on {host}")


def _is_free(host: str, port: int) -> bool:
    # SO_REUSEADDR as the servers set it themselves: a port in TIME_WAIT after our own stop is free.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
