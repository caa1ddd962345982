"""`make demo` and `make up`: every process of the product under one supervisor, in order, with progress shown."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

import environ

from sentiment_site.market import calendar, clock
from sentiment_site.simulator import WORLD

from .backing import Backing
from .ports import next_free
from .processes import Child, stop_leftovers
from .servers import Server, ServerFailed
from .simulated import NAMES, vendor_settings
from .workspace import (
    ADDRESSES,
    ROOT,
    VAR,
    DemoTime,
    forget_data,
    load_demo_time,
    load_secrets,
    save_demo_time,
    write_addresses,
)

PAGES_PORT, SOCKETS_PORT, VENDORS_PORT = 8000, 8100, 8200
HOST = "127.0.0.1"
READY_TIMEOUT_S = 60.0
DEMO_SEED = 7
DEMO_STORIES = 3.0  # three times as many as the calibrated market has: a visitor should meet some
# What other commands of the installation must know to reach the same servers and vendors.
TOLD = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MARKET_CLOCK", "DEMO", *NAMES)
OPENING_HOUR = 10
FURTHEST_AHEAD = timedelta(days=300)


class StartFailed(RuntimeError):
    """A step of the start failed; the message says which and where its log is."""


class Supervisor:
    """Starts the product, watches it, restarts what dies, and stops everything in order."""

    def __init__(self, *, demo: bool, speed: float, names: int) -> None:
        self.demo, self.speed, self.names = demo, speed, names
        self.folder = VAR / ("demo" if demo else "live")
        self.logs = self.folder / "logs"
        self.children: list[Child] = []
        self.backing: Backing | None = None
        self.began = time.monotonic()
        self.stopping = False
        self.environment = self._outer_environment()

    # --- the story ---

    def run(self) -> int:
        """Bring everything up, stay until Ctrl-C or SIGTERM, take everything down. Returns the exit status."""
        lock = self._lock()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._ask_to_stop)
        try:
            self._start()
            self._watch()
        except (StartFailed, ServerFailed, OSError) as error:
            print(f"\n{error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            pass
        finally:
            self._stop()
            os.close(lock)
        return 0

    def _start(self) -> None:
        for name in stop_leftovers(self.folder / "run", (str(ROOT), "sentiment_site")):
            self.say(f"stopped a leftover {name} of an earlier start")
        if self.demo:
            self._leave_another_world()
        self.backing = Backing(self.folder, self.environment, self.say)
        with self.step("PostgreSQL and Valkey"):
            self.backing.start()
        self.environment |= self.backing.variables | {"SECRET_KEY": self._secret_key()}
        if self.demo:
            self._start_vendors()
        pages, sockets = self._start_servers()
        write_addresses({name: self.environment[name] for name in TOLD if name in self.environment})
        # Both servers import the product while the schema is brought up to date; they say "ready" only after it.
        with self.step("schema, schedule, accounts, first data" if self.demo else "schema and schedule"):
            self.manage("prepare", show=True)
        self._start_workers()
        with self.step("page server"):
            self._wait_for(pages, f"http://{HOST}:{self.pages_port}/health/ready")
        with self.step("socket server"):
            self._wait_for(sockets, f"http://{HOST}:{self.sockets_port}/health/ready")
        self._describe()

    @property
    def world(self) -> str:
        """Which simulated market the demo's data come from."""
        return f"{WORLD}/{DEMO_SEED}x{DEMO_STORIES:g}/{self.names}"

    def _leave_another_world(self) -> None:
        """Prices stored from one market and fetched from another would look like a crash: such a demo begins anew."""
        known = load_demo_time(self.folder)
        if known is None or known.world == self.world:
            return
        if self.environment.get("DATABASE_URL"):
            raise StartFailed("DATABASE_URL holds the demo of another simulated market: empty it, or start as before.")
        self.say("the simulated market is another one than at the last start: the demo begins anew")
        forget_data(self.folder)

    def _start_vendors(self) -> None:
        known = load_demo_time(self.folder)
        reached = known or first_demo_time(clock.wall(), self.world)
        if reached.market_time > clock.wall() + FURTHEST_AHEAD:
            raise StartFailed(
                "The demo's market has run most of a year ahead of the calendar. `make clean` starts it anew."
            )
        save_demo_time(self.folder, reached)
        self.anchor = reached.anchor
        spec = f"sessions:{reached.market}@{clock.wall().isoformat()}*{self.speed:g}"
        clock.configure(spec)
        self.vendors_port = self.port(VENDORS_PORT)
        base = f"http://{HOST}:{self.vendors_port}"
        self.environment |= {"DEMO": "true", "MARKET_CLOCK": spec, **vendor_settings(base)}
        words = [sys.executable, "-m", "sentiment_site.simulator", "--host", HOST, "--port", str(self.vendors_port)]
        words += ["--seed", str(DEMO_SEED), "--names", str(self.names), "--anchor", self.anchor]
        words += ["--stories", str(DEMO_STORIES)]
        vendors = self.spawn("vendors", words)
        if known is None:
            with self.step("simulated vendors"):
                self._wait_for(vendors, f"{base}/healthz")

    def _start_servers(self) -> tuple[Child, Child]:
        self.pages_port, self.sockets_port = self.port(PAGES_PORT), self.port(SOCKETS_PORT)
        self.environment |= {"LIVE_SOCKET_PORT": str(self.sockets_port)}
        (VAR / "static").mkdir(exist_ok=True)  # where collectstatic would put files; servers warn when it is missing
        granian = [self.program("granian"), "--interface", "wsgi", "--host", HOST, "--port", str(self.pages_port)]
        pages = self.spawn("pages", [*granian, "--blocking-threads", "4", "sentiment_site.wsgi:application"])
        uvicorn = [self.program("uvicorn"), "sentiment_site.asgi:application", "--host", HOST]
        uvicorn += ["--port", str(self.sockets_port), "--lifespan", "off", "--ws-per-message-deflate", "false"]
        return pages, self.spawn("sockets", uvicorn)

    def _start_workers(self) -> None:
        celery = [self.program("celery"), "-A", "sentiment_site.celery"]
        # Pages stay quick beside a running analysis: the worker yields to them.
        self.spawn("worker", ["nice", "-n", "10", *celery, "worker", "--concurrency", "2", "--loglevel", "INFO"])
        self.spawn("beat", [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""])

    def _watch(self) -> None:
        saved = time.monotonic()
        while not self.stopping:
            for child in self.children:
                self._revive(child)
            for server in self.backing.servers if self.backing else []:
                self._revive_server(server)
            if self.demo and clock.now() > clock.wall() + FURTHEST_AHEAD:
                self.say("The demo's market is most of a year ahead of the calendar. `make clean` starts it anew.")
                return
            if self.demo and time.monotonic() - saved > 10:
                self._remember_time()
                saved = time.monotonic()
            time.sleep(0.3)

    def _revive(self, child: Child) -> None:
        if child.due_at is None and child.died():
            wait = child.schedule_restart()
            self.say(f"{child.name} ended; starting it again in {wait:.0f} s (log: {shown(child.log)})")
        elif child.due_at is not None and time.monotonic() >= child.due_at:
            child.start()
            self.say(f"{child.name} is running again")

    def _revive_server(self, server: Server) -> None:
        if server.process is None or server.process.poll() is None:
            return
        self.say(f"{server.programs.name} ended; starting it again")
        server.stop()
        try:
            server.start()
        except ServerFailed as error:
            self.say(str(error))
            time.sleep(2)
        else:
            self.say(f"{server.programs.name} is running again")

    def _stop(self) -> None:
        if self.children or self.backing:
            self.say("stopping")
        if self.demo and hasattr(self, "anchor"):
            self._remember_time()
        for child in reversed(self.children):
            child.stop()
        if self.backing is not None:
            self.backing.stop()
        ADDRESSES.unlink(missing_ok=True)
        self.say("stopped")

    # --- pieces ---

    def _outer_environment(self) -> dict[str, str]:
        environ.Env.read_env(ROOT / ".env")
        base = dict(os.environ)
        base |= {"DJANGO_SETTINGS_MODULE": "sentiment_site.settings", "PYTHONUNBUFFERED": "1"}
        # One BLAS thread per process: two on one core are a hundred times slower, not faster.
        base |= {"OPENBLAS_NUM_THREADS": "1", "HTTPS": base.get("HTTPS", "false")}
        # Compressing every static file takes a minute and gains nothing on one machine.
        base |= {"HASHED_STATIC": base.get("HASHED_STATIC", "false")}
        return base

    def _secret_key(self) -> str:
        return self.environment.get("SECRET_KEY") or load_secrets(self.folder).django

    def _lock(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"Already running in {shown(self.folder)}. Stop that one first (Ctrl-C).") from None
        return handle

    def _ask_to_stop(self, signum: int, frame: FrameType | None) -> None:
        if not self.stopping:
            self.stopping = True
            raise KeyboardInterrupt

    def _remember_time(self) -> None:
        save_demo_time(self.folder, DemoTime(self.anchor, clock.now().isoformat(), self.world))

    def port(self, wanted: int) -> int:
        """The wanted port or the next free one, said aloud."""
        found = next_free(wanted)
        if found != wanted:
            self.say(f"port {wanted} is taken, using {found}")
        return found

    def program(self, name: str) -> str:
        """A program of this virtual environment."""
        return str(Path(sys.executable).with_name(name))

    def spawn(self, name: str, command: list[str]) -> Child:
        """Start a child and keep it."""
        run = self.folder / "run" / f"{name}.pid"
        child = Child(name, command, dict(self.environment), ROOT, self.logs / f"{name}.log", run)
        child.start()
        self.children.append(child)
        return child

    def manage(self, *words: str, show: bool = False) -> None:
        """Run one manage.py command; its output goes to the screen or, when it fails, into the error."""
        output = None if show else subprocess.PIPE
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        done = subprocess.run(
            command,
            env=self.environment | {"LOG_LEVEL": "WARNING"},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            raise StartFailed(f"manage.py {' '.join(words)} failed.\n{(done.stdout or b'').decode()}")

    def _wait_for(self, child: Child, address: str) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            if child.died():
                break
            try:
                with urllib.request.urlopen(address, timeout=2):  # noqa: S310  (our own loopback address)
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise StartFailed(f"{child.name} does not answer at {address}:\n{child.log_end()}")

    def say(self, text: str) -> None:
        """One line on the screen."""
        print(f"  {text}", flush=True)

    def step(self, title: str) -> Step:
        """Announce a step and, at its end, how long it took."""
        return Step(title, self.say)

    def _describe(self) -> None:
        address = f"http://localhost:{self.pages_port}/"
        took = time.monotonic() - self.began
        rows = [("pages", f"{address}  (WSGI)"), ("sockets", f"ws://localhost:{self.sockets_port}/ws/live/  (ASGI)")]
        rows += [("worker, beat", "Celery: jobs and their schedule")]
        if self.demo:
            rows += [
                ("vendors", f"simulated, http://{HOST}:{self.vendors_port}/  seed {DEMO_SEED}, {self.names:,} names")
            ]
            rows += [
                (
                    "market clock",
                    f"{clock.describe()}, now {clock.now().astimezone(calendar.NEW_YORK):%a %d %b %Y %H:%M} ET",
                )
            ]
        rows += self.backing.described if self.backing else []
        accounts = [("trader", "sectorlight"), ("operator", "sectorlight  (admin: /admin/)")] if self.demo else []
        width = max(len(name) for name, _ in rows) + 2
        print(f"\nSectorlight is up after {took:.0f} s: {address}\n")
        for name, password in accounts:
            print(f"  log in as {name:<9} password {password}")
        print()
        for name, text in rows:
            print(f"  {name:<{width}}{text}")
        print(f"\n  logs in {shown(self.logs)}/   Ctrl-C stops everything\n", flush=True)


class Step:
    """Prints what is being done and how long it took."""

    def __init__(self, title: str, say: Callable[[str], None]) -> None:
        self.title, self.say = title, say

    def __enter__(self) -> None:
        self.began = time.monotonic()
        self.say(f"{self.title} ...")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.say(f"{self.title}: {time.monotonic() - self.began:.1f} s")


def shown(path: Path) -> str:
    """A path as a reader of the screen can use it: from the repository where it lies inside."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def first_demo_time(now: datetime, world: str = "") -> DemoTime:
    """Where a new demo begins: now, when New York trades; else in the morning of the newest session that has ended."""
    session = calendar.session_at(now)
    if session is not None and now >= session.open + timedelta(hours=1) and now < session.close:
        return DemoTime(session.date.isoformat(), now.isoformat(), world)
    newest = calendar.last_closed_session(now)
    opening = datetime.combine(newest.date, datetime.min.time(), calendar.NEW_YORK).replace(
        hour=OPENING_HOUR, minute=20
    )
    return DemoTime(newest.date.isoformat(), opening.isoformat(), world)
