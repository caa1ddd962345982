"""Parameters of addresses, read once for pages and API: what is misspelt or cannot be read is refused by its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlencode

from sentiment_site.live.time_machine import BadParameter

# What the shell puts into every address: the moment, the stock panel, the state a poll knows.
OF_THE_SHELL = frozenset({"as_of", "panel", "seq"})
LONGEST_SEARCH = 60


def refuse_unknown(given: Mapping[str, str], known: Collection[str]) -> None:
    """BadParameter for the first name that does not exist: a misspelt filter must not look like one that found all."""
    for name in given:
        if name not in known and name not in OF_THE_SHELL:
            said = f"unknown parameter; there are {', '.join(known)}" if known else "unknown parameter; there is none"
            raise BadParameter(name, given[name], said)


def is_narrowed(given: Mapping[str, str]) -> bool:
    """Whether an address asks for less than everything of a moment."""
    return any(value.strip() for name, value in given.items() if name not in OF_THE_SHELL)


def read_choice(given: Mapping[str, str], name: str, allowed: Collection[str], default: str = "") -> str:
    """One of a few words; the default where it is absent or blank."""
    value = given.get(name, "").strip() or default
    if value not in allowed:
        raise BadParameter(name, value, f"{value!r} is not one of {', '.join(one for one in allowed if one)}")
    return value


def read_sort(given: Mapping[str, str], columns: Collection[str], default: str) -> str:
    """A column, "-" before it for falling."""
    value = given.get("sort", "").strip() or default
    if value.removeprefix("-") not in columns:
        raise BadParameter("sort", value, f"{value!r} is not one of {', '.join(columns)}, each with or without -")
    return value


def read_whole(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number within bounds."""
    value = given.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= 12 and least <= int(value) <= most):
        raise BadParameter(name, value, f"must be a whole number from {least} to {most}")
    return int(value)


def read_words(given: Mapping[str, str], name: str = "q") -> str:
    """Text to search for, without NUL, at most LONGEST_SEARCH characters."""
    value = given.get(name, "").strip()
    if len(value) > LONGEST_SEARCH or "\x00" in value:
        raise BadParameter(name, value[:LONGEST_SEARCH], f"at most {LONGEST_SEARCH} plain characters")
    return value


def write_query(given: Mapping[str, str], known: Collection[str], **changes: str | int) -> str:
    """The address's query with changed parameters and the moment kept; the page is left out unless it is given."""
    kept = {name: value for name, value in given.items() if (name in known and name != "page") or name == "as_of"}
    merged = kept | {name: str(value) for name, value in changes.items()}
    return urlencode({name: value for name, value in merged.items() if value})
