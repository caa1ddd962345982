"""The embedded servers: passwords hold, root's folders stay closed, data survives, leftovers are found."""

from __future__ import annotations

import os
import secrets
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sentiment_site.services import servers
from sentiment_site.services.backing import Backing
from sentiment_site.services.binaries import MissingBinary, Programs, find_postgres, find_valkey
from sentiment_site.services.ports import next_free
from sentiment_site.services.processes import Child, command_of, stop_leftovers
from sentiment_site.services.servers import Postgres, ServerFailed, Valkey, postgres, valkey
from sentiment_site.services.unprivileged import prepare, reachable_by_others, runnable_by_others
from sentiment_site.services.workspace import (
    DemoTime,
    forget_data,
    load_demo_time,
    load_secrets,
    save_demo_time,
    write_private,
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A closed folder (mode 0700), as a root home is."""
    with tempfile.TemporaryDirectory() as name:
        closed = Path(name) / "closed"
        closed.mkdir(mode=0o700)
        yield closed


def made(kind: type, folder: Path) -> Postgres | Valkey:
    """A fresh server of that kind on a free port, with a password of its own."""
    make = postgres if kind is Postgres else valkey
    return make(folder, port=next_free(0), password=secrets.token_urlsafe(12), durable=False)


def owner_of(pid: int) -> int:
    """The user id a process runs as."""
    return Path(f"/proc/{pid}").stat().st_uid


def test_postgres_in_a_closed_folder_runs_unprivileged_and_keeps_its_data(folder: Path) -> None:
    server = made(Postgres, folder)
    server.start()
    try:
        assert server.process is not None
        assert owner_of(server.process.pid) != 0
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (42)")
        wrong = server.url.replace(server.password, "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        copied = server.launch.copied
    finally:
        server.stop()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert copied is None or not copied.exists()
    server.start()
    try:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (42,)
    finally:
        server.stop()


def test_valkey_asks_for_the_password_and_listens_on_loopback_only(folder: Path) -> None:
    server = made(Valkey, folder)
    server.start()
    try:
        assert server.process is not None
        assert owner_of(server.process.pid) != 0
        with redis.Redis.from_url(server.url) as client:
            client.set("a", 1)
            assert client.config_get("bind")["bind"] == "127.0.0.1"
        with (
            redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
    finally:
        server.stop()
    server.stop()  # twice is harmless


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    first = made(Valkey, folder / "first")
    first.start()
    try:
        second = valkey(folder / "second", port=first.port, password="x", durable=False)
        with pytest.raises(ServerFailed, match="Address already in use"):
            second.start()
    finally:
        first.stop()


def test_initdb_failure_shows_the_log(folder: Path) -> None:
    server = made(Postgres, folder)
    server.directory.mkdir(parents=True)
    (server.directory / "in the way").write_text("initdb refuses a folder that is not empty")
    with pytest.raises(ServerFailed, match="exists but is not empty"):
        server.start()
    server.stop()


def test_a_taken_port_moves_to_the_next_free_one(folder: Path) -> None:
    server = made(Valkey, folder)
    server.start()
    try:
        assert next_free(server.port) > server.port
        assert next_free(server.port + 1, taken=frozenset({server.port + 1})) > server.port + 1
    finally:
        server.stop()


def test_no_free_port_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentiment_site.services.ports.TRIES", 0)
    with pytest.raises(OSError, match="no free port"):
        next_free(50000)


def test_given_addresses_are_used_and_nothing_is_started(folder: Path) -> None:
    given = {"DATABASE_URL": "postgres://elsewhere/x", "REDIS_URL": "redis://elsewhere"}
    backing = Backing(folder, given, lambda text: None)
    backing.start()
    assert backing.variables == given
    assert backing.servers == []
    backing.stop()


def test_when_the_second_server_fails_the_first_is_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Valkey) -> None:
        raise ServerFailed("no valkey today")

    monkeypatch.setattr(Valkey, "start", refuse)
    backing = Backing(folder, {}, lambda text: None, durable=False)
    with pytest.raises(ServerFailed, match="no valkey today"):
        backing.start()
    assert backing.servers[0].process is not None
    assert backing.servers[0].process.poll() is not None


def test_without_the_wheels_the_programs_on_path_serve(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name in ("postgres", "valkey-server"):
        program = folder / name
        program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 17.2'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    found = find_postgres()
    assert (found.executable, found.major()) == ((folder / "postgres").resolve(), 17)
    assert found.origin.startswith("PATH")
    assert find_valkey().executable == (folder / "valkey-server").resolve()


def test_without_wheel_and_program_the_message_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("sentiment_site.services.binaries.DEBIAN_POSTGRES", folder)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(MissingBinary, match="DATABASE_URL"):
        find_postgres()
    with pytest.raises(MissingBinary, match="REDIS_URL"):
        find_valkey()


def test_a_program_without_version_is_refused(folder: Path) -> None:
    program = folder / "silent"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    with pytest.raises(MissingBinary, match="no version number"):
        Programs("silent", "PATH", program).major()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers as another user")
def test_programs_below_a_closed_folder_are_copied_and_removed(folder: Path) -> None:
    tree = folder / "wheel"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "server").write_text("#!/bin/sh\n")
    (tree / "bin" / "server").chmod(0o700)  # as installed with a strict umask
    launch = prepare(Programs("server", "wheel", tree / "bin" / "server", (tree,)), folder / "data")
    assert launch.copied is not None
    assert reachable_by_others(launch.copied)
    assert runnable_by_others(Programs("server", "wheel", launch.executable, (launch.copied / "wheel",)))
    assert launch.executable.read_text() == "#!/bin/sh\n"
    assert launch.directory.startswith("/proc/self/fd/")
    copied = launch.copied
    launch.close()
    assert not copied.exists()


def test_an_ordinary_user_starts_servers_as_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    launch = prepare(Programs("server", "wheel", folder / "server"), folder / "data")
    assert launch.options == {"cwd": "/"}
    assert launch.directory == str((folder / "data").resolve())


def test_a_server_that_ignores_the_signal_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = made(Valkey, folder)
    server.start()
    monkeypatch.setattr(servers, "STOP_TIMEOUT_S", 0.2)
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    server.stop()
    assert server.process.poll() == -signal.SIGKILL


# --- children of the supervisor ---


def child(folder: Path, code: str) -> Child:
    """A Python child running `code`."""
    command = [sys.executable, "-c", code, "sectorlight-test-mark"]
    return Child("child", command, dict(os.environ), folder, folder / "child.log", folder / "run" / "child.pid")


def wait_for_output(process: Child, text: str) -> None:
    """Wait until the child has said `text`: only then is it sure to run its own code."""
    deadline = time.monotonic() + 10
    while text not in process.log_end() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert text in process.log_end()


def test_children_log_stop_and_are_restarted_more_slowly_each_time(folder: Path) -> None:
    process = child(folder, "print('hello', flush=True); raise SystemExit(3)")
    waits = []
    for _ in range(3):
        process.start()
        assert process.process is not None
        process.process.wait(10)
        assert process.died()
        waits.append(process.schedule_restart())
    assert waits == [2.0, 4.0, 8.0]
    assert process.log_end().splitlines() == ["hello"] * 3
    process.started_at -= 120
    assert process.schedule_restart() == 1.0
    process.stop()
    assert not process.pid_file.exists()


def test_leftovers_are_ended_and_strangers_are_left_alone(folder: Path) -> None:
    ours = child(folder, "import time; print('up', flush=True); time.sleep(60)")
    ours.start()
    assert ours.process is not None
    wait_for_output(ours, "up")
    stranger = subprocess.Popen(["sleep", "60"])
    (folder / "run" / "stranger.pid").write_text(str(stranger.pid))
    (folder / "run" / "broken.pid").write_text("not a number")
    assert stop_leftovers(folder / "run", ("sectorlight-test-mark",)) == ["child"]
    ours.process.wait(10)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
    assert list((folder / "run").iterdir()) == []


def test_a_child_that_ignores_sigterm_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentiment_site.services.processes.STOP_TIMEOUT_S", 0.5)
    deaf = child(
        folder,
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
    )
    deaf.start()
    wait_for_output(deaf, "deaf")
    deaf.stop()
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL


def test_a_long_command_line_is_read_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    long = child(folder, f"import time; print('up', flush=True); time.sleep(60)  # {'x' * 500}")
    long.start()
    wait_for_output(long, "up")
    assert long.process is not None
    assert command_of(long.process.pid).endswith("sectorlight-test-mark")
    long.stop()


def test_command_of_a_dead_process_is_empty() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert command_of(gone.pid) == ""


# --- the workspace ---


def test_secrets_are_made_once_and_private(folder: Path) -> None:
    first = load_secrets(folder)
    assert load_secrets(folder) == first
    assert len({first.postgres, first.valkey, first.django}) == 3
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600


def test_the_demo_time_survives(folder: Path) -> None:
    assert load_demo_time(folder) is None
    reached = DemoTime("2026-11-20", "2026-11-20T10:20:00-05:00")
    save_demo_time(folder, reached)
    assert load_demo_time(folder) == reached
    assert reached.market_time.utcoffset() is not None


def test_a_demo_of_another_market_forgets_its_data_and_keeps_its_secrets(folder: Path) -> None:
    secrets_before = load_secrets(folder)
    for name in ("postgres-18", "valkey", "logs"):
        (folder / name).mkdir()
        (folder / name / "file").write_text("x")
    save_demo_time(folder, DemoTime("2026-11-20", "2026-11-20T10:20:00-05:00", "1/7/8000"))
    assert load_demo_time(folder) == DemoTime("2026-11-20", "2026-11-20T10:20:00-05:00", "1/7/8000")
    forget_data(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["logs", "secrets.json"]
    assert load_secrets(folder) == secrets_before


def test_a_private_file_is_replaced_whole(folder: Path) -> None:
    path = folder / "a" / "b.txt"
    write_private(path, "one")
    write_private(path, "two")
    assert path.read_text() == "two"
    assert [entry.name for entry in path.parent.iterdir()] == ["b.txt"]
