"""The locks say what the .in files ask for: `python -m tests.architecture.lock` resolves them again and compares."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements", "requirements-dev")


def main() -> int:
    """Exit status 1 and the difference when a lock is out of date. Pins in the lock are kept where they still fit."""
    with tempfile.TemporaryDirectory() as folder:
        for name in LOCKS:
            for suffix in (".in", ".txt"):
                shutil.copy(ROOT / f"{name}{suffix}", folder)
        for name in LOCKS:
            command = [
                str(Path(sys.executable).parent / "uv"),
                "pip",
                "compile",
                "-q",
                "--universal",
                "--generate-hashes",
            ]
            command += ["--python-version", "3.11", "--no-header", f"{name}.in", "-o", f"{name}.txt"]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            if (Path(folder) / f"{name}.txt").read_text() != (ROOT / f"{name}.txt").read_text():
                print(f"{name}.txt does not fit {name}.in: run `make lock`", file=sys.stderr)
                return 1
    print("both locks fit their inputs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
