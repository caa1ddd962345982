"""The JSON API of sentiment (/api/social/): the same rows, filters and time machine (`?as_of=`) as the pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.http import Http404
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sentiment_site.live.time_machine import BadParameter
from sentiment_site.market import clock
from sentiment_site.market.moments import parse_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY
from universe.models import Instrument

from . import accounts, coordination, evidence, examples, selectors
from . import board as boards
from .asked import read_whole, read_words
from .copies import KINDS, load_clusters, rank_clusters
from .serializers import (
    AccountPageSerializer,
    CoordinationSerializer,
    DivergenceRecordSerializer,
    InfluencerSerializer,
    SentimentBoardSerializer,
    SentimentHistorySerializer,
    SymbolSerializer,
    TextPageSerializer,
)
from .symbol import SPANS, asked_span
from .who_was_right import BASELINE
from .wording import LEVELS, SOURCE_COLUMNS, SOURCE_TITLES, TRENDS, reasons_of

Value = TypeVar("Value")
PAGE, LARGEST_PAGE, FURTHEST = 100, 500, 10**6
PAGING = ("limit", "offset")
AS_OF = OpenApiParameter(
    "as_of",
    OpenApiTypes.STR,
    description="Show what was known at this moment: ISO, New York time without an offset, a date alone is its end.",
)
LIMIT = OpenApiParameter("limit", OpenApiTypes.INT, description=f"Rows of a page, at most {LARGEST_PAGE}.")
OFFSET = OpenApiParameter("offset", OpenApiTypes.INT)
SORT = OpenApiParameter("sort", OpenApiTypes.STR, description="A column; - before it for falling.")


def choice(name: str, values: Any, description: str = "") -> OpenApiParameter:
    """A parameter that is one of a few words."""
    return OpenApiParameter(name, OpenApiTypes.STR, enum=[one for one in values if one], description=description)


class SocialView(APIView):
    """For whoever is signed in; a misspelt parameter is refused instead of ignored."""

    allowed: ClassVar[tuple[str, ...]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Permissions first, then the names of the parameters."""
        super().initial(request, *args, **kwargs)
        said = f"unknown parameter; there are {', '.join(('as_of', *self.allowed))}"
        unknown = {name: [said] for name in request.query_params if name not in ("as_of", *self.allowed)}
        if unknown:
            raise ValidationError(unknown)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers are for the account that asked: no shared cache keeps them."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(answer, private=True, no_cache=True)
        return answer


