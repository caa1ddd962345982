"""The book's money: every change of it, what was entered by hand to correct, and the book's name."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolios import access
from portfolios.books import cash, ledger
from portfolios.books.listing import parse_flows
from portfolios.books.selectors import get_totals, list_flows
from portfolios.kernels.positions import ZERO
from portfolios.models import CashFlow, Portfolio
from portfolios.models.books import FlowKind
from sentiment_site.live.time_machine import BadParameter, shown_moment

from .asking import (
    answer_change,
    changes_book,
    is_fragment,
    list_query,
    own_book,
    read_query,
    said_names,
    short_query,
    submit,
)
from .forms import BookNameForm, FlowForm, focus, new_key
from .navigation import book_context, render_page
from .parameters import read_page

PAGE_SIZE = 100
COLUMNS = 7


@require_safe
@own_book
def index(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The flows; for HTMX the table alone."""
    context = _table(portfolio, list_query(request))
    if is_fragment(request):
        response = render(request, "portfolios/_flows.html", context)
        response["HX-Push-Url"] = _address(context["back"])
        return response
    return _page(request, portfolio, context)


@require_POST
@changes_book
def add(request: HttpRequest, portfolio: Portfolio) -> HttpResponseBase:
    """Enter money that came or went."""
    form = FlowForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        made = submit(
            form,
            lambda: cash.add_flow(
                portfolio,
                given["kind"],
                given["amount"],
                on=given["flowed_on"],
                note=given["note"],
                request_key=given["request_key"],
            ),
        )
        if made is not None:
            return _changed(request, portfolio, f"{made.get_kind_display()} of {abs(made.amount):,.2f} entered.")
    focus(form)
    return _refused(request, portfolio, {"flow_form": form})


@require_POST
@changes_book
def change_book(request: HttpRequest, portfolio: Portfolio) -> HttpResponseBase:
    """Rename the book, or set its cash: only what differs from what the form showed."""
    form = BookNameForm.of(portfolio, request.POST)
    if form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        submit(form, lambda: cash.change_book(portfolio, **changes))
    if form.errors:
        focus(form)
        return _refused(request, portfolio, {"book_form": form})
    return _changed(request, portfolio, f"{portfolio.name}: cash {portfolio.cash:,.2f}.")


@require_http_methods(["GET", "HEAD", "POST"])
@changes_book
def edit(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponseBase:
    """Correct a row that was entered by hand."""
    rows = access.flows_of(portfolio).filter(deleted_at__isnull=True)
    flow = access.find(rows, key)
    form = FlowForm.of(flow, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name in cash.EDITABLE}
        if submit(form, lambda: cash.edit_flow(portfolio, flow.pk, changes)) is not None:
            return _changed(request, portfolio, "Saved.", flow)
    part = is_fragment(request)
    focus(form)
    context = {"form": form, "flow": flow, "back": _back(request), "part": part, "columns": COLUMNS}
    if part:
        return render(request, "portfolios/_flow_row_form.html", context)
    as_of = shown_moment(request)
    status = 400 if form.errors else 200
    template = "portfolios/flow_form.html"
    return render_page(request, template, context, portfolio=portfolio, current="cash", as_of=as_of, status=status)


@require_safe
@own_book
def row(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """One row of the table, in the place of its form; without HTMX the whole table."""
    flow = access.find(access.flows_of(portfolio).select_related("position"), key)
    if not is_fragment(request):
        return redirect("portfolios:cash")
    context = {"flow": flow, "back": _back(request), "focused": True, "may_edit": shown_moment(request) is None}
    return render(request, "portfolios/_flow.html", context)


@require_POST
@changes_book
def delete(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """Take a row out; it can be restored."""
    undo = reverse("portfolios:flow-restore", args=[key])
    return _act(request, portfolio, key, cash.delete_flow, "deleted.", undo)


@require_POST
@changes_book
def restore(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """Put a deleted row back."""
    return _act(request, portfolio, key, cash.restore_flow, "is back.")


def _act(
    request: HttpRequest, portfolio: Portfolio, key: uuid.UUID, call: Any, said: str, undo: str = ""
) -> HttpResponse:
    try:
        flow = call(portfolio, key)
    except ValidationError as error:
        return _refused(request, portfolio, {"refused": " ".join(error.messages)})
    return _changed(request, portfolio, f"{flow.get_kind_display()} of {flow.amount:,.2f} {said}", flow, undo)


def _changed(
    request: HttpRequest, portfolio: Portfolio, said: str, flow: CashFlow | None = None, undo: str = ""
) -> HttpResponse:
    back = _back(request)

    def section() -> str:
        context = book_context(request, portfolio, "cash", None) | _table(portfolio, QueryDict(back))
        return render_to_string("portfolios/_flows.html", context | {"focused_on": flow and flow.pk}, request)

    return answer_change(request, said, _address(back), section, target="#flows", undo=undo, back=back)


def _refused(request: HttpRequest, portfolio: Portfolio, reasons: dict[str, Any]) -> HttpResponse:
    """The page with the reasons beside the fields; for HTMX its changeable part, since an error is not swapped in."""
    context = _table(portfolio, QueryDict(_back(request))) | reasons
    if not is_fragment(request):
        return _page(request, portfolio, context, status=400)
    whole = book_context(request, portfolio, "cash", None) | context
    response = render(request, "portfolios/_flows.html", whole)
    response["HX-Retarget"], response["HX-Reswap"] = "#flows", "outerHTML"
    return response


def _table(portfolio: Portfolio, query: QueryDict) -> dict[str, Any]:
    """Everything that the section shows. Cash of a moment is the sum of what was known then."""
    wanted = read_query(parse_flows, query)
    rows = list_flows(portfolio, **wanted)
    page = read_page(query, rows, PAGE_SIZE)
    as_of = wanted["as_of"]
    if as_of is None:
        totals, then = get_totals(portfolio), None
    else:
        totals, then = None, list_flows(portfolio, as_of=as_of).order_by().aggregate(cash=Sum("amount"))["cash"] or ZERO
    return {
        "wanted": wanted,
        "kinds": FlowKind.choices,
        "page": page,
        "totals": totals,
        "cash_then": then,
        "flow_sum": rows.order_by().aggregate(amount=Sum("amount"))["amount"],
        "columns": COLUMNS,
        "back": short_query(query),
        "filtered": bool(said_names(query) - {"as_of", "page", "state"}),
        "previous_query": short_query(query, page=str(page.number - 1)),
        "next_query": short_query(query, page=str(page.number + 1)),
        "export_query": short_query(query, page=""),
        "may_edit": as_of is None,
        "flow_form": FlowForm(initial={"flowed_on": ledger.today(), "request_key": new_key()}),
        "book_form": BookNameForm.of(portfolio),
    }


def _page(request: HttpRequest, portfolio: Portfolio, context: dict[str, Any], status: int = 200) -> HttpResponse:
    as_of = shown_moment(request)
    template = "portfolios/cash.html"
    return render_page(request, template, context, portfolio=portfolio, current="cash", as_of=as_of, status=status)


def _back(request: HttpRequest) -> str:
    """The query of the table that the reader came from; nothing where it cannot be read."""
    query = QueryDict(request.POST.get("back") or request.GET.get("back", ""), mutable=True)
    query.pop("as_of", None)
    try:
        read_query(parse_flows, query)
    except BadParameter:
        return ""
    return short_query(query, page="")


def _address(back: str) -> str:
    return reverse("portfolios:cash") + (f"?{back}" if back else "")
