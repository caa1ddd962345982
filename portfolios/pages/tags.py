"""The tags: labels and strategies with their colours, how many positions carry each, and what those are worth."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolios import access
from portfolios.books import tags
from portfolios.books.listing import parse_tags_query
from portfolios.books.selectors import list_tags
from portfolios.models import Portfolio, Tag
from portfolios.models.books import TagType
from sentiment_site.live.time_machine import AS_OF, BadParameter, shown_moment

from .asking import answer_change, changes_book, is_fragment, list_query, own_book, read_query, short_query, submit
from .forms import TagForm, focus
from .navigation import book_context, render_page

COLUMNS = 8
_ALIVE = Q(positions__deleted_at__isnull=True)


@require_safe
@own_book
def index(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The tags; for HTMX the table alone."""
    query = list_query(request)
    context = _table(portfolio, query, shown_moment(request))
    if is_fragment(request):
        response = render(request, "portfolios/_tags.html", context)
        response["HX-Push-Url"] = _address(short_query(query))
        return response
    return _page(request, portfolio, context)


@require_POST
@changes_book
def add(request: HttpRequest, portfolio: Portfolio) -> HttpResponseBase:
    """A new tag."""
    form = TagForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        name = given.pop("name")
        if submit(form, lambda: tags.create_tag(portfolio, name, **given)) is not None:
            return _changed(request, portfolio, f"{name} is there.")
    focus(form)
    return _refused(request, portfolio, {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@changes_book
def edit(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponseBase:
    """Rename, recolour or retype a tag."""
    tag = access.find(list_tags(portfolio), key)
    form = TagForm.of(tag, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        made = submit(form, lambda: tags.edit_tag(portfolio, tag.pk, changes))
        if made is not None:
            return _changed(request, portfolio, f"{made.name} saved.", made)
    part = is_fragment(request)
    focus(form)
    context = {"form": form, "tag": tag, "back": _back(request), "part": part, "columns": COLUMNS}
    if part:
        return render(request, "portfolios/_tag_row_form.html", context)
    status = 400 if form.errors else 200
    template = "portfolios/tag_form.html"
    return render_page(request, template, context, portfolio=portfolio, current="tags", as_of=None, status=status)


@require_safe
@own_book
def row(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """One row of the table, in the place of its form; without HTMX the whole table."""
    tag = access.find(with_totals(access.tags_of(portfolio)), key)
    if not is_fragment(request):
        return redirect("portfolios:tags")
    context = {"tag": tag, "back": _back(request), "focused": True, "may_edit": shown_moment(request) is None}
    return render(request, "portfolios/_tag_row.html", context)


@require_POST
@changes_book
def delete(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """Take a tag away from every position; it can be restored where it was."""
    undo = reverse("portfolios:tag-restore", args=[key])
    return _act(request, portfolio, key, tags.delete_tag, "deleted.", undo)


@require_POST
@changes_book
def restore(request: HttpRequest, portfolio: Portfolio, key: uuid.UUID) -> HttpResponse:
    """Put a deleted tag back where it was."""
    return _act(request, portfolio, key, tags.restore_tag, "is back.")


def with_totals(rows: QuerySet[Tag]) -> QuerySet[Tag]:
    """Tags with what the positions that carry them are worth and earned, in the same statement.

    open_count; net_value (signed), unrealized: of open ones; realized: of closed ones, before fees. None without any.
    """
    held = _ALIVE & Q(positions__closed_on__isnull=True)
    return rows.annotate(
        open_count=Count("positions", filter=held),
        net_value=Sum("positions__market_value", filter=held),
        unrealized=Sum("positions__unrealized_pnl", filter=held),
        realized=Sum("positions__realized_pnl", filter=_ALIVE),
    )


def _table(portfolio: Portfolio, query: QueryDict, as_of: dt.datetime | None) -> dict[str, Any]:
    """Everything that the section shows. Names and colours are those of now, also of a moment that has passed."""
    asked = query.copy()
    asked.pop(AS_OF, None)
    wanted = read_query(parse_tags_query, asked)
    if as_of is None:
        rows = with_totals(list_tags(portfolio, **wanted))
    else:
        known = Q(created_at__lte=as_of) & (Q(deleted_at__isnull=True) | Q(deleted_at__gt=as_of))
        rows = access.tags_of(portfolio).filter(known).order_by(Lower("name"), "pk")
        rows = rows.filter(tag_type=wanted["tag_type"]) if wanted["tag_type"] else rows
    return {
        "wanted": wanted,
        "types": TagType.choices,
        "rows": rows,
        "columns": COLUMNS,
        "back": short_query(asked),
        "may_edit": as_of is None,
        "as_of": as_of,
        "form": TagForm(),
    }


def _act(
    request: HttpRequest, portfolio: Portfolio, key: uuid.UUID, call: Any, said: str, undo: str = ""
) -> HttpResponse:
    try:
        tag = call(portfolio, key)
    except ValidationError as error:
        return _refused(request, portfolio, {"refused": " ".join(error.messages)})
    return _changed(request, portfolio, f"{tag.name} {said}", tag, undo)


def _changed(
    request: HttpRequest, portfolio: Portfolio, said: str, tag: Tag | None = None, undo: str = ""
) -> HttpResponse:
    back = _back(request)

    def section() -> str:
        context = book_context(request, portfolio, "tags", None) | _table(portfolio, QueryDict(back), None)
        return render_to_string("portfolios/_tags.html", context | {"focused_on": tag and tag.pk}, request)

    return answer_change(request, said, _address(back), section, target="#tags", undo=undo, back=back)


def _refused(request: HttpRequest, portfolio: Portfolio, reasons: dict[str, Any]) -> HttpResponse:
    context = _table(portfolio, QueryDict(_back(request)), None) | reasons
    if not is_fragment(request):
        return _page(request, portfolio, context, status=400)
    response = render(request, "portfolios/_tags.html", book_context(request, portfolio, "tags", None) | context)
    response["HX-Retarget"], response["HX-Reswap"] = "#tags", "outerHTML"
    return response


def _page(request: HttpRequest, portfolio: Portfolio, context: dict[str, Any], status: int = 200) -> HttpResponse:
    as_of = shown_moment(request)
    template = "portfolios/tags.html"
    return render_page(request, template, context, portfolio=portfolio, current="tags", as_of=as_of, status=status)


def _back(request: HttpRequest) -> str:
    query = QueryDict(request.POST.get("back") or request.GET.get("back", ""), mutable=True)
    try:
        read_query(parse_tags_query, query)
    except BadParameter:
        return ""
    return short_query(query, page="")


def _address(back: str) -> str:
    return reverse("portfolios:tags") + (f"?{back}" if back else "")
