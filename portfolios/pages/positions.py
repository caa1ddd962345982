"""The positions: a table to sort, filter and edit in place; every form is a page of its own without scripts too."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolios import access
from portfolios.books import ledger, positions, tags
from portfolios.books.selectors import LIVING_TAGS, STATES, PositionFilter, list_positions, list_tags
from portfolios.kernels.positions import ZERO
from portfolios.models import Portfolio, Position, PositionType
from sentiment_site.live.templatetags.figures import change
from sentiment_site.live.time_machine import BadParameter, shown_moment
from sentiment_site.market.sectors import SECTORS

from . import position_table as table
from .asking import answer_change, changes_book, is_fragment, list_query, own_book, said_names, short_query, submit
from .forms import AnnotationForm, BulkForm, CloseForm, PositionChangeForm, PositionForm, focus, new_key
from .navigation import book_context, find_address, render_page
from .parameters import read_page
from .symbols import read_symbol

SECTION = "#positions"
COLUMNS = len(table.COLUMNS) + 3  # ticks, tags and actions beside them


@require_safe
@own_book
def index(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The table: the whole page, or for HTMX the table alone."""
    query = list_query(request)
    context = _table(request, portfolio, query)
    if is_fragment(request):
        response = render(request, "portfolios/_positions.html", context)
        response["HX-Push-Url"] = _address(context["back"])
        return response
    context |= {"sectors": SECTORS, "types": PositionType.choices, "states": STATES, "all_tags": list_tags(portfolio)}
    return _page(request, portfolio, "portfolios/positions.html", context)


