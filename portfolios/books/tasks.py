"""Jobs of the books."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError

from portfolios.models import ImportBatch
from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job

from . import corporate, imports


@job("portfolios.corporate", title="Expiries and splits in the books")
def bring_up_to_date(ctx: JobContext, day: str = "") -> str:
    """Settles expired options and applies splits up to a session (ISO; default: the last one that closed)."""
    report = corporate.bring_up_to_date(dt.date.fromisoformat(day) if day else None, ctx.progress)
    for line in report.waiting:
        ctx.log(line)
    return str(report)


@job("portfolios.import_file", title="A file into a book", exclusive=False)
def import_file(ctx: JobContext, batch: str) -> str:
    """Enters a preview that its owner confirmed; whole or not at all."""
    row = ImportBatch.objects.select_related("portfolio").defer("content").get(pk=batch)
    try:
        done = imports.confirm_import(row.portfolio, row.pk, ctx.progress)
    except ValidationError as error:
        # everybody may see how a run ended; why a file was refused is its owner's to see
        imports.note_refusal(row, error.messages)
        raise Skip("the file was refused") from error
    return f"{done.created_count} positions entered"


@job("portfolios.discard_imports", title="Uploaded files that nobody confirmed")
def discard_imports(ctx: JobContext) -> str:
    """Throws them away with their content."""
    return f"{imports.discard_old()} files discarded"
