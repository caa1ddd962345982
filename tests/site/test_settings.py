"""A wrong or missing setting stops the start and names itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "k" * 50,
    "DATABASE_URL": "postgres://u:p@127.0.0.1:1/x",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "MARKET_CLOCK": "wall",
}


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of its own, from a folder whose .env cannot interfere."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/"} | GOOD | changes
    code = "import environ; environ.Env.read_env = lambda *a, **k: None\n"
    code += "import sentiment_site.settings as s; print(s.HTTPS, s.POLYGON_DELAY_S)"
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd="/", check=False
    )


def test_good_settings_start_safe_by_default() -> None:
    done = start()
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "900"]


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("DATABASE_URL", "", "DATABASE_URL is not set. Set it, or start the embedded servers"),
        ("REDIS_URL", "", "REDIS_URL is not set"),
        ("DATABASE_URL", "sqlite:///x.db", "PostgreSQL is the only database"),
        ("REDIS_URL", "memory://", "REDIS_URL must begin with"),
        ("MARKET_CLOCK", "yesterday", "MARKET_CLOCK"),
        ("POLYGON_RATE_PER_S", "0", "POLYGON_RATE_PER_S must be above 0"),
        ("POLYGON_RATE_PER_S", "many", "POLYGON_RATE_PER_S must be a number"),
        ("VOLATILITY_WEIGHTS", "magic", "VOLATILITY_WEIGHTS must be static, dynamic or hybrid"),
        ("THROTTLE_AUTH", "often", "THROTTLE_AUTH must be like 30/min"),
        ("JWT_ALGORITHM", "none", "JWT_ALGORITHM must be HS256"),
        ("JWT_KEY", "short", "JWT_KEY must have at least 32 characters"),
        ("LOGIN_FAILURES_MAX", "0", "LOGIN_FAILURES_MAX must be above 0"),
        ("JOBS_STALE_S", "6", "JOBS_STALE_S must be at least twice"),
    ],
)
def test_a_bad_setting_is_named(variable: str, value: str, message: str) -> None:
    done = start(**{variable: value})
    assert done.returncode != 0
    assert message in done.stderr
