"""What every file is checked for, in SQL over a staged table of the file's rows."""

# ruff: noqa: S608 - the SQL of this module is made of our own names and of quoted texts
from __future__ import annotations

from collections.abc import Sequence

from .bad_rows import LISTED, BadRow, refuse_rows
from .source_file import SourceFile
from .symbols import CANONICAL, canonical

Check = tuple[str, str, str]


def first_problem(checks: Sequence[Check]) -> str:
    """SQL of the first check that fails, as "field: reason", else NULL. checks: (field, SQL condition, SQL reason)."""
    cases = " ".join(f"WHEN {condition} THEN '{field}: ' || {reason}" for field, condition, reason in checks)
    return f"CASE {cases} END"


def refuse_problems(source: SourceFile, table: str, column: str = "problem") -> None:
    """Refuse the file if any row of `table` has a problem."""
    found = source.database.execute(
        f"SELECT n, {column}, count(*) OVER () FROM {table} WHERE {column} IS NOT NULL ORDER BY n LIMIT {LISTED}"
    ).fetchall()
    if found:
        split = [(n, *problem.split(": ", 1)) for n, problem, _ in found]
        rows = [BadRow(n, field, reason, source.line_of(n)) for n, field, reason in split]
        raise refuse_rows(source.path.name, rows, found[0][2])


def add_names(source: SourceFile, table: str) -> None:
    """The table `names`: the canonical symbol of each `symbol` in `table`, NULL for what is no symbol."""
    spelled = source.database.execute(f"SELECT DISTINCT symbol FROM {table} WHERE symbol IS NOT NULL").fetchall()
    source.database.execute("CREATE TABLE names (symbol VARCHAR, canonical VARCHAR)")
    if spelled:
        rows = [(symbol, canonical(symbol)) for (symbol,) in spelled]
        source.database.executemany("INSERT INTO names VALUES (?, ?)", rows)
    source.database.execute(f"UPDATE names SET canonical = NULL WHERE NOT regexp_full_match(canonical, '{CANONICAL}')")


def symbol_checks() -> list[Check]:
    """Checks of `c.symbol`, a table's column, joined with `names`."""
    return [
        ("symbol", "c.symbol IS NULL", "'is empty'"),
        ("symbol", "names.canonical IS NULL", "'\"' || c.symbol || '\" is no symbol'"),
    ]


def drop_repeats(source: SourceFile, table: str, keys: Sequence[str], values: Sequence[str]) -> int:
    """Refuse rows that say something else than an earlier row of the same keys; drop and count those that say the same.

    The first key is the canonical `symbol`.
    """
    same = " AND ".join(f"a.{name} IS NOT DISTINCT FROM b.{name}" for name in values)
    joined = " AND ".join(f"b.{key} = firsts.{key}" for key in keys)
    source.database.execute(
        f"CREATE TABLE firsts AS SELECT {', '.join(keys)}, min(n) AS n FROM {table}"
        f" GROUP BY {', '.join(keys)} HAVING count(*) > 1"
    )
    source.database.execute(
        f"CREATE TABLE repeats AS SELECT b.n, CASE WHEN NOT ({same}) THEN 'symbol: ' || a.symbol"
        " || ' differs from row ' || a.n || ' about the same thing' END AS problem"
        f" FROM firsts JOIN {table} a ON a.n = firsts.n JOIN {table} b ON {joined} AND b.n > firsts.n"
    )
    refuse_problems(source, "repeats")
    source.database.execute(f"DELETE FROM {table} WHERE n IN (SELECT n FROM repeats)")
    [(repeats,)] = source.database.execute("SELECT count(*) FROM repeats").fetchall()
    return int(repeats)
