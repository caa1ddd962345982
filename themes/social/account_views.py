"""Accounts with their records, and the map of posts that repeat each other."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from sentiment_site.live.http import SEQ_HEADER, signed_in
from sentiment_site.live.time_machine import BadParameter, asked_moment
from sentiment_site.market import clock
from themes import publish
from themes.models import Document

from . import accounts, coordination
from .asked import is_narrowed, refuse_unknown
from .copies import list_copies, load_clusters, rank_clusters
from .paging import heading, queries, turn
from .views import PRIVATE, known_stock, wants_part

TRACK = "themes.change_influencer"


@require_safe
@login_required
@cache_control(**PRIVATE)
def influencers(request: HttpRequest) -> HttpResponse:
    """The accounts: the page, or for HTMX the list alone."""
    as_of = asked_moment(request)
    asked = accounts.parse_accounts(request.GET.dict())
    paginator = Paginator(accounts.influencers(asked, as_of), accounts.PAGE)
    pages = turn(paginator.count, asked.page, accounts.PAGE)
    rows = accounts.load_accounts(list(paginator.page(asked.page)), as_of)
    context = {
        "rows": rows,
        "found": paginator.count,
        "pages": pages,
        "asked": asked,
        "is_narrowed": is_narrowed(asked.given),
        **queries(asked, pages),
        "headings": [heading(asked, name, *column[:3]) for name, column in accounts.COLUMNS.items()],
        "as_of": as_of,
        "may_track": may_track(request),
    }
    return render(request, f"social/{'_' if wants_part(request) else ''}influencers.html", context)


@require_safe
@login_required
@cache_control(**PRIVATE)
def influencer(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: its record, its calls, its newest posts."""
    as_of = asked_moment(request)
    refuse_unknown(request.GET.dict(), ())
    found = accounts.get_account(pk, as_of)
    if found is None:
        raise Http404("Nothing was known of this account then.")
    context = {
        "row": accounts.load_accounts([found], as_of)[0],
        "calls": accounts.list_calls(pk, as_of),
        "posts": accounts.list_posts(found, as_of),
        "as_of": as_of,
        "may_track": may_track(request),
    }
    return render(request, "social/influencer.html", context)


@require_POST
@signed_in
@cache_control(**PRIVATE)
def track(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose an account or no longer (`tracked` yes or no). Operators only: the right to change influencers."""
    if not may_track(request):
        raise PermissionDenied("Only operators choose accounts to track.")
    asked = request.POST.get("tracked", "")
    if asked not in ("yes", "no"):
        raise BadParameter("tracked", asked, "expected yes or no")
    try:
        row = accounts.track_account(pk, tracked=asked == "yes", author=request.user)
    except ValidationError as error:
        raise Http404(" ".join(error.messages)) from error
    if not request.headers.get("HX-Request"):
        return redirect("social:influencer", pk=pk)
    return render(request, "social/_track.html", {"id": row.pk, "is_tracked": row.is_tracked, "may_track": True})


@require_safe
@login_required
@cache_control(**PRIVATE)
def copies(request: HttpRequest) -> HttpResponse:
    """Near-duplicate posts, drawn and as a table: the page, or for HTMX and after a push its changing part alone."""
    as_of = asked_moment(request)
    asked = coordination.parse_coordination(request.GET.dict())
    part_only = wants_part(request)
    seq = 0
    if as_of is None:
        seq = publish.seq_of(
            Document.objects.filter(recorded_at__lte=clock.now()).aggregate(at=Max("recorded_at"))["at"]
        )
        if part_only and request.GET.get("seq") == str(seq):
            return HttpResponse(status=204)  # a poll while nothing was stored counts no copies
    stock = known_stock(asked.symbol, as_of) if asked.symbol else None
    query = asked.copies(stock.pk if stock else None)
    ids = rank_clusters(query, as_of)
    pages = turn(len(ids), asked.page, coordination.PAGE)
    clusters = load_clusters(ids[pages.begin : pages.end], query, as_of)
    opened = next((one for one in clusters if one.id == asked.cluster), None)
    picture = coordination.draw(clusters, asked.by, pages.begin)
    context: dict[str, Any] = {
        "clusters": coordination.list_rows(clusters, asked, pages),
        "picture": picture,
        "left": coordination.list_left(picture, asked, pages),
        "right": coordination.list_right(picture, asked.by),
        "found": len(ids),
        "pages": pages,
        "asked": asked,
        "is_narrowed": is_narrowed(asked.given),
        **queries(asked, pages),
        "stock": stock,
        "opened": opened,
        "copies": list_copies(opened.id, query, as_of) if opened else [],
        "headings": coordination.headings(asked),
        "simulated": any(one.is_simulated for one in clusters),
        "seq": seq,
        "as_of": as_of,
    }
    response = render(request, f"social/{'_' if part_only else ''}coordination.html", context)
    if part_only:
        response[SEQ_HEADER] = str(seq)
    return response


def may_track(request: HttpRequest) -> bool:
    """Whether this account may choose accounts to track: an operator with the right to change them."""
    return bool(getattr(request.user, "is_staff", False)) and request.user.has_perm(TRACK)
