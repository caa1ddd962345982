"""`manage.py run_job`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from .conftest import newest
from .sample_jobs import ERRORS

pytestmark = pytest.mark.django_db


def output(*words: str) -> str:
    out = StringIO()
    call_command("run_job", *words, stdout=out)
    return out.getvalue()


def test_without_a_name_jobs_are_listed() -> None:
    assert "tests.count                    Count to a number" in output().splitlines()


def test_inline_with_parameters() -> None:
    lines = output("tests.count", "--inline", "--param", "to=2", "--key", "k").splitlines()
    run = newest("tests.count")
    assert [line[9:] for line in lines[:-1]] == ["counted 1", "counted 2"]
    assert lines[-1] == f"tests.count #{run.pk} done: counted to 2"
    assert (run.trigger, run.key) == ("command", "k")


def test_text_and_json_parameters() -> None:
    output("tests.wait", "--param", "until=/tmp=x", "--param", "transaction=true")
    run = newest("tests.wait")
    assert (run.status, run.params) == ("queued", {"until": "/tmp=x", "transaction": True})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tests.nothing"], "no job is called"),
        (["tests.count", "--param", "to"], "expected KEY=VALUE"),
        (["tests.count", "--param", "=3"], "expected KEY=VALUE"),
        (["tests.count", "--param", "upto=3"], "unexpected keyword"),
    ],
)
def test_what_cannot_run(words: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        output(*words)


def test_a_bad_end_is_an_exit_status() -> None:
    ERRORS["x"] = ConnectionError("reset")
    with pytest.raises(CommandError, match="failed: connection lost: reset"):
        output("tests.raise", "--inline", "--param", "path=x")
    ERRORS["x"] = KeyError("AAPL")
    out = StringIO()
    with pytest.raises(CommandError, match="errored: KeyError: 'AAPL'"):
        call_command("run_job", "tests.raise", "--inline", "--param", "path=x", stdout=out)
    assert "Traceback" in out.getvalue()
