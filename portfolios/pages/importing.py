"""The import wizard: upload, look, confirm. Every step is a plain form; scripts only make it quicker."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolios import access
from portfolios.books import exports, imports, selectors
from portfolios.books.confirming import INLINE_ROWS, confirm_or_queue, find_run
from portfolios.books.imports import ImportOptions, ImportRefused
from portfolios.kernels.import_presets import POSITIONS
from portfolios.models import Funding, ImportBatch, Portfolio
from sentiment_site.jobs.services import may_cancel
from sentiment_site.live.http import signed_in

from .import_preview import (
    BAD_ROWS_SHOWN,
    FIELD_TITLES,
    OWN,
    bad_numbers,
    compare_totals,
    describe_reading,
    list_bad_rows,
    read_again,
)
from .navigation import render_page
from .parameters import read_choice, read_page, refuse_unknown

FILES_SHOWN, ROWS_SHOWN = 20, 100
SHOWN: Mapping[str, str] = {"all": "All rows", "new": "New", "known": "In the book already"}
FUNDINGS: Mapping[str, str] = {
    Funding.TRANSFER: "I brought it along: it is capital, cash does not move",
    Funding.TRADE: "It was paid for with this book's cash",
}
CHANGES = ("read", "leave_out", "leave_out_all", "take_in", "take_in_all")
LONGEST_NUMBER = 9


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def uploads(request: HttpRequest) -> HttpResponse:
    """What can be uploaded, and the files that were; a POST uploads one and leads to its preview."""
    portfolio = access.get_portfolio(request.user)
    refuse_unknown(request, "page")
    if request.method != "POST":
        return _uploads(request, portfolio)
    file = request.FILES.get("file")
    if file is None:
        return _uploads(request, portfolio, ["Choose a file first."])
    if (file.size or 0) > settings.IMPORT_BYTES_MAX:
        limit = f"{settings.IMPORT_BYTES_MAX:,}"
        return _uploads(request, portfolio, [f"The file has {file.size:,} bytes, {limit} are allowed."])
    try:
        batch = imports.preview_import(portfolio, file.name or "", file.read())
    except ImportRefused as error:
        return _uploads(request, portfolio, [_sentence(reason) for reason in error.messages], file.name or "")
    return _to(batch)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def preview(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """One file: what it would enter, and every row that is not understood; a POST reads it another way."""
    portfolio = access.get_portfolio(request.user)
    batch = access.find(access.imports_of(portfolio), key)
    refuse_unknown(request, "page", "show")
    if request.method != "POST":
        return _preview(request, portfolio, batch)
    try:
        imports.change_preview(portfolio, key, _changed(request, batch))
    except ValidationError as error:
        return _preview(request, portfolio, batch, [_sentence(reason) for reason in error.messages])
    return _to(batch)


@require_POST
@signed_in
def confirm(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Enter every position or none; a long file is entered by a worker, whose progress the preview shows."""
    portfolio = access.get_portfolio(request.user)
    try:
        batch, run = confirm_or_queue(portfolio, key, user=request.user, trigger="page")
    except ValidationError as error:
        batch = access.find(access.imports_of(portfolio), key)
        return _preview(request, portfolio, batch, [_sentence(reason) for reason in error.messages])
    if run is None:
        messages.success(request, f"{batch.file_name}: {_entered(batch)}")
    return _to(batch)


