"""The folder of a running installation (`var/demo`, `var/live`): secrets, addresses, the demo's place in time."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("VAR_DIR", ROOT / "var")).resolve()
ADDRESSES = VAR / "services.env"
DATA = ("postgres-*", "valkey")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords of the embedded servers and Django's key, made once per folder."""

    postgres: str
    valkey: str
    django: str


@dataclass(frozen=True, slots=True)
class DemoTime:
    """Where the demo stands: the simulator's anchor session, the market time reached, and which market it is."""

    anchor: str
    market: str
    world: str = ""

    @property
    def market_time(self) -> datetime:
        """The market time reached, aware."""
        return datetime.fromisoformat(self.market)


def load_secrets(folder: Path) -> Secrets:
    """The folder's secrets, made at the first call; readable by the owner only."""
    path = folder / "secrets.json"
    if not path.exists():
        made = Secrets(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(50))
        write_private(path, json.dumps(asdict(made)))
    return Secrets(**json.loads(path.read_text()))


def load_demo_time(folder: Path) -> DemoTime | None:
    """The demo's place in time, None before the first start."""
    path = folder / "clock.json"
    return DemoTime(**json.loads(path.read_text())) if path.exists() else None


def save_demo_time(folder: Path, reached: DemoTime) -> None:
    """Remember the place in time, so that the next start goes on from there and never back."""
    write_private(folder / "clock.json", json.dumps(asdict(reached)))


def forget_data(folder: Path) -> None:
    """Remove what a demo has stored, so that it begins anew; secrets and logs stay."""
    for path in [path for pattern in DATA for path in folder.glob(pattern)]:
        shutil.rmtree(path)
    (folder / "clock.json").unlink(missing_ok=True)


def write_addresses(variables: dict[str, str]) -> None:
    """Tell `manage.py` in another terminal where the running servers are."""
    write_private(ADDRESSES, "".join(f"{name}={value}\n" for name, value in sorted(variables.items())))


def write_private(path: Path, text: str) -> None:
    """Replace a file whole, mode 0600: a reader sees the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(path.suffix + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
