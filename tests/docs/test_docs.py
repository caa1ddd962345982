"""The documentation says what is there: packages, settings, commands, files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def names_in(lock_input: str) -> set[str]:
    """Package names of a requirements input, lower case, without extras and versions."""
    lines = (ROOT / lock_input).read_text().splitlines()
    found = (re.match(r"([A-Za-z0-9_.-]+)", line) for line in lines if line and not line.startswith(("#", "-")))
    return {match.group(1).lower() for match in found if match}


def test_every_package_has_its_reason_and_no_reason_lacks_its_package() -> None:
    table = re.findall(r"^\| ([A-Za-z0-9_.-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    documented = {name.lower() for name in table} - {"package"}
    assert documented == names_in("requirements.in") | names_in("requirements-dev.in")


def test_every_setting_is_documented() -> None:
    source = (ROOT / "sentiment_site/settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|positive|required)\(\s*"([A-Z0-9_]+)"', source))
    page = (ROOT / "docs/operations.md").read_text()
    assert read, "the pattern finds the settings"
    assert {name for name in read if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_file_names_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    names = re.findall(r"\b(docs/[\w/.-]+\.(?:md|sh|png))\b", text)
    missing = [link for link in links if link and not (page.parent / link).exists()]
    missing += [name for name in names if not (ROOT / name).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist(page: Path) -> None:
    text = page.read_text()
    commands = set(re.findall(r"manage\.py ([a-z_]+)", text))
    assert commands <= set(get_commands())
    targets = set(re.findall(r"`make ([a-z-]+)", text))
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets <= known


def test_no_page_or_source_names_a_path_of_a_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    suspicious = re.compile(r"/(?:work|home/\w+|Users/\w+)/")
    found = []
    for name in tracked.stdout.split():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".yml", ".sh", ".js", ".css", ".html", ".in"} and path.exists():
            found += [
                name for line in path.read_text().splitlines() if suspicious.search(line) and "suspicious" not in line
            ]
    assert found == []
