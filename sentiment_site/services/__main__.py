"""`python -m sentiment_site.services up|run`: the whole product, or one command beside temporary servers."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .backing import Backing
from .up import Supervisor
from .workspace import load_secrets


def main() -> int:
    """Read the command line and do it. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sentiment_site.services", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="bring the whole product up and stay")
    up.add_argument(
        "--demo", action="store_true", help="simulated vendors, seeded accounts, a market that is always open"
    )
    up.add_argument(
        "--speed", type=float, default=10.0, help="how many times faster than the wall the demo's market runs"
    )
    up.add_argument("--names", type=int, default=8000, help="how many listings the simulated market has")
    run = commands.add_parser("run", help="run a command beside embedded servers and stop them after it")
    run.add_argument("--keep", metavar="FOLDER", type=Path, help="keep the servers' data in this folder")
    run.add_argument("words", nargs=argparse.REMAINDER, help="-- the command")
    options = parser.parse_args()
    if options.command == "up":
        return Supervisor(demo=options.demo, speed=options.speed, names=options.names).run()
    words = [word for word in options.words if word != "--"]
    if not words:
        parser.error("run needs a command after --")
    return run_beside_servers(words, options.keep)


def run_beside_servers(words: list[str], keep: Path | None) -> int:
    """Start the servers (unless DATABASE_URL and REDIS_URL name some), run the command, stop them; its status."""
    with tempfile.TemporaryDirectory(prefix="sectorlight-") as temporary:
        folder = keep.resolve() if keep else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not keep:
            folder.chmod(0o755)
        backing = Backing(folder, dict(os.environ), lambda text: print(text, file=sys.stderr), durable=keep is not None)
        backing.start()
        try:
            environment = os.environ | backing.variables
            environment.setdefault("SECRET_KEY", load_secrets(folder).django)
            return subprocess.run(words, env=environment, check=False).returncode
        finally:
            backing.stop()


if __name__ == "__main__":
    sys.exit(main())
