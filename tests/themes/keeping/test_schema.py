"""docs/schema is what the models and the planner say. Out of date? `manage.py describe_schema` writes it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from themes.keeping.schema import plans
from themes.keeping.schema.catalogue import list_apps
from themes.keeping.schema.patterns import PATTERNS
from themes.keeping.schema.render import render_diagram, render_dictionary
from themes.management.commands import describe_schema

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).resolve().parents[3] / "docs" / "schema"
AGAIN = "run `manage.py describe_schema`"


def test_the_diagram_and_the_dictionary_are_the_models() -> None:
    assert (DOCS / "er.md").read_text() == render_diagram(), AGAIN
    assert (DOCS / "dictionary.md").read_text() == render_dictionary(), AGAIN


def test_every_pattern_uses_its_index_and_leaves_nothing_behind() -> None:
    found = plans.explain_patterns()
    slow = {plan.pattern.name: plan.lines for plan in found if not plan.is_answered}
    assert slow == {}
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS) == len(found)
    page = (DOCS / "queries.md").read_text()
    assert all(f"\n## {pattern.name}\n" in page for pattern in PATTERNS), AGAIN
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [plans.SCHEMA])
        assert cursor.fetchone()[0] == 0
        cursor.execute("SELECT count(*) FROM themes_document")
        assert cursor.fetchone()[0] == 0


def test_an_index_that_is_gone_is_noticed() -> None:
    pattern = next(pattern for pattern in PATTERNS if pattern.indexes == ("mention_event",))
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX mention_event")
    plan = plans.explain_patterns([pattern])[0]
    assert not plan.is_answered and plan.lines[-1].strip() == "Seq Scan on themes_mention"


def test_the_dictionary_tells_columns_rules_and_periods() -> None:
    page = render_dictionary()
    chapter = page.split("### themes_tweetsentiment\n")[1].split("\n### ")[0]
    assert "| `tweet_id` | bigint | yes | – | FK | Refers to `themes_tweet`; when that goes: SET_NULL. |" in chapter
    assert "| `label` | varchar(8) | no | – | – | One of: bearish, neutral, bullish. |" in chapter
    assert (
        "after `RETENTION_TEXT_SENTIMENTS_DAYS`, then to the archive; stays while: its post is still here." in chapter
    )
    assert "- `tweetsentiment_once`: unique (document_key, instrument_id)" in chapter
    assert '- `tweetsentiment_score_range`: check ("score" IS NULL OR ("score" >=  -1.0 AND "score" <= 1.0))' in chapter
    assert "- `tweetsentiment_instrument`: (instrument_id, event_at DESC)" in chapter
    assert "Time series by `as_of`, one part a month." in page.split("### temperature_monitoring\n")[1].split("###")[0]
    assert "### bar_30m" in page and "### auth_group" not in page


def test_every_line_of_the_diagram_joins_two_tables() -> None:
    known = {table.name for tables in list_apps().values() for table in tables}
    lines = [line.split() for line in render_diagram().splitlines() if "--" in line and " : " in line]
    assert len(lines) > 40
    packages = {"django_celery_beat_periodictask"}
    assert {name for line in lines for name in (line[0], line[2])} - known == packages
    assert ["themes_document", "||--o|", "themes_tweet", ":", "document"] in lines
    assert ["themes_tweet", "|o--o{", "themes_tweetsentiment", ":", "tweet"] in lines


def test_the_command_writes_and_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe_schema, "FOLDER", tmp_path)
    with pytest.raises(CommandError, match=r"out of date: er\.md, dictionary\.md"):
        call_command("describe_schema", "--check")
    call_command("describe_schema")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dictionary.md", "er.md", "queries.md"]
    call_command("describe_schema", "--check")
