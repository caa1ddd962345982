"""The JSON API of one sector in depth; every list takes `?as_of=`, filters as its page does, and says its evidence."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sectors import detail, publish, selectors
from sectors.api import AS_OF, EVIDENCE_EXAMPLE, PrivateMixin, asked_moment, kept, known_grid, known_sector
from sectors.detail import StockRow
from sectors.detail_serializers import (
    ConstituentSerializer,
    ConstituentsSerializer,
    ExplanationSerializer,
    FreshnessSerializer,
    MoversSerializer,
)
from sectors.kernels.explain import EventStep
from sectors.serializers import ProvenanceSerializer
from sectors.stock_listing import COLUMNS, SHOWN, parse_stock_listing, select_stocks
from sentiment_site.market import clock

PAGE, LARGEST_PAGE = 100, 500
Q = OpenApiParameter("q", OpenApiTypes.STR, description="Text in symbol or name.")
SHOW = OpenApiParameter("show", OpenApiTypes.STR, enum=[name for name in SHOWN if name])
SORT = OpenApiParameter("sort", OpenApiTypes.STR, description=f"{', '.join(COLUMNS)}; with - falling.")
LIMIT = OpenApiParameter("limit", OpenApiTypes.INT, description=f"Rows of a page, at most {LARGEST_PAGE}.")
OFFSET = OpenApiParameter("offset", OpenApiTypes.INT)
STOCK_EXAMPLE: dict[str, Any] = {
    "symbol": "SOUN",
    "name": "SoundHound AI",
    "moves": {"30min": -0.8, "1day": -8.2, "3day": -11.4, "1week": -9.0},
    "rvol": 2.1,
    "opening_gap": -4.5,
    "weight": 0.0061,
    "contribution": -0.0102,
    "rank": 8.3,
    "rank_parts": {"gap": 0.77, "volume": 0.84, "alignment": 1.0, "tradability": 0.7},
    "float_shares": 350000000,
    "average_dollar_volume": 42000000,
    "last": 4.77,
    "official_close": 5.2,
    "excluded": "",
    "badges": ["VOLUME SPIKE"],
}


MOVERS_EXAMPLE: dict[str, Any] = {
    "sector": "technology",
    "as_of": EVIDENCE_EXAMPLE["as_of"],
    "bearish": {
        "hidden": "",
        "movers": [
            {
                "symbol": "SOUN",
                "move": -8.2,
                "rvol": 2.1,
                "rank": 8.3,
                "gap": 0.77,
                "volume": 0.84,
                "alignment": 1.0,
                "tradability": 0.7,
                "is_new": True,
                "volume_spike": True,
                "low_float": False,
            }
        ],
    },
    "bullish": {"hidden": "the sector points down", "movers": []},
}


class StocksView(PrivateMixin, APIView):
    """The stocks of a sector."""

    @extend_schema(
        operation_id="sectors_constituents",
        summary="A sector's stocks with what each adds to the score",
        parameters=[AS_OF, Q, SHOW, SORT, LIMIT, OFFSET],
        responses=ConstituentsSerializer,
        examples=[
            OpenApiExample(
                "page",
                value=EVIDENCE_EXAMPLE
                | {"seq": 4711, "sector": "technology", "count": 212, "next_offset": 100, "results": [STOCK_EXAMPLE]},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, sector: str) -> Response:
        """Filtered and sorted as the page; `limit` up to 500."""
        key = known_sector(sector)
        try:
            listing = parse_stock_listing(request.query_params.dict())
        except ValueError as error:
            raise ValidationError({str(error).partition(":")[0]: [str(error)]}) from error
        limit, offset = _whole(request, "limit", PAGE, LARGEST_PAGE), _whole(request, "offset", 0, 10**6)
        evidence, every = _stocks(request, key)
        rows = select_stocks(every, listing)
        page = {"count": len(rows), "next_offset": offset + limit if offset + limit < len(rows) else None}
        return Response(evidence | page | {"results": ConstituentSerializer(rows[offset:][:limit], many=True).data})


class StockView(PrivateMixin, APIView):
    """One stock of a sector."""

    @extend_schema(
        operation_id="sectors_constituent",
        summary="One stock's part in its sector's score",
        parameters=[AS_OF],
        responses=ConstituentsSerializer,
        examples=[
            OpenApiExample(
                "stock",
                value=EVIDENCE_EXAMPLE
                | {"seq": 4711, "sector": "technology", "count": 1, "next_offset": None, "results": [STOCK_EXAMPLE]},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, sector: str, symbol: str) -> Response:
        """A list of one; 404 when the stock is not among the sector's."""
        evidence, every = _stocks(request, known_sector(sector))
        rows = [row for row in every if row.symbol == symbol]
        if not rows:
            raise Http404(f"{symbol} is not among the stocks of {sector} in that run.")
        page = {"count": 1, "next_offset": None}
        return Response(evidence | page | {"results": ConstituentSerializer(rows, many=True).data})