@require_POST
@signed_in
def discard(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Throw a preview and its file away."""
    portfolio = access.get_portfolio(request.user)
    try:
        batch = imports.discard_import(portfolio, key)
    except ImportRefused as error:
        batch = access.find(access.imports_of(portfolio), key)
        return _preview(request, portfolio, batch, error.messages)
    messages.info(request, f"{batch.file_name} was thrown away; nothing of it was entered.")
    return HttpResponseRedirect(reverse("portfolios:import"))


@require_safe
@signed_in
def template(request: HttpRequest) -> HttpResponse:
    """The file to start from, with three examples."""
    refuse_unknown(request)
    answer = HttpResponse(exports.export_template(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="sectorlight-template.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _uploads(
    request: HttpRequest, portfolio: Portfolio, problems: list[str] | None = None, refused: str = ""
) -> HttpResponse:
    page = read_page(request.GET, selectors.list_imports(portfolio), FILES_SHOWN)
    kept = dt.timedelta(hours=settings.IMPORT_PREVIEW_HOURS)
    context = {
        "page": page,
        "files": [{"batch": batch, "kept_until": batch.created_at + kept} for batch in page],
        "problems": problems or [],
        "refused": refused,
        "presets": imports.list_presets(),
        "fields": list(FIELD_TITLES.values()),
        "limits": {
            "bytes": settings.IMPORT_BYTES_MAX,
            "rows": settings.IMPORT_ROWS_MAX,
            "positions": settings.BOOK_POSITIONS_MAX,
            "hours": settings.IMPORT_PREVIEW_HOURS,
            "previews": imports.OPEN_PREVIEWS_MAX,
            "inline": INLINE_ROWS,
        },
    }
    status = 400 if problems else 200
    return render_page(
        request, "portfolios/import.html", context, portfolio=portfolio, current="import", as_of=None, status=status
    )


def _preview(
    request: HttpRequest, portfolio: Portfolio, batch: ImportBatch, problems: list[str] | None = None
) -> HttpResponse:
    records = read_again(batch)
    show = read_choice(request, "show", SHOWN, "all")
    rows = batch.preview.get("rows", [])
    chosen = rows if show == "all" else [row for row in rows if row["duplicate"] == (show == "known")]
    run = find_run(batch)
    bad = bad_numbers(batch)
    is_open = batch.state == ImportBatch.State.PREVIEW
    context = {
        "batch": batch,
        "is_open": is_open,
        "run": run,
        "running": run is not None and run.is_active,
        "may_cancel": run is not None and run.is_active and may_cancel(request.user, run),
        "refused": batch.preview.get("refused", []),
        "problems": problems or [],
        "reading": describe_reading(batch, records) if records else None,
        "options": batch.options,
        "own": OWN,
        "presets": imports.list_presets(),
        "fundings": FUNDINGS,
        "bad_rows": list_bad_rows(batch, records),
        "bad_count": len(bad),
        "bad_shown": BAD_ROWS_SHOWN,
        "file_problems": [one["reason"] for one in batch.preview.get("problems", []) if not one["row"]],
        "ignored": batch.preview.get("ignored", []),
        "new_count": batch.rows - batch.duplicates,
        "effects": compare_totals(selectors.get_totals(portfolio), rows) if is_open and rows else [],
        "page": read_page(request.GET, chosen, ROWS_SHOWN),
        "show": show,
        "shown": SHOWN,
        "entered": _entered(batch),
    }
    status = 400 if problems else 200
    return render_page(
        request,
        "portfolios/import_preview.html",
        context,
        portfolio=portfolio,
        current="import",
        as_of=None,
        status=status,
    )


def _changed(request: HttpRequest, batch: ImportBatch) -> ImportOptions:
    """The options after the pressed button. ImportRefused for what no button sends."""
    asked = request.POST.get("change", "read")
    if asked not in CHANGES:
        raise ImportRefused({"change": [f"One of {', '.join(CHANGES)}."]})
    held = batch.options
    left_out = set(held.get("skip_rows", ()))
    if asked == "read":
        return _read_form(request, batch, tuple(sorted(left_out)))
    if asked == "leave_out":
        left_out |= _rows(request)
    elif asked == "leave_out_all":
        left_out |= set(bad_numbers(batch))
    else:
        left_out -= left_out if asked == "take_in_all" else _rows(request)
    return ImportOptions(**(held | {"skip_rows": tuple(sorted(left_out))}))


def _read_form(request: HttpRequest, batch: ImportBatch, skip_rows: tuple[int, ...]) -> ImportOptions:
    """How the form says the file is to be read.

    Columns count when own columns were chosen, and when the order of dates or the decimal comma is set for a list of
    positions: a preset knows its own.
    """
    form = request.POST
    preset, day_first, decimal_comma = form.get("preset", ""), "day_first" in form, "decimal_comma" in form
    mapping = {ours: form[f"column_{ours}"] for ours in FIELD_TITLES if form.get(f"column_{ours}", "")}
    if any("\0" in name for name in mapping.values()):
        raise ImportRefused({"mapping": ["A column's name has a character that no file has."]})
    lists_positions = preset in ("", "template") and _lists_positions(batch)
    own = preset == OWN or ((day_first or decimal_comma) and lists_positions)
    if own and (missing := [title for ours, title in FIELD_TITLES.items() if ours != "tags" and ours not in mapping]):
        raise ImportRefused({"mapping": [f"Say which column is: {'; '.join(missing)}."]})
    return ImportOptions(
        preset="" if own else preset,
        mapping=mapping if own else None,
        day_first=own and day_first,
        decimal_comma=own and decimal_comma,
        skip_rows=skip_rows,
        funding=form.get("funding", "") or Funding.TRANSFER,
    )


def _lists_positions(batch: ImportBatch) -> bool:
    records = read_again(batch)
    return records is None or describe_reading(batch, records).kind in ("", POSITIONS)


def _rows(request: HttpRequest) -> set[int]:
    numbers = request.POST.getlist("row")
    readable = all(text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER for text in numbers)
    if not numbers or not readable:
        raise ImportRefused({"row": ["Tick the rows first."]})
    return {int(text) for text in numbers}


def _entered(batch: ImportBatch) -> str:
    """What came of it, in words."""
    known = f" {batch.duplicates} were in the book already." if batch.duplicates else ""
    if not batch.created_count:
        return f"Nothing new.{known}"
    return f"{batch.created_count} {'position' if batch.created_count == 1 else 'positions'} entered.{known}"


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]


def _to(batch: ImportBatch) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("portfolios:import-file", args=[batch.pk]))
