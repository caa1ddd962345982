"""How the book's pages read what they are asked: permission first, the past is read-only, refusals by field."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache

from portfolios.access import get_portfolio
from portfolios.models import Portfolio
from sentiment_site.live.http import signed_in
from sentiment_site.live.time_machine import AS_OF, BadParameter, asked_moment

Given = ParamSpec("Given")
Wanted = TypeVar("Wanted")
Made = TypeVar("Made")
BookView = Callable[Concatenate[HttpRequest, Portfolio, Given], HttpResponseBase]
PANEL = "panel"  # the stock panel's own parameter, on any page
NOT_OF_PAGES = ("limit", "offset")
READ_ONLY = "the past is read-only: go back to live to change the book"


def own_book(view: BookView[Given]) -> Callable[Concatenate[HttpRequest, Given], HttpResponseBase]:
    """A page of the caller's own book, with a time machine. BadParameter for a moment that cannot be read."""

    @never_cache
    @signed_in
    @wraps(view)
    def checked(request: HttpRequest, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponseBase:
        portfolio = get_portfolio(request.user)
        asked_moment(request)
        return view(request, portfolio, *args, **kwargs)

    return checked


def changes_book(view: BookView[Given]) -> Callable[Concatenate[HttpRequest, Given], HttpResponseBase]:
    """A change of the caller's own book, which only the present allows. BadParameter with `as_of`."""

    @never_cache
    @signed_in
    @wraps(view)
    def checked(request: HttpRequest, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponseBase:
        portfolio = get_portfolio(request.user)
        if AS_OF in request.GET:
            raise BadParameter(AS_OF, request.GET[AS_OF], READ_ONLY)
        return view(request, portfolio, *args, **kwargs)

    return checked


def is_fragment(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part; going back in history asks for the whole page."""
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")


def list_query(request: HttpRequest) -> QueryDict:
    """The parameters of a list page, the panel's left out. BadParameter for those of the API's paging."""
    query = request.GET.copy()
    query.pop(PANEL, None)
    for name in NOT_OF_PAGES:
        if name in query:
            raise BadParameter(name, query.getlist(name)[-1], "unknown parameter")
    return query


def read_query(parse: Callable[[QueryDict], Wanted], query: QueryDict) -> Wanted:
    """What a parser of portfolios.books.listing makes of a query. BadParameter names the first it refuses."""
    try:
        return parse(query)
    except ValidationError as error:
        name, reasons = next(iter(error.message_dict.items()))
        raise BadParameter(name, query.get(name, ""), "; ".join(reasons)) from error


def short_query(query: QueryDict, **changed: str) -> str:
    """A query string without empty parameters and page 1; `changed` replaces, "" removes."""
    kept = query.copy()
    for name, value in changed.items():
        kept[name] = value
    for name in list(kept):
        values = [value for value in kept.getlist(name) if value]
        if name == "page" and values == ["1"]:
            values = []
        kept.setlist(name, values)
    return kept.urlencode()


def said_names(query: QueryDict) -> set[str]:
    """The parameters that say something: forms send the empty ones too."""
    return {name for name in query if any(query.getlist(name))}


def submit(form: forms.Form, call: Callable[[], Made]) -> Made | None:
    """What a service made; None, with each reason beside its field, when it refused."""
    try:
        return call()
    except ValidationError as error:
        refused = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, reasons in refused.items():
            shown = name in form.fields and not form.fields[name].widget.is_hidden
            form.add_error(name if shown else None, ValidationError(reasons))
        return None


def render_toast(request: HttpRequest, said: str, undo: str = "", back: str = "") -> str:
    """A notice at the edge of the page, with a button that takes the change back (`undo`: where it is posted)."""
    return render_to_string("portfolios/_toast.html", {"said": said, "undo": undo, "back": back}, request)


def answer_change(
    request: HttpRequest,
    said: str,
    address: str,
    section: Callable[[], str],
    *,
    target: str,
    undo: str = "",
    back: str = "",
) -> HttpResponse:
    """After a change: for HTMX the section of the page made anew (`target`) and a toast, else the page itself."""
    if not is_fragment(request):
        messages.success(request, f"{said} It can be taken back under Deleted." if undo else said)
        return redirect(address)
    response = HttpResponse(section() + render_toast(request, said, undo, back))
    response["HX-Retarget"], response["HX-Reswap"] = target, "outerHTML"
    response["HX-Push-Url"] = address
    return response
