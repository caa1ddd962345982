"""Private PostgreSQL and Valkey servers on loopback, with password authentication, in a folder of ours."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg
import redis
from psycopg import sql

from .binaries import Programs, find_postgres, find_valkey
from .ports import next_free
from .unprivileged import Launch, prepare

ACCOUNT = "sectorlight"
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0


class ServerFailed(RuntimeError):
    """A server did not come up; the message carries the end of its log."""


@dataclass(slots=True)
class Server:
    """One server process and what is needed to reach, stop and explain it."""

    programs: Programs
    directory: Path
    log: Path
    port: int
    password: str
    durable: bool = True
    process: subprocess.Popen[bytes] | None = None
    _launch: Launch | None = field(default=None, repr=False)
    _output: IO[bytes] | None = field(default=None, repr=False)

    stop_signal = signal.SIGTERM

    def start(self) -> None:
        """Start the process and wait until it answers. Raises ServerFailed with the end of its log."""
        self._launch = prepare(self.programs, self.directory)
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self._output = self.log.open("ab")
            self.prepare_data()
            self.process = self._spawn(self.command())
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the process and give back descriptors and temporary copies. Safe to call twice."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._launch is not None:
            self._launch.close()
        if self._output is not None:
            self._output.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.answers():
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(f"{self.programs.name} did not start:\n{self.log_end()}")
            time.sleep(0.03)

    def log_end(self, lines: int = 15) -> str:
        """The last lines of the server's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def prepare_data(self) -> None:
        """Make the data directory before the first start."""

    def command(self) -> list[str]:
        """The command line of the server."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server takes a request with our password."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The address the product uses, password included."""
        raise NotImplementedError

    @property
    def launch(self) -> Launch:
        """How this server is started; only while it is being started or runs."""
        if self._launch is None:
            raise ServerFailed(f"{self.programs.name} was not prepared")
        return self._launch

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C in the terminal reaches the supervisor only, which stops things in order.
        return subprocess.Popen(
            command,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
            **self.launch.options,
        )


class Postgres(Server):
    """A PostgreSQL cluster with one account and one database, TCP on loopback only, scram-sha-256."""

    stop_signal = signal.SIGINT  # "fast" shutdown: sessions are ended, data is written

    def prepare_data(self) -> None:
        """Run initdb once. The password goes through a temporary file that only the server's user can read."""
        if (self.directory / "PG_VERSION").exists():
            return
        with tempfile.NamedTemporaryFile("w", prefix="sectorlight-") as password:
            password.write(self.password)
            password.flush()
            owner = self.launch.options.get("user")
            if owner is not None:
                os.chown(password.name, owner, -1)
            command = [str(self.launch.executable.with_name("initdb")), "-D", self.launch.directory]
            command += ["-U", ACCOUNT, "--auth=scram-sha-256", f"--pwfile={password.name}", "-E", "UTF8"]
            command += ["--locale=C", "--no-instructions", "--no-sync"]
            done = self._spawn(command).wait(START_TIMEOUT_S)
        if done != 0:
            raise ServerFailed(f"initdb failed ({done}):\n{self.log_end()}")

    def command(self) -> list[str]:
        """Small, fast to stop, and in tests without the waits for the disk."""
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "120"}
        options |= {"shared_buffers": "128MB", "jit": "off", "timezone": "UTC", "log_timezone": "UTC"}
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        words = [str(self.launch.executable), "-D", self.launch.directory, "-p", str(self.port)]
        return words + [word for name, value in options.items() for word in ("-c", f"{name}={value}")]

    def answers(self) -> bool:
        """Connects with the password and makes the database when it is missing."""
        try:
            connection = psycopg.connect(self._dsn("postgres"), connect_timeout=3, autocommit=True)
        except psycopg.OperationalError:
            return False
        with connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ACCOUNT]).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(ACCOUNT)))
        return True

    @property
    def url(self) -> str:
        """postgres://sectorlight:...@127.0.0.1:port/sectorlight"""
        return self._dsn(ACCOUNT)

    def _dsn(self, database: str) -> str:
        return f"postgres://{ACCOUNT}:{self.password}@127.0.0.1:{self.port}/{database}"


class Valkey(Server):
    """A Valkey server with a password, append-only when durable."""

    def command(self) -> list[str]:
        """Loopback only; the append-only file keeps queued jobs and revoked tokens over a restart."""
        words = [str(self.launch.executable), "--bind", "127.0.0.1", "--port", str(self.port)]
        words += ["--dir", self.launch.directory, "--requirepass", self.password, "--save", ""]
        return [*words, "--appendonly", "yes" if self.durable else "no", "--maxmemory", "512mb"]

    def answers(self) -> bool:
        """PING with the password."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=3) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    @property
    def url(self) -> str:
        """redis://:password@127.0.0.1:port/0"""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def postgres(folder: Path, *, port: int, password: str, durable: bool = True) -> Postgres:
    """A PostgreSQL of ours below `folder`; the data directory carries the major version in its name."""
    programs = find_postgres()
    directory = folder / f"postgres-{programs.major()}"
    return Postgres(programs, directory, folder / "logs" / "postgres.log", port, password, durable)


def valkey(folder: Path, *, port: int, password: str, durable: bool = True) -> Valkey:
    """A Valkey of ours below `folder`."""
    return Valkey(find_valkey(), folder / "valkey", folder / "logs" / "valkey.log", port, password, durable)


def start_temporary(folder: Path) -> tuple[Postgres, Valkey]:
    """Both servers for a test run: free ports, fresh passwords, nothing kept, nothing synced to disk."""
    database = postgres(folder, port=next_free(0), password=secrets.token_urlsafe(18), durable=False)
    database.start()
    broker = valkey(folder, port=next_free(0), password=secrets.token_urlsafe(18), durable=False)
    try:
        broker.start()
    except ServerFailed:
        database.stop()
        raise
    return database, broker
