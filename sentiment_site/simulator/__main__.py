"""Serve the simulated vendors: `python -m sentiment_site.simulator --port 8787 --seed 7 --names 8000 --sessions 90`.

Market time comes from the environment variable MARKET_CLOCK, as in the product. `--always-open` starts a market time of
its own that never closes, and prints the MARKET_CLOCK to give to the product. Ends on SIGTERM and SIGINT.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from functools import partial

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from sentiment_site.market import calendar, clock
from sentiment_site.simulator.market.parameters import TEXTS, Parameters
from sentiment_site.simulator.wsgi import Application

_THREADS = 8
_KILL_AFTER_S = 3  # a request held by a fault must not keep the process from ending
_READY_WITHIN_S = 60.0
_PARENT_CHECK_S = 0.5
_MORNING = dt.timedelta(minutes=30)  # after the open: 10:00


def choose_clock(always_open: bool, speed: float | None, environment: str) -> str:
    """The MARKET_CLOCK to live by. `environment` is the one that is set, "" if none, and wins.

    Without either option the wall clock. Else a session clock that begins now while the market is open, at 10:00 of
    the newest session while it is closed, and skips closed hours. ValueError where the environment's clock is another
    kind of clock, or runs at another speed, than the options ask for.
    """
    wanted = always_open or speed is not None
    if environment:
        given = re.fullmatch(r"sessions:[^*]+\*(\d+(?:\.\d+)?)", environment)
        if wanted and (given is None or (speed is not None and float(given[1]) != speed)):
            raise ValueError(
                f"MARKET_CLOCK={environment!r} is set and is not the clock that --always-open and --speed ask for"
            )
        return environment
    if not wanted:
        return "wall"
    wall = clock.wall()
    begin = wall if calendar.session_at(wall) else calendar.last_session(wall).open + _MORNING
    return f"sessions:{begin.isoformat()}@{wall.isoformat()}*{1.0 if speed is None else speed:g}"


def parse_arguments(arguments: Sequence[str]) -> tuple[argparse.Namespace, Parameters]:
    """The command line. The anchor defaults to the last session that has begun on the configured clock."""
    parser = argparse.ArgumentParser(prog="python -m sentiment_site.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8787, help="port to listen on (default %(default)s)")
    parser.add_argument("--seed", type=int, default=Parameters.seed, help="which market (default %(default)s)")
    parser.add_argument("--names", type=int, default=Parameters.names, help="securities (default %(default)s)")
    parser.add_argument("--sessions", type=int, default=Parameters.sessions,
                        help="sessions of history before the anchor (default %(default)s)")  # fmt: skip
    parser.add_argument("--anchor", type=dt.date.fromisoformat, help="date the history is counted from; pass the same "
                        "one to get the same history after a restart (default: the last session)")  # fmt: skip
    parser.add_argument("--delay-s", type=int, default=Parameters.delay_s,
                        help="how late prices are, seconds (default %(default)s)")  # fmt: skip
    parser.add_argument("--alpha-4h", type=float, default=Parameters.alpha_4h,
                        help="planted predictability, see docs/simulator.md (default %(default)s)")  # fmt: skip
    parser.add_argument("--stories", type=float, default=Parameters.stories,
                        help="how often planted stories begin, 0 for none (default %(default)s)")  # fmt: skip
    parser.add_argument("--texts", choices=TEXTS, default=Parameters.texts,
                        help="template family of the documents (default %(default)s)")  # fmt: skip
    parser.add_argument("--always-open", action="store_true",
                        help="live in a market time that skips closed hours; prints its MARKET_CLOCK")  # fmt: skip
    parser.add_argument("--speed", type=float, help="how fast that market time runs; implies --always-open (default 1)")
    options = parser.parse_args(arguments)
    try:
        options.clock = choose_clock(options.always_open, options.speed, os.environ.get("MARKET_CLOCK", ""))
        clock.configure(options.clock)
        anchor = options.anchor or calendar.last_session(clock.now()).date
        return options, Parameters(anchor, options.seed, options.names, options.sessions, options.delay_s,
                                   options.alpha_4h, options.stories, options.texts)  # fmt: skip
    except ValueError as error:
        parser.error(str(error))


def announce_when_ready(url: str) -> None:
    """Prints one line once the simulator answers; says so on stderr if it does not within a minute."""
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310 - our own address
                print(f"simulator listening on {url}", flush=True)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    print(f"simulator does not answer on {url}", file=sys.stderr, flush=True)


def load_application(parameters: Parameters, parent: int) -> Application:
    """Built in granian's worker process, which must not outlive the parent: it would keep the port."""
    threading.Thread(target=end_without, args=(parent,), daemon=True).start()
    return Application(parameters)


def end_without(parent: int) -> None:
    """Returns once this process's parent is another one than `parent`, having asked the process to end."""
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_S)
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: Sequence[str]) -> int:
    """Serve until a signal ends it. Exit code 2 for a bad command line, 1 if the port is taken."""
    options, parameters = parse_arguments(arguments)
    url = f"http://{options.host}:{options.port}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OSError as error:
            print(f"simulator cannot listen on {url}: {error.strerror}", file=sys.stderr)
            return 1
    if options.always_open or options.speed is not None:
        print(f"MARKET_CLOCK={options.clock}", flush=True)
    threading.Thread(target=announce_when_ready, args=(url,), daemon=True).start()
    server = Granian(
        "simulator",
        options.host,
        options.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=_THREADS,
        workers_kill_timeout=_KILL_AFTER_S,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=partial(load_application, parameters, os.getpid()), wrap_loader=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