class SymbolsView(SocialView):
    """The board."""

    allowed = (*(name for name in boards.PARAMETERS if name not in ("page", "size")), *PAGING)

    @extend_schema(
        operation_id="social_symbols",
        summary="Stocks with sentiment: all sources, each source, mentions, divergence",
        parameters=[
            AS_OF,
            OpenApiParameter("q", OpenApiTypes.STR, description="Beginning of the symbol, or part of the name."),
            choice("level", LEVELS),
            choice("divergence", boards.YES, "yes: sources contradict each other."),
            choice("trend", TRENDS),
            OpenApiParameter("least", OpenApiTypes.INT, description="Mentions of the last 24 hours at least."),
            choice("sector", SECTOR_BY_KEY),
            choice("silent", boards.YES, "yes: also stocks without a reading."),
            SORT, LIMIT, OFFSET,
        ],
        responses=SentimentBoardSerializer,
        examples=examples.answer("page", examples.BOARD),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Of the newest pass; an empty list before the first."""
        as_of = asked_moment(request)
        given = {name: value for name, value in request.query_params.dict().items() if name not in PAGING}
        found = boards.board(as_of, understood(lambda: boards.parse_board(given)))
        limit, offset = paging(request)
        data = _pass(found.reading) | page_of(found.rows, limit, offset)
        return Response(SentimentBoardSerializer(data).data)


class SymbolView(SocialView):
    """One stock."""

    @extend_schema(
        operation_id="social_symbol",
        summary="One stock's sentiment with what every source says and why one says nothing",
        parameters=[AS_OF],
        responses=SymbolSerializer,
        examples=examples.answer("symbol", examples.SYMBOL),
    )
    def get(self, request: Request, symbol: str) -> Response:
        """404 for a symbol nobody bears; a stock nobody writes about has null for sentiment."""
        as_of = asked_moment(request)
        stock = known_stock(symbol, as_of)
        found = selectors.reading_of(stock.pk, as_of)
        reasons, row = reasons_of(found.reading), found.row
        sources = []
        for source in SOURCE_TITLES:
            own, score = found.sources.get(source), getattr(row, SOURCE_COLUMNS[source]) if row else None
            why = "" if score is not None else (own.facts.get("why") if own else "") or reasons[source]
            share = (row.source_breakdown or {}).get(source) if row and score is not None else None
            sources.append({"source": source, "score": score, "share": share, "why": why, "own": own})
        confluence = selectors.confluence_at([stock.pk], as_of).get(stock.pk)
        facts = {"symbol": stock.symbol, "name": stock.name, "row": row, "sources": sources, "confluence": confluence}
        return Response(SymbolSerializer(_pass(found.reading) | facts).data)


class HistoryView(SocialView):
    """A stock's past."""

    allowed = ("span",)

    @extend_schema(
        operation_id="social_history",
        summary="Every pass over a stock: sentiment, sources, mentions against the expectation",
        parameters=[AS_OF, choice("span", SPANS, "How far back; default 3d.")],
        responses=SentimentHistorySerializer,
        examples=examples.answer("history", examples.HISTORY),
    )
    def get(self, request: Request, symbol: str) -> Response:
        """Oldest first; a pass in which nobody said anything has null."""
        as_of = asked_moment(request)
        stock = known_stock(symbol, as_of)
        span = understood(lambda: asked_span(request.query_params.get("span", "")))
        until = as_of or clock.now()
        points = selectors.history(stock.pk, until - span.length, until)
        return Response(SentimentHistorySerializer({"symbol": stock.symbol, "span": span.key, "results": points}).data)


class TextsView(SocialView):
    """The texts behind a stock's sentiment."""

    allowed = ("source", "label", "order", *PAGING)

    @extend_schema(
        operation_id="social_texts",
        summary="The texts behind a stock's sentiment: score, label, weight and its parts",
        parameters=[
            AS_OF, choice("source", evidence.SOURCES), choice("label", evidence.LABELS),
            choice("order", evidence.ORDERS), LIMIT, OFFSET,
        ],
        responses=TextPageSerializer,
        examples=examples.answer("texts", examples.TEXTS),
    )  # fmt: skip
    def get(self, request: Request, symbol: str) -> Response:
        """A post that its author deleted has no words, at whatever moment is asked for."""
        as_of = asked_moment(request)
        stock = known_stock(symbol, as_of)
        given = {name: value for name, value in request.query_params.dict().items() if name not in PAGING}
        limit, offset = paging(request)
        asked = understood(lambda: evidence.parse_texts(given))
        found = evidence.texts_of(stock.pk, as_of, evidence.limited(asked, limit, offset))
        more = offset + limit < found.total
        data = {"symbol": stock.symbol, "count": found.total, "next_offset": offset + limit if more else None}
        return Response(TextPageSerializer(data | {"counts": found.counts, "results": found.rows}).data)


class InfluencersView(SocialView):
    """Accounts."""

    allowed = (*(name for name in accounts.PARAMETERS if name != "page"), *PAGING)

    @extend_schema(
        operation_id="social_influencers",
        summary="Accounts with their standing and what came of their calls",
        parameters=[
            AS_OF,
            OpenApiParameter("q", OpenApiTypes.STR, description="Part of the account's name."),
            choice("platform", accounts.PLATFORMS), choice("bots", accounts.BOTS), choice("tracked", accounts.YES),
            OpenApiParameter("least_followers", OpenApiTypes.INT), OpenApiParameter("least_calls", OpenApiTypes.INT),
            SORT, LIMIT, OFFSET,
        ],
        responses=AccountPageSerializer,
        examples=examples.answer("accounts", examples.ACCOUNTS),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """At an earlier moment what is not kept over time (followers, bot reason) is null."""
        as_of = asked_moment(request)
        given = {name: value for name, value in request.query_params.dict().items() if name not in PAGING}
        rows = accounts.influencers(understood(lambda: accounts.parse_accounts(given)), as_of)
        limit, offset = paging(request)
        count = rows.count()
        results = accounts.load_accounts(list(rows[offset : offset + limit]), as_of)
        more = offset + limit < count
        data = {"count": count, "next_offset": offset + limit if more else None, "results": results}
        return Response(AccountPageSerializer(data).data)


class InfluencerView(SocialView):
    """One account."""

    @extend_schema(
        operation_id="social_influencer",
        summary="One account's standing and record",
        parameters=[AS_OF],
        responses=InfluencerSerializer,
        examples=examples.answer("account", examples.ACCOUNT),
    )
    def get(self, request: Request, pk: int) -> Response:
        """404 where nothing was known of it."""
        as_of = asked_moment(request)
        found = accounts.get_account(pk, as_of)
        if found is None:
            raise Http404("Nothing was known of this account then.")
        return Response(InfluencerSerializer(accounts.load_accounts([found], as_of)[0]).data)


class CoordinationView(SocialView):
    """Near-duplicate posts."""

    allowed = (*(name for name in coordination.PARAMETERS if name not in ("page", "by", "cluster")), *PAGING)

    @extend_schema(
        operation_id="social_coordination",
        summary="Texts that were repeated: copies, accounts, stocks, span, share of young accounts",
        parameters=[
            AS_OF, choice("days", coordination.DAYS), choice("kind", KINDS),
            OpenApiParameter("least", OpenApiTypes.INT, description="Copies at least; default 3."),
            OpenApiParameter("symbol", OpenApiTypes.STR, description="Only texts that name this stock."),
            SORT, LIMIT, OFFSET,
        ],
        responses=CoordinationSerializer,
        examples=examples.answer("coordination", examples.COORDINATION),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Counted from what was public and recorded by then; at most 500 texts."""
        as_of = asked_moment(request)
        given = {name: value for name, value in request.query_params.dict().items() if name not in PAGING}
        asked = understood(lambda: coordination.parse_coordination(given))
        stock = known_stock(asked.symbol, as_of) if asked.symbol else None
        query = asked.copies(stock.pk if stock else None)
        ids = rank_clusters(query, as_of)
        limit, offset = paging(request)
        data = page_of(ids, limit, offset)
        data["results"] = load_clusters(data["results"], query, as_of)
        return Response(CoordinationSerializer(data).data)


class DivergenceRecordView(SocialView):
    """Which source was right."""

    allowed = ("symbol",)

    @extend_schema(
        operation_id="social_divergence_record",
        summary="When two sources contradicted each other: which of them the stock followed, against a coin",
        parameters=[
            AS_OF, OpenApiParameter("symbol", OpenApiTypes.STR, description="Of one stock; default all of them."),
        ],
        responses=DivergenceRecordSerializer,
        examples=examples.answer("record", examples.RECORD),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Counts what was settled by then, with Wilson's 95 % interval."""
        as_of = asked_moment(request)
        symbol = understood(lambda: read_words(request.query_params.dict(), "symbol"))
        stock = known_stock(symbol, as_of) if symbol else None
        found = selectors.divergence_record(as_of, stock.pk if stock else None)
        data = {"symbol": stock.symbol if stock else None, "baseline": BASELINE, "results": found.pairs}
        return Response(DivergenceRecordSerializer(data).data)


def asked_moment(request: Request) -> dt.datetime | None:
    """The moment of `?as_of=`, None if absent; 400 naming the parameter."""
    asked = request.query_params.get("as_of", "").strip()
    try:
        return parse_moment(asked) if asked else None
    except ValueError as error:
        raise ValidationError({"as_of": [str(error)]}) from error


def understood(read: Callable[[], Value]) -> Value:
    """What `read` reads out of the parameters; 400 in the API's shape for one that cannot be read."""
    try:
        return read()
    except BadParameter as error:
        raise ValidationError({error.parameter: [error.message]}) from error


def paging(request: Request) -> tuple[int, int]:
    """(limit, offset) of the query; 400 for what is no number in bounds."""
    given = request.query_params.dict()
    return understood(
        lambda: (read_whole(given, "limit", PAGE, 1, LARGEST_PAGE), read_whole(given, "offset", 0, 0, FURTHEST))
    )


def page_of(rows: Any, limit: int, offset: int) -> dict[str, Any]:
    """A stretch of a list with its size and where the next one begins."""
    end = offset + limit
    return {"count": len(rows), "next_offset": end if end < len(rows) else None, "results": rows[offset:end]}


def known_stock(symbol: str, as_of: dt.datetime | None) -> Instrument:
    """The bearer of a symbol at a moment. Http404."""
    found = selectors.find_stock(symbol, as_of)
    if found is None:
        raise Http404(f"No stock was called {symbol!r} then.")
    return found


def _pass(reading: Any) -> dict[str, Any]:
    if reading is None:
        return {"as_of": None, "recorded_at": None, "simulated": None}
    return {"as_of": reading.as_of, "recorded_at": reading.recorded_at, "simulated": reading.is_simulated}
