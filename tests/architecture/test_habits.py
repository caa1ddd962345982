"""Habits of the house that a linter cannot see."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sentiment_site", "universe", "sectors", "macro", "themes", "portfolios")
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
WALL_CLOCK = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("timezone", "now"),
    ("time", "time"),
}
THE_ONE_READER = ROOT / "sentiment_site" / "market" / "clock.py"
MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 60
NAMELESS_ROOMS = {"utils", "helpers", "common", "misc"}


def calls(tree: ast.AST) -> set[tuple[str, str]]:
    """(object, attribute) of every attribute access x.y or a.x.y in a module, by the last two names."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            found.add((name, node.attr))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_clock_reads_the_wall_clock(path: Path) -> None:
    read = calls(ast.parse(path.read_text())) & WALL_CLOCK
    assert not read or path == THE_ONE_READER, f"{path.relative_to(ROOT)} reads the wall clock: {sorted(read)}"


def test_the_scan_would_see_a_reader() -> None:
    assert calls(ast.parse("import datetime\nx = datetime.datetime.now()")) & WALL_CLOCK == {("datetime", "now")}
    assert calls(ast.parse(THE_ONE_READER.read_text())) & WALL_CLOCK


def test_files_and_functions_are_short_and_rooms_have_names() -> None:
    long_files, long_functions = [], []
    for path in SOURCES:
        text = path.read_text()
        if text.count("\n") > MOST_LINES_OF_A_FILE:
            long_files.append(str(path.relative_to(ROOT)))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MOST_LINES_OF_A_FUNCTION:
                    long_functions.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} ({length})")
    assert not long_files
    assert not long_functions
    assert not [str(path) for path in SOURCES if path.stem in NAMELESS_ROOMS]


def test_every_public_function_has_a_docstring() -> None:
    bare = []
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            is_public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if is_public and ast.get_docstring(node) is None:
                bare.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not bare
