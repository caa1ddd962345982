"""Job of the documents."""

from __future__ import annotations

from sentiment_site.jobs.context import JobContext
from sentiment_site.jobs.registry import job
from themes.social.waiting import score_waiting

from .collect import collect_documents, honour_deletions


@job("themes.documents", title="Documents: filings, news, press and posts")
def documents(ctx: JobContext) -> str:
    """Every five minutes; what is new is scored. Ends failed, all else done, when a vendor refused a part."""
    report = collect_documents(ctx.progress)
    for line in report.lines:
        ctx.log(line)
    scored = score_waiting()
    if report.errors:
        raise report.errors[0]
    return f"{len(report.document_ids):,} documents new, {scored:,} scores"


@job("themes.deletions", title="Posts that were deleted")
def deletions(ctx: JobContext) -> str:
    """Daily. Ends failed, with everything else done, when a platform refused."""
    report = honour_deletions()
    for line in report.lines:
        ctx.log(line)
    if report.errors:
        raise report.errors[0]
    return "; ".join(report.lines) or "no platform is connected"
