"""Labelled texts of our own, and a stock that people write about."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.themes.documents.conftest import acme, source  # noqa: F401 - fixtures

GOOD = ["{} beats estimates", "{} to the moon", "so bullish on {}", "{} raises guidance", "buying more {} here"]
BAD = ["{} misses estimates", "{} will crash", "so bearish on {}", "{} cuts guidance", "selling all my {} here"]
EVEN = ["{} meets on Tuesday", "{} names an auditor", "{} files its report", "the chart of {}", "{} moves its office"]
NAMES = ["$AAA", "$BBB", "Acme", "the bank", "this miner", "the drug maker"]


def labelled() -> list[tuple[str, str]]:
    return [
        (text.format(name), label)
        for name in NAMES
        for label, texts in (("bullish", GOOD), ("bearish", BAD), ("neutral", EVEN))
        for text in texts
    ]


def write_csv(path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...] = ("text", "label")) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def training_file(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "texts.csv", labelled())
