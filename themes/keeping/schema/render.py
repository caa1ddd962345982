"""The diagram and the dictionary as Markdown. The same models give the same text, to the byte."""

from __future__ import annotations

from typing import Final

from sentiment_site.timeseries.parquet import list_columns
from sentiment_site.timeseries.partitions import Layout, list_time_series
from sentiment_site.timeseries.retention import Policy, list_plans

from .catalogue import NONE, SHORT, Column, Table, list_apps

MADE: Final = "Made from the models by `manage.py describe_schema`; do not edit. A test compares it with them."
# Nearly every table refers to these: their lines would hide all others.
HUBS: Final = frozenset({"universe_instrument", "universe_datasource", "portfolios_user"})


def render_diagram() -> str:
    """docs/schema/er.md: one Mermaid diagram an app, with the columns that are keys."""
    parts = [
        "# Tables and how they refer to each other",
        "",
        MADE,
        "",
        "Only keys are drawn; every column is in [the dictionary](dictionary.md). Lines to",
        f"{', '.join(f'`{name}`' for name in sorted(HUBS))} are drawn in their own app's diagram only: elsewhere the",
        "column names its target.",
    ]
    for app, tables in list_apps().items():
        parts += ["", f"## {app}", "", "```mermaid", "erDiagram"]
        for table in tables:
            parts += _entity(table)
        for table in tables:
            parts += [_line(table, column, app) for column in table.columns if _is_drawn(column, app)]
        parts.append("```")
    return "\n".join(parts) + "\n"


def render_dictionary() -> str:
    """docs/schema/dictionary.md: every table with columns, constraints, indexes and how long its rows stay."""
    layouts = {layout.table: layout for layout in list_time_series()}
    policies = [policy for plan in list_plans().values() for policy in plan]
    listed = list_apps()
    parts = [
        "# Data dictionary",
        "",
        MADE,
        "",
        "Times are UTC. A default is what the application writes; where it says database, the database does. How long",
        "rows stay: [retention](../themes-retention.md). Diagram: [er.md](er.md), queries: [queries.md](queries.md).",
    ]
    for app, tables in listed.items():
        parts += ["", f"## {app}", "", *(f"- [`{table.name}`](#{table.name})" for table in tables)]
        for table in tables:
            kept = [policy for policy in policies if policy.model._meta.db_table == table.name]
            parts += _chapter(table, layouts.get(table.name), kept)
    known = {table.name for tables in listed.values() for table in tables}
    bare = [layout for name, layout in layouts.items() if name not in known]
    parts += ["", "## Tables without a model", "", "Written and read with COPY and plain SQL (docs/data-bars.md)."]
    for layout in bare:
        parts += _bare_chapter(layout)
    return "\n".join(parts) + "\n"


def _entity(table: Table) -> list[str]:
    lines = []
    for column in table.columns:
        if not column.key:
            continue
        kind = column.kind.split("(")[0].replace(" ", "_")
        keys = [column.key] if column.key != "PK" or not column.refers else ["PK", "FK"]
        comment = f' "{column.refers}"' if column.refers else ""
        lines.append(f"        {kind} {column.name} {', '.join(keys)}{comment}")
    return [f"    {table.name} {{", *lines, "    }"]


def _is_drawn(column: Column, app: str) -> bool:
    return bool(column.refers) and (column.refers not in HUBS or column.refers.startswith(f"{app}_"))


def _line(table: Table, column: Column, app: str) -> str:
    left = "|o" if column.null else "||"
    right = "o|" if column.one else "o{"
    return f"    {column.refers} {left}--{right} {table.name} : {column.field}"


def _chapter(table: Table, layout: Layout | None, policies: list[Policy]) -> list[str]:
    lines = ["", f"### {table.name}", "", f"`{table.app}.{table.model.__name__}`. {table.purpose}", ""]
    if layout is not None:
        lines += [f"Time series by `{layout.time_column}`, one part a {layout.interval}.", ""]
    for policy in policies:
        lines += [_kept(policy), ""]
    lines += ["| column | type | null | default | key | meaning |", "|---|---|---|---|---|---|"]
    for column in table.columns:
        key = column.key or ("index" if column.indexed else "")
        null = "yes" if column.null else "no"
        cells = [f"`{column.name}`", column.kind, null, column.default, key, column.meaning]
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    if len(table.primary_key) > 1:
        lines += ["", f"Primary key: {', '.join(f'`{name}`' for name in table.primary_key)}."]
    for title, rows in (("Constraints", table.constraints), ("Indexes", table.indexes)):
        if rows:
            lines += ["", f"{title}:", "", *(f"- `{name}`: {what}" if name else f"- {what}" for name, what in rows)]
    return lines


def _kept(policy: Policy) -> str:
    then = "deleted" if policy.restricted else "to the archive"
    what = f"words ({', '.join(name for name, _ in policy.emptied)})" if policy.emptied else "rows"
    stays = f"; stays while: {policy.because}" if policy.because else ""
    return (
        f"Retention, {policy.title.lower()}: {what} by `{policy.moment}` after `{policy.setting}`, then {then}{stays}."
    )


def _bare_chapter(layout: Layout) -> list[str]:
    lines = ["", f"### {layout.table}", ""]
    lines += [f"Time series by `{layout.time_column}`, one part a {layout.interval}.", ""]
    lines += ["| column | type |", "|---|---|"]
    lines += [f"| `{name}` | {SHORT.get(kind, kind)} |" for name, kind in list_columns(layout.table)]
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or NONE
