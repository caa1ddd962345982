"""Jobs of the tests, and a program that runs one of them in a process that may be killed.

`python -m tests.jobs.sample_jobs NAME` runs the job inline and prints the row as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def register() -> None:
    """Enter the jobs; called after Django is set up."""
    from django.db import connection

    from sentiment_site.jobs.context import JobContext, Skip
    from sentiment_site.jobs.registry import job

    @job("tests.count", title="Count to a number")
    def count(ctx: JobContext, to: int = 3) -> str:
        for number in range(1, to + 1):
            ctx.progress(100 * number / to, f"at {number}")
            ctx.log(f"counted {number}")
        return f"counted to {to}"

    @job("tests.skip", title="Nothing to do")
    def skip(ctx: JobContext) -> None:
        raise Skip("the market is closed")

    @job("tests.raise", title="Raise what it is given")
    def fail(ctx: JobContext, path: str = "") -> None:
        ctx.log("about to raise")
        raise ERRORS[path]

    @job("tests.wait", title="Wait for a file, telling how far it is")
    def wait(ctx: JobContext, until: str = "", transaction: bool = False) -> None:
        from django.db import transaction as transactions

        def loop() -> None:
            ctx.log("waiting")
            for tick in range(400):
                if until and Path(until).exists():
                    return
                ctx.progress(min(99, tick), "waiting")
                ctx.check_cancelled()
                time.sleep(0.05)
            raise TimeoutError("the file never came")

        if transaction:
            with transactions.atomic():
                loop()
        else:
            loop()

    @job("tests.query", title="Ask the database without end")
    def query(ctx: JobContext) -> None:
        ctx.log("asking")
        for _ in range(400):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            time.sleep(0.05)

    @job("tests.together", title="Several at a time", exclusive=False)
    def together(ctx: JobContext, until: str = "") -> None:
        wait(ctx, until=until)


ERRORS: dict[str, BaseException] = {}


def row(run: Any) -> dict[str, Any]:
    """What a test wants to see of a run."""
    return {name: getattr(run, name) for name in ("id", "status", "reason", "percent", "lines", "traceback")}


def main() -> None:
    """Run one job in this process."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sentiment_site.settings")
    django.setup()
    register()
    from sentiment_site.jobs.services import run_now

    print(json.dumps(row(run_now(sys.argv[1], trigger="test"))))


if __name__ == "__main__":
    main()
else:
    from django.apps import apps

    if apps.ready:
        register()
