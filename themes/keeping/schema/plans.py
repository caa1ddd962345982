"""What PostgreSQL's planner makes of the query patterns, over tables of the same shape with a few thousand rows.

The tables are copies in a schema of their own, made, filled, analysed and rolled back with their transaction: nothing
of the product is written, and the plans do not depend on what happens to be stored. A copy has the columns and the
indexes of its original under the same names; a table in partitions is copied as one piece.
"""

# ruff: noqa: S608 - names come from the catalogue and are quoted
from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Model

from sentiment_site.timeseries.parquet import list_columns
from sentiment_site.timeseries.selection import quoted

from .patterns import NOW, PATTERNS, Pattern

SCHEMA: Final = "plans_of_patterns"
ROWS: Final = 4_000
STOCKS: Final = 400
STEP: Final = "7 minutes"


@dataclass(frozen=True, slots=True)
class Plan:
    """A pattern with its statement and its plan: indented lines of node types with the index each of them uses."""

    pattern: Pattern
    statement: str
    lines: tuple[str, ...]
    indexes: frozenset[str]

    @property
    def is_answered(self) -> bool:
        """Whether one of the stated indexes is used."""
        return bool(self.indexes & set(self.pattern.indexes))


def explain_patterns(patterns: Sequence[Pattern] = PATTERNS) -> list[Plan]:
    """The plans, in the order of the patterns. Leaves the database as it was."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        for model in dict.fromkeys(pattern.get_model() for pattern in patterns):
            _copy_table(cursor, model)
        # as in tables of millions, where reading in order beats collecting and sorting
        cursor.execute(f"SET LOCAL search_path = {SCHEMA}, public; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off; SET LOCAL jit = off")
        plans = [_explain(cursor, pattern) for pattern in patterns]
        transaction.set_rollback(True)
    return plans


def render_queries() -> str:
    """docs/schema/queries.md: every pattern with its statement, its plan and the index that answers it."""
    parts = [
        "# Query patterns and their plans",
        "",
        "Made by `manage.py describe_schema`; do not edit. Plans are PostgreSQL's own (EXPLAIN) over copies of the",
        f"tables with {ROWS:,} rows each, costs left out, sorting and bitmaps switched off as they would not",
        "pay in tables of millions; a copy of a table in partitions is one piece. A test asks that every pattern still",
        "uses its index.",
        "",
        "For a query of your own: ask by stock and time, or by time alone, in the order of an index below; the time",
        "machine adds `<= moment` to the same column. Never order by a column that no index ends with.",
        "",
        "| pattern | asked by | table | index |",
        "|---|---|---|---|",
    ]
    plans = explain_patterns()
    for plan in plans:
        table = plan.pattern.get_model()._meta.db_table
        used = ", ".join(f"`{name}`" for name in sorted(plan.indexes & set(plan.pattern.indexes)))
        parts.append(f"| {plan.pattern.name} | {plan.pattern.asked_by} | `{table}` | {used or 'none'} |")
    for plan in plans:
        parts += ["", f"## {plan.pattern.name}", "", "```sql", plan.statement, "```", "", "```text", *plan.lines, "```"]
    return "\n".join(parts) + "\n"


def _copy_table(cursor: Any, model: type[Model]) -> None:
    """A copy of a table without its constraints, filled and analysed."""
    table = model._meta.db_table
    cursor.execute(f"CREATE TABLE {SCHEMA}.{quoted(table)} (LIKE public.{quoted(table)})")
    names, values = [], []
    for place, (name, kind) in enumerate(list_columns(table)):
        names.append(quoted(name))
        values.append(_fill(model, name, kind, place))
    cursor.execute(
        f"INSERT INTO {SCHEMA}.{quoted(table)} ({', '.join(names)})"
        f" SELECT {', '.join(values)} FROM generate_series(1, {ROWS}) n",
    )
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = %s", [table])
    for (definition,) in cursor.fetchall():
        # unique or not changes no plan, and the rows made here repeat themselves
        plain = definition.replace("CREATE UNIQUE INDEX", "CREATE INDEX").replace(" ON ONLY ", " ON ")
        cursor.execute(plain.replace(" ON public.", f" ON {SCHEMA}.").replace("%", "%%"))
    cursor.execute(f"ANALYZE {SCHEMA}.{quoted(table)}")


def _fill(model: type[Model], name: str, kind: str, place: int) -> str:
    """SQL of a value in row n: stocks repeat every 400 rows, time goes back seven minutes a row."""
    field = next((field for field in model._meta.local_concrete_fields if field.column == name), None)
    value = _plain_value(name, kind, place, refers=bool(field and field.is_relation))
    choices = [str(choice) for choice, _ in field.flatchoices] if field and field.choices else []
    if choices and kind.startswith(("character", "text")):
        listed = ", ".join("'{}'".format(choice.replace("'", "''")) for choice in choices)
        value = f"(ARRAY[{listed}])[1 + n % {len(choices)}]"
    if field and field.null and not field.is_relation:
        return f"CASE WHEN n % 20 <> 0 THEN {value} END"
    return value


def _plain_value(name: str, kind: str, place: int, *, refers: bool) -> str:
    repeated = f"(n + {0 if name == 'instrument_id' else place}) % {STOCKS}"
    number = repeated if refers else "n" if name == "id" else "n % 50"
    known = {
        "timestamp with time zone": f"TIMESTAMPTZ '{NOW.isoformat()}' - n * INTERVAL '{STEP}'",
        "date": f"DATE '{NOW:%Y-%m-%d}' - n % 700",
        "bigint": number,
        "integer": number,
        "smallint": number,
        "uuid": f"md5(({f'n % {STOCKS}' if refers else 'n'})::text)::uuid",
        "boolean": "n % 4 = 0",
        "jsonb": "'{}'::jsonb",
        "bytea": "''::bytea",
    }
    if kind.startswith(("character", "text")):
        length = re.search(r"\((\d+)\)", kind)
        word = f"'S' || n % {STOCKS}" if name == "symbol" else "md5(n::text)"
        return f"left({word}, {length[1]})" if length else word
    return known.get(kind, f"((n % 100) / 101.0)::{kind}")


def _explain(cursor: Any, pattern: Pattern) -> Plan:
    text, values = pattern.build().query.sql_with_params()
    cursor.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF) {text}", values)
    found = cursor.fetchone()[0]
    root = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    nodes = list(_walk(root, 0))
    lines = tuple("  " * depth + _say(node) for depth, node in nodes)
    indexes = frozenset(str(node["Index Name"]) for _, node in nodes if "Index Name" in node)
    statement = connection.ops.compose_sql(text, values)  # type: ignore[attr-defined]  # PostgreSQL's
    return Plan(pattern, _break(statement), lines, indexes)


def _walk(node: dict[str, Any], depth: int) -> Iterator[tuple[int, dict[str, Any]]]:
    yield depth, node
    for child in node.get("Plans", ()):
        yield from _walk(child, depth + 1)


def _say(node: dict[str, Any]) -> str:
    using = f" using {node['Index Name']}" if "Index Name" in node else ""
    on = f" on {node['Relation Name']}" if "Relation Name" in node else ""
    return f"{node['Node Type']}{using}{on}"


def _break(statement: str) -> str:
    """The statement with a line for each clause, its columns left out."""
    short = re.sub(r"^SELECT .*? FROM ", "SELECT * FROM ", statement)
    return re.sub(r" (WHERE|ORDER BY|LIMIT) ", r"\n\1 ", short)
