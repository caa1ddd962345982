"""Starting a server as an ordinary user when we are root, wherever the repository lies.

PostgreSQL refuses to run as root, and a database server should not. When we are root the servers run as `nobody`.
Two things then stand in the way when the repository is inside a folder with mode 0700 (a root home, say):

* the data directory: `nobody` cannot walk the path to it. The server inherits an open descriptor of it and
  is told the path `/proc/self/fd/N`, which needs no right on the folders above. No mode outside changes.
* the programs: PostgreSQL resolves its own path to find its libraries, so a descriptor does not help. They are copied
  to a private temporary folder for as long as the server runs (66 MB, a quarter of a second), and removed at the stop.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .binaries import Programs

NOBODY = "nobody"


@dataclass(slots=True)
class Launch:
    """How a server is started: as whom, from which programs, and under which name it sees its folder."""

    executable: Path
    directory: str
    options: dict[str, Any] = field(default_factory=dict)
    copied: Path | None = None
    descriptor: int | None = None

    def close(self) -> None:
        """Give back what the launch borrowed: the descriptor and the temporary copy of the programs."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
        if self.copied is not None:
            shutil.rmtree(self.copied, ignore_errors=True)
            self.copied = None


def prepare(programs: Programs, directory: Path) -> Launch:
    """Make `directory` (the server's data) ready and say how to start the server in it. Call `close` after the stop."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    if os.geteuid() != 0:
        return Launch(programs.executable, str(directory.resolve()), {"cwd": "/"})
    account = pwd.getpwnam(NOBODY)
    _own(directory, account.pw_uid, account.pw_gid)
    launch = Launch(programs.executable, str(directory.resolve()))
    launch.options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}
    if not reachable_by_others(directory.resolve().parent):
        launch.descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        launch.directory = f"/proc/self/fd/{launch.descriptor}"
        launch.options["pass_fds"] = [launch.descriptor]
    if programs.trees and not runnable_by_others(programs):
        launch.copied, launch.executable = _copy(programs)
    return launch


def reachable_by_others(path: Path) -> bool:
    """Whether every folder from the root down to `path` may be entered by any user."""
    return all(stat.S_IMODE(step.stat().st_mode) & stat.S_IXOTH for step in (path.resolve(), *path.resolve().parents))


def runnable_by_others(programs: Programs) -> bool:
    """Whether any user may start the program where it lies: its folders are open, and so is the file itself.

    With a strict umask the files of a wheel are the installing user's alone, even where their folders are open.
    """
    mode = stat.S_IMODE(programs.executable.stat().st_mode)
    open_file = bool(mode & stat.S_IROTH and mode & stat.S_IXOTH)
    return open_file and all(reachable_by_others(tree) for tree in programs.trees)


def _own(directory: Path, uid: int, gid: int) -> None:
    """Hand the data directory to the server's user. Only this tree, never a folder above it."""
    for path in (directory, *directory.rglob("*")):
        if path.lstat().st_uid != uid:
            os.chown(path, uid, gid, follow_symlinks=False)


def _copy(programs: Programs) -> tuple[Path, Path]:
    folder = Path(tempfile.mkdtemp(prefix="sectorlight-programs-"))
    folder.chmod(0o755)
    for tree in programs.trees:
        shutil.copytree(tree, folder / tree.name, symlinks=True)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
    base = programs.trees[0]
    return folder, folder / base.name / programs.executable.relative_to(base)
