"""`make demo` as a newcomer and an accident meet it: up, killed parts come back, Ctrl-C, up again with the same data.

The supervisor runs for real, with every process it starts, in a folder of its own with mode 0700 and a small market.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sentiment_site.services.ports import next_free

ROOT = Path(__file__).resolve().parents[2]
UP_TIMEOUT_S = 170
PATIENCE_S = 60

pytestmark = [pytest.mark.long, pytest.mark.timeout(420)]


class Demo:
    """One `up --demo` and what its screen says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        drop = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MARKET_CLOCK", "TESTS_OWN_VALKEY")
        environment = {name: value for name, value in os.environ.items() if name not in drop}
        environment |= {"VAR_DIR": str(folder), "PYTHONUNBUFFERED": "1", "ALLOWED_HOSTS": "localhost,127.0.0.1"}
        command = [sys.executable, "-m", "sentiment_site.services", "up", "--demo", "--names", "1200"]
        self.screen = folder / f"screen-{time.monotonic_ns()}.txt"
        with self.screen.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    def text(self) -> str:
        """What the screen shows so far."""
        return self.screen.read_text()

    def wait_for(self, words: str, timeout_s: float = PATIENCE_S) -> str:
        """The screen once it shows `words`."""
        wait_until(lambda: words in self.text() or self.process.poll() is not None, timeout_s, self.text)
        assert words in self.text(), self.text()
        return self.text()

    @property
    def address(self) -> str:
        """Where the pages are."""
        found = re.search(r"up after (\d+) s: (http://localhost:\d+/)", self.text())
        assert found is not None
        return found.group(2)

    def pid_of(self, name: str) -> int:
        """The process id of a part."""
        return int((self.folder / "demo" / "run" / f"{name}.pid").read_text())

    def stop(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def wait_until(true: Callable[[], bool], timeout_s: float, explain: Callable[[], str] = str) -> None:
    """Wait for a condition; fails with an explanation after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.2)


def log_in(address: str) -> urllib.request.OpenerDirector:
    """A browser with the trader's session."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = browser.open(f"{address}login/", timeout=20).read().decode()
    assert "trader" in form and "sectorlight" in form
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token is not None
    values = {"csrfmiddlewaretoken": token.group(1), "username": "trader", "password": "sectorlight"}
    browser.open(f"{address}login/", urllib.parse.urlencode(values).encode(), timeout=20)
    return browser


def ready(address: str) -> bool:
    """Whether the product takes traffic."""
    try:
        with urllib.request.urlopen(f"{address}health/ready", timeout=5) as answer:
            return bool(json.load(answer)["status"] == "ok")
    except OSError:
        return False


def leftovers(folder: Path) -> list[str]:
    """Processes that still run with this folder or its servers on their command line."""
    shown = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if str(folder) in line]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A closed folder, as a root home is."""
    with tempfile.TemporaryDirectory(prefix="sectorlight-demo-") as name:
        closed = Path(name) / "closed"
        closed.mkdir(mode=0o700)
        yield closed


def test_the_demo_comes_up_survives_accidents_stops_and_keeps_its_data(folder: Path) -> None:
    taken = socket.create_server(("127.0.0.1", next_free(8000)))
    number = taken.getsockname()[1]
    demo = Demo(folder)
    try:
        screen = demo.wait_for("Ctrl-C stops everything", UP_TIMEOUT_S)
        if number == 8000:
            assert "port 8000 is taken, using" in screen
        for told in ("log in as trader", "log in as operator", "PostgreSQL", "Valkey", "simulated", "logs in"):
            assert told in screen
        browser = log_in(demo.address)
        page = browser.open(demo.address, timeout=20).read().decode()
        assert page.count('class="card') >= 8
        assert "simulated data" in page
        newest = max(int(seq) for seq in re.findall(r'data-seq="(\d+)"', page))

        worker = demo.pid_of("worker")
        os.kill(worker, signal.SIGKILL)
        demo.wait_for("worker is running again")
        assert demo.pid_of("worker") != worker

        postgres = int(next((folder / "demo").glob("postgres-*/postmaster.pid")).read_text().split()[0])
        os.kill(postgres, signal.SIGKILL)
        demo.wait_for("PostgreSQL ended; starting it again")
        demo.wait_for("PostgreSQL is running again")
        wait_until(lambda: ready(demo.address), PATIENCE_S, demo.text)
        assert f'data-seq="{newest}"' in browser.open(demo.address, timeout=20).read().decode()

        second = Demo(folder)
        assert second.process.wait(30) != 0
        assert "Already running" in second.text()

        assert demo.stop() == 0, demo.text()
        assert "stopped" in demo.text()
        assert leftovers(folder) == []
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

        demo = Demo(folder)
        demo.wait_for("Ctrl-C stops everything", UP_TIMEOUT_S)
        page = log_in(demo.address).open(demo.address, timeout=20).read().decode()
        assert max(int(seq) for seq in re.findall(r'data-seq="(\d+)"', page)) >= newest
        assert demo.stop() == 0
    finally:
        taken.close()
        if demo.process.poll() is None:
            demo.stop()


def test_run_gives_a_command_its_servers_and_its_status() -> None:
    drop = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    environment = {name: value for name, value in os.environ.items() if name not in drop}
    code = "import os, psycopg, redis; psycopg.connect(os.environ['DATABASE_URL']).close(); "
    code += "redis.Redis.from_url(os.environ['REDIS_URL']).ping(); "
    code += "print(len(os.environ['SECRET_KEY'])); raise SystemExit(7)"
    command = [sys.executable, "-m", "sentiment_site.services", "run", "--", sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert int(done.stdout) >= 50
    empty = subprocess.run(command[:4], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert empty.returncode == 2
    assert "needs a command" in empty.stderr