class ExplainView(PrivateMixin, APIView):
    """Why a sector has its colour."""

    @extend_schema(
        summary="Why this colour: the steps to the score, the stocks behind them, what would flip it",
        parameters=[AS_OF],
        responses=ExplanationSerializer,
        examples=[
            OpenApiExample(
                "technology",
                value=EVIDENCE_EXAMPLE
                | {
                    "seq": 4711,
                    "sector": "technology",
                    "formula": "v1",
                    "status": "ok",
                    "score": "-0.731",
                    "colour": "dark_red",
                    "steps": [
                        {"key": "1day", "title": "1day", "factor": -0.54, "value": "-0.162000", "running": "-0.310000"}
                    ],
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, sector: str) -> Response:
        """The steps sum exactly to the score, the stocks of a timeframe to its step."""
        key = known_sector(sector)
        return Response(kept(request, "sector_detail", f"{key}:explain", lambda: _explanation(_detail(request, key))))


class MoversView(PrivateMixin, APIView):
    """The top movers of all sectors."""

    @extend_schema(
        operation_id="sectors_movers",
        summary="Top three on either side of every sector",
        parameters=[AS_OF],
        responses=MoversSerializer,
        examples=[
            OpenApiExample(
                "movers",
                value=EVIDENCE_EXAMPLE | {"seq": 4711, "sectors": [MOVERS_EXAMPLE]},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Of the newest run, or of the one known at `as_of`."""
        return Response(kept(request, "top_stocks", "all", lambda: MoversSerializer(known_grid(request)).data))


class FreshnessView(PrivateMixin, APIView):
    """How current the light is."""

    @extend_schema(
        operation_id="sectors_freshness",
        summary="How current the light is",
        responses=FreshnessSerializer,
        examples=[
            OpenApiExample(
                "delayed",
                value={"state": "DELAYED", "text": "the source is 15 min late", "age_s": 1260.0, "seq": 4711},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """At this moment of market time; NO DATA before the first run."""
        head = publish.get_live_head()
        fresh = selectors.freshness_of(head, clock.now())
        data = {"state": fresh.state, "text": fresh.text, "age_s": fresh.age_s, "seq": 0 if head is None else head.seq}
        facts = ("as_of", "ageing_from", "stale_from", "delay_s")
        data |= {name: None if head is None else getattr(head, name) for name in facts}
        data["simulated"] = None if head is None else head.is_simulated
        return Response(FreshnessSerializer(data).data)


def _detail(request: Request, sector: str) -> detail.Detail:
    found = detail.get_detail(known_sector(sector), asked_moment(request, "as_of"))
    if found is None:
        raise Http404("No analysis had been published.")
    return found


def _explanation(found: detail.Detail) -> Any:
    reading, explanation = found.reading, found.explanation
    data = _evidence(found) | {
        "sector": reading.sector,
        "formula": reading.formula,
        "status": reading.status,
        "score": reading.score,
        "colour": found.card.colour,
        "steps": explanation.steps,
        "timeframes": dict(found.horizons),
        "catalysts": [_event(step, found) for step in explanation.events],
        "ways_out": found.ways,
        "missing": explanation.missing,
        "abstentions": explanation.abstentions,
        "challengers": {one.formula: None if one.score is None else float(one.score) for one in found.challengers},
    }
    return ExplanationSerializer(data).data


def _event(step: EventStep, found: detail.Detail) -> dict[str, Any]:
    """What entered, and the document it came from where that is known."""
    document = found.documents.get(step.event.get("reference", ""))
    return {**step.event, "value": str(step.value)} | ({} if document is None else document._asdict())


def _stocks(request: Request, sector: str) -> tuple[dict[str, Any], list[StockRow]]:
    """What an answer says of its run, serialized, and all stocks of the sector by symbol."""

    def build() -> dict[str, Any]:
        found = _detail(request, sector)
        evidence = ProvenanceSerializer(_evidence(found)).data | {"seq": found.grid.seq, "sector": sector}
        return {"evidence": evidence, "rows": [asdict(row) for row in found.rows]}

    known = kept(request, "universe_list", sector, build)
    return known["evidence"], [StockRow(**row) for row in known["rows"]]


def _evidence(found: detail.Detail) -> dict[str, Any]:
    grid = found.grid
    names = ("recorded_at", "is_simulated", "delay_s", "sources", "seq")
    return {"as_of": found.reading.as_of} | {name: getattr(grid, name) for name in names}


def _whole(request: Request, name: str, default: int, most: int) -> int:
    asked = request.query_params.get(name, "")
    if not asked:
        return default
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 9 and int(asked) <= most):
        raise ValidationError({name: [f"must be a whole number up to {most}"]})
    return int(asked)