@require_safe
@own_book
def export(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """Every row of the filter in the order of the table, as CSV."""
    wanted = table.parse_table(list_query(request))
    lines = table.list_lines(portfolio, list_positions(portfolio, wanted), wanted.as_of)
    response = HttpResponse(table.render_table_csv(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="positions.csv"'
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_safe
@own_book
def detail(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """One position with its splits and cash; for HTMX its row of the table."""
    row = _find(portfolio, key)
    as_of = shown_moment(request)
    if as_of is not None and not list_positions(portfolio, PositionFilter(as_of=as_of)).filter(pk=row.pk).exists():
        raise Http404("It was not held at that moment.")
    (line,) = table.list_lines(portfolio, [row], as_of)
    if is_fragment(request):
        context = {"line": line, "back": _back(request), "focused": True, "may_edit": as_of is None}
        return render(request, "portfolios/_position.html", context)
    flows = access.flows_of(portfolio).filter(position=row, deleted_at__isnull=True).order_by("flowed_on", "created_at")
    context = {"line": line, "flows": [flow for flow in flows if as_of is None or flow.created_at <= as_of]}
    return _page(request, portfolio, "portfolios/position.html", context)


@require_safe
@own_book
def symbol(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """What `?symbol=` means, for the form of a new position: the answer is shown while somebody types."""
    text = request.GET.get("symbol", "").strip()
    return render(request, "portfolios/_symbol.html", {"meaning": read_symbol(text) if text else None})


@require_http_methods(["GET", "HEAD", "POST"])
@changes_book
def add(request: HttpRequest, portfolio: Portfolio) -> HttpResponseBase:
    """Enter a position."""
    if request.method != "POST":
        form = PositionForm(initial={"entry_date": ledger.today(), "request_key": new_key(), **_asked(request)})
        return _form(request, portfolio, form, "new")
    form = PositionForm(request.POST)
    if form.is_valid():
        made = submit(
            form,
            lambda: positions.create_position(
                portfolio,
                form.draft(),
                tag_names=form.tag_names,
                fees=form.cleaned_data["fees"] or ZERO,
                request_key=form.cleaned_data["request_key"],
            ),
        )
        if made is not None:
            return _changed(request, portfolio, f"{made} entered.", made)
    return _form(request, portfolio, form, "new")


@require_http_methods(["GET", "HEAD", "POST"])
@changes_book
def edit(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponseBase:
    """Correct a position; a closed one keeps all but its note and tags."""
    row = _living(portfolio, key)
    data = request.POST if request.method == "POST" else None
    form = PositionChangeForm.of(row, data) if row.closed_on is None else AnnotationForm.of(row, data)
    if request.method == "POST" and form.is_valid():
        changes, names = form.changes(), form.tags_changed()
        made = submit(form, lambda: positions.edit_position(portfolio, row.pk, changes, tag_names=names))
        if made is not None:
            return _changed(request, portfolio, f"{made} saved.", made)
    return _form(request, portfolio, form, "edit", row)


@require_http_methods(["GET", "HEAD", "POST"])
@changes_book
def close(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponseBase:
    """Close a position or a part of it."""
    row = _living(portfolio, key)
    if request.method != "POST":
        return _form(request, portfolio, CloseForm.of(row, ledger.today()), "close", row)
    form = CloseForm.of(row, ledger.today(), request.POST)
    if form.is_valid():
        given = form.cleaned_data
        made = submit(
            form,
            lambda: positions.close_position(
                portfolio,
                row.pk,
                price=given["price"],
                on=given["date"],
                quantity=given["quantity"],
                fees=given["fees"] or ZERO,
                request_key=given["request_key"],
            ),
        )
        if made is not None:
            at, earned = table.write_price(given["price"]), change(made.realized_pnl)
            return _changed(request, portfolio, f"{made} closed at {at}, {earned} realised.", row)
    return _form(request, portfolio, form, "close", row)


@require_POST
@changes_book
def reopen(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """Take a closing back."""
    row = _living(portfolio, key)
    return _act(request, portfolio, row, lambda: positions.reopen_position(portfolio, row.pk), "is open again.")


@require_POST
@changes_book
def delete(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """Take a position out of the book; it can be restored."""
    row = _find(portfolio, key)
    undo = reverse("portfolios:position-restore", args=[row.pk])
    return _act(request, portfolio, row, lambda: positions.delete_position(portfolio, row.pk), "deleted.", undo)


@require_POST
@changes_book
def restore(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """Put a deleted position back."""
    row = _find(portfolio, key)
    return _act(request, portfolio, row, lambda: positions.restore_position(portfolio, row.pk), "is back.")


@require_POST
@changes_book
def tag(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """Put one tag on the ticked rows, or take it off. Refusals are said, and change nothing."""
    form = BulkForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        remove = given["action"] == "remove"
        changed = submit(form, lambda: tags.tag_positions(portfolio, given["position"], given["tag"], remove=remove))
        if changed is not None:
            words = "taken off" if remove else "put on"
            return _changed(request, portfolio, f"{given['tag']} {words} {changed} of {len(given['position'])} rows.")
    said = " ".join(str(reason) for reasons in form.errors.values() for reason in reasons)
    return _refused(request, portfolio, said)


def _act(
    request: HttpRequest, portfolio: Portfolio, row: Position, call: Any, said: str, undo: str = ""
) -> HttpResponse:
    """A change that takes no form."""
    try:
        made = call()
    except ValidationError as error:
        return _refused(request, portfolio, " ".join(error.messages))
    return _changed(request, portfolio, f"{made} {said}", made, undo)


def _changed(
    request: HttpRequest, portfolio: Portfolio, said: str, row: Position | None = None, undo: str = ""
) -> HttpResponse:
    back = _back(request)

    def section() -> str:
        context = _table(request, portfolio, QueryDict(back)) | book_context(request, portfolio, "positions", None)
        context |= {"focused_on": row and row.pk, "entered": True}
        return render_to_string("portfolios/_positions.html", context, request)

    return answer_change(request, said, _address(back), section, target=SECTION, undo=undo, back=back)


def _refused(request: HttpRequest, portfolio: Portfolio, said: str) -> HttpResponse:
    """In words above the table: a status of error would not be swapped in."""
    back = _back(request)
    context = _table(request, portfolio, QueryDict(back)) | {"refused": said}
    if is_fragment(request):
        response = render(request, "portfolios/_positions.html", context | book_context(request, portfolio, "", None))
        response["HX-Retarget"], response["HX-Reswap"] = SECTION, "outerHTML"
        return response
    context |= {"sectors": SECTORS, "types": PositionType.choices, "states": STATES, "all_tags": list_tags(portfolio)}
    return _page(request, portfolio, "portfolios/positions.html", context, status=400)


def _table(request: HttpRequest, portfolio: Portfolio, query: QueryDict) -> dict[str, Any]:
    """Everything that the table shows."""
    wanted = table.parse_table(query)
    rows = list_positions(portfolio, wanted)
    page = read_page(query, rows, table.PAGE_SIZE)
    back = short_query(query)
    return {
        "wanted": wanted,
        "page": page,
        "lines": table.list_lines(portfolio, page.object_list, wanted.as_of),
        "sums": table.sum_rows(rows, wanted.as_of),
        "headings": table.headings(wanted, query),
        "columns": COLUMNS,
        "back": back,
        "filtered": bool(said_names(query) - {"as_of", "sort", "page", "state"}),
        "previous_query": short_query(query, page=str(page.number - 1)),
        "next_query": short_query(query, page=str(page.number + 1)),
        "export_query": short_query(query, page=""),
        "may_edit": wanted.as_of is None,
        "tag_names": list_tags(portfolio),
        "import_address": find_address("portfolios:import"),
    }


def _form(
    request: HttpRequest, portfolio: Portfolio, form: Any, doing: str, row: Position | None = None
) -> HttpResponse:
    """A form in the place of its row for HTMX, else on a page of its own."""
    part = is_fragment(request)
    focus(form)
    context = {
        "form": form,
        "doing": doing,
        "row": row,
        "back": _back(request),
        "columns": COLUMNS,
        "target": "closest tr" if row else "#new-position",
        "action": request.path,
        "part": part,
    }
    if part:
        return render(request, "portfolios/_position_row_form.html", context)
    context["tag_names"] = list_tags(portfolio)
    status = 400 if form.errors else 200
    return _page(request, portfolio, "portfolios/position_form.html", context, status=status)


def _page(
    request: HttpRequest, portfolio: Portfolio, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    as_of = shown_moment(request)
    return render_page(request, template, context, portfolio=portfolio, current="positions", as_of=as_of, status=status)


def _find(portfolio: Portfolio, key: uuid.UUID) -> Position:
    return access.find(access.positions_of(portfolio).prefetch_related(LIVING_TAGS), key)


def _living(portfolio: Portfolio, key: uuid.UUID) -> Position:
    rows = access.positions_of(portfolio).filter(deleted_at__isnull=True).prefetch_related(LIVING_TAGS)
    return access.find(rows, key)


def _back(request: HttpRequest) -> str:
    """The query of the table that the reader came from; nothing where it cannot be read."""
    query = QueryDict(request.POST.get("back") or request.GET.get("back", ""), mutable=True)
    query.pop("as_of", None)
    try:
        table.parse_table(query)
    except BadParameter:
        return ""
    return short_query(query, page="")


def _address(back: str) -> str:
    return reverse("portfolios:positions") + (f"?{back}" if back else "")


def _asked(request: HttpRequest) -> dict[str, str]:
    """`?symbol=` of a link that says what to enter."""
    return {"symbol": request.GET["symbol"][:40]} if request.GET.get("symbol") else {}
